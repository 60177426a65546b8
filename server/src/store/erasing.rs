//! Moods that go: with the consent they needed, and with the years. Gone means that no byte of them stays in the database or its
//! write-ahead log.

use super::{
    Store,
    error::StoreError,
    look::{EVERY_DAY, Look, day_number},
    meta,
    shared::Inner,
    sql::{many, number, one, run, signed, unsigned},
    tx::Tx,
};
use kairan_protocol::{
    check_in::CheckIns,
    feed::FeedName,
    id::{Commit, PersonId},
    row::kind,
    time::{Timestamp, ZoneOffsets},
    view::{Mark, View},
};
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

/// How many days check-ins are kept, and cases after they were closed.
const KEPT_DAYS: i64 = 365;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// A database is built anew at most so often.
const PACE_MILLIS: i64 = 60_000;
/// After a reader held the write-ahead log back, before the next try.
const READER_MILLIS: i64 = 5_000;
/// Up to this size that takes half a second and is done at once; while it lasts nothing is written.
const AT_ONCE_BYTES: i64 = 128 * 1024 * 1024;
/// The local hour in which larger ones are built anew.
const NIGHT: i64 = 3;
/// The line of `meta` that says that traces of something erased may still be in the files: the number under which it was.
const TRACES: &str = "traces";
/// The line of `meta` that a migration left: withdrawals of before are to be carried out.
const WITHDRAWN_BEFORE: &str = "withdrawn_before";

impl Look<'_> {
    /// Whether a person withdrew their consent under a later number.
    pub(super) fn withdrawn_after(&self, person: PersonId, commit: Commit) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM withdrawal WHERE person = ?1 AND committed > ?2)";
        Ok(number(self.connection, sql, [person.number(), signed(commit.0)])? == 1)
    }
}

/// What was erased last, while traces of it may still be in the files and nothing on a desk waits to go.
struct Traces {
    /// The number under which it was.
    erased: i64,
    /// The size of the database, in bytes.
    size: i64,
}

fn traces(connection: &Connection) -> Result<Option<Traces>, StoreError> {
    let sql = "SELECT value, page_count * page_size FROM pragma_page_count, pragma_page_size, meta \
               WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM mark WHERE kind = ?2)";
    let parameters = params![TRACES, super::desks::Packed::Status as i64];
    one(connection, sql, parameters, |row| Ok(Traces { erased: row.get(0)?, size: row.get(1)? }))
}

impl Store {
    /// What was erased goes from the files too: the database is built anew without it. When to look again, where that is for later:
    /// a large one waits for the night, a reader may hold the log back, and a disk may be full.
    pub(super) async fn erase_traces(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let Inner { shared, writer, .. } = &*self.0;
        let Some(Traces { erased, size }) = shared.readers.read(traces)? else { return Ok(None) };
        let rested = shared.rebuilt().filter(|rebuilt| *rebuilt <= now).map(|rebuilt| rebuilt.plus_millis(PACE_MILLIS));
        if let Some(rested) = rested.filter(|rested| *rested > now) {
            return Ok(Some(rested));
        }
        let hour = (now.millis() + i64::from(shared.zone().offsets.seconds_at(now)) * 1_000).rem_euclid(DAY) / HOUR;
        if size > AT_ONCE_BYTES && hour != NIGHT {
            return Ok(Some(now.plus_millis(HOUR)));
        }
        match writer.rebuild().await {
            Ok(true) => {
                shared.set_rebuilt(now);
                writer.ask(move |tx| tx.traces_gone(erased)).await.map(|()| None)
            }
            Ok(false) => Ok(Some(now.plus_millis(READER_MILLIS))),
            Err(error) => {
                shared.set_rebuilt(now);
                tracing::warn!(%error, "what was erased is still in the files");
                Ok(Some(now.plus_millis(PACE_MILLIS)))
            }
        }
    }
}

