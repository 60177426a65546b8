//! Homes and people that come and go, by names or ids: what the steward may do to a roster from the machine.

use super::steward::{finish, id};
use crate::{Error, console::Console};
use clap::{Args, ValueEnum};
use kairan_protocol::{
    id::{GroupId, PersonId, Rev},
    notice::Change,
    op::Command,
    outcome::OpResult,
    people::{Departure, Newcomer},
};
use std::path::PathBuf;

fn making(error: impl std::fmt::Display) -> Error {
    Error::Making(error.to_string())
}

async fn household(console: &mut Console, what: &str) -> Result<GroupId, Error> {
    id(&console.one("household", &["household"], what).await?.id)
}

async fn block(console: &mut Console, what: &str) -> Result<GroupId, Error> {
    id(&console.one("block", &["block"], what).await?.id)
}

async fn person(console: &mut Console, what: &str) -> Result<PersonId, Error> {
    id(&console.one("person", &["person"], what).await?.id)
}

/// A name, and its reading after `/`: 佐藤 花子/さとう はなこ.
fn newcomer(text: &str) -> Result<Newcomer, Error> {
    let (name, reading) = with_reading(text);
    Ok(Newcomer { person: PersonId::random().map_err(making)?, name, reading })
}

fn with_reading(text: &str) -> (String, Option<String>) {
    match text.split_once('/') {
        Some((name, reading)) => (name.trim().to_owned(), Some(reading.trim().to_owned())),
        None => (text.trim().to_owned(), None),
    }
}

#[derive(Debug, Args)]
pub struct AddHousehold {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// In which block, by id or name.
    #[arg(long)]
    block: String,
    /// Its name; with a reading as 加藤/かとう.
    #[arg(long)]
    name: String,
    /// Somebody who lives there, with a reading as 加藤 進/かとう すすむ; may be given several times.
    #[arg(long)]
    person: Vec<String>,
    /// 紙でお届けの世帯.
    #[arg(long)]
    paper: bool,
    /// Its place in the roster's order, from 0; otherwise last.
    #[arg(long)]
    place: Option<u32>,
}

impl AddHousehold {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let added = async {
            let (name, reading) = with_reading(&self.name);
            let people = self.person.iter().map(|text| newcomer(text)).collect::<Result<_, _>>()?;
            let household = GroupId::random().map_err(making)?;
            let block = block(&mut console, &self.block).await?;
            let (paper, place) = (self.paper, self.place);
            console.op(Command::AddHousehold { household, block, name, reading, paper, place, people }).await?;
            Ok::<_, Error>(household)
        }
        .await;
        console.close().await?;
        super::say(&format!("added: {}", added?));
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct AddPerson {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// To which household, by id or name.
    #[arg(long)]
    household: String,
    /// Their name, with a reading as 加藤 進/かとう すすむ.
    #[arg(long)]
    name: String,
}

impl AddPerson {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let added = async {
            let newcomer = newcomer(&self.name)?;
            let (person, household) = (newcomer.person, household(&mut console, &self.household).await?);
            console.op(Command::AddPerson { household, newcomer }).await?;
            Ok::<_, Error>(person)
        }
        .await;
        console.close().await?;
        super::say(&format!("added: {}", added?));
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct Correct {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// A household or a person, by id or name.
    what: String,
    /// The new name.
    #[arg(long, required_unless_present_any = ["reading", "place"])]
    name: Option<String>,
    /// The new ふりがな; empty takes it away.
    #[arg(long)]
    reading: Option<String>,
    /// A household's new place in the roster's order, from 0.
    #[arg(long)]
    place: Option<u32>,
}

impl Correct {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let corrected = self.correct(&mut console).await;
        finish(console, corrected).await
    }

    async fn correct(self, console: &mut Console) -> Result<OpResult, Error> {
        let found = console.one("household or person", &["household", "person"], &self.what).await?;
        let seen = Rev(found.rev.unwrap_or(Rev::FIRST.0));
        let reading = match self.reading.as_deref().map(str::trim) {
            None => Change::Keep,
            Some("") => Change::Clear,
            Some(reading) => Change::Set(reading.to_owned()),
        };
        let (name, place) = (self.name, self.place);
        let command = if found.sort == "person" {
            if place.is_some() {
                return Err(Error::Arguments("only a household has a place of its own".to_owned()));
            }
            Command::CorrectPerson { person: id(&found.id)?, seen, name, reading }
        } else {
            Command::CorrectHousehold { household: id(&found.id)?, seen, name, reading, place }
        };
        console.op(command).await
    }
}

#[derive(Debug, Args)]
pub struct MovePerson {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Who, by id or name.
    #[arg(long)]
    person: String,
    /// To which household, by id or name.
    #[arg(long)]
    to: String,
}

impl MovePerson {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let moved = async {
            let person = person(&mut console, &self.person).await?;
            let to = household(&mut console, &self.to).await?;
            console.op(Command::MovePerson { person, to }).await
        }
        .await;
        finish(console, moved).await
    }
}

#[derive(Debug, Args)]
pub struct Depart {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Who, by id or name. It is not undone: whoever comes back is new.
    person: String,
    /// Why.
    #[arg(long, value_enum)]
    why: Why,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Why {
    MovedOut,
    Died,
}

impl Depart {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let why = match self.why {
            Why::MovedOut => Departure::MovedOut,
            Why::Died => Departure::Died,
        };
        let departed = async {
            let person = person(&mut console, &self.person).await?;
            console.op(Command::Depart { person, why }).await
        }
        .await;
        finish(console, departed).await
    }
}

#[derive(Debug, Args)]
pub struct Merge {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// The household that is closed, by id or name.
    #[arg(long)]
    from: String,
    /// The household that stays, by id or name.
    #[arg(long)]
    into: String,
}

impl Merge {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let merged = async {
            let from = household(&mut console, &self.from).await?;
            let into = household(&mut console, &self.into).await?;
            console.op(Command::MergeHouseholds { from, into }).await
        }
        .await;
        finish(console, merged).await
    }
}

#[derive(Debug, Args)]
pub struct Split {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// The household they live in, by id or name.
    #[arg(long)]
    from: String,
    /// The new household's name.
    #[arg(long)]
    name: String,
    /// Somebody who moves, by id or name; may be given several times.
    #[arg(long, required = true)]
    person: Vec<String>,
    /// The new household's block, by id or name.
    #[arg(long)]
    block: String,
}

impl Split {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let split = async {
            let from = household(&mut console, &self.from).await?;
            let block = block(&mut console, &self.block).await?;
            let mut people = Vec::with_capacity(self.person.len());
            for who in &self.person {
                people.push(person(&mut console, who).await?);
            }
            let (household, name) = (GroupId::random().map_err(making)?, self.name.trim().to_owned());
            console.op(Command::SplitHousehold { from, household, block, name, people }).await
        }
        .await;
        finish(console, split).await
    }
}

#[derive(Debug, Args)]
pub struct SamePerson {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Who stays, by id or name.
    #[arg(long)]
    person: String,
    /// Who is the same, by id or name.
    #[arg(long)]
    twice: String,
}

impl SamePerson {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let same = async {
            let stays = person(&mut console, &self.person).await?;
            let twice = person(&mut console, &self.twice).await?;
            console.op(Command::SamePerson { person: stays, twice }).await
        }
        .await;
        finish(console, same).await
    }
}
