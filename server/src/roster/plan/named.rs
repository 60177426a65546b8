//! Whom a roster names: its homes with their people, each with the record they stand on.

use super::{Settings, same};
use crate::{
    held::{Contact, NOTE, TELEPHONE},
    roster::{
        cell,
        columns::Column,
        reading::{Home, Line, Meaning, Member, Reading},
    },
};
use kairan_protocol::{
    id::{GroupId, PersonId},
    validate,
};

/// A home as the roster names it.
#[derive(Debug, Clone)]
pub struct NamedHome {
    /// The record that began it.
    pub record: usize,
    /// 世帯番号.
    pub number: Option<GroupId>,
    /// Its block; none where the roster names none.
    pub block: Option<String>,
    /// What it is called.
    pub name: String,
    /// The head first; never empty.
    pub people: Vec<NamedPerson>,
    /// Served on paper; none where the roster has no such column.
    pub paper: Option<bool>,
    /// What was asked for of 電話 and 備考.
    pub contact: Contact,
}

/// Somebody as the roster names them.
#[derive(Debug, Clone)]
pub struct NamedPerson {
    /// The record they stand on.
    pub record: usize,
    /// 氏名番号.
    pub number: Option<PersonId>,
    /// Their name.
    pub name: String,
    /// In hiragana.
    pub reading: Option<String>,
    /// What stands under 役職.
    pub roles: Vec<String>,
}

impl NamedHome {
    /// Its head.
    pub fn head(&self) -> Option<&NamedPerson> {
        self.people.first()
    }

    /// The keys of its people's names, in order.
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.people.iter().map(|person| same::key(&person.name)).collect();
        keys.sort_unstable();
        keys
    }
}

impl NamedPerson {
    fn new(record: usize, member: &Member, roles: &[String]) -> Self {
        let reading = member.reading.as_ref().map(|reading| cell::line(reading));
        let reading = reading.filter(|reading| validate::text("reading", reading, validate::NAME).is_ok());
        Self { record, number: member.number, name: member.name.clone(), reading, roles: roles.to_vec() }
    }
}

/// Homes, with the lines whose names are over the limits of a name.
pub fn homes(reading: &Reading, meanings: &[(&Line, &Meaning)], settings: &Settings) -> (Vec<NamedHome>, Vec<usize>) {
    let (mut homes, mut unfit): (Vec<NamedHome>, Vec<usize>) = (Vec::new(), Vec::new());
    let has_delivery = reading.columns.iter().any(|(_, column)| *column == Column::Delivery);
    for (line, meaning) in meanings {
        let record = line.record;
        match meaning {
            Meaning::Home(home) if home.people.iter().all(is_fit) && fits(&home.household) => {
                homes.push(named(record, home, has_delivery, settings));
            }
            Meaning::Home(_) => unfit.push(record),
            Meaning::Person { belongs_to, member, roles, telephone, note } => {
                let place = homes.binary_search_by_key(belongs_to, |home| home.record).ok();
                match place.and_then(|place| homes.get_mut(place)) {
                    Some(home) if is_fit(member) => {
                        home.people.push(NamedPerson::new(record, member, roles));
                        if let Some(said) = telephone.as_ref().filter(|_| settings.with_telephone) {
                            add(&mut home.contact.telephone, said, &member.name, TELEPHONE);
                        }
                        if let Some(said) = note.as_ref().filter(|_| settings.with_note) {
                            add(&mut home.contact.note, said, &member.name, NOTE);
                        }
                    }
                    _ => unfit.push(record),
                }
            }
            _ => {}
        }
    }
    (homes, unfit)
}

fn named(record: usize, home: &Home, has_delivery: bool, settings: &Settings) -> NamedHome {
    let mut people: Vec<NamedPerson> = home.people.iter().map(|member| NamedPerson::new(record, member, &[])).collect();
    if let Some(head) = people.first_mut() {
        head.roles.clone_from(&home.roles);
    }
    let taken = |said: &Option<String>, asked_for: bool, limit: usize| {
        said.as_ref().filter(|_| asked_for).map(|said| cut(said, limit)).filter(|said| !said.is_empty())
    };
    NamedHome {
        record,
        number: home.number,
        block: home.block.clone(),
        name: home.household.clone(),
        people,
        paper: has_delivery.then_some(home.paper),
        contact: Contact {
            telephone: taken(&home.telephone, settings.with_telephone, TELEPHONE),
            note: taken(&home.note, settings.with_note, NOTE),
        },
    }
}

/// What stands beside a member goes to the home's, with their name; what is there already is not said twice.
fn add(kept: &mut Option<String>, said: &str, name: &str, limit: usize) {
    let said = cut(said, limit);
    match kept {
        _ if said.is_empty() => {}
        None => *kept = Some(format!("{said}（{name}）")),
        Some(known) if known.contains(&said) => {}
        Some(known) => *known = cut(&format!("{known}\n{said}（{name}）"), limit),
    }
}

fn cut(said: &str, limit: usize) -> String {
    let showable = said.chars().filter(|letter| !letter.is_control() || *letter == '\n');
    showable.take(limit).collect::<String>().trim().to_owned()
}

fn is_fit(member: &Member) -> bool {
    fits(&member.name)
}

fn fits(name: &str) -> bool {
    validate::text("name", name, validate::NAME).is_ok() && !name.contains(['\n', '\t', '\r'])
}
