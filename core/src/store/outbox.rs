//! `outbox.db`: what people here said, until the server has it and 35 days longer. Precious: every commit is on the disk.

pub(crate) mod alerts;
pub(crate) mod drafts;
pub(crate) mod handback;
pub(crate) mod journal;
pub(crate) mod lane;
pub(crate) mod ops;

use super::Enrolment;
use crate::error::Error;
use kairan_protocol::{id::Epoch, wire::Token};
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
", "
-- What an earlier epoch took and the server of this one may not have. handing: none: it has it; later: asked again at retry_at;
-- refused: kept with its code and not sent again. quiet as in op.
ALTER TABLE journal ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN handing TEXT CHECK (handing IN ('due', 'later', 'refused'));
ALTER TABLE journal ADD COLUMN retry_at INTEGER;
ALTER TABLE journal ADD COLUMN code TEXT;
UPDATE journal SET quiet = 1
    WHERE word = 'receipt' AND (text LIKE '%\"stage\":\"delivered\"%' OR text LIKE '%\"stage\":\"displayed\"%');
CREATE INDEX journal_handing ON journal(commit_number, seq) WHERE handing IS NOT NULL;

-- Rows of an earlier epoch that go back to the server with the journal: marks of what has ended (ended), and ops of devices
-- without a journal (kept). epoch: whose mirror they stood in.
CREATE TABLE handback(
    kind TEXT NOT NULL CHECK (kind IN ('ended', 'kept')),
    id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    commit_number INTEGER NOT NULL,
    body TEXT NOT NULL,
    handing TEXT NOT NULL CHECK (handing IN ('due', 'later', 'refused')),
    retry_at INTEGER,
    code TEXT,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- What a change of epoch leaves to be done. handed: the earlier epoch to be named when all of it is handed back; slip: a token
-- is to be asked for with the enrolment slip; restart: every feed is to be pulled from its start before anything is handed back.
CREATE TABLE past(
    one INTEGER PRIMARY KEY CHECK (one = 1),
    handed TEXT,
    slip INTEGER NOT NULL,
    restart INTEGER NOT NULL
) STRICT;

-- What a notification was raised for, and whether somebody looked.
CREATE TABLE alert(
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('emergency', 'talk')),
    raised_at INTEGER,
    raised_epoch TEXT,
    seen_at INTEGER
) STRICT, WITHOUT ROWID;
", "
-- What somebody has begun to write; number: the one saved last has the highest.
CREATE TABLE draft(
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    person INTEGER NOT NULL,
    draft TEXT NOT NULL CHECK (json_valid(draft)),
    saved_at INTEGER NOT NULL
) STRICT;
CREATE INDEX draft_of_person ON draft(person, number);
"];

/// Every table.
pub(crate) const TABLES: &[&str] =
    &["enrolment", "op", "journal", "delivered", "salvage", "handback", "past", "alert", "draft"];

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

/// Another epoch than before.
pub(crate) fn set_epoch(connection: &Connection, epoch: &Epoch) -> Result<(), Error> {
    let mut enrolment = enrolment(connection)?.ok_or(Error::NotJoined)?;
    enrolment.epoch = epoch.clone();
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
