//! Which words the browser's screens ask for.

use crate::book::Book;
use std::collections::BTreeSet;

/// The names a text of the browser's source speaks of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Full names, as they stand.
    pub names: BTreeSet<String>,
    /// What a name begins with that is put together: `` `terms.mood.${mood}` ``.
    pub beginnings: BTreeSet<String>,
}

impl Used {
    /// Takes in what a source file's texts look like: everything in quotes that begins with a screen's name and a dot.
    pub fn read(&mut self, book: &Book, source: &str) {
        let screens: BTreeSet<&str> = book.entries.keys().filter_map(|name| name.split('.').next()).collect();
        for text in quoted(source) {
            let (path, put_together) = match text.split_once("${") {
                Some((path, _)) => (path, true),
                None => (text, text.ends_with('.')),
            };
            let Some((screen, rest)) = path.split_once('.') else { continue };
            let is_path = rest
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._".contains(letter));
            if !screens.contains(screen) || !is_path {
                continue;
            }
            if put_together {
                self.beginnings.insert(path.to_owned());
            } else if rest != "js" && rest != "css" {
                self.names.insert(path.to_owned());
            }
        }
    }

    /// The names that are asked for and are no entry's, and the beginnings nothing begins with.
    #[must_use]
    pub fn missing<'a>(&'a self, book: &Book) -> Vec<&'a str> {
        let unknown = self.names.iter().filter(|name| !book.entries.contains_key(*name) && !is_table(book, name));
        let empty = self.beginnings.iter().filter(|start| !book.entries.keys().any(|name| name.starts_with(*start)));
        unknown.chain(empty).map(String::as_str).collect()
    }

    /// The entries nobody asks for.
    #[must_use]
    pub fn unused<'a>(&self, book: &'a Book) -> Vec<&'a str> {
        let asked = |name: &str| {
            self.names.contains(name)
                || self
                    .names
                    .iter()
                    .any(|table| name.strip_prefix(table.as_str()).is_some_and(|rest| rest.starts_with('.')))
                || self.beginnings.iter().any(|start| name.starts_with(start.as_str()))
        };
        book.entries.keys().map(String::as_str).filter(|name| !asked(name)).collect()
    }
}

/// Whether entries stand below that name: a table handed on, to be looked up in.
fn is_table(book: &Book, name: &str) -> bool {
    book.entries.keys().any(|known| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}

/// What stands between quotes of one kind on one line.
fn quoted(source: &str) -> Vec<&str> {
    let mut texts = Vec::new();
    for line in source.lines() {
        for quote in ['"', '\'', '`'] {
            texts.extend(line.split(quote).skip(1).step_by(2));
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_found_whole_or_by_its_beginning() {
        let mut book = Book::default();
        book.add("home", "a = { ja = \"あ\", en = \"A\" }\nb = { ja = \"い\", en = \"B\" }");
        book.add("terms", "[mood]\ngood = { ja = \"良い\", en = \"Good\" }");
        let mut used = Used::default();
        used.read(&book, "word(\"home.a\"); word(`terms.mood.${mood}`); word('home.c'); import \"./home.js\";");
        assert_eq!(used.missing(&book), ["home.c"]);
        assert_eq!(used.unused(&book), ["home.b"]);
    }
}
