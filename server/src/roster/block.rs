//! Names of blocks as rosters write them, brought into one form.

use super::cell;

/// What a number in Chinese characters below a hundred comes to.
fn kanji_number(text: &str) -> Option<u32> {
    const DIGITS: &str = "〇一二三四五六七八九";
    let digit = |letter: char| DIGITS.chars().position(|known| known == letter).and_then(|at| u32::try_from(at).ok());
    let one = |text: &str| {
        let mut letters = text.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => digit(letter),
            _ => None,
        }
    };
    match text.split_once('十') {
        // 一〇, digit by digit.
        None => text
            .chars()
            .try_fold(0, |number: u32, letter| number.checked_mul(10)?.checked_add(digit(letter)?))
            .filter(|_| !text.is_empty()),
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { one(tens)? };
            let ones = if ones.is_empty() { 0 } else { one(ones)? };
            Some(tens * 10 + ones)
        }
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| kanji_number(text))
}

/// A name with its number, where it has one: 「第三班」 is 3 and 班.
fn numbered(name: &str) -> Option<(u32, &'static str)> {
    let bare = name.strip_prefix('第').unwrap_or(name);
    ["班", "組"].into_iter().find_map(|word| Some((number(bare.strip_suffix(word)?)?, word)))
}

/// A block's name: 「１班」「一班」「第1班」 are 1班, and so is a bare 1 in a column headed 班.
pub(super) fn named(written: &str, word: &str) -> String {
    let name = cell::line(written).replace(' ', "");
    let bare = name.strip_prefix('第').unwrap_or(&name);
    match (numbered(&name), number(bare)) {
        (Some((number, word)), _) => format!("{number}{word}"),
        (None, Some(number)) => format!("{number}{word}"),
        (None, None) => name,
    }
}

/// The block a heading such as 「【１班】」 or 「第三班」 names.
pub(super) fn heading(written: &str) -> Option<String> {
    let line = cell::line(written).replace(' ', "");
    let bare = line.trim_matches([
        '【', '】', '[', ']', '<', '>', '≪', '≫', '■', '●', '◆', '◎', '(', ')', '「', '」', '・', '-', '―', '=',
    ]);
    let name = bare.split(['(', '（']).next().unwrap_or(bare);
    let (number, word) = numbered(name)?;
    Some(format!("{number}{word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_one_name_however_it_is_written() {
        for written in ["１班", "1 班", "一班", "第一班", "第１班", "1", "１"] {
            assert_eq!(named(written, "班"), "1班", "{written}");
        }
        assert_eq!(named("2", "組"), "2組");
        assert_eq!(named("二十三組", "班"), "23組");
        assert_eq!(named("東", "班"), "東");
        assert_eq!(named("三本松班", "班"), "三本松班");
        assert_eq!(heading("【１班】").as_deref(), Some("1班"));
        assert_eq!(heading("組見 一郎"), None);
    }
}
