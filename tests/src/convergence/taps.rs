//! What residents do in a run: a tap each, on whichever phone.

use super::{ledger::TAKEN_AWAY, world::World};
use kairan_core::{
    records::{Mood, NoticeLine, OpState, Tap, TapKind},
    spool_tap,
};
use kairan_protocol::op::Op;
use kairan_server::clock::Clock as _;

/// What somebody taps.
#[derive(Debug, Clone, Copy)]
enum Tapped {
    CheckIn,
    Yes,
    No,
    TakeBack,
    Displayed,
    Acknowledge,
    Outside,
    Outbox,
    Leave,
    Revoke,
}

const TAPS: &[(usize, Tapped)] = &[
    (22, Tapped::CheckIn),
    (9, Tapped::Yes),
    (5, Tapped::No),
    (6, Tapped::TakeBack),
    (12, Tapped::Displayed),
    (22, Tapped::Acknowledge),
    (8, Tapped::Outside),
    (10, Tapped::Outbox),
    (1, Tapped::Leave),
    (1, Tapped::Revoke),
];

const MOODS: &[(usize, Mood)] = &[(4, Mood::Good), (3, Mood::Fair), (3, Mood::Talk)];

impl World {
    /// Somebody taps something on a phone.
    pub async fn tap(&mut self, number: usize) {
        let persons = self.phones[number].persons();
        let Some(person) = self.chance.pick(&persons).cloned() else { return };
        let Some(tapped) = self.chance.weighed(TAPS) else { return };
        let kairan = std::sync::Arc::clone(&self.phones[number].kairan);
        match tapped {
            Tapped::CheckIn => {
                let mood = self.chance.weighed(MOODS).unwrap_or(Mood::Fair);
                let done = kairan.check_in(person, mood).await.map(Some);
                self.did(number, format!("{mood:?}"), "check_in", done);
            }
            Tapped::Yes | Tapped::No => {
                let yes = matches!(tapped, Tapped::Yes);
                let done = kairan.consent(person, yes).await.map(Some);
                self.did(number, format!("consent {yes}"), "consent", done);
            }
            Tapped::TakeBack => self.take_back(number, person).await,
            Tapped::Displayed => {
                let Some(line) = self.a_notice(number, &person) else { return };
                let done = kairan.displayed(person, line.id).await.map(|()| None);
                self.did(number, format!("opens {}", line.title), "receipt", done);
            }
            Tapped::Acknowledge => {
                let Some(line) = self.a_notice(number, &person) else { return };
                let done = kairan.acknowledge(person, line.id).await.map(Some);
                self.did(number, format!("acknowledges {}", line.title), "receipt", done);
            }
            Tapped::Outside => self.tap_outside(number, person),
            Tapped::Outbox => self.tidy(number).await,
            Tapped::Leave => {
                let done = kairan.leave(person).await.map(Some);
                self.did(number, "leaves", "leave", done);
            }
            Tapped::Revoke => {
                let Ok(phones) = kairan.phones(person.clone()) else { return };
                let Some(other) = self.chance.pick(&phones).cloned() else { return };
                let done = kairan.revoke(person, other.device).await.map(Some);
                self.did(number, format!("signs {} off", other.name), "revoke", done);
            }
        }
    }

    fn a_notice(&mut self, number: usize, person: &str) -> Option<NoticeLine> {
        let lines = self.phones[number].notices(person);
        self.chance.pick(&lines).cloned()
    }

    async fn take_back(&mut self, number: usize, person: String) {
        let kairan = std::sync::Arc::clone(&self.phones[number].kairan);
        let said = kairan.home(person.clone()).ok().and_then(|home| home.check_in);
        let Some(line) = said else { return };
        let waiting = kairan.outbox().unwrap().iter().any(|op| op.id == line.op && op.unsent);
        if waiting {
            self.take_away(number, &line.op, "check_in");
        }
        let done = kairan.take_back(person, line.op).await.map(|()| None);
        self.did(number, "takes it back", "take_back", done);
    }

    /// An op its author does not want any more: that it goes is as it should be.
    fn take_away(&mut self, number: usize, op: &str, word: &str) {
        let texts = self.phones[number].texts();
        let mut ledger = self.ledger();
        ledger.taken_away.insert(op.parse().unwrap());
        ledger.counts.op(word, TAKEN_AWAY);
        // Perhaps it was never on the wire, and is known nowhere else.
        for op in texts.iter().filter_map(|text| Op::parse(text).ok()) {
            ledger.ops.insert(op.id, op);
        }
    }

    /// A widget or a notification's button: another process writes a file, the app takes it over.
    fn tap_outside(&mut self, number: usize, person: String) {
        let phone = &self.phones[number];
        let kind = if self.chance.percent(60) {
            TapKind::CheckIn { mood: self.chance.weighed(MOODS).unwrap_or(Mood::Fair) }
        } else {
            let lines = phone.notices(&person);
            let Some(line) = self.chance.pick(&lines) else { return };
            TapKind::Acknowledge { notice: line.id.clone(), rev: line.rev }
        };
        let at = self.truth.now().millis();
        let folder = phone.folder().display().to_string();
        let what = match &kind {
            TapKind::CheckIn { mood } => format!("{mood:?} outside the app"),
            TapKind::Acknowledge { .. } => "acknowledges outside the app".to_owned(),
        };
        let done = spool_tap(folder, Tap { person, kind, at }).map(|()| None);
        self.did(number, what, "outside", done);
    }

    /// Somebody looks after what waits, asks again or was refused.
    async fn tidy(&mut self, number: usize) {
        let kairan = std::sync::Arc::clone(&self.phones[number].kairan);
        let outbox = kairan.outbox().unwrap();
        let Some(op) = self.chance.pick(&outbox).cloned() else { return };
        let again = match op.state {
            OpState::AskAgain => self.chance.percent(60),
            OpState::Refused => op.code.as_deref() == Some("clock_ahead"),
            OpState::Parked => self.chance.percent(90),
            OpState::Waiting | OpState::Sending => false,
        };
        if again {
            let id = op.id.clone();
            let done = kairan.retry(op.id).await;
            // Said again under another id, or about to be when the phone was killed: the old one has gone.
            if done.as_ref().map_or(true, |new| *new != id) {
                self.ledger().taken_away.insert(id.parse().unwrap());
            }
            self.did(number, format!("sends {} again", op.what), &op.what, done.map(Some));
        } else if !matches!(op.state, OpState::Waiting | OpState::Sending) || op.unsent {
            // What needs it goes with it.
            self.take_away(number, &op.id, &op.what);
            let before = outbox;
            let done = kairan.discard(op.id).await.map(|()| None);
            let after = kairan.outbox().unwrap_or_default();
            for gone in before.iter().filter(|op| !after.iter().any(|left| left.id == op.id)) {
                self.ledger().taken_away.insert(gone.id.parse().unwrap());
            }
            self.did(number, format!("discards {}", op.what), &op.what, done);
        }
    }
}
