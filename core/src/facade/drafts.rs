//! What an officer has begun to write: it stays on this phone.

use super::Kairan;
use crate::{
    error::Error,
    records::{Draft, DraftLine, Screen},
};
use kairan_protocol::id::PersonId;

#[cfg_attr(feature = "ffi", uniffi::export)]
#[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
impl Kairan {
    /// A person's drafts, the one saved last first.
    pub fn drafts(&self, person: String) -> Result<Vec<DraftLine>, Error> {
        self.look(|engine| engine.store.drafts(person.parse()?))
    }

    /// Keeps a draft: a new one, or in place of the one with that id. Its id. It may be unfinished; at most fifty are kept for a
    /// person (`too_many_drafts`).
    pub async fn save_draft(&self, person: String, id: Option<String>, draft: Draft) -> Result<String, Error> {
        let person: PersonId = person.parse()?;
        let id = self
            .aside(move |engine| engine.store.save_draft(person, id.as_deref(), &draft, engine.bearings.now()))
            .await?;
        self.engine.changes.note([Screen::Drafts]);
        Ok(id)
    }

    /// Forgets a draft that was sent or thought better of. Once more does nothing.
    pub async fn drop_draft(&self, person: String, id: String) -> Result<(), Error> {
        let person: PersonId = person.parse()?;
        self.aside(move |engine| engine.store.drop_draft(person, &id)).await?;
        self.engine.changes.note([Screen::Drafts]);
        Ok(())
    }
}
