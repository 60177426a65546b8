//! What can keep the demo from beginning or ending, each with the one thing to do.

use std::{io, path::PathBuf};

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server's.
    #[error(transparent)]
    Server(#[from] kairan_server::Error),
    /// A phone's.
    #[error("the phone {name}: {source}")]
    Phone {
        /// Which.
        name: String,
        /// Why.
        source: kairan_core::error::Error,
    },
    /// Somebody of the town is not on the sheets that were printed.
    #[error("{0} is on no invitation")]
    Uninvited(String),
    /// What the program brings along for its town says something that cannot be.
    #[error("the made-up town: {0}")]
    Data(String),
    /// The town's own server turned something away that was made up for it.
    #[error("the town's server says no: {0}")]
    Denied(#[from] kairan_server::store::Denied),
    /// The page has no port.
    #[error("the page cannot listen on 127.0.0.1: {0}")]
    Listen(io::Error),
    /// A file could not be made or removed.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The machine gives no randomness.
    #[error("the machine gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

impl Error {
    /// The one thing to do about it.
    #[must_use]
    pub fn todo(&self) -> String {
        match self {
            Self::Server(error) => error.todo(),
            Self::Phone { .. } | Self::Uninvited(_) | Self::Data(_) | Self::Denied(_) => {
                "Try again; with --keep, choose another folder or remove that one.".to_owned()
            }
            Self::Listen(_) => "Choose another port with --port.".to_owned(),
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "Make room on that disk, then try again.".to_owned()
            }
            Self::File { .. } => "Check that the folder is there and that you may write to it.".to_owned(),
            Self::Randomness(_) => "Try again.".to_owned(),
        }
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }

    pub(crate) fn phone(name: &str) -> impl FnOnce(kairan_core::error::Error) -> Self {
        move |source| Self::Phone { name: name.to_owned(), source }
    }
}
