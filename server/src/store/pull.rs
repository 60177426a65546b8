//! Pulls: what a device has not seen yet of the feeds it may read, a limited helping at a time.

use super::{
    deltas::{Delta, Deltas},
    error::StoreError,
    feeds::Feeds,
    readers::Readers,
    sql::{one, signed, unsigned},
};
use kairan_protocol::{
    feed::FeedName,
    id::{FeedNumber, Rev, Version},
    row::Row,
    wire::{Cursor, FeedDelta, FeedRight, FirstPull},
};
use rusqlite::{Connection, params};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Most rows in one answer.
pub(super) const ROWS: usize = 200;
/// Most bytes of bodies in one answer, give or take the last row.
const BYTES: usize = 256 * 1024;

/// One feed that has something for the device.
struct Wanted {
    n: FeedNumber,
    name: FeedName,
    from: From,
    /// How far it had moved when the answer was begun: every row up to here is there to be read.
    version: Version,
    reset: bool,
    /// What others were told who asked the same.
    known: Option<Delta>,
}

/// Where to go on.
#[derive(Clone, Copy)]
enum From {
    After(Version),
    First { as_of: Version, place: Place },
}

/// The place of a first pull: emergencies first, and within each part the newest first.
#[derive(Clone, Copy)]
struct Place {
    urgent: bool,
    below: u64,
}

impl Place {
    const fn beginning(as_of: Version) -> Self {
        Self { urgent: true, below: as_of.0.saturating_add(1) }
    }

    fn read(text: &str) -> Option<Self> {
        let (part, below) = text.split_at_checked(1)?;
        let urgent = match part {
            "u" => true,
            "n" => false,
            _ => return None,
        };
        Some(Self { urgent, below: below.parse().ok()? })
    }

    fn text(self) -> String {
        format!("{}{}", if self.urgent { 'u' } else { 'n' }, self.below)
    }
}

/// What is left of the answer.
struct Helping {
    rows: usize,
    bytes: usize,
}

impl Helping {
    const fn is_eaten(&self) -> bool {
        self.rows == 0 || self.bytes == 0
    }

    fn take(&mut self, row: &Row) {
        let size = row.body.as_ref().map_or(0, |body| body.get().len());
        self.rows -= 1;
        self.bytes = self.bytes.saturating_sub(size);
    }

    /// Takes a delta that leaves something over.
    fn take_whole(&mut self, delta: &Delta) -> bool {
        let bytes = delta.bytes();
        let fits = delta.rows.len() < self.rows && bytes < self.bytes;
        if fits {
            self.rows -= delta.rows.len();
            self.bytes -= bytes;
        }
        fits
    }
}

/// What moved in the feeds a device may read. Without anything new, no database is asked.
pub(super) fn pull<'a>(
    readers: &Readers,
    feeds: &Feeds,
    deltas: &Deltas,
    readable: impl Iterator<Item = &'a FeedRight>,
    cursors: &BTreeMap<FeedNumber, Cursor>,
    rows: usize,
) -> Result<Vec<FeedDelta>, StoreError> {
    let wanted: Vec<Wanted> =
        readable.filter_map(|right| wanted(feeds, deltas, right, cursors.get(&right.n))).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    readers.read(|connection| helping(connection, feeds, deltas, wanted, rows))
}

/// Whether a device has seen more of a feed than there is here.
pub(super) fn is_ahead<'a>(
    feeds: &Feeds,
    readable: impl Iterator<Item = &'a FeedRight>,
    cursors: &BTreeMap<FeedNumber, Cursor>,
) -> bool {
    let seen = |right: &FeedRight| match cursors.get(&right.n) {
        None => Version(0),
        Some(Cursor::At(seen) | Cursor::First(FirstPull { as_of: seen, .. })) => *seen,
    };
    readable.into_iter().any(|right| seen(right) > feeds.version(right.n))
}

fn wanted(feeds: &Feeds, deltas: &Deltas, right: &FeedRight, cursor: Option<&Cursor>) -> Option<Wanted> {
    let version = feeds.version(right.n);
    let first = From::First { as_of: version, place: Place::beginning(version) };
    let (from, reset) = match cursor {
        None => (first, false),
        Some(Cursor::At(seen)) if *seen == version => return None,
        // What went since then may be forgotten: only what is there can be told.
        Some(Cursor::At(seen)) if *seen < feeds.horizon(right.n) => (first, true),
        Some(Cursor::At(seen)) if *seen < version => (From::After(*seen), false),
        // Ahead of us: what it holds is of a server we do not remember.
        Some(Cursor::At(_)) => (first, true),
        Some(Cursor::First(FirstPull { as_of, place })) => match Place::read(place) {
            // What it was told already may have gone since, and that be forgotten.
            _ if *as_of < feeds.horizon(right.n) => (first, true),
            Some(place) if *as_of <= version => (From::First { as_of: *as_of, place }, false),
            _ => (first, true),
        },
    };
    let known = match from {
        From::After(seen) => deltas.get(right.n, seen, version),
        From::First { .. } => None,
    };
    Some(Wanted { n: right.n, name: right.name, from, version, reset, known })
}

