//! Homes in memory: who lived where, in the order of commits whatever order it was heard in.

use super::{World, person};
use crate::{
    id::{Commit, GroupId, PersonId, Rev},
    people::{Household, Location, Residence},
    time::{Term, Timestamp},
    tree::{Group, GroupKind},
    view::Effect,
};
use std::collections::BTreeMap;

#[derive(Default, Clone)]
pub(in crate::reduce) struct Homes {
    lives: BTreeMap<PersonId, BTreeMap<Commit, (Option<GroupId>, Timestamp)>>,
    known: BTreeMap<GroupId, (Rev, Option<GroupId>)>,
}

impl Homes {
    pub fn add(&mut self, household: GroupId) {
        self.known.insert(household, (Rev::FIRST, None));
    }

    pub fn household(&self, id: GroupId, block: Option<GroupId>) -> Household {
        let (rev, into) = self.known[&id];
        Household { id, block, rev, into }
    }

    pub fn lives(&mut self, person: PersonId, household: GroupId, at: Timestamp, commit: Commit) {
        self.lives.entry(person).or_default().insert(commit, (Some(household), at));
    }

    fn ends(&mut self, person: PersonId, at: Timestamp, commit: Commit) {
        let lives = self.lives.entry(person).or_default();
        lives.retain(|known, _| *known < commit);
        lives.insert(commit, (None, at));
    }

    pub fn moved_under(&self, person: PersonId) -> Option<Commit> {
        self.lives.get(&person)?.keys().next_back().copied()
    }

    pub fn residences(&self, person: PersonId) -> Vec<Residence> {
        let mut residences: Vec<Residence> = Vec::new();
        for (household, at) in self.lives.get(&person).into_iter().flat_map(BTreeMap::values) {
            if let Some(before) = residences.last_mut()
                && before.term.until.is_none()
            {
                before.term.until = Some(*at);
            }
            residences.extend(household.map(|household| Residence { household, term: Term::since(*at) }));
        }
        residences.reverse();
        residences
    }

    pub fn members(&self, household: GroupId) -> Vec<PersonId> {
        let newest = |lives: &BTreeMap<Commit, _>| lives.values().next_back().map(|(home, _)| *home);
        let here = self.lives.iter().filter(|(_, lives)| newest(lives) == Some(Some(household)));
        here.map(|(person, _)| *person).collect()
    }
}

impl World {
    /// Carries out what changes a roster.
    pub(super) fn carry_out_at_home(&mut self, effect: Effect) {
        let commit = self.commit;
        match effect {
            Effect::Block(block) => {
                self.groups.insert(block.id, block);
            }
            Effect::Household(new) => {
                let (id, parent, name) = (new.id, Some(new.block), new.name);
                self.groups.insert(id, Group { id, kind: GroupKind::Household, parent, name });
                self.homes.add(id);
                self.locations.push((id, Location { block: new.block, term: Term::since(new.at) }));
            }
            Effect::Person(newcomer) => {
                self.persons.insert(newcomer.person, person(newcomer.person, &newcomer.name));
            }
            Effect::PersonMoved { person, to, at } => self.homes.lives(person, to, at, commit),
            Effect::HouseholdClosed { household, into, at } => {
                self.groups.get_mut(&household).unwrap().parent = None;
                self.homes.known.get_mut(&household).unwrap().1 = into;
                for (known, location) in &mut self.locations {
                    if *known == household && location.term.until.is_none() {
                        location.term.until = Some(at);
                    }
                }
            }
            Effect::HouseholdOpened { household } => {
                let last = self.locations.iter_mut().rev().find(|(known, _)| *known == household).unwrap();
                last.1.term.until = None;
                self.groups.get_mut(&household).unwrap().parent = Some(last.1.block);
            }
            Effect::HouseholdCorrected { household, rev, name, .. } => {
                self.homes.known.get_mut(&household).unwrap().0 = rev;
                let group = self.groups.get_mut(&household).unwrap();
                group.name = name.unwrap_or_else(|| group.name.clone());
            }
            Effect::PersonCorrected { person, rev, name, .. } => {
                let person = self.persons.get_mut(&person).unwrap();
                person.rev = rev;
                person.name = name.unwrap_or_else(|| person.name.clone());
            }
            Effect::Departed { person, at, .. } => {
                self.homes.ends(person, at, commit);
                self.guests.retain(|(guest, host)| *guest != person && *host != person);
                self.persons.get_mut(&person).unwrap().gone = Some(at);
            }
            Effect::SamePerson { person, twice, at } => self.become_one(person, twice, at),
            other => panic!("not about homes: {other:?}"),
        }
    }

    fn become_one(&mut self, person: PersonId, twice: PersonId, at: Timestamp) {
        self.homes.ends(twice, at, self.commit);
        for persons in self.devices.values_mut().filter(|persons| persons.contains(&twice)) {
            persons.retain(|held| ![person, twice].contains(held));
            persons.push(person);
        }
        let one = |known: &mut PersonId| *known = if *known == twice { person } else { *known };
        self.roles.iter_mut().for_each(|role| one(&mut role.person));
        self.check_ins.iter_mut().for_each(|(of, _)| one(of));
        self.guests.iter_mut().for_each(|(guest, host)| {
            one(guest);
            one(host);
        });
        let second = self.persons.get_mut(&twice).unwrap();
        (second.same, second.gone, second.moods_to_team, second.consent_at) = (Some(person), Some(at), None, None);
    }
}
