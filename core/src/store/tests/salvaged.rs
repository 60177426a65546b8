//! A damaged outbox: what can be read is saved, and it is said.

use super::{compared::copy_of, *};
use crate::{
    error::Error,
    records::Salvage,
    store::{Step, outbox},
};
use rusqlite::Connection;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read, Seek, SeekFrom, Write},
};

/// Sato's phone with many taps waiting, many at the server, and long letters among them; closed.
fn full_phone() -> (TempDir, Vec<OpId>) {
    let phone = Phone::of_sato();
    let ops: Vec<Op> = (0..200_u8).map(|number| op(SATO, NOW, acknowledge(notice_id(number), 1))).collect();
    phone
        .store
        .outbox_file()
        .write(|outbox| ops.iter().try_for_each(|op| outbox::ops::hold(outbox, op, None)))
        .unwrap();
    phone.take(ops[..120].iter().fold(Answer::new(), |answer, op| answer.applied(op.id, 9, &[])));
    let letter = Command::Withdraw { notice: notice_id(250), seen: Rev(1), reason: "雨".repeat(9_000) };
    let letter = op(SATO, NOW, letter);
    phone.store.outbox_file().write(|outbox| outbox::ops::hold(outbox, &letter, None)).unwrap();
    let waiting = ops[120..].iter().map(|op| op.id).chain([letter.id]).collect();
    let Phone { store, folder } = phone;
    drop(store);
    (folder, waiting)
}

/// What each page of a file is for: the table or index, and its kind.
fn pages(file: &Path) -> BTreeMap<u32, (String, String)> {
    let connection = Connection::open(file).unwrap();
    let mut select = connection.prepare("SELECT pageno, name, pagetype FROM dbstat").unwrap();
    let pages = select.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).unwrap();
    pages.collect::<Result<_, _>>().unwrap()
}

/// The ops whose rows lie on a page, in the order of numbers.
fn ops_on(file: &Path, page: u32) -> BTreeSet<OpId> {
    let connection = Connection::open(file).unwrap();
    let mut select = connection
        .prepare("SELECT pageno, ncell FROM dbstat WHERE name = 'op' AND pagetype = 'leaf' ORDER BY path")
        .unwrap();
    let leaves = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let leaves = leaves.collect::<Result<Vec<(u32, u32)>, _>>().unwrap();
    let mut ids = connection.prepare("SELECT id FROM op ORDER BY seq").unwrap();
    let ids = ids.query_map([], |row| row.get::<_, String>(0)).unwrap().collect::<Result<Vec<_>, _>>().unwrap();
    let before: u32 = leaves.iter().take_while(|(leaf, _)| *leaf != page).map(|(_, rows)| rows).sum();
    let here = leaves.iter().find(|(leaf, _)| *leaf == page).map_or(0, |(_, rows)| *rows);
    ids.iter().skip(before as usize).take(here as usize).map(|id| id.parse().unwrap()).collect()
}

/// A page goes bad.
fn damage(file: &Path, page: u32) {
    let mut file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(u64::from(page - 1) * 4_096)).unwrap();
    file.write_all(&[0xA5; 4_096]).unwrap();
}

fn waiting(store: &Store) -> BTreeSet<OpId> {
    store.outbox().unwrap().iter().map(|op| op.id.parse().unwrap()).collect()
}

fn open(folder: &TempDir) -> Store {
    Store::open(folder.path(), NOW).unwrap()
}

#[test]
fn whatever_page_goes_bad_only_what_stood_on_it_is_lost_and_it_is_said() {
    let (folder, all) = full_phone();
    let all: BTreeSet<OpId> = all.into_iter().collect();
    let (mut saved, mut partly) = (0, 0);
    let pages = pages(&folder.path().join("outbox.db"));
    assert!(pages.len() > 20);
    for (page, (of, kind)) in pages {
        let folder = copy_of(folder.path());
        let file = folder.path().join("outbox.db");
        let on_it = ops_on(&file, page);
        damage(&file, page);
        let damaged = fs::read(&file).unwrap();
        let store = open(&folder);
        let left = waiting(&store);
        let when = format!("page {page}, {kind} of {of}");
        match (of.as_str(), kind.as_str()) {
            ("sqlite_schema", _) | ("op", "internal") => assert!(left.is_subset(&all), "{when}"),
            ("op", "leaf") => {
                let lost: BTreeSet<OpId> = all.difference(&left).copied().collect();
                assert_eq!(lost, on_it, "{when}");
            }
            ("op", _) => assert_eq!(left.len(), all.len() - 1, "{when}"),
            _ => assert_eq!(left, all, "{when}"),
        }
        partly += u32::from(of == "op" && !left.is_empty());
        // Everything else about the phone goes on.
        let home = store.home(SATO, NOW).unwrap();
        assert_eq!(home.waiting as usize, left.len(), "{when}");
        if let Some(salvage) = home.salvage {
            saved += 1;
            assert_eq!((salvage.at, salvage.waiting as usize), (NOW.millis(), left.len()), "{when}");
            // What stood on a page for drafts nobody knows any more.
            assert_eq!(salvage.lost, left != all || of == "sqlite_schema" || of == "draft", "{when}");
            assert_eq!(fs::read(folder.path().join("outbox.db.damaged")).unwrap(), damaged, "{when}");
        } else {
            // A page nobody reads: of free space.
            assert_eq!(left, all, "{when}");
        }
        store.salvage_seen().unwrap();
        let store = Phone { store, folder }.reopened().store;
        assert_eq!((store.home(SATO, NOW).unwrap().salvage, waiting(&store)), (None, left), "{when}");
    }
    println!("{saved} pages told, {partly} of ops");
    assert!(saved > 15 && partly > 3);
}

