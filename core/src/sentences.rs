//! How a letter is read aloud: its sentences, in Japanese and in English, each with the paragraph it stands in.

/// One sentence of a letter, with the spaces and line breaks after it: put together, the sentences are the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sentence<'a> {
    /// As it stands there.
    pub text: &'a str,
    /// In which paragraph, from 0.
    pub paragraph: u32,
}

/// How far back an opening bracket is looked for: deeper than anybody nests them.
const DEEPEST: usize = 8;

/// Words a dot shortens, in small letters: what follows belongs to the sentence.
const SHORTENED: &[&str] =
    &["mr", "mrs", "ms", "dr", "st", "no", "nos", "tel", "ext", "approx", "vs", "e.g", "i.e", "etc", "fig", "p", "pp"];

/// The sentences of a letter. A sentence ends behind 。！？, behind a dot, ! or ? that a space follows, and with its line; not within
/// brackets or quotation marks, nor behind the dot of a number or of a shortened word. An empty line begins a paragraph.
pub(crate) fn sentences(letter: &str) -> Vec<Sentence<'_>> {
    let (mut found, mut paragraph) = (Vec::new(), 0);
    let (mut from, mut at) = (0, blank_lines(letter));
    while at < letter.len() {
        let rest = &letter[at..];
        for end in ends(&rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())]) {
            let after = at + end + break_after(&rest[end..]);
            found.push(Sentence { text: &letter[from..after], paragraph });
            paragraph += u32::from(line_ends(&letter[at + end..after]) > 1);
            from = after;
        }
        at = from;
    }
    if found.is_empty() && !letter.is_empty() {
        found.push(Sentence { text: letter, paragraph });
    }
    found
}

/// The length of the empty lines a letter begins with; all of it where nothing else is there.
fn blank_lines(text: &str) -> usize {
    let letter = text.find(|c: char| !c.is_whitespace()).unwrap_or(text.len());
    if letter == text.len() { letter } else { text[..letter].rfind(['\n', '\r']).map_or(0, |at| at + 1) }
}

/// The length of the spaces, and the empty lines, after a sentence; the indentation of what follows belongs to that.
fn break_after(text: &str) -> usize {
    let next = text.find(|c: char| !c.is_whitespace()).unwrap_or(text.len());
    let blank = &text[..next];
    match blank.rfind(['\n', '\r']) {
        Some(at) if next < text.len() => at + 1,
        _ => next,
    }
}

/// How many lines end in a text.
fn line_ends(text: &str) -> usize {
    text.matches('\n').count() + text.replace("\r\n", "").matches('\r').count()
}

/// Where the sentences of a line end, without the spaces after them; the last of them with the line.
fn ends(line: &str) -> Vec<usize> {
    let letters: Vec<(usize, char)> = line.char_indices().collect();
    let inside = within_brackets(&letters);
    let last = line.trim_end().len();
    let (mut ends, mut begun, mut place) = (Vec::new(), 0, 0);
    while place < letters.len() {
        if !inside[place] && is_end(line, begun, &letters, place) {
            // 「！？」, and what closes behind it.
            let more = letters[place + 1..].iter().take_while(|(_, c)| is_mark(*c) || is_closing(*c));
            place += more.count();
            begun = letters.get(place + 1).map_or(line.len(), |(at, _)| *at);
            ends.push(begun);
        }
        place += 1;
    }
    if ends.last() != Some(&last) {
        ends.push(last);
    }
    ends
}

const fn is_mark(c: char) -> bool {
    matches!(c, '。' | '｡' | '！' | '？' | '!' | '?' | '‼' | '⁇' | '⁈' | '⁉')
}

/// The closing one of an opening bracket or quotation mark.
const fn closing(c: char) -> Option<char> {
    Some(match c {
        '「' => '」',
        '『' => '』',
        '（' => '）',
        '(' => ')',
        '【' => '】',
        '〔' => '〕',
        '［' => '］',
        '[' => ']',
        '〈' => '〉',
        '《' => '》',
        '｢' => '｣',
        '“' => '”',
        _ => return None,
    })
}

