//! What a desk sent or follows up: its list with figures and trend, and one notice by block, home by home.

use super::{
    desk::{opened, rosters},
    order::by_name,
};
use crate::{
    error::Error,
    overlay::{Counted, Look, Seen},
    records::{BlockLine, Counts, DeskNotice, Figure, HomeLine, HomeStage, NoticeKind, SentLine, SentState},
    store::{Store, mirror::index::kind_of},
};
use kairan_protocol::{
    body::{Roster, Sent},
    feed::FeedName,
    id::{GroupId, NoticeId},
    notice::{NoticeState, Phase},
    row::kind,
    tally::{self, Tally},
};
use std::collections::HashMap;

/// So many notices are listed on a desk; older ones are found by search.
const SENT: usize = 100;
/// So many circulars make a trend.
const TREND: usize = 8;

impl Store {
    /// One notice as a desk follows it up: unread homes by block.
    pub fn desk_notice(&self, group: GroupId, notice: NoticeId) -> Result<DeskNotice, Error> {
        self.look(|look| {
            opened(look, group)?;
            follow_up(look, group, notice)
        })
    }
}

/// Every tally of the desk by notice, with what was entered on this phone.
pub(super) fn tallies(look: &Look<'_>, desk: GroupId) -> Result<HashMap<NoticeId, Vec<Counted>>, Error> {
    let entries = look.entries()?;
    let mut tallies: HashMap<NoticeId, Vec<Counted>> = HashMap::new();
    for tally in look.rows(FeedName::Desk(desk), kind::TALLY)?.iter().filter_map(Seen::parsed::<Tally>) {
        tallies.entry(tally.notice).or_default().push(entries.over(tally));
    }
    Ok(tallies)
}

fn sum(counted: &[Counted]) -> Option<Counts> {
    let sum = counted.iter().fold(tally::Counts::default(), |sum, block| sum.plus(block.tally.counts));
    (!counted.is_empty()).then(|| sum.into())
}

/// What was sent from a desk, and what came from above and is counted here; newest first.
pub(super) fn sent(look: &Look<'_>, desk: GroupId) -> Result<Vec<SentLine>, Error> {
    let mut lines = every_sent(look, desk, &tallies(look, desk)?)?;
    lines.truncate(SENT);
    Ok(lines)
}

fn every_sent(
    look: &Look<'_>,
    desk: GroupId,
    tallies: &HashMap<NoticeId, Vec<Counted>>,
) -> Result<Vec<SentLine>, Error> {
    let mut lines = Vec::new();
    for row in look.rows(FeedName::Desk(desk), kind::SENT)? {
        if let Some(sent) = row.parsed::<Sent>() {
            let counts = tallies.get(&sent.notice.id).and_then(|tallies| sum(tallies));
            lines.push(own_line(sent.notice, row.waiting, counts));
        }
    }
    for (notice, tallies) in tallies {
        if lines.iter().all(|line| line.notice != notice.to_string())
            && let Some(line) = line_from_above(look, *notice, sum(tallies))?
        {
            lines.push(line);
        }
    }
    lines.sort_by(|one, other| (other.at, &other.notice).cmp(&(one.at, &one.notice)));
    figures(&mut lines);
    Ok(lines)
}

fn own_line(notice: NoticeState, waiting: bool, counts: Option<Counts>) -> SentLine {
    let state = match notice.phase {
        _ if waiting => SentState::Waiting,
        Phase::Scheduled => SentState::Scheduled,
        Phase::Published => SentState::Published,
        Phase::Withdrawn => SentState::Withdrawn,
    };
    SentLine {
        notice: notice.id.to_string(),
        rev: notice.rev.0,
        kind: notice.body.kind.into(),
        title: notice.body.title,
        from: notice.body.from.name,
        own: true,
        state,
        at: notice.body.at.millis(),
        counts,
        figure: None,
    }
}

