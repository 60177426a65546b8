//! Tallies: the homes of a notice counted by block, added up by association, and the nameless seals of a block.

use super::{Packed, Tx};
use crate::store::{
    error::StoreError,
    look::stage_of_number,
    sql::{json, many, number, one, run, signed, to_json, unsigned},
};
use kairan_protocol::{
    feed::{Audience, FeedName},
    id::{Commit, GroupId, NoticeId},
    notice::{NoticeState, Phase},
    row::kind,
    tally::{Counts, HomeStage, Seals, Tally},
    tree::{Group, GroupKind},
    view::View,
};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// How long a notice's seals stay fresh on its boards: sixty days.
pub(in crate::store) const SEALED_MILLIS: i64 = 60 * 86_400_000;

/// Each home of a block that counts for a notice, counted from the receipts of who lived there when they tapped. Whoever never
/// lived elsewhere has always lived there, whatever clocks say.
pub(in crate::store) fn recount(
    connection: &Connection,
    notice: &NoticeState,
    block: GroupId,
) -> Result<BTreeMap<GroupId, HomeStage>, StoreError> {
    let Some(published) = notice.published else { return Ok(BTreeMap::new()) };
    let sql = "SELECT grp.id, grp.paper, (SELECT max(receipt.stage) FROM residence JOIN receipt \
               ON receipt.notice = ?1 AND receipt.person = residence.person AND receipt.rev >= ?2 \
               WHERE residence.household = grp.id AND (residence.until IS NULL OR residence.until > receipt.at) \
               AND (residence.since <= receipt.at OR NOT EXISTS (SELECT 1 FROM residence AS earlier \
               WHERE earlier.person = residence.person AND earlier.from_commit < residence.from_commit))) \
               FROM location JOIN grp ON grp.id = location.household WHERE location.block = ?3 \
               AND from_commit <= ?4 AND (until_commit IS NULL OR until_commit > ?4)";
    let parameters = params![notice.id.bytes(), notice.body.asks.0, block.number(), signed(published.0)];
    let homes = many(connection, sql, parameters, |row| {
        let furthest = row.get::<_, Option<i64>>(2)?.and_then(stage_of_number);
        Ok((GroupId::from_number(row.get(0)?), HomeStage::of(furthest, row.get(1)?)))
    })?;
    Ok(homes.into_iter().collect())
}

fn id(notice: NoticeId, group: GroupId) -> String {
    format!("{notice}:{group}")
}

/// A block counted for a notice that asks it.
struct Counted {
    notice: NoticeState,
    counts: Counts,
    homes: BTreeMap<GroupId, HomeStage>,
}

/// The notice, if this block is in its audience.
fn asks_block(notice: Option<NoticeState>, way: &[Group]) -> Option<NoticeState> {
    notice.filter(|notice| {
        notice.audience.iter().any(|audience| match audience {
            Audience::Board(board) => way.iter().any(|group| group.id == *board),
            Audience::Staff(_) => false,
        })
    })
}

