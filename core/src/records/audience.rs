//! To whom a notice goes, as an officer ticks it.

use super::{paper::Reach, words::GroupKind};
use serde::{Deserialize, Serialize};

/// Whether a group is ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum TickState {
    /// With everything below it.
    Whole,
    /// Some of what is below it.
    Partly,
    /// Not at all.
    None,
}

/// One group that can be ticked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct AudienceRow {
    /// The group: what a tap names.
    pub group: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: GroupKind,
    /// How far below the first row it hangs; that is 0.
    pub depth: u32,
    /// Every household below it.
    pub households: u32,
    /// Those with at least one phone.
    pub app: u32,
    /// Those served on paper.
    pub paper: u32,
    /// Whether it is ticked.
    pub state: TickState,
}

/// A desk's groups with their ticks, and what these mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct AudienceTree {
    /// The desk's group and what is below it, a group before what hangs below it.
    pub rows: Vec<AudienceRow>,
    /// What to pass as `ticked` next time; not to be read otherwise.
    pub ticked: Vec<String>,
    /// The fewest boards that say exactly what is ticked: a draft's audience. Empty where nothing is.
    pub audience: Vec<String>,
    /// How many homes that reaches, and how.
    pub reach: Reach,
}
