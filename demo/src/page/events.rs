//! `GET /events`: one stream of news for a browser, however many frames it shows.

use super::Stage;
use crate::news::Piece;
use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt, stream};
use std::{convert::Infallible, sync::Arc};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// The stream: `hello`, then news as it comes; after a gap `hello` again, at which every screen is read anew.
pub async fn events(State(stage): State<Arc<Stage>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut closing = stage.closing.clone();
    let closed = async move {
        // An error means that whoever could close is gone.
        let _closed = closing.wait_for(|closing| *closing).await;
    };
    let news = stream::unfold(stage.news.listen(), next);
    let hello = stream::once(std::future::ready(hello()));
    let events = hello.chain(news).take_until(closed).map(Ok);
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn next(mut news: Receiver<Piece>) -> Option<(Event, Receiver<Piece>)> {
    let event = match news.recv().await {
        Ok(piece) => Event::default().event(piece.name()).json_data(&piece).unwrap_or_else(|_| hello()),
        Err(RecvError::Lagged(_)) => hello(),
        Err(RecvError::Closed) => return None,
    };
    Some((event, news))
}

fn hello() -> Event {
    Event::default().event("hello").data("{}")
}