impl Tx<'_> {
    /// Every block of a notice's audience is to be counted.
    pub(super) fn expand_notice(&mut self, id: NoticeId) -> Result<(), StoreError> {
        let Some(notice) = self.look().notice(id)? else { return Ok(()) };
        for audience in notice.audience {
            let Audience::Board(board) = audience else { continue };
            let sql = "WITH RECURSIVE below (id, kind) AS (SELECT id, kind FROM grp WHERE id = ?3 UNION ALL \
                       SELECT grp.id, grp.kind FROM below JOIN grp ON grp.parent = below.id WHERE below.kind <> 'block') \
                       INSERT OR IGNORE INTO mark (kind, thing, place) SELECT ?1, ?2, id FROM below WHERE kind = 'block'";
            run(self.connection, sql, params![Packed::Tally as i64, id.bytes(), board.number()])?;
        }
        Ok(())
    }

    /// Counts a block and writes its tally to its own desk and its association's.
    pub(super) fn write_tally(&mut self, id: NoticeId, block: GroupId) -> Result<(), StoreError> {
        let way = self.way_up(block)?;
        let Some(Counted { notice, counts, homes }) = self.count_block(id, block, &way)? else { return Ok(()) };
        let association = way.iter().find(|group| group.kind == GroupKind::Association);
        let tally = Tally { notice: id, asks: notice.body.asks, group: block, counts, homes, through: self.commit() };
        let body = to_json(&tally)?;
        for desk in [Some(block), association.map(|association| association.id)].into_iter().flatten() {
            self.put(FeedName::Desk(desk), (kind::TALLY, &self::id(id, block)), notice.rev.0, false, &body)?;
        }
        if let Some(association) = association {
            self.keep_counts(id, association.id, block, counts)?;
            self.mark_row(Packed::Association, *id.bytes(), association.id.number())?;
        }
        if notice.phase == Phase::Published && self.now.since(notice.body.at) < SEALED_MILLIS {
            self.mark_row(Packed::Seals, *id.bytes(), block.number())?;
        }
        Ok(())
    }

    fn count_block(&self, id: NoticeId, block: GroupId, way: &[Group]) -> Result<Option<Counted>, StoreError> {
        let Some(notice) = asks_block(self.look().notice(id)?, way) else { return Ok(None) };
        let homes = recount(self.connection, &notice, block)?;
        let counts = homes.values().copied().fold(Counts::default(), Counts::with);
        Ok(Some(Counted { notice, counts, homes }))
    }

    fn keep_counts(
        &mut self,
        notice: NoticeId,
        association: GroupId,
        block: GroupId,
        counts: Counts,
    ) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO tally \
                   (notice, association, block, acknowledged, displayed, delivered, not_yet, paper, through) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let Counts { acknowledged, displayed, delivered, not_yet, paper, .. } = counts;
        let parameters = params![
            notice.bytes(),
            association.number(),
            block.number(),
            acknowledged,
            displayed,
            delivered,
            not_yet,
            paper,
            signed(self.commit().0)
        ];
        run(self.connection, sql, parameters)?;
        Ok(())
    }

    /// Adds an association's blocks up and writes the sum to every desk above it.
    pub(super) fn write_association(&mut self, id: NoticeId, association: GroupId) -> Result<(), StoreError> {
        let Some(notice) = self.look().notice(id)? else { return Ok(()) };
        let sql = "SELECT sum(acknowledged), sum(displayed), sum(delivered), sum(not_yet), sum(paper) FROM tally \
                   WHERE notice = ?1 AND association = ?2 HAVING count(*) > 0";
        let counts = one(self.connection, sql, params![id.bytes(), association.number()], |row| {
            let counts = Counts {
                households: 0,
                acknowledged: row.get(0)?,
                displayed: row.get(1)?,
                delivered: row.get(2)?,
                not_yet: row.get(3)?,
                paper: row.get(4)?,
            };
            let households = counts.acknowledged + counts.displayed + counts.delivered + counts.not_yet + counts.paper;
            Ok(Counts { households, ..counts })
        })?;
        let Some(counts) = counts else { return Ok(()) };
        // A block that is out of date again holds the sum back to what it includes.
        let sql = "SELECT coalesce(min(tally.through), ?3) FROM tally JOIN mark ON mark.kind = ?4 \
                   AND mark.thing = tally.notice AND mark.place = tally.block WHERE notice = ?1 AND association = ?2";
        let now = signed(self.commit().0);
        let parameters = params![id.bytes(), association.number(), now, Packed::Tally as i64];
        let through = Commit(unsigned(number(self.connection, sql, parameters)?));
        let asks = notice.body.asks;
        let tally = Tally { notice: id, asks, group: association, counts, homes: BTreeMap::new(), through };
        let body = to_json(&tally)?;
        for above in self.way_up(association)?.into_iter().skip(1) {
            let desk = FeedName::Desk(above.id);
            self.put(desk, (kind::TALLY, &self::id(id, association)), notice.rev.0, false, &body)?;
        }
        Ok(())
    }

    /// Writes a block's seals to its board, unless they are as they were.
    pub(super) fn write_seals(&mut self, id: NoticeId, block: GroupId) -> Result<(), StoreError> {
        let way = self.way_up(block)?;
        let Some(Counted { notice, counts, .. }) = self.count_block(id, block, &way)? else { return Ok(()) };
        let (board, name) = (FeedName::Board(block), id.to_string());
        let old = self.body(board, (kind::SEALS, &name))?.map(|body| json::<Seals>("seals", &body)).transpose()?;
        if notice.phase != Phase::Published || old.is_some_and(|old| old.counts == counts) {
            return Ok(());
        }
        let body = to_json(&Seals { counts, through: self.commit() })?;
        self.put(board, (kind::SEALS, &name), notice.rev.0, false, &body)
    }
}
