//! Feeds: what is synchronised. Every reader of a feed sees every row of it.

use crate::id::{GroupId, NotAnId, PersonId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// A feed by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedName {
    /// Read by everyone below the group.
    Board(GroupId),
    /// Read by every role holder at or below the group.
    Staff(GroupId),
    /// Worked by role holders at the group.
    Desk(GroupId),
    /// One person's own.
    Mail(PersonId),
}

impl FeedName {
    /// Whether only one person reads it.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::Mail(_))
    }
}

impl fmt::Display for FeedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Board(group) => write!(f, "board:{group}"),
            Self::Staff(group) => write!(f, "staff:{group}"),
            Self::Desk(group) => write!(f, "desk:{group}"),
            Self::Mail(person) => write!(f, "mail:{person}"),
        }
    }
}

impl FromStr for FeedName {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        match text.split_once(':') {
            Some(("board", group)) => group.parse().map(Self::Board),
            Some(("staff", group)) => group.parse().map(Self::Staff),
            Some(("desk", group)) => group.parse().map(Self::Desk),
            Some(("mail", person)) => person.parse().map(Self::Mail),
            _ => Err(NotAnId::new(text, "a feed's name")),
        }
    }
}

impl Serialize for FeedName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FeedName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Where a notice goes: a board or a staff feed, never a desk or somebody's mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "FeedName", into = "FeedName")]
pub enum Audience {
    /// Everyone below the group.
    Board(GroupId),
    /// Every role holder at or below the group.
    Staff(GroupId),
}

impl Audience {
    /// The group it is placed at.
    #[must_use]
    pub const fn group(self) -> GroupId {
        match self {
            Self::Board(group) | Self::Staff(group) => group,
        }
    }
}

impl From<Audience> for FeedName {
    fn from(audience: Audience) -> Self {
        match audience {
            Audience::Board(group) => Self::Board(group),
            Audience::Staff(group) => Self::Staff(group),
        }
    }
}

impl TryFrom<FeedName> for Audience {
    type Error = NotAnId;
    fn try_from(feed: FeedName) -> Result<Self, NotAnId> {
        match feed {
            FeedName::Board(group) => Ok(Self::Board(group)),
            FeedName::Staff(group) => Ok(Self::Staff(group)),
            FeedName::Desk(_) | FeedName::Mail(_) => Err(NotAnId::new(&feed.to_string(), "a board or a staff feed")),
        }
    }
}
