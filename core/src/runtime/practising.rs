//! A practice neighbourhood begins: the phone is emptied, joins a new pretend district, and takes all of it at once.

use super::engine::Engine;
use crate::{
    error::Error,
    plan::Batch,
    practice::Practice,
    records::{PracticeTask, Screen},
};
use kairan_protocol::op::Op;
use std::sync::Arc;

impl Engine {
    /// The practice neighbourhood this is the engine of.
    pub(crate) fn practising(&self) -> Result<&Arc<Practice>, Error> {
        self.practice.as_ref().ok_or(Error::NotPractice)
    }

    /// Says that what was called needs a real neighbourhood, where there is none.
    pub(crate) fn is_real(&self) -> Result<(), Error> {
        if self.practice.is_some() { Err(Error::InPractice) } else { Ok(()) }
    }

    /// Lets the practice know what was tapped.
    pub(crate) fn practised(&self, op: &Op) {
        if let Some(practice) = &self.practice {
            practice.tapped(op);
        }
    }

    /// Where this is practice, a task was really done.
    pub(crate) fn did_practise(&self, task: PracticeTask) {
        if let Some(practice) = &self.practice {
            practice.did(task);
        }
    }

    /// Begins anew. What an earlier practice left on the phone goes first. Whoever calls this sees to it that no exchange is
    /// under way.
    pub(crate) fn begin_practice(&self) -> Result<(), Error> {
        let practice = self.practising()?.clone();
        self.bearings.forget();
        self.store.erase()?;
        let enrolment = practice.begin()?;
        self.bearings.card_read();
        self.store.set_enrolment(&enrolment)?;
        loop {
            let prepared = self.prepare(Batch::Whole, false)?;
            let asked = self.bearings.reading();
            let answer = practice.answer(&prepared.request)?;
            self.bearings.tie(answer.now, &asked);
            let round = self.take(&prepared.enrolment, &prepared.request, &answer, Batch::Whole)?;
            if !round.more && !round.waiting {
                break;
            }
        }
        self.changes.note(Screen::ALL);
        Ok(())
    }

    /// Begins anew while the phone is in use: an exchange under way ends first.
    pub(crate) async fn practise_again(self: &Arc<Self>) -> Result<(), Error> {
        let practice = self.practising()?.clone();
        let _turn = self.turn.lock().await;
        self.aside(move |engine| {
            practice.forget_progress()?;
            practice.cut(false);
            engine.begin_practice()
        })
        .await
    }
}
