//! The feeds of the district in memory: their numbers, and how far each has moved. An idle pull asks nobody else.

use super::{
    error::StoreError,
    sql::{damaged, many, unsigned},
};
use kairan_protocol::{
    feed::FeedName,
    id::{FeedNumber, Version},
};
use rusqlite::Connection;
use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Numbers, committed versions and horizons of every feed.
pub(super) struct Feeds {
    numbers: RwLock<HashMap<FeedName, FeedNumber>>,
    versions: RwLock<Vec<AtomicU64>>,
    /// Of feeds that have forgotten something: the newest version of what they forgot.
    horizons: RwLock<HashMap<FeedNumber, Version>>,
}

fn place(feed: FeedNumber) -> usize {
    usize::try_from(feed.0).unwrap_or(usize::MAX)
}

impl Feeds {
    /// As the database has them.
    pub fn load(connection: &Connection) -> Result<Self, StoreError> {
        let sql = "SELECT number, name, (SELECT version FROM row WHERE feed = number AND kind = '' AND id = ''), horizon \
                   FROM feed ORDER BY number";
        let rows = many(connection, sql, [], |row| {
            Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<i64>>(2)?, row.get::<_, i64>(3)?))
        })?;
        let feeds = Self { numbers: RwLock::default(), versions: RwLock::default(), horizons: RwLock::default() };
        for (number, name, version, horizon) in rows {
            let name = name.parse().map_err(|error| damaged("a feed", error))?;
            feeds.add(name, FeedNumber(number));
            feeds.moved(FeedNumber(number), Version(version.map_or(0, unsigned)));
            if horizon > 0 {
                feeds.forgets(FeedNumber(number), Version(unsigned(horizon)));
            }
        }
        Ok(feeds)
    }

    /// The number of a feed that has one.
    pub fn number(&self, name: FeedName) -> Option<FeedNumber> {
        self.numbers.read().unwrap_or_else(PoisonError::into_inner).get(&name).copied()
    }

    /// A feed got its number.
    pub fn add(&self, name: FeedName, number: FeedNumber) {
        self.numbers.write().unwrap_or_else(PoisonError::into_inner).insert(name, number);
        let mut versions = self.versions.write().unwrap_or_else(PoisonError::into_inner);
        while versions.len() <= place(number) {
            versions.push(AtomicU64::new(0));
        }
    }

    /// A commit moved a feed.
    pub fn moved(&self, feed: FeedNumber, version: Version) {
        let versions = self.versions.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = versions.get(place(feed)) {
            known.store(version.0, Ordering::Release);
        }
    }

    /// How far a feed has moved.
    pub fn version(&self, feed: FeedNumber) -> Version {
        let versions = self.versions.read().unwrap_or_else(PoisonError::into_inner);
        Version(versions.get(place(feed)).map_or(0, |known| known.load(Ordering::Acquire)))
    }

    /// A feed is about to forget tombstones up to a version. Said before the COMMIT: a pull that looks here after it has read cannot
    /// have missed one. Where the COMMIT fails it costs a reset, nothing else.
    pub fn forgets(&self, feed: FeedNumber, version: Version) {
        let mut horizons = self.horizons.write().unwrap_or_else(PoisonError::into_inner);
        let known = horizons.entry(feed).or_default();
        *known = (*known).max(version);
    }

    /// The newest version of what a feed forgot: a cursor before it may have missed that something went.
    pub fn horizon(&self, feed: FeedNumber) -> Version {
        self.horizons.read().unwrap_or_else(PoisonError::into_inner).get(&feed).copied().unwrap_or_default()
    }
}
