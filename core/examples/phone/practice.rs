//! Practising in the terminal: the same commands, one a line, in the practice neighbourhood.

use crate::{
    Command,
    phone::{Phone, Trouble},
    words,
};
use clap::{Parser, Subcommand};
use kairan_core::records::{MyTalk, NewsState, PracticeProgress, PracticeTask};
use serde_json::json;
use std::{io, path::Path};

/// One line of what somebody types.
#[derive(Parser)]
#[command(name = "practice", no_binary_name = true)]
struct Line {
    #[command(subcommand)]
    does: Does,
}

#[derive(Subcommand)]
enum Does {
    /// 電波を切る
    Cut,
    /// 電波を戻す
    Back,
    /// 相談がどうなったかを見る
    Talks,
    /// はじめからやり直す
    Again,
    #[command(flatten)]
    Phone(Command),
}

pub fn run(dir: &Path, json: bool) -> Result<(), Trouble> {
    let phone = Phone::practise(dir, json)?;
    if !json {
        println!("練習です。だれにも送られません。一行に一つずつ打ってください（help で一覧、Ctrl-Dで終わり）。");
    }
    tasks(&phone)?;
    for line in io::stdin().lines() {
        let line = line.map_err(|error| Trouble::Own(error.to_string()))?;
        let done = match Line::try_parse_from(line.split_whitespace()) {
            Ok(line) => does(&phone, line.does),
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        if let Err(trouble) = done {
            eprintln!("{}", words::trouble(&trouble));
        }
        tasks(&phone)?;
    }
    Ok(())
}

fn does(phone: &Phone, does: Does) -> Result<(), Trouble> {
    match does {
        Does::Cut => phone.raw("practice_cut", &json!({ "cut": true })).map(drop),
        Does::Back => {
            phone.raw("practice_cut", &json!({ "cut": false }))?;
            phone.sync().map(drop)
        }
        Does::Again => phone.raw("practice_again", &json!({})).map(drop),
        Does::Talks => {
            phone.sync()?;
            let talks = phone.raw("my_talks", &json!({ "person": phone.person()? }))?;
            phone.show(&talks, |talks: &Vec<MyTalk>| talks.iter().map(talk).collect::<Vec<_>>().join("\n"))
        }
        Does::Phone(command) => crate::run(phone, command),
    }
}

fn tasks(phone: &Phone) -> Result<(), Trouble> {
    let progress = phone.raw("practice_tasks", &json!({}))?;
    phone.show(&progress, |progress: &PracticeProgress| {
        let cut = if progress.cut { "　電波を切っています。" } else { "" };
        let next = progress.next.map_or("全部できました。", task);
        format!("［練習 {}/{}］{next}{cut}", progress.done, progress.tasks.len())
    })
}

/// What to type for a task.
const fn task(task: PracticeTask) -> &'static str {
    match task {
        PracticeTask::OpenCircular => "回覧を一つ開きましょう（read 1）",
        PracticeTask::Acknowledge => "「見ました」を押しましょう（seen 1）",
        PracticeTask::ReadAloud | PracticeTask::BiggerLetters | PracticeTask::Calendar => {
            "ここからは画面のある電話でどうぞ。ほかの練習は続けられます"
        }
        PracticeTask::CheckIn => "今日の体調を答えましょう（feel good --agree）",
        PracticeTask::TakeBack => "まちがえて押したものを取り消しましょう（電波を切って押し、outbox discard ID）",
        PracticeTask::Search => "ごみの回覧をさがしましょう（find ごみ）",
        PracticeTask::NoNetwork => "電波を切って押してみましょう（cut、seen 2、outbox、back）",
        PracticeTask::Talk => "相談してみましょう（feel talk、少し待って talks）",
    }
}

fn talk(talk: &MyTalk) -> String {
    let who = talk.by.as_deref().unwrap_or_default();
    match talk.state {
        NewsState::Asked => "届きました。まだ誰も見ていません。".to_owned(),
        NewsState::Seen => format!("{who}さんが見ました。"),
        NewsState::Taken => format!("{who}さんが引き受けました。"),
        NewsState::Closed | NewsState::Other => "完了".to_owned(),
    }
}
