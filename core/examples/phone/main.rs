//! A phone in the terminal: everything a resident or an officer does, on top of the facade only.

mod lines;
mod officer;
mod phone;
mod practice;
mod resident;
// Generated: it is laid out by who writes it.
#[rustfmt::skip]
#[allow(clippy::match_same_arms, reason = "several codes are said alike; the list keeps one line for each")]
mod texts;
mod words;

use clap::{Parser, Subcommand, ValueEnum};
use phone::{Phone, Trouble};
use std::{path::PathBuf, process::ExitCode};

/// 町内会の回覧を端末で読み、答え、送ります。
#[derive(Parser)]
#[command(name = "phone", version)]
struct Arguments {
    /// この電話の記録をしまうフォルダー
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// つながずに使う
    #[arg(long)]
    offline: bool,
    /// 記録をJSONのまま出す
    #[arg(long)]
    json: bool,
    /// どなたとして使うか（名前のはじめ、またはID）
    #[arg(long = "as", value_name = "NAME_OR_ID")]
    person: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 町内会の回覧に参加する（QRの文字、または「住所 確認番号 参加番号」）
    Join {
        /// ご案内にある番号
        #[arg(required = true, num_args = 1..)]
        code: Vec<String>,
        /// この電話を使う方
        #[arg(long, num_args = 1..)]
        who: Vec<String>,
    },
    /// ホーム
    Home,
    /// 回覧の一覧。番号かIDをつけると、その回覧を開く
    Read {
        /// 一覧の番号、またはID
        id: Option<String>,
    },
    /// 回覧をさがす（2文字から）
    Find {
        /// さがす言葉
        text: String,
    },
    /// 今日の体調を答える
    Feel {
        /// 良い・普通・相談したい
        mood: Feeling,
        /// 体調を民生委員に伝えることに同意する
        #[arg(long)]
        agree: bool,
    },
    /// 回覧を送る（役員）
    Post(officer::Letter),
    /// 「見ました」
    Seen {
        /// 一覧の番号、またはID
        id: String,
    },
    /// 紙でお届けの世帯と、お届けする回覧
    Carry,
    /// 「紙でお渡し」（世帯と回覧の名前）。--proxy をつけると「代理で確認」
    Handed {
        /// 世帯の名前、またはID
        home: String,
        /// 回覧の件名のはじめ、またはID
        notice: String,
        /// 代理で確認
        #[arg(long)]
        proxy: bool,
    },
    /// 役員の机。回覧をつけると、まだの世帯がわかる
    Desk {
        /// 送った回覧の番号、またはID
        notice: Option<String>,
    },
    /// 送信待ち
    Outbox {
        #[command(subcommand)]
        action: Option<OutboxAction>,
    },
    /// この方の電話
    Phones,
    /// 練習する。だれにも送られません
    Practice,
    /// この電話での利用をやめる
    Leave,
    /// つながったまま、変わったことを知らせる（Ctrl-Cで終わる）
    Watch,
}

#[derive(Subcommand)]
enum OutboxAction {
    /// もう一度送る
    Retry {
        /// 送信待ちのID
        id: String,
    },
    /// 取り消す
    Discard {
        /// 送信待ちのID
        id: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Feeling {
    /// 良い
    Good,
    /// 普通
    Fair,
    /// 相談したい
    Talk,
}

fn main() -> ExitCode {
    let Arguments { dir, offline, json, person, command } = Arguments::parse();
    let done = match command {
        Command::Practice => practice::run(&dir, json),
        command => Phone::open(&dir, offline, json, person).and_then(|phone| run(&phone, command)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            if json {
                println!("{}", trouble.json());
            } else {
                eprintln!("{}", words::trouble(&trouble));
            }
            ExitCode::FAILURE
        }
    }
}

fn run(phone: &Phone, command: Command) -> Result<(), Trouble> {
    match command {
        Command::Join { code, who } => resident::join(phone, &code.join(" "), &who),
        Command::Home => resident::home(phone),
        Command::Read { id: None } => resident::list(phone),
        Command::Read { id: Some(id) } => resident::read(phone, &id),
        Command::Find { text } => resident::find(phone, &text),
        Command::Feel { mood, agree } => resident::feel(phone, mood.into(), agree),
        Command::Seen { id } => resident::seen(phone, &id),
        Command::Post(letter) => officer::post(phone, letter),
        Command::Carry => officer::carry(phone),
        Command::Handed { home, notice, proxy } => officer::handed(phone, &home, &notice, proxy),
        Command::Desk { notice: None } => officer::desk(phone),
        Command::Desk { notice: Some(notice) } => officer::desk_notice(phone, &notice),
        Command::Outbox { action: None } => phone.outbox(),
        Command::Outbox { action: Some(OutboxAction::Retry { id }) } => phone.retry(&id),
        Command::Outbox { action: Some(OutboxAction::Discard { id }) } => phone.discard(&id),
        Command::Phones => resident::phones(phone),
        Command::Leave => resident::leave(phone),
        Command::Watch => phone.watch(),
        // It has a phone of its own, and is not practised within itself.
        Command::Practice => Ok(()),
    }
}

impl From<Feeling> for kairan_core::records::Mood {
    fn from(feeling: Feeling) -> Self {
        match feeling {
            Feeling::Good => Self::Good,
            Feeling::Fair => Self::Fair,
            Feeling::Talk => Self::Talk,
        }
    }
}
