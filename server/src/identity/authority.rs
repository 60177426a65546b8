//! Identity keys as certificate authorities: what they are called, and the certificates they give each other and the server.

use crate::Error;
use kairan_protocol::sign::{Fingerprint, Key};
use p256::{
    ecdsa::SigningKey,
    pkcs8::{EncodePrivateKey, LineEnding},
};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// How much of a fingerprint stands in a name: X.509 allows names of 64 characters.
const NAMED_BY: usize = 16;

/// The certificate a key gives itself.
pub fn own(key: &SigningKey) -> Result<Certificate, Error> {
    params(&Key::of(key)).self_signed(&pair(key)?).map_err(making)
}

/// The certificate an earlier key gives the one that follows it.
pub fn following(earlier: &SigningKey, later: &SigningKey) -> Result<Certificate, Error> {
    issued(&params(&Key::of(later)), &pair(later)?, earlier)
}

/// A certificate that an identity key gives another key.
pub fn issued(params: &CertificateParams, to: &KeyPair, by: &SigningKey) -> Result<Certificate, Error> {
    let authority = self::params(&Key::of(by));
    params.signed_by(to, &Issuer::from_params(&authority, &pair(by)?)).map_err(making)
}

pub fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn pair(key: &SigningKey) -> Result<KeyPair, Error> {
    KeyPair::from_pem(&key.to_pkcs8_pem(LineEnding::LF).map_err(making)?).map_err(making)
}

fn params(key: &Key) -> CertificateParams {
    let fingerprint: Fingerprint = key.fingerprint();
    let name: String = fingerprint.to_string().chars().take(NAMED_BY).collect();
    let mut params = CertificateParams::default();
    params.distinguished_name = named(&format!("Kairan district identity {name}"));
    // Without a limit: the identities that follow stand below.
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    // RFC 5280 §4.1.2.5: this date says that there is no end. The key itself is what phones pin.
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(9999, 12, 31);
    params
}

pub fn making(error: impl std::fmt::Display) -> Error {
    Error::Making(error.to_string())
}
