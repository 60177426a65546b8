//! Who is held and not named: proposed for removal, in the blocks the roster names, and never done by itself.

use super::{
    BlockRef, Change, Going, Removal,
    index::Standing,
    planner::{Planner, Which},
    question::{Answer, Key, Question},
};
use kairan_protocol::id::{GroupId, PersonId};
use std::collections::HashSet;

impl Planner<'_> {
    /// Who is proposed for removal, and the blocks of which nothing is said.
    pub fn not_named(&self) -> (Vec<Removal>, Vec<String>) {
        let blocks = self.blocks_named();
        let mut removals = Vec::new();
        for (at, standing) in self.index.homes() {
            let concerned = blocks.contains(&standing.block.id) || self.taken.contains_key(&at);
            if !concerned || self.spared_homes.contains(&at) {
                continue;
            }
            let missing = standing.home.people.iter().map(|person| person.id);
            let missing = missing.filter(|person| !self.claimed.contains(person) && !self.spared.contains(person));
            let missing: Vec<PersonId> = missing.collect();
            if missing.len() == standing.home.people.len() && !missing.is_empty() && !self.taken.contains_key(&at) {
                removals.push(removal(standing, missing, true));
            } else {
                removals.extend(missing.into_iter().map(|person| removal(standing, vec![person], false)));
            }
        }
        let others = self.held.blocks.iter().filter(|block| !block.homes.is_empty() && !blocks.contains(&block.id));
        (removals, others.map(|block| block.name.clone()).collect())
    }

    fn blocks_named(&self) -> HashSet<GroupId> {
        let places = self.homes.iter().enumerate();
        let blocks = places.filter_map(|(place, home)| match (self.block_of(home), self.which.get(place)) {
            (Some(BlockRef::Held(block)), _) => Some(block),
            (None, Some(Which::Held(at))) => self.index.home(*at).map(|standing| standing.block.id),
            _ => None,
        });
        blocks.collect()
    }
}

fn removal(standing: Standing<'_>, people: Vec<PersonId>, whole_home: bool) -> Removal {
    let Standing { block, home } = standing;
    let names = home.people.iter().filter(|person| people.contains(&person.id));
    let names: Vec<String> = names.map(|person| format!("{}さん", person.name)).collect();
    let head = home.people.first().map(|head| head.name.as_str()).unwrap_or_default();
    let whose = if whole_home { "世帯".to_owned() } else { format!("{head}さん方") };
    let mut about = vec!["removal".to_owned(), home.id.to_string()];
    about.extend(people.iter().map(ToString::to_string));
    let about: Vec<&str> = about.iter().map(String::as_str).collect();
    let question = Question {
        key: Key::of(&about),
        record: None,
        text: format!("{}の{whose}: {}は、この名簿にありません。外しますか。", block.name, names.join("・")),
        yes: "転出されたので外します",
        no: "残します",
        may_be_death: people.len() == 1,
        later: false,
    };
    Removal { question, people, whole_home }
}

impl Removal {
    /// What is done on an answer.
    #[must_use]
    pub fn changes(&self, answer: Answer) -> Vec<Change> {
        let going = match answer {
            Answer::Yes => Going::MovedOut,
            Answer::Died => Going::Died,
            Answer::No | Answer::Later => return Vec::new(),
        };
        self.people.iter().map(|person| Change::Depart { person: *person, going }).collect()
    }
}
