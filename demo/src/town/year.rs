//! The year's circulars out of their file: which are sent when, with every day in them worked out.

use super::district;
use crate::Error;
use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};
use kairan_protocol::{
    notice::{ByWhen, NoticeKind, Points, When},
    time::{Day, Timestamp, ZoneOffsets},
};
use serde::Deserialize;

const YEAR: &str = include_str!("year.toml");
/// What has a date of its own in the year keeps so many days away from the present: the newest weeks are told by `ago`.
const QUIET_DAYS: i64 = 5;
/// When an officer sits down to send: ten past seven in the evening.
const EVENING: i64 = (19 * 60 + 10) * 60_000;
/// The circular of the morning goes out at six.
const MORNING: i64 = 6 * 3_600_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    circular: Vec<Entry>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    on: Option<String>,
    ago: Option<i64>,
    from: String,
    #[serde(default = "circular")]
    kind: NoticeKind,
    hours: Option<i64>,
    #[serde(default)]
    morning: bool,
    title: String,
    when: Option<EntryWhen>,
    place: Option<String>,
    what: Option<String>,
    by: Option<EntryBy>,
    text: String,
    corrected: Option<EntryCorrected>,
    withdrawn: Option<EntryWithdrawn>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryWhen {
    text: String,
    day: String,
    at: String,
    minutes: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryBy {
    text: String,
    day: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryCorrected {
    after: i64,
    when: Option<EntryWhen>,
    place: Option<String>,
    what: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryWithdrawn {
    after: i64,
    reason: String,
}

const fn circular() -> NoticeKind {
    NoticeKind::Circular
}

/// One notice as it is sent.
#[derive(Debug, Clone)]
pub struct Circular {
    /// When.
    pub at: Timestamp,
    /// By which group, by name; a block with its association before it: `ひだまり町内会/2班`.
    pub from: String,
    /// What it is.
    pub kind: NoticeKind,
    /// 件名.
    pub title: String,
    /// 要点.
    pub points: Points,
    /// 本文.
    pub text: String,
    /// Until when an emergency stays at the top.
    pub until: Option<Timestamp>,
    /// Whether it is the one everybody finds this morning.
    pub morning: bool,
    /// When it was corrected, and its points from then on.
    pub corrected: Option<(Timestamp, Points)>,
    /// When it was taken back, and why.
    pub withdrawn: Option<(Timestamp, String)>,
}

fn file() -> Result<File, Error> {
    toml::from_str(YEAR).map_err(|error| Error::Data(error.to_string()))
}

/// Everything that was sent in the year before a moment, oldest first.
///
/// # Errors
/// [`Error::Data`] when the file says something that cannot be.
pub fn before(now: Timestamp, zone: &ZoneOffsets) -> Result<Vec<Circular>, Error> {
    let mut sent = Vec::new();
    for entry in file()?.circular {
        let at = sent_at(&entry, now, zone)?;
        for from in senders(&entry.from) {
            sent.push(resolved(&entry, from, at, zone)?);
        }
    }
    sent.sort_by_key(|circular| circular.at);
    Ok(sent)
}

/// The first moment of a local day.
#[must_use]
pub fn midnight(day: Day, zone: &ZoneOffsets) -> Timestamp {
    let utc = day.date().and_time(NaiveTime::MIN).and_utc().timestamp_millis();
    let guess = Timestamp::from_millis(utc);
    guess.plus_millis(-i64::from(zone.seconds_at(guess)) * 1_000)
}

fn wrong(what: &str) -> Error {
    Error::Data(format!("year.toml: {what}"))
}

fn sent_at(entry: &Entry, now: Timestamp, zone: &ZoneOffsets) -> Result<Timestamp, Error> {
    let today = zone.day_of(now);
    match (&entry.on, entry.ago) {
        (Some(on), None) => {
            let newest = today.plus(-QUIET_DAYS);
            let of = |year: i32| NaiveDate::parse_from_str(&format!("{year}-{on}"), "%Y-%m-%d").ok().map(Day::new);
            let year = newest.date().year();
            let day = of(year).filter(|day| *day <= newest).or_else(|| of(year - 1));
            Ok(midnight(day.ok_or_else(|| wrong(on))?, zone).plus_millis(EVENING))
        }
        (None, Some(ago)) => {
            let hour = if entry.morning { MORNING } else { EVENING };
            let wanted = midnight(today.plus(-ago), zone).plus_millis(hour);
            Ok(wanted.min(now.plus_millis(-20 * 60_000)))
        }
        _ => Err(wrong("either on or ago")),
    }
}

fn senders(from: &str) -> Vec<String> {
    match from {
        "each association" => district::ASSOCIATIONS.iter().map(district::Association::name).collect(),
        "each federation" => vec![district::EAST.to_owned(), district::WEST.to_owned()],
        other => vec![other.to_owned()],
    }
}

fn resolved(entry: &Entry, from: String, at: Timestamp, zone: &ZoneOffsets) -> Result<Circular, Error> {
    let place = Sending { day: zone.day_of(at), from: &from, zone };
    let points = Points {
        when: entry.when.as_ref().map(|when| place.when(when)).transpose()?,
        place: place.maybe(entry.place.as_deref())?,
        what: place.maybe(entry.what.as_deref())?,
        by_when: entry.by.as_ref().map(|by| place.by(by)).transpose()?,
    };
    let corrected = entry.corrected.as_ref().map(|corrected| {
        let mut points = points.clone();
        if let Some(when) = &corrected.when {
            points.when = Some(place.when(when)?);
        }
        points.place = place.maybe(corrected.place.as_deref())?.or(points.place);
        points.what = place.maybe(corrected.what.as_deref())?.or(points.what);
        Ok::<_, Error>((at.plus_millis(corrected.after * HOUR), points))
    });
    let withdrawn = entry.withdrawn.as_ref();
    Ok(Circular {
        at,
        kind: entry.kind,
        title: place.said(&entry.title)?,
        text: place.said(entry.text.trim())?,
        until: entry.hours.map(|hours| at.plus_millis(hours * HOUR)),
        morning: entry.morning,
        corrected: corrected.transpose()?,
        withdrawn: withdrawn.map(|withdrawn| (at.plus_millis(withdrawn.after * HOUR), withdrawn.reason.clone())),
        points,
        from,
    })
}

/// What stands in for a circular's words: the day it is sent and by whom.
struct Sending<'a> {
    day: Day,
    from: &'a str,
    zone: &'a ZoneOffsets,
}

impl Sending<'_> {
    fn when(&self, when: &EntryWhen) -> Result<When, Error> {
        let day = self.day(&when.day).ok_or_else(|| wrong(&when.day))?;
        let time = NaiveTime::parse_from_str(&when.at, "%H:%M").map_err(|_| wrong(&when.at))?;
        let since_midnight = i64::from(chrono::Timelike::num_seconds_from_midnight(&time)) * 1_000;
        let starts = midnight(day, self.zone).plus_millis(since_midnight);
        let ends = starts.plus_millis(when.minutes * 60_000);
        Ok(When { text: self.said(&when.text)?, starts: Some(starts), ends: Some(ends) })
    }

    fn by(&self, by: &EntryBy) -> Result<ByWhen, Error> {
        let day = self.day(&by.day).ok_or_else(|| wrong(&by.day))?;
        Ok(ByWhen { text: self.said(&by.text)?, day: Some(day) })
    }

    fn maybe(&self, text: Option<&str>) -> Result<Option<String>, Error> {
        text.map(|text| self.said(text)).transpose()
    }

    /// A text with everything in braces filled in.
    fn said(&self, text: &str) -> Result<String, Error> {
        let mut said = String::new();
        let mut parts = text.split('{');
        said.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (name, rest) = part.split_once('}').ok_or_else(|| wrong(text))?;
            match name {
                "町" => said.push_str(self.from.split_once("町内会").map_or(self.from, |(short, _)| short)),
                "季" => said.push_str(self.season()),
                day => said.push_str(&day_said(self.day(day).ok_or_else(|| wrong(day))?)),
            }
            said.push_str(rest);
        }
        Ok(said)
    }

    /// `+3` or `日+1`.
    fn day(&self, text: &str) -> Option<Day> {
        let (weekday, count) = text.split_once('+')?;
        let count: i64 = count.parse().ok()?;
        if weekday.is_empty() {
            return Some(self.day.plus(count));
        }
        let wanted = i64::try_from(WEEKDAYS.iter().position(|(name, _)| *name == weekday)?).ok()?;
        let today = i64::from(self.day.date().weekday().num_days_from_monday());
        let next = (wanted - today - 1).rem_euclid(7) + 1;
        Some(self.day.plus(next + (count - 1) * 7))
    }

    fn season(&self) -> &'static str {
        match self.day.date().month() {
            3..=5 => "春",
            6..=8 => "夏",
            9..=11 => "秋",
            _ => "年末年始",
        }
    }
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("月", Weekday::Mon),
    ("火", Weekday::Tue),
    ("水", Weekday::Wed),
    ("木", Weekday::Thu),
    ("金", Weekday::Fri),
    ("土", Weekday::Sat),
    ("日", Weekday::Sun),
];

