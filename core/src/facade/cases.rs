//! Requests for a talk: what became of one's own, and what the team does about them.

use super::Kairan;
use crate::{
    error::Error,
    records::{MyTalk, NewsState, PracticeTask, Support},
};
use kairan_protocol::{id::OpId, op::Command};

#[cfg_attr(feature = "ffi", uniffi::export)]
#[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
impl Kairan {
    /// A person's own requests for a talk, newest first, each with how far it is.
    pub fn my_talks(&self, person: String) -> Result<Vec<MyTalk>, Error> {
        let talks = self.look(|engine| engine.store.my_talks(person.parse()?, engine.bearings.now()))?;
        if talks.iter().any(|talk| talk.state == NewsState::Taken) {
            self.engine.did_practise(PracticeTask::Talk);
        }
        Ok(talks)
    }

    /// A case was on the screen of somebody of the team: the resident hears who looked first, and this phone raises it no more.
    /// Later calls do nothing.
    pub async fn see_case(&self, person: String, case: String) -> Result<(), Error> {
        let case: OpId = case.parse()?;
        let unseen = self
            .aside(move |engine| {
                engine.store.alert_seen(case, engine.bearings.now())?;
                engine.store.is_unseen(case)
            })
            .await?;
        if unseen {
            self.ask(&person, Command::SeeCase { case }).await?;
        }
        Ok(())
    }

    /// 「引き受ける」; the op's id. Where somebody else was quicker it is refused with `conflict`, and the row says who.
    pub async fn take_case(&self, person: String, case: String) -> Result<String, Error> {
        self.ask(&person, Command::TakeCase { case: case.parse()? }).await
    }

    /// A case waits for somebody else again; the op's id.
    pub async fn release_case(&self, person: String, case: String) -> Result<String, Error> {
        self.ask(&person, Command::ReleaseCase { case: case.parse()? }).await
    }

    /// Something is written down about a case, for the team only; the op's id.
    pub async fn note_case(&self, person: String, case: String, text: String) -> Result<String, Error> {
        self.ask(&person, Command::NoteCase { case: case.parse()?, text }).await
    }

    /// 完了; the op's id.
    pub async fn close_case(&self, person: String, case: String, text: Option<String>) -> Result<String, Error> {
        self.ask(&person, Command::CloseCase { case: case.parse()?, text }).await
    }

    /// The telephone number offered below a group where no team can be reached; none: no longer one of its own. The op's id.
    pub async fn set_support(&self, person: String, group: String, support: Option<Support>) -> Result<String, Error> {
        self.ask(&person, Command::SetSupport { group: group.parse()?, support: support.map(Into::into) }).await
    }
}
