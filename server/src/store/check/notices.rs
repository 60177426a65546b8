//! Notices and receipts: the state in the tables, the rows on boards and desks, and the histories behind them.

use super::lines::Lines;
use crate::store::{
    error::StoreError,
    look::Look,
    paper,
    sql::{json, many, number, one, signed},
};
use kairan_protocol::{
    body::Sent,
    feed::FeedName,
    id::NoticeId,
    notice::{NoticeBody, NoticeState},
    row::kind,
    view::View,
};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

pub fn check(look: &Look<'_>, lines: &mut Lines) {
    let connection = look.connection;
    lines.each("every notice is filed as it is", |counted| {
        for (id, state) in notices(connection)? {
            let sql = "SELECT phase, hour, published FROM notice WHERE id = ?1";
            let filed = one(connection, sql, [id.bytes()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?))
            })?;
            let phase = serde_json::to_value(state.phase).ok();
            let phase = phase.as_ref().and_then(|phase| phase.as_str()).unwrap_or_default().to_owned();
            let published = state.published.map(|commit| signed(commit.0));
            let is = Some((phase, state.body.at.millis(), published));
            counted.add(state.id == id && filed == is, id);
        }
        Ok(())
    });
    lines.each("boards show notices as they are", |counted| {
        let mut there = 0;
        for (id, state) in notices(connection)? {
            for audience in state.audience.iter().filter(|_| state.published.is_some()) {
                let shown = row(connection, (*audience).into(), kind::NOTICE, &id.to_string())?;
                let shown = shown.map(|(rev, body)| Ok::<_, StoreError>((rev, json::<NoticeBody>("a notice", &body)?)));
                counted.add(shown.transpose()?.is_some_and(|shown| shown == (state.rev.0, state.body.clone())), id);
                there += 1;
            }
        }
        let sql = "SELECT count(*) FROM row WHERE kind = ?1 AND body IS NOT NULL";
        let rows = number(connection, sql, [kind::NOTICE])?;
        counted.must(rows == there, format!("{rows} on boards, {there} posted there"));
        Ok(())
    });
    lines.each("desks show what was sent as it is", |counted| {
        for (id, state) in notices(connection)? {
            let desk = FeedName::Desk(state.body.from.id);
            let shown = row(connection, desk, kind::SENT, &id.to_string())?;
            let shown =
                shown.map(|(rev, body)| Ok::<_, StoreError>((rev, json::<Sent>("what was sent", &body)?.notice)));
            counted.add(shown.transpose()?.is_some_and(|shown| shown == (state.rev.0, state)), id);
        }
        Ok(())
    });
    lines.none(
        "receipts are as far as they ever were",
        connection,
        "WITH said (notice, person, rev, stage) AS (SELECT notice, person, max(rev * 4 + stage) / 4, \
         max(rev * 4 + stage) % 4 FROM receipt_history GROUP BY notice, person) \
         SELECT lower(hex(coalesce(said.notice, receipt.notice))) FROM receipt FULL JOIN said \
         ON said.notice = receipt.notice AND said.person = receipt.person \
         WHERE receipt.rev IS NOT said.rev OR receipt.stage IS NOT said.stage OR receipt.stage NOT BETWEEN 1 AND 3 \
         OR NOT EXISTS (SELECT 1 FROM notice WHERE notice.id = receipt.notice)",
        [],
    );
    lines.each("what was entered for homes is on record, line after line", |counted| {
        let mut newest = BTreeMap::new();
        for (line, fits) in paper::record(connection)? {
            // Somebody known twice may have said it by their other id.
            let sql = "SELECT 1 FROM op WHERE committed = ?1 \
                       AND (person = ?2 OR EXISTS (SELECT 1 FROM person WHERE id = op.person AND same IS NOT NULL))";
            let parameters = params![signed(line.committed.0), line.receipt.by.number()];
            let said = one(connection, sql, parameters, |_| Ok(()))?.is_some();
            counted.add(fits && said, format!("{} of {}", line.notice, line.household));
            newest.insert((line.notice, line.household), line.receipt);
        }
        for ((notice, household), receipt) in &newest {
            let stands = look.paper_receipt(*household, *notice)? == Some(*receipt);
            counted.must(stands, format!("{notice} of {household} stands otherwise"));
        }
        let sql = "SELECT count(*) FROM paper_receipt WHERE EXISTS (SELECT 1 FROM notice WHERE id = notice) \
                   AND EXISTS (SELECT 1 FROM grp WHERE id = household AND kind = 'household')";
        let stand = number(connection, sql, [])?;
        let listed = i64::try_from(newest.len()).unwrap_or(i64::MAX);
        let all = number(connection, "SELECT count(*) FROM paper_receipt", [])?;
        counted.must(stand == listed && all == listed, format!("{all} stand, {listed} on record"));
        Ok(())
    });
    lines.none(
        "every receipt has its moment in the history",
        connection,
        "SELECT lower(hex(notice)) FROM (SELECT notice, person, rev, stage, at FROM receipt EXCEPT \
         SELECT notice, person, rev, stage, at FROM receipt_history)",
        [],
    );
}

fn notices(connection: &Connection) -> Result<Vec<(NoticeId, NoticeState)>, StoreError> {
    let states = many(connection, "SELECT id, state FROM notice", [], |row| {
        Ok((NoticeId::from_bytes(row.get(0)?), row.get::<_, String>(1)?))
    })?;
    states.into_iter().map(|(id, state)| Ok((id, json("a notice", &state)?))).collect()
}

/// A row that is there: its rev and body.
pub fn row(connection: &Connection, feed: FeedName, kind: &str, id: &str) -> Result<Option<(u32, String)>, StoreError> {
    let sql = "SELECT rev, body FROM row JOIN feed ON feed.number = row.feed \
               WHERE feed.name = ?1 AND kind = ?2 AND id = ?3 AND body IS NOT NULL";
    one(connection, sql, params![feed.to_string(), kind, id], |row| Ok((row.get(0)?, row.get(1)?)))
}
