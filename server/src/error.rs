//! What can go wrong around the store, each with what happened and the one thing to do.

use crate::store::StoreError;
use kairan_protocol::time::Timestamp;
use std::{io, path::PathBuf};

/// Why something at the edge of the server failed. The sentence says what happened, [`Error::todo`] what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The district's file says something that cannot be.
    #[error("{place}: {what}")]
    District {
        /// Where in the file: line and field, as far as known.
        place: String,
        /// What is wrong with it.
        what: String,
        /// How to put it right.
        todo: String,
    },
    /// There is data where a new folder was to be made.
    #[error("{} holds data already", .0.display())]
    Occupied(PathBuf),
    /// The folder holds no district.
    #[error("{} holds no district", .0.display())]
    NoDistrict(PathBuf),
    /// Another program works in the folder.
    #[error("another kairan-server works in {}", .0.display())]
    Locked(PathBuf),
    /// A file could not be read, written or removed.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An address could not be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: std::net::SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Serving without TLS where strangers could listen in.
    #[error("{0} can be reached from other machines, and --plain has no encryption")]
    PlainInTheOpen(std::net::SocketAddr),
    /// Without limits where strangers could come in.
    #[error("{0} can be reached from other machines, and --unlimited has no limits")]
    UnlimitedInTheOpen(std::net::SocketAddr),
    /// A key or certificate is not what it should be.
    #[error("{}: {what}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// There is no key that could follow the identity's.
    #[error("{} is not there", .0.display())]
    NoNext(PathBuf),
    /// A key or certificate could not be made.
    #[error("a key or certificate could not be made: {0}")]
    Making(String),
    /// Nothing here has that name or id.
    #[error("there is no {wanted} {what:?} here")]
    Unknown {
        /// What was looked for.
        wanted: &'static str,
        /// The name or id.
        what: String,
    },
    /// Several things here have that name.
    #[error("{what:?} is the name of several: {found}")]
    Ambiguous {
        /// The name.
        what: String,
        /// Their ids.
        found: String,
    },
    /// An op of the command line was refused.
    #[error("the district's rules say no: {0}")]
    Refused(kairan_protocol::refusal::Refusal),
    /// The arguments do not go together.
    #[error("{0}")]
    Arguments(String),
    /// The running server could not do it.
    #[error("{what}")]
    Console {
        /// What it said.
        what: String,
        /// What it says to do.
        todo: String,
    },
    /// The running server did not answer on its console.
    #[error("the running server did not answer: {0}")]
    Silent(String),
    /// A backup that is cut off, was changed, or is none.
    #[error("{}: {what}", path.display())]
    NotWhole {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A backup that another passphrase or recovery key opens.
    #[error("{} is not opened by this: {what}", path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
        /// By what it is.
        what: &'static str,
    },
    /// The machine's clock was never set, and what is to be done would bear its moment for good.
    #[error("this machine's clock says {0}")]
    Clock(Timestamp),
    /// Told to stop before it was done.
    #[error("stopped; nothing was left behind")]
    Stopped,
    /// A file that is no roster.
    #[cfg(feature = "steward")]
    #[error("{}: {source}", path.display())]
    Roster {
        /// Which.
        path: PathBuf,
        /// Why.
        source: crate::roster::Unreadable,
    },
    /// An import that was told to stop between two batches.
    #[error("stopped after {done} of {all} changes")]
    Interrupted {
        /// How many are done.
        done: usize,
        /// Of how many.
        all: usize,
    },
    /// Some changes of an import were refused.
    #[error("{0} of the changes were refused")]
    NotImported(usize),
    /// A check found something.
    #[error("{0} of the checks failed")]
    Check(usize),
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Error {
    /// The one thing to do about it.
    #[must_use]
    pub fn todo(&self) -> String {
        match self {
            Self::District { todo, .. } | Self::Console { todo, .. } => todo.clone(),
            Self::Occupied(_) => "Choose another folder with --data, or keep using this one with `serve`.".into(),
            Self::NoDistrict(_) => "Name the right folder with --data, or make one with `set-up`.".into(),
            Self::Locked(_) => "Stop the other one first, or use another folder.".into(),
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "Make room on that disk, then try again.".into()
            }
            Self::File { .. } => "Check that the file is there and that this user may use it.".into(),
            Self::Listen { .. } => "Choose another address with --listen.".into(),
            Self::PlainInTheOpen(_) => "Leave out --plain, or listen on 127.0.0.1 behind a proxy that does TLS.".into(),
            Self::UnlimitedInTheOpen(_) => "Leave out --unlimited, or listen on 127.0.0.1.".into(),
            Self::Certificate { .. } => "Put the right file there; backups hold identity.pem.".into(),
            Self::NoNext(_) => "Make and announce it first with `identity next`.".into(),
            Self::Making(_) => "Try again; if it stays, the machine has no randomness to give.".into(),
            Self::Unknown { .. } => "Compare the name with the roster, or use the id.".into(),
            Self::Ambiguous { .. } => "Use one of these ids instead of the name.".into(),
            Self::Refused(_) => "Compare what was asked with the tree and the roles.".into(),
            Self::Arguments(_) => "See --help.".into(),
            Self::Silent(_) => "See the server's log; if it hangs, stop it and try again.".into(),
            Self::NotWhole { .. } => {
                "Use another backup; compare the file's size with the original if it was copied.".into()
            }
            Self::WrongKey { .. } => "Give what it was closed with: --passphrase-file, or --recovery-key.".into(),
            Self::Clock(_) => "Set the clock (`date --set`, or connect it to the network), then try again.".into(),
            #[cfg(feature = "steward")]
            Self::Roster { .. } => {
                "Save the roster as CSV with its line of column names (班, 氏名 …) and try again.".into()
            }
            Self::Interrupted { .. } => "Run the same import again: it goes on where it stopped.".into(),
            Self::NotImported(_) => "Run the same import again with --dry-run and look at what is left.".into(),
            Self::Stopped => "Begin again whenever it suits.".into(),
            Self::Check(_) => {
                "Copy the folder before anything else; then restore the newest backup that `verify` calls whole.".into()
            }
            Self::Store(StoreError::Journal { .. }) => {
                "Mount the journal's disk, or name another place with `serve --journal`.".into()
            }
            Self::Store(StoreError::NotJournalled(_)) => {
                "Do not do it again. Make room where the journal is; the next command writes this one too.".into()
            }
            Self::Store(_) => {
                "Nothing is lost. Look at the disk's free space and the folder's owner, then try again.".into()
            }
        }
    }

    /// The exit code: 2 for what the caller wrote, 3 for a folder in use, 1 for the rest.
    #[must_use]
    #[allow(clippy::match_same_arms, reason = "one of them is not always there")]
    pub const fn exit_code(&self) -> u8 {
        match self {
            #[cfg(feature = "steward")]
            Self::Roster { .. } => 2,
            Self::District { .. } | Self::Arguments(_) | Self::PlainInTheOpen(_) | Self::UnlimitedInTheOpen(_) => 2,
            Self::Locked(_) | Self::Occupied(_) => 3,
            Self::Stopped | Self::Interrupted { .. } => 130,
            _ => 1,
        }
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
