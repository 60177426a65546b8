//! Who came with a link that was passed on and waits to be let in: shown at the desks that may do it, until one tap answers.

use super::{
    error::StoreError,
    look::Look,
    sql::{json, many, number, one, run, to_json},
    tx::Tx,
};
use kairan_protocol::{
    feed::FeedName,
    id::{GroupId, InviteId, JoinId, PersonId},
    joining::{self, Join, Joiner, MOST_WAITING, Waiting},
    op::Invitee,
    reduce,
    row::kind,
    sign::Key,
    view::{Effect, View},
};
use rusqlite::params;

/// A phone that asks to be let in.
pub(super) struct Asking<'a> {
    pub invite: InviteId,
    pub to: Invitee,
    pub key: &'a Key,
    pub persons: &'a [PersonId],
    /// What the phone calls itself.
    pub phone: &'a str,
    /// The household's name, or the person's.
    pub name: &'a str,
}

/// What it is told.
pub(super) enum Answer {
    Admitted,
    Waiting {
        digits: String,
    },
    TurnedAway,
    /// As many wait by this invitation as may.
    Crowded,
}

/// What is kept of one that asked before.
struct Kept {
    join: JoinId,
    persons: Vec<PersonId>,
    answered: bool,
    admitted: bool,
}

impl Look<'_> {
    /// Somebody who waits still.
    pub(super) fn waits(&self, join: JoinId) -> Result<Option<Waiting>, StoreError> {
        let sql = "SELECT household, person, persons FROM waiting JOIN invite ON invite.id = waiting.invite \
                   WHERE waiting.id = ?1 AND answered IS NULL";
        let known = one(self.connection, sql, [join.number()], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, String>(2)?))
        })?;
        let Some((household, person, persons)) = known else { return Ok(None) };
        let household = household.map(|household| Invitee::Household(GroupId::from_number(household)));
        let to = household.or(person.map(|person| Invitee::Person(PersonId::from_number(person))));
        let persons = json("who waits", &persons)?;
        Ok(to.map(|to| Waiting { to, persons }))
    }
}

impl Tx<'_> {
    /// A phone asks to be let in, for the first time or again.
    pub(super) fn ask_to_be_let_in(&mut self, asking: &Asking<'_>) -> Result<Answer, StoreError> {
        let sql = "SELECT id, persons, answered IS NOT NULL, admitted FROM waiting WHERE invite = ?1 AND key = ?2";
        let known = one(self.connection, sql, params![asking.invite.number(), asking.key.sec1()], |row| {
            Ok((JoinId::from_number(row.get(0)?), row.get::<_, String>(1)?, row.get(2)?, row.get(3)?))
        })?;
        let known = known.map(|(join, persons, answered, admitted)| {
            Ok::<_, StoreError>(Kept { join, persons: json("who waits", &persons)?, answered, admitted })
        });
        let Some(Kept { join, persons, answered, admitted }) = known.transpose()? else {
            let sql = "SELECT count(*) FROM waiting WHERE invite = ?1";
            let waiting = number(self.connection, sql, [asking.invite.number()])?;
            if usize::try_from(waiting).is_ok_and(|waiting| waiting >= MOST_WAITING) {
                return Ok(Answer::Crowded);
            }
            return self.let_wait(JoinId::random()?, asking);
        };
        let same = asking.persons.iter().all(|person| persons.contains(person));
        match (answered, admitted) {
            (true, false) => Ok(Answer::TurnedAway),
            (true, true) if same => Ok(Answer::Admitted),
            (false, _) if same => Ok(Answer::Waiting { digits: joining::digits(join, asking.key) }),
            // It asks for others than an officer saw.
            _ => self.let_wait(join, asking),
        }
    }

    fn let_wait(&mut self, join: JoinId, asking: &Asking<'_>) -> Result<Answer, StoreError> {
        let mut persons = Vec::with_capacity(asking.persons.len());
        for id in asking.persons {
            let name = self.look().person(*id)?.map(|person| person.name).unwrap_or_default();
            persons.push(Joiner { id: *id, name });
        }
        let digits = joining::digits(join, asking.key);
        let (phone, name) = (asking.phone.to_owned(), asking.name.to_owned());
        let wish = Join { join, to: asking.to, name, persons, phone, digits: digits.clone(), at: self.now };
        let commit = self.system_commit("waits", &join.to_string())?;
        let shown = reduce::shown_waiting(&self.look(), &wish, self.now)?;
        let desk = |effect: &Effect| match effect {
            Effect::Put { feed: FeedName::Desk(desk), .. } => Some(*desk),
            _ => None,
        };
        let desks: Vec<GroupId> = shown.iter().filter_map(desk).collect();
        let sql = "INSERT INTO waiting (id, invite, key, name, persons, desks, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                   ON CONFLICT (invite, key) DO UPDATE SET name = excluded.name, persons = excluded.persons, \
                   desks = excluded.desks, at = excluded.at, answered = NULL, admitted = 0";
        let (invite, key, now) = (asking.invite.number(), asking.key.sec1(), self.now.millis());
        let (persons, desks) = (to_json(&asking.persons)?, to_json(&desks)?);
        run(self.connection, sql, params![join.number(), invite, key, asking.phone, persons, desks, now])?;
        self.carry_out(shown, commit)?;
        Ok(Answer::Waiting { digits })
    }

    /// An officer said yes or no.
    pub(super) fn answer_waiting(&mut self, join: JoinId, admit: bool) -> Result<(), StoreError> {
        let sql = "UPDATE waiting SET answered = ?2, admitted = ?3 WHERE id = ?1";
        run(self.connection, sql, params![join.number(), self.now.millis(), admit])?;
        self.no_longer_shown(join)
    }

    /// Whose invitation was replaced or ran out waits in vain.
    pub(super) fn forget_those_who_wait_in_vain(&mut self) -> Result<(), StoreError> {
        let sql = "SELECT waiting.id FROM waiting JOIN invite ON invite.id = waiting.invite \
                   WHERE answered IS NULL AND (void = 1 OR until <= ?1)";
        for join in many(self.connection, sql, [self.now.millis()], |row| row.get(0).map(JoinId::from_number))? {
            self.no_longer_shown(join)?;
            run(self.connection, "DELETE FROM waiting WHERE id = ?1", [join.number()])?;
        }
        Ok(())
    }

    fn no_longer_shown(&mut self, join: JoinId) -> Result<(), StoreError> {
        let sql = "SELECT desks FROM waiting WHERE id = ?1";
        let desks = one(self.connection, sql, [join.number()], |row| row.get::<_, String>(0))?;
        let desks: Vec<GroupId> = desks.map_or(Ok(Vec::new()), |desks| json("desks", &desks))?;
        for desk in desks {
            self.drop_row(FeedName::Desk(desk), (kind::JOIN, &join.to_string()))?;
        }
        Ok(())
    }
}
