//! The practice neighbourhood: a pretend district in memory that answers the phone's sync in the process, by the one reducer.
//! It has no address, opens no socket, and nothing of it is ever sent anywhere.

mod answering;
mod carrying;
mod circulars;
mod commissioner;
mod feeds;
mod founding;
mod people;
mod progress;
mod stream;
mod town;
mod view;

#[cfg(all(test, feature = "json"))]
mod tests;

pub(crate) use stream::PracticeStream;

use crate::{
    clock::ServerClock,
    error::Error,
    keys,
    platform::Platform,
    records::{PracticeLine, PracticeProgress, PracticeTask},
    store::Enrolment,
    transport::{Failure, Network},
};
use kairan_protocol::{
    check_in::Mood,
    id::{Commit, Epoch, OpId},
    op::{Command, Op},
    outcome::{OpResult, Outcome},
    receipt::Stage,
    sign::{Key, Purpose, Signed},
    time::Timestamp,
    wire::{Card, Slip, SyncRequest, SyncResponse, Token},
};
use p256::ecdsa::SigningKey;
use people::{DISTRICT, DISTRICT_NAME, PHONE, RESIDENT};
use progress::Progress;
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use town::Town;

/// What the search task looks for.
const WORD: &str = "ごみ";
/// No token of the practice is renewed: it is good for longer than any phone.
const TOKEN_MILLIS: i64 = 100 * 365 * 86_400_000;

/// Whether a folder is a practice neighbourhood's.
pub(crate) fn is_practice(dir: &Path) -> bool {
    progress::file(dir).exists()
}

/// The pretend district, and how far the tasks are.
pub(crate) struct Practice {
    platform: Arc<dyn Platform>,
    network: Network,
    clock: ServerClock,
    identity: SigningKey,
    town: Mutex<Town>,
    progress: Progress,
    /// Taps made while the network was cut that have not gone out yet.
    held_back: Mutex<BTreeSet<OpId>>,
    /// Says that something may have moved, or that somebody will do something soon.
    stirred: watch::Sender<()>,
}

impl Practice {
    /// For a folder, which is a practice neighbourhood's from now on. One that holds another neighbourhood is not touched.
    pub(crate) fn open(dir: &Path, platform: Arc<dyn Platform>, network: Network) -> Result<Self, Error> {
        let progress = Progress::open(dir)?;
        let reading = platform.clock();
        let mut clock = ServerClock::default();
        // From here on only the time since boot counts: a wall clock that is set does no harm to a lesson.
        clock.tie(Timestamp::from_millis(reading.wall_millis), &reading);
        let town = Town::found(clock.now(&reading))?;
        Ok(Self {
            identity: keys::random_key()?,
            platform,
            network,
            clock,
            town: Mutex::new(town),
            progress,
            held_back: Mutex::default(),
            stirred: watch::Sender::new(()),
        })
    }

    /// A new pretend neighbourhood with its times counted from now, and what the phone keeps from joining it.
    pub(crate) fn begin(&self) -> Result<Enrolment, Error> {
        let now = self.now();
        let town = Town::found(now)?;
        let epoch = town.epoch().clone();
        *self.town() = town;
        self.held_back().clear();
        self.enrolment(epoch, now)
    }

    fn enrolment(&self, epoch: Epoch, now: Timestamp) -> Result<Enrolment, Error> {
        let identity = Key::of(&self.identity);
        let (district, device, persons) = (DISTRICT, PHONE, vec![RESIDENT]);
        // Nobody will ever ask whose key this is: the secure one stays out of it.
        let slip = Slip { district, device, key: identity, persons, epoch: epoch.clone(), commit: Commit(0), at: now };
        Ok(Enrolment {
            district,
            name: DISTRICT_NAME.to_owned(),
            device,
            token: token(now),
            slip: Signed::new(&self.identity, Purpose::Slip, &slip).map_err(Error::internal)?,
            addresses: Vec::new(),
            identity,
            next_identity: None,
            card: 0,
            epoch,
        })
    }

    fn now(&self) -> Timestamp {
        self.clock.now(&self.platform.clock())
    }

    /// Answers a sync, whatever the network: for filling a phone that is being opened.
    pub(crate) fn answer(&self, request: &SyncRequest) -> Result<SyncResponse, Failure> {
        let answer = self.town().answer(request, self.now());
        self.stirred.send_replace(());
        answer
    }

