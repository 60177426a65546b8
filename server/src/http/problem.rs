//! Every failure as `application/problem+json` (RFC 9457) with a stable code, a sentence and what to do.

use crate::store::{Denied, StoreError};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use kairan_protocol::{id::OpId, wire::ProblemCode};
use std::{any::Any, time::Duration};

/// Longest detail of a problem, in characters.
const DETAIL: usize = 200;
/// When to come back after an overload, in seconds.
const SOON: u64 = 2;

/// A request that fails.
#[derive(Debug)]
pub struct Trouble {
    code: ProblemCode,
    detail: Option<String>,
    op: Option<OpId>,
    again_after: Option<Duration>,
}

impl Trouble {
    /// With nothing to add to the code.
    pub const fn of(code: ProblemCode) -> Self {
        Self { code, detail: None, op: None, again_after: None }
    }

    /// With what happened here; cut to a few lines.
    pub fn with(code: ProblemCode, detail: &str) -> Self {
        Self { detail: Some(detail.chars().take(DETAIL).collect()), ..Self::of(code) }
    }

    /// More than may be asked: the caller comes back after a while.
    pub fn too_many(again_after: Duration) -> Self {
        Self { again_after: Some(again_after), ..Self::of(ProblemCode::TooMany) }
    }

    /// About one op.
    pub fn about(self, op: Option<OpId>) -> Self {
        Self { op, ..self }
    }

    /// The code.
    pub const fn code(&self) -> ProblemCode {
        self.code
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut problem = self.code.problem(self.detail);
        problem.op = self.op;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.code == ProblemCode::UnsupportedMedia {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let overload = (self.code == ProblemCode::Unavailable).then_some(Duration::from_secs(SOON));
        if let Some(wait) = self.again_after.or(overload) {
            // Rounded up: a client that waits so long is let in.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

impl From<Denied> for Trouble {
    fn from(denied: Denied) -> Self {
        if let Denied::Store(error) = denied {
            return error.into();
        }
        let (code, op) = (denied.problem(), denied.op());
        denied.detail().map_or(Self::of(code), |detail| Self::with(code, &detail)).about(op)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        // The cause is for the log of the machine, not for strangers.
        tracing::error!(%error, "the store failed");
        Self::of(error.problem()).about(error.op())
    }
}

/// A handler that panicked: a mistake of ours, told like any other failure.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request made a handler panic");
    Trouble::of(ProblemCode::Internal).into_response()
}
