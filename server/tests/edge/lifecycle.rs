//! Starting, poking by the clock, and stopping in order.

use crate::house::{DISTRICT, Events, House, morning, pinned, serve};
use kairan_protocol::{
    feed::Audience,
    notice::{NoticeKind, Points},
    op::Command,
    sign::{Fingerprint, Key, Signed},
    wire::Card,
};
use kairan_server::{
    Error,
    clock::{Clock, ManualClock, SystemClock},
    console::Console,
    http::Limits,
    identity::tls::Tls,
    serve::{ServeOptions, start},
    set_up,
};
use rustls::server::ParsedCertificate;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::net::TcpStream;

fn options(folder: &Path, listen: &str, tls: Tls) -> ServeOptions {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    ServeOptions {
        folder: folder.to_path_buf(),
        listen: listen.parse().unwrap(),
        tls,
        clock,
        limits: Limits::default(),
    }
}

async fn post(console: &mut Console, hours_ahead: Option<i64>) {
    let from = console.facts().await.unwrap().district;
    let (audience, points) = (vec![Audience::Board(from)], Points::default());
    let publish_at = hours_ahead.map(|hours| morning().plus_millis(hours * 3_600_000));
    let (title, text) = ("清掃".to_owned(), "公園にて".to_owned());
    let notice = NoticeKind::Circular;
    console.op(Command::Post { notice, from, audience, title, points, text, publish_at, until: None }).await.unwrap();
}

#[tokio::test]
async fn a_notice_posted_now_pokes_and_a_scheduled_one_pokes_at_its_hour() {
    let house = House::open().await;
    let phone = house.join("田中").await;
    let mut live = Events::of(&house, &phone).await;
    let mut console = house.console().await;
    post(&mut console, None).await;
    let poke = live.next().await.unwrap();
    assert!(poke.starts_with("event: poke\ndata: {\"n\":"), "{poke}");

    post(&mut console, Some(3)).await;
    house.clock.advance(3 * 3_600_000);
    assert!(live.next().await.unwrap().starts_with("event: poke"));
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn before_the_zone_runs_out_the_coming_year_is_told_anew() {
    let house = House::open().await;
    let mut console = house.console().await;
    let first = console.facts().await.unwrap().offsets;
    house.clock.advance(310 * 86_400_000);
    // The scheduler wakes by the clock; the console waits until it has.
    let renewed = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let offsets = console.facts().await.unwrap().offsets;
            if offsets != first {
                return offsets;
            }
        }
    });
    assert_eq!(renewed.await.unwrap().seconds_at(house.clock.now()), 32_400);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn stopping_ends_live_streams_refuses_newcomers_and_frees_the_folder() {
    let house = House::open().await;
    let phone = house.join("田中").await;
    let mut live = Events::of(&house, &phone).await;
    // One that never shakes hands must not hold the server up either.
    let _silent = TcpStream::connect(house.running.address).await.unwrap();
    let (folder, address) = (house.folder(), house.running.address);
    let ended = tokio::spawn(async move { while live.next().await.is_some() {} });
    house.running.stop().await.unwrap();
    ended.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!folder.join("console.sock").exists());

    let again = serve(&folder, &house.clock, Limits::default(), Tls::Own).await;
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_second_server_in_the_same_folder_is_refused() {
    let house = House::open().await;
    let second = start(options(&house.folder(), "127.0.0.1:0", Tls::Own)).await;
    assert!(matches!(second, Err(Error::Locked(_))));
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn serving_without_tls_or_without_a_district_is_refused_with_the_reason() {
    let empty = tempfile::tempdir().unwrap();
    let open = start(options(empty.path(), "0.0.0.0:0", Tls::Plain)).await;
    assert!(matches!(open, Err(Error::PlainInTheOpen(_))));
    let nothing = start(options(empty.path(), "127.0.0.1:0", Tls::Own)).await;
    assert!(matches!(nothing, Err(Error::NoDistrict(_))));
    let unlimited = ServeOptions { limits: Limits::unlimited(), ..options(empty.path(), "0.0.0.0:0", Tls::Own) };
    assert!(matches!(start(unlimited).await, Err(Error::UnlimitedInTheOpen(_))));
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let house = House::open().await;
    let other = tempfile::tempdir().unwrap();
    let folder = other.path().join("district");
    set_up(&folder, DISTRICT, Arc::new(ManualClock::new(morning()))).await.unwrap();
    let taken = start(options(&folder, &house.running.address.to_string(), Tls::Own)).await;
    assert!(matches!(taken, Err(Error::Listen { .. })));
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn the_handshake_shows_a_chain_to_the_pinned_identity_and_the_card_names_its_key() {
    let house = House::open().await;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(pinned(&house.folder())));
    let stream = TcpStream::connect(house.running.address).await.unwrap();
    let stream = connector.connect("127.0.0.1".try_into().unwrap(), stream).await.unwrap();
    let [leaf, authority] = stream.get_ref().1.peer_certificates().unwrap() else { panic!("leaf and identity") };
    let spki = |certificate| ParsedCertificate::try_from(certificate).unwrap().subject_public_key_info();
    let authority = spki(authority);
    let identity = Key::from_sec1(&authority[authority.len() - 65..]).unwrap();
    assert_eq!(identity.fingerprint(), house.running.identity);

    let signed: Signed = house.client().get(house.url("/v1/card")).send().await.unwrap().json().await.unwrap();
    let card: Card = serde_json::from_str(&signed.payload).unwrap();
    assert_eq!(card.tls, [Fingerprint::of(&spki(leaf))]);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn the_certificate_of_a_public_name_is_shown_instead_when_given() {
    let house = House::open().await;
    let (folder, clock) = (house.folder(), house.clock.clone());
    house.running.stop().await.unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.join("public.pem"), folder.join("public.key"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let running = serve(&folder, &clock, Limits::default(), Tls::Files { cert: cert.clone(), key }).await;
    let trusted = reqwest::Client::builder().use_preconfigured_tls(trusting(made.cert.der())).build().unwrap();
    let url = format!("https://localhost:{}/v1/card", running.address.port());
    assert_eq!(trusted.get(url).send().await.unwrap().status(), 200);
    running.stop().await.unwrap();

    let missing = Tls::Files { cert, key: folder.join("nowhere.key") };
    assert!(matches!(start(options(&folder, "127.0.0.1:0", missing)).await, Err(Error::Certificate { .. })));
}

fn trusting(root: &rustls_pki_types::CertificateDer<'static>) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[tokio::test]
async fn behind_a_proxy_the_server_speaks_plainly_on_the_loopback() {
    let house = House::open().await;
    let (folder, clock) = (house.folder(), house.clock.clone());
    house.running.stop().await.unwrap();
    let running = serve(&folder, &clock, Limits::default(), Tls::Plain).await;
    assert!(running.url().starts_with("http://127.0.0.1:"));
    let card = reqwest::Client::builder().use_preconfigured_tls(pinned(&folder)).build().unwrap();
    assert_eq!(card.get(format!("{}/v1/card", running.url())).send().await.unwrap().status(), 200);
    running.stop().await.unwrap();
}
