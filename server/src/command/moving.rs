//! Moving house: new addresses, a new certificate, the next identity key.

use super::say;
use crate::{
    Error,
    clock::{Clock, SystemClock},
    config, folder,
    identity::{Identity, tls::Certificates},
};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Addresses {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// The new ones, best first, separated by commas: host:port. Without it the present ones are shown.
    #[arg(long, value_delimiter = ',', num_args = 1..)]
    set: Vec<String>,
}

impl Addresses {
    pub async fn run(self) -> Result<(), Error> {
        if !self.set.is_empty() {
            config::judge_addresses(&self.set).map_err(|wrong| Error::Arguments(wrong.to_string()))?;
        }
        let mut console = super::open(&self.data).await?;
        let shown = async {
            let changed = if self.set.is_empty() { false } else { console.set_addresses(self.set).await? };
            Ok::<_, Error>((console.facts().await?.addresses, changed))
        }
        .await;
        console.close().await?;
        let (addresses, changed) = shown?;
        for address in addresses {
            say(&address);
        }
        if changed {
            say("Phones read it with their next look. The server goes on where it is until you start it elsewhere.");
        }
        Ok(())
    }
}

#[derive(Debug, Args)]
pub struct Certificate {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Make a new TLS key and certificate, whatever is there.
    #[arg(long, required = true)]
    renew: bool,
}

impl Certificate {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let facts = console.facts().await;
        console.close().await?;
        Certificates::renew(&self.data, &Identity::load(&self.data)?, &facts?.addresses)?;
        say("Made. It is served from the next start on; phones do not notice.");
        Ok(())
    }
}

#[derive(Debug, Subcommand)]
pub enum IdentityKey {
    /// Show the identity's fingerprint, and that of the key announced to follow it.
    Show {
        /// The district's folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Make the key that will follow the identity, and announce it on the card.
    Next {
        /// The district's folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Make the announced key the identity. The server must be stopped.
    Switch {
        /// The district's folder.
        #[arg(long)]
        data: PathBuf,
    },
}

impl IdentityKey {
    pub async fn run(self) -> Result<(), Error> {
        match self {
            Self::Show { data } => show(data).await,
            Self::Next { data } => next(data).await,
            Self::Switch { data } => switch(data).await,
        }
    }
}

async fn show(data: PathBuf) -> Result<(), Error> {
    let mut console = super::open(&data).await?;
    let facts = console.facts().await;
    console.close().await?;
    let facts = facts?;
    say(&format!("identity  {}", facts.identity));
    if let Some(next) = facts.next_identity {
        say(&format!("next      {next}"));
    }
    Ok(())
}

async fn next(data: PathBuf) -> Result<(), Error> {
    if !folder::holds_district(&data) {
        return Err(Error::NoDistrict(data));
    }
    let next = Identity::make_next(&data)?;
    let mut console = super::open(&data).await?;
    let announced = console.announce(next).await;
    console.close().await?;
    announced?;
    say(&format!("announced: {}", next.fingerprint()));
    say(&format!(
        "Copy {} now, as you did identity.pem. `identity switch` makes it the identity.",
        shown(&folder::identity_next(&data))
    ));
    Ok(())
}

async fn switch(data: PathBuf) -> Result<(), Error> {
    if !folder::holds_district(&data) {
        return Err(Error::NoDistrict(data));
    }
    let lock = folder::lock(&data)?;
    let identity = Identity::switch(&data, SystemClock.now())?;
    drop(lock);
    // Opened once, so that the card says so even if the server is started elsewhere.
    super::open(&data).await?.close().await?;
    say(&format!("the identity is now: {}", identity.fingerprint()));
    let [key, successions] = [folder::identity(&data), folder::successions(&data)].map(|path| shown(&path));
    say(&format!("Copy {key} and {successions} now, make a backup, and destroy the copies of the key before."));
    Ok(())
}

fn shown(path: &std::path::Path) -> String {
    path.display().to_string()
}
