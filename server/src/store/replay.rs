//! What phones hand back after a restore: ops this server applied once, folded in again under the numbers they had.

use super::{
    effects::Under,
    error::{Denied, StoreError},
    look::Look,
    op::Asked,
    tx::Tx,
};
use kairan_protocol::{
    id::{Commit, DeviceId, Epoch, PersonId},
    op::{Command, Op},
    outcome::{MacKey, OpResult, Outcome},
    reduce::{self, Ending},
    refusal::Refusal,
    replay::{Ended, EndedMark, Replay},
    view::{Context, Effects},
};
use std::sync::Arc;

/// An op handed back that was read and waits to be folded in.
struct HandedBack {
    asked: Asked,
    commit: Commit,
    mac: String,
}

impl HandedBack {
    fn read(replay: Replay) -> Result<Self, Denied> {
        let Replay { op, commit, mac } = replay;
        Ok(Self { asked: Asked::read(op)?, commit, mac })
    }

    /// The answer to it: the MAC comes out as it was before; what is not this server's gets none.
    fn result(&self, outcome: Outcome, key: &MacKey) -> OpResult {
        let foreign = matches!(outcome, Outcome::Refused { code: Refusal::BadMac, .. });
        let result = self.asked.result(outcome, key);
        OpResult { mac: result.mac.filter(|_| !foreign), ..result }
    }

    fn is_of(&self, key: &MacKey) -> bool {
        key.applied(self.asked.id(), self.asked.text().get(), self.commit, &self.mac)
    }
}

/// All that one request hands back.
pub(super) struct Handing {
    ended: Vec<EndedMark>,
    replays: Vec<HandedBack>,
    over: Option<Epoch>,
}

impl Handing {
    /// Reads it; an op without a header fails the request as a whole. `over`: the epoch of which nothing is left to hand back.
    pub fn read(ended: Vec<EndedMark>, replays: Vec<Replay>, over: Option<Epoch>) -> Result<Self, Denied> {
        let replays = replays.into_iter().map(HandedBack::read).collect::<Result<_, _>>()?;
        Ok(Self { ended, replays, over })
    }

    /// Whether nothing is handed back.
    pub const fn is_nothing(&self) -> bool {
        self.ended.is_empty() && self.replays.is_empty() && self.over.is_none()
    }

    /// What this server took of somebody's, by the answers.
    pub fn taken_of(&self, person: PersonId, results: &[OpResult]) -> Vec<Replay> {
        let taken = |result: &OpResult| matches!(result.outcome, Outcome::Applied { .. });
        let of = |handed: &HandedBack| handed.asked.op().is_some_and(|op| op.person == person);
        let both = self.replays.iter().zip(results).filter(|(handed, result)| of(handed) && taken(result));
        both.map(|(HandedBack { asked, commit, mac }, _)| Replay {
            op: asked.text().to_owned(),
            commit: *commit,
            mac: mac.clone(),
        })
        .collect()
    }

    /// The answers, one for each op.
    pub fn results(&self, outcomes: Vec<Outcome>, key: &MacKey) -> Vec<OpResult> {
        self.replays.iter().zip(outcomes).map(|(handed, outcome)| handed.result(outcome, key)).collect()
    }
}

impl Tx<'_> {
    /// What one device hands back: first what has ended, then ops in the order given, then that it was all. Nothing is stored of what
    /// bears another MAC or speaks about something that has not come back yet.
    pub fn take_back(
        &mut self,
        device: DeviceId,
        handing: &Handing,
    ) -> Result<Result<Vec<Outcome>, Denied>, StoreError> {
        if let Err(denied) = self.admit(device)? {
            return Ok(Err(denied));
        }
        self.ended_again(device, &handing.ended)?;
        let key = self.memory.fixed.mac_key.clone();
        let mut rights = None;
        let mut outcomes = Vec::with_capacity(handing.replays.len());
        for handed in &handing.replays {
            let outcome = self.fold(device, handed, &key, &mut rights);
            let id = handed.asked.id();
            outcomes.push(outcome.map_err(|source| StoreError::Op { id, source: Box::new(source) })?);
        }
        if let Some(epoch) = &handing.over {
            self.handed(device, epoch)?;
        }
        Ok(Ok(outcomes))
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
        self.depart_who_is_gone(op, rights)?;
        self.keep_op(device, op.person, &handed.asked, handed.commit, &kept)?;
        Ok(kept.outcome(handed.commit))
    }

    /// People who came back with an op, of whom a mark said before that they are gone.
    fn depart_who_is_gone(&mut self, op: &Op, rights: Commit) -> Result<(), StoreError> {
        let newcomers = match &op.command {
            Command::AddHousehold { people, .. } => people.as_slice(),
            Command::AddPerson { newcomer, .. } => std::slice::from_ref(newcomer),
            _ => &[],
        };
        for newcomer in newcomers {
            if let Some((commit, at)) = self.departure_waiting(newcomer.person)? {
                let ended = Ended::Departed(newcomer.person);
                let zone = Arc::clone(&self.memory.zone);
                let effects =
                    reduce::ended(&self.look(), ended, commit, &Ending { at, now: self.now, zone: &zone })?.effects;
                self.carry_out_under(effects, Under { commit, rights })?;
            }
        }
        Ok(())
    }

    fn folded(&mut self, device: DeviceId, op: &Op, commit: Commit) -> Result<Option<Effects>, StoreError> {
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
