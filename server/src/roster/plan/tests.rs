//! Plans against an association in memory: the changes are carried out as the ops they come to.

mod again;
mod exported;
mod next_year;

use super::*;
use crate::{
    held::{Contact, Held, HeldBlock, HeldHome, HeldPerson, HeldRole},
    roster::{Reading, commands, read},
};
use kairan_protocol::{
    id::{GroupId, PersonId, Rev},
    notice::Change as Patch,
    op::Command,
    people::Newcomer,
};
use std::{fs, path::Path};

const ASSOCIATION: GroupId = GroupId::from_number(1);

/// An association without anybody.
fn nobody() -> Held {
    Held { association: ASSOCIATION, name: "緑ヶ丘町内会".to_owned(), blocks: Vec::new() }
}

fn reading(text: &str) -> Reading {
    read(text.as_bytes()).unwrap()
}

fn everything() -> Settings {
    Settings { with_telephone: true, with_note: true, block: None }
}

/// Imports and answers every question in the same way.
fn answering(held: &Held, reading: &Reading, say: Answer) -> (Plan, Answers) {
    let mut answers = Answers::default();
    loop {
        let planned = plan(held, reading, &everything(), &answers);
        let Some(question) = planned.questions.iter().find(|question| !question.later) else {
            return (planned, answers);
        };
        answers.give(question.key.clone(), say);
    }
}

/// The rosters somebody made who had not seen the importer.
fn files() -> Vec<(String, Reading)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rosters");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "csv"));
    files.sort();
    let named = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (named(path), read(&fs::read(path).unwrap()).unwrap())).collect()
}

fn person(newcomer: Newcomer) -> HeldPerson {
    HeldPerson {
        id: newcomer.person,
        name: newcomer.name,
        reading: newcomer.reading,
        rev: Rev::FIRST,
        roles: Vec::new(),
    }
}

fn home_of(held: &mut Held, id: GroupId) -> &mut HeldHome {
    held.blocks.iter_mut().flat_map(|block| &mut block.homes).find(|home| home.id == id).unwrap()
}

fn taken_out(held: &mut Held, id: PersonId) -> HeldPerson {
    let mut out = None;
    for block in &mut held.blocks {
        for home in &mut block.homes {
            if let Some(place) = home.people.iter().position(|person| person.id == id) {
                out = Some(home.people.remove(place));
            }
        }
        block.homes.retain(|home| !home.people.is_empty());
    }
    out.unwrap()
}

/// The association after an import.
fn carried_out(held: &Held, changes: &[Change]) -> Held {
    let mut held = held.clone();
    let work = commands::work(ASSOCIATION, changes).unwrap();
    for command in work.commands {
        carry_out(&mut held, command);
    }
    for (home, contact) in work.contacts {
        home_of(&mut held, home).contact = contact;
    }
    for block in &mut held.blocks {
        block.homes.retain(|home| !home.people.is_empty());
    }
    held
}

fn carry_out(held: &mut Held, command: Command) {
    match command {
        Command::AddBlock { group, name, .. } => held.blocks.push(HeldBlock { id: group, name, homes: Vec::new() }),
        Command::AddHousehold { household, block, name, reading, paper, people, .. } => {
            let people = people.into_iter().map(person).collect();
            let contact = Contact::default();
            let home = HeldHome { id: household, name, reading, rev: Rev::FIRST, paper, people, contact };
            held.blocks.iter_mut().find(|known| known.id == block).unwrap().homes.push(home);
        }
        Command::AddPerson { household, newcomer } => home_of(held, household).people.push(person(newcomer)),
        Command::MoveHousehold { household, to } => {
            let home = home_of(held, household).clone();
            held.blocks.iter_mut().for_each(|block| block.homes.retain(|home| home.id != household));
            held.blocks.iter_mut().find(|block| block.id == to).unwrap().homes.push(home);
        }
        Command::MovePerson { person, to } => {
            let to = home_of(held, to).clone();
            let mover = taken_out(held, person);
            match held.blocks.iter_mut().flat_map(|block| &mut block.homes).find(|home| home.id == to.id) {
                Some(home) => home.people.push(mover),
                // It was made empty a moment ago, for the one who moves in.
                None => held.blocks.last_mut().unwrap().homes.push(HeldHome { people: vec![mover], ..to }),
            }
        }
        Command::CorrectHousehold { household, seen, name, reading, .. } => {
            let home = home_of(held, household);
            assert_eq!(home.rev, seen);
            home.rev = seen.next();
            home.name = name.unwrap_or_else(|| home.name.clone());
            if let Patch::Set(reading) = reading {
                home.reading = Some(reading);
            }
        }
        Command::CorrectPerson { person, seen, name, reading } => {
            let homes = held.blocks.iter_mut().flat_map(|block| &mut block.homes);
            let known = homes.flat_map(|home| &mut home.people).find(|known| known.id == person).unwrap();
            assert_eq!(known.rev, seen);
            known.rev = seen.next();
            known.name = name.unwrap_or_else(|| known.name.clone());
            if let Patch::Set(reading) = reading {
                known.reading = Some(reading);
            }
        }
        Command::GrantRole { person, group, kind, .. } => {
            let homes = held.blocks.iter_mut().flat_map(|block| &mut block.homes);
            let known = homes.flat_map(|home| &mut home.people).find(|known| known.id == person).unwrap();
            known.roles.push(HeldRole { kind, group });
        }
        Command::Depart { person, .. } => {
            taken_out(held, person);
        }
        Command::SetPaper { household, paper } => home_of(held, household).paper = paper,
        other => panic!("no import asks for {other:?}"),
    }
}

/// Homes as a person would write them down: block, home, people.
fn written_down(held: &Held) -> Vec<String> {
    let homes = held.blocks.iter().flat_map(|block| block.homes.iter().map(move |home| (block, home)));
    let line = |(block, home): (&HeldBlock, &HeldHome)| {
        let people: Vec<&str> = home.people.iter().map(|person| person.name.as_str()).collect();
        format!("{} {}: {}", block.name, home.name, people.join("、"))
    };
    homes.map(line).collect()
}
