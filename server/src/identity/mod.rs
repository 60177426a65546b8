//! The district's long-lived identity: one P-256 key, made at set-up, pinned by every phone, kept in backups; and how it is followed by
//! another without a phone being lost.

mod authority;
mod succession;
pub mod tls;

use crate::{Error, folder, store::Keys};
use kairan_protocol::{
    sign::{Fingerprint, Key, Signed},
    time::Timestamp,
};
use p256::{
    ecdsa::SigningKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};
use std::{fs, path::Path, sync::Arc};
use succession::Handover;

/// The identity key in the server's hands, with what is known of those after and before it.
#[derive(Clone)]
pub struct Identity(Arc<Held>);

struct Held {
    key: Arc<SigningKey>,
    next: Option<Key>,
    /// How those before it handed over, oldest first.
    handovers: Vec<Handover>,
}

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
        let key = make_key(&folder::identity(folder))?;
        Ok(Self(Arc::new(Held { key: Arc::new(key), next: None, handovers: Vec::new() })))
    }

    /// Reads the one of a folder.
    ///
    /// # Errors
    /// [`Error::File`] when it is not there, [`Error::Certificate`] when something there is not what it should be.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let key = read_key(&folder::identity(folder))?;
        let path = folder::identity_next(folder);
        let next = if path.exists() { Some(Key::of(&read_key(&path)?)) } else { None };
        let handovers = succession::load(folder, &Key::of(&key))?;
        Ok(Self(Arc::new(Held { key: Arc::new(key), next, handovers })))
    }

    /// Makes the key that will follow, unless it is there already; its public half. Phones are told by the card.
    ///
    /// # Errors
    /// As [`Identity::create`] and [`Identity::load`].
    pub fn make_next(folder: &Path) -> Result<Key, Error> {
        if let Some(next) = Self::load(folder)?.next() {
            return Ok(next);
        }
        Ok(Key::of(&make_key(&folder::identity_next(folder))?))
    }

    /// The next key becomes the identity. The one before signs what phones need to follow, and its private half is gone afterwards.
    /// Broken off at any point, it can be done again. For whoever holds the folder's lock.
    ///
    /// # Errors
    /// [`Error::NoNext`] when none was made, and as [`Identity::load`].
    pub fn switch(folder: &Path, now: Timestamp) -> Result<Self, Error> {
        let before = Self::load(folder)?;
        let path = folder::identity_next(folder);
        if before.next().is_none() {
            return Err(Error::NoNext(path));
        }
        let next = read_key(&path)?;
        let mut handovers = before.0.handovers.clone();
        handovers.push(Handover::make(&before.0.key, &next, now)?);
        // What the earlier key signed is on disk before that key is written over.
        succession::keep(folder, &handovers)?;
        let identity = folder::identity(folder);
        let replace = || {
            fs::rename(&path, &identity)?;
            fs::File::open(folder)?.sync_all()
        };
        replace().map_err(Error::file(&identity))?;
        Self::load(folder)
    }

    /// The key that signs cards and slips.
    #[must_use]
    pub fn signing_key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.0.key)
    }

    /// Its public half.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::of(&self.0.key)
    }

    /// What a QR pins.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.key().fingerprint()
    }

    /// The public half of the key that will follow, once made.
    #[must_use]
    pub fn next(&self) -> Option<Key> {
        self.0.next
    }

    /// How those before it handed over, oldest first, as the card says it.
    #[must_use]
    pub fn successions(&self) -> Vec<Signed> {
        self.0.handovers.iter().map(|handover| handover.statement.clone()).collect()
    }

    /// This key and those before it, for the store.
    #[must_use]
    pub fn keys(&self) -> Keys {
        Keys::new(self.signing_key(), self.0.handovers.iter().rev().map(|handover| handover.from))
    }
}

fn make_key(path: &Path) -> Result<SigningKey, Error> {
    let key = fresh_key()?;
    let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| Error::Making(error.to_string()))?;
    folder::write_private(path, pem.as_bytes())?;
    Ok(key)
}

fn read_key(path: &Path) -> Result<SigningKey, Error> {
    SigningKey::from_pkcs8_pem(&folder::read(path)?)
        .map_err(|_| Error::Certificate { path: path.to_path_buf(), what: "not a P-256 key in PKCS#8 PEM".into() })
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
mod tests;
