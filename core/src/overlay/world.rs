//! The people, groups and feeds this phone knows, read from the mirror once and kept until one of these rows changes.

use crate::error::Error;
use kairan_protocol::{
    body::{GroupCard, Profile, Roster, Team},
    feed::FeedName,
    id::{DeviceId, FeedNumber, GroupId, PersonId, Rev},
    people::Household,
    row::kind,
    time::{Timestamp, ZoneOffsets},
    tree::{Group, GroupKind},
};
use rusqlite::{Connection, OptionalExtension};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};

/// Seconds east of UTC until the server said: Japan.
const JAPAN: i32 = 32_400;

/// A feed this phone may read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Feed {
    /// Its short number.
    pub number: FeedNumber,
    /// Until when.
    pub until: Option<Timestamp>,
    /// Whether everything of its first pull is here.
    pub complete: bool,
}

/// What changes seldom.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// This device; none before joining.
    pub device: Option<DeviceId>,
    /// The people this phone is for.
    pub persons: Vec<PersonId>,
    /// The association's zone.
    pub zone: ZoneOffsets,
    /// The feeds it may read.
    pub feeds: BTreeMap<FeedName, Feed>,
    /// Who the people are.
    pub profiles: BTreeMap<PersonId, Profile>,
    /// Every group it has heard of.
    pub groups: HashMap<GroupId, Group>,
    /// The homes of the rosters it holds, and of its own people.
    pub homes: HashMap<GroupId, Household>,
    /// Staffed teams by the group they hang below.
    pub teams: HashMap<GroupId, Vec<Group>>,
}

impl World {
    /// Reads it. `persons_at_joining` counts until the first rights arrived.
    pub(crate) fn read(
        connection: &Connection,
        device: Option<DeviceId>,
        persons_at_joining: &[PersonId],
    ) -> Result<Self, Error> {
        let persons = match meta(connection, "persons")? {
            Some(persons) => remembered(&persons)?,
            None => persons_at_joining.to_vec(),
        };
        let zone = match meta(connection, "zone")? {
            Some(zone) => remembered(&zone)?,
            None => ZoneOffsets::fixed(JAPAN),
        };
        let mut world = Self {
            device,
            persons,
            zone,
            feeds: feeds(connection)?,
            profiles: BTreeMap::new(),
            groups: HashMap::new(),
            homes: HashMap::new(),
            teams: HashMap::new(),
        };
        for (block, roster) in bodies::<Roster>(connection, kind::ROSTER)? {
            world.know_homes(&block, roster);
        }
        for (_, card) in bodies::<GroupCard>(connection, kind::GROUP)? {
            world.groups.insert(card.group.id, card.group);
        }
        for (_, team) in bodies::<Team>(connection, kind::TEAM)? {
            world.groups.insert(team.group.id, team.group.clone());
            if let Some(parent) = team.group.parent {
                world.teams.entry(parent).or_default().push(team.group);
            }
        }
        for teams in world.teams.values_mut() {
            teams.sort_by_key(|team| team.id);
            teams.dedup();
        }
        for (_, profile) in bodies::<Profile>(connection, kind::PROFILE)? {
            for group in &profile.groups {
                world.know_home(group.id, group.kind, group.parent);
                world.groups.insert(group.id, group.clone());
            }
            world.profiles.insert(profile.person, profile);
        }
        Ok(world)
    }

    fn know_homes(&mut self, block: &str, roster: Roster) {
        let Ok(block) = block.parse::<GroupId>() else { return };
        for home in roster.homes {
            let group = Group { id: home.id, kind: GroupKind::Household, parent: Some(block), name: home.name };
            self.homes.insert(home.id, Household { id: home.id, block: Some(block), rev: home.rev, into: None });
            self.groups.insert(home.id, group);
        }
    }

    /// A home known from the way up to it alone: how often it was corrected is not.
    fn know_home(&mut self, id: GroupId, kind: GroupKind, block: Option<GroupId>) {
        if kind == GroupKind::Household {
            self.homes.entry(id).or_insert(Household { id, block, rev: Rev::FIRST, into: None });
        }
    }

    /// A feed by its number.
    pub(crate) fn name_of(&self, number: FeedNumber) -> Option<FeedName> {
        self.feeds.iter().find(|(_, feed)| feed.number == number).map(|(name, _)| *name)
    }

    /// Whether every feed's first pull is finished, and there is one.
    pub(crate) fn is_complete(&self) -> bool {
        !self.feeds.is_empty() && self.feeds.values().all(|feed| feed.complete)
    }
}

fn feeds(connection: &Connection) -> Result<BTreeMap<FeedName, Feed>, Error> {
    let mut select =
        connection.prepare_cached("SELECT number, name, until, version IS NOT NULL FROM feed WHERE hidden = 0")?;
    let mut rows = select.query([])?;
    let mut feeds = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let feed = Feed {
            number: FeedNumber(row.get(0)?),
            until: row.get::<_, Option<i64>>(2)?.map(Timestamp::from_millis),
            complete: row.get(3)?,
        };
        // A kind of feed of a newer server is kept and not looked at.
        if let Ok(name) = row.get::<_, String>(1)?.parse() {
            feeds.insert(name, feed);
        }
    }
    Ok(feeds)
}

/// A value the phone wrote itself.
fn remembered<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::Damaged { detail: "a remembered value cannot be read".to_owned() })
}

/// Every readable row of a kind that this program understands: id and body.
fn bodies<T: DeserializeOwned>(connection: &Connection, kind: &str) -> Result<Vec<(String, T)>, Error> {
    let mut select = connection.prepare_cached(
        "SELECT row.id, row.body FROM row JOIN feed ON feed.number = row.feed
         WHERE row.kind = ?1 AND feed.hidden = 0 ORDER BY row.id, row.version",
    )?;
    let mut rows = select.query([kind])?;
    let mut bodies = Vec::new();
    while let Some(row) = rows.next()? {
        if let Ok(body) = serde_json::from_str(&row.get::<_, String>(1)?) {
            bodies.push((row.get(0)?, body));
        }
    }
    Ok(bodies)
}

/// One of the mirror's remembered values.
pub(crate) fn meta(connection: &Connection, name: &str) -> Result<Option<String>, Error> {
    let mut select = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(select.query_row([name], |row| row.get(0)).optional()?)
}
