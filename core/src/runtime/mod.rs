//! The loop that drives planner, store and transport, on the core's own threads or the caller's.

mod bearings;
pub(crate) mod card;
mod changes;
mod engine;
mod practising;
pub(crate) mod proof;
mod rounds;
mod setback;
mod way;

pub use changes::Listener;

pub(crate) use engine::Engine;
pub(crate) use rounds::full_round;

use crate::{
    error::Error,
    plan::{Input, Planner, Step},
    transport::LiveEvent,
};
use engine::Round;
use kairan_protocol::{
    id::{FeedNumber, OpId, Version},
    wire::{Cursor, Poke},
};
use setback::Setback;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
    time::Instant,
};

/// The running loop; it ends when this is dropped.
pub(crate) struct Running {
    inputs: UnboundedSender<Input>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(engine: Arc<Engine>, handle: &Handle) -> Self {
        let (inputs, told) = unbounded_channel();
        let task = handle.spawn(async move { Drive::new(engine).run(told).await });
        Self { inputs, task }
    }

    /// Tells the loop; false when it has ended.
    pub(crate) fn tell(&self, input: Input) -> bool {
        self.inputs.send(input).is_ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the live stream's task tells; the number says of which opening.
enum Heard {
    Up(u64),
    Event(u64, LiveEvent),
    Down(u64),
}

type Exchange = Result<Round, Setback>;

/// The loop's own state. Dropping it ends what is under way.
struct Drive {
    engine: Arc<Engine>,
    planner: Planner,
    started: Instant,
    exchange: JoinSet<Exchange>,
    live: JoinSet<()>,
    openings: u64,
    /// How far the phone is, and what it was poked for during an exchange.
    cursors: BTreeMap<FeedNumber, Cursor>,
    poked: BTreeMap<FeedNumber, Version>,
    /// What failed last, for parking.
    suspect: Option<(Vec<OpId>, String)>,
}

impl Drive {
    fn new(engine: Arc<Engine>) -> Self {
        Self {
            planner: Planner::new(engine.pace),
            engine,
            started: Instant::now(),
            exchange: JoinSet::new(),
            live: JoinSet::new(),
            openings: 0,
            cursors: BTreeMap::new(),
            poked: BTreeMap::new(),
            suspect: None,
        }
    }

    async fn run(mut self, mut inputs: UnboundedReceiver<Input>) {
        let (tells, mut stream) = unbounded_channel();
        let renew_in = self.engine.aside(Engine::token_renew_in).await.unwrap_or(0);
        self.take(Input::TokenAt { renew_in });
        self.take(Input::CardAt { age: self.engine.bearings.card_age() });
        let owes_slip = self.engine.aside(|engine| {
            engine.begin();
            engine.store.owes_slip()
        });
        if owes_slip.await.unwrap_or(false) {
            self.take(Input::SlipOwed);
        }
        self.take(Input::Started);
        let network = self.engine.network.clone();
        let mut cut = network.is_cut();
        loop {
            while let Some(step) = self.planner.next(self.now()) {
                if step == Step::Erase {
                    self.live.abort_all();
                    if let Err(error) = self.engine.erase().await {
                        tracing::error!(%error, "not everything could be erased");
                    }
                    return;
                }
                self.begin(step, &tells).await;
            }
            let wake = self.planner.wake();
            let alarm = self.started + Duration::from_millis(wake.unwrap_or(0));
            tokio::select! {
                input = inputs.recv() => match input {
                    Some(input) => self.take(input),
                    None => return,
                },
                Some(done) = self.exchange.join_next() => {
                    self.ended(done.unwrap_or_else(|error| Err(Error::internal(error).into())));
                }
                Some(heard) = stream.recv() => self.heard(&heard),
                () = network.until_cut(), if !cut => {
                    cut = true;
                    self.engine.hang_up();
                }
                () = network.until_back(), if cut => {
                    cut = false;
                    self.take(Input::NetworkBack);
                }
                () = tokio::time::sleep_until(alarm), if wake.is_some() => self.take(Input::Tick),
            }
        }
    }

    async fn begin(&mut self, step: Step, tells: &UnboundedSender<Heard>) {
        let engine = self.engine.clone();
        match step {
            Step::Sync { batch, renew } => {
                self.exchange.spawn(async move { engine.sync(batch, renew).await });
            }
            Step::Token { slip } => {
                self.exchange.spawn(async move { engine.renew_token(slip).await });
            }
            Step::Card => {
                self.exchange.spawn(async move { engine.read_card().await });
            }
            Step::OpenLive => {
                while self.live.try_join_next().is_some() {}
                self.openings += 1;
                self.live.spawn(listen(engine, self.openings, tells.clone()));
            }
            Step::CloseLive => {
                self.openings += 1;
                self.live.abort_all();
            }
            Step::Park => {
                if let Some((ops, code)) = self.suspect.take()
                    && let Err(error) = engine.park(ops, code).await
                {
                    tracing::error!(%error, "an op could not be parked");
                }
            }
            Step::Erase => {}
        }
    }

    fn ended(&mut self, exchange: Exchange) {
        match exchange {
            Ok(round) => {
                if let Some(renew_in) = round.renew_in {
                    self.take(Input::TokenAt { renew_in });
                }
                if let Some(cursors) = round.cursors {
                    self.cursors = cursors;
                }
                if round.slip_owed {
                    self.take(Input::SlipOwed);
                }
                if round.newer_card.is_some() {
                    self.take(Input::CardOwed);
                }
                self.take(Input::Answered { more: round.more, waiting: round.waiting });
                if std::mem::take(&mut self.poked).into_iter().any(|(n, v)| self.is_behind(n, v)) {
                    self.take(Input::Poked);
                }
            }
            Err(Setback { trouble, error, ops }) => {
                let count = ops.len();
                self.suspect = Some((ops, error.code().to_owned()));
                self.take(Input::Failed { trouble, ops: count });
            }
        }
    }

    fn heard(&mut self, heard: &Heard) {
        match *heard {
            Heard::Up(opening) if opening == self.openings => self.take(Input::LiveUp),
            Heard::Down(opening) if opening == self.openings => self.take(Input::LiveDown),
            Heard::Event(opening, LiveEvent::Other) if opening == self.openings => self.take(Input::Poked),
            Heard::Event(opening, LiveEvent::Poke(Poke { n, v })) if opening == self.openings => {
                if !self.is_behind(n, v) {
                    return;
                }
                if self.exchange.is_empty() {
                    self.take(Input::Poked);
                } else {
                    // Most pokes are about what the exchange under way did itself: its answer shows.
                    let newest = self.poked.entry(n).or_insert(v);
                    *newest = v.max(*newest);
                }
            }
            // Of a stream that is closed already.
            _ => {}
        }
    }

    fn is_behind(&self, feed: FeedNumber, version: Version) -> bool {
        !matches!(self.cursors.get(&feed), Some(Cursor::At(at)) if *at >= version)
    }

    fn take(&mut self, input: Input) {
        self.planner.take(self.now(), input, chance());
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The live stream's task.
async fn listen(engine: Arc<Engine>, opening: u64, tells: UnboundedSender<Heard>) {
    if let Ok(mut stream) = engine.live().await
        && tells.send(Heard::Up(opening)).is_ok()
    {
        while let Ok(Some(event)) = stream.next().await {
            if tells.send(Heard::Event(opening, event)).is_err() {
                return;
            }
        }
    }
    // When nobody hears it any more, the loop has ended.
    let _ = tells.send(Heard::Down(opening));
}

/// A number in 0..1; one half where the system has no randomness.
fn chance() -> f64 {
    let mut bytes = [0_u8; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 0.5,
    }
}
