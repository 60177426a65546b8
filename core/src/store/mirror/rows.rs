//! Rows as they arrive: kept raw, whatever their kind, and told to the index where it has to know.

use super::{
    feeds::{self, number},
    index, set_erased,
};
use crate::{error::Error, overlay::Look};
use kairan_protocol::{
    feed::FeedName,
    id::FeedNumber,
    row::{Row, kind},
    wire::{Cursor, FeedDelta},
};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// At most so many rows in one transaction (design §7).
pub(crate) const PER_TRANSACTION: usize = 200;

/// Where the rows of a delta go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Nowhere: it is an answer to an older question.
    Nowhere,
    /// Among the rows that are shown.
    Mirror,
    /// Into the shadow.
    Shadow,
    /// Into a shadow that is emptied first.
    FreshShadow,
}

/// Where the rows of a delta go, from what the mirror holds and what the delta says.
pub(crate) fn destination(standing: Option<&feeds::Standing>, delta: &FeedDelta) -> Destination {
    let Some(standing) = standing else { return Destination::Nowhere };
    // Rows of an earlier epoch stay until those of this one are whole.
    if delta.reset || (standing.shadow && standing.cursor.is_none()) {
        return Destination::FreshShadow;
    }
    // Only a first pull fills a shadow; one that was begun and never got a place is begun again by the server.
    if standing.shadow && matches!(standing.cursor, Some(Cursor::First(_))) {
        return Destination::Shadow;
    }
    match (&standing.cursor, delta.version) {
        // A first pull that is finished already, or rows that are here already.
        (Some(Cursor::At(_)), None) => Destination::Nowhere,
        (Some(Cursor::At(here)), Some(there)) if there < *here => Destination::Nowhere,
        _ => Destination::Mirror,
    }
}

/// The cursor after a delta.
pub(crate) fn cursor_after(delta: &FeedDelta) -> Option<Cursor> {
    match (&delta.version, &delta.first) {
        (Some(version), _) => Some(Cursor::At(*version)),
        (None, Some(first)) => Some(Cursor::First(first.clone())),
        (None, None) => None,
    }
}

/// Takes one row into the mirror; whether it changed anything.
pub(crate) fn take(look: &Look<'_>, feed: FeedNumber, name: Option<FeedName>, row: &Row) -> Result<bool, Error> {
    let connection = look.connection();
    let changed = match &row.body {
        Some(body) => connection
            .prepare_cached(
                "INSERT INTO row VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (feed, kind, id) DO UPDATE SET
                 rev = excluded.rev, version = excluded.version, body = excluded.body WHERE row.version < excluded.version",
            )?
            .execute((feed.0, &row.kind, &row.id, row.rev.0, number(row.version), body.get()))?,
        None => connection
            .prepare_cached("DELETE FROM row WHERE feed = ?1 AND kind = ?2 AND id = ?3 AND version < ?4")?
            .execute((feed.0, &row.kind, &row.id, number(row.version)))?,
    };
    if changed == 0 {
        return Ok(false);
    }
    if row.body.is_none() && row.kind == kind::STATUS {
        set_erased(connection)?;
    }
    tell(look, name, &row.kind, &row.id, index::notice)?;
    Ok(true)
}

/// Tells the index that a row changed.
fn tell(
    look: &Look<'_>,
    feed: Option<FeedName>,
    kind: &str,
    id: &str,
    notice: impl FnOnce(&Look<'_>, &str) -> Result<(), Error>,
) -> Result<(), Error> {
    match (kind, feed) {
        (kind::NOTICE, Some(FeedName::Board(_) | FeedName::Staff(_))) => notice(look, id),
        (kind::RECEIPT, Some(FeedName::Mail(person))) => match id.parse() {
            Ok(notice) => index::receipt(look, person, notice),
            Err(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Takes one row into the shadow.
pub(crate) fn shade(connection: &Connection, feed: FeedNumber, row: &Row) -> Result<(), Error> {
    match &row.body {
        Some(body) => connection
            .prepare_cached("INSERT OR REPLACE INTO shadow VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute((feed.0, &row.kind, &row.id, row.rev.0, number(row.version), body.get()))?,
        None => connection
            .prepare_cached("DELETE FROM shadow WHERE feed = ?1 AND kind = ?2 AND id = ?3")?
            .execute((feed.0, &row.kind, &row.id))?,
    };
    Ok(())
}

/// Begins the shadow of a feed, which is empty then.
pub(crate) fn begin_shadow(connection: &Connection, feed: FeedNumber) -> Result<(), Error> {
    connection.prepare_cached("UPDATE feed SET shadow = 1 WHERE number = ?1")?.execute([feed.0])?;
    empty_shadow(connection, feed)
}

/// Empties the shadow of a feed.
fn empty_shadow(connection: &Connection, feed: FeedNumber) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM shadow WHERE feed = ?1")?.execute([feed.0])?;
    Ok(())
}

/// The shadow is whole: it takes the place of the feed's rows, and the index hears of what differs. The kinds that do. Versions
/// and revs alone do not tell: a server that lost something may have given the same ones to something else.
pub(crate) fn flip(look: &Look<'_>, feed: FeedNumber, name: Option<FeedName>) -> Result<BTreeSet<String>, Error> {
    let connection = look.connection();
    let mut select = connection.prepare_cached(
        "SELECT kind, id FROM row WHERE feed = ?1 AND NOT EXISTS
             (SELECT 1 FROM shadow WHERE shadow.feed = row.feed AND shadow.kind = row.kind AND shadow.id = row.id
              AND shadow.rev = row.rev AND shadow.body = row.body)
         UNION
         SELECT kind, id FROM shadow WHERE feed = ?1 AND NOT EXISTS
             (SELECT 1 FROM row WHERE row.feed = shadow.feed AND row.kind = shadow.kind AND row.id = shadow.id)",
    )?;
    let differ = select.query_map([feed.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let differ = differ.collect::<Result<Vec<(String, String)>, _>>()?;
    connection
        .prepare_cached(
            "DELETE FROM row WHERE feed = ?1 AND NOT EXISTS
                 (SELECT 1 FROM shadow WHERE shadow.feed = row.feed AND shadow.kind = row.kind AND shadow.id = row.id
                  AND shadow.version = row.version AND shadow.rev = row.rev AND shadow.body = row.body)",
        )?
        .execute([feed.0])?;
    connection.prepare_cached("INSERT OR IGNORE INTO row SELECT * FROM shadow WHERE feed = ?1")?.execute([feed.0])?;
    if differ.iter().any(|(kind, _)| kind == kind::STATUS) {
        set_erased(connection)?;
    }
    for (kind, id) in &differ {
        tell(look, name, kind, id, index::notice_anew)?;
    }
    empty_shadow(connection, feed)?;
    Ok(differ.into_iter().map(|(kind, _)| kind).collect())
}
