//! Homes and people that come, go and turn out to be the same: what the reducer decided about them, carried out.

use super::{
    effects::Under,
    error::StoreError,
    look::EVERY_DAY,
    look::kind_word,
    moves::{Cut, LOCATIONS, RESIDENCES},
    sql::{damaged, many, one, run, signed, to_json, unsigned},
    tx::Tx,
};
use kairan_protocol::{
    body::Phone,
    feed::FeedName,
    id::{Commit, DeviceId, GroupId, NoticeId, PersonId, Rev, Version},
    notice::Change,
    people::{Departure, Newcomer},
    replay::Ended,
    row::kind,
    time::Timestamp,
    tree::{Group, GroupKind},
    view::{Mark, NewHousehold, View},
};
use rusqlite::params;

/// A field as a correction leaves it: whether it changes, and what stands there then.
fn change(of: Change<String>) -> (bool, Option<String>) {
    match of {
        Change::Keep => (false, None),
        Change::Clear => (true, None),
        Change::Set(text) => (true, Some(text)),
    }
}

impl Tx<'_> {
    /// A block is new, last in its association.
    pub(super) fn make_block(&mut self, block: &Group) -> Result<(), StoreError> {
        let sql = "INSERT INTO grp (id, kind, parent, name, paper, place) VALUES \
                   (?1, ?2, ?3, ?4, 0, (SELECT coalesce(max(place) + 1, 0) FROM grp WHERE parent = ?3))";
        let parameters =
            params![block.id.number(), kind_word(block.kind), block.parent.map(GroupId::number), block.name];
        run(self.connection, sql, parameters)?;
        for feed in [FeedName::Board(block.id), FeedName::Staff(block.id), FeedName::Desk(block.id)] {
            self.feed(feed)?;
        }
        Ok(())
    }

    /// A household is new.
    pub(super) fn make_household(&mut self, new: &NewHousehold, commit: Commit) -> Result<(), StoreError> {
        let (id, block) = (new.id.number(), new.block.number());
        let sql = "INSERT INTO grp (id, kind, parent, name, reading, paper, place, name_commit, reading_commit, place_commit) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce(?7, (SELECT max(place) + 1 FROM grp WHERE parent = ?3), 0), \
                   ?8, ?8, ?8)";
        let word = kind_word(GroupKind::Household);
        let commit_number = signed(commit.0);
        let parameters = params![id, word, block, new.name, new.reading, new.paper, new.place, commit_number];
        run(self.connection, sql, parameters)?;
        LOCATIONS.put(self.connection, id, block, (new.at, commit))?;
        self.feed(FeedName::Board(new.id))?;
        self.count_again(commit_number, None)
    }

    /// A person is new; where they live is put down with their move.
    pub(super) fn make_person(&mut self, new: &Newcomer, under: Under) -> Result<(), StoreError> {
        let mail = self.feed(FeedName::Mail(new.person))?;
        let sql = "INSERT INTO person (id, name, reading, place, mail, rights, name_commit, reading_commit) \
                   VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?6)";
        let (rights, commit) = (signed(under.rights.0), signed(under.commit.0));
        run(self.connection, sql, params![new.person.number(), new.name, new.reading, mail.0, rights, commit])?;
        Ok(())
    }

    /// A person lives in another household, last in its order.
    pub(super) fn move_person(
        &mut self,
        person: PersonId,
        to: GroupId,
        at: Timestamp,
        commit: Commit,
    ) -> Result<(), StoreError> {
        let (who, home) = (person.number(), to.number());
        // A sheet that lies about was printed for those who lived there then, not for somebody who was somebody elsewhere.
        let sql = "UPDATE invite SET void = 1 WHERE void = 0 AND household = ?2 AND (EXISTS (SELECT 1 FROM residence \
                   WHERE person = ?1) OR EXISTS (SELECT 1 FROM role WHERE person = ?1))";
        run(self.connection, sql, [who, home])?;
        self.leaves_home(person)?;
        let Some(placed) = RESIDENCES.put(self.connection, who, home, (at, commit))? else { return Ok(()) };
        // Whoever has moved on since keeps their place where they live now.
        if placed.after.is_none() {
            let sql = "UPDATE person SET place = (SELECT coalesce(max(other.place), -1) + 1 FROM residence JOIN person AS other \
                       ON other.id = residence.person WHERE household = ?2 AND until_commit IS NULL AND other.id <> ?1) WHERE id = ?1";
            run(self.connection, sql, [who, home])?;
        }
        // Whoever lived nowhere before has always lived where they live first.
        let (since, next) = match placed.before {
            Some(_) => (placed.since, None),
            None => (i64::MIN, placed.after),
        };
        let homes = [placed.before, Some(home), next].into_iter().flatten();
        self.receipts_count_elsewhere(person, since, &homes.collect::<Vec<_>>())
    }

    /// What a person said since they live elsewhere counts for one home and not for the others any more.
    fn receipts_count_elsewhere(&mut self, person: PersonId, since: i64, homes: &[i64]) -> Result<(), StoreError> {
        let sql = "SELECT id FROM row WHERE feed = (SELECT mail FROM person WHERE id = ?1) AND kind = ?2 AND body IS NOT NULL";
        let notices =
            many(self.connection, sql, params![person.number(), kind::RECEIPT], |row| row.get::<_, String>(0))?;
        for notice in notices {
            let notice: NoticeId = notice.parse().map_err(|error| damaged("a notice", error))?;
            let sql = "SELECT 1 FROM receipt WHERE notice = ?1 AND person = ?2 AND at >= ?3";
            if one(self.connection, sql, params![notice.bytes(), person.number(), since], |_| Ok(()))?.is_none() {
                continue;
            }
            for home in homes {
                self.mark(Mark::Tally(notice, GroupId::from_number(*home)))?;
            }
        }
        Ok(())
    }

    /// Nobody lives in a household any more.
    pub(super) fn close_household(
        &mut self,
        household: GroupId,
        into: Option<GroupId>,
        at: Timestamp,
        commit: Commit,
    ) -> Result<(), StoreError> {
        let home = household.number();
        LOCATIONS.end(self.connection, home, (at, commit))?;
        let sql = "UPDATE grp SET parent = NULL, closed = ?2, merged = ?3 WHERE id = ?1";
        run(self.connection, sql, params![home, at.millis(), into.map(GroupId::number)])?;
        run(self.connection, "UPDATE invite SET void = 1 WHERE void = 0 AND household = ?1", [home])?;
        self.forget_contact(household)?;
        self.changes.stirred = true;
        self.count_again(signed(commit.0), None)
    }

    /// Somebody lives in a closed household after all.
    pub(super) fn open_household(&mut self, household: GroupId) -> Result<(), StoreError> {
        let home = household.number();
        let Some((block, until)) = LOCATIONS.open_again(self.connection, home)? else { return Ok(()) };
        let sql = "UPDATE grp SET parent = ?2, closed = NULL WHERE id = ?1";
        run(self.connection, sql, [home, block])?;
        self.count_again(until, None)
    }

    /// The roster says something else of a household.
    pub(super) fn correct_household(
        &mut self,
        household: GroupId,
        rev: Rev,
        (name, reading, place): (Option<String>, Change<String>, Option<u32>),
        commit: Commit,
    ) -> Result<(), StoreError> {
        let (id, commit) = (household.number(), signed(commit.0));
        run(self.connection, "UPDATE grp SET rev = ?2 WHERE id = ?1", params![id, rev.0])?;
        let sql = "UPDATE grp SET name = ?2, name_commit = ?3 WHERE id = ?1 AND name_commit < ?3 AND erased = 0 AND ?2 IS NOT NULL";
        run(self.connection, sql, params![id, name, commit])?;
        let (changes, reading) = change(reading);
        let sql = "UPDATE grp SET reading = ?2, reading_commit = ?3 WHERE id = ?1 AND reading_commit < ?3 AND erased = 0 AND ?4";
        run(self.connection, sql, params![id, reading, commit, changes])?;
        let sql = "UPDATE grp SET place = ?2, place_commit = ?3 WHERE id = ?1 AND place_commit < ?3 AND ?2 IS NOT NULL";
        run(self.connection, sql, params![id, place, commit])?;
        Ok(())
    }

    /// The roster says something else of a person.
    pub(super) fn correct_person(
        &mut self,
        person: PersonId,
        rev: Rev,
        (name, reading): (Option<String>, Change<String>),
        commit: Commit,
    ) -> Result<(), StoreError> {
        let (id, commit) = (person.number(), signed(commit.0));
        run(self.connection, "UPDATE person SET rev = ?2 WHERE id = ?1", params![id, rev.0])?;
        let sql = "UPDATE person SET name = ?2, name_commit = ?3 WHERE id = ?1 AND name_commit < ?3 AND erased = 0 AND ?2 IS NOT NULL";
        run(self.connection, sql, params![id, name, commit])?;
        let (changes, reading) = change(reading);
        let sql = "UPDATE person SET reading = ?2, reading_commit = ?3 WHERE id = ?1 AND reading_commit < ?3 AND erased = 0 AND ?4";
        run(self.connection, sql, params![id, reading, commit, changes])?;
        Ok(())
    }

    /// Who takes part is counted where somebody lived until now; where they live it is heard of by their status.
    fn leaves_home(&mut self, person: PersonId) -> Result<(), StoreError> {
        let home = self.look().residences(person)?.into_iter().next();
        home.map_or(Ok(()), |home| self.mark_participation(home.household))
    }

    /// A person moved away or died.
    pub(super) fn depart(
        &mut self,
        person: PersonId,
        why: Option<Departure>,
        at: Timestamp,
        commit: Commit,
    ) -> Result<(), StoreError> {
        let who = person.number();
        self.leaves_home(person)?;
        let ended = RESIDENCES.end(self.connection, who, (at, commit))?;
        if let Some(Cut { since, at }) = ended {
            self.receipts_count_elsewhere(person, since, &at)?;
        }
        run(self.connection, "DELETE FROM guest WHERE person = ?1 OR host = ?1", [who])?;
        run(self.connection, "UPDATE invite SET void = 1 WHERE void = 0 AND person = ?1", [who])?;
        let why = why.map(|why| match why {
            Departure::MovedOut => "moved_out",
            Departure::Died => "died",
        });
        run(self.connection, "UPDATE person SET gone = ?2, why = ?3 WHERE id = ?1", params![who, at.millis(), why])?;
        self.changes.stirred = true;
        self.end(Ended::Departed(person), commit, at)
    }

    /// Two people are one. Receipts, check-ins and consent as they stand together are said by effects of their own; what the second
    /// one's receipts say stays where their home was counted.
    pub(super) fn become_one(
        &mut self,
        person: PersonId,
        twice: PersonId,
        at: Timestamp,
        under: Under,
    ) -> Result<(), StoreError> {
        let (one, second) = (person.number(), twice.number());
        self.leaves_home(twice)?;
        if let Some(Cut { since, at }) = RESIDENCES.end(self.connection, second, (at, under.commit))? {
            self.receipts_count_elsewhere(twice, since, &at)?;
        }
        self.hold_instead(person, twice, under)?;
        for sql in [
            "UPDATE role SET person = ?1 WHERE person = ?2",
            "UPDATE OR IGNORE guest SET person = ?1 WHERE person = ?2 AND host <> ?1",
            "UPDATE OR IGNORE guest SET host = ?1 WHERE host = ?2 AND person <> ?1",
            "UPDATE consent_history SET person = ?1 WHERE person = ?2",
            "UPDATE OR IGNORE withdrawal SET person = ?1 WHERE person = ?2",
            &format!("{EVERY_DAY} UPDATE check_in SET person = ?1 WHERE person = ?2 AND day IN days"),
        ] {
            run(self.connection, sql, [one, second])?;
        }
        run(self.connection, "DELETE FROM guest WHERE person = ?1 OR host = ?1", [second])?;
        run(self.connection, "UPDATE invite SET void = 1 WHERE void = 0 AND person = ?1", [second])?;
        let sql = "UPDATE person SET same = ?1, gone = ?3, moods_to_team = NULL, consent_at = NULL, consent_commit = NULL \
                   WHERE id = ?2";
        run(self.connection, sql, [one, second, at.millis()])?;
        if let Some(stays) = self.look().person(person)? {
            self.cases_become(&stays, twice, under)?;
        }
        self.empty_mail(twice)?;
        self.changes.stirred = true;
        Ok(())
    }

    /// Every device of the second one holds the first.
    fn hold_instead(&mut self, person: PersonId, twice: PersonId, under: Under) -> Result<(), StoreError> {
        let sql = "SELECT device, device_person.since, committed, name FROM device_person JOIN device ON device.id = device \
                   WHERE person = ?1";
        let held = many(self.connection, sql, [twice.number()], |row| {
            let (device, since) = (DeviceId::from_number(row.get(0)?), Timestamp::from_millis(row.get(1)?));
            Ok((device, since, row.get::<_, i64>(2)?, row.get::<_, String>(3)?))
        })?;
        for (device, since, committed, name) in held {
            let sql = "INSERT OR IGNORE INTO device_person (device, person, since, committed) VALUES (?1, ?2, ?3, ?4)";
            run(self.connection, sql, params![device.number(), person.number(), since.millis(), committed])?;
            let sql = "DELETE FROM device_person WHERE device = ?1 AND person = ?2";
            run(self.connection, sql, [device.number(), twice.number()])?;
            let sql = "UPDATE device SET rights = ?2 WHERE id = ?1";
            run(self.connection, sql, [device.number(), signed(under.rights.0)])?;
            let phone = to_json(&Phone { device, name, since })?;
            self.put(FeedName::Mail(person), (kind::PHONE, &device.to_string()), 1, false, &phone)?;
            self.changes.rights.insert(device);
        }
        self.forget_holders();
        Ok(())
    }

    /// Nothing is in a mail any more that nobody may read.
    pub(super) fn empty_mail(&mut self, person: PersonId) -> Result<(), StoreError> {
        let mail = self.feed(FeedName::Mail(person))?;
        run(self.connection, "DELETE FROM tombstone WHERE feed = ?1", [mail.0])?;
        run(self.connection, "DELETE FROM row WHERE feed = ?1 AND kind <> ''", [mail.0])?;
        // Whoever held it once would have to begin anew.
        let sql = "UPDATE feed SET horizon = (SELECT version FROM row WHERE feed = ?1 AND kind = '' AND id = '') \
                   WHERE number = ?1 RETURNING horizon";
        let horizon = one(self.connection, sql, [mail.0], |row| row.get::<_, Option<i64>>(0))?.flatten();
        self.known.forgets(mail, Version(unsigned(horizon.unwrap_or_default())));
        Ok(())
    }

    /// A departure that was remembered before its person was known here, as a mark that is not carried out yet.
    pub(super) fn departure_waiting(&self, person: PersonId) -> Result<Option<(Commit, Timestamp)>, StoreError> {
        let id = self.memory.fixed.mac_key.opaque(Ended::Departed(person));
        let sql = "SELECT ended.committed, ended.at FROM ended JOIN person ON person.id = ?2 WHERE ended.id = ?1 AND gone IS NULL";
        one(self.connection, sql, params![id, person.number()], |row| {
            Ok((Commit(unsigned(row.get(0)?)), Timestamp::from_millis(row.get(1)?)))
        })
    }
}
