//! What officers do to the roster in a run: people and homes that come, go, are corrected, merged, split, or were known twice.

use super::{counts::Fault, town, world::World};
use kairan_core::{
    Kairan,
    error::Error,
    records::{
        Departure, Desk, GroupKind, NewHome, NewPerson, RosterBlock, RosterCorrection, RosterHome, RosterPerson,
        Support,
    },
};
use kairan_protocol::id::PersonId;
use std::sync::Arc;

/// What changes in a roster.
#[derive(Debug, Clone, Copy)]
enum Change {
    AddHousehold,
    AddPerson,
    AddBlock,
    CorrectHousehold,
    CorrectPerson,
    MovePerson,
    Depart,
    Merge,
    Split,
    Same,
    Support,
}

const CHANGES: &[(usize, Change)] = &[
    (14, Change::AddHousehold),
    (14, Change::AddPerson),
    (2, Change::AddBlock),
    (12, Change::CorrectHousehold),
    (12, Change::CorrectPerson),
    (22, Change::MovePerson),
    (14, Change::Depart),
    (8, Change::Merge),
    (7, Change::Split),
    (10, Change::Same),
    (6, Change::Support),
];

/// How many of those there were on the first day may move away or die in one run: the town must not run empty.
const MOST_DEPARTED: i64 = 2;

/// What was asked for, in words, and what came of it; none where there was nothing to ask for.
type Asked = Option<(String, Result<String, Error>)>;

/// The rosters a desk shows.
#[derive(Clone, Copy)]
struct Rosters<'a>(&'a [RosterBlock]);

impl<'a> Rosters<'a> {
    fn homes(self) -> Vec<&'a RosterHome> {
        self.0.iter().flat_map(|block| &block.homes).collect()
    }

    fn people(self) -> Vec<&'a RosterPerson> {
        self.homes().into_iter().flat_map(|home| &home.people).collect()
    }
}

/// Whether somebody came during the run.
fn is_new(person: &RosterPerson) -> bool {
    person.id.parse::<PersonId>().is_ok_and(|id| !town::people().contains(&id))
}

impl World {
    fn kairan(&self, number: usize) -> Arc<Kairan> {
        Arc::clone(&self.phones[number].kairan)
    }

    /// An officer changes something in the roster of a desk.
    pub(super) async fn change_roster(&mut self, number: usize, person: String, desk: &Desk) {
        let Some(change) = self.chance.weighed(CHANGES) else { return };
        let rosters = Rosters(&desk.rosters);
        let (word, asked) = match change {
            Change::AddHousehold => ("add_household", self.add_household(number, person, rosters).await),
            Change::AddPerson => ("add_person", self.add_person(number, person, rosters).await),
            Change::AddBlock => ("add_block", self.add_block(number, person, desk).await),
            Change::CorrectHousehold => ("correct_household", self.correct_household(number, person, rosters).await),
            Change::CorrectPerson => ("correct_person", self.correct_person(number, person, rosters).await),
            Change::MovePerson => ("move_person", self.move_person(number, person, rosters).await),
            Change::Depart => ("depart", self.depart(number, person, rosters).await),
            Change::Merge => ("merge_households", self.merge(number, person, rosters).await),
            Change::Split => ("split_household", self.split(number, person, rosters).await),
            Change::Same => ("same_person", self.same_person(number, person, rosters).await),
            Change::Support => ("set_support", self.set_support(number, person, desk).await),
        };
        if let Some((what, done)) = asked {
            self.did(number, what, word, done.map(Some));
        }
    }

    fn newcomer(&mut self) -> NewPerson {
        let reading = self.chance.percent(50).then(|| "にった".to_owned());
        NewPerson { name: format!("新田 {}", self.next_number()), reading }
    }

    async fn add_household(&mut self, number: usize, person: String, rosters: Rosters<'_>) -> Asked {
        let block = self.chance.pick(rosters.0)?;
        let many = 1 + self.chance.below(2);
        let people = (0..many).map(|_| self.newcomer()).collect();
        let (name, paper) = (format!("新田家 {}", self.next_number()), self.chance.percent(30));
        let home = NewHome { name: name.clone(), reading: None, paper, place: None, people };
        let done = self.kairan(number).add_household(person, block.id.clone(), home).await;
        Some((format!("adds {name} in {}", block.name), done))
    }

    async fn add_person(&mut self, number: usize, person: String, rosters: Rosters<'_>) -> Asked {
        let home = self.chance.pick(&rosters.homes()).copied()?;
        let new = self.newcomer();
        let name = new.name.clone();
        let done = self.kairan(number).add_person(person, home.id.clone(), new).await;
        Some((format!("adds {name} in {}", home.name), done))
    }

    async fn add_block(&mut self, number: usize, person: String, desk: &Desk) -> Asked {
        let groups: Vec<_> = desk.groups.iter().filter(|group| group.kind == GroupKind::Association).collect();
        let association = self.chance.pick(&groups).copied()?;
        let name = format!("新{}班", self.next_number());
        let done = self.kairan(number).add_block(person, association.id.clone(), name.clone()).await;
        Some((format!("adds {name} in {}", association.name), done))
    }

