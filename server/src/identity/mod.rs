//! The district's long-lived identity: one P-256 key, made at set-up, pinned by every phone, kept in backups.

pub mod tls;

use crate::{Error, folder};
use kairan_protocol::sign::{Fingerprint, Key};
use p256::{
    ecdsa::SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};
use std::{path::Path, sync::Arc};

/// The identity key in the server's hands.
#[derive(Clone)]
pub struct Identity(Arc<SigningKey>);

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({})", self.fingerprint())
    }
}

impl Identity {
    /// Makes a fresh one and keeps it in the folder, readable by its owner only.
    ///
    /// # Errors
    /// [`Error::Making`] without randomness, [`Error::File`] when it cannot be kept.
    pub fn create(folder: &Path) -> Result<Self, Error> {
        let key = fresh_key()?;
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| Error::Making(error.to_string()))?;
        folder::write_private(&folder::identity(folder), pem.as_bytes())?;
        Ok(Self(Arc::new(key)))
    }

    /// Reads the one of a folder.
    ///
    /// # Errors
    /// [`Error::File`] when it is not there, [`Error::Certificate`] when it is something else.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder::identity(folder);
        let pem = folder::read(&path)?;
        let key = SigningKey::from_pkcs8_pem(&pem)
            .map_err(|_| Error::Certificate { path, what: "not a P-256 key in PKCS#8 PEM".into() })?;
        Ok(Self(Arc::new(key)))
    }

    /// The key that signs cards and slips.
    #[must_use]
    pub fn signing_key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.0)
    }

    /// Its public half.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::of(&self.0)
    }

    /// What a QR pins.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.key().fingerprint()
    }
}

fn fresh_key() -> Result<SigningKey, Error> {
    loop {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::Making(error.to_string()))?;
        // All but one in 2³² draws are a scalar of the curve.
        if let Ok(key) = SigningKey::from_slice(&bytes) {
            return Ok(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_reads_back_as_it_was_made() {
        let folder = tempfile::tempdir().unwrap();
        let made = Identity::create(folder.path()).unwrap();
        assert_eq!(Identity::load(folder.path()).unwrap().fingerprint(), made.fingerprint());
    }

    #[test]
    fn a_file_that_is_no_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        folder::write_private(&folder::identity(folder.path()), b"hello").unwrap();
        let error = Identity::load(folder.path()).unwrap_err();
        assert!(error.to_string().contains("identity.pem"), "{error}");
    }
}
