//! The district's one folder: what lies where in it, who may read it, and the lock that keeps a second server out.

use crate::Error;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The name of the store's database in the folder.
pub const DATABASE: &str = "kairan.db";

/// The names of the identity's files: the key, the one that will follow it, and how those before it handed over.
pub const IDENTITY: [&str; 3] = ["identity.pem", "identity-next.pem", "successions.json"];

/// Where the identity key lies.
#[must_use]
pub fn identity(folder: &Path) -> PathBuf {
    folder.join(IDENTITY[0])
}

/// Where the key lies that will follow it, once made.
#[must_use]
pub fn identity_next(folder: &Path) -> PathBuf {
    folder.join(IDENTITY[1])
}

/// Where it is written down how earlier identity keys handed over.
#[must_use]
pub fn successions(folder: &Path) -> PathBuf {
    folder.join(IDENTITY[2])
}

/// Every file of the identity that is there: all of them belong into every copy.
#[must_use]
pub fn identity_files(folder: &Path) -> Vec<PathBuf> {
    IDENTITY.iter().map(|name| folder.join(name)).filter(|file| file.exists()).collect()
}

/// Where the TLS key and certificates lie.
#[must_use]
pub fn tls(folder: &Path) -> PathBuf {
    folder.join("tls")
}

/// Where the running server listens for the command line.
#[must_use]
pub fn console(folder: &Path) -> PathBuf {
    folder.join("console.sock")
}

/// Where the ops of the command line are written down beside the database, unless `serve --journal` names another place.
#[must_use]
pub fn journal(folder: &Path) -> PathBuf {
    folder.join("journal")
}

/// Whether a district was set up in the folder.
#[must_use]
pub fn holds_district(folder: &Path) -> bool {
    folder.join(DATABASE).exists() && identity(folder).exists()
}

/// Makes a folder only its owner may enter.
///
/// # Errors
/// [`Error::File`].
pub fn make_private(path: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(Error::file(path))
}

/// Whether nobody but its owner may enter a folder.
#[must_use]
pub fn is_private(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|about| (about.permissions().mode() & 0o777).trailing_zeros() >= 6)
}

/// Writes a file only its owner may read: aside first, then renamed, so that it is never half there.
///
/// # Errors
/// [`Error::File`].
pub fn write_private(path: &Path, text: &[u8]) -> Result<(), Error> {
    let aside = path.with_extension("part");
    let write = || {
        if aside.exists() {
            fs::remove_file(&aside)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&aside, path)?;
        sync_parent(path)
    };
    write().map_err(Error::file(path))
}

/// The rename itself is on disk only with the folder it happened in.
fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

/// Refuses a folder that holds anything; an empty one may be there already.
///
/// # Errors
/// [`Error::Occupied`], [`Error::File`].
pub fn ensure_free(folder: &Path) -> Result<(), Error> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::Occupied(folder.to_path_buf())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::file(folder)(error)),
    }
}

/// The name under which something is made until it is whole.
#[must_use]
pub fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// What was made under another name is whole: it gets its own.
///
/// # Errors
/// [`Error::File`].
pub fn put_in_place(part: &Path, path: &Path) -> Result<(), Error> {
    fs::rename(part, path).and_then(|()| sync_parent(path)).map_err(Error::file(path))
}

/// Removes a file, or a folder with all that is in it, if it is there.
///
/// # Errors
/// [`Error::File`].
pub fn remove(path: &Path) -> Result<(), Error> {
    let about = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        about => about.map_err(Error::file(path))?,
    };
    let removed = if about.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.map_err(Error::file(path))
}

/// Reads a text file.
///
/// # Errors
/// [`Error::File`].
pub fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::file(path))
}

/// That this process alone works in a folder, for as long as it lives.
#[derive(Debug)]
pub struct Lock(File);

impl Drop for Lock {
    // Closing the file is not enough: a program that is just being started holds a copy of it until it runs.
    fn drop(&mut self) {
        let _gone_with_the_file = self.0.unlock();
    }
}

/// Takes the folder's lock.
///
/// # Errors
/// [`Error::Locked`] when another process has it.
pub fn lock(folder: &Path) -> Result<Lock, Error> {
    lock_by(folder, "lock")
}

/// Takes the lock of whoever copies the folder; the server goes on meanwhile.
///
/// # Errors
/// [`Error::Locked`] when another process copies it.
pub fn lock_for_copying(folder: &Path) -> Result<Lock, Error> {
    lock_by(folder, "copying.lock")
}

fn lock_by(folder: &Path, name: &str) -> Result<Lock, Error> {
    let path = folder.join(name);
    let options = || OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = options().map_err(Error::file(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(folder.to_path_buf())),
        Err(TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_on_a_folder_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        assert!(matches!(lock(folder.path()), Err(Error::Locked(_))));
        drop(first);
        lock(folder.path()).unwrap();
    }

    #[test]
    fn a_lock_is_gone_though_a_program_that_is_being_started_holds_a_copy_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        let _copy = first.0.try_clone().unwrap();
        drop(first);
        lock(folder.path()).unwrap();
    }

    #[test]
    fn a_private_file_is_read_by_its_owner_only_and_may_be_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap(), "two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
