//! The one source of time: the machine's clock when serving, or the last moment known where that was never set; a clock set by hand
//! in tests.

use futures_util::future::BoxFuture;
use kairan_protocol::time::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Tells the time and waits for it. Whatever serves takes one, so that no test ever sleeps.
pub trait Clock: Send + Sync {
    /// The moment it is.
    fn now(&self) -> Timestamp;

    /// Resolves once `now()` has reached the moment; at once when it has already.
    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'_, ()>;
}

/// The first moment of the year this was written in: a clock that shows less was never set.
const WRITTEN: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Whether a clock that shows this may be right.
#[must_use]
pub fn may_be(now: Timestamp) -> bool {
    now >= WRITTEN
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(sleep(self, moment))
    }
}

/// The wall clock may be set while waiting: an hour at a time, then look again.
async fn sleep(clock: &dyn Clock, moment: Timestamp) {
    const LONGEST: u64 = 3_600_000;
    while let Ok(millis @ 1..) = u64::try_from(moment.since(clock.now())) {
        tokio::time::sleep(Duration::from_millis(millis.min(LONGEST))).await;
    }
}

/// The machine's clock, and until somebody has set that the time that goes on from the last moment written down: after a blackout
/// a small machine without a battery stands in 1970, and nobody may be there to tell it.
#[derive(Debug, Clone, Copy)]
pub struct ResumedClock {
    last: Timestamp,
    since: Instant,
}

impl ResumedClock {
    /// Goes on from a moment where the machine's own clock was never set.
    #[must_use]
    pub fn from(last: Timestamp) -> Self {
        Self { last, since: Instant::now() }
    }

    fn at(&self, wall: Timestamp, running: Duration) -> Timestamp {
        if may_be(wall) {
            return wall;
        }
        let running = i64::try_from(running.as_millis()).unwrap_or(i64::MAX);
        self.last.max(wall).plus_millis(running)
    }
}

impl Clock for ResumedClock {
    fn now(&self) -> Timestamp {
        self.at(SystemClock.now(), self.since.elapsed())
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(sleep(self, moment))
    }
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct ManualClock(watch::Sender<Timestamp>);

impl ManualClock {
    /// Standing at a moment.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self(watch::Sender::new(now))
    }

    /// It is this moment now; whoever waited for it goes on.
    pub fn set(&self, now: Timestamp) {
        self.0.send_replace(now);
    }

    /// So many milliseconds later.
    pub fn advance(&self, millis: i64) {
        self.0.send_modify(|now| *now = now.plus_millis(millis));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'_, ()> {
        let mut changes = self.0.subscribe();
        Box::pin(async move {
            // The sender lives in `self`: waiting cannot fail while the future does.
            let _reached = changes.wait_for(|now| *now >= moment).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn a_manual_clock_wakes_who_waited_for_the_moment_and_nobody_else() {
        let clock = ManualClock::new(Timestamp::from_millis(1_000));
        let mut soon = clock.sleep_until(Timestamp::from_millis(1_500));
        let mut late = clock.sleep_until(Timestamp::from_millis(9_000));
        assert!(soon.as_mut().now_or_never().is_none());
        clock.advance(500);
        assert!(soon.now_or_never().is_some());
        assert!(late.as_mut().now_or_never().is_none());
        clock.set(Timestamp::from_millis(9_000));
        assert!(late.now_or_never().is_some());
    }

    #[test]
    fn on_a_machine_without_a_battery_time_goes_on_from_where_it_stopped_until_somebody_sets_it() {
        let [stopped, set] = ["2026-11-22T03:00:00Z", "2026-11-22T02:59:00Z"].map(|text| text.parse().unwrap());
        let (clock, hour) = (ResumedClock::from(stopped), Duration::from_hours(1));
        let unset = Timestamp::from_millis(60_000);
        assert_eq!(clock.at(unset, hour), stopped.plus_millis(3_600_000));
        assert_eq!(clock.at(set, hour), set, "whoever sets it is believed, earlier or later");
    }

    #[test]
    fn a_moment_that_has_passed_is_not_waited_for() {
        let long_ago = Timestamp::from_millis(0);
        assert!(SystemClock.sleep_until(long_ago).now_or_never().is_some());
    }
}
