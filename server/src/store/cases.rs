//! Cases and the telephone numbers beside them: their tables, and what the clock does to a case that nobody takes.

use super::{
    effects::Under,
    error::StoreError,
    look::Look,
    sql::{damaged, json, many, moment, one, run, signed, to_json, unsigned},
    tx::Tx,
};
use kairan_protocol::{
    case::{CaseState, SHOWN_DAYS, Support, Talk, TalkCase},
    feed::FeedName,
    id::{Commit, GroupId, OpId, PersonId},
    people::Person,
    reduce,
    time::Timestamp,
};
use rusqlite::{Row, params};
use std::sync::Arc;

const DAY: i64 = 86_400_000;
const SHOWN_MILLIS: i64 = SHOWN_DAYS * DAY;

fn columns(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn case((desk, talk): (String, String)) -> Result<TalkCase, StoreError> {
    match desk.parse() {
        Ok(FeedName::Desk(team)) => Ok(TalkCase { team, talk: json("a case", &talk)? }),
        _ => Err(damaged("the desk of a case", desk)),
    }
}

impl Look<'_> {
    /// One case.
    pub(super) fn case(&self, op: OpId) -> Result<Option<TalkCase>, StoreError> {
        let sql = "SELECT feed.name, talk FROM talk_case JOIN feed ON feed.number = desk WHERE op = ?1";
        one(self.connection, sql, [op.bytes()], columns)?.map(case).transpose()
    }

    /// The cases of a team that are not closed, in the order they were asked.
    pub(super) fn unclosed(&self, team: GroupId) -> Result<Vec<TalkCase>, StoreError> {
        let sql = "SELECT feed.name, talk FROM feed CROSS JOIN talk_case ON talk_case.desk = feed.number \
                   WHERE feed.name = ?1 AND ended IS NULL ORDER BY op";
        many(self.connection, sql, [FeedName::Desk(team).to_string()], columns)?.into_iter().map(case).collect()
    }

    /// The number a group offers itself.
    pub(super) fn offered(&self, group: GroupId) -> Result<Option<Support>, StoreError> {
        let sql = "SELECT name, telephone, hours FROM support WHERE grp = ?1 AND name IS NOT NULL";
        one(self.connection, sql, [group.number()], |row| {
            Ok(Support { name: row.get(0)?, telephone: row.get(1)?, hours: row.get(2)? })
        })
    }

    /// The number under which that was said.
    pub(super) fn offered_at(&self, group: GroupId) -> Result<Option<Commit>, StoreError> {
        let sql = "SELECT committed FROM support WHERE grp = ?1";
        Ok(one(self.connection, sql, [group.number()], |row| row.get(0))?.map(|commit| Commit(unsigned(commit))))
    }

    fn cases_where(&self, condition: &str, before: Timestamp, limit: usize) -> Result<Vec<TalkCase>, StoreError> {
        let sql =
            format!("SELECT feed.name, talk FROM talk_case JOIN feed ON feed.number = desk WHERE {condition} LIMIT ?2");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        many(self.connection, &sql, [before.millis(), limit], columns)?.into_iter().map(case).collect()
    }
}

