//! A small server for stories that need one that remembers: it applies each op once, and answers from a phone's cursors.

use super::*;
use kairan_protocol::{
    check_in::{CheckIn, CheckIns, Strip},
    wire::Cursor,
};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of a first page.
const PAGE: usize = 210;

/// The server's side of the story.
#[derive(Clone)]
pub(crate) struct Town {
    pub epoch: String,
    pub rights: u64,
    pub feeds: Vec<(FeedNumber, FeedName)>,
    /// A token that goes along with the next answers.
    pub token: Option<Token>,
    /// Feeds whose tombstones were compacted up to this version.
    pub horizon: BTreeMap<FeedNumber, u64>,
    rows: BTreeMap<FeedNumber, BTreeMap<(String, String), Row>>,
    versions: BTreeMap<FeedNumber, u64>,
    outcomes: BTreeMap<OpId, OpResult>,
    /// What was applied, without ids, in order.
    pub commands: Vec<String>,
    /// What the phone showed its people as kept.
    pub said: BTreeSet<OpId>,
    /// Taps made outside the app.
    pub taps: BTreeSet<String>,
    /// As it was when it was backed up last.
    pub backup: Option<Box<Self>>,
    /// Which earlier epochs a phone says it has handed back.
    pub handed: BTreeSet<String>,
    /// What phones said has ended in earlier epochs.
    pub ended: BTreeSet<String>,
}

impl Town {
    /// With an association's chair living in it.
    pub(crate) fn new() -> Self {
        let mut town = Self {
            epoch: "k1".to_owned(),
            rights: 1,
            feeds: feeds(true),
            token: None,
            horizon: BTreeMap::new(),
            rows: BTreeMap::new(),
            versions: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            commands: Vec::new(),
            said: BTreeSet::new(),
            taps: BTreeSet::new(),
            backup: None,
            handed: BTreeSet::new(),
            ended: BTreeSet::new(),
        };
        let home = |id, name: &str| Home {
            id,
            name: name.to_owned(),
            paper: false,
            joined: true,
            rev: Rev::FIRST,
            reading: None,
            people: Vec::new(),
        };
        let homes = vec![home(HOUSE, "佐藤"), home(NEIGHBOUR, "鈴木")];
        town.put(MAIL, row(kind::PROFILE, "me", 0, &profile(SATO, vec![chair()])));
        town.put(BOARD, row(kind::TEAM, TEAM, 0, &Team { group: group(TEAM) }));
        town.put(DESK, row(kind::ROSTER, BLOCK, 0, &Roster { name: "1班".to_owned(), homes, through: Commit(1) }));
        town
    }

    /// A row takes the next version of its feed.
    pub(crate) fn put(&mut self, feed: FeedNumber, mut row: Row) -> u64 {
        let version = self.versions.entry(feed).or_default();
        *version += 1;
        row.version = Version(*version);
        self.rows.entry(feed).or_default().insert((row.kind.clone(), row.id.clone()), row);
        *version
    }

    /// Circulars on the board, each published a minute after the one before.
    pub(crate) fn post(&mut self, numbers: std::ops::Range<u64>) {
        for number in numbers {
            let mut body = circular(&format!("第{number}号"));
            body.at = NOW.plus_millis(-DAY + i64::try_from(number).unwrap() * MINUTE);
            self.put(BOARD, row(kind::NOTICE, numbered(number), 0, &body));
        }
    }

    fn apply(&mut self, text: &str) -> OpResult {
        let op = Op::parse(text).unwrap();
        if let Some(known) = self.outcomes.get(&op.id) {
            return known.clone();
        }
        let mail = self.mail();
        let at = match &op.command {
            Command::Receipt { notice, rev, stage } => {
                let rows = self.rows.entry(mail).or_default();
                let known = rows.get(&(kind::RECEIPT.to_owned(), notice.to_string()));
                let known = known.and_then(|row| serde_json::from_str::<Receipt>(row.body.as_ref()?.get()).ok());
                match known {
                    Some(known) if known.stage >= *stage => BTreeMap::new(),
                    _ => {
                        let receipt = Receipt { rev: *rev, stage: *stage, at: op.at };
                        BTreeMap::from([(mail, Version(self.put(mail, row(kind::RECEIPT, notice, 0, &receipt))))])
                    }
                }
            }
            Command::CheckIn { mood, day } => {
                let newest = Some(CheckIn { op: op.id, day: *day, mood: *mood, at: op.at });
                let said = CheckIns { day: *day, newest, strip: Strip::EMPTY.with(0, Some(*mood)) };
                BTreeMap::from([(mail, Version(self.put(mail, row(kind::CHECK_IN, "mine", 0, &said))))])
            }
            _ => BTreeMap::new(),
        };
        let mut said = serde_json::to_value(&op).unwrap();
        said.as_object_mut().unwrap().remove("id");
        self.commands.push(said.to_string());
        let commit = Commit(self.commands.len() as u64);
        let outcome = Outcome::Applied { commit, at, flags: Vec::new() };
        let result = OpResult { id: op.id, outcome, mac: Some("mac".to_owned()) };
        self.outcomes.insert(op.id, result.clone());
        result
    }

    /// The number of the one person's mail.
    fn mail(&self) -> FeedNumber {
        self.feeds.iter().find(|(_, name)| *name == FeedName::Mail(SATO)).unwrap().0
    }

