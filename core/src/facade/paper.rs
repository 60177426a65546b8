//! What a block leader does for homes that are served on paper. An entry is never taken back: it says what happened on the way.

use super::{Kairan, posting::audience_of};
use crate::{
    error::Error,
    records::{BlockDelivery, PaperStage, Reach},
};
use kairan_protocol::{id::Rev, op::Command};

#[cfg_attr(feature = "ffi", uniffi::export)]
#[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
impl Kairan {
    /// What is to be carried to which paper homes of a desk, by block: one notice, or everything of the last sixty days that a home
    /// still waits for.
    pub fn deliveries(&self, group: String, notice: Option<String>) -> Result<Vec<BlockDelivery>, Error> {
        self.look(|engine| {
            let notice = notice.map(|notice| notice.parse()).transpose()?;
            engine.store.deliveries(group.parse()?, notice, engine.bearings.now())
        })
    }

    /// How many homes an audience reaches by app and on paper, each home once: what is confirmed before sending.
    pub fn reach(&self, person: String, audience: Vec<String>) -> Result<Reach, Error> {
        self.look(|engine| {
            let audience = audience.iter().map(|name| audience_of(name)).collect::<Result<Vec<_>, _>>()?;
            engine.store.homes_reached(person.parse()?, &audience)
        })
    }

    /// 「紙でお渡し」 or 「代理で確認」 was pressed for a home; `rev` is that of the copy. The op's id.
    pub async fn paper_receipt(
        &self,
        person: String,
        notice: String,
        rev: u32,
        household: String,
        stage: PaperStage,
    ) -> Result<String, Error> {
        let (notice, household) = (notice.parse()?, household.parse()?);
        let command = Command::PaperReceipt { notice, rev: Rev(rev), household, stage: stage.into() };
        self.ask(&person, command).await
    }

    /// A home is served on paper from now on, or no longer; the op's id.
    pub async fn set_paper(&self, person: String, household: String, paper: bool) -> Result<String, Error> {
        self.ask(&person, Command::SetPaper { household: household.parse()?, paper }).await
    }
}
