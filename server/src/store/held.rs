//! What an association holds, for a roster to be compared with or written from; and what is kept of homes beside it.

use super::{
    desks::homes,
    error::StoreError,
    look::Look,
    sql::{many, one, run},
    tx::Tx,
};
use crate::held::{Contact, Held, HeldBlock, HeldHome, HeldPerson, HeldRole};
use kairan_protocol::{
    body::Home,
    id::{GroupId, PersonId},
    people::RoleKind,
    tree::{Group, GroupKind},
    view::View,
};
use rusqlite::params;
use std::collections::HashMap;

impl Look<'_> {
    /// An association with its blocks, homes and people, in the order of the roster; none for a group of another kind. Telephones
    /// and remarks only `with_contacts`.
    pub fn held(&self, association: GroupId, with_contacts: bool) -> Result<Option<Held>, StoreError> {
        let group = self.group(association)?.filter(|group| group.kind == GroupKind::Association);
        let Some(Group { id, name, .. }) = group else { return Ok(None) };
        let sql = "SELECT id, name FROM grp WHERE parent = ?1 AND kind = 'block' ORDER BY place, id";
        let blocks = many(self.connection, sql, [id.number()], |row| {
            Ok((GroupId::from_number(row.get(0)?), row.get::<_, String>(1)?))
        })?;
        let roles = self.roles_at(id)?;
        let mut held = Held { association: id, name, blocks: Vec::with_capacity(blocks.len()) };
        for (id, name) in blocks {
            let mut kept = Vec::new();
            for home in homes(self.connection, id)? {
                let contact = if with_contacts { self.contact(home.id)? } else { Contact::default() };
                kept.push(held_home(home, contact, &roles));
            }
            held.blocks.push(HeldBlock { id, name, homes: kept });
        }
        Ok(Some(held))
    }

    /// The roles that hold now at an association and its blocks.
    fn roles_at(&self, association: GroupId) -> Result<HashMap<PersonId, Vec<HeldRole>>, StoreError> {
        let sql = "SELECT person, role.kind, grp FROM role JOIN grp ON grp.id = role.grp \
                   WHERE (grp.id = ?1 OR (grp.parent = ?1 AND grp.kind = 'block')) AND role.over = 0 \
                   AND role.since <= ?2 AND (role.until IS NULL OR role.until > ?2) ORDER BY role.since, role.id";
        let rows = many(self.connection, sql, params![association.number(), self.now.millis()], |row| {
            let (person, group) = (PersonId::from_number(row.get(0)?), GroupId::from_number(row.get(2)?));
            Ok((person, row.get::<_, String>(1)?, group))
        })?;
        let mut roles: HashMap<PersonId, Vec<HeldRole>> = HashMap::new();
        for (person, kind, group) in rows {
            if let Some(kind) = RoleKind::from_word(&kind) {
                roles.entry(person).or_default().push(HeldRole { kind, group });
            }
        }
        Ok(roles)
    }

    fn contact(&self, household: GroupId) -> Result<Contact, StoreError> {
        let sql = "SELECT telephone, note FROM contact WHERE household = ?1";
        let kept = one(self.connection, sql, [household.number()], |row| {
            Ok(Contact { telephone: row.get(0)?, note: row.get(1)? })
        })?;
        Ok(kept.unwrap_or_default())
    }
}

fn held_home(home: Home, contact: Contact, roles: &HashMap<PersonId, Vec<HeldRole>>) -> HeldHome {
    let people = home.people.into_iter().map(|person| HeldPerson {
        id: person.id,
        name: person.name,
        reading: person.reading,
        rev: person.rev,
        roles: roles.get(&person.id).cloned().unwrap_or_default(),
    });
    HeldHome {
        id: home.id,
        name: home.name,
        reading: home.reading,
        rev: home.rev,
        paper: home.paper,
        people: people.collect(),
        contact,
    }
}

impl Tx<'_> {
    /// An association for whoever takes its roster away: that it was read is on record first.
    pub(super) fn export(&mut self, association: GroupId, with_contacts: bool) -> Result<Option<Held>, StoreError> {
        let held = self.look().held(association, with_contacts)?;
        if held.is_some() {
            let more = if with_contacts { " with telephones and remarks" } else { "" };
            self.system_commit("export", &format!("{association}{more}"))?;
        }
        Ok(held)
    }

    /// Keeps what was imported of homes beside the roster, each as it is from now on. Not an op: it stands in no journal, so that it
    /// can be erased. Homes that are closed are passed over; how many were kept.
    pub(super) fn keep_contacts(&mut self, contacts: &[(GroupId, Contact)]) -> Result<usize, StoreError> {
        let mut kept = 0;
        for (household, contact) in contacts {
            let stands = self.look().household(*household)?.is_some_and(|home| home.block.is_some());
            if !stands {
                continue;
            }
            kept += 1;
            self.forget_contact(*household)?;
            if *contact != Contact::default() {
                let sql = "INSERT INTO contact (household, telephone, note) VALUES (?1, ?2, ?3)";
                run(self.connection, sql, params![household.number(), contact.telephone, contact.note])?;
            }
        }
        self.system_commit("contacts", &format!("{kept} homes"))?;
        Ok(kept)
    }

    /// Erases what is kept of a home beside the roster, to the last byte.
    pub(super) fn forget_contact(&mut self, household: GroupId) -> Result<(), StoreError> {
        if run(self.connection, "DELETE FROM contact WHERE household = ?1", [household.number()])? > 0 {
            self.leaves_traces()?;
        }
        Ok(())
    }
}
