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

    /// The certificate it gives an identity that follows it.
    fn certificate_for(&self, later: &Identity) -> CertificateDer<'static> {
        authority().signed_by(&later.key, &Issuer::new(authority(), &self.key)).unwrap().der().clone()
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

impl From<&Identity> for Pinned {
    fn from(identity: &Identity) -> Self {
        identity.fingerprint().into()
    }
}

/// What a phone that pinned `pinned` says in 2026 to a server that presents these.
fn verdict(
    pinned: impl Into<Pinned>,
    end_entity: &CertificateDer<'_>,
    rest: &[CertificateDer<'_>],
) -> Result<(), rustls::Error> {
    let verifier = IdentityVerifier { pinned: pinned.into(), provider: Arc::new(ring::default_provider()) };
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
    for trust in [Trust::Identity((&Identity::new()).into()), Trust::PublicRoots, Trust::NotYet] {
        assert!(trust.config().is_ok());
    }
}

/// A line of identities, each handing over to the next; and what the server of the last one presents beside its own certificate.
fn line(length: usize) -> (Vec<Identity>, Vec<CertificateDer<'static>>) {
    let line: Vec<Identity> = (0..length).map(|_| Identity::new()).collect();
    let mut shown: Vec<_> = line.windows(2).rev().map(|pair| pair[0].certificate_for(&pair[1])).collect();
    shown.push(line[0].certificate.clone());
    (line, shown)
}

#[test]
fn whoever_pinned_any_key_of_a_line_finds_the_server_of_the_last() {
    // webpki takes six certificates between a server's and the pinned one.
    for length in 2..=7 {
        let (line, shown) = line(length);
        let server = line[length - 1].server(2026, 2046, ExtendedKeyUsagePurpose::ServerAuth);
        for (place, pinned) in line.iter().enumerate() {
            assert_eq!(verdict(pinned, &server, &shown), Ok(()), "{place} of {length}");
        }
        assert!(verdict(&Identity::new(), &server, &shown).is_err());
    }
}

#[test]
fn a_key_that_handed_over_is_nobody_to_a_phone_that_followed() {
    let (line, shown) = line(2);
    let server = line[0].server(2026, 2046, ExtendedKeyUsagePurpose::ServerAuth);
    assert!(verdict(&line[1], &server, &shown).is_err());
    assert!(verdict(&line[1], &server, std::slice::from_ref(&line[0].certificate)).is_err());
}

#[test]
fn the_announced_key_is_enough_where_the_one_before_is_lost() {
    let (lost, next) = (Identity::new(), Identity::new());
    let server = next.server(2026, 2046, ExtendedKeyUsagePurpose::ServerAuth);
    let shown = std::slice::from_ref(&next.certificate);
    assert!(verdict(&lost, &server, shown).is_err());
    let told = Pinned { next: Some(next.fingerprint()), ..Pinned::from(&lost) };
    assert_eq!(verdict(told, &server, shown), Ok(()));
}

#[test]
fn a_hand_over_that_the_pinned_key_did_not_sign_leads_nowhere() {
    let (ours, thief) = (Identity::new(), Identity::new());
    let server = thief.server(2026, 2046, ExtendedKeyUsagePurpose::ServerAuth);
    let forged = thief.certificate_for(&thief);
    assert!(verdict(&ours, &server, &[forged, ours.certificate.clone()]).is_err());
}

#[test]
fn a_server_certificate_hands_nothing_over() {
    let (ours, thief) = (Identity::new(), Identity::new());
    let mut params = CertificateParams::new(vec!["server.example".to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let stolen = params.signed_by(&thief.key, &Issuer::new(authority(), &ours.key)).unwrap();
    let server = thief.server(2026, 2046, ExtendedKeyUsagePurpose::ServerAuth);
    assert!(verdict(&ours, &server, &[stolen.der().clone(), ours.certificate.clone()]).is_err());
}
