//! The app killed, or the disk full, at every step of every write: what the phone said is there, rows and cursors belong together, and in the end
//! it is like a phone that was left alone.

use super::{
    compared::{all_of, belongs_together, copy_of, lines},
    drafts::begun,
    town::{Town, numbered},
    *,
};
use crate::{
    error::Error,
    records::{Tap, TapKind},
    store::{Step, spool_tap},
};
use kairan_protocol::{
    outcome::MacKey,
    replay::{Ended, EndedMark},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Everything that waits is sent and everything new is taken.
pub(super) fn sync(town: &mut Town, store: &Store) -> Result<(), Error> {
    for _ in 0..40 {
        store.ingest_spool(NOW)?;
        if store.owes_slip()? {
            store.slip_shown()?;
        }
        let request = request(store, NOW)?;
        let answer = town.answer(&request);
        let applied = store.answered(&request, &answer, NOW)?;
        if !applied.more && !store.has_outgoing(NOW)? && !store.has_handing(NOW)? {
            return Ok(());
        }
    }
    panic!("a phone that never comes to rest");
}

/// An op of the story: the same when the person taps again.
fn told(number: u8, command: Command) -> Op {
    Op { id: OpId::from(notice_id(number)), person: SATO, at: NOW, command }
}

/// Somebody taps, and sees that it is kept.
fn say(town: &mut Town, store: &Store, op: &Op) -> Result<(), Error> {
    store.enqueue(op, None, NOW)?;
    town.said.insert(op.id);
    Ok(())
}

/// Somebody taps outside the app: once, however often the app is killed afterwards.
fn tap(town: &mut Town, store: &Store, person: PersonId, kind: TapKind) {
    let tap = Tap { person: person.to_string(), kind, at: NOW.millis() };
    let before = taps_in(store.folder());
    if town.taps.insert(format!("{tap:?}")) {
        spool_tap(store.folder(), &tap).unwrap();
        town.said.extend(taps_in(store.folder()).difference(&before));
    }
}

/// The taps that lie in a folder's spool.
fn taps_in(folder: &Path) -> BTreeSet<OpId> {
    let Ok(files) = fs::read_dir(folder.join("spool")) else { return BTreeSet::new() };
    files.filter_map(|file| file.unwrap().path().file_stem()?.to_str()?.parse().ok()).collect()
}

fn letter() -> Command {
    Command::Post {
        notice: NoticeKind::Circular,
        from: MIDORI,
        audience: vec![Audience::Board(MIDORI)],
        title: "清掃の日".to_owned(),
        points: Points::default(),
        text: "本文".to_owned(),
        publish_at: None,
        until: None,
    }
}

/// One thing that happens: what the world does first, and what the phone does, which is done again after a kill.
struct Chapter {
    name: &'static str,
    world: fn(&mut Town),
    phone: fn(&mut Town, &Store) -> Result<(), Error>,
}

const STORY: &[Chapter] = &[
    Chapter {
        name: "joining, and the first pull",
        world: |town| town.post(0..230),
        phone: |town, store| {
            store.set_enrolment(&enrolment(&[SATO]))?;
            sync(town, store)
        },
    },
    Chapter {
        name: "見ました and a mood",
        world: |town| {
            town.put(MAIL, consent_row(0));
        },
        phone: |town, store| {
            sync(town, store)?;
            say(town, store, &told(1, acknowledge(numbered(3), 1)))?;
            say(town, store, &told(2, check_in(Mood::Talk)))?;
            sync(town, store)
        },
    },
    Chapter {
        name: "taps outside the app, one about a notice nobody knows",
        world: |_| {},
        phone: |town, store| {
            for notice in [numbered(4), numbered(9_999)] {
                tap(town, store, SATO, TapKind::Acknowledge { notice: notice.to_string(), rev: 1 });
            }
            tap(town, store, HANAKO, TapKind::CheckIn { mood: crate::records::Mood::Good });
            store.ingest_spool(NOW)?;
            sync(town, store)
        },
    },
    Chapter {
        name: "news, a notice taken away, a receipt of the other phone, a new token",
        world: |town| {
            town.post(230..233);
            town.put(BOARD, gone(kind::NOTICE, numbered(7), 0));
            town.put(MAIL, receipt_row(0, 0, 1, Stage::Acknowledged));
            town.token = Some(Token { secret: "next".to_owned(), until: NOW.plus_millis(99 * DAY) });
        },
        phone: sync,
    },
    Chapter {
        name: "a broadcast that waited, is sent again, and one thought better of",
        world: |_| {},
        phone: |town, store| {
            say(town, store, &told(3, letter()))?;
            say(town, store, &told(4, letter()))?;
            say(town, store, &told(5, acknowledge(numbered(8), 1)))?;
            store.mark_sent(&[told(5, letter()).id], NOW)?;
            store.mark_unsent(&[told(5, letter()).id])?;
            store.failed(&[told(5, letter()).id], "too_large", NOW)?;
            store.outgoing(NOW.plus_millis(11 * MINUTE), 100)?;
            store.retry(told(5, letter()).id, NOW).or_else(sent_already)?;
            store.retry(told(3, letter()).id, NOW).or_else(sent_already)?;
            town.said.remove(&told(4, letter()).id);
            store.discard(told(4, letter()).id).or_else(|error| sent_already(error).map(drop))?;
            sync(town, store)
        },
    },
    Chapter {
        name: "a tap taken back",
        world: |_| {},
        phone: |town, store| {
            if !town.commands.iter().any(|said| said.contains("consent")) {
                let seen = told(6, acknowledge(numbered(9), 1));
                say(town, store, &seen)?;
                town.said.remove(&seen.id);
                store.take_back_unsent(seen.id)?;
                say(town, store, &told(7, Command::Consent { moods_to_team: true }))?;
            }
            sync(town, store)
        },
    },
    Chapter {
        name: "drafts, one of them dropped",
        world: |_| {},
        phone: |town, store| {
            let [kept, dropped] = [11, 12].map(|number| told(number, letter()).id.to_string());
            store.save_draft(SATO, Some(&kept), &begun("夏祭り"), NOW)?;
            store.save_draft(SATO, Some(&dropped), &begun("運動会"), NOW)?;
            store.save_draft(SATO, Some(&kept), &begun("夏祭りのお知らせ"), NOW)?;
            store.drop_draft(SATO, &dropped)?;
            sync(town, store)
        },
    },
    Chapter {
        name: "a feed that is lost, in two rounds",
        world: |town| {
            town.put(BLOCK_BOARD, row(kind::NOTICE, numbered(500), 0, &circular("班のお知らせ")));
        },
        phone: |town, store| {
            sync(town, store)?;
            town.rights = 2;
            town.feeds = feeds(true).into_iter().filter(|(n, _)| *n != BLOCK_BOARD).collect();
            sync(town, store)?;
            sync(town, store)
        },
    },
    Chapter {
        name: "a board whose tombstones are compacted",
        world: |town| {
            town.put(BOARD, gone(kind::NOTICE, numbered(11), 0));
            let newest = town.put(BOARD, gone(kind::NOTICE, numbered(12), 0));
            town.horizon.insert(BOARD, newest);
        },
        phone: sync,
    },
    Chapter {
        name: "a new epoch, with something unsent",
        world: |town| town.epoch = "k2".to_owned(),
        phone: |town, store| {
            say(town, store, &told(8, acknowledge(numbered(20), 1)))?;
            sync(town, store)
        },
    },
    Chapter {
        name: "what is posted and said after the machine was backed up",
        world: |town| {
            let row = |mark: EndedMark| row(kind::ENDED, mark.id.clone(), 0, &mark);
            let key = MacKey::new([7; 32]);
            town.put(DESK, row(key.mark(Ended::Withdrawn(HANAKO), Commit(3), NOW)));
            town.backup = Some(Box::new(town.clone()));
            town.post(300..303);
            town.put(DESK, row(key.mark(Ended::Revoked(DeviceId::from_number(9)), Commit(5), NOW)));
        },
        phone: |town, store| {
            sync(town, store)?;
            say(town, store, &told(9, acknowledge(numbered(301), 1)))?;
            say(town, store, &told(10, acknowledge(numbered(21), 1)))?;
            sync(town, store)
        },
    },
    Chapter { name: "a machine that goes back in time within its epoch", world: Town::go_back, phone: sync },
    Chapter {
        name: "the backup restored, its feeds under other numbers, with something unsent",
        world: |town| {
            town.go_back();
            town.renumber(BOARD, DESK);
            town.renumber(MAIL, FeedNumber(77));
            town.epoch = "k3".to_owned();
        },
        phone: |town, store| {
            say(town, store, &told(11, acknowledge(numbered(22), 1)))?;
            let parked = store.outgoing(NOW, 1)?;
            let parked: Vec<OpId> = parked.into_iter().map(|out| out.id).collect();
            let state = store.sync_state()?;
            let later = parked.iter().fold(Answer::of(&state.epoch.unwrap().0), |answer, id| answer.later(*id));
            store.apply(&later.0, NOW)?;
            store.ask_again()?;
            store.alert_raised(told(8, letter()).id, NOW)?;
            store.alert_seen(told(8, letter()).id, NOW)?;
            sync(town, store)
        },
    },
];

/// What was thrown away or went out before the kill cannot be asked for again.
fn sent_already(error: Error) -> Result<OpId, Error> {
    match error {
        Error::Unknown { .. } => Ok(told(0, letter()).id),
        other => Err(other),
    }
}

/// Ops on this disk: waiting, or known to be at the server.
fn held(store: &Store) -> BTreeSet<OpId> {
    let ids = lines(store.outbox_file(), "SELECT id FROM op UNION SELECT id FROM journal");
    ids.into_iter().map(|id| id.trim_matches('"').parse().unwrap()).collect()
}

fn sorted(mut said: Vec<String>) -> Vec<String> {
    said.sort();
    said
}

/// Kills a phone at every step of a chapter, and fills the disk of another there; which steps there were, and how often.
fn kill_everywhere(chapter: &Chapter, town: &mut Town, folder: &TempDir) -> BTreeMap<Step, u32> {
    (chapter.world)(town);
    let (before, town_before) = (copy_of(folder.path()), town.clone());

    let store = Store::open(folder.path(), NOW).unwrap();
    store.count_steps_anew();
    (chapter.phone)(town, &store).unwrap();
    let reached = store.steps_reached();
    sync(town, &store).unwrap();
    belongs_together(town, &store, chapter.name);
    let (whole, said) = (all_of(&store), sorted(town.commands.clone()));
    drop(store);

    let kills: Vec<(Step, u32)> =
        reached.iter().flat_map(|(step, times)| (1..=*times).map(|nth| (*step, nth))).collect();
    let goes_on = |town: &mut Town, store: &Store, when: &str| {
        (chapter.phone)(town, store).unwrap_or_else(|error| panic!("{when}: {error}"));
        sync(town, store).unwrap();
        belongs_together(town, store, when);
        assert_eq!(sorted(town.commands.clone()), said, "{when}: the server took something else");
        let after = all_of(store);
        let differ: Vec<_> = after.iter().zip(&whole).filter(|(after, whole)| after != whole).take(3).collect();
        assert!(after == whole, "{when}: {} lines for {}, first {differ:#?}", after.len(), whole.len());
    };
    let killed = |(step, nth): (Step, u32)| {
        let when = format!("{}, killed at {step:?} for the {nth}. time", chapter.name);
        let (folder, mut town) = (copy_of(before.path()), town_before.clone());
        let store = Store::open(folder.path(), NOW).unwrap();
        store.stop_at(step, nth);
        assert!((chapter.phone)(&mut town, &store).is_err(), "{when}: it goes on");
        assert!(store.is_stopped(), "{when}");
        assert!(store.home(SATO, NOW).is_err() && store.outbox().is_err(), "{when}: a killed app reads nothing");
        let left = copy_of(folder.path());
        drop(store);

        let store = Store::open(left.path(), NOW).unwrap();
        belongs_together(&town, &store, &when);
        assert!(town.said.is_subset(&(&held(&store) | &taps_in(left.path()))), "{when}: what was said is gone");
        goes_on(&mut town, &store, &when);
    };
    let full = |(step, nth): (Step, u32)| {
        let when = format!("{}, the disk full at {step:?} for the {nth}. time", chapter.name);
        let (folder, mut town) = (copy_of(before.path()), town_before.clone());
        let store = Store::open(folder.path(), NOW).unwrap();
        store.fill_at(step, nth);
        assert_eq!((chapter.phone)(&mut town, &store), Err(Error::DiskFull), "{when}: it is told");
        belongs_together(&town, &store, &when);
        assert!(town.said.is_subset(&(&held(&store) | &taps_in(folder.path()))), "{when}: what was said is gone");
        // Then there is room, and the app was open all the time.
        goes_on(&mut town, &store, &when);
    };
    // They mostly wait for the disk.
    std::thread::scope(|scope| {
        for some in kills.chunks(kills.len().div_ceil(8).max(1)) {
            scope.spawn(|| some.iter().copied().for_each(killed));
            scope.spawn(|| some.iter().copied().for_each(full));
        }
    });
    reached
}

#[test]
fn killed_or_without_room_at_every_step_a_phone_ends_like_one_that_was_left_alone() {
    let (mut town, folder) = (Town::new(), tempfile::tempdir().unwrap());
    let (mut reached, mut kills) = (BTreeSet::new(), 0);
    for chapter in STORY {
        let steps = kill_everywhere(chapter, &mut town, &folder);
        kills += steps.values().sum::<u32>();
        reached.extend(steps.into_keys());
    }
    // What is done to damaged files, and erasing, have stories of their own.
    println!("{kills} kills, and as often a full disk");
    let missing: Vec<Step> = Step::ALL.iter().filter(|step| !reached.contains(step)).copied().collect();
    assert_eq!(
        missing,
        [Step::OF_REBUILDING, Step::OF_SALVAGING, Step::OF_ERASING].concat(),
        "steps no chapter goes through"
    );
}

#[test]
fn killed_while_it_is_erased_a_phone_is_erased_in_the_end() {
    let phone = Phone::of_sato();
    let mut secret = circular("ひみつの件名");
    secret.text = "HIMITSU".to_owned();
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &secret)]));
    phone.say(&op(SATO, NOW, acknowledge(notice_id(1), 1)));
    phone.store.save_draft(SATO, None, &begun("HIMITSU"), NOW).unwrap();
    let Phone { store, folder } = phone;
    drop(store);
    for step in Step::OF_ERASING {
        let folder = copy_of(folder.path());
        let store = Store::open(folder.path(), NOW).unwrap();
        store.stop_at(*step, 1);
        assert!(store.erase().is_err(), "{step:?}");
        let left = copy_of(folder.path());
        drop(store);
        let store = Store::open(left.path(), NOW).unwrap();
        assert!(!store.me(NOW).unwrap().joined);
        assert_eq!(store.sync_state().unwrap(), crate::store::SyncState::default(), "{step:?}");
        for file in fs::read_dir(left.path()).unwrap() {
            let file = file.unwrap().path();
            let bytes = fs::read(&file).unwrap_or_default();
            for word in ["HIMITSU", &SATO.to_string(), "みどり市"] {
                assert!(!bytes.windows(word.len()).any(|some| some == word.as_bytes()), "{step:?}: {word} in {file:?}");
            }
        }
    }
}

