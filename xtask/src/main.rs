//! The project commands, a thin dispatcher: `cargo xtask test`, `converge`, `mutants`, `bench`, `bindings`, `words`, `screens`.

mod bench;
mod bindings;
mod browser;
mod converge;
mod count;
mod mutants;
mod run;
mod suite;
mod suites;
mod table;
mod test;
mod tools;
mod trouble;
mod words;
mod workshop;

use std::process::ExitCode;
use trouble::Trouble;
use workshop::Workshop;

const USAGE: &str = "\
cargo xtask test [--require-all]   everything this machine can test, suite after suite;
                                   with --require-all a suite that did not run, or ran no test, is a failure
cargo xtask converge [--seeds N] [--from S] [--steps N] [--threads N] [--trace] [--release]
                                   seeds of the convergence test, with a table of what happened in them
cargo xtask mutants [--only NAME]  breaks one thing after the other in a copy, and fails where no test notices
cargo xtask bench                  criterion for the core, then the load generator; prints tables, judges nothing
cargo xtask bindings [--check]     build the library and generate the Kotlin and Swift from it;
                                   with --check only say whether what is checked in differs
cargo xtask words [--check]        check the words of the screens and write them for every UI;
                                   with --check only say whether what is checked in differs
cargo xtask screens web            draw every screen and state of the pages into the contact sheets of docs/screens";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(trouble) => {
            eprintln!("xtask: {trouble}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode, Trouble> {
    let spoken: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match spoken[..] {
        ["test"] => test::run(&Workshop::find()?, false),
        ["test", "--require-all"] => test::run(&Workshop::find()?, true),
        ["converge", ref options @ ..] => converge::run(&Workshop::find()?, options),
        ["mutants"] => mutants::run(&Workshop::find()?, None),
        ["mutants", "--only", name] => mutants::run(&Workshop::find()?, Some(name)),
        ["bench"] => bench::run(&Workshop::find()?),
        ["bindings"] => bindings::write(&Workshop::find()?),
        ["bindings", "--check"] => bindings::check(&Workshop::find()?),
        ["screens", "web"] => browser::screens(&Workshop::find()?),
        ["words"] => words::run(&Workshop::find()?, false),
        ["words", "--check"] => words::run(&Workshop::find()?, true),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(Trouble::Usage(USAGE)),
    }
}
