//! The pretend commissioner: when somebody asks for a talk, she looks at it a moment later, and then takes it.

use super::{
    people::{COMMISSIONER, device_of},
    town::Town,
};
use kairan_protocol::{
    case::{CaseState, Talk},
    id::OpId,
    op::{Command, Op},
    time::Timestamp,
};
use std::collections::BTreeSet;

/// So long after it was asked she looks, and so long after she takes it, in milliseconds.
pub(super) const LOOKS_AFTER: i64 = 2_000;
pub(super) const TAKES_AFTER: i64 = 5_000;

/// What she is going to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doing {
    Look,
    Take,
}

/// What she is going to do, when, and about which case.
#[derive(Debug, Default)]
pub(super) struct Plan {
    known: BTreeSet<OpId>,
    next: BTreeSet<(Timestamp, OpId, Doing)>,
}

impl Plan {
    /// A case stands so now.
    pub(super) fn heard(&mut self, talk: &Talk, now: Timestamp) {
        if talk.state == CaseState::Open && self.known.insert(talk.op) {
            self.next.insert((now.plus_millis(LOOKS_AFTER), talk.op, Doing::Look));
            self.next.insert((now.plus_millis(TAKES_AFTER), talk.op, Doing::Take));
        }
    }
}

impl Town {
    /// When she does something next.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.plan.next.first().map(|(at, ..)| *at)
    }

    /// She does what is due. What was taken back meanwhile the rules refuse her, and she leaves it.
    pub(super) fn do_what_is_due(&mut self, now: Timestamp) {
        while let Some((at, case, doing)) = self.plan.next.first().copied().filter(|(at, ..)| *at <= now) {
            self.plan.next.remove(&(at, case, doing));
            let command = match doing {
                Doing::Look => Command::SeeCase { case },
                Doing::Take => Command::TakeCase { case },
            };
            // Without randomness for an id she does nothing.
            if let Ok(id) = OpId::at(at) {
                self.does(&Op { id, person: COMMISSIONER, at, command }, device_of(COMMISSIONER), now);
            }
        }
    }
}
