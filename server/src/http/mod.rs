//! The HTTP edge: who may ask how often for how much, and every answer, good or bad, in its one shape.

mod answer;
mod body;
mod buckets;
mod endpoints;
mod limits;
mod live;
#[cfg(feature = "steward")]
pub mod openapi;
mod problem;

pub(crate) use buckets::{Network, Peer};
pub use limits::{Limits, Rate};

use crate::{clock::Clock, identity::Identity, store::Store};
use axum::{
    Router,
    routing::{get, post},
};
use buckets::Buckets;
use kairan_protocol::{sign::Fingerprint, wire::ProblemCode};

use problem::Trouble;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{NotForContentType, Predicate, SizeAbove},
    },
};

/// Bodies shorter than this are not worth compressing, in bytes.
const WORTH_COMPRESSING: u16 = 256;

/// What the endpoints share.
pub struct Edge {
    /// The store.
    pub store: Store,
    /// Signs the card.
    pub identity: Identity,
    /// Dates the card.
    pub clock: Arc<dyn Clock>,
    /// Of the TLS keys in use.
    pub tls: Vec<Fingerprint>,
    limits: Limits,
    buckets: Buckets,
    requests: Semaphore,
    streams: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

impl Edge {
    /// Around a store. Live streams end once `stopping` becomes true.
    #[must_use]
    pub fn new(
        store: Store,
        identity: Identity,
        clock: Arc<dyn Clock>,
        tls: Vec<Fingerprint>,
        limits: Limits,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let buckets = Buckets::new(&limits);
        let requests = Semaphore::new(limits.requests.min(Semaphore::MAX_PERMITS));
        let streams = Arc::new(Semaphore::new(limits.streams.min(Semaphore::MAX_PERMITS)));
        Self { store, identity, clock, tls, limits, buckets, requests, streams, stopping }
    }

    /// Forgets who has not asked for a while: once a minute is enough.
    pub fn sweep(&self) {
        self.buckets.sweep();
    }
}

/// Every endpoint, with its layers.
pub fn router(edge: Arc<Edge>) -> Router {
    let compression =
        CompressionLayer::new().compress_when(SizeAbove::new(WORTH_COMPRESSING).and(NotForContentType::SSE));
    // Together they are one layer: axum puts every layer into a box of its own, for each request.
    let layers = ServiceBuilder::new()
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&edge), answer::observe))
        .layer(compression)
        .layer(CatchPanicLayer::custom(problem::panicked));
    Router::new()
        .route("/v1/sync", post(endpoints::sync))
        .route("/v1/enrol", post(endpoints::enrol))
        .route("/v1/token", post(endpoints::token))
        .route("/v1/card", get(endpoints::card))
        .route("/v1/live", get(live::live))
        .route("/healthz", get(endpoints::health))
        .fallback(|| async { Trouble::of(ProblemCode::NotFound) })
        .method_not_allowed_fallback(|| async { Trouble::of(ProblemCode::MethodNotAllowed) })
        .layer(layers)
        .with_state(edge)
}
