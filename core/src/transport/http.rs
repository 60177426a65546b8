//! One HTTPS request and its answer: time and size limits, gzip both ways, problems read.

use super::{failure::Failure, identity::Trust, network::Network};
use flate2::{Compression, write::GzEncoder};
use kairan_protocol::{sign::Fingerprint, time::Timestamp, wire::Problem};
use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER},
    redirect,
};
use rustls_pki_types::CertificateDer;
use std::{io::Write, time::Duration};
use webpki::EndEntityCert;

/// Longest answer after decompression.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;
/// Longest problem.
const LONGEST_PROBLEM: usize = 64 * 1024;
/// Request bodies above this are compressed.
const COMPRESS_ABOVE: usize = 1024;
const CONNECT_TIME: Duration = Duration::from_secs(10);
const ANSWER_TIME: Duration = Duration::from_secs(40);

/// What is asked at one address.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    /// The path: `/v1/sync`.
    pub path: &'a str,
    /// The device's token, where one is needed.
    pub token: Option<&'a str>,
    /// The JSON to POST; none for a GET.
    pub body: Option<&'a [u8]>,
    /// Whether the answer is a stream, to be left open.
    pub stream: bool,
}

impl<'a> Ask<'a> {
    /// A GET that needs no token.
    pub(crate) const fn get(path: &'a str) -> Self {
        Self { path, token: None, body: None, stream: false }
    }
}

/// An answer as it was asked for.
pub(crate) enum Reply {
    /// Read to its end.
    Whole(Answer),
    /// Open, to be read as it comes.
    Open(Response),
}

/// What came back.
pub(crate) struct Answer {
    /// The body, decompressed.
    pub bytes: Vec<u8>,
    /// SHA-256 of the key the server proved to have (DER of its `SubjectPublicKeyInfo`), as a card lists it.
    pub tls: Option<Fingerprint>,
}

/// Connections that trust in one way.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    client: Client,
    network: Network,
}

impl Wire {
    pub(crate) fn new(trust: Trust, network: Network) -> Result<Self, Failure> {
        let config = trust.config().map_err(|error| Failure::Own(error.to_string()))?;
        let client = Client::builder()
            .tls_backend_preconfigured(config)
            .tls_info(true)
            .https_only(true)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIME)
            .http2_keep_alive_interval(Duration::from_secs(30))
            .http2_keep_alive_timeout(Duration::from_secs(20))
            .user_agent(concat!("kairan/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::of(&error))?;
        Ok(Self { client, network })
    }

    /// Asks, and reads the whole answer unless it is a stream.
    pub(crate) async fn reply(&self, address: &str, ask: &Ask<'_>) -> Result<Reply, Failure> {
        let answer = async {
            let response = self.send(address, ask).await?;
            if ask.stream {
                return Ok(Reply::Open(response));
            }
            let tls = peer(&response);
            Ok(Reply::Whole(Answer { bytes: read(response, LONGEST_ANSWER).await?, tls }))
        };
        let in_time =
            async { tokio::time::timeout(ANSWER_TIME, answer).await.unwrap_or(Err(Failure::Broken("timeout"))) };
        self.unless_cut(in_time).await
    }

    /// Asks for an answer that is no stream.
    pub(crate) async fn ask(&self, address: &str, ask: &Ask<'_>) -> Result<Answer, Failure> {
        self.reply(address, ask).await?.whole()
    }

    async fn unless_cut<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        if self.network.is_cut() {
            return Err(Failure::Cut);
        }
        tokio::select! {
            biased;
            () = self.network.until_cut() => Err(Failure::Cut),
            done = work => done,
        }
    }

    async fn carry(&self, request: RequestBuilder) -> Result<Response, Failure> {
        self.network.request();
        #[cfg(feature = "faults")]
        if let Some(line) = self.network.line() {
            return super::line::carry(line.as_ref(), request).await;
        }
        request.send().await.map_err(|error| Failure::of(&error))
    }

