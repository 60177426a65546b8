//! Making a backup: the database as of one moment while the server goes on, the identity and the journal, whole or not at all.

use super::{ClosedBy, FORMAT, HeldFile, MANIFEST, Manifest, Watch, files, hex};
use crate::{Error, folder, identity::Identity, journal, store};
use flate2::{Compression, write::GzEncoder};
use kairan_protocol::time::Timestamp;
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// How an age file begins: only such a file is written over.
const AGE: &[u8] = b"age-encryption.org/";

type Archive = tar::Builder<GzEncoder<age::stream::StreamWriter<BufWriter<File>>>>;

/// Makes a backup of a folder, whether its server runs or not. `to` is there once it is whole, and unchanged before.
///
/// # Errors
/// [`Error::NoDistrict`], [`Error::Locked`] while another copy is made, [`Error::Occupied`] where `to` is something else than a backup,
/// [`Error::Stopped`], and those of files and store.
pub fn make(folder: &Path, to: &Path, closed_by: &ClosedBy, now: Timestamp, watch: &Watch) -> Result<Manifest, Error> {
    if !folder::holds_district(folder) {
        return Err(Error::NoDistrict(folder.to_path_buf()));
    }
    ensure_replaceable(to)?;
    let _lock = folder::lock_for_copying(folder)?;
    let (part, aside) = (folder::part_of(to), folder.join("copying"));
    folder::remove(&aside)?;
    folder::remove(&part)?;
    let made = gather(folder, &aside, &part, closed_by, now, watch);
    let removed = folder::remove(&aside);
    let done = made.and_then(|manifest| {
        folder::put_in_place(&part, to)?;
        Ok(manifest)
    });
    if done.is_err() {
        // The error that led here is the one to tell.
        let _best_effort = folder::remove(&part);
    }
    let manifest = done?;
    removed?;
    Ok(manifest)
}

/// A backup may take the place of an older one, and of nothing else.
fn ensure_replaceable(to: &Path) -> Result<(), Error> {
    let mut beginning = [0; AGE.len()];
    match File::open(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::file(to)(error)),
        Ok(mut file) => match file.read_exact(&mut beginning) {
            Ok(()) if beginning == AGE => Ok(()),
            _ => Err(Error::Occupied(to.to_path_buf())),
        },
    }
}

fn gather(
    folder: &Path,
    aside: &Path,
    part: &Path,
    closed_by: &ClosedBy,
    now: Timestamp,
    watch: &Watch,
) -> Result<Manifest, Error> {
    // Closed first: a machine without the memory for it says so before it has worked for minutes.
    let encryptor = closed_by.encryptor()?;
    folder::make_private(aside)?;
    let database = aside.join(folder::DATABASE);
    let mut stopped = |done, all| {
        watch.show("copying the database", done, all);
        watch.is_stopped()
    };
    store::copy(folder, &database, &mut stopped).map_err(|error| watch.look().err().unwrap_or(error.into()))?;
    watch.look()?;
    watch.show("looking for damage", 0, 0);
    let facts = store::examine(&database)?;
    watch.look()?;

    let mut held = vec![(folder::DATABASE.to_owned(), database)];
    for path in folder::identity_files(folder) {
        held.push((name_of(&path), path));
    }
    let journal = facts.journal.clone().unwrap_or_else(|| folder::journal(folder));
    for path in files(&journal, journal::is_named)? {
        held.push((format!("journal/{}", name_of(&path)), path));
    }
    let open = || OpenOptions::new().write(true).create_new(true).mode(0o600).open(part);
    let file = open().map_err(Error::file(part))?;
    let sealed = encryptor.wrap_output(BufWriter::new(file)).map_err(Error::file(part))?;
    let mut writing = Writing {
        archive: tar::Builder::new(GzEncoder::new(sealed, Compression::default())),
        part,
        now,
        watch,
        done: 0,
        all: held.iter().map(|(_, path)| fs::metadata(path).map_or(0, |about| about.len())).sum(),
    };
    let files = held.iter().map(|(name, path)| writing.file(name, path)).collect::<Result<Vec<_>, _>>()?;
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        district: facts.district,
        name: facts.name,
        identity: Identity::load(folder)?.fingerprint().to_string(),
        epoch: facts.epoch,
        last_commit: facts.last_commit,
        at: now,
        files,
    };
    writing.finish(&manifest)?;
    Ok(manifest)
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

struct Writing<'a> {
    archive: Archive,
    part: &'a Path,
    now: Timestamp,
    watch: &'a Watch,
    done: u64,
    all: u64,
}

impl Writing<'_> {
    /// One file as long as it is now; what is appended to a journal meanwhile belongs to the next backup.
    fn file(&mut self, name: &str, path: &Path) -> Result<HeldFile, Error> {
        let file = File::open(path).map_err(Error::file(path))?;
        let size = file.metadata().map_err(Error::file(path))?.len();
        let header = header(size, self.now);
        let mut reading = Reading {
            file: file.take(size),
            sha256: Sha256::new(),
            watch: self.watch,
            before: self.done,
            all: self.all,
        };
        let appended = self.archive.append_data(&mut header.clone(), name, &mut reading);
        appended.map_err(|source| self.watch.look().err().unwrap_or_else(|| Error::file(self.part)(source)))?;
        let missing = reading.file.limit();
        if missing > 0 {
            let source = io::Error::other(format!("it became {missing} bytes shorter while it was copied"));
            return Err(Error::File { path: PathBuf::from(path), source });
        }
        self.done += size;
        Ok(HeldFile { name: name.to_owned(), size, sha256: hex(&reading.sha256.finalize()) })
    }

    fn finish(mut self, manifest: &Manifest) -> Result<(), Error> {
        let failed = || Error::file(self.part);
        let text = serde_json::to_vec_pretty(manifest).map_err(|error| Error::Making(error.to_string()))?;
        let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.archive.append_data(&mut header(size, self.now), MANIFEST, &text[..]).map_err(failed())?;
        let compressed = self.archive.into_inner().map_err(failed())?;
        let sealed = compressed.finish().map_err(failed())?;
        let mut buffered = sealed.finish().map_err(failed())?;
        buffered.flush().map_err(failed())?;
        self.watch.look()?;
        buffered.get_ref().sync_all().map_err(failed())
    }
}

fn header(size: u64, now: Timestamp) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(now.millis() / 1_000).unwrap_or_default());
    header
}

/// Reads a file, adds up its hash, and looks whether to stop.
struct Reading<'a> {
    file: io::Take<File>,
    sha256: Sha256,
    watch: &'a Watch,
    before: u64,
    all: u64,
}

impl Read for Reading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watch.is_stopped() {
            return Err(io::Error::other("stopped"));
        }
        let count = self.file.read(buffer)?;
        self.sha256.update(&buffer[..count]);
        self.before += u64::try_from(count).unwrap_or_default();
        self.watch.show("writing", self.before, self.all);
        Ok(count)
    }
}
