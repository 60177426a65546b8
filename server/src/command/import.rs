//! Bringing a roster in: read, compared, asked about, and written as the steward's ops in batches.

mod asking;
mod report;
mod writing;

use super::say;
use crate::{
    Error, folder,
    held::Held,
    roster::{
        self, BYTES, Reading, Text, Unreadable,
        commands::work,
        plan::{Answer, Answers, Change, Plan, Removal, Settings, plan, to_fill_in},
    },
};
use clap::{Args, ValueEnum};
use kairan_protocol::id::GroupId;
use std::{
    fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

#[derive(Debug, Args)]
pub struct Import {
    /// The roster: CSV in UTF-8 or `Shift_JIS`.
    file: PathBuf,
    /// The association, by id or name.
    #[arg(long)]
    into: String,
    /// The district's folder; its server may go on meanwhile.
    #[arg(long)]
    data: PathBuf,
    /// Only say what was understood and what would be done; nothing is written.
    #[arg(long)]
    dry_run: bool,
    /// Take telephone numbers and remarks too: they stand on the server only, in no feed.
    #[arg(long, value_delimiter = ',')]
    with: Vec<Besides>,
    /// The block of homes for which the roster names none.
    #[arg(long)]
    block: Option<String>,
    /// A file of questions, with its answers filled in.
    #[arg(long)]
    answers: Option<PathBuf>,
    /// Where to write what has to be answered, to be filled in.
    #[arg(long)]
    questions: Option<PathBuf>,
    /// Remove who is not in the roster, once that was confirmed.
    #[arg(long)]
    remove: bool,
}

/// What is taken besides names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Besides {
    /// 電話.
    Telephone,
    /// 備考.
    Note,
}

impl Import {
    pub async fn run(self) -> Result<(), Error> {
        let reading = read(&self.file)?;
        let (association, held) = self.held().await?;
        let mut answers = self.answered()?;
        let settings = self.settings();
        let mut planned = plan(&held, &reading, &settings, &answers);
        report::read(&reading, &settings);
        let asks = !self.dry_run && self.answers.is_none() && io::stdin().is_terminal();
        if asks {
            asking::ask_one_by_one(&mut answers, &mut io::stdin().lock(), |answers| {
                planned = plan(&held, &reading, &settings, answers);
                planned.questions.iter().find(|question| !question.later).cloned()
            })?;
        }
        report::lines(&planned);
        report::sums(&planned);
        if let Some(file) = &self.questions {
            write_questions(file, &planned)?;
        }
        if self.dry_run {
            return Ok(());
        }
        let removing = self.removing(&planned.removals, &answers, asks)?;
        // Somebody may have taken a while to answer: what is written is worked out from what is here now.
        let (_, held) = self.held().await?;
        let mut changes = plan(&held, &reading, &settings, &answers).changes;
        changes.extend(removing);
        let work = work(association, &changes).map_err(|error| Error::Making(error.to_string()))?;
        writing::write(&self.data, work).await
    }

    async fn held(&self) -> Result<(GroupId, Held), Error> {
        let mut console = super::open(&self.data).await?;
        let held = async {
            let association = console.one("association", &["association"], &self.into).await?;
            let id = super::steward::id(&association.id)?;
            Ok::<_, Error>((id, console.roster(id, !self.with.is_empty(), false).await?))
        }
        .await;
        // A console that waits for somebody's answers would be cut off.
        console.close().await?;
        held
    }

    fn settings(&self) -> Settings {
        Settings {
            with_telephone: self.with.contains(&Besides::Telephone),
            with_note: self.with.contains(&Besides::Note),
            block: self.block.clone(),
        }
    }

    fn answered(&self) -> Result<Answers, Error> {
        let Some(file) = &self.answers else { return Ok(Answers::default()) };
        // An editor of Windows may have saved it in its own encoding.
        let bytes = fs::read(file).map_err(Error::file(file))?;
        let text = Text::decode(&bytes).map_err(|wrong| Error::Arguments(format!("{}: {wrong}", file.display())))?;
        Answers::read(&text.into_written()).map_err(|wrong| {
            Error::Arguments(format!("{}, {wrong}: write はい, いいえ, 死亡 or あとで", file.display()))
        })
    }

    /// Who goes: only with --remove, and only whom somebody said to.
    fn removing(&self, removals: &[Removal], answers: &Answers, asks: bool) -> Result<Vec<Change>, Error> {
        if !self.remove || removals.is_empty() {
            return Ok(Vec::new());
        }
        if self.answers.is_some() {
            let answered = removals.iter().filter_map(|removal| Some((removal, answers.to(&removal.question.key)?)));
            return Ok(answered.flat_map(|(removal, answer)| removal.changes(answer)).collect());
        }
        if asks && asking::confirm_removals(removals, &mut io::stdin().lock())? {
            return Ok(removals.iter().flat_map(|removal| removal.changes(Answer::Yes)).collect());
        }
        say("名簿にない方は、そのまま残しました。外すには --questions で書き出し、答えを --answers で渡してください。");
        Ok(Vec::new())
    }
}

fn read(file: &Path) -> Result<Reading, Error> {
    let unreadable = |source: Unreadable| Error::Roster { path: file.to_path_buf(), source };
    let size = fs::metadata(file).map_err(Error::file(file))?.len();
    if usize::try_from(size).unwrap_or(usize::MAX) > BYTES {
        return Err(unreadable(Unreadable::TooLarge));
    }
    let bytes = fs::read(file).map_err(Error::file(file))?;
    roster::read(&bytes).map_err(unreadable)
}

/// Questions name people: the file is for its owner alone.
fn write_questions(file: &Path, planned: &Plan) -> Result<(), Error> {
    let mut questions = planned.questions.clone();
    questions.extend(planned.removals.iter().map(|removal| removal.question.clone()));
    folder::write_private(file, to_fill_in(&questions).as_bytes())?;
    say(&format!("質問 {}件を {} に書き出しました。", questions.len(), file.display()));
    Ok(())
}
