//! `cargo xtask mutants`: breaks one thing after the other in a copy of the repository, and fails where no test notices.

mod copy;
mod patch;

use crate::{trouble::Trouble, workshop::Workshop};
use patch::{Mutant, Suite};
use std::{
    fmt::Write as _,
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

/// How a mutant ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ended {
    /// The suite is red, and says what it should.
    Noticed,
    /// The suite is green: nothing noticed.
    Alive,
    /// The suite is red, but not for the reason the mutant names.
    Otherwise,
    /// The patch does not apply, or what it makes does not build: that proves nothing.
    Broken(&'static str),
}

impl Ended {
    const fn words(&self) -> &'static str {
        match self {
            Self::Noticed => "noticed",
            Self::Alive => "NOT NOTICED",
            Self::Otherwise => "RED, BUT NOT FOR ITS REASON",
            Self::Broken(why) => why,
        }
    }
}

/// Tries every mutant, or the one of a name.
///
/// # Errors
/// [`Trouble::Usage`] for a name nobody has; [`Trouble::File`] and [`Trouble::Program`] when the copy cannot be made or cargo not
/// be started.
pub fn run(workshop: &Workshop, only: Option<&str>) -> Result<ExitCode, Trouble> {
    let mut mutants = Mutant::all(workshop)?;
    mutants.retain(|mutant| only.is_none_or(|only| mutant.name == only));
    if mutants.is_empty() {
        return Err(Trouble::Usage(
            "cargo xtask mutants [--only NAME]: NAME is a file in tests/mutants, without .patch",
        ));
    }
    let place = copy::Place::beside(workshop);
    place.seed(workshop)?;
    let mut ended = Vec::with_capacity(mutants.len());
    for mutant in &mutants {
        println!("=== {}: {}", mutant.name, mutant.breaks);
        let begun = Instant::now();
        place.bring_up_to_date(workshop)?;
        let end = try_one(&place, mutant)?;
        println!("=== {} after {:.0} s\n", end.words(), begun.elapsed().as_secs_f64());
        ended.push((mutant, end, begun.elapsed()));
    }
    place.bring_up_to_date(workshop)?;
    println!("{}", table(&ended));
    let all = ended.iter().all(|(_, end, _)| *end == Ended::Noticed);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn try_one(place: &copy::Place, mutant: &Mutant) -> Result<Ended, Trouble> {
    if !said(place.git(&["apply", "--whitespace=nowarn"], Some(&mutant.path)))?.0 {
        return Ok(Ended::Broken("DOES NOT APPLY"));
    }
    for build in mutant.suite.builds() {
        let (good, output) = said(place.cargo(build))?;
        if !good {
            println!("{output}");
            return Ok(Ended::Broken("DOES NOT BUILD"));
        }
    }
    let (green, output) = said(mutant.suite.run(place))?;
    if green {
        return Ok(Ended::Alive);
    }
    let reason = output.lines().find(|line| mutant.says.iter().any(|says| line.contains(says)));
    let Some(reason) = reason else {
        let last: Vec<&str> = output.lines().rev().take(30).collect();
        println!("{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
        return Ok(Ended::Otherwise);
    };
    println!("{}", reason.trim().chars().take(240).collect::<String>());
    Ok(Ended::Noticed)
}

/// Whether a program ended well, and everything it wrote.
fn said(mut command: Command) -> Result<(bool, String), Trouble> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| Trouble::Program(name, error))?;
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Ok((output.status.success(), text))
}

fn table(ended: &[(&Mutant, Ended, Duration)]) -> String {
    let mut table = format!("{:<34} {:<12} {:>8}  broken\n", "mutant", "result", "seconds");
    for (mutant, end, took) in ended {
        // Writing into a String cannot fail.
        let _ =
            writeln!(table, "{:<34} {:<12} {:>8.0}  {}", mutant.name, end.words(), took.as_secs_f64(), mutant.breaks);
    }
    let noticed = ended.iter().filter(|(_, end, _)| *end == Ended::Noticed).count();
    let _ = writeln!(table, "{noticed} of {} noticed", ended.len());
    table
}

impl Suite {
    /// What has to build before it runs; if that fails, nothing was noticed.
    const fn builds(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Convergence => {
                &[&["build", "--offline", "--workspace", "--all-features", "--bin", "kairan-converge"]]
            }
            Self::Durability => &[
                &["build", "--offline", "--workspace", "--all-features", "--bin", "kairan-server"],
                &["test", "--offline", "--workspace", "--all-features", "--test", "stories", "--no-run"],
            ],
        }
    }

    fn run(self, place: &copy::Place) -> Command {
        match self {
            Self::Convergence => {
                let mut command = Command::new(place.program("kairan-converge"));
                command.args(["--seeds", "200", "--stop"]);
                command
            }
            Self::Durability => {
                let arguments =
                    ["test", "--offline", "--workspace", "--all-features", "--test", "stories", "durability"];
                let mut command = place.cargo(&arguments);
                command.env("KAIRAN_SERVER", place.program("kairan-server"));
                command
            }
        }
    }
}
