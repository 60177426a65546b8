//! What the district says about itself: one line each in the table `meta`.

use super::{
    error::StoreError,
    records::{CardFacts, ZoneFacts},
    sql::{json, number, one, run, signed, to_json, unsigned},
    tx::{Fixed, Memory, Tx},
};
use kairan_protocol::{
    id::{Commit, DeviceId, Epoch, GroupId, PersonId},
    outcome::MacKey,
    sign::Key,
    time::{Timestamp, ZoneOffsets},
};
use rusqlite::{Connection, ToSql, params, types::FromSql};
use serde::{Deserialize, Serialize};

/// Everything that is read once when the store opens.
pub(super) struct Meta {
    pub card: CardFacts,
    pub zone: ZoneFacts,
    pub mac_key: MacKey,
    pub steward: PersonId,
    pub console: DeviceId,
    pub first_officer: PersonId,
    pub commit: Commit,
}

/// One line.
pub(super) fn get<T: FromSql>(connection: &Connection, name: &str) -> Result<T, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    statement.query_row([name], |row| row.get(0)).map_err(|error| StoreError::Damaged(format!("meta {name}: {error}")))
}

/// One line that may not be there.
fn get_if<T: FromSql>(connection: &Connection, name: &str) -> Result<Option<T>, StoreError> {
    one(connection, "SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
}

/// What stands on the card now.
pub(super) fn card(connection: &Connection) -> Result<CardFacts, StoreError> {
    let text = |name| get::<String>(connection, name);
    // First: a change meanwhile may come along with an older version, and is read again; never the other way round.
    let version = card_version(connection)?;
    let next = get_if::<String>(connection, "next_identity")?.filter(|next| !next.is_empty());
    Ok(CardFacts {
        district: GroupId::from_number(get(connection, "district")?),
        name: text("name")?,
        epoch: Epoch(text("epoch")?),
        addresses: json("addresses", &text("addresses")?)?,
        next_identity: next.map(|next| next.parse()).transpose()?,
        version,
    })
}

/// The commit of the newest change of what stands on the card; the epoch is among that.
pub(super) fn card_version(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT max(coalesce((SELECT value FROM meta WHERE name = 'card_version'), 0), \
               (SELECT coalesce(max(first), 0) FROM epoch))";
    number(connection, sql, []).map(unsigned)
}

/// An identity key that was in use once, and the commit at which another took its place.
#[derive(Serialize, Deserialize)]
pub(super) struct Replaced {
    pub key: Key,
    pub at: Commit,
}

/// The identity keys that were in use before this one, as far as this database saw them replaced.
pub(super) fn replaced_identities(connection: &Connection) -> Result<Vec<Replaced>, StoreError> {
    let text = get_if::<String>(connection, "replaced_identities")?;
    text.map_or_else(|| Ok(Vec::new()), |text| json("replaced_identities", &text))
}

/// Every identity key this database knows to have been in use.
pub(super) fn identities(connection: &Connection) -> Result<Vec<Key>, StoreError> {
    let newest = get_if::<String>(connection, "identity")?.map(|newest| newest.parse()).transpose()?;
    let replaced = replaced_identities(connection)?.into_iter().rev().map(|replaced| replaced.key);
    Ok(newest.into_iter().chain(replaced).collect())
}

/// Writes one line.
pub(super) fn set(connection: &Connection, name: &str, value: impl ToSql) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)";
    run(connection, sql, params![name, value]).map(|_| ())
}

impl Meta {
    /// As the database has it.
    pub fn load(connection: &Connection) -> Result<Self, StoreError> {
        let text = |name| get::<String>(connection, name);
        Ok(Self {
            card: card(connection)?,
            zone: ZoneFacts {
                name: text("zone")?,
                offsets: json("offsets", &text("offsets")?)?,
                until: Timestamp::from_millis(get(connection, "offsets_until")?),
            },
            mac_key: MacKey::new(get(connection, "mac_key")?),
            steward: PersonId::from_number(get(connection, "steward")?),
            console: DeviceId::from_number(get(connection, "console")?),
            first_officer: PersonId::from_number(get(connection, "first_officer")?),
            commit: Commit(unsigned(get(connection, "last_commit")?)),
        })
    }

    /// What the writer begins with.
    pub fn memory(&self) -> Memory {
        let (root, steward, mac_key) = (self.card.district, self.steward, self.mac_key.clone());
        Memory {
            commit: self.commit,
            zone: self.zone.offsets.clone().into(),
            desks: super::desks::Desks::default(),
            fixed: Fixed { root, steward, mac_key },
        }
    }
}

impl Tx<'_> {
    /// Other addresses on the card; whether they are others.
    pub fn set_addresses(&mut self, addresses: &[String]) -> Result<bool, StoreError> {
        if card(self.connection)?.addresses == addresses {
            return Ok(false);
        }
        set(self.connection, "addresses", to_json(&addresses)?)?;
        self.new_card("addresses", &addresses.join(" ")).map(|_| true)
    }

    /// The identity key in use and the one that will follow it; whether phones have to be told.
    pub fn set_keys(&mut self, identity: Key, next: Option<Key>) -> Result<bool, StoreError> {
        let (identity, next) = (identity.to_string(), next.map(|next| next.to_string()).unwrap_or_default());
        let known = get_if::<String>(self.connection, "identity")?;
        let announced = get_if::<String>(self.connection, "next_identity")?.unwrap_or_default();
        let changed = known.as_ref().is_some_and(|known| *known != identity) || announced != next;
        if known.is_none() || changed {
            set(self.connection, "identity", &identity)?;
            set(self.connection, "next_identity", &next)?;
        }
        if changed {
            let commit = self.new_card("identity", &format!("{identity} {next}"))?;
            if let Some(known) = known.filter(|known| *known != identity) {
                let mut replaced = replaced_identities(self.connection)?;
                replaced.push(Replaced { key: known.parse()?, at: commit });
                set(self.connection, "replaced_identities", to_json(&replaced)?)?;
            }
        }
        Ok(changed)
    }

    /// What stands on the card has changed: every device hears of it with its rights, and reads it.
    fn new_card(&mut self, what: &str, detail: &str) -> Result<Commit, StoreError> {
        let commit = self.system_commit(what, detail)?;
        set(self.connection, "card_version", signed(commit.0))?;
        set(self.connection, "rights_floor", signed(commit.0))?;
        self.changes.everyone = true;
        Ok(commit)
    }

    /// New offsets of the zone: every device's rights carry them.
    pub fn set_zone(&mut self, offsets: &ZoneOffsets, until: Timestamp) -> Result<(), StoreError> {
        let commit = self.system_commit("zone", "")?;
        set(self.connection, "offsets", to_json(offsets)?)?;
        set(self.connection, "offsets_until", until.millis())?;
        set(self.connection, "rights_floor", signed(commit.0))?;
        self.changes.zone = Some((offsets.clone(), until));
        self.changes.everyone = true;
        Ok(())
    }
}
