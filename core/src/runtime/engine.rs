//! One exchange with the server at a time: store, keys, clock and transport put together.

use super::{
    bearings::Bearings,
    card,
    changes::Changes,
    proof,
    setback::Setback,
    way::{Live, Way},
};
use crate::{
    error::Error,
    plan::{Batch, Pace, Trouble},
    platform::Platform,
    practice::Practice,
    records::Screen,
    store::{Enrolment, Store, SyncState, hands_back, id_of},
    transport::{District, Failure, Network},
};
use kairan_protocol::{
    id::{FeedNumber, OpId},
    time::Timestamp,
    validate::OPS_PER_SYNC,
    wire::{Card, Cursor, ProblemCode, SyncRequest, SyncResponse, Token},
};
use serde_json::value::RawValue;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU32},
    time::{Duration, Instant},
};

/// So long after an answer the server counts as within reach.
const REACHED: Duration = Duration::from_mins(1);

/// How long a token lives, and how much of its life is left when its successor is asked for: half, spread over ten days.
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;
const RENEW_BEFORE_DAYS: i64 = 50;
const SPREAD_DAYS: i64 = 10;

pub(crate) struct Engine {
    pub(crate) store: Store,
    pub(crate) platform: Arc<dyn Platform>,
    pub(crate) bearings: Bearings,
    pub(crate) changes: Changes,
    pub(crate) network: Network,
    pub(crate) pace: Pace,
    /// The pretend district, where this is the practice neighbourhood: everything is asked there and nowhere else.
    pub(super) practice: Option<Arc<Practice>>,
    district: Mutex<Option<Arc<District>>>,
    /// When the server answered last; none after nobody could be reached.
    answered: Mutex<Option<Instant>>,
    /// How often in a row syncs that were asked for broke off over the ops they held.
    pub(crate) broken: AtomicU32,
    /// Held during an exchange: the loop and whoever asks for a sync take turns.
    pub(super) turn: tokio::sync::Mutex<()>,
}

/// What an answered exchange brought.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// Ops that went out.
    pub(crate) sent: u32,
    /// Rows that came.
    pub(crate) received: u32,
    /// Ops that were handed back.
    pub(crate) handed_back: u32,
    /// There is more to get.
    pub(crate) more: bool,
    /// There are still ops to send or to hand back.
    pub(crate) waiting: bool,
    /// A token is to be asked for with the slip.
    pub(crate) slip_owed: bool,
    /// The version of a card that is newer than the one read, if the server spoke of one.
    pub(crate) newer_card: Option<u64>,
    /// How far the phone is with each feed now; none where nothing was asked about feeds.
    pub(crate) cursors: Option<BTreeMap<FeedNumber, Cursor>>,
    /// How long the token in use is good before its successor is asked for, in milliseconds.
    pub(crate) renew_in: Option<u64>,
}

/// A request ready to go.
pub(super) struct Prepared {
    pub(super) enrolment: Enrolment,
    pub(super) request: SyncRequest,
    /// The new ops in it.
    ops: Vec<OpId>,
    /// Those and the ones it hands back: what it may fail over.
    carried: Vec<OpId>,
}

impl Engine {
    pub(crate) fn open(
        dir: &Path,
        platform: Arc<dyn Platform>,
        network: Network,
        pace: Pace,
        practice: Option<Arc<Practice>>,
    ) -> Result<Self, Error> {
        std::fs::create_dir_all(dir)?;
        let bearings = Bearings::open(dir, platform.clone());
        let store = Store::open(dir, bearings.now())?;
        let engine = Self {
            store,
            platform,
            bearings,
            changes: Changes::default(),
            network,
            pace,
            practice,
            district: Mutex::new(None),
            answered: Mutex::new(None),
            broken: AtomicU32::new(0),
            turn: tokio::sync::Mutex::new(()),
        };
        engine.store.ingest_spool(engine.bearings.now())?;
        engine.begin();
        Ok(engine)
    }

