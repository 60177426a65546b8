//! Tallies: the homes of a notice counted by block, added up by association, and the nameless seals of a block.

use super::{Packed, Tx};
use crate::store::{
    error::StoreError,
    look::stage_of_number,
    paper,
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
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

/// How long a notice's seals stay fresh on its boards: sixty days.
pub(in crate::store) const SEALED_MILLIS: i64 = 60 * 86_400_000;

/// The columns of a block's figures in `tally`, in the order [`counts`] reads them.
pub(in crate::store) const COUNTS: [&str; 7] =
    ["acknowledged", "displayed", "delivered", "not_yet", "paper", "handed", "proxy"];

/// Figures from a column on. Every household is in exactly one of them.
pub(in crate::store) fn counts(row: &Row<'_>, first: usize) -> rusqlite::Result<Counts> {
    let mut figures = [0; COUNTS.len()];
    for (place, figure) in figures.iter_mut().enumerate() {
        *figure = row.get(first + place)?;
    }
    let [acknowledged, displayed, delivered, not_yet, paper, handed, proxy] = figures;
    let households = figures.into_iter().sum();
    Ok(Counts { households, acknowledged, displayed, delivered, not_yet, paper, handed, proxy })
}

/// Figures of an association's blocks, added up.
pub(in crate::store) fn sum(
    connection: &Connection,
    notice: NoticeId,
    association: GroupId,
) -> Result<Option<Counts>, StoreError> {
    let sums = COUNTS.map(|column| format!("sum({column})")).join(", ");
    let sql = format!("SELECT {sums} FROM tally WHERE notice = ?1 AND association = ?2 HAVING count(*) > 0");
    one(connection, &sql, params![notice.bytes(), association.number()], |row| counts(row, 0))
}

/// Each home of a block that counts for a notice, counted from what was entered and from the receipts of who lived there when they tapped. Whoever never
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
               WHERE earlier.person = residence.person AND earlier.from_commit < residence.from_commit))), \
               (SELECT stage FROM paper_receipt WHERE notice = ?1 AND household = grp.id AND rev >= ?2) \
               FROM location JOIN grp ON grp.id = location.household WHERE location.block = ?3 \
               AND from_commit <= ?4 AND (until_commit IS NULL OR until_commit > ?4)";
    let parameters = params![notice.id.bytes(), notice.body.asks.0, block.number(), signed(published.0)];
    let homes = many(connection, sql, parameters, |row| {
        let furthest = row.get::<_, Option<i64>>(2)?.and_then(stage_of_number);
        let entered = row.get::<_, Option<i64>>(3)?.and_then(paper::stage_of_number);
        Ok((GroupId::from_number(row.get(0)?), HomeStage::of(furthest, entered, row.get(1)?)))
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
    /// Every tally where a household counts is to be counted.
    pub(super) fn mark_tallies_of(&mut self, household: GroupId) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO mark (kind, thing, place) SELECT ?1, tally.notice, tally.block FROM location \
                   JOIN grp ON grp.id = location.block JOIN notice ON notice.published >= location.from_commit \
                   AND (location.until_commit IS NULL OR notice.published < location.until_commit) \
                   CROSS JOIN tally ON tally.notice = notice.id AND tally.association = grp.parent \
                   AND tally.block = location.block WHERE location.household = ?2";
        run(self.connection, sql, params![Packed::Tally as i64, household.number()])?;
        self.changes.stirred = true;
        Ok(())
    }

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
        let association = way.iter().find(|group| group.kind == GroupKind::Association);
        // Even where the notice does not ask this block: the sum may have waited to know that.
        if let Some(association) = association {
            self.mark_row(Packed::Association, *id.bytes(), association.id.number())?;
        }
        let Some(Counted { notice, counts, homes }) = self.count_block(id, block, &way)? else { return Ok(()) };
        let tally = Tally { notice: id, asks: notice.body.asks, group: block, counts, homes, through: self.commit() };
        let body = to_json(&tally)?;
        for desk in [Some(block), association.map(|association| association.id)].into_iter().flatten() {
            self.put(FeedName::Desk(desk), (kind::TALLY, &self::id(id, block)), notice.rev.0, false, &body)?;
        }
        if let Some(association) = association {
            self.keep_counts(id, association.id, block, counts)?;
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
        let sql = "INSERT OR REPLACE INTO tally (notice, association, block, acknowledged, displayed, delivered, not_yet, \
                   paper, handed, proxy, through) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let Counts { households: _, acknowledged, displayed, delivered, not_yet, paper, handed, proxy } = counts;
        let (association, block, through) = (association.number(), block.number(), signed(self.commit().0));
        let parameters = params![
            notice.bytes(),
            association,
            block,
            acknowledged,
            displayed,
            delivered,
            not_yet,
            paper,
            handed,
            proxy,
            through
        ];
        run(self.connection, sql, parameters)?;
        Ok(())
    }

    /// Whether a block of an association is still to be counted for the first time.
    fn first_count_waits(&self, id: NoticeId, association: GroupId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM grp CROSS JOIN mark ON mark.kind = ?1 AND mark.thing = ?2 AND mark.place = grp.id \
                   WHERE grp.parent = ?3 AND NOT EXISTS (SELECT 1 FROM tally WHERE tally.notice = ?2 \
                   AND tally.association = ?3 AND tally.block = grp.id) LIMIT 1";
        let parameters = params![Packed::Tally as i64, id.bytes(), association.number()];
        Ok(one(self.connection, sql, parameters, |_| Ok(()))?.is_some())
    }

    /// Adds an association's blocks up and writes the sum to every desk above it.
    pub(super) fn write_association(&mut self, id: NoticeId, association: GroupId) -> Result<(), StoreError> {
        // Some of its homes would be missing from the denominator; each block that was looked at marks the sum again.
        if self.first_count_waits(id, association)? {
            return Ok(());
        }
        let Some(notice) = self.look().notice(id)? else { return Ok(()) };
        let Some(counts) = sum(self.connection, id, association)? else { return Ok(()) };
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
