//! Joining: an invite's secret and a device's key become a device with a token and a slip. Asked again, the answer is the same.

use super::{
    effects::Under,
    error::{Denied, StoreError},
    look::Look,
    session::{TokenHash, fresh_secret, token_hash},
    sql::{many, moment, number, one, run, signed, to_json},
    tx::Tx,
    waiting::{Answer, Asking},
};
use kairan_protocol::{
    body::Phone,
    feed::FeedName,
    id::{Commit, DeviceId, GroupId, InviteId, PersonId},
    invite::Secret,
    op::Invitee,
    row::kind,
    sign::{Fingerprint, Key, Purpose},
    time::Timestamp,
    validate,
    view::{Mark, View},
    wire::{EnrolRequest, Listed, Slip, Token},
};
use rusqlite::{Connection, params};

/// How long a token works: ninety days.
const TOKEN_MILLIS: i64 = 90 * 86_400_000;
/// How long its predecessor works on.
const PREDECESSOR_MILLIS: i64 = 3_600_000;
/// How far the clock of a proof may be off.
pub(super) const PROOF_MILLIS: i64 = 5 * 60_000;
/// What a device is called that has no name of its own.
pub(super) const NAMELESS: &str = "電話";

/// An invite as it is kept.
struct Invite {
    id: InviteId,
    to: Option<GroupId>,
    person: Option<PersonId>,
    until: Timestamp,
    void: bool,
    passed_on: bool,
}

/// A join that was read and proved, and waits for its transaction.
pub(super) struct Join {
    secret: String,
    key: Key,
    persons: Vec<PersonId>,
    name: String,
}

/// What a join came to.
pub(super) enum Joined {
    Choose { name: String, persons: Vec<Listed> },
    Waiting { name: String, digits: String },
    In { device: DeviceId, persons: Vec<PersonId>, since: Timestamp, commit: Commit, token: Token },
}

/// A token that was made: the secret leaves with the answer, the hash stays.
#[derive(Clone)]
pub(super) struct NewToken {
    secret: String,
    hash: TokenHash,
}

impl NewToken {
    pub fn new() -> Result<Self, StoreError> {
        let secret = fresh_secret()?;
        Ok(Self { hash: token_hash(&secret), secret })
    }
}

impl Join {
    /// Reads a request and checks the device's signature, by whichever name it calls the district.
    pub fn read(request: EnrolRequest, mut district: impl Iterator<Item = Fingerprint>) -> Result<Self, Denied> {
        let secret: Secret = request.secret.parse().map_err(|_| Denied::InviteUnknown)?;
        let proved = district.any(|district| {
            let payload = EnrolRequest::payload(&district, &request.secret, &request.key);
            request.key.verify(&Purpose::Enrol.message(&payload), &request.proof).is_ok()
        });
        if !proved {
            return Err(Denied::BadProof);
        }
        let name = match request.name.trim() {
            "" => NAMELESS.to_owned(),
            name => name.to_owned(),
        };
        validate::text("name", &name, validate::NAME).map_err(|limit| Denied::BadRequest(limit.to_string()))?;
        let mut persons = request.persons;
        persons.sort_unstable();
        persons.dedup();
        Ok(Self { secret: secret.hash(), key: request.key, persons, name })
    }
}

fn invite(connection: &Connection, secret: &str) -> Result<Option<Invite>, StoreError> {
    let sql = "SELECT id, household, person, until, void, passed_on FROM invite WHERE secret = ?1";
    one(connection, sql, [secret], |row| {
        Ok(Invite {
            id: InviteId::from_number(row.get(0)?),
            to: row.get::<_, Option<i64>>(1)?.map(GroupId::from_number),
            person: row.get::<_, Option<i64>>(2)?.map(PersonId::from_number),
            until: moment(row, 3)?,
            void: row.get(4)?,
            passed_on: row.get(5)?,
        })
    })
}

/// Who an invite lists now, and what stands above the list.
fn listed(look: &Look<'_>, invite: &Invite) -> Result<(String, Vec<Listed>), StoreError> {
    let sql = "SELECT person FROM invite_join WHERE invite = ?1";
    let joined = many(look.connection, sql, [invite.id.number()], |row| row.get(0).map(PersonId::from_number))?;
    let members = match invite.to {
        Some(household) => look.members(household)?,
        None => invite.person.into_iter().collect(),
    };
    let mut persons = Vec::with_capacity(members.len());
    for member in members {
        let name = look.person(member)?.map(|person| person.name).unwrap_or_default();
        persons.push(Listed { id: member, name, joined: joined.contains(&member) });
    }
    let household = invite.to.map_or(Ok(None), |household| look.group(household))?;
    let name = household.map(|household| household.name).or_else(|| persons.first().map(|person| person.name.clone()));
    Ok((name.unwrap_or_default(), persons))
}

