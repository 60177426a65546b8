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
        if self.missing(slip)?.is_empty() {
            return Ok(Err(Denied::DeviceUnknown));
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
        for person in self.people(slip)? {
            // Whoever is on it was let in again by then, should a mark of an earlier leaving come back.
            let sql = "UPDATE device_person SET committed = max(committed, ?3) WHERE device = ?1 AND person = ?2";
            run(self.connection, sql, [slip.device.number(), person.number(), signed(slip.commit.0)])?;
        }
        let persons = self.missing(slip)?;
        if persons.is_empty() {
            return Ok(());
        }
        let rights = self.system_commit("slip", &slip.device.to_string())?;
        let name = self.look().device_facts(slip.device)?.map_or_else(|| NAMELESS.to_owned(), |device| device.name);
        self.hold(slip.device, &persons, (&name, slip.at), Under { commit: slip.commit, rights })
    }

    /// The people of a slip, each by the id that stands.
    fn people(&self, slip: &Slip) -> Result<Vec<PersonId>, StoreError> {
        let mut people = Vec::with_capacity(slip.persons.len());
        for person in &slip.persons {
            people.push(reduce::author(&self.look(), *person)?);
        }
        people.sort_unstable();
        people.dedup();
        Ok(people)
    }

    /// The people of a slip who live here, are not on the device, and did not leave it after the slip was written.
    fn missing(&self, slip: &Slip) -> Result<Vec<PersonId>, StoreError> {
        let held = self.look().device_persons(slip.device)?;
        let mut missing = Vec::new();
        for person in self.people(slip)?.into_iter().filter(|person| !held.contains(person)) {
            let left = self.when_ended(Ended::Left(person, slip.device))?;
            let known = self.look().person(person)?.filter(|known| known.gone.is_none());
            if left.is_none_or(|left| left <= slip.commit) && known.is_some() {
                missing.push(person);
            }
        }
        Ok(missing)
    }
}
