//! Every figure on a desk is what the test itself counts from the receipts.

use crate::convergence::world::World;
use kairan_protocol::{
    feed::{Audience, FeedName},
    id::{GroupId, NoticeId, Rev},
    notice::{NoticeState, Phase},
    row::kind,
    tally::{Counts, HomeStage, Seals, Tally},
    time::Timestamp,
    tree::GroupKind,
};
use kairan_server::clock::Clock as _;
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::BTreeMap;

/// The tables a count needs.
struct Books {
    groups: Vec<Group>,
    /// Household, block, from which commit, until which.
    locations: Vec<(i64, i64, i64, Option<i64>)>,
    /// Person, household, since when, until when, and whether they lived elsewhere before.
    residences: Vec<(i64, i64, i64, Option<i64>, bool)>,
    /// Notice, person, rev, stage, when.
    receipts: Vec<([u8; 16], i64, i64, i64, i64)>,
    /// Notice, household, rev, what was entered.
    entries: Vec<([u8; 16], i64, i64, i64)>,
    notices: Vec<NoticeState>,
}

struct Group {
    id: i64,
    parent: Option<i64>,
    kind: String,
    paper: bool,
}

macro_rules! table {
    ($database:expr, $sql:literal, $($column:literal),+) => {{
        let mut select = $database.prepare($sql).unwrap();
        let rows = select.query_map([], |row| Ok(($(row.get($column)?),+))).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    }};
}

impl Books {
    fn open(database: &Connection) -> Self {
        let groups: Vec<(i64, Option<i64>, String, bool)> =
            table!(database, "SELECT id, parent, kind, paper FROM grp", 0, 1, 2, 3);
        let states: Vec<(String, i64)> = table!(database, "SELECT state, 0 FROM notice", 0, 1);
        Self {
            groups: groups.into_iter().map(|(id, parent, kind, paper)| Group { id, parent, kind, paper }).collect(),
            locations: table!(database, "SELECT household, block, from_commit, until_commit FROM location", 0, 1, 2, 3),
            residences: table!(
                database,
                "SELECT person, household, since, until, from_commit > min(from_commit) OVER (PARTITION BY person) \
                 FROM residence",
                0,
                1,
                2,
                3,
                4
            ),
            entries: table!(database, "SELECT notice, household, rev, stage FROM paper_receipt", 0, 1, 2, 3),
            receipts: table!(database, "SELECT notice, person, rev, stage, at FROM receipt", 0, 1, 2, 3, 4),
            notices: states.into_iter().map(|(state, _)| serde_json::from_str(&state).unwrap()).collect(),
        }
    }

    /// A group and everything above it.
    fn way_up(&self, group: i64) -> Vec<i64> {
        let mut way = Vec::new();
        let mut next = Some(group);
        while let Some(group) = next {
            way.push(group);
            next = self.groups.iter().find(|known| known.id == group).and_then(|known| known.parent);
        }
        way
    }

    fn of_kind(&self, kind: GroupKind) -> impl Iterator<Item = &Group> {
        let word = match kind {
            GroupKind::Block => "block",
            GroupKind::Association => "association",
            _ => "",
        };
        self.groups.iter().filter(move |group| group.kind == word)
    }

    /// Each home that stood in a block when a notice was published, and how far its furthest member is.
    fn count(&self, notice: &NoticeState, block: i64) -> BTreeMap<GroupId, HomeStage> {
        let published = notice.published.map_or(0, |commit| i64::try_from(commit.0).unwrap());
        let stood = |(_, at, from, until): &&(i64, i64, i64, Option<i64>)| {
            *at == block && *from <= published && until.is_none_or(|until| until > published)
        };
        self.locations
            .iter()
            .filter(stood)
            .map(|(home, ..)| (GroupId::from_number(*home), self.stage(notice, *home)))
            .collect()
    }

    fn stage(&self, notice: &NoticeState, home: i64) -> HomeStage {
        let furthest = self
            .receipts
            .iter()
            .filter(|(of, _, rev, ..)| of == notice.id.bytes() && *rev >= i64::from(notice.body.asks.0))
            .filter(|(_, person, .., at)| {
                self.residences.iter().any(|(who, place, since, until, moved)| {
                    let lived = until.is_none_or(|until| until > *at) && (since <= at || !moved);
                    who == person && *place == home && lived
                })
            })
            .map(|(_, _, _, stage, _)| *stage)
            .max();
        let paper = self.groups.iter().any(|group| group.id == home && group.paper);
        let entered = |(of, place, rev, _): &&([u8; 16], i64, i64, i64)| {
            of == notice.id.bytes() && *place == home && *rev >= i64::from(notice.body.asks.0)
        };
        match (furthest, self.entries.iter().find(entered).map(|entry| entry.3)) {
            (Some(3), _) => HomeStage::Acknowledged,
            (_, Some(2)) => HomeStage::Proxy,
            (Some(2), _) => HomeStage::Displayed,
            (Some(_), _) => HomeStage::Delivered,
            (None, Some(_)) => HomeStage::PaperHanded,
            (None, None) if paper => HomeStage::Paper,
            (None, None) => HomeStage::NotYet,
        }
    }
}

