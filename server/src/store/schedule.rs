//! What the clock asks for: scheduled notices whose hour came, roles whose term is over, cases nobody took; tokens, kept rows,
//! tombstones and names nobody needs any more.

use super::{
    error::StoreError,
    look::{read_role, role},
    sql::{json, many, moment, one, run},
    tx::Tx,
};
use kairan_protocol::{
    notice::NoticeState,
    people::{Role, RoleKind},
    reduce,
    time::Timestamp,
};
use std::sync::Arc;

/// A token that ran out is forgotten a day later.
const FORGOTTEN_MILLIS: i64 = 86_400_000;

/// What a round of the schedule left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    /// Something was due and not reached.
    pub more: bool,
    /// When the next thing will be due.
    pub next: Option<Timestamp>,
}

fn at_most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

impl Tx<'_> {
    /// Does what is due by now, at most so many things of a kind; each is a commit of its own and happens exactly once.
    pub fn do_what_is_due(&mut self, limit: usize) -> Result<Due, StoreError> {
        self.count_from_now_at_the_latest()?;
        self.forget_withdrawn()?;
        self.close_days()?;
        let notices = self.due_notices(limit)?;
        let roles = self.due_roles(limit)?;
        let forgotten = self.drop_kept(limit)? | self.forget_tombstones()? | self.forget_who_left(limit)?;
        let cases = self.due_cases(limit)? | self.forget_old(limit)?;
        let more = cases || forgotten || notices.len() == limit || roles.len() == limit;
        for notice in notices {
            self.publish(notice)?;
        }
        for role in roles {
            self.role_over(&role)?;
        }
        self.forget_those_who_wait_in_vain()?;
        let forgotten = self.now.plus_millis(-FORGOTTEN_MILLIS);
        let sql = "DELETE FROM token WHERE hash IN (SELECT hash FROM token WHERE until < ?1 LIMIT 200)";
        run(self.connection, sql, [forgotten.millis()])?;
        Ok(Due { more, next: self.next_due()? })
    }

    /// What is kept for so many days from a moment that has not come was written while the clock stood ahead: it is kept from now.
    fn count_from_now_at_the_latest(&mut self) -> Result<(), StoreError> {
        let now = self.now.millis();
        for sql in [
            "UPDATE epoch SET at = ?1 WHERE at > ?1",
            "UPDATE kept SET at = ?1 WHERE at > ?1",
            "UPDATE tombstone SET at = ?1 WHERE at > ?1",
        ] {
            run(self.connection, sql, [now])?;
        }
        Ok(())
    }

    fn due_notices(&self, limit: usize) -> Result<Vec<NoticeState>, StoreError> {
        let sql = "SELECT state FROM notice WHERE phase = 'scheduled' AND hour <= ?1 ORDER BY hour LIMIT ?2";
        let states = many(self.connection, sql, [self.now.millis(), at_most(limit)], |row| row.get::<_, String>(0))?;
        states.iter().map(|state| json("a notice", state)).collect()
    }

    fn due_roles(&self, limit: usize) -> Result<Vec<Role>, StoreError> {
        let sql = "SELECT id, person, grp, kind, since, until FROM role \
                   WHERE over = 0 AND until IS NOT NULL AND until <= ?1 ORDER BY until LIMIT ?2";
        many(self.connection, sql, [self.now.millis(), at_most(limit)], read_role)?.into_iter().map(role).collect()
    }

    fn publish(&mut self, notice: NoticeState) -> Result<(), StoreError> {
        let commit = self.system_commit("publish", &notice.id.to_string())?;
        let effects = reduce::publish(&self.look(), notice, self.now)?;
        self.carry_out(effects.effects, commit)
    }

    fn role_over(&mut self, role: &Role) -> Result<(), StoreError> {
        let commit = self.system_commit("role_over", &role.id.to_string())?;
        run(self.connection, "UPDATE role SET over = 1 WHERE id = ?1", [role.id.number()])?;
        let zone = Arc::clone(&self.memory.zone);
        let effects = reduce::role_over(&self.look(), role, &zone, self.now)?;
        self.carry_out(effects.effects, commit)?;
        if role.kind == RoleKind::Commissioner { self.teams_changed() } else { Ok(()) }
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT hour FROM notice WHERE phase = 'scheduled' ORDER BY hour LIMIT 1";
        let hour = one(self.connection, sql, [], |row| moment(row, 0))?;
        let sql = "SELECT until FROM role WHERE over = 0 AND until IS NOT NULL ORDER BY until LIMIT 1";
        let until = one(self.connection, sql, [], |row| moment(row, 0))?;
        Ok(hour
            .into_iter()
            .chain(until)
            .chain(self.next_kept()?)
            .chain(self.next_tombstone()?)
            .chain(self.next_to_forget()?)
            .chain(self.next_case()?)
            .chain([self.next_day()])
            .min())
    }
}
