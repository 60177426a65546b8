//! The program itself: its exit codes, what it prints, and its end by a signal.

use crate::{disk::SmallDisk, house::DISTRICT};
use kairan_server::{journal::Journals, sheet::Sheet};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::PermissionsExt,
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
    assert!(sheets.iter().all(|sheet| sheet.to.household_id.is_some()));

    let granted = run(&["grant-role", "--person", "田中 ウメ", "--group", "1班", "--kind", "block_leader"], &data);
    assert!(granted.status.success(), "{}", text(&granted.stderr));
    let misplaced = run(&["grant-role", "--person", "田中 ウメ", "--group", "1班", "--kind", "chair"], &data);
    assert_eq!(misplaced.status.code(), Some(1));
    assert!(text(&misplaced.stderr).contains("wrong_place"));

    let (name, number) = ("地域包括支援センター みどり", "03-0000-0000");
    let offered = run(&["support", "--group", "みどり市", "--name", name, "--telephone", number], &data);
    assert!(offered.status.success(), "{}", text(&offered.stderr));
    assert!(run(&["support", "--group", "みどり市", "--none"], &data).status.success());
    let without = run(&["support", "--group", "みどり市", "--name", name], &data);
    assert_eq!(without.status.code(), Some(2), "a name without a number");

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

/// Runs the program with a passphrase, or whatever it asks for, on stdin.
fn run_told(arguments: &[&str], answer: &str) -> Output {
    let mut program =
        program().args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    program.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
    program.wait_with_output().unwrap()
}

fn set_up(temporary: &Path) -> String {
    let (file, data) = (temporary.join("district.toml"), temporary.join("data"));
    fs::write(&file, DISTRICT).unwrap();
    assert!(run(&["set-up", file.to_str().unwrap()], &data).status.success());
    data.to_str().unwrap().to_owned()
}

#[test]
fn from_a_lost_machine_to_a_restored_one_by_passphrase() {
    let temporary = tempfile::tempdir().unwrap();
    let path = |name: &str| temporary.path().join(name).to_str().unwrap().to_owned();
    let data = set_up(temporary.path());
    fs::write(path("passphrase"), "みどりの風と青い空のまち\n").unwrap();
    let (file, passphrase) = (path("kairan.age"), path("passphrase"));
    let made = program().args(["backup", "--data", &data, "--to", &file, "--passphrase-file", &passphrase]).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));

    let verified = run_told(&["verify", &file], "みどりの風と青い空のまち\n");
    assert!(verified.status.success(), "{}", text(&verified.stderr));
    assert!(text(&verified.stdout).contains("is whole: みどり市"), "{}", text(&verified.stdout));
    let wrong = run_told(&["verify", &file], "みどりの風と青い空のむら\n");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("--passphrase-file"), "{}", text(&wrong.stderr));
    let none = run_told(&["verify", &file], "");
    assert_eq!(none.status.code(), Some(2));
    let short = run_told(&["backup", "--data", &data, "--to", &file], "みどり\n");
    assert_eq!(short.status.code(), Some(2));

    let new = path("new");
    let restore = ["restore", &file, "--data", &new, "--address", "new.example.jp:8443"];
    let restored = run_told(&restore, "みどりの風と青い空のまち");
    assert!(restored.status.success(), "{}", text(&restored.stderr));
    let said = text(&restored.stdout);
    for part in [
        "is restored in",
        "k2-",
        "new.example.jp:8443",
        "1 open in the backup, void now",
        "open-desks --data",
        "serve --data",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let again = run_told(&restore, "みどりの風と青い空のまち");
    assert_eq!(again.status.code(), Some(3), "a folder that holds anything is left alone");
    assert!(run(&["check"], Path::new(&new)).status.success());
    assert!(run(&["open-desks"], Path::new(&new)).status.success());
    assert!(run(&["check"], Path::new(&new)).status.success());
}

#[test]
fn a_recovery_key_is_made_once_and_opens_what_was_made_for_it() {
    let temporary = tempfile::tempdir().unwrap();
    let path = |name: &str| temporary.path().join(name).to_str().unwrap().to_owned();
    let (data, sheet) = (set_up(temporary.path()), path("sheet.txt"));
    let made = program().args(["recovery-key", "--to", &sheet]).output().unwrap();
    assert!(made.status.success());
    assert!(!text(&made.stdout).contains("AGE-SECRET-KEY"), "not into a log");
    let printed = fs::read_to_string(&sheet).unwrap();
    assert_eq!(fs::metadata(&sheet).unwrap().permissions().mode() & 0o777, 0o600);
    let twice = program().args(["recovery-key", "--to", &sheet]).output().unwrap();
    assert_eq!(twice.status.code(), Some(3));
    assert_eq!(fs::read_to_string(&sheet).unwrap(), printed);

    let recipient = text(&made.stdout).split_whitespace().find(|word| word.starts_with("age1")).unwrap().to_owned();
    for (place, recipient) in [&recipient, &sheet].into_iter().enumerate() {
        let file = path(&format!("{place}.age"));
        let made =
            program().args(["backup", "--data", &data, "--to", &file, "--recipient", recipient]).output().unwrap();
        assert!(made.status.success(), "{}", text(&made.stderr));
        let by_file = program().args(["verify", &file, "--recovery-key", &sheet]).output().unwrap();
        assert!(by_file.status.success(), "{}", text(&by_file.stderr));
        let typed = printed.lines().find(|line| line.contains("AGE-SECRET-KEY")).unwrap();
        assert!(run_told(&["verify", &file], &typed.to_lowercase()).status.success());
    }
}

