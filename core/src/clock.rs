//! The clock of taps: the server's `now`, carried on by time since boot, so that a wrong wall clock does no harm.

use crate::platform::ClockReading;
use kairan_protocol::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A server whose own clock was put right by more than this is followed at once, even backwards: standing still until
/// the old time is reached again would make every tap of that while impossible.
const CORRECTED_MILLIS: i64 = 5 * 60 * 1_000;

/// When the server said what time it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Tie {
    boot_id: String,
    since_boot_millis: i64,
    server: Timestamp,
    /// What this clock showed at that moment: it never shows less within the boot.
    floor: Timestamp,
}

/// Server time as a phone knows it. A plain value: the runtime keeps it on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerClock {
    tie: Option<Tie>,
}

impl ServerClock {
    /// The time at a reading; the wall's when the machine was started anew since, or the server never said.
    #[must_use]
    pub fn now(&self, reading: &ClockReading) -> Timestamp {
        self.tied(reading).unwrap_or_else(|| Timestamp::from_millis(reading.wall_millis))
    }

    /// Takes over what the server said. The reading is that of the moment it said so: midway between question and answer.
    pub fn tie(&mut self, now: Timestamp, reading: &ClockReading) {
        let floor = match self.tied(reading) {
            Some(shown) if shown.since(now) <= CORRECTED_MILLIS => shown.max(now),
            _ => now,
        };
        self.tie = Some(Tie {
            boot_id: reading.boot_id.clone(),
            since_boot_millis: reading.since_boot_millis,
            server: now,
            floor,
        });
    }

    /// Whether the server's time is known since the machine was started.
    #[must_use]
    pub fn is_tied(&self, reading: &ClockReading) -> bool {
        self.tied(reading).is_some()
    }

    fn tied(&self, reading: &ClockReading) -> Option<Timestamp> {
        let tie = self.tie.as_ref().filter(|tie| !tie.boot_id.is_empty() && tie.boot_id == reading.boot_id)?;
        let passed = reading.since_boot_millis.saturating_sub(tie.since_boot_millis);
        Some(tie.server.plus_millis(passed).max(tie.floor))
    }
}

/// The reading midway between two of the same boot; the later one when the machine was started between them.
#[must_use]
pub fn midway(asked: &ClockReading, answered: &ClockReading) -> ClockReading {
    if asked.boot_id != answered.boot_id {
        return answered.clone();
    }
    let passed = answered.since_boot_millis.saturating_sub(asked.since_boot_millis).max(0);
    ClockReading { since_boot_millis: asked.since_boot_millis.saturating_add(passed / 2), ..answered.clone() }
}

/// Whether an answer was so long on its way that it says nothing about now: held by an app that stood still.
#[must_use]
pub fn is_stale(asked: &ClockReading, answered: &ClockReading) -> bool {
    const LONGEST_MILLIS: i64 = 10 * 60 * 1_000;
    asked.boot_id == answered.boot_id
        && answered.since_boot_millis.saturating_sub(asked.since_boot_millis) > LONGEST_MILLIS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reading(boot: &str, since_boot_millis: i64, wall_millis: i64) -> ClockReading {
        ClockReading { wall_millis, boot_id: boot.to_owned(), since_boot_millis }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn before_the_server_said_anything_the_wall_counts() {
        assert_eq!(ServerClock::default().now(&reading("a", 5, 777)), at(777));
    }

    #[test]
    fn a_wall_clock_somebody_changed_does_no_harm() {
        let mut clock = ServerClock::default();
        clock.tie(at(1_000_000), &reading("a", 5_000, 0));
        assert_eq!(clock.now(&reading("a", 65_000, 99_999_999)), at(1_060_000));
    }

    #[test]
    fn after_a_restart_of_the_machine_the_wall_counts_until_the_server_speaks_again() {
        let mut clock = ServerClock::default();
        clock.tie(at(1_000_000), &reading("a", 5_000, 0));
        assert_eq!(clock.now(&reading("b", 100, 2_000_000)), at(2_000_000));
        assert!(!clock.is_tied(&reading("b", 100, 2_000_000)));
        clock.tie(at(1_500_000), &reading("b", 200, 2_000_100));
        assert_eq!(clock.now(&reading("b", 300, 2_000_200)), at(1_500_100));
    }

    #[test]
    fn a_slow_answer_does_not_turn_the_clock_back() {
        let mut clock = ServerClock::default();
        clock.tie(at(1_000_000), &reading("a", 0, 0));
        clock.tie(at(1_009_000), &reading("a", 10_000, 0));
        assert_eq!(clock.now(&reading("a", 10_500, 0)), at(1_010_000));
        assert_eq!(clock.now(&reading("a", 12_000, 0)), at(1_011_000));
    }

    #[test]
    fn a_server_that_was_a_year_ahead_and_was_put_right_is_followed() {
        let mut clock = ServerClock::default();
        clock.tie(at(40_000_000_000), &reading("a", 0, 0));
        clock.tie(at(1_000_000), &reading("a", 1_000, 0));
        assert_eq!(clock.now(&reading("a", 1_000, 0)), at(1_000_000));
    }

    #[test]
    fn a_reading_midway_halves_the_way_there_and_back() {
        assert_eq!(midway(&reading("a", 100, 1), &reading("a", 300, 2)), reading("a", 200, 2));
        assert_eq!(midway(&reading("a", 100, 1), &reading("b", 30, 2)), reading("b", 30, 2));
    }

    proptest! {
        #[test]
        fn within_a_boot_it_never_goes_back(steps in prop::collection::vec((0_i64..60_000, -200_000_i64..200_000), 1..40)) {
            let mut clock = ServerClock::default();
            let (mut since_boot, mut shown) = (0_i64, None);
            for (passed, error) in steps {
                since_boot += passed;
                let here = reading("a", since_boot, 0);
                // The server's own clock runs true; what the phone hears of it is off by some minutes at most.
                clock.tie(at(1_000_000_000 + since_boot + error / 2), &here);
                let now = clock.now(&here);
                prop_assert!(shown.is_none_or(|shown| shown <= now));
                shown = Some(now);
            }
        }
    }
}
