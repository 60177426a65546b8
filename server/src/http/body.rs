//! Request bodies: JSON, gzip or not, never more in memory than the limit, never waited for longer than allowed.

use super::problem::Trouble;
use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::{HeaderMap, header},
};
use flate2::write::MultiGzDecoder;
use http_body_util::BodyExt;
use kairan_protocol::wire::ProblemCode;
use serde::de::DeserializeOwned;
use std::{
    io::{self, Write},
    time::Duration,
};

/// After a body was refused, so much more of it is taken off the wire before the connection closes, in bytes:
/// a client that only writes would otherwise never read why.
const LINGER_BYTES: usize = 4 * 1024 * 1024;
/// And for so long.
const LINGER_TIME: Duration = Duration::from_secs(2);

/// Reads a body as JSON. `limit` is in bytes after decompression.
pub async fn json<T: DeserializeOwned>(request: Request, limit: usize, patience: Duration) -> Result<T, Trouble> {
    let (parts, mut body) = request.into_parts();
    let text = match read(&parts.headers, &mut body, limit, patience).await {
        Ok(text) => text,
        Err(trouble) => {
            if matches!(trouble.code(), ProblemCode::TooLarge | ProblemCode::UnsupportedMedia) {
                tokio::spawn(tokio::time::timeout(LINGER_TIME, linger(body)));
            }
            return Err(trouble);
        }
    };
    // A derived struct would take its fields from an array too, and `[]` for one of defaults only.
    if text.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Trouble::with(ProblemCode::BadRequest, "the body is not a JSON object"));
    }
    serde_json::from_slice(&text).map_err(|error| Trouble::with(ProblemCode::BadRequest, &error.to_string()))
}

async fn read(headers: &HeaderMap, body: &mut Body, limit: usize, patience: Duration) -> Result<Vec<u8>, Trouble> {
    if !is_json(headers) {
        return Err(Trouble::of(ProblemCode::UnsupportedMedia));
    }
    let mut sink = Sink::new(encoding(headers)?, limit);
    // What is larger compressed than its limit is certainly larger than it afterwards.
    if body.size_hint().lower() > limit as u64 {
        return Err(Trouble::of(ProblemCode::TooLarge));
    }
    let arrive = async {
        let mut arrived = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Trouble::with(ProblemCode::BadRequest, "the body broke off"))?;
            let Ok(data) = frame.into_data() else { continue };
            arrived += data.len();
            if arrived > limit {
                return Err(Trouble::of(ProblemCode::TooLarge));
            }
            sink.take(&data)?;
        }
        sink.finish()
    };
    tokio::time::timeout(patience, arrive).await.map_err(|_| Trouble::of(ProblemCode::Timeout))?
}

async fn linger(mut body: Body) {
    let mut arrived = 0;
    while let Some(Ok(frame)) = body.frame().await {
        arrived += frame.data_ref().map_or(0, bytes::Bytes::len);
        if arrived > LINGER_BYTES {
            break;
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Plain,
    Gzip,
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Trouble> {
    let mut named = headers.get_all(header::CONTENT_ENCODING).iter();
    match (named.next().map(|name| name.as_bytes().to_ascii_lowercase()), named.next()) {
        (None, _) => Ok(Encoding::Plain),
        (Some(name), None) if name == b"identity" => Ok(Encoding::Plain),
        (Some(name), None) if name == b"gzip" || name == b"x-gzip" => Ok(Encoding::Gzip),
        _ => Err(Trouble::with(ProblemCode::UnsupportedMedia, "the only encoding taken is gzip")),
    }
}

/// Where a body gathers.
enum Sink {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Sink {
    fn new(encoding: Encoding, limit: usize) -> Self {
        let bounded = Bounded { text: Vec::new(), limit, full: false };
        match encoding {
            Encoding::Plain => Self::Plain(bounded),
            Encoding::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(bounded))),
        }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Trouble> {
        let (result, full) = match self {
            Self::Plain(bounded) => (bounded.write_all(data), bounded.full),
            Self::Gzip(decoder) => {
                let result = decoder.write_all(data);
                (result, decoder.get_ref().full)
            }
        };
        result.map_err(|_| refused(full))
    }

    fn finish(self) -> Result<Vec<u8>, Trouble> {
        match self {
            Self::Plain(bounded) => Ok(bounded.text),
            Self::Gzip(mut decoder) => {
                let finished = decoder.try_finish();
                let full = decoder.get_ref().full;
                finished.map_err(|_| refused(full))?;
                Ok(std::mem::take(&mut decoder.get_mut().text))
            }
        }
    }
}

fn refused(full: bool) -> Trouble {
    if full {
        Trouble::of(ProblemCode::TooLarge)
    } else {
        Trouble::with(ProblemCode::BadRequest, "the body is no gzip")
    }
}

/// A buffer that takes no byte over its limit.
struct Bounded {
    text: Vec<u8>,
    limit: usize,
    full: bool,
}

impl Write for Bounded {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.text.len() + data.len() > self.limit {
            self.full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.text.extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(data: &[u8], limit: usize) -> Result<Vec<u8>, ProblemCode> {
        let mut sink = Sink::new(Encoding::Gzip, limit);
        // In pieces, as it comes over the wire.
        for piece in data.chunks(7) {
            sink.take(piece).map_err(|trouble| trouble.code())?;
        }
        sink.finish().map_err(|trouble| trouble.code())
    }

    #[test]
    fn gzip_is_unpacked_up_to_the_limit_and_not_a_byte_further() {
        let text = vec![b'a'; 1_000];
        assert_eq!(unpack(&gzip(&text), 1_000).unwrap(), text);
        assert_eq!(unpack(&gzip(&text), 999), Err(ProblemCode::TooLarge));
    }

    #[test]
    fn a_bomb_is_cut_while_it_unpacks() {
        let bomb = gzip(&vec![0; 50_000_000]);
        assert!(bomb.len() < 60_000);
        assert_eq!(unpack(&bomb, 1_000_000), Err(ProblemCode::TooLarge));
    }

    #[test]
    fn what_only_says_it_is_gzip_and_what_breaks_off_is_a_bad_request() {
        assert_eq!(unpack(b"{\"epoch\":null}", 1_000), Err(ProblemCode::BadRequest));
        let whole = gzip(b"hello hello hello");
        assert_eq!(unpack(&whole[..whole.len() - 4], 1_000), Err(ProblemCode::BadRequest));
    }
}
