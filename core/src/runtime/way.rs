//! The way an exchange goes: over the network to a district, or to the pretend one inside this phone.

use crate::{
    practice::{Practice, PracticeStream},
    transport::{District, Failure, LiveEvent, LiveStream},
};
use kairan_protocol::wire::{Card, SyncRequest, SyncResponse, Token, TokenProof};
use std::sync::Arc;

#[derive(Clone)]
pub(crate) enum Way {
    /// To the district this phone joined.
    District(Arc<District>),
    /// To the practice neighbourhood: there is no other.
    Practice(Arc<Practice>),
}

impl Way {
    pub(crate) async fn sync(&self, token: &Token, request: &SyncRequest) -> Result<SyncResponse, Failure> {
        match self {
            Self::District(district) => district.sync(token, request).await,
            Self::Practice(practice) => practice.sync(request),
        }
    }

    pub(crate) async fn token(&self, proof: &TokenProof) -> Result<Token, Failure> {
        match self {
            Self::District(district) => district.token(proof).await,
            Self::Practice(practice) => practice.token(),
        }
    }

    pub(crate) async fn card(&self) -> Result<Card, Failure> {
        match self {
            Self::District(district) => district.card().await,
            Self::Practice(practice) => practice.card(),
        }
    }

    /// Opens the live stream.
    pub(crate) async fn live(&self, token: &Token) -> Result<Live, Failure> {
        Ok(match self {
            Self::District(district) => Live::District(Box::new(district.live(token).await?)),
            Self::Practice(practice) => Live::Practice(practice.live()?),
        })
    }

    /// The address that answered last, or is tried first.
    pub(crate) fn preferred(&self) -> Option<String> {
        match self {
            Self::District(district) => district.preferred(),
            Self::Practice(_) => None,
        }
    }

    /// Other addresses from now on.
    pub(crate) fn set_addresses(&self, addresses: Vec<String>) {
        match self {
            Self::District(district) => district.set_addresses(addresses),
            Self::Practice(_) => {}
        }
    }
}

/// An open live stream.
pub(crate) enum Live {
    District(Box<LiveStream>),
    Practice(PracticeStream),
}

impl Live {
    /// The next event; none when the server ended the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<LiveEvent>, Failure> {
        match self {
            Self::District(stream) => stream.next().await,
            Self::Practice(stream) => stream.next().await,
        }
    }
}
