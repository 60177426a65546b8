//! Requests for a talk: what the team works on, and what the resident sees of it.

use super::words::{CaseState, NewsState, Reached, Step};
use kairan_protocol::case;
use serde::{Deserialize, Serialize};

/// The telephone number offered where no team can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Support {
    /// Its name.
    pub name: String,
    /// Its number, as people write it.
    pub telephone: String,
    /// When somebody answers; may be empty.
    #[serde(default)]
    pub hours: String,
}

impl From<case::Support> for Support {
    fn from(case::Support { name, telephone, hours }: case::Support) -> Self {
        Self { name, telephone, hours }
    }
}

impl From<Support> for case::Support {
    fn from(Support { name, telephone, hours }: Support) -> Self {
        Self { name, telephone, hours }
    }
}

/// Where the third answer leads: 相談したい, or 電話で相談.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "way", rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum TalkWay {
    /// To a team.
    Team {
        /// Its name.
        name: String,
    },
    /// No team is staffed: to a telephone number.
    Number {
        /// Whose.
        name: String,
        /// The number, as people write it.
        telephone: String,
        /// When somebody answers; may be empty.
        hours: String,
    },
    /// Nowhere: no team is staffed, and no number is known.
    Nothing,
}

/// One line of a case's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct CaseEntry {
    /// When.
    pub at: i64,
    /// Who, by name; none: by the clock.
    pub by: Option<String>,
    /// What.
    pub what: Step,
    /// What was written down.
    pub text: Option<String>,
}

/// Somebody asked for a talk, as the team works on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct TalkLine {
    /// The check-in's op: what the case is called by.
    pub op: String,
    /// Who.
    pub person: String,
    /// Their name.
    pub name: String,
    /// Their household's name, or empty.
    pub household: String,
    /// For which day.
    pub day: String,
    /// When they tapped.
    pub at: i64,
    /// 未対応・対応中・完了.
    pub state: CaseState,
    /// Whether the resident took it back: a mistaken tap.
    pub taken_back: bool,
    /// Who has it, or closed it: their id.
    pub owner: Option<String>,
    /// Their name.
    pub owner_name: Option<String>,
    /// The name of who looked first.
    pub seen_by: Option<String>,
    /// How far it was passed on.
    pub reached: Reached,
    /// Until when somebody must take it.
    pub due: Option<i64>,
    /// What happened, oldest first.
    pub history: Vec<CaseEntry>,
    /// Whether something about it waits to be sent.
    pub waiting: bool,
}

/// One's own request for a talk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct MyTalk {
    /// The check-in's op: what `take_back` names.
    pub op: String,
    /// For which day.
    pub day: String,
    /// When it was tapped.
    pub at: i64,
    /// How far it is.
    pub state: NewsState,
    /// The name of who looked, took it or closed it: 「○○さんが見ました。」「○○さんが引き受けました。」
    pub by: Option<String>,
    /// How far it was passed on.
    pub reached: Reached,
    /// Until when it is passed on, if nobody takes it.
    pub due: Option<i64>,
    /// The telephone number, once it is shown.
    pub number: Option<Support>,
    /// Whether the request itself is still on the phone.
    pub waiting: bool,
}
