//! Moments, local days, and the zone offsets that turn one into the other without a zone database on the phone.

use chrono::{DateTime, Duration, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// A moment in UTC, to the millisecond; RFC 3339 on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The moment a number of milliseconds later (or earlier, when negative).
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this moment.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        f.write_str(&moment.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl FromStr for Timestamp {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|moment| Self(moment.timestamp_millis()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// One local day of the association; ISO 8601 on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(NaiveDate);

impl Day {
    /// From a calendar date.
    #[must_use]
    pub const fn new(date: NaiveDate) -> Self {
        Self(date)
    }

    /// The calendar date.
    #[must_use]
    pub const fn date(self) -> NaiveDate {
        self.0
    }

    /// The day a number of days later (or earlier, when negative).
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.checked_add_signed(Duration::days(days)).unwrap_or(self.0))
    }

    /// Whole days from `earlier` to this one.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.signed_duration_since(earlier.0).num_days()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Day {
    type Err = chrono::ParseError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// From a moment on, local time is UTC plus so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offset {
    /// First moment it holds.
    pub from: Timestamp,
    /// Seconds east of UTC.
    pub seconds: i32,
}

/// The district's zone as its offsets for the coming year, oldest first; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Offset>", into = "Vec<Offset>")]
pub struct ZoneOffsets(Vec<Offset>);

impl ZoneOffsets {
    /// Sorted by their first moment.
    ///
    /// # Errors
    /// When there is none, or one is a day or more away from UTC.
    pub fn new(mut offsets: Vec<Offset>) -> Result<Self, &'static str> {
        offsets.sort_by_key(|offset| offset.from);
        if offsets.is_empty() {
            return Err("a zone needs at least one offset");
        }
        if offsets.iter().any(|offset| offset.seconds.abs() >= 86_400) {
            return Err("an offset is less than a day");
        }
        Ok(Self(offsets))
    }

    /// One offset for ever, in seconds east of UTC (Japan: 32 400), clamped to less than a day.
    #[must_use]
    pub fn fixed(seconds: i32) -> Self {
        Self(vec![Offset { from: Timestamp::from_millis(0), seconds: seconds.clamp(-86_399, 86_399) }])
    }

    /// Seconds east of UTC at a moment.
    #[must_use]
    pub fn seconds_at(&self, at: Timestamp) -> i32 {
        let holding = self.0.iter().rev().find(|offset| offset.from <= at);
        holding.or_else(|| self.0.first()).map_or(0, |offset| offset.seconds)
    }

    /// The local day of a moment.
    #[must_use]
    pub fn day_of(&self, at: Timestamp) -> Day {
        let local = at.plus_millis(i64::from(self.seconds_at(at)) * 1_000);
        Day(DateTime::<Utc>::from_timestamp_millis(local.millis()).unwrap_or_default().date_naive())
    }
}

impl TryFrom<Vec<Offset>> for ZoneOffsets {
    type Error = &'static str;
    fn try_from(offsets: Vec<Offset>) -> Result<Self, Self::Error> {
        Self::new(offsets)
    }
}

impl From<ZoneOffsets> for Vec<Offset> {
    fn from(zone: ZoneOffsets) -> Self {
        zone.0
    }
}

/// From when to when something holds: `from` is in it, `until` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// First moment.
    pub from: Timestamp,
    /// First moment no more; none while no end is set.
    pub until: Option<Timestamp>,
}

impl Term {
    /// From a moment on, without an end.
    #[must_use]
    pub const fn since(from: Timestamp) -> Self {
        Self { from, until: None }
    }

    /// Whether it holds now. Nothing is written down before it has begun: a begin that lies ahead says that the clock was set back
    /// since, and nothing else.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Whether it held at a moment up to now. When it began is not known where its begin lies ahead: early enough.
    #[must_use]
    pub fn held(&self, at: Timestamp, now: Timestamp) -> bool {
        (self.from <= at || now < self.from) && self.holds(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_in_the_morning_in_japan_is_still_yesterday_in_utc() {
        let zone = ZoneOffsets::fixed(32_400);
        let at: Timestamp = "2026-11-21T22:00:00Z".parse().unwrap();
        assert_eq!(zone.day_of(at).to_string(), "2026-11-22");
    }

    #[test]
    fn summer_time_moves_the_day_where_a_zone_has_it() {
        let zone = ZoneOffsets::new(vec![
            Offset { from: "2026-03-29T01:00:00Z".parse().unwrap(), seconds: 7_200 },
            Offset { from: "2025-10-26T01:00:00Z".parse().unwrap(), seconds: 3_600 },
        ])
        .unwrap();
        assert_eq!(zone.day_of("2026-01-10T22:30:00Z".parse().unwrap()).to_string(), "2026-01-10");
        assert_eq!(zone.day_of("2026-06-10T22:30:00Z".parse().unwrap()).to_string(), "2026-06-11");
    }

    #[test]
    fn a_term_ends_just_before_its_until() {
        let term = Term { from: Timestamp::from_millis(10), until: Some(Timestamp::from_millis(20)) };
        let [before, first, last, over] = [9, 10, 19, 20].map(Timestamp::from_millis);
        assert!(!term.held(before, last) && term.held(first, last) && term.held(last, over));
        assert!(!term.held(over, over) && !term.holds(over));
    }

    #[test]
    fn a_term_whose_begin_lies_ahead_has_begun_all_the_same() {
        let term = Term::since(Timestamp::from_millis(10));
        let [before, now] = [5, 9].map(Timestamp::from_millis);
        assert!(term.holds(now) && term.held(before, now));
    }
}
