//! What the page is told while it is open: that screens changed, that a network was cut, how far the town and its morning are.

use kairan_core::records::Screen;
use serde::Serialize;
use tokio::sync::broadcast;

/// More than so many untold pieces make a slow listener begin anew: it reads every screen again then.
const KEPT: usize = 256;

/// One piece of news.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Piece {
    /// Records of a phone read differently now.
    Changed {
        /// Which phone.
        phone: &'static str,
        /// Which screens.
        screens: Vec<Screen>,
    },
    /// A phone's network was cut or is back.
    Network {
        /// Which phone.
        phone: &'static str,
        /// How it stands.
        #[serde(flatten)]
        network: crate::phones::NetworkState,
    },
    /// The town's phones join.
    Town {
        /// Those that have.
        joined: usize,
        /// All of them.
        of: usize,
    },
    /// The morning moved on.
    Morning(Box<crate::town::Morning>),
}

impl Piece {
    /// Its name on the stream.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Network { .. } => "network",
            Self::Town { .. } => "town",
            Self::Morning(_) => "morning",
        }
    }
}

/// Where news is told and heard; clones are the same place.
#[derive(Debug, Clone)]
pub struct News(broadcast::Sender<Piece>);

impl Default for News {
    fn default() -> Self {
        Self(broadcast::Sender::new(KEPT))
    }
}

impl News {
    /// Tells whoever listens.
    pub fn tell(&self, piece: Piece) {
        // Nobody may be listening: no page is open.
        let _heard_by = self.0.send(piece);
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Piece> {
        self.0.subscribe()
    }
}
