//! Taking a roster out, in the form an import knows again. That it was read is on record.

use super::{import::Besides, say};
use crate::{
    Error, folder,
    roster::export::{self, Written},
};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Export {
    /// The association, by id or name.
    #[arg(long)]
    from: String,
    /// The file to make; only its owner may read it.
    #[arg(long)]
    to: PathBuf,
    /// The district's folder; its server may go on meanwhile.
    #[arg(long)]
    data: PathBuf,
    /// With telephone numbers and remarks, where they were imported.
    #[arg(long, value_delimiter = ',')]
    with: Vec<Besides>,
    /// How the characters are written.
    #[arg(long, value_enum, default_value = "utf8")]
    encoding: Encoding,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Encoding {
    /// With a byte order mark, as spreadsheets know it at once.
    Utf8,
    /// `Shift_JIS` of Windows.
    Cp932,
}

impl Export {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let held = async {
            let association = console.one("association", &["association"], &self.from).await?;
            console.roster(super::steward::id(&association.id)?, !self.with.is_empty(), true).await
        }
        .await;
        console.close().await?;
        let held = held?;
        let besides = export::Besides {
            telephone: self.with.contains(&Besides::Telephone),
            note: self.with.contains(&Besides::Note),
        };
        let written = match self.encoding {
            Encoding::Utf8 => Written::Utf8,
            Encoding::Cp932 => Written::Cp932,
        };
        let bytes = export::export(&held, besides, written)
            .map_err(|unwritable| Error::Arguments(format!("{unwritable}; use --encoding utf8")))?;
        folder::write_private(&self.to, &bytes)?;
        let homes = held.blocks.iter().flat_map(|block| &block.homes);
        let people: usize = homes.clone().map(|home| home.people.len()).sum();
        say(&format!("{}: {}世帯 {people}人を {} に書き出しました。", held.name, homes.count(), self.to.display()));
        Ok(())
    }
}
