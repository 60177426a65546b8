//! Drafts: what an officer has begun to write, and nobody else knows of.

use crate::error::Error;
use kairan_protocol::{id::PersonId, time::Timestamp};
use rusqlite::{Connection, OptionalExtension};

/// One draft as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its id.
    pub id: String,
    /// Its JSON.
    pub text: String,
    /// When it was saved.
    pub saved_at: i64,
}

/// A person's drafts, the one saved last first.
pub(crate) fn of(connection: &Connection, person: PersonId) -> Result<Vec<Kept>, Error> {
    let mut select =
        connection.prepare_cached("SELECT id, draft, saved_at FROM draft WHERE person = ?1 ORDER BY number DESC")?;
    let drafts = select
        .query_map([person.number()], |row| Ok(Kept { id: row.get(0)?, text: row.get(1)?, saved_at: row.get(2)? }))?;
    Ok(drafts.collect::<Result<_, _>>()?)
}

/// Whose a draft is; none where there is no such draft.
pub(crate) fn owner(connection: &Connection, id: &str) -> Result<Option<PersonId>, Error> {
    let mut select = connection.prepare_cached("SELECT person FROM draft WHERE id = ?1")?;
    Ok(select.query_row([id], |row| Ok(PersonId::from_number(row.get(0)?))).optional()?)
}

/// How many a person has.
pub(crate) fn count(connection: &Connection, person: PersonId) -> Result<usize, Error> {
    let mut select = connection.prepare_cached("SELECT count(*) FROM draft WHERE person = ?1")?;
    let count: i64 = select.query_row([person.number()], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Keeps a draft, in place of what it was before.
pub(crate) fn keep(
    connection: &Connection,
    person: PersonId,
    (id, text): (&str, &str),
    now: Timestamp,
) -> Result<(), Error> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO draft(id, person, draft, saved_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute((id, person.number(), text, now.millis()))?;
    Ok(())
}

/// Forgets a person's draft, if it is there.
pub(crate) fn forget(connection: &Connection, person: PersonId, id: &str) -> Result<(), Error> {
    connection.prepare_cached("DELETE FROM draft WHERE person = ?1 AND id = ?2")?.execute((person.number(), id))?;
    Ok(())
}

/// Forgets the drafts of whoever this phone is for no longer; whether there were any.
pub(crate) fn forget_others(connection: &Connection, persons: &[PersonId]) -> Result<bool, Error> {
    let mut select = connection.prepare("SELECT DISTINCT person FROM draft")?;
    let owners = select.query_map([], |row| Ok(PersonId::from_number(row.get(0)?)))?.collect::<Result<Vec<_>, _>>()?;
    let gone: Vec<PersonId> = owners.into_iter().filter(|owner| !persons.contains(owner)).collect();
    for person in &gone {
        connection.execute("DELETE FROM draft WHERE person = ?1", [person.number()])?;
    }
    Ok(!gone.is_empty())
}
