//! From the changes of a plan to ops: what is new gets its id here.

use super::plan::{BlockRef, Change, Going, HomeRef, NewPerson, PersonRef, Place};
use crate::held::Contact;
use kairan_protocol::{
    id::{GroupId, PersonId, RoleId},
    op::Command,
    people::{Departure, Newcomer},
    validate,
};
use std::collections::HashMap;

/// What an import does, in this order.
#[derive(Debug, Default)]
pub struct Work {
    /// Ops; those of a home stand after the home's.
    pub commands: Vec<Command>,
    /// What is kept of homes beside the roster.
    pub contacts: Vec<(GroupId, Contact)>,
}

/// The ids of what is new.
#[derive(Debug, Default)]
struct Ids {
    blocks: HashMap<String, GroupId>,
    homes: HashMap<usize, GroupId>,
    people: HashMap<PersonRef, PersonId>,
}

impl Ids {
    fn block(&mut self, block: &BlockRef) -> Result<GroupId, getrandom::Error> {
        match block {
            BlockRef::Held(id) => Ok(*id),
            BlockRef::New(name) => match self.blocks.get(name) {
                Some(id) => Ok(*id),
                None => Ok(*self.blocks.entry(name.clone()).or_insert(GroupId::random()?)),
            },
        }
    }

    fn home(&mut self, home: HomeRef) -> Result<GroupId, getrandom::Error> {
        match home {
            HomeRef::Held(id) => Ok(id),
            HomeRef::New(record) => match self.homes.get(&record) {
                Some(id) => Ok(*id),
                None => Ok(*self.homes.entry(record).or_insert(GroupId::random()?)),
            },
        }
    }

    fn person(&mut self, person: PersonRef) -> Result<PersonId, getrandom::Error> {
        match person {
            PersonRef::Held(id) => Ok(id),
            PersonRef::New(..) => match self.people.get(&person) {
                Some(id) => Ok(*id),
                None => Ok(*self.people.entry(person).or_insert(PersonId::random()?)),
            },
        }
    }

    fn newcomer(&mut self, new: &NewPerson) -> Result<Newcomer, getrandom::Error> {
        Ok(Newcomer { person: self.person(new.person)?, name: new.name.clone(), reading: new.reading.clone() })
    }
}

/// The ops of changes.
///
/// # Errors
/// When the operating system has no randomness for ids.
pub fn work(association: GroupId, changes: &[Change]) -> Result<Work, getrandom::Error> {
    let (mut ids, mut work) = (Ids::default(), Work::default());
    for change in changes {
        let command = match change {
            Change::AddBlock { name } => {
                let group = ids.block(&BlockRef::New(name.clone()))?;
                Command::AddBlock { group, association, name: name.clone() }
            }
            Change::AddHome { record, block, name, reading, paper, people } => {
                let (household, block) = (ids.home(HomeRef::New(*record))?, ids.block(block)?);
                let mut newcomers = people.iter().map(|new| ids.newcomer(new)).collect::<Result<Vec<_>, _>>()?;
                let further = newcomers.split_off(newcomers.len().min(validate::PEOPLE));
                let (name, reading, people) = (name.clone(), reading.clone(), newcomers);
                let home =
                    Command::AddHousehold { household, block, name, reading, paper: *paper, place: None, people };
                work.commands.push(home);
                let further = further.into_iter().map(|newcomer| Command::AddPerson { household, newcomer });
                work.commands.extend(further);
                continue;
            }
            Change::MoveHome { home, to } => Command::MoveHousehold { household: *home, to: ids.block(to)? },
            Change::AddPerson { home, person } => {
                Command::AddPerson { household: *home, newcomer: ids.newcomer(person)? }
            }
            Change::MovePerson { person, to } => Command::MovePerson { person: *person, to: ids.home(*to)? },
            Change::CorrectHome { home, seen, name, reading } => Command::CorrectHousehold {
                household: *home,
                seen: *seen,
                name: name.clone(),
                reading: reading.clone(),
                place: None,
            },
            Change::CorrectPerson { person, seen, name, reading } => {
                Command::CorrectPerson { person: *person, seen: *seen, name: name.clone(), reading: reading.clone() }
            }
            Change::SetPaper { home, paper } => Command::SetPaper { household: *home, paper: *paper },
            Change::GrantRole { person, place, kind } => {
                let group = match place {
                    Place::Association => association,
                    Place::Block(block) => ids.block(block)?,
                };
                let (role, person) = (RoleId::random()?, ids.person(*person)?);
                Command::GrantRole { role, person, group, kind: *kind, until: None }
            }
            Change::Keep { home, contact } => {
                work.contacts.push((ids.home(*home)?, contact.clone()));
                continue;
            }
            Change::Depart { person, going } => {
                let why = match going {
                    Going::MovedOut => Departure::MovedOut,
                    Going::Died => Departure::Died,
                };
                Command::Depart { person: *person, why }
            }
        };
        work.commands.push(command);
    }
    Ok(work)
}
