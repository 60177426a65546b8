//! What the steward may do from the machine: roles, moves, lost devices, and posting.

use super::say;
use crate::{
    Error,
    config::Zone,
    console::{Console, Facts},
};
use clap::{Args, ValueEnum};
use kairan_protocol::{
    feed::Audience,
    id::{GroupId, RoleId},
    notice::{ByWhen, NoticeKind, Points, When},
    op::Command,
    outcome::OpResult,
    people::RoleKind,
    time::{Day, Timestamp},
};
use std::path::{Path, PathBuf};

const GROUPS: &[&str] = &["district", "federation", "association", "block", "team"];

#[derive(Debug, Args)]
pub struct GrantRole {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Who, by id or name.
    #[arg(long)]
    person: String,
    /// Where, by id or name.
    #[arg(long)]
    group: String,
    /// As what.
    #[arg(long, value_enum)]
    kind: Kind,
    /// The last day, like 2028-03-31.
    #[arg(long)]
    until: Option<Day>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Kind {
    Chair,
    Officer,
    BlockLeader,
    Commissioner,
    MunicipalStaff,
}

impl From<Kind> for RoleKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Chair => Self::Chair,
            Kind::Officer => Self::Officer,
            Kind::BlockLeader => Self::BlockLeader,
            Kind::Commissioner => Self::Commissioner,
            Kind::MunicipalStaff => Self::MunicipalStaff,
        }
    }
}

impl GrantRole {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let granted = async {
            let person = id(&console.one("person", &["person"], &self.person).await?.id)?;
            let group = id(&console.one("group", GROUPS, &self.group).await?.id)?;
            let facts = console.facts().await?;
            let until = self.until.map(|day| end_of(&facts, day)).transpose()?;
            let role = RoleId::random().map_err(|error| Error::Making(error.to_string()))?;
            console.op(Command::GrantRole { role, person, group, kind: self.kind.into(), until }).await?;
            Ok::<_, Error>(role)
        }
        .await;
        console.close().await?;
        say(&format!("granted: {}", granted?));
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct EndRole {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// The role's id; `find PERSON` shows it.
    role: RoleId,
}

impl EndRole {
    pub async fn run(self) -> Result<(), Error> {
        one_op(&self.data, Command::EndRole { role: self.role }).await
    }
}

#[derive(Debug, Args)]
pub struct MoveHousehold {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Which, by id or name.
    #[arg(long)]
    household: String,
    /// To which block, by id or name.
    #[arg(long)]
    to: String,
}

impl MoveHousehold {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let moved = async {
            let household = id(&console.one("household", &["household"], &self.household).await?.id)?;
            let to = id(&console.one("block", &["block"], &self.to).await?.id)?;
            console.op(Command::MoveHousehold { household, to }).await
        }
        .await;
        finish(console, moved).await
    }
}

#[derive(Debug, Args)]
pub struct Paper {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Which household, by id or name.
    household: String,
    /// It is served on paper no longer.
    #[arg(long)]
    no: bool,
}

impl Paper {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let said = async {
            let household = id(&console.one("household", &["household"], &self.household).await?.id)?;
            console.op(Command::SetPaper { household, paper: !self.no }).await
        }
        .await;
        finish(console, said).await
    }
}

#[derive(Debug, Args)]
pub struct Revoke {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// The device, by id or name; `find PERSON` shows it.
    device: String,
}

impl Revoke {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let revoked = async {
            let device = id(&console.one("device", &["device"], &self.device).await?.id)?;
            console.op(Command::Revoke { device }).await
        }
        .await;
        finish(console, revoked).await
    }
}

#[derive(Debug, Args)]
pub struct Post {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// What it is.
    #[arg(long, value_enum, default_value = "circular")]
    kind: PostKind,
    /// In whose name: a group, by id or name.
    #[arg(long)]
    from: String,
    /// To everyone below a group; may be given several times. Without it and --staff: to everyone below --from.
    #[arg(long)]
    to: Vec<String>,
    /// To every role holder at or below a group; may be given several times.
    #[arg(long)]
    staff: Vec<String>,
    /// 件名.
    #[arg(long)]
    title: String,
    /// 本文.
    #[arg(long)]
    text: String,
    /// いつ.
    #[arg(long)]
    when: Option<String>,
    /// どこで.
    #[arg(long = "where")]
    place: Option<String>,
    /// すること.
    #[arg(long)]
    what: Option<String>,
    /// しめきり.
    #[arg(long)]
    by_when: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PostKind {
    Circular,
    Notice,
    Emergency,
}

impl Post {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let posted = self.post(&mut console).await;
        finish(console, posted).await
    }

    async fn post(self, console: &mut Console) -> Result<OpResult, Error> {
        let from: GroupId = id(&console.one("group", GROUPS, &self.from).await?.id)?;
        let mut audience = Vec::new();
        for group in &self.to {
            audience.push(Audience::Board(id(&console.one("group", GROUPS, group).await?.id)?));
        }
        for group in &self.staff {
            audience.push(Audience::Staff(id(&console.one("group", GROUPS, group).await?.id)?));
        }
        if audience.is_empty() {
            audience.push(Audience::Board(from));
        }
        let points = Points {
            when: self.when.map(|text| When { text, starts: None, ends: None }),
            place: self.place,
            what: self.what,
            by_when: self.by_when.map(|text| ByWhen { text, day: None }),
        };
        let notice = match self.kind {
            PostKind::Circular => NoticeKind::Circular,
            PostKind::Notice => NoticeKind::Notice,
            PostKind::Emergency => NoticeKind::Emergency,
        };
        let (title, text) = (self.title, self.text);
        let post = Command::Post { notice, from, audience, title, points, text, publish_at: None, until: None };
        console.op(post).await
    }
}

async fn one_op(data: &Path, command: Command) -> Result<(), Error> {
    let mut console = super::open(data).await?;
    let done = console.op(command).await;
    finish(console, done).await
}

pub(super) async fn finish(console: Console, done: Result<OpResult, Error>) -> Result<(), Error> {
    console.close().await?;
    say(&format!("done: {}", done?.id));
    Ok(())
}

pub(super) fn id<I: std::str::FromStr>(text: &str) -> Result<I, Error> {
    text.parse().map_err(|_| Error::Silent(format!("{text:?} is no id")))
}

fn end_of(facts: &Facts, day: Day) -> Result<Timestamp, Error> {
    let end = Zone::named(&facts.zone).and_then(|zone| zone.end_of(day.date()));
    end.ok_or_else(|| Error::Arguments(format!("{day} is no day in {}", facts.zone)))
}
