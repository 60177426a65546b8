//! The association's machine in a run: the real store and the real endpoints in this process; killed, stopped, started.

use super::{chance::Chance, town};
use axum::{Router, body::Body, http};
use kairan_protocol::{
    id::{Epoch, GroupId},
    op::Command,
    outcome::OpResult,
    sign::{Fingerprint, Key},
    time::Timestamp,
};
use kairan_server::{
    clock::{Clock, ManualClock},
    folder,
    http::{Edge, Limits, router},
    identity::Identity,
    journal::{self, Journal, Journals},
    store::{CheckLine, Store, begin_epoch},
};
use rusqlite::{Connection, OpenFlags};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use tower::ServiceExt as _;

/// The database in its folder.
const DATABASE: &str = "kairan.db";
/// Most rows in an answer of a machine that is not asked for less.
const HELPING: usize = 200;
/// The longest answer a phone takes.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// The machine: its disk, and while it runs its program.
pub struct Machine {
    root: PathBuf,
    /// What its clock shows.
    pub clock: Arc<ManualClock>,
    identity: Identity,
    state: Mutex<State>,
}

struct State {
    /// The folder that is its disk now.
    disk: PathBuf,
    disks: usize,
    serving: Option<Serving>,
    backups: Vec<PathBuf>,
    /// Most rows in one answer.
    helping: usize,
}

struct Serving {
    store: Store,
    router: Router,
    _stopping: watch::Sender<bool>,
}

/// Copies the files of a folder as they lie, but for what SQLite shares in memory: nobody reads that after a kill, and closing
/// a second handle to it would take the locks of the first away.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_string_lossy().ends_with("-shm") {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A moment as HTTP writes it, without the day of the week.
fn date(now: Timestamp) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = now.to_string();
    let month: usize = text[5..7].parse().unwrap();
    format!("{} {} {} {} GMT", &text[8..10], MONTHS[month - 1], &text[..4], &text[11..19])
}

/// Looks into a database that may be in use.
#[must_use]
pub fn look_into(file: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    connection
}

impl Machine {
    /// Set up in a folder, and serving.
    #[must_use]
    pub fn set_up(root: &Path, clock: Arc<ManualClock>, chance: &mut Chance) -> Self {
        let disk = root.join("server-0");
        std::fs::create_dir_all(&disk).unwrap();
        let identity = Identity::create(&disk).unwrap();
        let mut mac_key = [0; 32];
        for part in mac_key.chunks_mut(8) {
            part.copy_from_slice(&chance.next().to_le_bytes());
        }
        Store::create(&disk, &town::plan(clock.now(), mac_key), clock.now()).unwrap();
        let state = Mutex::new(State { disk, disks: 1, serving: None, backups: Vec::new(), helping: usize::MAX });
        let machine = Self { root: root.to_path_buf(), clock, identity, state };
        machine.start();
        machine
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to serve.
    pub fn start(&self) {
        let mut state = self.state();
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let store = Store::open(&state.disk, Arc::clone(&clock), self.identity.signing_key()).unwrap();
        store.serve_helpings_of(state.helping.min(HELPING));
        let (stopping, stopped) = watch::channel(false);
        let limits = Limits::unlimited();
        let edge = Edge::new(store.clone(), self.identity.clone(), clock, Vec::new(), limits, stopped);
        let router = router(Arc::new(edge));
        state.serving = Some(Serving { store, router, _stopping: stopping });
    }

    /// Whether it serves.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.state().serving.is_some()
    }

    /// Stopped as its volunteer would.
    pub async fn stop(&self) {
        let serving = self.state().serving.take();
        if let Some(Serving { store, router, .. }) = serving {
            drop(router);
            store.close().await.unwrap();
        }
    }

    /// Killed, and its disk carried into another machine: what lies there now is what it begins with.
    pub fn kill(&self) {
        let mut state = self.state();
        let disk = self.fresh_disk(&mut state);
        copy_folder(&state.disk, &disk);
        state.disk = disk;
        // The old program goes on with the old disk for a moment: nobody sees it.
        state.serving = None;
    }

    fn fresh_disk(&self, state: &mut State) -> PathBuf {
        let disk = self.root.join(format!("server-{}", state.disks));
        state.disks += 1;
        disk
    }

