//! Where the phone stands in time: the tied clock and the age of its addresses, kept in a small file that may be lost.

use crate::{
    clock::{ServerClock, is_stale, midway},
    platform::{ClockReading, Platform},
};
use kairan_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const FILE: &str = "bearings.json";

/// A tie that moves the clock by less is not worth a write.
const WORTH_A_WRITE_MILLIS: i64 = 1_000;

/// How far a proof may run ahead of the clock to be newer than the one before; the server takes five minutes.
const PROOF_AHEAD_MILLIS: i64 = 4 * 60_000;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Kept {
    clock: ServerClock,
    /// When the card was read last.
    card_at: Option<Timestamp>,
    /// The moment of the last proof.
    #[serde(default)]
    proved: Option<Timestamp>,
}

pub(crate) struct Bearings {
    path: PathBuf,
    platform: Arc<dyn Platform>,
    kept: Mutex<Kept>,
}

impl Bearings {
    /// What is in the folder; a file that is missing or damaged counts for nothing.
    pub(crate) fn open(dir: &Path, platform: Arc<dyn Platform>) -> Self {
        let path = dir.join(FILE);
        let kept = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self { path, platform, kept: Mutex::new(kept) }
    }

    /// The server's time as far as it is known.
    pub(crate) fn now(&self) -> Timestamp {
        let reading = self.platform.clock();
        self.kept().clock.now(&reading)
    }

    /// The moment of the next proof. The server takes none that is not newer than the last it took, and the clock may have
    /// been tied back since, or that answer may have been lost within this millisecond.
    pub(crate) fn next_proof(&self) -> Timestamp {
        let now = self.now();
        let mut kept = self.kept();
        let newer = kept.proved.map(|proved| proved.plus_millis(1));
        let at = newer.filter(|newer| (0..=PROOF_AHEAD_MILLIS).contains(&newer.since(now))).unwrap_or(now);
        kept.proved = Some(at);
        self.save(&kept);
        at
    }

    pub(crate) fn reading(&self) -> ClockReading {
        self.platform.clock()
    }

    /// The server said what time it is, between the question and this moment; unless that is too long to say anything.
    pub(crate) fn tie(&self, server: Timestamp, asked: &ClockReading) {
        let answered = self.platform.clock();
        let mut kept = self.kept();
        let (before, was_tied) = (kept.clock.now(&answered), kept.clock.is_tied(&answered));
        if was_tied && is_stale(asked, &answered) {
            return;
        }
        kept.clock.tie(server, &midway(asked, &answered));
        let moved = kept.clock.now(&answered).since(before).abs();
        if !was_tied || moved >= WORTH_A_WRITE_MILLIS {
            self.save(&kept);
        }
    }

    /// The card was read just now.
    pub(crate) fn card_read(&self) {
        let now = self.now();
        let mut kept = self.kept();
        kept.card_at = Some(now);
        self.save(&kept);
    }

    /// How old the addresses are, in milliseconds; very old when nobody knows.
    pub(crate) fn card_age(&self) -> u64 {
        let now = self.now();
        self.kept().card_at.and_then(|at| u64::try_from(now.since(at)).ok()).unwrap_or(u64::MAX)
    }

    /// As on a fresh phone.
    pub(crate) fn forget(&self) {
        *self.kept() = Kept::default();
        // A file that is not there is forgotten already.
        let _ = fs::remove_file(&self.path);
    }

    /// Losing it costs one exchange with the server, so it is neither forced to the disk nor a failure worth telling.
    fn save(&self, kept: &Kept) {
        let beside = self.path.with_extension("tmp");
        let written = serde_json::to_vec(kept).map_err(std::io::Error::other).and_then(|text| {
            fs::write(&beside, text)?;
            fs::rename(&beside, &self.path)
        });
        if let Err(error) = written {
            tracing::debug!(kind = %error.kind(), "bearings not kept");
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use crate::platform::PlatformError;

    /// A machine that was started 5 s ago and whose wall clock stands at 1970.
    struct Machine;
    impl Platform for Machine {
        fn public_key(&self) -> Result<Vec<u8>, PlatformError> {
            Ok(Vec::new())
        }
        fn sign(&self, _message: Vec<u8>) -> Result<Vec<u8>, PlatformError> {
            Ok(Vec::new())
        }
        fn clock(&self) -> ClockReading {
            ClockReading { wall_millis: 0, boot_id: "a".to_owned(), since_boot_millis: 5_000 }
        }
        fn device_name(&self) -> String {
            String::new()
        }
    }

    #[test]
    fn the_tie_outlives_the_app() {
        let dir = tempfile::tempdir().unwrap();
        let bearings = Bearings::open(dir.path(), Arc::new(Machine));
        bearings.tie(Timestamp::from_millis(9_000_000), &bearings.reading());
        bearings.card_read();
        let again = Bearings::open(dir.path(), Arc::new(Machine));
        assert_eq!(again.now(), Timestamp::from_millis(9_000_000));
        assert_eq!(again.card_age(), 0);
    }

    #[test]
    fn a_proof_is_newer_than_the_one_before_even_where_the_clock_was_set_back_and_the_app_killed() {
        let dir = tempfile::tempdir().unwrap();
        let bearings = Bearings::open(dir.path(), Arc::new(Machine));
        bearings.tie(Timestamp::from_millis(9_000_000), &bearings.reading());
        let first = bearings.next_proof();
        assert_eq!(bearings.next_proof(), first.plus_millis(1));
        let again = Bearings::open(dir.path(), Arc::new(Machine));
        again.tie(Timestamp::from_millis(9_000_000 - 180_000), &again.reading());
        assert_eq!(again.next_proof(), first.plus_millis(2));
    }

    #[test]
    fn a_proof_made_by_a_clock_that_was_hours_ahead_does_not_hold_up_those_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let bearings = Bearings::open(dir.path(), Arc::new(Machine));
        bearings.tie(Timestamp::from_millis(90_000_000), &bearings.reading());
        bearings.next_proof();
        bearings.tie(Timestamp::from_millis(9_000_000), &bearings.reading());
        assert_eq!(bearings.next_proof(), Timestamp::from_millis(9_000_000));
    }

    #[test]
    fn an_answer_that_an_app_standing_still_held_for_hours_does_not_turn_the_clock_back() {
        let dir = tempfile::tempdir().unwrap();
        let bearings = Bearings::open(dir.path(), Arc::new(Machine));
        bearings.tie(Timestamp::from_millis(9_000_000), &bearings.reading());
        let hours_ago = ClockReading { since_boot_millis: -7_200_000, ..bearings.reading() };
        bearings.tie(Timestamp::from_millis(1_800_000), &hours_ago);
        assert_eq!(bearings.now(), Timestamp::from_millis(9_000_000));
    }

    #[test]
    fn a_damaged_file_counts_for_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "?").unwrap();
        let bearings = Bearings::open(dir.path(), Arc::new(Machine));
        assert_eq!(bearings.now(), Timestamp::from_millis(0));
        assert_eq!(bearings.card_age(), u64::MAX);
    }
}
