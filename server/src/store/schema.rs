//! The database file: how a connection is opened, and the migrations that brought its tables about, append-only.

use super::error::StoreError;
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::path::Path;

/// The database's name in the data folder.
pub(super) const FILE: &str = "kairan.db";

/// Its name until set-up has written everything.
const UNFINISHED: &str = "kairan.db.new";

/// Each migration runs once, in its own transaction; a published one is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
    include_str!("migrations/0008.sql"),
];

/// Enough for every statement the store has: none is ever prepared twice.
const STATEMENTS: usize = 256;

/// How long a connection waits for another.
pub(super) const BUSY: std::time::Duration = std::time::Duration::from_secs(5);

fn configured(connection: Connection, cache_kibibytes: i64) -> Result<Connection, StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without it SQLite prepares statements anew whenever a bound value might make for another plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -cache_kibibytes)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(connection)
}

/// A new database with every table, under a name of its own until [`finish`].
pub(super) fn create(folder: &Path) -> Result<Connection, StoreError> {
    if folder.join(FILE).exists() {
        return Err(StoreError::Exists);
    }
    for left_over in [UNFINISHED.to_owned(), format!("{UNFINISHED}-wal"), format!("{UNFINISHED}-shm")] {
        match std::fs::remove_file(folder.join(left_over)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    open_for_writing(&folder.join(UNFINISHED), OpenFlags::SQLITE_OPEN_CREATE)
}

/// The new database is whole: it gets its name.
pub(super) fn finish(folder: &Path, connection: Connection) -> Result<(), StoreError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)?;
    std::fs::rename(folder.join(UNFINISHED), folder.join(FILE))?;
    // The name itself is on disk once the folder is.
    Ok(std::fs::File::open(folder)?.sync_all()?)
}

/// The write connection to a database that is there, brought up to date.
pub(super) fn writing(folder: &Path) -> Result<Connection, StoreError> {
    let file = folder.join(FILE);
    if !file.exists() {
        return Err(StoreError::Missing);
    }
    open_for_writing(&file, OpenFlags::empty())
}

fn open_for_writing(file: &Path, more: OpenFlags) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let mut connection = configured(Connection::open_with_flags(file, flags)?, 65_536)?;
    // What is deleted is overwritten: a withdrawn consent leaves no mood in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// A connection that only reads, beside the writer.
pub(super) fn reading(folder: &Path) -> Result<Connection, StoreError> {
    reading_file(&folder.join(FILE))
}

/// A connection that only reads a database of any name.
pub(super) fn reading_file(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    configured(Connection::open_with_flags(file, flags)?, 16_384)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    if done > MIGRATIONS.len() {
        return Err(StoreError::TooNew(version));
    }
    for (place, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", i64::try_from(place + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}
