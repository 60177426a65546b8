//! What a notification is raised for.

use serde::{Deserialize, Serialize};

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum AlertKind {
    /// 緊急のお知らせ.
    Emergency,
    /// 相談したい, on a team's desk.
    Talk,
}

/// Something a notification should be raised for now. Say `alert_raised` when it is, `alert_seen` when somebody looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Alert {
    /// The notice's id; of a talk the check-in's op.
    pub id: String,
    /// What it is about.
    pub kind: AlertKind,
    /// 件名; of a talk the name of who asked, which is not for a locked screen.
    pub title: String,
    /// The name of the group it comes from; of a talk the household's name, or empty.
    pub from: String,
    /// The team whose desk a talk stands on.
    pub desk: Option<String>,
    /// When it was published, or asked.
    pub at: i64,
    /// Whether it was raised before, by an earlier memory of the server: nobody has looked since.
    pub again: bool,
}
