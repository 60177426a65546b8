//! A mirror that goes bad while the app is open: made anew without a restart, and pulled again.

use super::{
    compared::{all_of, belongs_together, copy_of},
    kills::sync,
    town::{Town, numbered},
    *,
};
use crate::{
    error::Error,
    records::{NoticeFilter, Tap, TapKind},
    store::{Step, SyncState, spool_tap},
};
use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    sync::atomic::{AtomicBool, Ordering},
};

/// A town with many circulars, and a phone that holds them and has something to say; its files are cold.
fn town_and_phone() -> (Town, Phone, Op) {
    let mut town = Town::new();
    town.post(0..400);
    let phone = Phone::joined(&[SATO]);
    sync(&mut town, &phone.store).unwrap();
    let talk = op(SATO, NOW, check_in(Mood::Talk));
    phone.say(&talk);
    (town, phone.reopened(), talk)
}

/// Every page of the file but the first few goes bad.
fn damage(phone: &Phone) {
    let path = phone.path().join("mirror.db");
    let length = fs::metadata(&path).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    for page in 24..length / 4_096 {
        file.seek(SeekFrom::Start(page * 4_096)).unwrap();
        file.write_all(&[0xA5; 4_096]).unwrap();
    }
}

fn titles(phone: &Phone) -> Result<usize, Error> {
    Ok(phone.store.notices(SATO, NoticeFilter::All, None, 200)?.lines.len())
}

/// What was said is shown and goes out, and everything is here again.
fn goes_on(town: &mut Town, phone: &Phone, talk: &Op) {
    assert!(phone.store.outbox().unwrap().iter().any(|line| line.id == talk.id.to_string()));
    assert_eq!(phone.home().waiting, 1);
    sync(town, &phone.store).unwrap();
    is_whole(town, phone, talk);
}

fn is_whole(town: &Town, phone: &Phone, talk: &Op) {
    assert_eq!(phone.home().check_in.unwrap().op, talk.id.to_string());
    belongs_together(town, &phone.store, "pulled again");
    assert_eq!(titles(phone), Ok(200));
    assert_eq!(phone.home().unread_count, 400);
    assert!(phone.store.outbox().unwrap().is_empty());
    assert_eq!(town.commands.iter().filter(|said| said.contains("check_in")).count(), 1);
    let delivered = town.commands.iter().filter(|said| said.contains("delivered")).count();
    assert_eq!(delivered, 400, "a mirror pulled again reports nothing again");
    assert!(!phone.path().join("mirror.db.mark").exists());
}

#[test]
fn a_screen_that_meets_a_bad_page_shows_what_is_left_and_all_is_pulled_again() {
    let (mut town, phone, talk) = town_and_phone();
    damage(&phone);
    assert_eq!(titles(&phone), Ok(0));
    assert!(phone.store.was_made_anew() && !phone.store.was_made_anew());
    assert_eq!(phone.store.sync_state().unwrap(), SyncState::default());
    assert!(phone.path().join("mirror.db.damaged").exists());
    goes_on(&mut town, &phone, &talk);
    let phone = phone.reopened();
    assert_eq!(titles(&phone), Ok(200));
}

#[test]
fn news_that_meet_a_bad_page_are_asked_for_again_with_all_the_rest() {
    let (mut town, phone, talk) = town_and_phone();
    let request = SyncRequest { ops: Vec::new(), ..phone.request(NOW) };
    for number in 0..400 {
        town.put(BOARD, row(kind::NOTICE, numbered(number), 0, &circular("直した回覧")));
    }
    damage(&phone);
    let applied = phone.store.apply(&town.answer(&request), NOW).unwrap();
    assert!(applied.more && phone.store.was_made_anew());
    assert!(applied.changed.contains(&crate::records::Screen::Notices));
    assert_eq!(phone.store.sync_state().unwrap(), SyncState::default());
    goes_on(&mut town, &phone, &talk);
}

