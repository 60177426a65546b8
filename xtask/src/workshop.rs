//! Where things lie: the repository, the shared target folder, and what is built into it.

use crate::trouble::Trouble;
use std::{
    env::{self, consts},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The repository and its target folder.
pub struct Workshop {
    root: PathBuf,
    target: PathBuf,
}

impl Workshop {
    /// The repository this program was built in.
    ///
    /// # Errors
    /// [`Trouble::NoRepository`] when it was moved since.
    pub fn find() -> Result<Self, Trouble> {
        let house = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = house.parent().filter(|root| root.join("Cargo.lock").is_file()).ok_or(Trouble::NoRepository)?;
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |path| root.join(path));
        Ok(Self { root: root.to_path_buf(), target })
    }

    /// A path inside the repository.
    pub fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.root.join(inside)
    }

    /// A path inside the target folder.
    pub fn target(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.target.join(inside)
    }

    /// The folder of the unoptimised programs and libraries, which the tests use.
    pub fn built(&self) -> PathBuf {
        self.target("debug")
    }

    /// A program built there.
    pub fn program(&self, name: &str) -> PathBuf {
        self.built().join(format!("{name}{}", consts::EXE_SUFFIX))
    }

    /// The library UniFFI reads and the JVM loads.
    pub fn library(&self) -> PathBuf {
        self.built().join(format!("{}kairan_bindings{}", consts::DLL_PREFIX, consts::DLL_SUFFIX))
    }

    /// A program to be run at the root of the repository.
    pub fn command(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root);
        // What `cargo run` says about this package is none of its business. Some build scripts run again when it changes, and
        // everything above them would be compiled once for `cargo xtask` and once more for `cargo`.
        for (name, _) in env::vars_os().filter(|(name, _)| is_about_this_package(name)) {
            command.env_remove(name);
        }
        command
    }

    /// Cargo, at the root of the repository.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
    }

    /// The names of a house's integration tests, sorted: what its manifest names, or else a file or folder each; none where the
    /// folder is missing.
    pub fn integration_tests(&self, house: &str) -> Vec<String> {
        let manifest = fs::read_to_string(self.path(house).join("Cargo.toml")).unwrap_or_default();
        let mut names = named_tests(&manifest);
        if names.is_empty() {
            let Ok(entries) = fs::read_dir(self.path(house).join("tests")) else { return Vec::new() };
            let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
            names.extend(paths.filter_map(|path| match path.extension() {
                Some(extension) if extension == "rs" => Some(path.file_stem()?.to_str()?.to_owned()),
                _ => path.join("main.rs").is_file().then(|| Some(path.file_name()?.to_str()?.to_owned())).flatten(),
            }));
        }
        names.sort();
        names
    }
}

/// The names of a manifest's `[[test]]` tables.
fn named_tests(manifest: &str) -> Vec<String> {
    let tables = manifest.split("[[test]]").skip(1);
    let name = |table: &str| {
        Some(table.lines().find_map(|line| line.strip_prefix("name = \""))?.trim_end_matches('"').to_owned())
    };
    tables.filter_map(name).collect()
}

fn is_about_this_package(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|about| name.starts_with(about))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_named_in_the_manifest_is_known_by_its_name() {
        let manifest = "[package]\nname = \"x\"\n\n[[test]]\nname = \"stories\"\npath = \"tests/stories.rs\"\n";
        assert_eq!(named_tests(manifest), ["stories"]);
        assert!(named_tests("[package]\nname = \"x\"\n").is_empty());
    }

    #[test]
    fn a_program_is_not_told_about_this_package() {
        let told = |name: &str| is_about_this_package(OsStr::new(name));
        assert!(told("CARGO_MANIFEST_DIR") && told("CARGO_PKG_NAME"));
        assert!(!told("CARGO_HOME") && !told("CARGO_TARGET_DIR") && !told("CARGO_TERM_COLOR"));
    }

    #[test]
    fn a_house_without_integration_tests_has_none() -> Result<(), Trouble> {
        assert!(Workshop::find()?.integration_tests("docs").is_empty());
        Ok(())
    }
}
