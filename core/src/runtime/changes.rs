//! The listener thread: says which screens changed, at most four times a second, with no lock held.

use crate::records::Screen;
use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// The time between two calls.
const PAUSE: Duration = Duration::from_millis(250);

/// Told which screens may read differently now. Called from a thread of the core's own.
#[cfg_attr(feature = "ffi", uniffi::export(with_foreign))]
pub trait Listener: Send + Sync {
    /// These screens should be read again.
    fn on_change(&self, screens: Vec<Screen>);
}

#[derive(Default)]
struct State {
    screens: BTreeSet<Screen>,
    listener: Option<Arc<dyn Listener>>,
    running: bool,
    over: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    moved: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Collects what changed and tells it on. The thread ends with this.
#[derive(Default)]
pub(crate) struct Changes(Arc<Shared>);

impl Changes {
    /// These screens changed.
    pub(crate) fn note(&self, screens: impl IntoIterator<Item = Screen>) {
        self.0.state().screens.extend(screens);
        self.0.moved.notify_all();
    }

    /// Who is told from now on; what changed before nobody was told is told first.
    pub(crate) fn listen(&self, listener: Arc<dyn Listener>) -> std::io::Result<()> {
        let mut state = self.0.state();
        state.listener = Some(listener);
        if !state.running {
            let shared = self.0.clone();
            thread::Builder::new().name("kairan-listener".to_owned()).spawn(move || tell(&shared))?;
            state.running = true;
        }
        drop(state);
        self.0.moved.notify_all();
        Ok(())
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.0.state().over = true;
        self.0.moved.notify_all();
    }
}

fn tell(shared: &Shared) {
    loop {
        let waiting = shared.moved.wait_while(shared.state(), |state| !state.over && state.screens.is_empty());
        let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
        if state.over {
            return;
        }
        let screens = std::mem::take(&mut state.screens).into_iter().collect();
        let listener = state.listener.clone();
        drop(state);
        if let Some(listener) = listener {
            // An exception in the app's own code must not end the telling.
            if catch_unwind(AssertUnwindSafe(|| listener.on_change(screens))).is_err() {
                tracing::warn!("the listener failed");
            }
        }
        let pause = shared.moved.wait_timeout_while(shared.state(), PAUSE, |state| !state.over);
        drop(pause.unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use std::sync::mpsc;

    /// Passes on what it hears, and changes something itself when it first hears of a change.
    struct Busy {
        heard: mpsc::Sender<Vec<Screen>>,
        changes: Mutex<Option<Arc<Changes>>>,
    }

    impl Listener for Busy {
        fn on_change(&self, screens: Vec<Screen>) {
            if let Some(changes) = self.changes.lock().unwrap().take() {
                changes.note([Screen::Outbox]);
                changes.note([Screen::Me, Screen::Outbox]);
            }
            self.heard.send(screens).unwrap();
        }
    }

    #[test]
    fn changes_are_gathered_told_once_and_may_be_made_while_being_told() {
        let (heard, told) = mpsc::channel();
        let changes = Arc::new(Changes::default());
        changes.note([Screen::Notices, Screen::Home]);
        changes.note([Screen::Home]);
        changes.listen(Arc::new(Busy { heard, changes: Mutex::new(Some(changes.clone())) })).unwrap();
        assert_eq!(told.recv().unwrap(), [Screen::Home, Screen::Notices]);
        assert_eq!(told.recv().unwrap(), [Screen::Outbox, Screen::Me]);
    }

    struct Faulty(mpsc::Sender<()>);

    impl Listener for Faulty {
        #[allow(clippy::panic, reason = "an app's exception")]
        fn on_change(&self, _screens: Vec<Screen>) {
            self.0.send(()).unwrap();
            panic!("an exception in the app");
        }
    }

    #[test]
    fn a_listener_that_throws_is_told_again() {
        let (heard, told) = mpsc::channel();
        let changes = Changes::default();
        changes.listen(Arc::new(Faulty(heard))).unwrap();
        changes.note([Screen::Home]);
        told.recv().unwrap();
        changes.note([Screen::Home]);
        told.recv().unwrap();
    }

    #[test]
    fn the_thread_ends_with_its_owner_and_lets_the_listener_go() {
        let (heard, told) = mpsc::channel();
        let changes = Changes::default();
        changes.listen(Arc::new(Busy { heard, changes: Mutex::new(None) })).unwrap();
        drop(changes);
        assert!(told.recv().is_err());
    }
}
