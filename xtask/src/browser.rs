//! The pages in a real browser: the tests of `tests/browser`, and `cargo xtask screens web`, which draws them for people to look at.

use crate::{bindings, run, trouble::Trouble, workshop::Workshop};
use std::{
    fs, io,
    path::PathBuf,
    process::{Command, ExitCode},
};

/// Where the tests lie.
const FOLDER: &str = "tests/browser";

/// Builds the demo and brings the packages the lock file names.
///
/// # Errors
/// When either fails.
pub fn ready(workshop: &Workshop) -> Result<(), Trouble> {
    run::required(bindings::build(workshop))?;
    let mut install = workshop.command("npm", &["ci", "--no-audit", "--no-fund"]);
    install.current_dir(workshop.path(FOLDER));
    run::required(install)
}

/// Runs every test, one file after the other: each starts a demo of its own.
///
/// # Errors
/// When the folder cannot be read, or node not be started.
pub fn test(workshop: &Workshop) -> Result<run::Ran, Trouble> {
    let mut command = node(workshop, &["--test", "--test-concurrency=1", "--test-reporter=tap"]);
    command.args(stories(workshop)?);
    run::streamed(command)
}

/// Draws every screen and state into the contact sheets of the docs.
///
/// # Errors
/// When the demo cannot be built, or node not be started.
pub fn screens(workshop: &Workshop) -> Result<ExitCode, Trouble> {
    ready(workshop)?;
    let mut command = node(workshop, &["sheets.mjs"]);
    command.arg(workshop.path("docs/screens"));
    Ok(if run::streamed(command)?.success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn node(workshop: &Workshop, arguments: &[&str]) -> Command {
    let mut command = workshop.command("node", arguments);
    command.current_dir(workshop.path(FOLDER)).env("KAIRAN_DEMO", workshop.program("kairan-demo"));
    command
}

/// The files of the tests, sorted.
fn stories(workshop: &Workshop) -> Result<Vec<PathBuf>, Trouble> {
    let folder = workshop.path(FOLDER);
    let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| Trouble::File(folder, error))?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    Ok(files)
}