impl Tx<'_> {
    /// Keeps a case with the number of this commit in its newest line; the case as it stands on the desk.
    pub(super) fn keep_case(&mut self, mut case: TalkCase, under: Under) -> Result<Talk, StoreError> {
        for entry in &mut case.talk.history {
            entry.commit = entry.commit.or(Some(under.commit));
        }
        let desk = self.feed(FeedName::Desk(case.team))?;
        let TalkCase { talk, .. } = case;
        let sql = "INSERT INTO talk_case (op, person, desk, due, ended, shown, talk) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                   ON CONFLICT (op) DO UPDATE SET person = excluded.person, due = excluded.due, ended = excluded.ended, shown = excluded.shown, \
                   talk = excluded.talk";
        let (due, ended) = (talk.due.map(Timestamp::millis), talk.closed().map(Timestamp::millis));
        let shown = !(talk.is_taken_back() && talk.owner.is_none());
        let text = to_json(&talk)?;
        run(self.connection, sql, params![talk.op.bytes(), talk.person.number(), desk.0, due, ended, shown, text])?;
        self.changes.stirred |= due.is_some();
        Ok(talk)
    }

    /// Keeps what number a group offers.
    /// What somebody asked for was asked for by another, who is the same.
    pub(super) fn cases_become(&mut self, person: &Person, twice: PersonId, under: Under) -> Result<(), StoreError> {
        let sql = "UPDATE talk_case SET person = ?2, talk = json_set(talk, '$.person', ?3, '$.name', ?4) \
                   WHERE person = ?1 AND shown = 0";
        run(self.connection, sql, params![twice.number(), person.id.number(), person.id.to_string(), person.name])?;
        let sql = "SELECT feed.name, talk FROM talk_case JOIN feed ON feed.number = desk WHERE person = ?1";
        for columns in many(self.connection, sql, [twice.number()], columns)? {
            let mut known = case(columns)?;
            (known.talk.person, known.talk.name) = (person.id, person.name.clone());
            let effects = reduce::kept_case(&self.look(), known, self.now)?;
            self.carry_out_under(effects, under)?;
        }
        Ok(())
    }

    pub(super) fn keep_support(
        &mut self,
        group: GroupId,
        support: Option<Support>,
        commit: Commit,
    ) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO support (grp, name, telephone, hours, committed) VALUES (?1, ?2, ?3, ?4, ?5)";
        let (name, telephone, hours) = match support {
            Some(Support { name, telephone, hours }) => (Some(name), Some(telephone), Some(hours)),
            None => (None, None, None),
        };
        run(self.connection, sql, params![group.number(), name, telephone, hours, signed(commit.0)])?;
        Ok(())
    }

    /// Passes on what was not taken in time, and takes off desks what was closed long ago; whether there may be more.
    pub(super) fn due_cases(&mut self, limit: usize) -> Result<bool, StoreError> {
        // Until a restored district's desks are open nobody could have taken it, and somebody may have.
        let due = if self.desks_are_open()? {
            self.cases_where("due <= ?1 ORDER BY due", self.now, limit)?
        } else {
            Vec::new()
        };
        let before = self.now.plus_millis(-SHOWN_MILLIS);
        let over = self.cases_where("ended <= ?1 AND shown = 1 ORDER BY ended", before, limit)?;
        let more = due.len() == limit || over.len() == limit;
        let zone = Arc::clone(&self.memory.zone);
        for case in due {
            let commit = self.system_commit("case_passed_on", &case.talk.op.to_string())?;
            let effects = reduce::pass_on(&self.look(), case, &zone, self.now)?;
            self.carry_out(effects.effects, commit)?;
        }
        for case in over {
            let commit = self.system_commit("case_over", &case.talk.op.to_string())?;
            run(self.connection, "UPDATE talk_case SET shown = 0 WHERE op = ?1", [case.talk.op.bytes()])?;
            self.carry_out(reduce::off_the_desk(&case).effects, commit)?;
        }
        Ok(more)
    }

    /// When the next case is passed on, or leaves its desk.
    pub(super) fn next_case(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT due FROM talk_case WHERE due IS NOT NULL ORDER BY due LIMIT 1";
        let due = if self.desks_are_open()? { one(self.connection, sql, [], |row| moment(row, 0))? } else { None };
        let sql = "SELECT ended FROM talk_case WHERE ended IS NOT NULL AND shown = 1 ORDER BY ended LIMIT 1";
        let over = one(self.connection, sql, [], |row| moment(row, 0))?;
        Ok(due.into_iter().chain(over.map(|ended| ended.plus_millis(SHOWN_MILLIS))).min())
    }

    /// A restored district's desks open: whoever is to take a case has as much time again.
    pub(super) fn cases_wait_anew(&mut self, commit: Commit) -> Result<(), StoreError> {
        let zone = Arc::clone(&self.memory.zone);
        let sql = "SELECT feed.name, talk FROM talk_case JOIN feed ON feed.number = desk WHERE due IS NOT NULL";
        for columns in many(self.connection, sql, [], columns)? {
            let case = case(columns)?;
            if case.talk.state == CaseState::Open {
                let effects = reduce::wait_anew(&self.look(), case, &zone, self.now)?;
                self.carry_out(effects.effects, commit)?;
            }
        }
        Ok(())
    }
}
