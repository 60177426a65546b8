//! The suites of `cargo xtask test`, in the order they run: what is quick to fail comes first.
//!
//! All but one select the whole workspace with every feature, so that nothing is compiled twice.

use crate::{
    bindings, browser, count, run,
    suite::{Report, Suite, Verdict},
    tools::Tool,
    trouble::Trouble,
    words,
    workshop::Workshop,
};
use std::{fs, io};

/// The houses that stand by themselves; what needs two of them is in `tests`.
const HOUSES: [&str; 7] = ["protocol", "core", "server", "bindings", "demo", "words", "xtask"];

/// Which stories need a browser.
const PRINTED: &str = "printed::";

/// Every suite.
pub const SUITES: &[Suite] = &[
    Suite { name: "format", run: format },
    Suite { name: "clippy", run: clippy },
    Suite { name: "dependencies", run: dependencies },
    Suite { name: "documentation", run: documentation },
    Suite { name: "words drift", run: words_drift },
    Suite { name: "house by house", run: houses },
    Suite { name: "end to end", run: end_to_end },
    Suite { name: "printed pages", run: printed_pages },
    Suite { name: "browser", run: in_the_browser },
    Suite { name: "api drift", run: api_drift },
    Suite { name: "bindings drift", run: bindings_drift },
    Suite { name: "kotlin", run: kotlin },
];

fn without(tools: &[Tool], workshop: &Workshop) -> Option<Report> {
    let missing = tools.iter().find(|tool| !tool.is_there(workshop))?;
    Some(Report::not_run(format!("{} is missing", missing.name())))
}

fn format(workshop: &Workshop) -> Result<Report, Trouble> {
    if let Some(report) = without(&[Tool::Rustfmt], workshop) {
        return Ok(report);
    }
    Ok(Report::check(&run::streamed(workshop.cargo(&["fmt", "--all", "--check"]))?))
}

fn clippy(workshop: &Workshop) -> Result<Report, Trouble> {
    if let Some(report) = without(&[Tool::Clippy], workshop) {
        return Ok(report);
    }
    // The demo alone as well: what a newcomer builds is the server without its command line, which no other suite selects.
    let selections = [&["--workspace", "--all-targets", "--all-features"][..], &["--package", "kairan-demo"]];
    for selection in selections {
        let arguments = [&["clippy", "--locked"], selection, &["--", "-D", "warnings"]].concat();
        let ran = run::streamed(workshop.cargo(&arguments))?;
        if !ran.success {
            return Ok(Report::check(&ran));
        }
    }
    Ok(Report { verdict: Verdict::Passed, count: None })
}

fn dependencies(workshop: &Workshop) -> Result<Report, Trouble> {
    if let Some(report) = without(&[Tool::Deny], workshop) {
        return Ok(report);
    }
    // It reads the manifests of every platform's crates, more than a build for this one has brought.
    run::required(workshop.cargo(&["fetch", "--locked"]))?;
    let arguments = ["deny", "--offline", "--locked", "--all-features", "check", "bans", "licenses", "sources"];
    Ok(Report::check(&run::streamed(workshop.cargo(&arguments))?))
}

fn documentation(workshop: &Workshop) -> Result<Report, Trouble> {
    let mut command = workshop.cargo(&["doc", "--locked", "--workspace", "--all-features", "--no-deps", "--lib"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Ok(Report::check(&run::streamed(command)?))
}

fn cargo_test(workshop: &Workshop, selection: &[&str]) -> Result<Report, Trouble> {
    let arguments = [&["test", "--locked", "--workspace", "--all-features", "--no-fail-fast"], selection].concat();
    let mut command = workshop.cargo(&arguments);
    // Tests that start the server as a process find the one that was built with everything else.
    command.env("KAIRAN_SERVER", workshop.program("kairan-server"));
    let ran = run::streamed(command)?;
    let count = count::in_cargo_test(ran.lines.iter().map(String::as_str));
    Ok(Report::tests(&ran, count))
}

fn houses(workshop: &Workshop) -> Result<Report, Trouble> {
    let names: Vec<String> = HOUSES.iter().flat_map(|house| workshop.integration_tests(house)).collect();
    let mut selection = vec!["--lib", "--bins"];
    selection.extend(names.iter().flat_map(|name| ["--test", name.as_str()]));
    cargo_test(workshop, &selection)
}

fn end_to_end(workshop: &Workshop) -> Result<Report, Trouble> {
    let names = workshop.integration_tests("tests");
    if names.is_empty() {
        return Ok(Report::not_run("it holds no test"));
    }
    run::required(bindings::build(workshop))?;
    let mut selection: Vec<&str> = names.iter().flat_map(|name| ["--test", name.as_str()]).collect();
    selection.extend(["--", "--skip", PRINTED]);
    cargo_test(workshop, &selection)
}

/// The stories about what is printed, in the same program as the others: a browser makes the paper.
fn printed_pages(workshop: &Workshop) -> Result<Report, Trouble> {
    if let Some(report) = without(&[Tool::Chromium], workshop) {
        return Ok(report);
    }
    run::required(bindings::build(workshop))?;
    cargo_test(workshop, &["--test", "stories", "--", PRINTED])
}

/// The pages as people meet them: the real demo, in a real browser.
fn in_the_browser(workshop: &Workshop) -> Result<Report, Trouble> {
    if let Some(report) = without(&[Tool::Chromium, Tool::Node, Tool::Npm], workshop) {
        return Ok(report);
    }
    browser::ready(workshop)?;
    let ran = browser::test(workshop)?;
    let count = count::in_tap(ran.lines.iter().map(String::as_str));
    Ok(Report::tests(&ran, count))
}

/// The description of the API that is checked in is the one the server gives.
fn api_drift(workshop: &Workshop) -> Result<Report, Trouble> {
    run::required(bindings::build(workshop))?;
    let path = workshop.path("server/openapi.json");
    let known = fs::read_to_string(&path).map_err(|error| Trouble::File(path, error))?;
    let given = run::answer(workshop.command(workshop.program("kairan-server"), &["openapi"]));
    let same = given.is_some_and(|given| given == known);
    println!("server/openapi.json {} what `kairan-server openapi` prints", if same { "is" } else { "is not" });
    Ok(Report::check(&run::Ran { success: same, lines: Vec::new() }))
}

/// The words that are checked in for each UI are those of `words/`, and these keep their rules.
fn words_drift(workshop: &Workshop) -> Result<Report, Trouble> {
    Ok(Report::check(&words::checked(workshop)?))
}

fn bindings_drift(workshop: &Workshop) -> Result<Report, Trouble> {
    let drifted = bindings::drifted(workshop)?;
    Ok(Report::check(&run::Ran { success: drifted.is_empty(), lines: Vec::new() }))
}

/// The generated Kotlin on the JVM against the real server program.
fn kotlin(workshop: &Workshop) -> Result<Report, Trouble> {
    if let Some(report) = without(&[Tool::Java, Tool::Maven], workshop) {
        return Ok(report);
    }
    run::required(bindings::build(workshop))?;
    let reports = workshop.path("bindings/kotlin/target/surefire-reports");
    // What an earlier run reported must not be counted again.
    match fs::remove_dir_all(&reports) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Trouble::File(reports, error)),
        _ => {}
    }
    let ran = run::streamed(bindings::maven(workshop, &workshop.built(), &["verify"]))?;
    Ok(Report::tests(&ran, count::in_surefire_reports(&reports)))
}
