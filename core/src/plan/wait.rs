//! How long to wait for what, in milliseconds.

pub(super) const SECOND: u64 = 1_000;
pub(super) const MINUTE: u64 = 60 * SECOND;
pub(super) const HOUR: u64 = 60 * MINUTE;

/// First and longest wait after a failure.
pub(super) const BACKOFF: (u64, u64) = (2 * SECOND, 15 * MINUTE);
/// First and longest wait between polls while the live stream cannot stand.
pub(super) const POLL: (u64, u64) = (MINUTE, 15 * MINUTE);
/// First and longest wait before the live stream is opened again.
pub(super) const LIVE: (u64, u64) = (2 * SECOND, 15 * MINUTE);
/// With a server that does not know this device, or does not understand it: nothing is lost, nothing is urgent.
pub(super) const SLOW: (u64, u64) = (15 * MINUTE, 6 * HOUR);
/// How often the card is read for new addresses.
pub(super) const CARD: u64 = 7 * 24 * HOUR;
/// A stream that did not stand this long counts as one that could not stand.
pub(super) const STOOD: u64 = MINUTE;
/// When a stream that stood ends, everybody's may have: those who look why come spread over this.
pub(super) const LOST: u64 = 10 * SECOND;
/// After so many answers of "something broke" in a row it is found out whether one op breaks it.
pub(super) const BROKEN_OFTEN: u32 = 3;
/// Longest random moment after a poke.
pub(super) const POKE_JITTER: u64 = 3 * SECOND;

/// A part of a time by chance.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "hours in milliseconds are exact in a double, and chance is cut to 0..1"
)]
pub(super) fn part(millis: u64, chance: f64) -> u64 {
    (millis as f64 * chance.clamp(0.0, 1.0)) as u64
}

/// Somewhere between three quarters and five quarters of a time.
pub(super) fn spread(millis: u64, chance: f64) -> u64 {
    millis - millis / 4 + part(millis / 2, chance)
}

/// Doubled with every failure up to the longest, and spread.
pub(super) fn backoff((first, longest): (u64, u64), failures: u32, chance: f64) -> u64 {
    spread(first.saturating_mul(1 << failures.min(20)).min(longest), chance)
}
