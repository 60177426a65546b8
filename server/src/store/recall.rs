//! What the rules remember beyond the state, to fold in what a restored backup lost: the protocol's `Recall`, over the tables.

use super::{
    epoch,
    error::StoreError,
    kept::KEPT_MILLIS,
    look::{Look, check_in, read_check_in},
    sql::{json, many, one, signed, unsigned},
};
use kairan_protocol::{
    check_in::CheckIn,
    id::{Commit, GroupId, NoticeId, OpId, PersonId},
    op::Op,
    reduce::Recall,
};
use rusqlite::params;

impl Recall for Look<'_> {
    fn moved_under(&self, person: PersonId) -> Result<Option<Commit>, StoreError> {
        let sql = "SELECT coalesce(until_commit, from_commit) FROM residence WHERE person = ?1 \
                   ORDER BY from_commit DESC LIMIT 1";
        let newest = one(self.connection, sql, [person.number()], |row| row.get(0))?;
        Ok(newest.map(|commit| Commit(unsigned(commit))))
    }

    fn consent_commit(&self, person: PersonId) -> Result<Option<Commit>, StoreError> {
        let sql = "SELECT consent_commit FROM person WHERE id = ?1";
        let known = one(self.connection, sql, [person.number()], |row| row.get::<_, Option<i64>>(0))?;
        Ok(known.flatten().map(|commit| Commit(unsigned(commit))))
    }

    fn withdrew_after(&self, person: PersonId, commit: Commit) -> Result<bool, StoreError> {
        self.withdrawn_after(person, commit)
    }

    fn paper_commit(&self, household: GroupId) -> Result<Option<Commit>, StoreError> {
        self.paper_said(household)
    }

    fn support_commit(&self, group: GroupId) -> Result<Option<Commit>, StoreError> {
        self.offered_at(group)
    }

    fn notice_history(&self, notice: NoticeId) -> Result<Vec<(Commit, Op)>, StoreError> {
        let sql = "SELECT committed, op FROM notice_op WHERE notice = ?1 ORDER BY committed";
        let texts =
            many(self.connection, sql, [notice.bytes()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        texts.into_iter().map(|(commit, op)| Ok((Commit(unsigned(commit)), json("an op", &op)?))).collect()
    }

    fn check_ins_ever(&self, person: PersonId) -> Result<Vec<CheckIn>, StoreError> {
        let sql = "WITH RECURSIVE days (day) AS (SELECT max(day) FROM check_in UNION ALL SELECT \
                   (SELECT max(check_in.day) FROM check_in WHERE check_in.day < days.day) FROM days WHERE day IS NOT NULL) \
                   SELECT op, check_in.day, mood, at FROM days CROSS JOIN check_in \
                   WHERE check_in.day = days.day AND person = ?1 AND taken = 0";
        many(self.connection, sql, [person.number()], read_check_in)?.into_iter().map(check_in).collect()
    }

    fn is_known(&self, op: OpId) -> Result<bool, StoreError> {
        Ok(one(self.connection, "SELECT 1 FROM op WHERE id = ?1", [op.bytes()], |_| Ok(()))?.is_some())
    }

    fn stood(&self, household: GroupId, commit: Commit) -> Result<Option<GroupId>, StoreError> {
        let sql = "SELECT block FROM location WHERE household = ?1 AND from_commit <= ?2 \
                   ORDER BY from_commit DESC LIMIT 1";
        let parameters = params![household.number(), signed(commit.0)];
        one(self.connection, sql, parameters, |row| row.get(0).map(GroupId::from_number))
    }

    fn more_may_come(&self) -> Result<bool, StoreError> {
        let restored = epoch::restored(self.connection)?;
        Ok(restored.is_some_and(|restored| self.now.since(restored) < KEPT_MILLIS))
    }
}
