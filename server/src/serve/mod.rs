//! A server at work: folder locked, store open, address bound, scheduler and console running; and its orderly end.

mod accept;
mod patient;

use crate::{
    Error,
    clock::Clock,
    console, folder,
    http::{self, Edge, Limits},
    identity::{
        Identity,
        tls::{Certificates, Tls},
    },
    scheduler,
    store::Store,
};
use kairan_protocol::sign::Fingerprint;
use std::{net::SocketAddr, path::PathBuf, sync::Arc};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// How to serve.
#[derive(Clone)]
pub struct ServeOptions {
    /// The district's folder.
    pub folder: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// With which certificate.
    pub tls: Tls,
    /// By which clock.
    pub clock: Arc<dyn Clock>,
    /// Within which limits.
    pub limits: Limits,
}

/// A server at work. Dropped, it stops taking connections; only [`Running::stop`] waits for what is under way.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What phones pin.
    pub identity: Fingerprint,
    plain: bool,
    store: Store,
    stopping: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    console: console::Listening,
    _lock: folder::Lock,
}

/// Starts to serve a folder. Must be called inside a tokio runtime.
///
/// # Errors
/// [`Error::NoDistrict`], [`Error::Locked`], [`Error::Listen`], [`Error::PlainInTheOpen`] and those of identity and store.
pub async fn start(options: ServeOptions) -> Result<Running, Error> {
    let ServeOptions { folder, listen, tls, clock, limits } = options;
    let plain = matches!(tls, Tls::Plain);
    if plain && !listen.ip().is_loopback() {
        return Err(Error::PlainInTheOpen(listen));
    }
    if limits.device.is_none() && !listen.ip().is_loopback() {
        return Err(Error::UnlimitedInTheOpen(listen));
    }
    if !folder::holds_district(&folder) {
        return Err(Error::NoDistrict(folder));
    }
    let lock = folder::lock(&folder)?;
    let identity = Identity::load(&folder)?;
    let store = Store::open(&folder, Arc::clone(&clock), identity.keys())?;
    store.set_keys(identity.key(), identity.next()).await?;
    let certificates = match &tls {
        Tls::Own => Some(Certificates::own(&folder, &identity, &store.card_facts().await?.addresses)?),
        Tls::Files { cert, key } => Some(Certificates::from_files(cert, key)?),
        Tls::Plain => None,
    };
    let config = certificates.as_ref().map(Certificates::server_config).transpose()?;
    let fingerprints = certificates.as_ref().map_or(Ok(Vec::new()), Certificates::fingerprints)?;

    let taken = |source| Error::Listen { address: listen, source };
    let listener = TcpListener::bind(listen).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    let (stopping, stopped) = watch::channel(false);
    let fingerprint = identity.fingerprint();
    let edge =
        Arc::new(Edge::new(store.clone(), identity.clone(), clock, fingerprints, limits.clone(), stopped.clone()));
    let console = console::listen(&folder, store.clone(), identity, stopped.clone())?;
    let door = accept::Door { router: http::router(Arc::clone(&edge)), tls: config, limits };
    let tasks =
        vec![tokio::spawn(accept::run(listener, door, stopped.clone())), tokio::spawn(scheduler::run(edge, stopped))];
    Ok(Running { address, identity: fingerprint, plain, store, stopping, tasks, console, _lock: lock })
}

impl Running {
    /// Where it can be reached: `https://host:port`, `http://` without TLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", if self.plain { "http" } else { "https" }, self.address)
    }

    /// The store, for those who share the process: benches and the demo.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Takes no more connections, lets what is under way finish, ends live streams, and closes the store.
    ///
    /// # Errors
    /// The store's, when what was queued could not be written.
    pub async fn stop(mut self) -> Result<(), Error> {
        self.stopping.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            // A task that panicked has nothing left to finish.
            let _ended = task.await;
        }
        self.console.stop().await;
        Ok(self.store.clone().close().await?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopping.send_replace(true);
    }
}
