//! `cargo xtask words`: has the words checked and written for every UI.

use crate::{run, trouble::Trouble, workshop::Workshop};
use std::process::{Command, ExitCode};

/// The program that checks and writes; with `--check` it only says what differs.
fn program(workshop: &Workshop, only_check: bool) -> Command {
    let mut command = workshop.cargo(&["run", "--quiet", "--locked", "--package", "kairan-words"]);
    if only_check {
        command.args(["--", "--check"]);
    }
    command
}

/// Writes what changed, or with `only_check` says what differs.
///
/// # Errors
/// When the program cannot be started.
pub fn run(workshop: &Workshop, only_check: bool) -> Result<ExitCode, Trouble> {
    Ok(if run::streamed(program(workshop, only_check))?.success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What became of the check, for a suite.
///
/// # Errors
/// When the program cannot be started.
pub fn checked(workshop: &Workshop) -> Result<run::Ran, Trouble> {
    run::streamed(program(workshop, true))
}
