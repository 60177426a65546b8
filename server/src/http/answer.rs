//! Good answers as JSON, and one line of log per request: method, endpoint, status, duration; never bodies or tokens.

use super::problem::Trouble;
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kairan_protocol::wire::ProblemCode;
use serde::Serialize;
use std::time::Instant;

/// A value as JSON.
pub fn json<T: Serialize>(value: &T) -> Result<Response, Trouble> {
    let body = serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "an answer does not become JSON");
        Trouble::of(ProblemCode::Internal)
    })?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response())
}

/// Logs a request once its answer's head is there.
pub async fn observe(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // The pattern, not the path: what strangers type stays out of the log.
    let endpoint = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let endpoint = endpoint.as_ref().map_or("-", MatchedPath::as_str);
    let (status, micros) = (response.status().as_u16(), begun.elapsed().as_micros());
    if status >= 500 {
        tracing::warn!(%method, endpoint, status, micros, "answered");
    } else {
        tracing::debug!(%method, endpoint, status, micros, "answered");
    }
    response
}
