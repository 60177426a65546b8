//! Reads a damaged database row by row: a page that cannot be read costs the rows on it, and no others.

use crate::error::Error;
use kairan_protocol::id::{FeedNumber, OpId, Version};
use rusqlite::{Connection, ErrorCode, params_from_iter, types::Value};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where nothing says how far the numbers of rows go, they are looked for up to here.
const FURTHEST: i64 = 1 << 20;

/// A table and the columns both files have.
struct Table {
    name: String,
    columns: Vec<String>,
    numbered: bool,
}

/// What only this phone has: ops the server has not taken, and drafts.
const ONLY_HERE: [&str; 2] = ["op", "draft"];

/// Copies what can be read into a new file of the newest shape; whether everything only this phone has was there.
pub(super) fn save(damaged: &Connection, new: &Connection) -> Result<bool, Error> {
    // What of the schema cannot be read is passed over then.
    let _ = damaged.pragma_update(None, "writable_schema", true);
    let mut whole = true;
    for name in names(new)? {
        let is_only_here = ONLY_HERE.contains(&name.as_str());
        let known = columns(damaged, &name).unwrap_or_default();
        let columns = columns(new, &name)?.into_iter().filter(|column| known.iter().any(|it| it.0 == column.0));
        let columns: Vec<String> = columns.map(|(column, _)| column).collect();
        if columns.is_empty() {
            // An older app's file has no such table; ops it always had.
            whole &= name != "op";
            continue;
        }
        let numbered = is_numbered(new, &name)?;
        let copied = Table { name, columns, numbered }.copy(damaged, new)?;
        whole &= copied || !is_only_here;
    }
    for table in ["op", "journal"] {
        let unreadable = unreadable(new, table, "")?;
        whole &= unreadable.is_empty() || table != "op";
        for seq in unreadable {
            new.execute(&format!("DELETE FROM {table} WHERE seq = ?1"), [seq])?;
        }
    }
    super::outbox::handback::forget_unreadable(new)?;
    if super::outbox::enrolment(new).is_err() {
        new.execute("DELETE FROM enrolment", [])?;
    }
    go_on_counting(damaged, new)?;
    Ok(whole)
}

/// A new op must not get the number of one that was taken: the journal keeps each number once.
fn go_on_counting(damaged: &Connection, new: &Connection) -> Result<(), Error> {
    let last = "SELECT max((SELECT coalesce(max(seq), 0) FROM op), (SELECT coalesce(max(seq), 0) FROM journal))";
    let last: i64 = new.query_row(last, [], |row| row.get(0))?;
    let last = last.max(last_said(damaged).unwrap_or(0));
    new.execute("DELETE FROM sqlite_sequence WHERE name = 'op'", [])?;
    new.execute("INSERT INTO sqlite_sequence(name, seq) VALUES ('op', ?1)", [last])?;
    Ok(())
}

/// The highest number an op ever had.
fn last_said(connection: &Connection) -> Option<i64> {
    let last = connection.query_row("SELECT seq FROM sqlite_sequence WHERE name = 'op'", [], |row| row.get(0)).ok();
    last.filter(|last| (0..=FURTHEST).contains(last))
}

fn names(connection: &Connection) -> Result<Vec<String>, Error> {
    let mut select = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")?;
    let names = select.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// A table's columns, and which place each has in the primary key (from 1; 0 for none).
fn columns(connection: &Connection, table: &str) -> Result<Vec<(String, u32)>, Error> {
    let mut select = connection.prepare("SELECT name, pk FROM pragma_table_info(?1)")?;
    let columns = select.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(columns.collect::<Result<_, _>>()?)
}

fn is_numbered(connection: &Connection, table: &str) -> Result<bool, Error> {
    let without = connection.query_row("SELECT wr FROM pragma_table_list(?1)", [table], |row| row.get::<_, bool>(0))?;
    Ok(!without)
}

/// Whether a failure means that something cannot be read, now and later.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => matches!(
            code,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::SystemIoFailure | ErrorCode::Unknown
        ),
        None => true,
    }
}

/// What cannot be read.
struct Damage;

type Row = Vec<Value>;

impl Table {
    /// Copies what can be read; whether that was everything.
    fn copy(&self, damaged: &Connection, new: &Connection) -> Result<bool, Error> {
        if self.numbered {
            let last = match damaged.query_row(&format!("SELECT max(rowid) FROM {}", self.name), [], |row| row.get(0)) {
                Ok(last) => last,
                Err(error) if is_damage(&error) => Some(last_said(damaged).unwrap_or(FURTHEST)),
                Err(error) => return Err(error.into()),
            };
            return match last {
                Some(last) => self.copy_range(damaged, new, 0, last),
                None => Ok(true),
            };
        }
        // Without numbers it is read from both ends.
        let key = columns(new, &self.name)?.into_iter().filter(|(_, place)| *place > 0).map(|(name, _)| name);
        let key: Vec<String> = key.collect();
        let (ahead, back) = (key.join(", "), key.join(" DESC, ") + " DESC");
        for order in [ahead, back] {
            let select = format!("SELECT 0, {} FROM {} ORDER BY {order}", self.columns.join(", "), self.name);
            let (rows, damage) = read(damaged, &select, &[])?;
            let kept = self.keep(new, rows)?;
            if damage.is_none() {
                return Ok(kept);
            }
        }
        Ok(false)
    }

