//! A damaged `outbox.db`: what can be read of it is saved into a new one, the damaged file is kept beside it, and a record
//! says so until somebody has seen it.

mod rows;

use super::{
    Step, Store,
    database::{Database, Durability, migrate},
    enrolment,
    files::{beside, remove, rename, sync_folder_of},
    outbox,
    steps::Steps,
};
use crate::{error::Error, records::Salvage};
use kairan_protocol::time::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// Files of a newer app are at most so many versions ahead; a number beyond is damage.
const VERSIONS_AHEAD: i64 = 100;

/// The outbox's file and those around it.
struct Files {
    folder: PathBuf,
    outbox: PathBuf,
    /// What was saved, until it takes the outbox's place.
    salvaged: PathBuf,
    /// Left by who found it damaged in use.
    mark: PathBuf,
}

impl Files {
    fn of(folder: &Path) -> Self {
        let outbox = folder.join("outbox.db");
        Self {
            folder: folder.to_owned(),
            salvaged: beside(&outbox, ".salvaged"),
            mark: beside(&outbox, ".mark"),
            outbox,
        }
    }

    /// Where the damaged file goes; `outbox.db.damaged`, then with numbers.
    fn aside(&self, number: u32) -> PathBuf {
        let ending = if number == 1 { ".damaged".to_owned() } else { format!(".damaged.{number}") };
        beside(&self.outbox, &ending)
    }

    /// How many damaged files lie there.
    fn aside_already(&self) -> u32 {
        (1..u32::MAX).take_while(|number| self.aside(*number).exists()).last().unwrap_or(0)
    }
}

/// Opens the outbox, and saves what can be read where it is damaged.
pub(super) fn open(folder: &Path, now: Timestamp, steps: &Steps) -> Result<Database, Error> {
    let files = Files::of(folder);
    if files.outbox.exists() {
        forget_unfinished(&files)?;
    } else if files.salvaged.exists() {
        // Killed between the two renames: it is whole, or the first would not have happened.
        take_place(&files, steps)?;
    }
    match open_whole(&files) {
        Err(Error::Damaged { detail }) if !is_of_a_newer_app(&files.outbox) => {
            tracing::error!(detail, "the outbox is damaged; what can be read is saved");
        }
        other => return other,
    }
    save(&files, now)?;
    steps.reach(Step::Salvaged)?;
    rename(&files.outbox, &files.aside(files.aside_already() + 1))?;
    sync_folder_of(&files.outbox)?;
    steps.reach(Step::DamagedAside)?;
    take_place(&files, steps)?;
    Database::open(&files.outbox, outbox::MIGRATIONS, Durability::Full)
}

/// Opens the outbox; damaged as well: one that is gone or empty though the phone has joined.
fn open_whole(files: &Files) -> Result<Database, Error> {
    let damaged = |detail: &str| Error::Damaged { detail: detail.to_owned() };
    if files.mark.exists() {
        return Err(damaged("found so while it was in use"));
    }
    let length = fs::metadata(&files.outbox).map_or(0, |file| file.len());
    if length == 0 && enrolment::copy(&files.folder).is_some() {
        return Err(damaged("nothing is in it"));
    }
    let database = Database::open(&files.outbox, outbox::MIGRATIONS, Durability::Full)?;
    database.read(|outbox| {
        let checked: String = outbox.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        outbox::enrolment(outbox)?;
        if checked != "ok" || rows::is_unreadable_in_use(outbox)? {
            return Err(damaged("some of it cannot be read"));
        }
        Ok(())
    })?;
    Ok(database)
}

fn is_of_a_newer_app(path: &Path) -> bool {
    let version = || -> Result<i64, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let outbox = Connection::open_with_flags(path, flags)?;
        outbox.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(outbox.pragma_query_value(None, "user_version", |row| row.get(0))?)
    };
    let known = i64::try_from(outbox::MIGRATIONS.len()).unwrap_or(i64::MAX);
    version().is_ok_and(|version| version > known && version <= known + VERSIONS_AHEAD)
}

/// Builds the new file, whole and on the disk when this returns.
fn save(files: &Files, now: Timestamp) -> Result<(), Error> {
    let mut new = Connection::open(&files.salvaged)?;
    new.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;")?;
    migrate(&mut new, outbox::MIGRATIONS)?;
    let change = new.transaction()?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let whole = match Connection::open_with_flags(&files.outbox, flags) {
        Ok(damaged) => rows::save(&damaged, &change)?,
        Err(_) => false,
    };
    if outbox::enrolment(&change)?.is_none()
        && let Some(enrolment) = enrolment::copy(&files.folder)
    {
        outbox::set_enrolment(&change, &enrolment)?;
    }
    change.execute(
        "INSERT INTO salvage VALUES (1, ?1,
             (SELECT count(*) FROM op) + (SELECT count(*) FROM journal),
             (SELECT count(*) FROM op WHERE quiet = 0 AND state <> 'refused'), ?2)
         ON CONFLICT (one) DO UPDATE SET at = excluded.at, saved = excluded.saved, waiting = excluded.waiting,
             lost = max(lost, excluded.lost)",
        (now.millis(), !whole),
    )?;
    change.commit()?;
    drop(new);
    Ok(File::open(&files.salvaged)?.sync_all()?)
}

/// What was saved takes the place of the outbox, which is aside already.
fn take_place(files: &Files, steps: &Steps) -> Result<(), Error> {
    // The log belongs to the damaged file: replayed onto the new one it would damage that too.
    let log = beside(&files.aside(files.aside_already().max(1)), "-wal");
    rename(&beside(&files.outbox, "-wal"), &log)?;
    remove(&beside(&files.outbox, "-shm"))?;
    remove(&files.mark)?;
    sync_folder_of(&files.outbox)?;
    steps.reach(Step::LogAside)?;
    rename(&files.salvaged, &files.outbox)?;
    sync_folder_of(&files.outbox)?;
    steps.reach(Step::SalvageInPlace)
}

/// Removes what a kill left of a salvage before the outbox was put aside: it is made anew.
fn forget_unfinished(files: &Files) -> Result<(), Error> {
    ["", "-journal", "-wal", "-shm"].iter().try_for_each(|ending| remove(&beside(&files.salvaged, ending)))
}

/// Removes the damaged files.
pub(super) fn forget_damaged(folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_damaged = |name: &str| name.starts_with("outbox.db.damaged");
        if path.file_name().and_then(|name| name.to_str()).is_some_and(is_damaged) {
            remove(&path)?;
        }
    }
    Ok(())
}

impl Store {
    /// What became of a damaged outbox, until it was seen.
    pub(crate) fn salvage(&self) -> Result<Option<Salvage>, Error> {
        self.outbox_file().read(|outbox| {
            let mut select = outbox.prepare_cached("SELECT at, saved, waiting, lost FROM salvage")?;
            let salvage = select.query_row([], |row| {
                Ok(Salvage { at: row.get(0)?, saved: row.get(1)?, waiting: row.get(2)?, lost: row.get(3)? })
            });
            Ok(salvage.optional()?)
        })
    }

    /// Somebody has seen what became of a damaged outbox.
    pub fn salvage_seen(&self) -> Result<(), Error> {
        self.outbox_file().write(|outbox| {
            outbox.execute("DELETE FROM salvage", [])?;
            Ok(())
        })
    }
}
