//! One SQLite file: a write connection, read connections apart, and append-only migrations.

use super::{
    files::{beside, remove, rename},
    steps::{Step, Steps},
};
use crate::error::Error;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// What a file must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// A commit is on the disk when it returns.
    Full,
    /// A power cut may take the last commits back, never half of one.
    Normal,
}

/// One open database.
#[derive(Debug)]
pub(crate) struct Database {
    path: PathBuf,
    mark: PathBuf,
    steps: Steps,
    durability: Durability,
    // Closed before the writer, which folds the log into the file when it is the last.
    readers: Mutex<Readers>,
    writer: Mutex<Connection>,
    damaged: AtomicBool,
}

/// Read connections that wait for use.
#[derive(Debug, Default)]
struct Readers {
    kept: Vec<Connection>,
    /// How often the file was made anew: a connection to an older one is not kept.
    generation: u64,
}

/// More read connections than this are closed again after use.
const READERS_KEPT: usize = 4;

impl Database {
    /// Opens or makes a file and brings it to the newest shape.
    pub(crate) fn open(path: &Path, migrations: &[&str], durability: Durability) -> Result<Self, Error> {
        Ok(Self {
            path: path.to_owned(),
            mark: beside(path, ".mark"),
            steps: Steps::default(),
            durability,
            writer: Mutex::new(writer(path, migrations, durability)?),
            readers: Mutex::default(),
            damaged: AtomicBool::new(false),
        })
    }

    /// Opens or makes a disposable file. A damaged one, or one marked so while it was in use, is put aside and made anew.
    pub(crate) fn open_disposable(path: &Path, migrations: &[&str]) -> Result<Self, Error> {
        let mark = beside(path, ".mark");
        if mark.exists() {
            put_aside(path)?;
            std::fs::remove_file(&mark)?;
        }
        match Self::open(path, migrations, Durability::Normal) {
            Err(Error::Damaged { .. }) => {
                put_aside(path)?;
                Self::open(path, migrations, Durability::Normal)
            }
            other => other,
        }
    }

    /// Nothing is read or written once these steps were stopped.
    pub(crate) fn under(self, steps: &Steps) -> Self {
        Self { steps: steps.clone(), ..self }
    }

    /// Looks at one consistent state; never waits for a writer.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.steps.alive()?;
        let (reader, generation) = {
            let mut readers = lock(&self.readers);
            let reader = readers.kept.pop().map_or_else(|| self.reader(), Ok);
            (reader, readers.generation)
        };
        let answer = reader.and_then(|reader| {
            let state = reader.unchecked_transaction()?;
            let answer = look(&state);
            state.finish()?;
            let mut readers = lock(&self.readers);
            if readers.kept.len() < READERS_KEPT && readers.generation == generation {
                readers.kept.push(reader);
            }
            answer
        });
        self.look_out_for_damage(&answer, generation);
        answer
    }

    /// Changes everything or nothing.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.steps.alive()?;
        let mut writer = lock(&self.writer);
        let generation = self.generation();
        let whole = || {
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let answer = change(&transaction)?;
            transaction.commit()?;
            Ok(answer)
        };
        let answer = whole();
        self.look_out_for_damage(&answer, generation);
        answer
    }

    /// What is found damaged in use is seen to soon, or when it is opened next.
    fn look_out_for_damage<T>(&self, answer: &Result<T, Error>, generation: u64) {
        if matches!(answer, Err(Error::Damaged { .. })) && generation == self.generation() {
            self.damaged.store(true, Ordering::Release);
            // Without room for it, the damage is found again.
            let _ = std::fs::File::create(&self.mark);
        }
    }

    /// Whether the file was found damaged since it was opened or made anew.
    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Acquire)
    }

    /// How often the file was made anew since it was opened.
    pub(crate) fn generation(&self) -> u64 {
        lock(&self.readers).generation
    }

    /// Puts the file of an open disposable database aside and makes an empty one. Who is just looking at the old one may
    /// end that; everybody else finds the new one.
    pub(crate) fn make_anew(&self, migrations: &[&str]) -> Result<(), Error> {
        self.steps.alive()?;
        let mut open = lock(&self.writer);
        let mut readers = lock(&self.readers);
        // Until the new file is there, each try begins here again.
        self.damaged.store(true, Ordering::Release);
        readers.kept.clear();
        *open = Connection::open_in_memory()?;
        put_aside(&self.path)?;
        self.steps.reach(Step::MirrorPutAside)?;
        *open = writer(&self.path, migrations, self.durability)?;
        remove(&self.mark)?;
        readers.generation += 1;
        self.damaged.store(false, Ordering::Release);
        self.steps.reach(Step::MirrorMadeAnew)
    }

    /// Gives the pages of what was deleted back; what stood there is gone, in a file that was put aside too. False: somebody who reads
    /// holds the write-ahead log back, where it still stands.
    pub(crate) fn shrink(&self) -> Result<bool, Error> {
        self.steps.alive()?;
        let writer = lock(&self.writer);
        writer.execute_batch("VACUUM")?;
        let busy: i64 = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        remove(&beside(&self.path, ".damaged"))?;
        Ok(busy == 0)
    }

    /// The next reader reads from the disk.
    #[cfg(test)]
    pub(crate) fn close_readers(&self) {
        lock(&self.readers).kept.clear();
    }

    #[cfg(test)]
    pub(crate) fn limit_pages(&self, pages: u32) {
        let _ = lock(&self.writer).pragma_update(None, "max_page_count", pages);
    }

    fn reader(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(&self.path, flags)?;
        prepare(&reader)?;
        // Now, and not at its first use, it opens the log that belongs to this file.
        reader.query_row("SELECT count(*) FROM sqlite_schema WHERE rowid = 1", [], |_| Ok(()))?;
        Ok(reader)
    }
}

