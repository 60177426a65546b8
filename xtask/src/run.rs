//! Running a program: its output goes on at once, in its own order, and is kept for counting.

use crate::trouble::Trouble;
use std::{
    io::{self, BufRead, BufReader, IsTerminal, Write},
    process::{Command, Stdio},
};

/// What became of a program.
pub struct Ran {
    /// Whether it ended well.
    pub success: bool,
    /// Every line it wrote, to either output.
    pub lines: Vec<String>,
}

/// Runs a program to its end without standard input.
///
/// # Errors
/// [`Trouble::Program`] when it cannot be started or listened to.
pub fn streamed(mut command: Command) -> Result<Ran, Trouble> {
    let name = command.get_program().to_string_lossy().into_owned();
    let trouble = |error| Trouble::Program(name.clone(), error);
    println!("$ {}", spelled(&command));

    // One pipe for both outputs, so that cargo's headings stay with the results they belong to.
    let (reader, writer) = io::pipe().map_err(trouble)?;
    command.stdin(Stdio::null()).stdout(writer.try_clone().map_err(trouble)?).stderr(writer);
    if io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command.spawn().map_err(trouble)?;
    // The command still holds the writing ends: only without them does reading come to an end.
    drop(command);

    let mut lines = Vec::new();
    let mut output = BufReader::new(reader);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).map_err(trouble)? > 0 {
        let mut screen = io::stdout().lock();
        // A closed screen is no reason to stop testing.
        let _ = screen.write_all(&line).and_then(|()| screen.flush());
        lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
        line.clear();
    }
    let success = child.wait().map_err(trouble)?.success();
    Ok(Ran { success, lines })
}

/// Runs a program whose success everything after it needs.
///
/// # Errors
/// [`Trouble::Program`], or [`Trouble::Step`] when it fails.
pub fn required(command: Command) -> Result<(), Trouble> {
    let spelled = spelled(&command);
    if streamed(command)?.success { Ok(()) } else { Err(Trouble::Step(spelled)) }
}

/// What a program writes to its standard output; none when it is missing or fails.
pub fn answer(mut command: Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn spelled(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
