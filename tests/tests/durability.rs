//! Durability: the real program under load, killed at any moment, has everything it answered, once; and no answer leaves before
//! what it says is on the disk.

use kairan_protocol::{
    check_in::Mood,
    feed::FeedName,
    id::{GroupId, OpId},
    op::{Command, Op},
    outcome::Outcome,
    receipt::Stage,
    time::{Timestamp, ZoneOffsets},
    wire::SyncRequest,
};
use kairan_server::clock::{Clock as _, SystemClock};
use kairan_tests::{
    RawPhone,
    convergence::{chance::Chance, machine::look_into},
    district,
    process::Machine,
    raw,
    strace::Trace,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::Notify;

const ROUNDS: usize = 20;

/// What decides when the power fails: `KAIRAN_SEED`, or else the clock. Printed, to be tried again.
fn chance() -> Chance {
    let clock = u64::try_from(SystemClock.now().millis()).unwrap();
    let seed = std::env::var("KAIRAN_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(clock);
    println!("KAIRAN_SEED={seed}");
    Chance::new(seed)
}

/// How many answers there were; whoever waits for some is told.
#[derive(Default)]
struct Answers {
    count: AtomicUsize,
    more: Notify,
}

impl Answers {
    fn one_more(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.more.notify_one();
    }

    async fn until(&self, wanted: usize) {
        while self.count.load(Ordering::SeqCst) < wanted {
            self.more.notified().await;
        }
    }
}

/// A phone that taps as fast as it is answered, and remembers what it was told.
struct Tapping {
    phone: RawPhone,
    /// In whose name it posts; none: it only taps.
    posts: Option<GroupId>,
    told: BTreeMap<OpId, (u64, Op)>,
    /// What it has no answer to: the same op goes first when the server is back.
    open: Option<Op>,
    /// The last circular it was told of.
    circular: Option<OpId>,
}

impl Tapping {
    async fn join(machine: &Machine, household: &str, name: &str, posts: bool) -> Self {
        let sheet = machine.sheet(household).await;
        let base = format!("https://{}", machine.address);
        let phone = RawPhone::join(&base, &sheet.identity(), &sheet.secret, &[name]).await.unwrap();
        let desks = phone.feeds().await.into_keys().find_map(|feed| match feed {
            FeedName::Desk(group) => Some(group),
            _ => None,
        });
        let posts = desks.filter(|_| posts);
        let tapping = Self { phone, posts, told: BTreeMap::new(), open: None, circular: None };
        let (consent, outcome) = tapping.phone.act(Command::Consent { moods_to_team: true }).await;
        assert!(raw::commit(&outcome).is_some(), "{consent}");
        tapping
    }

    fn next(&mut self) -> Op {
        let turn = self.told.len();
        let command = match (self.posts, self.circular) {
            (Some(group), _) if turn.is_multiple_of(3) => raw::circular(group, group, &format!("回覧 {turn}")),
            (_, Some(circular)) if turn % 3 == 1 => raw::receipt(circular, Stage::Acknowledged),
            _ => raw::check_in(Mood::Good, &today()),
        };
        self.phone.op(self.phone.person(), command)
    }

    /// Taps until nobody answers any more.
    async fn tap(mut self, answers: Arc<Answers>) -> Self {
        loop {
            let op = self.open.take().unwrap_or_else(|| self.next());
            let request = SyncRequest { ops: vec![raw::value(&op.to_text())], ..SyncRequest::default() };
            let Some(answer) = self.phone.try_sync(&request).await else {
                self.open = Some(op);
                return self;
            };
            let Outcome::Applied { commit, .. } = &answer.results[0].outcome else {
                panic!("{op:?} was answered {:?}", answer.results[0].outcome)
            };
            if matches!(op.command, Command::Post { .. }) {
                self.circular = Some(op.id);
            }
            self.told.insert(op.id, (commit.0, op));
            answers.one_more();
        }
    }

    /// Sends what it was told of once more: a server that has it answers as before.
    async fn ask_again(&self, id: OpId) {
        let (commit, op) = &self.told[&id];
        let again = self.phone.ops(&[op.to_text()]).await;
        assert_eq!(raw::commit(&again[0].outcome), Some(*commit), "{id}");
    }
}

fn today() -> String {
    ZoneOffsets::fixed(32_400).day_of(SystemClock.now()).to_string()
}

/// What the server's own database holds of what phones were told.
fn hold_against_database(machine: &Machine, phones: &[Tapping]) {
    let database = look_into(&machine.data().join("kairan.db"));
    let mut select = database.prepare("SELECT committed FROM op WHERE id = ?1").unwrap();
    for (id, (commit, _)) in phones.iter().flat_map(|phone| &phone.told) {
        let held: Vec<i64> = select.query_map([id.bytes()], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(held, [i64::try_from(*commit).unwrap()], "{id} was answered");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_twenty_times_under_load_it_has_everything_it_answered_once() {
    let mut chance = chance();
    let mut machine = Machine::set_up(district::MIDORI).await;
    machine.serve_unlimited().await;
    let mut phones = vec![
        Tapping::join(&machine, "佐藤", "佐藤 一郎", true).await,
        Tapping::join(&machine, "鈴木", "鈴木 次郎", true).await,
        Tapping::join(&machine, "高橋", "高橋 キク", false).await,
        Tapping::join(&machine, "伊藤", "伊藤 三郎", true).await,
        Tapping::join(&machine, "山本", "山本 文子", false).await,
    ];
    for round in 0..ROUNDS {
        let answers = Arc::new(Answers::default());
        let tapping: Vec<_> = phones.drain(..).map(|phone| tokio::spawn(phone.tap(Arc::clone(&answers)))).collect();
        answers.until(20 + chance.below(120)).await;
        machine.cut_power().await;
        for phone in tapping {
            phones.push(phone.await.unwrap());
        }
        machine.serve_unlimited().await;
        hold_against_database(&machine, &phones);
        for phone in &phones {
            let told: Vec<OpId> = phone.told.keys().copied().collect();
            for id in [told.last(), chance.pick(&told)].into_iter().flatten() {
                phone.ask_again(*id).await;
            }
        }
        println!("round {round}: {} answers, then killed", answers.count.load(Ordering::SeqCst));
    }

    // Every tap is in the history once, and every circular on its board once: no more than phones were told, but for what still
    // has no answer.
    let database = look_into(&machine.data().join("kairan.db"));
    for (table, what) in [("check_in", "check_in"), ("notice", "post")] {
        let told: Vec<OpId> = phones
            .iter()
            .flat_map(|phone| phone.told.values().map(|(_, op)| op).chain(&phone.open))
            .filter(|op| op.command.word() == what)
            .map(|op| op.id)
            .collect();
        let open = phones.iter().filter(|phone| phone.open.is_some()).count();
        let count: i64 = database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        let count = usize::try_from(count).unwrap();
        assert!(count <= told.len() && count + open >= told.len(), "{what}: {count} there, {} told", told.len());
    }
    drop(database);
    machine.stop().await;
    machine.run(&["check"]).await.unwrap();
}

/// One request without TLS and without compression, so that a trace of system calls shows what it says.
async fn post_plainly(machine: &Machine, token: &str, op: &Op) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let body = format!("{{\"ops\":[{}]}}", op.to_text());
    let request = format!(
        "POST /v1/sync HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        machine.address,
        body.len()
    );
    let mut socket = tokio::net::TcpStream::connect(machine.address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// How many circulars each officer sends under the trace.
const CIRCULARS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_leaves_before_what_it_says_is_on_the_disk() {
    if !Trace::is_possible() {
        println!("NOT TESTED: the order of syncs and answers needs strace, and it is not installed");
        return;
    }
    let mut machine = Machine::set_up(district::MIDORI).await;
    let file = machine.folder.path().join("trace");
    machine.serve_traced("fdatasync,fsync,pwrite64,recvfrom,recvmsg,read,write,writev,sendto,sendmsg", &file).await;
    let base = format!("http://{}", machine.address);
    let mut officers = Vec::new();
    for (household, name) in [("佐藤", "佐藤 一郎"), ("鈴木", "鈴木 次郎"), ("伊藤", "伊藤 三郎")] {
        let sheet = machine.sheet(household).await;
        let phone = RawPhone::join(&base, &sheet.identity(), &sheet.secret, &[name]).await.unwrap();
        let group = phone.feeds().await.into_keys().find_map(|feed| match feed {
            FeedName::Desk(group) => Some(group),
            _ => None,
        });
        officers.push((phone, group.unwrap()));
    }

    // All at the same time, so that some are committed together.
    let sending = officers.iter().enumerate().map(|(place, (phone, group))| {
        let machine = &machine;
        async move {
            let mut sent = Vec::new();
            for turn in 0..CIRCULARS {
                let title = format!("traced-{place}-{turn}-");
                let mut op = phone.op(phone.person(), raw::circular(*group, *group, &title));
                op.at = Timestamp::from_millis(SystemClock.now().millis());
                let answer = post_plainly(machine, &phone.token, &op).await;
                assert!(answer.contains("\"outcome\":\"applied\""), "{answer}");
                sent.push((op.id, title));
            }
            sent
        }
    });
    let sent: Vec<(OpId, String)> = futures_util::future::join_all(sending).await.concat();
    machine.stop_traced().await;

    let trace = Trace::read(&file);
    let syncs = trace.syncs_of("kairan.db-wal");
    assert!(!syncs.is_empty(), "the write-ahead log was never synchronised");
    let mut used = BTreeMap::new();
    for (id, title) in &sent {
        let read = trace.first_read_of(&format!("\\\"id\\\":\\\"{id}\\\"")).expect("the request was read");
        let said = format!("\\\"results\\\":[{{\\\"id\\\":\\\"{id}\\\",\\\"outcome\\\":\\\"applied\\\"");
        let answered = trace.first_write_of(&said).expect("the answer was written");
        let logged = trace.first_log_of("kairan.db-wal", title).expect("the circular was written to the log");
        assert!(read < logged, "{title} was in the log before it was read");
        let sync = syncs.iter().find(|sync| sync.began > logged && sync.ended < answered);
        let sync = sync.unwrap_or_else(|| {
            panic!("{title}: read at {read}, in the log at {logged}, answered at {answered}, without a sync in between")
        });
        *used.entry(sync.began).or_insert(0) += 1;
    }
    let together = used.values().filter(|count| **count > 1).count();
    println!("{} answers after {} syncs, {together} of them for several answers", sent.len(), used.len());
}
