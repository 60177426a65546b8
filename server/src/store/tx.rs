//! One write transaction: what it sees, the commit numbers it gives, and what it will have changed once it is on disk.

use super::{
    desks::Desks,
    error::StoreError,
    feeds::Feeds,
    look::Look,
    meta,
    sql::{number, one, run, signed, unsigned},
};
use kairan_protocol::{
    feed::FeedName,
    id::{Commit, DeviceId, FeedNumber, GroupId, PersonId, Version},
    outcome::MacKey,
    time::{Timestamp, ZoneOffsets},
    view::View,
};
use rusqlite::{Connection, params};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Deref,
    sync::Arc,
};

/// What the writer keeps in memory from one group to the next.
pub(super) struct Memory {
    /// The newest commit on disk.
    pub commit: Commit,
    /// The district's zone.
    pub zone: Arc<ZoneOffsets>,
    /// When packed rows were last written.
    pub desks: Desks,
    /// What never changes.
    pub fixed: Fixed,
}

/// What never changes about a district.
pub(super) struct Fixed {
    /// The root of its tree.
    pub root: GroupId,
    /// Whoever speaks by the command line.
    pub steward: PersonId,
    /// The key of outcome MACs.
    pub mac_key: MacKey,
}

/// What a transaction changed, told to the rest of the program once it is on disk.
#[derive(Default)]
pub(super) struct Changes {
    /// How far each feed moved.
    pub feeds: HashMap<FeedNumber, Version>,
    /// Feeds that got a number.
    pub named: HashMap<FeedName, FeedNumber>,
    /// Devices whose rights changed.
    pub rights: BTreeSet<DeviceId>,
    /// Devices whose tokens changed.
    pub tokens: BTreeSet<DeviceId>,
    /// Devices that were signed off.
    pub revoked: BTreeSet<DeviceId>,
    /// Everybody's rights changed.
    pub everyone: bool,
    /// New offsets of the zone, and up to when they tell the truth.
    pub zone: Option<(ZoneOffsets, Timestamp)>,
    /// There may be something for the scheduler.
    pub stirred: bool,
}

/// A device and the people it holds.
pub(super) type Holders = (DeviceId, Vec<PersonId>);

/// A write transaction under way.
pub(super) struct Tx<'a> {
    look: Look<'a>,
    /// The feeds as committed.
    pub known: &'a Feeds,
    /// The writer's memory.
    pub memory: &'a mut Memory,
    /// What will have changed.
    pub changes: Changes,
    commit: Commit,
    holders: Option<Holders>,
    touched: BTreeMap<FeedName, (FeedNumber, Version)>,
}

impl<'a> Deref for Tx<'a> {
    type Target = Look<'a>;
    fn deref(&self) -> &Look<'a> {
        &self.look
    }
}

impl<'a> Tx<'a> {
    /// Around a transaction that has begun.
    pub fn new(connection: &'a Connection, known: &'a Feeds, memory: &'a mut Memory, now: Timestamp) -> Self {
        let commit = memory.commit;
        let look = Look { connection, now, held: None };
        Self { look, known, memory, changes: Changes::default(), commit, holders: None, touched: BTreeMap::new() }
    }

    /// It is this moment for what follows.
    pub fn set_now(&mut self, now: Timestamp) {
        self.look.now = now;
    }