#[test]
fn an_answer_to_what_the_old_mirror_asked_leaves_no_gap_in_the_new_one() {
    let (mut town, phone, talk) = town_and_phone();
    let request = SyncRequest { ops: Vec::new(), ..phone.request(NOW) };
    // Newer rights name every feed, and the difference since the old cursors is one notice.
    town.rights = 2;
    town.post(400..401);
    let answer = town.answer(&request);
    damage(&phone);
    assert_eq!(titles(&phone), Ok(0));
    assert!(phone.store.apply(&answer, NOW).unwrap().more);
    assert!(phone.store.sync_state().unwrap().cursors.is_empty());
    town.put(BOARD, gone(kind::NOTICE, numbered(400), 0));
    goes_on(&mut town, &phone, &talk);
}

#[test]
fn what_is_said_while_the_mirror_is_bad_is_kept() {
    let (mut town, phone, talk) = town_and_phone();
    damage(&phone);
    let seen = op(SATO, NOW, acknowledge(numbered(3), 1));
    phone.say(&seen);
    let kind = TapKind::Acknowledge { notice: numbered(4).to_string(), rev: 1 };
    spool_tap(phone.path(), &Tap { person: SATO.to_string(), kind, at: NOW.millis() }).unwrap();
    assert_eq!(phone.store.ingest_spool(NOW), Ok(1));
    assert_eq!(phone.store.outbox().unwrap().len(), 3);
    sync(&mut town, &phone.store).unwrap();
    assert_eq!(phone.home().unread_count, 398);
    assert!(town.commands.iter().any(|said| said.contains(&talk.person.to_string()) && said.contains("check_in")));
}

#[test]
fn readers_get_an_answer_or_a_clear_error_while_it_is_made_anew() {
    let (mut town, phone, talk) = town_and_phone();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let mut answers = 0;
                    while !over.load(Ordering::Relaxed) {
                        match titles(&phone) {
                            Ok(_) => answers += 1,
                            Err(error) => assert_eq!(error.code(), "damaged"),
                        }
                    }
                    answers
                })
            })
            .collect();
        for _ in 0..3 {
            let before = phone.store.mirror_file().generation();
            damage(&phone);
            while phone.store.mirror_file().generation() == before {
                phone.store.mirror_file().close_readers();
                std::thread::yield_now();
            }
            while let Err(error) = sync(&mut town, &phone.store) {
                assert_eq!(error.code(), "damaged");
            }
            // Into the file, so that its pages can go bad.
            phone.store.mirror_file().shrink().unwrap();
        }
        over.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().unwrap() > 0);
        }
    });
    is_whole(&town, &phone, &talk);
}

#[test]
fn killed_while_it_is_made_anew_it_is_made_anew_at_the_next_opening() {
    let (town, phone, talk) = town_and_phone();
    let whole = {
        let folder = copy_of(phone.path());
        let (mut town, store) = (town.clone(), Store::open(folder.path(), NOW).unwrap());
        sync(&mut town, &store).unwrap();
        all_of(&store)
    };
    for step in Step::OF_REBUILDING {
        let (folder, mut town) = (copy_of(phone.path()), town.clone());
        let store = Store::open(folder.path(), NOW).unwrap();
        let phone = Phone { store, folder };
        damage(&phone);
        phone.store.stop_at(*step, 1);
        assert!(titles(&phone).is_err() && phone.store.is_stopped(), "{step:?}");
        let left = copy_of(phone.path());
        drop(phone);
        let phone = Phone { store: Store::open(left.path(), NOW).unwrap(), folder: left };
        assert_eq!(phone.store.sync_state().unwrap(), SyncState::default(), "{step:?}");
        goes_on(&mut town, &phone, &talk);
        assert_eq!(all_of(&phone.store), whole, "{step:?}");
    }
}

#[test]
fn a_phone_with_a_bad_mirror_is_erased_all_the_same() {
    let (_, phone, _) = town_and_phone();
    damage(&phone);
    phone.store.erase().unwrap();
    assert!(!phone.store.me(NOW).unwrap().joined);
    let left: Vec<_> = fs::read_dir(phone.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("damaged")), "{left:?}");
}
