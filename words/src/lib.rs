//! What stands on the screens, in Japanese and English, once; the words of every UI are generated from it.
//!
//! The source is one TOML file per screen beside this package: `home.toml` holds `question = { ja = "…", en = "…" }`, whose full
//! name is `home.question`. What stands in for a placeholder (`{count}`) is the caller's.

pub mod book;
pub mod check;
pub mod phone;
pub mod text;
pub mod used;
pub mod write;

use std::{io, path::PathBuf};

/// A mistake in the words, each said in one line.
#[derive(Debug, thiserror::Error)]
pub enum Mistake {
    /// A file or folder cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file is not TOML.
    #[error("{file}: {detail}")]
    NotToml {
        /// Its name.
        file: String,
        /// Where and why.
        detail: String,
    },
    /// Something that is neither an entry nor a table of entries.
    #[error("{name} is no entry: {detail}")]
    NotAnEntry {
        /// Its full name.
        name: String,
        /// Why.
        detail: String,
    },
    /// A text that says something it should not, or lacks something.
    #[error("{name}: {detail}")]
    Text {
        /// The entry's full name.
        name: String,
        /// What is wrong.
        detail: String,
    },
}