fn writer(path: &Path, migrations: &[&str], durability: Durability) -> Result<Connection, Error> {
    let mut writer = Connection::open(path)?;
    prepare(&writer)?;
    writer.execute_batch(match durability {
        Durability::Full => "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
        Durability::Normal => "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
    })?;
    // What is deleted for a revoked phone must not stay readable in free pages.
    writer.execute_batch("PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = 4194304;")?;
    migrate(&mut writer, migrations)?;
    Ok(writer)
}

/// Puts a damaged file aside; the one put aside before goes.
fn put_aside(path: &Path) -> Result<(), Error> {
    for ending in ["-wal", "-shm"] {
        remove(&beside(path, ending))?;
    }
    rename(path, &beside(path, ".damaged"))?;
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn prepare(connection: &Connection) -> Result<(), Error> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// Applies the migrations a file has not seen. Each is applied whole or not at all, and never changes once released.
pub(crate) fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), Error> {
    let known = i64::try_from(migrations.len()).map_err(Error::internal)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > known {
        return Err(Error::Damaged { detail: format!("made by a newer app (version {version})") });
    }
    for (number, migration) in (1_i64..).zip(migrations).filter(|(number, _)| *number > version) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]
    use super::*;

    /// The shape of a database as SQLite tells it.
    pub(crate) fn shape(connection: &Connection) -> Vec<String> {
        let mut shapes =
            connection.prepare("SELECT name || coalesce(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
        shapes.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// A file upgraded from every older version has the shape of a fresh one.
    pub(crate) fn upgraded_is_fresh(migrations: &[&str]) {
        let mut fresh = Connection::open_in_memory().unwrap();
        migrate(&mut fresh, migrations).unwrap();
        for old in 0..migrations.len() {
            let mut upgraded = Connection::open_in_memory().unwrap();
            migrate(&mut upgraded, &migrations[..old]).unwrap();
            migrate(&mut upgraded, migrations).unwrap();
            assert_eq!(shape(&upgraded), shape(&fresh), "from version {old}");
        }
    }

    #[test]
    fn a_migration_that_fails_leaves_the_old_version() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken = ["CREATE TABLE one(n INTEGER) STRICT", "CREATE TABLE two(n INTEGER) STRICT; SELECT nonsense()"];
        assert!(migrate(&mut connection, &broken).is_err());
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 1);
        assert!(!shape(&connection).iter().any(|table| table.contains("two")));
    }

    #[test]
    fn a_file_of_a_newer_app_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &["SELECT 1", "SELECT 1"]).unwrap();
        assert!(matches!(migrate(&mut connection, &["SELECT 1"]), Err(Error::Damaged { .. })));
    }

    #[test]
    fn a_change_that_fails_half_way_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let table = ["CREATE TABLE one(n INTEGER) STRICT"];
        let database = Database::open(&folder.path().join("some.db"), &table, Durability::Full).unwrap();
        let failed: Result<(), Error> = database.write(|change| {
            change.execute("INSERT INTO one VALUES (1)", [])?;
            Err(Error::internal("half way"))
        });
        assert!(failed.is_err());
        let count = |look: &Connection| Ok(look.query_row("SELECT count(*) FROM one", [], |row| row.get::<_, i64>(0))?);
        assert_eq!(database.read(count), Ok(0));
    }
}
