//! What the district says about itself: one line each in the table `meta`.

use super::{
    error::StoreError,
    records::{CardFacts, ZoneFacts},
    sql::{json, run, signed, to_json, unsigned},
    tx::{Fixed, Memory, Tx},
};
use kairan_protocol::{
    id::{Commit, DeviceId, Epoch, GroupId, PersonId},
    outcome::MacKey,
    time::{Timestamp, ZoneOffsets},
};
use rusqlite::{Connection, ToSql, params, types::FromSql};

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
            card: CardFacts {
                district: GroupId::from_number(get(connection, "district")?),
                name: text("name")?,
                epoch: Epoch(text("epoch")?),
                addresses: json("addresses", &text("addresses")?)?,
            },
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
    pub fn memory(&self, restored: Option<Timestamp>) -> Memory {
        let (root, steward, mac_key) = (self.card.district, self.steward, self.mac_key.clone());
        Memory {
            commit: self.commit,
            zone: self.zone.offsets.clone().into(),
            desks: super::desks::Desks::default(),
            fixed: Fixed { root, steward, mac_key },
            restored,
        }
    }
}

impl Tx<'_> {
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
