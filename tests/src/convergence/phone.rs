//! A phone of a run: a real core on a folder of its own, a line through the weather, and what its screens showed last.

use super::{
    chance::Chance,
    counts::Fault,
    handset::Handset,
    ledger::{Author, Ledger},
    machine::{Machine, copy_folder, look_into},
    weather::Weather,
};
use kairan_core::{
    Kairan, Network, Options, SyncReport,
    error::Error,
    platform::Platform,
    records::{Joining, NoticeFilter, NoticeLine, OpState, Stage},
};
use kairan_protocol::{
    id::{OpId, PersonId},
    op::{Command, Op},
};
use kairan_server::clock::ManualClock;
use rusqlite::Connection;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::task::JoinHandle;

/// How a sync ended, or that it has not.
#[derive(Debug)]
pub enum Synced {
    /// It did something.
    Done(SyncReport),
    /// It failed.
    Failed(Error),
    /// Something of it stands still.
    Waits,
}

/// How far a person is with one rev of a notice, as a screen showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    stage: Option<Stage>,
    waiting: bool,
}

/// A phone.
pub struct Phone {
    /// Its name in the trace.
    pub name: &'static str,
    /// The people it is for, by name.
    pub people: &'static [&'static str],
    /// The facade.
    pub kairan: Arc<Kairan>,
    /// What is below it.
    pub handset: Arc<Handset>,
    /// What is between it and the machine.
    pub weather: Arc<Weather>,
    /// Whether the machine was restored since this phone was bought.
    pub restored: bool,
    /// Its newest invitation, until it has joined.
    pub sheet: Option<String>,
    number: usize,
    life: u32,
    /// Whether it held the neighbourhood when it was looked at last.
    was_in: bool,
    root: PathBuf,
    folder: PathBuf,
    folders: usize,
    ledger: Arc<Mutex<Ledger>>,
    syncing: Option<JoinHandle<Result<SyncReport, Error>>>,
    outbox: BTreeMap<OpId, OpState>,
    stages: BTreeMap<Place, Seen>,
    before_restore: BTreeMap<Place, Stage>,
}

/// A person, a notice and its rev.
type Place = (String, String, u32);

fn open(folder: &Path, handset: &Arc<Handset>, weather: &Arc<Weather>) -> Arc<Kairan> {
    let platform = Arc::clone(handset) as Arc<dyn Platform>;
    let runtime = Some(tokio::runtime::Handle::current());
    let network = Network::through(Arc::clone(weather) as Arc<dyn kairan_core::Line>);
    Kairan::open_with(folder, platform, Options { runtime, network, ..Options::default() }).unwrap()
}

