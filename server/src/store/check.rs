//! Looking at everything that must hold in the database, without changing anything.

use super::{
    desks::{Packed, recount},
    error::StoreError,
    look::Look,
    op,
    records::CheckLine,
    sql::{json, many, number},
};
use kairan_protocol::{
    feed::FeedName,
    id::{GroupId, NoticeId},
    row::kind,
    tally::Tally,
    view::View,
};
use rusqlite::{Connection, params};

fn line(what: &str, good: bool, seen: impl Into<String>) -> CheckLine {
    CheckLine { what: what.to_owned(), good, seen: seen.into() }
}

/// A query that counts what should not be.
fn none(connection: &Connection, what: &str, sql: &str) -> Result<CheckLine, StoreError> {
    let count = number(connection, sql, [])?;
    Ok(line(what, count == 0, if count == 0 { "as it should be".to_owned() } else { format!("{count} wrong") }))
}

/// Every check, each with what was seen.
pub(super) fn check(look: &Look<'_>) -> Result<Vec<CheckLine>, StoreError> {
    let connection = look.connection;
    // One transaction: the writer may go on, we see one moment.
    let _moment = connection.unchecked_transaction()?;
    let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    let orphans = many(connection, "PRAGMA foreign_key_check", [], |_| Ok(()))?.len();
    Ok(vec![
        line("the file is whole", integrity == "ok", integrity),
        line("what is referred to is there", orphans == 0, format!("{orphans} without")),
        none(
            connection,
            "each feed's counter is its newest version",
            "SELECT count(*) FROM feed LEFT JOIN row AS counter ON counter.feed = number AND counter.kind = '' \
             AND counter.id = '' WHERE coalesce(counter.version, 0) <> \
             max(horizon, coalesce((SELECT max(version) FROM row WHERE row.feed = number AND row.kind <> ''), 0))",
        )?,
        none(
            connection,
            "no version stands twice in a feed",
            "SELECT count(*) FROM (SELECT 1 FROM row WHERE kind <> '' GROUP BY feed, version HAVING count(*) > 1)",
        )?,
        commits(connection)?,
        outcomes(connection)?,
        none(
            connection,
            "each household stands in one block",
            "SELECT count(*) FROM grp WHERE kind = 'household' AND (SELECT count(*) FROM location \
             WHERE household = grp.id AND until_commit IS NULL AND block = grp.parent) <> 1",
        )?,
        none(
            connection,
            "nobody holds a device that was signed off",
            "SELECT count(*) FROM device_person JOIN device ON device.id = device_person.device WHERE revoked IS NOT NULL",
        )?,
        tallies(look)?,
    ])
}

fn commits(connection: &Connection) -> Result<CheckLine, StoreError> {
    // Numbers follow one another, but for where an epoch begins.
    let sql = "WITH every (committed) AS (SELECT committed FROM op UNION ALL SELECT committed FROM audit), \
               steps (committed, step) AS (SELECT committed, committed - lag(committed, 1, 0) OVER (ORDER BY committed) FROM every) \
               SELECT count(*), coalesce(max(committed), 0), count(*) FILTER (WHERE step <> 1 AND committed NOT IN \
               (SELECT committed FROM audit WHERE what = 'epoch')), \
               (SELECT value FROM meta WHERE name = 'last_commit') FROM steps";
    let (all, newest, wrong, last): (i64, i64, i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let good = wrong == 0 && newest == last;
    Ok(line("every commit is there once", good, format!("{all} commits, the newest {newest}, the counter {last}")))
}

fn outcomes(connection: &Connection) -> Result<CheckLine, StoreError> {
    let bad = op::unreadable(connection)?;
    let named: Vec<String> = bad.iter().take(5).map(ToString::to_string).collect();
    let seen = if bad.is_empty() { "all readable".to_owned() } else { format!("{}: {}", bad.len(), named.join(", ")) };
    Ok(line("every outcome can be read", bad.is_empty(), seen))
}

/// Every block's tally on its own desk that is not marked out of date, against a count from the receipts.
fn tallies(look: &Look<'_>) -> Result<CheckLine, StoreError> {
    let sql = "SELECT notice, block FROM tally WHERE NOT EXISTS (SELECT 1 FROM mark WHERE kind IN (?1, ?2) \
               AND thing = tally.notice AND place IN (0, tally.block))";
    let parameters = params![Packed::Tally as i64, Packed::Notice as i64];
    let counted =
        many(look.connection, sql, parameters, |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, i64>(1)?)))?;
    let (all, mut wrong) = (counted.len(), 0);
    for (notice, block) in counted {
        let (id, block) = (NoticeId::from_bytes(notice), GroupId::from_number(block));
        let Some(notice) = look.notice(id)? else {
            wrong += 1;
            continue;
        };
        let sql =
            "SELECT body FROM row JOIN feed ON feed.number = row.feed WHERE feed.name = ?1 AND kind = ?2 AND id = ?3";
        let parameters = params![FeedName::Desk(block).to_string(), kind::TALLY, format!("{id}:{block}")];
        let body: Option<String> = look.connection.prepare_cached(sql)?.query_row(parameters, |row| row.get(0))?;
        let shown = body.map(|body| json::<Tally>("a tally", &body)).transpose()?;
        let homes = recount(look.connection, &notice, block)?;
        wrong += usize::from(shown.is_none_or(|shown| shown.homes != homes));
    }
    Ok(line("tallies are what a recount gives", wrong == 0, format!("{all} recounted, {wrong} differ")))
}
