//! Small forms of asking SQLite, each with a statement prepared once per connection.

use super::error::StoreError;
use kairan_protocol::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row};

/// The one row of a query, if there is one.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row(parameters, read).optional()?)
}

/// The one number of a query that always has one.
pub(super) fn number(connection: &Connection, sql: &str, parameters: impl Params) -> Result<i64, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_row(parameters, |row| row.get(0))?)
}

/// Every row of a query.
pub(super) fn many<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    Ok(connection.prepare_cached(sql)?.query_map(parameters, read)?.collect::<Result<_, _>>()?)
}

/// Writes; the count of rows that changed.
pub(super) fn run(connection: &Connection, sql: &str, parameters: impl Params) -> Result<usize, StoreError> {
    Ok(connection.prepare_cached(sql)?.execute(parameters)?)
}

/// A moment in a column.
pub(super) fn moment(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    row.get(column).map(Timestamp::from_millis)
}

/// A moment in a column that may be empty.
pub(super) fn moment_if(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis))
}

/// A counter as SQLite keeps it.
pub(super) const fn signed(number: u64) -> i64 {
    (number & i64::MAX as u64).cast_signed()
}

/// A counter as the protocol says it.
pub(super) const fn unsigned(number: i64) -> u64 {
    if number < 0 { 0 } else { number.cast_unsigned() }
}

/// Something in a column that this program never writes.
pub(super) fn damaged(what: &str, found: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("{what}: {found}"))
}

/// JSON in a column.
pub(super) fn json<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| damaged(what, error))
}

/// A value as the JSON of a column.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| damaged("a value that does not become JSON", error))
}
