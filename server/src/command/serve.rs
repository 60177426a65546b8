//! `serve`: until a signal says stop, or the sample district for a first look.

use super::say;
use crate::{
    Error, folder,
    http::Limits,
    identity::tls::Tls,
    sample,
    serve::{Running, ServeOptions, start},
    store,
};
use clap::Args;
use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Serve {
    /// The district's folder.
    #[arg(long, required_unless_present = "sample")]
    data: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// The certificate chain of a public name, PEM.
    #[arg(long, requires = "tls_key", conflicts_with = "plain")]
    tls_cert: Option<PathBuf>,
    /// Its key, PEM.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Without TLS: on the loopback only, behind a proxy that does it.
    #[arg(long)]
    plain: bool,
    /// Believe X-Forwarded-For of the proxy in front.
    #[arg(long)]
    behind_proxy: bool,
    /// Without limits: on the loopback only, for benchmarks.
    #[arg(long, hide = true)]
    unlimited: bool,
    /// Where to write down what the command line does, best on another disk; remembered. It must be there.
    #[arg(long, conflicts_with = "sample")]
    journal: Option<PathBuf>,
    /// Set up a made-up neighbourhood first, and say how to join it. Without --data it is gone when the server stops.
    #[arg(long)]
    sample: bool,
}

impl Serve {
    pub async fn run(self) -> Result<(), Error> {
        let mut signals = Signals::new()?;
        let limits = Limits {
            behind_proxy: self.behind_proxy,
            ..if self.unlimited { Limits::unlimited() } else { Limits::default() }
        };
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(cert), Some(key)) => Tls::Files { cert, key },
            _ if self.plain => Tls::Plain,
            _ => Tls::Own,
        };
        if self.sample {
            let mut sample = sample::Sample::begin(self.data, self.listen, tls, limits).await?;
            ready(sample.running());
            say(&sample.welcome().await?);
            signals.stop().await;
            return sample.end().await;
        }
        let folder = self.data.ok_or_else(|| Error::Arguments("--data is missing".to_owned()))?;
        if let Some(journal) = self.journal {
            keep_journal_in(&folder, &journal)?;
        }
        let clock = super::clock(&folder);
        let options = ServeOptions { folder, listen: self.listen, tls, clock, limits };
        let running = start(options).await?;
        ready(&running);
        signals.stop().await;
        running.stop().await
    }
}

/// Remembers where the journal is kept, for the command line too; beside the database is where it is anyway.
fn keep_journal_in(folder: &Path, journal: &Path) -> Result<(), Error> {
    if !folder::holds_district(folder) {
        return Err(Error::NoDistrict(folder.to_path_buf()));
    }
    let _lock = folder::lock(folder)?;
    let place = journal.canonicalize().map_err(Error::file(journal))?;
    let beside = folder::journal(folder).canonicalize().is_ok_and(|beside| beside == place);
    Ok(store::keep_journal_in(folder, (!beside).then_some(place.as_path()))?)
}

/// The one line that scripts wait for.
fn ready(running: &Running) {
    say(&format!("listening on {}", running.url()));
}

/// What tells a server to stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> Result<Self, Error> {
        let failed = |error: io::Error| Error::Making(error.to_string());
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
        })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        tracing::info!("stopping");
    }
}
