//! Households that move: each move at its place in the order of commits, the newest saying where the household stands.

use super::{
    desks::Packed,
    error::StoreError,
    sql::{many, one, run, signed},
    tx::Tx,
};
use kairan_protocol::{
    id::{Commit, GroupId},
    time::Timestamp,
};
use rusqlite::params;

impl Tx<'_> {
    /// A household stands in another block from a commit on, until the move that followed.
    pub(super) fn move_household(
        &mut self,
        household: GroupId,
        to: GroupId,
        at: Timestamp,
        commit: Commit,
    ) -> Result<(), StoreError> {
        let (home, to, commit) = (household.number(), to.number(), signed(commit.0));
        let at = at.millis();
        let sql = "SELECT from_commit, since FROM location WHERE household = ?1 AND from_commit <= ?2 \
                   ORDER BY from_commit DESC LIMIT 1";
        let before =
            one(self.connection, sql, [home, commit], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        let sql = "SELECT from_commit, since FROM location WHERE household = ?1 AND from_commit > ?2 \
                   ORDER BY from_commit LIMIT 1";
        let after =
            one(self.connection, sql, [home, commit], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        if before.is_some_and(|(taken, _)| taken == commit) {
            return Ok(());
        }
        // The moments follow the commits, whatever clocks said.
        let at = before.map_or(at, |(_, since)| at.max(since));
        let at = after.map_or(at, |(_, since)| at.min(since));
        if let Some((before, _)) = before {
            let sql = "UPDATE location SET until_commit = ?3, until = ?4 WHERE household = ?1 AND from_commit = ?2";
            run(self.connection, sql, [home, before, commit, at])?;
        }
        let sql = "INSERT INTO location (household, from_commit, until_commit, block, since, until) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (next, until) = after.unzip();
        run(self.connection, sql, params![home, commit, next, to, at, until])?;
        if next.is_none() {
            run(self.connection, "UPDATE grp SET parent = ?2 WHERE id = ?1", [home, to])?;
        }
        self.count_again(commit, next)
    }

    /// Notices published while a household stood elsewhere than was known: their homes are counted anew.
    fn count_again(&mut self, from: i64, until: Option<i64>) -> Result<(), StoreError> {
        // A move made now comes after every publication.
        if from == signed(self.commit().0) {
            return Ok(());
        }
        let sql = "SELECT id FROM notice WHERE published >= ?1 AND (?2 IS NULL OR published < ?2)";
        for notice in many(self.connection, sql, params![from, until], |row| row.get::<_, [u8; 16]>(0))? {
            self.mark_row(Packed::Notice, notice, 0)?;
        }
        Ok(())
    }
}
