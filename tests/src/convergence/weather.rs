//! The line between one phone and the machine: it loses, doubles, holds back and overtakes what is sent over it.

use super::{
    chance::Chance,
    counts::Fault,
    ledger::{Author, Ledger},
    machine::Machine,
};
use axum::http::{Request, Response, header};
use kairan_core::{Carried, Line, Lost};
use kairan_protocol::wire::{Cursor, SyncRequest, SyncResponse};
use std::{
    io::Read as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, oneshot};

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Fair,
    Unreachable,
    RequestDropped,
    AnswerDropped,
    Doubled,
    Overtaken,
    RequestHeld,
    AnswerHeld,
    ServerKilledAnswering,
}

/// How often each fate comes in a storm.
const STORM: &[(usize, Fate)] = &[
    (4, Fate::Unreachable),
    (5, Fate::RequestDropped),
    (8, Fate::AnswerDropped),
    (6, Fate::Doubled),
    (5, Fate::Overtaken),
    (5, Fate::RequestHeld),
    (5, Fate::AnswerHeld),
    (1, Fate::ServerKilledAnswering),
];

/// With so many requests no exchange is what it should be, however small the answers are.
const ENDLESS: u32 = 5_000;

/// The line of one phone.
pub struct Weather {
    machine: Arc<Machine>,
    ledger: Arc<Mutex<Ledger>>,
    /// Told when a request or an answer stands still.
    parked: Notify,
    sky: Mutex<Sky>,
}

struct Sky {
    chance: Chance,
    author: Author,
    /// How many requests in a hundred something happens to.
    storm: usize,
    /// Whether somebody waits for what is held back.
    patient: bool,
    /// How often the phone's program was started: what is left of a killed one is not carried any more.
    started: u32,
    /// How many requests the exchange under way has made.
    asked: u32,
    held: Option<oneshot::Sender<()>>,
    overtaken: Vec<Request<Vec<u8>>>,
}

/// A second copy of a request.
fn copy(request: &Request<Vec<u8>>) -> Request<Vec<u8>> {
    let mut copy = Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

/// The sync in a request, whether it was compressed or not.
fn sync_in(request: &Request<Vec<u8>>) -> Option<SyncRequest> {
    if request.uri().path() != "/v1/sync" {
        return None;
    }
    let mut text = Vec::new();
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        flate2::read::GzDecoder::new(request.body().as_slice()).read_to_end(&mut text).ok()?;
    } else {
        text.clone_from(request.body());
    }
    serde_json::from_slice(&text).ok()
}

impl Weather {
    /// A fair one.
    #[must_use]
    pub fn new(machine: Arc<Machine>, ledger: Arc<Mutex<Ledger>>, author: Author, chance: Chance) -> Arc<Self> {
        let sky =
            Sky { chance, author, storm: 0, patient: false, started: 0, asked: 0, held: None, overtaken: Vec::new() };
        Arc::new(Self { machine, ledger, parked: Notify::new(), sky: Mutex::new(sky) })
    }

    /// The phone's program is started: the line it goes through. The one before is dead.
    #[must_use]
    pub fn begin(self: &Arc<Self>) -> Arc<dyn Line> {
        let mut sky = self.sky();
        sky.started += 1;
        Arc::new(Started { weather: Arc::clone(self), start: sky.started })
    }

    fn sky(&self) -> MutexGuard<'_, Sky> {
        self.sky.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on something happens to so many requests in a hundred.
    pub fn storm(&self, percent: usize) {
        self.sky().storm = percent;
    }

    /// The phone was erased and begins another life.
    pub fn set_author(&self, author: Author) {
        self.sky().author = author;
    }

    /// Whether somebody waits for what is held back.
    pub fn set_patient(&self, patient: bool) {
        let mut sky = self.sky();
        sky.patient = patient;
        sky.asked = 0;
    }

    /// Returns once something stands still.
    pub async fn parked(&self) {
        self.parked.notified().await;
    }

    /// What stands still goes on.
    pub fn release(&self) {
        if let Some(held) = self.sky().held.take() {
            // A phone that was killed meanwhile does not wait any more.
            let _gone = held.send(());
        }
    }

    /// What stands still is lost: its phone was killed.
    pub fn lose(&self) {
        self.sky().held = None;
    }

    /// What was given up long ago arrives now; whether there was something.
    pub async fn deliver_overtaken(&self) -> bool {
        let waiting = {
            let mut sky = self.sky();
            if sky.overtaken.is_empty() { None } else { Some(sky.overtaken.remove(0)) }
        };
        let Some(request) = waiting else { return false };
        // Nobody waits for the answer.
        let _nobody = self.machine.answer(request).await;
        true
    }

