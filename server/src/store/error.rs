//! What can go wrong in the store, and why a request as a whole is turned away.

use kairan_protocol::{id::OpId, sign::BadSignature, wire::ProblemCode};
use rusqlite::ErrorCode;

/// The store could not do what was asked; nothing of the request was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite said no.
    #[error("the database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A folder or file could not be used.
    #[error("the data folder: {0}")]
    Folder(#[from] std::io::Error),
    /// No room on the disk.
    #[error("the disk is full")]
    DiskFull,
    /// The queue is full, or the writer has stopped.
    #[error("the store is not ready")]
    Unavailable,
    /// There is a district in this folder already.
    #[error("there is a district in this folder already")]
    Exists,
    /// There is no district in this folder yet.
    #[error("there is no district in this folder")]
    Missing,
    /// The database was written by a newer version of this program.
    #[error("the database is of version {0}, newer than this program")]
    TooNew(i64),
    /// Something in the database is not what this program writes.
    #[error("the database holds something unexpected: {0}")]
    Damaged(String),
    /// A plan that does not make a district.
    #[error("the plan: {0}")]
    Plan(String),
    /// The operating system has no randomness to give.
    #[error("no randomness: {0}")]
    Randomness(String),
    /// The journal is not where it was, or cannot be read or written.
    #[error("the journal in {}: {source}", place.display())]
    Journal {
        /// Its folder.
        place: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The command was carried out, and could not be written to the journal.
    #[error("it is done, but the journal could not be written: {0}")]
    NotJournalled(std::io::Error),
    /// A signature could not be made.
    #[error("signing: {0}")]
    Signature(#[from] BadSignature),
    /// One op could not be carried out for a reason that is not the op's author's.
    #[error("op {id}: {source}")]
    Op {
        /// Which.
        id: OpId,
        /// Why.
        source: Box<StoreError>,
    },
}

impl StoreError {
    /// The problem a client is told.
    #[must_use]
    pub fn problem(&self) -> ProblemCode {
        match self {
            Self::DiskFull => ProblemCode::DiskFull,
            Self::Unavailable => ProblemCode::Unavailable,
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => match error.code {
                ErrorCode::DiskFull => ProblemCode::DiskFull,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => ProblemCode::Unavailable,
                _ => ProblemCode::Internal,
            },
            Self::Folder(error) if error.kind() == std::io::ErrorKind::StorageFull => ProblemCode::DiskFull,
            Self::Op { source, .. } => source.problem(),
            _ => ProblemCode::Internal,
        }
    }

    /// The op it is about, where it is about one.
    #[must_use]
    pub const fn op(&self) -> Option<OpId> {
        match self {
            Self::Op { id, .. } => Some(*id),
            _ => None,
        }
    }
}

impl From<getrandom::Error> for StoreError {
    fn from(error: getrandom::Error) -> Self {
        Self::Randomness(error.to_string())
    }
}

/// Why a request as a whole is turned away.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// A token nobody has, or one that ran out.
    #[error("this token is not valid")]
    TokenUnknown,
    /// The device is not known here.
    #[error("this device is not known here")]
    DeviceUnknown,
    /// The device was signed off.
    #[error("this device was signed off")]
    Revoked,
    /// No invite with that secret.
    #[error("there is no invitation with this code")]
    InviteUnknown,
    /// Each listed person has joined.
    #[error("this invitation was used already")]
    InviteUsed,
    /// Older than sixty days.
    #[error("this invitation is too old")]
    InviteExpired,
    /// Voided by a reprint.
    #[error("this invitation was replaced by a newer one")]
    InviteVoid,
    /// An officer said no.
    #[error("turned away")]
    TurnedAway,
    /// A person the invite does not list.
    #[error("the invitation does not list this person")]
    NotListed,
    /// A signature that does not fit, or is too old, or was used before.
    #[error("the device's signature does not fit")]
    BadProof,
    /// The request is not what is taken here.
    #[error("{0}")]
    BadRequest(String),
    /// Over a limit.
    #[error("{0}")]
    TooLarge(String),
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Denied {
    /// The problem a client is told.
    #[must_use]
    pub fn problem(&self) -> ProblemCode {
        match self {
            Self::TokenUnknown => ProblemCode::TokenUnknown,
            Self::DeviceUnknown => ProblemCode::DeviceUnknown,
            Self::Revoked => ProblemCode::Revoked,
            Self::InviteUnknown => ProblemCode::InviteUnknown,
            Self::InviteUsed => ProblemCode::InviteUsed,
            Self::InviteExpired => ProblemCode::InviteExpired,
            Self::InviteVoid => ProblemCode::InviteVoid,
            Self::TurnedAway => ProblemCode::TurnedAway,
            Self::NotListed => ProblemCode::NotListed,
            Self::BadProof => ProblemCode::BadProof,
            Self::BadRequest(_) => ProblemCode::BadRequest,
            Self::TooLarge(_) => ProblemCode::TooLarge,
            Self::Store(error) => error.problem(),
        }
    }

    /// What happened here, where a stranger may know it.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::BadRequest(detail) | Self::TooLarge(detail) => Some(detail.clone()),
            _ => None,
        }
    }

    /// The op it is about, where it is about one.
    #[must_use]
    pub const fn op(&self) -> Option<OpId> {
        match self {
            Self::Store(error) => error.op(),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for Denied {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
