//! What goes back to a server that lost it: the journal, and the rows of an earlier epoch that stand for what nobody's journal
//! holds. In the order of commits, in portions, until each is answered.

use super::ops::{self, Held, LATER_MILLIS, RETRY_MILLIS};
use crate::{error::Error, records::OpState};
use kairan_protocol::{
    id::{Commit, Epoch, OpId, PersonId},
    outcome::{OpResult, Outcome},
    replay::{EndedMark, Replay},
    row::kind,
    time::Timestamp,
    validate::SYNC_BYTES,
};
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use serde_json::value::RawValue;

/// At most so many bytes of ops are handed back together: half of what a request may hold.
const BYTES_TOGETHER: usize = SYNC_BYTES / 2;
/// What stands around an op that is handed back, in bytes and rounded up: names, number, MAC.
const BYTES_AROUND: usize = 100;

/// Why an op somebody said waits although a server had it: the code the outbox shows.
pub(crate) const HANDING_BACK: &str = "handing_back";

/// A row of the mirror that goes back with the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// [`kind::ENDED`] or [`kind::KEPT`].
    pub kind: String,
    /// The row's.
    pub id: String,
    /// The row's.
    pub body: String,
}

/// The server lost something: all a server ever took goes back, with what stood in the mirror of this epoch.
pub(crate) fn mark_all(connection: &Connection, of: &Epoch, standing: &[Standing]) -> Result<(), Error> {
    // The versions named before mean nothing any more.
    connection
        .execute("UPDATE journal SET handing = 'due', retry_at = NULL, code = NULL, settled = 0, at = '{}'", [])?;
    connection.execute("UPDATE handback SET handing = 'due', retry_at = NULL, code = NULL", [])?;
    for row in standing {
        let Some(commit) = commit_of(row) else {
            // Of a newer server: this program cannot tell where it belongs.
            tracing::warn!(kind = row.kind, "a row that would go back to the server is not understood");
            continue;
        };
        connection
            .prepare_cached("INSERT OR REPLACE INTO handback VALUES (?1, ?2, ?3, ?4, ?5, 'due', NULL, NULL)")?
            .execute((&row.kind, &row.id, &of.0, i64::try_from(commit.0).unwrap_or(i64::MAX), &row.body))?;
    }
    Ok(())
}

/// The body of a mark's row; its id is the row's.
#[derive(Deserialize)]
struct Ended {
    commit: Commit,
    at: Timestamp,
    mac: String,
}

fn commit_of(row: &Standing) -> Option<Commit> {
    if row.kind == kind::ENDED {
        serde_json::from_str::<Ended>(&row.body).ok().map(|ended| ended.commit)
    } else {
        serde_json::from_str::<Replay>(&row.body).ok().map(|kept| kept.commit)
    }
}

/// Forgets rows that are not what such a row can be: of a damaged file. How many.
pub(crate) fn forget_unreadable(connection: &Connection) -> Result<usize, Error> {
    let unreadable = unreadable(connection)?;
    for (kind, id) in &unreadable {
        connection
            .prepare_cached("DELETE FROM handback WHERE kind = ?1 AND id = ?2")?
            .execute((kind.as_str(), id.as_str()))?;
    }
    Ok(unreadable.len())
}

/// Rows that are not what such a row can be, by kind and id.
pub(crate) fn unreadable(connection: &Connection) -> Result<Vec<(String, String)>, Error> {
    let mut select = connection.prepare_cached("SELECT kind, id, body FROM handback")?;
    let mut rows = select.query([])?;
    let mut unreadable = Vec::new();
    while let Some(row) = rows.next()? {
        let row = Standing { kind: row.get(0)?, id: row.get(1)?, body: row.get(2)? };
        if commit_of(&row).is_none() {
            unreadable.push((row.kind, row.id));
        }
    }
    Ok(unreadable)
}

/// Marks of what has ended that no server of this epoch has confirmed, and whether there are more.
pub(crate) fn marks(connection: &Connection, limit: usize) -> Result<(Vec<EndedMark>, bool), Error> {
    let mut select = connection
        .prepare_cached("SELECT id, body FROM handback WHERE kind = 'ended' ORDER BY commit_number, id LIMIT ?1")?;
    let mut rows = select.query([i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX)])?;
    let mut marks = Vec::new();
    while let Some(row) = rows.next()? {
        let Ended { commit, at, mac } = serde_json::from_str(&row.get::<_, String>(1)?)?;
        marks.push(EndedMark { id: row.get(0)?, commit, at, mac });
    }
    let more = marks.len() > limit;
    marks.truncate(limit);
    Ok((marks, more))
}

/// These marks are at the server.
pub(crate) fn confirm(connection: &Connection, marks: &[EndedMark]) -> Result<(), Error> {
    let mut delete = connection.prepare_cached("DELETE FROM handback WHERE kind = 'ended' AND id = ?1")?;
    marks.iter().try_for_each(|mark| Ok(delete.execute([&mark.id]).map(drop)?))
}

