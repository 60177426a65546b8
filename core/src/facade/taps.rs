//! What a resident does: a tap each.

use super::Kairan;
use crate::{
    error::Error,
    records::{Mood, PracticeTask, Stage},
};
use kairan_protocol::{
    id::{NoticeId, OpId, PersonId, Rev},
    op::Command,
    receipt,
};

#[cfg_attr(feature = "ffi", uniffi::export)]
impl Kairan {
    /// A notice was on the screen 開いた. Said once per rev that asks; later calls do nothing.
    pub async fn displayed(&self, person: String, notice: String) -> Result<(), Error> {
        let (rev, stage) = self.standing(&person, &notice).await?;
        if stage < Some(Stage::Displayed) {
            let notice = notice.parse()?;
            self.ask(&person, Command::Receipt { notice, rev, stage: receipt::Stage::Displayed }).await?;
        }
        Ok(())
    }

    /// 「見ました」 was pressed; the op's id.
    pub async fn acknowledge(&self, person: String, notice: String) -> Result<String, Error> {
        let (rev, _) = self.standing(&person, &notice).await?;
        let notice = notice.parse()?;
        self.ask(&person, Command::Receipt { notice, rev, stage: receipt::Stage::Acknowledged }).await
    }

    /// How a person is today, by the association's day; the op's id.
    pub async fn check_in(&self, person: String, mood: Mood) -> Result<String, Error> {
        let day = self.aside(|engine| Ok(engine.store.zone()?.day_of(engine.bearings.now()))).await?;
        self.ask(&person, Command::CheckIn { mood: mood.into(), day }).await
    }

    /// Whether a person's moods may reach the commissioners' team; the op's id.
    pub async fn consent(&self, person: String, moods_to_team: bool) -> Result<String, Error> {
        self.ask(&person, Command::Consent { moods_to_team }).await
    }

    /// A mistaken tap: the named check-in counts no more. One that was never on the wire just vanishes.
    pub async fn take_back(&self, person: String, op: String) -> Result<(), Error> {
        let op: OpId = op.parse()?;
        let vanished = self
            .aside(move |engine| {
                let vanished = engine.store.take_back_unsent(op)?;
                if vanished {
                    engine.did_practise(PracticeTask::TakeBack);
                }
                Ok(vanished)
            })
            .await?;
        if vanished {
            self.tapped(&[crate::records::Screen::Home]);
        } else {
            self.ask(&person, Command::TakeBack { op }).await?;
        }
        Ok(())
    }
}

impl Kairan {
    /// The rev of a notice that is on the phone, and how far a person is with it.
    async fn standing(&self, person: &str, notice: &str) -> Result<(Rev, Option<Stage>), Error> {
        let (person, notice): (PersonId, NoticeId) = (person.parse()?, notice.parse()?);
        self.aside(move |engine| {
            let line = engine.store.notice(person, notice)?.line;
            Ok((Rev(line.rev), line.stage))
        })
        .await
    }
}
