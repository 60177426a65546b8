//! What was applied has its effect: receipts at least as far, check-ins in the history, the last word on a consent, roles, moves,
//! notices, phones signed off.

use super::ops::{Judged, judged};
use crate::convergence::{town, world::World};
use kairan_protocol::{
    case::SHOWN_DAYS,
    check_in::Mood,
    id::{DeviceId, NoticeId, OpId, PersonId},
    notice::{NoticeState, Phase},
    op::{Command, Invitee, Op},
    time::Timestamp,
};
use kairan_server::clock::Clock as _;
use rusqlite::{Connection, OptionalExtension as _, Params, types::FromSql};
use std::collections::BTreeMap;

fn one<T: FromSql>(database: &Connection, sql: &str, parameters: impl Params) -> Option<T> {
    database.prepare_cached(sql).unwrap().query_row(parameters, |row| row.get(0)).optional().unwrap()
}

/// The ops that were applied, in the order of their commits.
pub(super) fn applied(world: &World, judged: &BTreeMap<OpId, Judged>) -> Vec<(Op, Judged)> {
    let ledger = world.ledger();
    let mut applied: Vec<(Op, Judged)> = judged
        .iter()
        .filter(|(_, judged)| judged.applied)
        .filter_map(|(id, judged)| Some((ledger.ops.get(id)?.clone(), *judged)))
        .collect();
    applied.sort_by_key(|(_, judged)| judged.commit);
    applied
}

/// What is wrong with the effects.
pub fn hold(world: &World) -> Vec<String> {
    let database = world.machine.database();
    let applied = applied(world, &judged(world));
    let mut wrong = Vec::new();
    for (op, judged) in &applied {
        if let Some(missing) = missing(&database, op, *judged) {
            let who = town::name(op.person);
            wrong.push(format!(
                "{} {} of {who} was applied as {}, but {missing}",
                op.command.word(),
                op.id,
                judged.commit
            ));
        }
    }
    wrong.extend(consents(world, &database));
    wrong.extend(moves(&database, &applied));
    wrong.extend(taken_back(&database, &applied));
    wrong.extend(talks(world, &database, &applied));
    wrong.extend(corrections(&database, &applied));
    wrong.extend(signed_off(world, &database));
    wrong
}

fn notice(database: &Connection, id: NoticeId) -> Option<NoticeState> {
    let state: String = one(database, "SELECT state FROM notice WHERE id = ?1", [id.bytes()])?;
    serde_json::from_str(&state).ok()
}

