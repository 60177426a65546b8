//! The resident's screens: synchronous, from the phone's own store.

use super::Kairan;
use crate::{
    error::Error,
    records::{EventLine, Home, Me, NoticeDetail, NoticeFilter, NoticePage, PracticeTask, SearchHit},
};

/// More lines than this are never put on one page.
const LONGEST_PAGE: u32 = 200;

#[cfg_attr(feature = "ffi", uniffi::export)]
#[allow(clippy::needless_pass_by_value, reason = "what crosses the language border is owned")]
impl Kairan {
    /// Whose phone this is, and where.
    pub fn me(&self) -> Result<Me, Error> {
        let me = self.look(|engine| engine.store.me(engine.bearings.now()))?;
        Ok(Me { practice: self.engine.practising().is_ok(), ..me })
    }

    /// The first screen of a person.
    pub fn home(&self, person: String) -> Result<Home, Error> {
        self.look(|engine| engine.store.home(person.parse()?, engine.bearings.now()))
    }

    /// A page of notices, newest first; `after` is the `next` of the page before.
    pub fn notices(
        &self,
        person: String,
        filter: NoticeFilter,
        after: Option<String>,
        limit: u32,
    ) -> Result<NoticePage, Error> {
        self.look(|engine| {
            engine.store.notices(person.parse()?, filter, after.as_deref(), limit.clamp(1, LONGEST_PAGE))
        })
    }

    /// One notice, whole.
    pub fn notice(&self, person: String, id: String) -> Result<NoticeDetail, Error> {
        self.look(|engine| engine.store.notice(person.parse()?, id.parse()?))
    }

    /// Everything that takes place from now on, soonest first: at most a hundred.
    pub fn events(&self, person: String) -> Result<Vec<EventLine>, Error> {
        self.look(|engine| engine.store.events(person.parse()?, engine.bearings.now()))
    }

    /// What holds the words, newest first, with the words marked. Two characters are enough.
    pub fn search(&self, person: String, text: String, limit: u32) -> Result<Vec<SearchHit>, Error> {
        let found = self.look(|engine| engine.store.search(person.parse()?, &text, limit.clamp(1, LONGEST_PAGE)))?;
        if !found.is_empty() {
            self.engine.did_practise(PracticeTask::Search);
        }
        Ok(found)
    }
}
