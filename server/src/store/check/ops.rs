//! Commits, ops and what is kept of them: numbers, outcomes, hashes, texts, marks of what has ended, epochs.

use super::lines::Lines;
use crate::store::{
    epoch::lineage,
    error::StoreError,
    look::Look,
    meta::{self, Meta},
    op,
    sql::{json, many, number, one, signed},
};
use kairan_protocol::{
    id::{Commit, OpId},
    op::Op,
    outcome::MacKey,
    replay::{EndedMark, Replay},
    row::kind,
};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

pub fn check(look: &Look<'_>, lines: &mut Lines) {
    let connection = look.connection;
    lines.say("the district's own lines can be read", || {
        let meta = Meta::load(connection)?;
        let sql = "SELECT (SELECT kind = 'district' AND parent IS NULL FROM grp WHERE id = ?1) \
                   AND EXISTS (SELECT 1 FROM device_person WHERE device = ?2 AND person = ?3) \
                   AND EXISTS (SELECT 1 FROM person WHERE id = ?4)";
        let district = meta.card.district.number();
        let parameters = [district, meta.console.number(), meta.steward.number(), meta.first_officer.number()];
        let known = one(connection, sql, parameters, |row| row.get::<_, Option<bool>>(0))?.flatten();
        let newest: String =
            connection.query_row("SELECT name FROM epoch ORDER BY first DESC LIMIT 1", [], |row| row.get(0))?;
        let good = known == Some(true) && newest == meta.card.epoch.0 && !meta.card.addresses.is_empty();
        Ok((good, format!("{} of {}", meta.card.name, meta.card.epoch)))
    });
    lines.say("every commit is there once", || commits(connection));
    lines.zero(
        "the record begins with the set-up",
        connection,
        "SELECT NOT EXISTS (SELECT 1 FROM audit WHERE committed = 1 AND what = 'set_up') \
         OR EXISTS (SELECT 1 FROM audit WHERE what = '')",
        [],
    );
    lines.none(
        "epochs follow one another",
        connection,
        "SELECT name FROM (SELECT *, lead(first) OVER (ORDER BY first) AS next FROM epoch) WHERE remembers >= first \
         OR (first = 1) <> (remembers = 0) OR next <= first OR opened < first \
         OR first > (SELECT value FROM meta WHERE name = 'last_commit') \
         OR (first > 1 AND NOT EXISTS (SELECT 1 FROM audit WHERE committed = first AND what = 'epoch' AND detail = name))",
        [],
    );
    lines.each("every outcome can be read", |counted| {
        let bad = op::unreadable(connection)?;
        for _ in bad.len()..usize::try_from(number(connection, "SELECT count(*) FROM op", [])?).unwrap_or(0) {
            counted.add(true, "");
        }
        for id in bad {
            counted.add(false, id);
        }
        Ok(())
    });
    lines.none(
        "every op has its hash and its device",
        connection,
        "SELECT lower(hex(id)) FROM op WHERE length(hash) <> 32 OR length(id) <> 16 \
         OR NOT EXISTS (SELECT 1 FROM device WHERE device.id = op.device)",
        [],
    );
    lines.each("what was done to notices is what was said", |counted| {
        let sql = "SELECT op, committed, notice FROM notice_op";
        let texts = many(connection, sql, [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, [u8; 16]>(2)?))
        })?;
        for (text, commit, notice) in texts {
            let sql = "SELECT 1 FROM notice WHERE id = ?1";
            let known = one(connection, sql, [notice], |_| Ok(()))?.is_some();
            let (id, said) = is_the_op(connection, &text, commit)?;
            counted.add(known && said, id.map_or_else(|| text.chars().take(40).collect(), |id| id.to_string()));
        }
        Ok(())
    });
    let key = meta::get(connection, "mac_key").map(MacKey::new);
    lines.each("what the command line did is what was said", |counted| {
        let key = key.as_ref().map_err(|error| StoreError::Damaged(error.to_string()))?;
        for (id, body) in bodies(connection, kind::KEPT)? {
            let Replay { op, commit, mac } = json("a kept row", &body)?;
            let (known, said) = is_the_op(connection, op.get(), signed(commit.0))?;
            let fits = known.is_some_and(|known| known.to_string() == id && key.applied(known, op.get(), commit, &mac));
            counted.add(said && fits, id);
        }
        Ok(())
    });
    lines.none(
        "what the command line did stands where it is listed",
        connection,
        "SELECT coalesce(there.id, kept.id) FROM kept FULL JOIN \
         (SELECT feed.name AS feed, row.id FROM feed CROSS JOIN row ON row.feed = feed.number AND row.kind = 'kept' \
         WHERE body IS NOT NULL) AS there ON there.feed = kept.feed AND there.id = kept.id \
         WHERE kept.id IS NULL OR there.id IS NULL",
        [],
    );
    lines.each("what has ended stands on the staff feed, sealed", |counted| {
        let key = key.as_ref().map_err(|error| StoreError::Damaged(error.to_string()))?;
        let mut there = 0;
        for (id, body) in bodies(connection, kind::ENDED)? {
            let mark: EndedMark = json("an ended row", &body)?;
            let sql = "SELECT 1 FROM ended WHERE id = ?1 AND committed = ?2 AND at = ?3";
            let parameters = params![mark.id, signed(mark.commit.0), mark.at.millis()];
            let known = one(connection, sql, parameters, |_| Ok(()))?.is_some();
            counted.add(known && mark.id == id && key.wrote(&mark), id);
            there += 1;
        }
        let listed = number(connection, "SELECT count(*) FROM ended", [])?;
        counted.must(listed == there, format!("{listed} listed, {there} there"));
        Ok(())
    });
}

