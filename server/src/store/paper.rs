//! Paper homes in the tables: how a home is reached, what is entered for it, and the chained record of who entered what.

use super::{
    error::StoreError,
    look::Look,
    sql::{damaged, many, moment, one, run, signed, unsigned},
    tx::Tx,
};
use kairan_protocol::{
    id::{Commit, GroupId, NoticeId, PersonId, Rev},
    paper::{PaperReceipt, PaperStage},
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};
use sha2::{Digest, Sha256};

const fn stage_number(stage: PaperStage) -> i64 {
    match stage {
        PaperStage::Handed => 1,
        PaperStage::Proxy => 2,
    }
}

pub(super) const fn stage_of_number(number: i64) -> Option<PaperStage> {
    match number {
        1 => Some(PaperStage::Handed),
        2 => Some(PaperStage::Proxy),
        _ => None,
    }
}

type EntryColumns = (u32, i64, Timestamp, i64);

/// `rev, stage, at, person` from a column on.
fn read_entry(row: &Row<'_>, first: usize) -> rusqlite::Result<EntryColumns> {
    Ok((row.get(first)?, row.get(first + 1)?, moment(row, first + 2)?, row.get(first + 3)?))
}

fn entry((rev, stage, at, by): EntryColumns) -> Result<PaperReceipt, StoreError> {
    let stage = stage_of_number(stage).ok_or_else(|| damaged("a stage on paper", stage))?;
    Ok(PaperReceipt { rev: Rev(rev), stage, at, by: PersonId::from_number(by) })
}

/// One line of the record.
pub(super) struct Line {
    pub committed: Commit,
    pub notice: NoticeId,
    pub household: GroupId,
    pub receipt: PaperReceipt,
}

impl Line {
    /// The hash of this line and of the one before, so that none can be changed or left out unnoticed.
    fn link(&self, before: &[u8]) -> [u8; 32] {
        let PaperReceipt { rev, stage, at, by } = self.receipt;
        let numbers = [
            signed(self.committed.0),
            self.household.number(),
            i64::from(rev.0),
            stage_number(stage),
            at.millis(),
            by.number(),
        ];
        let mut hash = Sha256::new();
        hash.update(b"kairan paper 1\n");
        hash.update(before);
        hash.update(self.notice.bytes());
        for number in numbers {
            hash.update(number.to_be_bytes());
        }
        hash.finalize().into()
    }
}

/// The record of every entry in the order of writing; whether each line fits the one before.
pub(super) fn record(connection: &Connection) -> Result<Vec<(Line, bool)>, StoreError> {
    let sql =
        "SELECT committed, notice, household, chain, rev, stage, at, person FROM paper_receipt_history ORDER BY place";
    let rows = many(connection, sql, [], |row| {
        let household = GroupId::from_number(row.get(2)?);
        let link: Vec<u8> = row.get(3)?;
        Ok((row.get::<_, i64>(0)?, NoticeId::from_bytes(row.get(1)?), household, link, read_entry(row, 4)?))
    })?;
    let mut before = Vec::new();
    let mut lines = Vec::with_capacity(rows.len());
    for (committed, notice, household, link, columns) in rows {
        let line = Line { committed: Commit(unsigned(committed)), notice, household, receipt: entry(columns)? };
        let fits = line.link(&before) == link[..];
        before = link;
        lines.push((line, fits));
    }
    Ok(lines)
}

impl Look<'_> {
    pub(super) fn paper_home(&self, household: GroupId) -> Result<bool, StoreError> {
        let sql = "SELECT paper FROM grp WHERE id = ?1";
        Ok(one(self.connection, sql, [household.number()], |row| row.get(0))?.unwrap_or_default())
    }

    pub(super) fn paper_said(&self, household: GroupId) -> Result<Option<Commit>, StoreError> {
        let sql = "SELECT paper_commit FROM grp WHERE id = ?1";
        let known = one(self.connection, sql, [household.number()], |row| row.get::<_, Option<i64>>(0))?;
        Ok(known.flatten().map(|commit| Commit(unsigned(commit))))
    }

    pub(super) fn entered(&self, household: GroupId, notice: NoticeId) -> Result<Option<PaperReceipt>, StoreError> {
        let sql = "SELECT rev, stage, at, person FROM paper_receipt WHERE notice = ?1 AND household = ?2";
        let parameters = params![notice.bytes(), household.number()];
        one(self.connection, sql, parameters, |row| read_entry(row, 0))?.map(entry).transpose()
    }

    /// The block where a household stood when a notice was published; none where it does not count.
    pub(super) fn block_at_publication(
        &self,
        notice: NoticeId,
        household: GroupId,
    ) -> Result<Option<GroupId>, StoreError> {
        let sql = "SELECT block FROM location JOIN notice ON notice.id = ?1 WHERE household = ?2 \
                   AND from_commit <= notice.published AND (until_commit IS NULL OR until_commit > notice.published)";
        let parameters = params![notice.bytes(), household.number()];
        one(self.connection, sql, parameters, |row| row.get(0).map(GroupId::from_number))
    }
}

impl Tx<'_> {
    /// A home is reached in this way from now on.
    pub(super) fn keep_paper(&mut self, household: GroupId, paper: bool, commit: Commit) -> Result<(), StoreError> {
        let sql = "UPDATE grp SET paper = ?2, paper_commit = ?3 WHERE id = ?1";
        run(self.connection, sql, params![household.number(), paper, signed(commit.0)])?;
        Ok(())
    }

    /// Keeps what was entered for a home, and adds it to the record.
    pub(super) fn keep_paper_receipt(
        &mut self,
        household: GroupId,
        notice: NoticeId,
        receipt: PaperReceipt,
        committed: Commit,
    ) -> Result<(), StoreError> {
        let PaperReceipt { rev, stage, at, by } = receipt;
        let (id, home, stage) = (notice.bytes(), household.number(), stage_number(stage));
        let sql = "INSERT OR REPLACE INTO paper_receipt (notice, household, rev, stage, at, person) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        run(self.connection, sql, params![id, home, rev.0, stage, at.millis(), by.number()])?;
        let sql = "SELECT chain FROM paper_receipt_history ORDER BY place DESC LIMIT 1";
        let before = one(self.connection, sql, [], |row| row.get::<_, Vec<u8>>(0))?.unwrap_or_default();
        let chain = Line { committed, notice, household, receipt }.link(&before);
        let sql = "INSERT INTO paper_receipt_history (committed, notice, household, rev, stage, at, person, chain) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let committed = signed(committed.0);
        run(self.connection, sql, params![committed, id, home, rev.0, stage, at.millis(), by.number(), chain])?;
        Ok(())
    }
}
