//! The world of one run: machine, phones, clocks, the ledger, and the trace of what happened.

use super::{
    chance::Chance,
    counts::Fault,
    ledger::{Author, Ledger, NOT_WRITTEN},
    machine::Machine,
    phone::{Phone, Synced},
    town,
};
use crate::MORNING;
use kairan_core::error::Error;
use kairan_protocol::{
    id::{DeviceId, GroupId, InviteId, NoticeId, OpId, PersonId, RoleId},
    invite::{Invitation, Secret, Whom},
    notice::NoticeState,
    op::{Command, Invitee, Op},
    outcome::Outcome,
    time::Timestamp,
};
use kairan_server::clock::{Clock as _, ManualClock};
use rusqlite::{Connection, OptionalExtension as _};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tempfile::TempDir;

/// Where folders of runs lie: in memory where the machine has room for that, so that no disk is waited for.
const IN_MEMORY: &str = "/dev/shm";

/// How far everybody is with everything, as the machine has it: rev and stage.
pub type Receipts = BTreeMap<([u8; 16], i64), (i64, i64)>;

/// How far every home is by what was entered for it, as the machine has it: the rev the notice asks about, and the stage that counts.
pub type Entries = BTreeMap<([u8; 16], i64), (u32, i64)>;

/// What a sync came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Went {
    /// Something was sent or came.
    Moved,
    /// Nothing.
    Still,
    /// It failed, with this code.
    Wrong(String),
}