/// What is missing of one op's effect.
fn missing(database: &Connection, op: &Op, judged: Judged) -> Option<String> {
    let person = one_of_two(database, op.person);
    let there = |sql: &str, id: i64| one::<i64>(database, sql, [id]).is_some();
    match &op.command {
        Command::Receipt { notice, rev, stage } => {
            // Of somebody known twice the further answer may have been given to an earlier rev that asks the same.
            let sql = "SELECT 1 FROM receipt JOIN notice ON notice = id WHERE id = ?1 AND person = ?2 AND (\
                       (rev, stage) >= (?3, ?4) OR (?5 <> ?2 AND rev >= state ->> '$.body.asks' AND stage >= ?4))";
            let parameters = (notice.bytes(), person, rev.0, *stage as i64 + 1, op.person.number());
            one::<i64>(database, sql, parameters).is_none().then(|| "the receipt is less far".to_owned())
        }
        // Said before a withdrawal that was here first: nothing of it was kept.
        Command::CheckIn { .. } if !judged.changed => None,
        Command::CheckIn { mood, .. } => {
            let sql = "SELECT 1 FROM check_in WHERE person = ?1 AND op = ?2";
            let gone = one::<i64>(database, sql, (person, op.id.bytes())).is_none();
            // A mood goes with the consent it needed.
            let sql = "SELECT 1 FROM withdrawal WHERE person = ?1 AND committed >= ?2";
            let withdrawn = *mood != Mood::Talk && one::<i64>(database, sql, (person, judged.commit)).is_some();
            let forgotten = there("SELECT 1 FROM person WHERE id = ?1 AND erased = 1", person);
            match (gone, withdrawn) {
                (true, _) if forgotten => None,
                (true, false) => Some("it is not in the history".to_owned()),
                (false, true) => Some("it was said before a withdrawal, and is kept".to_owned()),
                _ => None,
            }
        }
        Command::Post { .. } => notice_missing(notice(database, op.id.into()).is_none()),
        Command::Correct { notice: id, .. } => notice_missing(notice(database, *id).is_none()),
        Command::Withdraw { notice: id, .. } => {
            let phase = notice(database, *id).map(|notice| notice.phase);
            (phase != Some(Phase::Withdrawn)).then(|| format!("the notice is {phase:?}"))
        }
        Command::GrantRole { role, .. } => {
            (!there("SELECT 1 FROM role WHERE id = ?1", role.number())).then(|| "there is no such role".to_owned())
        }
        Command::EndRole { role } => {
            let sql = "SELECT until FROM role WHERE id = ?1";
            let until = one::<Option<i64>>(database, sql, [role.number()]).flatten();
            until.is_none().then(|| "the role has not ended".to_owned())
        }
        Command::Invite { invite, to, .. } => {
            let known = there("SELECT 1 FROM invite WHERE id = ?1", invite.number());
            // Nobody lives there any more, and it is forgotten.
            let forgotten = match to {
                Invitee::Household(home) => there("SELECT 1 FROM grp WHERE id = ?1 AND erased = 1", home.number()),
                Invitee::Person(person) => there("SELECT 1 FROM person WHERE id = ?1 AND erased = 1", person.number()),
            };
            let to = matches!(to, Invitee::Household(_));
            (!known && !forgotten).then(|| format!("there is no such invite (of a household: {to})"))
        }
        Command::Revoke { device } => {
            let sql = "SELECT 1 FROM device WHERE id = ?1 AND revoked IS NULL";
            there(sql, device.number()).then(|| "the device is not signed off".to_owned())
        }
        Command::Approve { join, admit } if judged.changed => {
            // The first answer counts.
            let sql = "SELECT 1 FROM waiting WHERE id = ?1 AND (answered IS NULL OR admitted <> ?2)";
            let unanswered = one::<i64>(database, sql, (join.number(), admit)).is_some();
            unanswered.then(|| "who waited was not answered so".to_owned())
        }
        Command::MoveHousehold { household, to } if judged.changed => {
            let sql = "SELECT 1 FROM location WHERE household = ?1 AND block = ?2 AND from_commit = ?3";
            let parameters = (household.number(), to.number(), judged.commit);
            // What was said after a home was left by everybody leads nowhere.
            let closed = there("SELECT 1 FROM grp WHERE id = ?1 AND closed IS NOT NULL", household.number());
            (!closed && one::<i64>(database, sql, parameters).is_none())
                .then(|| "the move is not in the history".to_owned())
        }
        // Who left may have joined again; the others are looked at together.
        Command::Leave {}
        | Command::Consent { .. }
        | Command::TakeBack { .. }
        | Command::MoveHousehold { .. }
        | Command::Approve { .. }
        | Command::SetPaper { .. }
        | Command::PaperReceipt { .. }
        | Command::AddHousehold { .. }
        | Command::AddPerson { .. }
        | Command::AddBlock { .. }
        | Command::CorrectHousehold { .. }
        | Command::CorrectPerson { .. }
        | Command::MovePerson { .. }
        | Command::Depart { .. }
        | Command::MergeHouseholds { .. }
        | Command::SplitHousehold { .. }
        | Command::SamePerson { .. }
        | Command::SeeCase { .. }
        | Command::TakeCase { .. }
        | Command::ReleaseCase { .. }
        | Command::NoteCase { .. }
        | Command::CloseCase { .. }
        | Command::SetSupport { .. } => None,
    }
}

/// Who somebody is, or the one they turned out to be.
fn one_of_two(database: &Connection, person: PersonId) -> i64 {
    let sql = "WITH RECURSIVE one (id) AS (SELECT ?1 UNION SELECT same FROM person JOIN one USING (id) WHERE same IS NOT NULL) \
               SELECT id FROM one JOIN person USING (id) WHERE same IS NULL";
    one(database, sql, [person.number()]).unwrap_or(person.number())
}

fn notice_missing(missing: bool) -> Option<String> {
    missing.then(|| "there is no such notice".to_owned())
}

