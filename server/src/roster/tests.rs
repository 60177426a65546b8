//! Rosters made by somebody who had not seen this importer, each with what a careful officer expects, record by record.

use super::*;
use serde_json::{Value, json};
use std::{fmt::Write as _, fs, path::Path};

fn column(column: Column) -> &'static str {
    match column {
        Column::Block => "block",
        Column::Head => "head",
        Column::Name => "name",
        Column::Reading => "reading",
        Column::Family => "family",
        Column::Relation => "relation",
        Column::Telephone => "telephone",
        Column::Role => "role",
        Column::Note => "note",
        Column::Delivery => "delivery",
        Column::Address => "address",
        Column::Number => "number",
        Column::HouseholdNumber => "household_number",
        Column::PersonNumber => "person_number",
        Column::Ignored => "ignored",
    }
}

fn with(mut value: Value, more: &[(&str, Option<&String>)]) -> Value {
    for (key, said) in more.iter().filter_map(|(key, said)| Some((key, (*said)?))) {
        value[*key] = json!(said);
    }
    value
}

fn member(member: &Member) -> Value {
    let named = json!({ "name": member.name });
    with(named, &[("reading", member.reading.as_ref()), ("relation", member.relation.as_ref())])
}

/// A line as the expectations write it.
fn told(line: &Line) -> Value {
    let plain = |is: &str| json!({ "record": line.record, "is": is });
    match &line.meaning {
        Meaning::Title => plain("title"),
        Meaning::Header => plain("header"),
        Meaning::Blank => plain("blank"),
        Meaning::Total => plain("total"),
        Meaning::Vacant => plain("vacant"),
        Meaning::RepeatedHeader => plain("repeated_header"),
        Meaning::Remark => plain("remark"),
        Meaning::Doubtful(_) => plain("doubtful"),
        Meaning::Duplicate { of } => json!({ "record": line.record, "is": "duplicate", "of": of }),
        Meaning::Home(home) => {
            let people: Vec<Value> = home.people.iter().map(member).collect();
            let told = json!({
                "record": line.record, "is": "home", "block": home.block, "household": home.household,
                "people": people, "paper": home.paper, "roles": home.roles,
            });
            with(told, &[("telephone", home.telephone.as_ref()), ("note", home.note.as_ref())])
        }
        Meaning::Person { belongs_to, member: person, roles, telephone, note } => {
            let mut told = member(person);
            told["record"] = json!(line.record);
            told["is"] = json!("person");
            told["belongs_to"] = json!(belongs_to);
            told["roles"] = json!(roles);
            with(told, &[("telephone", telephone.as_ref()), ("note", note.as_ref())])
        }
    }
}

/// What an expectation says of a line, without the words of its author.
fn wanted(mut record: Value) -> Value {
    if let Some(record) = record.as_object_mut() {
        record.remove("why");
        if record.get("is") == Some(&json!("person")) {
            record.entry("roles").or_insert_with(|| json!([]));
        }
    }
    record
}

fn differences(name: &str, reading: &Reading, expected: &Value) -> String {
    let encoding = match reading.encoding {
        Encoding::Utf8 => "utf-8",
        Encoding::Utf8Marked => "utf-8-bom",
        Encoding::Cp932 => "cp932",
    };
    let newline = match reading.newline {
        Newline::Lf => "lf",
        Newline::CrLf => "crlf",
        Newline::Cr => "cr",
    };
    let shape = match reading.shape {
        Shape::Household => "household",
        Shape::Person => "person",
    };
    let columns: Vec<Value> = reading.columns.iter().map(|(written, it)| json!([written, column(*it)])).collect();
    let mut differ = String::new();
    for (key, read) in [
        ("encoding", json!(encoding)),
        ("newline", json!(newline)),
        ("header_line", json!(reading.header)),
        ("shape", json!(shape)),
        ("columns", json!(columns)),
    ] {
        if expected[key] != read {
            let _ = writeln!(differ, "{name}, {key}: {read}, not {}", expected[key]);
        }
    }
    let records = expected["records"].as_array().unwrap();
    assert_eq!(reading.lines.len(), records.len(), "{name}: every record has a line");
    for (line, record) in reading.lines.iter().zip(records) {
        let (told, wanted) = (told(line), wanted(record.clone()));
        if told != wanted {
            let _ = writeln!(differ, "{name}, record {}:\n  {told}\n  {wanted}\n  {:?}", line.record, line.meaning);
        }
    }
    differ
}

