//! What a phone asks in one request: sync, enrol, token, card.

use super::{Edge, answer, body, buckets, problem::Trouble};
use crate::store::{Caller, Denied};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::Response,
};
use kairan_protocol::{
    op::{NotAnOp, Op},
    sign::{Purpose, Signed},
    validate,
    wire::{Card, EnrolRequest, ProblemCode, SyncRequest, TokenProof},
};
use std::sync::Arc;
use tokio::sync::SemaphorePermit;

/// Largest body of an enrolment or a token proof, in bytes after decompression.
const SMALL: usize = 16 * 1024;

/// `POST /v1/sync`: ops up, what moved down.
#[cfg_attr(
    feature = "steward",
    utoipa::path(
        post, path = "/v1/sync", operation_id = "sync", tag = "kairan",
        request_body = super::openapi::SyncRequest,
        responses((status = 200, description = "What moved.", body = super::openapi::SyncResponse)),
        security(("device" = []))
    )
)]
pub async fn sync(State(edge): State<Arc<Edge>>, request: Request) -> Result<Response, Trouble> {
    let _busy = edge.begin()?;
    let (parts, sent) = request.into_parts();
    let caller = edge.caller(&parts).await?;
    edge.buckets.device(caller.device())?;
    let token = bearer(&parts.headers)?.to_owned();
    let request = Request::from_parts(parts, sent);
    let request: SyncRequest = body::json(request, validate::SYNC_BYTES, edge.limits.request_time).await?;
    within_limits(&request)?;
    answer::json(&edge.in_time(edge.store.sync(&token, request)).await?)
}

/// `POST /v1/enrol`: joining by an invite.
#[cfg_attr(
    feature = "steward",
    utoipa::path(
        post, path = "/v1/enrol", operation_id = "enrol", tag = "kairan",
        request_body = super::openapi::EnrolRequest,
        responses((status = 200, description = "Who is listed, or that the device is in.", body = super::openapi::EnrolResponse))
    )
)]
pub async fn enrol(State(edge): State<Arc<Edge>>, request: Request) -> Result<Response, Trouble> {
    let _busy = edge.begin()?;
    edge.stranger(&request)?;
    let request: EnrolRequest = body::json(request, SMALL, edge.limits.request_time).await?;
    answer::json(&edge.in_time(edge.store.enrol(request)).await?)
}

/// `POST /v1/token`: a new token for the device key.
#[cfg_attr(
    feature = "steward",
    utoipa::path(
        post, path = "/v1/token", operation_id = "token", tag = "kairan",
        request_body = super::openapi::TokenProof,
        responses((status = 200, description = "The new token.", body = super::openapi::Token))
    )
)]
pub async fn token(State(edge): State<Arc<Edge>>, request: Request) -> Result<Response, Trouble> {
    let _busy = edge.begin()?;
    edge.stranger(&request)?;
    let proof: TokenProof = body::json(request, SMALL, edge.limits.request_time).await?;
    answer::json(&edge.in_time(edge.store.token(proof)).await?)
}

/// `GET /v1/card`: who the district is and where, signed by its identity key.
#[cfg_attr(
    feature = "steward",
    utoipa::path(
        get, path = "/v1/card", operation_id = "card", tag = "kairan",
        responses((status = 200, description = "The card, signed.", body = super::openapi::Signed))
    )
)]
pub async fn card(State(edge): State<Arc<Edge>>, request: Request) -> Result<Response, Trouble> {
    let _busy = edge.begin()?;
    edge.stranger(&request)?;
    let facts = edge.in_time(async { Ok(edge.store.card_facts().await?) }).await?;
    let card = Card {
        district: facts.district,
        name: facts.name,
        epoch: facts.epoch,
        addresses: facts.addresses,
        identity: edge.identity.key(),
        next_identity: facts.next_identity,
        tls: edge.tls.clone(),
        version: facts.version,
        successions: edge.identity.successions(),
        at: edge.clock.now(),
    };
    let signed = Signed::new(&edge.identity.signing_key(), Purpose::Card, &card).map_err(|error| {
        tracing::error!(%error, "the card could not be signed");
        Trouble::of(ProblemCode::Internal)
    })?;
    answer::json(&signed)
}

/// `GET /healthz`: that the server answers, and nothing else.
#[cfg_attr(
    feature = "steward",
    utoipa::path(
        get, path = "/healthz", operation_id = "health", tag = "kairan",
        responses((status = 204, description = "The server answers."))
    )
)]
pub async fn health() -> StatusCode {
    StatusCode::NO_CONTENT
}

impl Edge {
    /// Room for one more request, or none.
    fn begin(&self) -> Result<SemaphorePermit<'_>, Trouble> {
        self.requests.try_acquire().map_err(|_| Trouble::of(ProblemCode::Unavailable))
    }

    fn stranger(&self, request: &Request) -> Result<(), Trouble> {
        self.buckets.stranger(buckets::network(request.extensions(), request.headers(), self.limits.behind_proxy))
    }

    /// The device that asks. Who shows a token nobody has is a stranger, and counted as one.
    pub(super) async fn caller(&self, parts: &Parts) -> Result<Caller, Trouble> {
        let token = bearer(&parts.headers)?;
        match self.store.authenticate(token).await {
            Ok(caller) => Ok(caller),
            Err(denied) => {
                let network = buckets::network(&parts.extensions, &parts.headers, self.limits.behind_proxy);
                self.buckets.stranger(network)?;
                Err(denied.into())
            }
        }
    }

    /// What the store answers, or that it is not ready: a client must not hang on a busy disk.
    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Denied>>) -> Result<T, Trouble> {
        match tokio::time::timeout(self.limits.request_time, work).await {
            Ok(done) => done.map_err(Trouble::from),
            Err(_) => Err(Trouble::of(ProblemCode::Unavailable)),
        }
    }
}

/// The token of `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Result<&str, Trouble> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    token.filter(|token| !token.is_empty()).ok_or(Trouble::of(ProblemCode::NoToken))
}

fn within_limits(request: &SyncRequest) -> Result<(), Trouble> {
    if request.ops.len() > validate::OPS_PER_SYNC {
        let detail = format!("more than {} ops", validate::OPS_PER_SYNC);
        return Err(Trouble::with(ProblemCode::TooLarge, &detail));
    }
    if request.cursors.len() > validate::CURSORS {
        return Err(Trouble::with(ProblemCode::TooLarge, &format!("more than {} cursors", validate::CURSORS)));
    }
    if request.replays.len() > validate::REPLAYS_PER_SYNC {
        let detail = format!("more than {} replays", validate::REPLAYS_PER_SYNC);
        return Err(Trouble::with(ProblemCode::TooLarge, &detail));
    }
    if request.ended.len() > validate::ENDED_PER_SYNC {
        let detail = format!("more than {} marks of what has ended", validate::ENDED_PER_SYNC);
        return Err(Trouble::with(ProblemCode::TooLarge, &detail));
    }
    let ops = request.ops.iter().chain(request.replays.iter().map(|replay| &replay.op));
    let large = ops.into_iter().find(|op| op.get().len() > validate::OP_BYTES);
    large.map_or(Ok(()), |op| {
        let id = match Op::parse(op.get()) {
            Ok(Op { id, .. }) | Err(NotAnOp::Unsupported { id, .. } | NotAnOp::Malformed { id, .. }) => Some(id),
            Err(NotAnOp::NoHeader(_)) => None,
        };
        Err(Trouble::with(ProblemCode::TooLarge, &format!("an op of more than {} bytes", validate::OP_BYTES)).about(id))
    })
}
