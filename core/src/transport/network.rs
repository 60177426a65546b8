//! The switch between a phone and the world: cut, every request fails at once and no connection stays open.

#[cfg(feature = "faults")]
use super::line::Line;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::watch;

/// Whether there is a network; clones share one switch and one count. Tests and the demo pull the plug here.
#[derive(Clone)]
pub struct Network {
    there: Arc<watch::Sender<bool>>,
    requests: Arc<AtomicU64>,
    #[cfg(feature = "faults")]
    line: Option<Arc<dyn Line>>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            there: Arc::new(watch::Sender::new(true)),
            requests: Arc::default(),
            #[cfg(feature = "faults")]
            line: None,
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Network").field(&!self.is_cut()).finish()
    }
}

impl Network {
    /// A network that is one line: no socket is ever opened.
    #[cfg(feature = "faults")]
    #[must_use]
    pub fn through(line: Arc<dyn Line>) -> Self {
        Self { line: Some(line), ..Self::default() }
    }

    /// The line that carries everything, where there is one.
    #[cfg(feature = "faults")]
    pub(crate) fn line(&self) -> Option<Arc<dyn Line>> {
        self.line.clone()
    }

    /// Nothing goes out or comes in from now on; what is under way fails.
    pub fn cut(&self) {
        self.there.send_replace(false);
    }

    /// The network is back.
    pub fn restore(&self) {
        self.there.send_replace(true);
    }

    /// Whether it is cut now.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        !*self.there.borrow()
    }

    /// How many requests went out through it so far, live streams among them. One that was stopped by the cut before it reached the
    /// wire may be counted; none that went out is not.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// A request goes out.
    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns once it is cut.
    pub(crate) async fn until_cut(&self) {
        self.until(false).await;
    }

    /// Returns once it is there.
    pub(crate) async fn until_back(&self) {
        self.until(true).await;
    }

    async fn until(&self, wanted: bool) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.there.subscribe().wait_for(|there| *there == wanted).await;
    }
}
