//! The verifier against certificates made here.
#![allow(clippy::unwrap_used, reason = "a failed test says so")]

use super::*;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    date_time_ymd,
};

/// A district's identity: its key and the certificate the server presents beside its own.
struct Identity {
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

impl Identity {
    fn new() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = authority().self_signed(&key).unwrap().der().clone();
        Self { key, certificate }
    }

    fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.certificate).unwrap()
    }

    /// A server certificate signed by this identity, valid in the given years.
    fn server(&self, from: i32, until: i32, usage: ExtendedKeyUsagePurpose) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec!["server.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params.extended_key_usages = vec![usage];
        let issuer = Issuer::new(authority(), &self.key);
        params.signed_by(&KeyPair::generate().unwrap(), &issuer).unwrap().der().clone()
    }
}

/// What a phone that pinned `pinned` says in 2026 to a server that presents these.
fn verdict(
    pinned: &Identity,
    end_entity: &CertificateDer<'_>,
    rest: &[CertificateDer<'_>],
) -> Result<(), rustls::Error> {
    let verifier = IdentityVerifier { identity: pinned.fingerprint(), provider: Arc::new(ring::default_provider()) };
    let name = ServerName::try_from("192.0.2.1").unwrap();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_795_000_000));
    verifier.verify_server_cert(end_entity, rest, &name, &[], now).map(|_| ())
}

#[test]
fn the_districts_own_server_is_trusted_under_any_host_name() {
    let district = Identity::new();
    let server = district.server(2026, 2046, ExtendedKeyUsagePurpose::ServerAuth);
    assert_eq!(verdict(&district, &server, std::slice::from_ref(&district.certificate)), Ok(()));
}

#[test]
fn another_districts_server_is_not() {
    let (ours, theirs) = (Identity::new(), Identity::new());
    let server = theirs.server(2026, 2046, ExtendedKeyUsagePurpose::ServerAuth);
    assert!(verdict(&ours, &server, std::slice::from_ref(&theirs.certificate)).is_err());
}

#[test]
fn showing_the_identitys_certificate_is_not_enough_the_server_must_be_signed_by_it() {
    let (ours, theirs) = (Identity::new(), Identity::new());
    let server = theirs.server(2026, 2046, ExtendedKeyUsagePurpose::ServerAuth);
    let shown = [theirs.certificate.clone(), ours.certificate.clone()];
    assert!(verdict(&ours, &server, &shown).is_err());
}

#[test]
fn a_certificate_made_by_oneself_is_not_trusted() {
    let ours = Identity::new();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["server.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    assert!(verdict(&ours, own.der(), &[]).is_err());
    assert!(verdict(&ours, own.der(), std::slice::from_ref(&ours.certificate)).is_err());
}

#[test]
fn an_expired_server_certificate_is_refused() {
    let district = Identity::new();
    let server = district.server(2020, 2021, ExtendedKeyUsagePurpose::ServerAuth);
    let verdict = verdict(&district, &server, std::slice::from_ref(&district.certificate));
    assert_eq!(verdict, Err(CertificateError::Expired.into()));
}

#[test]
fn a_phone_whose_clock_stands_years_behind_still_finds_its_district() {
    let district = Identity::new();
    let server = district.server(2040, 2060, ExtendedKeyUsagePurpose::ServerAuth);
    assert_eq!(verdict(&district, &server, std::slice::from_ref(&district.certificate)), Ok(()));
}

#[test]
fn a_certificate_for_another_use_is_refused() {
    let district = Identity::new();
    let client = district.server(2026, 2046, ExtendedKeyUsagePurpose::ClientAuth);
    assert!(verdict(&district, &client, std::slice::from_ref(&district.certificate)).is_err());
}

#[test]
fn every_kind_of_trust_makes_settings() {
    for trust in [Trust::Identity(Identity::new().fingerprint()), Trust::PublicRoots, Trust::NotYet] {
        assert!(trust.config().is_ok());
    }
}
