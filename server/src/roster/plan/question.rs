//! What is asked instead of guessed, and the small text file in which the answers are written.

use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write as _};

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// はい.
    Yes,
    /// いいえ.
    No,
    /// 死亡: of a removal, where はい means that they moved away.
    Died,
    /// あとで: the line is left out until then.
    Later,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Self; 4] = [Self::Yes, Self::No, Self::Died, Self::Later];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "はい",
            Self::No => "いいえ",
            Self::Died => "死亡",
            Self::Later => "あとで",
        }
    }

    /// The answer of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.word() == word)
    }
}

/// By which a question is known from one run to the next, whatever line it stands on: ten letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// Of what the question is about.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        let hash = Sha256::digest(parts.join("\n").as_bytes());
        Self(hash.iter().take(5).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something somebody has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// By which its answer is found.
    pub key: Key,
    /// The record it came up with; none for a removal.
    pub record: Option<usize>,
    /// In whole sentences.
    pub text: String,
    /// What はい comes to.
    pub yes: &'static str,
    /// What いいえ comes to.
    pub no: &'static str,
    /// Whether 死亡 is an answer.
    pub may_be_death: bool,
    /// Whether it was answered with あとで.
    pub later: bool,
}

impl Question {
    /// The answers it takes, each with what it comes to.
    #[must_use]
    pub fn choices(&self) -> Vec<(Answer, &'static str)> {
        let death = self.may_be_death.then_some((Answer::Died, "亡くなられたので外します"));
        let mut choices = vec![(Answer::Yes, self.yes)];
        choices.extend(death);
        choices.extend([(Answer::No, self.no), (Answer::Later, "今回は取り込みません")]);
        choices
    }
}

/// Answers by the key of their question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answers(BTreeMap<Key, Answer>);

/// A line of an answers file that says something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {found:?} is no answer")]
pub struct NoAnswer {
    /// Which.
    pub line: usize,
    /// What it says.
    pub found: String,
}

impl Answers {
    /// What was answered to a question.
    #[must_use]
    pub fn to(&self, key: &Key) -> Option<Answer> {
        self.0.get(key).copied()
    }

    /// Answers a question.
    pub fn give(&mut self, key: Key, answer: Answer) {
        self.0.insert(key, answer);
    }

    /// Reads an answers file: a key in brackets, and below it 「答え:」 with the answer. Everything else is for people.
    ///
    /// # Errors
    /// [`NoAnswer`] with the first line whose answer is none of the words.
    pub fn read(text: &str) -> Result<Self, NoAnswer> {
        let mut answers = Self::default();
        let mut open: Option<Key> = None;
        for (place, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim();
            if let Some(key) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                open = Some(Key(key.trim().to_owned()));
            } else if let Some(said) = line.strip_prefix("答え").map(|rest| rest.trim_start_matches([':', '：', ' ']))
            {
                let said = said.trim_matches(|letter: char| letter.is_whitespace() || letter == '。');
                let Some(key) = open.take().filter(|_| !said.is_empty()) else { continue };
                let answer = Answer::from_word(said)
                    .ok_or_else(|| NoAnswer { line: place + 1, found: said.chars().take(40).collect() })?;
                answers.give(key, answer);
            }
        }
        Ok(answers)
    }
}

/// The file in which these questions can be answered.
#[must_use]
pub fn to_fill_in(questions: &[Question]) -> String {
    let mut text = String::from(
        "名簿の取り込み: 確かめたいこと\r\n「答え:」の後を書き直して保存し、--answers で渡してください。\r\n書き直さないところは「あとで」のままです。\r\n",
    );
    for question in questions {
        let line = question.record.map(|record| format!("{record}行目: ")).unwrap_or_default();
        let _ = write!(text, "\r\n[{}]\r\n{line}{}\r\n", question.key, question.text);
        for (answer, meaning) in question.choices() {
            let _ = write!(text, "  {} … {meaning}\r\n", answer.word());
        }
        let _ = write!(text, "答え: {}\r\n", Answer::Later.word());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question {
            key: Key::of(&["moved", "見本 太郎"]),
            record: Some(12),
            text: "見本 太郎さんは引っ越しましたか。".to_owned(),
            yes: "引っ越しとして直します",
            no: "別の方です",
            may_be_death: false,
            later: false,
        }
    }

    #[test]
    fn what_is_filled_in_is_read_back() {
        let file = to_fill_in(&[question()]);
        assert_eq!(Answers::read(&file).unwrap().to(&question().key), Some(Answer::Later));
        let filled = file.replace("答え: あとで", "答え：　はい。");
        assert_eq!(Answers::read(&filled).unwrap().to(&question().key), Some(Answer::Yes));
    }

    #[test]
    fn another_word_is_named_with_its_line() {
        let file = to_fill_in(&[question()]).replace("答え: あとで", "答え: たぶん");
        let wrong = Answers::read(&file).unwrap_err();
        assert_eq!((wrong.found.as_str(), file.lines().nth(wrong.line - 1).unwrap()), ("たぶん", "答え: たぶん"));
    }
}