    /// What the rules see.
    pub const fn look(&self) -> Look<'a> {
        self.look
    }

    /// The newest commit number given so far.
    pub const fn commit(&self) -> Commit {
        self.commit
    }

    /// The next commit number.
    pub fn next_commit(&mut self) -> Commit {
        self.commit = Commit(self.commit.0 + 1);
        self.commit
    }

    /// Numbers go on after one that was given before and forgotten.
    pub fn go_past(&mut self, commit: Commit) {
        self.commit = self.commit.max(commit);
    }

    /// A commit that is nobody's op, on record.
    pub fn system_commit(&mut self, what: &str, detail: &str) -> Result<Commit, StoreError> {
        let commit = self.next_commit();
        let sql = "INSERT INTO audit (committed, at, what, detail) VALUES (?1, ?2, ?3, ?4)";
        run(self.connection, sql, params![signed(commit.0), self.now.millis(), what, detail])?;
        Ok(commit)
    }

    /// Writes down how far the numbers got, and the moment: last thing before COMMIT.
    pub fn seal(&self) -> Result<(), StoreError> {
        if self.commit != self.memory.commit {
            run(self.connection, "UPDATE meta SET value = ?1 WHERE name = 'last_commit'", [signed(self.commit.0)])?;
            meta::set(self.connection, "last_moment", self.now.millis())?;
        }
        Ok(())
    }

    /// A device with the people it holds: looked up once per request, not once per op.
    pub fn holders(&mut self, device: DeviceId) -> Result<Holders, StoreError> {
        match self.holders.take() {
            Some(known) if known.0 == device => Ok(known),
            _ => Ok((device, self.look.device_persons(device)?)),
        }
    }

    /// Hands the holders back, to be known to the next op. Whoever changes what a device holds does not.
    pub fn keep_holders(&mut self, holders: Holders) {
        self.holders = Some(holders);
    }

    /// Some device holds others than before.
    pub fn forget_holders(&mut self) {
        self.holders = None;
    }

    /// The number of a feed, given now if it has none.
    pub fn feed(&mut self, name: FeedName) -> Result<FeedNumber, StoreError> {
        if let Some(known) = self.known.number(name).or_else(|| self.changes.named.get(&name).copied()) {
            return Ok(known);
        }
        let text = name.to_string();
        let fresh = number(self.connection, "INSERT INTO feed (name) VALUES (?1) RETURNING number", [&text])?;
        let fresh = FeedNumber(u32::try_from(fresh).map_err(|_| StoreError::Damaged("too many feeds".to_owned()))?);
        self.changes.named.insert(name, fresh);
        Ok(fresh)
    }

    /// The new state of one thing in a feed.
    pub fn put(
        &mut self,
        feed: FeedName,
        (kind, id): (&str, &str),
        rev: u32,
        urgent: bool,
        body: &str,
    ) -> Result<(), StoreError> {
        let number = self.feed(feed)?;
        let version = self.next_version(feed, number)?;
        let sql = "INSERT INTO row (feed, kind, id, version, rev, shared, urgent, body) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (feed, kind, id) DO UPDATE SET \
                   version = excluded.version, rev = excluded.rev, urgent = excluded.urgent, body = excluded.body";
        let shared = !feed.is_personal();
        run(self.connection, sql, params![number.0, kind, id, version, rev, shared, urgent, body])?;
        Ok(())
    }

    /// A thing is no longer in a feed. Where it never was, nothing happens.
    pub fn drop_row(&mut self, feed: FeedName, (kind, id): (&str, &str)) -> Result<(), StoreError> {
        let number = self.feed(feed)?;
        let sql = "SELECT 1 FROM row WHERE feed = ?1 AND kind = ?2 AND id = ?3 AND body IS NOT NULL";
        if one(self.connection, sql, params![number.0, kind, id], |_| Ok(()))?.is_none() {
            return Ok(());
        }
        let version = self.next_version(feed, number)?;
        let sql = "UPDATE row SET version = ?4, urgent = 0, body = NULL WHERE feed = ?1 AND kind = ?2 AND id = ?3";
        run(self.connection, sql, params![number.0, kind, id, version])?;
        self.gone(number, version, (kind, id))
    }

    /// The body of a row that is there.
    pub fn body(&mut self, feed: FeedName, (kind, id): (&str, &str)) -> Result<Option<String>, StoreError> {
        let number = self.feed(feed)?;
        let sql = "SELECT body FROM row WHERE feed = ?1 AND kind = ?2 AND id = ?3";
        Ok(one(self.connection, sql, params![number.0, kind, id], |row| row.get::<_, Option<String>>(0))?.flatten())
    }

    /// The feeds written since the last call, with their numbers and versions.
    pub fn take_touched(&mut self) -> BTreeMap<FeedName, (FeedNumber, Version)> {
        std::mem::take(&mut self.touched)
    }

    fn next_version(&mut self, name: FeedName, feed: FeedNumber) -> Result<i64, StoreError> {
        // In two steps: RETURNING would have SQLite make a table in memory each time.
        let sql = "SELECT version FROM row WHERE feed = ?1 AND kind = '' AND id = ''";
        let version = one(self.connection, sql, [feed.0], |row| row.get::<_, i64>(0))?.map_or(1, |known| known + 1);
        let sql = if version == 1 {
            "INSERT INTO row (feed, kind, id, version, rev, shared, urgent) VALUES (?1, '', '', ?2, 0, 0, 0)"
        } else {
            "UPDATE row SET version = ?2 WHERE feed = ?1 AND kind = '' AND id = ''"
        };
        run(self.connection, sql, params![feed.0, version])?;
        self.changes.feeds.insert(feed, Version(unsigned(version)));
        self.touched.insert(name, (feed, Version(unsigned(version))));
        Ok(version)
    }
}
