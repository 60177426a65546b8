//! Carrying out what the reducer decided: the tables, the feeds, and what became out of date.

use super::{
    error::StoreError,
    look::{day_number, stage_number},
    sql::{many, one, run, signed, to_json},
    tx::Tx,
};
use kairan_protocol::{
    body::Sent,
    check_in::CheckIn,
    feed::FeedName,
    id::{Commit, DeviceId, NoticeId, PersonId},
    notice::{NoticeState, Phase},
    op::Invitee,
    people::{Role, RoleKind},
    receipt::Receipt,
    reduce,
    replay::Ended,
    row::kind,
    time::Timestamp,
    view::{Effect, View},
};
use rusqlite::params;

const fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Scheduled => "scheduled",
        Phase::Published => "published",
        Phase::Withdrawn => "withdrawn",
    }
}

/// The numbers something is carried out under.
#[derive(Debug, Clone, Copy)]
pub(super) struct Under {
    /// Its place in the order of commits.
    pub commit: Commit,
    /// What rights that change get as their version: newer than any a phone may hold.
    pub rights: Commit,
}

impl Under {
    /// Something that happens now.
    pub const fn new(commit: Commit) -> Self {
        Self { commit, rights: commit }
    }

    /// Whether it happened before, and was handed back.
    fn again(self) -> bool {
        self.commit != self.rights
    }
}

