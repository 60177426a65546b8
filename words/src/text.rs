//! The text of one entry in one language, and its placeholders.

use std::collections::BTreeSet;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// As it stands.
    Plain(&'a str),
    /// What the caller puts in.
    Placeholder(&'a str),
}

/// The text in its pieces.
///
/// # Errors
/// What is wrong with its braces.
pub fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(open);
        let inside = brace.strip_prefix('{').ok_or("a brace closes that was not opened")?;
        let (name, after) = inside.split_once('}').ok_or("a brace is not closed")?;
        if !is_name(name) {
            return Err(format!("{{{name}}} is no placeholder: small letters and _ only"));
        }
        if !before.is_empty() {
            pieces.push(Piece::Plain(before));
        }
        pieces.push(Piece::Placeholder(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest));
    }
    Ok(pieces)
}

/// The names of its placeholders; none where its braces are wrong.
#[must_use]
pub fn placeholders(text: &str) -> BTreeSet<&str> {
    in_order(text).into_iter().collect()
}

/// The names of its placeholders, each once, in the order the text says them.
#[must_use]
pub fn in_order(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for piece in pieces(text).unwrap_or_default() {
        if let Piece::Placeholder(name) = piece
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// Whether it can be the name of a placeholder.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_at_its_placeholders() {
        let found = pieces("アプリ {app}世帯・紙 {paper}世帯");
        let expected = vec![
            Piece::Plain("アプリ "),
            Piece::Placeholder("app"),
            Piece::Plain("世帯・紙 "),
            Piece::Placeholder("paper"),
            Piece::Plain("世帯"),
        ];
        assert_eq!(found, Ok(expected));
        assert_eq!(in_order("{to} {from} {to}"), ["to", "from"]);
    }

    #[test]
    fn a_brace_that_stands_alone_is_a_mistake() {
        for wrong in ["{count", "count}", "{}", "{Count}", "{a b}"] {
            assert!(pieces(wrong).is_err(), "{wrong}");
        }
    }
}
