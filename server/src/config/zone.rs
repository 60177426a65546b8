//! The district's zone as offsets for the coming year, and what an address may look like.

use crate::identity::tls::host;
use chrono::{DateTime, Days, NaiveDate, Offset as _, TimeZone, Utc};
use chrono_tz::Tz;
use kairan_protocol::time::{Offset, Timestamp, ZoneOffsets};
use std::net::IpAddr;

/// How far ahead offsets are told.
const DAYS_AHEAD: i64 = 400;
/// How far back: evidence may arrive late.
const DAYS_BACK: i64 = 90;
const DAY: i64 = 86_400_000;

/// An IANA zone by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// The zone of a name such as `Asia/Tokyo`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// Its offsets around a moment, and up to when they tell the truth.
    #[must_use]
    pub fn offsets(self, now: Timestamp) -> (ZoneOffsets, Timestamp) {
        let first = now.plus_millis(-DAYS_BACK * DAY);
        let last = now.plus_millis(DAYS_AHEAD * DAY);
        let mut offsets = vec![Offset { from: first, seconds: self.seconds(first) }];
        let mut at = first;
        while at < last {
            // No zone changes its offset twice in a day.
            let next = at.plus_millis(DAY);
            if self.seconds(next) != self.seconds(at) {
                let from = self.change(at, next);
                offsets.push(Offset { from, seconds: self.seconds(from) });
            }
            at = next;
        }
        let fixed = ZoneOffsets::fixed(self.seconds(first));
        (ZoneOffsets::new(offsets).unwrap_or(fixed), last)
    }

    /// The first moment after a local day.
    #[must_use]
    pub fn end_of(self, day: NaiveDate) -> Option<Timestamp> {
        let midnight = day.checked_add_days(Days::new(1))?.and_hms_opt(0, 0, 0)?;
        // Where clocks jump over midnight the day begins up to two hours later.
        let begin = (0..=2)
            .find_map(|hours| self.0.from_local_datetime(&(midnight + chrono::Duration::hours(hours))).earliest())?;
        Some(Timestamp::from_millis(begin.timestamp_millis()))
    }

    fn seconds(self, at: Timestamp) -> i32 {
        let moment = DateTime::<Utc>::from_timestamp_millis(at.millis()).unwrap_or_default();
        self.0.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()
    }

    /// The first moment, to the second, with the later one's offset.
    fn change(self, mut before: Timestamp, mut after: Timestamp) -> Timestamp {
        while after.since(before) > 1_000 {
            let middle = Timestamp::from_millis((before.millis() + after.since(before) / 2).div_euclid(1_000) * 1_000);
            let middle = if middle <= before { before.plus_millis(1_000) } else { middle };
            if middle >= after {
                break;
            }
            if self.seconds(middle) == self.seconds(before) { before = middle } else { after = middle }
        }
        Timestamp::from_millis(after.millis().div_euclid(1_000) * 1_000)
    }
}

/// Checks an address as phones dial it: `host:port`, `[IPv6]:port`, or a host alone for port 443.
///
/// # Errors
/// What is wrong with it, in words.
pub fn address(text: &str) -> Result<(), &'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if text.is_empty() || text.len() > 255 || !text.chars().all(plain) {
        return Err("only letters, digits, dots and hyphens, then a colon and the port");
    }
    let name = host(text);
    let rest = match text.strip_prefix('[') {
        Some(rest) => rest.strip_prefix(name).and_then(|rest| rest.strip_prefix(']')).ok_or("the ] is missing")?,
        None => text.strip_prefix(name).unwrap_or_default(),
    };
    if !rest.is_empty() && rest.strip_prefix(':').and_then(|port| port.parse::<u16>().ok()).is_none_or(|port| port == 0)
    {
        return Err("the port is a number from 1 to 65535, and an IPv6 address stands in brackets");
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && !label.contains(['[', ']'])
    };
    let good = match (text.starts_with('['), name.parse::<IpAddr>()) {
        (true, ip) => matches!(ip, Ok(IpAddr::V6(_))),
        (false, Ok(_)) => true,
        // A name of digits only would be taken for a broken IPv4 address by every resolver.
        (false, Err(_)) => name.split('.').all(label) && name.contains(|c: char| c.is_ascii_alphabetic()),
    };
    if good { Ok(()) } else { Err("the host is neither a name nor an IP address") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japan_has_one_offset_the_whole_year() {
        let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
        let (offsets, until) = Zone::named("Asia/Tokyo").unwrap().offsets(now);
        assert_eq!(Vec::from(offsets).len(), 1);
        assert_eq!(until.since(now), 400 * DAY);
    }

    #[test]
    fn summer_time_begins_at_the_second_the_zone_says() {
        let now: Timestamp = "2026-01-10T00:00:00Z".parse().unwrap();
        let (offsets, _) = Zone::named("Europe/Berlin").unwrap().offsets(now);
        let changes: Vec<String> = Vec::from(offsets).iter().skip(1).map(|offset| offset.from.to_string()).collect();
        assert_eq!(changes, ["2025-10-26T01:00:00.000Z", "2026-03-29T01:00:00.000Z", "2026-10-25T01:00:00.000Z"]);
    }

    #[test]
    fn the_last_day_of_a_term_ends_at_local_midnight() {
        let day = NaiveDate::from_ymd_opt(2028, 3, 31).unwrap();
        let end = Zone::named("Asia/Tokyo").unwrap().end_of(day).unwrap();
        assert_eq!(end.to_string(), "2028-03-31T15:00:00.000Z");
    }

    #[test]
    fn addresses_that_can_be_dialled_are_taken_and_others_are_not() {
        for good in
            ["127.0.0.1:8443", "kairan.example", "kairan.example:443", "[2001:db8::1]:8443", "[::1]", "localhost:1"]
        {
            assert_eq!(address(good), Ok(()), "{good}");
        }
        let bad =
            ["", "https://a.example", "a.example:", "a.example:0", "a.example:70000", "2001:db8::1", "[::1", "1.2.3:4"];
        for bad in bad.into_iter().chain(["-a.example", "a..example", "町.example", "[a.example]:1", "a b"]) {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
