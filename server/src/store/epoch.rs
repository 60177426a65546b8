//! Epochs: the district's lives between restores, and the desks that stay closed at the beginning of one.

use super::{
    error::StoreError,
    feeds::Feeds,
    look::Look,
    meta::{self, Meta},
    records::DeviceFacts,
    schema,
    sql::{many, number, one, run, signed, unsigned},
    tx::Tx,
};
use kairan_protocol::{
    feed::FeedName,
    id::{Commit, DeviceId, Epoch, PersonId},
    rights,
    time::Timestamp,
    view::View,
};
use rusqlite::{Connection, params};
use std::{collections::BTreeMap, path::Path};

/// 1 January 2020, 0:00 UTC, from which the seconds of first commits count (decision 0013, point 1).
const COUNTED_FROM: Timestamp = Timestamp::from_millis(1_577_836_800_000);
/// Commits there is room for in each second since then, as a power of two: far more than a machine can make, so that an epoch
/// never reaches the numbers of the next. In JSON a number is exact up to 2⁵³: until the year 2292 (decision 0013, point 1).
const COMMITS_PER_SECOND: u32 = 20;
/// What follows the counter in an epoch's name, five bits each: the same backup restored twice gives two names.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new epoch, begun with a restored backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochBegun {
    /// Its name.
    pub epoch: Epoch,
    /// The newest commit of the backup.
    pub last_commit: Commit,
    /// How many invitations of the backup were still open; they open nothing any more.
    pub invites_voided: usize,
    /// The devices the backup knows as signed off.
    pub revoked: Vec<DeviceFacts>,
}

/// Begins a new epoch in the database of a folder nobody has open, in one transaction: commit numbers go on beyond everything that
/// may have been lost, open invitations are void, desks are closed, and every device is told its rights anew.
///
/// # Errors
/// [`StoreError::Missing`] without a database, and those of the database itself.
pub fn begin_epoch(folder: &Path, now: Timestamp) -> Result<EpochBegun, StoreError> {
    let connection = schema::writing(folder)?;
    let (meta, feeds) = (Meta::load(&connection)?, Feeds::load(&connection)?);
    let mut memory = meta.memory();
    memory.commit = Commit(first_commit(meta.commit, now).0 - 1);
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut tx = Tx::new(&connection, &feeds, &mut memory, now);
    let begun = tx.begin_epoch(meta.commit)?;
    tx.seal()?;
    connection.execute_batch("COMMIT")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(begun)
}

/// The first number of an epoch that begins now, after a backup with this newest one.
fn first_commit(last: Commit, now: Timestamp) -> Commit {
    let seconds = u64::try_from(now.since(COUNTED_FROM) / 1_000).unwrap_or(0);
    Commit((last.0 + 1).max(seconds << COMMITS_PER_SECOND))
}

/// When the newest epoch began, unless it is the first.
pub(super) fn restored(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT at FROM epoch WHERE first > 1 ORDER BY first DESC LIMIT 1";
    one(connection, sql, [], |row| row.get(0).map(Timestamp::from_millis))
}

/// Each epoch the database went through, with its first number and the newest one it still has of it, oldest first.
pub(super) fn lineage(connection: &Connection) -> Result<Vec<(Commit, Commit)>, StoreError> {
    let sql = "SELECT first, coalesce(lead(remembers) OVER (ORDER BY first), \
               (SELECT value FROM meta WHERE name = 'last_commit')) FROM epoch ORDER BY first";
    many(connection, sql, [], |row| Ok((Commit(unsigned(row.get(0)?)), Commit(unsigned(row.get(1)?)))))
}

impl Look<'_> {
    /// Whether desks may be read in this epoch.
    pub fn desks_are_open(&self) -> Result<bool, StoreError> {
        let sql = "SELECT opened IS NOT NULL FROM epoch ORDER BY first DESC LIMIT 1";
        Ok(one(self.connection, sql, [], |row| row.get(0))?.unwrap_or(true))
    }

    /// What one person may read now: what their rights say, but for desks while those are closed.
    pub fn readable(
        &self,
        person: PersonId,
        shared_device: bool,
    ) -> Result<BTreeMap<FeedName, Option<Timestamp>>, StoreError> {
        let mut feeds = rights::feeds(self, person, self.now, shared_device)?;
        if feeds.keys().any(is_desk) && !self.desks_are_open()? {
            feeds.retain(|feed, _| !is_desk(feed));
        }
        Ok(feeds)
    }

    /// Whether what happened under a number was lost with a machine: it lies between the newest commit of a backup and the first of
    /// the epoch that began with it.
    pub fn was_lost(&self, commit: Commit) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM epoch WHERE remembers < ?1 AND ?1 < first)";
        Ok(number(self.connection, sql, [signed(commit.0)])? == 1)
    }
}

