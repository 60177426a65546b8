//! Desks: packed rows that are marked out of date with an op and written again a little later, a few at a time.

mod cards;
mod participation;
mod statuses;
mod tallies;

use super::{
    error::StoreError,
    sql::{one, run},
    tx::Tx,
};
pub(super) use cards::homes;
use kairan_protocol::{
    id::{GroupId, NoticeId, PersonId},
    time::Timestamp,
    tree::Group,
    view::{Mark, View},
};
use rusqlite::params;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
pub(super) use tallies::{COUNTS, SEALED_MILLIS, counts, recount, sum};

/// What kind of packed row is out of date; the numbers stand in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Packed {
    /// Every tally of a notice.
    Notice = 1,
    /// The roster of a block, and its figures.
    Roster = 2,
    /// The card of a group.
    Card = 3,
    /// The tally of a notice in a block.
    Tally = 4,
    /// The tally of a notice in an association.
    Association = 5,
    /// The status of a person.
    Status = 6,
    /// The seals of a notice on a block's board.
    Seals = 7,
    /// How many of an association take part today.
    Participation = 8,
}

impl Packed {
    /// In the order of their writing: what others add up from comes first.
    const ALL: [Self; 8] = [
        Self::Notice,
        Self::Roster,
        Self::Card,
        Self::Tally,
        Self::Association,
        Self::Status,
        Self::Participation,
        Self::Seals,
    ];

    /// How long such a row stands still after it was written.
    const fn rest_millis(self) -> i64 {
        match self {
            Self::Notice => 0,
            Self::Seals => 60_000,
            _ => 1_000,
        }
    }
}

/// One packed row: kind, notice (zeros where it is about none), and group or person.
pub(super) type MarkKey = (Packed, [u8; 16], i64);

/// How many rows of a kind are looked up at once.
const AT_ONCE: usize = 200;

/// Stands where a packed row is about no notice.
const NO_NOTICE: [u8; 16] = [0; 16];

/// Which row of a kind.
type Place = ([u8; 16], i64);

const BEGINNING: Place = ([0; 16], i64::MIN);
const END: Place = ([0xff; 16], i64::MAX);

/// What the writer remembers about desks between transactions. Losing it costs a row written early, nothing else.
#[derive(Default)]
pub(super) struct Desks {
    written: HashMap<MarkKey, Timestamp>,
    reached: HashMap<Packed, Place>,
    /// The team of each block.
    teams: HashMap<GroupId, Option<Group>>,
}

impl Desks {
    /// A transaction was rolled back: what was worked out inside it may be wrong.
    pub fn forget_teams(&mut self) {
        self.teams.clear();
    }
}

/// What a round of flushing left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flushed {
    /// Some rows were due and not reached.
    pub more: bool,
    /// When the first of the others will be due.
    pub next: Option<Timestamp>,
}