#[test]
fn a_phone_whose_outbox_is_wholly_unreadable_stays_joined() {
    for damage in ["this is no database at all, whatever its name says", ""] {
        let (folder, _) = full_phone();
        fs::write(folder.path().join("outbox.db"), damage).unwrap();
        let store = open(&folder);
        let home = store.home(SATO, NOW).unwrap();
        assert_eq!(home.salvage, Some(Salvage { at: NOW.millis(), saved: 0, waiting: 0, lost: true }));
        assert_eq!(fs::read(folder.path().join("outbox.db.damaged")).unwrap(), damage.as_bytes());
        let talk = op(SATO, NOW, check_in(Mood::Talk));
        store.enqueue(&talk, None, NOW).unwrap();
        assert_eq!(waiting(&store), BTreeSet::from([talk.id]));
    }
}

#[test]
fn an_outbox_that_is_gone_is_told() {
    let (folder, _) = full_phone();
    fs::remove_file(folder.path().join("outbox.db")).unwrap();
    let store = open(&folder);
    assert!(store.home(SATO, NOW).unwrap().salvage.unwrap().lost);
}

#[test]
fn killed_while_it_saves_a_phone_saves_the_same_at_the_next_opening() {
    let (folder, _) = full_phone();
    let file = folder.path().join("outbox.db");
    let bad = *pages(&file).iter().find(|(_, (of, kind))| of == "op" && kind == "leaf").unwrap().0;
    damage(&file, bad);
    // As after a kill that left the log.
    fs::write(folder.path().join("outbox.db-wal"), "").unwrap();
    let never_killed = copy_of(folder.path());
    let whole = waiting(&open(&never_killed));
    for step in Step::OF_SALVAGING {
        let folder = copy_of(folder.path());
        assert!(Store::open_to_stop_at(folder.path(), NOW, *step, 1).is_err(), "{step:?}");
        let left = copy_of(folder.path());
        let store = open(&left);
        assert_eq!(waiting(&store), whole, "{step:?}");
        assert!(store.home(SATO, NOW).unwrap().salvage.unwrap().lost, "{step:?}");
        assert!(left.path().join("outbox.db.damaged").exists(), "{step:?}");
        assert!(!left.path().join("outbox.db.damaged.2").exists(), "{step:?}: saved once");
        assert!(!left.path().join("outbox.db.salvaged").exists(), "{step:?}");
    }
}

#[test]
fn a_page_found_bad_while_the_app_is_open_is_saved_at_the_next_opening() {
    let (folder, _) = full_phone();
    let store = open(&folder);
    let mut select = None;
    for (page, (of, kind)) in pages(&folder.path().join("outbox.db")) {
        if of == "journal" && kind == "leaf" {
            damage(&folder.path().join("outbox.db"), page);
            select = Some("SELECT sum(length(text)) FROM journal");
        }
    }
    // Another connection than the one that has read it all.
    let sum = store.outbox_file().read(|_| {
        let sum = |outbox: &Connection| Ok(outbox.query_row(select.unwrap(), [], |row| row.get::<_, i64>(0))?);
        store.outbox_file().read(sum)
    });
    assert!(matches!(sum, Err(Error::Damaged { .. })));
    let phone = Phone { store, folder }.reopened();
    let salvage = phone.home().salvage.unwrap();
    assert!(!salvage.lost, "what the server has is not lost");
    assert!(phone.path().join("outbox.db.damaged").exists());
}

