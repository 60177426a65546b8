//! Somebody practises: the ten tasks by the facade's own names, closing the app in between, no network, beginning anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test says so")]

use super::{people, town::Town};
use crate::{
    Kairan, Listener, Network, Options, call,
    error::Error,
    keys::SoftwarePlatform,
    platform::{ClockReading, Platform, PlatformError},
    records::{
        Home, Me, Mood, MyTalk, NewsState, NoticeDetail, NoticeFilter, NoticeLine, NoticePage, OpState,
        PracticeProgress, PracticeTask, Screen, SealState, SearchHit, Tap, TapKind, WaitingOp,
    },
};
use kairan_protocol::{
    feed::FeedName,
    id::OpId,
    op::{Command, Op},
    outcome::Outcome,
    receipt,
    time::Timestamp,
    wire::SyncRequest,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
        mpsc,
    },
    time::Duration,
};
use tempfile::TempDir;

/// 2026-11-29, ten in the morning in Japan.
const MORNING: i64 = 1_795_914_000_000;

/// A machine whose clock the test moves, and whose secure key is out of reach: practice must not ask for it.
struct Watch(AtomicI64);

impl Platform for Watch {
    fn public_key(&self) -> Result<Vec<u8>, PlatformError> {
        Err(PlatformError::Key { reason: "asked by a practice".to_owned() })
    }
    fn sign(&self, _message: Vec<u8>) -> Result<Vec<u8>, PlatformError> {
        Err(PlatformError::Key { reason: "asked by a practice".to_owned() })
    }
    fn clock(&self) -> ClockReading {
        let passed = self.0.load(Ordering::SeqCst);
        ClockReading { wall_millis: MORNING + passed, boot_id: "lesson".to_owned(), since_boot_millis: passed }
    }
    fn device_name(&self) -> String {
        "練習する電話".to_owned()
    }
}

/// One phone that practises.
struct Lesson {
    dir: TempDir,
    watch: Arc<Watch>,
    network: Network,
    kairan: Arc<Kairan>,
}

impl Lesson {
    fn new() -> Self {
        let (dir, watch) = (tempfile::tempdir().unwrap(), Arc::new(Watch(AtomicI64::new(0))));
        let (kairan, network) = open(&dir, watch.clone());
        Self { dir, watch, network, kairan }
    }

    /// The app is closed and opened again.
    fn reopened(self) -> Self {
        let Self { dir, watch, kairan, .. } = self;
        drop(kairan);
        let (kairan, network) = open(&dir, watch.clone());
        Self { dir, watch, network, kairan }
    }

