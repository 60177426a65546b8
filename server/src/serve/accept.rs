//! The accept loop: bounded connections, TLS with a deadline, HTTP/2 or 1.1 by ALPN, and a farewell when the server stops.

use super::patient::Patient;
use crate::http::{Limits, Network, Peer};
use axum::{Router, body::Body};
use futures_util::{FutureExt, future::BoxFuture};
use hyper::{Request, body::Incoming, server::conn, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use rustls::ServerConfig;
use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// Largest head of a request, in bytes.
const HEAD_BYTES: usize = 16 * 1024;
/// Most headers of a request.
const HEADERS: usize = 64;
/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 64;
/// After an accept that failed (no file handles left), before the next.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// What connections need.
pub struct Door {
    /// Answers requests.
    pub router: Router,
    /// None serves without TLS.
    pub tls: Option<Arc<ServerConfig>>,
    /// How many and how slow.
    pub limits: Limits,
}

/// Takes connections until `stopping` becomes true, then lets those under way finish; whatever still hangs after the
/// farewell is cut.
pub async fn run(listener: TcpListener, door: Door, mut stopping: watch::Receiver<bool>) {
    let farewell = door.limits.farewell;
    let room = Arc::new(Semaphore::new(door.limits.connections.min(Semaphore::MAX_PERMITS)));
    let graceful = GracefulShutdown::new();
    let (cut, cutting) = watch::channel(false);
    let door = Arc::new(Connections {
        acceptor: door.tls.map(TlsAcceptor::from),
        router: door.router,
        limits: door.limits,
        by_network: Mutex::default(),
    });
    loop {
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        // No room: the connection is closed, and the phone tries again later.
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
        let Some(place) = Place::take(&door, peer, permit) else { continue };
        let (door, watcher) = (Arc::clone(&door), graceful.watcher());
        let (stopping, mut cutting) = (stopping.clone(), cutting.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = door.serve(stream, peer, watcher, stopping) => {}
                _ = cutting.wait_for(|cut| *cut) => {}
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(farewell, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections that would not end were cut");
    }
    cut.send_replace(true);
}

struct Connections {
    acceptor: Option<TlsAcceptor>,
    router: Router,
    limits: Limits,
    by_network: Mutex<HashMap<Network, u32>>,
}

impl Connections {
    /// What a connection needs once it speaks HTTP is in a box of its own. A live stream waits for hours, and would carry the
    /// room of a handshake and of the other ways to speak along.
    async fn serve(&self, stream: TcpStream, peer: SocketAddr, watcher: Watcher, stopping: watch::Receiver<bool>) {
        // Answers are small and written whole: waiting for more to send would only delay them.
        let _best_effort = stream.set_nodelay(true);
        let stream = Patient::new(stream, self.limits.write_time);
        let spoken = match &self.acceptor {
            None => Some(self.http1(stream, peer, watcher)),
            Some(acceptor) => Box::pin(self.shaken(acceptor, stream, peer, watcher, stopping)).await,
        };
        if let Some(spoken) = spoken {
            spoken.await;
        }
    }

    /// The conversation after the handshake, if there was one.
    async fn shaken(
        &self,
        acceptor: &TlsAcceptor,
        stream: Patient,
        peer: SocketAddr,
        watcher: Watcher,
        mut stopping: watch::Receiver<bool>,
    ) -> Option<BoxFuture<'_, ()>> {
        let handshake = tokio::time::timeout(self.limits.handshake_time, acceptor.accept(stream));
        let stream = tokio::select! {
            shaken = handshake => shaken.ok()?.ok()?,
            _ = stopping.wait_for(|stopping| *stopping) => return None,
        };
        let second = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Some(if second { self.http2(stream, peer, watcher) } else { self.http1(stream, peer, watcher) })
    }

    fn http1<S>(&self, stream: S, peer: SocketAddr, watcher: Watcher) -> BoxFuture<'_, ()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connection = conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_time)
            .max_header_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service_fn(move |request| answer(&self.router, request, peer)));
        // A connection that breaks is the client's business, and nothing of it is for the log.
        watcher.watch(connection).map(drop).boxed()
    }

    fn http2<S>(&self, stream: S, peer: SocketAddr, watcher: Watcher) -> BoxFuture<'_, ()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connection = conn::http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(self.limits.head_time)
            .keep_alive_timeout(self.limits.handshake_time)
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
            .serve_connection(TokioIo::new(stream), {
                let router = self.router.clone();
                service_fn(move |request| answer(&router, request, peer))
            });
        watcher.watch(connection).map(drop).boxed()
    }
}

fn answer(
    router: &Router,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> impl Future<Output = Result<axum::response::Response, Infallible>> + Send + use<> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    router.clone().oneshot(request)
}

/// One connection's place among those of its network and of all.
struct Place {
    door: Arc<Connections>,
    network: Network,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    fn take(door: &Arc<Connections>, peer: SocketAddr, permit: OwnedSemaphorePermit) -> Option<Self> {
        let network = Network::from(peer.ip());
        let mut counts = door.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(network).or_default();
        // Behind a proxy every connection has the proxy's address.
        if *count >= door.limits.connections_per_address && !door.limits.behind_proxy {
            return None;
        }
        *count += 1;
        Some(Self { door: Arc::clone(door), network, _permit: permit })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.door.by_network.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
}
