//! The store: SQLite with one writer that commits groups of requests together, reads beside it, desks, enrolment and set-up.

mod cases;
mod check;
mod copy;
mod days;
mod deliveries;
mod deltas;
mod desks;
mod effects;
mod ended;
mod enrol;
mod epoch;
mod erasing;
mod error;
mod feeds;
mod figures;
mod find;
mod forgotten;
mod held;
mod invitations;
mod journalled;
mod kept;
mod keys;
mod live;
mod look;
mod meta;
mod moves;
mod op;
mod paper;
mod pull;
mod readers;
mod recall;
mod records;
mod replay;
mod roster;
mod schedule;
mod schema;
mod session;
mod set_up;
mod shared;
mod slip;
mod sql;
mod sync;
#[cfg(test)]
mod tests;
mod tombstones;
mod tx;
mod waiting;
mod writer;

pub use copy::{DatabaseFacts, copy, examine, keep_journal_in, last_moment, replace_addresses};
pub use epoch::{EpochBegun, begin_epoch};
pub use error::{Denied, StoreError};
pub use journalled::Journalled;
pub use keys::Keys;
pub use live::{Live, LiveEvent};
pub use records::{
    Caller, CardFacts, CheckLine, DeviceFacts, Figures, Found, HouseholdFacts, Invitation, InvitationState, JoinedBy,
    Next, PersonFacts, ZoneFacts,
};
pub use set_up::{PlannedGroup, PlannedGuest, PlannedPerson, PlannedResidence, PlannedRole, PlannedSupport, SetUpPlan};

use crate::{
    clock::Clock,
    held::{Contact, Held},
};
use feeds::Feeds;
use kairan_protocol::{
    delivery::{BlockDelivery, Wanted},
    id::{GroupId, NoticeId, Rev},
    op::Command,
    outcome::OpResult,
    replay::Replay,
    sign::Key,
    time::{Timestamp, ZoneOffsets},
    view::View,
    wire::{EnrolRequest, EnrolResponse, SyncRequest, SyncResponse, Token, TokenProof},
};
use look::Look;
use meta::Meta;
use readers::Readers;
use session::token_hash;
use shared::{Inner, Shared};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use writer::{Setting, Writer};

/// Why a sync failed as a whole.
pub type SyncError = Denied;

/// How many due things of a kind one transaction does.
const THINGS_AT_ONCE: usize = 20;
/// How long packed rows of a kind are written in one transaction, so that ops wait no longer.
const FLUSHING: Duration = Duration::from_millis(2);
/// How many such transactions one tick asks for before it lets its caller look up.
const FLUSHES: usize = 32;
/// How long a tick waits for the next when nothing is known to be due.
const IDLE_MILLIS: i64 = 3_600_000;
/// Ticks that are stirred up stand at least so far apart.
const PACE_MILLIS: i64 = 1_000;

/// A handle to the store; cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

impl Store {
    /// Makes `folder/kairan.db` with the district of a plan, whole or not at all.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where there is a district already, [`StoreError::Plan`] for a plan that does not make one.
    pub fn create(folder: &Path, plan: &SetUpPlan, now: Timestamp) -> Result<(), StoreError> {
        set_up::create(folder, plan, now)
    }

