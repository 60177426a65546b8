//! What people here say: judged by the rules as far as the phone can, then on the disk, then shown.

use super::{
    Outgoing, Step, Store,
    outbox::{handback, ops},
};
use crate::{
    error::Error,
    overlay::{is_for_the_server, judge},
    records::OpState,
};
use kairan_protocol::{
    id::OpId,
    op::{Command, Op},
    outcome::Flag,
    refusal::Refusal,
    time::Timestamp,
    validate,
    view::Effects,
};

/// The refusal of an op that may still be at the server: only its outcome ends it.
const ON_THE_WIRE: &str = "on_the_wire";

impl Store {
    /// Writes an op; on the disk when this returns. What the rules refuse is not written, and neither is a receipt that says
    /// nothing new. One that is here already is left as it is.
    pub fn enqueue(&self, op: &Op, needs: Option<OpId>, now: Timestamp) -> Result<(), Error> {
        let _guard = self.guard();
        if self.outbox_file().read(|outbox| ops::is_known(outbox, op.id))? {
            return Ok(());
        }
        if self.says_nothing_new(op, now)? {
            return Ok(());
        }
        self.outbox_file().write(|outbox| ops::hold(outbox, op, needs))?;
        self.reach(Step::OpHeld)?;
        self.refresh_overlay();
        Ok(())
    }

