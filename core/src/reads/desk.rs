//! Desks: groups with their homes, what was sent and how far it got, unread homes by block, and a team's people.

use super::{
    cases::talks,
    days::{days, participation},
    person_here,
};
use crate::{
    error::Error,
    overlay::{Counted, Look, Seen},
    records::{
        BlockLine, Counts, Desk, DeskName, DeskNotice, GroupLine, HomeLine, JoinLine, RosterBlock, RosterHome,
        RosterPerson, SentLine, SentState, StatusLine,
    },
    store::{Store, mirror::index::kind_of},
};
use kairan_protocol::{
    body::{GroupCard, Roster, Sent, Status},
    feed::FeedName,
    id::{GroupId, NoticeId, PersonId},
    joining::Join,
    notice::{NoticeState, Phase},
    rights,
    row::kind,
    tally::{self, Tally},
    time::Timestamp,
    tree::GroupKind,
};
use std::collections::{BTreeMap, HashMap};

/// So many notices are listed on a desk; older ones are found by search.
const SENT: usize = 100;

impl Store {
    /// The desks a person may open: the highest first.
    pub fn desks(&self, person: PersonId, now: Timestamp) -> Result<Vec<DeskName>, Error> {
        self.look(|look| {
            person_here(look, person)?;
            let groups = worked_at(look, person, now)?;
            let mut desks: Vec<DeskName> = groups.into_iter().filter_map(|group| name(look, group)).collect();
            desks.sort_by_key(|desk| (height(desk.kind), desk.name.clone()));
            Ok(desks)
        })
    }

    /// One desk.
    pub fn desk(&self, group: GroupId, now: Timestamp) -> Result<Desk, Error> {
        self.look(|look| {
            let name = opened(look, group)?;
            Ok(Desk {
                name,
                groups: groups(look, group)?,
                sent: sent(look, group)?,
                rosters: rosters(look, group)?.into_iter().map(|(id, roster)| roster_block(look, id, roster)).collect(),
                statuses: statuses(look, group)?,
                talks: talks(look, group)?,
                joins: joins(look, group)?,
                days: days(look, group)?,
                participation: participation(look, group, now)?,
            })
        })
    }

    /// One notice as a desk follows it up: unread homes by block.
    pub fn desk_notice(&self, group: GroupId, notice: NoticeId) -> Result<DeskNotice, Error> {
        self.look(|look| {
            opened(look, group)?;
            follow_up(look, group, notice)
        })
    }
}

/// The groups whose desks a person may open.
pub(super) fn worked_at(look: &Look<'_>, person: PersonId, now: Timestamp) -> Result<Vec<GroupId>, Error> {
    let shared = look.world().persons.len() > 1;
    let theirs = rights::feeds(look, person, now, shared)?;
    let open = |group: &GroupId| {
        let feed = look.world().feeds.get(&FeedName::Desk(*group));
        feed.is_some_and(|feed| feed.until.is_none_or(|until| now < until))
    };
    let groups = theirs.keys().filter_map(|feed| match feed {
        FeedName::Desk(group) => Some(*group),
        _ => None,
    });
    Ok(groups.filter(open).collect())
}

/// The tree's order from the top.
const fn height(kind: crate::records::GroupKind) -> u8 {
    use crate::records::GroupKind::{Association, Block, District, Federation, Household, Team};
    match kind {
        District => 0,
        Federation => 1,
        Association => 2,
        Block => 3,
        Household => 4,
        Team => 5,
    }
}

fn name(look: &Look<'_>, group: GroupId) -> Option<DeskName> {
    let known = look.world().groups.get(&group)?;
    Some(DeskName { group: group.to_string(), name: known.name.clone(), kind: known.kind.into() })
}

pub(super) fn opened(look: &Look<'_>, group: GroupId) -> Result<DeskName, Error> {
    if look.world().device.is_none() {
        return Err(Error::NotJoined);
    }
    let readable = look.world().feeds.contains_key(&FeedName::Desk(group));
    name(look, group).filter(|_| readable).ok_or_else(|| Error::unknown("desk"))
}