pub(super) fn line_from_above(
    look: &Look<'_>,
    notice: NoticeId,
    counts: Option<Counts>,
) -> Result<Option<SentLine>, Error> {
    let mut select =
        look.connection().prepare_cached("SELECT rev, kind, title, sender, at, withdrawn FROM notice WHERE id = ?1")?;
    let id = notice.to_string();
    let mut rows = select.query([&id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(SentLine {
        rev: row.get(0)?,
        kind: kind_of(&row.get::<_, String>(1)?).into(),
        title: row.get(2)?,
        from: row.get(3)?,
        own: false,
        state: if row.get(5)? { SentState::Withdrawn } else { SentState::Published },
        at: row.get(4)?,
        counts,
        figure: None,
        notice: id,
    }))
}

/// Of a hundred households, how many confirmed by app: rounded down, so that 100 is everybody.
fn percent(counts: Counts) -> Option<u32> {
    let percent = u64::from(counts.acknowledged) * 100 / u64::from(counts.households.max(1));
    u32::try_from(percent).ok().filter(|_| counts.households > 0)
}

/// Gives what stands on its boards and asks for seals its figure, the circulars among it their trend too; lines newest first.
fn figures(lines: &mut [SentLine]) {
    let mut before: Vec<u32> = Vec::new();
    for line in lines.iter_mut().rev() {
        let standing = matches!(line.state, SentState::Published | SentState::Waiting);
        let counts = line.counts.filter(|_| standing && line.kind != NoticeKind::Notice);
        let Some((counts, percent)) = counts.and_then(|counts| Some((counts, percent(counts)?))) else { continue };
        let mut figure = Figure {
            percent,
            acknowledged: counts.acknowledged,
            households: counts.households,
            change: None,
            trend: Vec::new(),
        };
        if line.kind == NoticeKind::Circular {
            figure.change = before.last().map(|last| percent.cast_signed() - last.cast_signed());
            before.push(percent);
            figure.trend = before[before.len().saturating_sub(TREND)..].to_vec();
        }
        line.figure = Some(figure);
    }
}

fn follow_up(look: &Look<'_>, desk: GroupId, notice: NoticeId) -> Result<DeskNotice, Error> {
    let id = notice.to_string();
    let mut tallies = tallies(look, desk)?;
    let line = match every_sent(look, desk, &tallies)?.into_iter().find(|line| line.notice == id) {
        Some(line) => line,
        None => line_from_above(look, notice, None)?.ok_or_else(|| Error::unknown("notice"))?,
    };
    let here = tallies.remove(&notice).unwrap_or_default();
    let rosters: HashMap<GroupId, Roster> = rosters(look, desk)?.into_iter().collect();
    let mut blocks: Vec<BlockLine> =
        here.iter().map(|block| block_line(look, block, rosters.get(&block.tally.group))).collect();
    blocks.sort_by_cached_key(|block| by_name(&block.name));
    let counts = sum(&here).unwrap_or_default();
    let total = |listed: fn(&BlockLine) -> usize, counted: fn(Counts) -> u32| -> u32 {
        let of = |block: &BlockLine| {
            if block.homes.is_empty() {
                counted(block.counts)
            } else {
                u32::try_from(listed(block)).unwrap_or(u32::MAX)
            }
        };
        blocks.iter().map(of).sum()
    };
    Ok(DeskNotice {
        line,
        unread_total: total(|block| block.unread.len(), |counts| counts.not_yet + counts.delivered + counts.displayed),
        to_carry_total: total(|block| block.to_carry.len(), |counts| counts.paper),
        paper_total: counts.paper + counts.handed,
        counts,
        blocks,
    })
}

/// A block's homes in the order of the roster; who has left it since stands last.
fn block_line(look: &Look<'_>, counted: &Counted, roster: Option<&Roster>) -> BlockLine {
    let Counted { tally, waiting } = counted;
    let group = look.world().groups.get(&tally.group);
    let name = roster.map(|roster| roster.name.clone()).or_else(|| group.map(|group| group.name.clone()));
    let order: HashMap<GroupId, usize> = roster
        .into_iter()
        .flat_map(|roster| roster.homes.iter().enumerate())
        .map(|(place, home)| (home.id, place))
        .collect();
    let known = |home: &GroupId| look.world().groups.get(home).map(|home| home.name.clone()).unwrap_or_default();
    let mut homes: Vec<(usize, HomeLine)> = tally
        .homes
        .iter()
        .map(|(home, stage)| {
            let line = HomeLine {
                id: home.to_string(),
                name: known(home),
                stage: (*stage).into(),
                waiting: waiting.contains(home),
            };
            (order.get(home).copied().unwrap_or(usize::MAX), line)
        })
        .collect();
    homes.sort_by(|one, other| (one.0, &one.1.name).cmp(&(other.0, &other.1.name)));
    let homes: Vec<HomeLine> = homes.into_iter().map(|(_, line)| line).collect();
    // A home that was closed counts here still, but has no name any more, and nobody who could be reminded.
    let at = |stage: HomeStage| homes.iter().filter(move |home| home.stage == stage && !home.name.is_empty()).cloned();
    let unread = [HomeStage::NotYet, HomeStage::Delivered, HomeStage::Displayed];
    BlockLine {
        id: tally.group.to_string(),
        name: name.unwrap_or_default(),
        counts: tally.counts.into(),
        unread: unread.into_iter().flat_map(at).collect(),
        to_carry: at(HomeStage::Paper).collect(),
        homes,
    }
}
