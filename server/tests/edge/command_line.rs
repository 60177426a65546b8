//! The program itself: its exit codes, what it prints, and its end by a signal.

use crate::house::DISTRICT;
use kairan_server::sheet::Sheet;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Output, Stdio},
};

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_kairan-server"));
    program.env_remove("KAIRAN_LOG");
    program
}

fn run(arguments: &[&str], data: &Path) -> Output {
    program().args(arguments).arg("--data").arg(data).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn from_an_empty_disk_to_invitations_for_every_home() {
    let temporary = tempfile::tempdir().unwrap();
    let (file, data) = (temporary.path().join("district.toml"), temporary.path().join("data"));
    fs::write(&file, DISTRICT).unwrap();
    let file = file.to_str().unwrap();

    let made = run(&["set-up", file], &data);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("参加のご案内") && text(&made.stdout).contains("kairan://join?"));
    let twice = run(&["set-up", file], &data);
    assert_eq!(twice.status.code(), Some(3));
    assert!(text(&twice.stderr).contains("holds data already"));

    let invited = run(&["invite", "--all", "--json"], &data);
    let sheets: Vec<Sheet> = serde_json::from_slice(&invited.stdout).unwrap();
    assert_eq!(sheets.len(), 2);
    assert!(sheets.iter().all(|sheet| sheet.household_id.is_some()));

    let granted = run(&["grant-role", "--person", "田中 ウメ", "--group", "1班", "--kind", "block_leader"], &data);
    assert!(granted.status.success(), "{}", text(&granted.stderr));
    let misplaced = run(&["grant-role", "--person", "田中 ウメ", "--group", "1班", "--kind", "chair"], &data);
    assert_eq!(misplaced.status.code(), Some(1));
    assert!(text(&misplaced.stderr).contains("wrong_place"));

    let checked = run(&["check"], &data);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
}

#[test]
fn a_mistake_in_the_file_is_named_with_what_to_do() {
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("district.toml");
    fs::write(&file, DISTRICT.replace("kind = \"chair\"", "kind = \"king\"")).unwrap();
    let made = run(&["set-up", file.to_str().unwrap()], &temporary.path().join("data"));
    assert_eq!(made.status.code(), Some(2));
    let said = text(&made.stderr);
    assert!(
        said.contains("district.toml, line") && said.contains("role.kind") && said.contains("Write one of"),
        "{said}"
    );
}

#[test]
fn a_folder_without_a_district_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let served = run(&["serve"], temporary.path());
    assert_eq!(served.status.code(), Some(1));
    assert!(text(&served.stderr).contains("holds no district"));
}

#[test]
fn the_sample_serves_says_how_to_join_and_is_gone_after_a_signal() {
    let mut server = program()
        .args(["serve", "--sample", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.next().unwrap().starts_with("listening on https://127.0.0.1:"));
    let said: Vec<String> = lines.by_ref().take_while(|line| !line.contains("gone when")).collect();
    assert_eq!(said.iter().filter(|line| line.contains("kairan://join?a=127.0.0.1:")).count(), 3);
    let folder = said.iter().find_map(|line| line.split_once("--data ")?.1.split(' ').next()).unwrap().to_owned();
    assert!(Path::new(&folder).join("kairan.db").exists());

    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert!(server.wait().unwrap().success());
    assert!(!Path::new(&folder).exists());
}
