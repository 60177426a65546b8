//! A copy of the repository to break things in, with a target folder of its own that begins with what is built already.

use crate::{run, trouble::Trouble, workshop::Workshop};
use std::{
    collections::BTreeSet,
    env, fs,
    fs::{File, FileTimes},
    io,
    path::{Path, PathBuf},
    process::Command,
};

/// Where the copy and its target folder are.
pub struct Place {
    tree: PathBuf,
    target: PathBuf,
}

fn trouble(path: &Path) -> impl FnOnce(io::Error) -> Trouble {
    let path = path.to_path_buf();
    move |error| Trouble::File(path, error)
}

impl Place {
    /// Inside the target folder, where nothing else looks.
    pub fn beside(workshop: &Workshop) -> Self {
        Self { tree: workshop.target("mutants/tree"), target: workshop.target("mutants/target") }
    }

    /// Cargo in the copy.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_")) {
            if !["CARGO_HOME", "CARGO_BUILD_JOBS"].iter().any(|kept| name == *kept) {
                command.env_remove(name);
            }
        }
        command.args(arguments).current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Git in the copy, which is no repository of its own and must not be taken for a part of the one around it.
    pub fn git(&self, arguments: &[&str], file: Option<&Path>) -> Command {
        let mut command = Command::new("git");
        command.args(arguments).args(file).current_dir(&self.tree);
        command.env("GIT_CEILING_DIRECTORIES", self.tree.parent().unwrap_or(&self.tree));
        command
    }

    /// A program built there.
    pub fn program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    /// The first time: the libraries of others, as they are built here, so that only our own houses are compiled.
    ///
    /// # Errors
    /// [`Trouble::File`].
    pub fn seed(&self, workshop: &Workshop) -> Result<(), Trouble> {
        let into = self.target.join("debug");
        if into.exists() {
            return Ok(());
        }
        println!("the libraries of others are copied to {}", into.display());
        for folder in ["deps", "build", ".fingerprint"] {
            copy_others(&workshop.built().join(folder), &into.join(folder))?;
        }
        Ok(())
    }

    /// Makes the copy what the repository is, files that are not committed yet too. What is the same is not touched, so that
    /// it is not built again.
    ///
    /// # Errors
    /// [`Trouble::File`]; [`Trouble::Step`] without git.
    pub fn bring_up_to_date(&self, workshop: &Workshop) -> Result<(), Trouble> {
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed =
            run::answer(workshop.command("git", &list)).ok_or_else(|| Trouble::Step("git ls-files".to_owned()))?;
        let names: BTreeSet<&str> = listed.split('\0').filter(|name| !name.is_empty()).collect();
        for name in &names {
            let (from, to) = (workshop.path(name), self.tree.join(name));
            // Listed, and deleted since.
            let Ok(bytes) = fs::read(&from) else { continue };
            if fs::read(&to).is_ok_and(|there| there == bytes) {
                continue;
            }
            let folder = to.parent().unwrap_or(&self.tree);
            fs::create_dir_all(folder).map_err(trouble(folder))?;
            fs::write(&to, bytes).map_err(trouble(&to))?;
        }
        self.forget_others(&self.tree, &names)
    }

    fn forget_others(&self, folder: &Path, names: &BTreeSet<&str>) -> Result<(), Trouble> {
        for entry in fs::read_dir(folder).map_err(trouble(folder))?.filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                self.forget_others(&path, names)?;
            } else if path.strip_prefix(&self.tree).is_ok_and(|name| !names.contains(name.to_string_lossy().as_ref())) {
                fs::remove_file(&path).map_err(trouble(&path))?;
            }
        }
        Ok(())
    }
}

/// Copies what is not ours, with the hours cargo goes by.
fn copy_others(from: &Path, to: &Path) -> Result<(), Trouble> {
    let Ok(entries) = fs::read_dir(from) else { return Ok(()) };
    fs::create_dir_all(to).map_err(trouble(to))?;
    for entry in entries.filter_map(Result::ok) {
        let (name, path) = (entry.file_name(), entry.path());
        let ours = ["kairan", "stories", "xtask", "edge"].iter().any(|word| name.to_string_lossy().contains(word));
        if ours {
            continue;
        }
        let into = to.join(&name);
        if path.is_dir() {
            copy_others(&path, &into)?;
        } else {
            fs::copy(&path, &into).map_err(trouble(&into))?;
            let modified = fs::metadata(&path).and_then(|about| about.modified()).map_err(trouble(&path))?;
            let times = FileTimes::new().set_modified(modified).set_accessed(modified);
            File::options().write(true).open(&into).and_then(|file| file.set_times(times)).map_err(trouble(&into))?;
        }
    }
    Ok(())
}
