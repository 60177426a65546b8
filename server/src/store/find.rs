//! What a command line names: groups, people, roles and devices by id or exact name, and households to invite.

use super::{
    error::StoreError,
    look::{Look, group, read_group},
    records::{DeviceFacts, Found, HouseholdFacts, PersonFacts},
    sql::{many, one},
};
use kairan_protocol::{
    id::{DeviceId, GroupId, PersonId, RoleId},
    tree::{Group, GroupKind},
    view::View,
};

impl Look<'_> {
    /// Everything a text may name: the one thing with this id, or all with exactly this name.
    pub fn find(&self, what: &str) -> Result<Vec<Found>, StoreError> {
        let what = what.trim();
        if let Ok(id) = what.parse::<GroupId>() {
            return Ok(self.group(id)?.map(Found::Group).into_iter().collect());
        }
        if let Ok(id) = what.parse::<PersonId>() {
            return self.all_of(id);
        }
        if let Ok(id) = what.parse::<RoleId>() {
            return Ok(self.role(id)?.map(Found::Role).into_iter().collect());
        }
        if let Ok(id) = what.parse::<DeviceId>() {
            return Ok(self.device_facts(id)?.map(Found::Device).into_iter().collect());
        }
        let sql = "SELECT id, kind, parent, name FROM grp WHERE name = ?1 AND closed IS NULL ORDER BY place";
        let groups = many(self.connection, sql, [what], read_group)?;
        let mut found: Vec<Found> =
            groups.into_iter().map(|columns| group(columns).map(Found::Group)).collect::<Result<_, _>>()?;
        let sql = "SELECT id FROM person WHERE name = ?1 AND gone IS NULL ORDER BY place";
        for id in many(self.connection, sql, [what], |row| row.get(0).map(PersonId::from_number))? {
            found.extend(self.all_of(id)?);
        }
        let sql = "SELECT id FROM device WHERE name = ?1 ORDER BY since, id";
        for id in many(self.connection, sql, [what], |row| row.get(0).map(DeviceId::from_number))? {
            found.extend(self.device_facts(id)?.map(Found::Device));
        }
        Ok(found)
    }

    /// A person with the roles they hold and the devices that hold them: what ending a role or signing a device off needs.
    fn all_of(&self, person: PersonId) -> Result<Vec<Found>, StoreError> {
        let Some(facts) = self.person_facts(person)? else { return Ok(Vec::new()) };
        let mut found = vec![Found::Person(facts)];
        found.extend(self.roles(person)?.into_iter().filter(|role| role.term.holds(self.now)).map(Found::Role));
        let sql = "SELECT device FROM device_person WHERE person = ?1 ORDER BY device";
        for id in many(self.connection, sql, [person.number()], |row| row.get(0).map(DeviceId::from_number))? {
            found.extend(self.device_facts(id)?.map(Found::Device));
        }
        Ok(found)
    }

    /// A person by id.
    pub fn person_facts(&self, id: PersonId) -> Result<Option<PersonFacts>, StoreError> {
        Ok(self.person(id)?.map(|person| PersonFacts { id, name: person.name, rev: person.rev }))
    }

    pub fn device_facts(&self, id: DeviceId) -> Result<Option<DeviceFacts>, StoreError> {
        let sql = "SELECT name, revoked IS NOT NULL FROM device WHERE id = ?1";
        let known = one(self.connection, sql, [id.number()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some((name, revoked)) = known else { return Ok(None) };
        Ok(Some(DeviceFacts { id, name, persons: self.device_persons(id)?, revoked }))
    }

    /// Every household at or below a group, in the order of the tree.
    pub fn households(&self, below: GroupId) -> Result<Vec<HouseholdFacts>, StoreError> {
        let mut households = Vec::new();
        let mut waiting: Vec<Group> = self.group(below)?.into_iter().collect();
        while let Some(next) = waiting.pop() {
            match (next.kind, next.parent) {
                (GroupKind::Household, Some(_)) => households.extend(self.household_facts(next)?),
                _ => waiting.extend(self.children(next.id)?.into_iter().rev()),
            }
        }
        Ok(households)
    }

    fn household_facts(&self, household: Group) -> Result<Option<HouseholdFacts>, StoreError> {
        let mut above = self.path(household.id)?.into_iter().skip(1);
        let Some(block) = above.next() else { return Ok(None) };
        let association = above.find(|group| group.kind == GroupKind::Association);
        let mut members = Vec::new();
        for member in self.members(household.id)? {
            members.extend(self.person_facts(member)?);
        }
        Ok(Some(HouseholdFacts { id: household.id, name: household.name, block, association, members }))
    }

    pub(super) fn children(&self, above: GroupId) -> Result<Vec<Group>, StoreError> {
        let sql = "SELECT id, kind, parent, name FROM grp WHERE parent = ?1 ORDER BY place, id";
        many(self.connection, sql, [above.number()], read_group)?.into_iter().map(group).collect()
    }
}
