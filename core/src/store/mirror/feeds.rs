//! The feeds of the mirror: which may be read, how far each is, and which of the phone's people reads it.

use super::set_meta;
use crate::{
    error::Error,
    overlay::{Look, World, meta},
};
use kairan_protocol::{
    id::{Epoch, FeedNumber, PersonId, Version},
    rights,
    time::Timestamp,
    wire::{Cursor, FirstPull, Rights},
};
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, BTreeSet};

/// How a feed stands in the mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// How far it is; none before the first rows.
    pub cursor: Option<Cursor>,
    /// Whether what arrives fills the shadow.
    pub shadow: bool,
}

/// The version of the rights acted upon; 0 for none.
pub(crate) fn rights_version(connection: &Connection) -> Result<u64, Error> {
    Ok(meta(connection, "rights")?.and_then(|version| version.parse().ok()).unwrap_or(0))
}

/// The version of the card that the rights acted upon spoke of; 0 for none.
pub(crate) fn card_heard(connection: &Connection) -> Result<u64, Error> {
    Ok(meta(connection, "card")?.and_then(|version| version.parse().ok()).unwrap_or(0))
}

/// The epoch of everything in the mirror.
pub(crate) fn epoch(connection: &Connection) -> Result<Option<Epoch>, Error> {
    Ok(meta(connection, "epoch")?.map(Epoch))
}

/// Every readable feed's cursor; none before its first rows.
pub(crate) fn cursors(connection: &Connection) -> Result<BTreeMap<FeedNumber, Option<Cursor>>, Error> {
    let mut select =
        connection.prepare_cached("SELECT number, version, first_as_of, first_place FROM feed WHERE hidden = 0")?;
    let mut rows = select.query([])?;
    let mut cursors = BTreeMap::new();
    while let Some(row) = rows.next()? {
        cursors.insert(FeedNumber(row.get(0)?), cursor(row.get(1)?, row.get(2)?, row.get(3)?));
    }
    Ok(cursors)
}

fn cursor(version: Option<i64>, as_of: Option<i64>, place: Option<String>) -> Option<Cursor> {
    match (version, as_of, place) {
        (_, Some(as_of), Some(place)) => Some(Cursor::First(FirstPull { as_of: Version(as_of.unsigned_abs()), place })),
        (Some(version), ..) => Some(Cursor::At(Version(version.unsigned_abs()))),
        _ => None,
    }
}

/// How a readable feed stands; none when it may not be read.
pub(crate) fn standing(connection: &Connection, feed: FeedNumber) -> Result<Option<Standing>, Error> {
    let mut select = connection.prepare_cached(
        "SELECT version, first_as_of, first_place, shadow FROM feed WHERE number = ?1 AND hidden = 0",
    )?;
    let standing = select.query_row([feed.0], |row| {
        Ok(Standing { cursor: cursor(row.get(0)?, row.get(1)?, row.get(2)?), shadow: row.get(3)? })
    });
    Ok(standing.optional()?)
}

/// Remembers how far a feed is; a first pull under way keeps the version before it until it is finished.
pub(crate) fn set_cursor(
    connection: &Connection,
    feed: FeedNumber,
    cursor: &Cursor,
    shadow: bool,
) -> Result<(), Error> {
    match cursor {
        Cursor::At(version) => {
            connection
                .prepare_cached(
                    "UPDATE feed SET version = ?2, first_as_of = NULL, first_place = NULL, shadow = ?3 WHERE number = ?1",
                )?
                .execute((feed.0, number(*version), shadow))?;
        }
        Cursor::First(first) => {
            connection
                .prepare_cached("UPDATE feed SET first_as_of = ?2, first_place = ?3, shadow = ?4 WHERE number = ?1")?
                .execute((feed.0, number(first.as_of), &first.place, shadow))?;
        }
    }
    Ok(())
}

/// A version as SQLite keeps it.
pub(crate) fn number(version: Version) -> i64 {
    i64::try_from(version.0).unwrap_or(i64::MAX)
}

/// What newer rights changed.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// Feeds that are hidden from now on.
    pub lost: Vec<FeedNumber>,
    /// Feeds that were hidden and are not any more.
    pub regained: Vec<FeedNumber>,
}

