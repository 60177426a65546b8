//! Which of the ten tasks are done: one small file, which also marks the folder as a practice neighbourhood's.

use crate::{
    error::Error,
    records::PracticeTask,
    store::{holds_a_neighbourhood, write_private},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The file's content. A task this program does not know is passed over.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    done: Vec<serde_json::Value>,
}

pub(super) fn file(dir: &Path) -> PathBuf {
    dir.join("practice.json")
}

pub(super) struct Progress {
    path: PathBuf,
    done: Mutex<BTreeSet<PracticeTask>>,
}

impl Progress {
    /// As the folder has it; a damaged file counts for nothing done. A folder of another neighbourhood is left as it is.
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        let path = file(dir);
        let done = match fs::read(&path) {
            Ok(text) => read(&text),
            Err(_) if path.exists() => BTreeSet::new(),
            Err(_) if holds_a_neighbourhood(dir) => return Err(Error::NotPractice),
            Err(_) => {
                fs::create_dir_all(dir)?;
                write(&path, &BTreeSet::new())?;
                BTreeSet::new()
            }
        };
        Ok(Self { path, done: Mutex::new(done) })
    }

    pub(super) fn done(&self) -> BTreeSet<PracticeTask> {
        self.tasks().clone()
    }

    /// A task is done. Where that cannot be written down, it is known until the app is closed.
    pub(super) fn tick(&self, task: PracticeTask) {
        let mut done = self.tasks();
        if done.insert(task)
            && let Err(error) = write(&self.path, &done)
        {
            tracing::warn!(code = error.code(), "progress not kept");
        }
    }

    /// Nothing is done any more.
    pub(super) fn forget(&self) -> Result<(), Error> {
        let mut done = self.tasks();
        write(&self.path, &BTreeSet::new())?;
        done.clear();
        Ok(())
    }

    fn tasks(&self) -> MutexGuard<'_, BTreeSet<PracticeTask>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(text: &[u8]) -> BTreeSet<PracticeTask> {
    let kept: Kept = serde_json::from_slice(text).unwrap_or_default();
    kept.done.into_iter().filter_map(|task| serde_json::from_value(task).ok()).collect()
}

fn write(path: &Path, done: &BTreeSet<PracticeTask>) -> Result<(), Error> {
    let done = done.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
    write_private(path, &serde_json::to_vec(&Kept { done })?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;

    #[test]
    fn what_was_done_is_known_after_the_app_was_closed_and_what_a_newer_app_knows_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let progress = Progress::open(dir.path()).unwrap();
        progress.tick(PracticeTask::Search);
        progress.tick(PracticeTask::Talk);
        let again = Progress::open(dir.path()).unwrap();
        assert_eq!(again.done(), BTreeSet::from([PracticeTask::Search, PracticeTask::Talk]));
        fs::write(file(dir.path()), r#"{"done":["search","fly"],"more":1}"#).unwrap();
        assert_eq!(Progress::open(dir.path()).unwrap().done(), BTreeSet::from([PracticeTask::Search]));
    }

    #[test]
    fn a_damaged_file_counts_for_nothing_done() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(file(dir.path()), "?").unwrap();
        assert!(Progress::open(dir.path()).unwrap().done().is_empty());
    }
}
