//! Slips: a device the restored backup does not know, or not with all of its people, is let in again by what enrolment signed for it.

use super::{
    effects::Under,
    enrol::NAMELESS,
    error::{Denied, StoreError},
    keys::Keys,
    look::Look,
    meta,
    sql::{run, signed},
    tx::Tx,
};
use kairan_protocol::{
    id::{DeviceId, GroupId, PersonId},
    reduce,
    replay::Ended,
    sign::{Key, Purpose, Signed},
    view::View,
    wire::Slip,
};
use rusqlite::params;

/// Reads the slip a device shows; none where it is not one of this district for this device. A slip of an identity key that was
/// replaced counts only for what a restore lost, before it was: whoever stole such a key, and is known for it, lets nobody in by it.
pub(super) fn read(
    look: &Look<'_>,
    shown: &Signed,
    keys: &Keys,
    (district, device): (GroupId, DeviceId),
) -> Result<Option<Slip>, StoreError> {
    let signed_by = |key: &Key| Some((*key, shown.open::<Slip>(key, Purpose::Slip).ok()?));
    let Some((key, slip)) = keys.all().iter().find_map(signed_by) else { return Ok(None) };
    if slip.district != district || slip.device != device {
        return Ok(None);
    }
    let in_use = keys.all().first() == Some(&key);
    let replaced = meta::replaced_identities(look.connection)?;
    let before = replaced.iter().filter(|replaced| replaced.key == key).all(|replaced| slip.commit < replaced.at);
    let counts = in_use || before && look.was_lost(slip.commit)?;
    Ok(counts.then_some(slip))
}

impl Tx<'_> {
    /// Makes the device of a slip, as it was, where nothing here says that it ended and somebody of it is left.
    pub(super) fn make_again(&mut self, slip: &Slip) -> Result<Result<(), Denied>, StoreError> {
        if self.when_ended(Ended::Revoked(slip.device))?.is_some() {
            return Ok(Err(Denied::Revoked));
        }
        let people = self.people(slip)?;
        if !people.iter().any(|person| matches!(person, Listed::Here(_))) {
            // Only what is known to be over lets a phone erase: whoever is not known here may come back.
            let over = !people.is_empty() && people.iter().all(|person| matches!(person, Listed::Over));
            return Ok(Err(if over { Denied::Revoked } else { Denied::DeviceUnknown }));
        }
        let sql = "INSERT INTO device (id, name, key, since, rights, proved) VALUES (?1, ?2, ?3, ?4, 0, 0)";
        run(self.connection, sql, params![slip.device.number(), NAMELESS, slip.key.sec1(), slip.at.millis()])?;
        self.bring_back(slip)?;
        Ok(Ok(()))
    }

    /// Puts the people of a slip on their device again that the backup did not know there. A slip from a time this server remembers
    /// tells it nothing new: whoever is not on the device left it.
    pub(super) fn bring_people_back(&mut self, slip: &Slip) -> Result<(), StoreError> {
        if self.look().was_lost(slip.commit)? { self.bring_back(slip) } else { Ok(()) }
    }

    fn bring_back(&mut self, slip: &Slip) -> Result<(), StoreError> {
        let held = self.look().device_persons(slip.device)?;
        let mut missing = Vec::new();
        for person in self.people(slip)? {
            let Listed::Here(person) = person else { continue };
            if !held.contains(&person) {
                missing.push(person);
                continue;
            }
            // Whoever is on it was let in again by then, should a mark of an earlier leaving come back.
            let sql = "UPDATE device_person SET committed = max(committed, ?3) WHERE device = ?1 AND person = ?2";
            run(self.connection, sql, [slip.device.number(), person.number(), signed(slip.commit.0)])?;
        }
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        let rights = self.system_commit("slip", &slip.device.to_string())?;
        let name = self.look().device_facts(slip.device)?.map_or_else(|| NAMELESS.to_owned(), |device| device.name);
        self.hold(slip.device, &missing, (&name, slip.at), Under { commit: slip.commit, rights })
    }

    fn people(&self, slip: &Slip) -> Result<Vec<Listed>, StoreError> {
        slip.persons.iter().map(|person| self.listed(*person, slip)).collect()
    }

    /// What is known here of somebody a slip lists.
    fn listed(&self, person: PersonId, slip: &Slip) -> Result<Listed, StoreError> {
        let stands = reduce::author(&self.look(), person)?;
        for one in [person, stands] {
            if self.when_ended(Ended::Left(one, slip.device))?.is_some_and(|left| left > slip.commit) {
                return Ok(Listed::Over);
            }
        }
        let departed = || Ok::<_, StoreError>(self.when_ended(Ended::Departed(person))?.is_some());
        Ok(match self.look().person(stands)? {
            Some(known) if known.gone.is_some() => Listed::Over,
            Some(_) => Listed::Here(stands),
            None if departed()? => Listed::Over,
            None => Listed::Unknown,
        })
    }
}

/// Somebody a slip lists.
enum Listed {
    /// They are here, by the id that stands.
    Here(PersonId),
    /// They are gone for good, or left the device after the slip was written.
    Over,
    /// Nothing is known of them, so far.
    Unknown,
}
