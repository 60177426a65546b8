//! Every step about a case that was applied is in its history, and the case stands where the last of them brought it.

use super::{effects::applied, ops::judged};
use crate::convergence::world::World;
use kairan_protocol::{
    case::{CaseState, Step, Talk},
    id::{Commit, OpId, PersonId},
    op::{Command, Op},
};
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::BTreeMap;

/// A step somebody asked for.
#[derive(Debug)]
struct Asked {
    commit: i64,
    by: PersonId,
    what: Step,
}

fn talk(database: &Connection, case: OpId) -> Option<Talk> {
    let sql = "SELECT talk FROM talk_case WHERE op = ?1";
    let talk: Option<String> = database.query_row(sql, [case.bytes()], |row| row.get(0)).optional().unwrap();
    talk.map(|talk| serde_json::from_str(&talk).unwrap())
}

fn is_forgotten(database: &Connection, asked: Option<&Op>) -> bool {
    let sql = "SELECT erased FROM person WHERE id = ?1";
    asked.is_some_and(|op| database.query_row(sql, [op.person.number()], |row| row.get(0)).unwrap())
}

/// What is wrong with the cases.
pub fn hold(world: &World) -> Vec<String> {
    let database = world.machine.database();
    let mut cases: BTreeMap<OpId, Vec<Asked>> = BTreeMap::new();
    for (op, judged) in applied(world, &judged(world)).into_iter().filter(|(_, judged)| judged.changed) {
        let (case, what) = match op.command {
            Command::SeeCase { case } => (case, Step::Seen),
            Command::TakeCase { case } => (case, Step::Taken),
            Command::ReleaseCase { case } => (case, Step::Released),
            Command::NoteCase { case, .. } => (case, Step::Noted),
            Command::CloseCase { case, .. } => (case, Step::Closed),
            Command::TakeBack { op } if talk(&database, op).is_some() => (op, Step::TakenBack),
            _ => continue,
        };
        cases.entry(case).or_default().push(Asked { commit: judged.commit, by: op.person, what });
    }
    let ledger = world.ledger();
    let mut wrong = Vec::new();
    for (case, asked) in cases {
        match talk(&database, case) {
            Some(talk) => wrong.extend(differs(&talk, &asked).map(|what| format!("{what}: {asked:?}, {talk:?}"))),
            // What came back found no team to go to; and of who is gone since long everything is forgotten.
            None if ledger.waited(case) || is_forgotten(&database, ledger.ops.get(&case)) => {}
            None => wrong.push(format!("of the case {case} nothing stands, and there was {asked:?}")),
        }
    }
    wrong
}

/// What differs between a case and what was asked for about it, in the order of commits.
fn differs(talk: &Talk, asked: &[Asked]) -> Option<String> {
    for Asked { commit, what, .. } in asked {
        // What was done was done, mistaken tap or not.
        let done = |other: &Asked| other.what == Step::Closed && other.commit < *commit;
        if *what == Step::TakenBack && asked.iter().any(done) {
            continue;
        }
        let number = Commit(u64::try_from(*commit).unwrap());
        if !talk.history.iter().any(|entry| entry.commit == Some(number) && entry.what == *what) {
            return Some(format!("{what:?}, applied as {commit}, is not in the history"));
        }
    }
    let ended = asked.iter().any(|asked| matches!(asked.what, Step::Closed | Step::TakenBack));
    if ended || talk.state == CaseState::Closed {
        return (!ended || talk.state != CaseState::Closed).then(|| "it is closed, or is not".to_owned());
    }
    // What the end of a role let go stands in the history without a name.
    let last = |of: fn(Step) -> bool| asked.iter().rfind(|asked| of(asked.what)).map(|asked| (asked.commit, asked.by));
    let (taken, released) = (last(|what| what == Step::Taken), last(|what| what == Step::Released));
    let by_clock = talk.history.iter().rfind(|entry| entry.what == Step::Released && entry.by.is_none());
    let by_clock = by_clock.and_then(|entry| entry.commit).map_or(0, |commit| i64::try_from(commit.0).unwrap());
    let let_go = released.map_or(0, |(commit, _)| commit).max(by_clock);
    let owner = taken.filter(|(commit, _)| *commit > let_go).map(|(_, by)| by);
    let stands = talk.owner.as_ref().map(|owner| owner.id);
    (stands != owner || (talk.state == CaseState::Taken) != owner.is_some())
        .then(|| format!("{owner:?} should have it"))
}
