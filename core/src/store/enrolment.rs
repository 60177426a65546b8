//! What a phone keeps from joining: in `outbox.db`, and a second time in a small file of its own, so that a phone whose outbox
//! cannot be read stays joined.

use super::{
    Step, Store,
    files::{beside, remove, sync_folder_of, write_private},
    outbox,
};
use crate::error::Error;
use kairan_protocol::{
    id::{DeviceId, Epoch, GroupId},
    sign::{Key, Signed},
    wire::Token,
};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::PoisonError,
};

/// All a phone keeps from joining.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The district's root.
    pub district: GroupId,
    /// Its name.
    pub name: String,
    /// This device.
    pub device: DeviceId,
    /// The token in use.
    pub token: Token,
    /// Signed by the identity key: shown to a server that does not know the device.
    pub slip: Signed,
    /// Where the server can be reached, best first.
    pub addresses: Vec<String>,
    /// The district's identity key: what everything is checked against.
    pub identity: Key,
    /// The key that will follow it, once the newest card announced one.
    #[serde(default)]
    pub next_identity: Option<Key>,
    /// The version of the newest card read: an older one takes nothing back.
    #[serde(default)]
    pub card: u64,
    /// The server's epoch when joining, or the last one seen.
    pub epoch: Epoch,
}

fn file(folder: &Path) -> PathBuf {
    folder.join("enrolment.json")
}

/// What the second file says; none where it says nothing that can be read.
pub(super) fn copy(folder: &Path) -> Option<Enrolment> {
    serde_json::from_slice(&fs::read(file(folder)).ok()?).ok()
}

/// Removes the second file.
pub(super) fn forget_copy(folder: &Path) -> Result<(), Error> {
    let file = file(folder);
    remove(&beside(&file, ".part"))?;
    remove(&file)?;
    sync_folder_of(&file)
}

impl Store {
    /// What was kept from joining.
    pub fn enrolment(&self) -> Result<Option<Enrolment>, Error> {
        self.outbox_file().read(outbox::enrolment)
    }

    /// Keeps what joining gave. The epoch is the one the outbox is of: another one is begun by a sync, never by joining again.
    pub fn set_enrolment(&self, enrolment: &Enrolment) -> Result<(), Error> {
        let _guard = self.guard();
        self.outbox_file().write(|outbox| {
            let epoch = outbox::enrolment(outbox)?.map_or_else(|| enrolment.epoch.clone(), |known| known.epoch);
            outbox::set_enrolment(outbox, &Enrolment { epoch, ..enrolment.clone() })
        })?;
        self.reach(Step::EnrolmentKept)?;
        self.copy_enrolment()?;
        self.refresh_world()
    }

    /// Keeps a token's successor.
    pub fn set_token(&self, token: &Token) -> Result<(), Error> {
        self.outbox_file().write(|outbox| outbox::set_token(outbox, token))?;
        self.reach(Step::TokenKept)?;
        self.copy_enrolment()
    }

    /// Writes the second file where it does not say what the outbox says. Without room it is written another time: the
    /// outbox is what counts.
    pub(super) fn copy_enrolment(&self) -> Result<(), Error> {
        let Some(enrolment) = self.enrolment()? else { return Ok(()) };
        let mut copied = self.copied.lock().unwrap_or_else(PoisonError::into_inner);
        if copied.as_ref() == Some(&enrolment) {
            return Ok(());
        }
        match write_private(&file(self.folder()), serde_json::to_string(&enrolment)?.as_bytes()) {
            Ok(()) => *copied = Some(enrolment),
            Err(error) => tracing::warn!(code = error.code(), "the enrolment is not kept a second time"),
        }
        drop(copied);
        self.reach(Step::EnrolmentCopied)
    }
}
