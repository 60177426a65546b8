//! Who lives where is what somebody asked for: every arrival, move and departure is in the histories at its commit, and of names
//! what was said last stands.

use super::{effects::applied, ops::judged};
use crate::convergence::world::World;
use kairan_protocol::{
    case::Support,
    id::{GroupId, PersonId},
    notice::Change,
    op::Command,
};
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::{BTreeMap, BTreeSet};

/// A person as the machine knows them.
#[derive(Debug)]
struct Known {
    name: String,
    reading: Option<String>,
    gone: bool,
    same: Option<i64>,
    erased: bool,
}

/// A home as the machine knows it.
#[derive(Debug)]
struct Home {
    name: String,
    reading: Option<String>,
    closed: bool,
    merged: Option<i64>,
    erased: bool,
}

/// What the machine's tables say.
struct Books {
    people: BTreeMap<i64, Known>,
    homes: BTreeMap<i64, Home>,
    /// Of a person: from which commit, until which, where.
    residences: BTreeMap<i64, Vec<(i64, Option<i64>, i64)>>,
}

impl Books {
    fn open(database: &Connection) -> Self {
        let mut select = database.prepare("SELECT id, name, reading, gone, same, erased FROM person").unwrap();
        let people = select.query_map([], |row| {
            let gone = row.get::<_, Option<i64>>(3)?.is_some();
            let (name, reading, same, erased) = (row.get(1)?, row.get(2)?, row.get(4)?, row.get(5)?);
            Ok((row.get(0)?, Known { name, reading, gone, same, erased }))
        });
        let people = people.unwrap().map(Result::unwrap).collect();
        let sql = "SELECT id, name, reading, closed, merged, erased FROM grp WHERE kind = 'household'";
        let mut select = database.prepare(sql).unwrap();
        let homes = select.query_map([], |row| {
            let closed = row.get::<_, Option<i64>>(3)?.is_some();
            let (name, reading, merged, erased) = (row.get(1)?, row.get(2)?, row.get(4)?, row.get(5)?);
            Ok((row.get(0)?, Home { name, reading, closed, merged, erased }))
        });
        let homes = homes.unwrap().map(Result::unwrap).collect();
        let sql = "SELECT person, from_commit, until_commit, household FROM residence ORDER BY person, from_commit";
        let mut select = database.prepare(sql).unwrap();
        let rows = select.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)))).unwrap();
        let mut residences: BTreeMap<i64, Vec<_>> = BTreeMap::new();
        for (person, residence) in rows.map(Result::unwrap) {
            residences.entry(person).or_default().push(residence);
        }
        Self { people, homes, residences }
    }

    fn of(&self, person: i64) -> &[(i64, Option<i64>, i64)] {
        self.residences.get(&person).map_or(&[], Vec::as_slice)
    }

    /// Whether one home is another, or was merged into it.
    fn leads(&self, from: i64, to: i64) -> bool {
        let mut next = Some(from);
        for _ in 0..12 {
            match next {
                Some(home) if home == to => return true,
                Some(home) => next = self.homes.get(&home).and_then(|home| home.merged),
                None => break,
            }
        }
        false
    }
}

/// What was said last of a name and its ふりがな.
#[derive(Debug, Default)]
struct Said {
    name: Option<String>,
    reading: Change<String>,
}

type Names<Id> = BTreeMap<Id, Said>;

fn says<Id: Ord>(names: &mut Names<Id>, of: Id, name: Option<&String>, reading: &Change<String>) {
    let said = names.entry(of).or_default();
    said.name = name.cloned().or(said.name.take());
    if !reading.is_keep() {
        said.reading = reading.clone();
    }
}