#[test]
fn an_op_whose_text_went_bad_is_left_out_and_holds_up_nobody() {
    let (folder, all) = full_phone();
    let connection = Connection::open(folder.path().join("outbox.db")).unwrap();
    connection.execute("UPDATE op SET text = '{\"id\":' WHERE id = ?1", [all[3].to_string()]).unwrap();
    connection.execute("UPDATE op SET needs = '?' WHERE id = ?1", [all[4].to_string()]).unwrap();
    drop(connection);
    let store = open(&folder);
    assert_eq!(waiting(&store).len(), all.len() - 2);
    assert!(store.home(SATO, NOW).unwrap().salvage.unwrap().lost);
    assert!(!store.outgoing(NOW, 100).unwrap().is_empty());
}

#[test]
fn an_op_in_a_state_there_is_not_is_told_as_lost() {
    let (folder, all) = full_phone();
    let connection = Connection::open(folder.path().join("outbox.db")).unwrap();
    connection.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    connection.execute("UPDATE op SET state = 'sunk' WHERE id = ?1", [all[3].to_string()]).unwrap();
    drop(connection);
    fs::write(folder.path().join("outbox.db.mark"), "").unwrap();
    let store = open(&folder);
    assert_eq!(waiting(&store).len(), all.len() - 1);
    assert!(store.home(SATO, NOW).unwrap().salvage.unwrap().lost);
}

#[test]
fn after_a_salvage_new_ops_do_not_take_the_numbers_of_old_ones() {
    let (folder, _) = full_phone();
    let connection = Connection::open(folder.path().join("outbox.db")).unwrap();
    connection.execute("DELETE FROM op", []).unwrap();
    connection.execute("UPDATE enrolment SET enrolment = '?'", []).unwrap();
    drop(connection);
    let store = open(&folder);
    assert!(store.home(SATO, NOW).unwrap().salvage.is_some(), "the second file says who it is");
    let seen = op(SATO, NOW, acknowledge(notice_id(240), 1));
    store.enqueue(&seen, None, NOW).unwrap();
    store.apply(&Answer::new().applied(seen.id, 300, &[]).0, NOW).unwrap();
    assert_eq!(waiting(&store), BTreeSet::new());
    let kept = "SELECT count(*) FROM journal WHERE id = ?1";
    let id = seen.id.to_string();
    let kept = store.outbox_file().read(|outbox| Ok(outbox.query_row(kept, [&id], |row| row.get::<_, i64>(0))?));
    assert_eq!(kept, Ok(1), "the journal keeps it");
}

#[test]
fn a_second_damage_keeps_both_files_and_what_the_first_lost_stays_said() {
    let (folder, _) = full_phone();
    let file = folder.path().join("outbox.db");
    fs::write(&file, "one").unwrap();
    drop(open(&folder));
    fs::write(folder.path().join("outbox.db.mark"), "").unwrap();
    let store = open(&folder);
    assert!(store.home(SATO, NOW).unwrap().salvage.unwrap().lost);
    assert_eq!(fs::read_to_string(folder.path().join("outbox.db.damaged")).unwrap(), "one");
    assert!(folder.path().join("outbox.db.damaged.2").exists());
    store.erase().unwrap();
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("damaged")), "{left:?}");
    assert!(!left.iter().any(|name| name == "enrolment.json" || name == "erasing"), "{left:?}");
}

#[test]
fn an_outbox_of_a_newer_app_is_left_as_it_is() {
    let (folder, _) = full_phone();
    let file = folder.path().join("outbox.db");
    let connection = Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", i64::try_from(outbox::MIGRATIONS.len()).unwrap() + 1).unwrap();
    drop(connection);
    assert!(matches!(Store::open(folder.path(), NOW), Err(Error::Damaged { .. })));
    assert!(!folder.path().join("outbox.db.damaged").exists());
}

#[test]
fn the_second_file_follows_the_enrolment_and_is_closed_to_others() {
    let phone = Phone::of_sato();
    let file = phone.path().join("enrolment.json");
    let read = || -> crate::store::Enrolment { serde_json::from_slice(&fs::read(&file).unwrap()).unwrap() };
    assert_eq!(Some(read()), phone.store.enrolment().unwrap());
    phone.store.set_token(&Token { secret: "next".to_owned(), until: NOW }).unwrap();
    assert_eq!(read().token.secret, "next");
    phone.take(Answer::of("k2"));
    assert_eq!(read().epoch, Epoch("k2".to_owned()));
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    // Lost or out of date, it is written again.
    fs::remove_file(&file).unwrap();
    let phone = phone.reopened();
    assert_eq!(Some(read()), phone.store.enrolment().unwrap());
    let mut text = String::new();
    fs::File::open(&file).unwrap().read_to_string(&mut text).unwrap();
    fs::write(&file, text.replace("next", "before")).unwrap();
    let phone = phone.reopened();
    assert_eq!(Some(read()), phone.store.enrolment().unwrap());
}