/// Rows of a kind on feeds of groups, by id and body.
fn bodies(connection: &Connection, kind: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT row.id, body FROM feed CROSS JOIN row ON row.feed = feed.number AND row.kind = ?1 \
               WHERE feed.name NOT LIKE 'mail:%' AND body IS NOT NULL";
    many(connection, sql, [kind], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The op in a text, and whether it was applied under this number, to the letter.
fn is_the_op(connection: &Connection, text: &str, commit: i64) -> Result<(Option<OpId>, bool), StoreError> {
    let Ok(Op { id, .. }) = Op::parse(text) else { return Ok((None, false)) };
    let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let sql = "SELECT 1 FROM op WHERE id = ?1 AND hash = ?2 AND committed = ?3";
    let known = one(connection, sql, params![id.bytes(), hash, commit], |_| Ok(()))?;
    Ok((Some(id), known.is_some()))
}

fn commits(connection: &Connection) -> Result<(bool, String), StoreError> {
    let sql = "WITH every (committed) AS (SELECT committed FROM op UNION ALL SELECT committed FROM audit) \
               SELECT count(*), count(DISTINCT committed), coalesce(max(committed), 0), \
               (SELECT value FROM meta WHERE name = 'last_commit') FROM every";
    let (all, distinct, newest, last): (i64, i64, i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let mut missing = 0;
    for (Commit(first), Commit(last)) in lineage(connection)? {
        let sql = "WITH every (committed) AS (SELECT committed FROM op UNION ALL SELECT committed FROM audit) \
                   SELECT ?2 - ?1 + 1 - count(DISTINCT committed) FROM every WHERE committed BETWEEN ?1 AND ?2";
        missing += number(connection, sql, [signed(first), signed(last)])?;
    }
    // A machine that forgot commits without a restore gives them again, until it hears of them.
    let went_back = number(connection, "SELECT count(*) FROM audit WHERE what = 'went_back'", [])?;
    let whole = all == distinct && missing == 0;
    let good = newest == last && (whole || went_back > 0);
    let seen = format!("{all} commits, the newest {newest}, the counter {last}");
    let seen = if whole { seen } else { format!("{seen}; {} twice, {missing} missing", all - distinct) };
    let seen = if went_back == 0 { seen } else { format!("{seen}; the machine went back in time {went_back} times") };
    Ok((good, seen))
}
