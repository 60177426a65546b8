//! How cells are made comparable: widths, spaces and kana; what they say is kept.

use unicode_normalization::{UnicodeNormalization, char::compose};

const fn is_half_width_kana(letter: char) -> bool {
    matches!(letter, '\u{ff61}'..='\u{ff9f}')
}

/// A cell as people write it: one ordinary space between words, half-width kana full, full-width letters and digits ordinary.
/// Characters of NEC and IBM (髙, ①, ㈱) stay what they are.
pub(super) fn clean(cell: &str) -> String {
    let mut cleaned = String::with_capacity(cell.len());
    let mut letters = cell.chars().peekable();
    while let Some(letter) = letters.next() {
        if is_half_width_kana(letter) {
            let mut kana = String::from(letter);
            while let Some(more) = letters.next_if(|next| is_half_width_kana(*next)) {
                kana.push(more);
            }
            cleaned.extend(kana.nfkc());
        } else {
            cleaned.push(ordinary(letter));
        }
    }
    let cleaned = joined(&cleaned);
    let words: Vec<&str> = cleaned.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Marks that stand apart from their kana, as other systems write them, joined; nothing else is composed: it would replace
/// characters that names are told apart by.
fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for letter in text.chars() {
        let composed = matches!(letter, '\u{3099}' | '\u{309a}')
            .then(|| joined.chars().last().and_then(|kana| compose(kana, letter)))
            .flatten();
        match composed {
            Some(kana) => {
                joined.pop();
                joined.push(kana);
            }
            None if letter != '\u{200b}' && letter != '\u{feff}' => joined.push(letter),
            None => {}
        }
    }
    joined
}

/// A line break inside a cell stays one: it separates people.
fn ordinary(letter: char) -> char {
    match letter {
        '\n' | '\r' => '\n',
        '\u{3000}' | '\u{a0}' => ' ',
        letter if letter.is_whitespace() => ' ',
        '\u{ff01}'..='\u{ff5e}' => u32::from(letter).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(letter),
        letter => letter,
    }
}

/// A cell on one line.
pub(super) fn line(cell: &str) -> String {
    clean(&cell.replace(['\n', '\r'], " "))
}

/// What a header is known by: no spaces, no width, no case.
pub(super) fn key(cell: &str) -> String {
    cell.nfkc().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// Katakana as hiragana: how readings are kept.
pub(super) fn hiragana(text: &str) -> String {
    let turned = |letter| match letter {
        'ァ'..='ヶ' => u32::from(letter).checked_sub(0x60).and_then(char::from_u32).unwrap_or(letter),
        other => other,
    };
    line(text).chars().map(turned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_widths_do_not_matter_and_rare_characters_stay() {
        assert_eq!(clean("　髙﨑　 太郎 "), "髙﨑 太郎");
        assert_eq!(clean("ﾔﾏﾀﾞ ﾊﾟｽﾞ"), "ヤマダ パズ");
        assert_eq!(clean("①２－３号㈱"), "①2-3号㈱");
        assert_eq!(key("電　話\n（ＴＥＬ）"), "電話(TEL)");
        assert_eq!(hiragana("ﾔﾏﾀﾞ　タロウ"), "やまだ たろう");
    }
}
