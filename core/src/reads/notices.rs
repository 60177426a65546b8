//! Lists of notices, search, and one notice whole.

use super::person_here;
use crate::{
    error::Error,
    overlay::{Look, Seen, notice_body},
    records::{NoticeDetail, NoticeFilter, NoticeLine, NoticePage, Points, SealState, WithdrawnLine},
    search,
    store::{
        Store,
        mirror::index::{kind_of, stage_of},
    },
};
use kairan_protocol::{
    body::Sent,
    feed::FeedName,
    id::{NoticeId, PersonId},
    notice::{NoticeBody, Points as Four},
    receipt::Stage,
    row::kind,
    tally::Seals,
    time::Timestamp,
    view::View,
};
use rusqlite::{OptionalExtension, Params, Row};

/// At most so many lines on one page.
const PAGE: u32 = 200;

/// The columns of a line; every list selects these of `notice` and `standing`.
pub(super) const LINE: &str =
    "notice.number, notice.id, notice.rev, notice.kind, notice.title, notice.sender, notice.at,
    standing.unread, standing.stage, standing.waiting AND standing.stage, notice.withdrawn, notice.corrected, notice.when_text,
    notice.by_when, notice.by_day, notice.until, notice.needs_update";

/// The line of a row, and its key.
fn line(row: &Row<'_>) -> rusqlite::Result<(i64, NoticeLine)> {
    let line = NoticeLine {
        id: row.get(1)?,
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
        when: row.get(12)?,
        by_when: row.get(13)?,
        by_day: row.get(14)?,
        until: row.get(15)?,
        needs_update: row.get(16)?,
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

    /// A person's notices that hold what was typed, newest first.
    pub fn search(&self, person: PersonId, typed: &str, limit: u32) -> Result<Vec<NoticeLine>, Error> {
        let Some(query) = search::query(typed) else { return Ok(Vec::new()) };
        let select = format!(
            "SELECT {LINE} FROM word CROSS JOIN notice ON notice.number = word.rowid
             CROSS JOIN standing ON standing.number = notice.number AND standing.person = ?1
             WHERE word MATCH ?2 ORDER BY word.rowid DESC LIMIT ?3"
        );
        self.look(|look| {
            person_here(look, person)?;
            let lines = lines(look, &select, (person.number(), &query, limit.clamp(1, PAGE)))?;
            Ok(lines.into_iter().map(|(_, line)| line).collect())
        })
    }

    /// One notice, whole.
    pub fn notice(&self, person: PersonId, notice: NoticeId) -> Result<NoticeDetail, Error> {
        self.look(|look| {
            person_here(look, person)?;
            detail(look, person, notice)
        })
    }
}

fn detail(look: &Look<'_>, person: PersonId, notice: NoticeId) -> Result<NoticeDetail, Error> {
    let id = notice.to_string();
    let select = format!(
        "SELECT {LINE} FROM notice JOIN standing ON standing.number = notice.number
         WHERE notice.id = ?1 AND standing.person = ?2"
    );
    let known = lines(look, &select, (&id, person.number()))?.pop().map(|(_, line)| line);
    let stands = look.everywhere(kind::NOTICE, &id)?;
    let newest = stands.into_iter().max_by_key(|(_, row)| row.rev).map(|(_, row)| row);
    let found = match newest.and_then(|row| notice_body(&row.body).map(|body| (row, body))) {
        None => kept_on_desk(look, &id)?,
        // Of another person of this phone, or an officer's own that is still waiting: it stands in no list.
        Some((row, _)) if known.is_none() && !row.waiting => None,
        found => found,
    };
    let (row, body) = found.ok_or_else(|| Error::unknown("notice"))?;
    let line = known.unwrap_or_else(|| off_the_lists(&row, &body));
    let receipt = look.receipt(person, notice)?.filter(|receipt| receipt.counts_for(body.asks).is_some());
    let sealed = receipt.filter(|receipt| receipt.stage == Stage::Acknowledged).map(|receipt| receipt.at.millis());
    let waiting = look.overlay().row(FeedName::Mail(person), kind::RECEIPT, &id).is_some_and(|laid| laid.waiting);
    let withdrawn = body.withdrawn.map(|it| WithdrawnLine { reason: it.reason, at: it.at.millis() });
    Ok(NoticeDetail {
        points: if line.needs_update { Points::default() } else { Points::from(body.points) },
        text: body.text,
        seal: match sealed {
            None => SealState::NotYet,
            Some(at) if waiting => SealState::Waiting { at },
            Some(at) => SealState::Acknowledged { at },
        },
        seals: seals(look, person, &id)?.map(|seals| seals.counts.into()),
        withdrawn,
        corrected: body.corrected.map(Timestamp::millis),
        from_group: body.from.id.to_string(),
        line,
    })
}

/// A notice that waits for its hour, as the desk it goes out from keeps it.
fn kept_on_desk(look: &Look<'_>, id: &str) -> Result<Option<(Seen, NoticeBody)>, Error> {
    let kept = look.everywhere(kind::SENT, id)?.into_iter().map(|(_, row)| row).next();
    Ok(kept.and_then(|row| row.parsed::<Sent>().map(|sent| (row, sent.notice.body))))
}

/// The line of a notice no list has yet.
fn off_the_lists(row: &Seen, body: &NoticeBody) -> NoticeLine {
    let Four { when, by_when, .. } = &body.points;
    NoticeLine {
        id: row.id.clone(),
        rev: row.rev.0,
        kind: body.kind.into(),
        title: body.title.clone(),
        from: body.from.name.clone(),
        at: body.at.millis(),
        unread: false,
        stage: None,
        waiting: row.waiting,
        withdrawn: body.withdrawn.is_some(),
        corrected: body.corrected.is_some(),
        when: when.as_ref().map(|when| when.text.clone()),
        by_when: by_when.as_ref().map(|by| by.text.clone()),
        by_day: by_when.as_ref().and_then(|by| by.day).map(|day| day.to_string()),
        until: body.until.map(Timestamp::millis),
        needs_update: !body.must_understand.is_empty(),
    }
}

/// The seals of the person's own block.
fn seals(look: &Look<'_>, person: PersonId, notice: &str) -> Result<Option<Seals>, Error> {
    let home = super::profile(look, person).and_then(|profile| profile.residence);
    let Some(household) = home.and_then(|home| look.world().groups.get(&home.household)) else { return Ok(None) };
    let Some(block) = household.parent else { return Ok(None) };
    Ok(look.row(FeedName::Board(block), kind::SEALS, notice)?.and_then(|row| row.parsed()))
}

/// The 件名 of a notice, for lists that name it.
pub(super) fn title(look: &Look<'_>, notice: &str) -> Result<Option<String>, Error> {
    let mut select = look.connection().prepare_cached("SELECT title FROM notice WHERE id = ?1")?;
    Ok(select.query_row([notice], |row| row.get(0)).optional()?)
}
