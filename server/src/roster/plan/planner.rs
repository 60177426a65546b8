//! The plan, step by step: doubts of the file, homes, people, what differs, roles, and who is not named.

use super::{
    BlockRef, Change, LeftOut, Nothing, Outcome, Plan, Planned, Settings,
    index::{HomeAt, Index, Standing},
    named::{self, NamedHome},
    question::{Answer, Answers, Key, Question},
    same,
};
use crate::{
    held::Held,
    roster::{
        columns::Column,
        reading::{Doubt, Line, Meaning, Reading},
    },
};
use kairan_protocol::{id::PersonId, validate};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Which home a named one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Not known yet.
    Open,
    /// One that is held.
    Held(HomeAt),
    /// None that is held.
    New,
    /// It waits for an answer, or is left out.
    Waits,
}

/// Who somebody named is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Not known yet.
    Open,
    /// Somebody who is held; whether that was known by their number.
    Held(PersonId, bool),
    /// Nobody who is held.
    New,
    /// They wait for an answer.
    Waits,
}

/// The work on a plan.
pub struct Planner<'a> {
    pub held: &'a Held,
    pub index: Index<'a>,
    pub settings: &'a Settings,
    answers: &'a Answers,
    /// Whether the roster has a column 世帯番号.
    pub has_numbers: bool,
    pub homes: Vec<NamedHome>,
    /// Of each named home, which it is.
    pub which: Vec<Which>,
    /// Of each named home's people, who they are.
    pub who: Vec<Vec<Who>>,
    /// Which named home each held one is.
    pub taken: HashMap<HomeAt, usize>,
    pub claimed: HashSet<PersonId>,
    /// Homes and people who may be meant by something that waits.
    pub spared_homes: HashSet<HomeAt>,
    pub spared: HashSet<PersonId>,
    /// Named homes that are said not to be these held ones.
    pub refused: HashSet<(usize, HomeAt)>,
    pub changes: Vec<Change>,
    outcomes: BTreeMap<usize, Vec<Outcome>>,
    questions: Vec<Question>,
}

/// What is asked, but for its key.
pub struct Asking {
    pub record: usize,
    pub text: String,
    pub yes: &'static str,
    pub no: &'static str,
}

/// What a roster changes, as far as it is known and answered.
#[must_use]
pub fn plan(held: &Held, reading: &Reading, settings: &Settings, answers: &Answers) -> Plan {
    let mut planner = Planner {
        held,
        index: Index::new(held),
        settings,
        answers,
        has_numbers: reading.columns.iter().any(|(_, column)| *column == Column::HouseholdNumber),
        homes: Vec::new(),
        which: Vec::new(),
        who: Vec::new(),
        taken: HashMap::new(),
        claimed: HashSet::new(),
        spared_homes: HashSet::new(),
        spared: HashSet::new(),
        refused: HashSet::new(),
        changes: Vec::new(),
        outcomes: BTreeMap::new(),
        questions: Vec::new(),
    };
    planner.take_up(reading);
    planner.know_homes();
    planner.know_people();
    planner.compare();
    planner.new_blocks();
    let (removals, other_blocks) = planner.not_named();
    planner.changes.sort_by_key(Change::turn);
    let mut all = planner.outcomes;
    let lines = reading.lines.iter().map(|line| {
        let mut outcomes = all.remove(&line.record).unwrap_or_default();
        if outcomes.iter().all(|outcome| matches!(outcome, Outcome::Remark(_))) {
            outcomes.push(Outcome::Unchanged);
        }
        Planned { record: line.record, outcomes, named: line.named.clone() }
    });
    let lines = lines.collect();
    Plan { lines, changes: planner.changes, questions: planner.questions, removals, other_blocks }
}

