//! What phones hand back after a restore: ops this server applied once, folded in again under the numbers they had.

use super::{
    effects::Under,
    error::{Denied, StoreError},
    look::Look,
    op::Asked,
    tx::Tx,
};
use kairan_protocol::{
    id::{Commit, DeviceId},
    op::{Command, Op},
    outcome::{MacKey, OpResult, Outcome},
    reduce,
    refusal::Refusal,
    replay::{EndedMark, Replay},
    view::Context,
};
use std::sync::Arc;

/// An op handed back that was read and waits to be folded in.
#[derive(Debug, Clone)]
pub(super) struct HandedBack {
    asked: Asked,
    commit: Commit,
    mac: String,
}

impl HandedBack {
    /// Reads one; what has no header fails the request as a whole.
    pub fn read(replay: Replay) -> Result<Self, Denied> {
        let Replay { op, commit, mac } = replay;
        Ok(Self { asked: Asked::read(op)?, commit, mac })
    }

    /// The answer to it. The MAC comes out as it was before; what is not this server's gets none.
    pub fn result(&self, outcome: Outcome, key: &MacKey) -> OpResult {
        let foreign = matches!(outcome, Outcome::Refused { code: Refusal::BadMac, .. });
        let result = self.asked.result(outcome, key);
        OpResult { mac: result.mac.filter(|_| !foreign), ..result }
    }

    fn is_of(&self, key: &MacKey) -> bool {
        key.applied(self.asked.id(), self.asked.text().get(), self.commit, &self.mac)
    }
}

impl Tx<'_> {
    /// What one device hands back: first what has ended, then ops, in the order given. Nothing is stored of what bears another MAC or
    /// speaks about something that has not come back yet.
    pub fn hand_back(
        &mut self,
        device: DeviceId,
        ended: &[EndedMark],
        replays: &[HandedBack],
    ) -> Result<Vec<Outcome>, StoreError> {
        self.ended_again(device, ended)?;
        let key = self.memory.fixed.mac_key.clone();
        let mut rights = None;
        let mut outcomes = Vec::with_capacity(replays.len());
        for handed in replays {
            let outcome = self.fold(device, handed, &key, &mut rights);
            let id = handed.asked.id();
            outcomes.push(outcome.map_err(|source| StoreError::Op { id, source: Box::new(source) })?);
        }
        Ok(outcomes)
    }

    fn fold(
        &mut self,
        device: DeviceId,
        handed: &HandedBack,
        key: &MacKey,
        rights: &mut Option<Commit>,
    ) -> Result<Outcome, StoreError> {
        if !handed.is_of(key) {
            return Ok(Outcome::Refused { code: Refusal::BadMac, commit: Commit(0) });
        }
        if let Some(known) = self.judged_before(&handed.asked)? {
            return Ok(known);
        }
        // Applied once, it was understood once: by a newer program than this.
        let Some(op) = handed.asked.op() else { return Ok(Outcome::Unsupported) };
        if let Command::Consent { .. } = op.command
            && let Some(withdrawal) = self.withdrawal_waiting(op.person)?
        {
            let rights = self.rights_of_handing(rights, device, handed.commit)?;
            self.withdraw_now(op.person, withdrawal, rights)?;
        }
        let Some(effects) = self.folded(device, op, handed.commit)? else { return Ok(Outcome::Later) };
        let rights = self.rights_of_handing(rights, device, handed.commit)?;
        let under = Under { commit: handed.commit, rights };
        let kept = self.carried(device, (&handed.asked, op), effects, under)?;
        self.keep_op(device, op.person, &handed.asked, handed.commit, &kept)?;
        Ok(kept.outcome(handed.commit))
    }

    fn folded(
        &mut self,
        device: DeviceId,
        op: &Op,
        commit: Commit,
    ) -> Result<Option<kairan_protocol::view::Effects>, StoreError> {
        let zone = Arc::clone(&self.memory.zone);
        let context = Context { now: self.now, device, zone: &zone };
        let holders = self.holders(device)?;
        let look = Look { held: Some(&holders), ..self.look() };
        let folded = reduce::replay(&look, op, commit, &context)?;
        self.keep_holders(holders);
        Ok(folded)
    }

    /// The number that changed rights get, one for all that a device hands back at once.
    fn rights_of_handing(
        &mut self,
        known: &mut Option<Commit>,
        device: DeviceId,
        commit: Commit,
    ) -> Result<Commit, StoreError> {
        match *known {
            Some(known) if known > commit => Ok(known),
            _ => Ok(*known.insert(self.handed_back_by(device, commit)?)),
        }
    }

    /// A number for what a device hands back, newer than all of it, on record. Where what it hands back is newer than anything
    /// here, this machine went back in time without a restore: its numbers go on after those it forgot.
    pub(super) fn handed_back_by(&mut self, device: DeviceId, newest: Commit) -> Result<Commit, StoreError> {
        let went_back = newest > self.commit();
        if went_back {
            self.go_past(newest);
        }
        self.system_commit(if went_back { "went_back" } else { "handed_back" }, &device.to_string())
    }
}
