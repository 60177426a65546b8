//! Who left ninety days ago is not known here by name any more, nor is a home that closed then. What they said stays as figures.

use super::{
    enrol::NAMELESS,
    error::StoreError,
    look::EVERY_DAY,
    sql::{damaged, many, moment, one, run},
    tx::Tx,
};
use kairan_protocol::{
    id::{GroupId, PersonId},
    row::kind,
    time::Timestamp,
};
use rusqlite::params;

/// How long the names of people who left are kept: phones hand back what they said for 35 days, and a mistake is noticed by then.
const KEPT_MILLIS: i64 = 90 * 86_400_000;

impl Tx<'_> {
    /// Forgets at most so many people and homes that are due, each a commit of its own; whether there may be more.
    pub(super) fn forget_who_left(&mut self, limit: usize) -> Result<bool, StoreError> {
        let before = self.now.plus_millis(-KEPT_MILLIS).millis();
        let at_most = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "SELECT id FROM person WHERE gone IS NOT NULL AND erased = 0 AND gone <= ?1 ORDER BY gone LIMIT ?2";
        let people = many(self.connection, sql, [before, at_most], |row| row.get(0).map(PersonId::from_number))?;
        let sql =
            "SELECT id FROM grp WHERE closed IS NOT NULL AND erased = 0 AND closed <= ?1 ORDER BY closed LIMIT ?2";
        let homes = many(self.connection, sql, [before, at_most], |row| row.get(0).map(GroupId::from_number))?;
        for person in &people {
            self.forget_person(*person, before)?;
        }
        for home in &homes {
            self.forget_home(*home)?;
        }
        if !people.is_empty() || !homes.is_empty() {
            self.leaves_traces()?;
        }
        Ok(people.len() == limit || homes.len() == limit)
    }

    /// When the next of them is due.
    pub(super) fn next_to_forget(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT gone FROM person WHERE gone IS NOT NULL AND erased = 0 ORDER BY gone LIMIT 1";
        let person = one(self.connection, sql, [], |row| moment(row, 0))?;
        let sql = "SELECT closed FROM grp WHERE closed IS NOT NULL AND erased = 0 ORDER BY closed LIMIT 1";
        let home = one(self.connection, sql, [], |row| moment(row, 0))?;
        Ok(person.into_iter().chain(home).min().map(|at| at.plus_millis(KEPT_MILLIS)))
    }

    /// A person's name, mail, check-ins and consents go, and with them the names and keys of devices signed off by then.
    fn forget_person(&mut self, person: PersonId, before: i64) -> Result<(), StoreError> {
        self.system_commit("forget", &person.to_string())?;
        self.drop_talks(person)?;
        self.empty_mail(person)?;
        let who = person.number();
        for sql in [
            "UPDATE person SET name = '', reading = NULL, why = NULL, moods_to_team = NULL, consent_at = NULL, \
             consent_commit = NULL, erased = 1 WHERE id = ?1",
            "DELETE FROM consent_history WHERE person = ?1",
            "DELETE FROM talk_case WHERE person = ?1",
            &format!("{EVERY_DAY} DELETE FROM check_in WHERE person = ?1 AND day IN days"),
            "DELETE FROM invite_join WHERE person = ?1 OR invite IN (SELECT id FROM invite WHERE person = ?1)",
            "DELETE FROM invite WHERE person = ?1",
        ] {
            run(self.connection, sql, [who])?;
        }
        let sql = "UPDATE device SET name = ?2, key = NULL WHERE revoked IS NOT NULL AND revoked <= ?1";
        run(self.connection, sql, params![before, NAMELESS])?;
        Ok(())
    }

    /// Their requests for a talk go from the desks they stand on.
    fn drop_talks(&mut self, person: PersonId) -> Result<(), StoreError> {
        let sql = "SELECT feed.name, row.id FROM feed CROSS JOIN row ON row.feed = feed.number AND row.kind = ?1 \
                   WHERE feed.name LIKE 'desk:%' AND body ->> '$.person' = ?2";
        let talks = many(self.connection, sql, params![kind::TALK, person.to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        for (desk, id) in talks {
            let desk = desk.parse().map_err(|error| damaged("a feed", error))?;
            self.drop_row(desk, (kind::TALK, &id))?;
        }
        Ok(())
    }

    fn forget_home(&mut self, home: GroupId) -> Result<(), StoreError> {
        self.system_commit("forget", &home.to_string())?;
        for sql in [
            "UPDATE grp SET name = '', reading = NULL, erased = 1 WHERE id = ?1",
            "DELETE FROM invite_join WHERE invite IN (SELECT id FROM invite WHERE household = ?1)",
            "DELETE FROM invite WHERE household = ?1",
        ] {
            run(self.connection, sql, [home.number()])?;
        }
        Ok(())
    }
}
