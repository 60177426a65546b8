//! Participation: how many of those who agreed have tapped today, on the association's desk. The only figure of moods that is live.

use super::{NO_NOTICE, Packed, Tx};
use crate::store::{days::participation, error::StoreError, sql::to_json};
use kairan_protocol::{
    body::Participation,
    feed::FeedName,
    id::GroupId,
    row::kind,
    tree::{Group, GroupKind},
};

impl Tx<'_> {
    /// The participation of the association a group belongs to is out of date.
    pub(in crate::store) fn mark_participation(&mut self, group: GroupId) -> Result<(), StoreError> {
        let way = self.way_up(group)?;
        let association = way.iter().find(|group: &&Group| group.kind == GroupKind::Association).map(|group| group.id);
        association.map_or(Ok(()), |association| self.mark_row(Packed::Participation, NO_NOTICE, association.number()))
    }

    pub(super) fn write_participation(&mut self, association: GroupId) -> Result<(), StoreError> {
        let day = self.memory.zone.day_of(self.now);
        let (agreed, said) = participation(&self.look(), association, day)?;
        let body = to_json(&Participation { day, said, agreed, through: self.commit() })?;
        self.put(FeedName::Desk(association), (kind::PARTICIPATION, "today"), 1, false, &body)
    }
}
