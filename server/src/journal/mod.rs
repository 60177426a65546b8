//! The journal: what the command line did, one line each, beside the database or on another disk, so that it survives the
//! database. One file per epoch; a line is a [`Replay`] as a phone would hand it back.

use kairan_protocol::{
    id::{Epoch, OpId},
    op::{NotAnOp, Op},
    replay::Replay,
};
use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// How a journal's file ends.
const ENDING: &str = ".jsonl";

/// Whether a file's name is a journal's.
#[must_use]
pub fn is_named(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.strip_suffix(ENDING).is_some_and(|name| !name.is_empty() && name.bytes().all(plain))
}

/// The id of the op in a line.
#[must_use]
pub fn id(entry: &Replay) -> Option<OpId> {
    match Op::parse(entry.op.get()) {
        Ok(Op { id, .. }) | Err(NotAnOp::Malformed { id, .. } | NotAnOp::Unsupported { id, .. }) => Some(id),
        Err(NotAnOp::NoHeader(_)) => None,
    }
}

/// The word of the op in a line.
#[must_use]
pub fn word(entry: &Replay) -> String {
    #[derive(serde::Deserialize)]
    struct Word {
        r#do: String,
    }
    serde_json::from_str::<Word>(entry.op.get()).map_or_else(|_| "?".to_owned(), |word| word.r#do)
}

/// The epoch a file is of, by its name.
#[must_use]
pub fn epoch_of(name: &str) -> &str {
    name.strip_suffix(ENDING).unwrap_or(name)
}

/// What a folder's journals hold.
#[derive(Debug, Default)]
pub struct Journals {
    /// By the name of their file, in the order of their lines.
    pub files: BTreeMap<String, Vec<Replay>>,
    /// Lines that cannot be read, by file and number.
    pub damaged: Vec<String>,
}

impl Journals {
    /// Reads every journal of a folder; a folder that is not there holds none.
    ///
    /// # Errors
    /// The disk's. A damaged line is no error: it is told, and the others are read.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut journals = Self::default();
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(journals),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let Some(name) = entry.file_name().to_str().filter(|name| is_named(name)).map(str::to_owned) else {
                continue;
            };
            let bytes = fs::read(entry.path())?;
            let lines = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
            let mut read = Vec::new();
            for (place, line) in lines {
                match serde_json::from_slice::<Replay>(line).ok().filter(|entry| id(entry).is_some()) {
                    Some(entry) => read.push(entry),
                    None => journals.damaged.push(format!("{}, line {}", entry.path().display(), place + 1)),
                }
            }
            journals.files.insert(name, read);
        }
        journals.damaged.sort();
        Ok(journals)
    }

    /// Every op in them, each once, in the order of their commits.
    #[must_use]
    pub fn entries(&self) -> Vec<Replay> {
        let mut seen = HashSet::new();
        let all = self.files.values().flatten();
        let mut entries: Vec<Replay> =
            all.filter(|entry| id(entry).is_some_and(|id| seen.insert(id))).cloned().collect();
        entries.sort_by_key(|entry| entry.commit);
        entries
    }
}

/// The journal that is written to. Each line is on disk before its command is answered.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// How long it is up to its last whole line.
    length: u64,
    known: HashSet<OpId>,
    /// What could not be written; it goes first the next time.
    owed: Vec<Replay>,
}

impl Journal {
    /// Opens the journal of an epoch. `folder` is made where it is `ours`, beside the database; a place somebody named must be
    /// there, or an unmounted disk would not be noticed. A last line that a crash cut off is removed; answered with what was damaged.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(folder: &Path, ours: bool, epoch: &Epoch) -> io::Result<(Self, Vec<String>)> {
        if ours {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let journals = Journals::read(folder)?;
        let known = journals.files.values().flatten().filter_map(id).collect();
        let path = folder.join(format!("{epoch}{ENDING}"));
        let is_new = !path.exists();
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path)?;
        if is_new {
            File::open(folder)?.sync_all()?;
        }
        let bytes = fs::read(&path)?;
        let length = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        let length = u64::try_from(length).unwrap_or_default();
        file.set_len(length)?;
        Ok((Self { path, file, length, known, owed: Vec::new() }, journals.damaged))
    }

    /// Whether an op is in it, in whichever epoch.
    #[must_use]
    pub fn holds(&self, op: OpId) -> bool {
        self.known.contains(&op)
    }

    /// Writes lines and waits until they are on disk.
    ///
    /// # Errors
    /// The disk's; the lines are owed then, and are written before the next.
    pub fn append(&mut self, entries: impl IntoIterator<Item = Replay>) -> io::Result<()> {
        for entry in entries {
            if let Some(id) = id(&entry)
                && self.known.insert(id)
            {
                self.owed.push(entry);
            }
        }
        if self.owed.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for entry in &self.owed {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
        }
        let written = self.file.write_all(&lines).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Half a line would swallow the next one.
            self.file.set_len(self.length)?;
            return Err(error);
        }
        self.length += u64::try_from(lines.len()).unwrap_or_default();
        self.owed.clear();
        Ok(())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder it lies in, with those of other epochs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kairan_protocol::id::Commit;

    fn entry(number: u8) -> Replay {
        let id = OpId::from_bytes([number; 16]);
        let op = format!(r#"{{"id":"{id}","as":"p0000000000007","at":"2026-11-22T00:00:00Z","do":"leave"}}"#);
        Replay {
            op: serde_json::value::RawValue::from_string(op).unwrap(),
            commit: Commit(number.into()),
            mac: "m".into(),
        }
    }

    fn ids(folder: &Path) -> Vec<u64> {
        Journals::read(folder).unwrap().entries().iter().map(|entry| entry.commit.0).collect()
    }

    fn epoch(text: &str) -> Epoch {
        Epoch(text.to_owned())
    }

    #[test]
    fn what_is_appended_is_there_once_and_in_the_order_of_commits() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("journal");
        let (mut first, _) = Journal::open(&place, true, &epoch("k1")).unwrap();
        first.append([entry(2), entry(1)]).unwrap();
        let (mut second, damaged) = Journal::open(&place, true, &epoch("k2")).unwrap();
        assert!(second.holds(OpId::from_bytes([1; 16])) && damaged.is_empty());
        second.append([entry(3), entry(1)]).unwrap();
        assert_eq!(ids(&place), [1, 2, 3]);
        assert_eq!(fs::read_dir(&place).unwrap().count(), 2);
    }

    #[test]
    fn a_line_cut_off_by_a_crash_is_told_and_does_not_swallow_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(folder.path(), true, &epoch("k1")).unwrap();
        journal.append([entry(1), entry(2)]).unwrap();
        let path = journal.path().to_owned();
        drop(journal);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 9]).unwrap();
        let (mut journal, damaged) = Journal::open(folder.path(), true, &epoch("k1")).unwrap();
        assert!(damaged[0].ends_with("k1.jsonl, line 2"), "{damaged:?}");
        assert!(!journal.holds(OpId::from_bytes([2; 16])));
        journal.append([entry(3)]).unwrap();
        assert_eq!(ids(folder.path()), [1, 3]);
        assert_eq!(Journals::read(folder.path()).unwrap().damaged, Vec::<String>::new());
    }

    #[test]
    fn a_place_somebody_named_that_is_not_there_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let error = Journal::open(&folder.path().join("usb"), false, &epoch("k1")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
