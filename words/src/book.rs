//! The entries of every screen, read from their files.

use crate::Mistake;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// A language of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 日本語.
    Japanese,
    /// English.
    English,
}

/// What stands on a screen at one place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// In Japanese, whose nouns do not count.
    pub ja: String,
    /// In English.
    pub en: English,
}

/// An English text: one, or one for a single thing and one for any other number.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum English {
    /// Whatever is counted.
    Always(String),
    /// Chosen by `{count}`.
    Counted(Counted),
}

/// The forms of a counted text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// For one.
    pub one: String,
    /// For any other number.
    pub other: String,
}

impl English {
    /// Its texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match self {
            Self::Always(text) => (text, None),
            Self::Counted(Counted { one, other }) => (other, Some(one.as_str())),
        };
        std::iter::once(first.as_str()).chain(second)
    }
}

/// Every entry by its full name, in the order of the names.
#[derive(Debug, Default)]
pub struct Book {
    /// `home.question` and so on.
    pub entries: BTreeMap<String, Entry>,
}

impl Book {
    /// Reads every screen of a folder.
    ///
    /// # Errors
    /// Every mistake of the files' form.
    pub fn read(folder: &Path) -> Result<Self, Vec<Mistake>> {
        let mut book = Self::default();
        let mut mistakes = Vec::new();
        for path in screens(folder).map_err(|mistake| vec![mistake])? {
            let screen = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            match fs::read_to_string(&path) {
                Ok(text) => mistakes.extend(book.add(&screen, &text)),
                Err(error) => mistakes.push(Mistake::File { path, error }),
            }
        }
        if mistakes.is_empty() { Ok(book) } else { Err(mistakes) }
    }

    /// Takes in one screen's file, and says what is wrong with its form.
    pub fn add(&mut self, screen: &str, text: &str) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        match text.parse::<toml::Table>() {
            Ok(table) => self.gather(screen, table, &mut mistakes),
            Err(error) => {
                mistakes.push(Mistake::NotToml { file: format!("{screen}.toml"), detail: error.to_string() });
            }
        }
        mistakes
    }

    fn gather(&mut self, place: &str, table: toml::Table, mistakes: &mut Vec<Mistake>) {
        for (key, value) in table {
            let name = format!("{place}.{key}");
            let fault = |detail: String| Mistake::NotAnEntry { name: name.clone(), detail };
            if !is_key(&key) {
                mistakes.push(fault("a name has small letters, figures and _ only".to_owned()));
                continue;
            }
            match value {
                toml::Value::Table(inner) if inner.contains_key("ja") || inner.contains_key("en") => {
                    match inner.try_into::<Entry>() {
                        Ok(entry) => drop(self.entries.insert(name, entry)),
                        Err(error) => mistakes.push(fault(error.message().to_owned())),
                    }
                }
                toml::Value::Table(inner) => self.gather(&name, inner, mistakes),
                _ => mistakes.push(fault("it needs { ja = \"…\", en = \"…\" }".to_owned())),
            }
        }
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// The files of a folder's screens, sorted; the package's own manifest is none.
fn screens(folder: &Path) -> Result<Vec<PathBuf>, Mistake> {
    let trouble = |error| Mistake::File { path: folder.to_path_buf(), error };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(trouble)? {
        let path = entry.map_err(trouble)?.path();
        let is_screen = path.extension().is_some_and(|ending| ending == "toml");
        if is_screen && path.file_name().is_some_and(|name| name != "Cargo.toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        Book::default().add("home", text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_screen_gives_its_name_to_its_entries_and_tables_go_below_it() {
        let mut book = Book::default();
        let text = "title = { ja = \"ホーム\", en = \"Home\" }\n[mood]\ngood = { ja = \"良い\", en = \"Good\" }\n";
        assert!(book.add("home", text).is_empty());
        assert_eq!(book.entries.keys().collect::<Vec<_>>(), ["home.mood.good", "home.title"]);
    }

    #[test]
    fn an_entry_without_a_language_or_with_an_unknown_key_is_a_mistake() {
        for wrong in [
            "title = { ja = \"ホーム\" }",
            "title = { en = \"Home\" }",
            "title = { ja = \"ホーム\", en = \"Home\", fr = \"Accueil\" }",
            "title = { ja = \"ホーム\", en = { one = \"Home\" } }",
            "title = \"ホーム\"",
            "Title = { ja = \"ホーム\", en = \"Home\" }",
            "title = {",
        ] {
            assert_eq!(faults(wrong).len(), 1, "{wrong}");
        }
    }
}