/// Of what a person agreed to, what was said last stands: a withdrawn consent is withdrawn.
/// Where nobody was left to hand the last word back, its mark may have come back by itself, or not.
fn consents(world: &World, database: &Connection) -> Vec<String> {
    let judged = judged(world);
    let ledger = world.ledger();
    let mut last: BTreeMap<PersonId, (Timestamp, i64, bool, OpId)> = BTreeMap::new();
    for op in ledger.ops.values() {
        let Command::Consent { moods_to_team } = op.command else { continue };
        let (there, told) = (judged.get(&op.id).filter(|judged| judged.changed), ledger.told.get(&op.id));
        let commit = match (there, told.filter(|told| told.changed)) {
            (Some(there), _) => there.commit,
            (None, Some(told)) => told.commits.iter().map(|commit| i64::try_from(*commit).unwrap()).max().unwrap_or(0),
            (None, None) => continue,
        };
        let said = (told.map_or(op.at, |told| op.at.min(told.at)), commit, moods_to_team, op.id);
        let newest = last.entry(op.person).or_insert(said);
        *newest = (*newest).max(said);
    }
    let mut wrong = Vec::new();
    for (person, (_, commit, agreed, id)) in last.into_iter().filter(|(_, (.., id))| judged.contains_key(id)) {
        // Of two who are one, what either said last stands.
        let sql = "SELECT 1 FROM person WHERE same IS NOT NULL AND ?1 IN (id, same)";
        if one::<i64>(database, sql, [person.number()]).is_some() {
            continue;
        }
        let sql = "SELECT moods_to_team IS NOT NULL FROM person WHERE id = ?1";
        let stands: Option<bool> = one(database, sql, [person.number()]);
        // Whoever is gone agrees to nothing.
        let sql = "SELECT 1 FROM person WHERE id = ?1 AND gone IS NOT NULL";
        let agreed = agreed && one::<i64>(database, sql, [person.number()]).is_none();
        if stands != Some(agreed) {
            let name = town::name(person);
            let story = ledger.story(id);
            wrong.push(format!("{name} said {agreed} last, as {commit}, and the machine has {stands:?}: {story}"));
        }
    }
    wrong
}

/// A household stands where its last move brought it.
fn moves(database: &Connection, applied: &[(Op, Judged)]) -> Vec<String> {
    let mut last = BTreeMap::new();
    for (op, judged) in applied.iter().filter(|(_, judged)| judged.changed) {
        if let Command::MoveHousehold { household, to } = op.command {
            last.insert(household, (to, judged.commit));
        }
    }
    let mut wrong = Vec::new();
    for (household, (to, commit)) in last {
        // One that nobody lives in any more stands nowhere.
        let sql = "SELECT parent FROM grp WHERE id = ?1 AND closed IS NULL";
        let stands: Option<Option<i64>> = one(database, sql, [household.number()]);
        if stands.is_some_and(|stands| stands != Some(to.number())) {
            let name = town::group_name(household);
            wrong.push(format!("{name} moved to {} as {commit}, and stands in {stands:?}", town::group_name(to)));
        }
    }
    wrong
}

