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

/// There is room again.
const ROOM: u32 = 1_000_000;

#[test]
fn a_phone_without_room_takes_the_tap_as_soon_as_there_is_some() {
    let phone = Phone::of_sato();
    phone.store.outbox_file().limit_pages(1);
    let said = fill(&phone);
    let tap = op(SATO, NOW.plus_millis(DAY), check_in(Mood::Talk));
    assert_eq!(phone.store.enqueue(&tap, None, tap.at), Err(Error::DiskFull));
    phone.store.outbox_file().limit_pages(ROOM);
    phone.say(&tap);
    assert_eq!(phone.going_out(), [said, vec![tap.id]].concat());
}

/// Taps until nothing more goes in; the ops that did.
fn fill(phone: &Phone) -> Vec<OpId> {
    let mut said = Vec::new();
    for number in 0..500 {
        let talk = op(SATO, NOW.plus_millis(number), check_in(Mood::Talk));
        match phone.store.enqueue(&talk, None, talk.at) {
            Ok(()) => said.push(talk.id),
            Err(error) => {
                assert_eq!(error, Error::DiskFull);
                return said;
            }
        }
    }
    panic!("the disk never filled up");
}

#[test]
fn a_tap_made_outside_the_app_waits_in_its_file_until_there_is_room() {
    let phone = Phone::of_sato();
    phone.store.outbox_file().limit_pages(1);
    let said = fill(&phone);
    let kind = crate::records::TapKind::CheckIn { mood: crate::records::Mood::Talk };
    let tap = crate::records::Tap { person: SATO.to_string(), kind, at: NOW.plus_millis(DAY).millis() };
    crate::store::spool_tap(phone.path(), &tap).unwrap();
    assert_eq!(phone.store.ingest_spool(NOW), Err(Error::DiskFull));
    assert_eq!(std::fs::read_dir(phone.path().join("spool")).unwrap().count(), 1);
    assert_eq!(phone.store.outbox().unwrap().len(), said.len());
    phone.store.outbox_file().limit_pages(ROOM);
    assert_eq!(phone.store.ingest_spool(NOW), Ok(1));
    assert_eq!(phone.store.outbox().unwrap().len(), said.len() + 1);
}

#[test]
fn outcomes_that_cannot_be_kept_are_asked_for_again_and_no_op_is_half_at_the_server() {
    let phone = Phone::of_sato();
    phone.store.outbox_file().limit_pages(1);
    let said = fill(&phone);
    let mut answer = said.iter().fold(Answer::new(), |answer, id| answer.applied(*id, 7, &[(MAIL, 2)]));
    for result in &mut answer.0.results {
        result.mac = Some("m".repeat(500));
    }
    assert_eq!(phone.store.apply(&answer.0, NOW), Err(Error::DiskFull));
    let journal = "SELECT count(*) FROM journal";
    let journal =
        || phone.store.outbox_file().read(|outbox| Ok(outbox.query_row(journal, [], |row| row.get::<_, u32>(0))?));
    assert_eq!((phone.going_out(), journal()), (said.clone(), Ok(0)));
    phone.store.outbox_file().limit_pages(ROOM);
    phone.take(answer);
    assert_eq!((phone.going_out(), journal()), (vec![], Ok(u32::try_from(said.len()).unwrap())));
}

#[test]
fn what_arrived_is_reported_as_delivered_once_there_is_room() {
    let phone = Phone::of_sato();
    phone.store.outbox_file().limit_pages(1);
    let said = fill(&phone);
    let rows: Vec<Row> = (1..=60).map(|number| notice_row(number, u64::from(number) + 1, &circular("回覧"))).collect();
    let news = Answer::new().rows(BOARD, 61, rows);
    assert_eq!(phone.store.apply(&news.0, NOW), Err(Error::DiskFull));
    assert_eq!(phone.home().unread_count, 60, "they are here and can be read");
    assert_eq!(phone.store.outgoing(NOW, 1_000).unwrap().len(), said.len());
    phone.store.outbox_file().limit_pages(ROOM);
    phone.take(Answer::new());
    assert_eq!(phone.store.outgoing(NOW, 1_000).unwrap().len(), said.len() + 60);
    phone.take(Answer::new());
    assert_eq!(phone.store.outgoing(NOW, 1_000).unwrap().len(), said.len() + 60);
}