/// The group cards, each group before what hangs below it, neighbours by name.
fn groups(look: &Look<'_>, desk: GroupId) -> Result<Vec<GroupLine>, Error> {
    let rows = look.rows(FeedName::Desk(desk), kind::GROUP)?;
    let mut below: BTreeMap<Option<GroupId>, Vec<GroupCard>> = BTreeMap::new();
    let cards: Vec<GroupCard> = rows.iter().filter_map(Seen::parsed).collect();
    let known: std::collections::BTreeSet<GroupId> = cards.iter().map(|card| card.group.id).collect();
    for card in cards {
        below.entry(card.group.parent.filter(|parent| known.contains(parent))).or_default().push(card);
    }
    for cards in below.values_mut() {
        // Popped from the end.
        cards.sort_by(|one, other| other.group.name.cmp(&one.group.name).then(other.group.id.cmp(&one.group.id)));
    }
    let mut lines = Vec::new();
    let mut next = below.remove(&None).unwrap_or_default();
    while let Some(card) = next.pop() {
        next.extend(below.remove(&Some(card.group.id)).unwrap_or_default());
        lines.push(GroupLine {
            id: card.group.id.to_string(),
            parent: card.group.parent.map(|parent| parent.to_string()),
            name: card.group.name,
            kind: card.group.kind.into(),
            households: card.homes.households,
            app: card.homes.app,
            paper: card.homes.paper,
            board: FeedName::Board(card.group.id).to_string(),
            staff: FeedName::Staff(card.group.id).to_string(),
        });
    }
    Ok(lines)
}

pub(super) fn rosters(look: &Look<'_>, desk: GroupId) -> Result<Vec<(GroupId, Roster)>, Error> {
    let rows = look.rows(FeedName::Desk(desk), kind::ROSTER)?;
    let parsed = rows.iter().filter_map(|row| Some((row.id.parse().ok()?, row.parsed::<Roster>()?)));
    let mut rosters: Vec<(GroupId, Roster)> = parsed.collect();
    for home in rosters.iter_mut().flat_map(|(_, roster)| &mut roster.homes) {
        home.paper = look.overlay().paper(home.id).map_or(home.paper, |said| said.paper);
    }
    rosters.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
    Ok(rosters)
}

fn roster_block(look: &Look<'_>, id: GroupId, roster: Roster) -> RosterBlock {
    let home = |home: kairan_protocol::body::Home| RosterHome {
        id: home.id.to_string(),
        name: home.name,
        paper: home.paper,
        waiting: look.overlay().paper(home.id).is_some_and(|said| said.waiting),
        joined: home.joined,
        rev: home.rev.0,
        reading: home.reading,
        people: home.people.into_iter().map(roster_person).collect(),
    };
    RosterBlock { id: id.to_string(), name: roster.name, homes: roster.homes.into_iter().map(home).collect() }
}

fn roster_person(person: kairan_protocol::body::Member) -> RosterPerson {
    RosterPerson { id: person.id.to_string(), name: person.name, rev: person.rev.0, reading: person.reading }
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
fn sent(look: &Look<'_>, desk: GroupId) -> Result<Vec<SentLine>, Error> {
    let tallies = tallies(look, desk)?;
    let mut lines = Vec::new();
    for row in look.rows(FeedName::Desk(desk), kind::SENT)? {
        if let Some(sent) = row.parsed::<Sent>() {
            let counts = tallies.get(&sent.notice.id).and_then(|tallies| sum(tallies));
            lines.push(own_line(sent.notice, row.waiting, counts));
        }
    }
    for (notice, tallies) in &tallies {
        if lines.iter().all(|line| line.notice != notice.to_string())
            && let Some(line) = line_from_above(look, *notice, sum(tallies))?
        {
            lines.push(line);
        }
    }
    lines.sort_by(|one, other| (other.at, &other.notice).cmp(&(one.at, &one.notice)));
    lines.truncate(SENT);
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
        notice: id,
    }))
}

