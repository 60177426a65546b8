//! Tombstones: kept for ninety days, so that phones hear what went; then forgotten, and a phone that slept longer begins anew.
//! Content never goes this way: an unread circular does not vanish because a phone slept.

use super::{
    error::StoreError,
    sql::{many, moment, one, run},
    tx::Tx,
};
use kairan_protocol::{
    id::{FeedNumber, Version},
    time::Timestamp,
};
use rusqlite::params;

/// How long a tombstone is kept: as long as a token works, so that a phone that was away for longer proves itself anew anyway.
const KEPT_MILLIS: i64 = 90 * 86_400_000;
/// How many are forgotten in one transaction.
const AT_ONCE: usize = 200;

impl Tx<'_> {
    /// A thing went from a feed under a version.
    pub(super) fn gone(&self, feed: FeedNumber, version: i64, (kind, id): (&str, &str)) -> Result<(), StoreError> {
        let sql = "INSERT INTO tombstone (at, feed, version, kind, id) VALUES (?1, ?2, ?3, ?4, ?5)";
        run(self.connection, sql, params![self.now.millis(), feed.0, version, kind, id])?;
        Ok(())
    }

    /// Forgets some of the tombstones that are old enough; whether there may be more.
    pub(super) fn forget_tombstones(&mut self) -> Result<bool, StoreError> {
        let before = self.now.plus_millis(-KEPT_MILLIS).millis();
        let sql =
            "SELECT at, feed, version, kind, id FROM tombstone WHERE at <= ?1 ORDER BY at, feed, version LIMIT ?2";
        let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        let old = many(self.connection, sql, params![before, limit], |row| {
            let (feed, version) = (FeedNumber(row.get(1)?), row.get::<_, i64>(2)?);
            Ok((row.get::<_, i64>(0)?, feed, version, row.get::<_, String>(3)?, row.get::<_, String>(4)?))
        })?;
        for (at, feed, version, kind, id) in &old {
            // Where the thing came back, or went once more, there is nothing of this version to forget.
            let sql = "DELETE FROM row WHERE feed = ?1 AND kind = ?2 AND id = ?3 AND version = ?4 AND body IS NULL";
            if run(self.connection, sql, params![feed.0, kind, id, version])? == 1 {
                self.known.forgets(*feed, Version(super::sql::unsigned(*version)));
                let sql = "UPDATE feed SET horizon = max(horizon, ?2) WHERE number = ?1";
                run(self.connection, sql, params![feed.0, version])?;
            }
            let sql = "DELETE FROM tombstone WHERE at = ?1 AND feed = ?2 AND version = ?3";
            run(self.connection, sql, params![at, feed.0, version])?;
        }
        Ok(old.len() == AT_ONCE)
    }

    /// When the next of them is old enough.
    pub(super) fn next_tombstone(&self) -> Result<Option<Timestamp>, StoreError> {
        let oldest = one(self.connection, "SELECT at FROM tombstone ORDER BY at LIMIT 1", [], |row| moment(row, 0))?;
        Ok(oldest.map(|at| at.plus_millis(KEPT_MILLIS)))
    }
}
