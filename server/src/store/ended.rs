//! What has ended for good (devices signed off, people who left them, consents withdrawn): marks on the district's staff feed that
//! every officer's phone brings back to a server that lost it.

use super::{
    effects::Under,
    error::StoreError,
    sql::{many, one, run, signed, to_json, unsigned},
    tx::Tx,
};
use kairan_protocol::{
    feed::FeedName,
    id::{Commit, DeviceId, PersonId},
    reduce::{self, Ending},
    replay::{Ended, EndedMark},
    row::kind,
    time::Timestamp,
    view::{Effect, View},
};
use rusqlite::params;
use std::{collections::HashMap, sync::Arc};

impl Tx<'_> {
    /// Something ended: from now on it is remembered, here and by every officer's phone.
    pub(super) fn end(&mut self, ended: Ended, commit: Commit, at: Timestamp) -> Result<(), StoreError> {
        let mark = self.memory.fixed.mac_key.mark(ended, commit, at);
        if self.ended_at(&mark.id)?.is_some_and(|known| known >= commit) { Ok(()) } else { self.remember(&mark) }
    }

    /// What had ended is there again, because its person said so.
    pub(super) fn given_again(&mut self, ended: Ended) -> Result<(), StoreError> {
        let id = self.memory.fixed.mac_key.opaque(ended);
        if run(self.connection, "DELETE FROM ended WHERE id = ?1", [&id])? > 0 {
            self.drop_row(FeedName::Staff(self.memory.fixed.root), (kind::ENDED, &id))?;
        }
        Ok(())
    }

    /// The commit that ended something, if it has ended.
    pub(super) fn when_ended(&self, ended: Ended) -> Result<Option<Commit>, StoreError> {
        self.ended_at(&self.memory.fixed.mac_key.opaque(ended))
    }

    fn ended_at(&self, id: &str) -> Result<Option<Commit>, StoreError> {
        let sql = "SELECT committed FROM ended WHERE id = ?1";
        Ok(one(self.connection, sql, [id], |row| row.get(0))?.map(|commit| Commit(unsigned(commit))))
    }

    fn remember(&mut self, mark: &EndedMark) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO ended (id, committed, at) VALUES (?1, ?2, ?3)";
        run(self.connection, sql, params![mark.id, signed(mark.commit.0), mark.at.millis()])?;
        let staff = FeedName::Staff(self.memory.fixed.root);
        self.put(staff, (kind::ENDED, &mark.id), 1, false, &to_json(mark)?)
    }

    /// Marks that a phone handed back. One this server did not write is passed over, one it knows changes nothing, and one whose
    /// meaning it does not find is remembered for whoever comes back later.
    pub(super) fn ended_again(&mut self, device: DeviceId, marks: &[EndedMark]) -> Result<(), StoreError> {
        let mut fresh = Vec::new();
        for mark in marks {
            let written = self.memory.fixed.mac_key.wrote(mark);
            if written && self.ended_at(&mark.id)?.is_none_or(|known| known < mark.commit) {
                fresh.push(mark);
            }
        }
        let Some(newest) = fresh.iter().map(|mark| mark.commit).max() else { return Ok(()) };
        let rights = self.handed_back_by(device, newest)?;
        let meanings = self.meanings()?;
        for mark in fresh {
            let under = Under { commit: mark.commit, rights };
            match meanings.get(&mark.id) {
                Some(ended) => self.ended_before(*ended, mark, under)?,
                None => self.remember(mark)?,
            }
        }
        self.forget_holders();
        Ok(())
    }

    /// Everything here that a mark may be about, by opaque id.
    fn meanings(&self) -> Result<HashMap<String, Ended>, StoreError> {
        let device = |row: &rusqlite::Row<'_>| row.get(0).map(DeviceId::from_number);
        let person = |row: &rusqlite::Row<'_>, column| row.get(column).map(PersonId::from_number);
        let devices = many(self.connection, "SELECT id FROM device", [], device)?;
        let sql = "SELECT device, person FROM device_person";
        let held = many(self.connection, sql, [], |row| Ok((device(row)?, person(row, 1)?)))?;
        let persons = many(self.connection, "SELECT id FROM person", [], |row| person(row, 0))?;
        let every = devices.into_iter().map(Ended::Revoked);
        let every = every.chain(held.into_iter().map(|(device, person)| Ended::Left(person, device)));
        let every = every.chain(persons.iter().copied().map(Ended::Withdrawn));
        let every = every.chain(persons.iter().copied().map(Ended::Departed));
        Ok(every.map(|ended| (self.memory.fixed.mac_key.opaque(ended), ended)).collect())
    }

    fn ended_before(&mut self, ended: Ended, mark: &EndedMark, under: Under) -> Result<(), StoreError> {
        if let Ended::Left(person, device) = ended
            && self.joined_at(device, person)?.is_some_and(|joined| joined > mark.commit)
        {
            // They joined the device again afterwards.
            return self.remember(mark);
        }
        let zone = Arc::clone(&self.memory.zone);
        let effects =
            reduce::ended(&self.look(), ended, mark.commit, &Ending { at: mark.at, now: self.now, zone: &zone })?
                .effects;
        let withdraws = effects.iter().any(|effect| matches!(effect, Effect::Consent { .. }));
        if let (Ended::Withdrawn(person), false) = (ended, withdraws)
            && self.look().person(person)?.is_some_and(|person| person.moods_to_team.is_some())
        {
            // They agreed again afterwards: there is nothing to remember.
            return self.carry_out_under(effects, under);
        }
        self.remember(mark)?;
        self.carry_out_under(effects, under)
    }

    /// The commit that let a person into a device.
    fn joined_at(&self, device: DeviceId, person: PersonId) -> Result<Option<Commit>, StoreError> {
        let sql = "SELECT committed FROM device_person WHERE device = ?1 AND person = ?2";
        let joined = one(self.connection, sql, [device.number(), person.number()], |row| row.get(0))?;
        Ok(joined.map(|commit| Commit(unsigned(commit))))
    }

    /// A withdrawal that was remembered before its person was known here, as a mark that is not carried out yet.
    pub(super) fn withdrawal_waiting(&self, person: PersonId) -> Result<Option<(Commit, Timestamp)>, StoreError> {
        let id = self.memory.fixed.mac_key.opaque(Ended::Withdrawn(person));
        let sql = "SELECT ended.committed, ended.at FROM ended JOIN person ON person.id = ?2 WHERE ended.id = ?1 \
                   AND (consent_at IS NULL OR (consent_at, consent_commit) < (ended.at, ended.committed))";
        one(self.connection, sql, params![id, person.number()], |row| {
            Ok((Commit(unsigned(row.get(0)?)), Timestamp::from_millis(row.get(1)?)))
        })
    }

    /// Carries such a withdrawal out.
    pub(super) fn withdraw_now(
        &mut self,
        person: PersonId,
        (commit, at): (Commit, Timestamp),
        rights: Commit,
    ) -> Result<(), StoreError> {
        let zone = Arc::clone(&self.memory.zone);
        let effects =
            reduce::ended(&self.look(), Ended::Withdrawn(person), commit, &Ending { at, now: self.now, zone: &zone })?
                .effects;
        self.carry_out_under(effects, Under { commit, rights })
    }
}
