//! A district in a temporary folder, its server, and devices that ask it over real TLS.

use futures_util::StreamExt;
use kairan_protocol::{
    id::PersonId,
    invite::{Invitation, Whom as Pinned},
    sign::{Fingerprint, Key, Purpose, sign},
    time::Timestamp,
    wire::{EnrolRequest, EnrolResponse, Enrolled, Problem, ProblemCode, SyncRequest},
};
use kairan_server::{
    clock::{Clock, ManualClock},
    console::{Console, Whom},
    http::Limits,
    identity::tls::Tls,
    serve::{Running, ServeOptions, start},
    set_up,
    sheet::Sheet,
};
use p256::ecdsa::SigningKey;
use reqwest::{Client, RequestBuilder, Response, Version};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

/// Two associations' worth of nothing: one block, two homes, a chair.
pub const DISTRICT: &str = r#"
name = "みどり市"
zone = "Asia/Tokyo"
addresses = ["127.0.0.1:8443"]
first_officer = "sato"

[[association]]
key = "midori"
name = "緑ヶ丘町内会"

[[association.block]]
name = "1班"

[[association.block.household]]
name = "佐藤"
people = [{ key = "sato", name = "佐藤 一郎" }]

[[association.block.household]]
name = "田中"
people = ["田中 ウメ", "田中 まさ"]

[[role]]
person = "sato"
group = "midori"
kind = "chair"
"#;

pub fn morning() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

/// A district at work.
pub struct House {
    pub running: Running,
    pub clock: Arc<ManualClock>,
    /// The chair's invitation of set-up.
    pub first: Sheet,
    pub temporary: TempDir,
}

impl House {
    pub async fn open() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(morning()));
        let first = set_up(&temporary.path().join("district"), DISTRICT, clock.clone()).await.unwrap();
        let running = serve(&temporary.path().join("district"), &clock, limits, Tls::Own).await;
        Self { running, clock, first, temporary }
    }

    pub fn folder(&self) -> PathBuf {
        self.temporary.path().join("district")
    }

    pub fn client(&self) -> Client {
        self.client_by(Version::HTTP_2)
    }

    pub fn client_by(&self, version: Version) -> Client {
        let mut tls = pinned(&self.folder());
        tls.alpn_protocols = vec![if version == Version::HTTP_2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        // Transparent gzip would hide the header that a test looks for.
        Client::builder().use_preconfigured_tls(tls).gzip(false).build().unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    pub async fn console(&self) -> Console {
        let clock: Arc<dyn Clock> = self.clock.clone();
        Console::open(&self.folder(), clock).await.unwrap()
    }

    /// Invites one home and joins as its first listed person.
    pub async fn join(&self, home: &str) -> Phone {
        let sheets = self.console().await.invite(Whom::Household(home.to_owned())).await.unwrap();
        self.join_by(&sheets[0]).await
    }

    pub async fn join_by(&self, sheet: &Sheet) -> Phone {
        let phone = Phone::new();
        let request = phone.enrol(sheet, vec![sheet.to.persons[0].id]);
        let response = self.client().post(self.url("/v1/enrol")).json(&request).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let EnrolResponse::Enrolled(enrolled) = response.json().await.unwrap() else { panic!("not enrolled") };
        Phone { enrolled: Some(enrolled), ..phone }
    }

    /// A sync that asks for everything and sends nothing.
    pub fn sync(&self, phone: &Phone) -> RequestBuilder {
        let request = self.client().post(self.url("/v1/sync"));
        request.bearer_auth(phone.token()).json(&SyncRequest::default())
    }
}

pub async fn serve(folder: &Path, clock: &Arc<ManualClock>, limits: Limits, tls: Tls) -> Running {
    let clock: Arc<dyn Clock> = clock.clone();
    let listen = "127.0.0.1:0".parse().unwrap();
    start(ServeOptions { folder: folder.to_path_buf(), listen, tls, clock, limits }).await.unwrap()
}

/// TLS that trusts the district's identity and nobody else.
pub fn pinned(folder: &Path) -> ClientConfig {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(folder.join("tls/chain.pem")).unwrap().collect::<Result<_, _>>().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(chain[1].clone()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// A device with its key.
pub struct Phone {
    pub key: SigningKey,
    pub enrolled: Option<Box<Enrolled>>,
}

impl Phone {
    pub fn new() -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        Self { key: SigningKey::from_slice(&seed).unwrap(), enrolled: None }
    }

    pub fn enrol(&self, sheet: &Sheet, persons: Vec<PersonId>) -> EnrolRequest {
        let invitation: Invitation = sheet.link.parse().unwrap();
        let Pinned::Scanned(district) = invitation.whom else { panic!("a link pins the whole fingerprint") };
        self.enrol_with(&district, &invitation.secret.letters(), persons)
    }

    pub fn enrol_with(&self, district: &Fingerprint, secret: &str, persons: Vec<PersonId>) -> EnrolRequest {
        let key = Key::of(&self.key);
        let proof = sign(&self.key, Purpose::Enrol, &EnrolRequest::payload(district, secret, &key));
        EnrolRequest { secret: secret.to_owned(), key, proof, persons, name: "試験の電話".to_owned() }
    }

    pub fn token(&self) -> &str {
        &self.enrolled.as_ref().expect("joined").token.secret
    }
}

/// The problem an answer holds; it must look like one in every way.
pub async fn problem(response: Response) -> Problem {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let url = response.url().clone();
    let text = response.text().await.unwrap();
    assert_eq!(headers["content-type"], "application/problem+json", "{url} {status} {text}");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let problem: Problem = serde_json::from_str(&text).unwrap();
    assert_ne!(problem.code, ProblemCode::Other);
    assert_eq!((problem.status, problem.code.status()), (status, status));
    assert!(!problem.title.is_empty() && !problem.todo.is_empty());
    problem
}

/// The next event of a live stream as its text, comments left out; none at its end.
pub struct Events {
    pieces: futures_util::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    text: String,
}

impl Events {
    pub async fn of(house: &House, phone: &Phone) -> Self {
        let request = house.client().get(house.url("/v1/live")).bearer_auth(phone.token());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut events = Self { pieces: response.bytes_stream().boxed(), text: String::new() };
        // The first comment: from here on everything is heard.
        assert_eq!(events.block().await.as_deref(), Some(": kairan"));
        events
    }

    pub async fn next(&mut self) -> Option<String> {
        loop {
            let block = self.block().await?;
            if !block.starts_with(':') {
                return Some(block);
            }
        }
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let piece = self.pieces.next().await?.ok()?;
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }
}