    fn correction(&mut self, name: &str) -> RosterCorrection {
        let mut correction = RosterCorrection::default();
        match self.chance.below(3) {
            0 => correction.name = Some(format!("{name} {}", self.next_number())),
            1 => correction.reading = Some(format!("よみ{}", self.next_number())),
            _ => correction.clear_reading = true,
        }
        correction
    }

    /// A rev somebody saw: now and then an older one.
    fn seen(&mut self, rev: u32) -> u32 {
        if self.chance.percent(12) { rev.saturating_sub(1).max(1) } else { rev }
    }

    async fn correct_household(&mut self, number: usize, person: String, rosters: Rosters<'_>) -> Asked {
        let home = self.chance.pick(&rosters.homes()).copied()?;
        let mut correction = self.correction("改");
        if self.chance.percent(25) {
            correction.place = u32::try_from(self.chance.below(9)).ok();
        }
        let seen = self.seen(home.rev);
        let done = self.kairan(number).correct_household(person, home.id.clone(), seen, correction).await;
        Some((format!("corrects the home {} as of {seen}", home.name), done))
    }

    async fn correct_person(&mut self, number: usize, person: String, rosters: Rosters<'_>) -> Asked {
        let who = self.chance.pick(&rosters.people()).copied()?;
        let (correction, seen) = (self.correction("改名"), self.seen(who.rev));
        let done = self.kairan(number).correct_person(person, who.id.clone(), seen, correction).await;
        Some((format!("corrects {} as of {seen}", who.name), done))
    }

    async fn move_person(&mut self, number: usize, person: String, rosters: Rosters<'_>) -> Asked {
        let (who, to) = (self.chance.pick(&rosters.people()).copied()?, self.chance.pick(&rosters.homes()).copied()?);
        let done = self.kairan(number).move_person(person, who.id.clone(), to.id.clone()).await;
        if done.is_ok() {
            self.fault(Fault::Moved);
        }
        Some((format!("moves {} to {}", who.name, to.name), done))
    }

    /// How many of those there were on the first day are gone, by what the machine knows.
    fn departed(&self) -> i64 {
        let sql = "SELECT count(*) FROM person WHERE gone IS NOT NULL AND id < 100";
        self.machine.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    async fn depart(&mut self, number: usize, person: String, rosters: Rosters<'_>) -> Asked {
        let anybody = self.departed() < MOST_DEPARTED && self.chance.percent(35);
        let mut people = rosters.people();
        people.retain(|who| anybody || is_new(who));
        let who = self.chance.pick(&people).copied()?;
        let why = if self.chance.percent(50) { Departure::MovedOut } else { Departure::Died };
        let done = self.kairan(number).depart(person, who.id.clone(), why).await;
        Some((format!("says {} is gone: {why:?}", who.name), done))
    }

    async fn merge(&mut self, number: usize, person: String, rosters: Rosters<'_>) -> Asked {
        let homes = rosters.homes();
        let from = self.chance.pick(&homes).copied()?;
        let into = self.chance.pick(&homes).copied().filter(|into| into.id != from.id)?;
        let done = self.kairan(number).merge_households(person, from.id.clone(), into.id.clone()).await;
        Some((format!("merges {} into {}", from.name, into.name), done))
    }

    async fn split(&mut self, number: usize, person: String, rosters: Rosters<'_>) -> Asked {
        let mut homes = rosters.homes();
        homes.retain(|home| home.people.len() > 1);
        let from = self.chance.pick(&homes).copied()?;
        let (who, block) = (self.chance.pick(&from.people)?, self.chance.pick(rosters.0)?);
        let (name, people) = (format!("分家 {}", self.next_number()), vec![who.id.clone()]);
        let said = format!("splits {} off {} into {}", who.name, from.name, block.name);
        let done = self.kairan(number).split_household(person, from.id.clone(), block.id.clone(), name, people).await;
        Some((said, done))
    }

    async fn same_person(&mut self, number: usize, person: String, rosters: Rosters<'_>) -> Asked {
        let people = rosters.people();
        let same = self.chance.pick(&people).copied()?;
        // Mostly it is a newcomer who was here already.
        let anybody = self.departed() < MOST_DEPARTED && self.chance.percent(40);
        let twice: Vec<_> = people.into_iter().filter(|who| who.id != same.id && (anybody || is_new(who))).collect();
        let twice = self.chance.pick(&twice).copied()?;
        let done = self.kairan(number).same_person(person, same.id.clone(), twice.id.clone()).await;
        Some((format!("says {} is {}", twice.name, same.name), done))
    }

    async fn set_support(&mut self, number: usize, person: String, desk: &Desk) -> Asked {
        let above = |kind| matches!(kind, GroupKind::District | GroupKind::Federation | GroupKind::Association);
        let groups: Vec<_> = desk.groups.iter().filter(|group| above(group.kind)).collect();
        let group = self.chance.pick(&groups).copied()?;
        let support = self.chance.percent(75).then(|| Support {
            name: "見本の相談窓口".to_owned(),
            telephone: format!("0120-000-{:03}", self.chance.below(1_000)),
            hours: String::new(),
        });
        let said = format!("{} has a number: {}", group.name, support.is_some());
        let done = self.kairan(number).set_support(person, group.id.clone(), support).await;
        Some((said, done))
    }
}
