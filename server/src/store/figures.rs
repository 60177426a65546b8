//! What the tables hold of an association at this moment, counted by SQL and by no packed row: for whoever compares a desk with the
//! database, as the demo does before everybody's eyes. It writes nothing.

use super::{days::participation, desks::recount, error::StoreError, look::Look, records::Figures};
use kairan_protocol::{
    id::{GroupId, NoticeId},
    tally::Counts,
    time::ZoneOffsets,
    tree::GroupKind,
    view::View,
};

impl Look<'_> {
    /// How many of an association agreed and tapped today, and where its homes stand with a notice.
    pub fn figures(&self, association: GroupId, notice: NoticeId, zone: &ZoneOffsets) -> Result<Figures, StoreError> {
        let day = zone.day_of(self.now);
        let (agreed, said) = participation(self, association, day)?;
        let mut counts = Counts::default();
        if let Some(state) = self.notice(notice)? {
            for block in self.children(association)?.iter().filter(|group| group.kind == GroupKind::Block) {
                counts = recount(self.connection, &state, block.id)?.into_values().fold(counts, Counts::with);
            }
        }
        Ok(Figures { day, said, agreed, counts })
    }
}
