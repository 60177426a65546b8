//! Everything that is shown by the name the core gives it has its words, and everything the screens ask for is there.
#![allow(clippy::unwrap_used, reason = "a failed test says so")]

use kairan_protocol::{op::Command, refusal::Refusal, wire::ProblemCode};
use kairan_words::{book::Book, check, used::Used};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn book() -> Book {
    Book::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_default()
}

/// The sources of a folder with one of these endings, those of tests aside.
fn sources(folder: &Path, endings: &[&str], found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            sources(&path, endings, found);
        } else if endings.iter().any(|ending| path.extension().is_some_and(|own| own == *ending)) {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
}

fn lacking<'a>(table: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let book = book();
    let wanted = names.into_iter().map(|name| format!("{table}.{name}"));
    wanted.filter(|name| !book.entries.contains_key(name)).collect()
}

/// What a source says between `before` and the next quote.
fn between<'a>(source: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    source.split(before).skip(1).filter_map(|rest| rest.split('"').next())
}

#[test]
fn every_text_keeps_the_rules() {
    assert!(book().entries.len() > 100);
    assert_eq!(check::mistakes(&book()).iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn every_refusal_and_every_problem_is_explained() {
    let refusals = Refusal::ALL.iter().copied().chain([Refusal::Other]).map(Refusal::code);
    assert_eq!(lacking("codes", refusals), Vec::<String>::new());
    let book = book();
    let unexplained = |code: &&str| {
        let named = |name: String| book.entries.contains_key(&name);
        !named(format!("codes.{code}")) && !named(format!("codes.problem_{code}"))
    };
    let problems: Vec<&str> = ProblemCode::ALL.iter().map(|code| code.code()).filter(unexplained).collect();
    assert_eq!(problems, Vec::<&str>::new());
}

#[test]
fn every_code_of_the_phone_itself_is_explained() {
    let mut core = Vec::new();
    sources(&repository().join("core/src"), &["rs"], &mut core);
    let whole = core.join("\n");
    let mut codes = BTreeSet::new();
    for before in ["problem: \"", "        code: \"", "const ON_THE_WIRE: &str = \"", "const LATER: &str = \""] {
        codes.extend(between(&whole, before));
    }
    codes.extend(between(&whole, "const HANDING_BACK: &str = \""));
    codes.insert("unsupported");
    let error = fs::read_to_string(repository().join("core/src/error.rs")).unwrap();
    let code = error.split("pub fn code(&self)").nth(1).unwrap().split("\n    }\n").next().unwrap();
    codes.extend(between(code, "=> \""));
    for known in ["on_the_wire", "later", "handing_back", "another_identity", "not_joined", "unknown_call"] {
        assert!(codes.contains(known), "{known}");
    }
    assert_eq!(lacking("codes", codes), Vec::<String>::new());
}

#[test]
fn every_op_has_its_word() {
    assert_eq!(lacking("terms.op", Command::WORDS.iter().copied()), Vec::<String>::new());
}

/// 「CaseState」 is `case_state`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The variants of the enum whose body begins here.
fn variants(body: &str) -> Vec<String> {
    let end = [body.find("\n    }\n"), body.find("\n}\n")].into_iter().flatten().min().unwrap();
    let lines = body[..end].lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with("#["));
    lines.filter_map(|line| line.strip_suffix(',')).map(snake).collect()
}

#[test]
fn every_closed_set_of_the_core_has_its_words() {
    let records = repository().join("core/src/records");
    let words = fs::read_to_string(records.join("words.rs")).unwrap();
    let mut sets = 0;
    for line in words.lines() {
        let Some((name, theirs)) = line.trim().split_once(" of ") else { continue };
        if name.starts_with('/') || name.starts_with('$') || !theirs.ends_with(" {") {
            continue;
        }
        let names = variants(words.split(line).nth(1).unwrap());
        assert!(!names.is_empty(), "{name}");
        let table = format!("terms.{}", snake(name));
        assert_eq!(lacking(&table, names.iter().map(String::as_str)), Vec::<String>::new());
        sets += 1;
    }
    assert!(sets >= 10, "{sets}");
    for (file, name, table, part) in [
        ("person.rs", "pub enum OpState {", "terms.op_state", ""),
        ("desk.rs", "pub enum SentState {", "desk.sent_state", ""),
        ("alert.rs", "pub enum AlertKind {", "terms.alert_kind", ""),
        ("practice.rs", "pub enum PracticeTask {", "practice.task", ".title"),
    ] {
        let source = fs::read_to_string(records.join(file)).unwrap();
        let names = variants(source.split(name).nth(1).unwrap());
        assert!(names.len() > 1, "{name}");
        let names: Vec<String> = names.into_iter().map(|name| format!("{name}{part}")).collect();
        assert_eq!(lacking(table, names.iter().map(String::as_str)), Vec::<String>::new());
    }
}

/// What the pages of the browser ask for.
fn asked_for(book: &Book) -> Used {
    let mut used = Used::default();
    for folder in ["web", "demo/stage"] {
        let mut pages = Vec::new();
        sources(&repository().join(folder), &["js", "html"], &mut pages);
        // The generated words name themselves.
        for page in pages.iter().filter(|page| !page.contains(kairan_words::write::GENERATED)) {
            used.read(book, page);
        }
    }
    used
}

#[test]
fn every_word_the_pages_ask_for_is_there() {
    let book = book();
    assert_eq!(asked_for(&book).missing(&book), Vec::<&str>::new());
}

/// What is settled for screens that are still to come.
const TO_COME: [&str; 3] = ["join.check_question", "join.offline", "notice.offline"];

#[test]
fn every_word_is_asked_for_by_somebody() {
    let book = book();
    let wanted = kairan_words::phone::WANTED;
    // Codes and closed sets are looked up by the name the core gives them.
    let tables = ["codes", "terms"].iter().chain(wanted.names).chain(wanted.by_name);
    let tables: Vec<&str> = tables.copied().collect();
    let below = |name: &str, table: &str| name == table || name.starts_with(&format!("{table}."));
    let used = asked_for(&book);
    let unused = used.unused(&book).into_iter();
    let unused = unused.filter(|name| !TO_COME.contains(name) && !tables.iter().any(|table| below(name, table)));
    assert_eq!(unused.collect::<Vec<_>>(), Vec::<&str>::new());
}