    /// Whether an op the rules allow is a receipt, of one's own or for a paper home, that changes nothing; what they refuse is an error.
    fn says_nothing_new(&self, op: &Op, now: Timestamp) -> Result<bool, Error> {
        validate::command(&op.command).map_err(|_| Error::from(Refusal::Malformed))?;
        let Some(judgement) = self.judgement(op, now)? else { return Ok(false) };
        match judgement {
            Ok(effects) => Ok(matches!(op.command, Command::Receipt { .. } | Command::PaperReceipt { .. })
                && effects.flags.contains(&Flag::Nothing)),
            Err(refusal) if is_for_the_server(&self.scene().world, op, refusal) => Ok(false),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// What the rules say, as far as the phone knows; none where it cannot look: then what somebody says is for the server.
    pub(super) fn judgement(&self, op: &Op, now: Timestamp) -> Result<Option<Result<Effects, Refusal>>, Error> {
        match self.look(|look| judge(look, op, now)) {
            Err(Error::Damaged { .. }) => Ok(None),
            judged => judged.map(Some),
        }
    }

    /// Ops to send now, in order, at most `limit`. Broadcasts that waited too long ask again from now on.
    pub fn outgoing(&self, now: Timestamp, limit: usize) -> Result<Vec<Outgoing>, Error> {
        let _guard = self.guard();
        let (due, asking) = self.outbox_file().read(|outbox| Ok(ops::due(&ops::all(outbox)?, now, limit)))?;
        if !asking.is_empty() {
            self.outbox_file().write(|outbox| {
                asking.iter().try_for_each(|id| ops::set_state(outbox, *id, OpState::AskAgain, None, None))
            })?;
            self.reach(Step::AskedAgain)?;
            self.refresh_overlay();
        }
        Ok(due)
    }

    /// Whether anything is to be sent now.
    pub fn has_outgoing(&self, now: Timestamp) -> Result<bool, Error> {
        Ok(!self.outgoing(now, 1)?.is_empty())
    }

    /// On the wire from now on: they keep their ids until their outcome is known.
    pub fn mark_sent(&self, ids: &[OpId], _now: Timestamp) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        self.outbox_file().write(|outbox| ids.iter().try_for_each(|id| ops::sent(outbox, *id)))?;
        self.reach(Step::MarkedSent)
    }

    /// These never left the phone after all: no connection came about.
    pub fn mark_unsent(&self, ids: &[OpId]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        self.outbox_file().write(|outbox| ids.iter().try_for_each(|id| ops::unsent(outbox, *id)))?;
        self.reach(Step::MarkedUnsent)
    }

    /// The server cannot take these, new or handed back (never a mere network failure): parked with the problem's code and
    /// tried again in a day; other lanes go on.
    pub fn failed(&self, ids: &[OpId], code: &str, now: Timestamp) -> Result<(), Error> {
        let retry_at = now.plus_millis(ops::RETRY_MILLIS).millis();
        self.outbox_file().write(|outbox| {
            ids.iter().try_for_each(|id| match ops::one(outbox, *id)? {
                Some(held) if held.state != OpState::Refused => {
                    ops::set_state(outbox, *id, OpState::Parked, Some(code), Some(retry_at))
                }
                Some(_) => Ok(()),
                None => handback::later(outbox, *id, Timestamp::from_millis(retry_at), Some(code)),
            })
        })?;
        self.reach(Step::Parked)
    }

    /// Sends an op that asks again, is parked, was refused for its age, or waits to be handed back. The op's id from now on:
    /// where the server saw the old one it is another.
    pub fn retry(&self, op: OpId, now: Timestamp) -> Result<OpId, Error> {
        let _guard = self.guard();
        if self.outbox_file().write(|outbox| handback::ask_again_for(outbox, op))? {
            return Ok(op);
        }
        let held = self.held(op)?;
        let id = match (held.state, held.code.as_deref()) {
            (OpState::Parked, _) => {
                self.outbox_file().write(|outbox| ops::set_state(outbox, op, OpState::Waiting, None, None))?;
                op
            }
            (OpState::AskAgain, _) if held.attempts == 0 => self.say_again(&held, op, now)?,
            (OpState::AskAgain, _) => self.say_again(&held, OpId::at(now).map_err(Error::internal)?, now)?,
            (OpState::Refused, Some(code)) if code == Refusal::ClockAhead.code() => {
                self.say_again(&held, OpId::at(now).map_err(Error::internal)?, now)?
            }
            (OpState::Refused, code) => {
                return Err(Error::Refused { refusal: code.unwrap_or_default().to_owned() });
            }
            (OpState::Waiting | OpState::Sending, _) => op,
        };
        self.reach(Step::SaidAgain)?;
        self.refresh_overlay();
        Ok(id)
    }

    fn say_again(&self, held: &ops::Held, id: OpId, now: Timestamp) -> Result<OpId, Error> {
        let old = Op::parse(&held.text).map_err(|_| Error::from(Refusal::Malformed))?;
        let op = Op { id, at: now, ..old };
        self.says_nothing_new(&op, now)?;
        self.outbox_file().write(|outbox| ops::say_again(outbox, held, &op))?;
        Ok(id)
    }

    /// Forgets an op that was refused (its reason was seen), asks again, is parked, or was never sent. One that is handed back
    /// was taken before and cannot be unsaid.
    pub fn discard(&self, op: OpId) -> Result<(), Error> {
        let _guard = self.guard();
        if self.outbox_file().read(|outbox| handback::is_waiting(outbox, op))? {
            return Err(Error::Refused { refusal: ON_THE_WIRE.to_owned() });
        }
        let held = self.held(op)?;
        if held.attempts > 0 && matches!(held.state, OpState::Sending | OpState::Waiting) {
            return Err(Error::Refused { refusal: ON_THE_WIRE.to_owned() });
        }
        self.outbox_file().write(|outbox| ops::forget(outbox, op))?;
        self.reach(Step::Forgotten)?;
        self.refresh_overlay();
        Ok(())
    }

    /// Takes back an op that was never on the wire; false: it was, and only another op can take it back.
    pub fn take_back_unsent(&self, op: OpId) -> Result<bool, Error> {
        let _guard = self.guard();
        let unsent = self.outbox_file().write(|outbox| match ops::one(outbox, op)? {
            Some(held) if held.attempts == 0 && held.state != OpState::Refused => {
                ops::forget(outbox, op)?;
                Ok(true)
            }
            _ => Ok(false),
        })?;
        if unsent {
            self.reach(Step::Forgotten)?;
            self.refresh_overlay();
        }
        Ok(unsent)
    }

    fn held(&self, op: OpId) -> Result<ops::Held, Error> {
        self.outbox_file().read(|outbox| ops::one(outbox, op))?.ok_or_else(|| Error::unknown("op"))
    }
}
