//! A mirror found damaged while it is in use: put aside, made anew, and pulled again, without a restart. What people here said
//! is not in it.

use super::{Store, mirror};
use crate::error::Error;
use std::sync::{Mutex, MutexGuard, TryLockError, atomic::Ordering};

/// So often within one opening the phone goes on at once; a disk that damages more than that is given time.
const AT_ONCE: u64 = 3;

/// The lock if nobody holds it.
fn free(mutex: &Mutex<()>) -> Option<MutexGuard<'_, ()>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl Store {
    /// Reads from the mirror; from the new one, where the old was found damaged and nobody is in the middle of a change.
    pub(super) fn read_mirror<T>(&self, read: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        let before = self.mirror_file().generation();
        let answer = read();
        let is_old = self.mirror_file().generation() != before;
        // Where there was no room to make it anew, reads find nothing at all until there is.
        if answer.is_err() && (is_old || (self.mirror_file().is_damaged() && self.is_made_anew())) {
            return read();
        }
        answer
    }

    /// Makes a damaged mirror anew where nobody is in the middle of a change; whether there is a whole one now.
    fn is_made_anew(&self) -> bool {
        let Some(_answer) = free(&self.answer) else { return false };
        let Some(_change) = free(&self.changes) else { return false };
        self.make_mirror_anew().is_ok()
    }

    /// At the beginning of a change, when no answer is being applied.
    pub(super) fn make_mirror_anew_if_free(&self) {
        if self.mirror_file().is_damaged()
            && let Some(_answer) = free(&self.answer)
            && let Err(error) = self.make_mirror_anew()
        {
            tracing::warn!(code = error.code(), "the mirror could not be made anew");
        }
    }

    /// Makes a mirror that was found damaged anew. The caller holds the guard, and no answer is in the middle.
    pub(super) fn make_mirror_anew(&self) -> Result<(), Error> {
        if !self.mirror_file().is_damaged() {
            return Ok(());
        }
        self.mirror_file().make_anew(mirror::MIGRATIONS)?;
        tracing::error!("the mirror was damaged: it is pulled anew");
        self.made_anew.store(true, Ordering::Release);
        self.refresh_world()?;
        self.refresh_overlay();
        Ok(())
    }

    /// Whether the next round may follow at once.
    pub(super) fn may_go_on_at_once(&self) -> bool {
        self.mirror_file().generation() <= AT_ONCE
    }

    /// Whether the mirror was made anew since this was asked last: every screen reads differently, and all is to be pulled.
    pub(crate) fn was_made_anew(&self) -> bool {
        self.made_anew.swap(false, Ordering::AcqRel)
    }
}
