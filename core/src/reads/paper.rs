//! Paper homes: what is to be carried where, and how many homes a set of boards reaches.

use super::{
    desk::{opened, rosters},
    following::{line_from_above, tallies},
};
use crate::{
    error::Error,
    overlay::{Look, Seen},
    records::{BlockDelivery, CarriedCopy, CarriedHome, CarriedNotice, Reach, SentState},
    store::Store,
};
use kairan_protocol::{
    body::{GroupCard, Homes, Sent},
    delivery::{self, Asked, Listed, Wanted},
    feed::{Audience, FeedName},
    id::{GroupId, NoticeId, PersonId},
    notice::Phase,
    row::kind,
    time::Timestamp,
    view::View,
};
use std::collections::{BTreeMap, BTreeSet};

/// A notice that stands on its boards.
struct Standing {
    rev: u32,
    title: String,
    at: Timestamp,
}

impl Store {
    /// The lists of the blocks at or below a desk, by name: of one notice, or of everything of the last sixty days that a home still
    /// waits for. Empty where names are not this desk's to see.
    pub fn deliveries(
        &self,
        desk: GroupId,
        notice: Option<NoticeId>,
        now: Timestamp,
    ) -> Result<Vec<BlockDelivery>, Error> {
        let wanted = notice.map_or(Wanted::Open, Wanted::One);
        self.look(|look| {
            opened(look, desk)?;
            lists(look, desk, wanted, now)
        })
    }

    /// How many homes these boards reach, each once. Staff feeds reach none.
    pub fn homes_reached(&self, person: PersonId, audience: &[Audience]) -> Result<Reach, Error> {
        self.look(|look| {
            super::person_here(look, person)?;
            reached(look, audience)
        })
    }
}

fn lists(look: &Look<'_>, desk: GroupId, wanted: Wanted, now: Timestamp) -> Result<Vec<BlockDelivery>, Error> {
    let mut notices: BTreeMap<NoticeId, Standing> = BTreeMap::new();
    let mut asked: BTreeMap<GroupId, Vec<Asked>> = BTreeMap::new();
    let mut waiting: BTreeSet<(NoticeId, GroupId)> = BTreeSet::new();
    for (id, counted) in tallies(look, desk)? {
        let Some(standing) = standing(look, desk, id)?.filter(|it| wanted.holds(id, it.at, now)) else { continue };
        for block in counted {
            let asks = Asked { notice: id, title: standing.title.clone(), at: standing.at, homes: block.tally.homes };
            waiting.extend(block.waiting.into_iter().map(|home| (id, home)));
            asked.entry(block.tally.group).or_default().push(asks);
        }
        notices.insert(id, standing);
    }
    let mut lists = Vec::new();
    for (block, roster) in rosters(look, desk)? {
        let Some(asked) = asked.remove(&block) else { continue };
        let mut listed: Vec<Listed> =
            roster.homes.into_iter().map(|home| Listed { home: home.id, name: home.name, paper: home.paper }).collect();
        let there: BTreeSet<GroupId> = listed.iter().map(|home| home.home).collect();
        let counted: BTreeSet<GroupId> = asked.iter().flat_map(|asked| asked.homes.keys().copied()).collect();
        // A home that moved away counts here still. One that was closed does too, but stands on no roster: nobody answers its door.
        for home in counted.difference(&there) {
            let Some(group) = look.group(*home)? else { continue };
            listed.push(Listed { home: *home, name: group.name, paper: look.is_paper(*home)? });
        }
        let list = delivery::of_block((block, &roster.name), &listed, asked, wanted);
        lists.extend(list.map(|list| record(list, &notices, &waiting)));
    }
    Ok(lists)
}

fn standing(look: &Look<'_>, desk: GroupId, notice: NoticeId) -> Result<Option<Standing>, Error> {
    let sent = look.row(FeedName::Desk(desk), kind::SENT, &notice.to_string())?;
    if let Some(Sent { notice }) = sent.and_then(|row| row.parsed()) {
        let standing = Standing { rev: notice.rev.0, title: notice.body.title, at: notice.body.at };
        return Ok((notice.phase == Phase::Published).then_some(standing));
    }
    let line = line_from_above(look, notice, None)?.filter(|line| line.state == SentState::Published);
    Ok(line.map(|line| Standing { rev: line.rev, title: line.title, at: Timestamp::from_millis(line.at) }))
}

fn record(
    list: delivery::BlockDelivery,
    standing: &BTreeMap<NoticeId, Standing>,
    waiting: &BTreeSet<(NoticeId, GroupId)>,
) -> BlockDelivery {
    let ids: Vec<NoticeId> = list.notices.iter().map(|notice| notice.notice).collect();
    let home = |home: delivery::CarriedHome| CarriedHome {
        copies: ids
            .iter()
            .zip(&home.notices)
            .filter_map(|(notice, carried)| {
                let waiting = waiting.contains(&(*notice, home.home));
                Some(CarriedCopy { notice: notice.to_string(), state: (*carried)?.into(), waiting })
            })
            .collect(),
        id: home.home.to_string(),
        name: home.name,
    };
    let notice = |notice: delivery::CarriedNotice| CarriedNotice {
        rev: standing.get(&notice.notice).map(|standing| standing.rev).unwrap_or_default(),
        notice: notice.notice.to_string(),
        title: notice.title,
        at: notice.at.millis(),
        copies: notice.copies.into(),
    };
    BlockDelivery {
        id: list.block.to_string(),
        name: list.name,
        homes: list.homes.into_iter().map(home).collect(),
        notices: list.notices.into_iter().map(notice).collect(),
        copies: list.copies.into(),
    }
}

pub(super) fn reached(look: &Look<'_>, audience: &[Audience]) -> Result<Reach, Error> {
    let boards: BTreeSet<GroupId> = audience
        .iter()
        .filter_map(|audience| match audience {
            Audience::Board(group) => Some(*group),
            Audience::Staff(_) => None,
        })
        .collect();
    let mut reach = Reach::default();
    for board in &boards {
        // Whoever lives below another board of the set is counted there.
        if look.path(*board)?.iter().skip(1).any(|above| boards.contains(&above.id)) {
            continue;
        }
        let Homes { households, app, paper } = homes(look, *board)?.ok_or_else(|| Error::unknown("group"))?;
        reach.households += households;
        reach.app += app;
        reach.paper += paper;
    }
    Ok(reach)
}

/// The homes of a group, by whichever desk of this phone knows them.
fn homes(look: &Look<'_>, group: GroupId) -> Result<Option<Homes>, Error> {
    let rows = look.everywhere(kind::GROUP, &group.to_string())?;
    let cards = rows.iter().map(|(_, row)| row).filter_map(Seen::parsed::<GroupCard>);
    Ok(cards.max_by_key(|card| card.through).map(|card| card.homes))
}
