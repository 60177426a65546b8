//! A person's phones, and signing one off.

use super::Kairan;
use crate::{error::Error, records::PhoneLine};
use kairan_protocol::op::Command;

#[cfg_attr(feature = "ffi", uniffi::export)]
#[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
impl Kairan {
    /// The phones a person has joined with.
    pub fn phones(&self, person: String) -> Result<Vec<PhoneLine>, Error> {
        self.look(|engine| engine.store.phones(person.parse()?))
    }

    /// Signs a phone off that is lost or was given away; the op's id.
    pub async fn revoke(&self, person: String, device: String) -> Result<String, Error> {
        self.engine.is_real()?;
        self.ask(&person, Command::Revoke { device: device.parse()? }).await
    }
}
