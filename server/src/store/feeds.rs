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

/// Numbers and committed versions of every feed.
pub(super) struct Feeds {
    numbers: RwLock<HashMap<FeedName, FeedNumber>>,
    versions: RwLock<Vec<AtomicU64>>,
}

fn place(feed: FeedNumber) -> usize {
    usize::try_from(feed.0).unwrap_or(usize::MAX)
}

impl Feeds {
    /// As the database has them.
    pub fn load(connection: &Connection) -> Result<Self, StoreError> {
        let sql = "SELECT number, name, (SELECT version FROM row WHERE feed = number AND kind = '' AND id = '') FROM feed \
                   ORDER BY number";
        let rows = many(connection, sql, [], |row| {
            Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<i64>>(2)?))
        })?;
        let feeds = Self { numbers: RwLock::default(), versions: RwLock::default() };
        for (number, name, version) in rows {
            let name = name.parse().map_err(|error| damaged("a feed", error))?;
            feeds.add(name, FeedNumber(number));
            feeds.moved(FeedNumber(number), Version(version.map_or(0, unsigned)));
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
}