    /// Answers a sync, unless the network is cut.
    pub(crate) fn sync(&self, request: &SyncRequest) -> Result<SyncResponse, Failure> {
        self.reachable()?;
        self.answer(request)
    }

    /// The token in use, for longer.
    pub(crate) fn token(&self) -> Result<Token, Failure> {
        self.reachable()?;
        Ok(token(self.now()))
    }

    /// The card: no address stands on it.
    pub(crate) fn card(&self) -> Result<Card, Failure> {
        self.reachable()?;
        Ok(Card {
            district: DISTRICT,
            name: DISTRICT_NAME.to_owned(),
            epoch: self.town().epoch().clone(),
            addresses: Vec::new(),
            identity: Key::of(&self.identity),
            next_identity: None,
            tls: Vec::new(),
            version: 0,
            successions: Vec::new(),
            at: self.now(),
        })
    }

    /// The live stream.
    pub(crate) fn live(self: &Arc<Self>) -> Result<PracticeStream, Failure> {
        self.reachable()?;
        Ok(PracticeStream::new(self.clone()))
    }

    fn reachable(&self) -> Result<(), Failure> {
        if self.network.is_cut() { Err(Failure::Cut) } else { Ok(()) }
    }

    /// Cuts the pretend network, or brings it back.
    pub(crate) fn cut(&self, cut: bool) {
        if cut {
            self.network.cut();
        } else {
            self.network.restore();
        }
    }

    /// Somebody tapped something here, and it is on the disk.
    pub(crate) fn tapped(&self, op: &Op) {
        let (task, shows_waiting) = match &op.command {
            Command::Receipt { stage: Stage::Displayed, .. } => (Some(PracticeTask::OpenCircular), false),
            Command::Receipt { stage: Stage::Acknowledged, .. } => (Some(PracticeTask::Acknowledge), true),
            Command::CheckIn { mood: Mood::Good | Mood::Fair, .. } => (Some(PracticeTask::CheckIn), true),
            Command::TakeBack { .. } => (Some(PracticeTask::TakeBack), true),
            // What comes of a talk is seen later, by who asks what became of it.
            Command::CheckIn { mood: Mood::Talk, .. } => (None, true),
            _ => (None, false),
        };
        if let Some(task) = task {
            self.did(task);
        }
        if shows_waiting && self.network.is_cut() {
            self.held_back().insert(op.id);
        }
    }

    /// What went out arrived, and the phone knows it.
    pub(crate) fn arrived(&self, results: &[OpResult]) {
        let arrived = {
            let mut held_back = self.held_back();
            let before = held_back.len();
            for result in results.iter().filter(|result| matches!(result.outcome, Outcome::Applied { .. })) {
                held_back.remove(&result.id);
            }
            held_back.len() < before
        };
        if arrived {
            self.did(PracticeTask::NoNetwork);
        }
    }

    /// A task was really done.
    pub(crate) fn did(&self, task: PracticeTask) {
        self.progress.tick(task);
    }

    /// The ten tasks, and how far they are.
    pub(crate) fn tasks(&self) -> PracticeProgress {
        let done = self.progress.done();
        let leads = self.town().leads();
        let line = |task: PracticeTask| PracticeLine {
            task,
            done: done.contains(&task),
            by_screen: task.is_seen_by_screens(),
            notice: match task {
                PracticeTask::OpenCircular | PracticeTask::Acknowledge | PracticeTask::ReadAloud => leads.circular,
                PracticeTask::Calendar => leads.event,
                _ => None,
            }
            .map(|notice| notice.to_string()),
            word: (task == PracticeTask::Search).then(|| WORD.to_owned()),
        };
        let tasks: Vec<PracticeLine> = PracticeTask::ALL.into_iter().map(line).collect();
        PracticeProgress {
            done: u32::try_from(done.len()).unwrap_or(u32::MAX),
            next: tasks.iter().find(|line| !line.done).map(|line| line.task),
            tasks,
            cut: self.network.is_cut(),
        }
    }

    /// None of the tasks is done any more.
    pub(crate) fn forget_progress(&self) -> Result<(), Error> {
        self.progress.forget()
    }

    fn town(&self) -> MutexGuard<'_, Town> {
        self.town.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held_back(&self) -> MutexGuard<'_, BTreeSet<OpId>> {
        self.held_back.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn token(now: Timestamp) -> Token {
    Token { secret: "practice".to_owned(), until: now.plus_millis(TOKEN_MILLIS) }
}
