//! Android's words: the resources of `strings.xml`, whose placeholders are numbered in the order of the Japanese text.

use super::GENERATED;
use crate::{
    book::{Book, Counted, English, Entry, Language},
    text::{Piece, in_order, pieces},
};
use std::fmt::Write as _;

/// The whole file of a language.
#[must_use]
pub fn resources(book: &Book, language: Language) -> String {
    let mut out = format!("<!-- {GENERATED} -->\n<resources>\n");
    for (name, entry) in &book.entries {
        let name = name.replace('.', "_");
        // Writing to a text cannot fail.
        let _ = match &entry.en {
            English::Always(text) => {
                let text = if language == Language::Japanese { &entry.ja } else { text };
                writeln!(out, "    <string name=\"{name}\">{}</string>", filled(entry, text))
            }
            English::Counted(counted) => {
                let item = |(form, text): (&str, &str)| {
                    format!("        <item quantity=\"{form}\">{}</item>\n", filled(entry, text))
                };
                let items: Vec<String> = forms(entry, counted, language).into_iter().map(item).collect();
                let items = items.concat();
                writeln!(out, "    <plurals name=\"{name}\">\n{items}    </plurals>")
            }
        };
    }
    out + "</resources>\n"
}

fn forms<'a>(entry: &'a Entry, counted: &'a Counted, language: Language) -> Vec<(&'static str, &'a str)> {
    match language {
        Language::Japanese => vec![("other", &entry.ja)],
        Language::English => vec![("one", &counted.one), ("other", &counted.other)],
    }
}

fn filled(entry: &Entry, text: &str) -> String {
    let order = in_order(&entry.ja);
    let formatted = !order.is_empty();
    let one = |piece: Piece<'_>| match piece {
        Piece::Plain(plain) => {
            let safe = plain.replace('\\', "\\\\").replace('&', "&amp;").replace('<', "&lt;");
            let safe = safe.replace('\'', "\\'").replace('"', "\\\"").replace('\n', "\\n");
            if formatted { safe.replace('%', "%%") } else { safe }
        }
        Piece::Placeholder(name) => {
            let place = order.iter().position(|known| *known == name).unwrap_or_default() + 1;
            format!("%{place}$s")
        }
    };
    pieces(text).unwrap_or_default().into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_keep_their_number_in_both_languages() {
        let mut book = Book::default();
        book.add("desk", "a = { ja = \"{homes}世帯のうち {count}\", en = \"{count} of {homes} homes' & 5%\" }");
        let japanese = resources(&book, Language::Japanese);
        assert!(japanese.contains("<string name=\"desk_a\">%1$s世帯のうち %2$s</string>"), "{japanese}");
        let english = resources(&book, Language::English);
        assert!(english.contains("<string name=\"desk_a\">%2$s of %1$s homes\\' &amp; 5%%</string>"), "{english}");
    }

    #[test]
    fn a_counted_text_is_a_plural() {
        let mut book = Book::default();
        book.add("desk", "a = { ja = \"{count}世帯\", en = { one = \"One home\", other = \"{count} homes\" } }");
        let english = resources(&book, Language::English);
        assert!(
            english.contains("<item quantity=\"one\">One home</item>\n        <item quantity=\"other\">%1$s homes")
        );
        assert!(resources(&book, Language::Japanese).contains("<item quantity=\"other\">%1$s世帯</item>"));
    }
}