/// What somebody asked for, in the order of commits.
#[derive(Default)]
struct Asked {
    /// Who lives where from a commit on.
    moves: Vec<(PersonId, GroupId, i64)>,
    /// Homes whose people moved into others, and when.
    merged: BTreeMap<i64, (GroupId, GroupId)>,
    departed: BTreeMap<PersonId, i64>,
    /// Second ids, and the first.
    twice: BTreeMap<PersonId, PersonId>,
    ones: BTreeSet<PersonId>,
    same_commits: BTreeSet<i64>,
    made: BTreeMap<GroupId, i64>,
    people: Names<PersonId>,
    homes: Names<GroupId>,
    supports: BTreeMap<GroupId, Option<Support>>,
}

impl Asked {
    fn of(world: &World) -> Self {
        let mut asked = Self::default();
        let set = |reading: &Option<String>| reading.clone().map_or(Change::Clear, Change::Set);
        for (op, judged) in applied(world, &judged(world)) {
            let commit = judged.commit;
            match &op.command {
                Command::AddHousehold { household, name, reading, people, .. } => {
                    asked.made.insert(*household, commit);
                    says(&mut asked.homes, *household, Some(name), &set(reading));
                    for newcomer in people {
                        asked.moves.push((newcomer.person, *household, commit));
                        says(&mut asked.people, newcomer.person, Some(&newcomer.name), &set(&newcomer.reading));
                    }
                }
                Command::AddPerson { household, newcomer } => {
                    asked.moves.push((newcomer.person, *household, commit));
                    says(&mut asked.people, newcomer.person, Some(&newcomer.name), &set(&newcomer.reading));
                }
                Command::AddBlock { group, .. } => {
                    asked.made.insert(*group, commit);
                }
                Command::SplitHousehold { household, name, people, .. } => {
                    asked.made.insert(*household, commit);
                    says(&mut asked.homes, *household, Some(name), &Change::Clear);
                    asked.moves.extend(people.iter().map(|person| (*person, *household, commit)));
                }
                Command::MovePerson { person, to } if judged.changed => asked.moves.push((*person, *to, commit)),
                Command::MergeHouseholds { from, into } => {
                    asked.merged.insert(commit, (*from, *into));
                }
                Command::CorrectHousehold { household, name, reading, .. } => {
                    says(&mut asked.homes, *household, name.as_ref(), reading);
                }
                Command::CorrectPerson { person, name, reading, .. } => {
                    says(&mut asked.people, *person, name.as_ref(), reading);
                }
                Command::Depart { person, .. } => {
                    asked.departed.insert(*person, commit);
                }
                Command::SamePerson { person, twice } => {
                    asked.same_commits.insert(commit);
                    asked.ones.insert(*person);
                    if judged.changed {
                        asked.twice.insert(*twice, *person);
                    }
                }
                Command::SetSupport { group, support } => {
                    asked.supports.insert(*group, support.clone());
                }
                _ => {}
            }
        }
        asked
    }

    /// Whether an op said that somebody was known twice: what was said of either was said of both.
    fn is_one_of_two(&self, person: PersonId) -> bool {
        self.twice.contains_key(&person) || self.ones.contains(&person)
    }
}

/// What is wrong with the roster.
pub fn hold(world: &World) -> Vec<String> {
    let database = world.machine.database();
    let (books, asked) = (Books::open(&database), Asked::of(world));
    let mut wrong = moves(&books, &asked);
    wrong.extend(histories(&books, &asked));
    wrong.extend(gone(&books, &asked));
    wrong.extend(names(&books, &asked));
    let sql = "SELECT 1 FROM grp WHERE id = ?1";
    for (group, commit) in &asked.made {
        if database.query_row(sql, [group.number()], |_| Ok(())).optional().unwrap().is_none() {
            wrong.push(format!("{group}, made as {commit}, is not there"));
        }
    }
    for (group, support) in &asked.supports {
        let sql = "SELECT telephone FROM support WHERE grp = ?1";
        let stands: Option<Option<String>> =
            database.query_row(sql, [group.number()], |row| row.get(0)).optional().unwrap();
        let stands = stands.flatten();
        if stands != support.as_ref().map(|support| support.telephone.clone()) {
            wrong.push(format!("{group} should offer {support:?}, and offers {stands:?}"));
        }
    }
    wrong
}

