//! Copies of a district in one encrypted file: made while serving, checked without restoring, restored on another machine.
//!
//! age around gzip around tar, so that a volunteer without this program can open one too: `age -d FILE | tar xz`.

mod key;
mod make;
mod read;
mod restore;
mod sheet;

pub use key::{ClosedBy, OpenedBy, recovery_key};
pub use make::make;
pub use read::verify;
pub use restore::{Restored, restore};
pub use sheet::sheet;

use crate::{Error, folder};
use kairan_protocol::{
    id::{Commit, Epoch, GroupId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The format this program writes, and the newest it reads.
const FORMAT: u32 = 1;

/// What a backup holds, written last into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the file's format.
    pub format: u32,
    /// The version of the program that wrote it.
    pub program: String,
    /// The district's root.
    pub district: GroupId,
    /// Its name.
    pub name: String,
    /// The fingerprint of its identity key.
    pub identity: String,
    /// The server's epoch.
    pub epoch: Epoch,
    /// The newest commit it includes.
    pub last_commit: Commit,
    /// When it was made.
    pub at: Timestamp,
    /// Every other file in it, in their order.
    pub files: Vec<HeldFile>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldFile {
    /// Its place in the folder, like `journal/k1-0a1b2c3d.jsonl`.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// In hex.
    pub sha256: String,
}

/// A place in the folder that a backup may hold something for; nothing else is ever written by a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Database,
    Identity,
    Journal,
    Manifest,
}

const MANIFEST: &str = "manifest.json";

impl Place {
    fn of(name: &str) -> Option<Self> {
        let plain = |text: &str, more: &[u8]| {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || more.contains(&byte);
            !text.is_empty() && text.bytes().all(fits)
        };
        match name {
            folder::DATABASE => Some(Self::Database),
            MANIFEST => Some(Self::Manifest),
            _ if folder::IDENTITY.contains(&name) => Some(Self::Identity),
            _ => {
                let journal = name.strip_prefix("journal/").and_then(|rest| rest.strip_suffix(".jsonl"));
                journal.filter(|rest| plain(rest, b"-_")).map(|_| Self::Journal)
            }
        }
    }
}

/// The files of a folder whose names fit, in their order; none where there is no such folder.
fn files(folder: &Path, fits: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::file(folder))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::file(folder))?;
        let path = entry.path();
        if entry.file_name().to_str().is_some_and(&fits) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Shows a step by its name, and of how many bytes how many are done.
type Show = dyn Fn(&str, u64, u64) + Send + Sync;

/// Told to stop, and told how far it is: what makes, reads or restores a backup looks here after every piece.
#[derive(Clone)]
pub struct Watch {
    stop: Arc<AtomicBool>,
    show: Arc<Show>,
}

impl Watch {
    /// With something that shows a step by its name, and of how many bytes how many are done.
    #[must_use]
    pub fn new(show: impl Fn(&str, u64, u64) + Send + Sync + 'static) -> Self {
        Self { stop: Arc::default(), show: Arc::new(show) }
    }

    /// Shown to nobody.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(|_, _, _| {})
    }

    /// It is to stop: what was begun is removed.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(crate) fn look(&self) -> Result<(), Error> {
        if self.is_stopped() { Err(Error::Stopped) } else { Ok(()) }
    }

    pub(crate) fn show(&self, step: &str, done: u64, all: u64) {
        (self.show)(step, done, all);
    }
}

/// Bytes as text, two letters each.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.extend([byte >> 4, byte & 15].map(|half| char::from_digit(u32::from(half), 16).unwrap_or('0')));
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_holds_nothing_for_any_other_place() {
        for (name, place) in [
            ("kairan.db", Place::Database),
            ("identity.pem", Place::Identity),
            ("identity-next.pem", Place::Identity),
            ("successions.json", Place::Identity),
            ("journal/k1-0a1b2c3d.jsonl", Place::Journal),
            ("manifest.json", Place::Manifest),
        ] {
            assert_eq!(Place::of(name), Some(place), "{name}");
        }
        for name in [
            "",
            "kairan.db-wal",
            "../kairan.db",
            "/etc/passwd",
            "identity/../x.pem",
            "journal/../../x.jsonl",
            "journal/.jsonl",
            "identity",
            "identity-2.pem",
            "tls/key.pem",
            "journal/a/b.jsonl",
        ] {
            assert_eq!(Place::of(name), None, "{name}");
        }
    }

    #[test]
    fn bytes_become_two_letters_each() {
        assert_eq!(hex(&[0, 15, 160, 255]), "000fa0ff");
    }
}
