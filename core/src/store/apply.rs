//! What an answer of the server does to the phone: outcomes, rights, rows; each step whole, so that a kill in between only
//! means asking again.

use super::{
    Applied, Enrolment, Step, Store, handing,
    mirror::{
        self, feeds, index,
        rows::{self, Destination},
    },
    outbox::{
        self, journal,
        ops::{self, LATER_MILLIS, RETRY_MILLIS},
    },
};
use crate::{
    error::Error,
    overlay::Look,
    records::{OpState, Screen},
};
use kairan_protocol::{
    outcome::{OpResult, Outcome},
    refusal::Refusal,
    row::kind,
    time::Timestamp,
    wire::{Cursor, FeedDelta, SyncRequest, SyncResponse},
};
use rusqlite::Connection;
use std::{
    collections::BTreeSet,
    sync::{PoisonError, atomic::Ordering},
};

/// The screens that show rows of a kind.
fn screens_of(kind: &str) -> &'static [Screen] {
    match kind {
        kind::NOTICE => &[Screen::Home, Screen::Notices, Screen::Notice, Screen::Desk],
        kind::RECEIPT => &[Screen::Home, Screen::Notices, Screen::Notice],
        kind::CHECK_IN | kind::CONSENT | kind::TEAM | kind::CASE | kind::SUPPORT => &[Screen::Home],
        kind::PROFILE => &[Screen::Home, Screen::Me, Screen::Desk],
        kind::PHONE => &[Screen::Phones],
        kind::SEALS => &[Screen::Notice],
        kind::SENT
        | kind::GROUP
        | kind::ROSTER
        | kind::TALLY
        | kind::PAPER_RECEIPT
        | kind::STATUS
        | kind::TALK
        | kind::JOIN
        | kind::DAY
        | kind::PARTICIPATION => &[Screen::Desk],
        _ => &[],
    }
}

/// Whether rows of a kind change who or what the phone knows.
fn is_of_the_world(kind: &str) -> bool {
    matches!(kind, kind::PROFILE | kind::GROUP | kind::ROSTER | kind::TEAM)
}

impl Store {
    /// Acts upon an answer to a request that handed nothing back: outcomes of ops, the token's successor, rights, then rows, at
    /// most 200 in one transaction.
    pub fn apply(&self, response: &SyncResponse, now: Timestamp) -> Result<Applied, Error> {
        self.answered(&SyncRequest::default(), response, now)
    }

    /// Acts upon the answer to a request: as [`Store::apply`], and takes note of what became of what it handed back.
    pub fn answered(&self, request: &SyncRequest, response: &SyncResponse, now: Timestamp) -> Result<Applied, Error> {
        let _answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        self.change_mirror_if_damaged()?;
        match self.act_upon(request, response, now) {
            // Everything is asked for again; what became of ops, the server tells again.
            Err(Error::Damaged { .. }) if self.mirror_file().is_damaged() && self.may_go_on_at_once() => {
                self.change_mirror_if_damaged()?;
                let changed = Screen::ALL.into_iter().collect();
                Ok(Applied { changed, more: true, ..Applied::default() })
            }
            Err(error) => {
                // Half of it may be in the files; what is kept in memory must not be older.
                self.refresh_world()?;
                self.refresh_overlay();
                Err(error)
            }
            Ok(applied) => Ok(applied),
        }
    }

    fn change_mirror_if_damaged(&self) -> Result<(), Error> {
        let _guard = self.guard();
        self.make_mirror_anew()
    }

