//! Every op is at exactly one place: applied at the machine, once, or visible in an outbox, unless its author took it away.

use crate::convergence::world::World;
use kairan_protocol::{
    id::{NoticeId, OpId, Rev},
    notice::NoticeState,
    op::{Command, Op},
};
use rusqlite::OptionalExtension as _;
use std::collections::{BTreeMap, BTreeSet};

/// An op as the machine keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// Whether it was applied.
    pub applied: bool,
    /// Whether that changed anything.
    pub changed: bool,
    /// Under which number.
    pub commit: i64,
}

/// Every op the machine judged.
pub type Every = BTreeMap<OpId, Judged>;

/// Looks it up.
pub fn judged(world: &World) -> Every {
    let database = world.machine.database();
    let mut select = database.prepare("SELECT id, committed, outcome FROM op").unwrap();
    let rows = select.query_map([], |row| {
        let outcome: String = row.get(2)?;
        let applied = outcome.contains("\"applied\"");
        let changed = applied && !outcome.contains("\"nothing\"");
        Ok((OpId::from_bytes(row.get(0)?), Judged { applied, changed, commit: row.get(1)? }))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// An op in the outbox of a phone.
struct Held {
    phone: &'static str,
    state: String,
    quiet: bool,
    /// The op that has to be at the machine first.
    needs: Option<String>,
    lane: String,
    seq: i64,
}

fn held(world: &World) -> BTreeMap<OpId, Held> {
    let mut held = BTreeMap::new();
    for phone in &world.phones {
        let outbox = phone.outbox_file();
        let mut select = outbox.prepare("SELECT id, state, quiet, needs, lane, seq FROM op").unwrap();
        let rows = select.query_map([], |row| {
            let op = Held {
                phone: phone.name,
                state: row.get(1)?,
                quiet: row.get(2)?,
                needs: row.get(3)?,
                lane: row.get(4)?,
                seq: row.get(5)?,
            };
            Ok((row.get::<_, String>(0)?.parse::<OpId>().unwrap(), op))
        });
        held.extend(rows.unwrap().map(Result::unwrap));
    }
    held
}

/// Whether an op waits behind one that waits for a word of its author: which it needs, or which goes before it in its lane.
fn is_held_up(op: &Held, all: &BTreeMap<OpId, Held>) -> bool {
    let needed = op.needs.as_ref().and_then(|id| all.get(&id.parse().ok()?));
    let before = all.values().filter(|other| other.phone == op.phone && other.lane == op.lane && other.seq < op.seq);
    needed.into_iter().chain(before).any(|other| match other.state.as_str() {
        "ask_again" => op.needs.is_some(),
        "parked" => true,
        _ => is_held_up(other, all),
    })
}

/// Ops that speak about something the machine lost for good, because nobody was left who could hand it back: they go on waiting for
/// it, visibly.
fn without_target(world: &World) -> BTreeSet<OpId> {
    let database = world.machine.database();
    let notice = |id: NoticeId| -> Option<Rev> {
        let sql = "SELECT state FROM notice WHERE id = ?1";
        let state: Option<String> = database.query_row(sql, [id.bytes()], |row| row.get(0)).optional().unwrap();
        state.map(|state| serde_json::from_str::<NoticeState>(&state).unwrap().rev)
    };
    let there = |sql: &str, id: i64| database.query_row(sql, [id], |_| Ok(())).optional().unwrap().is_some();
    let ledger = world.ledger();
    let lacks = |op: &&Op| match &op.command {
        Command::Receipt { notice: about, rev, .. } | Command::PaperReceipt { notice: about, rev, .. } => {
            notice(*about).is_none_or(|known| known < *rev)
        }
        Command::Correct { notice: about, seen, .. } | Command::Withdraw { notice: about, seen, .. } => {
            notice(*about).is_none_or(|known| known < *seen)
        }
        Command::EndRole { role } => !there("SELECT 1 FROM role WHERE id = ?1", role.number()),
        Command::TakeBack { op: taken } => {
            let sql = "SELECT 1 FROM op WHERE id = ?1";
            database.query_row(sql, [taken.bytes()], |_| Ok(())).optional().unwrap().is_none()
        }
        Command::SeeCase { case }
        | Command::TakeCase { case }
        | Command::ReleaseCase { case }
        | Command::NoteCase { case, .. }
        | Command::CloseCase { case, .. } => {
            let sql = "SELECT 1 FROM talk_case WHERE op = ?1";
            database.query_row(sql, [case.bytes()], |_| Ok(())).optional().unwrap().is_none()
        }
        Command::Revoke { device } => !there("SELECT 1 FROM device WHERE id = ?1", device.number()),
        _ => false,
    };
    ledger.ops.values().filter(lacks).map(|op| op.id).collect()
}

/// What is wrong with the ops.
pub fn hold(world: &World) -> Vec<String> {
    let (judged, held, lacks) = (judged(world), held(world), without_target(world));
    let ledger = world.ledger();
    let mut wrong = Vec::new();
    for (id, told) in &ledger.told {
        let what = ledger.word(*id);
        match judged.get(id) {
            Some(there) if there.applied && told.commits.contains(&u64::try_from(there.commit).unwrap()) => {}
            Some(there) => wrong.push(format!("{what} {id} was told {told:?}, and the machine has {there:?}")),
            None if ledger.nobody_left(told) || lacks.contains(id) => {}
            None => {
                let story = ledger.story(*id);
                wrong.push(format!("{what} {id} was told {told:?}, and the machine has lost it: {story}"));
            }
        }
    }
    for id in &ledger.forged {
        if judged.contains_key(id) {
            wrong.push(format!("{id} was made up, and the machine took it"));
        }
    }
    for (id, author) in &ledger.shown {
        let what = ledger.word(*id);
        let nowhere = !judged.contains_key(id) && !held.contains_key(id);
        if nowhere && !ledger.taken_away.contains(id) && !ledger.ended.contains(author) && !ledger.told.contains_key(id)
        {
            wrong.push(format!("{what} {id} of {author:?} is nowhere"));
        }
    }
    let all = held;
    for (id, held) in &all {
        let waits = matches!(held.state.as_str(), "waiting" | "sent");
        if waits && !is_held_up(held, &all) {
            wrong.push(format!("{}: {} {id} still waits ({})", held.phone, ledger.word(*id), held.state));
        }
        if held.quiet && held.state == "refused" {
            wrong.push(format!("{}: {id} was refused, and nobody can see it", held.phone));
        }
        if held.state != "ask_again" && judged.get(id).is_some_and(|judged| judged.applied) {
            wrong.push(format!("{}: {} {id} is {} there, and applied", held.phone, ledger.word(*id), held.state));
        }
    }
    drop(ledger);
    wrong.extend(journals(world, &judged, &lacks));
    wrong.extend(once(world, &judged));
    wrong
}

/// What a phone keeps of an op is what the machine keeps of it, and what every other phone keeps.
fn journals(world: &World, judged: &BTreeMap<OpId, Judged>, lacks: &BTreeSet<OpId>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known: BTreeMap<OpId, (i64, Option<String>, &str)> = BTreeMap::new();
    for phone in &world.phones {
        let outbox = phone.outbox_file();
        let sql = "SELECT id, commit_number, mac, coalesce(handing, 'kept') || ' ' || coalesce(code, '') FROM journal";
        let mut select = outbox.prepare(sql).unwrap();
        let rows = select.query_map([], |row| {
            let mac: Option<String> = row.get(2)?;
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, mac, row.get::<_, String>(3)?))
        });
        for (id, commit, mac, how) in rows.unwrap().map(Result::unwrap) {
            let id: OpId = id.parse().unwrap();
            let same = judged
                .get(&id)
                .is_some_and(|judged| judged.applied && (judged.commit == commit || world.ledger().restores > 1));
            if !same && !lacks.contains(&id) {
                let there = judged.get(&id);
                let name = phone.name;
                wrong.push(format!("{name}: its journal has {id} as {commit} ({how}), the machine {there:?}"));
            }
            if mac.is_none() {
                wrong.push(format!("{}: its journal has {id} without a MAC", phone.name));
            }
            let other = known.insert(id, (commit, mac.clone(), phone.name));
            if let Some((there, tag, name)) = other.filter(|(there, tag, _)| *there != commit || *tag != mac) {
                wrong.push(format!("{id}: {name} has {there} {tag:?}, {} has {commit} {mac:?}", phone.name));
            }
        }
    }
    wrong
}

/// What stands in a history stands there once, and somebody asked for it.
fn once(world: &World, judged: &BTreeMap<OpId, Judged>) -> Vec<String> {
    let database = world.machine.database();
    let mut select = database.prepare("SELECT op FROM check_in").unwrap();
    let taps: Vec<OpId> =
        select.query_map([], |row| Ok(OpId::from_bytes(row.get(0)?))).unwrap().map(Result::unwrap).collect();
    let mut wrong = Vec::new();
    let mut counted: BTreeMap<OpId, usize> = BTreeMap::new();
    for tap in taps {
        *counted.entry(tap).or_default() += 1;
    }
    let ledger = world.ledger();
    for (id, count) in counted {
        let asked = matches!(ledger.ops.get(&id).map(|op| &op.command), Some(Command::CheckIn { .. }));
        if count > 1 || !asked || judged.get(&id).is_none_or(|judged| !judged.applied) {
            wrong.push(format!("the check-in {id} stands {count} times in the history, asked for: {asked}"));
        }
    }
    wrong
}
