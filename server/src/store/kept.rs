//! Texts of ops that are kept: of what was done to notices, to fold in what was lost before it; and of what the command line did,
//! on feeds, so that phones bring it back.

use super::{
    error::StoreError,
    op::Asked,
    sql::{many, moment, one, run, signed, to_json},
    tx::Tx,
};
use kairan_protocol::{
    feed::FeedName,
    id::{Commit, NoticeId},
    notice::Phase,
    op::{Command, Op},
    outcome::Outcome,
    replay::{KEPT_DAYS, Replay},
    row::kind,
    time::Timestamp,
    view::View,
};
use rusqlite::params;
use std::collections::BTreeMap;

/// How long what was lost with a machine may come back.
pub(super) const KEPT_MILLIS: i64 = KEPT_DAYS * 86_400_000;

/// The notice an op posts or changes.
fn notice_of(op: &Op) -> Option<NoticeId> {
    match &op.command {
        Command::Post { .. } => Some(op.id.into()),
        Command::Correct { notice, .. } | Command::Withdraw { notice, .. } => Some(*notice),
        _ => None,
    }
}

impl Tx<'_> {
    /// Keeps the text of an applied op where it will be needed again.
    pub(super) fn keep_text(&mut self, asked: &Asked, op: &Op, commit: Commit) -> Result<(), StoreError> {
        let notice = notice_of(op);
        if let Some(notice) = notice {
            let sql = "INSERT INTO notice_op (notice, committed, op) VALUES (?1, ?2, ?3)";
            run(self.connection, sql, params![notice.bytes(), signed(commit.0), asked.text().get()])?;
        }
        // The command line keeps no journal, and prints invitations that a restore voids. Names of people and homes are not for the
        // whole district's officers: such ops are in the journal on disk alone.
        let for_all = !matches!(op.command, Command::Invite { .. }) && !op.command.holds_names();
        if op.person == self.memory.fixed.steward && for_all {
            self.keep_on_phones(asked, notice, commit)?;
        }
        Ok(())
    }

    fn keep_on_phones(&mut self, asked: &Asked, notice: Option<NoticeId>, commit: Commit) -> Result<(), StoreError> {
        let outcome = Outcome::Applied { commit, at: BTreeMap::new(), flags: Vec::new() };
        let Some(mac) = asked.result(outcome, &self.memory.fixed.mac_key).mac else { return Ok(()) };
        let body = to_json(&Replay { op: asked.text().to_owned(), commit, mac })?;
        let id = asked.id().to_string();
        for feed in self.feeds_to_keep_on(notice)? {
            self.put(feed, (kind::KEPT, &id), 1, false, &body)?;
            let sql = "INSERT OR IGNORE INTO kept (at, feed, id) VALUES (?1, ?2, ?3)";
            run(self.connection, sql, params![self.now.millis(), feed.to_string(), id])?;
        }
        self.changes.stirred = true;
        Ok(())
    }

    /// Who may read a notice may bring it back; what waits for its hour is for officers until then.
    fn feeds_to_keep_on(&self, notice: Option<NoticeId>) -> Result<Vec<FeedName>, StoreError> {
        let notice = notice.map_or(Ok(None), |notice| self.look().notice(notice))?;
        Ok(match notice.filter(|notice| notice.phase != Phase::Scheduled) {
            Some(notice) => notice.audience.into_iter().map(FeedName::from).collect(),
            None => vec![FeedName::Staff(self.memory.fixed.root)],
        })
    }

    /// Drops at most so many of the rows that have stood for 35 days; whether there may be more.
    pub(super) fn drop_kept(&mut self, limit: usize) -> Result<bool, StoreError> {
        let sql = "SELECT at, feed, id FROM kept WHERE at <= ?1 ORDER BY at LIMIT ?2";
        let parameters = [self.now.plus_millis(-KEPT_MILLIS).millis(), i64::try_from(limit).unwrap_or(i64::MAX)];
        let due = many(self.connection, sql, parameters, |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?;
        for (at, feed, id) in &due {
            let name = feed.parse().map_err(|error| super::sql::damaged("a feed", error))?;
            self.drop_row(name, (kind::KEPT, id))?;
            run(self.connection, "DELETE FROM kept WHERE at = ?1 AND feed = ?2 AND id = ?3", params![at, feed, id])?;
        }
        Ok(due.len() == limit)
    }

    /// When the next of them goes.
    pub(super) fn next_kept(&self) -> Result<Option<Timestamp>, StoreError> {
        let oldest = one(self.connection, "SELECT at FROM kept ORDER BY at LIMIT 1", [], |row| moment(row, 0))?;
        Ok(oldest.map(|at| at.plus_millis(KEPT_MILLIS)))
    }
}