/// A run under way.
pub struct World {
    /// What it began with.
    pub seed: u64,
    /// What decides everything.
    pub chance: Chance,
    /// The moment it truly is.
    pub truth: Arc<ManualClock>,
    /// The machine.
    pub machine: Arc<Machine>,
    /// The phones.
    pub phones: Vec<Phone>,
    /// What was said and shown.
    pub ledger: Arc<Mutex<Ledger>>,
    /// What happened, a line each.
    pub trace: Vec<String>,
    /// How far the machine's clock is ahead of the truth, in milliseconds.
    pub server_ahead: i64,
    /// The receipts as the machine had them last.
    pub receipts: Receipts,
    /// What was entered on paper, likewise.
    pub entries: Entries,
    /// Whether chaos is over.
    pub calm: bool,
    /// Whether the machine may be restored from backups in this run.
    pub restores: bool,
    /// Phones that may still come.
    pub later: Vec<(&'static str, &'static [&'static str])>,
    root: PathBuf,
    step: usize,
    numbers: usize,
    _home: TempDir,
}

/// A folder that goes with its run.
fn home() -> TempDir {
    let memory = Path::new(IN_MEMORY);
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

impl World {
    /// Set up, with everybody of the first day joined in fair weather.
    pub async fn begin(seed: u64) -> Self {
        let mut home = home();
        // Whoever looks into a red seed finds every disk there was.
        if std::env::var_os("KAIRAN_KEEP").is_some() {
            home.disable_cleanup(true);
            println!("kept: {}", home.path().display());
        }
        let root = home.path().to_path_buf();
        let now: Timestamp = MORNING.parse().unwrap();
        let truth = Arc::new(ManualClock::new(now));
        let mut chance = Chance::new(seed);
        let machine = Arc::new(Machine::set_up(&root, Arc::new(ManualClock::new(now)), &mut chance));
        let ledger = Arc::default();
        let mut world = Self {
            seed,
            chance,
            truth,
            machine,
            phones: Vec::new(),
            ledger,
            trace: Vec::new(),
            server_ahead: 0,
            receipts: Receipts::new(),
            entries: Entries::new(),
            calm: false,
            restores: false,
            later: town::LATER_PHONES.to_vec(),
            root,
            step: 0,
            numbers: 0,
            _home: home,
        };
        for phone in town::PHONES {
            world.add_phone(*phone).await;
            let number = world.phones.len() - 1;
            world.join(number).await;
            world.sync(number).await;
            world.look(number);
            world.pass(1_000);
        }
        world
    }

    /// What was said and shown.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next step begins.
    pub fn next_step(&mut self) -> usize {
        self.step += 1;
        self.step
    }

    /// A number nothing else in this run has: for titles.
    pub fn next_number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
    }

    /// One line of the trace.
    pub fn note(&mut self, what: impl std::fmt::Display) {
        let now = self.truth.now();
        let line = format!("{:>4} {now} {what}", self.step);
        self.trace.push(line);
    }

    /// One fault more.
    pub fn fault(&mut self, fault: Fault) {
        self.ledger().counts.fault(fault);
    }

    /// Time passes, for everybody alike.
    pub fn pass(&mut self, millis: i64) {
        self.truth.advance(millis);
        self.machine.clock.set(self.truth.now().plus_millis(self.server_ahead));
    }

    /// A phone is bought; it has a sheet, and has not joined.
    pub async fn add_phone(&mut self, (name, people): (&'static str, &'static [&'static str])) {
        let place = (&self.machine, &self.truth, &self.ledger);
        let mut phone = Phone::new((self.phones.len(), name, people), &self.root, place, &mut self.chance);
        phone.sheet = self.print_sheet(people[0]).await;
        self.phones.push(phone);
    }

    /// The volunteer prints a sheet for somebody's household, or for somebody without one; none while the machine is off.
    pub async fn print_sheet(&mut self, name: &str) -> Option<String> {
        let person = town::person(name);
        let to = self.home(person).map_or(Invitee::Person(person), Invitee::Household);
        let secret = Secret::random().unwrap();
        // Everybody of the first day has their sheet from a hand; later some have a link.
        let passed_on = self.step > 0 && self.chance.percent(40);
        let command = Command::Invite { invite: InviteId::random().unwrap(), to, secret: secret.hash(), passed_on };
        let done = self.steward(command).await;
        let invitation =
            Invitation { address: town::ADDRESS.to_owned(), whom: Whom::Scanned(self.machine.identity()), secret };
        done.then(|| invitation.to_string())
    }

    /// Where somebody lives, as the machine knows it.
    fn home(&self, person: PersonId) -> Option<GroupId> {
        let sql = "SELECT household FROM residence WHERE person = ?1 AND until_commit IS NULL";
        let home = self.machine.database().query_row(sql, [person.number()], |row| row.get(0)).optional().unwrap();
        home.map(GroupId::from_number)
    }

    /// The volunteer does something; whether it was applied.
    pub async fn steward(&mut self, command: Command) -> bool {
        let what = format!("{command:?}");
        let Some(result) = self.machine.steward(command.clone()).await else { return false };
        let now = self.machine.clock.now();
        let op = Op { id: result.id, person: PersonId::from_number(town::STEWARD), at: now, command };
        {
            let mut ledger = self.ledger();
            ledger.ops.insert(op.id, op);
            ledger.result(Author::Steward, &result, now);
        }
        let applied = matches!(result.outcome, Outcome::Applied { .. });
        self.note(format!("世話人: {} -> {}", spoken(&what), if applied { "applied" } else { "refused" }));
        applied
    }

    /// A phone tries to join by its sheet.
    pub async fn join(&mut self, number: usize) {
        let phone = &mut self.phones[number];
        let joined = phone.join().await;
        let (name, joined) = (phone.name, self.ended(number, joined));
        self.note(format!("{name}: joins -> {joined}"));
    }

    /// A phone syncs, or what stood still of its exchange goes on.
    pub async fn sync(&mut self, number: usize) -> Went {
        let phone = &mut self.phones[number];
        let waited = phone.is_waiting();
        let ended = if waited { phone.resume().await } else { phone.sync().await };
        let name = phone.name;
        let what = if waited { "goes on" } else { "syncs" };
        let (went, said) = match ended {
            Synced::Done(report) => {
                let went = if report.sent + report.received > 0 { Went::Moved } else { Went::Still };
                (went, format!("{} sent, {} received", report.sent, report.received))
            }
            Synced::Failed(error) => {
                let code = self.ended(number, Err::<(), _>(error));
                (Went::Wrong(code.clone()), code)
            }
            Synced::Waits => (Went::Still, "stands still".to_owned()),
        };
        // In calm most find nothing, again and again.
        if went != Went::Still || waited || !self.calm {
            self.note(format!("{name}: {what} -> {said}"));
        }
        went
    }

    /// Whether the machine has packed rows to write.
    #[must_use]
    pub fn has_marks(&self) -> bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM mark)";
        self.machine.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// The newest commit that nobody but the machine itself asked for.
    #[must_use]
    pub fn by_clock(&self) -> i64 {
        let sql = "SELECT coalesce(max(committed), 0) FROM audit";
        self.machine.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// What a call came to, in words. Nothing but what a screen can act on may come of one.
    pub fn ended<T>(&self, number: usize, result: Result<T, Error>) -> String {
        match result {
            Ok(_) => "done".to_owned(),
            Err(_) if self.phones[number].kairan.store().is_stopped() => "killed".to_owned(),
            Err(error) => {
                if matches!(error, Error::Internal { .. } | Error::Damaged { .. } | Error::DiskFull) {
                    let name = self.phones[number].name;
                    self.ledger().problem(format!("{name}: {error}"));
                }
                error.code().to_owned()
            }
        }
    }

    /// What somebody did on a phone, with its op's id where it has one.
    pub fn did(
        &mut self,
        number: usize,
        what: impl std::fmt::Display,
        word: &str,
        result: Result<Option<String>, Error>,
    ) {
        let name = self.phones[number].name;
        let said = match result {
            Ok(op) => {
                if let Some(op) = op {
                    self.said(number, word, &op);
                }
                "done".to_owned()
            }
            Err(error) => {
                self.ledger().counts.op(word, NOT_WRITTEN);
                self.ended(number, Err::<(), _>(error))
            }
        };
        self.note(format!("{name}: {what} -> {said}"));
    }

    /// What a facade took is on its disk when it says so: in the outbox, or at the server already.
    fn said(&mut self, number: usize, word: &str, op: &str) {
        let id: OpId = op.parse().unwrap();
        let held = self.phones[number].kairan.outbox().unwrap().iter().any(|held| held.id == op);
        // A receipt that says nothing new is not written, nor is what was entered already.
        if !held && !matches!(word, "receipt" | "paper_receipt") && !self.phones[number].kairan.store().is_stopped() {
            let name = self.phones[number].name;
            self.ledger().problem(format!("{name}: {word} {id} was taken and is nowhere"));
        }
    }

    /// After a step: a phone that was stopped at a write is opened again, and what it shows is held against what it showed.
    pub fn look(&mut self, number: usize) {
        if self.phones[number].kairan.store().is_stopped() {
            let name = self.phones[number].name;
            self.phones[number].kill();
            self.note(format!("{name}: was killed at a step of a write, and is opened again"));
        }
        self.phones[number].look();
    }

    /// After a step: no receipt went back at the machine, nor what was entered on paper.
    pub fn look_at_machine(&mut self) {
        let database = self.machine.database();
        self.look_at_entries(&database);
        let mut select = database.prepare("SELECT notice, person, rev, stage FROM receipt").unwrap();
        let rows = select.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?)))).unwrap();
        let now: Receipts = rows.map(Result::unwrap).collect();
        for (place, before) in &self.receipts {
            if now.get(place).is_none_or(|after| after < before) {
                let (notice, person) = (NoticeId::from_bytes(place.0), town::name(PersonId::from_number(place.1)));
                let after = now.get(place);
                self.ledger()
                    .problem(format!("the receipt of {person} for {notice} went from {before:?} to {after:?}"));
            }
        }
        self.receipts = now;
    }

