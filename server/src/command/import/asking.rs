//! Questions on a terminal, one by one.

use crate::{
    Error,
    command::say,
    roster::plan::{Answer, Answers, Question, Removal},
};
use std::io::{self, Write};

/// Asks until there is no question that was not asked; an answer may lead to another question.
pub fn ask_one_by_one(answers: &mut Answers, mut next: impl FnMut(&Answers) -> Option<Question>) -> Result<(), Error> {
    while let Some(question) = next(answers) {
        say(&format!("\n{}", line(&question)));
        for (answer, meaning) in question.choices() {
            say(&format!("  {} … {meaning}", answer.word()));
        }
        let words = question.choices().into_iter().map(|(answer, _)| answer).collect::<Vec<_>>();
        let answer = told(&words)?;
        answers.give(question.key, answer);
    }
    Ok(())
}

/// Shows who would be removed, and asks once for all of them.
pub fn confirm_removals(removals: &[Removal]) -> Result<bool, Error> {
    say("\n名簿にない方:");
    for removal in removals {
        say(&format!("  {}", removal.question.text));
    }
    say("転出として、すべて外しますか。外すと元に戻せません。");
    Ok(told(&[Answer::Yes, Answer::No])? == Answer::Yes)
}

fn line(question: &Question) -> String {
    let record = question.record.map(|record| format!("{record}行目: ")).unwrap_or_default();
    format!("{record}{}", question.text)
}

/// The answer typed, by its word or the number before it. The end of input means later.
fn told(words: &[Answer]) -> Result<Answer, Error> {
    let failed = |error: io::Error| Error::Making(error.to_string());
    loop {
        let choices: Vec<String> =
            words.iter().enumerate().map(|(place, answer)| format!("{}={}", place + 1, answer.word())).collect();
        let mut out = io::stdout();
        write!(out, "{} > ", choices.join(" ")).and_then(|()| out.flush()).map_err(failed)?;
        let mut typed = String::new();
        if io::stdin().read_line(&mut typed).map_err(failed)? == 0 {
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