/// Every move is in the history of who moved, unless they were gone by then.
fn moves(books: &Books, asked: &Asked) -> Vec<String> {
    let mut wrong = Vec::new();
    for (person, to, commit) in &asked.moves {
        let Some(known) = books.people.get(&person.number()) else {
            wrong.push(format!("{person} came as {commit}, and is not known"));
            continue;
        };
        // A departure is for good, and what was known twice has one history.
        if known.gone || known.same.is_some() || asked.is_one_of_two(*person) {
            continue;
        }
        let there = books.of(person.number()).iter().find(|(from, ..)| from == commit);
        if !there.is_some_and(|(.., home)| books.leads(to.number(), *home)) {
            let lived = books.of(person.number());
            wrong.push(format!("{person} moved to {to} as {commit}, and lived in {lived:?}"));
        }
    }
    wrong
}

/// Nothing is in a history that nobody asked for, and what was asked for last stands.
fn histories(books: &Books, asked: &Asked) -> Vec<String> {
    let mut wrong = Vec::new();
    for (person, lived) in &books.residences {
        let id = PersonId::from_number(*person);
        for (from, _, home) in lived {
            let said =
                |(who, _, commit): &(PersonId, GroupId, i64)| commit == from && (*who == id || asked.is_one_of_two(id));
            let merged = asked.merged.get(from).is_some_and(|(_, into)| books.leads(into.number(), *home));
            if *from > 1 && !merged && !asked.moves.iter().any(said) && !asked.same_commits.contains(from) {
                wrong.push(format!("nobody asked that {id} lives in {home} as {from}: {lived:?}"));
            }
        }
        let Some(known) = books.people.get(person) else { continue };
        let last = lived.last().filter(|(_, until, _)| until.is_none());
        if last.is_some() == known.gone {
            wrong.push(format!("{id} is gone: {}, and lived in {lived:?}", known.gone));
        }
        if let Some(home) = last.and_then(|(.., home)| books.homes.get(home)).filter(|home| home.closed) {
            wrong.push(format!("{id} lives in {home:?}, which is closed"));
        }
    }
    wrong
}

/// Whoever moved away or died is gone, and whoever is gone did; second ids lead to the first.
fn gone(books: &Books, asked: &Asked) -> Vec<String> {
    let known = |person: &PersonId| books.people.get(&person.number());
    let mut wrong = Vec::new();
    for (person, commit) in &asked.departed {
        if !known(person).is_some_and(|known| known.gone) {
            wrong.push(format!("{person} departed as {commit}, and the machine has {:?}", known(person)));
        }
    }
    for (twice, person) in &asked.twice {
        if known(twice).is_none_or(|known| known.same.is_none()) {
            wrong.push(format!("{twice} is {person}, and the machine has {:?}", known(twice)));
        }
    }
    wrong
}

fn differs(said: &Said, name: &str, reading: Option<&String>) -> bool {
    let read_so = match &said.reading {
        Change::Keep => true,
        Change::Clear => reading.is_none(),
        Change::Set(said) => reading == Some(said),
    };
    !read_so || said.name.as_deref().is_some_and(|said| said != name)
}

/// Names read as they were corrected last.
fn names(books: &Books, asked: &Asked) -> Vec<String> {
    let mut wrong = Vec::new();
    for (person, said) in &asked.people {
        let Some(known) = books.people.get(&person.number()) else { continue };
        if !known.erased && !asked.is_one_of_two(*person) && differs(said, &known.name, known.reading.as_ref()) {
            wrong.push(format!("{person} should be called {said:?}, and is {known:?}"));
        }
    }
    for (household, said) in &asked.homes {
        let Some(home) = books.homes.get(&household.number()) else { continue };
        if !home.erased && differs(said, &home.name, home.reading.as_ref()) {
            wrong.push(format!("{household} should be called {said:?}, and is {home:?}"));
        }
    }
    wrong
}
