//! The bodies of the remaining rows: profile, phones, and what desks hold.

use crate::{
    check_in::CheckIns,
    id::{Commit, DeviceId, GroupId, PersonId, Rev},
    notice::NoticeState,
    people::{Residence, Role},
    time::{Day, Timestamp},
    tree::Group,
};
use serde::{Deserialize, Serialize};

pub use crate::case::Talk;

/// Who a person is and where they belong: all a phone needs to judge its own ops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their household now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residence: Option<Residence>,
    /// The roles they hold, or will.
    #[serde(default)]
    pub roles: Vec<Role>,
    /// Every group on the way from their household and their roles up to the district.
    pub groups: Vec<Group>,
    /// Whose guest they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guest_of: Vec<PersonId>,
}

/// A team with at least one commissioner: a talk of anybody below the board's group may reach it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// The team; its parent is the board's group.
    #[serde(flatten)]
    pub group: Group,
}

/// One of a person's phones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// The device.
    pub device: DeviceId,
    /// What it calls itself.
    pub name: String,
    /// Since when it holds the person.
    pub since: Timestamp,
}

/// A notice one's group sent, whole, with its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The notice.
    #[serde(flatten)]
    pub notice: NoticeState,
}

/// Homes of a group by how they are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Homes {
    /// Every household.
    pub households: u32,
    /// With at least one phone.
    pub app: u32,
    /// Served on paper.
    pub paper: u32,
}

/// A group at or below the desk's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCard {
    /// The group.
    #[serde(flatten)]
    pub group: Group,
    /// Its homes.
    pub homes: Homes,
    /// The newest commit this includes.
    pub through: Commit,
}

/// One home of a block by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The household.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// 紙でお届けの世帯.
    pub paper: bool,
    /// Whether anybody of it has joined by phone.
    pub joined: bool,
    /// Of what stands here about the household: what a correction names as seen.
    #[serde(default)]
    pub rev: Rev,
    /// ふりがな of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<String>,
    /// Who lives there, in the order of the roster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Member>,
}

/// Somebody who lives in a home of a roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// Of what stands here about them: what a correction names as seen.
    #[serde(default)]
    pub rev: Rev,
    /// ふりがな of the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<String>,
}

/// The homes of a block, in the order of the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// The block's name.
    pub name: String,
    /// Its homes.
    pub homes: Vec<Home>,
    /// The newest commit this includes.
    pub through: Commit,
}

/// How a consenting person is; read by their team only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their household's name, or empty.
    pub household: String,
    /// Newest and thirty days.
    pub check_ins: CheckIns,
    /// The newest commit this includes.
    pub through: Commit,
}

/// Fewer than so many who said the same are nobody's to count: a figure must not point at somebody.
pub const FEWEST: u32 = 5;

/// How many of an association said what on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "counts", rename_all = "snake_case")]
pub enum DayCounts {
    /// Every figure is at least [`FEWEST`].
    Counted {
        /// 良い.
        good: u32,
        /// 普通.
        fair: u32,
        /// 相談したい.
        talk: u32,
    },
    /// One of them is not.
    TooFew {},
    /// It may have been counted before a restore, and is not counted again: the difference could betray somebody.
    Lost {},
}

impl DayCounts {
    /// Of good, fair and talk.
    #[must_use]
    pub fn of([good, fair, talk]: [u32; 3]) -> Self {
        let enough = [good, fair, talk].iter().all(|count| *count >= FEWEST);
        if enough { Self::Counted { good, fair, talk } } else { Self::TooFew {} }
    }
}

/// A day that is over, for an association's officers; it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedDay {
    /// The day.
    pub day: Day,
    /// What was counted.
    #[serde(flatten)]
    pub counts: DayCounts,
}

/// How many of an association take part today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participation {
    /// The day.
    pub day: Day,
    /// Of those who agreed, how many have tapped.
    pub said: u32,
    /// How many agreed.
    pub agreed: u32,
    /// The newest commit this includes.
    pub through: Commit,
}
