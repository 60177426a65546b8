//! A line in the place of the network: tests decide what becomes of each request. Everything above it is what ships.

use super::failure::Failure;
use http::{Request, Response};
use reqwest::{Body, RequestBuilder};
use std::pin::Pin;

/// What a line does with one request.
pub type Carried<'a> = Pin<Box<dyn Future<Output = Result<Response<Vec<u8>>, Lost>> + Send + 'a>>;

/// Carries requests to a server and answers back, or loses them.
pub trait Line: Send + Sync {
    /// One request as it would go over the network, headers, compression and all; and its whole answer. The live stream
    /// asks here too, and is told that a line has none.
    fn carry(&self, request: Request<Vec<u8>>) -> Carried<'_>;
}

/// What a line loses, as a phone can tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// No connection came about: nothing was sent.
    Unreachable,
    /// The connection broke: the server may have acted.
    Broken,
}

impl From<Lost> for Failure {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Unreachable => Self::Unreachable("line"),
            Lost::Broken => Self::Broken("line"),
        }
    }
}

/// Hands a request to a line, and its answer on as if it had come over the network.
pub(super) async fn carry(line: &dyn Line, request: RequestBuilder) -> Result<reqwest::Response, Failure> {
    let request = request.build().map_err(|error| Failure::of(&error))?;
    let request = Request::<Body>::try_from(request).map_err(|error| Failure::of(&error))?;
    let request = request.map(|body| body.as_bytes().unwrap_or_default().to_vec());
    Ok(line.carry(request).await?.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test says so")]
    use super::super::{
        District, Network,
        machine::{card, identity},
    };
    use super::*;
    use kairan_protocol::{
        sign::Key,
        time::Timestamp,
        wire::{ProblemCode, SyncRequest, Token},
    };
    use std::sync::{Arc, Mutex};

    /// Answers everything alike, and remembers what it was asked.
    struct Parrot {
        answer: Result<(u16, &'static str, String), Lost>,
        heard: Mutex<Vec<Request<Vec<u8>>>>,
    }

    impl Line for Parrot {
        fn carry(&self, request: Request<Vec<u8>>) -> Carried<'_> {
            self.heard.lock().unwrap().push(request);
            let answer = self.answer.clone().map(|(status, kind, body)| {
                let answer = Response::builder().status(status).header("content-type", kind);
                answer.body(body.into_bytes()).unwrap()
            });
            Box::pin(async { answer })
        }
    }

    fn district(answer: Result<(u16, &'static str, String), Lost>) -> (District, Arc<Parrot>) {
        let parrot = Arc::new(Parrot { answer, heard: Mutex::default() });
        let network = Network::through(parrot.clone());
        (District::new(Key::of(&identity(1)).fingerprint(), vec!["midori.example".to_owned()], network), parrot)
    }

    fn token() -> Token {
        Token { secret: "abc".to_owned(), until: Timestamp::from_millis(0) }
    }

    #[tokio::test]
    async fn a_request_goes_through_the_line_as_it_would_over_the_network_and_its_answer_is_read() {
        let signed = serde_json::to_string(&card(&identity(1), &["new.example"])).unwrap();
        let (district, parrot) = district(Ok((200, "application/json", signed)));
        assert_eq!(district.card().await.unwrap().addresses, ["new.example"]);
        let heard = parrot.heard.lock().unwrap();
        assert_eq!((heard[0].uri().path(), heard[0].method().as_str()), ("/v1/card", "GET"));
    }

    #[tokio::test]
    async fn a_sync_shows_its_token_and_its_body_and_a_problem_is_read() {
        let problem = serde_json::to_string(&ProblemCode::TokenUnknown.problem(None)).unwrap();
        let (district, parrot) = district(Ok((401, "application/problem+json", problem)));
        let failure = district.sync(&token(), &SyncRequest::default()).await.err().unwrap();
        let Failure::Problem { problem, .. } = failure else { panic!("a problem") };
        assert_eq!(problem.code, ProblemCode::TokenUnknown);
        let heard = parrot.heard.lock().unwrap();
        assert_eq!(heard[0].headers()["authorization"], "Bearer abc");
        assert!(serde_json::from_slice::<SyncRequest>(heard[0].body()).is_ok());
    }

    #[tokio::test]
    async fn what_is_lost_on_the_way_back_is_told_from_what_never_left() {
        for (lost, failure) in
            [(Lost::Broken, Failure::Broken("line")), (Lost::Unreachable, Failure::Unreachable("line"))]
        {
            let (district, _parrot) = district(Err(lost));
            assert_eq!(district.card().await.err(), Some(failure));
        }
    }

    #[tokio::test]
    async fn a_line_has_no_live_stream_unless_it_gives_one() {
        let (district, parrot) = district(Err(Lost::Unreachable));
        assert!(district.live(&token()).await.is_err());
        assert_eq!(parrot.heard.lock().unwrap()[0].uri().path(), "/v1/live");
    }
}
