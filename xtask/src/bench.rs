//! `cargo xtask bench`: measures the core, the server under load, and the core through Kotlin; prints tables and judges nothing.

use crate::{bindings, run, tools::Tool, trouble::Trouble, workshop::Workshop};
use std::process::ExitCode;

/// Runs all three, the later ones even if an earlier one failed.
///
/// # Errors
/// [`Trouble::Step`] when the programs cannot be built, [`Trouble::Program`] when one cannot be started.
pub fn run(workshop: &Workshop) -> Result<ExitCode, Trouble> {
    // The load generator starts the server that lies beside it; the JVM loads the library from there.
    run::required(workshop.cargo(&["build", "--profile", "dist", "--locked", "--workspace"]))?;
    // The phone's figures with 100,000 notices held are printed by a test that only runs when it is asked for.
    let phone =
        ["test", "--profile", "dist", "--locked", "-p", "kairan-core", "--lib", "--", "--ignored", "--nocapture"];
    let core = run::streamed(workshop.cargo(&[&phone[..], &["hundred_thousand"]].concat()))?;
    let load = run::streamed(workshop.command(workshop.target("dist/kairan-load"), &[]))?;
    let kotlin = kotlin(workshop)?;
    Ok(if core.success && load.success && kotlin { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a call costs on the JVM. Left out, saying so, where there is no Maven.
fn kotlin(workshop: &Workshop) -> Result<bool, Trouble> {
    if let Some(missing) = [Tool::Java, Tool::Maven].into_iter().find(|tool| !tool.is_there(workshop)) {
        println!("Kotlin is not measured: {} is missing", missing.name());
        return Ok(true);
    }
    let goals = ["test", "-Dtest=HomeBench"];
    Ok(run::streamed(bindings::maven(workshop, &workshop.target("dist"), &goals))?.success)
}
