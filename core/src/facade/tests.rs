//! A whole phone against a district's machine over real TLS: joining, sending, being out of reach, being signed off.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test says so")]

use super::*;
use crate::{
    Listener, Options, Pace,
    keys::SoftwarePlatform,
    records::{Joining, Mood, OpState},
    store::tests::{
        Answer, DISTRICT, HANAKO, NOW, PHONE, SATO, circular, consent_row, notice_id, notice_row, residents,
    },
    transport::{
        Network,
        machine::{Heard, Machine, Say, card, identity},
    },
};
use kairan_protocol::{
    id::{Commit, Epoch, FeedNumber},
    invite::{CheckCode, Invitation, Secret, Whom},
    outcome::Outcome,
    sign::{Key, Purpose, Signed},
    time::Timestamp,
    wire::{EnrolRequest, EnrolResponse, Enrolled, Listed, ProblemCode, Slip, SyncRequest, Token, TokenProof},
};
use std::{
    collections::VecDeque,
    sync::{Mutex, mpsc},
};
use tempfile::TempDir;

const MAIL: FeedNumber = FeedNumber(10);

/// What the machine says to the next syncs; when nothing is left, it applies every op.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<VecDeque<Say>>>, Arc<Mutex<Memory>>);

/// What the machine remembers.
#[derive(Default)]
struct Memory {
    /// How often it was restored from a backup.
    restored: u32,
    /// Whether it has forgotten the phone; a slip reminds it.
    forgot: bool,
    /// Whether it knows by a mark that the phone was signed off.
    revoked: bool,
    /// The ops whose target has not come back, by a word in them.
    lacks: Option<&'static str>,
}

impl Script {
    fn next(&self, say: Say) {
        self.0.lock().unwrap().push_back(say);
    }

    /// The machine is lost, and a backup is restored; whether it knows the phone.
    fn restore(&self, forgot: bool) {
        let mut memory = self.memory();
        memory.restored += 1;
        memory.forgot = forgot;
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.1.lock().unwrap()
    }

    fn token(&self, proof: &TokenProof) -> Say {
        assert_eq!(proof.device, PHONE);
        if proof.at.since(NOW).abs() > 300_000 {
            return Say::Problem(ProblemCode::BadProof);
        }
        let mut memory = self.memory();
        if memory.revoked && proof.slip.is_some() {
            return Say::Problem(ProblemCode::Revoked);
        }
        let slip = proof.slip.as_ref().map(|slip| slip.open::<Slip>(&Key::of(&identity(1)), Purpose::Slip).unwrap());
        memory.forgot &= slip.is_none_or(|slip| slip.persons != [SATO]);
        if memory.forgot { Say::Problem(ProblemCode::DeviceUnknown) } else { Say::json(&token("by-key")) }
    }

    fn sync(&self, heard: &Heard) -> Say {
        if let Some(say) = self.0.lock().unwrap().pop_front() {
            return say;
        }
        let memory = self.memory();
        if memory.forgot {
            return Say::Problem(ProblemCode::TokenUnknown);
        }
        let request: SyncRequest = serde_json::from_str(&heard.body).unwrap();
        let epoch = Epoch(format!("k{}", memory.restored + 1));
        let knows_nothing = request.rights == 0 || request.epoch.as_ref() != Some(&epoch);
        let mut answer = if knows_nothing { residents(1) } else { Answer::new() };
        answer.0.epoch = epoch;
        if knows_nothing {
            answer.0.feeds[0].rows.push(consent_row(2));
            answer.0.feeds[1].rows.push(notice_row(1, 1, &circular("秋の一斉清掃")));
        }
        for replay in &request.replays {
            let id = Op::parse(replay.op.get()).unwrap().id;
            let lacks = memory.lacks.is_some_and(|word| replay.op.get().contains(word));
            answer = if lacks { answer.replayed_with(id, Outcome::Later) } else { answer.replayed(id, &[(MAIL, 1)]) };
        }
        for (commit, op) in (1..).zip(&request.ops) {
            answer = answer.applied(Op::parse(op.get()).unwrap().id, commit, &[(MAIL, 1)]);
        }
        if request.renew.is_some() {
            answer.0.token = Some(token("renewed"));
        }
        Say::json(&answer.0)
    }
}

fn token(secret: &str) -> Token {
    Token { secret: secret.to_owned(), until: NOW.plus_millis(90 * 86_400_000) }
}

