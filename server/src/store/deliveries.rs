//! What is to be carried to paper homes, counted from the tables for every block below a group.

use super::{
    desks::recount,
    error::StoreError,
    look::Look,
    sql::{json, many},
};
use kairan_protocol::{
    delivery::{Asked, BlockDelivery, Listed, Wanted, of_block},
    feed::Audience,
    id::GroupId,
    notice::{NoticeState, Phase},
    paper::CARRIED_DAYS,
    tree::{Group, GroupKind},
    view::View,
};
use rusqlite::params;

impl Look<'_> {
    /// The lists of the blocks at or below a group, in the order of the tree; those without anything to carry are left out.
    pub fn deliveries(&self, below: GroupId, wanted: Wanted) -> Result<Vec<BlockDelivery>, StoreError> {
        let notices = self.wanted(wanted)?;
        let mut lists = Vec::new();
        let mut waiting: Vec<Group> = self.group(below)?.into_iter().collect();
        while let Some(next) = waiting.pop() {
            match next.kind {
                GroupKind::Block => lists.extend(self.delivery(&next, &notices, wanted)?),
                GroupKind::Household | GroupKind::Team => {}
                _ => waiting.extend(self.children(next.id)?.into_iter().rev()),
            }
        }
        Ok(lists)
    }

    fn wanted(&self, wanted: Wanted) -> Result<Vec<NoticeState>, StoreError> {
        let states = match wanted {
            Wanted::One(notice) => self.notice(notice)?.into_iter().collect(),
            Wanted::Open => {
                let sql = "SELECT state FROM notice WHERE phase = 'published' AND hour > ?1";
                let since = self.now.plus_millis(-CARRIED_DAYS * 86_400_000).millis();
                let texts = many(self.connection, sql, [since], |row| row.get::<_, String>(0))?;
                texts.iter().map(|text| json::<NoticeState>("a notice", text)).collect::<Result<Vec<_>, _>>()?
            }
        };
        let carried = |notice: &NoticeState| {
            notice.phase == Phase::Published && wanted.holds(notice.id, notice.body.at, self.now)
        };
        Ok(states.into_iter().filter(carried).collect())
    }

    fn delivery(
        &self,
        block: &Group,
        notices: &[NoticeState],
        wanted: Wanted,
    ) -> Result<Option<BlockDelivery>, StoreError> {
        let way: Vec<GroupId> = self.path(block.id)?.into_iter().map(|group| group.id).collect();
        let asks = |audience: &Audience| matches!(audience, Audience::Board(board) if way.contains(board));
        let mut asked = Vec::new();
        for notice in notices.iter().filter(|notice| notice.audience.iter().any(asks)) {
            let homes = recount(self.connection, notice, block.id)?;
            asked.push(Asked { notice: notice.id, title: notice.body.title.clone(), at: notice.body.at, homes });
        }
        Ok(of_block((block.id, &block.name), &self.listed(block.id)?, asked, wanted))
    }

    /// Every home that stands or stood in a block, in the order of the roster: one that moved away counts here still. One that was
    /// closed does too, but nobody answers its door.
    fn listed(&self, block: GroupId) -> Result<Vec<Listed>, StoreError> {
        let sql = "SELECT id, name, paper FROM grp WHERE id IN (SELECT household FROM location WHERE block = ?1) \
                   AND closed IS NULL ORDER BY parent <> ?1, place, id";
        many(self.connection, sql, params![block.number()], |row| {
            Ok(Listed { home: GroupId::from_number(row.get(0)?), name: row.get(1)?, paper: row.get(2)? })
        })
    }
}
