//! Statuses: how each consenting person is, on the desk of the nearest staffed team and nowhere else.

use super::Tx;
use crate::store::{
    error::StoreError,
    sql::{one, run, to_json},
};
use kairan_protocol::{
    body::Status,
    check_in::{CheckIns, Strip},
    feed::FeedName,
    id::{GroupId, PersonId},
    people::Person,
    reduce,
    row::kind,
    tree::Group,
    view::View,
};

impl Tx<'_> {
    /// Writes a person's status where it belongs now, and takes it from where it stood before.
    pub(super) fn write_status(&mut self, id: PersonId) -> Result<(), StoreError> {
        let person = self.look().person(id)?.filter(|person| person.moods_to_team.is_some());
        let household = self.household(id)?;
        if let Some(household) = &household {
            self.mark_participation(household.id)?;
        }
        let team = match (&person, &household) {
            (Some(_), Some(household)) => self.team_of(id, household)?,
            _ => None,
        };
        let sql = "SELECT desk FROM status WHERE person = ?1";
        let before = one(self.connection, sql, [id.number()], |row| row.get(0).map(GroupId::from_number))?;
        let now = team.as_ref().map(|team| team.id);
        if let Some(before) = before.filter(|before| Some(*before) != now) {
            self.drop_row(FeedName::Desk(before), (kind::STATUS, &id.to_string()))?;
            run(self.connection, "DELETE FROM status WHERE person = ?1", [id.number()])?;
        }
        let (Some(person), Some(team)) = (person, team) else { return Ok(()) };
        if before != now {
            let sql = "INSERT INTO status (person, desk) VALUES (?1, ?2)";
            run(self.connection, sql, [id.number(), team.id.number()])?;
        }
        let name = household.map(|household| household.name).unwrap_or_default();
        self.put_status(&person, name, team.id)
    }

    fn put_status(&mut self, person: &Person, household: String, team: GroupId) -> Result<(), StoreError> {
        let today = self.memory.zone.day_of(self.now);
        let check_ins = self.look().check_ins(person.id)?;
        let check_ins = check_ins.unwrap_or(CheckIns { day: today, newest: None, strip: Strip::EMPTY });
        let (id, name) = (person.id, person.name.clone());
        let body = to_json(&Status { person: id, name, household, check_ins, through: self.commit() })?;
        let (desk, id) = (FeedName::Desk(team), id.to_string());
        let old = self.body(desk, (kind::STATUS, &id))?;
        if old.is_some_and(|old| without_through(&old) == without_through(&body)) {
            return Ok(());
        }
        self.put(desk, (kind::STATUS, &id), 1, false, &body)
    }

    fn household(&self, person: PersonId) -> Result<Option<Group>, StoreError> {
        let residences = self.look().residences(person)?;
        // The newest, whatever the clock says.
        let residence = residences.into_iter().next().filter(|residence| residence.term.until.is_none());
        residence.map_or(Ok(None), |residence| self.look().group(residence.household))
    }

    /// The team of a person's block; the same for everybody in it.
    fn team_of(&mut self, person: PersonId, household: &Group) -> Result<Option<Group>, StoreError> {
        let Some(block) = household.parent else { return Ok(None) };
        if let Some(known) = self.memory.desks.teams.get(&block) {
            return Ok(known.clone());
        }
        let team = reduce::talk_team(&self.look(), person, self.now)?;
        self.memory.desks.teams.insert(block, team.clone());
        Ok(team)
    }
}

/// A packed body as far as it says anything: `through` is its last field.
fn without_through(body: &str) -> &str {
    body.rsplit_once(",\"through\":").map_or(body, |(said, _)| said)
}