/// A district with one household: the 佐藤 home.
struct Town {
    machine: Machine,
    script: Script,
    secret: Secret,
}

impl Town {
    async fn new() -> Self {
        let (script, secret) = (Script::default(), Secret::random().unwrap());
        let (says, letters) = (script.clone(), secret.letters());
        let machine = Machine::start(&identity(1), move |heard| match heard.path.as_str() {
            "/v1/card" => Say::json(&card(&identity(1), &["new.example"])),
            "/v1/enrol" => enrol(heard, &letters),
            "/v1/token" => says.token(&serde_json::from_str(&heard.body).unwrap()),
            "/v1/live" => Say::Stream,
            _ => says.sync(heard),
        })
        .await;
        Self { machine, script, secret }
    }

    fn scanned(&self) -> String {
        self.invitation(Whom::Scanned(Key::of(&identity(1)).fingerprint()))
    }

    fn typed(&self, of: u8) -> String {
        self.invitation(Whom::Typed(CheckCode::of(&Key::of(&identity(of)).fingerprint())))
    }

    fn invitation(&self, whom: Whom) -> String {
        Invitation { address: self.machine.address.clone(), whom, secret: self.secret.clone() }.to_string()
    }

    /// Every sync that reached the machine.
    fn syncs(&self) -> Vec<SyncRequest> {
        let heard = self.machine.heard().into_iter().filter(|heard| heard.path == "/v1/sync");
        heard.map(|heard| serde_json::from_str(&heard.body).unwrap()).collect()
    }

    /// Every op that reached the machine, as often as it did.
    fn sent(&self) -> Vec<String> {
        self.syncs().into_iter().flat_map(|sync| sync.ops).map(|op| op.get().to_owned()).collect()
    }

    /// Every op that was handed back, as often as it was.
    fn handed_back(&self) -> Vec<String> {
        self.syncs().into_iter().flat_map(|sync| sync.replays).map(|replay| replay.op.get().to_owned()).collect()
    }

    /// How often the slip was shown.
    fn slips(&self) -> usize {
        let heard = self.machine.heard().into_iter().filter(|heard| heard.path == "/v1/token");
        let proofs = heard.map(|heard| serde_json::from_str::<TokenProof>(&heard.body).unwrap());
        proofs.filter(|proof| proof.slip.is_some()).count()
    }
}

fn enrol(heard: &Heard, secret: &str) -> Say {
    let request: EnrolRequest = serde_json::from_str(&heard.body).unwrap();
    if request.secret != secret {
        return Say::Problem(ProblemCode::InviteUnknown);
    }
    let payload = EnrolRequest::payload(&Key::of(&identity(1)).fingerprint(), secret, &request.key);
    request.key.verify(&Purpose::Enrol.message(&payload), &request.proof).unwrap();
    if request.persons.is_empty() {
        let listed = |id, name: &str| Listed { id, name: name.to_owned(), joined: false };
        let persons = vec![listed(SATO, "佐藤 一郎"), listed(HANAKO, "佐藤 花子")];
        return Say::json(&EnrolResponse::Choose { name: "佐藤".to_owned(), persons });
    }
    let epoch = Epoch("k1".to_owned());
    let (key, persons) = (request.key, request.persons);
    let slip =
        Slip { district: DISTRICT, device: PHONE, key, persons, epoch: epoch.clone(), commit: Commit(1), at: NOW };
    Say::json(&EnrolResponse::Enrolled(Box::new(Enrolled {
        district: DISTRICT,
        name: "みどり市".to_owned(),
        device: PHONE,
        token: token("first"),
        slip: Signed::new(&identity(1), Purpose::Slip, &slip).unwrap(),
        epoch,
        now: NOW,
    })))
}

/// A phone whose pokes are followed at once.
fn phone() -> (TempDir, Arc<Kairan>, Network) {
    let dir = tempfile::tempdir().unwrap();
    let (kairan, network) = opened(&dir);
    (dir, kairan, network)
}

fn opened(dir: &TempDir) -> (Arc<Kairan>, Network) {
    let network = Network::default();
    let runtime = Some(tokio::runtime::Handle::current());
    let options = Options { runtime, pace: Pace { poke_jitter_millis: 0 }, network: network.clone() };
    let platform = Arc::new(SoftwarePlatform::new(dir.path()).unwrap());
    (Kairan::open_with(dir.path(), platform, options).unwrap(), network)
}

