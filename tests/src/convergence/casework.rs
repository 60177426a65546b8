//! What commissioners do in a run about those who asked for a talk.

use super::world::World;
use kairan_core::records::{CaseState, Desk, TalkLine};
use std::sync::Arc;

/// What somebody of the team does about a case.
#[derive(Debug, Clone, Copy)]
enum Step {
    See,
    Take,
    Release,
    Note,
    Close,
}

/// Nobody has it.
const OPEN: &[(usize, Step)] =
    &[(30, Step::See), (50, Step::Take), (3, Step::Release), (10, Step::Note), (7, Step::Close)];
/// Somebody has it.
const TAKEN: &[(usize, Step)] =
    &[(5, Step::See), (10, Step::Take), (25, Step::Release), (30, Step::Note), (30, Step::Close)];
/// It is done, and somebody does not know it yet.
const CLOSED: &[(usize, Step)] =
    &[(1, Step::See), (1, Step::Take), (1, Step::Release), (1, Step::Note), (1, Step::Close)];

impl World {
    /// Somebody of the team works on a case; whether there was one.
    pub(super) async fn work_on_a_case(&mut self, number: usize, person: String, desk: &Desk) -> bool {
        let Some(TalkLine { op: case, name, state, .. }) = self.chance.pick(&desk.talks).cloned() else { return false };
        let steps = match state {
            CaseState::Open => OPEN,
            CaseState::Taken => TAKEN,
            CaseState::Closed => CLOSED,
        };
        let Some(step) = self.chance.weighed(steps) else { return false };
        let kairan = Arc::clone(&self.phones[number].kairan);
        let (word, done) = match step {
            Step::See => ("see_case", kairan.see_case(person, case).await.map(|()| None)),
            Step::Take => ("take_case", kairan.take_case(person, case).await.map(Some)),
            Step::Release => ("release_case", kairan.release_case(person, case).await.map(Some)),
            Step::Note => {
                let text = format!("メモ {}", self.next_number());
                ("note_case", kairan.note_case(person, case, text).await.map(Some))
            }
            Step::Close => {
                let text = self.chance.percent(50).then(|| format!("済 {}", self.next_number()));
                ("close_case", kairan.close_case(person, case, text).await.map(Some))
            }
        };
        self.did(number, format!("{step:?} ({state:?}) of {name}"), word, done);
        true
    }
}
