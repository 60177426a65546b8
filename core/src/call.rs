//! The facade by name, with JSON: for the terminal phone, the browser screens and scripts.

use crate::{
    error::Error,
    facade::Kairan,
    records::{
        Correction, Departure, Draft, Mood, NewHome, NewPerson, NoticeFilter, PaperStage, RoleKind, RosterCorrection,
        ScreenTask, Support,
    },
};
use serde::{Deserialize, Serialize};
use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

/// Why a call by name gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{code}: {message}")]
pub struct CallError {
    /// Stable: `unknown_call`, `bad_arguments`, or [`Error::code`].
    pub code: String,
    /// For a person who reads logs.
    pub message: String,
    /// The facade's own error, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        Self { code: error.code().to_owned(), message: error.to_string(), error: Some(error) }
    }
}

/// Calls a method of the facade. Arguments are a JSON object with the parameters' names (absent ones are null; an empty
/// text is an empty object), the answer is JSON. Blocks the calling thread until a write is on disk or the network
/// answered, so an async caller makes it a thread of its own.
pub fn call(kairan: &Kairan, name: &str, json: &str) -> Result<String, CallError> {
    let json = if json.trim().is_empty() { "{}" } else { json };
    dispatch(kairan, name, json)
}

macro_rules! methods {
    (@wait async $answer:expr) => { wait($answer) };
    (@wait sync $answer:expr) => { $answer };
    ($($kind:ident $name:ident($($parameter:ident: $type:ty),*);)+) => {
        /// Every name [`call`] knows.
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];

        fn dispatch(kairan: &Kairan, name: &str, json: &str) -> Result<String, CallError> {
            match name {
                $(stringify!($name) => {
                    #[derive(Deserialize)]
                    #[serde(deny_unknown_fields)]
                    struct Arguments { $($parameter: $type),* }
                    let Arguments { $($parameter),* } = arguments(json)?;
                    answer(methods!(@wait $kind kairan.$name($($parameter),*)))
                })+
                _ => Err(CallError {
                    code: "unknown_call".to_owned(),
                    message: "there is no such method".to_owned(),
                    error: None,
                }),
            }
        }
    };
}

methods! {
    async join(code: String, persons: Vec<String>);
    async leave(person: String);
    async invite(person: String, to: String, passed_on: bool);
    async approve(person: String, join: String, admit: bool);
    sync me();
    sync home(person: String);
    sync notices(person: String, filter: NoticeFilter, after: Option<String>, limit: u32);
    sync notice(person: String, id: String);
    sync events(person: String);
    sync search(person: String, text: String, limit: u32);
    async displayed(person: String, notice: String);
    async acknowledge(person: String, notice: String);
    async check_in(person: String, mood: Mood);
    async consent(person: String, moods_to_team: bool);
    async take_back(person: String, op: String);
    sync drafts(person: String);
    async save_draft(person: String, id: Option<String>, draft: Draft);
    async drop_draft(person: String, id: String);
    async post(person: String, draft: Draft);
    async correct(person: String, notice: String, seen: u32, correction: Correction);
    async withdraw(person: String, notice: String, seen: u32, reason: String);
    sync desks(person: String);
    sync desk(group: String);
    sync desk_notice(group: String, notice: String);
    sync audience(person: String, group: String, ticked: Vec<String>, tap: Option<String>);
    async grant_role(person: String, to: String, group: String, kind: RoleKind, until: Option<i64>);
    async end_role(person: String, role: String);
    async move_household(person: String, household: String, to: String);
    async add_household(person: String, block: String, home: NewHome);
    async add_block(person: String, association: String, name: String);
    async add_person(person: String, household: String, new: NewPerson);
    async correct_household(person: String, household: String, seen: u32, correction: RosterCorrection);
    async correct_person(person: String, of: String, seen: u32, correction: RosterCorrection);
    async move_person(person: String, who: String, to: String);
    async depart(person: String, who: String, why: Departure);
    async merge_households(person: String, from: String, into: String);
    async split_household(person: String, from: String, block: String, name: String, people: Vec<String>);
    async same_person(person: String, same: String, twice: String);
    sync deliveries(group: String, notice: Option<String>);
    sync reach(person: String, audience: Vec<String>);
    async paper_receipt(person: String, notice: String, rev: u32, household: String, stage: PaperStage);
    async set_paper(person: String, household: String, paper: bool);
    sync my_talks(person: String);
    async see_case(person: String, case: String);
    async take_case(person: String, case: String);
    async release_case(person: String, case: String);
    async note_case(person: String, case: String, text: String);
    async close_case(person: String, case: String, text: Option<String>);
    async set_support(person: String, group: String, support: Option<Support>);
    sync alerts(person: String);
    async alert_raised(id: String);
    async alert_seen(id: String);
    sync phones(person: String);
    async revoke(person: String, device: String);
    sync outbox();
    async retry(op: String);
    async discard(op: String);
    async salvage_seen();
    sync practice_tasks();
    async practice_did(task: ScreenTask);
    async practice_again();
    sync practice_cut(cut: bool);
    async sync();
    sync start();
    sync stop();
}