fn helping(
    connection: &Connection,
    feeds: &Feeds,
    deltas: &Deltas,
    mut wanted: Vec<Wanted>,
    rows: usize,
) -> Result<Vec<FeedDelta>, StoreError> {
    if wanted.len() > 1 {
        let mut ranked = Vec::with_capacity(wanted.len());
        for feed in wanted {
            ranked.push((rank(connection, &feed)?, feed));
        }
        ranked.sort_by_key(|(rank, feed)| (*rank, feed.n));
        wanted = ranked.into_iter().map(|(_, feed)| feed).collect();
    }
    let mut left = Helping { rows, bytes: BYTES };
    let mut helping = Vec::with_capacity(wanted.len());
    for feed in wanted {
        if left.is_eaten() {
            // One feed that says there is more is enough: the phone asks again for all of them.
            helping.push(untouched(&feed));
            break;
        }
        helping.push(delta(connection, feeds, deltas, feed, &mut left)?);
    }
    Ok(helping)
}

/// One feed's part of the helping. What it forgot while it was read is seen afterwards: then it is pulled from the start.
fn delta(
    connection: &Connection,
    feeds: &Feeds,
    deltas: &Deltas,
    mut feed: Wanted,
    left: &mut Helping,
) -> Result<FeedDelta, StoreError> {
    let (delta, begins) = match (feed.from, &feed.known) {
        (From::After(seen), Some(known)) if left.take_whole(known) => (whole(&feed, known.rows.to_vec()), seen),
        (From::After(seen), _) => (after(connection, deltas, &feed, seen, left)?, seen),
        (From::First { as_of, place }, _) => (first(connection, &feed, as_of, place, left)?, as_of),
    };
    if begins >= feeds.horizon(feed.n) {
        return Ok(delta);
    }
    feed.from = From::First { as_of: feed.version, place: Place::beginning(feed.version) };
    feed.reset = true;
    Ok(untouched(&feed))
}

/// Boards with an emergency come first, then a person's own, then the other boards.
fn rank(connection: &Connection, feed: &Wanted) -> Result<u8, StoreError> {
    if feed.name.is_personal() {
        return Ok(1);
    }
    let urgent = match (&feed.known, feed.from) {
        (Some(known), _) => known.urgent,
        (None, From::After(seen)) => urgent_after(connection, feed.n, seen)?,
        (None, From::First { place, .. }) if place.urgent => urgent_after(connection, feed.n, Version(0))?,
        (None, From::First { .. }) => false,
    };
    Ok(match feed.name {
        _ if urgent => 0,
        FeedName::Mail(_) => 1,
        FeedName::Board(_) => 2,
        FeedName::Staff(_) => 3,
        FeedName::Desk(_) => 4,
    })
}

fn urgent_after(connection: &Connection, feed: FeedNumber, seen: Version) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM row WHERE feed = ?1 AND version > ?2 AND shared = 1 AND urgent = 1 LIMIT 1";
    Ok(one(connection, sql, params![feed.0, signed(seen.0)], |_| Ok(()))?.is_some())
}

/// A feed that nothing is left for in this answer.
fn untouched(feed: &Wanted) -> FeedDelta {
    let (version, first) = match feed.from {
        From::After(seen) => (Some(seen), None),
        From::First { as_of, place } => (None, Some(FirstPull { as_of, place: place.text() })),
    };
    FeedDelta { n: feed.n, rows: Vec::new(), version, first, more: true, reset: feed.reset }
}

const AFTER_SHARED: &str = "SELECT kind, id, rev, version, body FROM row WHERE feed = ?1 AND version > ?2 AND shared = 1 \
                            ORDER BY version LIMIT ?3";
const AFTER_OWN: &str = "SELECT kind, id, rev, version, body FROM row WHERE feed = ?1 AND version > ?2 AND kind <> '' \
                         ORDER BY version LIMIT ?3";
/// The same in no order: what is a handful is sorted faster here than by SQLite, which makes an index in memory for it.
const AFTER_OWN_FEW: &str =
    "SELECT kind, id, rev, version, body FROM row WHERE feed = ?1 AND version > ?2 AND kind <> '' LIMIT ?3";
/// How many are a handful.
const FEW: usize = 16;