    fn act_upon(&self, request: &SyncRequest, response: &SyncResponse, now: Timestamp) -> Result<Applied, Error> {
        let mut applied = Applied::default();
        let of_this_mirror = self.asked.load(Ordering::Acquire) == self.mirror_file().generation();
        let begins = self.begin_epoch(response, &mut applied)?;
        self.copy_enrolment()?;
        let cursors_mean_nothing = self.begin_resend(response, &mut applied)? || begins;
        self.take_handed_back(request, response, now, &mut applied)?;
        self.take_results(response, now, &mut applied)?;
        if let Some(token) = &response.token {
            self.set_token(token)?;
        }
        self.take_rights(response, now, &mut applied)?;
        // Rows of a new epoch's first answer may be a difference to cursors that mean nothing: all is asked for again.
        // So may those that answer what another mirror asked. Before the new rights are here nothing says which feed a number
        // means.
        if cursors_mean_nothing || !of_this_mirror {
            applied.more = true;
        } else if self.mirror_file().read(feeds::rights_version)? > 0 {
            for delta in &response.feeds {
                self.take_rows(delta, &mut applied)?;
            }
        }
        self.finish(response, now, &mut applied)?;
        Ok(applied)
    }

    /// Another epoch: versions and numbers mean nothing any more. What people here said is to be handed back; what was received
    /// stays until what takes its place is whole. Whether the cursors of the request were of an earlier epoch.
    fn begin_epoch(&self, response: &SyncResponse, applied: &mut Applied) -> Result<bool, Error> {
        let _guard = self.guard();
        let Some(Enrolment { district, epoch: here, .. }) = self.enrolment()? else { return Ok(false) };
        let of_mirror = self.mirror_file().read(feeds::epoch)?;
        // The outbox first: if the mirror fails, the next answer brings us here again.
        if here != response.epoch {
            let held = self.mirror_file().read(|mirror| handing::held(mirror, district))?;
            self.outbox_file().write(|outbox| {
                outbox::set_epoch(outbox, &response.epoch)?;
                // A saved outbox may be behind its mirror.
                let earlier = of_mirror.as_ref().filter(|epoch| **epoch != response.epoch);
                handing::note_epoch(outbox, earlier, &held)?;
                ops::unpark(outbox, "unsupported")
            })?;
            self.reach(Step::EpochNoted)?;
        }
        let begins = of_mirror.as_ref() != Some(&response.epoch);
        if begins {
            self.mirror_file().write(|mirror| {
                if of_mirror.is_some() {
                    feeds::begin_epoch(mirror)?;
                }
                mirror::set_meta(mirror, "epoch", &response.epoch.0)
            })?;
            self.reach(Step::EpochBegun)?;
        }
        let cursors_mean_nothing = begins && of_mirror.is_some();
        if cursors_mean_nothing || here != response.epoch {
            applied.epoch_changed = true;
            applied.changed.extend(Screen::ALL);
            self.refresh_world()?;
        }
        Ok(cursors_mean_nothing)
    }

    fn take_results(&self, response: &SyncResponse, now: Timestamp, applied: &mut Applied) -> Result<(), Error> {
        if response.results.is_empty() {
            return Ok(());
        }
        let _guard = self.guard();
        applied.settled = self.outbox_file().write(|outbox| {
            let mut taken = 0;
            for result in &response.results {
                taken += u32::from(take_result(outbox, result, response, now)?);
            }
            Ok(taken)
        })?;
        self.reach(Step::ResultsKept)?;
        if applied.settled > 0 {
            applied.changed.extend([Screen::Outbox, Screen::Home, Screen::Notices, Screen::Notice, Screen::Desk]);
            self.refresh_overlay();
        }
        Ok(())
    }

