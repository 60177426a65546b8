//! The facade: one neighbourhood on one phone. Reads answer from the phone's own store; writes are on its disk when they
//! return, and go out by themselves.

mod alerts;
mod cases;
mod desk;
mod drafts;
mod inviting;
mod joining;
mod opening;
mod outbox;
mod paper;
mod people;
mod phones;
mod posting;
mod practising;
mod reading;
mod syncing;
mod taps;

pub use opening::Options;

use crate::{
    error::Error,
    records::{Screen, Tap},
    runtime::{Engine, Running},
};
use kairan_protocol::{
    id::{OpId, PersonId},
    op::{Command, Op},
};
use serde::{Deserialize, Serialize};
use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::runtime::{Handle, Runtime};

/// What a sync did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct SyncReport {
    /// Ops that went out.
    pub sent: u32,
    /// Rows that came.
    pub received: u32,
    /// Ops that a restored server had lost and has again.
    #[serde(default)]
    pub handed_back: u32,
}

/// One neighbourhood on one phone.
#[cfg_attr(feature = "ffi", derive(uniffi::Object))]
pub struct Kairan {
    engine: Arc<Engine>,
    threads: Threads,
    looping: Mutex<Looping>,
}

/// Where the core's work runs.
enum Threads {
    /// Its own.
    Own(Option<Runtime>),
    /// The caller's.
    Callers(Handle),
}

#[derive(Default)]
struct Looping {
    /// Between [`Kairan::start`] and [`Kairan::stop`].
    wanted: bool,
    running: Option<Running>,
}

/// Keeps a tap made outside the app, by a widget or a notification: durable when this returns. The app takes it over when
/// it is opened, and before each sync. Opens no database, so it may be called from another process.
#[cfg_attr(feature = "ffi", uniffi::export)]
#[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
pub fn spool_tap(dir: String, tap: Tap) -> Result<(), Error> {
    crate::store::spool_tap(Path::new(&dir), &tap)
}

impl Kairan {
    /// Runs work on the core's threads, whatever the caller waits on.
    async fn on_threads<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let handle = match &self.threads {
            Threads::Own(Some(runtime)) => runtime.handle(),
            Threads::Own(None) => return Err(Error::internal("closed")),
            Threads::Callers(handle) => handle,
        };
        handle.spawn(work).await.map_err(Error::internal)?
    }

    /// As [`Kairan::on_threads`], for what waits for the disk.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Engine) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let engine = self.engine.clone();
        let answer = self.on_threads(async move { engine.aside(work).await }).await;
        self.tell_if_made_anew();
        answer
    }

    /// Reads for a screen, on the caller's thread.
    fn look<T>(&self, look: impl FnOnce(&Engine) -> Result<T, Error>) -> Result<T, Error> {
        let answer = look(&self.engine);
        self.tell_if_made_anew();
        answer
    }

    /// A mirror that was found damaged and made anew: screens are told, and the loop pulls it again.
    fn tell_if_made_anew(&self) {
        if self.engine.tell_if_made_anew()
            && let Some(running) = &self.looping().running
        {
            running.tell(crate::plan::Input::Tapped);
        }
    }

    /// Writes an op and wakes the loop; its id.
    async fn ask(&self, person: &str, command: Command) -> Result<String, Error> {
        let person: PersonId = person.parse()?;
        let screens = screens_of(&command);
        let op = self
            .aside(move |engine| {
                engine.enrolment()?;
                let now = engine.bearings.now();
                let op = Op { id: OpId::at(now).map_err(Error::internal)?, person, at: now, command };
                engine.store.enqueue(&op, None, now)?;
                engine.practised(&op);
                Ok(op.id)
            })
            .await?;
        self.tapped(screens);
        Ok(op.to_string())
    }

    /// Something was done here: screens are told, and the loop sends it.
    fn tapped(&self, screens: &[Screen]) {
        self.engine.changes.note(screens.iter().copied().chain([Screen::Outbox]));
        if let Some(running) = &self.looping().running {
            running.tell(crate::plan::Input::Tapped);
        }
    }

    #[cfg(all(test, feature = "json"))]
    pub(crate) const fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    fn looping(&self) -> MutexGuard<'_, Looping> {
        self.looping.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Kairan {
    fn drop(&mut self) {
        self.looping().running = None;
        if let Threads::Own(runtime) = &mut self.threads
            && let Some(runtime) = runtime.take()
        {
            // The last reference may go on a thread that must not wait.
            runtime.shutdown_background();
        }
    }
}

/// The screens that read differently once a command is in the outbox.
const fn screens_of(command: &Command) -> &'static [Screen] {
    match command {
        Command::Receipt { .. } => &[Screen::Home, Screen::Notices, Screen::Notice],
        Command::CheckIn { .. } | Command::Consent { .. } | Command::TakeBack { .. } | Command::SetSupport { .. } => {
            &[Screen::Home]
        }
        Command::Post { .. } | Command::Correct { .. } | Command::Withdraw { .. } => {
            &[Screen::Home, Screen::Notices, Screen::Notice, Screen::Desk]
        }
        Command::GrantRole { .. } | Command::EndRole { .. } => &[Screen::Home, Screen::Me, Screen::Desk],
        Command::MoveHousehold { .. }
        | Command::SetPaper { .. }
        | Command::PaperReceipt { .. }
        | Command::Invite { .. }
        | Command::Approve { .. }
        | Command::AddHousehold { .. }
        | Command::AddPerson { .. }
        | Command::AddBlock { .. }
        | Command::CorrectHousehold { .. }
        | Command::CorrectPerson { .. }
        | Command::MovePerson { .. }
        | Command::Depart { .. }
        | Command::MergeHouseholds { .. }
        | Command::SplitHousehold { .. }
        | Command::SamePerson { .. }
        | Command::SeeCase { .. }
        | Command::TakeCase { .. }
        | Command::ReleaseCase { .. }
        | Command::NoteCase { .. }
        | Command::CloseCase { .. } => &[Screen::Home, Screen::Desk],
        Command::Revoke { .. } | Command::Leave {} => &[Screen::Home, Screen::Me, Screen::Phones],
    }
}

#[cfg(test)]
mod tests;
