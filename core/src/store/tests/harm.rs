//! Full disks, damaged files, and a phone that is given away.

use super::*;
use crate::error::Error;

#[test]
fn a_full_disk_is_told_and_nothing_half_written() {
    let phone = Phone::of_sato();
    phone.store.outbox_file().limit_pages(1);
    let mut refused = None;
    for number in 0..200 {
        let talk = op(SATO, NOW.plus_millis(number), check_in(Mood::Talk));
        if let Err(error) = phone.store.enqueue(&talk, None, talk.at) {
            refused = Some((error, talk.id));
            break;
        }
    }
    let (error, id) = refused.expect("the disk filled up");
    assert_eq!(error, Error::DiskFull);
    let held = phone.going_out();
    assert!(!held.contains(&id));
    let phone = phone.reopened();
    assert_eq!(phone.going_out(), held);
}

#[test]
fn an_answer_that_does_not_fit_is_asked_for_again() {
    let phone = Phone::of_sato();
    phone.store.mirror_file().limit_pages(1);
    let mut long = circular("長い回覧");
    long.text = "長".repeat(12_000);
    let rows: Vec<Row> = (1..=150).map(|number| notice_row(number, u64::from(number) + 1, &long)).collect();
    let answer = Answer::new().rows(BOARD, 151, rows);
    assert_eq!(phone.store.apply(&answer.0, NOW), Err(Error::DiskFull));
    assert_eq!(phone.store.sync_state().unwrap().cursors[&BOARD], kairan_protocol::wire::Cursor::At(Version(1)));
    let phone = phone.reopened();
    phone.take(answer);
    assert_eq!(phone.home().unread_count, 150);
}

#[test]
fn a_damaged_mirror_is_pulled_anew_and_what_was_said_stays() {
    let phone = Phone::of_sato();
    let talk = op(SATO, NOW, check_in(Mood::Talk));
    phone.say(&talk);
    let Phone { store, folder } = phone;
    drop(store);
    std::fs::write(folder.path().join("mirror.db"), "this is no database at all, whatever its name says").unwrap();
    let store = Store::open(folder.path(), NOW).unwrap();
    let phone = Phone { store, folder };
    assert_eq!(phone.store.sync_state().unwrap(), crate::store::SyncState::default());
    assert!(phone.path().join("mirror.db.damaged").exists());
    assert_eq!(phone.going_out(), [talk.id]);
    phone.take(residents(1));
    assert_eq!(phone.home().check_in.unwrap().op, talk.id.to_string());
}

#[test]
fn an_erased_phone_holds_nothing_of_the_neighbourhood() {
    let phone = Phone::of_sato();
    let mut secret = circular("ひみつの件名");
    secret.text = "HIMITSU".to_owned();
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &secret)]));
    phone.say(&op(SATO, NOW, check_in(Mood::Talk)));
    phone.store.erase().unwrap();
    assert_eq!(phone.store.enrolment().unwrap(), None);
    assert_eq!(phone.store.home(SATO, NOW), Err(Error::NotJoined));
    assert!(!phone.store.me(NOW).unwrap().joined);
    let tap = op(SATO, NOW, check_in(Mood::Talk));
    assert_eq!(phone.store.enqueue(&tap, None, NOW), Err(Error::NotJoined));
    for file in ["mirror.db", "mirror.db-wal", "outbox.db", "outbox.db-wal"] {
        let bytes = std::fs::read(phone.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(7).any(|some| some == b"HIMITSU"), "{file}");
    }
    phone.store.set_enrolment(&super::enrolment(&[SATO])).unwrap();
    phone.take(residents(1));
    assert_eq!(phone.home().unread_count, 0);
}
