//! The moods of a day for officers: counted once when the day is over, frozen, and only where nobody can be found in the figures.

use super::{
    error::StoreError,
    look::{Look, day_number, day_of_number},
    sql::{many, one, run, to_json},
    tx::Tx,
};
use kairan_protocol::{
    body::{ClosedDay, DayCounts},
    feed::FeedName,
    id::GroupId,
    row::kind,
    time::{Day, Timestamp},
};
use rusqlite::{Connection, params};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// At this hour of the day after, late taps have had their time.
const COUNTED_AT: i64 = 12 * HOUR;
/// So long a closed day stands on the desk.
const SHOWN_DAYS: i64 = 35;
/// The line of `meta` with the newest day that was looked at.
const THROUGH: &str = "days_closed";

/// Who lives in an association now, as `home (person)`; ?1 is the association, ?2 the moment.
const HOME: &str = "WITH home (person) AS (SELECT residence.person FROM grp AS block \
     JOIN grp AS household ON household.parent = block.id AND household.kind = 'household' \
     JOIN residence ON residence.household = household.id AND residence.since <= ?2 \
     AND (residence.until IS NULL OR residence.until > ?2) WHERE block.parent = ?1 AND block.kind = 'block') ";

/// How many of an association have agreed, and how many of these have tapped on a day.
pub(super) fn participation(look: &Look<'_>, association: GroupId, day: Day) -> Result<(u32, u32), StoreError> {
    let sql = format!(
        "{HOME}SELECT count(*), coalesce(sum(EXISTS (SELECT 1 FROM check_in WHERE check_in.day = ?3 \
         AND check_in.person = home.person AND taken = 0)), 0) \
         FROM home JOIN person ON person.id = home.person WHERE moods_to_team IS NOT NULL"
    );
    let parameters = params![association.number(), look.now.millis(), day_number(day)];
    let counted = one(look.connection, &sql, parameters, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(counted.unwrap_or_default())
}

/// How many said what on a day, each by their last tap.
fn moods(look: &Look<'_>, association: GroupId, day: i64) -> Result<[u32; 3], StoreError> {
    let sql = format!(
        "{HOME}SELECT coalesce(sum(mood = 'g'), 0), coalesce(sum(mood = 'f'), 0), coalesce(sum(mood = 't'), 0) \
         FROM (SELECT mood, max(at) FROM home JOIN check_in ON check_in.day = ?3 AND check_in.person = home.person \
         WHERE taken = 0 GROUP BY home.person)"
    );
    let parameters = params![association.number(), look.now.millis(), day];
    let counted = one(look.connection, &sql, parameters, |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?;
    Ok(counted.unwrap_or_default())
}

/// A closed day as it is kept.
pub(super) fn kept(connection: &Connection) -> Result<Vec<(GroupId, ClosedDay)>, StoreError> {
    let sql = "SELECT association, day, why, good, fair, talk FROM closed_day";
    let rows = many(connection, sql, [], |row| {
        let figures = (row.get::<_, Option<u32>>(3)?, row.get::<_, Option<u32>>(4)?, row.get::<_, Option<u32>>(5)?);
        Ok((GroupId::from_number(row.get(0)?), row.get::<_, i64>(1)?, row.get::<_, String>(2)?, figures))
    })?;
    rows.into_iter()
        .map(|(association, day, why, figures)| {
            let counts = match (why.as_str(), figures) {
                ("counted", (Some(good), Some(fair), Some(talk))) => DayCounts::Counted { good, fair, talk },
                ("lost", _) => DayCounts::Lost {},
                _ => DayCounts::TooFew {},
            };
            Ok((association, ClosedDay { day: day_of_number(day)?, counts }))
        })
        .collect()
}

impl Tx<'_> {
    /// The newest day that is over and has had its late taps.
    fn newest_closed(&self) -> i64 {
        day_number(self.memory.zone.day_of(self.now.plus_millis(-COUNTED_AT))) - 1
    }

    /// Counts the days that are over, each once, and takes those of long ago off the desks.
    pub(super) fn close_days(&mut self) -> Result<(), StoreError> {
        let newest = self.newest_closed();
        let sql = "SELECT value FROM meta WHERE name = ?1";
        let through = one(self.connection, sql, [THROUGH], |row| row.get::<_, i64>(0))?;
        let Some(through) = through else {
            // In a district that begins, or has just learned to count, the days before were nobody's.
            let yesterday = day_number(self.memory.zone.day_of(self.now)) - 1;
            return super::meta::set(self.connection, THROUGH, yesterday);
        };
        if through >= newest {
            return Ok(());
        }
        for day in through.max(newest - SHOWN_DAYS) + 1..=newest {
            self.close_day(day)?;
        }
        super::meta::set(self.connection, THROUGH, newest)?;
        self.drop_days(newest - SHOWN_DAYS)
    }

    /// When the next day is counted.
    pub(super) fn next_day(&self) -> Timestamp {
        let offset = i64::from(self.memory.zone.seconds_at(self.now)) * 1_000;
        let local = self.now.millis() + offset - COUNTED_AT;
        Timestamp::from_millis(local - local.rem_euclid(DAY) + DAY + COUNTED_AT - offset)
    }

    fn close_day(&mut self, day: i64) -> Result<(), StoreError> {
        // What was counted before a restore may be lost with the machine; counted again with other taps, the difference of two
        // figures could betray somebody.
        let lost = super::epoch::restored(self.connection)?
            .is_some_and(|restored| day_number(self.memory.zone.day_of(restored.plus_millis(-COUNTED_AT))) > day);
        let sql = "SELECT id FROM grp WHERE kind = 'association'";
        let associations = many(self.connection, sql, [], |row| row.get(0).map(GroupId::from_number))?;
        let mut counted = false;
        for association in associations {
            let moods = moods(&self.look(), association, day)?;
            let (agreed, _) = participation(&self.look(), association, day_of_number(day)?)?;
            if agreed == 0 && moods == [0; 3] {
                continue;
            }
            if !counted {
                self.system_commit("day", &day_of_number(day)?.to_string())?;
                counted = true;
            }
            let counts = if lost { DayCounts::Lost {} } else { DayCounts::of(moods) };
            self.keep_day(association, ClosedDay { day: day_of_number(day)?, counts })?;
        }
        Ok(())
    }

    fn keep_day(&mut self, association: GroupId, closed: ClosedDay) -> Result<(), StoreError> {
        let (why, figures) = match closed.counts {
            DayCounts::Counted { good, fair, talk } => ("counted", [Some(good), Some(fair), Some(talk)]),
            DayCounts::TooFew {} => ("too_few", [None; 3]),
            DayCounts::Lost {} => ("lost", [None; 3]),
        };
        let sql = "INSERT OR IGNORE INTO closed_day (association, day, why, good, fair, talk) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let [good, fair, talk] = figures;
        let parameters = params![association.number(), day_number(closed.day), why, good, fair, talk];
        if run(self.connection, sql, parameters)? == 1 {
            let desk = FeedName::Desk(association);
            self.put(desk, (kind::DAY, &closed.day.to_string()), 1, false, &to_json(&closed)?)?;
        }
        Ok(())
    }

    fn drop_days(&mut self, before: i64) -> Result<(), StoreError> {
        let sql = "SELECT association, day FROM closed_day WHERE day <= ?1";
        let old =
            many(self.connection, sql, [before], |row| Ok((GroupId::from_number(row.get(0)?), row.get::<_, i64>(1)?)))?;
        for (association, day) in old {
            self.drop_row(FeedName::Desk(association), (kind::DAY, &day_of_number(day)?.to_string()))?;
            let sql = "DELETE FROM closed_day WHERE association = ?1 AND day = ?2";
            run(self.connection, sql, [association.number(), day])?;
        }
        Ok(())
    }
}
