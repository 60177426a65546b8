//! The phone's two databases and its spool: `mirror.db` (what the server said, disposable), `outbox.db` (what people here
//! said, precious), `spool/` (taps made outside the app).

mod apply;
mod database;
mod delivered;
mod drafting;
mod enqueue;
mod enrolment;
mod erasing;
mod files;
mod handing;
pub(crate) mod mirror;
pub(crate) mod outbox;
mod rebuilding;
mod salvage;
mod spool;
mod steps;
#[cfg(test)]
pub(crate) mod tests;

pub use enrolment::Enrolment;
pub use spool::spool_tap;
pub use steps::Step;

pub(crate) use files::write_private;
pub(crate) use handing::hands_back;
pub(crate) use outbox::handback::id_of;

use crate::{
    error::Error,
    overlay::{Look, Overlay, World},
    records::Screen,
};
use database::Database;
use kairan_protocol::{
    id::{Epoch, FeedNumber, OpId, PersonId},
    time::{Timestamp, ZoneOffsets},
    wire::{Cursor, Slip},
};
use rusqlite::Connection;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use steps::Steps;

/// Whether a folder holds anything of a neighbourhood.
pub(crate) fn holds_a_neighbourhood(dir: &Path) -> bool {
    ["outbox.db", "mirror.db", "enrolment.json", "spool"].iter().any(|name| dir.join(name).exists())
}

/// What a sync request starts from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncState {
    /// The epoch the cursors are of.
    pub epoch: Option<Epoch>,
    /// The version of the rights acted upon.
    pub rights: u64,
    /// How far the phone is with each feed it may read.
    pub cursors: BTreeMap<FeedNumber, Cursor>,
}

/// An op that is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Which.
    pub id: OpId,
    /// Its JSON, to the letter.
    pub text: String,
}

/// What an answer changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// The screens that may read differently.
    pub changed: BTreeSet<Screen>,
    /// Whether to sync again at once: there is more, or something new to send.
    pub more: bool,
    /// Rows that came.
    pub received: u32,
    /// Ops whose outcome came.
    pub settled: u32,
    /// Whether the phone's people or feeds changed.
    pub rights_changed: bool,
    /// Whether the server began a new epoch: everything is pulled again, and what it may have lost is handed back.
    pub epoch_changed: bool,
    /// Ops that were handed back and that the server has again.
    pub handed_back: u32,
}

/// What changes seldom, and what pending ops lay over the mirror: exchanged whole, so that reads never wait.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    /// People, groups, feeds.
    pub world: Arc<World>,
    /// Rows of pending ops.
    pub overlay: Arc<Overlay>,
}

/// The phone's databases. All calls are synchronous and may come from any thread; reads never wait for writes.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    mirror: Database,
    outbox: Database,
    scene: RwLock<Scene>,
    changes: Mutex<()>,
    /// Held while an answer is applied, over all its changes: it belongs to one mirror.
    answer: Mutex<()>,
    /// Of which making the mirror was when the last question was put together.
    asked: AtomicU64,
    /// Whether somebody has yet to hear that the mirror was made anew.
    made_anew: AtomicBool,
    /// What the second file of the enrolment says.
    copied: Mutex<Option<Enrolment>>,
    steps: Steps,
}

