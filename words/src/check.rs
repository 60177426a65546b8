//! The rules every text keeps: both languages with the same placeholders, and no word that never reaches a screen.

use crate::{
    Mistake,
    book::{Book, English, Entry},
    text::{pieces, placeholders},
};

/// Words that no Japanese screen says: those of the police and of the Meteorological Agency, inner words, jargon.
const NEVER_JAPANESE: &[&str] = &[
    "警報",
    "通報",
    "デバイス",
    "フィード",
    "レシート",
    "ログイン",
    "アカウント",
    "トークン",
    "エラー",
    "同期",
    "端末ID",
];

/// Inner words, which no screen says in any language.
const NEVER: &[&str] = &["feed", "op", "ops", "device", "receipt", "outbox", "rev", "token"];

/// Everything that is wrong with the texts.
#[must_use]
pub fn mistakes(book: &Book) -> Vec<Mistake> {
    let found = book
        .entries
        .iter()
        .flat_map(|(name, entry)| faults(entry).into_iter().map(|detail| Mistake::Text { name: name.clone(), detail }));
    found.collect()
}

fn faults(entry: &Entry) -> Vec<String> {
    let mut faults = Vec::new();
    for text in std::iter::once(entry.ja.as_str()).chain(entry.en.texts()) {
        if text.trim().is_empty() {
            faults.push("a text is empty".to_owned());
        }
        // What joins two texts may be a comma and a space.
        if text.trim() != text && text.chars().any(char::is_alphabetic) {
            faults.push(format!("「{text}」 begins or ends with a space"));
        }
        faults.extend(pieces(text).err());
        for word in words(text).filter(|word| NEVER.contains(&word.as_str())) {
            faults.push(format!("「{word}」 is an inner word"));
        }
    }
    for word in NEVER_JAPANESE.iter().filter(|word| entry.ja.contains(**word)) {
        faults.push(format!("「{word}」 never stands on a screen"));
    }
    let japanese = placeholders(&entry.ja);
    match &entry.en {
        English::Always(text) => {
            if placeholders(text) != japanese {
                faults.push("the languages have different placeholders".to_owned());
            }
        }
        English::Counted(counted) => {
            if !japanese.contains("count") {
                faults.push("a counted text needs {count}".to_owned());
            }
            let mut one = placeholders(&counted.one);
            // 「One home」 says its number itself.
            one.insert("count");
            if placeholders(&counted.other) != japanese || one != japanese {
                faults.push("the languages have different placeholders".to_owned());
            }
        }
    }
    faults
}

/// The latin words of a text outside its placeholders, in small letters.
fn words(text: &str) -> impl Iterator<Item = String> {
    let plain = pieces(text).unwrap_or_default().into_iter().filter_map(|piece| match piece {
        crate::text::Piece::Plain(plain) => Some(plain),
        crate::text::Piece::Placeholder(_) => None,
    });
    plain.flat_map(|plain| plain.split(|letter: char| !letter.is_ascii_alphabetic())).map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(entry: &str) -> Vec<String> {
        let mut book = Book::default();
        assert!(book.add("home", entry).is_empty(), "{entry}");
        mistakes(&book).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_text_whose_languages_agree_is_right() {
        assert!(found("a = { ja = \"{name}さん\", en = \"{name}\" }").is_empty());
        assert!(
            found("a = { ja = \"{count}世帯\", en = { one = \"One home\", other = \"{count} homes\" } }").is_empty()
        );
    }

    #[test]
    fn other_placeholders_in_the_other_language_are_a_mistake() {
        for wrong in [
            "a = { ja = \"{name}さん\", en = \"You\" }",
            "a = { ja = \"{name}さん\", en = \"{nom}\" }",
            "a = { ja = \"{count}世帯\", en = { one = \"{name}\", other = \"{count} homes\" } }",
            "a = { ja = \"世帯\", en = { one = \"home\", other = \"homes\" } }",
            "a = { ja = \"{count\", en = \"\" }",
        ] {
            assert!(!found(wrong).is_empty(), "{wrong}");
        }
    }

    #[test]
    fn a_word_that_never_reaches_a_screen_is_a_mistake() {
        for wrong in [
            "a = { ja = \"大雨の警報\", en = \"Heavy rain\" }",
            "a = { ja = \"不具合を通報する\", en = \"Tell\" }",
            "a = { ja = \"このデバイス\", en = \"This phone\" }",
            "a = { ja = \"この電話\", en = \"This device\" }",
            "a = { ja = \"feedを読む\", en = \"Read\" }",
        ] {
            assert_eq!(found(wrong).len(), 1, "{wrong}");
        }
        assert!(found("a = { ja = \"開く\", en = \"Open the options\" }").is_empty());
    }
}