    /// What one request is answered; none while nobody serves.
    pub async fn answer(&self, request: http::Request<Vec<u8>>) -> Option<http::Response<Vec<u8>>> {
        let router = self.state().serving.as_ref()?.router.clone();
        let response = router.oneshot(request.map(Body::from)).await.unwrap();
        let (mut parts, body) = response.into_parts();
        // The socket's side adds it; phones set their clocks by it.
        parts.headers.insert(http::header::DATE, date(self.clock.now()).parse().unwrap());
        let body = axum::body::to_bytes(body, LONGEST_ANSWER).await.unwrap();
        Some(http::Response::from_parts(parts, body.to_vec()))
    }

    fn store(&self) -> Option<Store> {
        self.state().serving.as_ref().map(|serving| serving.store.clone())
    }

    /// The volunteer does something on the command line; none while nobody serves.
    pub async fn steward(&self, command: Command) -> Option<OpResult> {
        Some(self.store()?.console(command).await.unwrap())
    }

    /// What the clock asks for is done.
    pub async fn tick(&self) {
        if let Some(store) = self.store() {
            store.tick().await.unwrap();
        }
    }

    /// What its own check says.
    pub async fn check(&self) -> Vec<CheckLine> {
        self.store().unwrap().check().await.unwrap()
    }

    /// Its database, to be looked into.
    #[must_use]
    pub fn database(&self) -> Connection {
        let file = self.state().disk.join(DATABASE);
        look_into(&file)
    }

    /// What phones pin.
    #[must_use]
    pub fn identity(&self) -> Fingerprint {
        self.identity.fingerprint()
    }

    /// The key behind it.
    #[must_use]
    pub fn key(&self) -> Key {
        self.identity.key()
    }

    /// The district.
    #[must_use]
    pub const fn district() -> GroupId {
        GroupId::from_number(1)
    }

    /// Answers with at most so many rows from now on.
    pub fn serve_helpings_of(&self, rows: usize) {
        let mut state = self.state();
        state.helping = rows;
        if let Some(serving) = &state.serving {
            serving.store.serve_helpings_of(rows);
        }
    }

    /// Restored from a backup made earlier, with a new epoch; its journal survived the machine, or did not. Answered with the newest
    /// commit of the backup.
    pub async fn restore(&self, backup: usize, journal_survived: bool) -> u64 {
        let begun = {
            let mut state = self.state();
            let disk = self.fresh_disk(&mut state);
            copy_folder(&state.backups[backup], &disk);
            if journal_survived {
                let survived = Journals::read(&folder::journal(&state.disk)).unwrap();
                for (name, lines) in survived.files {
                    let epoch = Epoch(journal::epoch_of(&name).to_owned());
                    let (mut kept, _) = Journal::open(&folder::journal(&disk), true, &epoch).unwrap();
                    kept.append(lines).unwrap();
                }
            }
            state.serving = None;
            state.disk = disk;
            begin_epoch(&state.disk, self.clock.now()).unwrap()
        };
        self.start();
        self.hand_back_journal().await;
        begun.last_commit.0
    }

    /// What the command line did and a restore lost is done again, as far as it may be yet.
    pub async fn hand_back_journal(&self) {
        if let Some(store) = self.store() {
            let journalled = store.hand_back_journal().await.unwrap();
            assert!(journalled.not_taken.is_empty(), "the journal was not taken: {:?}", journalled.not_taken);
        }
    }

    /// Opens desks that no officer's phone is left to open; whether they were closed.
    pub async fn open_desks(&self) -> bool {
        match self.store() {
            Some(store) => store.open_desks().await.unwrap(),
            None => false,
        }
    }

    /// Backups that are too old for what phones keep are thrown away.
    pub fn throw_backups_away(&self) {
        self.state().backups.clear();
    }

    /// Puts a backup aside, as it could be made while serving.
    pub fn back_up(&self) {
        let mut state = self.state();
        let place = self.fresh_disk(&mut state);
        copy_folder(&state.disk, &place);
        state.backups.push(place);
    }

    /// How many backups there are.
    #[must_use]
    pub fn backups(&self) -> usize {
        self.state().backups.len()
    }
}