const fn is_closing(c: char) -> bool {
    matches!(c, '」' | '』' | '）' | ')' | '】' | '〕' | '］' | ']' | '〉' | '》' | '｣' | '”' | '"' | '’')
}

/// Which letters of a line stand within brackets that are closed in it.
fn within_brackets(letters: &[(usize, char)]) -> Vec<bool> {
    let mut inside = vec![false; letters.len()];
    let mut open: Vec<(usize, char)> = Vec::new();
    for (place, (_, c)) in letters.iter().enumerate() {
        if let Some(closing) = closing(*c) {
            open.push((place, closing));
        } else if is_closing(*c)
            && let Some(back) = open.iter().rev().take(DEEPEST).position(|(_, closing)| closing == c)
        {
            // What was opened since and never closed was no bracket.
            open.truncate(open.len() - back);
            if let Some((from, _)) = open.pop() {
                inside[from..place].fill(true);
            }
        }
    }
    inside
}

/// Whether the sentence that began there ends with this letter of its line.
fn is_end(line: &str, begun: usize, letters: &[(usize, char)], place: usize) -> bool {
    let (at, c) = letters[place];
    let next = letters.get(place + 1).map(|(_, c)| *c);
    match c {
        '。' | '｡' | '！' | '？' | '‼' | '⁇' | '⁈' | '⁉' => true,
        '!' | '?' => next.is_none_or(|next| next.is_whitespace() || is_closing(next) || is_mark(next)),
        '．' => !before(letters, place).is_some_and(char::is_numeric),
        '.' => {
            next.is_none_or(|next| next.is_whitespace() || is_closing(next))
                && !is_part_of_word(&line[begun..at], &line[at + 1..])
        }
        _ => false,
    }
}

fn before(letters: &[(usize, char)], place: usize) -> Option<char> {
    place.checked_sub(1).map(|before| letters[before].1)
}

