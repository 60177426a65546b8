//! Lists of notices.

use super::{
    face::{point, point_of, seal_turn},
    person_here,
};
use crate::{
    error::Error,
    overlay::{Look, notice_body},
    records::{NoticeFilter, NoticeLine, NoticePage, Points},
    store::{
        Store,
        mirror::index::{kind_of, stage_of},
    },
};
use kairan_protocol::{id::PersonId, row::kind, time::Timestamp};
use rusqlite::{OptionalExtension, Params, Row};

/// At most so many lines on one page.
pub(super) const PAGE: u32 = 200;

/// The columns of a line; every list selects these of `notice` and `standing`.
pub(super) const LINE: &str =
    "notice.number, notice.id, notice.rev, notice.kind, notice.title, notice.sender, notice.at,
    standing.unread, standing.stage, standing.waiting AND standing.stage, notice.withdrawn, notice.corrected, notice.when_text,
    notice.by_when, notice.by_day, notice.until, notice.needs_update, notice.what, notice.place";

/// The line of a row, and its key.
fn line(row: &Row<'_>) -> rusqlite::Result<(i64, NoticeLine)> {
    let id: String = row.get(1)?;
    let (when, by_when): (Option<String>, Option<String>) = (row.get(12)?, row.get(13)?);
    let (what, place): (Option<String>, Option<String>) = (row.get(17)?, row.get(18)?);
    let needs_update: bool = row.get(16)?;
    let points = [&when, &by_when, &what, &place].map(|point| point.as_deref().filter(|_| !needs_update));
    let line = NoticeLine {
        point: point(points),
        seal_turn: seal_turn(&id),
        id,
        rev: row.get(2)?,
        kind: kind_of(&row.get::<_, String>(3)?).into(),
        title: row.get(4)?,
        from: row.get(5)?,
        at: row.get(6)?,
        unread: row.get(7)?,
        stage: stage_of(row.get(8)?).map(Into::into),
        waiting: row.get(9)?,
        withdrawn: row.get(10)?,
        corrected: row.get(11)?,
        when,
        by_when,
        by_day: row.get(14)?,
        until: row.get(15)?,
        needs_update,
    };
    Ok((row.get(0)?, line))
}

/// The lines of a select, with what a pending correction or withdrawal changes.
pub(super) fn lines(look: &Look<'_>, select: &str, with: impl Params) -> Result<Vec<(i64, NoticeLine)>, Error> {
    let mut select = look.connection().prepare_cached(select)?;
    let lines = select.query_map(with, line)?.collect::<Result<Vec<_>, _>>()?;
    Ok(lines.into_iter().map(|(number, line)| (number, with_pending(look, line))).collect())
}

fn with_pending(look: &Look<'_>, mut line: NoticeLine) -> NoticeLine {
    let laid = look.overlay().everywhere(kind::NOTICE, &line.id).max_by_key(|(_, laid)| laid.rev);
    let Some((rev, Some(body))) = laid.map(|(_, laid)| (laid.rev, laid.body.as_deref().and_then(notice_body))) else {
        return line;
    };
    if rev.0 > line.rev {
        line.rev = rev.0;
        line.withdrawn = body.withdrawn.is_some();
        line.corrected = body.corrected.is_some();
        line.until = body.until.map(Timestamp::millis);
        line.title = body.title;
        let points = Points::from(body.points);
        line.point = point_of(&points, line.needs_update);
        (line.when, line.by_when, line.by_day) = (points.when, points.by_when, points.by_day);
    }
    line
}

impl Store {
    /// One page of a person's notices, newest first; `after` is the page before's `next`.
    pub fn notices(
        &self,
        person: PersonId,
        filter: NoticeFilter,
        after: Option<&str>,
        limit: u32,
    ) -> Result<NoticePage, Error> {
        let before: i64 = match after {
            Some(after) => after.parse().map_err(|_| Error::unknown("page"))?,
            None => i64::MAX,
        };
        let limit = limit.clamp(1, PAGE);
        let from = match filter {
            NoticeFilter::All => {
                "standing CROSS JOIN notice ON notice.number = standing.number WHERE standing.person = ?1"
            }
            NoticeFilter::Unread => {
                "standing CROSS JOIN notice ON notice.number = standing.number WHERE standing.person = ?1
                 AND standing.unread = 1"
            }
            NoticeFilter::Emergency => {
                "notice CROSS JOIN standing ON standing.number = notice.number AND standing.person = ?1
                 WHERE notice.kind = 'emergency'"
            }
        };
        // The key is the outer table's, so that its order is read from the index and nothing is sorted.
        let key = if filter == NoticeFilter::Emergency { "notice.number" } else { "standing.number" };
        let select = format!("SELECT {LINE} FROM {from} AND {key} < ?2 ORDER BY {key} DESC LIMIT ?3");
        self.look(|look| {
            person_here(look, person)?;
            let mut lines = lines(look, &select, (person.number(), before, limit + 1))?;
            let more = lines.len() > limit as usize;
            lines.truncate(limit as usize);
            let next = lines.last().filter(|_| more).map(|(number, _)| number.to_string());
            Ok(NoticePage { lines: lines.into_iter().map(|(_, line)| line).collect(), next })
        })
    }
}

/// The 件名 of a notice, for lists that name it.
pub(super) fn title(look: &Look<'_>, notice: &str) -> Result<Option<String>, Error> {
    let mut select = look.connection().prepare_cached("SELECT title FROM notice WHERE id = ?1")?;
    Ok(select.query_row([notice], |row| row.get(0)).optional()?)
}