impl Tx<'_> {
    /// Joins. Everything that can be refused is refused before anything is written.
    pub fn join(&mut self, join: &Join, token: &NewToken) -> Result<Result<Joined, Denied>, StoreError> {
        let Some(invite) = invite(self.connection, &join.secret)? else { return Ok(Err(Denied::InviteUnknown)) };
        let (name, persons) = listed(&self.look(), &invite)?;
        if let Some(device) = self.joined_before(&invite, &join.key)? {
            return self.again(device, join, token);
        }
        if invite.void {
            return Ok(Err(Denied::InviteVoid));
        }
        if self.now >= invite.until {
            return Ok(Err(Denied::InviteExpired));
        }
        if persons.iter().all(|person| person.joined) {
            return Ok(Err(Denied::InviteUsed));
        }
        if join.persons.is_empty() {
            return Ok(Ok(Joined::Choose { name, persons }));
        }
        for wanted in &join.persons {
            match persons.iter().find(|person| person.id == *wanted) {
                None => return Ok(Err(Denied::NotListed)),
                Some(person) if person.joined => return Ok(Err(Denied::InviteUsed)),
                Some(_) => {}
            }
        }
        if let Some(answer) = self.held_up(&invite, join, &name)? {
            return Ok(answer);
        }
        let device = self.admit_persons(&invite, join)?;
        let token = self.keep_token(device, token)?;
        let persons = self.look().device_persons(device)?;
        Ok(Ok(Joined::In { device, persons, since: self.now, commit: self.commit(), token }))
    }

    /// The device of this key that joined by this invite, and since when.
    fn joined_before(&self, invite: &Invite, key: &Key) -> Result<Option<DeviceId>, StoreError> {
        let sql = "SELECT device.id FROM device JOIN invite_join ON invite_join.device = device.id \
                   WHERE device.key = ?1 AND invite_join.invite = ?2 ORDER BY device.since DESC LIMIT 1";
        one(self.connection, sql, params![key.sec1(), invite.id.number()], |row| row.get(0).map(DeviceId::from_number))
    }

    /// The same device asks again: its answer was lost, or it joins more people of the same household.
    fn again(&mut self, device: DeviceId, join: &Join, token: &NewToken) -> Result<Result<Joined, Denied>, StoreError> {
        if let Err(denied) = self.admit(device)? {
            return Ok(Err(denied));
        }
        let Some(invite) = invite(self.connection, &join.secret)? else { return Ok(Err(Denied::InviteUnknown)) };
        let (name, listed) = listed(&self.look(), &invite)?;
        if join.persons.is_empty() {
            return Ok(Ok(Joined::Choose { name, persons: listed }));
        }
        let held = self.look().device_persons(device)?;
        let fresh: Vec<PersonId> = join.persons.iter().copied().filter(|person| !held.contains(person)).collect();
        for wanted in &fresh {
            match listed.iter().find(|person| person.id == *wanted) {
                None => return Ok(Err(Denied::NotListed)),
                Some(person) if person.joined => return Ok(Err(Denied::InviteUsed)),
                Some(_) if invite.void => return Ok(Err(Denied::InviteVoid)),
                Some(_) if self.now >= invite.until => return Ok(Err(Denied::InviteExpired)),
                Some(_) => {}
            }
        }
        if !fresh.is_empty() {
            if let Some(answer) = self.held_up(&invite, join, &name)? {
                return Ok(answer);
            }
            self.let_in(device, &invite, &fresh, &join.name)?;
        }
        let since = number(self.connection, "SELECT since FROM device WHERE id = ?1", [device.number()])?;
        let token = self.keep_token(device, token)?;
        let persons = self.look().device_persons(device)?;
        let (since, commit) = (Timestamp::from_millis(since), self.commit());
        Ok(Ok(Joined::In { device, persons, since, commit, token }))
    }

    /// What a phone is told that came with a link and was not let in (yet); none where the way is free.
    fn held_up(
        &mut self,
        invite: &Invite,
        join: &Join,
        name: &str,
    ) -> Result<Option<Result<Joined, Denied>>, StoreError> {
        if !invite.passed_on {
            return Ok(None);
        }
        let to = match (invite.to, invite.person) {
            (Some(household), _) => Invitee::Household(household),
            (None, Some(person)) => Invitee::Person(person),
            (None, None) => return Ok(Some(Err(Denied::InviteUnknown))),
        };
        let asking = Asking { invite: invite.id, to, key: &join.key, persons: &join.persons, phone: &join.name, name };
        Ok(match self.ask_to_be_let_in(&asking)? {
            Answer::Admitted => None,
            Answer::Waiting { digits } => Some(Ok(Joined::Waiting { name: name.to_owned(), digits })),
            Answer::TurnedAway => Some(Err(Denied::TurnedAway)),
            Answer::Crowded => Some(Err(Denied::InviteUsed)),
        })
    }

    /// The device of this key, made where there is none, holds the people from now on.
    fn admit_persons(&mut self, invite: &Invite, join: &Join) -> Result<DeviceId, StoreError> {
        let sql = "SELECT id FROM device WHERE key = ?1 AND revoked IS NULL";
        let known = one(self.connection, sql, [join.key.sec1()], |row| row.get(0).map(DeviceId::from_number))?;
        let device = if let Some(device) = known {
            device
        } else {
            let device = DeviceId::random()?;
            let sql = "INSERT INTO device (id, name, key, since, rights, proved) VALUES (?1, ?2, ?3, ?4, 0, 0)";
            let now = self.now.millis();
            run(self.connection, sql, params![device.number(), join.name, join.key.sec1(), now])?;
            device
        };
        self.let_in(device, invite, &join.persons, &join.name)?;
        Ok(device)
    }

    fn let_in(
        &mut self,
        device: DeviceId,
        invite: &Invite,
        persons: &[PersonId],
        name: &str,
    ) -> Result<(), StoreError> {
        let commit = self.system_commit("enrol", &device.to_string())?;
        for person in persons {
            let sql = "INSERT INTO invite_join (invite, person, device, at) VALUES (?1, ?2, ?3, ?4)";
            run(self.connection, sql, [invite.id.number(), person.number(), device.number(), self.now.millis()])?;
        }
        self.hold(device, persons, (name, self.now), Under::new(commit))
    }

    /// A device holds these people, since a moment and a commit.
    pub(super) fn hold(
        &mut self,
        device: DeviceId,
        persons: &[PersonId],
        (name, since): (&str, Timestamp),
        under: Under,
    ) -> Result<(), StoreError> {
        run(self.connection, "UPDATE device SET rights = ?2 WHERE id = ?1", [device.number(), signed(under.rights.0)])?;
        for person in persons {
            let sql = "INSERT OR IGNORE INTO device_person (device, person, since, committed) VALUES (?1, ?2, ?3, ?4)";
            let (commit, number) = (signed(under.commit.0), person.number());
            run(self.connection, sql, [device.number(), number, since.millis(), commit])?;
            let phone = to_json(&Phone { device, name: name.to_owned(), since })?;
            self.put(FeedName::Mail(*person), (kind::PHONE, &device.to_string()), 1, false, &phone)?;
            self.rights_of(*person, under.rights)?;
            let sql = "SELECT parent FROM residence JOIN grp ON grp.id = residence.household \
                       WHERE residence.person = ?1 AND residence.until_commit IS NULL";
            let block = one(self.connection, sql, [person.number()], |row| row.get::<_, Option<i64>>(0))?;
            if let Some(block) = block.flatten() {
                self.mark(Mark::Block(GroupId::from_number(block)))?;
            }
        }
        self.changes.rights.insert(device);
        self.forget_holders();
        Ok(())
    }

    /// A new token of a device; those before it work on for an hour.
    fn keep_token(&mut self, device: DeviceId, token: &NewToken) -> Result<Token, StoreError> {
        let until = self.now.plus_millis(TOKEN_MILLIS);
        let last = self.now.plus_millis(PREDECESSOR_MILLIS);
        let sql = "UPDATE token SET until = min(until, ?2) WHERE device = ?1";
        run(self.connection, sql, [device.number(), last.millis()])?;
        let sql = "INSERT INTO token (hash, device, until) VALUES (?1, ?2, ?3)";
        run(self.connection, sql, params![token.hash, device.number(), until.millis()])?;
        // What was cached of the predecessors says they last longer.
        self.changes.tokens.insert(device);
        Ok(Token { secret: token.secret.clone(), until })
    }

    /// A new token for a proof that is newer than every one before it. A slip tells of a device, or of people on it, that a restored
    /// backup may not know.
    pub fn renew(
        &mut self,
        device: DeviceId,
        proved: Timestamp,
        slip: Option<&Slip>,
        token: &NewToken,
    ) -> Result<Result<Token, Denied>, StoreError> {
        let admitted = match (self.admit(device)?, slip) {
            (Err(Denied::DeviceUnknown), Some(slip)) => self.make_again(slip)?,
            (admitted, _) => admitted,
        };
        if let Err(denied) = admitted {
            return Ok(Err(denied));
        }
        // A moment no clock has come to was taken while this one stood wrong, and would hold up every proof until then.
        let sql = "UPDATE device SET proved = ?2 WHERE id = ?1 AND (proved < ?2 OR proved > ?3)";
        let latest = self.now.plus_millis(PROOF_MILLIS);
        if run(self.connection, sql, [device.number(), proved.millis(), latest.millis()])? == 0 {
            return Ok(Err(Denied::BadProof));
        }
        if let Some(slip) = slip {
            self.bring_people_back(slip)?;
        }
        self.keep_token(device, token).map(Ok)
    }
}

/// The key of a device that may still ask for tokens.
pub(super) fn device_key(connection: &Connection, device: DeviceId) -> Result<Key, Denied> {
    let sql = "SELECT key, revoked IS NOT NULL FROM device WHERE id = ?1";
    let known =
        one(connection, sql, [device.number()], |row| Ok((row.get::<_, Option<Vec<u8>>>(0)?, row.get::<_, bool>(1)?)))?;
    match known {
        None => Err(Denied::DeviceUnknown),
        Some((_, true)) => Err(Denied::Revoked),
        Some((None, false)) => Err(Denied::BadProof),
        Some((Some(key), false)) => Key::from_sec1(&key).map_err(|error| Denied::Store(error.into())),
    }
}
