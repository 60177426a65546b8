//! A mutant: a patch with three lines before it, which say what it breaks, which suite must notice, and what that suite says.

use crate::{trouble::Trouble, workshop::Workshop};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where the patches are.
const FOLDER: &str = "tests/mutants";

/// What must notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// Two hundred seeds of chaos.
    Convergence,
    /// The program killed, and traced.
    Durability,
}

/// Something broken on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// Its file, without the ending.
    pub name: String,
    /// What is broken, in a sentence.
    pub breaks: String,
    /// What must notice.
    pub suite: Suite,
    /// What the suite says about it: one of these, in part.
    pub says: Vec<String>,
    /// The patch.
    pub path: PathBuf,
}

impl Mutant {
    /// Every mutant, by name.
    ///
    /// # Errors
    /// [`Trouble::File`] when one cannot be read, [`Trouble::Step`] when its first lines are not as they should be.
    pub fn all(workshop: &Workshop) -> Result<Vec<Self>, Trouble> {
        let folder = workshop.path(FOLDER);
        let entries = fs::read_dir(&folder).map_err(|error| Trouble::File(folder.clone(), error))?;
        let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "patch"));
        paths.sort();
        paths.into_iter().map(|path| Self::read(&path)).collect()
    }

    fn read(path: &Path) -> Result<Self, Trouble> {
        let text = fs::read_to_string(path).map_err(|error| Trouble::File(path.to_path_buf(), error))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let unreadable = || Trouble::Step(format!("reading the first lines of {}", path.display()));
        let (breaks, suite, says) = head(&text).ok_or_else(unreadable)?;
        Ok(Self { name, breaks, suite, says, path: path.to_path_buf() })
    }
}

/// The lines before the patch.
fn head(text: &str) -> Option<(String, Suite, Vec<String>)> {
    let after = |word: &str| Some(text.lines().find_map(|line| line.strip_prefix(word))?.trim().to_owned());
    let suite = match after("Noticed by:")?.as_str() {
        "convergence" => Suite::Convergence,
        "durability" => Suite::Durability,
        _ => return None,
    };
    let says = after("It says:")?.split(" | ").map(str::to_owned).collect();
    Some((after("Breaks:")?, suite, says))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run;

    #[test]
    fn the_lines_before_a_patch_are_read() {
        let text = "Breaks: the lock.\nNoticed by: durability\nIt says: open door | thief\n--- a/x\n+++ b/x\n";
        let says = ["open door", "thief"].map(str::to_owned).to_vec();
        assert_eq!(head(text), Some(("the lock.".to_owned(), Suite::Durability, says)));
        assert_eq!(head("Breaks: the lock.\nNoticed by: nobody\nIt says: x\n"), None);
    }

    #[test]
    fn every_mutant_still_applies_to_what_there_is() -> Result<(), Trouble> {
        let workshop = Workshop::find()?;
        for mutant in Mutant::all(&workshop)? {
            let mut check = workshop.command("git", &["apply", "--check"]);
            check.arg(&mutant.path);
            assert!(run::answer(check).is_some(), "{} does not apply any more", mutant.name);
        }
        Ok(())
    }
}
