//! `mirror.db`: what the server said. Disposable: thrown away it is pulled again.

pub(crate) mod feeds;
pub(crate) mod index;
pub(crate) mod rows;

use crate::{error::Error, overlay::meta};
use rusqlite::Connection;

/// The file's shapes, oldest first. Only ever appended to.
pub(crate) const MIGRATIONS: &[&str] = &["
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- version: every row up to it is here; none while the first pull is at first_place. hidden: the rights no longer name it.
-- shadow: what arrives fills the shadow until it is whole.
CREATE TABLE feed(
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    until INTEGER,
    version INTEGER,
    first_as_of INTEGER,
    first_place TEXT,
    hidden INTEGER NOT NULL DEFAULT 0,
    shadow INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE row(
    feed INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    rev INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (feed, kind, id)
) STRICT;
CREATE INDEX row_of_thing ON row(kind, id);

CREATE TABLE shadow(
    feed INTEGER NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    rev INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (feed, kind, id)
) STRICT;

-- Which of the phone's people reads which feed, and since when circulars ask them.
CREATE TABLE reader(person INTEGER NOT NULL, feed INTEGER NOT NULL, PRIMARY KEY (person, feed)) STRICT, WITHOUT ROWID;
CREATE TABLE asked(person INTEGER PRIMARY KEY, since INTEGER NOT NULL) STRICT;

-- Each notice once, in the order of publication (number), with what lists show.
CREATE TABLE notice(
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    rev INTEGER NOT NULL,
    asks INTEGER NOT NULL,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    sender TEXT NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER,
    withdrawn INTEGER NOT NULL,
    corrected INTEGER NOT NULL,
    when_text TEXT,
    starts INTEGER,
    ends INTEGER,
    place TEXT,
    by_when TEXT,
    by_day TEXT,
    needs_update INTEGER NOT NULL
) STRICT;
CREATE INDEX notice_emergency ON notice(number) WHERE kind = 'emergency';
CREATE INDEX notice_to_come ON notice(coalesce(ends, starts)) WHERE starts IS NOT NULL AND withdrawn = 0;

-- How far each person is with what a notice asks now.
CREATE TABLE standing(
    person INTEGER NOT NULL,
    number INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    at INTEGER,
    waiting INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    PRIMARY KEY (person, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX standing_unread ON standing(person, number) WHERE unread = 1;
CREATE INDEX standing_of_notice ON standing(number);
CREATE INDEX standing_waiting ON standing(person, number) WHERE waiting = 1;

-- Kept by the triggers, so that the first screen counts nothing.
CREATE TABLE unread(person INTEGER PRIMARY KEY, notices INTEGER NOT NULL) STRICT;
CREATE TRIGGER standing_came AFTER INSERT ON standing WHEN new.unread = 1 BEGIN
    INSERT INTO unread VALUES (new.person, 1) ON CONFLICT (person) DO UPDATE SET notices = notices + 1;
END;
CREATE TRIGGER standing_went AFTER DELETE ON standing WHEN old.unread = 1 BEGIN
    UPDATE unread SET notices = notices - 1 WHERE person = old.person;
END;
CREATE TRIGGER standing_changed AFTER UPDATE OF unread ON standing WHEN old.unread <> new.unread BEGIN
    INSERT INTO unread VALUES (new.person, new.unread)
        ON CONFLICT (person) DO UPDATE SET notices = notices + new.unread - old.unread;
END;

-- Notices that came and are yet to be reported as delivered.
CREATE TABLE arrival(id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE word USING fts5(text, content = '', contentless_delete = 1, tokenize = 'ascii');
", "
-- What is to be done, which lists show above the title.
ALTER TABLE notice ADD COLUMN what TEXT;
UPDATE notice SET what = (
    SELECT json_extract(row.body, '$.points.what') FROM row JOIN feed ON feed.number = row.feed
    WHERE row.kind = 'notice' AND row.id = notice.id AND row.rev = notice.rev AND feed.hidden = 0 AND json_valid(row.body)
        AND json_type(row.body, '$.points.what') = 'text' LIMIT 1);
"];

/// Every table, in an order that suits emptying.
pub(crate) const TABLES: &[&str] =
    &["meta", "feed", "row", "shadow", "reader", "asked", "notice", "standing", "unread", "arrival"];

/// Remembers a value.
pub(crate) fn set_meta(connection: &Connection, name: &str, value: &str) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")?
        .execute((name, value))?;
    Ok(())
}

/// Who reads what, and since when they are asked, is to be written anew: rows about people came.
const PEOPLE_CHANGED: &str = "people_changed";

/// Remembers that rows about people came.
pub(crate) fn set_people_changed(connection: &Connection) -> Result<(), Error> {
    set_meta(connection, PEOPLE_CHANGED, "")
}

/// Whether rows about people came since what follows from them was written.
pub(crate) fn have_people_changed(connection: &Connection) -> Result<bool, Error> {
    Ok(meta(connection, PEOPLE_CHANGED)?.is_some())
}

/// What follows from them is written; in the same transaction.
pub(crate) fn forget_people_changed(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM meta WHERE name = ?1", [PEOPLE_CHANGED])?;
    Ok(())
}

/// Something was erased whose bytes must not stay in the file.
const ERASED: &str = "erased";

/// Remembers that something was erased whose bytes must not stay; in the same transaction.
pub(crate) fn set_erased(connection: &Connection) -> Result<(), Error> {
    set_meta(connection, ERASED, "")
}

/// Whether bytes of something that was erased may still be in the file.
pub(crate) fn leaves_traces(connection: &Connection) -> Result<bool, Error> {
    Ok(meta(connection, ERASED)?.is_some())
}

/// No byte of it is left.
pub(crate) fn forget_erased(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM meta WHERE name = ?1", [ERASED])?;
    Ok(())
}

/// Forgets everything; in the caller's transaction.
pub(crate) fn empty(connection: &Connection) -> Result<(), Error> {
    for table in TABLES {
        connection.execute(&format!("DELETE FROM {table}"), [])?;
    }
    connection.execute("INSERT INTO word(word) VALUES ('delete-all')", [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::database::tests::upgraded_is_fresh;

    #[test]
    fn an_upgraded_mirror_is_like_a_fresh_one() {
        upgraded_is_fresh(MIGRATIONS);
    }
}
