//! The live stream of the practice: pokes as a server gives them, and the waiting for what the pretend people do next.

use super::{Practice, people};
use crate::transport::{Failure, LiveEvent};
use kairan_protocol::{
    id::{FeedNumber, Version},
    wire::Poke,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

/// An open stream.
pub(crate) struct PracticeStream {
    practice: Arc<Practice>,
    stirred: watch::Receiver<()>,
    told: BTreeMap<FeedNumber, Version>,
    waiting: VecDeque<Poke>,
}

impl PracticeStream {
    pub(super) fn new(practice: Arc<Practice>) -> Self {
        let (stirred, told) = (practice.stirred.subscribe(), practice.town().versions(people::RESIDENT));
        Self { practice, stirred, told, waiting: VecDeque::new() }
    }

    /// The next event; the stream ends when the network is cut.
    pub(crate) async fn next(&mut self) -> Result<Option<LiveEvent>, Failure> {
        loop {
            if let Some(poke) = self.waiting.pop_front() {
                return Ok(Some(LiveEvent::Poke(poke)));
            }
            let due = self.practice.next_due();
            tokio::select! {
                biased;
                () = self.practice.network.until_cut() => return Err(Failure::Cut),
                // The sender lives as long as the practice.
                _ = self.stirred.changed() => {}
                () = tokio::time::sleep(due.unwrap_or_default()), if due.is_some() => self.practice.do_what_is_due(),
            }
            self.look();
        }
    }

    fn look(&mut self) {
        let versions = self.practice.town().versions(people::RESIDENT);
        let moved = versions.iter().filter(|(n, v)| self.told.get(*n) != Some(*v));
        self.waiting.extend(moved.map(|(n, v)| Poke { n: *n, v: *v }));
        self.told = versions;
    }
}

impl Practice {
    /// How long until somebody there does something.
    fn next_due(&self) -> Option<Duration> {
        let due = self.town().next_due()?;
        Some(Duration::from_millis(u64::try_from(due.since(self.now())).unwrap_or(0)))
    }

    fn do_what_is_due(&self) {
        self.town().do_what_is_due(self.now());
    }
}