    fn seconds(&self, seconds: i64) {
        self.watch.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    fn tell(&self, name: &str, arguments: &Value) -> Result<Value, String> {
        let answer = call(&self.kairan, name, &arguments.to_string()).map_err(|error| error.code)?;
        Ok(serde_json::from_str(&answer).unwrap())
    }

    fn ask<T: DeserializeOwned>(&self, name: &str, arguments: &Value) -> T {
        serde_json::from_value(self.tell(name, arguments).unwrap()).unwrap()
    }

    /// A call for the person whose phone it is.
    fn mine<T: DeserializeOwned>(&self, name: &str, more: Value) -> T {
        self.ask(name, &with_person(more))
    }

    fn sync(&self) {
        self.tell("sync", &json!({})).unwrap();
    }

    fn tasks(&self) -> PracticeProgress {
        self.ask("practice_tasks", &json!({}))
    }

    fn done(&self) -> Vec<PracticeTask> {
        self.tasks().tasks.into_iter().filter(|line| line.done).map(|line| line.task).collect()
    }

    fn notices(&self) -> Vec<NoticeLine> {
        self.mine::<NoticePage>("notices", json!({ "filter": NoticeFilter::All, "limit": 200 })).lines
    }

    fn detail(&self, id: &str) -> NoticeDetail {
        self.mine("notice", json!({ "id": id }))
    }

    fn home(&self) -> Home {
        self.mine("home", json!({}))
    }

    fn talks(&self) -> Vec<MyTalk> {
        self.mine("my_talks", json!({}))
    }

    fn outbox(&self) -> Vec<WaitingOp> {
        self.ask("outbox", &json!({}))
    }

    fn feel(&self, mood: Mood) -> String {
        self.mine("check_in", json!({ "mood": mood }))
    }

    fn acknowledge(&self, notice: &str) -> String {
        self.mine("acknowledge", json!({ "notice": notice }))
    }

    fn cut(&self, cut: bool) {
        self.tell("practice_cut", &json!({ "cut": cut })).unwrap();
    }

    fn town<T>(&self, look: impl FnOnce(&mut Town) -> T) -> T {
        look(&mut self.kairan.engine().practising().unwrap().town())
    }

    /// How many requests the pretend district has heard.
    fn asked(&self) -> u64 {
        self.town(|town| town.asked)
    }
}

fn open(dir: &TempDir, watch: Arc<Watch>) -> (Arc<Kairan>, Network) {
    let network = Network::default();
    let options = Options { network: network.clone(), ..Options::default() };
    (Kairan::practice_with(dir.path(), watch, options).unwrap(), network)
}

fn with_person(mut arguments: Value) -> Value {
    arguments["person"] = json!(people::RESIDENT.to_string());
    arguments
}

/// Returns when the condition holds, looking after each change.
fn until(kairan: &Arc<Kairan>, holds: impl Fn() -> bool) {
    struct Changed(mpsc::Sender<()>);
    impl Listener for Changed {
        fn on_change(&self, _screens: Vec<Screen>) {
            let _ = self.0.send(());
        }
    }
    let (tells, changed) = mpsc::channel();
    kairan.set_listener(Arc::new(Changed(tells))).unwrap();
    while !holds() {
        changed.recv_timeout(Duration::from_secs(20)).unwrap();
    }
}

#[test]
fn a_phone_that_practises_is_full_the_moment_it_is_opened() {
    let lesson = Lesson::new();
    let me: Me = lesson.ask("me", &json!({}));
    assert!(me.joined && me.practice && me.complete);
    assert_eq!((me.district.as_str(), me.persons[0].household.as_deref()), ("みほん市", Some("見本")));
    let home = lesson.home();
    assert_eq!((home.emergencies.len(), home.next_events.len()), (1, 3));
    assert!(home.unread_count >= 6 && home.can_check_in && home.team.is_some());
    assert_eq!(lesson.mine::<Vec<Value>>("phones", json!({})).len(), 1);
    // What is old has its seal already, and the neighbours' stand beside it.
    let old = lesson.notices().pop().unwrap();
    let old = lesson.detail(&old.id);
    assert!(matches!(old.seal, SealState::Acknowledged { .. }));
    let seals = old.seals.unwrap();
    assert_eq!((seals.households, seals.handed, seals.paper), (10, 2, 0));
    assert_eq!(seals.acknowledged + seals.displayed, 8);
}

#[test]
fn all_ten_tasks_are_done_by_name_and_each_is_ticked_by_what_was_really_done() {
    let lesson = Lesson::new();
    let tasks = lesson.tasks();
    assert_eq!((tasks.done, tasks.next, tasks.tasks.len()), (0, Some(PracticeTask::OpenCircular), 10));
    let notice = tasks.tasks[0].notice.clone().unwrap();

    lesson.tell("displayed", &with_person(json!({ "notice": notice }))).unwrap();
    assert_eq!(lesson.done(), [PracticeTask::OpenCircular]);
    let before = lesson.detail(&notice).seals.unwrap();
    lesson.acknowledge(&notice);
    assert!(matches!(lesson.detail(&notice).seal, SealState::Waiting { .. }));
    lesson.sync();
    let after = lesson.detail(&notice);
    assert!(matches!(after.seal, SealState::Acknowledged { .. }));
    assert_eq!(after.seals.unwrap().acknowledged, before.acknowledged + 1);

    for task in ["read_aloud", "bigger_letters", "calendar"] {
        lesson.tell("practice_did", &json!({ "task": task })).unwrap();
    }
    assert_eq!(lesson.tell("practice_did", &json!({ "task": "talk" })), Err("bad_arguments".to_owned()));
    assert_eq!(lesson.tasks().next, Some(PracticeTask::CheckIn));

    // As everywhere, a mood needs its person's consent.
    let good = with_person(json!({ "mood": "good" }));
    assert_eq!(lesson.tell("check_in", &good), Err("consent_needed".to_owned()));
    lesson.tell("consent", &with_person(json!({ "moods_to_team": true }))).unwrap();
    let said = lesson.feel(Mood::Good);
    lesson.sync();
    assert_eq!(lesson.home().check_in.unwrap().mood, Mood::Good);
    lesson.tell("take_back", &with_person(json!({ "op": said }))).unwrap();
    lesson.sync();
    assert_eq!(lesson.home().check_in, None);

    let word = lesson.tasks().tasks[6].word.clone().unwrap();
    let found: Vec<SearchHit> = lesson.mine("search", json!({ "text": word, "limit": 20 }));
    assert!(found.iter().any(|hit| hit.line.title.contains("ごみ")));
    assert_eq!(lesson.tasks().next, Some(PracticeTask::NoNetwork));

    lesson.cut(true);
    let event = lesson.tasks().tasks[7].notice.clone().unwrap();
    lesson.acknowledge(&event);
    assert_eq!(lesson.tell("sync", &json!({})), Err("offline".to_owned()));
    assert!(lesson.outbox().iter().all(|held| held.state == OpState::Waiting && held.unsent));
    assert_eq!((lesson.outbox().len(), lesson.tasks().next), (1, Some(PracticeTask::NoNetwork)));
    lesson.cut(false);
    lesson.sync();
    assert_eq!((lesson.outbox().len(), lesson.tasks().next), (0, Some(PracticeTask::Talk)));

    lesson.feel(Mood::Talk);
    lesson.sync();
    assert_eq!(lesson.talks()[0].state, NewsState::Asked);
    lesson.seconds(2);
    lesson.sync();
    assert_eq!((lesson.talks()[0].state, lesson.talks()[0].by.as_deref()), (NewsState::Seen, Some("手本 みちこ")));
    assert_eq!(lesson.tasks().done, 9);
    lesson.seconds(3);
    lesson.sync();
    assert_eq!(lesson.talks()[0].state, NewsState::Taken);
    let tasks = lesson.tasks();
    assert_eq!((tasks.done, tasks.next), (10, None));
}

#[test]
fn a_tap_that_still_waits_is_taken_back_from_the_list_of_what_waits() {
    let lesson = Lesson::new();
    lesson.cut(true);
    let talk = lesson.feel(Mood::Talk);
    lesson.tell("discard", &json!({ "op": talk })).unwrap();
    assert_eq!(lesson.done(), [PracticeTask::TakeBack]);
    lesson.cut(false);
    lesson.sync();
    assert_eq!((lesson.talks(), lesson.tasks().done), (vec![], 1));
}

#[test]
fn a_search_that_finds_nothing_and_a_tap_that_is_refused_tick_nothing() {
    let lesson = Lesson::new();
    let found: Vec<SearchHit> = lesson.mine("search", json!({ "text": "宇宙", "limit": 20 }));
    assert!(found.is_empty());
    lesson.tell("check_in", &with_person(json!({ "mood": "good" }))).unwrap_err();
    assert_eq!(lesson.done(), []);
}

#[test]
fn what_was_done_is_known_after_the_app_was_closed_and_the_neighbourhood_is_fresh() {
    let lesson = Lesson::new();
    let notice = lesson.tasks().tasks[0].notice.clone().unwrap();
    lesson.acknowledge(&notice);
    lesson.sync();
    lesson.seconds(3 * 86_400);
    let lesson = lesson.reopened();
    assert_eq!(lesson.done(), [PracticeTask::Acknowledge]);
    let again = lesson.tasks().tasks[0].notice.clone().unwrap();
    assert_ne!(again, notice);
    assert_eq!(lesson.detail(&again).seal, SealState::NotYet);
    assert_eq!((lesson.home().waiting, lesson.home().today.as_str()), (0, "2026-12-02"));
}

#[test]
fn practice_again_begins_anew_while_the_phone_keeps_itself_up_to_date() {
    let lesson = Lesson::new();
    lesson.tell("start", &json!({})).unwrap();
    let notice = lesson.tasks().tasks[0].notice.clone().unwrap();
    lesson.acknowledge(&notice);
    until(&lesson.kairan, || lesson.outbox().is_empty());
    lesson.cut(true);
    lesson.feel(Mood::Talk);
    lesson.tell("practice_again", &json!({})).unwrap();
    assert_eq!((lesson.done(), lesson.outbox().len(), lesson.talks().len()), (vec![], 0, 0));
    let fresh = lesson.tasks().tasks[0].notice.clone().unwrap();
    assert_ne!(fresh, notice);
    assert!(!lesson.tasks().cut);
    lesson.acknowledge(&fresh);
    until(&lesson.kairan, || matches!(lesson.detail(&fresh).seal, SealState::Acknowledged { .. }));
}

#[test]
fn the_commissioner_looks_and_takes_it_by_herself_and_the_phone_hears_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Arc::new(SoftwarePlatform::new(dir.path().join("key")).unwrap());
    let folder = dir.path().join("practice");
    let kairan = Kairan::practice(folder.to_string_lossy().into_owned(), platform).unwrap();
    kairan.start();
    call(&kairan, "check_in", &with_person(json!({ "mood": "talk" })).to_string()).unwrap();
    let talks = || kairan.my_talks(people::RESIDENT.to_string()).unwrap();
    until(&kairan, || talks().iter().any(|talk| talk.state == NewsState::Taken));
}