impl Tx<'_> {
    /// Notes that packed rows are out of date.
    pub fn mark(&mut self, mark: Mark) -> Result<(), StoreError> {
        match mark {
            Mark::Tally(notice, household) => match self.block_at_publication(notice, household)? {
                Some(block) => self.mark_row(Packed::Tally, *notice.bytes(), block.number()),
                None => Ok(()),
            },
            Mark::Notice(notice) => self.mark_row(Packed::Notice, *notice.bytes(), 0),
            Mark::Block(block) => self.mark_row(Packed::Roster, NO_NOTICE, block.number()),
            Mark::Household(household) => self.mark_tallies_of(household),
            Mark::Status(person) => self.mark_row(Packed::Status, NO_NOTICE, person.number()),
        }
    }

    pub(super) fn mark_row(&mut self, kind: Packed, notice: [u8; 16], place: i64) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO mark (kind, thing, place) VALUES (?1, ?2, ?3)";
        run(self.connection, sql, params![kind as i64, notice, place])?;
        self.changes.stirred = true;
        Ok(())
    }

    /// Every group's card and every block's roster: at set-up.
    pub fn mark_every_card(&mut self) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO mark (kind, thing, place) \
                   SELECT iif(kind = 'block', ?1, ?2), ?3, id FROM grp WHERE kind <> 'household'";
        run(self.connection, sql, params![Packed::Roster as i64, Packed::Card as i64, NO_NOTICE])?;
        self.changes.stirred = true;
        Ok(())
    }

    /// A commissioner came or went: which team somebody's moods reach may be another one.
    pub fn teams_changed(&mut self) -> Result<(), StoreError> {
        self.memory.desks.teams.clear();
        self.changes.stirred = true;
        let sql = "INSERT OR IGNORE INTO mark (kind, thing, place) \
                   SELECT ?1, ?2, id FROM person WHERE moods_to_team IS NOT NULL";
        run(self.connection, sql, params![Packed::Status as i64, NO_NOTICE])?;
        Ok(())
    }

    /// Writes packed rows that are due, of each kind as many as its time allows and at least one.
    pub fn flush(&mut self, time_per_kind: Duration) -> Result<Flushed, StoreError> {
        let mut flushed = Flushed { more: false, next: None };
        let mut rosters_wait = false;
        for kind in Packed::ALL {
            // A card adds up rosters: written between two of them it would show half a sum for a second.
            if kind == Packed::Card && rosters_wait {
                continue;
            }
            let began = Instant::now();
            for (notice, place) in self.due(kind, &mut flushed)? {
                self.write_packed(kind, notice, place)?;
                let sql = "DELETE FROM mark WHERE kind = ?1 AND thing = ?2 AND place = ?3";
                run(self.connection, sql, params![kind as i64, notice, place])?;
                self.memory.desks.written.insert((kind, notice, place), self.now);
                if began.elapsed() >= time_per_kind {
                    self.memory.desks.reached.insert(kind, (notice, place));
                    break;
                }
            }
            // Out of time: whether that was the last one is seen at the next look.
            flushed.more |= began.elapsed() >= time_per_kind;
            rosters_wait |= kind == Packed::Roster && flushed.more;
        }
        self.forget_rested();
        // Writing a row may have marked the rows that add up from it.
        let left = one(self.connection, "SELECT 1 FROM mark LIMIT 1", [], |_| Ok(()))?.is_some();
        if left && !flushed.more && flushed.next.is_none() {
            flushed.next = Some(self.now);
        }
        Ok(flushed)
    }

    fn write_packed(&mut self, kind: Packed, notice: [u8; 16], place: i64) -> Result<(), StoreError> {
        let id = NoticeId::from_bytes(notice);
        match kind {
            Packed::Notice => self.expand_notice(id),
            Packed::Roster => self.write_roster(GroupId::from_number(place)),
            Packed::Card => self.write_card(GroupId::from_number(place)),
            Packed::Tally => self.write_tally(id, GroupId::from_number(place)),
            Packed::Association => self.write_association(id, GroupId::from_number(place)),
            Packed::Status => self.write_status(PersonId::from_number(place)),
            Packed::Participation => self.write_participation(GroupId::from_number(place)),
            Packed::Seals => self.write_seals(id, GroupId::from_number(place)),
        }
    }

    /// The marked rows of a kind that have rested long enough, going round so that none waits for ever.
    fn due(&mut self, kind: Packed, flushed: &mut Flushed) -> Result<Vec<Place>, StoreError> {
        let from = self.memory.desks.reached.remove(&kind).unwrap_or(BEGINNING);
        let mut due = Vec::new();
        let mut full = self.gather(kind, (from, END), &mut due, flushed)?;
        if !full && from != BEGINNING {
            full = self.gather(kind, (BEGINNING, from), &mut due, flushed)?;
        }
        if full && let Some(last) = due.last() {
            self.memory.desks.reached.insert(kind, *last);
        }
        flushed.more |= full;
        Ok(due)
    }

    /// Gathers due rows after one place up to another; whether there are more than are looked up at once.
    fn gather(
        &self,
        kind: Packed,
        (after, up_to): (Place, Place),
        due: &mut Vec<Place>,
        flushed: &mut Flushed,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT thing, place FROM mark WHERE kind = ?1 AND (thing, place) > (?2, ?3) \
                   AND (thing, place) <= (?4, ?5) ORDER BY thing, place";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![kind as i64, after.0, after.1, up_to.0, up_to.1])?;
        while let Some(row) = rows.next()? {
            let place: Place = (row.get(0)?, row.get(1)?);
            let written = self.memory.desks.written.get(&(kind, place.0, place.1));
            // What was written in the future was written before the clock was set back: it has rested.
            let rests = written.filter(|written| **written <= self.now).map(|at| at.plus_millis(kind.rest_millis()));
            match rests.filter(|ready| *ready > self.now) {
                Some(ready) => flushed.next = Some(flushed.next.map_or(ready, |next| next.min(ready))),
                None if due.len() == AT_ONCE => return Ok(true),
                None => due.push(place),
            }
        }
        Ok(false)
    }

    /// Forgets what was written long enough ago to be written again at once.
    fn forget_rested(&mut self) {
        const MANY: usize = 50_000;
        let now = self.now;
        let written = &mut self.memory.desks.written;
        if written.len() > MANY {
            written.retain(|(kind, ..), at| at.plus_millis(kind.rest_millis()) > now);
        }
    }

    /// A group and everything above it, as ids.
    fn way_up(&self, group: GroupId) -> Result<Vec<Group>, StoreError> {
        self.look().path(group)
    }
}