/// A check-in counts no more exactly when it was taken back.
fn taken_back(database: &Connection, applied: &[(Op, Judged)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (op, _) in applied.iter().filter(|(op, _)| matches!(op.command, Command::CheckIn { .. })) {
        let by = |other: &Op| matches!(other.command, Command::TakeBack { op: taken } if taken == op.id);
        let should = applied.iter().any(|(other, _)| by(other));
        let sql = "SELECT taken FROM check_in WHERE person = ?1 AND op = ?2";
        let taken: Option<bool> = one(database, sql, (one_of_two(database, op.person), op.id.bytes()));
        if taken.is_some_and(|taken| taken != should) {
            wrong.push(format!("the check-in {} is taken back: {taken:?}, and should: {should}", op.id));
        }
    }
    wrong
}

/// Who asked for a talk stands with one team, and with none after taking that back, or where none of those that were waited for came back.
fn talks(world: &World, database: &Connection, applied: &[(Op, Judged)]) -> Vec<String> {
    let ledger = world.ledger();
    let shown_since = world.machine.clock.now().plus_millis(-SHOWN_DAYS * 86_400_000).millis();
    let mut wrong = Vec::new();
    for (op, _) in applied.iter().filter(|(op, _)| matches!(op.command, Command::CheckIn { mood: Mood::Talk, .. })) {
        let sql = "SELECT taken FROM check_in WHERE person = ?1 AND op = ?2";
        let person = one_of_two(database, op.person);
        // Whoever is gone since long is forgotten, and so is what they asked for.
        if one::<i64>(database, "SELECT 1 FROM person WHERE id = ?1 AND erased = 1", [person]).is_some() {
            continue;
        }
        let taken = one::<bool>(database, sql, (person, op.id.bytes())).unwrap_or_default();
        let sql = "SELECT count(*) FROM row WHERE kind = 'talk' AND id = ?1 AND body IS NOT NULL";
        let stands: i64 = one(database, sql, [op.id.to_string()]).unwrap_or_default();
        // A mistaken tap stays with whoever had taken it; what was closed long ago is off the desk.
        let sql = "SELECT talk ->> '$.owner' IS NOT NULL, ended <= ?2 FROM talk_case WHERE op = ?1";
        let parameters = (op.id.bytes(), shown_since);
        let filed = database.prepare_cached(sql).unwrap().query_row(parameters, |row| Ok((row.get(0)?, row.get(1)?)));
        let (owned, over): (bool, Option<bool>) = filed.optional().unwrap().unwrap_or_default();
        let right = match stands {
            1 => over != Some(true) && (owned || !taken),
            0 => over == Some(true) || (taken && !owned) || ledger.waited(op.id),
            _ => false,
        };
        if !right {
            let story = ledger.story(op.id);
            wrong.push(format!("a talk stands with {stands} teams, taken back: {taken}: {story}"));
        }
    }
    wrong
}

/// A notice reads as its corrections left it, one after the other.
fn corrections(database: &Connection, applied: &[(Op, Judged)]) -> Vec<String> {
    let mut titles: BTreeMap<NoticeId, &str> = BTreeMap::new();
    let mut texts: BTreeMap<NoticeId, &str> = BTreeMap::new();
    let mut withdrawn: BTreeMap<NoticeId, bool> = BTreeMap::new();
    // A post whose answer was lost with the machine may have been applied anew, behind a correction that was handed back.
    let (posts, changes): (Vec<_>, Vec<_>) =
        applied.iter().partition(|(op, _)| matches!(op.command, Command::Post { .. }));
    for (op, _) in posts.into_iter().chain(changes) {
        match &op.command {
            Command::Post { title, text, .. } => {
                titles.insert(op.id.into(), title);
                texts.insert(op.id.into(), text);
            }
            Command::Correct { notice, patch, .. } if !withdrawn.contains_key(notice) => {
                titles.extend(patch.title.as_deref().map(|title| (*notice, title)));
                texts.extend(patch.text.as_deref().map(|text| (*notice, text)));
            }
            Command::Withdraw { notice, .. } => {
                withdrawn.insert(*notice, true);
            }
            _ => {}
        }
    }
    let mut wrong = Vec::new();
    for (id, title) in titles {
        let Some(known) = notice(database, id) else { continue };
        if known.body.title != title || Some(&known.body.text.as_str()) != texts.get(&id) {
            let text = texts.get(&id);
            wrong.push(format!(
                "{id} should read {title}, {text:?}, and reads {}, {}",
                known.body.title, known.body.text
            ));
        }
        if withdrawn.contains_key(&id) != (known.phase == Phase::Withdrawn) {
            wrong.push(format!("{id} is {:?}", known.phase));
        }
    }
    wrong
}

/// Who was signed off holds nothing.
fn signed_off(world: &World, database: &Connection) -> Vec<String> {
    let mut wrong = Vec::new();
    for phone in world.phones.iter().filter(|phone| phone.joined()) {
        let device: DeviceId = phone.enrolment()["device"].as_str().unwrap().parse().unwrap();
        let sql = "SELECT revoked IS NOT NULL FROM device WHERE id = ?1";
        if one::<bool>(database, sql, [device.number()]) != Some(false) {
            wrong.push(format!("{}: is not known, or was signed off, and has not been erased", phone.name));
        }
    }
    wrong
}
