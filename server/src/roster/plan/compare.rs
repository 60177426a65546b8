//! What differs between what a roster says of homes and people and what is held of them.

use super::{
    BlockRef, Change, Field, HomeRef, NewPerson, Outcome, PersonRef, Place,
    index::{HomeAt, Standing},
    named::{NamedHome, NamedPerson},
    planner::{Asking, Planner, Which, Who},
    roles, same,
};
use crate::{
    held::{Contact, HeldHome, HeldPerson},
    roster::{cell, name},
};
use kairan_protocol::{id::PersonId, notice::Change as Patch, people::RoleKind};
use std::collections::HashMap;

impl Planner<'_> {
    /// What every home that is known or new comes to.
    pub fn compare(&mut self) {
        for place in 0..self.homes.len() {
            let Some(home) = self.homes.get(place).cloned() else { continue };
            match self.which.get(place).copied() {
                Some(Which::Held(at)) => self.compare_home(place, &home, at),
                Some(Which::New) => self.new_home(place, &home),
                Some(Which::Open | Which::Waits) | None => continue,
            }
            self.propose_roles(place, &home);
        }
    }

    fn who(&self, place: usize, seat: usize) -> Option<Who> {
        self.who.get(place)?.get(seat).copied()
    }

    fn new_home(&mut self, place: usize, home: &NamedHome) {
        let Some(block) = self.block_of(home) else { return };
        let record = home.record;
        let seats = home.people.iter().enumerate();
        let people: Vec<NewPerson> = seats
            .filter(|(seat, _)| self.who(place, *seat) == Some(Who::New))
            .map(|(seat, named)| newcomer(record, seat, named))
            .collect();
        let block_name = self.block_name(&block);
        let beside = home.people.iter().enumerate().filter(|(_, named)| named.record == record);
        let new = beside.filter(|(seat, _)| self.who(place, *seat) == Some(Who::New)).count();
        self.say(record, Outcome::NewHome { block: block_name, people: new });
        let reading = home.head().and_then(|head| family_reading(head.reading.as_deref()));
        let paper = home.paper.unwrap_or_default();
        self.changes.push(Change::AddHome { record, block, name: home.name.clone(), reading, paper, people });
        self.settle(place, home, None);
        if home.contact != Contact::default() {
            self.changes.push(Change::Keep { home: HomeRef::New(record), contact: home.contact.clone() });
        }
    }

    fn compare_home(&mut self, place: usize, home: &NamedHome, at: HomeAt) {
        let Some(Standing { block: stands, home: held }) = self.index.home(at) else { return };
        let record = home.record;
        if let Some(to) = self.block_of(home).filter(|block| *block != BlockRef::Held(stands.id)) {
            let (from, name) = (stands.name.clone(), self.block_name(&to));
            self.say(record, Outcome::HomeMoved { from, to: name });
            self.changes.push(Change::MoveHome { home: held.id, to });
        }
        if let Some(paper) = home.paper.filter(|paper| *paper != held.paper) {
            let [from, to] = [held.paper, paper].map(|paper| Some(delivery(paper).to_owned()));
            self.say(record, Outcome::Changed { field: Field::Delivery, from, to });
            self.changes.push(Change::SetPaper { home: held.id, paper });
        }
        let readings = self.settle(place, home, Some(at));
        self.follow_head(place, home, held, &readings);
        self.compare_contact(home, held);
    }

    /// Everybody of a home: who is new, who moves in, and what differs of those who are known. `at`: the held one it is. Answered
    /// with the readings of those who are known.
    fn settle(&mut self, place: usize, home: &NamedHome, at: Option<HomeAt>) -> HashMap<PersonId, Option<String>> {
        let standing = at.and_then(|at| self.index.home(at));
        let here = standing.map_or(HomeRef::New(home.record), |standing| HomeRef::Held(standing.home.id));
        let mut readings = HashMap::new();
        for (seat, named) in home.people.iter().enumerate() {
            match self.who(place, seat) {
                Some(Who::Held(person, by_number)) => {
                    let Some(living) = self.index.person(person) else { continue };
                    readings.insert(person, self.compare_person(named, living.person, by_number));
                    if Some(living.at) != at {
                        self.move_in((person, named), living.at, here);
                    }
                }
                Some(Who::New) => {
                    if let Some(Standing { home: held, .. }) = standing {
                        let person = newcomer(home.record, seat, named);
                        self.say(named.record, Outcome::NewPerson { name: person.name.clone() });
                        self.changes.push(Change::AddPerson { home: held.id, person });
                    } else if named.record != home.record {
                        self.say(named.record, Outcome::NewMember);
                    }
                }
                Some(Who::Open | Who::Waits) | None => {}
            }
        }
        readings
    }

    fn move_in(&mut self, (person, named): (PersonId, &NamedPerson), from: HomeAt, to: HomeRef) {
        let left = self.index.home(from).and_then(|standing| standing.home.people.first());
        let from = left.map(|head| head.name.clone()).unwrap_or_default();
        self.say(named.record, Outcome::PersonMoved { name: named.name.clone(), from });
        self.changes.push(Change::MovePerson { person, to });
    }

    /// Corrects what the roster says of somebody; their reading afterwards.
    fn compare_person(&mut self, named: &NamedPerson, held: &HeldPerson, by_number: bool) -> Option<String> {
        let name = differs(&held.name, &named.name).then(|| cell::line(&named.name));
        if let Some(name) = &name {
            let (from, to) = (Some(held.name.clone()), Some(name.clone()));
            self.say(named.record, Outcome::Changed { field: Field::Name, from, to });
        }
        let reading = self.other_reading(named, held, by_number);
        if let Some(reading) = &reading {
            let (from, to) = (held.reading.clone(), Some(reading.clone()));
            self.say(named.record, Outcome::Changed { field: Field::Reading, from, to });
        }
        let now = reading.clone().or_else(|| held.reading.clone());
        if name.is_some() || reading.is_some() {
            let reading = reading.map_or(Patch::Keep, Patch::Set);
            self.changes.push(Change::CorrectPerson { person: held.id, seen: held.rev, name, reading });
        }
        now
    }

    /// The reading the roster has, if it is another. Whoever is known by their number is corrected; of others it is asked.
    fn other_reading(&mut self, named: &NamedPerson, held: &HeldPerson, by_number: bool) -> Option<String> {
        let reading = named.reading.clone()?;
        let Some(known) = &held.reading else { return Some(reading) };
        let [one, other] = [known, &reading].map(|reading| same::key(&cell::hiragana(reading)));
        if one == other {
            return None;
        }
        let asking = Asking {
            record: named.record,
            text: format!("{}さんのふりがなを「{known}」から「{reading}」に直しますか。", named.name),
            yes: "直します",
            no: "今のままにします",
        };
        let corrected = by_number || self.ask(&["reading", &held.id.to_string(), &one, &other], asking) == Some(true);
        corrected.then_some(reading)
    }

    /// A home that is called by its head's family name goes on to be.
    fn follow_head(
        &mut self,
        place: usize,
        home: &NamedHome,
        held: &HeldHome,
        readings: &HashMap<PersonId, Option<String>>,
    ) {
        let Some(before) = held.people.first() else { return };
        let seats = home.people.iter().enumerate();
        let still = seats
            .clone()
            .find(|(seat, _)| matches!(self.who(place, *seat), Some(Who::Held(person, _)) if person == before.id));
        // The head waits for an answer, or moves elsewhere: nothing follows yet.
        let Some((_, now)) = still.or_else(|| seats.clone().next().filter(|_| !self.claimed.contains(&before.id)))
        else {
            return;
        };
        if still.is_none() && self.spared.contains(&before.id) {
            return;
        }
        let family = name::family(&now.name);
        let is_called_so = same::key(&held.name) == same::key(name::family(&before.name));
        let other = is_called_so && now.name.contains(' ') && same::key(family) != same::key(&held.name);
        let name = other.then(|| cell::line(family));
        if let Some(name) = &name {
            let (from, to) = (Some(held.name.clone()), Some(name.clone()));
            self.say(home.record, Outcome::Changed { field: Field::HomeName, from, to });
        }
        let read = match still {
            Some(_) => readings.get(&before.id).and_then(Option::as_deref),
            None => now.reading.as_deref(),
        };
        let reading = family_reading(read).filter(|_| held.reading == family_reading(before.reading.as_deref()));
        let reading = reading.filter(|reading| held.reading.as_ref() != Some(reading));
        if let Some(reading) = &reading {
            let (from, to) = (held.reading.clone(), Some(reading.clone()));
            self.say(home.record, Outcome::Changed { field: Field::HomeReading, from, to });
        }
        if name.is_some() || reading.is_some() {
            let reading = reading.map_or(Patch::Keep, Patch::Set);
            self.changes.push(Change::CorrectHome { home: held.id, seen: held.rev, name, reading });
        }
    }

    /// An empty cell erases only where the row came from our own export: another roster may simply not know.
    fn compare_contact(&mut self, home: &NamedHome, held: &HeldHome) {
        let mut contact = held.contact.clone();
        let erases = home.number == Some(held.id);
        let fields = [
            (Field::Telephone, self.settings.with_telephone, &home.contact.telephone, &mut contact.telephone),
            (Field::Note, self.settings.with_note, &home.contact.note, &mut contact.note),
        ];
        let mut outcomes = Vec::new();
        for (field, asked_for, said, kept) in fields {
            if asked_for && (said.is_some() || erases) && said != kept {
                outcomes.push(Outcome::Changed { field, from: kept.clone(), to: said.clone() });
                kept.clone_from(said);
            }
        }
        if !outcomes.is_empty() {
            self.changes.push(Change::Keep { home: HomeRef::Held(held.id), contact });
        }
        for outcome in outcomes {
            self.say(home.record, outcome);
        }
    }

    fn propose_roles(&mut self, place: usize, home: &NamedHome) {
        for (seat, named) in home.people.iter().enumerate() {
            let person = match self.who(place, seat) {
                Some(Who::Held(person, _)) => PersonRef::Held(person),
                Some(Who::New) => PersonRef::New(home.record, seat),
                _ => continue,
            };
            let mut proposed: Vec<RoleKind> = Vec::new();
            for word in &named.roles {
                match roles::proposed(word) {
                    None => self.say(named.record, Outcome::Remark(word.clone())),
                    Some(kind) if proposed.contains(&kind) => {}
                    Some(kind) => {
                        proposed.push(kind);
                        self.propose_role(home, named, person, (word, kind));
                    }
                }
            }
        }
    }

    fn propose_role(&mut self, home: &NamedHome, named: &NamedPerson, person: PersonRef, role: (&str, RoleKind)) {
        let (word, kind) = role;
        if let PersonRef::Held(id) = person
            && let Some(living) = self.index.person(id)
            && roles::holds(living.person, kind, self.held.association)
        {
            return;
        }
        let Some(block) = self.block_of(home) else { return };
        let place = if kind == RoleKind::BlockLeader { Place::Block(block.clone()) } else { Place::Association };
        let at = match &place {
            Place::Association => self.held.name.clone(),
            Place::Block(block) => self.block_name(block),
        };
        let asking = Asking {
            record: named.record,
            text: format!("{}さんを{at}の{word}にしますか。", named.name),
            yes: "役職につけます",
            no: "役職は付けません",
        };
        let about = ["role", &same::key(&named.name), kind.word(), &at];
        if self.ask(&about, asking) == Some(true) {
            self.say(named.record, Outcome::Role { name: named.name.clone(), word: word.to_owned() });
            self.changes.push(Change::GrantRole { person, place, kind });
        }
    }
}

fn newcomer(record: usize, seat: usize, named: &NamedPerson) -> NewPerson {
    let name = cell::line(&named.name);
    NewPerson { person: PersonRef::New(record, seat), name, reading: named.reading.clone() }
}

/// Whether a name is written with other characters; spaces are no difference.
fn differs(held: &str, named: &str) -> bool {
    let letters = |name: &str| name.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
    letters(held) != letters(named)
}

/// The reading of a family name, where a space tells it from the given one.
fn family_reading(reading: Option<&str>) -> Option<String> {
    let (family, _) = reading?.split_once(' ')?;
    Some(family.to_owned())
}

const fn delivery(paper: bool) -> &'static str {
    if paper { "紙" } else { "アプリ" }
}
