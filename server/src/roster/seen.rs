//! The homes read so far: what a later record may repeat, belong to or contradict.

use super::{
    name,
    reading::{Doubt, Home, Meaning, Member, Shape},
};
use kairan_protocol::id::{GroupId, PersonId};
use std::collections::{BTreeSet, HashMap};

/// What the record before began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    /// Nothing yet.
    Nothing,
    /// A home by its record; people that follow belong to it.
    Home(usize),
    /// A home that was there already, by the record that repeated it and the one it repeats.
    Duplicate(usize),
    /// A doubtful home: whoever belongs to it is doubtful too.
    Doubtful(usize),
    /// A home nobody lives in (any more).
    Vacant,
}

/// The homes so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    homes: Vec<(usize, Home)>,
    by_head: HashMap<String, Vec<usize>>,
    by_person: HashMap<String, usize>,
    by_number: HashMap<GroupId, usize>,
    people_by_number: HashMap<PersonId, usize>,
    /// In which record somebody was named, where that is not their home's.
    records: HashMap<String, usize>,
}

fn people(home: &Home) -> BTreeSet<String> {
    home.people.iter().map(|member| name::key(&member.name)).collect()
}

impl Seen {
    /// A home by its record.
    pub fn home(&self, record: usize) -> Option<&Home> {
        let place = self.homes.binary_search_by_key(&record, |(record, _)| *record).ok()?;
        self.homes.get(place).map(|(_, home)| home)
    }

    /// A home, unless it was there before or one of its people lives elsewhere.
    pub fn take(&mut self, record: usize, home: &Home, shape: Shape) -> Meaning {
        let Some(head) = home.people.first().map(|head| name::key(&head.name)) else {
            return Meaning::Doubtful(Doubt::NoName);
        };
        // By our own numbers namesakes are told apart.
        if let Some(person) = home.people.first().and_then(|head| head.number) {
            if let Some(of) = self.people_by_number.insert(person, record) {
                return Meaning::Doubtful(Doubt::SameHead { of });
            }
            return self.keep(record, head, home);
        }
        if let Some(of) = self.by_head.get(&head).and_then(|records| records.first().copied())
            && let Some(known) = self.home(of)
        {
            let same_place = known.block == home.block && known.address_key() == home.address_key();
            // Where each person has a record, the others of a home that comes twice are yet to come.
            let same = same_place && (shape == Shape::Person || people(known) == people(home));
            return if same { Meaning::Duplicate { of } } else { Meaning::Doubtful(Doubt::SameHead { of }) };
        }
        let elsewhere = home.people.iter().find_map(|member| self.by_person.get(&name::key(&member.name)).copied());
        if let Some(of) = elsewhere {
            return Meaning::Doubtful(Doubt::TwoHomes { of });
        }
        self.keep(record, head, home)
    }

    fn keep(&mut self, record: usize, head: String, home: &Home) -> Meaning {
        self.by_head.entry(head).or_default().push(record);
        if let Some(number) = home.number {
            self.by_number.insert(number, record);
        }
        for member in &home.people {
            self.by_person.insert(name::key(&member.name), record);
        }
        self.homes.push((record, home.clone()));
        Meaning::Home(home.clone())
    }

    /// The record of a home by its 世帯番号.
    pub fn numbered(&self, household: GroupId) -> Option<usize> {
        self.by_number.get(&household).copied()
    }

    /// The record of the one home with this head in a block.
    pub fn headed_by(&self, head: &str, block: Option<&str>) -> Option<usize> {
        let records = self.by_head.get(&name::key(head))?;
        let mut here =
            records.iter().filter(|record| self.home(**record).is_some_and(|home| home.block.as_deref() == block));
        here.next().copied().filter(|_| here.next().is_none())
    }

    /// Somebody more of a home.
    pub fn further(&mut self, record: usize, belongs_to: usize, person: &Further) -> Meaning {
        let member = &person.member;
        let key = name::key(&member.name);
        let before = match member.number {
            Some(number) => {
                let before = self.people_by_number.get(&number).copied();
                self.people_by_number.entry(number).or_insert(record);
                if let Some(of) = before {
                    return Meaning::Doubtful(Doubt::TwoHomes { of });
                }
                None
            }
            None => self.by_person.get(&key),
        };
        match before {
            Some(of) if *of == belongs_to => Meaning::Duplicate { of: self.record_of(member).unwrap_or(*of) },
            Some(of) => Meaning::Doubtful(Doubt::TwoHomes { of: *of }),
            None => {
                self.records.insert(key.clone(), record);
                self.by_person.insert(key, belongs_to);
                if let Ok(place) = self.homes.binary_search_by_key(&belongs_to, |(record, _)| *record)
                    && let Some((_, home)) = self.homes.get_mut(place)
                {
                    home.people.push(member.clone());
                }
                person.of(belongs_to)
            }
        }
    }

    /// A head's name as it stood before, where only its spaces differ.
    pub fn spelled(&self, head: &str) -> Option<String> {
        let of = self.by_head.get(&name::key(head))?.first()?;
        self.home(*of)?.people.first().map(|head| head.name.clone())
    }

    /// The record that named somebody.
    pub fn record_of(&self, member: &Member) -> Option<usize> {
        self.records.get(&name::key(&member.name)).copied()
    }

    /// Whether somebody is in a home that stands already.
    pub fn holds(&self, home: usize, member: &Member) -> bool {
        self.home(home)
            .is_some_and(|home| home.people.iter().any(|known| name::key(&known.name) == name::key(&member.name)))
    }
}

/// A person whose record follows their home's.
pub(super) struct Further {
    pub member: Member,
    pub roles: Vec<String>,
    pub telephone: Option<String>,
    pub note: Option<String>,
}

impl Further {
    /// As somebody of a home.
    pub fn of(&self, belongs_to: usize) -> Meaning {
        Meaning::Person {
            belongs_to,
            member: self.member.clone(),
            roles: self.roles.clone(),
            telephone: self.telephone.clone(),
            note: self.note.clone(),
        }
    }
}
