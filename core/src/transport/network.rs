//! The switch between a phone and the world: cut, every request fails at once and no connection stays open.

use std::sync::Arc;
use tokio::sync::watch;

/// Whether there is a network; clones share one switch. Tests and the demo pull the plug here.
#[derive(Debug, Clone)]
pub struct Network(Arc<watch::Sender<bool>>);

impl Default for Network {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(true)))
    }
}

impl Network {
    /// Nothing goes out or comes in from now on; what is under way fails.
    pub fn cut(&self) {
        self.0.send_replace(false);
    }

    /// The network is back.
    pub fn restore(&self) {
        self.0.send_replace(true);
    }

    /// Whether it is cut now.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        !*self.0.borrow()
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
        let _ = self.0.subscribe().wait_for(|there| *there == wanted).await;
    }
}
