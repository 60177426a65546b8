//! Backups: made while serving, opened by the right key only, whole or refused, and restored on an empty disk.

use crate::{
    disk::SmallDisk,
    house::{House, Phone, morning, pinned, serve},
};
use kairan_protocol::{
    feed::Audience,
    id::{OpId, RoleId},
    notice::{NoticeKind, Points},
    op::{Command, Op},
    outcome::{OpResult, Outcome},
    people::RoleKind,
    replay::Replay,
    time::Timestamp,
    wire::{SyncRequest, SyncResponse},
};
use kairan_server::{
    Error,
    backup::{self, ClosedBy, Manifest, OpenedBy, Restored, Watch, recovery_key},
    clock::{Clock, ManualClock},
    console::Console,
    http::Limits,
    identity::tls::Tls,
    journal::{self, Journals},
    serve::Running,
    store::{Journalled, Store},
};
use serde_json::value::RawValue;
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

const PASSPHRASE: &str = "みどりの風と青い空のまち";

fn closed() -> ClosedBy {
    ClosedBy::passphrase(PASSPHRASE).unwrap()
}

fn opened() -> OpenedBy {
    OpenedBy::read(PASSPHRASE).unwrap()
}

async fn back_up(folder: &Path, to: &Path) -> Result<Manifest, Error> {
    let (folder, to) = (folder.to_path_buf(), to.to_path_buf());
    let making = move || {
        // A key costs no second of scrypt, which only the tests about passphrases need.
        let closed_by = ClosedBy::Recipients(vec![ClosedBy::recipient(KEY).unwrap()]);
        backup::make(&folder, &to, &closed_by, morning(), &Watch::silent())
    };
    tokio::task::spawn_blocking(making).await.unwrap()
}

/// A key for tests only.
const KEY: &str = "AGE-SECRET-KEY-1SLEF57N0EE2JJAD0KX4YYXJDJZLNERJEKAG5SYYN7UZGDJQFEHZQU9736D";

fn by_key() -> OpenedBy {
    OpenedBy::read(KEY).unwrap()
}

async fn restore(file: &Path, to: &Path) -> Result<Restored, Error> {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(morning().plus_millis(86_400_000)));
    backup::restore(file, to, by_key(), &[], None, clock, &Watch::silent()).await
}

async fn holds(folder: &Path) {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(morning()));
    let mut console = Console::open(folder, clock).await.unwrap();
    let lines = console.check().await.unwrap();
    console.close().await.unwrap();
    let wrong: Vec<_> = lines.into_iter().filter(|line| !line.good).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn circular(from: kairan_protocol::id::GroupId, title: &str) -> Command {
    Command::Post {
        notice: NoticeKind::Circular,
        from,
        audience: vec![Audience::Board(from)],
        title: title.to_owned(),
        points: Points::default(),
        text: "公園にて".to_owned(),
        publish_at: None,
        until: None,
    }
}

fn number(folder: &Path, sql: &str) -> i64 {
    let database = rusqlite::Connection::open(folder.join("kairan.db")).unwrap();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_lost_machine_is_restored_with_its_identity_and_a_new_epoch() {
    let house = House::open().await;
    house.join("田中").await;
    let file = house.temporary.path().join("kairan.age");
    let made = back_up(&house.folder(), &file).await.unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(made.identity, house.running.identity.to_string());
    let mut console = house.console().await;
    let before = console.facts().await.unwrap();
    let folder = house.folder();
    house.running.stop().await.unwrap();
    let kept = names(&folder);
    assert!(!kept.contains("copying"), "no copy lies about: {kept:?}");

    let new = house.temporary.path().join("new/folder");
    fs::create_dir(house.temporary.path().join("new")).unwrap();
    let restored = restore(&file, &new).await.unwrap();
    assert_eq!(restored.manifest, made);
    assert_ne!(restored.began.epoch, made.epoch);
    assert_eq!(restored.began.last_commit, made.last_commit);
    assert_eq!(restored.began.invites_voided, 2, "the chair's, and that of a home where one of two has joined");
    assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o700);
    for secret in ["identity.pem", "kairan.db"] {
        assert_eq!(fs::metadata(new.join(secret)).unwrap().permissions().mode() & 0o077, 0, "{secret}");
    }
    let clock: Arc<dyn Clock> = house.clock.clone();
    let mut console = Console::open(&new, clock).await.unwrap();
    let after = console.facts().await.unwrap();
    console.close().await.unwrap();
    assert_eq!((after.district, after.identity, after.name), (before.district, before.identity, before.name));
    holds(&new).await;
    assert!(!house.temporary.path().join("new/folder.part").exists());
}