    /// Acts on newer rights; what a round before hid and this one does not bring back is erased.
    fn take_rights(&self, response: &SyncResponse, now: Timestamp, applied: &mut Applied) -> Result<(), Error> {
        let _guard = self.guard();
        let (version, hidden) =
            self.mirror_file().read(|mirror| Ok((feeds::rights_version(mirror)?, feeds::hidden(mirror)?)))?;
        if let Some(rights) = response.rights.as_ref().filter(|rights| rights.version > version) {
            let enrolment = self.enrolment()?;
            let scene = self.scene();
            self.mirror_file().write(|mirror| {
                let changed = feeds::act_on(mirror, rights)?;
                let world = Self::world_of(mirror, enrolment.as_ref())?;
                let look = Look::new(mirror, &world, &scene.overlay);
                let mut touched: BTreeSet<_> = feeds::set_readers(&look, now)?.into_iter().collect();
                touched.extend(changed.lost.iter().chain(&changed.regained));
                touched.into_iter().try_for_each(|feed| index::notices_of(&look, feed))?;
                mirror::set_people_changed(mirror)
            })?;
            self.reach(Step::RightsActedOn)?;
            self.refresh_world()?;
            applied.rights_changed = true;
            applied.changed.extend(Screen::ALL);
        }
        let still = self.mirror_file().read(feeds::hidden)?;
        let lost: Vec<_> = hidden.into_iter().filter(|feed| still.contains(feed)).collect();
        if !lost.is_empty() {
            // Before the feeds go: until the last of them is gone, the next answer comes by here again.
            self.forget_drafts_of_others()?;
            self.mirror_file().write(|mirror| mirror::set_erased(mirror))?;
        }
        for feed in &lost {
            while !self.mirror_file().write(|mirror| feeds::erase(mirror, *feed, rows::PER_TRANSACTION))? {
                self.reach(Step::FeedErased)?;
            }
            self.reach(Step::FeedErased)?;
        }
        if lost.is_empty() { Ok(()) } else { self.erase_traces() }
    }

    /// Erased means that no byte of it stays, in the write-ahead log neither. Where somebody who reads holds that back, the next
    /// answer tries again.
    fn erase_traces(&self) -> Result<(), Error> {
        if self.mirror_file().read(mirror::leaves_traces)? && self.mirror_file().shrink()? {
            self.mirror_file().write(|mirror| mirror::forget_erased(mirror))?;
        }
        Ok(())
    }

    fn take_rows(&self, delta: &FeedDelta, applied: &mut Applied) -> Result<(), Error> {
        let mut parts: Vec<_> = delta.rows.chunks(rows::PER_TRANSACTION).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        let last = parts.len() - 1;
        let mut destination = None;
        for (place, part) in parts.into_iter().enumerate() {
            let _guard = self.guard();
            let scene = self.scene();
            let name = scene.world.name_of(delta.n);
            let (to, kinds, finished) = self.mirror_file().write(|mirror| {
                let look = Look::new(mirror, &scene.world, &scene.overlay);
                let standing = feeds::standing(mirror, delta.n)?;
                let to = destination.unwrap_or_else(|| rows::destination(standing.as_ref(), delta));
                let mut kinds = BTreeSet::new();
                match to {
                    Destination::Nowhere => return Ok((to, kinds, false)),
                    Destination::FreshShadow => rows::begin_shadow(mirror, delta.n)?,
                    Destination::Mirror | Destination::Shadow => {}
                }
                for row in part {
                    if to != Destination::Mirror {
                        rows::shade(mirror, delta.n, row)?;
                    } else if rows::take(&look, delta.n, name, row)? {
                        kinds.insert(row.kind.clone());
                    }
                }
                self.reach(Step::RowsWritten)?;
                let mut finished = false;
                if let Some(cursor) = rows::cursor_after(delta).filter(|_| place == last) {
                    let at_end = matches!(cursor, Cursor::At(_));
                    let shadow = to != Destination::Mirror && !at_end;
                    if to != Destination::Mirror && at_end {
                        kinds.extend(rows::flip(&look, delta.n, name)?);
                        self.reach(Step::ShadowFlipped)?;
                    }
                    feeds::set_cursor(mirror, delta.n, &cursor, shadow)?;
                    self.reach(Step::CursorKept)?;
                    finished = at_end && !matches!(standing.and_then(|it| it.cursor), Some(Cursor::At(_)));
                }
                if finished || kinds.contains(kind::PROFILE) {
                    mirror::set_people_changed(mirror)?;
                }
                // The rest of a first page goes where its beginning went.
                let to = if to == Destination::FreshShadow { Destination::Shadow } else { to };
                Ok((to, kinds, finished))
            })?;
            self.reach(Step::RowsTaken)?;
            destination = Some(to);
            if to == Destination::Nowhere {
                return Ok(());
            }
            applied.received += u32::try_from(part.len()).unwrap_or(u32::MAX);
            applied.changed.extend(kinds.iter().flat_map(|kind| screens_of(kind)));
            if finished {
                applied.changed.insert(Screen::Me);
            }
            if finished || kinds.iter().any(|kind| is_of_the_world(kind)) {
                self.refresh_world()?;
            }
        }
        applied.more |= delta.more;
        Ok(())
    }

