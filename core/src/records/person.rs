//! People, phones, joining, and what waits to be sent.

use super::words::{Mood, RoleKind};
use serde::{Deserialize, Serialize};

/// Somebody an invitation lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct ListedPerson {
    /// Who.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Whether they joined by this invitation already.
    pub joined: bool,
}

/// How far joining got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum Joining {
    /// Who is this phone for?
    Choose {
        /// The household's name.
        name: String,
        /// The listed people.
        persons: Vec<ListedPerson>,
    },
    /// The invitation was passed on: an officer has to let this phone in. Asking again with the same code tells whether that has
    /// happened.
    Waiting {
        /// The household's name.
        name: String,
        /// The two digits the officer sees too; read out on the telephone when asked.
        digits: String,
    },
    /// The phone is in.
    Joined {
        /// The neighbourhood's name.
        district: String,
    },
}

/// A role somebody holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct RoleLine {
    /// Its id.
    pub id: String,
    /// Where.
    pub group: String,
    /// The group's name.
    pub group_name: String,
    /// What.
    pub kind: RoleKind,
    /// First moment no more.
    pub until: Option<i64>,
}

/// One person this phone is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct PersonLine {
    /// Who.
    pub id: String,
    /// Their name; empty until the first sync.
    pub name: String,
    /// Their household's name.
    pub household: Option<String>,
    /// The name of the association it belongs to, which stands on the top of their screens.
    #[serde(default)]
    pub association: Option<String>,
    /// The roles they hold now.
    pub roles: Vec<RoleLine>,
}

/// Whose phone this is, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Me {
    /// The neighbourhood's name; empty before joining.
    pub district: String,
    /// Whether the phone has joined.
    pub joined: bool,
    /// The people it is for.
    pub persons: Vec<PersonLine>,
    /// Whether everything of the first pull is here.
    pub complete: bool,
    /// The association's clock is so many minutes ahead of UTC now (Japan: 540, which also stands until the server said): screens
    /// show every time by it, wherever the phone is.
    #[serde(default)]
    pub utc_offset_minutes: i32,
    /// Whether it is the practice neighbourhood: nothing of it is sent to anybody.
    #[serde(default)]
    pub practice: bool,
}

/// One of a person's phones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct PhoneLine {
    /// The device.
    pub device: String,
    /// What it calls itself.
    pub name: String,
    /// Since when it holds the person.
    pub since: i64,
    /// Whether it is this very phone.
    pub this: bool,
}

/// How an op stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum OpState {
    /// Not sent yet.
    Waiting,
    /// On the wire; the answer has not come.
    Sending,
    /// Waited too long to go out by itself: send it, or discard it?
    AskAgain,
    /// Cannot be sent now; tried again later.
    Parked,
    /// Refused for good.
    Refused,
}

/// What somebody asked for and the server has not taken yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct WaitingOp {
    /// The op.
    pub id: String,
    /// Its word: `check_in`, `receipt`, `post` …
    pub what: String,
    /// What it is about in people's words: the notice's 件名, where there is one.
    pub title: Option<String>,
    /// For whom.
    pub person: String,
    /// When it was tapped.
    pub at: i64,
    /// How it stands.
    pub state: OpState,
    /// Why it is refused, parked, or waits although it was sent: a stable code. `later`: what it speaks about was lost with the
    /// server's memory and has not come back; `handing_back`: the server had it and lost it.
    pub code: Option<String>,
    /// Whether it was never on the wire: then discarding takes it back for good.
    pub unsent: bool,
}

/// What became of the phone's own records after some of them could not be read any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Salvage {
    /// When it was found.
    pub at: i64,
    /// Ops that could be read and are kept, sent ones too.
    pub saved: u32,
    /// Of these, what still waits to be sent.
    pub waiting: u32,
    /// Whether something that was not sent yet may be gone: what was tapped last should be looked at again.
    pub lost: bool,
}

/// A tap made outside the app: widget or notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Tap {
    /// For whom.
    pub person: String,
    /// What was tapped.
    pub kind: TapKind,
    /// When, by the phone's clock.
    pub at: i64,
}

/// What can be tapped outside the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tap", rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum TapKind {
    /// One of the three answers.
    CheckIn {
        /// Which.
        mood: Mood,
    },
    /// 「見ました」.
    Acknowledge {
        /// The notice.
        notice: String,
        /// The rev that was on the screen.
        rev: u32,
    },
}