#[tokio::test]
async fn only_the_passphrase_or_the_recovery_key_opens_it() {
    let house = House::open().await;
    let (by_passphrase, by_two) = (house.temporary.path().join("p.age"), house.temporary.path().join("k.age"));
    let (one, two, stranger) = (recovery_key(), recovery_key(), recovery_key());
    let (folder, now, watch) = (house.folder(), morning(), Watch::silent());
    backup::make(&folder, &by_passphrase, &closed(), now, &watch).unwrap();
    let both = ClosedBy::Recipients(vec![one.to_public(), two.to_public()]);
    backup::make(&folder, &by_two, &both, now, &watch).unwrap();
    house.running.stop().await.unwrap();

    backup::verify(&by_passphrase, &opened(), &watch).unwrap();
    for key in [one, two] {
        backup::verify(&by_two, &OpenedBy::RecoveryKey(key), &watch).unwrap();
    }
    let wrong = OpenedBy::read("みどりの風と青い空のむら").unwrap();
    for (file, opened_by) in [
        (&by_passphrase, &wrong),
        (&by_passphrase, &OpenedBy::RecoveryKey(stranger.clone())),
        (&by_two, &OpenedBy::RecoveryKey(stranger)),
        (&by_two, &opened()),
    ] {
        let error = backup::verify(file, opened_by, &watch).unwrap_err();
        assert!(matches!(error, Error::WrongKey { .. }), "{error}");
    }
    let to = house.temporary.path().join("new");
    assert!(matches!(restore(&by_passphrase, &to).await, Err(Error::WrongKey { .. })));
    assert!(!to.exists() && !house.temporary.path().join("new.part").exists());
}

#[tokio::test]
async fn a_backup_that_was_cut_off_or_changed_is_refused_and_leaves_nothing() {
    let house = House::open().await;
    let file = house.temporary.path().join("kairan.age");
    back_up(&house.folder(), &file).await.unwrap();
    house.running.stop().await.unwrap();
    let whole = fs::read(&file).unwrap();
    let bad = house.temporary.path().join("bad.age");
    let seed: u64 = u64::from_le_bytes(std::array::from_fn(|_| getrandom::u32().unwrap().to_le_bytes()[0]));
    println!("seed {seed}");
    let mut state = seed | 1;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % limit
    };
    let mut damaged: Vec<Vec<u8>> = vec![Vec::new(), whole[..whole.len() - 1].to_vec(), [&whole[..], b"x"].concat()];
    damaged.extend((0..20).map(|_| whole[..below(whole.len())].to_vec()));
    damaged.extend((0..40).map(|_| {
        let mut changed = whole.clone();
        changed[below(whole.len())] ^= 1 << below(8);
        changed
    }));
    for bytes in &damaged {
        fs::write(&bad, bytes).unwrap();
        let error = backup::verify(&bad, &by_key(), &Watch::silent()).unwrap_err();
        assert!(matches!(error, Error::NotWhole { .. } | Error::WrongKey { .. }), "{error}");
    }
    let to = house.temporary.path().join("new");
    for bytes in &damaged[1..12] {
        fs::write(&bad, bytes).unwrap();
        restore(&bad, &to).await.unwrap_err();
        assert!(!to.exists() && !house.temporary.path().join("new.part").exists());
    }
}