    /// No network keeps a packet until a machine was restored.
    pub fn forget_overtaken(&self) {
        self.sky().overtaken.clear();
    }

    fn fate(&self) -> Fate {
        let mut sky = self.sky();
        let storm = sky.storm;
        if !sky.chance.percent(storm) {
            return Fate::Fair;
        }
        let fate = sky.chance.weighed(STORM).unwrap_or(Fate::Fair);
        match fate {
            Fate::RequestHeld | Fate::AnswerHeld if !sky.patient => Fate::AnswerDropped,
            fate => fate,
        }
    }

    fn note(&self, fault: Fault, request: Option<&SyncRequest>) {
        let mut ledger = self.ledger();
        ledger.counts.fault(fault);
        let first = |request: &SyncRequest| request.cursors.values().any(|at| matches!(at, Cursor::First(_)));
        if request.is_some_and(first) {
            ledger.counts.fault(Fault::FirstPullCut);
        }
    }

    async fn stand_still(&self) -> Result<(), Lost> {
        let (held, released) = oneshot::channel();
        self.sky().held = Some(held);
        self.parked.notify_one();
        released.await.map_err(|_| Lost::Broken)
    }

    async fn deliver(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Lost> {
        self.ledger().counts.requests += 1;
        self.machine.answer(request).await.ok_or(Lost::Unreachable)
    }

    /// What a phone hears is on record.
    fn heard(&self, was_sync: bool, answer: Response<Vec<u8>>) -> Response<Vec<u8>> {
        if was_sync
            && answer.status().is_success()
            && let Ok(response) = serde_json::from_slice::<SyncResponse>(answer.body())
        {
            let author = self.sky().author;
            self.ledger().answered(author, &response);
        }
        if answer.status().is_server_error() && answer.status() != 503 {
            let what = String::from_utf8_lossy(answer.body()).into_owned();
            self.ledger().problem(format!("the server broke: {what}"));
        }
        answer
    }

    /// An exchange ends at some time, whatever is answered.
    fn ask(&self) -> Result<(), Lost> {
        let mut sky = self.sky();
        sky.asked += 1;
        if sky.asked < ENDLESS {
            return Ok(());
        }
        let author = sky.author;
        drop(sky);
        self.ledger().problem(format!("{author:?} asks and asks again, and still moves"));
        Err(Lost::Unreachable)
    }

    async fn carried(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Lost> {
        self.ask()?;
        let sync = sync_in(&request);
        if let Some(sync) = &sync {
            self.ledger().asked(sync);
        }
        let was_sync = sync.is_some();
        let note = |fault| self.note(fault, sync.as_ref());
        let answer = match self.fate() {
            Fate::Fair => self.deliver(request).await?,
            Fate::Unreachable => {
                note(Fault::Unreachable);
                return Err(Lost::Unreachable);
            }
            Fate::RequestDropped => {
                note(Fault::RequestDropped);
                return Err(Lost::Broken);
            }
            Fate::AnswerDropped => {
                self.deliver(request).await?;
                note(Fault::AnswerDropped);
                return Err(Lost::Broken);
            }
            Fate::Doubled => {
                self.deliver(copy(&request)).await?;
                note(Fault::Doubled);
                self.deliver(request).await?
            }
            Fate::Overtaken => {
                note(Fault::Overtaken);
                self.sky().overtaken.push(request);
                return Err(Lost::Broken);
            }
            Fate::RequestHeld => {
                note(Fault::RequestHeld);
                self.stand_still().await?;
                self.deliver(request).await?
            }
            Fate::AnswerHeld => {
                let answer = self.deliver(request).await?;
                note(Fault::AnswerHeld);
                self.stand_still().await?;
                answer
            }
            Fate::ServerKilledAnswering => {
                self.deliver(request).await?;
                note(Fault::ServerKilledAnswering);
                self.machine.kill();
                self.machine.start();
                return Err(Lost::Broken);
            }
        };
        Ok(self.heard(was_sync, answer))
    }
}

/// The line of one start of a phone's program.
struct Started {
    weather: Arc<Weather>,
    start: u32,
}

impl Line for Started {
    fn carry(&self, request: Request<Vec<u8>>) -> Carried<'_> {
        Box::pin(async move {
            if self.weather.sky().started != self.start {
                return Err(Lost::Unreachable);
            }
            self.weather.carried(request).await
        })
    }
}
