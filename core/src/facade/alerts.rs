//! What a notification is raised for, and that it was.

use super::Kairan;
use crate::{error::Error, records::Alert};
use kairan_protocol::id::{OpId, PersonId};

#[cfg_attr(feature = "ffi", uniffi::export)]
#[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
impl Kairan {
    /// What a notification should be raised for now: an emergency that stands once ever, a request for a talk nobody has looked
    /// at once in each epoch of the server. Reading it changes nothing. For nothing of the practice
    /// neighbourhood.
    pub fn alerts(&self, person: String) -> Result<Vec<Alert>, Error> {
        let person: PersonId = person.parse()?;
        if self.engine.practising().is_ok() {
            return Ok(Vec::new());
        }
        self.engine.store.alerts(person, self.engine.bearings.now())
    }

    /// The notification was raised.
    pub async fn alert_raised(&self, id: String) -> Result<(), Error> {
        let id: OpId = id.parse()?;
        self.aside(move |engine| engine.store.alert_raised(id, engine.bearings.now())).await
    }

    /// Somebody looked at what it is about.
    pub async fn alert_seen(&self, id: String) -> Result<(), Error> {
        let id: OpId = id.parse()?;
        self.aside(move |engine| engine.store.alert_seen(id, engine.bearings.now())).await
    }
}