/// A phone of Ichiro Sato that has joined and pulled everything.
async fn sato(town: &Town) -> (TempDir, Arc<Kairan>, Network) {
    let (dir, kairan, network) = phone();
    kairan.join(town.scanned(), vec![SATO.to_string()]).await.unwrap();
    kairan.sync().await.unwrap();
    (dir, kairan, network)
}

/// Tells a test when something changed.
struct Changed(mpsc::Sender<Vec<Screen>>);

impl Listener for Changed {
    fn on_change(&self, screens: Vec<Screen>) {
        let _ = self.0.send(screens);
    }
}

/// Returns when the condition holds, looking after each change.
async fn until(kairan: &Arc<Kairan>, holds: impl Fn(&Kairan) -> bool + Send + 'static) {
    let (tells, changed) = mpsc::channel();
    kairan.set_listener(Arc::new(Changed(tells))).unwrap();
    let kairan = kairan.clone();
    let waited = tokio::task::spawn_blocking(move || {
        while !holds(&kairan) {
            changed.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
        }
    });
    waited.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_joins_by_scanning_and_choosing_who_the_phone_is_for() {
    let town = Town::new().await;
    let (dir, kairan, _) = phone();
    let Joining::Choose { name, persons } = kairan.join(town.scanned(), Vec::new()).await.unwrap() else {
        panic!("who is listed")
    };
    assert_eq!((name.as_str(), persons.len()), ("佐藤", 2));
    assert!(!kairan.me().unwrap().joined);
    let joined = kairan.join(town.scanned(), vec![persons[0].id.clone()]).await.unwrap();
    assert_eq!(joined, Joining::Joined { district: "みどり市".to_owned() });
    drop(kairan);
    let (kairan, _) = opened(&dir);
    let me = kairan.me().unwrap();
    assert_eq!((me.joined, me.district.as_str()), (true, "みどり市"));
    assert_eq!(kairan.engine.enrolment().unwrap().addresses, ["new.example", &town.machine.address]);
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_works_when_the_check_code_is_that_of_the_sheet_and_the_secret_goes_nowhere_else() {
    let town = Town::new().await;
    let (_dir, kairan, _) = phone();
    let error = kairan.join(town.typed(2), vec![SATO.to_string()]).await.unwrap_err();
    assert_eq!(error.code(), "another_identity");
    assert_eq!(town.machine.asked("/v1/enrol"), 0);
    assert!(matches!(kairan.join(town.typed(1), vec![SATO.to_string()]).await, Ok(Joining::Joined { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_invitation_and_what_the_server_does_not_know_are_told_apart() {
    let town = Town::new().await;
    let (_dir, kairan, _) = phone();
    assert_eq!(kairan.join("https://example.com/".to_owned(), Vec::new()).await.unwrap_err().code(), "bad_code");
    let other = Town { secret: Secret::random().unwrap(), ..town };
    assert_eq!(kairan.join(other.scanned(), Vec::new()).await.unwrap_err().code(), "invite_unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_is_kept_while_out_of_reach_and_arrives_once() {
    let town = Town::new().await;
    let (dir, kairan, network) = sato(&town).await;
    network.cut();
    let op = kairan.check_in(SATO.to_string(), Mood::Good).await.unwrap();
    assert_eq!(kairan.sync().await, Err(Error::Offline));
    assert_eq!(kairan.home(SATO.to_string()).unwrap().waiting, 1);
    let waiting = kairan.outbox().unwrap();
    assert_eq!((waiting[0].id.as_str(), waiting[0].unsent), (op.as_str(), true));
    drop(kairan);

    let (kairan, _) = opened(&dir);
    town.script.next(Say::HangUp);
    assert_eq!(kairan.sync().await, Err(Error::Offline));
    assert!(kairan.outbox().unwrap()[0].unsent, "the first request of a while takes nothing along");
    town.script.next(Say::json(&Answer::new().0));
    town.script.next(Say::HangUp);
    assert_eq!(kairan.sync().await, Err(Error::Offline), "the answer was lost");
    assert_eq!(kairan.outbox().unwrap()[0].state, OpState::Sending);
    assert_eq!(kairan.sync().await.unwrap().sent, 1);
    assert_eq!(kairan.outbox().unwrap(), []);
    let sent: Vec<String> = town.sent().into_iter().filter(|op| op.contains("check_in")).collect();
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]), "the same op to the letter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ran_out_is_replaced_by_the_device_key() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    town.script.next(Say::Problem(ProblemCode::TokenUnknown));
    kairan.sync().await.unwrap();
    assert_eq!(town.machine.heard().last().unwrap().token.as_deref(), Some("by-key"));
    assert_eq!(kairan.engine.enrolment().unwrap().token.secret, "by-key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_clock_was_lost_proves_its_key_by_the_servers_clock() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    kairan.engine.bearings.forget();
    town.script.next(Say::Problem(ProblemCode::TokenUnknown));
    kairan.sync().await.unwrap();
    assert_eq!(town.machine.asked("/v1/token"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_signed_off_keeps_nothing_and_may_join_anew() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    town.script.next(Say::Problem(ProblemCode::Revoked));
    assert_eq!(kairan.sync().await.unwrap_err().code(), "revoked");
    assert!(!kairan.me().unwrap().joined);
    assert_eq!(kairan.sync().await, Err(Error::NotJoined));
    kairan.join(town.scanned(), vec![SATO.to_string()]).await.unwrap();
    kairan.sync().await.unwrap();
    assert_eq!(kairan.home(SATO.to_string()).unwrap().name, "佐藤 一郎");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgot_the_device_is_shown_the_slip_and_the_world_goes_on_by_itself() {
    let town = Town::new().await;
    let (_dir, kairan, network) = sato(&town).await;
    network.cut();
    kairan.check_in(SATO.to_string(), Mood::Good).await.unwrap();
    kairan.sync().await.unwrap_err();
    town.script.restore(true);
    network.restore();
    let report = kairan.sync().await.unwrap();
    assert_eq!((report.sent, town.slips() >= 1), (1, true));
    assert_eq!((kairan.outbox().unwrap(), kairan.home(SATO.to_string()).unwrap().waiting), (vec![], 0));
    assert_eq!(kairan.engine.enrolment().unwrap().token.secret, "by-key");
    let asked = town.machine.asked("/v1/token");
    kairan.sync().await.unwrap();
    assert_eq!(town.machine.asked("/v1/token"), asked, "and not once more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_take_the_slip_changes_nothing_on_the_phone() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    for _ in 0..2 {
        town.script.next(Say::Problem(ProblemCode::DeviceUnknown));
    }
    assert_eq!(kairan.sync().await.unwrap_err().code(), "device_unknown");
    let home = kairan.home(SATO.to_string()).unwrap();
    assert_eq!((kairan.me().unwrap().joined, home.unread_count), (true, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_server_gets_back_what_it_was_told_and_the_slip_once() {
    let town = Town::new().await;
    let (dir, kairan, _) = sato(&town).await;
    let sato = SATO.to_string();
    kairan.acknowledge(sato.clone(), notice_id(1).to_string()).await.unwrap();
    kairan.check_in(sato.clone(), Mood::Good).await.unwrap();
    kairan.sync().await.unwrap();
    let said = town.sent();
    assert_eq!(kairan.home(sato.clone()).unwrap().waiting, 0);
    drop(kairan);

    town.script.restore(false);
    let (kairan, _) = opened(&dir);
    let report = kairan.sync().await.unwrap();
    assert_eq!(report.handed_back, u32::try_from(said.len()).unwrap());
    assert_eq!((town.handed_back(), town.slips()), (said, 1));
    let home = kairan.home(sato.clone()).unwrap();
    assert_eq!((home.waiting, home.unread_count, home.check_in.is_some()), (0, 0, true));
    let syncs = town.syncs().len();
    assert_eq!(kairan.sync().await.unwrap().handed_back, 0);
    assert_eq!((town.syncs().len(), town.slips()), (syncs + 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_started_phone_hands_back_by_itself_and_tells_its_screens() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    kairan.check_in(SATO.to_string(), Mood::Good).await.unwrap();
    kairan.sync().await.unwrap();
    kairan.start();
    while town.machine.asked("/v1/live") == 0 {
        tokio::task::yield_now().await;
    }
    town.script.restore(false);
    town.machine.poke("event: poke\ndata: {\"n\":10,\"v\":9}\n\n");
    let (script, home) = (town.script.clone(), |kairan: &Kairan| kairan.home(SATO.to_string()).unwrap());
    until(&kairan, move |kairan| {
        let state = kairan.engine.store.sync_state().unwrap();
        let back = !kairan.engine.store.has_handing(NOW).unwrap() && !kairan.engine.store.owes_slip().unwrap();
        script.memory().restored == 1
            && state.epoch == Some(Epoch("k2".to_owned()))
            && back
            && home(kairan).waiting == 0
    })
    .await;
    assert!(town.handed_back().iter().any(|op| op.contains("check_in")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_later_waits_and_is_asked_again_at_the_next_start() {
    let town = Town::new().await;
    let (dir, kairan, _) = sato(&town).await;
    kairan.acknowledge(SATO.to_string(), notice_id(1).to_string()).await.unwrap();
    kairan.sync().await.unwrap();
    town.script.restore(false);
    town.script.memory().lacks = Some("acknowledged");
    kairan.sync().await.unwrap();
    let asked = town.handed_back().iter().filter(|op| op.contains("acknowledged")).count();
    assert_eq!((asked, kairan.home(SATO.to_string()).unwrap().waiting), (1, 1));
    kairan.sync().await.unwrap();
    assert_eq!(town.handed_back().iter().filter(|op| op.contains("acknowledged")).count(), 1);
    drop(kairan);
    town.script.memory().lacks = None;
    let (kairan, _) = opened(&dir);
    assert_eq!(kairan.sync().await.unwrap().handed_back, 1);
    assert_eq!(kairan.home(SATO.to_string()).unwrap().waiting, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_piece_the_server_cannot_take_back_is_put_off_and_the_others_arrive() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    let poisoned = kairan.consent(SATO.to_string(), true).await.unwrap();
    kairan.acknowledge(SATO.to_string(), notice_id(1).to_string()).await.unwrap();
    kairan.sync().await.unwrap();
    town.script.restore(false);
    kairan.engine.sync(crate::plan::Batch::Empty, false).await.unwrap();
    kairan.engine.renew_token(true).await.unwrap();
    let first = kairan.engine.store.outbox_file().read(|outbox| {
        Ok(outbox.query_row("SELECT id FROM journal ORDER BY commit_number, seq LIMIT 1", [], |row| {
            row.get::<_, String>(0)
        })?)
    });
    let first = first.unwrap();
    town.script.next(Say::Problem(ProblemCode::BadRequest));
    town.script.next(Say::Problem(ProblemCode::BadRequest));
    let report = kairan.sync().await.unwrap();
    let left = kairan.engine.store.outbox_file().read(|outbox| {
        Ok(outbox.query_row("SELECT id, code FROM journal WHERE handing = 'later'", [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?)
    });
    assert_eq!(left.unwrap(), (first, "bad_request".to_owned()));
    assert!(report.handed_back >= 2, "{report:?} after {poisoned}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_signed_off_before_the_restore_is_erased_when_it_shows_its_slip() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    town.script.next(Say::Problem(ProblemCode::TokenUnknown));
    town.script.restore(true);
    town.script.memory().revoked = true;
    assert_eq!(kairan.sync().await.unwrap_err().code(), "revoked");
    assert!(!kairan.me().unwrap().joined);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_op_the_server_cannot_take_is_parked_with_its_reason_and_the_other_arrives() {
    let town = Town::new().await;
    let (_dir, kairan, network) = sato(&town).await;
    network.cut();
    let poisoned = kairan.consent(SATO.to_string(), true).await.unwrap();
    kairan.acknowledge(SATO.to_string(), notice_id(1).to_string()).await.unwrap();
    network.restore();
    kairan.engine.sync(crate::plan::Batch::Empty, false).await.unwrap();
    town.script.next(Say::Problem(ProblemCode::BadRequest));
    town.script.next(Say::Problem(ProblemCode::BadRequest));
    kairan.sync().await.unwrap();
    let left = kairan.outbox().unwrap();
    let left: Vec<_> = left.iter().map(|op| (op.id.as_str(), op.state, op.code.as_deref())).collect();
    assert_eq!(left, [(poisoned.as_str(), OpState::Parked, Some("bad_request"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_started_taps_go_out_and_pokes_are_followed_by_themselves() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    kairan.start();
    kairan.start();
    kairan.check_in(SATO.to_string(), Mood::Good).await.unwrap();
    until(&kairan, |kairan| kairan.outbox().unwrap().is_empty()).await;

    let name = |kairan: &Kairan| kairan.me().unwrap().persons[0].name.clone();
    assert_eq!(name(&kairan), "佐藤 一郎");
    let mut renamed = residents(1);
    renamed.0.feeds.remove(1);
    renamed.0.feeds[0].version = Some(kairan_protocol::id::Version(9));
    renamed.0.feeds[0].rows[0].version = kairan_protocol::id::Version(9);
    let body = renamed.0.feeds[0].rows[0].body.take().unwrap().get().replace("一郎", "太郎");
    renamed.0.feeds[0].rows[0].body = Some(serde_json::value::RawValue::from_string(body).unwrap());
    renamed.0.rights = None;
    while town.machine.asked("/v1/live") == 0 {
        tokio::task::yield_now().await;
    }
    town.script.next(Say::json(&renamed.0));
    town.machine.poke("event: poke\ndata: {\"n\":10,\"v\":9}\n\n");
    until(&kairan, move |kairan| name(kairan) == "佐藤 太郎").await;
    kairan.stop();
    kairan.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_started_phone_sends_what_waited_when_the_network_is_back() {
    let town = Town::new().await;
    let (_dir, kairan, network) = sato(&town).await;
    network.cut();
    kairan.start();
    kairan.check_in(SATO.to_string(), Mood::Talk).await.unwrap();
    network.restore();
    until(&kairan, |kairan| kairan.outbox().unwrap().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_a_circular_is_said_once_and_the_seal_is_pressed_once() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    let (sato, notice) = (SATO.to_string(), notice_id(1).to_string());
    for _ in 0..2 {
        kairan.displayed(sato.clone(), notice.clone()).await.unwrap();
        kairan.acknowledge(sato.clone(), notice.clone()).await.unwrap();
    }
    kairan.sync().await.unwrap();
    let stages = ["delivered", "displayed", "acknowledged"];
    let said = |stage: &&str| town.sent().iter().filter(|op| op.contains(*stage)).count();
    assert_eq!(stages.iter().map(said).collect::<Vec<_>>(), [1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_past_its_half_life_is_renewed_along_with_a_sync() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    let old = Token { secret: "old".to_owned(), until: NOW.plus_millis(86_400_000) };
    kairan.engine.store.set_token(&old).unwrap();
    kairan.sync().await.unwrap();
    assert_eq!(kairan.engine.enrolment().unwrap().token.secret, "renewed");
}

#[tokio::test(flavor = "multi_thread")]
async fn tap_times_are_the_servers_whatever_the_wall_clock_says() {
    let town = Town::new().await;
    let (_dir, kairan, _) = sato(&town).await;
    kairan.check_in(SATO.to_string(), Mood::Good).await.unwrap();
    let said = kairan.home(SATO.to_string()).unwrap();
    assert_eq!(said.today, "2026-11-22");
    let at = Timestamp::from_millis(said.check_in.unwrap().at);
    assert!(at.since(NOW).abs() < 60_000, "{at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_goes_bad_in_use_is_told_to_the_screens_and_pulled_again_by_itself() {
    let town = Town::new().await;
    let (dir, kairan, _) = sato(&town).await;
    drop(kairan);
    let (kairan, network) = opened(&dir);
    network.cut();
    kairan.start();
    let mirror = dir.path().join("mirror.db");
    let pages = std::fs::metadata(&mirror).unwrap().len() / 4_096;
    let bad = vec![0xA5; usize::try_from(pages - 2).unwrap() * 4_096];
    let mut file = std::fs::OpenOptions::new().write(true).open(&mirror).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(2 * 4_096)).unwrap();
    std::io::Write::write_all(&mut file, &bad).unwrap();
    kairan.engine.store.mirror_file().close_readers();
    let (tells, changed) = mpsc::channel();
    kairan.set_listener(Arc::new(Changed(tells))).unwrap();

    assert_eq!(kairan.home(SATO.to_string()).unwrap().unread_count, 0);
    let told = tokio::task::spawn_blocking(move || changed.recv_timeout(std::time::Duration::from_secs(20))).await;
    assert_eq!(told.unwrap().unwrap().len(), 8, "every screen");
    network.restore();
    until(&kairan, |kairan| kairan.home(SATO.to_string()).unwrap().unread_count == 1).await;
    assert!(kairan.me().unwrap().complete);
}
