//! Connections that only read, kept for the next who asks.

use super::{error::StoreError, schema, sql::run};
use rusqlite::Connection;
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// How many idle connections are kept.
const KEPT: usize = 8;

/// A small pool of read connections to one folder's database.
pub(super) struct Readers {
    folder: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// For the database of a folder.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder, idle: Mutex::new(Vec::new()) }
    }

    /// Reads with a connection of its own, in one transaction: everything it sees is of one moment, and SQLite locks and
    /// looks for news once, not at every statement. Short reads may do so on an async thread: they never wait for the writer.
    pub fn read<T, E: From<StoreError>>(&self, look: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = kept.map_or_else(|| schema::reading(&self.folder), Ok)?;
        run(&connection, "BEGIN", [])?;
        let answer = look(&connection);
        // After an error SQLite may have ended the transaction by itself: such a connection is not kept.
        if run(&connection, "COMMIT", []).is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < KEPT {
                idle.push(connection);
            }
        }
        answer
    }

    /// Lets go of every idle connection.
    pub fn close(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
