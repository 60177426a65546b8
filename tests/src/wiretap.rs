//! Somebody in the middle who has the district's own key: it reads what phones and server say to each other, and breaks it.
//! The stories use it to prove what does *not* travel, and to make one op fail for ever.

use crate::{Neighbourhood, raw};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::Response,
};
use kairan_protocol::{op::Op, wire::ProblemCode};
use kairan_server::identity::{Identity, tls::Certificates};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;

/// A relay that decrypts.
pub struct Wiretap {
    /// Where phones believe the server to be.
    pub address: SocketAddr,
    middle: Arc<Middle>,
    _folder: TempDir,
}

struct Middle {
    http: reqwest::Client,
    upstream: String,
    heard: Mutex<Vec<u8>>,
    poison: Mutex<Option<String>>,
}

impl Wiretap {
    /// Listens in front of a neighbourhood's server, with a certificate its identity signed.
    pub fn before(hood: &Neighbourhood) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::load(hood.folder()).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let certificates = Certificates::own(folder.path(), &identity, &[address.to_string()]).unwrap();
        let middle = Arc::new(Middle {
            http: raw::client(),
            upstream: hood.base(),
            heard: Mutex::default(),
            poison: Mutex::default(),
        });
        let router = Router::new().fallback(pass_on).with_state(Arc::clone(&middle));
        let tls = axum_server::tls_rustls::RustlsConfig::from_config(certificates.server_config().unwrap());
        listener.set_nonblocking(true).unwrap();
        tokio::spawn(axum_server::from_tcp_rustls(listener, tls).unwrap().serve(router.into_make_service()));
        Self { address, middle, _folder: folder }
    }

    /// Every body that passed, both ways, decrypted and decompressed.
    #[must_use]
    pub fn heard(&self) -> Vec<u8> {
        self.middle.heard.lock().unwrap().clone()
    }

    /// From now on a request that holds this text fails as if the server broke over the op it stands in.
    pub fn break_on(&self, text: &str) {
        *self.middle.poison.lock().unwrap() = Some(text.to_owned());
    }

    /// Everything passes again.
    pub fn mend(&self) {
        *self.middle.poison.lock().unwrap() = None;
    }
}

async fn pass_on(
    State(middle): State<Arc<Middle>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = plain(&headers, &body);
    middle.heard.lock().unwrap().extend_from_slice(&body);
    let poison = middle.poison.lock().unwrap().clone();
    if let Some(broken) = poison.and_then(|poison| broken(&body, &poison)) {
        return broken;
    }
    // Over HTTP/2 the address itself names the relay: only what stands behind it goes on.
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut call = middle.http.request(method, format!("{}{path}", middle.upstream)).body(body);
    for name in [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT] {
        if let Some(value) = headers.get(&name) {
            call = call.header(name, value);
        }
    }
    let Ok(answer) = call.send().await else { return empty(StatusCode::BAD_GATEWAY) };
    let mut response = Response::builder().status(answer.status());
    if let Some(kind) = answer.headers().get(header::CONTENT_TYPE) {
        response = response.header(header::CONTENT_TYPE, kind);
    }
    if uri.path().ends_with("/live") {
        return response.body(Body::from_stream(answer.bytes_stream())).unwrap();
    }
    let Ok(bytes) = answer.bytes().await else { return empty(StatusCode::BAD_GATEWAY) };
    middle.heard.lock().unwrap().extend_from_slice(&bytes);
    response.body(Body::from(bytes)).unwrap()
}

fn plain(headers: &HeaderMap, body: &Bytes) -> Vec<u8> {
    use std::io::Read as _;
    if headers.get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding != "gzip") {
        return body.to_vec();
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body.as_ref()).read_to_end(&mut plain).unwrap();
    plain
}

fn broken(body: &[u8], poison: &str) -> Option<Response> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.contains(poison))?;
    let request: kairan_protocol::wire::SyncRequest = serde_json::from_str(text).ok()?;
    let op = request.ops.iter().find(|op| op.get().contains(poison))?;
    let mut problem = ProblemCode::Internal.problem(None);
    problem.op = Op::parse(op.get()).ok().map(|op| op.id);
    Response::builder()
        .status(StatusCode::INTERNAL_SERVER_ERROR)
        .header(header::CONTENT_TYPE, "application/problem+json")
        .body(Body::from(serde_json::to_string(&problem).unwrap()))
        .ok()
}

fn empty(status: StatusCode) -> Response {
    Response::builder().status(status).body(Body::empty()).unwrap()
}