    /// The machine is as it was at the backup; what phones and people did stays done.
    pub(crate) fn go_back(&mut self) {
        let backup = *self.backup.clone().unwrap();
        self.rows = backup.rows;
        self.versions = backup.versions;
        self.outcomes = backup.outcomes;
        self.commands = backup.commands;
        self.horizon = backup.horizon;
    }

    /// Two feeds change their numbers.
    pub(crate) fn renumber(&mut self, one: FeedNumber, other: FeedNumber) {
        fn swap<T>(map: &mut BTreeMap<FeedNumber, T>, one: FeedNumber, other: FeedNumber) {
            let (first, second) = (map.remove(&one), map.remove(&other));
            map.extend(first.map(|it| (other, it)).into_iter().chain(second.map(|it| (one, it))));
        }
        swap(&mut self.rows, one, other);
        swap(&mut self.versions, one, other);
        swap(&mut self.horizon, one, other);
        for (number, _) in &mut self.feeds {
            *number = if *number == one {
                other
            } else if *number == other {
                one
            } else {
                *number
            };
        }
    }

    /// The answer to a request.
    pub(crate) fn answer(&mut self, request: &SyncRequest) -> SyncResponse {
        let mut answer = Answer::of(&self.epoch);
        self.ended.extend(request.ended.iter().map(|mark| mark.id.clone()));
        answer.0.replayed = request.replays.iter().map(|replay| self.apply(replay.op.get())).collect();
        self.handed.extend(request.handed.iter().map(|epoch| epoch.0.clone()));
        answer.0.results = request.ops.iter().map(|op| self.apply(op.get())).collect();
        answer.0.token.clone_from(&self.token);
        let of_this_epoch = request.epoch.as_ref().is_none_or(|epoch| epoch.0 == self.epoch);
        if !of_this_epoch || request.rights < self.rights {
            answer = answer.rights(self.rights, &self.feeds, &[SATO]);
        }
        for (feed, _) in &self.feeds {
            let cursor = request.cursors.get(feed).filter(|_| of_this_epoch);
            answer.0.resend |= cursor.is_some_and(|cursor| self.is_behind(*feed, cursor));
            answer.0.feeds.extend(self.delta(*feed, cursor));
        }
        answer.0
    }

    /// Whether a phone has seen more of a feed than this machine remembers.
    fn is_behind(&self, feed: FeedNumber, cursor: &Cursor) -> bool {
        let (Cursor::At(seen) | Cursor::First(FirstPull { as_of: seen, .. })) = cursor;
        seen.0 > self.versions.get(&feed).copied().unwrap_or(0)
    }

    fn delta(&self, feed: FeedNumber, cursor: Option<&Cursor>) -> Option<FeedDelta> {
        let version = self.versions.get(&feed).copied().unwrap_or(0);
        let horizon = self.horizon.get(&feed).copied().unwrap_or(0);
        let (as_of, below, reset) = match cursor {
            Some(cursor) if self.is_behind(feed, cursor) => (version, u64::MAX, true),
            Some(Cursor::At(at)) if at.0 >= horizon => {
                let rows: Vec<Row> = self.rows_of(feed).filter(|row| row.version > *at).cloned().collect();
                let version = Some(Version(version));
                let delta = FeedDelta { n: feed, rows, version, first: None, more: false, reset: false };
                return (!delta.rows.is_empty()).then_some(delta);
            }
            Some(Cursor::First(first)) => (first.as_of.0, first.place.parse().unwrap(), false),
            Some(Cursor::At(_)) => (version, u64::MAX, true),
            None => (version, u64::MAX, false),
        };
        let mut left = self.first_pull(feed, as_of).filter(|row| row.version.0 < below);
        let page: Vec<Row> = left.by_ref().take(PAGE).cloned().collect();
        let more = left.next().is_some();
        let place = page.last().map_or(0, |row| row.version.0).to_string();
        let first = more.then_some(FirstPull { as_of: Version(as_of), place });
        let version = (!more).then_some(Version(as_of));
        Some(FeedDelta { n: feed, rows: page, version, first, more, reset })
    }

    /// Every row and tombstone of a feed, in the order of versions.
    fn rows_of(&self, feed: FeedNumber) -> impl Iterator<Item = &Row> {
        let mut rows: Vec<&Row> = self.rows.get(&feed).into_iter().flat_map(BTreeMap::values).collect();
        rows.sort_by_key(|row| row.version);
        rows.into_iter()
    }

    /// What a first pull brings, newest first.
    pub(crate) fn first_pull(&self, feed: FeedNumber, as_of: u64) -> impl Iterator<Item = &Row> {
        let rows: Vec<&Row> = self.rows_of(feed).filter(|row| row.body.is_some() && row.version.0 <= as_of).collect();
        rows.into_iter().rev()
    }

    /// What a phone with this cursor must hold, and what it must not.
    pub(crate) fn held_at(&self, feed: FeedNumber, cursor: &Cursor) -> Vec<&Row> {
        match cursor {
            Cursor::At(version) => self.rows_of(feed).filter(|row| row.version <= *version).collect(),
            Cursor::First(first) => {
                let place: u64 = first.place.parse().unwrap();
                self.first_pull(feed, first.as_of.0).filter(|row| row.version.0 >= place).collect()
            }
        }
    }
}

/// A notice's id of its number.
pub(crate) fn numbered(number: u64) -> NoticeId {
    NoticeId::from_bytes((u128::from(number) + 1_000).to_be_bytes())
}
