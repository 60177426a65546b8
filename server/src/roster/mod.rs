//! A roster as associations keep it: a spreadsheet of any shape, read record by record, with what each was understood to be.
//!
//! Nothing here knows the store: bytes come in, a reading comes out, and `plan` says what of it is new, changed or gone.

mod block;
mod cell;
mod columns;
pub mod commands;
pub mod export;
mod kind;
mod name;
pub mod plan;
mod reading;
mod row;
mod seen;
#[cfg(test)]
mod tests;
mod text;
mod walk;

pub use columns::Column;
pub use reading::{Doubt, Home, Line, Meaning, Member, Reading, Shape};
pub use text::{Encoding, Newline, Text};

/// Most bytes of a roster: some hundred thousand homes.
pub const BYTES: usize = 64 * 1024 * 1024;

/// Why a file could not be read as a roster at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Over [`BYTES`].
    #[error("the file is larger than {} MiB", BYTES / 1024 / 1024)]
    TooLarge,
    /// Neither UTF-8 nor the `Shift_JIS` of Windows.
    #[error("the file is neither UTF-8 nor Shift_JIS (line {line})")]
    Encoding {
        /// The first line that is not UTF-8.
        line: usize,
    },
    /// No record names columns of a roster.
    #[error("no line names the columns (such as 班, 世帯主, 氏名)")]
    NoHeader,
}

/// Reads a roster.
///
/// # Errors
/// As [`Unreadable`] says; everything else is told line by line.
pub fn read(bytes: &[u8]) -> Result<Reading, Unreadable> {
    if bytes.len() > BYTES {
        return Err(Unreadable::TooLarge);
    }
    let text = Text::decode(bytes)?;
    let records = text.records();
    let header = columns::Header::find(&records).ok_or(Unreadable::NoHeader)?;
    let lines = walk::lines(&records, &header);
    Ok(Reading {
        encoding: text.encoding,
        newline: text.newline,
        header: header.place + 1,
        shape: header.shape(),
        columns: header.columns,
        lines,
    })
}