    fn look_at_entries(&mut self, database: &Connection) {
        let sql = "SELECT notice.id, household, rev, stage, state FROM paper_receipt JOIN notice ON notice.id = notice";
        let mut select = database.prepare(sql).unwrap();
        let rows = select.query_map([], |row| {
            let about: NoticeState = serde_json::from_str(&row.get::<_, String>(4)?).unwrap();
            let (rev, stage): (u32, i64) = (row.get(2)?, row.get(3)?);
            let asks = about.body.asks.0;
            Ok(((row.get(0)?, row.get(1)?), (asks, if rev >= asks { stage } else { 0 })))
        });
        let now: Entries = rows.unwrap().map(Result::unwrap).collect();
        for (place, before) in &self.entries {
            let after = now.get(place);
            if after.is_none_or(|after| after < before) {
                let (notice, home) = (NoticeId::from_bytes(place.0), GroupId::from_number(place.1));
                self.ledger()
                    .problem(format!("what was entered for {home} about {notice} went from {before:?} to {after:?}"));
            }
        }
        self.entries = now;
    }
}

/// A text with names in the place of ids, so that the traces of two runs can be compared.
fn spoken(text: &str) -> String {
    const AROUND: [char; 3] = [' ', ',', '"'];
    text.split_inclusive(AROUND).fold(String::new(), |said, word| {
        let bare = word.trim_end_matches(AROUND);
        said + &named(bare) + &word[bare.len()..]
    })
}

/// What one word stands for, where it is an id.
fn named(word: &str) -> String {
    let person = word.parse::<PersonId>().map(town::name);
    let known = person.or_else(|_| word.parse::<GroupId>().map(town::group_name));
    let kinds = [
        (word.parse::<RoleId>().is_ok(), "a role"),
        (word.parse::<InviteId>().is_ok(), "an invite"),
        (word.parse::<DeviceId>().is_ok(), "a device"),
        (word.parse::<NoticeId>().is_ok(), "a notice"),
        // As long as the hash of a secret.
        (word.len() == 43, "a secret"),
    ];
    let kind = kinds.into_iter().find(|(is, _)| *is).map(|(_, what)| what);
    known.ok().or(kind).unwrap_or(word).to_owned()
}