#[test]
fn a_log_that_a_power_cut_left_half_written_holds_what_was_said_before_and_nothing_half() {
    let phone = Phone::of_sato().reopened();
    let mut after = vec![(0, 0)];
    let log = phone.path().join("outbox.db-wal");
    for number in 0..6 {
        phone.say(&op(SATO, NOW.plus_millis(number), check_in(Mood::Talk)));
        after.push((fs::metadata(&log).unwrap().len(), after.len()));
    }
    let whole = phone.going_out();
    let length = fs::metadata(&log).unwrap().len();
    for cut in (0..=length).step_by(1_500).chain([length]) {
        let left = copy_of(phone.path());
        fs::OpenOptions::new().write(true).open(left.path().join("outbox.db-wal")).unwrap().set_len(cut).unwrap();
        let store = Store::open(left.path(), NOW).unwrap();
        let held: Vec<OpId> = store.outgoing(NOW, 100).unwrap().into_iter().map(|out| out.id).collect();
        assert_eq!(held, whole[..held.len()], "cut at {cut}");
        let shown_as_kept = after.iter().filter(|(length, _)| *length <= cut).map(|(_, ops)| *ops).max().unwrap();
        assert!(held.len() >= shown_as_kept, "cut at {cut}: what was on the disk is gone");
        assert_eq!(store.home(SATO, NOW).unwrap().salvage, None, "a log that ends early is no damage");
    }
}
