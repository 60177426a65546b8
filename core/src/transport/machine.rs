//! A district's machine for tests: real TLS on the loopback, and whatever answers the test wants.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test says so")]

use kairan_protocol::{
    id::{Epoch, GroupId},
    sign::{Key, Purpose, Signed},
    time::Timestamp,
    wire::{Card, ProblemCode},
};
use p256::{
    ecdsa::SigningKey,
    pkcs8::{EncodePrivateKey, LineEnding},
};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, TrustAnchor};
use serde::Serialize;
use std::{
    io::Read,
    sync::{Arc, Mutex, OnceLock},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Handle,
    sync::broadcast,
};
use tokio_rustls::TlsAcceptor;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) path: String,
    pub(crate) token: Option<String>,
    pub(crate) body: String,
}

/// What the machine does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    /// 200 and this JSON.
    Json(String),
    /// A problem.
    Problem(ProblemCode),
    /// These bytes, and the connection closes.
    Bytes(String),
    /// A stream that stays open: what is said to `Machine::poke` follows.
    Stream,
    /// Closes without a word.
    HangUp,
}

impl Say {
    pub(crate) fn json(value: &impl Serialize) -> Self {
        Self::Json(serde_json::to_string(value).unwrap())
    }
}

type Answers = Arc<dyn Fn(&Heard) -> Say + Send + Sync>;

pub(crate) struct Machine {
    pub(crate) address: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    pokes: broadcast::Sender<String>,
}

pub(crate) fn identity(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub(crate) fn card(identity: &SigningKey, addresses: &[&str]) -> Signed {
    signed(identity, &card_of(identity, addresses))
}

pub(crate) fn signed(identity: &SigningKey, card: &Card) -> Signed {
    Signed::new(identity, Purpose::Card, card).unwrap()
}

pub(crate) fn card_of(identity: &SigningKey, addresses: &[&str]) -> Card {
    Card {
        district: GroupId::from_number(1),
        name: "みどり市".to_owned(),
        epoch: Epoch("k1".to_owned()),
        addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
        identity: Key::of(identity),
        next_identity: None,
        tls: Vec::new(),
        version: 0,
        successions: Vec::new(),
        at: Timestamp::from_millis(0),
    }
}

fn certificates(identity: &SigningKey) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let identity = KeyPair::from_pem(&identity.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap();
    let own = authority.self_signed(&identity).unwrap();
    let mut leaf = CertificateParams::new(vec!["anything.example".to_owned()]).unwrap();
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::new(authority, &identity)).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    (vec![leaf.der().clone(), own.der().clone()], key)
}

/// A root that the public web trusts, in these tests only.
fn made_up_root() -> &'static (KeyPair, CertificateDer<'static>) {
    static ROOT: OnceLock<(KeyPair, CertificateDer<'static>)> = OnceLock::new();
    ROOT.get_or_init(|| {
        let key = KeyPair::generate().unwrap();
        let certificate = public_authority().self_signed(&key).unwrap().der().clone();
        (key, certificate)
    })
}

fn public_authority() -> CertificateParams {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.distinguished_name.push(DnType::CommonName, "a made-up public root");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
}

pub(crate) fn with_made_up_root(mut roots: Vec<TrustAnchor<'static>>) -> Vec<TrustAnchor<'static>> {
    roots.push(webpki::anchor_from_trusted_cert(&made_up_root().1).unwrap().to_owned());
    roots
}

/// A certificate of the public web for the loopback.
fn public_certificates() -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let mut leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::new(public_authority(), &made_up_root().0)).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    (vec![leaf.der().clone()], key)
}

impl Machine {
    /// Starts on the runtime; `answers` says what to do with each request.
    pub(crate) async fn start(identity: &SigningKey, answers: impl Fn(&Heard) -> Say + Send + Sync + 'static) -> Self {
        Self::start_with(certificates(identity), answers).await
    }

    /// The same with a certificate of the public web, that says nothing about any district.
    pub(crate) async fn start_public(answers: impl Fn(&Heard) -> Say + Send + Sync + 'static) -> Self {
        Self::start_with(public_certificates(), answers).await
    }

    async fn start_with(
        (chain, key): (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>),
        answers: impl Fn(&Heard) -> Say + Send + Sync + 'static,
    ) -> Self {
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (heard, answers): (Arc<Mutex<Vec<Heard>>>, Answers) = (Arc::default(), Arc::new(answers));
        let (pokes, _) = broadcast::channel(16);
        let machine = Self { address, heard: heard.clone(), pokes: pokes.clone() };
        Handle::current().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, heard, answers) = (acceptor.clone(), heard.clone(), answers.clone());
                let pokes = pokes.clone();
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let Some(request) = request(&mut stream).await else { return };
                    heard.lock().unwrap().push(request.clone());
                    let mut news = pokes.subscribe();
                    let text = match answers(&request) {
                        Say::Json(body) => answer("200 OK", "application/json", &body),
                        Say::Problem(code) => {
                            let body = serde_json::to_string(&code.problem(None)).unwrap();
                            answer(&format!("{} Problem", code.status()), "application/problem+json", &body)
                        }
                        Say::Bytes(text) => text,
                        Say::Stream => {
                            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\n".to_owned()
                        }
                        Say::HangUp => return,
                    };
                    let streams = text.contains("event-stream") && text.ends_with(": hello\n\n");
                    let _ = stream.write_all(text.as_bytes()).await;
                    while streams && let Ok(poke) = news.recv().await {
                        if poke.is_empty() || stream.write_all(poke.as_bytes()).await.is_err() {
                            break;
                        }
                        let _ = stream.flush().await;
                    }
                    let _ = stream.shutdown().await;
                });
            }
        });
        machine
    }

    /// The requests so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.heard().iter().filter(|heard| heard.path == path).count()
    }

    /// Says something on every open stream; an empty text ends them.
    pub(crate) fn poke(&self, text: &str) {
        let _ = self.pokes.send(text.to_owned());
    }
}

fn answer(status: &str, kind: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nretry-after: 7\r\n\
         date: Sun, 22 Nov 2026 01:00:00 GMT\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Heard> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case(wanted).then(|| value.to_owned())
        })
    };
    let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let mut body = String::new();
    if header("content-encoding").as_deref() == Some("gzip") {
        flate2::read::GzDecoder::new(&bytes[head_end..]).read_to_string(&mut body).unwrap();
    } else {
        body = String::from_utf8_lossy(&bytes[head_end..]).into_owned();
    }
    let token = header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    Some(Heard { path: head.split(' ').nth(1)?.to_owned(), token, body })
}