impl Tx<'_> {
    /// Carries out what happens now.
    pub fn carry_out(&mut self, effects: Vec<Effect>, commit: Commit) -> Result<(), StoreError> {
        self.carry_out_under(effects, Under::new(commit))
    }

    /// Carries effects out, in their order; what people may read is worked out last, from the state they leave behind.
    pub fn carry_out_under(&mut self, effects: Vec<Effect>, under: Under) -> Result<(), StoreError> {
        let commit = under.commit;
        let mut rights = Vec::new();
        let mut published = None;
        let mut talk = None;
        for effect in effects {
            match effect {
                Effect::Put { feed, kind: kind::SENT, id, rev, body, urgent } => {
                    // The desk hears of the commit that published it, which the rules could not know.
                    let state = published.take();
                    let body = state.map_or(Ok(body), |notice| to_json(&Sent { notice }))?;
                    self.put(feed, (kind::SENT, &id), rev.0, urgent, &body)?;
                }
                Effect::Put { feed, kind: kind::TALK, id, rev, body, urgent } => {
                    // As above: its newest line says under which number.
                    let body = talk.take().map_or(Ok(body), |talk| to_json(&talk))?;
                    self.put(feed, (kind::TALK, &id), rev.0, urgent, &body)?;
                }
                Effect::Put { feed, kind, id, rev, body, urgent } => {
                    self.put(feed, (kind, &id), rev.0, urgent, &body)?;
                }
                Effect::Drop { feed, kind, id } => self.drop_row(feed, (kind, &id))?,
                Effect::Rights(person) => rights.push(person),
                Effect::Mark(mark) => self.mark(mark)?,
                Effect::CheckIn { person, check_in } => self.check_in(person, &check_in, commit)?,
                Effect::TakenBack { person, op, day } => {
                    let sql = "UPDATE check_in SET taken = 1 WHERE day = ?1 AND person = ?2 AND op = ?3";
                    run(self.connection, sql, params![day_number(day), person.number(), op.bytes()])?;
                }
                Effect::Receipt { person, notice, receipt } => self.keep_receipt(person, notice, &receipt, commit)?,
                Effect::Consent { person, moods_to_team, at } => self.consent(person, moods_to_team, at, under)?,
                Effect::MoodsErased(person) => self.erase_moods(person, commit)?,
                Effect::Notice(notice) => published = self.keep_notice(*notice, commit)?,
                Effect::Role(role) => self.keep_role(&role)?,
                Effect::RoleEnded { role, at } => {
                    let sql = "UPDATE role SET until = ?2, over = 1 WHERE id = ?1";
                    run(self.connection, sql, params![role.number(), at.millis()])?;
                    self.teams_changed()?;
                }
                Effect::HouseholdMoved { household, to, at, .. } => self.move_household(household, to, at, commit)?,
                Effect::Paper { household, paper } => self.keep_paper(household, paper, commit)?,
                Effect::PaperReceipt { household, notice, receipt } => {
                    self.keep_paper_receipt(household, notice, receipt, commit)?;
                }
                Effect::Block(block) => self.make_block(&block)?,
                Effect::Household(new) => self.make_household(&new, commit)?,
                Effect::Person(newcomer) => self.make_person(&newcomer, under)?,
                Effect::PersonMoved { person, to, at } => self.move_person(person, to, at, commit)?,
                Effect::HouseholdClosed { household, into, at } => self.close_household(household, into, at, commit)?,
                Effect::HouseholdOpened { household } => self.open_household(household)?,
                Effect::HouseholdCorrected { household, rev, name, reading, place } => {
                    self.correct_household(household, rev, (name, reading, place), commit)?;
                }
                Effect::PersonCorrected { person, rev, name, reading } => {
                    self.correct_person(person, rev, (name, reading), commit)?;
                }
                Effect::Departed { person, why, at } => self.depart(person, why, at, commit)?,
                Effect::SamePerson { person, twice, at } => self.become_one(person, twice, at, under)?,
                Effect::Invite { .. } => self.keep_invite(&effect)?,
                Effect::JoinAnswered { join, admit } => self.answer_waiting(join, admit)?,
                Effect::DeviceRevoked { device } => self.sign_off(device, commit)?,
                Effect::PersonLeft { person, device } => self.leave(person, device, under)?,
                Effect::Case(case) => talk = Some(self.keep_case(*case, under)?),
                Effect::Support { group, support } => self.keep_support(group, support, commit)?,
            }
        }
        for person in rights {
            self.rights_of(person, under.rights)?;
        }
        Ok(())
    }

    fn check_in(&mut self, person: PersonId, check_in: &CheckIn, commit: Commit) -> Result<(), StoreError> {
        let CheckIn { op, day, mood, at } = check_in;
        let sql =
            "INSERT INTO check_in (day, person, op, mood, at, committed, taken) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)";
        let mut letter = [0; 4];
        let letter: &str = mood.letter().encode_utf8(&mut letter);
        let parameters = params![day_number(*day), person.number(), op.bytes(), letter, at.millis(), signed(commit.0)];
        run(self.connection, sql, parameters)?;
        Ok(())
    }

    fn keep_receipt(
        &mut self,
        person: PersonId,
        notice: NoticeId,
        receipt: &Receipt,
        commit: Commit,
    ) -> Result<(), StoreError> {
        let Receipt { rev, stage, at } = receipt;
        let sql = "INSERT INTO receipt (notice, person, rev, stage, at) VALUES (?1, ?2, ?3, ?4, ?5) \
                   ON CONFLICT (notice, person) DO UPDATE SET rev = excluded.rev, stage = excluded.stage, at = excluded.at";
        let (notice, stage) = (notice.bytes(), stage_number(*stage));
        run(self.connection, sql, params![notice, person.number(), rev.0, stage, at.millis()])?;
        let sql =
            "INSERT INTO receipt_history (committed, notice, person, rev, stage, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        run(self.connection, sql, params![signed(commit.0), notice, person.number(), rev.0, stage, at.millis()])?;
        Ok(())
    }

    fn consent(
        &mut self,
        person: PersonId,
        moods_to_team: Option<Timestamp>,
        at: Timestamp,
        under: Under,
    ) -> Result<(), StoreError> {
        let known = self.look().person(person)?;
        let since = moods_to_team.map(Timestamp::millis);
        let (commit, number) = (signed(under.commit.0), person.number());
        let sql = "UPDATE person SET moods_to_team = ?2, consent_at = ?3, consent_commit = ?4 WHERE id = ?1";
        run(self.connection, sql, params![number, since, at.millis(), commit])?;
        let sql = "INSERT INTO consent_history (committed, person, moods_to_team, at) VALUES (?1, ?2, ?3, ?4)";
        run(self.connection, sql, params![commit, number, since.is_some(), at.millis()])?;
        let withdrawn = Ended::Withdrawn(person);
        if since.is_some() {
            return self.given_again(withdrawn);
        }
        // A first no withdraws nothing; of one handed back what it withdrew may be missing here.
        if under.again() || known.is_some_and(|known| known.moods_to_team.is_some()) {
            self.end(withdrawn, under.commit, at)?;
        }
        Ok(())
    }

    /// Keeps a notice; answered with it when this very commit published it.
    fn keep_notice(&mut self, mut notice: NoticeState, commit: Commit) -> Result<Option<NoticeState>, StoreError> {
        let now_published = notice.phase == Phase::Published && notice.published.is_none();
        if now_published {
            notice.published = Some(commit);
        }
        let sql = "INSERT INTO notice (id, phase, hour, published, state) VALUES (?1, ?2, ?3, ?4, ?5) \
                   ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, hour = excluded.hour, \
                   published = excluded.published, state = excluded.state";
        let published = notice.published.map(|commit| signed(commit.0));
        let (phase, hour) = (phase_word(notice.phase), notice.body.at.millis());
        run(self.connection, sql, params![notice.id.bytes(), phase, hour, published, to_json(&notice)?])?;
        self.changes.stirred |= notice.phase == Phase::Scheduled;
        Ok(now_published.then_some(notice))
    }

    fn keep_role(&mut self, role: &Role) -> Result<(), StoreError> {
        let sql = "INSERT INTO role (id, person, grp, kind, since, until, over) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)";
        let until = role.term.until.map(Timestamp::millis);
        let parameters = params![
            role.id.number(),
            role.person.number(),
            role.group.number(),
            role.kind.word(),
            role.term.from.millis(),
            until
        ];
        run(self.connection, sql, parameters)?;
        self.changes.stirred |= until.is_some();
        if role.kind == RoleKind::Commissioner { self.teams_changed() } else { Ok(()) }
    }

    fn keep_invite(&mut self, invite: &Effect) -> Result<(), StoreError> {
        let Effect::Invite { invite: id, to, secret, until, void, passed_on } = invite else { return Ok(()) };
        let (household, person) = match to {
            Invitee::Household(household) => (Some(household.number()), None),
            Invitee::Person(person) => (None, Some(person.number())),
        };
        if !void {
            let sql = "UPDATE invite SET void = 1 WHERE void = 0 AND household = ?1";
            run(self.connection, sql, [household])?;
            run(self.connection, "UPDATE invite SET void = 1 WHERE void = 0 AND person = ?1", [person])?;
            self.forget_those_who_wait_in_vain()?;
        }
        let sql = "INSERT INTO invite (id, household, person, secret, at, until, void, passed_on) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let (at, until) = (self.now.millis(), until.millis());
        run(self.connection, sql, params![id.number(), household, person, secret, at, until, void, passed_on])?;
        Ok(())
    }

    fn sign_off(&mut self, device: DeviceId, commit: Commit) -> Result<(), StoreError> {
        let sql = "UPDATE device SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL";
        run(self.connection, sql, [device.number(), self.now.millis()])?;
        run(self.connection, "DELETE FROM device_person WHERE device = ?1", [device.number()])?;
        self.changes.revoked.insert(device);
        self.end(Ended::Revoked(device), commit, self.now)
    }

    fn leave(&mut self, person: PersonId, device: DeviceId, under: Under) -> Result<(), StoreError> {
        self.end(Ended::Left(person, device), under.commit, self.now)?;
        let sql = "DELETE FROM device_person WHERE device = ?1 AND person = ?2";
        run(self.connection, sql, [device.number(), person.number()])?;
        if self.look().device_persons(device)?.is_empty() {
            return self.sign_off(device, under.commit);
        }
        run(self.connection, "UPDATE device SET rights = ?2 WHERE id = ?1", [device.number(), signed(under.rights.0)])?;
        self.changes.rights.insert(device);
        Ok(())
    }

    /// What a person may read changed: a newer version of their rights, and their profile anew.
    pub fn rights_of(&mut self, person: PersonId, commit: Commit) -> Result<(), StoreError> {
        run(self.connection, "UPDATE person SET rights = ?2 WHERE id = ?1", [person.number(), signed(commit.0)])?;
        // Nothing comes into the mail of who is forgotten.
        let erased = "SELECT 1 FROM person WHERE id = ?1 AND erased = 1";
        if one(self.connection, erased, [person.number()], |_| Ok(()))?.is_none()
            && let Some(profile) = reduce::profile(&self.look(), person, self.now)?
        {
            self.put(FeedName::Mail(person), (kind::PROFILE, "me"), 1, false, &to_json(&profile)?)?;
        }
        let sql = "SELECT device FROM device_person WHERE person = ?1";
        let devices = many(self.connection, sql, [person.number()], |row| row.get(0).map(DeviceId::from_number))?;
        self.changes.rights.extend(devices);
        Ok(())
    }
}
