//! The one source of time: the machine's clock when serving, a clock set by hand in tests.

use futures_util::future::BoxFuture;
use kairan_protocol::time::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Tells the time and waits for it. Whatever serves takes one, so that no test ever sleeps.
pub trait Clock: Send + Sync {
    /// The moment it is.
    fn now(&self) -> Timestamp;

    /// Resolves once `now()` has reached the moment; at once when it has already.
    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'_, ()>;
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
        Box::pin(async move {
            // The wall clock may be set while waiting: an hour at a time, then look again.
            const LONGEST: u64 = 3_600_000;
            while let Ok(millis @ 1..) = u64::try_from(moment.since(self.now())) {
                tokio::time::sleep(Duration::from_millis(millis.min(LONGEST))).await;
            }
        })
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
    fn a_moment_that_has_passed_is_not_waited_for() {
        let long_ago = Timestamp::from_millis(0);
        assert!(SystemClock.sleep_until(long_ago).now_or_never().is_some());
    }
}