impl Tx<'_> {
    /// What a person said under this number or before goes, requests for a talk excepted; their row is told anew from what is left.
    pub(super) fn erase_moods(&mut self, person: PersonId, commit: Commit) -> Result<(), StoreError> {
        let (number, withdrawn) = (person.number(), signed(commit.0));
        run(
            self.connection,
            "INSERT OR IGNORE INTO withdrawal (person, committed) VALUES (?1, ?2)",
            [number, withdrawn],
        )?;
        let sql = format!(
            "{EVERY_DAY} DELETE FROM check_in WHERE person = ?1 AND committed <= ?2 AND mood <> 't' AND day IN days"
        );
        run(self.connection, &sql, [number, withdrawn])?;
        self.retell(person)?;
        self.leaves_traces()
    }

    /// A person's row as their history has it now.
    fn retell(&mut self, person: PersonId) -> Result<(), StoreError> {
        let history = self.look().check_in_history(person)?;
        let (mail, row) = (FeedName::Mail(person), (kind::CHECK_IN, "mine"));
        match CheckIns::told(&history) {
            Some(state) => self.put(mail, row, 1, false, &super::sql::to_json(&state)?),
            None => self.drop_row(mail, row),
        }
    }

    pub(super) fn leaves_traces(&mut self) -> Result<(), StoreError> {
        self.changes.stirred = true;
        meta::set(self.connection, TRACES, signed(self.commit().0))
    }

    /// The files hold nothing any more of what was erased up to a number.
    pub(super) fn traces_gone(&self, known: i64) -> Result<(), StoreError> {
        run(self.connection, "DELETE FROM meta WHERE name = ?1 AND value = ?2", params![TRACES, known]).map(|_| ())
    }

    /// In a database of before moods went with the consent: they go now.
    pub(super) fn forget_withdrawn(&mut self) -> Result<(), StoreError> {
        let sql = "SELECT person, max(committed) FROM withdrawal WHERE EXISTS (SELECT 1 FROM meta WHERE name = ?1) GROUP BY person";
        let withdrawn = many(self.connection, sql, [WITHDRAWN_BEFORE], |row| {
            Ok((PersonId::from_number(row.get(0)?), Commit(unsigned(row.get(1)?))))
        })?;
        if withdrawn.is_empty() {
            return Ok(());
        }
        for (person, commit) in withdrawn {
            self.erase_moods(person, commit)?;
        }
        run(self.connection, "DELETE FROM meta WHERE name = ?1", [WITHDRAWN_BEFORE]).map(|_| ())
    }

    /// Erases some of what is too old: cases closed a year ago, then check-ins of a year ago that no case needs; whether there may
    /// be more.
    pub(super) fn forget_old(&mut self, limit: usize) -> Result<bool, StoreError> {
        let today = day_number(ZoneOffsets::fixed(0).day_of(self.now));
        let (before, ended) = (today - KEPT_DAYS, self.now.plus_millis(-KEPT_DAYS * DAY).millis());
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "DELETE FROM talk_case WHERE op IN \
                   (SELECT op FROM talk_case WHERE ended <= ?1 AND shown = 0 ORDER BY ended LIMIT ?2)";
        let cases = run(self.connection, sql, [ended, limit])?;
        let old = "SELECT day, person, op FROM check_in WHERE day < ?1 \
                   AND (mood <> 't' OR NOT EXISTS (SELECT 1 FROM talk_case WHERE talk_case.op = check_in.op)) LIMIT ?2";
        let of = many(self.connection, old, [before, limit], |row| row.get(1).map(PersonId::from_number))?;
        if of.is_empty() {
            return Ok(i64::try_from(cases).unwrap_or(i64::MAX) == limit);
        }
        run(self.connection, &format!("DELETE FROM check_in WHERE (day, person, op) IN ({old})"), [before, limit])?;
        for person in of.iter().copied().collect::<BTreeSet<_>>() {
            let state = self.look().check_ins(person)?;
            if state.is_some_and(|state| day_number(state.day) < before) {
                self.drop_row(FeedName::Mail(person), (kind::CHECK_IN, "mine"))?;
                self.mark(Mark::Status(person))?;
            }
        }
        self.leaves_traces()?;
        Ok(i64::try_from(of.len().max(cases)).unwrap_or(i64::MAX) == limit)
    }
}