fn sum(homes: impl IntoIterator<Item = HomeStage>) -> Counts {
    let mut counts = Counts::default();
    for home in homes {
        counts.households += 1;
        *match home {
            HomeStage::Paper => &mut counts.paper,
            HomeStage::NotYet => &mut counts.not_yet,
            HomeStage::Delivered => &mut counts.delivered,
            HomeStage::Displayed => &mut counts.displayed,
            HomeStage::PaperHanded => &mut counts.handed,
            HomeStage::Proxy => &mut counts.proxy,
            HomeStage::Acknowledged => &mut counts.acknowledged,
        } += 1;
    }
    counts
}

fn body<T: serde::de::DeserializeOwned>(database: &Connection, feed: FeedName, kind: &str, id: &str) -> Option<T> {
    let sql = "SELECT body FROM row JOIN feed ON feed.number = row.feed WHERE feed.name = ?1 AND kind = ?2 AND id = ?3";
    let body: Option<Option<String>> =
        database.query_row(sql, (feed.to_string(), kind, id), |row| row.get(0)).optional().unwrap();
    serde_json::from_str(&body??).ok()
}

/// What is wrong with the figures.
pub fn hold(world: &World) -> Vec<String> {
    let database = world.machine.database();
    let books = Books::open(&database);
    let now = world.machine.clock.now();
    let mut wrong = Vec::new();
    for notice in books.notices.iter().filter(|notice| notice.published.is_some()) {
        for association in books.of_kind(GroupKind::Association) {
            wrong.extend(figures(&database, &books, notice, association, now));
        }
    }
    wrong
}

/// Whether a notice's seals are still brought up to date: it stands, and was published less than sixty days ago, with a day to
/// spare for when that was looked at.
fn is_fresh(notice: &NoticeState, now: Timestamp) -> bool {
    notice.phase == Phase::Published && now.since(notice.body.at) < 59 * 86_400_000
}

fn figures(
    database: &Connection,
    books: &Books,
    notice: &NoticeState,
    association: &Group,
    now: Timestamp,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut together = Vec::new();
    let mut asked = false;
    for block in books.of_kind(GroupKind::Block).filter(|block| block.parent == Some(association.id)) {
        let way = books.way_up(block.id);
        let asks = |audience: &Audience| matches!(audience, Audience::Board(board) if way.contains(&board.number()));
        if !notice.audience.iter().any(asks) {
            continue;
        }
        asked = true;
        let homes = books.count(notice, block.id);
        together.extend(homes.values().copied());
        for desk in [block.id, association.id] {
            let shown = tally(database, desk, notice.id, block.id);
            // A block that came later counts nobody.
            let right = shown
                .as_ref()
                .map_or(homes.is_empty(), |shown| is(shown, sum(homes.values().copied()), &homes, notice.body.asks));
            if !right {
                wrong.push(format!(
                    "the tally of {} in block {} at desk {desk} is {shown:?}, and should be {homes:?}",
                    notice.body.title, block.id
                ));
            }
        }
        let seals: Option<Seals> =
            body(database, FeedName::Board(GroupId::from_number(block.id)), kind::SEALS, &notice.id.to_string());
        let should = sum(homes.values().copied());
        if is_fresh(notice, now) && seals.map_or(!homes.is_empty(), |seals| seals.counts != should) {
            wrong.push(format!(
                "the seals of {} in block {} are {seals:?}, and should be {should:?}",
                notice.body.title, block.id
            ));
        }
    }
    let should = sum(together);
    for above in books.way_up(association.id).into_iter().skip(1).filter(|_| asked) {
        let shown = tally(database, above, notice.id, association.id);
        if !shown.as_ref().is_some_and(|shown| is(shown, should, &BTreeMap::new(), notice.body.asks)) {
            wrong.push(format!(
                "the tally of {} in association {} at desk {above} is {shown:?}, and should be {should:?}",
                notice.body.title, association.id
            ));
        }
    }
    wrong
}

fn tally(database: &Connection, desk: i64, notice: NoticeId, group: i64) -> Option<Tally> {
    let id = format!("{notice}:{}", GroupId::from_number(group));
    body(database, FeedName::Desk(GroupId::from_number(desk)), kind::TALLY, &id)
}

fn is(shown: &Tally, counts: Counts, homes: &BTreeMap<GroupId, HomeStage>, asks: Rev) -> bool {
    shown.counts == counts && shown.homes == *homes && shown.asks == asks
}
