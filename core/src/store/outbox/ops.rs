//! Ops the server has not taken yet: what goes out next, and how each stands.

use super::lane;
use crate::{error::Error, records::OpState, store::Outgoing};
use kairan_protocol::{
    id::{OpId, PersonId},
    op::Op,
    time::Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::BTreeSet;

/// Parked ops of a newer kind than the server are tried again after so long, in milliseconds: a day.
pub(crate) const RETRY_MILLIS: i64 = 86_400_000;

/// Ops whose target has not come back since a restore are tried again after so long, in milliseconds: ten minutes.
pub(crate) const LATER_MILLIS: i64 = 10 * 60 * 1_000;

/// Why an op is parked whose target has not come back.
pub(crate) const LATER: &str = "later";

/// At most so many bytes of ops go out together: half of what a request may hold.
const BYTES_TOGETHER: usize = kairan_protocol::validate::SYNC_BYTES / 2;

/// An op as the outbox holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// Its place in the order.
    pub seq: i64,
    /// Which.
    pub id: OpId,
    /// Its lane.
    pub lane: String,
    /// For whom.
    pub person: PersonId,
    /// Its word.
    pub word: String,
    /// Its JSON, to the letter.
    pub text: String,
    /// When it was tapped.
    pub made_at: i64,
    /// The op that has to be applied first.
    pub needs: Option<OpId>,
    /// How it stands.
    pub state: OpState,
    /// How often it was on the wire.
    pub attempts: u32,
    /// Why it is parked or refused.
    pub code: Option<String>,
    /// When a parked one is tried again.
    pub retry_at: Option<i64>,
    /// When a broadcast never sent stops going out by itself.
    pub fresh_until: Option<i64>,
    /// Whether the app said it by itself.
    pub quiet: bool,
}

const COLUMNS: &str =
    "seq, id, lane, person, word, text, made_at, needs, state, attempts, code, retry_at, fresh_until, quiet";

const fn word_of(state: OpState) -> &'static str {
    match state {
        OpState::Waiting => "waiting",
        OpState::Sending => "sent",
        OpState::AskAgain => "ask_again",
        OpState::Parked => "parked",
        OpState::Refused => "refused",
    }
}

fn state_of(word: &str) -> OpState {
    match word {
        "sent" => OpState::Sending,
        "ask_again" => OpState::AskAgain,
        "parked" => OpState::Parked,
        "refused" => OpState::Refused,
        _ => OpState::Waiting,
    }
}

fn id_at(row: &Row<'_>, column: usize) -> Result<Option<OpId>, Error> {
    Ok(row.get::<_, Option<String>>(column)?.map(|id| id.parse()).transpose()?)
}

fn held(row: &Row<'_>) -> Result<Held, Error> {
    Ok(Held {
        seq: row.get(0)?,
        id: row.get::<_, String>(1)?.parse()?,
        lane: row.get(2)?,
        person: PersonId::from_number(row.get(3)?),
        word: row.get(4)?,
        text: row.get(5)?,
        made_at: row.get(6)?,
        needs: id_at(row, 7)?,
        state: state_of(&row.get::<_, String>(8)?),
        attempts: row.get(9)?,
        code: row.get(10)?,
        retry_at: row.get(11)?,
        fresh_until: row.get(12)?,
        quiet: row.get(13)?,
    })
}

/// Every op, in the order it was said.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Held>, Error> {
    let mut select = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM op ORDER BY seq"))?;
    let mut rows = select.query([])?;
    let mut ops = Vec::new();
    while let Some(row) = rows.next()? {
        ops.push(held(row)?);
    }
    Ok(ops)
}

/// One op.
pub(crate) fn one(connection: &Connection, id: OpId) -> Result<Option<Held>, Error> {
    let mut select = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM op WHERE id = ?1"))?;
    let mut rows = select.query([id.to_string()])?;
    rows.next()?.map(held).transpose()
}

/// Whether an op is held here, or was taken by the server already.
pub(crate) fn is_known(connection: &Connection, id: OpId) -> Result<bool, Error> {
    let mut select = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM op WHERE id = ?1) OR EXISTS (SELECT 1 FROM journal WHERE id = ?1)",
    )?;
    Ok(select.query_row([id.to_string()], |row| row.get(0))?)
}

/// Holds an op. One that speaks about an op held here waits for it, whatever the caller says.
pub(crate) fn hold(connection: &Connection, op: &Op, needs: Option<OpId>) -> Result<(), Error> {
    let about = match lane::about(op) {
        Some(about) if one(connection, about)?.is_some() => Some(about),
        _ => needs,
    };
    connection
        .prepare_cached(
            "INSERT INTO op(id, lane, person, word, text, made_at, needs, state, fresh_until, quiet)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'waiting', ?8, ?9)",
        )?
        .execute(rusqlite::params![
            op.id.to_string(),
            lane::of(op),
            op.person.number(),
            op.command.word(),
            op.to_text(),
            op.at.millis(),
            about.map(|about| about.to_string()),
            lane::fresh_until(op),
            lane::is_quiet(op),
        ])?;
    Ok(())
}

/// Sets how an op stands, and why.
pub(crate) fn set_state(
    connection: &Connection,
    id: OpId,
    state: OpState,
    code: Option<&str>,
    retry_at: Option<i64>,
) -> Result<(), Error> {
    connection.prepare_cached("UPDATE op SET state = ?2, code = ?3, retry_at = ?4 WHERE id = ?1")?.execute((
        id.to_string(),
        word_of(state),
        code,
        retry_at,
    ))?;
    Ok(())
}

