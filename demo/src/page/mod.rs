//! The page: one address on the loopback, for one browser, for one run.

mod calls;
mod events;
mod files;
mod guard;
mod town;

pub use guard::Token;

use crate::{Error, news::News, phones::Phones, town::Town};
use axum::{Router, extract::DefaultBodyLimit, middleware, routing::get, routing::post};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::timeout};

/// A call's arguments are a few fields and at most one letter.
const LONGEST_BODY: usize = 256 * 1024;
/// A browser that does not hang up is not waited for longer.
const FAREWELL: Duration = Duration::from_secs(2);

/// What every handler may use.
pub(crate) struct Stage {
    pub phones: Arc<Phones>,
    pub town: Arc<Town>,
    pub news: News,
    pub token: Token,
    pub port: u16,
    pub closing: watch::Receiver<bool>,
}

/// The page at work.
pub struct Page {
    address: SocketAddr,
    token: Token,
    closing: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Page {
    /// Opens it on a port of the loopback, or on a free one where that is taken.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub async fn open(
        port: u16,
        token: Token,
        (phones, town): (Arc<Phones>, Arc<Town>),
        news: News,
    ) -> Result<Self, Error> {
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(Error::Listen)?,
        };
        let address = listener.local_addr().map_err(Error::Listen)?;
        let (closing, closed) = watch::channel(false);
        let stage = Stage { phones, town, news, token: token.clone(), port: address.port(), closing: closed.clone() };
        let router = router(Arc::new(stage));
        let task = tokio::spawn(async move {
            let mut closed = closed;
            let until = async move {
                // An error means that whoever could close is gone.
                let _closed = closed.wait_for(|closing| *closing).await;
            };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(until).await {
                tracing::error!(%error, "the page ended");
            }
        });
        Ok(Self { address, token, closing, task })
    }

    /// What a browser opens: the address with this run's token.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/?token={}", self.address, self.token.letters())
    }

    /// Takes no more requests, and ends those under way.
    pub async fn close(self) {
        self.closing.send_replace(true);
        let mut task = self.task;
        if timeout(FAREWELL, &mut task).await.is_err() {
            task.abort();
        }
    }
}

fn router(stage: Arc<Stage>) -> Router {
    Router::new()
        .route("/phones", get(calls::phones))
        .route("/phones/{phone}/call/{method}", post(calls::call))
        .route("/phones/{phone}/network", get(calls::network).post(calls::switch))
        .route("/events", get(events::events))
        .route("/invite", post(town::invite))
        .route("/morning", get(town::morning).post(town::begin).delete(town::stop))
        .fallback(get(files::file))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&stage), guard::guard))
        .with_state(stage)
}
