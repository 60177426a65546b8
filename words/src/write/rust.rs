//! The terminal phone's words: a Rust module of constants, of functions where something is filled in, and of look-ups by name.

use super::GENERATED;
use crate::{
    book::Book,
    text::{Piece, in_order, pieces},
};
use std::{collections::BTreeMap, fmt::Write as _};

/// What a program shows, and how it asks for it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Full names of entries, or of tables whose entries are all wanted.
    pub names: &'a [&'a str],
    /// Full names of tables whose entries are looked up by the names the core gives.
    pub by_name: &'a [&'a str],
}

/// The Japanese texts that are wanted, as nested modules.
#[must_use]
pub fn module(book: &Book, wanted: Wanted<'_>) -> String {
    let mut root = Module::default();
    for table in wanted.by_name {
        let texts = below(book, table).map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
        root.at(table).look_up = texts;
    }
    for name in wanted.names {
        if let Some(entry) = book.entries.get(*name) {
            root.put(name, &entry.ja);
        }
        for (key, text) in below(book, name) {
            root.put(&format!("{name}.{key}"), text);
        }
    }
    let mut out = format!("//! {GENERATED}\n");
    root.write(&mut out, 0);
    out
}

/// The keys and Japanese texts of a table.
fn below<'a>(book: &'a Book, table: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    book.entries.iter().filter_map(move |(name, entry)| {
        let key = name.strip_prefix(table)?.strip_prefix('.')?;
        Some((key, entry.ja.as_str()))
    })
}

#[derive(Default)]
struct Module {
    texts: BTreeMap<String, String>,
    look_up: Vec<(String, String)>,
    inner: BTreeMap<String, Module>,
}

impl Module {
    fn at(&mut self, path: &str) -> &mut Self {
        path.split('.').fold(self, |module, part| module.inner.entry(part.to_owned()).or_default())
    }

    fn put(&mut self, name: &str, text: &str) {
        let (path, key) = name.rsplit_once('.').unwrap_or(("", name));
        self.at(path).texts.insert(key.to_owned(), text.to_owned());
    }

    fn write(&self, out: &mut String, depth: usize) {
        let margin = "    ".repeat(depth);
        for (key, text) in &self.texts {
            let names = in_order(text);
            // Writing to a text cannot fail.
            let _ = if names.is_empty() {
                writeln!(out, "{margin}pub const {}: &str = \"{}\";", key.to_uppercase(), escaped(text))
            } else {
                let parameters: Vec<String> =
                    names.iter().map(|name| format!("{name}: impl std::fmt::Display")).collect();
                let parameters = parameters.join(", ");
                writeln!(
                    out,
                    "{margin}pub fn {key}({parameters}) -> String {{\n{margin}    format!(\"{}\")\n{margin}}}",
                    escaped(text)
                )
            };
        }
        if !self.look_up.is_empty() {
            let _ = writeln!(out, "{margin}pub fn named(name: &str) -> Option<&'static str> {{");
            let _ = writeln!(out, "{margin}    Some(match name {{");
            for (key, text) in &self.look_up {
                let _ = writeln!(out, "{margin}        \"{key}\" => \"{}\",", escaped(text));
            }
            let _ = writeln!(out, "{margin}        _ => return None,\n{margin}    }})\n{margin}}}");
        }
        for (name, module) in &self.inner {
            let _ = writeln!(out, "\n{margin}pub mod {name} {{");
            module.write(out, depth + 1);
            let _ = writeln!(out, "{margin}}}");
        }
    }
}

/// Inside a text of Rust, where a placeholder is what `format!` takes by its name.
fn escaped(text: &str) -> String {
    let pieces = pieces(text).unwrap_or_default();
    let one = |piece: Piece<'_>| match piece {
        Piece::Plain(plain) => plain.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"),
        Piece::Placeholder(name) => format!("{{{name}}}"),
    };
    pieces.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_a_constant_a_function_or_a_look_up() {
        let mut book = Book::default();
        book.add("home", "a = { ja = \"良い\", en = \"Good\" }\nb = { ja = \"{name}さん\", en = \"{name}\" }");
        book.add("home", "c = { ja = \"いらない\", en = \"Not wanted\" }");
        book.add("codes", "stale = { ja = \"古い\", en = \"Old\" }");
        let module = module(&book, Wanted { names: &["home.a", "home.b"], by_name: &["codes"] });
        assert!(module.contains("    pub const A: &str = \"良い\";\n"));
        assert!(module.contains("pub fn b(name: impl std::fmt::Display) -> String {\n        format!(\"{name}さん\")"));
        assert!(module.contains("            \"stale\" => \"古い\",\n            _ => return None,"));
        assert!(!module.contains("いらない"));
    }
}