    /// Opens `folder/kairan.db` and starts the writer. `keys`: what signs enrolment slips, and what phones may call the district by.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>, keys: impl Into<Keys>) -> Result<Self, StoreError> {
        let connection = schema::writing(folder)?;
        let meta = Meta::load(&connection)?;
        let journal = journalled::open(folder, &connection, &meta.card.epoch)?;
        let feeds = Arc::new(Feeds::load(&connection)?);
        let readers = Readers::new(folder.to_owned());
        let shared = Arc::new(Shared::new(Arc::clone(&feeds), readers, Arc::clone(&clock), meta.zone.clone()));
        let follower = Arc::clone(&shared);
        let committed = Box::new(move |changes: &tx::Changes| follower.committed(changes));
        let memory = meta.memory();
        let keys = keys.into().and(meta::identities(&connection)?);
        let (writer, thread) = Writer::start(Setting { connection, clock, feeds, memory, committed })?;
        // What was dirty when the program last ended is flushed by the first tick.
        shared.stirred.notify_one();
        let Meta { card, mac_key, steward, console, first_officer, .. } = meta;
        let thread = Mutex::new(Some(thread));
        Ok(Self(Arc::new(Inner {
            shared,
            writer,
            thread,
            card,
            mac_key,
            keys,
            steward,
            console,
            first_officer,
            journal: Arc::new(Mutex::new(journal)),
        })))
    }

    /// Who shows this token. Cached for at most five seconds; a revocation is felt at once.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, Denied> {
        self.0.caller(&token_hash(token)).await
    }

    /// One sync: ops through the writer, then what moved in the feeds the device may read.
    pub async fn sync(&self, token: &str, request: SyncRequest) -> Result<SyncResponse, SyncError> {
        self.0.sync(token, request).await
    }

    /// Joining by an invite. Idempotent by (invite, device key): asked again, the same device gets a fresh token.
    pub async fn enrol(&self, request: EnrolRequest) -> Result<EnrolResponse, Denied> {
        self.0.enrol(request).await
    }

    /// A new token for the device key; the one before works on for an hour.
    pub async fn token(&self, proof: TokenProof) -> Result<Token, Denied> {
        self.0.token(&proof).await
    }

    /// What stands on the card now.
    #[expect(clippy::unused_async, reason = "another database will have to be asked")]
    pub async fn card_facts(&self) -> Result<CardFacts, StoreError> {
        self.0.shared.readers.read(meta::card)
    }

    /// Other addresses on the card, best first; whether they are others. Every device hears of it with its rights.
    pub async fn set_addresses(&self, addresses: Vec<String>) -> Result<bool, StoreError> {
        self.0.writer.ask(move |tx| tx.set_addresses(&addresses)).await
    }

    /// The identity key in use and the one that will follow it; whether every device has to be told, and was.
    pub async fn set_keys(&self, identity: Key, next: Option<Key>) -> Result<bool, StoreError> {
        self.0.writer.ask(move |tx| tx.set_keys(identity, next)).await
    }

    /// The zone.
    #[expect(clippy::unused_async, reason = "another database will have to be asked")]
    pub async fn zone(&self) -> Result<ZoneFacts, StoreError> {
        Ok(self.0.shared.zone())
    }

    /// New offsets of the zone; every device learns of them with its rights.
    pub async fn set_zone(&self, offsets: ZoneOffsets, until: Timestamp) -> Result<(), StoreError> {
        self.0.writer.ask(move |tx| tx.set_zone(&offsets, until)).await
    }

    /// Who was named first officer at set-up.
    pub async fn first_officer(&self) -> Result<PersonFacts, StoreError> {
        let officer = self.0.first_officer;
        let known = self.read(move |look| look.person_facts(officer)).await?;
        known.ok_or_else(|| StoreError::Damaged("the first officer is nobody".to_owned()))
    }

    /// Every household at or below a group, in the order of the tree.
    pub async fn households(&self, below: GroupId) -> Result<Vec<HouseholdFacts>, StoreError> {
        self.read(move |look| look.households(below)).await
    }

    /// The newest invitation of each household at or below a group, and who joined; in the order of the tree.
    pub async fn invitations(&self, below: GroupId) -> Result<Vec<Invitation>, StoreError> {
        self.read(move |look| look.invitations(below)).await
    }

    /// The moment it is, by the store's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// What is to be carried to paper homes of the blocks at or below a group.
    pub async fn deliveries(&self, below: GroupId, wanted: Wanted) -> Result<Vec<BlockDelivery>, StoreError> {
        self.read(move |look| look.deliveries(below, wanted)).await
    }

    /// What the tables hold of an association at this moment, counted anew: its participation, and where its homes stand with a
    /// notice. Reads only; desks may be a second behind.
    pub async fn figures(&self, association: GroupId, notice: NoticeId) -> Result<Figures, StoreError> {
        let zone = self.0.shared.zone().offsets;
        self.read(move |look| look.figures(association, notice, &zone)).await
    }

    /// The live stream of a device.
    #[must_use]
    pub fn live(&self, caller: &Caller) -> Live {
        self.0.shared.live(&caller.0)
    }

    /// What the clock asks for: publishes what is due, ends roles whose term is over, flushes marks into desks.
    /// Call it again at the moment it names, or when [`Store::stirred`] resolves.
    pub async fn tick(&self) -> Result<Next, StoreError> {
        let now = self.0.now();
        self.0.shared.set_ticked(now);
        let mut due = self.0.writer.ask(|tx| tx.do_what_is_due(THINGS_AT_ONCE)).await?;
        while due.more {
            due = self.0.writer.ask(|tx| tx.do_what_is_due(THINGS_AT_ONCE)).await?;
        }
        let mut flushed = self.0.writer.ask(|tx| tx.flush(FLUSHING)).await?;
        for _ in 1..FLUSHES {
            if !flushed.more {
                break;
            }
            flushed = self.0.writer.ask(|tx| tx.flush(FLUSHING)).await?;
        }
        let traces = self.erase_traces(now).await?;
        let idle = now.plus_millis(IDLE_MILLIS);
        let next = due.next.into_iter().chain(flushed.next).chain(traces).min();
        Ok(Next { at: if flushed.more { now } else { next.unwrap_or(idle).min(idle) } })
    }

    /// Resolves when something happened that may need a [`Store::tick`] before the moment it last named, at most once a
    /// second of the store's clock.
    pub async fn stirred(&self) {
        let shared = &self.0.shared;
        shared.stirred.notified().await;
        if let Some(ticked) = shared.ticked() {
            // A tick that lies ahead was before the clock was set back.
            let ticked = ticked.min(shared.clock.now());
            shared.clock.sleep_until(ticked.plus_millis(PACE_MILLIS)).await;
        }
    }

    /// Hands back what the journal knows and the database does not: after a restore, and again until what was waited for has come.
    ///
    /// # Errors
    /// Those of the journal's disk and of the database.
    pub async fn hand_back_journal(&self) -> Result<Journalled, StoreError> {
        self.0.hand_back_journal(self).await
    }

    /// An op by the steward on the console device, judged by the same rules as any other, and in the journal before it is answered.
    pub async fn console(&self, command: Command) -> Result<OpResult, StoreError> {
        self.0.console(command).await
    }

    /// Several ops by the steward in one transaction, in their order, each with its outcome; in the journal together.
    ///
    /// # Errors
    /// As [`Store::console`].
    pub async fn console_all(&self, commands: Vec<Command>) -> Result<Vec<OpResult>, StoreError> {
        self.0.console_all(commands).await
    }

    /// What an association holds, for a roster to be compared with; none for a group of another kind.
    pub async fn held(&self, association: GroupId, with_contacts: bool) -> Result<Option<Held>, StoreError> {
        self.read(move |look| look.held(association, with_contacts)).await
    }

    /// What an association holds, for whoever takes it away: that it was read is on record.
    pub async fn export(&self, association: GroupId, with_contacts: bool) -> Result<Option<Held>, StoreError> {
        self.0.writer.ask(move |tx| tx.export(association, with_contacts)).await
    }

    /// Keeps telephones and remarks of homes, in no feed and no journal; how many.
    pub async fn keep_contacts(&self, contacts: Vec<(GroupId, Contact)>) -> Result<usize, StoreError> {
        self.0.writer.ask(move |tx| tx.keep_contacts(&contacts)).await
    }

    /// Hands back what the command line did, out of its journal, in the order of its commits: each is folded in as a phone's would be.
    pub async fn hand_back(&self, replays: Vec<Replay>) -> Result<Vec<OpResult>, StoreError> {
        self.0.hand_back(replays).await
    }

    /// Opens the desks of a restored district though no officer's phone has handed anything back; whether they were closed.
    pub async fn open_desks(&self) -> Result<bool, StoreError> {
        self.0.writer.ask(|tx| tx.open_desks("steward")).await
    }

    /// Everything a text may name: the one thing with this id, or all with exactly this name.
    pub async fn find(&self, what: &str) -> Result<Vec<Found>, StoreError> {
        let what = what.to_owned();
        self.read(move |look| look.find(&what)).await
    }

    /// Answers with at most so many rows from now on, at least one: so that tests cut a first pull in its middle.
    #[cfg(feature = "faults")]
    pub fn serve_helpings_of(&self, rows: usize) {
        self.0.shared.helping.store(rows.max(1), std::sync::atomic::Ordering::Relaxed);
    }

    /// Of what the roster says of a household; none for a group of another kind.
    pub async fn household_rev(&self, household: GroupId) -> Result<Option<Rev>, StoreError> {
        self.read(move |look| Ok(look.household(household)?.map(|known| known.rev))).await
    }

    /// Looks at everything that must hold, while serving.
    pub async fn check(&self) -> Result<Vec<CheckLine>, StoreError> {
        self.read(|look| check::check(&look)).await
    }

    /// Finishes the queue, checkpoints and stops the writer; live streams end. Other handles answer "unavailable" from now on.
    pub async fn close(self) -> Result<(), StoreError> {
        self.0.writer.stop().await;
        self.0.shared.hub.close();
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return Ok(()) };
        let ended = tokio::task::spawn_blocking(move || thread.join()).await;
        self.0.shared.readers.close();
        ended.map_err(|_| StoreError::Unavailable)?.map_err(|_| StoreError::Unavailable)?
    }

    /// A long look, away from the threads that serve.
    async fn read<T, F>(&self, look: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(Look<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let now = inner.now();
        let reading = move || inner.shared.readers.read(|connection| look(Look { connection, now, held: None }));
        tokio::task::spawn_blocking(reading).await.map_err(|_| StoreError::Unavailable)?
    }
}