    /// What follows from all that came: readers, receipts of delivery, ops whose effect is here now, old ones forgotten.
    fn finish(&self, response: &SyncResponse, now: Timestamp, applied: &mut Applied) -> Result<(), Error> {
        let _guard = self.guard();
        // Remembered in the mirror: after a kill, the answer that follows has nothing new about them.
        if self.mirror_file().read(mirror::have_people_changed)? {
            let scene = self.scene();
            self.mirror_file().write(|mirror| {
                mirror::forget_people_changed(mirror)?;
                let look = Look::new(mirror, &scene.world, &scene.overlay);
                for person in feeds::set_asked(mirror, &scene.world)? {
                    index::receipts_of(&look, person)?;
                }
                feeds::set_readers(&look, now)?.into_iter().try_for_each(|feed| index::notices_of(&look, feed))
            })?;
            self.reach(Step::ReadersWritten)?;
        }
        // A mood whose consent ended: no byte of it stays on this phone.
        self.erase_traces()?;
        let (rights, cursors) =
            self.mirror_file().read(|mirror| Ok((feeds::rights_version(mirror)?, feeds::cursors(mirror)?)))?;
        self.outbox_file().write(|outbox| {
            // Without rights nothing says which feeds may be read: what is not here may be on its way.
            if rights > 0 && journal::has_unsettled(outbox)? {
                journal::settle(outbox, &cursors)?;
            }
            // That the server has what it took was true when it answered, which may be long ago.
            journal::forget_old(outbox, &response.epoch, now.min(response.now))
        })?;
        self.reach(Step::Settled)?;
        if self.report_delivered(now)? {
            applied.more = true;
        }
        self.refresh_overlay();
        Ok(())
    }
}

/// What became of one op; whether it was one of ours that waited for it.
fn take_result(outbox: &Connection, result: &OpResult, response: &SyncResponse, now: Timestamp) -> Result<bool, Error> {
    let Some(held) = ops::one(outbox, result.id)? else { return Ok(false) };
    match &result.outcome {
        Outcome::Applied { commit, at, flags } => {
            let taken =
                journal::Taken { commit: *commit, at, flags, mac: result.mac.as_deref(), epoch: &response.epoch };
            journal::keep(outbox, &held, &taken, now)?;
            ops::release(outbox, held.id)?;
        }
        // What the app said by itself and the server did not want is nobody's concern.
        Outcome::Refused { .. } if held.quiet => ops::forget(outbox, held.id)?,
        // A broadcast that waited too long is not lost: whoever wrote it is asked again.
        Outcome::Refused { code: code @ Refusal::Stale, .. } if held.fresh_until.is_some() => {
            ops::set_state(outbox, held.id, OpState::AskAgain, Some(code.code()), None)?;
        }
        Outcome::Refused { code, .. } => ops::refuse(outbox, held.id, code.code())?,
        Outcome::Later => {
            let retry_at = now.plus_millis(LATER_MILLIS).millis();
            ops::set_state(outbox, held.id, OpState::Parked, Some(ops::LATER), Some(retry_at))?;
        }
        Outcome::Unsupported => {
            let retry_at = now.plus_millis(RETRY_MILLIS).millis();
            ops::set_state(outbox, held.id, OpState::Parked, Some("unsupported"), Some(retry_at))?;
        }
    }
    Ok(true)
}