fn after(
    connection: &Connection,
    deltas: &Deltas,
    feed: &Wanted,
    seen: Version,
    left: &mut Helping,
) -> Result<FeedDelta, StoreError> {
    if feed.name.is_personal()
        && left.rows > FEW
        && let Some(rows) = few(connection, feed, seen)?
    {
        for row in &rows {
            left.take(row);
        }
        return Ok(whole(feed, rows));
    }
    let sql = if feed.name.is_personal() { AFTER_OWN } else { AFTER_SHARED };
    let mut statement = connection.prepare_cached(sql)?;
    let limit = i64::try_from(left.rows).unwrap_or(i64::MAX);
    let mut found = statement.query(params![feed.n.0, signed(seen.0), limit])?;
    let (mut rows, mut reached) = (Vec::new(), seen);
    while !left.is_eaten()
        && let Some(row) = found.next()?
    {
        let row = read(row)?;
        if row.version > feed.version {
            // Committed a moment ago, and not known to everybody yet: a cursor must not be ahead of what is.
            break;
        }
        left.take(&row);
        reached = row.version;
        rows.push(row);
    }
    drop(found);
    if left.is_eaten() {
        let more = reached < feed.version;
        return Ok(FeedDelta { n: feed.n, rows, version: Some(reached), first: None, more, reset: false });
    }
    if !feed.name.is_personal() {
        let urgent = urgent_after(connection, feed.n, seen)?;
        deltas.keep(feed.n, seen, feed.version, Delta { rows: rows.clone().into(), urgent });
    }
    Ok(whole(feed, rows))
}

/// What moved in a small feed, if it is a handful.
fn few(connection: &Connection, feed: &Wanted, seen: Version) -> Result<Option<Vec<Row>>, StoreError> {
    let mut statement = connection.prepare_cached(AFTER_OWN_FEW)?;
    let limit = i64::try_from(FEW).unwrap_or(i64::MAX);
    let mut found = statement.query(params![feed.n.0, signed(seen.0), limit])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(read(row)?);
    }
    if rows.len() == FEW {
        return Ok(None);
    }
    rows.retain(|row| row.version <= feed.version);
    rows.sort_unstable_by_key(|row| row.version);
    Ok(Some(rows))
}

/// Everything up to where the feed had moved when the answer was begun: a cursor must not be ahead of what everybody knows.
fn whole(feed: &Wanted, rows: Vec<Row>) -> FeedDelta {
    FeedDelta { n: feed.n, rows, version: Some(feed.version), first: None, more: false, reset: false }
}

const FIRST_SHARED: &str = "SELECT kind, id, rev, version, body FROM row WHERE feed = ?1 AND version < ?2 AND version <= ?3 \
                            AND shared = 1 AND urgent = 0 AND body IS NOT NULL ORDER BY version DESC LIMIT ?4";
const FIRST_URGENT: &str = "SELECT kind, id, rev, version, body FROM row WHERE feed = ?1 AND version < ?2 AND version <= ?3 \
                            AND shared = 1 AND urgent = 1 AND body IS NOT NULL ORDER BY version DESC LIMIT ?4";
const FIRST_OWN: &str = "SELECT kind, id, rev, version, body FROM row WHERE feed = ?1 AND version < ?2 AND version <= ?3 \
                         AND kind <> '' AND body IS NOT NULL ORDER BY version DESC LIMIT ?4";

fn first(
    connection: &Connection,
    feed: &Wanted,
    as_of: Version,
    mut place: Place,
    left: &mut Helping,
) -> Result<FeedDelta, StoreError> {
    let mut rows = Vec::new();
    loop {
        let sql = match (feed.name.is_personal(), place.urgent) {
            (true, _) => FIRST_OWN,
            (false, true) => FIRST_URGENT,
            (false, false) => FIRST_SHARED,
        };
        let mut statement = connection.prepare_cached(sql)?;
        let limit = i64::try_from(left.rows).unwrap_or(i64::MAX);
        let mut found = statement.query(params![feed.n.0, signed(place.below), signed(as_of.0), limit])?;
        while !left.is_eaten()
            && let Some(row) = found.next()?
        {
            let row = read(row)?;
            left.take(&row);
            place.below = row.version.0;
            rows.push(row);
        }
        if left.is_eaten() {
            let first = Some(FirstPull { as_of, place: place.text() });
            return Ok(FeedDelta { n: feed.n, rows, version: None, first, more: true, reset: feed.reset });
        }
        if !place.urgent || feed.name.is_personal() {
            break;
        }
        place = Place { urgent: false, ..Place::beginning(as_of) };
    }
    let more = feed.version > as_of;
    Ok(FeedDelta { n: feed.n, rows, version: Some(as_of), first: None, more, reset: feed.reset })
}

fn read(row: &rusqlite::Row<'_>) -> Result<Row, StoreError> {
    let body: Option<String> = row.get(4)?;
    Ok(Row {
        kind: row.get(0)?,
        id: row.get(1)?,
        rev: Rev(row.get(2)?),
        version: Version(unsigned(row.get(3)?)),
        body: body
            .map(RawValue::from_string)
            .transpose()
            .map_err(|error| super::sql::damaged("a row's body", error))?,
    })
}
