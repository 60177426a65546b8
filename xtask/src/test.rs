//! `cargo xtask test`: every suite this machine can run, one after the other, and a table at the end.

use crate::{
    suite::{Ended, Report, Verdict},
    suites::SUITES,
    table, tools,
    trouble::Trouble,
    workshop::Workshop,
};
use std::{process::ExitCode, time::Instant};

/// Runs every suite, whatever became of those before it.
///
/// # Errors
/// Only when installing what is missing fails; a suite that cannot run is a line of the table.
pub fn run(workshop: &Workshop, require_all: bool) -> Result<ExitCode, Trouble> {
    let start = Instant::now();
    tools::install_missing(workshop)?;
    println!("ready after {:.1} s\n", start.elapsed().as_secs_f64());

    let mut ended = Vec::with_capacity(SUITES.len());
    for suite in SUITES {
        println!("=== {}", suite.name);
        let begun = Instant::now();
        let report = (suite.run)(workshop)
            .unwrap_or_else(|trouble| Report { verdict: Verdict::Failed(trouble.to_string()), count: None });
        let took = begun.elapsed();
        println!("=== {} took {:.1} s\n", suite.name, took.as_secs_f64());
        ended.push(Ended { name: suite.name, report, took });
    }

    println!("{}", table::of(&ended));
    println!("all of it took {:.0} s", start.elapsed().as_secs_f64());
    println!("{}", table::last_line(&ended));
    let failed = ended.iter().any(|suite| suite.fails(require_all));
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