#[test]
fn a_request_taken_back_before_she_looks_is_taken_by_nobody() {
    let lesson = Lesson::new();
    let talk = lesson.feel(Mood::Talk);
    lesson.sync();
    lesson.tell("take_back", &with_person(json!({ "op": talk }))).unwrap();
    lesson.sync();
    lesson.seconds(60);
    lesson.sync();
    assert_eq!(lesson.talks(), []);
    assert_eq!(lesson.done(), [PracticeTask::TakeBack]);
}

#[test]
fn with_the_network_cut_nothing_is_asked_and_all_goes_out_by_itself_when_it_is_back() {
    let lesson = Lesson::new();
    lesson.tell("start", &json!({})).unwrap();
    lesson.network.cut();
    // An exchange that had begun ends; from here on nobody there hears anything.
    let _ = lesson.tell("sync", &json!({}));
    let asked = lesson.asked();
    let notices: Vec<String> = lesson.notices().into_iter().take(3).map(|line| line.id).collect();
    for notice in &notices {
        lesson.acknowledge(notice);
    }
    assert_eq!(lesson.tell("sync", &json!({})), Err("offline".to_owned()));
    assert_eq!((lesson.asked(), lesson.outbox().len(), lesson.home().waiting), (asked, 3, 3));
    assert!(lesson.tasks().cut);
    lesson.network.restore();
    until(&lesson.kairan, || lesson.outbox().is_empty());
    assert!(lesson.asked() > asked);
    assert!(lesson.done().contains(&PracticeTask::NoNetwork));
}

