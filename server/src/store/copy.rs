//! A copy of the database as of one moment, made beside a running server; and what a copy says about itself.

use super::{
    error::StoreError,
    meta, schema,
    sql::{many, moment, to_json, unsigned},
};
use kairan_protocol::{
    id::{Commit, Epoch, GroupId},
    time::Timestamp,
};
use rusqlite::{Connection, ErrorCode, OptionalExtension};
use std::{
    path::{Path, PathBuf},
    sync::mpsc::{RecvTimeoutError, channel},
    time::Duration,
};

/// How often whoever watches is asked.
const LOOK: Duration = Duration::from_millis(100);

/// What a database says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// The district's root.
    pub district: GroupId,
    /// Its name.
    pub name: String,
    /// The server's epoch.
    pub epoch: Epoch,
    /// The newest commit in it.
    pub last_commit: Commit,
    /// Where the journal is kept, where it is not beside the database.
    pub journal: Option<PathBuf>,
}

/// Copies a folder's database into a new file, as of one moment and without free pages; the server may go on meanwhile.
/// `watch` is asked ten times a second: it hears how many bytes of about how many are written, and says whether to stop.
///
/// # Errors
/// The database's; one that was interrupted when `watch` said so.
pub fn copy(folder: &Path, to: &Path, watch: &mut (dyn FnMut(u64, u64) -> bool + Send)) -> Result<(), StoreError> {
    let connection = schema::reading(folder)?;
    let size: i64 = connection.query_row(
        "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
        [],
        |row| row.get(0),
    )?;
    let to_text = to.to_str().ok_or_else(|| StoreError::Damaged("the folder's name is no text".to_owned()))?;
    let interrupt = connection.get_interrupt_handle();
    let (done, ended) = channel::<()>();
    let copied = std::thread::scope(|scope| {
        scope.spawn(move || {
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let written = std::fs::metadata(to).map_or(0, |about| about.len());
                if watch(written, unsigned(size)) {
                    interrupt.interrupt();
                }
            }
        });
        let copied = connection.execute("VACUUM INTO ?1", [to_text]);
        drop(done);
        copied
    });
    match copied {
        Ok(_) => Ok(()),
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.code == ErrorCode::DiskFull => Err(StoreError::DiskFull),
        Err(error) => Err(error.into()),
    }
}

/// Asks SQLite for damage in a database nobody writes to, and reads what it says about itself.
///
/// # Errors
/// [`StoreError::Damaged`] with what SQLite found.
pub fn examine(file: &Path) -> Result<DatabaseFacts, StoreError> {
    let connection = schema::reading_file(file)?;
    let found = many(&connection, "PRAGMA integrity_check(5)", [], |row| row.get::<_, String>(0))?;
    if found != ["ok"] {
        return Err(StoreError::Damaged(found.join("; ")));
    }
    facts(&connection)
}

fn facts(connection: &Connection) -> Result<DatabaseFacts, StoreError> {
    Ok(DatabaseFacts {
        district: GroupId::from_number(meta::get(connection, "district")?),
        name: meta::get(connection, "name")?,
        epoch: Epoch(meta::get(connection, "epoch")?),
        last_commit: Commit(unsigned(meta::get(connection, "last_commit")?)),
        journal: journal(connection)?,
    })
}

/// The moment a folder's database was written to last, by the clock of then; none where nobody wrote it down.
///
/// # Errors
/// The database's, one that is missing among them.
pub fn last_moment(folder: &Path) -> Result<Option<Timestamp>, StoreError> {
    let connection = schema::reading(folder)?;
    let sql = "SELECT value FROM meta WHERE name = 'last_moment'";
    Ok(connection.query_row(sql, [], |row| moment(row, 0)).optional()?)
}

/// Where the journal is kept, where it is not beside the database.
pub(super) fn journal(connection: &Connection) -> Result<Option<PathBuf>, StoreError> {
    let sql = "SELECT value FROM meta WHERE name = 'journal'";
    let named: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(named.map(PathBuf::from))
}

/// Remembers where the journal is kept; none: beside the database. The caller holds the folder's lock.
///
/// # Errors
/// The database's.
pub fn keep_journal_in(folder: &Path, journal: Option<&Path>) -> Result<(), StoreError> {
    let connection = schema::writing(folder)?;
    match journal {
        Some(path) => {
            let path = path.to_str().ok_or_else(|| StoreError::Damaged("the journal's name is no text".to_owned()))?;
            meta::set(&connection, "journal", path)
        }
        None => connection.execute("DELETE FROM meta WHERE name = 'journal'", []).map(|_| ()).map_err(StoreError::from),
    }
}

/// Replaces where the server can be reached, in a folder nobody serves.
///
/// # Errors
/// The database's.
pub fn replace_addresses(folder: &Path, addresses: &[String]) -> Result<(), StoreError> {
    meta::set(&schema::writing(folder)?, "addresses", to_json(&addresses)?)
}
