//! What an import changes, in the order in which it is done.

use crate::held::Contact;
use kairan_protocol::{
    id::{GroupId, PersonId, Rev},
    notice::Change as Patch,
    people::RoleKind,
};

/// A block that is here, or one this import makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockRef {
    /// Here already.
    Held(GroupId),
    /// By the name it will get.
    New(String),
}

/// A home that is here, or one this import makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HomeRef {
    /// Here already.
    Held(GroupId),
    /// By the record that began it.
    New(usize),
}

/// Somebody who is here, or whom this import makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonRef {
    /// Here already.
    Held(PersonId),
    /// By the record of their home, and their place in it.
    New(usize, usize),
}

/// Somebody new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// By which the other changes know them.
    pub person: PersonRef,
    /// Their name.
    pub name: String,
    /// ふりがな of the name.
    pub reading: Option<String>,
}

/// Where a role stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At the association.
    Association,
    /// At a block.
    Block(BlockRef),
}

/// Why somebody goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Going {
    /// 転出.
    MovedOut,
    /// 死亡.
    Died,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A block is new.
    AddBlock {
        /// Its name.
        name: String,
    },
    /// A home is new, with the people of it who are new.
    AddHome {
        /// By which the other changes know it.
        record: usize,
        /// Where it stands.
        block: BlockRef,
        /// Its name.
        name: String,
        /// ふりがな of the name.
        reading: Option<String>,
        /// Served on paper.
        paper: bool,
        /// The head first.
        people: Vec<NewPerson>,
    },
    /// A home stands in another block.
    MoveHome {
        /// Which.
        home: GroupId,
        /// Where to.
        to: BlockRef,
    },
    /// Somebody is new in a home that is here.
    AddPerson {
        /// Where.
        home: GroupId,
        /// Who.
        person: NewPerson,
    },
    /// Somebody lives in another home.
    MovePerson {
        /// Who.
        person: PersonId,
        /// Where to.
        to: HomeRef,
    },
    /// A home has another name or reading.
    CorrectHome {
        /// Which.
        home: GroupId,
        /// The rev that was seen.
        seen: Rev,
        /// Its name.
        name: Option<String>,
        /// ふりがな of the name.
        reading: Patch<String>,
    },
    /// Somebody has another name or reading.
    CorrectPerson {
        /// Who.
        person: PersonId,
        /// The rev that was seen.
        seen: Rev,
        /// Their name.
        name: Option<String>,
        /// ふりがな of the name.
        reading: Patch<String>,
    },
    /// A home is served on paper, or no longer.
    SetPaper {
        /// Which.
        home: GroupId,
        /// Yes or no.
        paper: bool,
    },
    /// Somebody gets a role.
    GrantRole {
        /// Who.
        person: PersonRef,
        /// Where.
        place: Place,
        /// As what.
        kind: RoleKind,
    },
    /// What is kept of a home beside the roster: no op, for it stands in no journal.
    Keep {
        /// Which.
        home: HomeRef,
        /// All of it, as it is from now on.
        contact: Contact,
    },
    /// Somebody is not here any more. A home left without anybody is closed with it.
    Depart {
        /// Who.
        person: PersonId,
        /// Why.
        going: Going,
    },
}

impl Change {
    /// Its place in the order: what others need comes first, and nobody goes before the others have come.
    pub(super) const fn turn(&self) -> u8 {
        match self {
            Self::AddBlock { .. } => 0,
            Self::AddHome { .. } => 1,
            Self::MoveHome { .. } => 2,
            Self::AddPerson { .. } => 3,
            Self::MovePerson { .. } => 4,
            Self::CorrectHome { .. } => 5,
            Self::CorrectPerson { .. } => 6,
            Self::SetPaper { .. } => 7,
            Self::GrantRole { .. } => 8,
            Self::Keep { .. } => 9,
            Self::Depart { .. } => 10,
        }
    }
}