#[test]
fn what_needs_a_real_neighbourhood_says_that_this_is_practice() {
    let lesson = Lesson::new();
    let calls = [
        ("join", json!({ "code": "kairan:x", "persons": [] })),
        ("leave", with_person(json!({}))),
        ("invite", with_person(json!({ "to": "g0000000000001", "passed_on": false }))),
        ("approve", with_person(json!({ "join": "j0000000000001", "admit": true }))),
        ("revoke", with_person(json!({ "device": "d0000000000001" }))),
    ];
    for (name, arguments) in calls {
        assert_eq!(lesson.tell(name, &arguments), Err("in_practice".to_owned()), "{name}");
    }
    assert_eq!(lesson.mine::<Vec<Value>>("desks", json!({})).len(), 0);
    assert_eq!(lesson.mine::<Vec<Value>>("alerts", json!({})).len(), 0, "no notification leaves the practice");
    assert_eq!(lesson.outbox(), []);
}

#[test]
fn a_real_neighbourhood_knows_no_practice_and_neither_opens_the_others_folder() {
    let dir = tempfile::tempdir().unwrap();
    let platform = Arc::new(SoftwarePlatform::new(dir.path()).unwrap());
    let folder = dir.path().to_string_lossy().into_owned();
    let real = Kairan::open(folder.clone(), platform.clone()).unwrap();
    for (name, arguments) in [
        ("practice_tasks", "{}"),
        ("practice_did", r#"{"task":"calendar"}"#),
        ("practice_again", "{}"),
        ("practice_cut", r#"{"cut":true}"#),
    ] {
        assert_eq!(call(&real, name, arguments).unwrap_err().code, "not_practice", "{name}");
    }
    assert!(!real.network().is_cut() && !real.me().unwrap().practice);
    drop(real);
    assert_eq!(Kairan::practice(folder, platform.clone()).err(), Some(Error::NotPractice));
    assert!(!dir.path().join("practice.json").exists());
    let lesson = Lesson::new();
    let folder = lesson.dir.path().to_string_lossy().into_owned();
    assert_eq!(Kairan::open(folder, platform).err(), Some(Error::InPractice));
}

#[test]
fn a_tap_made_outside_the_app_counts_there_too() {
    let lesson = Lesson::new();
    let notice = lesson.tasks().tasks[0].notice.clone().unwrap();
    let person = people::RESIDENT.to_string();
    let kind = TapKind::Acknowledge { notice: notice.clone(), rev: 1 };
    crate::spool_tap(lesson.dir.path().to_string_lossy().into_owned(), Tap { person, kind, at: MORNING }).unwrap();
    lesson.sync();
    assert!(matches!(lesson.detail(&notice).seal, SealState::Acknowledged { .. }));
}

#[test]
fn an_op_that_comes_twice_is_answered_the_same_and_who_lives_where_is_not_practised() {
    let now = Timestamp::from_millis(MORNING);
    let mut town = Town::found(now).unwrap();
    let request = |command: Command| {
        let op = Op { id: OpId::at(now).unwrap(), person: people::RESIDENT, at: now, command };
        SyncRequest { ops: vec![serde_json::from_str(&op.to_text()).unwrap()], ..SyncRequest::default() }
    };
    let notice = *town.notices.keys().next_back().unwrap();
    let stage = receipt::Stage::Acknowledged;
    let tap = request(Command::Receipt { notice, rev: kairan_protocol::id::Rev(1), stage });
    let first = town.answer(&tap, now).unwrap().results;
    let commit = town.commit;
    assert!(matches!(first[0].outcome, Outcome::Applied { .. }) && first[0].mac.is_some());
    assert_eq!((town.answer(&tap, now).unwrap().results, town.commit), (first, commit));
    let leaving = town.answer(&request(Command::Leave {}), now).unwrap().results;
    assert_eq!(leaving[0].outcome, Outcome::Unsupported);
}

/// One thing somebody who practises does.
#[derive(Debug, Clone)]
enum Does {
    Opens(usize),
    Acknowledges(usize),
    Feels(Mood),
    Agrees(bool),
    TakesBack(usize),
    Cuts(bool),
    Waits(i64),
    Syncs,
}

fn does() -> impl Strategy<Value = Does> {
    prop_oneof![
        (0_usize..9).prop_map(Does::Opens),
        (0_usize..9).prop_map(Does::Acknowledges),
        prop_oneof![Just(Mood::Good), Just(Mood::Fair), Just(Mood::Talk)].prop_map(Does::Feels),
        any::<bool>().prop_map(Does::Agrees),
        (0_usize..9).prop_map(Does::TakesBack),
        any::<bool>().prop_map(Does::Cuts),
        (0_i64..7).prop_map(Does::Waits),
        Just(Does::Syncs),
    ]
}

fn live(lesson: &Lesson, all: &[Does]) {
    let mut said = Vec::new();
    for one in all {
        // The rules refuse some of it; that is theirs to say.
        let done = match one {
            Does::Opens(place) => {
                lesson.tell("displayed", &with_person(json!({ "notice": lesson.notices()[*place].id })))
            }
            Does::Acknowledges(place) => {
                lesson.tell("acknowledge", &with_person(json!({ "notice": lesson.notices()[*place].id })))
            }
            Does::Feels(mood) => lesson.tell("check_in", &with_person(json!({ "mood": mood }))),
            Does::Agrees(yes) => lesson.tell("consent", &with_person(json!({ "moods_to_team": yes }))),
            Does::TakesBack(place) => match said.get(*place) {
                Some(op) => lesson.tell("take_back", &with_person(json!({ "op": op }))),
                None => Ok(Value::Null),
            },
            Does::Cuts(cut) => lesson.tell("practice_cut", &json!({ "cut": cut })),
            Does::Waits(seconds) => {
                lesson.seconds(*seconds);
                Ok(Value::Null)
            }
            Does::Syncs => lesson.tell("sync", &json!({})),
        };
        if let (Does::Feels(_), Ok(op)) = (one, done) {
            said.push(op);
        }
    }
    lesson.cut(false);
    lesson.sync();
    lesson.seconds(60);
    lesson.sync();
}

/// Every row of a feed as the phone's mirror holds it.
fn mirrored(lesson: &Lesson) -> BTreeMap<String, BTreeMap<(String, String), String>> {
    let store = &lesson.kairan.engine().store;
    let rows = store.mirror_file().read(|mirror| {
        let sql = "SELECT feed.name, row.kind, row.id, row.body FROM row JOIN feed ON feed.number = row.feed";
        let mut select = mirror.prepare(sql)?;
        let rows = select.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?), row.get::<_, String>(3)?))
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    let mut feeds: BTreeMap<String, BTreeMap<_, _>> = BTreeMap::new();
    for (feed, key, body) in rows.unwrap() {
        feeds.entry(feed).or_default().insert(key, body);
    }
    feeds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_somebody_does_the_phone_shows_in_the_end_what_the_pretend_district_holds(
        all in prop::collection::vec(does(), 1..24)
    ) {
        let lesson = Lesson::new();
        live(&lesson, &all);
        prop_assert!(lesson.outbox().iter().all(|held| held.state == OpState::Refused), "{:?}", lesson.outbox());
        let held: BTreeMap<_, _> = lesson.town(|town| {
            let feeds: Vec<FeedName> = town.readable(people::RESIDENT);
            let rows = feeds.into_iter().map(|feed| (feed.to_string(), town.feeds.rows(feed)));
            rows.filter(|(_, rows)| !rows.is_empty()).collect()
        });
        prop_assert_eq!(mirrored(&lesson), held);
        // And the seals on the board are those of the homes, counted.
        for line in lesson.notices() {
            let seals = lesson.detail(&line.id).seals.unwrap();
            let id = line.id.parse().unwrap();
            let counted = lesson.town(|town| town.count(&town.notices[&id]));
            prop_assert_eq!(seals, counted.into());
        }
        // Nobody who asked for a talk is left waiting.
        prop_assert!(lesson.talks().iter().all(|talk| talk.state == NewsState::Taken));
    }
}
