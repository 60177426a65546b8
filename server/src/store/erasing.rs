//! What was erased leaves no trace: no byte of it stays in the database or its write-ahead log.

use super::{
    error::StoreError,
    meta,
    sql::{one, run, signed},
    tx::Tx,
};
use rusqlite::{Connection, params};

/// The line of `meta` that says that traces of something erased may still be in the files: the number under which it was.
const TRACES: &str = "traces";

/// The number of what was erased last, while traces of it may still be in the files and nothing on a desk waits to go.
pub(super) fn traces(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT value FROM meta WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM mark WHERE kind = ?2)";
    one(connection, sql, params![TRACES, super::desks::Packed::Status as i64], |row| row.get(0))
}

impl Tx<'_> {
    pub(super) fn leaves_traces(&mut self) -> Result<(), StoreError> {
        self.changes.stirred = true;
        meta::set(self.connection, TRACES, signed(self.commit().0))
    }

    /// The files hold nothing any more of what was erased up to a number.
    pub(super) fn traces_gone(&self, known: i64) -> Result<(), StoreError> {
        run(self.connection, "DELETE FROM meta WHERE name = ?1 AND value = ?2", params![TRACES, known]).map(|_| ())
    }
}
