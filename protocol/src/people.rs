//! People, their household memberships and their roles with terms.

use crate::{
    id::{GroupId, PersonId, Rev, RoleId},
    time::{Term, Timestamp},
};
use serde::{Deserialize, Serialize};

/// A person as the rules see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Their name as the roster has it.
    pub name: String,
    /// Since when moods may reach the commissioners' team; none without consent.
    pub moods_to_team: Option<Timestamp>,
    /// When they last said yes or no to that; an older op changes nothing any more.
    pub consent_at: Option<Timestamp>,
    /// Of what the roster says of them.
    pub rev: Rev,
    /// When they moved away, died, or turned out to be somebody who was known already.
    pub gone: Option<Timestamp>,
    /// Who that is.
    pub same: Option<PersonId>,
}

/// A household as the rules see it, beside its place in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Household {
    /// Its id.
    pub id: GroupId,
    /// The block it stands in; none once it is closed.
    pub block: Option<GroupId>,
    /// Of what the roster says of it.
    pub rev: Rev,
    /// Where everybody of it lives since it was merged.
    pub into: Option<GroupId>,
}

/// Somebody who moves in, by an id that the asker made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newcomer {
    /// Their id.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// ふりがな of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<String>,
}

/// Why somebody is not here any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Departure {
    /// 転出.
    MovedOut,
    /// 死亡.
    Died,
}

/// That a person lives, or lived, in a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residence {
    /// The household.
    pub household: GroupId,
    /// From when to when.
    pub term: Term,
}

/// That a household stands, or stood, in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The block.
    pub block: GroupId,
    /// From when to when.
    pub term: Term,
}

/// What a role lets its holder do; rights.rs has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleKind {
    /// 会長.
    Chair,
    /// 役員.
    Officer,
    /// 班長.
    BlockLeader,
    /// 民生委員: works at a team's desk.
    Commissioner,
    /// 市の担当者.
    MunicipalStaff,
    /// The volunteer who runs the machine, by its command line. Set up with the district, never granted by an op.
    Steward,
}

impl RoleKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Chair, Self::Officer, Self::BlockLeader, Self::Commissioner, Self::MunicipalStaff, Self::Steward];

    /// Its word in the interface and in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chair => "chair",
            Self::Officer => "officer",
            Self::BlockLeader => "block_leader",
            Self::Commissioner => "commissioner",
            Self::MunicipalStaff => "municipal_staff",
            Self::Steward => "steward",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A role: person × group × kind with a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// Who holds it.
    pub person: PersonId,
    /// Where.
    pub group: GroupId,
    /// What.
    pub kind: RoleKind,
    /// From when to when.
    pub term: Term,
}