const fn is_desk(feed: &FeedName) -> bool {
    matches!(feed, FeedName::Desk(_))
}

impl Tx<'_> {
    fn begin_epoch(&mut self, last_commit: Commit) -> Result<EpochBegun, StoreError> {
        let name = self.next_epoch()?;
        let first = self.system_commit("epoch", &name)?;
        let sql = "INSERT INTO epoch (name, first, remembers, at) VALUES (?1, ?2, ?3, ?4)";
        run(self.connection, sql, params![name, signed(first.0), signed(last_commit.0), self.now.millis()])?;
        meta::set(self.connection, "epoch", &name)?;
        meta::set(self.connection, "rights_floor", signed(first.0))?;
        let sql = "SELECT count(*) FROM invite WHERE void = 0 AND until > ?1";
        let open = number(self.connection, sql, [self.now.millis()])?;
        // Those that ran out too: the clock of this machine may be wrong.
        run(self.connection, "UPDATE invite SET void = 1 WHERE void = 0", [])?;
        self.forget_those_who_wait_in_vain()?;
        let invites_voided = usize::try_from(open).unwrap_or(0);
        Ok(EpochBegun { epoch: Epoch(name), last_commit, invites_voided, revoked: self.signed_off_devices()? })
    }

    fn next_epoch(&self) -> Result<String, StoreError> {
        let known = number(self.connection, "SELECT count(*) FROM epoch", [])?;
        let mut random = [0_u8; 6];
        getrandom::fill(&mut random)?;
        let letters: String = random.iter().map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
        Ok(format!("k{}-{letters}", known + 1))
    }

    fn signed_off_devices(&self) -> Result<Vec<DeviceFacts>, StoreError> {
        let sql = "SELECT id FROM device WHERE revoked IS NOT NULL ORDER BY revoked, id";
        let ids = many(self.connection, sql, [], |row| row.get(0).map(DeviceId::from_number))?;
        let mut devices = Vec::with_capacity(ids.len());
        for id in ids {
            devices.extend(self.look().device_facts(id)?);
        }
        Ok(devices)
    }

    /// Opens the desks of this epoch; whether they were closed.
    pub fn open_desks(&mut self, by: &str) -> Result<bool, StoreError> {
        if self.desks_are_open()? {
            return Ok(false);
        }
        let commit = self.system_commit("open_desks", by)?;
        self.cases_wait_anew(commit)?;
        let commit = signed(commit.0);
        let sql = "UPDATE epoch SET opened = ?1 WHERE first = (SELECT max(first) FROM epoch)";
        run(self.connection, sql, [commit])?;
        meta::set(self.connection, "rights_floor", commit)?;
        self.changes.everyone = true;
        Ok(true)
    }

    /// A device says that it handed back everything it held of an epoch. Desks are opened once one did that reads what has ended,
    /// the district's staff feed, and so brought the withdrawals that were lost. Which epoch it was is not asked, as long as it is
    /// not this one: of those that a restored backup lacks the server knows no name, and they are the ones that count most. A phone
    /// that joined since the restore never held another and says nothing.
    pub fn handed(&mut self, device: DeviceId, epoch: &Epoch) -> Result<(), StoreError> {
        let current: String = meta::get(self.connection, "epoch")?;
        if epoch.0 == current || self.desks_are_open()? {
            return Ok(());
        }
        let staff = FeedName::Staff(self.memory.fixed.root);
        let look = self.look();
        let persons = look.device_persons(device)?;
        for person in &persons {
            if look.readable(*person, persons.len() > 1)?.contains_key(&staff) {
                self.open_desks(&device.to_string())?;
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_commits_leave_room_and_stay_exact_in_json() {
        let now: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let first = first_commit(Commit(90_412), now);
        assert_eq!(first.0, 217_468_800 << 20);
        assert!(first_commit(Commit(90_412), now.plus_millis(1_000)).0 - first.0 > 1_000_000);
        assert_eq!(first_commit(Commit(first.0 + 7), now), Commit(first.0 + 8), "the same second twice");
        let long_ago = first_commit(Commit(5), Timestamp::from_millis(0));
        assert_eq!(long_ago, Commit(6), "a clock that is wrong");
        let late: Timestamp = "2291-12-31T00:00:00Z".parse().unwrap();
        assert!(first_commit(Commit(5), late).0 < 1 << 53);
    }
}
