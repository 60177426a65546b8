//! Who waits to be let in: shown at the desks that may do it, and nowhere else.

use super::lines::Lines;
use crate::store::{
    look::Look,
    sql::{json, many, number},
};
use kairan_protocol::{
    feed::FeedName,
    id::{GroupId, JoinId},
    row::kind,
    view::View,
};
use rusqlite::params;

pub fn check(look: &Look<'_>, lines: &mut Lines) {
    lines.each("whoever waits to be let in is shown, and nobody else", |counted| {
        let connection = look.connection;
        let sql = "SELECT id, desks FROM waiting WHERE answered IS NULL";
        let waiting = many(connection, sql, [], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        let mut shown = 0;
        for (id, desks) in waiting {
            let join = JoinId::from_number(id);
            let desks: Vec<GroupId> = json("desks", &desks)?;
            let mut everywhere = look.waiting(join)?.is_some();
            for desk in desks {
                let sql = "SELECT EXISTS (SELECT 1 FROM row WHERE feed = (SELECT number FROM feed WHERE name = ?1) \
                           AND kind = ?2 AND id = ?3 AND body IS NOT NULL)";
                let feed = FeedName::Desk(desk).to_string();
                everywhere &= number(connection, sql, params![feed, kind::JOIN, join.to_string()])? == 1;
                shown += 1;
            }
            counted.add(everywhere, join);
        }
        let rows = number(connection, "SELECT count(*) FROM row WHERE kind = ?1 AND body IS NOT NULL", [kind::JOIN])?;
        counted.must(rows == shown, format!("{rows} rows for {shown}"));
        Ok(())
    });
}
