//! Good answers as JSON; and for every answer the headers of caution and one line of log: method, endpoint, status,
//! duration; never bodies or tokens.

use super::problem::Trouble;
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, header},
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

/// On every answer, good or bad.
static CAUTION: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Adds the headers of caution, and logs a request once its answer's head is there.
pub async fn observe(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // The pattern, not the path: what strangers type stays out of the log.
    let endpoint = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    for (name, value) in &CAUTION {
        response.headers_mut().insert(name, value.clone());
    }
    let endpoint = endpoint.as_ref().map_or("-", MatchedPath::as_str);
    let (status, micros) = (response.status().as_u16(), begun.elapsed().as_micros());
    if status >= 500 {
        tracing::warn!(%method, endpoint, status, micros, "answered");
    } else {
        tracing::debug!(%method, endpoint, status, micros, "answered");
    }
    response
}
