//! What the server has taken, kept 35 days from when it took it in this epoch, so that even a restored backup loses nothing.

use super::ops::Held;
use crate::{error::Error, overlay::Pending};
use kairan_protocol::{
    id::{Commit, Epoch, FeedNumber, Version},
    op::Op,
    outcome::Flag,
    replay::KEPT_DAYS,
    time::Timestamp,
    wire::Cursor,
};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// How long an op stays after the server of this epoch acknowledged it, in milliseconds.
const KEPT_MILLIS: i64 = KEPT_DAYS * 86_400_000;

/// What the server answered to an applied op.
pub(crate) struct Taken<'a> {
    /// The district-wide number.
    pub commit: Commit,
    /// The versions where its effect appears.
    pub at: &'a BTreeMap<FeedNumber, Version>,
    /// What was noted.
    pub flags: &'a [Flag],
    /// The server's MAC.
    pub mac: Option<&'a str>,
    /// In which epoch.
    pub epoch: &'a Epoch,
}

/// Keeps an op the server has taken.
pub(crate) fn keep(connection: &Connection, op: &Held, taken: &Taken<'_>, now: Timestamp) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO journal(seq, id, person, word, text, made_at, commit_number, mac, at, flags, epoch,
             acknowledged_at, quiet) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(rusqlite::params![
            op.seq,
            op.id.to_string(),
            op.person.number(),
            op.word,
            op.text,
            op.made_at,
            i64::try_from(taken.commit.0).unwrap_or(i64::MAX),
            taken.mac,
            serde_json::to_string(taken.at)?,
            serde_json::to_string(taken.flags)?,
            taken.epoch.0,
            now.millis(),
            op.quiet,
        ])?;
    Ok(())
}

/// Settles those whose effect is in the mirror: every feed they named is here that far, or may not be read. What is yet to be
/// handed back is in no mirror. How many.
pub(crate) fn settle(connection: &Connection, cursors: &BTreeMap<FeedNumber, Option<Cursor>>) -> Result<usize, Error> {
    let mut select = connection.prepare_cached("SELECT seq, at FROM journal WHERE settled = 0 AND handing IS NULL")?;
    let unsettled = select.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let unsettled = unsettled.collect::<Result<Vec<_>, _>>()?;
    let mut settled = 0;
    for (seq, at) in unsettled {
        let at: BTreeMap<FeedNumber, Version> = serde_json::from_str(&at)?;
        let here = at.iter().all(|(feed, version)| match cursors.get(feed) {
            Some(Some(Cursor::At(here))) => here >= version,
            Some(_) => false,
            None => true,
        });
        if here {
            connection.prepare_cached("UPDATE journal SET settled = 1 WHERE seq = ?1")?.execute([seq])?;
            settled += 1;
        }
    }
    Ok(settled)
}

/// Whether anything waits to be settled.
pub(crate) fn has_unsettled(connection: &Connection) -> Result<bool, Error> {
    let mut select = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM journal WHERE settled = 0)")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

/// The ops whose effect is not in the mirror: first those a server took, in the order it did, then those none has taken.
pub(crate) fn pending(connection: &Connection) -> Result<Vec<Pending>, Error> {
    let mut select = connection.prepare_cached(
        "SELECT text, handing IS NULL AS applied, 0 AS after, commit_number AS place, seq FROM journal WHERE settled = 0
         UNION ALL
         SELECT text, 0 AS applied, 1 AS after, 0 AS place, seq FROM op
         WHERE state IN ('waiting', 'sent') OR (state = 'parked' AND code <> 'unsupported')
         ORDER BY after, place, seq",
    )?;
    let mut rows = select.query([])?;
    let mut pending = Vec::new();
    while let Some(row) = rows.next()? {
        // One that an older app wrote and this one does not understand still goes out; it shows nothing meanwhile.
        if let Ok(op) = Op::parse(&row.get::<_, String>(0)?) {
            pending.push(Pending { op, applied: row.get(1)? });
        }
    }
    Ok(pending)
}

/// Forgets what is old enough, in a sync of the same epoch only.
pub(crate) fn forget_old(connection: &Connection, epoch: &Epoch, now: Timestamp) -> Result<(), Error> {
    connection
        .prepare_cached("DELETE FROM journal WHERE acknowledged_at < ?1 AND epoch = ?2 AND settled = 1")?
        .execute((now.plus_millis(-KEPT_MILLIS).millis(), &epoch.0))?;
    connection
        .prepare_cached("DELETE FROM delivered WHERE at < ?1")?
        .execute([now.plus_millis(-4 * KEPT_MILLIS).millis()])?;
    Ok(())
}
