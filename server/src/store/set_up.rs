//! Set-up: the plan of a district, and its first transaction.

use super::{
    error::StoreError,
    feeds::Feeds,
    look::kind_word,
    meta, schema,
    sql::{run, signed, to_json},
    tx::{Fixed, Memory, Tx},
};
use kairan_protocol::{
    case::Support,
    feed::FeedName,
    id::{Commit, DeviceId, Epoch, GroupId, PersonId, RoleId},
    outcome::MacKey,
    people::RoleKind,
    reduce,
    time::{Timestamp, ZoneOffsets},
    tree::GroupKind,
    view::View,
};
use rusqlite::{Connection, params};
use std::{collections::HashMap, path::Path};

/// A district as it begins. Everything of it is written in one transaction, or nothing.
#[derive(Clone)]
pub struct SetUpPlan {
    /// Its name; the same as the root group's.
    pub name: String,
    /// Its zone, by its IANA name.
    pub zone: String,
    /// The zone's offsets for the coming 400 days.
    pub offsets: ZoneOffsets,
    /// Up to when `offsets` tell the truth.
    pub offsets_until: Timestamp,
    /// Where the server can be reached, best first: `host:port`.
    pub addresses: Vec<String>,
    /// Every group, parents before their children; households in the order of the roster.
    pub groups: Vec<PlannedGroup>,
    /// Every person, the steward among them; members of a household in the order of the roster.
    pub persons: Vec<PlannedPerson>,
    /// Who lives where.
    pub residences: Vec<PlannedResidence>,
    /// Who is whose guest.
    pub guests: Vec<PlannedGuest>,
    /// Who holds which role, the steward's at the district among them.
    pub roles: Vec<PlannedRole>,
    /// The telephone numbers offered where no team can be reached.
    pub supports: Vec<PlannedSupport>,
    /// The volunteer who runs the machine.
    pub steward: PersonId,
    /// The device of the command line; it holds the steward.
    pub console: DeviceId,
    /// Who gets the first invite.
    pub first_officer: PersonId,
    /// The key of outcome MACs.
    pub mac_key: [u8; 32],
    /// The first epoch.
    pub epoch: Epoch,
}

/// A group of the plan.
#[derive(Debug, Clone)]
pub struct PlannedGroup {
    /// Its id.
    pub id: GroupId,
    /// What it is.
    pub kind: GroupKind,
    /// The group above; none for the district only. A household's is its block.
    pub parent: Option<GroupId>,
    /// Its name.
    pub name: String,
    /// 紙でお届けの世帯; meaningful for households only.
    pub paper: bool,
}

/// A person of the plan.
#[derive(Debug, Clone)]
pub struct PlannedPerson {
    /// Their id.
    pub id: PersonId,
    /// Their name.
    pub name: String,
}

/// That a person lives in a household from the beginning.
#[derive(Debug, Clone, Copy)]
pub struct PlannedResidence {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub household: GroupId,
}

/// That a person is another's guest.
#[derive(Debug, Clone, Copy)]
pub struct PlannedGuest {
    /// The guest.
    pub person: PersonId,
    /// Whose.
    pub of: PersonId,
}

/// The telephone number a group of the plan offers.
#[derive(Debug, Clone)]
pub struct PlannedSupport {
    /// The group.
    pub group: GroupId,
    /// The number.
    pub support: Support,
}

/// A role of the plan; it begins with the district.
#[derive(Debug, Clone, Copy)]
pub struct PlannedRole {
    /// Its id.
    pub id: RoleId,
    /// Who.
    pub person: PersonId,
    /// Where.
    pub group: GroupId,
    /// What.
    pub kind: RoleKind,
    /// First moment it no longer holds.
    pub until: Option<Timestamp>,
}

/// Makes the database of a plan. Until it is whole it has another name: a set-up that was interrupted left nothing.
pub(super) fn create(folder: &Path, plan: &SetUpPlan, now: Timestamp) -> Result<(), StoreError> {
    plan.consider()?;
    let connection = schema::create(folder)?;
    let feeds = Feeds::load(&connection)?;
    let root = plan.groups.first().map_or(GroupId::from_number(0), |district| district.id);
    let mut memory = Memory {
        commit: Commit(0),
        zone: plan.offsets.clone().into(),
        desks: super::desks::Desks::default(),
        fixed: Fixed { root, steward: plan.steward, mac_key: MacKey::new(plan.mac_key) },
    };
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut tx = Tx::new(&connection, &feeds, &mut memory, now);
    plan.write(&mut tx)?;
    tx.seal()?;
    connection.execute_batch("COMMIT")?;
    schema::finish(folder, connection)
}

impl SetUpPlan {
    /// Whether the tree is a tree and everybody named is there.
    fn consider(&self) -> Result<(), StoreError> {
        let refuse = |what: String| Err(StoreError::Plan(what));
        let mut kinds: HashMap<GroupId, GroupKind> = HashMap::new();
        for group in &self.groups {
            let above = group.parent.map(|parent| kinds.get(&parent).copied());
            let fits = match above {
                None => kinds.is_empty() && group.kind == GroupKind::District,
                Some(Some(above)) => group.kind.may_hang_below(above),
                Some(None) => false,
            };
            if !fits || kinds.insert(group.id, group.kind).is_some() {
                return refuse(format!("the group {} does not hang where it stands", group.name));
            }
        }
        let known = |person: &PersonId| self.persons.iter().any(|one| one.id == *person);
        if !known(&self.steward) || !known(&self.first_officer) {
            return refuse("the steward and the first officer are among the persons".to_owned());
        }
        if kinds.is_empty() {
            return refuse("there is no district".to_owned());
        }
        Ok(())
    }

