//! district.toml: what a volunteer writes once, read with errors that name line, field and what to do.

mod addresses;
mod entry;
mod names;
mod tree;
mod zone;

pub use addresses::{BadAddresses, judge_addresses};
pub(crate) use tree::word;
pub use zone::{Zone, address};

use crate::{Error, store::SetUpPlan};
use entry::DistrictEntry;
use kairan_protocol::time::Timestamp;
use serde_spanned::Spanned;

/// Reads the text of a district.toml into the plan of its district. `now` is the first day of its zone's offsets.
///
/// # Errors
/// [`Error::District`] with the first thing that cannot be.
pub fn plan(text: &str, now: Timestamp) -> Result<SetUpPlan, Error> {
    let file = File(text);
    let entry: DistrictEntry = toml::from_str(text).map_err(|error| file.unreadable(&error))?;
    tree::plan(&file, &entry, now)
}

/// The file's text, to say where something stands.
struct File<'a>(&'a str);

impl File<'_> {
    fn line(&self, start: usize) -> usize {
        self.0.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1
    }

    fn unreadable(&self, error: &toml::de::Error) -> Error {
        let place =
            error.span().map_or_else(|| "the file".to_owned(), |span| format!("line {}", self.line(span.start)));
        let todo = "Compare the line with the example in the operating guide.".to_owned();
        Error::District { place, what: error.message().to_owned(), todo }
    }

    fn wrong<T>(&self, field: &str, at: &Spanned<T>, what: impl Into<String>, todo: impl Into<String>) -> Error {
        let place = format!("line {}, {field}", self.line(at.span().start));
        Error::District { place, what: what.into(), todo: todo.into() }
    }
}

#[cfg(test)]
mod tests;
