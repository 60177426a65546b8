//! Where everything of a run lies: a folder somebody named, or a temporary one of which nothing is left.

use crate::Error;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How long what is still being written may stand in the way of its removal.
const PATIENCE: Duration = Duration::from_secs(5);

/// The folder of a run.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    /// The one somebody named, made where it is not there.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn kept(path: PathBuf) -> Result<Self, Error> {
        kairan_server::folder::make_private(&path)?;
        Ok(Self { path, temporary: false })
    }

    /// A new one that goes with this value, whatever ends the run.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn temporary() -> Result<Self, Error> {
        let made = tempfile::Builder::new().prefix("kairan-demo-").tempdir();
        let path = made.map_err(Error::file(std::env::temp_dir()))?.keep();
        Ok(Self { path, temporary: true })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it if it was temporary. A thread that has not heard yet that the run is over may add a file meanwhile: asked again
    /// until nothing is there.
    ///
    /// # Errors
    /// [`Error::File`] when something stays.
    pub fn remove(&mut self) -> Result<(), Error> {
        let begun = Instant::now();
        while self.temporary {
            match std::fs::remove_dir_all(&self.path) {
                Ok(()) => self.temporary = false,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.temporary = false,
                Err(error) if begun.elapsed() > PATIENCE => return Err(Error::file(&self.path)(error)),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            tracing::warn!(%error, "the temporary folder stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_folder_goes_with_all_that_is_in_it_and_a_named_one_stays() {
        let mut temporary = Folder::temporary().unwrap();
        let path = temporary.path().to_path_buf();
        std::fs::create_dir_all(path.join("a/b")).unwrap();
        std::fs::write(path.join("a/b/c"), "d").unwrap();
        temporary.remove().unwrap();
        assert!(!path.exists());
        drop(temporary);

        let place = tempfile::tempdir().unwrap();
        let kept = Folder::kept(place.path().join("kept")).unwrap();
        let path = kept.path().to_path_buf();
        drop(kept);
        assert!(path.is_dir());
    }
}
