//! What waits to be sent, and what became of it.

use super::Kairan;
use crate::{
    error::Error,
    records::{PracticeTask, Screen, WaitingOp},
};
use kairan_protocol::id::OpId;

#[cfg_attr(feature = "ffi", uniffi::export)]
impl Kairan {
    /// What the server has not taken yet, oldest first.
    pub fn outbox(&self) -> Result<Vec<WaitingOp>, Error> {
        self.look(|engine| engine.store.outbox())
    }

    /// Sends again what waits for a word; its id from now on.
    pub async fn retry(&self, op: String) -> Result<String, Error> {
        let op: OpId = op.parse()?;
        let op = self.aside(move |engine| engine.store.retry(op, engine.bearings.now())).await?;
        self.tapped(&[Screen::Home]);
        Ok(op.to_string())
    }

    /// Somebody has seen what became of damaged records: the first screen does not tell it any more.
    pub async fn salvage_seen(&self) -> Result<(), Error> {
        self.aside(|engine| engine.store.salvage_seen()).await?;
        self.engine.changes.note([Screen::Home]);
        Ok(())
    }

    /// Forgets what was refused, or takes back what was never sent.
    pub async fn discard(&self, op: String) -> Result<(), Error> {
        let op: OpId = op.parse()?;
        self.aside(move |engine| {
            let unsent = engine.store.outbox()?.iter().any(|held| held.unsent && held.id == op.to_string());
            engine.store.discard(op)?;
            if unsent {
                engine.did_practise(PracticeTask::TakeBack);
            }
            Ok(())
        })
        .await?;
        self.tapped(&[Screen::Home, Screen::Notices, Screen::Notice, Screen::Desk]);
        Ok(())
    }
}
