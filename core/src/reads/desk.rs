//! Desks: groups with their homes, rosters, and a team's people.

use super::{
    cases::talks,
    days::{days, participation},
    following::sent,
    order::by_name,
    person_here,
};
use crate::{
    error::Error,
    overlay::{Look, Seen},
    records::{CaseState, Desk, DeskName, GroupLine, JoinLine, RosterBlock, RosterHome, RosterPerson, StatusLine},
    store::Store,
};
use kairan_protocol::{
    body::{GroupCard, Roster, Status},
    feed::FeedName,
    id::{GroupId, PersonId},
    joining::Join,
    rights,
    row::kind,
    time::Timestamp,
    tree::GroupKind,
};
use std::{cmp::Reverse, collections::BTreeMap};

impl Store {
    /// The desks a person may open: the highest first.
    pub fn desks(&self, person: PersonId, now: Timestamp) -> Result<Vec<DeskName>, Error> {
        self.look(|look| {
            person_here(look, person)?;
            let groups = worked_at(look, person, now)?;
            let mut desks: Vec<DeskName> = groups.into_iter().filter_map(|group| name(look, group)).collect();
            desks.sort_by_cached_key(|desk| (height(desk.kind), by_name(&desk.name)));
            Ok(desks)
        })
    }

    /// One desk.
    pub fn desk(&self, group: GroupId, now: Timestamp) -> Result<Desk, Error> {
        self.look(|look| {
            let name = opened(look, group)?;
            let talks = talks(look, group)?;
            let count = |state: CaseState| {
                u32::try_from(talks.iter().filter(|talk| talk.state == state).count()).unwrap_or(u32::MAX)
            };
            Ok(Desk {
                name,
                groups: groups(look, group)?,
                sent: sent(look, group)?,
                rosters: rosters(look, group)?.into_iter().map(|(id, roster)| roster_block(look, id, roster)).collect(),
                statuses: statuses(look, group)?,
                joins: joins(look, group)?,
                days: days(look, group)?,
                participation: participation(look, group, now)?,
                waiting_talks: count(CaseState::Open),
                taken_talks: count(CaseState::Taken),
                talks,
            })
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
pub(super) fn groups(look: &Look<'_>, desk: GroupId) -> Result<Vec<GroupLine>, Error> {
    let rows = look.rows(FeedName::Desk(desk), kind::GROUP)?;
    let mut below: BTreeMap<Option<GroupId>, Vec<GroupCard>> = BTreeMap::new();
    let cards: Vec<GroupCard> = rows.iter().filter_map(Seen::parsed).collect();
    let known: std::collections::BTreeSet<GroupId> = cards.iter().map(|card| card.group.id).collect();
    for card in cards {
        below.entry(card.group.parent.filter(|parent| known.contains(parent))).or_default().push(card);
    }
    for cards in below.values_mut() {
        // Popped from the end.
        cards.sort_by_cached_key(|card| Reverse((by_name(&card.group.name), card.group.id)));
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
    rosters.sort_by_cached_key(|(_, roster)| by_name(&roster.name));
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