    async fn send(&self, address: &str, ask: &Ask<'_>) -> Result<Response, Failure> {
        let url = format!("https://{address}{}", ask.path);
        let mut request = match ask.body {
            None => self.client.get(url),
            Some(body) => {
                let request = self.client.post(url).header(CONTENT_TYPE, "application/json");
                match compressed(body) {
                    Some(small) => request.header(CONTENT_ENCODING, "gzip").body(small),
                    None => request.body(body.to_vec()),
                }
            }
        };
        request = request.header(ACCEPT, if ask.stream { "text/event-stream" } else { "application/json" });
        if let Some(token) = ask.token {
            let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| Failure::Own("a token that is no header".to_owned()))?;
            bearer.set_sensitive(true);
            request = request.header(AUTHORIZATION, bearer);
        }
        let response = self.carry(request).await?;
        if response.status() == StatusCode::OK { Ok(response) } else { Err(refused(response).await) }
    }
}

impl Reply {
    /// The answer that was read.
    pub(crate) fn whole(self) -> Result<Answer, Failure> {
        match self {
            Self::Whole(answer) => Ok(answer),
            Self::Open(_) => Err(Failure::Answer("a stream")),
        }
    }
}

async fn read(mut response: Response, longest: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| Failure::of(&error))? {
        if bytes.len() + piece.len() > longest {
            return Err(Failure::Answer("longer than allowed"));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

async fn refused(response: Response) -> Failure {
    let status = response.status().as_u16();
    let (retry_after, date) = (retry_after(response.headers()), date(response.headers()));
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/problem+json"));
    if is_problem
        && let Ok(bytes) = read(response, LONGEST_PROBLEM).await
        && let Ok(problem) = serde_json::from_slice::<Problem>(&bytes)
    {
        return Failure::Problem { problem: Box::new(Problem { status, ..problem }), retry_after, date };
    }
    Failure::Status { status, retry_after }
}

/// In whole seconds; the form with a date is not used by our server, and a phone's clock may be wrong. A day at most.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(24 * 60 * 60)))
}

fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let date = chrono::DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(Timestamp::from_millis(date.timestamp_millis()))
}

fn compressed(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() <= COMPRESS_ABOVE {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

fn peer(response: &Response) -> Option<Fingerprint> {
    let info = response.extensions().get::<reqwest::tls::TlsInfo>()?;
    let certificate = CertificateDer::from(info.peer_certificate()?);
    Some(Fingerprint::of(EndEntityCert::try_from(&certificate).ok()?.subject_public_key_info().as_ref()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use std::io::Read;

    #[test]
    fn a_long_body_is_compressed_and_a_short_one_is_not() {
        assert_eq!(compressed(&[b'a'; COMPRESS_ABOVE]), None);
        let long = vec![b'a'; 10_000];
        let small = compressed(&long).unwrap();
        assert!(small.len() < 200);
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&small[..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, long);
    }

    #[test]
    fn a_wish_to_wait_is_read_in_seconds_and_never_longer_than_a_day() {
        let wish = |value: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]));
        assert_eq!(wish("7"), Some(Duration::from_secs(7)));
        assert_eq!(wish("99999999"), Some(Duration::from_hours(24)));
        assert_eq!(wish("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    }

    #[test]
    fn the_servers_date_is_read() {
        let headers = HeaderMap::from_iter([(DATE, "Wed, 21 Oct 2026 07:28:00 GMT".parse().unwrap())]);
        assert_eq!(date(&headers), "2026-10-21T07:28:00Z".parse().ok());
    }

    #[tokio::test]
    async fn with_the_network_cut_nothing_is_even_tried() {
        let network = Network::default();
        network.cut();
        let wire = Wire::new(Trust::NotYet, network).unwrap();
        assert_eq!(wire.ask("127.0.0.1:9", &Ask::get("/v1/card")).await.err(), Some(Failure::Cut));
    }
}
