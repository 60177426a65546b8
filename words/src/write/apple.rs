//! Apple's words: `Localizable.strings`, and `Localizable.stringsdict` for what is counted.

use super::GENERATED;
use crate::{
    book::{Book, Counted, English, Entry, Language},
    text::{Piece, in_order, pieces},
};
use std::fmt::Write as _;

/// `Localizable.strings`: what is not counted.
#[must_use]
pub fn strings(book: &Book, language: Language) -> String {
    let mut out = format!("/* {GENERATED} */\n");
    for (name, entry) in &book.entries {
        if let English::Always(english) = &entry.en {
            let text = if language == Language::Japanese { &entry.ja } else { english };
            let text = filled(entry, text).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            // Writing to a text cannot fail.
            let _ = writeln!(out, "\"{name}\" = \"{text}\";");
        }
    }
    out
}

/// `Localizable.stringsdict`: what is counted, by its `{count}`.
#[must_use]
pub fn dictionary(book: &Book, language: Language) -> String {
    let mut out =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {GENERATED} -->\n<plist version=\"1.0\">\n<dict>\n");
    for (name, entry) in &book.entries {
        let English::Counted(Counted { one, other }) = &entry.en else { continue };
        let place = in_order(&entry.ja).iter().position(|known| *known == "count").unwrap_or_default() + 1;
        let forms = match language {
            Language::Japanese => vec![("other", &entry.ja)],
            Language::English => vec![("one", one), ("other", other)],
        };
        // Writing to a text cannot fail.
        let _ = write!(
            out,
            "<key>{name}</key>\n<dict>\n<key>NSStringLocalizedFormatKey</key><string>%{place}$#@count@</string>\n<key>count</key>\n<dict>\n<key>NSStringFormatSpecTypeKey</key><string>NSStringPluralRuleType</string>\n<key>NSStringFormatValueTypeKey</key><string>ld</string>\n"
        );
        for (form, text) in forms {
            let text = filled(entry, text).replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(out, "<key>{form}</key><string>{text}</string>");
        }
        out += "</dict>\n</dict>\n";
    }
    out + "</dict>\n</plist>\n"
}

fn filled(entry: &Entry, text: &str) -> String {
    let order = in_order(&entry.ja);
    let formatted = !order.is_empty();
    let one = |piece: Piece<'_>| match piece {
        Piece::Plain(plain) if formatted => plain.replace('%', "%%"),
        Piece::Plain(plain) => plain.to_owned(),
        Piece::Placeholder(name) => {
            let place = order.iter().position(|known| *known == name).unwrap_or_default() + 1;
            // What is counted is a whole number, everything else a text.
            let counted = name == "count" && matches!(entry.en, English::Counted(_));
            format!("%{place}${}", if counted { "ld" } else { "@" })
        }
    };
    pieces(text).unwrap_or_default().into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_is_a_line_and_a_counted_one_an_entry_of_the_dictionary() {
        let mut book = Book::default();
        book.add("desk", "a = { ja = \"「{name}」から\", en = \"From \\\"{name}\\\"\" }");
        book.add("desk", "b = { ja = \"{count}世帯\", en = { one = \"{count} home\", other = \"{count} homes\" } }");
        assert!(strings(&book, Language::English).contains("\"desk.a\" = \"From \\\"%1$@\\\"\";\n"));
        assert!(!strings(&book, Language::English).contains("desk.b"));
        let dictionary = dictionary(&book, Language::English);
        assert!(dictionary.contains("<key>one</key><string>%1$ld home</string>\n"), "{dictionary}");
    }
}
