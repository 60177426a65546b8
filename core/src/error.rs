//! What can go wrong on a phone, as few cases as a screen can act on, each with a stable code.

use kairan_protocol::{refusal::Refusal, wire::Problem};
use serde::{Deserialize, Serialize};

/// The one error of the core. Codes never change their meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Error), uniffi(name = "KairanError"))]
pub enum Error {
    /// The phone has not joined a neighbourhood yet, or left it.
    #[error("not joined yet")]
    NotJoined,
    /// The server cannot be reached now; what was tapped is kept.
    #[error("the server cannot be reached")]
    Offline,
    /// The rules say no; nothing was written.
    #[error("refused: {refusal}")]
    Refused {
        /// [`Refusal::code`].
        refusal: String,
    },
    /// A mood needs its person's consent first; nothing was written.
    #[error("a mood needs its person's consent first")]
    ConsentNeeded,
    /// There is no such thing on this phone.
    #[error("no such {what}")]
    Unknown {
        /// What was looked for, in the interface's words.
        what: String,
    },
    /// An invitation that was mistyped or is not one.
    #[error("not an invitation: {detail}")]
    BadCode {
        /// What is wrong with it.
        detail: String,
    },
    /// The server answered with a problem.
    #[error("{problem}: {title} {todo}")]
    Problem {
        /// The problem's stable code.
        problem: String,
        /// What happened, in one sentence.
        title: String,
        /// The one thing to do.
        todo: String,
    },
    /// In the practice neighbourhood there is no such thing: it would need a real one.
    #[error("not in the practice neighbourhood")]
    InPractice,
    /// This is a real neighbourhood, not the practice one.
    #[error("not the practice neighbourhood")]
    NotPractice,
    /// No room on the phone; nothing was written.
    #[error("the phone's storage is full")]
    DiskFull,
    /// The phone's records cannot be read. What the server said is pulled again by itself; of what people here said, the next
    /// opening saves what can be read. Those of a newer app are left as they are.
    #[error("the phone's records are damaged: {detail}")]
    Damaged {
        /// For the person who looks into it.
        detail: String,
    },
    /// A mistake of this program or something nobody thought of.
    #[error("{detail}")]
    Internal {
        /// For the person who looks into it; no secrets and no bodies.
        detail: String,
    },
}

impl Error {
    /// Its stable code: of the refusal or the problem where it is one.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotJoined => "not_joined",
            Self::Offline => "offline",
            Self::Refused { refusal } => refusal,
            Self::ConsentNeeded => Refusal::ConsentNeeded.code(),
            Self::Unknown { .. } => "unknown",
            Self::BadCode { .. } => "bad_code",
            Self::Problem { problem, .. } => problem,
            Self::InPractice => "in_practice",
            Self::NotPractice => "not_practice",
            Self::DiskFull => "disk_full",
            Self::Damaged { .. } => "damaged",
            Self::Internal { .. } => "internal",
        }
    }

    /// No such thing on this phone.
    #[must_use]
    pub fn unknown(what: impl Into<String>) -> Self {
        Self::Unknown { what: what.into() }
    }

    /// Something that should not have happened.
    #[must_use]
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        Self::Internal { detail: detail.to_string() }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::ConsentNeeded => Self::ConsentNeeded,
            other => Self::Refused { refusal: other.code().to_owned() },
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem { problem: problem.code.code().to_owned(), title: problem.title, todo: problem.todo }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        // Only text is ever written where text is read.
        if let rusqlite::Error::Utf8Error(..) = error {
            return Self::Damaged { detail: "no text where text was".to_owned() };
        }
        // The log's index could not grow.
        let no_room = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
        if error.sqlite_error().is_some_and(|error| error.extended_code == no_room) {
            return Self::DiskFull;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { detail: error.to_string() },
            // The text of other errors may quote values; the code says enough.
            Some(code) => Self::Internal { detail: format!("sqlite: {code:?}") },
            None => Self::Internal { detail: error.to_string() },
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            kind => Self::Internal { detail: format!("file: {kind}") },
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        // Only where it stands: the text itself may be somebody's words.
        Self::Internal { detail: format!("JSON at line {} column {}", error.line(), error.column()) }
    }
}

impl From<kairan_protocol::id::NotAnId> for Error {
    fn from(error: kairan_protocol::id::NotAnId) -> Self {
        Self::Unknown { what: error.wanted.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_and_the_missing_consent_is_told_apart() {
        assert_eq!(Error::from(Refusal::Conflict).code(), "conflict");
        assert_eq!(Error::from(Refusal::ConsentNeeded), Error::ConsentNeeded);
        assert_eq!(Error::ConsentNeeded.code(), "consent_needed");
    }

    #[test]
    fn a_full_disk_is_told_apart_from_every_other_failure() {
        let full = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL), None);
        assert_eq!(Error::from(full), Error::DiskFull);
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_SHMSIZE);
        assert_eq!(Error::from(rusqlite::Error::SqliteFailure(code, None)), Error::DiskFull);
        assert_eq!(Error::from(std::io::Error::from(std::io::ErrorKind::StorageFull)), Error::DiskFull);
    }
}
