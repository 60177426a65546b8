//! Questions on a terminal, one by one.

use crate::{
    Error,
    command::say,
    roster::plan::{Answer, Answers, Question, Removal},
};
use std::io::{self, BufRead, Write};

/// Asks until there is no question that was not asked; an answer may lead to another question.
pub fn ask_one_by_one(
    answers: &mut Answers,
    input: &mut impl BufRead,
    mut next: impl FnMut(&Answers) -> Option<Question>,
) -> Result<(), Error> {
    while let Some(question) = next(answers) {
        say(&format!("\n{}", line(&question)));
        for (answer, meaning) in question.choices() {
            say(&format!("  {} … {meaning}", answer.word()));
        }
        let words = question.choices().into_iter().map(|(answer, _)| answer).collect::<Vec<_>>();
        let answer = told(&words, input)?;
        answers.give(question.key, answer);
    }
    Ok(())
}

/// Shows who would be removed, and asks once for all of them.
pub fn confirm_removals(removals: &[Removal], input: &mut impl BufRead) -> Result<bool, Error> {
    say("\n名簿にない方:");
    for removal in removals {
        say(&format!("  {}", removal.question.text));
    }
    say("転出として、すべて外しますか。外すと元に戻せません。");
    Ok(told(&[Answer::Yes, Answer::No], input)? == Answer::Yes)
}

fn line(question: &Question) -> String {
    let record = question.record.map(|record| format!("{record}行目: ")).unwrap_or_default();
    format!("{record}{}", question.text)
}

/// The answer typed, by its word or the number before it. The end of input means later.
fn told(words: &[Answer], input: &mut impl BufRead) -> Result<Answer, Error> {
    let failed = |error: io::Error| Error::Making(error.to_string());
    loop {
        let choices: Vec<String> =
            words.iter().enumerate().map(|(place, answer)| format!("{}={}", place + 1, answer.word())).collect();
        let mut out = io::stdout();
        write!(out, "{} > ", choices.join(" ")).and_then(|()| out.flush()).map_err(failed)?;
        let mut typed = String::new();
        if input.read_line(&mut typed).map_err(failed)? == 0 {
            return Ok(Answer::Later);
        }
        let typed = typed.trim();
        let by_number = typed.parse::<usize>().ok().and_then(|number| words.get(number.checked_sub(1)?)).copied();
        let answer = by_number.or_else(|| Answer::from_word(typed).filter(|answer| words.contains(answer)));
        if let Some(answer) = answer {
            return Ok(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::plan::Key;

    fn question(about: &str) -> Question {
        Question {
            key: Key::of(&[about]),
            record: Some(2),
            text: format!("{about}を会長にしますか。"),
            yes: "役職につけます",
            no: "役職は付けません",
            may_be_death: false,
            later: false,
        }
    }

    /// What was answered to two questions, the second of which only comes up after a yes.
    fn answered(typed: &str) -> [Option<Answer>; 2] {
        let asked = ["見本 太郎", "例示 次郎"].map(question);
        let mut answers = Answers::default();
        ask_one_by_one(&mut answers, &mut typed.as_bytes(), |answers| match answers.to(&asked[0].key) {
            None => Some(asked[0].clone()),
            Some(Answer::Yes) if answers.to(&asked[1].key).is_none() => Some(asked[1].clone()),
            Some(_) => None,
        })
        .unwrap();
        [answers.to(&asked[0].key), answers.to(&asked[1].key)]
    }

    #[test]
    fn an_answer_is_a_word_or_its_number_and_anything_else_is_asked_again() {
        assert_eq!(answered("たぶん\n9\n1\nいいえ\n"), [Some(Answer::Yes), Some(Answer::No)]);
        assert_eq!(answered("2\n"), [Some(Answer::No), None]);
    }

    #[test]
    fn nobody_who_types_means_later_and_nobody_removed() {
        assert_eq!(answered(""), [Some(Answer::Later), None]);
        assert!(!confirm_removals(&[], &mut "".as_bytes()).unwrap());
        assert!(confirm_removals(&[], &mut "はい\n".as_bytes()).unwrap());
    }
}
