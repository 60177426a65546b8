//! The program from outside: whenever it is told to end, nothing of it is left.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a failed test says so")]

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

fn demo(temporary: &Path, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kairan-demo"))
        .args(["--port", "0", "--no-open", "--small"])
        .args(more)
        .env("TMPDIR", temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn interrupt(child: &Child) {
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
}

fn entries(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

fn ended(mut child: Child) -> String {
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(status.success(), "{status}: {said}");
    said
}

/// Waits for the line with the address, and gives it.
fn address(child: &mut Child) -> String {
    let out = BufReader::new(child.stdout.take().unwrap());
    let line = out.lines().map(Result::unwrap).find(|line| line.contains("/?token="));
    line.expect("an address")
}

#[test]
fn told_to_end_while_the_town_is_being_made_or_while_the_page_is_open_nothing_is_left() {
    let temporary = tempfile::tempdir().unwrap();
    // As soon as it has made anything; with its database begun; and with the page open.
    for wanted in ["", "district"] {
        let child = demo(temporary.path(), &[]);
        let begun = Instant::now();
        while !entries(temporary.path())
            .iter()
            .any(|made| wanted.is_empty() || temporary.path().join(made).join(wanted).exists())
        {
            assert!(begun.elapsed() < Duration::from_mins(1), "nothing was made");
            std::thread::yield_now();
        }
        interrupt(&child);
        ended(child);
        assert!(entries(temporary.path()).is_empty(), "{wanted}: {:?}", entries(temporary.path()));
    }
    let mut child = demo(temporary.path(), &[]);
    address(&mut child);
    assert_eq!(entries(temporary.path()).len(), 1);
    interrupt(&child);
    ended(child);
    assert!(entries(temporary.path()).is_empty(), "{:?}", entries(temporary.path()));
}

#[test]
fn a_start_that_fails_leaves_nothing_and_says_what_to_do() {
    let temporary = tempfile::tempdir().unwrap();
    let occupied = temporary.path().join("file");
    std::fs::write(&occupied, "not a folder").unwrap();
    let mut child = demo(temporary.path(), &["--keep", occupied.to_str().unwrap()]);
    assert!(!child.wait().unwrap().success());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.lines().count() >= 2, "what happened and what to do: {said}");
    assert_eq!(entries(temporary.path()), ["file"]);
}

#[test]
fn what_is_kept_is_there_after_the_end_and_is_gone_on_with() {
    let temporary = tempfile::tempdir().unwrap();
    let kept = temporary.path().join("kept");
    for _ in 0..2 {
        let mut child = demo(temporary.path(), &["--keep", kept.to_str().unwrap()]);
        address(&mut child);
        interrupt(&child);
        ended(child);
        assert_eq!(entries(temporary.path()), ["kept"]);
        assert!(kept.join("town.json").exists() && kept.join("district/kairan.db").exists());
    }
}
