//! Who is meant by a key or a name in district.toml.

use super::File;
use crate::Error;
use serde_spanned::Spanned;
use std::collections::{HashMap, hash_map::Entry};

/// Keys and names of one sort of thing. A key is unique; a name need only be where it is referred to.
pub struct Names<I> {
    sort: &'static str,
    by_key: HashMap<String, I>,
    by_name: HashMap<String, Vec<I>>,
}

impl<I: Copy> Names<I> {
    /// Of nothing yet; `sort` is the word for errors.
    pub fn new(sort: &'static str) -> Self {
        Self { sort, by_key: HashMap::new(), by_name: HashMap::new() }
    }

    /// One more thing.
    pub fn add<T>(
        &mut self,
        file: &File<'_>,
        at: &Spanned<T>,
        key: Option<&str>,
        name: &str,
        id: I,
    ) -> Result<(), Error> {
        self.by_name.entry(name.to_owned()).or_default().push(id);
        let Some(key) = key else { return Ok(()) };
        match self.by_key.entry(key.to_owned()) {
            Entry::Vacant(place) => {
                place.insert(id);
                Ok(())
            }
            Entry::Occupied(_) => Err(file.wrong(
                "key",
                at,
                format!("another {} has the key {key:?} already", self.sort),
                "Give each its own key.",
            )),
        }
    }

    /// The one that is meant.
    pub fn find(&self, file: &File<'_>, field: &str, wanted: &Spanned<String>) -> Result<I, Error> {
        let text = wanted.get_ref();
        if let Some(id) = self.by_key.get(text) {
            return Ok(*id);
        }
        match self.by_name.get(text).map(Vec::as_slice) {
            Some([id]) => Ok(*id),
            Some(several) => Err(file.wrong(
                field,
                wanted,
                format!("{} {}s are named {text:?}", several.len(), self.sort),
                "Give the one that is meant a key, and write the key here.",
            )),
            None => Err(file.wrong(
                field,
                wanted,
                format!("no {} has the key or name {text:?}", self.sort),
                "Write the key or the whole name as it stands elsewhere in the file.",
            )),
        }
    }
}
