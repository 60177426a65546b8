//! The journal of the command line: on disk before the answer, caught up with after a crash, and kept where it was named.

use super::house::*;
use crate::{
    journal::{self, Journals},
    store::{StoreError, keep_journal_in},
};
use kairan_protocol::{
    id::{Commit, OpId, RoleId},
    op::{Command, Invitee},
    outcome::{MacKey, Outcome},
    people::RoleKind,
    replay::Replay,
};
use std::{fs, path::Path};

fn grant(number: i64) -> Command {
    let (role, person) = (RoleId::from_number(number), SUZUKI);
    Command::GrantRole { role, person, group: FIRST_BLOCK, kind: RoleKind::BlockLeader, until: None }
}

fn entries(folder: &Path) -> Vec<Replay> {
    Journals::read(folder).unwrap().entries()
}

fn ids(folder: &Path) -> Vec<OpId> {
    entries(folder).iter().filter_map(journal::id).collect()
}

#[tokio::test]
async fn what_the_command_line_did_is_written_down_as_a_phone_would_hand_it_back() {
    let house = House::new();
    let place = house.folder.path().join("journal");
    let granted = house.store.console(grant(70)).await.unwrap();
    let [entry] = &entries(&place)[..] else { panic!("one line") };
    let key = MacKey::new(plan().mac_key);
    assert_eq!((entry.commit, Some(&entry.mac)), (Commit(applied(&granted)), granted.mac.as_ref()));
    assert!(key.applied(granted.id, entry.op.get(), entry.commit, &entry.mac));

    let refused = house.store.console(grant(70)).await.unwrap();
    assert!(!matches!(refused.outcome, Outcome::Applied { .. }));
    house.invite(Invitee::Person(SUZUKI)).await;
    let chair = house.phone(SATO).await;
    drop(chair);
    assert!(!ids(&place).contains(&refused.id));
    assert_eq!(entries(&place).len(), 3, "a role and two invitations, and nothing of phones");
}

#[tokio::test]
async fn what_a_crash_kept_out_of_the_journal_is_written_down_at_the_start() {
    let mut house = House::new();
    let place = house.folder.path().join("journal");
    let granted = house.store.console(grant(70)).await.unwrap();
    let body = serde_json::to_string(&entries(&place)[0]).unwrap();
    // As the database keeps it for phones.
    let sql = "INSERT OR IGNORE INTO row (feed, kind, id, version, rev, shared, urgent, body) SELECT number, 'kept', ?2, \
               coalesce((SELECT max(version) FROM row WHERE feed = number), 0) + 1, 1, 1, 0, ?3 FROM feed WHERE name = ?1";
    house.store.clone().close().await.unwrap();
    let staff = format!("staff:{DISTRICT}");
    house.sqlite().execute(sql, [&staff, &granted.id.to_string(), &body]).unwrap();
    fs::remove_dir_all(&place).unwrap();
    house.reopen();
    assert_eq!(ids(&place), [granted.id]);
    house.restart().await;
    assert_eq!(ids(&place), [granted.id], "once");
}

#[tokio::test]
async fn a_journal_on_another_disk_is_remembered_and_missed_when_it_is_not_mounted() {
    let mut house = House::new();
    let disk = tempfile::tempdir().unwrap();
    let elsewhere = disk.path().join("usb");
    fs::create_dir(&elsewhere).unwrap();
    house.store.clone().close().await.unwrap();
    keep_journal_in(house.folder.path(), Some(&elsewhere)).unwrap();
    house.reopen();
    let granted = house.store.console(grant(70)).await.unwrap();
    assert_eq!(ids(&elsewhere), [granted.id]);
    house.store.clone().close().await.unwrap();

    fs::rename(&elsewhere, disk.path().join("pulled out")).unwrap();
    assert!(matches!(house.try_open(), Err(StoreError::Journal { .. })));
    fs::rename(disk.path().join("pulled out"), &elsewhere).unwrap();
    house.reopen();
    let ended = house.store.console(Command::EndRole { role: RoleId::from_number(70) }).await.unwrap();
    assert_eq!(ids(&elsewhere), [granted.id, ended.id]);
}

#[tokio::test]
async fn what_a_phone_brings_back_for_the_command_line_is_in_the_journal_before_the_next_machine_is_lost() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    let granted = house.store.console(grant(70)).await.unwrap();
    let mut kept = entries(&house.folder.path().join("journal"));
    kept.retain(|entry| journal::id(entry) == Some(granted.id));
    house.restore(&backup).await;
    assert_eq!(ids(&house.folder.path().join("journal")), [], "lost with the machine");
    chair.begin_anew();
    for result in chair.hand_back(&house, kept.clone()).await {
        applied(&result);
    }
    assert_eq!(ids(&house.folder.path().join("journal")), [granted.id]);
    chair.hand_back(&house, kept).await;
    assert_eq!(entries(&house.folder.path().join("journal")).len(), 1, "once");
}
