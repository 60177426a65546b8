//! Printing what is to be carried to paper homes.

use super::say;
use crate::{Error, folder, print};
use clap::Args;
use kairan_protocol::id::NoticeId;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct DeliveryList {
    /// The district's folder.
    #[arg(long)]
    data: PathBuf,
    /// Below which group, by id or name.
    #[arg(long)]
    group: String,
    /// One notice, by its id. Without it: everything of the last 60 days that a home still waits for.
    #[arg(long)]
    notice: Option<NoticeId>,
    /// The file to write: HTML, to be opened in a browser and printed on A4.
    #[arg(long)]
    to: PathBuf,
}

impl DeliveryList {
    pub async fn run(self) -> Result<(), Error> {
        let mut console = super::open(&self.data).await?;
        let deliveries = console.deliveries(&self.group, self.notice).await;
        console.close().await?;
        let deliveries = deliveries?;
        let copies: u32 = deliveries.blocks.iter().map(|block| block.copies.to_do).sum();
        folder::write_private(&self.to, print::delivery::page(&deliveries)?.as_bytes())?;
        say(&format!(
            "{}: {} blocks, {copies} copies to carry. Names of homes are in it: destroy it when it is done.",
            self.to.display(),
            deliveries.blocks.len(),
        ));
        Ok(())
    }
}
