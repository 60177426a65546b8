//! Japanese text as bigrams for full-text search: NFKC, lower case, katakana as hiragana, so that two characters find.

mod hits;

pub(crate) use hits::Typed;

use unicode_normalization::UnicodeNormalization;

/// A text as search compares it: NFKC, lower case, katakana as hiragana.
#[must_use]
pub fn folded(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).map(hiragana).collect()
}

/// The hiragana of a katakana; every other character as it is.
fn hiragana(letter: char) -> char {
    match letter {
        // U+30A1–30F6 stand 0x60 after their hiragana; ー and ヷ–ヺ have none of their own.
        'ァ'..='ヶ' | 'ヽ' | 'ヾ' => char::from_u32(letter as u32 - 0x60).unwrap_or(letter),
        other => other,
    }
}

/// Runs of letters and digits; whatever stands between them ends a run.
fn runs(folded: &str) -> impl Iterator<Item = Vec<char>> + '_ {
    folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|run| !run.is_empty())
        .map(|run| run.chars().collect())
}

/// What is stored for a text: every two neighbouring characters, and the last one of each run alone.
#[must_use]
pub fn bigrams(text: &str) -> String {
    let folded = folded(text);
    let mut stored = String::with_capacity(folded.len() * 3);
    for run in runs(&folded) {
        for place in 0..run.len() {
            stored.push(run[place]);
            stored.extend(run.get(place + 1));
            stored.push(' ');
        }
    }
    stored
}

/// What is asked for a typed text, in FTS5's own words: each run as a phrase, all of them; none when nothing was typed.
#[must_use]
pub fn query(typed: &str) -> Option<String> {
    let folded = folded(typed);
    let phrases: Vec<String> = runs(&folded)
        .map(|run| {
            if let [alone] = run[..] {
                return format!("\"{alone}\" *");
            }
            let pairs: Vec<String> = run.windows(2).map(|pair| pair.iter().collect()).collect();
            format!("\"{}\"", pairs.join(" "))
        })
        .collect();
    (!phrases.is_empty()).then(|| phrases.join(" AND "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]
    use super::*;
    use rusqlite::Connection;

    fn found(texts: &[&str], typed: &str) -> Vec<usize> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE VIRTUAL TABLE word USING fts5(text, tokenize = 'ascii')").unwrap();
        for (number, text) in texts.iter().enumerate() {
            connection
                .execute(
                    "INSERT INTO word(rowid, text) VALUES (?1, ?2)",
                    (i64::try_from(number).unwrap(), bigrams(text)),
                )
                .unwrap();
        }
        let Some(query) = query(typed) else { return Vec::new() };
        let mut find = connection.prepare("SELECT rowid FROM word WHERE word MATCH ?1 ORDER BY rowid").unwrap();
        let rows = find.query_map([query], |row| row.get::<_, i64>(0)).unwrap();
        rows.map(|row| usize::try_from(row.unwrap()).unwrap()).collect()
    }

    #[test]
    fn two_characters_find() {
        let texts = ["総合防災訓練のお知らせ", "ゴミ出しの日", "防火と災害"];
        assert_eq!(found(&texts, "防災"), [0]);
        assert_eq!(found(&texts, "ゴミ"), [1]);
        assert_eq!(found(&texts, "ごみ"), [1]);
    }

    #[test]
    fn half_width_and_full_width_are_the_same() {
        assert_eq!(found(&["カタカナの会", "ＫＡＩＲＡＮ　２０２６"], "ｶﾀｶﾅ"), [0]);
        assert_eq!(found(&["カタカナの会", "ＫＡＩＲＡＮ　２０２６"], "kairan 2026"), [1]);
        assert_eq!(found(&["ガス点検"], "ｶﾞｽ"), [0]);
    }

    #[test]
    fn longer_words_must_stand_together() {
        assert_eq!(found(&["防災と訓練", "防災訓練"], "防災訓練"), [1]);
        assert_eq!(found(&["防災と訓練", "防災訓練"], "防災 訓練"), [0, 1]);
    }

    #[test]
    fn one_character_finds_wherever_it_stands() {
        assert_eq!(found(&["総合防災", "お祭り", "災い"], "災"), [0, 2]);
    }

    #[test]
    fn signs_and_operators_typed_by_hand_do_no_harm() {
        assert_eq!(found(&["防災 OR 訓練"], "\"防災* OR (^-"), [0]);
        assert_eq!(query("！？・"), None);
        assert_eq!(query(""), None);
    }
}