    fn write(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        let commit = tx.system_commit("set_up", &self.name)?;
        self.write_meta(tx.connection)?;
        let sql = "INSERT INTO epoch (name, first, remembers, at, opened) VALUES (?1, ?2, 0, ?3, ?2)";
        run(tx.connection, sql, params![self.epoch.0, signed(commit.0), tx.now.millis()])?;
        self.write_groups(tx, commit)?;
        self.write_people(tx, commit)?;
        for person in &self.persons {
            tx.rights_of(person.id, commit)?;
        }
        for team in self.groups.iter().filter(|group| group.kind == GroupKind::Team) {
            if let Some(team) = tx.look().group(team.id)?
                && let Some(row) = reduce::team_row(&tx.look(), &team, tx.now, None)?
            {
                tx.carry_out(vec![row], commit)?;
            }
        }
        for PlannedSupport { group, support } in &self.supports {
            tx.carry_out(reduce::offered(*group, Some(support)), commit)?;
        }
        tx.mark_every_card()
    }

    fn write_meta(&self, connection: &Connection) -> Result<(), StoreError> {
        let district = self.groups.first().map_or(0, |district| district.id.number());
        meta::set(connection, "district", district)?;
        meta::set(connection, "name", &self.name)?;
        meta::set(connection, "epoch", &self.epoch.0)?;
        meta::set(connection, "addresses", to_json(&self.addresses)?)?;
        meta::set(connection, "zone", &self.zone)?;
        meta::set(connection, "offsets", to_json(&self.offsets)?)?;
        meta::set(connection, "offsets_until", self.offsets_until.millis())?;
        meta::set(connection, "mac_key", self.mac_key)?;
        meta::set(connection, "steward", self.steward.number())?;
        meta::set(connection, "console", self.console.number())?;
        meta::set(connection, "first_officer", self.first_officer.number())?;
        meta::set(connection, "rights_floor", 1)?;
        meta::set(connection, "last_commit", 0)
    }

    fn write_groups(&self, tx: &mut Tx<'_>, commit: Commit) -> Result<(), StoreError> {
        for (place, group) in self.groups.iter().enumerate() {
            let sql = "INSERT INTO grp (id, kind, parent, name, paper, place) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let (id, parent) = (group.id.number(), group.parent.map(GroupId::number));
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            let parameters = params![id, kind_word(group.kind), parent, group.name, group.paper, place];
            run(tx.connection, sql, parameters)?;
            tx.feed(FeedName::Board(group.id))?;
            if group.kind == GroupKind::Household {
                let sql = "INSERT INTO location (household, from_commit, block, since) VALUES (?1, ?2, ?3, ?4)";
                run(tx.connection, sql, params![id, signed(commit.0), parent, tx.now.millis()])?;
            } else {
                tx.feed(FeedName::Staff(group.id))?;
                tx.feed(FeedName::Desk(group.id))?;
            }
        }
        Ok(())
    }

    fn write_people(&self, tx: &mut Tx<'_>, commit: Commit) -> Result<(), StoreError> {
        let now = tx.now.millis();
        for (place, person) in self.persons.iter().enumerate() {
            let mail = tx.feed(FeedName::Mail(person.id))?;
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            let sql = "INSERT INTO person (id, name, place, mail, rights) VALUES (?1, ?2, ?3, ?4, ?5)";
            run(tx.connection, sql, params![person.id.number(), person.name, place, mail.0, signed(commit.0)])?;
        }
        for PlannedResidence { person, household } in &self.residences {
            let sql = "INSERT INTO residence (person, from_commit, household, since) VALUES (?1, ?2, ?3, ?4)";
            run(tx.connection, sql, [person.number(), signed(commit.0), household.number(), now])?;
        }
        for PlannedGuest { person, of } in &self.guests {
            run(tx.connection, "INSERT INTO guest (person, host) VALUES (?1, ?2)", [person.number(), of.number()])?;
        }
        for PlannedRole { id, person, group, kind, until } in &self.roles {
            let sql = "INSERT INTO role (id, person, grp, kind, since, until, over) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)";
            let (id, person, group) = (id.number(), person.number(), group.number());
            run(tx.connection, sql, params![id, person, group, kind.word(), now, until.map(Timestamp::millis)])?;
        }
        let (console, commit) = (self.console.number(), signed(commit.0));
        let sql = "INSERT INTO device (id, name, since, rights, proved) VALUES (?1, 'console', ?2, ?3, 0)";
        run(tx.connection, sql, [console, now, commit])?;
        let sql = "INSERT INTO device_person (device, person, since) VALUES (?1, ?2, ?3)";
        run(tx.connection, sql, [console, self.steward.number(), now]).map(|_| ())
    }
}
