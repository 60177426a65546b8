//! The command line's ops in the journal: written down before they are answered, caught up with at the start, and handed back
//! to a database that lost them.

use super::{
    Store, copy,
    error::StoreError,
    shared::Inner,
    sql::{json, many, one},
};
use crate::{
    folder,
    journal::{self, Journal, Journals},
};
use kairan_protocol::{
    id::{Epoch, OpId},
    outcome::{OpResult, Outcome},
    replay::Replay,
    row::kind,
};
use rusqlite::Connection;
use serde_json::value::RawValue;
use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// How many lines are handed back in one transaction.
const AT_ONCE: usize = 64;

/// What became of the lines of a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journalled {
    /// Done again.
    pub replayed: usize,
    /// In the database already.
    pub known: usize,
    /// Not yet: what they speak about has not come back. The server tries them again as it serves.
    pub later: Vec<String>,
    /// Not taken, each with the reason.
    pub not_taken: Vec<String>,
}

/// Opens the journal of a folder, and writes down what a crash kept out of it.
pub(super) fn open(folder: &Path, connection: &Connection, epoch: &Epoch) -> Result<Journal, StoreError> {
    let named = copy::journal(connection)?;
    let place = named.clone().unwrap_or_else(|| folder::journal(folder));
    let open = || -> std::io::Result<(Journal, Vec<String>)> { Journal::open(&place, named.is_none(), epoch) };
    let (mut journal, damaged) = open().map_err(|source| StoreError::Journal { place: place.clone(), source })?;
    for line in damaged {
        tracing::warn!(line, "a line of the journal cannot be read");
    }
    let missing: Vec<Replay> =
        kept(connection)?.into_iter().filter(|entry| journal::id(entry).is_some_and(|id| !journal.holds(id))).collect();
    if !missing.is_empty() {
        tracing::warn!(missing = missing.len(), "the journal lacked what the database holds; it is written down now");
    }
    journal.append(missing).map_err(|source| StoreError::Journal { place, source })?;
    Ok(journal)
}

/// What the database keeps of the command line's ops, in the order of their commits.
fn kept(connection: &Connection) -> Result<Vec<Replay>, StoreError> {
    let sql = "SELECT body FROM feed CROSS JOIN row ON row.feed = feed.number AND row.kind = ?1 \
               WHERE feed.name NOT LIKE 'mail:%' AND body IS NOT NULL";
    let bodies = many(connection, sql, [kind::KEPT], |row| row.get::<_, String>(0))?;
    let mut entries: Vec<Replay> = bodies.iter().map(|body| json("a kept row", body)).collect::<Result<_, _>>()?;
    entries.sort_by_key(|entry| entry.commit);
    Ok(entries)
}

impl Inner {
    /// Writes ops of the command line down, where they were applied.
    pub(super) async fn write_down(&self, ops: Vec<Box<RawValue>>, results: &[OpResult]) -> Result<(), StoreError> {
        let entries = ops.into_iter().zip(results).filter_map(|(op, result)| match (&result.outcome, &result.mac) {
            (Outcome::Applied { commit, .. }, Some(mac)) => Some(Replay { op, commit: *commit, mac: mac.clone() }),
            _ => None,
        });
        let entries: Vec<Replay> = entries.collect();
        if entries.is_empty() {
            return Ok(());
        }
        let journal = Arc::clone(&self.journal);
        let writing = move || locked(&journal, |journal| journal.append(entries));
        let written = tokio::task::spawn_blocking(writing).await.map_err(|_| StoreError::Unavailable)?;
        written.map_err(StoreError::NotJournalled)
    }

    /// Writes down what others brought back of the command line's: the phone that did may not hold it any more, and the next machine
    /// may be lost before anybody else does. A disk that fails holds up no phone: the database has it, and the next line or the
    /// next start writes it too.
    pub(super) async fn write_down_again(&self, entries: Vec<Replay>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let journal = Arc::clone(&self.journal);
        let writing = move || locked(&journal, |journal| journal.append(entries));
        let written = tokio::task::spawn_blocking(writing).await.map_err(|_| StoreError::Unavailable)?;
        if let Err(error) = written {
            tracing::error!(%error, "what was brought back of the command line's is not in the journal yet");
        }
        Ok(())
    }

    pub(super) async fn hand_back_journal(&self, store: &Store) -> Result<Journalled, StoreError> {
        let place = locked(&self.journal, |journal| journal.folder().to_path_buf());
        let from = place.clone();
        let read = tokio::task::spawn_blocking(move || Journals::read(&from)).await;
        let read = read.map_err(|_| StoreError::Unavailable)?;
        let entries = read.map_err(|source| StoreError::Journal { place, source })?.entries();
        let ids: Vec<OpId> = entries.iter().filter_map(journal::id).collect();
        let known = store.read(move |look| known(look.connection, &ids)).await?;
        let (known, lost): (Vec<Replay>, Vec<Replay>) =
            entries.into_iter().partition(|entry| journal::id(entry).is_some_and(|id| known.contains(&id)));
        let mut journalled = Journalled { known: known.len(), ..Journalled::default() };
        for entries in lost.chunks(AT_ONCE) {
            let results = store.hand_back(entries.to_vec()).await?;
            for (entry, result) in entries.iter().zip(results) {
                journalled.add(entry, &result);
            }
        }
        Ok(journalled)
    }
}

/// Which of these ops the database holds.
fn known(connection: &Connection, ops: &[OpId]) -> Result<HashSet<OpId>, StoreError> {
    let mut known = HashSet::new();
    for op in ops {
        if one(connection, "SELECT 1 FROM op WHERE id = ?1", [op.bytes()], |_| Ok(()))?.is_some() {
            known.insert(*op);
        }
    }
    Ok(known)
}

fn locked<T>(journal: &Mutex<Journal>, work: impl FnOnce(&mut Journal) -> T) -> T {
    work(&mut journal.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Journalled {
    fn add(&mut self, entry: &Replay, result: &OpResult) {
        let named = || format!("{} ({})", result.id, journal::word(entry));
        match &result.outcome {
            Outcome::Applied { .. } => self.replayed += 1,
            Outcome::Later => self.later.push(named()),
            Outcome::Refused { code, .. } => self.not_taken.push(format!("{}: {code}", named())),
            Outcome::Unsupported => self.not_taken.push(format!("{}: not known to this program", named())),
        }
    }
}