impl Phone {
    /// One that has not joined.
    #[must_use]
    pub fn new(
        (number, name, people): (usize, &'static str, &'static [&'static str]),
        root: &Path,
        (machine, truth, ledger): (&Arc<Machine>, &Arc<ManualClock>, &Arc<Mutex<Ledger>>),
        chance: &mut Chance,
    ) -> Self {
        let handset = Arc::new(Handset::new(name, Arc::clone(truth), chance));
        let author = Author::Phone(number, 0);
        let weather = Weather::new(Arc::clone(machine), Arc::clone(ledger), author, chance.part(number as u64 + 1));
        let folder = root.join(format!("phone-{number}-0"));
        Self {
            name,
            people,
            kairan: open(&folder, &handset, &weather),
            handset,
            weather,
            restored: false,
            sheet: None,
            number,
            life: 0,
            was_in: false,
            root: root.to_path_buf(),
            folder,
            folders: 1,
            ledger: Arc::clone(ledger),
            syncing: None,
            outbox: BTreeMap::new(),
            stages: BTreeMap::new(),
            before_restore: BTreeMap::new(),
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who asks when it asks.
    #[must_use]
    pub const fn author(&self) -> Author {
        Author::Phone(self.number, self.life)
    }

    /// Whether it holds the neighbourhood.
    #[must_use]
    pub fn joined(&self) -> bool {
        self.kairan.me().is_ok_and(|me| me.joined)
    }

    /// Whether an exchange of it stands still.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.syncing.is_some()
    }

    /// The ids of the people it is for.
    #[must_use]
    pub fn persons(&self) -> Vec<String> {
        self.kairan.me().map(|me| me.persons.into_iter().map(|person| person.id).collect()).unwrap_or_default()
    }

    /// Every notice it lists for a person, newest first.
    #[must_use]
    pub fn notices(&self, person: &str) -> Vec<NoticeLine> {
        let (mut lines, mut after) = (Vec::new(), None);
        loop {
            let page = self.kairan.notices(person.to_owned(), NoticeFilter::All, after, 200);
            let Ok(page) = page else { return lines };
            lines.extend(page.lines);
            after = page.next;
            if after.is_none() {
                return lines;
            }
        }
    }

    /// Joins by its sheet, for the people it is for.
    pub async fn join(&mut self) -> Result<(), Error> {
        let Some(sheet) = self.sheet.clone() else { return Ok(()) };
        if let Joining::Choose { persons, .. } = self.kairan.join(sheet.clone(), Vec::new()).await? {
            let chosen: Vec<String> = persons
                .into_iter()
                .filter(|person| self.people.contains(&person.name.as_str()))
                .map(|person| person.id)
                .collect();
            if chosen.is_empty() {
                self.sheet = None;
                return Ok(());
            }
            self.kairan.join(sheet, chosen).await?;
        }
        self.sheet = None;
        Ok(())
    }

    /// Sends what waits and takes what is there, or waits for what stands still.
    pub async fn sync(&mut self) -> Synced {
        if self.syncing.is_none() {
            let kairan = Arc::clone(&self.kairan);
            self.weather.set_patient(true);
            self.syncing = Some(tokio::spawn(async move { kairan.sync().await }));
        }
        self.go_on().await
    }

    /// What stood still goes on, until the exchange has ended or something else stands still.
    pub async fn resume(&mut self) -> Synced {
        self.weather.release();
        self.go_on().await
    }

    async fn go_on(&mut self) -> Synced {
        let Some(syncing) = &mut self.syncing else { return Synced::Waits };
        let ended = tokio::select! {
            biased;
            ended = syncing => ended.unwrap(),
            () = self.weather.parked() => return Synced::Waits,
        };
        self.syncing = None;
        self.weather.set_patient(false);
        match ended {
            Ok(report) => Synced::Done(report),
            Err(error) => Synced::Failed(error),
        }
    }

    /// Killed, and opened again from what lies on its disk.
    pub fn kill(&mut self) {
        let writing = self.kairan.store().is_stopped();
        let fault = match (writing, self.syncing.is_some()) {
            (true, _) => Fault::PhoneKilledWriting,
            (false, true) => Fault::PhoneKilledWaiting,
            (false, false) => Fault::PhoneKilled,
        };
        self.ledger().counts.fault(fault);
        let folder = self.root.join(format!("phone-{}-{}", self.number, self.folders));
        self.folders += 1;
        copy_folder(&self.folder, &folder);
        self.weather.lose();
        self.weather.set_patient(false);
        self.syncing = None;
        self.folder = folder;
        // What is left of the old program goes on with the old folder for a moment: nobody sees it.
        self.kairan = open(&self.folder, &self.handset, &self.weather);
        self.forget_unkept_answers();
    }

    /// What an answer said counts once it is on the phone's disk.
    fn forget_unkept_answers(&self) {
        let outbox = self.outbox_file();
        let mut select = outbox.prepare("SELECT id FROM op WHERE state <> 'refused'").unwrap();
        let held = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for id in held.map(Result::unwrap) {
            self.ledger().untold(self.author(), id.parse().unwrap());
        }
    }

    /// The folder that is its disk now.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The token it shows.
    #[must_use]
    pub fn token(&self) -> String {
        let enrolment = self.enrolment();
        enrolment["token"]["secret"].as_str().unwrap_or_default().to_owned()
    }

    /// What it keeps from joining.
    #[must_use]
    pub fn enrolment(&self) -> serde_json::Value {
        let sql = "SELECT enrolment FROM enrolment";
        let text: String = self.outbox_file().query_row(sql, [], |row| row.get(0)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Its outbox, to be looked into.
    #[must_use]
    pub fn outbox_file(&self) -> Connection {
        look_into(&self.folder.join("outbox.db"))
    }

    /// The ops its outbox holds, as they would be sent.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let outbox = self.outbox_file();
        let mut select = outbox.prepare("SELECT text FROM op").unwrap();
        select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Its mirror, to be looked into.
    #[must_use]
    pub fn mirror_file(&self) -> Connection {
        look_into(&self.folder.join("mirror.db"))
    }

    /// What its screens show now is held against what they showed before.
    pub fn look(&mut self) {
        if !self.joined() {
            self.look_erased();
            return;
        }
        self.was_in = true;
        self.look_at_outbox();
        self.look_at_stages();
    }

    /// Erased: what it held ends with it, as everybody was told.
    fn look_erased(&mut self) {
        if !std::mem::take(&mut self.was_in) {
            return;
        }
        let ended = self.author();
        self.ledger().ended.insert(ended);
        self.life += 1;
        self.weather.set_author(self.author());
        self.outbox.clear();
        self.stages.clear();
        self.before_restore.clear();
    }

    /// The machine was restored: what this phone showed as sent must be there again once everything is handed back.
    pub fn remember_stages(&mut self) {
        self.restored = true;
        for (place, seen) in &self.stages {
            if let Some(stage) = seen.stage.filter(|_| !seen.waiting) {
                let known = self.before_restore.entry(place.clone()).or_insert(stage);
                *known = stage.max(*known);
            }
        }
    }

    /// What it showed as sent before the machine was restored.
    #[must_use]
    pub const fn stages_before_restore(&self) -> &BTreeMap<Place, Stage> {
        &self.before_restore
    }

    fn look_at_outbox(&mut self) {
        let shown: BTreeMap<OpId, OpState> =
            self.kairan.outbox().unwrap().into_iter().map(|op| (op.id.parse().unwrap(), op.state)).collect();
        let author = self.author();
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        for id in shown.keys() {
            ledger.shown.entry(*id).or_insert(author);
        }
        // What is no longer in the outbox is shown as sent, unless somebody took it away.
        for (id, state) in &self.outbox {
            if shown.contains_key(id) || ledger.told.contains_key(id) || ledger.taken_away.contains(id) {
                continue;
            }
            let (name, word) = (self.name, ledger.word(*id));
            ledger.problem(format!("{name}: {id} ({word}, {state:?}) vanished from the outbox"));
        }
        drop(ledger);
        self.outbox = shown;
    }

    /// The notices that a correction or withdrawal of this phone changes, and whose row does not say so yet.
    fn changing(&self) -> BTreeSet<String> {
        let outbox = self.outbox_file();
        let sql = "SELECT text FROM op UNION ALL SELECT text FROM journal WHERE settled = 0";
        let mut select = outbox.prepare(sql).unwrap();
        let texts = select.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
        let ops = texts.filter_map(|text| Op::parse(&text).ok());
        ops.filter_map(|op| match op.command {
            Command::Correct { notice, .. } | Command::Withdraw { notice, .. } => Some(notice.to_string()),
            _ => None,
        })
        .collect()
    }

    /// What it holds about a notice, for whoever looks into a red seed.
    fn held_about(&self, notice: &str) -> String {
        let outbox = self.outbox_file();
        let sql =
            "SELECT id || ' ' || word || ' ' || state || ' ' || coalesce(code, '') || ' ' || attempts, text FROM op
                   UNION ALL SELECT id || ' ' || word || ' in the journal, settled: ' || settled || ', at ' || at, text FROM journal";
        let mut select = outbox.prepare(sql).unwrap();
        let rows = select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
        let about = rows.map(Result::unwrap).filter(|(_, text)| text.contains(notice));
        let held: Vec<String> = about.map(|(held, text)| format!("\n      {held}: {text}")).collect();
        let held = held.concat();
        let mirror = self.mirror_file();
        let sql = "SELECT feed.number || ' ' || feed.name || ' up to ' || coalesce(feed.version, '-') || ': ' || coalesce(
                   (SELECT kind || ' ' || row.version || ' ' || body FROM row WHERE feed = feed.number AND id = ?1), '-') FROM feed";
        let mut select = mirror.prepare(sql).unwrap();
        let rows = select.query_map([notice], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).fold(held, |held, row| format!("{held}\n      {row}"))
    }

    /// Whether what this phone once showed of a receipt is what was said on it.
    fn said_receipt(&self, person: PersonId, line: &NoticeLine, seen: Seen) -> bool {
        let outbox = self.outbox_file();
        let mut select = outbox.prepare("SELECT text FROM op UNION ALL SELECT text FROM journal").unwrap();
        let texts = select.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
        texts.filter_map(|text| Op::parse(&text).ok()).any(|op| {
            op.person == person
                && matches!(&op.command, Command::Receipt { notice, rev, stage }
                    if notice.to_string() == line.id && rev.0 == line.rev && Some(Stage::from(*stage)) >= seen.stage)
        })
    }

    fn look_at_stages(&mut self) {
        let changing = self.changing();
        for person in self.persons() {
            // A correction that is not at the server yet may have to give way to another with the same rev.
            for line in self.notices(&person).into_iter().filter(|line| !changing.contains(&line.id)) {
                let now = Seen { stage: line.stage, waiting: line.waiting };
                let place = (person.clone(), line.id.clone(), line.rev);
                let before = self.stages.insert(place, now);
                let Some(before) = before.filter(|before| before.stage > now.stage) else { continue };
                let parsed: Option<PersonId> = person.parse().ok();
                let refused = parsed.is_some_and(|person| self.ledger().receipt_refused(person, &line.id));
                // After a restore another phone of theirs may not have handed its own back yet.
                let own = !self.restored || parsed.is_some_and(|person| self.said_receipt(person, &line, before));
                if own && (!before.waiting || !refused) {
                    let (name, held) = (self.name, self.held_about(&line.id));
                    self.ledger().problem(format!(
                        "{name}: the receipt for {} (rev {}) went back from {before:?} to {now:?}; it holds{held}",
                        line.title, line.rev
                    ));
                }
            }
        }
    }
}