/// Whether a dot between these numbers a point, shortens a word, or is followed by what no sentence begins with.
fn is_part_of_word(ahead: &str, behind: &str) -> bool {
    let Some(first) = behind.chars().find(|c| !c.is_whitespace() && !is_closing(*c)) else { return false };
    let word = ahead.rsplit(|c: char| c.is_whitespace() || closing(c).is_some()).next().unwrap_or(ahead);
    let numbers_a_point = word.trim() == ahead.trim() && !word.is_empty() && word.chars().all(char::is_alphanumeric);
    let is_short = word.chars().count() <= 3 && word.chars().all(|c| c.is_ascii_alphanumeric());
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    (numbers_a_point && is_short)
        || initial
        || SHORTENED.contains(&word.to_lowercase().as_str())
        || first.is_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use proptest::prelude::*;

    fn read(letter: &str) -> Vec<&str> {
        sentences(letter).into_iter().map(|sentence| sentence.text).collect()
    }

    fn paragraphs(letter: &str) -> Vec<u32> {
        sentences(letter).into_iter().map(|sentence| sentence.paragraph).collect()
    }

    #[test]
    fn a_letter_is_read_sentence_by_sentence() {
        assert_eq!(
            read("朝9時に集まります。軍手をお持ちください！　雨のときは？"),
            ["朝9時に集まります。", "軍手をお持ちください！　", "雨のときは？"]
        );
        assert_eq!(read("本当ですか！？はい。"), ["本当ですか！？", "はい。"]);
    }

    #[test]
    fn what_is_said_within_a_sentence_does_not_end_it() {
        assert_eq!(
            read("「火事だ。逃げろ。」と叫んでください。次に119番へ。"),
            ["「火事だ。逃げろ。」と叫んでください。", "次に119番へ。"]
        );
        assert_eq!(read("公園（中央。北ではない。）に集合。以上。"), ["公園（中央。北ではない。）に集合。", "以上。"]);
        assert_eq!(read("He said “Go. Now.” and went. We did too."), ["He said “Go. Now.” and went. ", "We did too."]);
    }

    #[test]
    fn a_bracket_that_is_never_closed_swallows_nothing() {
        assert_eq!(read("「火事だ。逃げろ。\n次の行。"), ["「火事だ。", "逃げろ。\n", "次の行。"]);
        assert_eq!(read("以上です。）次に。"), ["以上です。）", "次に。"]);
    }

    #[test]
    fn a_dot_in_a_number_an_hour_or_a_name_ends_nothing() {
        assert_eq!(read("震度は3.5です。１．軍手"), ["震度は3.5です。", "１．軍手"]);
        assert_eq!(
            read("1. Bring gloves. 2. Come at 9 a.m. sharp. It costs 1,000.50 yen."),
            ["1. Bring gloves. ", "2. Come at 9 a.m. sharp. ", "It costs 1,000.50 yen."]
        );
        assert_eq!(
            read("Ask Mr. Sato or J. Mori (No. 5). Thank you."),
            ["Ask Mr. Sato or J. Mori (No. 5). ", "Thank you."]
        );
        assert_eq!(
            read("See www.example.com/a.b for more. It is in 2026. Come!"),
            ["See www.example.com/a.b for more. ", "It is in 2026. ", "Come!"]
        );
    }

    #[test]
    fn each_line_is_read_by_itself_and_an_empty_one_begins_a_paragraph() {
        let letter = "持ち物\n・軍手\n・飲み物\n\n　雨のときは\r\n延期します。\n \n\n以上";
        assert_eq!(
            read(letter),
            ["持ち物\n", "・軍手\n", "・飲み物\n\n", "　雨のときは\r\n", "延期します。\n \n\n", "以上"]
        );
        assert_eq!(paragraphs(letter), [0, 0, 0, 1, 1, 2]);
    }

    #[test]
    fn of_nothing_nothing_is_read() {
        assert!(sentences("").is_empty());
        assert_eq!(read("\n\n　"), ["\n\n　"]);
        assert_eq!(read("\n\n　はい。\n"), ["\n\n　はい。\n"]);
    }

    #[test]
    fn a_letter_full_of_brackets_is_read_at_once() {
        let many = "あ。".repeat(6_000);
        assert_eq!(read(&many).len(), 6_000);
        let letter = "「（".repeat(3_000) + &"）」".repeat(3_000);
        assert_eq!(read(&letter), [letter.as_str()]);
        let wrong = "「".repeat(6_000) + &"）".repeat(6_000);
        assert_eq!(read(&wrong), [wrong.as_str()]);
    }

    proptest! {
        #[test]
        fn put_together_the_sentences_are_the_letter(letter in "[ 　\n\r\tあ回A-Ca-c0-9。．.！!？?「」『』（）()“”\"・､\u{3099}😀]{0,120}") {
            let found = sentences(&letter);
            prop_assert_eq!(found.iter().map(|sentence| sentence.text).collect::<String>(), letter.clone());
            prop_assert!(found.iter().all(|sentence| !sentence.text.is_empty()));
            if found.len() > 1 {
                prop_assert!(found.iter().all(|sentence| !sentence.text.trim().is_empty()), "{:?}", found);
            }
            let numbers = found.iter().map(|sentence| sentence.paragraph);
            prop_assert!(numbers.clone().zip(numbers.skip(1)).all(|(one, next)| next == one || next == one + 1));
        }

        #[test]
        fn no_sentence_goes_over_a_line(letter in "[ \nあ。「」（.a1]{0,80}") {
            for sentence in sentences(&letter) {
                prop_assert!(!sentence.text.trim().contains('\n'), "{:?}", sentence);
            }
        }
    }
}
