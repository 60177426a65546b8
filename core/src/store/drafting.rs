//! Drafts on this phone: kept like what waits to be sent, until somebody sends or drops them.

use super::{Step, Store, outbox::drafts};
use crate::{
    error::Error,
    records::{Draft, DraftLine},
};
use kairan_protocol::{
    feed::{Audience, FeedName},
    id::{GroupId, OpId, PersonId},
    notice::Points,
    refusal::Refusal,
    time::Timestamp,
    validate,
};

/// The most drafts of one person.
const MOST: usize = 50;
/// The code of one more.
const TOO_MANY: &str = "too_many_drafts";

impl Store {
    /// A person's drafts, the one saved last first.
    pub fn drafts(&self, person: PersonId) -> Result<Vec<DraftLine>, Error> {
        self.is_here(person)?;
        let kept = self.outbox_file().read(|outbox| drafts::of(outbox, person))?;
        // What an older app does not understand stays for a newer one.
        let line = |kept: drafts::Kept| {
            let draft = serde_json::from_str(&kept.text).ok()?;
            Some(DraftLine { id: kept.id, draft, saved_at: kept.saved_at })
        };
        Ok(kept.into_iter().filter_map(line).collect())
    }

    /// Keeps a draft, on the disk when this returns: a new one, or in place of the one with that id. Its id.
    pub fn save_draft(
        &self,
        person: PersonId,
        id: Option<&str>,
        draft: &Draft,
        now: Timestamp,
    ) -> Result<String, Error> {
        self.is_here(person)?;
        check(draft)?;
        let id: OpId = match id {
            // One that was dropped meanwhile is written anew under its id: what somebody typed is not lost.
            Some(id) => id.parse()?,
            None => OpId::at(now).map_err(Error::internal)?,
        };
        let (id, text) = (id.to_string(), serde_json::to_string(draft)?);
        if text.len() > validate::OP_BYTES {
            return Err(Refusal::Malformed.into());
        }
        self.outbox_file().write(|outbox| {
            match drafts::owner(outbox, &id)? {
                Some(owner) if owner != person => return Err(Error::unknown("draft")),
                None if drafts::count(outbox, person)? >= MOST => {
                    return Err(Error::Refused { refusal: TOO_MANY.to_owned() });
                }
                _ => {}
            }
            drafts::keep(outbox, person, (&id, &text), now)
        })?;
        self.reach(Step::DraftKept)?;
        Ok(id)
    }

    /// Forgets a draft: it was sent, or thought better of. Once more does nothing.
    pub fn drop_draft(&self, person: PersonId, id: &str) -> Result<(), Error> {
        self.is_here(person)?;
        let id: OpId = id.parse()?;
        self.outbox_file().write(|outbox| drafts::forget(outbox, person, &id.to_string()))?;
        self.reach(Step::DraftKept)
    }

    /// Forgets what people wrote here whom this phone is for no longer; no byte of it stays in the file.
    pub(super) fn forget_drafts_of_others(&self) -> Result<(), Error> {
        let persons = self.persons()?;
        if self.outbox_file().write(|outbox| drafts::forget_others(outbox, &persons))? {
            self.outbox_file().shrink()?;
        }
        self.reach(Step::DraftsForgotten)
    }

    fn is_here(&self, person: PersonId) -> Result<(), Error> {
        let world = self.scene().world;
        if world.device.is_none() {
            return Err(Error::NotJoined);
        }
        if world.persons.contains(&person) { Ok(()) } else { Err(Error::unknown("person")) }
    }
}

/// A draft may be unfinished, but keeps to the limits of what can be sent, and names groups and boards.
fn check(draft: &Draft) -> Result<(), Error> {
    if !draft.from.is_empty() {
        draft.from.parse::<GroupId>()?;
    }
    for name in &draft.audience {
        Audience::try_from(name.parse::<FeedName>()?)?;
    }
    let points = Points::from(draft.points.clone());
    validate::draft(&draft.title, &points, &draft.text, draft.audience.len()).map_err(|_| Refusal::Malformed.into())
}