/// Refuses an op, and with it those that need it.
pub(crate) fn refuse(connection: &Connection, id: OpId, code: &str) -> Result<(), Error> {
    set_state(connection, id, OpState::Refused, Some(code), None)?;
    for dependent in dependents(connection, id)? {
        refuse(connection, dependent, code)?;
    }
    Ok(())
}

/// Forgets an op, and with it those that need it.
pub(crate) fn forget(connection: &Connection, id: OpId) -> Result<(), Error> {
    for dependent in dependents(connection, id)? {
        forget(connection, dependent)?;
    }
    release(connection, id)
}

/// Forgets an op the server has: those that need it may go.
pub(crate) fn release(connection: &Connection, id: OpId) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM op WHERE id = ?1")?.execute([id.to_string()])?;
    Ok(())
}

fn dependents(connection: &Connection, id: OpId) -> Result<Vec<OpId>, Error> {
    let mut select = connection.prepare_cached("SELECT id FROM op WHERE needs = ?1 AND id <> ?1")?;
    let ids = select.query_map([id.to_string()], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(ids.iter().map(|id| id.parse()).collect::<Result<_, _>>()?)
}

/// The ops that may go out now, in order; the second list: broadcasts that waited too long and ask again from now on.
pub(crate) fn due(held: &[Held], now: Timestamp, limit: usize) -> (Vec<Outgoing>, Vec<OpId>) {
    let (mut due, mut asking) = (Vec::new(), Vec::new());
    let mut blocked: BTreeSet<&str> = BTreeSet::new();
    let here: BTreeSet<OpId> = held.iter().map(|op| op.id).collect();
    let mut bytes = 0;
    for op in held {
        let stale = op.attempts == 0 && op.fresh_until.is_some_and(|until| until < now.millis());
        let parked = op.state == OpState::Parked && op.retry_at.is_none_or(|retry_at| retry_at > now.millis());
        match op.state {
            OpState::Refused | OpState::AskAgain => continue,
            OpState::Waiting if stale => {
                asking.push(op.id);
                continue;
            }
            _ => {}
        }
        let waits = op.needs.is_some_and(|needs| here.contains(&needs));
        if parked || waits || blocked.contains(op.lane.as_str()) {
            blocked.insert(&op.lane);
            continue;
        }
        bytes += op.text.len();
        if due.len() == limit || (bytes > BYTES_TOGETHER && !due.is_empty()) {
            break;
        }
        due.push(Outgoing { id: op.id, text: op.text.clone() });
    }
    (due, asking)
}

/// How many ops stand so, of those somebody waits for.
pub(crate) fn count(connection: &Connection, states: &[OpState]) -> Result<u32, Error> {
    let mut select = connection.prepare_cached("SELECT count(*) FROM op WHERE state = ?1 AND quiet = 0")?;
    states.iter().try_fold(0, |sum, state| Ok(sum + select.query_row([word_of(*state)], |row| row.get::<_, u32>(0))?))
}

/// On the wire from now on.
pub(crate) fn sent(connection: &Connection, id: OpId) -> Result<(), Error> {
    connection
        .prepare_cached(
            "UPDATE op SET state = 'sent', attempts = attempts + 1, code = NULL, retry_at = NULL
             WHERE id = ?1 AND state IN ('waiting', 'sent', 'parked')",
        )?
        .execute([id.to_string()])?;
    Ok(())
}

/// Not on the wire after all: no connection came about.
pub(crate) fn unsent(connection: &Connection, id: OpId) -> Result<(), Error> {
    connection
        .prepare_cached(
            "UPDATE op SET attempts = attempts - 1, state = CASE WHEN attempts = 1 THEN 'waiting' ELSE state END
             WHERE id = ?1 AND state = 'sent' AND attempts > 0",
        )?
        .execute([id.to_string()])?;
    Ok(())
}

/// Gives an op the hour of now and, where the server saw it before, another id.
pub(crate) fn say_again(connection: &Connection, old: &Held, op: &Op) -> Result<(), Error> {
    connection
        .prepare_cached(
            "UPDATE op SET id = ?2, text = ?3, made_at = ?4, fresh_until = ?5, state = 'waiting', attempts = 0,
             code = NULL, retry_at = NULL WHERE id = ?1",
        )?
        .execute((old.id.to_string(), op.id.to_string(), op.to_text(), op.at.millis(), lane::fresh_until(op)))?;
    Ok(())
}

/// Ops parked for this reason may try again at once: it may be over.
pub(crate) fn unpark(connection: &Connection, code: &str) -> Result<(), Error> {
    connection
        .prepare_cached("UPDATE op SET retry_at = 0 WHERE state = 'parked' AND code = ?1 AND retry_at <> 0")?
        .execute([code])?;
    Ok(())
}

/// Whether a notice was reported as delivered for what it asks now.
pub(crate) fn was_delivered(connection: &Connection, person: PersonId, notice: &str, asks: u32) -> Result<bool, Error> {
    let mut select = connection.prepare_cached("SELECT asks FROM delivered WHERE person = ?1 AND notice = ?2")?;
    let known: Option<u32> = select.query_row((person.number(), notice), |row| row.get(0)).optional()?;
    Ok(known.is_some_and(|known| known >= asks))
}

/// Remembers that a notice was reported as delivered.
pub(crate) fn set_delivered(
    connection: &Connection,
    person: PersonId,
    notice: &str,
    asks: u32,
    now: Timestamp,
) -> Result<(), Error> {
    connection.prepare_cached("INSERT OR REPLACE INTO delivered VALUES (?1, ?2, ?3, ?4)")?.execute((
        person.number(),
        notice,
        asks,
        now.millis(),
    ))?;
    Ok(())
}