#[tokio::test]
async fn a_file_that_is_no_backup_is_neither_opened_nor_written_over() {
    let house = House::open().await;
    let file = house.temporary.path().join("名簿.csv");
    fs::write(&file, "佐藤,1班\n").unwrap();
    let error = backup::verify(&file, &by_key(), &Watch::silent()).unwrap_err();
    assert!(matches!(error, Error::NotWhole { .. }), "{error}");
    let error = back_up(&house.folder(), &file).await.unwrap_err();
    assert!(matches!(error, Error::Occupied(_)), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "佐藤,1班\n");

    let older = house.temporary.path().join("monday.age");
    back_up(&house.folder(), &older).await.unwrap();
    house.console().await.op(circular(house.console().await.facts().await.unwrap().district, "清掃")).await.unwrap();
    let newer = back_up(&house.folder(), &older).await.unwrap();
    assert_eq!(backup::verify(&older, &by_key(), &Watch::silent()).unwrap(), newer);
    house.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_made_while_256_circulars_are_posted_is_of_one_moment() {
    let house = House::open().await;
    let district = house.console().await.facts().await.unwrap().district;
    let store: Store = house.running.store().clone();
    let posting = tokio::spawn(async move {
        let (mut tasks, mut posted) = (tokio::task::JoinSet::new(), 0);
        for place in 0..256 {
            let store = store.clone();
            tasks.spawn(async move { store.console(circular(district, &format!("回覧 {place}"))).await });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
            posted += 1;
        }
        posted
    });
    let mut files = Vec::new();
    while files.is_empty() || !posting.is_finished() {
        let file = house.temporary.path().join(format!("{}.age", files.len()));
        back_up(&house.folder(), &file).await.unwrap();
        files.push(file);
    }
    assert_eq!(posting.await.unwrap(), 256);
    house.running.stop().await.unwrap();
    println!("{} backups meanwhile", files.len());
    for (place, file) in files.iter().enumerate() {
        let to = house.temporary.path().join(format!("restored-{place}"));
        let restored = restore(file, &to).await.unwrap();
        holds(&to).await;
        // The journal was copied after the database: what it knows more of has come back with it.
        let journalled = restored.journalled;
        assert_eq!((journalled.later, journalled.not_taken), (vec![], vec![]));
        let posted = number(&to, "SELECT count(*) FROM notice");
        let invitation = 1;
        assert_eq!(i64::try_from(journalled.known + journalled.replayed).unwrap(), posted + invitation);
    }
}

#[tokio::test]
async fn told_to_stop_it_leaves_nothing_at_whichever_step() {
    let house = House::open().await;
    let (folder, file) = (house.folder(), house.temporary.path().join("kairan.age"));
    let closed_by = ClosedBy::Recipients(vec![ClosedBy::recipient(KEY).unwrap()]);
    let stops_at = |step: &'static str| {
        let told = Arc::new(std::sync::OnceLock::<Watch>::new());
        let telling = Arc::clone(&told);
        let watch = Watch::new(move |at, _, _| {
            if at == step {
                telling.get().unwrap().stop();
            }
        });
        assert!(told.set(watch.clone()).is_ok());
        watch
    };
    for step in ["looking for damage", "writing"] {
        let stopped = backup::make(&folder, &file, &closed_by, morning(), &stops_at(step));
        assert!(matches!(stopped, Err(Error::Stopped)), "{step}: {stopped:?}");
        assert_eq!(names(house.temporary.path()), BTreeSet::from(["district".to_owned()]), "{step}");
        assert!(!folder.join("copying").exists());
    }
    let stopped = stops_at("never");
    stopped.stop();
    assert!(matches!(backup::make(&folder, &file, &closed_by, morning(), &stopped), Err(Error::Stopped)));
    back_up(&folder, &file).await.unwrap();
    house.running.stop().await.unwrap();

    let to = house.temporary.path().join("new");
    for step in ["reading", "looking for damage", "handing the journal back"] {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(morning()));
        let stopped = backup::restore(&file, &to, by_key(), &[], None, clock, &stops_at(step)).await;
        assert!(matches!(stopped, Err(Error::Stopped)), "{step}: {stopped:?}");
        assert!(!to.exists() && !house.temporary.path().join("new.part").exists(), "{step}");
    }
}

