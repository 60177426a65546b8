//! Printing invitations: at set-up, for homes, and for an officer who lost theirs.

use super::say;
use crate::{
    Error,
    clock::SystemClock,
    console::{Console, HomeJoined, HomeMember, Whom},
    folder, print, set_up as make,
    sheet::Sheet,
};
use clap::Args;
use kairan_protocol::time::ZoneOffsets;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

#[derive(Debug, Args)]
pub struct Invite {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    whom: Homes,
    #[command(flatten)]
    form: Form,
}

/// In which form sheets are given out; without a choice as text with a QR, for a terminal.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Form {
    /// Print JSON: one object per home.
    #[arg(long)]
    json: bool,
    /// Write pages for A4 paper into this file, one per home; open it in a browser and print it.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Homes {
    /// One household, by id or name.
    #[arg(long)]
    household: Option<String>,
    /// One person, for a sheet of their own.
    #[arg(long)]
    person: Option<String>,
    /// Every household of a block, or of a larger group.
    #[arg(long)]
    block: Option<String>,
    /// Every household of the district.
    #[arg(long)]
    all: bool,
}

impl Homes {
    fn whom(self) -> Whom {
        match self {
            Self { household: Some(what), .. } => Whom::Household(what),
            Self { person: Some(what), .. } => Whom::Person(what),
            Self { block: Some(what), .. } => Whom::Block(what),
            Self { .. } => Whom::All,
        }
    }
}

#[derive(Debug, Args)]
pub struct Invites {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Of every household at or below this group, by id or name.
    #[arg(long)]
    group: String,
    /// Print JSON: one object per home.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct Rescue {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Another officer than the first.
    #[arg(long)]
    person: Option<String>,
    #[command(flatten)]
    form: Form,
}

impl Invite {
    pub async fn run(self) -> Result<(), Error> {
        give_out(&self.data, self.whom.whom(), self.form).await
    }
}

impl Invites {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let asked = async { Ok::<_, Error>((console.invitations(&self.group).await?, console.facts().await?.offsets)) };
        let asked = asked.await;
        console.close().await?;
        let (homes, zone) = asked?;
        if self.json {
            say(&serde_json::to_string(&homes).map_err(|error| Error::Making(error.to_string()))?);
            return Ok(());
        }
        for home in &homes {
            show_home(home, &zone);
        }
        let joined = homes.iter().filter(|home| !home.joined.is_empty()).count();
        say(&format!("{joined} of {} homes have joined.", homes.len()));
        Ok(())
    }
}

fn show_home(home: &HomeJoined, zone: &ZoneOffsets) {
    let until = home.until.map(|until| format!(" until {}", zone.day_of(until.plus_millis(-1)))).unwrap_or_default();
    say(&format!("{}  {}  {}{until}", home.block, home.household, home.state));
    for HomeMember { name, phone, printed, at } in &home.joined {
        say(&format!("    {name}  {phone}  joined {} by the sheet of {}", zone.day_of(*at), zone.day_of(*printed)));
    }
    for name in &home.missing {
        say(&format!("    {name}  not yet"));
    }
}

impl Rescue {
    pub async fn run(self) -> Result<(), Error> {
        let whom = self.person.map_or(Whom::FirstOfficer, Whom::Person);
        give_out(&self.data, whom, self.form).await
    }
}

/// Makes a district and prints its first invitation.
pub async fn set_up(file: &Path, data: &Path, json: bool) -> Result<(), Error> {
    let text = folder::read(file)?;
    let sheet = make::set_up(data, &text, Arc::new(SystemClock)).await.map_err(|error| match error {
        Error::District { place, what, todo } => {
            Error::District { place: format!("{}, {place}", file.display()), what, todo }
        }
        error => error,
    })?;
    let mut console = super::open(data).await?;
    let facts = console.facts().await;
    console.close().await?;
    let facts = facts?;
    if json {
        return show_json(&[sheet]);
    }
    say(&format!("{} is set up in {}.\n", facts.name, data.display()));
    show(&[sheet], &facts.offsets);
    say(&format!("Next: kairan-server serve --data {}", data.display()));
    say(
        "Then:  kairan-server recovery-key --to SHEET, and a backup every night: without one, what the machine loses is lost.",
    );
    Ok(())
}

async fn give_out(data: &Path, whom: Whom, form: Form) -> Result<(), Error> {
    if let Some(file) = &form.html {
        // Before older sheets are void: there must be a place for the new ones.
        folder::write_private(file, &[])?;
    }
    let mut console = super::open(data).await?;
    let printed = invited(&mut console, whom).await;
    console.close().await?;
    let (sheets, offsets) = printed?;
    match form {
        Form { json: true, .. } => show_json(&sheets),
        Form { html: Some(file), .. } => {
            folder::write_private(&file, print::sheets(&sheets, &offsets)?.as_bytes())?;
            let pages = sheets.len();
            say(&format!("{pages} sheets for print are in {}.", file.display()));
            say("Open it in a browser, print it on A4, and delete it: whoever has the file can join.");
            Ok(())
        }
        Form { .. } => {
            show(&sheets, &offsets);
            Ok(())
        }
    }
}

async fn invited(console: &mut Console, whom: Whom) -> Result<(Vec<Sheet>, ZoneOffsets), Error> {
    let offsets = console.facts().await?.offsets;
    Ok((console.invite(whom).await?, offsets))
}

fn show(sheets: &[Sheet], offsets: &ZoneOffsets) {
    for sheet in sheets {
        say(&sheet.text(offsets));
    }
}

fn show_json(sheets: &[Sheet]) -> Result<(), Error> {
    let text = serde_json::to_string(sheets).map_err(|error| Error::Making(error.to_string()))?;
    say(&text);
    Ok(())
}
