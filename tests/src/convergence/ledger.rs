//! What was said and what was shown: every op a phone asked for, every answer that reached one, and what screens showed of it.
//! The oracles hold the server and the phones to it.

use super::{counts::Counts, town};
use kairan_protocol::{
    id::{OpId, PersonId},
    op::{Command, Op},
    outcome::{Flag, OpResult, Outcome},
    refusal::Refusal,
    time::Timestamp,
    wire::{SyncRequest, SyncResponse},
};
use std::collections::{BTreeMap, BTreeSet};

/// How the ops of the table ended.
pub const APPLIED: &str = "applied";
/// Applied, and nothing changed by it.
pub const NOTHING: &str = "no change";
/// Refused by the server.
pub const REFUSED: &str = "refused";
/// To be asked again later.
pub const LATER: &str = "later";
/// Refused by the phone itself.
pub const NOT_WRITTEN: &str = "not written";
/// Taken back or discarded by its author.
pub const TAKEN_AWAY: &str = "taken away";

/// Who asked: the number of a phone, or the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// A phone, and which of its lives: erased, it begins another.
    Phone(usize, u32),
    /// The volunteer.
    Steward,
}

/// That an answer said "applied".
#[derive(Debug, Clone)]
pub struct Told {
    /// Under which number: the first it was told, and another where a backup from before another restore was restored.
    pub commits: BTreeSet<u64>,
    /// Whether it changed anything.
    pub changed: bool,
    /// By the server's clock.
    pub at: Timestamp,
    /// To whom.
    pub authors: BTreeSet<Author>,
}

/// Everything that was said and shown in a run.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Ops by their id, as they were on the wire.
    pub ops: BTreeMap<OpId, Op>,
    /// Whose outbox showed an op.
    pub shown: BTreeMap<OpId, Author>,
    /// What a phone, or the command line, was told is applied.
    pub told: BTreeMap<OpId, Told>,
    /// What a phone was told is refused.
    pub refused: BTreeMap<OpId, Refusal>,
    /// What its author took away: discarded, taken back unsent, or sent again under another id.
    pub taken_away: BTreeSet<OpId>,
    /// How often the machine was restored.
    pub restores: u32,
    /// What somebody made up.
    pub forged: BTreeSet<OpId>,
    /// Phones' lives that ended: erased.
    pub ended: BTreeSet<Author>,
    /// What was answered about each op, in order, for whoever looks into a red seed.
    pub answers: BTreeMap<OpId, Vec<String>>,
    /// What must not be.
    pub problems: Vec<String>,
    /// What happened, counted.
    pub counts: Counts,
}

impl Ledger {
    /// Something that must not be.
    pub fn problem(&mut self, what: impl Into<String>) {
        self.problems.push(what.into());
    }

    /// A phone asks.
    pub fn asked(&mut self, request: &SyncRequest) {
        let replays = request.replays.iter().map(|replay| &replay.op);
        for text in request.ops.iter().chain(replays) {
            if let Ok(op) = Op::parse(text.get()) {
                self.ops.insert(op.id, op);
            }
        }
    }

    /// An answer reaches a phone.
    pub fn answered(&mut self, author: Author, response: &SyncResponse) {
        for result in &response.results {
            self.result(author, result, response.now);
        }
        for result in &response.replayed {
            self.counts.handed_back += 1;
            self.note_answer(author, "handed back", result, response.now);
            self.same(result);
            self.is_journalled(result);
        }
    }

    /// What a phone handed back of the command line's is in the machine's journal before it is answered.
    fn is_journalled(&mut self, result: &OpResult) {
        if self.is_the_stewards(result.id)
            && matches!(result.outcome, Outcome::Applied { .. })
            && let Some(told) = self.told.get_mut(&result.id)
        {
            told.authors.insert(Author::Steward);
        }
    }

    fn is_the_stewards(&self, id: OpId) -> bool {
        self.ops.get(&id).is_some_and(|op| op.person.number() == town::STEWARD)
    }

    /// One outcome.
    pub fn result(&mut self, author: Author, result: &OpResult, now: Timestamp) {
        let word = self.ops.get(&result.id).map_or("?", |op| op.command.word());
        let ended = match &result.outcome {
            Outcome::Applied { flags, .. } if flags.contains(&Flag::Nothing) => NOTHING,
            Outcome::Applied { .. } => APPLIED,
            Outcome::Refused { .. } => REFUSED,
            Outcome::Later => LATER,
            Outcome::Unsupported => "unsupported",
        };
        self.counts.op(word, ended);
        self.note_answer(author, "asked", result, now);
        self.same(result);
        match &result.outcome {
            Outcome::Applied { commit, flags, .. } => {
                let told = self.told.entry(result.id).or_insert_with(|| Told {
                    commits: BTreeSet::new(),
                    changed: !flags.contains(&Flag::Nothing),
                    at: now,
                    authors: BTreeSet::new(),
                });
                told.authors.insert(author);
                told.commits.insert(commit.0);
            }
            Outcome::Refused { code, .. } => {
                self.refused.insert(result.id, *code);
            }
            Outcome::Later | Outcome::Unsupported => {}
        }
    }

