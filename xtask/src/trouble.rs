//! What can keep a project command from doing its work at all; a failing test is not among it.

use std::{fmt, io, path::PathBuf};

/// Why a command could not be carried out.
#[derive(Debug)]
pub enum Trouble {
    /// The words after `cargo xtask` are none of ours.
    Usage(&'static str),
    /// The repository was not found around this program.
    NoRepository,
    /// A program could not be started or listened to.
    Program(String, io::Error),
    /// A file or folder could not be read or written.
    File(PathBuf, io::Error),
    /// A program that everything after it needs has failed.
    Step(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(usage) => write!(f, "these words are not known here.\n{usage}"),
            Self::NoRepository => f.write_str("the repository is not where this program was built"),
            Self::Program(name, error) => write!(f, "{name}: {error}"),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Step(what) => write!(f, "{what} failed"),
        }
    }
}

impl std::error::Error for Trouble {}
