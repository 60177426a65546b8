//! What each person has of themselves in their mail, against the tables it came from.

use super::lines::{Counted, Lines};
use crate::store::{
    error::StoreError,
    look::{Look, day_of_number},
    paper,
    sql::{json, many, moment, number, one},
};
use kairan_protocol::{
    body::{Phone, Profile},
    check_in::{CheckIn, CheckIns, Consent, Mood, Strip},
    id::{DeviceId, NoticeId, OpId, PersonId},
    paper::PaperReceipt,
    receipt::Receipt,
    reduce,
    row::kind,
    view::View,
};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};

/// Rows of a kind in mails: whose, their id and body.
fn mails(connection: &Connection, kind: &str) -> Result<Vec<(PersonId, String, String)>, StoreError> {
    let sql = "SELECT person.id, row.id, body FROM person CROSS JOIN row ON row.feed = person.mail AND row.kind = ?1 \
               WHERE body IS NOT NULL";
    many(connection, sql, [kind], |row| Ok((PersonId::from_number(row.get(0)?), row.get(1)?, row.get(2)?)))
}

/// As many rows as the table has.
fn as_many(counted: &mut Counted, rows: usize, table: i64) {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    counted.must(rows == table, format!("{rows} in mails, {table} in the table"));
}

/// Everybody's profile, told anew from the tree, the residences and the roles.
pub fn check_profiles(look: &Look<'_>, lines: &mut Lines) {
    lines.each("profiles say where people belong", |counted| {
        let rows = mails(look.connection, kind::PROFILE)?;
        as_many(
            counted,
            rows.len(),
            number(look.connection, "SELECT count(*) FROM person WHERE same IS NULL AND erased = 0", [])?,
        );
        for (person, _, body) in rows {
            let shown: Profile = json("a profile", &body)?;
            counted.add(reduce::profile(look, person, look.now)? == Some(shown), person);
        }
        Ok(())
    });
}

/// Whose mail is empty says nothing of theirs any more.
const RECEIPTS: &str =
    "SELECT count(*) FROM receipt JOIN person ON person.id = receipt.person WHERE same IS NULL AND erased = 0";

pub fn check(look: &Look<'_>, lines: &mut Lines) {
    let connection = look.connection;
    lines.each("receipts in mails are the table's", |counted| {
        let rows = mails(connection, kind::RECEIPT)?;
        as_many(counted, rows.len(), number(connection, RECEIPTS, [])?);
        for (person, id, body) in rows {
            let shown: Receipt = json("a receipt", &body)?;
            let notice: Option<NoticeId> = id.parse().ok();
            let known = notice.map_or(Ok(None), |notice| look.receipt(person, notice))?;
            counted.add(known == Some(shown), format!("{id} of {person}"));
        }
        Ok(())
    });
    lines.each("what people entered for homes is in their mails", |counted| {
        let rows = mails(connection, kind::PAPER_RECEIPT)?;
        // Nothing is in the mail of who is forgotten, or was known twice.
        let sql = "SELECT id FROM person WHERE erased = 1 OR same IS NOT NULL";
        let emptied = many(connection, sql, [], |row| row.get(0).map(PersonId::from_number))?;
        let entries: BTreeMap<_, _> = paper::record(connection)?
            .into_iter()
            .filter(|(line, _)| !emptied.contains(&line.receipt.by))
            .map(|(line, _)| ((line.receipt.by, format!("{}:{}", line.notice, line.household)), line.receipt))
            .collect();
        as_many(counted, rows.len(), i64::try_from(entries.len()).unwrap_or(i64::MAX));
        for (person, id, body) in rows {
            let shown: PaperReceipt = json("an entry", &body)?;
            let key = (person, id);
            counted.add(entries.get(&key) == Some(&shown), format!("{} of {person}", key.1));
        }
        Ok(())
    });
    lines.each("check-ins in mails are what was tapped", |counted| check_ins(look, counted));
    lines.none(
        "of moods said before a withdrawal nothing is kept",
        connection,
        "SELECT DISTINCT 'person ' || check_in.person FROM check_in JOIN withdrawal ON withdrawal.person = check_in.person \
         WHERE mood <> 't' AND withdrawal.committed >= check_in.committed \
         AND NOT EXISTS (SELECT 1 FROM meta WHERE name = 'withdrawn_before') UNION ALL \
         SELECT 'withdrawal of ' || person FROM consent_history WHERE moods_to_team = 0 AND (person, committed) NOT IN \
         (SELECT person, committed FROM withdrawal)",
        [],
    );
    lines.each("consents in mails are the table's", |counted| {
        let rows = mails(connection, kind::CONSENT)?;
        let sql = "SELECT count(*) FROM person WHERE consent_at IS NOT NULL";
        as_many(counted, rows.len(), number(connection, sql, [])?);
        for (id, _, body) in rows {
            let shown: Consent = json("a consent", &body)?;
            let person = look.person(id)?;
            let known = person.and_then(|person| Some((person.moods_to_team.is_some(), person.consent_at?)));
            counted.add(known == Some((shown.moods_to_team, shown.at)), id);
        }
        Ok(())
    });
    lines.each("phones in mails are those that hold the person", |counted| {
        let rows = mails(connection, kind::PHONE)?;
        let sql = "SELECT count(*) FROM device_person WHERE device <> (SELECT value FROM meta WHERE name = 'console')";
        as_many(counted, rows.len(), number(connection, sql, [])?);
        for (person, id, body) in rows {
            let Phone { device, .. } = json("a phone", &body)?;
            let sql = "SELECT 1 FROM device_person WHERE device = ?1 AND person = ?2";
            let held = one(connection, sql, [device.number(), person.number()], |_| Ok(()))?.is_some();
            counted.add(held && id.parse::<DeviceId>() == Ok(device), format!("{id} of {person}"));
        }
        Ok(())
    });
}