    fn note_answer(&mut self, author: Author, how: &str, result: &OpResult, now: Timestamp) {
        let line = format!("{now} {author:?} {how}: {:?}", result.outcome);
        self.answers.entry(result.id).or_default().push(line);
    }

    /// Whether an op that was handed back had to wait for something to come back.
    #[must_use]
    pub fn waited(&self, id: OpId) -> bool {
        self.answers.get(&id).is_some_and(|answers| answers.iter().any(|answer| answer.ends_with("handed back: Later")))
    }

    /// An op and what was answered about it, for a problem.
    #[must_use]
    pub fn story(&self, id: OpId) -> String {
        let op = self.ops.get(&id).map_or_else(|| id.to_string(), Op::to_text);
        let answers = self.answers.get(&id).map(|answers| answers.join("\n      ")).unwrap_or_default();
        format!("{op}\n      {answers}")
    }

    /// What was once told about an op is told again, whoever asks and however often.
    fn same(&mut self, result: &OpResult) {
        match &result.outcome {
            Outcome::Applied { commit, .. } => {
                let restores = self.restores;
                let told = self.told.get_mut(&result.id).filter(|told| !told.commits.contains(&commit.0));
                if let Some(told) = told {
                    // Two backups may each have seen it as the first: of one and the same machine's lives, or of two.
                    if restores > 1 {
                        told.commits.insert(commit.0);
                        return;
                    }
                    let was = told.commits.clone();
                    let story = self.story(result.id);
                    self.problem(format!("an op was applied as {was:?}, and then as {}: {story}", commit.0));
                } else if let Some(code) = self.refused.get(&result.id) {
                    let (code, story) = (*code, self.story(result.id));
                    self.problem(format!("an op was refused ({code}), and then applied: {story}"));
                }
            }
            Outcome::Refused { code, .. } if self.told.contains_key(&result.id) => {
                let story = self.story(result.id);
                self.problem(format!("an op was applied, and then refused ({code}): {story}"));
            }
            _ => {}
        }
    }

    /// The machine lost everything after a commit. What the command line did then is known to its journal and to the phones that keep
    /// it for the machine; where the journal is lost too, to those phones alone. How many ops are lost.
    pub fn lose_after(&mut self, newest: u64, kept: Option<&BTreeMap<OpId, BTreeSet<Author>>>) -> usize {
        self.restores += 1;
        let is_lost = |told: &Told| told.commits.iter().all(|commit| *commit > newest);
        let lost: Vec<OpId> = self.told.iter().filter(|(_, told)| is_lost(told)).map(|(id, _)| *id).collect();
        let stewards: Vec<OpId> = lost.iter().copied().filter(|id| self.is_the_stewards(*id)).collect();
        for id in stewards {
            // Invitations are void after a restore, and are not kept.
            let invites = matches!(self.ops.get(&id).map(|op| &op.command), Some(Command::Invite { .. }));
            let holders = kept.map(|kept| kept.get(&id).cloned().unwrap_or_default());
            let holders = if invites { Some(BTreeSet::new()) } else { holders };
            if let (Some(holders), Some(told)) = (holders, self.told.get_mut(&id)) {
                told.authors = holders;
            }
        }
        lost.len()
    }

    /// A phone that was killed had not taken the answer about an op into its store: nobody was shown it.
    pub fn untold(&mut self, author: Author, id: OpId) {
        if let Some(told) = self.told.get_mut(&id) {
            told.authors.remove(&author);
            if told.authors.is_empty() {
                self.told.remove(&id);
            }
        }
        self.refused.remove(&id);
    }

    /// The word of an op.
    #[must_use]
    pub fn word(&self, id: OpId) -> &'static str {
        self.ops.get(&id).map_or("?", |op| op.command.word())
    }

    /// Whether somebody was told that a receipt of theirs for a notice is refused.
    #[must_use]
    pub fn receipt_refused(&self, person: PersonId, notice: &str) -> bool {
        self.refused.keys().chain(&self.taken_away).filter_map(|id| self.ops.get(id)).any(|op| {
            op.person == person
                && matches!(&op.command, Command::Receipt { notice: about, .. } if about.to_string() == notice)
        })
    }

    /// Whether every life that was told something has ended: then nobody is left who could hand it back.
    #[must_use]
    pub fn nobody_left(&self, told: &Told) -> bool {
        told.authors.iter().all(|author| self.ended.contains(author))
    }
}