impl Store {
    /// Opens (or makes) the databases in a folder, and ingests the spool. A damaged mirror is put aside and pulled anew; of
    /// a damaged outbox what can be read is saved. `now` only dates that.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Self, Error> {
        Self::open_under(dir, now, Steps::default())
    }

    fn open_under(dir: &Path, now: Timestamp, steps: Steps) -> Result<Self, Error> {
        std::fs::create_dir_all(dir)?;
        let outbox = salvage::open(dir, now, &steps)?.under(&steps);
        let mirror = Database::open_disposable(&dir.join("mirror.db"), mirror::MIGRATIONS)?.under(&steps);
        let world = match Self::read_world(&mirror, &outbox) {
            Err(Error::Damaged { .. }) if mirror.is_damaged() => {
                mirror.make_anew(mirror::MIGRATIONS)?;
                Self::read_world(&mirror, &outbox)?
            }
            other => other?,
        };
        let world = Arc::new(world);
        let scene = RwLock::new(Scene { world, overlay: Arc::default() });
        let copied = Mutex::new(enrolment::copy(dir));
        let store = Self {
            folder: dir.to_owned(),
            mirror,
            outbox,
            scene,
            changes: Mutex::default(),
            answer: Mutex::default(),
            asked: AtomicU64::default(),
            made_anew: AtomicBool::default(),
            copied,
            steps,
        };
        {
            let _guard = store.guard();
            // Without room it is done at another opening.
            if let Err(error) = store.end_erasing() {
                tracing::warn!(code = error.code(), "not everything could be erased");
            }
            store.copy_enrolment()?;
            let left = store.mirror.read(mirror::index::waiting)?;
            store.refresh_overlay();
            store.refresh_receipts(left.into_iter().collect());
        }
        // A tap says when it was made; the hour of opening adds nothing.
        store.ingest_spool(Timestamp::from_millis(0))?;
        Ok(store)
    }

    /// The people this phone is for, as the newest rights say; until they came, as the enrolment said.
    pub fn persons(&self) -> Result<Vec<PersonId>, Error> {
        Ok(self.scene().world.persons.clone())
    }

    /// The association's zone; Japan's until the server said.
    pub fn zone(&self) -> Result<ZoneOffsets, Error> {
        Ok(self.scene().world.zone.clone())
    }

    /// What the next request starts from.
    pub fn sync_state(&self) -> Result<SyncState, Error> {
        self.read_mirror(|| {
            // Before it is read: a mirror made anew in between makes the answer one to an older question.
            self.asked.store(self.mirror.generation(), Ordering::Release);
            self.mirror.read(state)
        })
    }

    /// The newest version of the card the server spoke of; 0 for none.
    pub(crate) fn card_heard(&self) -> Result<u64, Error> {
        self.mirror.read(mirror::feeds::card_heard)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) const fn outbox_file(&self) -> &Database {
        &self.outbox
    }

    pub(crate) const fn mirror_file(&self) -> &Database {
        &self.mirror
    }

    /// A boundary of a write is reached; a test may stop here.
    pub(crate) fn reach(&self, step: Step) -> Result<(), Error> {
        self.steps.reach(step)
    }

    /// One change at a time; reads go on.
    pub(crate) fn guard(&self) -> MutexGuard<'_, ()> {
        let guard = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        self.make_mirror_anew_if_free();
        guard
    }

    pub(crate) fn scene(&self) -> Scene {
        self.scene.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_scene(&self, change: impl FnOnce(&mut Scene)) {
        change(&mut self.scene.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// One consistent look at the mirror with what pending ops laid over it.
    pub(crate) fn look<T>(&self, look: impl Fn(&Look<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.read_mirror(|| {
            let scene = self.scene();
            self.mirror.read(|mirror| look(&Look::new(mirror, &scene.world, &scene.overlay)))
        })
    }

    fn read_world(mirror: &Database, outbox: &Database) -> Result<World, Error> {
        let enrolment = outbox.read(outbox::enrolment)?;
        mirror.read(|mirror| Self::world_of(mirror, enrolment.as_ref()))
    }

    fn world_of(mirror: &Connection, enrolment: Option<&Enrolment>) -> Result<World, Error> {
        // Its signature was checked when joining.
        let slip = enrolment.and_then(|enrolment| serde_json::from_str::<Slip>(&enrolment.slip.payload).ok());
        let persons = slip.map(|slip| slip.persons).unwrap_or_default();
        World::read(mirror, enrolment.map(|enrolment| enrolment.device), &persons)
    }

    /// Reads anew what changes seldom.
    pub(crate) fn refresh_world(&self) -> Result<(), Error> {
        let world = Arc::new(Self::read_world(&self.mirror, &self.outbox)?);
        self.set_scene(|scene| scene.world = world);
        Ok(())
    }

    /// Lays the pending ops anew, and lets the index know who is otherwise far with what. What fails here is repaired at
    /// the next opening: the ops themselves are safe, so that nobody is told they were lost.
    pub(crate) fn refresh_overlay(&self) {
        let before = self.scene().overlay;
        let world = self.scene().world;
        let laid = self
            .outbox
            .read(outbox::journal::pending)
            .and_then(|pending| self.mirror.read(|mirror| Overlay::of(mirror, &world, &pending)));
        match laid {
            Ok(after) => {
                let differ = before.standings_that_differ(&after, &world.persons);
                self.set_scene(|scene| scene.overlay = Arc::new(after));
                self.refresh_receipts(differ);
            }
            Err(error) => tracing::warn!(code = error.code(), "pending ops could not be laid over the mirror"),
        }
    }

    fn refresh_receipts(&self, receipts: BTreeSet<(PersonId, kairan_protocol::id::NoticeId)>) {
        if receipts.is_empty() {
            return;
        }
        let scene = self.scene();
        let written = self.mirror.write(|mirror| {
            let look = Look::new(mirror, &scene.world, &scene.overlay);
            receipts.into_iter().try_for_each(|(person, notice)| mirror::index::receipt(&look, person, notice))
        });
        if let Err(error) = written {
            tracing::warn!(code = error.code(), "the lists could not be brought up to date");
        }
    }
}

fn state(mirror: &Connection) -> Result<SyncState, Error> {
    let cursors = mirror::feeds::cursors(mirror)?;
    Ok(SyncState {
        epoch: mirror::feeds::epoch(mirror)?,
        rights: mirror::feeds::rights_version(mirror)?,
        cursors: cursors.into_iter().filter_map(|(feed, cursor)| Some((feed, cursor?))).collect(),
    })
}