/// Another epoch, or a server that lost something: every feed is pulled from its start. Where rows are, they stay, and what arrives fills a shadow; what filled
/// one before is of a server that is no more.
pub(crate) fn begin_epoch(connection: &Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM shadow", [])?;
    connection.execute(
        "UPDATE feed SET version = NULL, first_as_of = NULL, first_place = NULL,
         shadow = EXISTS (SELECT 1 FROM row WHERE row.feed = feed.number)",
        [],
    )?;
    set_meta(connection, "rights", "0")
}

/// Acts on newer rights: new feeds are there without rows, lost ones are hidden, the people and the zone are remembered. Feeds
/// are known by their names; where a number means another one than before, rows follow the name.
pub(crate) fn act_on(connection: &Connection, rights: &Rights) -> Result<Changed, Error> {
    let mut changed = Changed::default();
    renumber(connection, rights)?;
    let named: BTreeSet<u32> = rights.feeds.iter().map(|right| right.n.0).collect();
    let mut select = connection.prepare("SELECT number, hidden FROM feed")?;
    let known =
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<BTreeMap<u32, bool>, _>>()?;
    for (number, hidden) in &known {
        match (*hidden, named.contains(number)) {
            (false, false) => changed.lost.push(FeedNumber(*number)),
            (true, true) => changed.regained.push(FeedNumber(*number)),
            _ => {}
        }
    }
    for lost in &changed.lost {
        connection.prepare_cached("UPDATE feed SET hidden = 1 WHERE number = ?1")?.execute([lost.0])?;
    }
    // The request did not name them, so that the server gives all of them that is there, and not what went meanwhile: what is
    // here stays until that is whole.
    for regained in &changed.regained {
        connection.prepare_cached("DELETE FROM shadow WHERE feed = ?1")?.execute([regained.0])?;
        connection
            .prepare_cached(
                "UPDATE feed SET version = NULL, first_as_of = NULL, first_place = NULL,
                 shadow = EXISTS (SELECT 1 FROM row WHERE row.feed = feed.number) WHERE number = ?1",
            )?
            .execute([regained.0])?;
    }
    for right in &rights.feeds {
        connection
            .prepare_cached(
                "INSERT INTO feed(number, name, until) VALUES (?1, ?2, ?3)
                 ON CONFLICT (number) DO UPDATE SET name = excluded.name, until = excluded.until, hidden = 0",
            )?
            .execute((right.n.0, right.name.to_string(), right.until.map(Timestamp::millis)))?;
    }
    set_meta(connection, "rights", &rights.version.to_string())?;
    set_meta(connection, "card", &rights.card.to_string())?;
    set_meta(connection, "persons", &serde_json::to_string(&rights.persons)?)?;
    set_meta(connection, "zone", &serde_json::to_string(&rights.zone)?)?;
    Ok(changed)
}

/// Gives every known feed the number its name has now. One that is not named any more makes room: it gets the highest that is
/// free, which no server uses.
fn renumber(connection: &Connection, rights: &Rights) -> Result<(), Error> {
    let named: BTreeMap<String, u32> = rights.feeds.iter().map(|right| (right.name.to_string(), right.n.0)).collect();
    let taken: BTreeSet<u32> = named.values().copied().collect();
    let mut select = connection.prepare("SELECT name, number FROM feed")?;
    let known = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let known = known.collect::<Result<BTreeMap<String, u32>, _>>()?;
    let used: BTreeSet<u32> = taken.iter().chain(known.values()).copied().collect();
    let mut free = (0..=u32::MAX).rev().filter(|number| !used.contains(number));
    let mut moves = Vec::new();
    for (name, old) in known {
        let new = match named.get(&name) {
            Some(new) => Some(*new),
            None if taken.contains(&old) => free.next(),
            None => None,
        };
        moves.extend(new.filter(|new| *new != old).map(|new| (old, new)));
    }
    // Aside first, below zero where no feed is: two of them may change places.
    for (table, column) in [("feed", "number"), ("row", "feed"), ("shadow", "feed"), ("reader", "feed")] {
        for (old, new) in &moves {
            connection
                .prepare_cached(&format!("UPDATE {table} SET {column} = -1 - ?2 WHERE {column} = ?1"))?
                .execute((old, new))?;
        }
        for (_, new) in &moves {
            connection
                .prepare_cached(&format!("UPDATE {table} SET {column} = ?1 WHERE {column} = -1 - ?1"))?
                .execute([new])?;
        }
    }
    Ok(())
}

