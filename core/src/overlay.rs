//! What pending ops do to the mirror: each is reduced by the one reducer over what the phone knows, and its rows are laid over
//! the server's until they arrive from there.

mod look;
mod paper;
mod world;

pub(crate) use look::{Look, Seen, notice_body};
pub(crate) use paper::Counted;
pub(crate) use world::{World, meta};

use crate::error::Error;
use kairan_protocol::{
    check_in::CheckIn,
    feed::FeedName,
    id::{GroupId, NoticeId, OpId, PersonId, Rev},
    op::{Command, Op},
    reduce::reduce,
    refusal::Refusal,
    row::kind,
    time::Timestamp,
    view::{Context, Effect, Effects},
};
use rusqlite::Connection;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// An op whose effect is not in the mirror yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pending {
    /// The op.
    pub op: Op,
    /// Whether the server has it: its rows are on their way here.
    pub applied: bool,
}

/// One row laid over the mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Laid {
    /// Its rev.
    pub rev: Rev,
    /// Its body; none: it is gone.
    pub body: Option<String>,
    /// The op that laid it.
    pub op: OpId,
    /// Whether the server does not have that op yet.
    pub waiting: bool,
}

/// How a home is reached, as an op that the server has not worked in yet says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SaidPaper {
    /// Whether it is served on paper.
    pub paper: bool,
    /// Whether the server does not have that op yet.
    pub waiting: bool,
}

/// The rows pending ops put and drop, by feed and kind, and what they say about check-ins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overlay {
    rows: HashMap<(FeedName, &'static str), HashMap<String, Laid>>,
    paper: HashMap<GroupId, SaidPaper>,
    check_ins: Vec<(PersonId, CheckIn)>,
    taken_back: BTreeSet<OpId>,
}

impl Overlay {
    /// The pending ops in their order, each over what those before it left.
    pub(crate) fn of(connection: &Connection, world: &Arc<World>, pending: &[Pending]) -> Result<Self, Error> {
        let mut overlay = Self::default();
        for pending in pending {
            let look = Look::new(connection, world, &overlay);
            // What the phone cannot judge is for the server; it shows nothing until then, but for what was read and sealed.
            let effects = match judge(&look, &pending.op, pending.op.at)? {
                Ok(effects) => Some(effects),
                Err(_) => look.receipt_of_a_stranger(&pending.op)?,
            };
            if let Some(effects) = effects {
                overlay.lay(&pending.op, effects, !pending.applied);
            }
        }
        Ok(overlay)
    }

    fn lay(&mut self, op: &Op, effects: Effects, waiting: bool) {
        for effect in effects.effects {
            match effect {
                Effect::Put { feed, kind, id, rev, body, urgent: _ } => {
                    let laid = Laid { rev, body: Some(body), op: op.id, waiting };
                    self.rows.entry((feed, kind)).or_default().insert(id, laid);
                }
                Effect::Drop { feed, kind, id } => {
                    let laid = Laid { rev: Rev::FIRST, body: None, op: op.id, waiting };
                    self.rows.entry((feed, kind)).or_default().insert(id, laid);
                }
                Effect::Paper { household, paper } => {
                    self.paper.insert(household, SaidPaper { paper, waiting });
                }
                Effect::CheckIn { person, check_in } => self.check_ins.push((person, check_in)),
                Effect::TakenBack { op, .. } => {
                    self.taken_back.insert(op);
                }
                _ => {}
            }
        }
    }

    /// The laid row of a thing, if there is one.
    pub(crate) fn row(&self, feed: FeedName, kind: &'static str, id: &str) -> Option<&Laid> {
        self.rows.get(&(feed, kind))?.get(id)
    }

    /// Every laid row of a kind in a feed.
    pub(crate) fn rows(&self, feed: FeedName, kind: &'static str) -> impl Iterator<Item = (&String, &Laid)> {
        self.rows.get(&(feed, kind)).into_iter().flatten()
    }

    /// How a home is reached by what was said here, if anything was.
    pub(crate) fn paper(&self, home: GroupId) -> Option<SaidPaper> {
        self.paper.get(&home).copied()
    }

    /// Every laid row of a thing, whatever the feed.
    pub(crate) fn everywhere<'a>(
        &'a self,
        kind: &'static str,
        id: &'a str,
    ) -> impl Iterator<Item = (FeedName, &'a Laid)> + 'a {
        let of_kind = self.rows.iter().filter(move |((_, laid_kind), _)| *laid_kind == kind);
        of_kind.filter_map(move |((feed, _), rows)| rows.get(id).map(|laid| (*feed, laid)))
    }

    /// Who of the people here may be otherwise far with which notice under another overlay: their receipt reads differently, or the
    /// notice does.
    pub(crate) fn standings_that_differ(&self, other: &Self, people: &[PersonId]) -> BTreeSet<(PersonId, NoticeId)> {
        let mut differ = BTreeSet::new();
        for (ours, theirs) in [(self, other), (other, self)] {
            for ((feed, kind), rows) in &ours.rows {
                let of = match (feed, *kind) {
                    (FeedName::Mail(person), kind::RECEIPT) => std::slice::from_ref(person),
                    (_, kind::NOTICE) => people,
                    _ => continue,
                };
                let changed = rows.iter().filter(|(id, laid)| theirs.row(*feed, kind, id) != Some(laid));
                for notice in changed.filter_map(|(id, _)| id.parse().ok()) {
                    differ.extend(of.iter().map(|person| (*person, notice)));
                }
            }
        }
        differ
    }

    /// The rev a notice asks about by a pending correction; none where nothing pending changes it.
    pub(crate) fn asks(&self, notice: &str) -> Option<Rev> {
        let laid = self.everywhere(kind::NOTICE, notice).filter_map(|(_, laid)| laid.body.as_deref());
        laid.filter_map(notice_body).map(|body| body.asks).max()
    }

    fn check_ins(&self, person: PersonId) -> impl Iterator<Item = CheckIn> + '_ {
        self.check_ins.iter().filter(move |(of, _)| *of == person).map(|(_, check_in)| *check_in)
    }

    fn is_taken_back(&self, op: OpId) -> bool {
        self.taken_back.contains(&op)
    }
}

/// The reducer's word on an op as far as this phone can tell: effects, or why not.
pub(crate) fn judge(look: &Look<'_>, op: &Op, now: Timestamp) -> Result<Result<Effects, Refusal>, Error> {
    let Some(device) = look.world().device else { return Err(Error::NotJoined) };
    reduce(look, op, &Context { now, device, zone: &look.world().zone })
}

/// Whether a refusal may only mean that this phone does not know enough: then the server decides.
pub(crate) fn is_for_the_server(world: &World, op: &Op, refusal: Refusal) -> bool {
    match refusal {
        Refusal::NotOnThisDevice | Refusal::SharedDevice | Refusal::Malformed => false,
        Refusal::UnknownGroup
        | Refusal::UnknownPerson
        | Refusal::UnknownRole
        | Refusal::UnknownDevice
        | Refusal::UnknownOp
        | Refusal::UnknownCase
        | Refusal::UnknownNotice
        | Refusal::UnknownRev
        | Refusal::UnknownJoin => true,
        // Signing off a device one cannot see is judged by its owner's place, which one cannot see either.
        Refusal::NotAllowed
            if matches!(op.command, Command::Revoke { .. } | Command::Invite { .. } | Command::Approve { .. }) =>
        {
            true
        }
        // Before the first pull nothing is known about the person at all.
        _ => !world.profiles.contains_key(&op.person),
    }
}