    /// Runs work that waits for the disk or the key away from the threads that wait for the network.
    pub(crate) async fn aside<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let engine = self.clone();
        tokio::task::spawn_blocking(move || work(&engine)).await.map_err(Error::internal)?
    }

    /// Sends what waits and takes what is new.
    pub(crate) async fn sync(self: &Arc<Self>, batch: Batch, renew: bool) -> Result<Round, Setback> {
        let _turn = self.turn.lock().await;
        if batch == Batch::Empty || self.is_reached() || !self.aside(Self::has_outgoing).await? {
            return self.exchange(batch, renew).await;
        }
        // What goes along in a request counts as having been on the wire, even if no connection came about: it could no
        // longer be taken back, and a broadcast would not ask again. So the first request of a while takes nothing along.
        let first = self.exchange(Batch::Empty, renew).await?;
        if first.slip_owed {
            // The slip first: until then the server may not know whom these ops are for.
            return Ok(Round { more: true, ..first });
        }
        let round = self.exchange(batch, false).await?;
        Ok(Round { received: first.received + round.received, more: first.more || round.more, ..round })
    }

    fn has_outgoing(&self) -> Result<bool, Error> {
        let now = self.bearings.now();
        self.store.ingest_spool(now)?;
        self.store.has_outgoing(now)
    }

    async fn exchange(self: &Arc<Self>, batch: Batch, renew: bool) -> Result<Round, Setback> {
        if self.network.is_cut() {
            self.reached(false);
            return Err(Failure::Cut.into());
        }
        let Prepared { enrolment, request, ops, carried } =
            self.aside(move |engine| engine.prepare(batch, renew)).await?;
        self.tell_if_made_anew();
        let asked = self.bearings.reading();
        let answer = self.way(&enrolment).sync(&enrolment.token, &request).await;
        self.reached(!matches!(&answer, Err(failure) if failure.is_silence()));
        let response = answer.map_err(|failure| Setback { ops: carried.clone(), ..failure.into() })?;
        self.bearings.tie(response.now, &asked);
        let sent = u32::try_from(ops.len()).unwrap_or(u32::MAX);
        let round = self.aside(move |engine| engine.take(&enrolment, &request, &response, batch)).await;
        self.tell_if_made_anew();
        round.map(|round| Round { sent, ..round }).map_err(|error| Setback { ops: carried, ..error.into() })
    }

    pub(super) fn prepare(&self, batch: Batch, renew: bool) -> Result<Prepared, Error> {
        let now = self.bearings.now();
        self.store.ingest_spool(now)?;
        let enrolment = self.enrolment()?;
        let SyncState { epoch, rights, cursors } = self.store.sync_state()?;
        let mut request = SyncRequest { epoch, rights, cursors, ..SyncRequest::default() };
        let ops_may_go = match batch {
            Batch::Whole => self.store.hand_back(&mut request, now)?,
            Batch::One => self.store.hand_back_one(&mut request, now)?,
            Batch::Empty => false,
        };
        let limit = if batch == Batch::One { 1 } else { OPS_PER_SYNC };
        let outgoing = if ops_may_go { self.store.outgoing(now, limit)? } else { Vec::new() };
        if renew {
            let identity = enrolment.identity.fingerprint();
            request.renew = Some(proof::of_token(&*self.platform, &identity, enrolment.device, now, None)?);
        }
        let ops: Vec<OpId> = outgoing.iter().map(|op| op.id).collect();
        request.ops = outgoing.into_iter().map(|op| RawValue::from_string(op.text)).collect::<Result<_, _>>()?;
        if !ops.is_empty() {
            self.store.mark_sent(&ops, now)?;
        }
        let carried = request.replays.iter().filter_map(id_of).chain(ops.iter().copied()).collect();
        Ok(Prepared { enrolment, request, ops, carried })
    }

    pub(super) fn take(
        &self,
        enrolment: &Enrolment,
        request: &SyncRequest,
        response: &SyncResponse,
        batch: Batch,
    ) -> Result<Round, Error> {
        let now = self.bearings.now();
        let applied = self.store.answered(request, response, now)?;
        if let Some(practice) = &self.practice {
            practice.arrived(&response.results);
        }
        // Where nobody is left on this phone, a further round tells whether it was signed off: only then it is erased.
        let emptied = applied.rights_changed && self.store.persons()?.is_empty();
        // An op that no answer settles must not be sent again and again. What is handed back waits at least, once it was sent.
        let moved = applied.settled > 0 || batch == Batch::Empty || hands_back(request);
        let round = Round {
            sent: 0,
            received: applied.received,
            handed_back: applied.handed_back,
            more: applied.more || emptied,
            waiting: moved && (self.store.has_handing(now)? || self.store.has_outgoing(now)?),
            slip_owed: self.store.owes_slip()?,
            newer_card: Some(self.store.card_heard()?).filter(|heard| *heard > enrolment.card),
            cursors: Some(self.store.sync_state()?.cursors),
            renew_in: Some(renew_in(enrolment, response.token.as_ref().unwrap_or(&enrolment.token), now)),
        };
        self.changes.note(applied.changed);
        Ok(round)
    }

    /// What is done at every start: what waits for a target that had not come back is asked about again.
    pub(crate) fn begin(&self) {
        if let Err(error) = self.store.ask_again() {
            // On a full disk, say: it is asked about again in its time.
            tracing::warn!(code = error.code(), "what waits could not be brought forward");
        }
    }

    /// Asks for a token with the device key, and where the server may have forgotten the device, with the slip.
    pub(crate) async fn renew_token(self: &Arc<Self>, slip: bool) -> Result<Round, Setback> {
        let _turn = self.turn.lock().await;
        let enrolment = self.aside(Self::enrolment).await?;
        let token = match self.ask_token(&enrolment, slip).await {
            // After a long time off, a phone's clock may be too far off for its proofs; the refusal says what time it is.
            Err(Setback { trouble: Trouble::Away, error: Error::Problem { problem, .. }, .. })
                if problem == ProblemCode::BadProof.code() =>
            {
                self.ask_token(&enrolment, slip).await?
            }
            other => other?,
        };
        let renew_in = renew_in(&enrolment, &token, self.bearings.now());
        self.aside(move |engine| {
            engine.store.set_token(&token)?;
            if slip { engine.store.slip_shown() } else { Ok(()) }
        })
        .await?;
        Ok(Round { renew_in: Some(renew_in), ..Round::default() })
    }

    async fn ask_token(self: &Arc<Self>, enrolment: &Enrolment, slip: bool) -> Result<Token, Setback> {
        let (identity, device) = (enrolment.identity.fingerprint(), enrolment.device);
        let slip = slip.then(|| enrolment.slip.clone());
        let proof = self
            .aside(move |engine| {
                proof::of_token(&*engine.platform, &identity, device, engine.bearings.next_proof(), slip)
            })
            .await?;
        let asked = self.bearings.reading();
        self.way(enrolment).token(&proof).await.map_err(|failure| {
            if let Failure::Problem { problem, date: Some(date), .. } = &failure
                && problem.code == ProblemCode::BadProof
            {
                self.bearings.tie(*date, &asked);
            }
            failure.into()
        })
    }

    /// Reads the card and takes over what it says.
    pub(crate) async fn read_card(self: &Arc<Self>) -> Result<Round, Setback> {
        let _turn = self.turn.lock().await;
        let enrolment = self.aside(Self::enrolment).await?;
        let way = self.way(&enrolment);
        let read = way.card().await?;
        self.take_over(read, way.preferred()).await?;
        Ok(Round::default())
    }

    /// Takes over what a card of the district's own says, wherever it was found; an exchange under way ends first.
    pub(crate) async fn found(self: &Arc<Self>, read: Card, answered: String) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        self.take_over(read, Some(answered)).await
    }

    async fn take_over(self: &Arc<Self>, read: Card, answered: Option<String>) -> Result<(), Error> {
        self.aside(move |engine| {
            let before = engine.enrolment()?;
            let after = card::taken_over(before.clone(), read, answered);
            if after != before {
                engine.store.set_enrolment(&after)?;
                engine.way(&after).set_addresses(after.addresses);
            }
            engine.bearings.card_read();
            Ok(())
        })
        .await
    }

    /// Opens the live stream.
    pub(crate) async fn live(self: &Arc<Self>) -> Result<Live, Setback> {
        let enrolment = self.aside(Self::enrolment).await?;
        Ok(self.way(&enrolment).live(&enrolment.token).await?)
    }

    /// The op that was sent alone waits with the reason it failed for.
    pub(crate) async fn park(self: &Arc<Self>, ops: Vec<OpId>, code: String) -> Result<(), Error> {
        self.aside(move |engine| engine.store.failed(&ops, &code, engine.bearings.now())).await?;
        self.changes.note([Screen::Outbox, Screen::Home]);
        Ok(())
    }

    /// Nothing of this neighbourhood stays on the phone but its key.
    pub(crate) async fn erase(self: &Arc<Self>) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        self.forget_district();
        self.bearings.forget();
        self.aside(|engine| engine.store.erase()).await?;
        self.changes.note(Screen::ALL);
        Ok(())
    }

    /// Keeps what joining gave; an exchange under way ends first.
    pub(crate) async fn joined(self: &Arc<Self>, enrolment: Enrolment) -> Result<(), Error> {
        let _turn = self.turn.lock().await;
        self.forget_district();
        self.bearings.card_read();
        self.aside(move |engine| engine.store.set_enrolment(&enrolment)).await?;
        self.changes.note(Screen::ALL);
        Ok(())
    }

    /// Tells every screen where the mirror was found damaged and made anew since; whether it was.
    pub(crate) fn tell_if_made_anew(&self) -> bool {
        let made_anew = self.store.was_made_anew();
        if made_anew {
            self.changes.note(Screen::ALL);
        }
        made_anew
    }

    pub(crate) fn enrolment(&self) -> Result<Enrolment, Error> {
        self.store.enrolment()?.ok_or(Error::NotJoined)
    }

    /// How long the token in use is good before its successor is asked for.
    pub(crate) fn token_renew_in(&self) -> Result<u64, Error> {
        let enrolment = self.enrolment()?;
        Ok(renew_in(&enrolment, &enrolment.token, self.bearings.now()))
    }

    /// Where everything is asked.
    fn way(&self, enrolment: &Enrolment) -> Way {
        match &self.practice {
            Some(practice) => Way::Practice(practice.clone()),
            None => Way::District(self.district(enrolment)),
        }
    }

    /// The way to the district; its connections are kept from one exchange to the next.
    fn district(&self, enrolment: &Enrolment) -> Arc<District> {
        let pinned = card::pinned(enrolment);
        let mut kept = self.district.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some(district) if district.pinned() == pinned => district.clone(),
            _ => {
                let district = District::new(pinned, enrolment.addresses.clone(), self.network.clone());
                kept.insert(Arc::new(district)).clone()
            }
        }
    }

    fn is_reached(&self) -> bool {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        answered.is_some_and(|at| at.elapsed() < REACHED)
    }

    fn reached(&self, reached: bool) {
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = reached.then(Instant::now);
    }

    /// Closes every connection.
    pub(crate) fn hang_up(&self) {
        if let Some(district) = &*self.district.lock().unwrap_or_else(PoisonError::into_inner) {
            district.hang_up();
        }
    }

    fn forget_district(&self) {
        *self.district.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Until about half of the token's life is over; the device's number decides where in ten days, the same each time.
fn renew_in(enrolment: &Enrolment, token: &Token, now: Timestamp) -> u64 {
    let spread = enrolment.device.number() % (SPREAD_DAYS * DAY_MILLIS);
    let at = token.until.plus_millis(spread - RENEW_BEFORE_DAYS * DAY_MILLIS);
    u64::try_from(at.since(now)).unwrap_or(0)
}
