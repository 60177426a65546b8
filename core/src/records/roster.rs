//! What officers say about homes and people.

use kairan_protocol::notice::Change;
use serde::{Deserialize, Serialize};

/// Somebody who is new here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct NewPerson {
    /// Their name, at most 60 characters.
    pub name: String,
    /// ふりがな of the name.
    #[serde(default)]
    pub reading: Option<String>,
}

/// A household that is new here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct NewHome {
    /// Its name, at most 60 characters.
    pub name: String,
    /// ふりがな of the name.
    #[serde(default)]
    pub reading: Option<String>,
    /// 紙でお届けの世帯.
    pub paper: bool,
    /// Its place in the roster's order; otherwise last.
    #[serde(default)]
    pub place: Option<u32>,
    /// Who lives there, in the order of the roster: at most 20.
    pub people: Vec<NewPerson>,
}

/// What an officer changes in a roster: absent keeps, present sets.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct RosterCorrection {
    /// A new name.
    pub name: Option<String>,
    /// A new ふりがな.
    pub reading: Option<String>,
    /// Whether the ふりがな is emptied.
    pub clear_reading: bool,
    /// A household's new place in the roster's order.
    pub place: Option<u32>,
}

impl RosterCorrection {
    pub(crate) fn reading_change(&self) -> Change<String> {
        match (&self.reading, self.clear_reading) {
            (Some(reading), _) => Change::Set(reading.clone()),
            (None, true) => Change::Clear,
            (None, false) => Change::Keep,
        }
    }
}
