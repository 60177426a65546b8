//! Who answers at an address: certificates signed by the district's pinned identity, public roots, or not yet known.

use kairan_protocol::{
    sign::{Fingerprint, Key},
    succession,
    wire::Card,
};
use p256::{elliptic_curve::sec1::ToEncodedPoint, pkcs8::DecodePublicKey};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use std::sync::Arc;
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// Whom a phone takes for its district.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pinned {
    /// The fingerprint of the identity key that joining or a card gave.
    pub identity: Fingerprint,
    /// That of the key that key announced to follow it.
    pub next: Option<Fingerprint>,
    /// The version of the newest card read; 0 for none.
    pub card: u64,
}

impl Pinned {
    fn keys(&self) -> impl Iterator<Item = Fingerprint> {
        std::iter::once(self.identity).chain(self.next)
    }

    /// Whether the key that signed a card is the district's: the pinned one, the one it announced, or one that either handed over to.
    pub(crate) fn leads_to(&self, card: &Card) -> bool {
        self.keys().any(|key| succession::leads(&key, &card.successions, &card.identity))
    }
}

/// Of a sheet, and nothing else known yet.
impl From<Fingerprint> for Pinned {
    fn from(identity: Fingerprint) -> Self {
        Self { identity, next: None, card: 0 }
    }
}

/// Whom a connection trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A chain that ends in the district's own identity key, or in the one it announced; the host's name does not matter.
    Identity(Pinned),
    /// The roots the public web trusts, and the host's name. Says nothing about the district by itself: its card must.
    PublicRoots,
    /// Anybody: only to fetch a card, which is compared with the sheet before anything else is said.
    NotYet,
}

/// In the chain there was no certificate of the district's identity key.
#[derive(Debug, thiserror::Error)]
#[error("the chain does not end in the district's identity key")]
pub(crate) struct AnotherIdentity;

impl Trust {
    /// TLS settings that trust just so.
    pub(crate) fn config(self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier: Arc<dyn ServerCertVerifier> = match self {
            Self::Identity(pinned) => Arc::new(IdentityVerifier { pinned, provider: provider.clone() }),
            Self::PublicRoots => {
                let roots = RootCertStore { roots: public_roots() };
                WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone())
                    .build()
                    .map_err(|error| rustls::Error::General(error.to_string()))?
            }
            Self::NotYet => Arc::new(AnyVerifier { provider: provider.clone() }),
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

/// Whom the public web trusts.
fn public_roots() -> Vec<TrustAnchor<'static>> {
    let roots = webpki_roots::TLS_SERVER_ROOTS.to_vec();
    #[cfg(test)]
    let roots = super::machine::with_made_up_root(roots);
    roots
}

/// The fingerprint of a certificate's key, where it is a P-256 key as identities are.
fn fingerprint(certificate: &CertificateDer<'_>) -> Option<Fingerprint> {
    let certificate = EndEntityCert::try_from(certificate).ok()?;
    let key = p256::PublicKey::from_public_key_der(certificate.subject_public_key_info().as_ref()).ok()?;
    Some(Key::from_sec1(key.to_encoded_point(true).as_bytes()).ok()?.fingerprint())
}

/// Accepts a server certificate that the pinned identity key signed, itself or through those it handed over to.
#[derive(Debug)]
struct IdentityVerifier {
    pinned: Pinned,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for IdentityVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let is_own = |certificate: &CertificateDer<'_>| {
            fingerprint(certificate).is_some_and(|key| self.pinned.keys().any(|pinned| pinned == key))
        };
        let (own, between): (Vec<_>, Vec<_>) = intermediates.iter().cloned().partition(is_own);
        if own.is_empty() {
            return Err(CertificateError::Other(OtherError(Arc::new(AnotherIdentity))).into());
        }
        let anchors: Vec<_> = own.iter().map(anchor_from_trusted_cert).collect::<Result<_, _>>().map_err(as_rustls)?;
        let certificate = EndEntityCert::try_from(end_entity).map_err(as_rustls)?;
        let verify = |time| {
            let algorithms = self.provider.signature_verification_algorithms.all;
            certificate
                .verify_for_usage(algorithms, &anchors, &between, time, KeyUsage::server_auth(), None, None)
                .map(|_| ())
        };
        match verify(now) {
            // A phone whose battery ran empty wakes up years ago. The identity is pinned: what is not valid yet by such
            // a clock was made by the right hands, and the first answer puts the clock right.
            Err(webpki::Error::CertNotValidYet { not_before, .. }) => verify(not_before),
            other => other,
        }
        .map_err(as_rustls)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Accepts every certificate whose holder proves to have its key.
#[derive(Debug)]
struct AnyVerifier {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyVerifier {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn as_rustls(error: webpki::Error) -> rustls::Error {
    match error {
        webpki::Error::CertExpired { .. } => CertificateError::Expired.into(),
        webpki::Error::InvalidSignatureForPublicKey => CertificateError::BadSignature.into(),
        other => CertificateError::Other(OtherError(Arc::new(other))).into(),
    }
}

#[cfg(test)]
mod tests;
