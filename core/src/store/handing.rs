//! Handing back: what an earlier epoch of the server took, or the same one lost, goes back to it until each piece is answered.

use super::{
    Applied, Step, Store,
    mirror::feeds,
    outbox::{
        self,
        handback::{self, Past, Standing},
    },
};
use crate::{error::Error, records::Screen};
use kairan_protocol::{
    feed::FeedName,
    id::{Epoch, GroupId, OpId},
    row::kind,
    time::Timestamp,
    validate::{ENDED_PER_SYNC, REPLAYS_PER_SYNC, SYNC_BYTES},
    wire::{SyncRequest, SyncResponse},
};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// More bytes of ops handed back than this, and new ones wait for the next request, so that none is too large.
const BYTES_BESIDE_OPS: usize = SYNC_BYTES / 8;

/// What a mirror holds that goes back with the journal.
pub(super) struct Held {
    standing: Vec<Standing>,
    /// Whether every mark of what has ended is among it: the whole of the district's staff feed.
    whole: bool,
}

/// Reads it. Feeds that are hidden count too: what they hold was received.
pub(super) fn held(mirror: &Connection, district: GroupId) -> Result<Held, Error> {
    let mut select = mirror.prepare_cached("SELECT kind, id, body FROM row WHERE kind IN (?1, ?2)")?;
    let standing = select
        .query_map([kind::ENDED, kind::KEPT], |row| {
            Ok(Standing { kind: row.get(0)?, id: row.get(1)?, body: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    let mut select = mirror
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM feed WHERE name = ?1 AND version IS NOT NULL AND hidden = 0)")?;
    let whole = select.query_row([FeedName::Staff(district).to_string()], |row| row.get(0))?;
    Ok(Held { standing, whole })
}

/// Another epoch: the outbox knows, before the mirror lets anything go, what is to be handed back, and that the slip is to be
/// shown. `of` is the mirror's epoch; none where the mirror was lost.
pub(super) fn note_epoch(outbox: &Connection, of: Option<&Epoch>, held: &Held) -> Result<(), Error> {
    let past = handback::past(outbox)?;
    // What was not told in the epoch before is still true, and the marks of then are still here. A phone that did not hold all
    // the marks never says it handed them back: the server opens the teams' desks upon that word.
    let handed = past.handed.or_else(|| of.filter(|_| held.whole).cloned());
    handback::set_past(outbox, &Past { handed, slip: true, restart: false })?;
    note_loss(outbox, of, held)
}

/// The journal, and what the mirror holds for others, is to be handed back.
fn note_loss(outbox: &Connection, of: Option<&Epoch>, held: &Held) -> Result<(), Error> {
    let nowhere = Epoch(String::new());
    handback::mark_all(outbox, of.unwrap_or(&nowhere), &held.standing)
}

impl Store {
    /// Puts into a request what is to be handed back: marks of what has ended, ops in the order of commits, and once that is
    /// all, the earlier epoch it is of. What was answered `later` is not waited for: it may need another phone that never comes
    /// back. Whether new ops may go along; until all is handed back they might be judged by a state that lacks it.
    pub fn hand_back(&self, request: &mut SyncRequest, now: Timestamp) -> Result<bool, Error> {
        self.outbox_file().read(|outbox| {
            if !may_hand_back(outbox, request)? {
                return Ok(!handback::is_under_way(outbox)?);
            }
            let (ended, more) = handback::marks(outbox, ENDED_PER_SYNC)?;
            let portion = handback::portion(outbox, REPLAYS_PER_SYNC, now)?;
            request.ended = ended;
            request.replays = portion.replays;
            let all = !more && !portion.more;
            if all {
                request.handed = handback::past(outbox)?.handed;
            }
            Ok(all && portion.bytes <= BYTES_BESIDE_OPS)
        })
    }

    /// Puts the first op that is to be handed back into a request, alone; whether there is none and a new op may go.
    pub fn hand_back_one(&self, request: &mut SyncRequest, now: Timestamp) -> Result<bool, Error> {
        self.outbox_file().read(|outbox| {
            if may_hand_back(outbox, request)? {
                request.replays = handback::portion(outbox, 1, now)?.replays;
            }
            Ok(request.replays.is_empty())
        })
    }

    /// Whether anything is to be handed back now.
    pub fn has_handing(&self, now: Timestamp) -> Result<bool, Error> {
        self.outbox_file().read(|outbox| Ok(handback::is_due(outbox, now)? || handback::past(outbox)?.handed.is_some()))
    }

    /// Whether a token is to be asked for with the enrolment slip: once after every change of epoch.
    pub fn owes_slip(&self) -> Result<bool, Error> {
        Ok(self.outbox_file().read(handback::past)?.slip)
    }

    /// The slip was accepted: what waited for people of this phone may have its target now.
    pub fn slip_shown(&self) -> Result<(), Error> {
        self.outbox_file().write(|outbox| {
            let past = handback::past(outbox)?;
            handback::set_past(outbox, &Past { slip: false, ..past })?;
            handback::ask_again(outbox)
        })?;
        self.reach(Step::SlipShown)
    }

    /// What was answered `later` is asked about again at once: at every start.
    pub fn ask_again(&self) -> Result<(), Error> {
        if self.outbox_file().read(handback::is_later)? {
            self.outbox_file().write(|outbox| handback::ask_again(outbox))?;
            self.reach(Step::BroughtForward)?;
        }
        Ok(())
    }

    /// Within an epoch the server has lost something: the whole journal is wanted, and every cursor means nothing. One such call
    /// at a time: while its pieces are under way the server may still be saying so. Nothing is handed back before the cursors are
    /// gone: it would take the versions they name, and nobody would see that they mean something else. Whether they were.
    pub(super) fn begin_resend(&self, response: &SyncResponse, applied: &mut Applied) -> Result<bool, Error> {
        let _guard = self.guard();
        let (past, under_way) =
            self.outbox_file().read(|outbox| Ok((handback::past(outbox)?, handback::is_under_way(outbox)?)))?;
        if !past.restart {
            let Some(enrolment) = self.enrolment()? else { return Ok(false) };
            if !response.resend || applied.epoch_changed || under_way {
                return Ok(false);
            }
            let held = self.mirror_file().read(|mirror| held(mirror, enrolment.district))?;
            self.outbox_file().write(|outbox| {
                handback::set_past(outbox, &Past { restart: true, ..past.clone() })?;
                note_loss(outbox, Some(&enrolment.epoch), &held)
            })?;
            self.reach(Step::LossNoted)?;
        }
        self.mirror_file().write(|mirror| feeds::begin_epoch(mirror))?;
        self.reach(Step::EpochBegun)?;
        self.outbox_file().write(|outbox| handback::set_past(outbox, &Past { restart: false, ..past }))?;
        self.reach(Step::RestartNoted)?;
        applied.changed.extend(Screen::ALL);
        self.refresh_world()?;
        Ok(true)
    }

    /// What became of the pieces a request handed back.
    pub(super) fn take_handed_back(
        &self,
        request: &SyncRequest,
        response: &SyncResponse,
        now: Timestamp,
        applied: &mut Applied,
    ) -> Result<(), Error> {
        if !hands_back(request) && response.replayed.is_empty() {
            return Ok(());
        }
        let _guard = self.guard();
        applied.handed_back = self.outbox_file().write(|outbox| {
            let mut taken = 0;
            for result in &response.replayed {
                taken += u32::from(handback::answered(outbox, result, &response.epoch, now)?);
            }
            // In the answer that brings another epoch nothing is confirmed but what it names.
            if !applied.epoch_changed {
                let named: BTreeSet<OpId> = response.replayed.iter().map(|result| result.id).collect();
                let passed_over = request.replays.iter().filter_map(handback::id_of).filter(|id| !named.contains(id));
                for id in passed_over {
                    handback::later(outbox, id, now.plus_millis(outbox::ops::LATER_MILLIS), None)?;
                }
                handback::confirm(outbox, &request.ended)?;
                if request.handed.is_some() {
                    let past = handback::past(outbox)?;
                    handback::set_past(outbox, &Past { handed: None, ..past })?;
                }
            }
            if taken > 0 {
                outbox::ops::unpark(outbox, outbox::ops::LATER)?;
            }
            Ok(taken)
        })?;
        self.reach(Step::HandedBack)?;
        if !request.replays.is_empty() || !response.replayed.is_empty() {
            applied.changed.extend([Screen::Outbox, Screen::Home, Screen::Notices, Screen::Notice, Screen::Desk]);
            self.refresh_overlay();
        }
        Ok(())
    }
}

/// Whether a request hands anything back.
pub(crate) fn hands_back(request: &SyncRequest) -> bool {
    !(request.replays.is_empty() && request.ended.is_empty() && request.handed.is_none())
}

/// Whether mirror and outbox are of one mind: between the two halves of a change nothing is handed back.
fn may_hand_back(outbox: &Connection, request: &SyncRequest) -> Result<bool, Error> {
    let Some(enrolment) = outbox::enrolment(outbox)? else { return Ok(false) };
    let of_one_epoch = request.epoch.as_ref().is_none_or(|epoch| *epoch == enrolment.epoch);
    Ok(of_one_epoch && !handback::past(outbox)?.restart)
}