#[test]
fn rights_and_a_board_that_begins_anew_wait_for_room() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &circular("古い回覧"))]));
    let mut long = circular("長い回覧");
    long.text = "長".repeat(2_000);
    let rows = |from: u8| (from..from + 120).map(|number| notice_row(number, 300, &long)).collect::<Vec<_>>();
    let anew = || Answer::new().page(BOARD, 300, "n1", rows(2)).reset();
    phone.store.mirror_file().limit_pages(1);
    let mut more = feeds(false);
    more.extend((100..1_500).map(|number| (FeedNumber(number), FeedName::Board(GroupId::from_number(number.into())))));
    assert_eq!(phone.store.apply(&Answer::new().rights(2, &more, &[SATO]).0, NOW), Err(Error::DiskFull));
    assert_eq!(phone.store.apply(&anew().0, NOW), Err(Error::DiskFull));
    let state = phone.store.sync_state().unwrap();
    assert_eq!((state.rights, &state.cursors[&BOARD]), (1, &kairan_protocol::wire::Cursor::At(Version(2))));
    assert_eq!(phone.home().unread[0].title, "古い回覧");
    phone.store.mirror_file().limit_pages(ROOM);
    phone.take(Answer::new().rights(2, &more, &[SATO]));
    phone.take(anew());
    phone.take(Answer::new().rows(BOARD, 300, rows(130)));
    assert_eq!(phone.home().unread_count, 240);
}

#[test]
fn without_room_for_its_second_file_a_phone_joins_all_the_same_and_writes_it_later() {
    let phone = Phone::joined(&[SATO]);
    let second = phone.path().join("enrolment.json");
    std::fs::remove_file(&second).unwrap();
    // Something lies in the way, as a full disk would.
    let way = phone.path().join("enrolment.json.part");
    std::fs::create_dir(&way).unwrap();
    phone.store.set_token(&Token { secret: "next".to_owned(), until: NOW }).unwrap();
    assert_eq!(phone.store.enrolment().unwrap().unwrap().token.secret, "next");
    assert!(!second.exists());
    std::fs::remove_dir(&way).unwrap();
    phone.take(residents(1));
    assert!(std::fs::read_to_string(&second).unwrap().contains("next"));
}

#[test]
fn without_room_to_make_a_bad_mirror_anew_it_is_done_later() {
    let phone = Phone::of_sato().reopened();
    let talk = op(SATO, NOW, check_in(Mood::Talk));
    phone.say(&talk);
    // Something lies in the way, as a full disk would.
    let way = phone.path().join("mirror.db-journal");
    std::fs::create_dir(&way).unwrap();
    let damaged: Result<(), Error> =
        phone.store.mirror_file().read(|_| Err(Error::Damaged { detail: "as SQLite says it".to_owned() }));
    assert!(damaged.is_err());
    assert!(phone.store.sync_state().is_ok(), "what can be read is read until then");
    assert!(phone.store.ingest_spool(NOW).is_ok());
    assert!(phone.store.apply(&residents(1).0, NOW).is_err() && phone.store.home(SATO, NOW).is_err());
    assert_eq!(phone.going_out(), [talk.id]);
    std::fs::remove_dir(&way).unwrap();
    assert!(phone.store.home(SATO, NOW).is_ok());
    phone.store.sync_state().unwrap();
    phone.take(residents(1));
    assert_eq!(phone.home().check_in.unwrap().op, talk.id.to_string());
    assert_eq!(phone.going_out(), [talk.id]);
}

#[test]
fn without_room_to_save_a_damaged_outbox_it_stays_as_it_is_until_there_is() {
    let Phone { store, folder } = Phone::of_sato();
    drop(store);
    let file = folder.path().join("outbox.db");
    std::fs::write(&file, "this is no database at all, whatever its name says").unwrap();
    let way = folder.path().join("outbox.db.salvaged-journal");
    std::fs::create_dir(&way).unwrap();
    assert!(Store::open(folder.path(), NOW).is_err());
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is no database"));
    std::fs::remove_dir(&way).unwrap();
    assert!(Store::open(folder.path(), NOW).unwrap().home(SATO, NOW).unwrap().salvage.is_some());
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
