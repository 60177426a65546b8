//! What came of reading a roster: its shape, and line by line what was understood.

use super::{
    cell,
    columns::Column,
    text::{Encoding, Newline},
};
use kairan_protocol::id::{GroupId, PersonId};
use std::collections::BTreeSet;

/// How a roster is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A record is a household.
    Household,
    /// A record is a person.
    Person,
}

/// One person of a home as the roster writes them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Member {
    /// 氏名番号, where the roster came from our own export.
    pub number: Option<PersonId>,
    /// Family and given name with a space between, where both are there.
    pub name: String,
    /// In hiragana.
    pub reading: Option<String>,
    /// 続柄, as it is written.
    pub relation: Option<String>,
}

/// One home.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Home {
    /// 世帯番号, where the roster came from our own export.
    pub number: Option<GroupId>,
    /// The block's name; none in a roster that names no block anywhere.
    pub block: Option<String>,
    /// What the household is called: its head's family name.
    pub household: String,
    /// Its people, the head first.
    pub people: Vec<Member>,
    /// Served on paper.
    pub paper: bool,
    /// What stands under 役職: only ever proposed.
    pub roles: Vec<String>,
    /// 電話, taken only when asked for.
    pub telephone: Option<String>,
    /// 備考, taken only when asked for: it often holds health.
    pub note: Option<String>,
    /// 住所.
    pub address: Option<String>,
}

impl Home {
    /// By which the same address is known however it is written.
    pub(super) fn address_key(&self) -> String {
        self.address.as_deref().map(cell::key).unwrap_or_default()
    }
}

/// Why a record waits for somebody's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Nobody is named.
    NoName,
    /// Homes of this roster stand in blocks, and none is named for this one.
    NoBlock,
    /// Somebody of a household, and no head above.
    NoHead,
    /// Somebody of a household that is doubtful itself.
    DoubtfulHome {
        /// The record of that home.
        of: usize,
    },
    /// The head of an earlier home, with another block or another family.
    SameHead {
        /// The record of that home.
        of: usize,
    },
    /// Somebody who lives in another home already.
    TwoHomes {
        /// The record of that home.
        of: usize,
    },
    /// A given name alone below a head whose family name cannot be told.
    WhoseFamily,
    /// A firm, not a person.
    Firm,
    /// A name with a character that was lost.
    LostCharacter,
    /// Another number of fields than the header has: which is which is not certain.
    Fields {
        /// How many.
        found: usize,
    },
}

/// What a record was understood to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Something above the table.
    Title,
    /// The names of the columns.
    Header,
    /// A home; of a roster by person its first person.
    Home(Home),
    /// A further person of the home that a record began.
    Person {
        /// That record.
        belongs_to: usize,
        /// Who.
        member: Member,
        /// What stands under 役職.
        roles: Vec<String>,
        /// 電話, taken only when asked for.
        telephone: Option<String>,
        /// 備考, taken only when asked for.
        note: Option<String>,
    },
    /// Nothing in it.
    Blank,
    /// A count or sum.
    Total,
    /// A home nobody lives in.
    Vacant,
    /// The names of the columns once more.
    RepeatedHeader,
    /// Words below or between the homes.
    Remark,
    /// The same home as an earlier record.
    Duplicate {
        /// Which record.
        of: usize,
    },
    /// Not taken until somebody says what it is.
    Doubtful(Doubt),
}

/// A record with its number, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number; one with line breaks in a quoted cell counts once.
    pub record: usize,
    /// What it is.
    pub meaning: Meaning,
    /// What it would be if somebody said that it is no other home's and nobody else: only where it is doubtful for that.
    pub otherwise: Option<Box<Meaning>>,
    /// What stands in its columns of blocks and names, for whoever has to look.
    pub named: String,
}

/// A roster, read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// How its characters are written.
    pub encoding: Encoding,
    /// How its lines end.
    pub newline: Newline,
    /// The number of the record that names the columns.
    pub header: usize,
    /// Its columns as written, and what each holds.
    pub columns: Vec<(String, Column)>,
    /// How it is laid out.
    pub shape: Shape,
    /// Every record.
    pub lines: Vec<Line>,
}

impl Reading {
    /// The homes with all their people, in the order of the file.
    #[must_use]
    pub fn homes(&self) -> Vec<(usize, Home)> {
        let mut homes: Vec<(usize, Home)> = Vec::new();
        for line in &self.lines {
            match &line.meaning {
                Meaning::Home(home) => homes.push((line.record, home.clone())),
                Meaning::Person { belongs_to, member, roles, .. } => {
                    if let Some((_, home)) = homes.iter_mut().rev().find(|(record, _)| record == belongs_to) {
                        home.people.push(member.clone());
                        home.roles.extend(roles.iter().cloned());
                    }
                }
                _ => {}
            }
        }
        homes
    }

    /// The blocks that are named, in their order.
    #[must_use]
    pub fn blocks(&self) -> BTreeSet<String> {
        self.homes().into_iter().filter_map(|(_, home)| home.block).collect()
    }
}
