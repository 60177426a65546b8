//! 届いた: the phone reports by itself, once, that a notice reached it.

use super::{Step, Store, outbox::ops};
use crate::{error::Error, overlay::judge};
use kairan_protocol::{
    feed::FeedName,
    id::{NoticeId, OpId, PersonId, Rev},
    op::{Command, Op},
    outcome::Flag,
    receipt::Stage,
    time::Timestamp,
};

/// Notices published longer ago are not reported, in milliseconds: 60 days.
const REPORTED_MILLIS: i64 = 60 * 86_400_000;

/// A notice that came and nobody's receipt is known of.
struct Arrived {
    person: PersonId,
    notice: String,
    rev: Rev,
    asks: u32,
}

impl Store {
    /// Reports what arrived, once the receipts the server knows are here; whether there is something new to send.
    pub(super) fn report_delivered(&self, now: Timestamp) -> Result<bool, Error> {
        let world = self.scene().world;
        let complete = |person: &PersonId| world.feeds.get(&FeedName::Mail(*person)).is_some_and(|mail| mail.complete);
        if world.persons.is_empty() || !world.persons.iter().all(complete) {
            return Ok(false);
        }
        let (arrived, ids) = self.arrived(now)?;
        if ids.is_empty() {
            return Ok(false);
        }
        let mut reports = Vec::new();
        for one in arrived {
            let Ok(notice) = one.notice.parse::<NoticeId>() else { continue };
            let id = OpId::at(now).map_err(Error::internal)?;
            let command = Command::Receipt { notice, rev: one.rev, stage: Stage::Delivered };
            let op = Op { id, person: one.person, at: now, command };
            let judgement = self.look(|look| judge(look, &op, now))?;
            if judgement.is_ok_and(|effects| !effects.flags.contains(&Flag::Nothing)) {
                reports.push((op, one));
            }
        }
        let reported = self.outbox_file().write(|outbox| {
            let mut reported = 0;
            for (op, one) in &reports {
                if !ops::was_delivered(outbox, one.person, &one.notice, one.asks)? {
                    ops::hold(outbox, op, None)?;
                    ops::set_delivered(outbox, one.person, &one.notice, one.asks, now)?;
                    reported += 1;
                }
            }
            Ok(reported)
        })?;
        self.reach(Step::Reported)?;
        // Only now: after a crash in between they are looked at again and found reported.
        self.mirror_file().write(|mirror| {
            ids.iter().try_for_each(|id| {
                mirror.prepare_cached("DELETE FROM arrival WHERE id = ?1")?.execute([id])?;
                Ok(())
            })
        })?;
        self.reach(Step::ArrivalsForgotten)?;
        Ok(reported > 0)
    }

    fn arrived(&self, now: Timestamp) -> Result<(Vec<Arrived>, Vec<String>), Error> {
        self.mirror_file().read(|mirror| {
            let mut ids = mirror.prepare_cached("SELECT id FROM arrival")?;
            let ids = ids.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
            let mut select = mirror.prepare_cached(
                "SELECT standing.person, notice.id, notice.rev, notice.asks
                 FROM arrival JOIN notice ON notice.id = arrival.id JOIN standing ON standing.number = notice.number
                 WHERE standing.stage = 0 AND notice.withdrawn = 0 AND notice.at >= ?1 ORDER BY notice.number DESC",
            )?;
            let rows = select.query_map([now.plus_millis(-REPORTED_MILLIS).millis()], |row| {
                Ok(Arrived {
                    person: PersonId::from_number(row.get(0)?),
                    notice: row.get(1)?,
                    rev: Rev(row.get(2)?),
                    asks: row.get(3)?,
                })
            })?;
            Ok((rows.collect::<Result<_, _>>()?, ids))
        })
    }
}