fn arguments<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, CallError> {
    serde_json::from_str(json).map_err(|error| CallError {
        code: "bad_arguments".to_owned(),
        // Where it stands and which field, never the text itself: it may be somebody's words.
        message: format!("not the arguments of this method, at line {} column {}", error.line(), error.column()),
        error: None,
    })
}

/// What a facade method gives: a record or nothing, or its error.
trait Answer {
    fn json(self) -> Result<String, CallError>;
}

impl<T: Serialize> Answer for Result<T, Error> {
    fn json(self) -> Result<String, CallError> {
        serde_json::to_string(&self?).map_err(|error| Error::from(error).into())
    }
}

impl Answer for () {
    fn json(self) -> Result<String, CallError> {
        Ok("null".to_owned())
    }
}

fn answer(given: impl Answer) -> Result<String, CallError> {
    given.json()
}

struct Sleeper(Thread);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread. The facade's futures only wait for work on the core's threads, so nothing else must run here.
fn wait<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let waker = Waker::from(Arc::new(Sleeper(thread::current())));
    loop {
        match work.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use crate::keys::SoftwarePlatform;

    /// The facade's own text: what is exported there must be callable here.
    const FACADE: &[&str] = &[
        include_str!("facade/alerts.rs"),
        include_str!("facade/cases.rs"),
        include_str!("facade/desk.rs"),
        include_str!("facade/drafts.rs"),
        include_str!("facade/inviting.rs"),
        include_str!("facade/joining.rs"),
        include_str!("facade/outbox.rs"),
        include_str!("facade/paper.rs"),
        include_str!("facade/people.rs"),
        include_str!("facade/phones.rs"),
        include_str!("facade/posting.rs"),
        include_str!("facade/practising.rs"),
        include_str!("facade/reading.rs"),
        include_str!("facade/taps.rs"),
    ];
    const SYNCING: &str = include_str!("facade/syncing.rs");

    fn methods_of(text: &str) -> impl Iterator<Item = &str> {
        text.lines().filter_map(|line| {
            let line = line.trim();
            let signature = line.strip_prefix("pub async fn ").or_else(|| line.strip_prefix("pub fn "))?;
            signature.split_once('(').map(|(name, _)| name)
        })
    }

    fn phone() -> (tempfile::TempDir, Arc<Kairan>) {
        let dir = tempfile::tempdir().unwrap();
        let platform = Arc::new(SoftwarePlatform::new(dir.path()).unwrap());
        let kairan = Kairan::open(dir.path().to_string_lossy().into_owned(), platform).unwrap();
        (dir, kairan)
    }

    #[test]
    fn every_method_of_the_facade_has_a_name() {
        let exported = FACADE.iter().copied().chain([SYNCING]).flat_map(methods_of);
        // A listener is no JSON; who calls by name asks again instead.
        let mut exported: Vec<&str> = exported.filter(|name| *name != "set_listener").collect();
        let mut names = NAMES.to_vec();
        exported.sort_unstable();
        names.sort_unstable();
        assert_eq!(exported, names);
    }

    #[test]
    fn a_method_is_called_by_its_name_with_and_without_waiting() {
        let (_dir, kairan) = phone();
        let me: serde_json::Value = serde_json::from_str(&call(&kairan, "me", "").unwrap()).unwrap();
        assert_eq!(me["joined"], false);
        assert_eq!(call(&kairan, "sync", "{}").unwrap_err().code, "not_joined");
        assert_eq!(call(&kairan, "stop", "{}").unwrap(), "null");
    }

    #[test]
    fn an_unknown_name_and_wrong_arguments_have_stable_codes() {
        let (_dir, kairan) = phone();
        assert_eq!(call(&kairan, "dance", "{}").unwrap_err().code, "unknown_call");
        for wrong in ["{}", "[]", "{", r#"{"person":7}"#, r#"{"person":"p","shoe":1}"#] {
            assert_eq!(call(&kairan, "home", wrong).unwrap_err().code, "bad_arguments", "{wrong}");
        }
        let nobody = call(&kairan, "home", r#"{"person":"nobody"}"#).unwrap_err();
        assert_eq!((nobody.code.as_str(), nobody.error), ("unknown", Some(Error::unknown("a person's id"))));
    }

    #[test]
    fn what_somebody_wrote_is_not_repeated_in_an_error() {
        let (_dir, kairan) = phone();
        let error =
            call(&kairan, "consent", r#"{"person":"secret words","moods_to_team":"secret words"}"#).unwrap_err();
        assert!(!error.to_string().contains("secret"));
    }
}
