//! A phone that is given away, signed off or left: nothing of the neighbourhood stays, even if the app is killed meanwhile.

use super::{
    Step, Store, enrolment,
    files::{remove, sync_folder_of, write_private},
    mirror, outbox, salvage, spool,
};
use crate::error::Error;
use std::{
    path::{Path, PathBuf},
    sync::PoisonError,
};

/// There from the first step of erasing to the last: the next opening goes on where a kill came between.
fn mark(folder: &Path) -> PathBuf {
    folder.join("erasing")
}

impl Store {
    /// Nothing of this neighbourhood stays on the phone; the store goes on as one that has not joined.
    pub fn erase(&self) -> Result<(), Error> {
        let _guard = self.guard();
        // On a full disk it goes without: then only a kill would leave something.
        if let Err(error) = write_private(&mark(self.folder()), &[]) {
            tracing::warn!(code = error.code(), "erasing begins without its mark");
        }
        self.reach(Step::ErasingBegun)?;
        self.empty()
    }

    /// Goes on with an erasing that a kill cut short.
    pub(super) fn end_erasing(&self) -> Result<(), Error> {
        if mark(self.folder()).exists() { self.empty() } else { Ok(()) }
    }

    fn empty(&self) -> Result<(), Error> {
        enrolment::forget_copy(self.folder())?;
        *self.copied.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.reach(Step::CopyForgotten)?;
        spool::empty(self.folder())?;
        self.reach(Step::SpoolEmptied)?;
        self.outbox_file().write(|outbox| {
            outbox::TABLES.iter().try_for_each(|table| {
                outbox.execute(&format!("DELETE FROM {table}"), [])?;
                Ok(())
            })
        })?;
        self.reach(Step::OutboxEmptied)?;
        match self.mirror_file().write(|mirror| mirror::empty(mirror)) {
            Err(Error::Damaged { .. }) => self.mirror_file().make_anew(mirror::MIGRATIONS)?,
            other => other?,
        }
        self.reach(Step::StoreEmptied)?;
        self.refresh_world()?;
        self.refresh_overlay();
        self.outbox_file().shrink()?;
        self.mirror_file().shrink()?;
        salvage::forget_damaged(self.folder())?;
        self.reach(Step::StoreShrunk)?;
        let mark = mark(self.folder());
        remove(&mark)?;
        sync_folder_of(&mark)
    }
}