#[tokio::test]
async fn a_full_disk_leaves_no_half_backup_and_no_half_folder() {
    let house = House::open().await;
    let Some(disk) = SmallDisk::mount(1_024) else { return };
    let good = house.temporary.path().join("kairan.age");
    back_up(&house.folder(), &good).await.unwrap();
    disk.fill();
    let error = back_up(&house.folder(), &disk.path().join("kairan.age")).await.unwrap_err();
    assert!(error.todo().contains("room"), "{error}: {}", error.todo());
    assert_eq!(disk.names(), ["filler"]);
    disk.clear();
    let folder = house.folder();
    house.running.stop().await.unwrap();

    // Room for a part of it.
    let database = fs::metadata(folder.join("kairan.db")).unwrap().len();
    let filler = vec![b'x'; usize::try_from(1_024 * 1_024 - database / 2).unwrap()];
    fs::write(disk.path().join("filler"), filler).unwrap();
    let error = restore(&good, &disk.path().join("new")).await.unwrap_err();
    assert!(!matches!(error, Error::NotWhole { .. }), "the backup is not to blame: {error}");
    assert_eq!(disk.names(), ["filler"]);
    disk.clear();
    restore(&good, &disk.path().join("new")).await.unwrap();
}

#[tokio::test]
async fn a_backup_opens_with_the_tools_of_any_machine() {
    let house = House::open().await;
    let file = house.temporary.path().join("kairan.age");
    back_up(&house.folder(), &file).await.unwrap();
    house.running.stop().await.unwrap();
    let key: age::x25519::Identity = KEY.parse().unwrap();
    let plain = age::decrypt(&key, &fs::read(&file).unwrap()).unwrap();
    let (archive, out) = (house.temporary.path().join("kairan.tar.gz"), house.temporary.path().join("out"));
    fs::write(&archive, plain).unwrap();
    fs::create_dir(&out).unwrap();
    let unpacked = std::process::Command::new("tar").arg("xzf").arg(&archive).arg("-C").arg(&out).status().unwrap();
    assert!(unpacked.success());
    let there: Vec<PathBuf> = ["kairan.db", "identity.pem", "manifest.json"].map(|name| out.join(name)).into();
    assert!(there.iter().all(|path| path.exists()), "{:?}", names(&out));
    assert_eq!(number(&out, "SELECT count(*) FROM meta WHERE name = 'epoch'"), 1);
}

#[tokio::test]
async fn new_addresses_replace_the_old_ones() {
    let house = House::open().await;
    let (file, to) = (house.temporary.path().join("kairan.age"), house.temporary.path().join("new"));
    back_up(&house.folder(), &file).await.unwrap();
    house.running.stop().await.unwrap();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_millis(morning().millis())));
    let addresses = Some(vec!["new.example:443".to_owned()]);
    let restored =
        backup::restore(&file, &to, by_key(), &[], addresses, clock.clone(), &Watch::silent()).await.unwrap();
    assert_eq!(restored.addresses, ["new.example:443"]);
    let mut console = Console::open(&to, clock).await.unwrap();
    assert_eq!(console.facts().await.unwrap().addresses, ["new.example:443"]);
    console.close().await.unwrap();
}

/// An op of a phone over the wire; its commit and MAC, as the phone's journal keeps them.
async fn sends(house: &House, phone: &Phone, op: &Op) -> Replay {
    let text = RawValue::from_string(op.to_text()).unwrap();
    let request = SyncRequest { ops: vec![text.clone()], ..SyncRequest::default() };
    let response = house.client().post(house.url("/v1/sync")).bearer_auth(phone.token()).json(&request).send().await;
    let response: SyncResponse = response.unwrap().json().await.unwrap();
    let Outcome::Applied { commit, .. } = response.results[0].outcome else { panic!("{:?}", response.results) };
    Replay { op: text, commit, mac: response.results[0].mac.clone().unwrap() }
}