/// Ops that go back together.
#[derive(Debug, Default)]
pub(crate) struct Portion {
    /// In the order of commits.
    pub replays: Vec<Replay>,
    /// How many bytes they are, rounded up.
    pub bytes: usize,
    /// Whether others are left that were never answered.
    pub more: bool,
}

/// The ops that may go back now, in the order of commits, as many as go together. What was answered `later` holds up nothing.
pub(crate) fn portion(connection: &Connection, limit: usize, now: Timestamp) -> Result<Portion, Error> {
    let mut select = connection.prepare_cached(
        "SELECT text, commit_number, mac, seq AS place FROM journal
         WHERE handing IS NOT NULL AND (handing = 'due' OR (handing = 'later' AND retry_at <= ?1))
         UNION ALL
         SELECT body, commit_number, NULL, -1 AS place FROM handback
         WHERE kind = 'kept' AND (handing = 'due' OR (handing = 'later' AND retry_at <= ?1))
         ORDER BY commit_number, place",
    )?;
    let mut rows = select.query([now.millis()])?;
    let mut portion = Portion::default();
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        let bytes = text.len() + BYTES_AROUND;
        let full = portion.bytes + bytes > BYTES_TOGETHER && !portion.replays.is_empty();
        if full || portion.replays.len() == limit {
            portion.more = true;
            break;
        }
        let replay = if row.get::<_, i64>(3)? < 0 {
            serde_json::from_str(&text)?
        } else {
            let commit = Commit(row.get::<_, i64>(1)?.unsigned_abs());
            let mac = row.get::<_, Option<String>>(2)?.unwrap_or_default();
            Replay { op: RawValue::from_string(text)?, commit, mac }
        };
        portion.bytes += bytes;
        portion.replays.push(replay);
    }
    Ok(portion)
}

/// The id of an op that is handed back.
pub(crate) fn id_of(replay: &Replay) -> Option<OpId> {
    #[derive(Deserialize)]
    struct Named {
        id: OpId,
    }
    serde_json::from_str::<Named>(replay.op.get()).ok().map(|named| named.id)
}

/// Whether anything is to be handed back now.
pub(crate) fn is_due(connection: &Connection, now: Timestamp) -> Result<bool, Error> {
    let mut select = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM handback WHERE kind = 'ended')
             OR EXISTS (SELECT 1 FROM journal
                        WHERE handing IS NOT NULL AND (handing = 'due' OR (handing = 'later' AND retry_at <= ?1)))
             OR EXISTS (SELECT 1 FROM handback
                        WHERE kind = 'kept' AND (handing = 'due' OR (handing = 'later' AND retry_at <= ?1)))",
    )?;
    Ok(select.query_row([now.millis()], |row| row.get(0))?)
}

/// Whether anything was never answered yet.
pub(crate) fn is_under_way(connection: &Connection) -> Result<bool, Error> {
    let mut select = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM journal WHERE handing = 'due')
             OR EXISTS (SELECT 1 FROM handback WHERE kind = 'ended' OR handing = 'due')",
    )?;
    Ok(select.query_row([], |row| row.get(0))?)
}

/// What the server of this epoch says of an op that was handed back; whether it has it now.
pub(crate) fn answered(
    connection: &Connection,
    result: &OpResult,
    epoch: &Epoch,
    now: Timestamp,
) -> Result<bool, Error> {
    match &result.outcome {
        Outcome::Applied { at, .. } => taken(connection, result.id, &serde_json::to_string(at)?, epoch, now),
        Outcome::Refused { code, .. } => {
            tracing::warn!(op = %result.id, code = code.code(), "an op that was handed back is refused");
            refused(connection, result.id, code.code())?;
            Ok(false)
        }
        Outcome::Later => later(connection, result.id, now.plus_millis(LATER_MILLIS), None).map(|()| false),
        Outcome::Unsupported => {
            later(connection, result.id, now.plus_millis(RETRY_MILLIS), Some("unsupported")).map(|()| false)
        }
    }
}

/// The server has it, with the MAC of then. It counts as acknowledged now: a backup made before it was handed back lacks it, and may
/// be the next that is restored.
fn taken(connection: &Connection, id: OpId, at: &str, epoch: &Epoch, now: Timestamp) -> Result<bool, Error> {
    let id = id.to_string();
    let journal = connection
        .prepare_cached(
            "UPDATE journal SET handing = NULL, retry_at = NULL, code = NULL, settled = 0, at = ?2, epoch = ?3,
             acknowledged_at = ?4 WHERE id = ?1 AND handing IS NOT NULL",
        )?
        .execute((&id, at, &epoch.0, now.millis()))?;
    let kept = connection.prepare_cached("DELETE FROM handback WHERE kind = 'kept' AND id = ?1")?.execute([&id])?;
    Ok(journal + kept > 0)
}

/// It stays, is never sent again, and shows no effect any more.
fn refused(connection: &Connection, id: OpId, code: &str) -> Result<(), Error> {
    for update in [
        "UPDATE journal SET handing = 'refused', retry_at = NULL, code = ?2, settled = 1 WHERE id = ?1 AND handing IS NOT NULL",
        "UPDATE handback SET handing = 'refused', retry_at = NULL, code = ?2 WHERE kind = 'kept' AND id = ?1",
    ] {
        connection.prepare_cached(update)?.execute((id.to_string(), code))?;
    }
    Ok(())
}

