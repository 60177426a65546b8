//! The TLS keys and certificates: a leaf signed by the identity key, or files of a public name.

use super::{
    Identity,
    authority::{self, making, named},
    succession,
};
use crate::{Error, folder};
use kairan_protocol::sign::Fingerprint;
use rcgen::{
    CertificateParams, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig,
    client::{verify_server_cert_signed_by_trust_anchor, verify_server_name},
    crypto::{CryptoProvider, ring},
    server::ParsedCertificate,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Which certificate the server shows.
#[derive(Debug, Clone, Default)]
pub enum Tls {
    /// One signed by the district's identity: phones need nobody else's word.
    #[default]
    Own,
    /// Files of a public name, in PEM.
    Files {
        /// The chain, leaf first.
        cert: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// None: on the loopback only, behind a proxy or in tests.
    Plain,
}

/// What the server shows in a handshake.
#[derive(Debug)]
pub struct Certificates {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Certificates {
    /// The district's own: read from the folder, made anew when they are missing or do not fit the addresses any more.
    ///
    /// # Errors
    /// [`Error::Making`], [`Error::File`].
    pub fn own(folder: &Path, identity: &Identity, addresses: &[String]) -> Result<Self, Error> {
        let names = names(addresses);
        match Self::from_files(&leaf_path(folder), &key_path(folder)) {
            Ok(kept) if kept.fits(identity, &names) => Ok(kept),
            _ => Self::make(folder, identity, &names),
        }
    }

    /// A new key and certificate of the district's own, whatever is there: phones do not notice. Served from the next start on.
    ///
    /// # Errors
    /// As [`Certificates::own`].
    pub fn renew(folder: &Path, identity: &Identity, addresses: &[String]) -> Result<Self, Error> {
        Self::make(folder, identity, &names(addresses))
    }

    /// Those of a public name.
    ///
    /// # Errors
    /// [`Error::Certificate`].
    pub fn from_files(cert: &Path, key: &Path) -> Result<Self, Error> {
        let wrong = |path: &Path, what: String| Error::Certificate { path: path.to_path_buf(), what };
        let chain = CertificateDer::pem_file_iter(cert)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| wrong(cert, error.to_string()))?;
        if chain.is_empty() {
            return Err(wrong(cert, "no certificate in it".into()));
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, error.to_string()))?;
        Ok(Self { chain, key })
    }

    /// SHA-256 of the TLS keys in use, for the card.
    ///
    /// # Errors
    /// [`Error::Making`] when the leaf cannot be parsed.
    pub fn fingerprints(&self) -> Result<Vec<Fingerprint>, Error> {
        let leaf = self.chain.first().map(ParsedCertificate::try_from).transpose().map_err(making)?;
        Ok(leaf.iter().map(|leaf| Fingerprint::of(&leaf.subject_public_key_info())).collect())
    }

    /// Ready for handshakes: TLS 1.3 and 1.2, HTTP/2 and 1.1, resumption by tickets.
    ///
    /// # Errors
    /// [`Error::Making`] when key and certificate do not belong together.
    pub fn server_config(&self) -> Result<Arc<ServerConfig>, Error> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(making)?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .map_err(making)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.ticketer = ring::Ticketer::new().map_err(making)?;
        Ok(Arc::new(config))
    }

    fn make(folder: &Path, identity: &Identity, names: &[String]) -> Result<Self, Error> {
        let identity_key = identity.signing_key();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(making)?;
        let leaf = authority::issued(&leaf(names)?, &key, &identity_key)?;
        let mut authorities = succession::chain(&identity.0.handovers);
        if authorities.is_empty() {
            authorities.push(authority::own(&identity_key)?.der().clone());
        }

        folder::make_private(&folder::tls(folder))?;
        folder::write_private(&key_path(folder), key.serialize_pem().as_bytes())?;
        let chain: String = std::iter::once(leaf.der()).chain(&authorities).map(succession::pem).collect();
        folder::write_private(&leaf_path(folder), chain.as_bytes())?;
        Self::from_files(&leaf_path(folder), &key_path(folder))
    }

    /// Whether a phone that pinned the identity would accept these for every name, today and in a year.
    fn fits(&self, identity: &Identity, names: &[String]) -> bool {
        let [leaf, authority, ..] = &self.chain[..] else { return false };
        let before = succession::chain(&identity.0.handovers);
        if self.chain.len() != 1 + before.len().max(1) || !self.chain.ends_with(&before) {
            return false;
        }
        let Ok(parsed) = ParsedCertificate::try_from(leaf) else { return false };
        let Ok(signer) = ParsedCertificate::try_from(authority) else { return false };
        // The last 65 bytes of a P-256 SubjectPublicKeyInfo are the uncompressed point.
        let spki = signer.subject_public_key_info();
        let point = spki.len().checked_sub(65).and_then(|start| spki.get(start..)).unwrap_or_default();
        if kairan_protocol::sign::Key::from_sec1(point) != Ok(identity.key()) {
            return false;
        }
        let mut roots = RootCertStore::empty();
        let in_a_year = UnixTime::since_unix_epoch(
            UnixTime::now().as_secs().checked_add(365 * 86_400).map_or(Duration::MAX, Duration::from_secs),
        );
        roots.add(authority.clone()).is_ok()
            && verify_server_cert_signed_by_trust_anchor(
                &parsed,
                &roots,
                &[],
                in_a_year,
                provider().signature_verification_algorithms.all,
            )
            .is_ok()
            && names.iter().all(|name| {
                ServerName::try_from(name.as_str()).is_ok_and(|name| verify_server_name(&parsed, &name).is_ok())
            })
            && self.server_config().is_ok()
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn leaf_path(folder: &Path) -> PathBuf {
    folder::tls(folder).join("chain.pem")
}

fn key_path(folder: &Path) -> PathBuf {
    folder::tls(folder).join("key.pem")
}

/// The host of an address `host:port`, `[v6]:port` or `host`.
#[must_use]
pub fn host(address: &str) -> &str {
    if let Some(rest) = address.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    address.split(':').next().unwrap_or(address)
}

fn names(addresses: &[String]) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec();
    for address in addresses {
        let host = host(address).to_ascii_lowercase();
        if !names.contains(&host) {
            names.push(host);
        }
    }
    names
}

fn leaf(names: &[String]) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names.to_vec()).map_err(making)?;
    params.distinguished_name = named("Kairan");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 12, 31);
    Ok(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kairan_protocol::time::Timestamp;

    fn addresses(text: &[&str]) -> Vec<String> {
        text.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_chain_leads_from_every_address_to_the_pinned_identity() {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::create(folder.path()).unwrap();
        let addresses = addresses(&["kairan.example:8443", "192.0.2.7:8443", "[2001:db8::1]:8443"]);
        let made = Certificates::own(folder.path(), &identity, &addresses).unwrap();
        assert!(made.fits(&identity, &names(&addresses)));
        let other = tempfile::tempdir().unwrap();
        assert!(!made.fits(&Identity::create(other.path()).unwrap(), &names(&addresses)));
    }

    #[test]
    fn what_was_made_is_kept_until_an_address_is_added() {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::create(folder.path()).unwrap();
        let one = addresses(&["127.0.0.1:8443"]);
        let first = Certificates::own(folder.path(), &identity, &one).unwrap().fingerprints().unwrap();
        assert_eq!(Certificates::own(folder.path(), &identity, &one).unwrap().fingerprints().unwrap(), first);
        let two = addresses(&["127.0.0.1:8443", "new.example:443"]);
        assert_ne!(Certificates::own(folder.path(), &identity, &two).unwrap().fingerprints().unwrap(), first);
    }

    #[test]
    fn renewed_they_are_others_and_lead_to_the_same_identity() {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::create(folder.path()).unwrap();
        let one = addresses(&["127.0.0.1:8443"]);
        let first = Certificates::own(folder.path(), &identity, &one).unwrap().fingerprints().unwrap();
        let renewed = Certificates::renew(folder.path(), &identity, &one).unwrap();
        assert_ne!(renewed.fingerprints().unwrap(), first);
        assert!(renewed.fits(&identity, &names(&one)));
        let kept = Certificates::own(folder.path(), &identity, &one).unwrap();
        assert_eq!(kept.fingerprints().unwrap(), renewed.fingerprints().unwrap());
    }

    #[test]
    fn after_each_hand_over_they_are_made_anew_with_all_that_leads_there() {
        let folder = tempfile::tempdir().unwrap();
        Identity::create(folder.path()).unwrap();
        for length in 2..10 {
            Identity::make_next(folder.path()).unwrap();
            let identity = Identity::switch(folder.path(), Timestamp::from_millis(0)).unwrap();
            let made = Certificates::own(folder.path(), &identity, &[]).unwrap();
            assert!(made.fits(&identity, &names(&[])));
            assert_eq!(made.chain.len(), 1 + length.min(7), "a handshake has room for six hand-overs");
            let again = Certificates::own(folder.path(), &identity, &[]).unwrap();
            assert_eq!(again.fingerprints().unwrap(), made.fingerprints().unwrap());
        }
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let [one, two] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        for folder in [&one, &two] {
            let identity = Identity::create(folder.path()).unwrap();
            Certificates::own(folder.path(), &identity, &[]).unwrap();
        }
        let mixed = Certificates::from_files(&leaf_path(one.path()), &key_path(two.path())).unwrap();
        assert!(mixed.server_config().is_err());
    }

    #[test]
    fn a_host_is_read_from_every_shape_of_address() {
        assert_eq!(host("kairan.example:8443"), "kairan.example");
        assert_eq!(host("kairan.example"), "kairan.example");
        assert_eq!(host("[2001:db8::1]:8443"), "2001:db8::1");
    }
}
