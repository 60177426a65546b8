//! Every mirror is the machine's own rows of exactly the feeds it may read; a phone that may not read any holds nothing.

use crate::convergence::{phone::Phone, world::World};
use axum::http::Request;
use kairan_protocol::wire::{SyncRequest, SyncResponse};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// A row's kind and id.
type Place = (String, String);
/// Its rev, version and body.
type Body = (i64, i64, String);

/// What is wrong with the mirrors.
pub async fn hold(world: &World) -> Vec<String> {
    let machine = world.machine.database();
    let mut wrong = Vec::new();
    for phone in &world.phones {
        if !phone.joined() {
            wrong.extend(left_over(phone).into_iter().map(|what| format!("{}: {what}", phone.name)));
            continue;
        }
        match readable(world, phone).await {
            Ok(feeds) => {
                wrong.extend(differ(&machine, phone, &feeds).into_iter().map(|what| format!("{}: {what}", phone.name)));
            }
            Err(what) => wrong.push(format!("{}: {what}", phone.name)),
        }
    }
    wrong
}

/// What a phone that was erased, or has never joined, holds all the same.
fn left_over(phone: &Phone) -> Vec<String> {
    let files = [
        ("row", phone.mirror_file()),
        ("shadow", phone.mirror_file()),
        ("op", phone.outbox_file()),
        ("journal", phone.outbox_file()),
    ];
    let mut left = Vec::new();
    for (table, file) in files {
        let count: i64 = file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        if count > 0 {
            left.push(format!("it has not joined, and holds {count} of {table}"));
        }
    }
    left
}

/// The feeds a phone may read, as the machine says when it is asked anew.
async fn readable(world: &World, phone: &Phone) -> Result<BTreeMap<i64, String>, String> {
    let token = phone.token();
    let request = Request::post("/v1/sync")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(serde_json::to_vec(&SyncRequest::default()).unwrap())
        .unwrap();
    let answer = world.machine.answer(request).await.ok_or("nobody serves")?;
    if !answer.status().is_success() {
        return Err(format!("its token is answered {}", answer.status()));
    }
    let response: SyncResponse = serde_json::from_slice(answer.body()).map_err(|error| error.to_string())?;
    let rights = response.rights.ok_or("no rights for one who knows of none")?;
    Ok(rights.feeds.into_iter().map(|right| (i64::from(right.n.0), right.name.to_string())).collect())
}

fn rows(connection: &Connection, sql: &str, feed: i64) -> BTreeMap<Place, Body> {
    let mut select = connection.prepare(sql).unwrap();
    let rows = select
        .query_map([feed], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?, row.get(4)?))))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

fn differ(machine: &Connection, phone: &Phone, feeds: &BTreeMap<i64, String>) -> Vec<String> {
    let mirror = phone.mirror_file();
    let mut wrong = Vec::new();
    let mut select = mirror.prepare("SELECT number, name, hidden FROM feed").unwrap();
    let known: Vec<(i64, String, bool)> =
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect();
    for (number, name, hidden) in &known {
        if *hidden || feeds.get(number) != Some(name) {
            wrong.push(format!("it knows the feed {number} {name} (hidden: {hidden}), which it may not read"));
        }
    }
    for (number, name) in feeds {
        if !known.iter().any(|(known, ..)| known == number) {
            wrong.push(format!("it does not know the feed {number} {name}"));
        }
        let theirs = rows(
            machine,
            "SELECT kind, id, rev, version, body FROM row WHERE feed = ?1 AND kind <> '' AND body IS NOT NULL",
            *number,
        );
        let ours = rows(&mirror, "SELECT kind, id, rev, version, body FROM row WHERE feed = ?1", *number);
        let places: BTreeSet<&Place> = theirs.keys().chain(ours.keys()).collect();
        for place in places {
            let (there, here) = (theirs.get(place), ours.get(place));
            if there != here {
                wrong.push(format!("{name} {place:?}: the machine has {there:?}, the phone {here:?}"));
            }
        }
    }
    for table in ["row", "shadow"] {
        let mut select = mirror.prepare(&format!("SELECT DISTINCT feed FROM {table}")).unwrap();
        let held = select.query_map([], |row| row.get::<_, i64>(0)).unwrap().map(Result::unwrap);
        for feed in held.filter(|feed| table == "shadow" || !feeds.contains_key(feed)) {
            wrong.push(format!("it holds rows of feed {feed} in {table}"));
        }
    }
    wrong
}
