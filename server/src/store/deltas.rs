//! What moved in a shared feed, kept for the many who ask the same: after a poke a whole district asks for one circular.
//!
//! Every reader of a feed sees every row of it, so that the answer depends on the feed and the cursor alone. What is kept
//! belongs to one version of its feed: once a COMMIT has moved the feed it is never found again.

use kairan_protocol::{
    id::{FeedNumber, Version},
    row::Row,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many bytes of bodies are kept of all feeds together.
const BYTES: usize = 8 * 1024 * 1024;
/// What a row weighs beside its body, about, in bytes.
const ROW: usize = 160;

/// Every row of a feed after a version, up to another.
#[derive(Clone)]
pub(super) struct Delta {
    pub rows: Arc<[Row]>,
    /// Whether an emergency is among them.
    pub urgent: bool,
}

impl Delta {
    /// How many bytes its bodies have.
    pub fn bytes(&self) -> usize {
        self.rows.iter().map(|row| row.body.as_ref().map_or(0, |body| body.get().len())).sum()
    }
}

/// The deltas of one feed at one version, by the version they begin after.
struct OfFeed {
    version: Version,
    after: HashMap<Version, Delta>,
}

#[derive(Default)]
struct Kept {
    by_feed: HashMap<FeedNumber, OfFeed>,
    bytes: usize,
}

/// Deltas of shared feeds.
#[derive(Default)]
pub(super) struct Deltas(Mutex<Kept>);

impl Deltas {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What moved in a feed since a version, if it is known of the version the feed has now.
    pub fn get(&self, feed: FeedNumber, seen: Version, now: Version) -> Option<Delta> {
        let kept = self.kept();
        let of_feed = kept.by_feed.get(&feed).filter(|of_feed| of_feed.version == now)?;
        of_feed.after.get(&seen).cloned()
    }

    /// Keeps what was read for a feed of this version.
    pub fn keep(&self, feed: FeedNumber, seen: Version, now: Version, delta: Delta) {
        let size = delta.bytes() + ROW * (delta.rows.len() + 1);
        let mut kept = self.kept();
        if kept.bytes + size > BYTES {
            *kept = Kept::default();
        }
        let Kept { by_feed, bytes } = &mut *kept;
        let of_feed = by_feed.entry(feed).or_insert_with(|| OfFeed { version: now, after: HashMap::new() });
        if of_feed.version != now {
            *of_feed = OfFeed { version: now, after: HashMap::new() };
        }
        // What a feed lets go of stays counted until everything goes: the bound holds, and nothing has to be added up.
        *bytes += size;
        of_feed.after.insert(seen, delta);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kairan_protocol::id::Rev;

    const BOARD: FeedNumber = FeedNumber(3);

    fn delta(bytes: usize) -> Delta {
        let body = serde_json::value::to_raw_value(&"a".repeat(bytes)).unwrap();
        let row = Row { kind: "notice".into(), id: "1".into(), rev: Rev::FIRST, version: Version(8), body: Some(body) };
        Delta { rows: [row].into(), urgent: false }
    }

    #[test]
    fn a_feed_that_moved_is_asked_anew() {
        let deltas = Deltas::default();
        deltas.keep(BOARD, Version(7), Version(8), delta(10));
        assert!(deltas.get(BOARD, Version(7), Version(8)).is_some());
        assert!(deltas.get(BOARD, Version(6), Version(8)).is_none());
        assert!(deltas.get(BOARD, Version(7), Version(9)).is_none());
        deltas.keep(BOARD, Version(8), Version(9), delta(10));
        assert!(deltas.get(BOARD, Version(7), Version(9)).is_none());
        assert!(deltas.get(BOARD, Version(8), Version(9)).is_some());
    }

    #[test]
    fn what_is_kept_never_outgrows_its_bound() {
        let deltas = Deltas::default();
        for seen in 0..100 {
            deltas.keep(BOARD, Version(seen), Version(100), delta(BYTES / 10));
            let held: usize = deltas.kept().by_feed[&BOARD].after.values().map(Delta::bytes).sum();
            assert!(held <= BYTES && deltas.get(BOARD, Version(seen), Version(100)).is_some());
        }
    }
}
