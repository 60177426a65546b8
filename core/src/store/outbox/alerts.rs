//! What a notification was raised for, and what somebody looked at: remembered where no restore of a server reaches it.

use crate::error::Error;
use kairan_protocol::{id::Epoch, time::Timestamp};
use rusqlite::Connection;
use std::collections::HashMap;

/// What is remembered of one alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// In which epoch it was raised last; none: never.
    pub raised: Option<Epoch>,
    /// Whether somebody looked.
    pub seen: bool,
}

/// Every alert that was raised or seen, by the id of what it is about.
pub(crate) fn all(connection: &Connection) -> Result<HashMap<String, Known>, Error> {
    let mut select = connection.prepare_cached("SELECT id, raised_epoch, seen_at IS NOT NULL FROM alert")?;
    let known = select.query_map([], |row| {
        Ok((row.get(0)?, Known { raised: row.get::<_, Option<String>>(1)?.map(Epoch), seen: row.get(2)? }))
    })?;
    Ok(known.collect::<Result<_, _>>()?)
}

/// A notification was raised.
pub(crate) fn raised(
    connection: &Connection,
    (id, kind): (&str, &str),
    epoch: &Epoch,
    now: Timestamp,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO alert(id, kind, raised_at, raised_epoch) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET raised_at = excluded.raised_at, raised_epoch = excluded.raised_epoch",
        )?
        .execute((id, kind, now.millis(), &epoch.0))?;
    Ok(())
}

/// Somebody looked.
pub(crate) fn seen(connection: &Connection, (id, kind): (&str, &str), now: Timestamp) -> Result<(), Error> {
    connection
        .prepare_cached(
            "INSERT INTO alert(id, kind, seen_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET seen_at = coalesce(alert.seen_at, excluded.seen_at)",
        )?
        .execute((id, kind, now.millis()))?;
    Ok(())
}