/// Feeds that are hidden and wait for a second round of rights.
pub(crate) fn hidden(connection: &Connection) -> Result<Vec<FeedNumber>, Error> {
    let mut select = connection.prepare_cached("SELECT number FROM feed WHERE hidden = 1")?;
    let feeds = select.query_map([], |row| Ok(FeedNumber(row.get(0)?)))?;
    Ok(feeds.collect::<Result<_, _>>()?)
}

/// Erases up to `limit` rows of a hidden feed, then the feed itself; whether it is gone.
pub(crate) fn erase(connection: &Connection, feed: FeedNumber, limit: usize) -> Result<bool, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    for table in ["row", "shadow"] {
        let deleted = connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE feed = ?1 LIMIT ?2)"
            ))?
            .execute((feed.0, limit))?;
        if deleted > 0 {
            return Ok(false);
        }
    }
    connection.prepare_cached("DELETE FROM reader WHERE feed = ?1")?.execute([feed.0])?;
    connection.prepare_cached("DELETE FROM feed WHERE number = ?1 AND hidden = 1")?.execute([feed.0])?;
    Ok(true)
}

/// Writes anew which of the phone's people reads which feed: the feeds whose readers changed.
pub(crate) fn set_readers(look: &Look<'_>, now: Timestamp) -> Result<Vec<FeedNumber>, Error> {
    let world = look.world();
    let before = readers(look.connection())?;
    let mut after: BTreeSet<(PersonId, u32)> = BTreeSet::new();
    let shared = world.persons.len() > 1;
    let mut claims = BTreeMap::new();
    for person in world.persons.iter().filter(|_| shared) {
        claims.insert(*person, rights::feeds(look, *person, now, shared)?);
    }
    for (name, feed) in &world.feeds {
        let claimants: Vec<PersonId> =
            claims.iter().filter(|(_, feeds)| feeds.contains_key(name)).map(|(person, _)| *person).collect();
        // Nobody's yet, because the profiles are still on their way: better everybody's than nobody's.
        let people = if claimants.is_empty() && !name.is_personal() { world.persons.clone() } else { claimants };
        after.extend(people.into_iter().map(|person| (person, feed.number.0)));
    }
    let mut feeds = BTreeSet::new();
    for (person, feed) in before.difference(&after) {
        look.connection()
            .prepare_cached("DELETE FROM reader WHERE person = ?1 AND feed = ?2")?
            .execute((person.number(), feed))?;
        feeds.insert(*feed);
    }
    for (person, feed) in after.difference(&before) {
        look.connection().prepare_cached("INSERT INTO reader VALUES (?1, ?2)")?.execute((person.number(), feed))?;
        feeds.insert(*feed);
    }
    Ok(feeds.into_iter().map(FeedNumber).collect())
}

fn readers(connection: &Connection) -> Result<BTreeSet<(PersonId, u32)>, Error> {
    let mut select = connection.prepare_cached("SELECT person, feed FROM reader")?;
    let readers = select.query_map([], |row| Ok((PersonId::from_number(row.get(0)?), row.get(1)?)))?;
    Ok(readers.collect::<Result<_, _>>()?)
}

/// How long before they belonged here a notice still asks somebody: who moved in yesterday comes to Sunday's cleaning.
const ASKED_BEFORE_MILLIS: i64 = 60 * 86_400_000;

/// Writes anew since when notices ask each person: whose moment changed.
pub(crate) fn set_asked(connection: &Connection, world: &World) -> Result<Vec<PersonId>, Error> {
    let mut changed = Vec::new();
    for profile in world.profiles.values() {
        let terms = profile.residence.iter().map(|residence| residence.term);
        let first = terms.chain(profile.roles.iter().map(|role| role.term)).map(|term| term.from).min();
        let since = first.map_or(0, |from| from.plus_millis(-ASKED_BEFORE_MILLIS).millis());
        let written = connection
            .prepare_cached(
                "INSERT INTO asked VALUES (?1, ?2)
                 ON CONFLICT (person) DO UPDATE SET since = excluded.since WHERE asked.since <> excluded.since",
            )?
            .execute((profile.person.number(), since))?;
        if written > 0 {
            changed.push(profile.person);
        }
    }
    Ok(changed)
}