#[test]
fn a_backup_interrupted_from_the_keyboard_leaves_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let data = set_up(temporary.path());
    let file = temporary.path().join("kairan.age");
    let mut backup = program()
        .args(["backup", "--data", &data, "--to", file.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // It reads the passphrase, and works out its key for about a second; the lock says that it has begun.
    backup.stdin.take().unwrap().write_all("みどりの風と青い空のまち\n".as_bytes()).unwrap();
    while !Path::new(&data).join("copying.lock").exists() {
        assert!(backup.try_wait().unwrap().is_none(), "it ended before it began");
        std::thread::yield_now();
    }
    let told = Command::new("kill").args(["-INT", &backup.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(backup.wait().unwrap().code(), Some(130));
    assert!(!file.exists() && !temporary.path().join("kairan.age.part").exists());
    assert!(!Path::new(&data).join("copying").exists());
}

#[test]
fn a_full_disk_of_the_journal_is_told_and_made_up_for() {
    let Some(disk) = SmallDisk::mount(256) else { return };
    let temporary = tempfile::tempdir().unwrap();
    let data = set_up(temporary.path());
    let place = disk.path().join("journal");
    fs::create_dir(&place).unwrap();
    let mut server = program()
        .args(["serve", "--data", &data, "--listen", "127.0.0.1:0", "--journal", place.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.next().unwrap().starts_with("listening on"));
    let post = |title: &str| {
        run(&["post", "--from", "緑ヶ丘町内会", "--title", title, "--text", "公園にて"], Path::new(&data))
    };
    disk.fill();
    let full = post("清掃");
    assert_eq!(full.status.code(), Some(1));
    assert!(text(&full.stderr).contains("it is done") && text(&full.stderr).contains("Do not do it again"));
    disk.clear();
    assert!(post("防災訓練").status.success());
    let told = Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert!(told.success() && server.wait().unwrap().success());
    let file = fs::read_dir(&place).unwrap().next().unwrap().unwrap().path();
    let written = fs::read_to_string(file).unwrap();
    let titles: Vec<bool> = written.lines().map(|line| line.contains("清掃")).collect();
    assert_eq!(titles, [true, false], "{written}");

    // The place is remembered, for the command line alone too.
    assert!(post("もちつき").status.success());
    assert_eq!(Journals::read(&place).unwrap().entries().len(), 3);
    fs::rename(&place, disk.path().join("pulled out")).unwrap();
    let missing = post("初詣");
    assert!(text(&missing.stderr).contains("--journal"), "{}", text(&missing.stderr));
}

#[test]
fn a_roster_is_kept_by_names_from_the_command_line() {
    let temporary = tempfile::tempdir().unwrap();
    let data = set_up(temporary.path());
    let data = Path::new(&data);
    let does = |arguments: &[&str]| {
        let done = run(arguments, data);
        assert!(done.status.success(), "{arguments:?}: {}", text(&done.stderr));
        text(&done.stdout)
    };
    let family = ["--person", "木下 進/きのした すすむ", "--person", "木下 由美"];
    assert!(
        does(&[&["add-household", "--block", "1班", "--name", "木下/きのした"], &family[..]].concat())
            .starts_with("added: g")
    );
    assert!(does(&["add-person", "--household", "木下", "--name", "木下 ハル"]).starts_with("added: p"));
    does(&["correct", "木下 ハル", "--name", "木下 はる"]);
    does(&["correct", "木下 はる", "--reading", "きのした はる"]);
    does(&["split", "--from", "木下", "--name", "木下（離れ）", "--block", "1班", "--person", "木下 進"]);
    does(&["move-person", "--person", "木下 はる", "--to", "木下（離れ）"]);
    does(&["same-person", "--person", "木下 進", "--twice", "木下 はる"]);
    does(&["merge", "--from", "木下", "--into", "木下（離れ）"]);
    does(&["depart", "木下 由美", "--why", "moved_out"]);
    for gone in ["木下", "木下 由美", "木下 はる"] {
        assert_eq!(run(&["find", gone], data).status.code(), Some(1), "{gone}");
    }
    assert!(does(&["find", "木下 進"]).starts_with("person"));
    let nothing = run(&["correct", "木下 進"], data);
    assert_eq!(nothing.status.code(), Some(2), "a correction corrects something");
    assert!(does(&["check"]).lines().all(|line| line.starts_with("good")));
}
