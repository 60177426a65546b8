//! Why a request brought no answer, in the cases the planner tells apart.

use crate::error::Error;
use kairan_protocol::{time::Timestamp, wire::Problem};
use std::{error::Error as _, time::Duration};

/// Why a request brought no answer. Holds no secrets, no bodies and no addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The network is cut.
    #[error("the network is cut")]
    Cut,
    /// No connection came about: nothing was sent.
    #[error("no connection: {0}")]
    Unreachable(&'static str),
    /// The connection broke or the answer took too long: the server may have acted.
    #[error("no answer: {0}")]
    Broken(&'static str),
    /// Somebody else than the district answers.
    #[error("another identity answers")]
    Foreign,
    /// The server says what is wrong.
    #[error("{}", .problem.code.code())]
    Problem {
        /// What it says.
        problem: Box<Problem>,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
        /// What time it is there: what a phone goes by whose clock is too far off for its proofs.
        date: Option<Timestamp>,
    },
    /// A status without a problem, as proxies give.
    #[error("status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// The answer is longer than allowed or not what this endpoint gives.
    #[error("the answer is not understood: {0}")]
    Answer(&'static str),
    /// The phone's own side: settings that cannot be made, a key that cannot sign.
    #[error("{0}")]
    Own(String),
}

impl Failure {
    /// Of the HTTP client. Its own words name addresses, so only the kind is kept.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        if is_certificate(error) {
            Self::Foreign
        } else if error.is_connect() {
            Self::Unreachable(if error.is_timeout() { "timeout" } else { "connect" })
        } else if error.is_timeout() {
            Self::Broken("timeout")
        } else if error.is_builder() {
            Self::Own("a request that cannot be made".to_owned())
        } else if error.is_decode() {
            Self::Answer("encoding")
        } else {
            Self::Broken("connection")
        }
    }

    /// Whether nobody said anything.
    pub(crate) const fn is_silence(&self) -> bool {
        matches!(self, Self::Cut | Self::Unreachable(_) | Self::Broken(_) | Self::Foreign)
    }

    /// Whether another address may help: nothing was said at this one.
    pub(crate) const fn try_elsewhere(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Foreign)
    }
}

/// Whether the certificate was what stopped it. The cause hides in I/O errors, whose own chain leaves it out.
fn is_certificate(error: &reqwest::Error) -> bool {
    fn is(error: &(dyn std::error::Error + 'static)) -> bool {
        matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_)))
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if is(error) || inner.is_some_and(|inner| is(inner)) {
            return true;
        }
        cause = match inner {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Cut
            | Failure::Unreachable(_)
            | Failure::Broken(_)
            | Failure::Status { status: 408 | 429 | 500.., .. } => Self::Offline,
            Failure::Problem { problem, .. } => (*problem).into(),
            Failure::Foreign => Self::Problem {
                problem: "another_identity".to_owned(),
                title: "Somebody else than the neighbourhood answers at this address.".to_owned(),
                todo: "Compare the address and the check code with the sheet.".to_owned(),
            },
            Failure::Status { .. } | Failure::Answer(_) | Failure::Own(_) => Self::internal(failure),
        }
    }
}