/// 「11月29日（日）」.
fn day_said(day: Day) -> String {
    let weekday = WEEKDAYS.iter().find(|(_, weekday)| *weekday == day.date().weekday()).map_or("", |(name, _)| name);
    format!("{}月{}日（{weekday}）", day.date().month(), day.date().day())
}

/// How long before a moment the year begins: the first circular is not older.
#[must_use]
pub const fn begins(now: Timestamp) -> Timestamp {
    now.plus_millis(-(366 + QUIET_DAYS + 2) * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokyo() -> ZoneOffsets {
        ZoneOffsets::fixed(9 * 3_600)
    }

    #[test]
    fn forty_circulars_are_told_three_corrected_one_withdrawn_and_one_emergency_that_has_ended() {
        assert_eq!(file().unwrap().circular.len(), 40);
        let now: Timestamp = "2026-11-29T00:00:00Z".parse().unwrap();
        let sent = before(now, &tokyo()).unwrap();
        let titles = |wanted: fn(&Circular) -> bool| {
            let mut titles: Vec<&str> =
                sent.iter().filter(|one| wanted(one)).map(|circular| circular.title.as_str()).collect();
            titles.dedup();
            titles.len()
        };
        assert_eq!(titles(|circular| circular.corrected.is_some()), 3);
        assert_eq!(titles(|circular| circular.withdrawn.is_some()), 1);
        assert_eq!(titles(|circular| circular.kind == NoticeKind::Emergency), 1);
        assert!(sent.iter().filter_map(|circular| circular.until).all(|until| until < now), "it has ended");
    }

    #[test]
    fn whatever_day_the_town_is_looked_at_everything_lies_within_the_year_before_and_the_morning_is_the_newest() {
        for now in ["2026-11-29T00:00:00Z", "2027-01-04T15:10:00Z", "2028-02-29T12:00:00Z", "2026-06-30T20:59:00Z"] {
            let now: Timestamp = now.parse().unwrap();
            let sent = before(now, &tokyo()).unwrap();
            assert!(sent.iter().all(|circular| begins(now) < circular.at && circular.at < now));
            let newest: Vec<bool> = sent.iter().rev().take(5).map(|circular| circular.morning).collect();
            assert_eq!(newest, [true; 5]);
            let changes = sent.iter().flat_map(|one| one.corrected.iter().map(|(at, _)| *at));
            assert!(
                changes.chain(sent.iter().flat_map(|one| one.withdrawn.iter().map(|(at, _)| *at))).all(|at| at < now)
            );
            for circular in &sent {
                assert!(!format!("{circular:?}").contains("{町") && !circular.text.contains('{'), "{circular:?}");
            }
        }
    }

    #[test]
    fn days_are_said_as_on_a_sheet() {
        let zone = tokyo();
        let sending = Sending { day: "2026-11-29".parse().unwrap(), from: "ひだまり町内会", zone: &zone };
        assert_eq!(sending.said("{日+1}、{町}公園").unwrap(), "12月6日（日）、ひだまり公園");
        assert_eq!(sending.said("{水+1}までに").unwrap(), "12月2日（水）までに");
        assert_eq!(sending.said("{+1}").unwrap(), "11月30日（月）");
        assert!(sending.said("{明日}").is_err());
    }
}
