//! Who joined by which invitation, and who has not: what whoever handed the sheets round wants to know.

use super::{
    error::StoreError,
    look::Look,
    records::{Invitation, InvitationState, JoinedBy},
    sql::{many, moment, one},
};
use kairan_protocol::{
    id::{GroupId, InviteId},
    time::Timestamp,
};

impl Look<'_> {
    /// The newest invitation of each household at or below a group, with everybody who joined by any; in the order of the tree.
    pub fn invitations(&self, below: GroupId) -> Result<Vec<Invitation>, StoreError> {
        let mut invitations = Vec::new();
        for home in self.households(below)? {
            let sql = "SELECT id, at, until, void, passed_on FROM invite WHERE household = ?1 ORDER BY void, at DESC, id LIMIT 1";
            let newest = one(self.connection, sql, [home.id.number()], |row| {
                let (void, passed_on) = (row.get::<_, bool>(3)?, row.get(4)?);
                Ok((InviteId::from_number(row.get(0)?), moment(row, 1)?, moment(row, 2)?, void, passed_on))
            })?;
            let joined = self.joined_by_invitation(home.id)?;
            let here = |member: &super::PersonFacts| joined.iter().any(|joined| joined.person == member.id);
            let state = match newest {
                None => InvitationState::None,
                _ if !home.members.is_empty() && home.members.iter().all(here) => InvitationState::UsedUp,
                Some((.., true, _)) => InvitationState::Void,
                Some((_, _, until, ..)) if until <= self.now => InvitationState::Expired,
                Some((_, at, until, _, passed_on)) => InvitationState::Open { at, until, passed_on },
            };
            invitations.push(Invitation { home, state, joined });
        }
        Ok(invitations)
    }

    fn joined_by_invitation(&self, household: GroupId) -> Result<Vec<JoinedBy>, StoreError> {
        let sql = "SELECT invite_join.person, person.name, device.name, invite.at, invite_join.at FROM invite \
                   JOIN invite_join ON invite_join.invite = invite.id JOIN person ON person.id = invite_join.person \
                   JOIN device ON device.id = invite_join.device WHERE household = ?1 ORDER BY invite_join.at, person.place";
        many(self.connection, sql, [household.number()], |row| {
            Ok(JoinedBy {
                person: kairan_protocol::id::PersonId::from_number(row.get(0)?),
                name: row.get(1)?,
                phone: row.get(2)?,
                printed: Timestamp::from_millis(row.get(3)?),
                at: Timestamp::from_millis(row.get(4)?),
            })
        })
    }
}
