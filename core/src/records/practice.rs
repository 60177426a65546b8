//! The practice neighbourhood: its ten small tasks, and how far they are.

use serde::{Deserialize, Serialize};

/// One of the ten tasks, in the order they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum PracticeTask {
    /// Open a circular.
    OpenCircular,
    /// 「見ました」.
    Acknowledge,
    /// Have it read aloud; a screen tells.
    ReadAloud,
    /// Make the letters bigger; a screen tells.
    BiggerLetters,
    /// Say how one is today: 「良い」 or 「普通」.
    CheckIn,
    /// Take a mistaken tap back.
    TakeBack,
    /// Find something again.
    Search,
    /// Put an event in the calendar; a screen tells.
    Calendar,
    /// Tap without a network, and see it wait and go.
    NoNetwork,
    /// Ask for a talk, and see who took it.
    Talk,
}

impl PracticeTask {
    /// All ten.
    pub const ALL: [Self; 10] = [
        Self::OpenCircular,
        Self::Acknowledge,
        Self::ReadAloud,
        Self::BiggerLetters,
        Self::CheckIn,
        Self::TakeBack,
        Self::Search,
        Self::Calendar,
        Self::NoNetwork,
        Self::Talk,
    ];

    /// Whether only a screen can tell that it was done.
    #[must_use]
    pub const fn is_seen_by_screens(self) -> bool {
        matches!(self, Self::ReadAloud | Self::BiggerLetters | Self::Calendar)
    }
}

/// A task that only a screen can tell the core about; the names are those of [`PracticeTask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum ScreenTask {
    /// A circular was read aloud.
    ReadAloud,
    /// The letters were made bigger.
    BiggerLetters,
    /// An event went to the calendar, or to where it is handed over to one.
    Calendar,
}

impl From<ScreenTask> for PracticeTask {
    fn from(task: ScreenTask) -> Self {
        match task {
            ScreenTask::ReadAloud => Self::ReadAloud,
            ScreenTask::BiggerLetters => Self::BiggerLetters,
            ScreenTask::Calendar => Self::Calendar,
        }
    }
}

/// One task, and whether it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct PracticeLine {
    /// Which.
    pub task: PracticeTask,
    /// Whether it was done since practice began.
    pub done: bool,
    /// Whether only a screen can tell: it says `practice_did`. The others the core sees for itself.
    pub by_screen: bool,
    /// The notice it is best tried with.
    pub notice: Option<String>,
    /// The word to look for.
    pub word: Option<String>,
}

/// The ten tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct PracticeProgress {
    /// Each, in the order they are shown.
    pub tasks: Vec<PracticeLine>,
    /// How many are done.
    pub done: u32,
    /// The first that is not; none: all are done.
    pub next: Option<PracticeTask>,
    /// Whether the pretend network is cut now.
    pub cut: bool,
}
