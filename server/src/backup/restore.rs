//! Restoring: from a backup to a new folder with a new epoch, whole or not at all, and what the journals know handed back to it.

use super::{Manifest, OpenedBy, Place, Watch, read};
use crate::{
    Error,
    clock::{self, Clock},
    folder,
    identity::Identity,
    journal::{self, Journal, Journals},
    store::{self, EpochBegun, Journalled, Store},
};
use kairan_protocol::{id::Epoch, time::Timestamp};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What a restore came to.
#[derive(Debug, Clone)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// The epoch that began.
    pub began: EpochBegun,
    /// What the journals came to.
    pub journalled: Journalled,
    /// Lines of them that cannot be read, by file and number.
    pub damaged: Vec<String>,
    /// Where phones will look for the server.
    pub addresses: Vec<String>,
}

/// Restores a backup into a new folder. Everything is made in `FOLDER.part` and renamed: one that fails leaves nothing behind.
///
/// # Errors
/// [`Error::Occupied`] when the folder holds anything, [`Error::Clock`], [`Error::WrongKey`], [`Error::NotWhole`], [`Error::Stopped`], and those of
/// files and store.
pub async fn restore(
    file: &Path,
    folder: &Path,
    opened_by: OpenedBy,
    journals: &[PathBuf],
    addresses: Option<Vec<String>>,
    clock: Arc<dyn Clock>,
    watch: &Watch,
) -> Result<Restored, Error> {
    if !clock::may_be(clock.now()) {
        return Err(Error::Clock(clock.now()));
    }
    folder::ensure_free(folder)?;
    // Told before the long work: a journal that is not there was named by mistake, or its disk is not mounted.
    for named in journals {
        fs::read_dir(named).map_err(Error::file(named))?;
    }
    let part = folder::part_of(folder);
    folder::remove(&part)?;
    let made = make(file, &part, opened_by, journals, addresses, clock, watch).await;
    let done = made.and_then(|restored| {
        folder::put_in_place(&part, folder)?;
        Ok(restored)
    });
    if done.is_err() {
        // The error that led here is the one to tell.
        let _best_effort = folder::remove(&part);
    }
    done
}

async fn make(
    file: &Path,
    part: &Path,
    opened_by: OpenedBy,
    journals: &[PathBuf],
    addresses: Option<Vec<String>>,
    clock: Arc<dyn Clock>,
    watch: &Watch,
) -> Result<Restored, Error> {
    let (from, into, watching, now) = (file.to_path_buf(), part.to_path_buf(), watch.clone(), clock.now());
    let unpacking = move || unpack(&from, &into, &opened_by, addresses.as_deref(), now, &watching);
    let unpacked = tokio::task::spawn_blocking(unpacking).await.map_err(|error| Error::Making(error.to_string()))?;
    let (manifest, began) = unpacked?;
    let damaged = gather(part, journals)?;
    let identity = Identity::load(part)?;
    let store = Store::open(part, clock, identity.keys())?;
    watch.show("handing the journal back", 0, 0);
    let handed = store.hand_back_journal().await;
    let addresses = store.card_facts().await.map(|card| card.addresses);
    store.close().await?;
    let journalled = handed?;
    File::open(part).and_then(|folder| folder.sync_all()).map_err(Error::file(part))?;
    watch.look()?;
    Ok(Restored { manifest, began, journalled, damaged, addresses: addresses? })
}

/// The files on disk, every hash compared, the database looked through, and its new epoch.
fn unpack(
    file: &Path,
    part: &Path,
    opened_by: &OpenedBy,
    addresses: Option<&[String]>,
    now: Timestamp,
    watch: &Watch,
) -> Result<(Manifest, EpochBegun), Error> {
    folder::make_private(part)?;
    let manifest = read::unpack(file, opened_by, watch, &mut Into(part))?;
    watch.show("looking for damage", 0, 0);
    let facts = store::examine(&part.join(folder::DATABASE))?;
    let not_whole = |what: &str| Error::NotWhole { path: file.to_path_buf(), what: what.to_owned() };
    let told = (manifest.district, &manifest.epoch, manifest.last_commit);
    if told != (facts.district, &facts.epoch, facts.last_commit) {
        return Err(not_whole("its manifest speaks of another database"));
    }
    if Identity::load(part)?.fingerprint().to_string() != manifest.identity {
        return Err(not_whole("its manifest speaks of another identity key"));
    }
    watch.look()?;
    store::keep_journal_in(part, None)?;
    if let Some(addresses) = addresses {
        store::replace_addresses(part, addresses)?;
    }
    Ok((manifest, store::begin_epoch(part, now)?))
}

/// Into the folder that is being made.
struct Into<'a>(&'a Path);

impl read::Unpacking for Into<'_> {
    type Into = BufWriter<File>;

    fn begin(&mut self, name: &str) -> Result<BufWriter<File>, Error> {
        let path = self.0.join(name);
        if Place::of(name) == Some(Place::Journal) {
            folder::make_private(&folder::journal(self.0))?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        Ok(BufWriter::new(file.map_err(Error::file(&path))?))
    }

    fn failed(&self, name: &str, source: io::Error) -> Error {
        Error::file(self.0.join(name))(source)
    }

    fn end(&mut self, name: &str, mut into: BufWriter<File>) -> Result<(), Error> {
        let written = into.flush().and_then(|()| into.get_ref().sync_all());
        written.map_err(|source| self.failed(name, source))
    }
}

/// What the journal of the backup and those that survived hold together: the new folder keeps all of it. Answered with what is
/// damaged.
fn gather(part: &Path, journals: &[PathBuf]) -> Result<Vec<String>, Error> {
    let kept = folder::journal(part);
    let mut damaged = Journals::read(&kept).map_err(Error::file(&kept))?.damaged;
    for named in journals {
        let survived = Journals::read(named).map_err(Error::file(named))?;
        damaged.extend(survived.damaged);
        for (name, entries) in survived.files {
            let epoch = Epoch(journal::epoch_of(&name).to_owned());
            let (mut journal, _) = Journal::open(&kept, true, &epoch).map_err(Error::file(&kept))?;
            journal.append(entries).map_err(Error::file(journal.path()))?;
        }
    }
    Ok(damaged)
}