    /// Copies a range of numbers; what cannot be read at once is read in halves.
    fn copy_range(&self, damaged: &Connection, new: &Connection, first: i64, last: i64) -> Result<bool, Error> {
        let select = format!(
            "SELECT rowid, {} FROM {} NOT INDEXED WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid",
            self.columns.join(", "),
            self.name
        );
        let (rows, damage) = read(damaged, &select, &[first, last])?;
        // What came before the damage is good; on its way to the next row SQLite looks at the page after.
        let kept = self.keep(new, rows)?;
        if damage.is_none() {
            return Ok(kept);
        }
        if first < last {
            let middle = first + (last - first) / 2;
            self.copy_range(damaged, new, first, middle)?;
            self.copy_range(damaged, new, middle + 1, last)?;
        }
        Ok(false)
    }

    /// Writes rows; whether every one is what such a row can be.
    fn keep(&self, new: &Connection, rows: Vec<Row>) -> Result<bool, Error> {
        let places = vec!["?"; self.columns.len()].join(", ");
        let insert = format!("INSERT OR IGNORE INTO {}({}) VALUES ({places})", self.name, self.columns.join(", "));
        let mut insert = new.prepare_cached(&insert)?;
        let mut whole = true;
        for row in rows {
            match insert.execute(params_from_iter(row)) {
                Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => whole = false,
                // Passed over: one that is there already, or, where each row is read once, what no such row can be.
                written => whole &= written? > 0 || !self.numbered,
            }
        }
        Ok(whole)
    }
}

/// Rows up to the first that cannot be read; the first column, a number that must grow, is left away.
fn read(damaged: &Connection, select: &str, range: &[i64]) -> Result<(Vec<Row>, Option<Damage>), Error> {
    let mut rows = Vec::new();
    let mut gather = || -> rusqlite::Result<bool> {
        let mut select = damaged.prepare_cached(select)?;
        let columns = select.column_count();
        let mut found = select.query(params_from_iter(range))?;
        let mut before = -1;
        while let Some(row) = found.next()? {
            let number: i64 = row.get(0)?;
            // Pages that lead back to each other would go on for ever.
            if !range.is_empty() && number <= before {
                return Ok(false);
            }
            before = number;
            rows.push((1..columns).map(|at| row.get(at)).collect::<Result<Row, _>>()?);
        }
        Ok(true)
    };
    match gather() {
        Ok(true) => Ok((rows, None)),
        Ok(false) => Ok((rows, Some(Damage))),
        Err(error) if is_damage(&error) => Ok((rows, Some(Damage))),
        Err(error) => Err(error.into()),
    }
}

/// Whether something cannot be used though SQLite could read it, among what is to go out, to be handed back, or is not shown yet.
pub(super) fn is_unreadable_in_use(outbox: &Connection) -> Result<bool, Error> {
    Ok(!unreadable(outbox, "op", "")?.is_empty()
        || !unreadable(outbox, "journal", "WHERE settled = 0")?.is_empty()
        || !super::outbox::handback::unreadable(outbox)?.is_empty())
}

/// The numbers of what is no op though SQLite could read it: not the id's JSON, or what it names is not to be read.
fn unreadable(outbox: &Connection, table: &str, which: &str) -> Result<Vec<i64>, Error> {
    #[derive(Deserialize)]
    struct Said {
        id: OpId,
    }
    let other = if table == "op" { "needs" } else { "at" };
    let mut select = outbox.prepare(&format!("SELECT seq, id, text, {other} FROM {table} {which}"))?;
    let mut rows = select.query([])?;
    let mut seqs = Vec::new();
    while let Some(row) = rows.next()? {
        let good = || -> Option<bool> {
            let id: OpId = row.get_ref(1).ok()?.as_str().ok()?.parse().ok()?;
            let said: Said = serde_json::from_str(row.get_ref(2).ok()?.as_str().ok()?).ok()?;
            let is_other_good = match row.get_ref(3).ok()?.as_str_or_null().ok()? {
                None => true,
                Some(needs) if table == "op" => needs.parse::<OpId>().is_ok(),
                Some(at) => serde_json::from_str::<BTreeMap<FeedNumber, Version>>(at).is_ok(),
            };
            Some(said.id == id && is_other_good)
        };
        if good() != Some(true) {
            seqs.push(row.get(0)?);
        }
    }
    Ok(seqs)
}
