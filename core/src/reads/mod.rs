//! What screens show, read in milliseconds from the mirror and the pending ops; every order and count is made here.

mod alerts;
mod audience;
mod cases;
mod days;
mod desk;
mod face;
mod finding;
mod following;
mod home;
mod letter;
mod notices;
mod order;
mod paper;
mod people;

use crate::{error::Error, overlay::Look};
use kairan_protocol::{body::Profile, id::PersonId};

/// Somebody this phone is for.
fn person_here(look: &Look<'_>, person: PersonId) -> Result<(), Error> {
    if look.world().device.is_none() {
        return Err(Error::NotJoined);
    }
    if look.world().persons.contains(&person) { Ok(()) } else { Err(Error::unknown("person")) }
}

/// Who they are, once it arrived.
fn profile<'a>(look: &Look<'a>, person: PersonId) -> Option<&'a Profile> {
    look.world().profiles.get(&person)
}
