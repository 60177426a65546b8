//! `GET /v1/live`: server-sent events that say where something moved, never what.

use super::{Edge, problem::Trouble};
use crate::store::LiveEvent;
use axum::{
    extract::{Request, State},
    http::HeaderName,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{StreamExt, stream};
use kairan_protocol::{id::DeviceId, wire::ProblemCode};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::OwnedSemaphorePermit;

/// `GET /v1/live`: pokes for the feeds the device may read; ends when it is signed off or the server stops.
#[cfg_attr(
    feature = "steward",
    utoipa::path(
        get, path = "/v1/live", operation_id = "live", tag = "kairan",
        responses((
            status = 200,
            description = "Events: `poke` with data `{\"n\":feed,\"v\":version}`; `rights` with data `{\"version\":number}`; comments in between.",
            body = String, content_type = "text/event-stream"
        )),
        security(("device" = []))
    )
)]
pub async fn live(State(edge): State<Arc<Edge>>, request: Request) -> Result<Response, Trouble> {
    let (parts, _) = request.into_parts();
    let caller = edge.caller(&parts).await?;
    edge.buckets.device(caller.device())?;
    let guard = Guard::new(&edge, caller.device())?;

    let mut stopping = edge.stopping.clone();
    let stopped = async move {
        // An error means that whoever could stop is gone.
        let _stopped = stopping.wait_for(|stopping| *stopping).await;
    };
    let news = edge.store.live(&caller).filter_map(move |event| {
        let _held_as_long_as_the_stream = &guard;
        let event = match event {
            LiveEvent::Poke(poke) => Event::default().event("poke").json_data(poke),
            LiveEvent::Rights(version) => {
                Event::default().event("rights").json_data(serde_json::json!({ "version": version }))
            }
        };
        std::future::ready(event.ok())
    });
    let begun = stream::once(std::future::ready(Event::default().comment("kairan")));
    let events = begun.chain(news).take_until(stopped).map(Ok::<_, Infallible>);
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(edge.limits.heartbeat));
    // nginx would gather events into its buffer otherwise.
    Ok(([(HeaderName::from_static("x-accel-buffering"), "no")], stream).into_response())
}

/// Counts a stream for as long as it lives.
struct Guard {
    edge: Arc<Edge>,
    device: DeviceId,
    _room: OwnedSemaphorePermit,
}

impl Guard {
    fn new(edge: &Arc<Edge>, device: DeviceId) -> Result<Self, Trouble> {
        let unavailable = || Trouble::of(ProblemCode::Unavailable);
        if *edge.stopping.borrow() {
            return Err(unavailable());
        }
        let room = Arc::clone(&edge.streams).try_acquire_owned().map_err(|_| unavailable())?;
        edge.buckets.stream_begins(device)?;
        Ok(Self { edge: Arc::clone(edge), device, _room: room })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.edge.buckets.stream_ends(self.device);
    }
}
