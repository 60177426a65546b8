//! `cargo xtask converge`: any number of seeds of the convergence test, and a table of what happened in them.

use crate::{run, trouble::Trouble, workshop::Workshop};
use std::process::ExitCode;

/// Builds the program and runs it with these words: `--seeds`, `--from`, `--steps`, `--threads`, `--trace`; `--release` is ours.
///
/// # Errors
/// [`Trouble::Step`] when it does not build, [`Trouble::Program`] when it cannot be started.
pub fn run(workshop: &Workshop, words: &[&str]) -> Result<ExitCode, Trouble> {
    let release = words.contains(&"--release");
    let words: Vec<&str> = words.iter().copied().filter(|word| *word != "--release").collect();
    let mut arguments = vec!["build", "--locked", "--workspace", "--all-features", "--bin", "kairan-converge"];
    arguments.extend(release.then_some("--release"));
    run::required(workshop.cargo(&arguments))?;
    let program =
        if release { workshop.target("release/kairan-converge") } else { workshop.program("kairan-converge") };
    let ran = run::streamed(workshop.command(program, &words))?;
    Ok(if ran.success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
