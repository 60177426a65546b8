//! Looking at everything that must hold in the database, without changing anything.

use super::{
    desks::{Packed, recount},
    epoch::lineage,
    error::StoreError,
    look::Look,
    op,
    records::CheckLine,
    sql::{json, many, number, signed},
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
        none(
            connection,
            "what has ended stands on the district's staff feed",
            "SELECT count(*) FROM ended FULL JOIN (SELECT row.id FROM row JOIN feed ON feed.number = row.feed \
             WHERE kind = 'ended' AND body IS NOT NULL AND feed.name LIKE 'staff:%') \
             AS mark ON mark.id = ended.id WHERE mark.id IS NULL OR ended.id IS NULL",
        )?,
        desks(look)?,
        tallies(look)?,
    ])
}

fn commits(connection: &Connection) -> Result<CheckLine, StoreError> {
    let sql = "WITH every (committed) AS (SELECT committed FROM op UNION ALL SELECT committed FROM audit) \
               SELECT count(*), count(DISTINCT committed), coalesce(max(committed), 0), \
               (SELECT value FROM meta WHERE name = 'last_commit') FROM every";
    let (all, distinct, newest, last): (i64, i64, i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let mut missing = 0;
    for (first, last) in lineage(connection)? {
        let sql = "WITH every (committed) AS (SELECT committed FROM op UNION ALL SELECT committed FROM audit) \
                   SELECT ?2 - ?1 + 1 - count(DISTINCT committed) FROM every WHERE committed BETWEEN ?1 AND ?2";
        missing += number(connection, sql, [signed(first.0), signed(last.0)])?;
    }
    // A machine that forgot commits without a restore gives them again, until it hears of them.
    let went_back = number(connection, "SELECT count(*) FROM audit WHERE what = 'went_back'", [])?;
    let whole = all == distinct && missing == 0;
    let good = newest == last && (whole || went_back > 0);
    let seen = format!("{all} commits, the newest {newest}, the counter {last}");
    let seen = if whole { seen } else { format!("{seen}; {} twice, {missing} missing", all - distinct) };
    let seen = if went_back == 0 { seen } else { format!("{seen}; the machine went back in time {went_back} times") };
    Ok(line("every commit is there once", good, seen))
}

/// The desks of a restored district wait for somebody: no fault, but worth saying.
fn desks(look: &Look<'_>) -> Result<CheckLine, StoreError> {
    let open = look.desks_are_open()?;
    let waits = "closed since the restore, until an officer's phone has handed back what it knows";
    Ok(line("desks are open", true, if open { "yes" } else { waits }))
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
