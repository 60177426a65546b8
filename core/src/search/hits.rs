//! Where a text holds what was typed, in the text's own letters: folding joins and splits them, so each is traced back.

use super::{folded, hiragana, runs};
use std::ops::Range;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// What was typed, word by word and folded.
#[derive(Debug, Clone)]
pub(crate) struct Typed(Vec<Vec<char>>);

impl Typed {
    /// Its words.
    pub(crate) fn new(typed: &str) -> Self {
        Self(runs(&folded(typed)).collect())
    }

    /// Where it stands in a text: every place of every word, in order, those that touch as one.
    pub(crate) fn hits(&self, text: &str) -> Vec<Range<usize>> {
        let letters = Letters::of(text);
        let mut hit = vec![false; letters.ranges.len()];
        for word in &self.0 {
            for (place, window) in letters.folded.windows(word.len()).enumerate() {
                if window.iter().map(|(letter, _)| letter).eq(word) {
                    letters.folded[place..place + word.len()].iter().for_each(|(_, of)| hit[*of] = true);
                }
            }
        }
        let mut hits: Vec<Range<usize>> = Vec::new();
        for (range, _) in letters.ranges.into_iter().zip(hit).filter(|(_, hit)| *hit) {
            match hits.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => hits.push(range),
            }
        }
        hits
    }
}

/// A text letter by letter, as it stands there, and folded.
struct Letters {
    /// Each letter with the marks that belong to it.
    ranges: Vec<Range<usize>>,
    /// The folded letters, each with the number of the one it comes from.
    folded: Vec<(char, usize)>,
}

impl Letters {
    fn of(text: &str) -> Self {
        let (mut ranges, mut plain) = (Vec::with_capacity(text.len() / 3), Vec::with_capacity(text.len() / 3));
        let mut letters = text.char_indices().peekable();
        while let Some((from, letter)) = letters.next() {
            let mut to = from + letter.len_utf8();
            while let Some((at, mark)) = letters.next_if(|(_, next)| belongs_to_letter_before(*next)) {
                to = at + mark.len_utf8();
            }
            let number = ranges.len();
            if to == from + letter.len_utf8() && is_plain(letter) {
                plain.push((hiragana(letter.to_ascii_lowercase()), number));
            } else {
                plain.extend(folded(&text[from..to]).chars().map(|letter| (letter, number)));
            }
            ranges.push(from..to);
        }
        Self { ranges, folded: plain }
    }
}

/// Letters that stand for themselves, so that the most frequent ones cost nothing.
const fn is_plain(letter: char) -> bool {
    letter.is_ascii() || matches!(letter, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | 'ー' | '一'..='鿿' | '、' | '。')
}

/// Whether a letter is joined with the one before it: ﾞ of ｺﾞ, an accent, the later parts of a Korean syllable.
fn belongs_to_letter_before(letter: char) -> bool {
    if letter < '\u{300}' || is_plain(letter) {
        return false;
    }
    let first = std::iter::once(letter).nfkd().next().unwrap_or(letter);
    is_combining_mark(first) || matches!(first, '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The hits in brackets.
    fn marked(text: &str, typed: &str) -> String {
        let mut marked = text.to_owned();
        for hit in Typed::new(typed).hits(text).into_iter().rev() {
            marked.insert(hit.end, ']');
            marked.insert(hit.start, '[');
        }
        marked
    }

    #[test]
    fn whatever_way_it_is_written_it_is_found_and_marked_as_it_stands_there() {
        assert_eq!(marked("粗大ゴミと生ごみ、ｺﾞﾐ袋", "ゴミ"), "粗大[ゴミ]と生[ごみ]、[ｺﾞﾐ]袋");
        assert_eq!(marked("粗大ゴミと生ごみ、ｺﾞﾐ袋", "ｺﾞﾐ"), "粗大[ゴミ]と生[ごみ]、[ｺﾞﾐ]袋");
        assert_eq!(marked("ＫＡＩＲＡＮ　２０２６", "kairan 26"), "[ＫＡＩＲＡＮ]　２０[２６]");
        assert_eq!(marked("か\u{3099}っこう", "がっこう"), "[か\u{3099}っこう]");
    }

    #[test]
    fn a_letter_that_folds_into_several_is_marked_whole() {
        assert_eq!(marked("㈱見本、㍿見本", "株"), "[㈱]見本、㍿見本".replace("㍿", "[㍿]"));
        assert_eq!(marked("１０㌔", "キロ"), "１０[㌔]");
    }

    #[test]
    fn every_word_is_marked_and_what_touches_is_one() {
        assert_eq!(marked("防災訓練と防火", "訓練 防災"), "[防災訓練]と防火");
        assert_eq!(marked("ああああ", "ああ"), "[ああああ]");
        assert_eq!(marked("防・災", "防災"), "防・災");
        assert_eq!(marked("防災", "！"), "防災");
    }

    proptest! {
        #[test]
        fn letter_by_letter_a_text_folds_as_it_does_whole(text in "[ごゴｺﾞ\u{3099}\u{309a}は\u{301}eé①㈱㌔Ａaß가\u{1100}\u{1161}\u{11a8}ㄱㅏｱﾊﾟ。 \n😀]{0,40}") {
            let letters: String = Letters::of(&text).folded.iter().map(|(letter, _)| letter).collect();
            prop_assert_eq!(letters, folded(&text));
        }

        #[test]
        fn whatever_the_text_it_folds_letter_by_letter(text in "\\PC{0,40}") {
            let letters: String = Letters::of(&text).folded.iter().map(|(letter, _)| letter).collect();
            prop_assert_eq!(letters, folded(&text));
        }
    }
}