#[test]
fn every_roster_is_understood_as_a_careful_officer_would() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rosters");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "csv"));
    files.sort();
    assert!(files.len() >= 12, "{}", files.len());
    let mut differ = String::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let expected: Value = serde_json::from_slice(&fs::read(file.with_extension("expected.json")).unwrap()).unwrap();
        let reading = read(&fs::read(&file).unwrap()).unwrap();
        differ += &differences(&name, &reading, &expected);
        let summary = json!([reading.homes().len(), reading.blocks().len()]);
        assert_eq!(summary, json!([expected["summary"]["households"], expected["summary"]["blocks"]]), "{name}");
    }
    assert!(differ.is_empty(), "{differ}");
}

#[test]
fn a_roster_of_twenty_thousand_homes_is_read_home_by_home() {
    const HOMES: usize = 20_000;
    const BLOCK: usize = 50;
    let mut text = String::from("班,世帯主,家族,配布\r\n");
    for home in 0..HOMES {
        let paper = if home % 3 == 0 { "紙" } else { "" };
        let _ = write!(text, "{}班,見本{home} 甲,乙・丙,{paper}\r\n", home / BLOCK + 1);
    }
    let reading = read(text.as_bytes()).unwrap();
    let homes = reading.homes();
    assert_eq!((homes.len(), reading.blocks().len()), (HOMES, HOMES / BLOCK));
    assert_eq!(homes.iter().map(|(_, home)| home.people.len()).sum::<usize>(), 3 * HOMES);
    assert_eq!(homes.iter().filter(|(_, home)| home.paper).count(), HOMES.div_ceil(3));
    assert!(reading.lines.iter().all(|line| !matches!(line.meaning, Meaning::Doubtful(_))));
}

#[test]
fn what_is_no_roster_is_said_to_be_none() {
    assert_eq!(read("日付,金額\n4月1日,300\n".as_bytes()).unwrap_err(), Unreadable::NoHeader);
    assert_eq!(read(b"").unwrap_err(), Unreadable::NoHeader);
    assert_eq!(read(b"\xff\xff\xff\n").unwrap_err(), Unreadable::Encoding { line: 1 });
}

/// The rows of headers.md: header as written, kind, files.
fn headers_told() -> Vec<(String, String, Vec<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rosters/headers.md");
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| kind"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let written = cells[1].replace('⏎', "\n").replace('␣', " ").replace('□', "\u{3000}");
        (written, cells[0].to_owned(), cells[2].split(", ").map(str::to_owned).collect())
    };
    rows.map(row).collect()
}

#[test]
fn every_header_the_table_names_stands_in_the_file_it_names() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rosters");
    let files: Vec<(String, Reading)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "csv"))
        .map(|path| {
            let number = path.file_stem().unwrap().to_string_lossy().split('-').next().unwrap().to_owned();
            (number, read(&fs::read(path).unwrap()).unwrap())
        })
        .collect();
    let composed = |text: &str| text.replace("か\u{3099}", "が");
    let mut told = 0;
    for (written, kind, numbers) in headers_told() {
        for number in numbers {
            let (_, reading) = files.iter().find(|(known, _)| *known == number).unwrap();
            let stands = reading
                .columns
                .iter()
                .any(|(header, it)| composed(header) == composed(&written) && column(*it) == kind);
            assert!(stands, "{written:?} ({kind}) is not in file {number}: {:?}", reading.columns);
            told += 1;
        }
    }
    let named: usize =
        files.iter().map(|(_, reading)| reading.columns.iter().filter(|(header, _)| !header.is_empty()).count()).sum();
    assert_eq!(told, named, "every header of every file is in the table");
}

#[test]
fn every_variant_the_issue_names_is_in_the_table() {
    let told = headers_told();
    for (word, kind) in [
        ("班", "block"),
        ("組", "block"),
        ("世帯主", "head"),
        ("氏名", "name"),
        ("名前", "name"),
        ("ふりがな", "reading"),
        ("フリガナ", "reading"),
        ("家族", "family"),
        ("同居", "family"),
        ("続柄", "relation"),
        ("電話", "telephone"),
        ("TEL", "telephone"),
        ("役職", "role"),
        ("役", "role"),
        ("備考", "note"),
        ("配布", "delivery"),
    ] {
        let held = told.iter().find(|(written, known, _)| written == word && known == kind);
        assert!(held.is_some_and(|(_, _, files)| !files.is_empty()), "{word}");
    }
}
