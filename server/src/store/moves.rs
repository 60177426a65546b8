//! What lasts from one commit to the next (where a household stands, where a person lives), each change at its place in the order
//! of commits, whatever order they are heard in; and households that move.

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
use rusqlite::{Connection, params};

/// A table of such intervals.
#[derive(Clone, Copy)]
pub(super) struct Chain {
    table: &'static str,
    of: &'static str,
    at: &'static str,
}

/// Where households stand.
pub(super) const LOCATIONS: Chain = Chain { table: "location", of: "household", at: "block" };
/// Where people live.
pub(super) const RESIDENCES: Chain = Chain { table: "residence", of: "person", at: "household" };

/// What became of something put into a chain.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    /// The moment it begins with, between its neighbours'.
    pub since: i64,
    /// The commit it lasts up to.
    pub until: Option<i64>,
    /// Where it was before; none: nowhere yet.
    pub before: Option<i64>,
    /// Where it was next.
    pub after: Option<i64>,
}

/// What became of a chain that ended.
#[derive(Clone)]
pub(super) struct Cut {
    /// The first moment from which something else is so than before.
    pub since: i64,
    /// Where it was at that moment, or after it.
    pub at: Vec<i64>,
}

#[derive(Clone, Copy)]
struct Interval {
    from: i64,
    until: Option<i64>,
    since: i64,
    ended: Option<i64>,
    at: i64,
}

impl Chain {
    fn find(self, connection: &Connection, of: i64, way: &str, commit: i64) -> Result<Option<Interval>, StoreError> {
        let Self { table, of: whose, at } = self;
        let sql = format!(
            "SELECT from_commit, until_commit, since, until, {at} FROM {table} WHERE {whose} = ?1 AND {way} LIMIT 1"
        );
        one(connection, &sql, [of, commit], |row| {
            Ok(Interval {
                from: row.get(0)?,
                until: row.get(1)?,
                since: row.get(2)?,
                ended: row.get(3)?,
                at: row.get(4)?,
            })
        })
    }

    fn last(self, connection: &Connection, of: i64) -> Result<Option<Interval>, StoreError> {
        self.find(connection, of, "from_commit <= ?2 ORDER BY from_commit DESC", i64::MAX)
    }

    /// It is there from a commit on, until what followed. None: nothing changes, since that commit is there already or the
    /// chain had ended by then.
    pub fn put(
        self,
        connection: &Connection,
        of: i64,
        there: i64,
        (at, commit): (Timestamp, Commit),
    ) -> Result<Option<Placed>, StoreError> {
        let commit = signed(commit.0);
        let before = self.find(connection, of, "from_commit <= ?2 ORDER BY from_commit DESC", commit)?;
        let after = self.find(connection, of, "from_commit > ?2 ORDER BY from_commit", commit)?;
        let ended_by_then =
            |before: Interval| before.from == commit || before.until.is_some_and(|until| until <= commit);
        if before.is_some_and(ended_by_then) {
            return Ok(None);
        }
        // The moments follow the commits, whatever clocks said.
        let at = before.map_or(at.millis(), |before| at.millis().max(before.since));
        let at = after.map_or(at, |after| at.min(after.since));
        let Self { table, of: whose, at: column } = self;
        if let Some(before) = before {
            let sql =
                format!("UPDATE {table} SET until_commit = ?3, until = ?4 WHERE {whose} = ?1 AND from_commit = ?2");
            run(connection, &sql, [of, before.from, commit, at])?;
        }
        let (until, ended) = match (before, after) {
            (Some(before), _) => (before.until, before.ended),
            (None, after) => (after.map(|after| after.from), after.map(|after| after.since)),
        };
        let sql = format!(
            "INSERT INTO {table} ({whose}, from_commit, until_commit, {column}, since, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        );
        run(connection, &sql, params![of, commit, until, there, at, ended])?;
        let [before, after] = [before, after].map(|one| one.map(|one| one.at));
        Ok(Some(Placed { since: at, until, before, after }))
    }

    /// It is nowhere from a commit on, and for good: what was put after it is no more. None: it never was anywhere.
    pub fn end(
        self,
        connection: &Connection,
        of: i64,
        (at, commit): (Timestamp, Commit),
    ) -> Result<Option<Cut>, StoreError> {
        let Self { table, of: whose, at: column } = self;
        let commit = signed(commit.0);
        let sql = format!("DELETE FROM {table} WHERE {whose} = ?1 AND from_commit > ?2 RETURNING since, {column}");
        let gone = many(connection, &sql, [of, commit], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        let last = self.last(connection, of)?;
        let mut since: Vec<i64> = gone.iter().map(|(since, _)| *since).collect();
        if let Some(last) = last {
            let at = at.millis().max(last.since);
            let sql =
                format!("UPDATE {table} SET until_commit = ?3, until = ?4 WHERE {whose} = ?1 AND from_commit = ?2");
            run(connection, &sql, [of, last.from, commit, at])?;
            since.push(at);
        }
        let at = gone.into_iter().map(|(_, at)| at).chain(last.map(|last| last.at)).collect();
        Ok(since.into_iter().min().map(|since| Cut { since, at }))
    }

    /// It never ended: where it is, and the commit it seemed to end with.
    pub fn open_again(self, connection: &Connection, of: i64) -> Result<Option<(i64, i64)>, StoreError> {
        let Some(last) = self.last(connection, of)? else { return Ok(None) };
        let Self { table, of: whose, .. } = self;
        let sql =
            format!("UPDATE {table} SET until_commit = NULL, until = NULL WHERE {whose} = ?1 AND from_commit = ?2");
        run(connection, &sql, [of, last.from])?;
        Ok(last.until.map(|until| (last.at, until)))
    }
}

impl Tx<'_> {
    /// A household stands in another block from a commit on, until the move that followed.
    pub(super) fn move_household(
        &mut self,
        household: GroupId,
        to: GroupId,
        at: Timestamp,
        commit: Commit,
    ) -> Result<(), StoreError> {
        let (home, to) = (household.number(), to.number());
        let Some(placed) = LOCATIONS.put(self.connection, home, to, (at, commit))? else { return Ok(()) };
        // Where it stood until now; where it stands hears of it by its people.
        self.mark_participation(household)?;
        if placed.until.is_none() {
            run(self.connection, "UPDATE grp SET parent = ?2 WHERE id = ?1", [home, to])?;
        }
        self.count_again(signed(commit.0), placed.until)
    }

    /// Notices published while a household stood elsewhere than was known: their homes are counted anew.
    pub(super) fn count_again(&mut self, from: i64, until: Option<i64>) -> Result<(), StoreError> {
        // What happens now comes after every publication.
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
