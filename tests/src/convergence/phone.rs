//! A phone of a run: a real core on a folder of its own, a line through the weather, and what its screens showed last.

use super::{
    chance::Chance,
    counts::Fault,
    handset::Handset,
    ledger::{Author, Ledger},
    machine::{Machine, copy_folder, look_into},
    shown::{Place, Seen},
    town,
    weather::Weather,
};
use kairan_core::{
    Kairan, Network, Options, SyncReport,
    error::Error,
    platform::Platform,
    records::{Joining, NoticeFilter, NoticeLine, OpState, Stage},
};
use kairan_protocol::id::OpId;
use kairan_server::clock::ManualClock;
use rusqlite::Connection;
use std::{
    collections::BTreeMap,
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
    pub(super) number: usize,
    pub(super) life: u32,
    /// Whether it held the neighbourhood when it was looked at last.
    pub(super) was_in: bool,
    root: PathBuf,
    folder: PathBuf,
    folders: usize,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    syncing: Option<JoinHandle<Result<SyncReport, Error>>>,
    pub(super) outbox: BTreeMap<OpId, OpState>,
    pub(super) stages: BTreeMap<Place, Seen>,
    pub(super) before_restore: BTreeMap<Place, Stage>,
}

fn open(folder: &Path, handset: &Arc<Handset>, weather: &Arc<Weather>) -> Arc<Kairan> {
    let platform = Arc::clone(handset) as Arc<dyn Platform>;
    let runtime = Some(tokio::runtime::Handle::current());
    let network = Network::through(weather.begin());
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

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
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

    /// Joins by its sheet, for the people it is for. Of a link that was passed on it keeps asking until an officer answered; what the
    /// machine turns down is thrown away.
    pub async fn join(&mut self) -> Result<(), Error> {
        let Some(sheet) = self.sheet.clone() else { return Ok(()) };
        match self.ask_to_join(sheet).await {
            Ok(Joining::Waiting { .. }) => Ok(()),
            Ok(Joining::Choose { .. } | Joining::Joined { .. }) => {
                self.sheet = None;
                Ok(())
            }
            Err(error) => {
                if matches!(error, Error::Problem { .. }) {
                    self.sheet = None;
                }
                Err(error)
            }
        }
    }

    async fn ask_to_join(&self, sheet: String) -> Result<Joining, Error> {
        let asked = self.kairan.join(sheet.clone(), Vec::new()).await?;
        let Joining::Choose { persons, .. } = &asked else { return Ok(asked) };
        let is_for = |id: &str| id.parse().is_ok_and(|id| self.people.contains(&town::name(id)));
        let chosen: Vec<String> =
            persons.iter().filter(|person| is_for(&person.id)).map(|person| person.id.clone()).collect();
        if chosen.is_empty() { Ok(asked) } else { self.kairan.join(sheet, chosen).await }
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
}