fn follow_up(look: &Look<'_>, desk: GroupId, notice: NoticeId) -> Result<DeskNotice, Error> {
    let id = notice.to_string();
    let feed = FeedName::Desk(desk);
    let here = tallies(look, desk)?.remove(&notice).unwrap_or_default();
    let counts = sum(&here);
    let sent = look.row(feed, kind::SENT, &id)?;
    let own = sent.and_then(|row| Some((row.parsed::<Sent>()?.notice, row.waiting)));
    let line = match own {
        Some((notice, waiting)) => own_line(notice, waiting, counts),
        None => line_from_above(look, notice, counts)?.ok_or_else(|| Error::unknown("notice"))?,
    };
    let rosters: HashMap<GroupId, Roster> = rosters(look, desk)?.into_iter().collect();
    let mut blocks: Vec<BlockLine> =
        here.iter().map(|block| block_line(look, block, rosters.get(&block.tally.group))).collect();
    blocks.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(DeskNotice { line, counts: counts.unwrap_or_default(), blocks })
}

/// The homes of a block: those that have not confirmed first, each half in the order of the roster.
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
    let mut homes: Vec<(bool, usize, HomeLine)> = tally
        .homes
        .iter()
        .map(|(home, stage)| {
            let line = HomeLine {
                id: home.to_string(),
                name: known(home),
                stage: (*stage).into(),
                waiting: waiting.contains(home),
            };
            (stage.is_confirmed(), order.get(home).copied().unwrap_or(usize::MAX), line)
        })
        .collect();
    homes.sort_by(|one, other| (one.0, one.1, &one.2.name).cmp(&(other.0, other.1, &other.2.name)));
    BlockLine {
        id: tally.group.to_string(),
        name: name.unwrap_or_default(),
        counts: tally.counts.into(),
        homes: homes.into_iter().map(|(.., line)| line).collect(),
    }
}

/// Whoever asked for a talk first, then who has been silent longest.
fn statuses(look: &Look<'_>, desk: GroupId) -> Result<Vec<StatusLine>, Error> {
    if look.world().groups.get(&desk).is_none_or(|group| group.kind != GroupKind::Team) {
        return Ok(Vec::new());
    }
    let rows = look.rows(FeedName::Desk(desk), kind::STATUS)?;
    let mut lines: Vec<StatusLine> = rows.iter().filter_map(Seen::parsed::<Status>).map(status_line).collect();
    lines.sort_by_key(|line| (line.mood != Some(crate::records::Mood::Talk), line.at, line.name.clone()));
    Ok(lines)
}

fn status_line(status: Status) -> StatusLine {
    let newest = status.check_ins.newest;
    StatusLine {
        person: status.person.to_string(),
        name: status.name,
        household: status.household,
        mood: newest.map(|newest| newest.mood.into()),
        day: newest.map(|newest| newest.day.to_string()),
        at: newest.map(|newest| newest.at.millis()),
        strip: status.check_ins.strip.moods().iter().map(|mood| mood.map(Into::into)).collect(),
        strip_day: status.check_ins.day.to_string(),
    }
}

/// Who waits to be let in, oldest first.
fn joins(look: &Look<'_>, desk: GroupId) -> Result<Vec<JoinLine>, Error> {
    let rows = look.rows(FeedName::Desk(desk), kind::JOIN)?;
    let line = |Join { join, name, persons, phone, digits, at, .. }: Join| JoinLine {
        id: join.to_string(),
        name,
        persons: persons.into_iter().map(|person| person.name).collect(),
        phone,
        digits,
        at: at.millis(),
    };
    let mut lines: Vec<JoinLine> = rows.iter().filter_map(Seen::parsed).map(line).collect();
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}
