//! Notices: circulars, plain notices and officers' emergencies, with the four points, corrections and withdrawal.

use crate::{
    feed::Audience,
    id::{Commit, GroupId, NoticeId, PersonId, Rev},
    time::{Day, Timestamp},
};
use serde::{Deserialize, Deserializer, Serialize};

/// What was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// 回覧: asks for the household's seal.
    Circular,
    /// お知らせ.
    Notice,
    /// 緊急のお知らせ: an officer's, never a 警報.
    Emergency,
}

/// When something takes place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// As it stands on the sheet: 「11月29日（日）朝9時」.
    pub text: String,
    /// The first moment, where it can be put in a calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Timestamp>,
    /// The last moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
}

/// By when something is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByWhen {
    /// As it stands on the sheet.
    pub text: String,
    /// The last day, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Day>,
}

/// The four points 要点: いつ・どこで・すること・しめきり. An empty one is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Points {
    /// いつ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// どこで.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// すること.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// しめきり.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_when: Option<ByWhen>,
}

/// The group a notice comes from, with its name at the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// The group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// That a notice was taken back, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// In the officer's words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What stands in a notice's row. Title and text are always there to fall back on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeBody {
    /// What was posted. A kind this program does not know is shown by title and text.
    pub kind: NoticeKind,
    /// 件名.
    pub title: String,
    /// 要点.
    #[serde(default)]
    pub points: Points,
    /// 本文.
    pub text: String,
    /// Who sends it.
    pub from: Sender,
    /// When it was published, or will be.
    pub at: Timestamp,
    /// The rev whose four points are asked about: a receipt of an older one counts no more.
    pub asks: Rev,
    /// Until when an emergency stays at the top; none: until withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// When it was last corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<Timestamp>,
    /// That it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawn>,
    /// What a phone must understand to show this at all; empty for everything of today.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub must_understand: Vec<String>,
}

/// How far a notice is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Waits for its hour.
    Scheduled,
    /// Stands on its boards.
    Published,
    /// Taken back.
    Withdrawn,
}

/// A notice as the server's tables and a desk hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeState {
    /// Its id: that of the op that posted it.
    pub id: NoticeId,
    /// How often it changed.
    pub rev: Rev,
    /// Where it stands, or will.
    pub audience: Vec<Audience>,
    /// Who posted it.
    pub author: PersonId,
    /// How far it is.
    pub phase: Phase,
    /// The commit that published it: the denominator is frozen there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Commit>,
    /// What readers see.
    pub body: NoticeBody,
}

/// One field of a patch: absent keeps, null clears, a value sets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change<T> {
    /// As it was.
    #[default]
    Keep,
    /// Empty from now on.
    Clear,
    /// This from now on.
    Set(T),
}

impl<T> Change<T> {
    /// Whether nothing changes.
    #[must_use]
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The field after the change.
    #[must_use]
    pub fn apply(self, old: Option<T>) -> Option<T> {
        match self {
            Self::Keep => old,
            Self::Clear => None,
            Self::Set(new) => Some(new),
        }
    }
}

impl<T: Serialize> Serialize for Change<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

/// Field patches of a correction.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoticePatch {
    /// A new 件名.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A new 本文.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// いつ.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub when: Change<When>,
    /// どこで.
    #[serde(default, rename = "where", skip_serializing_if = "Change::is_keep")]
    pub place: Change<String>,
    /// すること.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub what: Change<String>,
    /// しめきり.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub by_when: Change<ByWhen>,
    /// Until when an emergency stays.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    pub until: Change<Timestamp>,
}