impl Planner<'_> {
    /// The homes of the roster, those that are only doubtful because somebody was named before among them where it is said so.
    fn take_up(&mut self, reading: &Reading) {
        let mut meanings: Vec<(&Line, &Meaning)> = Vec::new();
        let mut doubted: HashSet<usize> = HashSet::new();
        for line in &reading.lines {
            if let Some(nothing) = Nothing::of(&line.meaning) {
                self.say(line.record, Outcome::Nothing(nothing));
            }
            let Meaning::Doubtful(doubt) = line.meaning else {
                meanings.push((line, &line.meaning));
                continue;
            };
            match &line.otherwise {
                Some(otherwise) if self.is_another(line, doubt, &doubted) => meanings.push((line, otherwise)),
                _ => {
                    doubted.insert(line.record);
                    self.spare_named(&line.named);
                    if !self.outcomes.contains_key(&line.record) {
                        self.say(line.record, Outcome::LeftOut(LeftOut::Doubt(doubt)));
                    }
                }
            }
        }
        let (homes, unfit) = named::homes(reading, &meanings, self.settings);
        for record in unfit {
            self.say(record, Outcome::LeftOut(LeftOut::Unfit));
        }
        self.which = vec![Which::Open; homes.len()];
        self.who = homes.iter().map(|home| vec![Who::Open; home.people.len()]).collect();
        self.homes = homes;
        self.place_homes();
    }

    /// Somebody said that a doubtful record is another person, or another home.
    fn is_another(&mut self, line: &Line, doubt: Doubt, doubted: &HashSet<usize>) -> bool {
        let of = match doubt {
            Doubt::DoubtfulHome { of } => return !doubted.contains(&of),
            Doubt::SameHead { of } | Doubt::TwoHomes { of } => of,
            _ => return false,
        };
        let asking = Asking {
            record: line.record,
            text: format!(
                "{}行目の「{}」と同じ名前が{of}行目にもあります。同姓同名の別の方ですか。",
                line.record, line.named
            ),
            yes: "別の方として取り込みます",
            no: "同じ方の重複なので取り込みません",
        };
        self.ask(&["twice", &line.named], asking) == Some(true)
    }

    /// A home needs a block that is known.
    fn place_homes(&mut self) {
        for place in 0..self.homes.len() {
            let Some(home) = self.homes.get(place) else { continue };
            let (record, block) = (home.record, self.block_of(home));
            let outcome = match block {
                Some(BlockRef::New(name)) if validate::text("name", &name, validate::NAME).is_err() => LeftOut::Unfit,
                None if home.number.is_none() && self.index.headed_by(&head_key(home)).is_empty() => {
                    LeftOut::WhichBlock
                }
                _ => continue,
            };
            self.leave_out(place);
            self.say(record, Outcome::LeftOut(outcome));
        }
    }

    /// The block a home is named in, or the one that can only be meant.
    pub fn block_of(&self, home: &NamedHome) -> Option<BlockRef> {
        let by_name = |name: &String| {
            self.index.block(name).map_or_else(|| BlockRef::New(name.clone()), |it| BlockRef::Held(it.id))
        };
        match (&home.block, &self.settings.block, self.held.blocks.as_slice()) {
            (Some(name), _, _) | (None, Some(name), _) => Some(by_name(name)),
            (None, None, [only]) => Some(BlockRef::Held(only.id)),
            (None, None, []) => Some(BlockRef::New("1班".to_owned())),
            (None, None, _) => None,
        }
    }

    /// A block's name for people.
    pub fn block_name(&self, block: &BlockRef) -> String {
        match block {
            BlockRef::New(name) => name.clone(),
            BlockRef::Held(id) => {
                let held = self.held.blocks.iter().find(|block| block.id == *id);
                held.map(|block| block.name.clone()).unwrap_or_default()
            }
        }
    }

    /// Every block that is not here yet and that somebody comes to.
    fn new_blocks(&mut self) {
        let mut names: Vec<String> = Vec::new();
        for change in &self.changes {
            if let Change::AddHome { block: BlockRef::New(name), .. } | Change::MoveHome { to: BlockRef::New(name), .. } =
                change
                && !names.contains(name)
            {
                names.push(name.clone());
            }
        }
        self.changes.extend(names.into_iter().map(|name| Change::AddBlock { name }));
    }

    /// One thing a record comes to.
    pub fn say(&mut self, record: usize, outcome: Outcome) {
        self.outcomes.entry(record).or_default().push(outcome);
    }

    /// The answer to a question; none while there is none, and then the record waits.
    pub fn ask(&mut self, about: &[&str], asking: Asking) -> Option<bool> {
        let key = Key::of(about);
        let answer = self.answers.to(&key);
        match answer {
            Some(Answer::Yes) => return Some(true),
            Some(Answer::No) => return Some(false),
            Some(Answer::Died | Answer::Later) | None => {}
        }
        let Asking { record, text, yes, no } = asking;
        if self.questions.iter().all(|question| question.key != key) {
            let later = answer == Some(Answer::Later);
            let record_asked = Some(record);
            let key = key.clone();
            self.questions.push(Question { key, record: record_asked, text, yes, no, may_be_death: false, later });
        }
        self.say(record, Outcome::Asked(key));
        None
    }

    /// A named home is not taken, and nobody it may mean is proposed for removal.
    pub fn leave_out(&mut self, place: usize) {
        if let Some(which) = self.which.get_mut(place) {
            *which = Which::Waits;
        }
        let Some(home) = self.homes.get(place) else { return };
        let record = home.record;
        let others: Vec<usize> =
            home.people.iter().map(|person| person.record).filter(|other| *other != record).collect();
        let keys = home.keys();
        if let Some(at) = home.number.and_then(|number| self.index.numbered(number)) {
            self.spare_home(at);
        }
        for key in keys {
            let meant: Vec<PersonId> = self.index.named(&key).iter().map(|living| living.person.id).collect();
            self.spared.extend(meant);
        }
        for other in others {
            self.say(other, Outcome::LeftOut(LeftOut::WaitingHome));
        }
    }

    /// Everybody of a home may be meant.
    pub fn spare_home(&mut self, at: HomeAt) {
        self.spared_homes.insert(at);
        if let Some(Standing { home, .. }) = self.index.home(at) {
            self.spared.extend(home.people.iter().map(|person| person.id));
        }
    }

    /// Everybody whose name stands in a text may be meant, with their homes.
    fn spare_named(&mut self, text: &str) {
        let meant = self.index.named_in(&same::key(text));
        for at in meant {
            self.spare_home(at);
        }
    }
}

/// The key of a home's head.
pub fn head_key(home: &NamedHome) -> String {
    home.head().map(|head| same::key(&head.name)).unwrap_or_default()
}
