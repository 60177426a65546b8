//! What the association holds: its blocks with their homes and people in the order of the roster.

use kairan_protocol::{
    id::{GroupId, PersonId, Rev},
    people::RoleKind,
};
use serde::{Deserialize, Serialize};

/// Longest 電話 that is kept of a home, in characters.
pub const TELEPHONE: usize = 200;
/// Longest 備考 that is kept of a home, in characters.
pub const NOTE: usize = 1_000;

/// An association as it is held here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The association.
    pub association: GroupId,
    /// Its name.
    pub name: String,
    /// Its blocks, in their order.
    pub blocks: Vec<HeldBlock>,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBlock {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Its homes, in the order of the roster.
    pub homes: Vec<HeldHome>,
}

/// A home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldHome {
    /// The household's id: its 世帯番号.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// ふりがな of the name.
    pub reading: Option<String>,
    /// Of what stands here about it: what a correction names as seen.
    pub rev: Rev,
    /// Served on paper.
    pub paper: bool,
    /// Its people, the head first.
    pub people: Vec<HeldPerson>,
    /// Its telephone and remarks, where they were imported and are asked for.
    #[serde(default)]
    pub contact: Contact,
}

/// What is kept beside the roster of a home, in no feed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    /// 電話.
    pub telephone: Option<String>,
    /// 備考: it often holds health.
    pub note: Option<String>,
}

/// Somebody of a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldPerson {
    /// Their id: their 氏名番号.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// ふりがな of the name.
    pub reading: Option<String>,
    /// Of what stands here about them: what a correction names as seen.
    pub rev: Rev,
    /// The roles they hold now at the association and its blocks.
    pub roles: Vec<HeldRole>,
}

/// A role somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRole {
    /// As what.
    pub kind: RoleKind,
    /// Where.
    pub group: GroupId,
}
