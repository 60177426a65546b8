//! `outbox.db`: what people here said, until the server has it and 35 days longer. Precious: every commit is on the disk.

pub(crate) mod journal;
pub(crate) mod lane;
pub(crate) mod ops;

use super::Enrolment;
use crate::error::Error;
use kairan_protocol::wire::Token;
use rusqlite::{Connection, OptionalExtension};

/// The file's shapes, oldest first. Only ever appended to.
pub(crate) const MIGRATIONS: &[&str] = &["
CREATE TABLE enrolment(one INTEGER PRIMARY KEY CHECK (one = 1), enrolment TEXT NOT NULL) STRICT;

-- What the server has not taken yet, in the order it was said. text: to the letter as it is sent. quiet: the app said it
-- by itself. fresh_until: a broadcast never sent by then asks again. retry_at: a parked one is tried again then.
CREATE TABLE op(
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    person INTEGER NOT NULL,
    word TEXT NOT NULL,
    text TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    needs TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'parked', 'refused', 'ask_again')),
    attempts INTEGER NOT NULL DEFAULT 0,
    code TEXT,
    retry_at INTEGER,
    fresh_until INTEGER,
    quiet INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX op_said ON op(state) WHERE quiet = 0;
CREATE INDEX op_needed ON op(needs) WHERE needs IS NOT NULL;

-- What the server has. settled: its effect is in the mirror.
CREATE TABLE journal(
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    person INTEGER NOT NULL,
    word TEXT NOT NULL,
    text TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    commit_number INTEGER NOT NULL,
    mac TEXT,
    at TEXT NOT NULL,
    flags TEXT NOT NULL,
    epoch TEXT NOT NULL,
    acknowledged_at INTEGER NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX journal_unsettled ON journal(seq) WHERE settled = 0;
CREATE INDEX journal_age ON journal(acknowledged_at);

-- Which notices were reported as delivered, by the rev they asked for: once, even when the mirror is pulled again.
CREATE TABLE delivered(
    person INTEGER NOT NULL,
    notice TEXT NOT NULL,
    asks INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (person, notice)
) STRICT, WITHOUT ROWID;
", "
-- What became of a damaged outbox, until somebody has seen it. saved: ops that could be read, of these waiting for the server.
-- lost: whether some that waited could not.
CREATE TABLE salvage(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at INTEGER NOT NULL,
    saved INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    lost INTEGER NOT NULL
) STRICT;
"];

/// Every table.
pub(crate) const TABLES: &[&str] = &["enrolment", "op", "journal", "delivered", "salvage"];

/// What was kept from joining.
pub(crate) fn enrolment(connection: &Connection) -> Result<Option<Enrolment>, Error> {
    let mut select = connection.prepare_cached("SELECT enrolment FROM enrolment")?;
    let text: Option<String> = select.query_row([], |row| row.get(0)).optional()?;
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|_| Error::Damaged { detail: "the enrolment cannot be read".to_owned() })
    };
    text.map(read).transpose()
}

/// Keeps what joining gave.
pub(crate) fn set_enrolment(connection: &Connection, enrolment: &Enrolment) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO enrolment VALUES (1, ?1)")?
        .execute([serde_json::to_string(enrolment)?])?;
    Ok(())
}

/// Keeps a token's successor.
pub(crate) fn set_token(connection: &Connection, token: &Token) -> Result<(), Error> {
    let mut enrolment = enrolment(connection)?.ok_or(Error::NotJoined)?;
    enrolment.token = token.clone();
    set_enrolment(connection, &enrolment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::database::tests::upgraded_is_fresh;

    #[test]
    fn an_upgraded_outbox_is_like_a_fresh_one() {
        upgraded_is_fresh(MIGRATIONS);
    }
}
