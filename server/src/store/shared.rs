//! What the handles and the writer share in memory, and how it follows each COMMIT.

use super::{
    deltas::Deltas,
    error::{Denied, StoreError},
    feeds::Feeds,
    keys::Keys,
    live::{Hub, Live},
    readers::Readers,
    records::{Caller, CardFacts, ZoneFacts},
    session::{Known, Looked, Session, Sessions, TokenHash, look_up, look_up_device, version},
    tx::Changes,
    writer::Writer,
};
use crate::{clock::Clock, journal::Journal};
use kairan_protocol::{
    feed::FeedName,
    id::{DeviceId, PersonId},
    outcome::MacKey,
    time::Timestamp,
    wire::Poke,
};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::Notify;

/// What follows every COMMIT.
pub(super) struct Shared {
    pub feeds: Arc<Feeds>,
    pub deltas: Deltas,
    pub readers: Readers,
    pub sessions: Sessions,
    pub hub: Arc<Hub>,
    pub clock: Arc<dyn Clock>,
    pub stirred: Notify,
    /// Most rows in one answer.
    #[cfg(feature = "faults")]
    pub helping: std::sync::atomic::AtomicUsize,
    zone: RwLock<ZoneFacts>,
    ticked: Mutex<Option<Timestamp>>,
    rebuilt: Mutex<Option<Timestamp>>,
}

impl Shared {
    pub fn new(feeds: Arc<Feeds>, readers: Readers, clock: Arc<dyn Clock>, zone: ZoneFacts) -> Self {
        Self {
            feeds,
            deltas: Deltas::default(),
            readers,
            sessions: Sessions::default(),
            hub: Arc::default(),
            clock,
            stirred: Notify::new(),
            #[cfg(feature = "faults")]
            helping: super::pull::ROWS.into(),
            zone: RwLock::new(zone),
            ticked: Mutex::new(None),
            rebuilt: Mutex::new(None),
        }
    }

    /// Most rows in one answer.
    #[cfg(feature = "faults")]
    pub fn rows(&self) -> usize {
        self.helping.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Most rows in one answer.
    #[cfg(not(feature = "faults"))]
    #[expect(clippy::unused_self, reason = "where tests choose, it is asked")]
    pub const fn rows(&self) -> usize {
        super::pull::ROWS
    }

    /// The zone as committed.
    pub fn zone(&self) -> ZoneFacts {
        self.zone.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the scheduler last began.
    pub fn ticked(&self) -> Option<Timestamp> {
        *self.ticked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scheduler begins.
    pub fn set_ticked(&self, now: Timestamp) {
        *self.ticked.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// When the database was last built anew.
    pub fn rebuilt(&self) -> Option<Timestamp> {
        *self.rebuilt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is now, or was tried.
    pub fn set_rebuilt(&self, now: Timestamp) {
        *self.rebuilt.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// A group is on disk: whoever waits hears of it, and nothing out of date stays cached.
    pub fn committed(&self, changes: &Changes) {
        for (name, number) in &changes.named {
            self.feeds.add(*name, *number);
        }
        for (feed, version) in &changes.feeds {
            self.feeds.moved(*feed, *version);
        }
        if let Some((offsets, until)) = &changes.zone {
            let mut zone = self.zone.write().unwrap_or_else(PoisonError::into_inner);
            zone.offsets = offsets.clone();
            zone.until = *until;
        }
        self.follow_rights(changes);
        self.hub.poke(changes.feeds.iter().map(|(n, v)| Poke { n: *n, v: *v }));
        if changes.stirred {
            self.stirred.notify_one();
        }
    }

    fn follow_rights(&self, changes: &Changes) {
        let touched = [&changes.rights, &changes.tokens, &changes.revoked];
        if changes.everyone {
            self.sessions.forget_all();
        } else if touched.iter().any(|devices| !devices.is_empty()) {
            self.sessions.forget(touched.into_iter().flatten().copied());
        }
        for device in &changes.revoked {
            self.hub.end(*device);
        }
        let listening =
            if changes.everyone { self.hub.everybody() } else { self.hub.listening(changes.rights.iter().copied()) };
        for device in listening {
            self.follow(device, None);
        }
    }

    /// Brings the streams of a device in line with what it may read, unless its rights are still of this version.
    fn follow(&self, device: DeviceId, version: Option<u64>) {
        let now = self.clock.now();
        let looked = self.readers.read(|connection| look_up_device(connection, &self.feeds, device, now, now));
        match looked {
            Ok(Looked::Found(session)) if Some(session.version) != version => self.hub.rights(&session),
            Err(Denied::Revoked | Denied::DeviceUnknown) => self.hub.end(device),
            // Its next sync brings it in line: a poke missed until then is a pull a little later.
            Ok(_) | Err(_) => {}
        }
    }

    /// The live stream of a device. Looked up again after it began to listen, so that no change falls in between.
    pub fn live(&self, session: &Session) -> Live {
        let live = self.hub.listen(session);
        self.follow(session.device, Some(session.version));
        live
    }
}

/// The inside of a store's handle.
pub(super) struct Inner {
    pub shared: Arc<Shared>,
    pub writer: Writer,
    pub thread: Mutex<Option<std::thread::JoinHandle<Result<(), StoreError>>>>,
    /// As it stood on the card when the store was opened: what may change since, the database says.
    pub card: CardFacts,
    pub mac_key: MacKey,
    pub keys: Keys,
    pub steward: PersonId,
    pub console: DeviceId,
    pub first_officer: PersonId,
    pub journal: Arc<Mutex<Journal>>,
}

impl Inner {
    /// The moment it is.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The session of a token.
    pub async fn session(&self, token: &TokenHash) -> Result<Arc<Session>, Denied> {
        let now = self.now();
        let Shared { sessions, readers, feeds, .. } = &*self.shared;
        let generation = match sessions.known(token, now) {
            Known::Believed(session) => return Ok(session),
            Known::Compare(session, generation) => {
                if readers.read(|connection| version(connection, token, now))? == Some(session.version) {
                    sessions.keep(*token, &session, now, generation);
                    return Ok(session);
                }
                generation
            }
            Known::Nothing(generation) => generation,
        };
        let look = || readers.read(|connection| look_up(connection, feeds, token, now));
        let session = match look()? {
            Looked::Found(session) => session,
            Looked::Unnumbered(names) => {
                self.number(names).await?;
                match look()? {
                    Looked::Found(session) => session,
                    Looked::Unnumbered(_) => return Err(StoreError::Unavailable.into()),
                }
            }
        };
        let session = Arc::new(session);
        sessions.keep(*token, &session, now, generation);
        Ok(session)
    }

    /// Gives feeds their numbers.
    async fn number(&self, names: Vec<FeedName>) -> Result<(), StoreError> {
        self.writer.ask(move |tx| names.iter().try_for_each(|name| tx.feed(*name).map(|_| ()))).await
    }

    /// Who shows a token.
    pub async fn caller(&self, token: &TokenHash) -> Result<Caller, Denied> {
        self.session(token).await.map(Caller)
    }
}
