//! Good answers as JSON; and for every answer the headers of caution and one line of log: method, endpoint, status,
//! duration; never bodies or tokens.

use super::{Edge, problem::Trouble};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use kairan_protocol::{time::Timestamp, wire::ProblemCode};
use serde::Serialize;
use std::{sync::Arc, time::Instant};

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
pub async fn observe(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // The pattern, not the path: what strangers type stays out of the log.
    let endpoint = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    for (name, value) in &CAUTION {
        response.headers_mut().insert(name, value.clone());
    }
    // Phones whose proof was not taken go by this date; hyper's is the machine's own, which may never have been set.
    if !response.status().is_success()
        && let Some(date) = date(edge.clock.now())
    {
        response.headers_mut().insert(header::DATE, date);
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

/// A moment as HTTP writes it.
fn date(now: Timestamp) -> Option<HeaderValue> {
    let now = DateTime::<Utc>::from_timestamp_millis(now.millis())?;
    HeaderValue::from_str(&now.format("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}