#[tokio::test]
async fn what_the_command_line_did_since_the_backup_comes_back_from_the_journal_that_survived() {
    let house = House::open().await;
    let chair = house.join_by(&house.first).await;
    let file = house.temporary.path().join("kairan.age");
    let mut console = house.console().await;
    let facts = console.facts().await.unwrap();
    console.op(circular(facts.district, "先週のおしらせ")).await.unwrap();
    let made = back_up(&house.folder(), &file).await.unwrap();
    assert!(made.files.iter().any(|held| held.name.starts_with("journal/")), "{:?}", made.files);

    house.clock.advance(60_000);
    let posted = console.op(circular(facts.district, "今週のおしらせ")).await.unwrap();
    let lost = house.join("田中").await;
    let device = lost.enrolled.as_ref().unwrap().device;
    console.op(Command::Revoke { device }).await.unwrap();
    let umeko = console.one("person", &["person"], "田中 ウメ").await.unwrap().id.parse().unwrap();
    let group = console.one("block", &["block"], "1班").await.unwrap().id.parse().unwrap();
    let role = RoleId::random().unwrap();
    let grant = Command::GrantRole { role, person: umeko, group, kind: RoleKind::BlockLeader, until: None };
    let person = house.first.to.persons[0].id;
    let now = house.clock.now();
    let op = Op { id: OpId::at(now).unwrap(), person, at: now, command: grant };
    let granted = sends(&house, &chair, &op).await;
    house.clock.advance(60_000);
    console.op(Command::EndRole { role }).await.unwrap();
    let survived = house.temporary.path().join("usb");
    fs::rename(house.folder().join("journal"), &survived).unwrap();
    let epoch = fs::read_dir(&survived).unwrap().next().unwrap().unwrap().path();
    let mut torn = fs::read(&epoch).unwrap();
    torn.extend(br#"{"op":{"id":"01"#);
    fs::write(&epoch, torn).unwrap();
    let clock: Arc<dyn Clock> = house.clock.clone();
    house.running.stop().await.unwrap();

    let to = house.temporary.path().join("new");
    let nowhere = [house.temporary.path().join("nowhere")];
    let missing = backup::restore(&file, &to, by_key(), &nowhere, None, clock.clone(), &Watch::silent()).await;
    assert!(matches!(missing, Err(Error::File { .. })), "{missing:?}");
    let restored = backup::restore(&file, &to, by_key(), &[survived], None, clock, &Watch::silent()).await.unwrap();
    let Journalled { replayed, known, later, not_taken } = restored.journalled;
    // The chair's invitation and the first circular were there; the circular, an invitation and the lost phone are done again.
    assert_eq!((known, replayed, not_taken), (2, 3, vec![]));
    assert_eq!(later.len(), 1, "the end of a role that only the chair's phone knows: {later:?}");
    assert!(later[0].contains("end_role"));
    assert_eq!(restored.damaged.len(), 1, "{:?}", restored.damaged);
    holds(&to).await;

    let running = serve(&to, &house.clock, Limits::default(), Tls::Own).await;
    let number = |sql: &str| number(&to, sql);
    assert_eq!(number("SELECT count(*) FROM notice"), 2);
    let signed_off = format!("SELECT count(*) FROM ended WHERE committed > {}", made.last_commit.0);
    assert_eq!(number(&signed_off), 1, "the lost phone is told so should it come");
    let again = sends_back(&running, &to, &chair, granted).await;
    assert!(matches!(again.outcome, Outcome::Applied { .. }), "{again:?}");
    let journalled = running.store().hand_back_journal().await.unwrap();
    // The scheduler may have been first.
    assert_eq!((journalled.known + journalled.replayed, journalled.later), (6, vec![]));
    assert_eq!(number("SELECT count(*) FROM role WHERE kind = 'block_leader' AND over = 0"), 0, "it stays ended");
    running.stop().await.unwrap();
    holds(&to).await;
    let whole = Journals::read(&to.join("journal")).unwrap();
    assert!(whole.entries().iter().any(|entry| journal::id(entry) == Some(posted.id)), "ready for the next loss");
    assert_eq!(whole.damaged, Vec::<String>::new());
}

async fn sends_back(running: &Running, folder: &Path, phone: &Phone, replay: Replay) -> OpResult {
    let client = reqwest::Client::builder().use_preconfigured_tls(pinned(folder)).build().unwrap();
    let request = SyncRequest { replays: vec![replay], ..SyncRequest::default() };
    let sent = client.post(format!("{}/v1/sync", running.url())).bearer_auth(phone.token()).json(&request).send().await;
    sent.unwrap().json::<SyncResponse>().await.unwrap().replayed.remove(0)
}