/// A person's row, and what the history says while it is read once.
struct Told {
    shown: CheckIns,
    newest: Option<CheckIn>,
    days: [Option<CheckIn>; Strip::DAYS],
}

impl Told {
    fn tap(&mut self, tap: CheckIn) {
        let later = |known: Option<CheckIn>| match known {
            Some(known) if !tap.supersedes(&known) => Some(known),
            _ => Some(tap),
        };
        self.newest = later(self.newest);
        let place = usize::try_from(self.shown.day.since(tap.day)).ok();
        if let Some(day) = place.and_then(|place| (Strip::DAYS - 1).checked_sub(place)) {
            self.days[day] = later(self.days[day]);
        }
    }

    fn is_right(&self) -> bool {
        // Taking a tap back looks for the one before as far back as the strip goes.
        let in_strip =
            |tap: &CheckIn| usize::try_from(self.shown.day.since(tap.day)).is_ok_and(|day| day < Strip::DAYS);
        let newest = self.shown.newest == self.newest
            || (self.shown.newest.is_none() && self.newest.is_some_and(|tap| !in_strip(&tap)));
        newest && *self.shown.strip.moods() == self.days.map(|tap| tap.map(|tap| tap.mood))
    }
}

/// Days to come, which a clock that stood ahead wrote, are no fault, and nothing that is shown from now on.
fn check_ins(look: &Look<'_>, counted: &mut Counted) -> Result<(), StoreError> {
    let connection = look.connection;
    let tomorrow = day_of_number(look.tomorrow())?;
    let mut told = HashMap::new();
    for (person, _, body) in mails(connection, kind::CHECK_IN)? {
        let shown: CheckIns = json("a check_in row", &body)?;
        told.insert(person, Told { shown, newest: None, days: [None; Strip::DAYS] });
    }
    let mut statement = connection.prepare("SELECT person, op, day, mood, at, taken FROM check_in")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let person = PersonId::from_number(row.get(0)?);
        let mood = row.get::<_, String>(3)?.chars().next().and_then(Mood::from_letter);
        let (told, mood) = match (told.get_mut(&person), mood) {
            (Some(told), Some(mood)) => (told, mood),
            // Of whom nothing but a request for a talk of long ago is left, has no row.
            (None, Some(Mood::Talk)) => continue,
            _ => {
                counted.add(false, format!("a tap of {person}"));
                continue;
            }
        };
        let tap =
            CheckIn { op: OpId::from_bytes(row.get(1)?), day: day_of_number(row.get(2)?)?, mood, at: moment(row, 4)? };
        if !row.get::<_, bool>(5)? && tap.day <= tomorrow {
            told.tap(tap);
        }
    }
    for (person, told) in told {
        counted.add(told.shown.day > tomorrow || told.is_right(), person);
    }
    Ok(())
}
