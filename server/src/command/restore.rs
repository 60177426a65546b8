//! Restoring from the command line, and opening the desks afterwards where no officer's phone is left.

use super::{backup::Opening, say, watched};
use crate::{
    Error,
    backup::{self, Restored},
    clock::SystemClock,
    config,
    store::Journalled,
};
use clap::Args;
use std::{path::PathBuf, sync::Arc};

#[derive(Debug, Args)]
pub struct Restore {
    /// The backup.
    file: PathBuf,
    /// The folder to make; it must not hold anything yet.
    #[arg(long)]
    data: PathBuf,
    #[command(flatten)]
    opening: Opening,
    /// A journal folder that survived; may be given several times.
    #[arg(long)]
    journal: Vec<PathBuf>,
    /// Where phones reach the server from now on, like kairan.example.jp:8443, best first; may be given several times.
    #[arg(long)]
    address: Vec<String>,
}

impl Restore {
    pub async fn run(self) -> Result<(), Error> {
        for address in &self.address {
            config::address(address).map_err(|what| Error::Arguments(format!("{address:?} is no address: {what}")))?;
        }
        let addresses = (!self.address.is_empty()).then_some(self.address);
        let opened_by = self.opening.opened_by()?;
        let (watch, clock) = (watched::watch()?, Arc::new(SystemClock));
        let restored =
            backup::restore(&self.file, &self.data, opened_by, &self.journal, addresses, clock, &watch).await;
        watched::clear();
        let restored = restored?;
        tell(&restored, &self.data.display().to_string());
        Ok(())
    }
}

/// What a volunteer must know now.
fn tell(restored: &Restored, data: &str) {
    let Restored { manifest, began, addresses, .. } = restored;
    say(&format!("{} is restored in {data}, as it was at {}.", manifest.name, manifest.at));
    say(&format!("  epoch      {}: phones hand back by themselves what was said since", began.epoch));
    say(&format!("  addresses  {}", addresses.join(", ")));
    let void = began.invites_voided;
    say(&format!("  invites    {void} open in the backup, void now: print new ones with `invite`"));
    say(&format!("  devices    {} signed off in the backup", began.revoked.len()));
    for device in &began.revoked {
        say(&format!("               {}  {}", device.id, device.name));
    }
    tell_journal(restored);
    say("Signed off since the backup? The officers' phones tell the server; or say it again with `revoke`.");
    say("Desks stay closed until one officer's phone has been here. If none is left:");
    say(&format!("  kairan-server open-desks --data {data}"));
    say(&format!("Next: kairan-server serve --data {data}"));
}

fn tell_journal(Restored { journalled, damaged, .. }: &Restored) {
    let Journalled { replayed, known, later, not_taken } = journalled;
    say(&format!("  journal    {replayed} done again, {known} in the backup already"));
    for (what, lines) in
        [("waits for what it speaks about", later), ("not taken", not_taken), ("not readable", damaged)]
    {
        for line in lines {
            say(&format!("               {what}: {line}"));
        }
    }
}

#[derive(Debug, Args)]
pub struct OpenDesks {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
}

impl OpenDesks {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let opened = console.open_desks().await;
        console.close().await?;
        if opened? {
            say(
                "The desks are open. What was withdrawn or signed off since the backup counts again only once a phone tells of it.",
            );
        } else {
            say("The desks were open already.");
        }
        Ok(())
    }
}
