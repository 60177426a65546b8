//! The telephone number that is offered where no team can be reached.

use super::say;
use crate::Error;
use clap::Args;
use kairan_protocol::{case, op::Command};
use std::path::PathBuf;

const GROUPS: &[&str] = &["district", "federation", "association"];

#[derive(Debug, Args)]
pub struct Support {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Below which district, federation or association, by id or name.
    #[arg(long)]
    group: String,
    /// Whose number it is, like 地域包括支援センター みどり.
    #[arg(long, required_unless_present = "none", requires = "telephone")]
    name: Option<String>,
    /// The number, as people write it.
    #[arg(long, requires = "name")]
    telephone: Option<String>,
    /// When somebody answers.
    #[arg(long, requires = "name", default_value = "")]
    hours: String,
    /// The group offers no number of its own any more.
    #[arg(long, conflicts_with = "name")]
    none: bool,
}

impl Support {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let set = async {
            let group = console.one("group", GROUPS, &self.group).await?.id;
            let group = group.parse().map_err(|_| Error::Silent(format!("{group:?} is no id")))?;
            let named = self.name.zip(self.telephone);
            let support = named.map(|(name, telephone)| case::Support { name, telephone, hours: self.hours });
            console.op(Command::SetSupport { group, support }).await
        }
        .await;
        console.close().await?;
        say(&format!("done: {}", set?.id));
        Ok(())
    }
}