/// It is asked about again then, and holds up nothing until then.
pub(crate) fn later(connection: &Connection, id: OpId, at: Timestamp, code: Option<&str>) -> Result<(), Error> {
    for update in [
        "UPDATE journal SET handing = 'later', retry_at = ?2, code = ?3 WHERE id = ?1 AND handing IN ('due', 'later')",
        "UPDATE handback SET handing = 'later', retry_at = ?2, code = ?3
         WHERE kind = 'kept' AND id = ?1 AND handing IN ('due', 'later')",
    ] {
        connection.prepare_cached(update)?.execute((id.to_string(), at.millis(), code))?;
    }
    Ok(())
}

/// What was answered `later`, new ops too, is asked about again at once: what it speaks about may be there now. What waits for
/// another reason has a code.
pub(crate) fn ask_again(connection: &Connection) -> Result<(), Error> {
    for table in ["journal", "handback"] {
        connection.execute(
            &format!("UPDATE {table} SET retry_at = 0 WHERE handing = 'later' AND retry_at <> 0 AND code IS NULL"),
            [],
        )?;
    }
    ops::unpark(connection, ops::LATER)
}

/// Whether anything waits because it was answered `later`.
pub(crate) fn is_later(connection: &Connection) -> Result<bool, Error> {
    let mut select = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM journal WHERE handing = 'later' AND retry_at <> 0 AND code IS NULL)
             OR EXISTS (SELECT 1 FROM handback WHERE handing = 'later' AND retry_at <> 0 AND code IS NULL)
             OR EXISTS (SELECT 1 FROM op WHERE state = 'parked' AND code = ?1 AND retry_at <> 0)",
    )?;
    Ok(select.query_row([ops::LATER], |row| row.get(0))?)
}

/// One op of the journal is asked about again at once; whether it waits to be handed back.
pub(crate) fn ask_again_for(connection: &Connection, id: OpId) -> Result<bool, Error> {
    let mut update =
        connection.prepare_cached("UPDATE journal SET retry_at = 0 WHERE id = ?1 AND handing IN ('due', 'later')")?;
    Ok(update.execute([id.to_string()])? > 0)
}

/// Whether an op waits to be handed back.
pub(crate) fn is_waiting(connection: &Connection, id: OpId) -> Result<bool, Error> {
    let mut select = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM journal WHERE id = ?1 AND handing IN ('due', 'later'))")?;
    Ok(select.query_row([id.to_string()], |row| row.get(0))?)
}

/// What people here said, a server took, and the server of this epoch does not have yet: as the outbox shows it.
pub(crate) fn waiting(connection: &Connection) -> Result<Vec<Held>, Error> {
    let mut select = connection.prepare_cached(
        "SELECT seq, id, person, word, text, made_at, retry_at FROM journal
         WHERE handing IN ('due', 'later') AND quiet = 0 ORDER BY seq",
    )?;
    let mut rows = select.query([])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        held.push(Held {
            seq: row.get(0)?,
            id: row.get::<_, String>(1)?.parse()?,
            lane: String::new(),
            person: PersonId::from_number(row.get(2)?),
            word: row.get(3)?,
            text: row.get(4)?,
            made_at: row.get(5)?,
            needs: None,
            state: OpState::Waiting,
            attempts: 1,
            code: Some(HANDING_BACK.to_owned()),
            retry_at: row.get(6)?,
            fresh_until: None,
            quiet: false,
        });
    }
    Ok(held)
}

/// How many ops somebody said wait to be handed back.
pub(crate) fn count(connection: &Connection) -> Result<u32, Error> {
    let mut select =
        connection.prepare_cached("SELECT count(*) FROM journal WHERE handing IN ('due', 'later') AND quiet = 0")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

/// What a loss of the server's leaves to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Past {
    /// The earlier epoch to be named once all of it is handed back.
    pub handed: Option<Epoch>,
    /// Whether a token is to be asked for with the slip.
    pub slip: bool,
    /// Whether every feed is to be pulled from its start before anything is handed back.
    pub restart: bool,
}

/// What a loss of the server's left to be done.
pub(crate) fn past(connection: &Connection) -> Result<Past, Error> {
    let mut select = connection.prepare_cached("SELECT handed, slip, restart FROM past")?;
    let past = select
        .query_row([], |row| {
            let handed = row.get::<_, Option<String>>(0)?.map(Epoch);
            Ok(Past { handed, slip: row.get(1)?, restart: row.get(2)? })
        })
        .optional()?;
    Ok(past.unwrap_or_default())
}

/// Remembers what is left to be done.
pub(crate) fn set_past(connection: &Connection, past: &Past) -> Result<(), Error> {
    connection.prepare_cached("INSERT OR REPLACE INTO past VALUES (1, ?1, ?2, ?3)")?.execute((
        past.handed.as_ref().map(|epoch| &epoch.0),
        past.slip,
        past.restart,
    ))?;
    Ok(())
}
