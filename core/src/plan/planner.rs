//! The planner itself: what it remembers, what it hears, and what it says.

use super::{
    Batch, Input, Pace, Step, Trouble,
    wait::{BACKOFF, BROKEN_OFTEN, CARD, HOUR, LIVE, LOST, MINUTE, POLL, SECOND, SLOW, STOOD, backoff, part, spread},
};
use std::collections::VecDeque;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// A single round: nothing is done by itself.
    Resting,
    /// The app is in front.
    Started,
    /// Signed off.
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flight {
    Sync(Batch),
    Token {
        slip: bool,
        /// Whether nothing goes without it.
        needed: bool,
    },
    Card,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Live {
    /// Not wanted, or waiting for its moment.
    Down,
    /// Being opened, or standing.
    Opening,
    Up,
}

/// How ops are taken along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Whole,
    /// The server broke several times: does it answer a sync without ops?
    Probe {
        suspects: usize,
    },
    /// One of so many ops is the one.
    OneByOne {
        suspects: usize,
    },
}

/// Says what is next. See the module.
#[derive(Debug, Clone)]
pub(crate) struct Planner {
    pace: Pace,
    life: Life,
    /// What is done before anything else, whatever is under way.
    first: VecDeque<Step>,
    flight: Option<Flight>,
    /// The next sync is wanted at this moment.
    due: Option<u64>,
    /// Something happened during the exchange under way that it may not have seen.
    again: bool,
    /// A new token is needed before anything else.
    token_needed: bool,
    /// The slip is to be shown, not before this moment.
    slip_at: Option<u64>,
    /// The server asked for patience until then: not even a tap goes earlier.
    held_until: u64,
    failures: u32,
    broken: u32,
    tokens_refused: u32,
    mode: Mode,
    live: Live,
    live_at: u64,
    live_since: u64,
    live_failures: u32,
    polls: u32,
    renew_at: u64,
    card_at: u64,
    /// There is a newer card than the one at hand: reason enough for a single round.
    card_owed: bool,
}

impl Planner {
    pub(crate) fn new(pace: Pace) -> Self {
        Self {
            pace,
            life: Life::Resting,
            first: VecDeque::new(),
            flight: None,
            due: None,
            again: false,
            token_needed: false,
            slip_at: None,
            held_until: 0,
            failures: 0,
            broken: 0,
            tokens_refused: 0,
            mode: Mode::Whole,
            live: Live::Down,
            live_at: 0,
            live_since: 0,
            live_failures: 0,
            polls: 0,
            renew_at: u64::MAX,
            card_at: u64::MAX,
            card_owed: false,
        }
    }

    /// Takes note of what happened.
    pub(crate) fn take(&mut self, now: u64, input: Input, chance: f64) {
        match input {
            _ if self.life == Life::Gone => {}
            Input::Started => {
                self.life = Life::Started;
                self.wish(now, now);
            }
            Input::Tapped => self.wish(now, now),
            Input::Poked => self.wish(now, now + part(self.pace.poke_jitter_millis, chance)),
            Input::NetworkBack => {
                self.failures = 0;
                self.live_failures = 0;
                self.live_at = now;
                self.wish(now, now + part(self.pace.poke_jitter_millis, chance));
            }
            Input::Answered { more, waiting } => self.answered(now, more, waiting, chance),
            Input::Failed { trouble, ops } => self.failed(now, trouble, ops, chance),
            Input::LiveUp if self.live == Live::Opening => {
                self.live = Live::Up;
                self.live_since = now;
                self.polls = 0;
                // What was written between the last sync and the opening was poked to nobody.
                self.wish(now, now + part(self.pace.poke_jitter_millis, chance));
            }
            Input::LiveDown if self.live != Live::Down => {
                // Also where it could not be opened at first: a phone that was signed off in between learns of it by a sync.
                if self.live == Live::Up || self.live_failures == 0 {
                    self.wish(now, now + SECOND + part(LOST, chance));
                }
                if self.live == Live::Up && now.saturating_sub(self.live_since) >= STOOD {
                    self.live_failures = 0;
                }
                self.live = Live::Down;
                self.live_at = now + backoff(LIVE, self.live_failures, chance);
                self.live_failures = self.live_failures.saturating_add(1);
            }
            Input::TokenAt { renew_in } => self.renew_at = now.saturating_add(renew_in),
            Input::SlipOwed => self.slip_at = Some(self.slip_at.unwrap_or(now)),
            Input::CardAt { age } => self.card_at = now.saturating_add(CARD.saturating_sub(age)),
            Input::CardOwed => {
                self.card_at = now;
                self.card_owed = true;
            }
            Input::LiveUp | Input::LiveDown | Input::Tick => {}
        }
    }

    /// What to do now; none: wait until [`Planner::wake`] or the next input.
    pub(crate) fn next(&mut self, now: u64) -> Option<Step> {
        if let Some(step) = self.first.pop_front() {
            return Some(step);
        }
        if self.life == Life::Gone {
            return None;
        }
        if self.flight.is_none() && self.due.is_some_and(|due| due.max(self.held_until) <= now) {
            let slip = self.slip_at.is_some_and(|at| at <= now);
            let needed = std::mem::take(&mut self.token_needed);
            if needed || slip {
                self.flight = Some(Flight::Token { slip, needed });
                return Some(Step::Token { slip });
            }
            let batch = match self.mode {
                Mode::Whole => Batch::Whole,
                Mode::Probe { .. } => Batch::Empty,
                Mode::OneByOne { .. } => Batch::One,
            };
            self.flight = Some(Flight::Sync(batch));
            self.due = None;
            self.again = false;
            let renew = self.renew_at <= now;
            if renew {
                // Asked once in a while until a token comes.
                self.renew_at = now + HOUR;
            }
            return Some(Step::Sync { batch, renew });
        }
        if self.flight.is_none() && self.failures == 0 {
            if self.reads_cards() && self.card_at <= now {
                self.flight = Some(Flight::Card);
                return Some(Step::Card);
            }
            if self.life == Life::Started && self.live == Live::Down && self.live_at.max(self.held_until) <= now {
                self.live = Live::Opening;
                return Some(Step::OpenLive);
            }
        }
        None
    }

    /// Whether the card's moment matters: to a phone that goes on by itself, or when there is a newer one.
    fn reads_cards(&self) -> bool {
        self.life == Life::Started || self.card_owed
    }

    /// When to look again if nothing happens before.
    pub(crate) fn wake(&self) -> Option<u64> {
        if self.life == Life::Gone || self.flight.is_some() {
            return None;
        }
        let sync = self.due.map(|due| due.max(self.held_until));
        let quiet = self.life == Life::Started && self.failures == 0;
        let live = (quiet && self.live == Live::Down).then_some(self.live_at.max(self.held_until));
        let card = self.failures == 0 && self.reads_cards() && self.card_at != u64::MAX;
        let card = card.then_some(self.card_at);
        [sync, live, card].into_iter().flatten().min()
    }

    /// A wish for a sync. One that is under way may have looked before the reason for the wish was there.
    fn wish(&mut self, now: u64, at: u64) {
        if self.flight.is_some() && at <= now {
            self.again = true;
        } else {
            self.due = Some(self.due.map_or(at, |due| due.min(at)));
        }
    }

    fn answered(&mut self, now: u64, more: bool, waiting: bool, chance: f64) {
        let Some(flight) = self.flight.take() else { return };
        self.failures = 0;
        let again = std::mem::take(&mut self.again);
        let at_once = match flight {
            Flight::Token { slip, .. } => {
                if slip {
                    self.slip_at = None;
                }
                self.tokens_refused = self.tokens_refused.saturating_add(1);
                true
            }
            Flight::Card => {
                self.card_at = now + CARD;
                self.card_owed = false;
                again
            }
            Flight::Sync(batch) => {
                self.tokens_refused = 0;
                let go_on = self.settle(batch, waiting);
                if !(more || go_on || again) {
                    self.wish_poll(now, chance);
                }
                more || go_on || again
            }
        };
        if at_once {
            self.wish(now, now);
        }
    }

    /// How often in a row the server broke off over a sync with ops.
    pub(crate) const fn broken(&self) -> u32 {
        self.broken
    }

    /// Goes on where an earlier planner stopped counting: a phone that is only woken to sync makes a new one each time.
    pub(crate) const fn remember_broken(&mut self, broken: u32) {
        self.broken = broken;
    }

    /// What an answered sync says about the ops. Whether to go on at once.
    fn settle(&mut self, batch: Batch, waiting: bool) -> bool {
        match (self.mode, batch) {
            (Mode::Probe { suspects }, Batch::Empty) => {
                self.mode = Mode::OneByOne { suspects };
                true
            }
            (Mode::OneByOne { suspects }, _) => {
                self.broken = 0;
                self.mode =
                    if suspects > 1 && waiting { Mode::OneByOne { suspects: suspects - 1 } } else { Mode::Whole };
                waiting
            }
            _ => {
                self.broken = 0;
                waiting
            }
        }
    }

    fn wish_poll(&mut self, now: u64, chance: f64) {
        if self.life != Life::Started {
            return;
        }
        let wait = if self.live == Live::Up { spread(POLL.1, chance) } else { backoff(POLL, self.polls, chance) };
        self.polls = self.polls.saturating_add(1);
        self.wish(now, (now + wait).min(self.renew_at.max(now + MINUTE)));
    }

    fn failed(&mut self, now: u64, trouble: Trouble, ops: usize, chance: f64) {
        let Some(flight) = self.flight.take() else { return };
        let again = std::mem::take(&mut self.again);
        if flight == Flight::Card {
            // Never urgent, and no reason to hold anything else up.
            self.card_at = now + spread(HOUR, chance);
            if again {
                self.wish(now, now);
            }
            return;
        }
        let wait = match trouble {
            Trouble::Revoked => {
                self.life = Life::Gone;
                if self.live != Live::Down {
                    self.first.push_back(Step::CloseLive);
                }
                self.first.push_back(Step::Erase);
                return;
            }
            // It was only owed: the token in use may well do. Busy servers are spared.
            _ if matches!(flight, Flight::Token { slip: true, needed: false })
                && !matches!(trouble, Trouble::Busy { .. }) =>
            {
                self.slip_at = Some(now + spread(HOUR, chance));
                self.due = Some(now);
                return;
            }
            Trouble::TokenUnknown if !matches!(flight, Flight::Token { .. }) && self.tokens_refused == 0 => {
                self.token_needed = true;
                self.due = Some(now);
                return;
            }
            Trouble::DeviceUnknown
                if !matches!(flight, Flight::Token { slip: true, .. }) && self.tokens_refused == 0 =>
            {
                self.token_needed = true;
                self.slip_at = Some(now);
                self.due = Some(now);
                return;
            }
            Trouble::Rejected | Trouble::Broken if self.suspect(flight, trouble, ops) => {
                self.due = Some(now);
                return;
            }
            // A token that was just given and is not taken, or a proof that is not: ask again later.
            Trouble::TokenUnknown => {
                self.token_needed = true;
                self.tokens_refused = 0;
                backoff(BACKOFF, self.failures.max(4), chance)
            }
            // The slip was shown and does not help, or not for long.
            Trouble::DeviceUnknown => {
                self.token_needed = true;
                self.slip_at = Some(now);
                self.tokens_refused = 0;
                backoff(SLOW, self.failures, chance)
            }
            Trouble::Rejected => backoff(SLOW, self.failures, chance),
            Trouble::Busy { retry_after } => {
                let wait = backoff(BACKOFF, self.failures, chance);
                if let Some(asked) = retry_after {
                    // All who were sent away come back spread over half as long again.
                    self.held_until = now + asked + part(asked / 2 + SECOND, chance);
                }
                wait
            }
            Trouble::Cut | Trouble::Away | Trouble::Broken | Trouble::Own => backoff(BACKOFF, self.failures, chance),
        };
        self.token_needed |= matches!(flight, Flight::Token { needed: true, .. });
        self.failures = self.failures.saturating_add(1);
        self.due = Some(now + wait);
    }

    /// Whether one op may be what the server does not take, and how to find out. True: go on at once.
    fn suspect(&mut self, flight: Flight, trouble: Trouble, ops: usize) -> bool {
        let Flight::Sync(batch) = flight else { return false };
        match (batch, trouble) {
            (Batch::One, _) if ops > 0 => {
                self.first.push_back(Step::Park);
                let Mode::OneByOne { suspects } = self.mode else { return true };
                self.mode = if suspects > 1 { Mode::OneByOne { suspects: suspects - 1 } } else { Mode::Whole };
                true
            }
            (Batch::Whole, Trouble::Rejected) if ops > 0 => {
                self.mode = Mode::OneByOne { suspects: ops };
                true
            }
            (Batch::Whole, Trouble::Broken) if ops > 0 => {
                self.broken = self.broken.saturating_add(1);
                if self.broken < BROKEN_OFTEN {
                    return false;
                }
                self.mode = Mode::Probe { suspects: ops };
                true
            }
            _ => {
                // Without ops it fails just the same: no op is to blame.
                self.mode = Mode::Whole;
                self.broken = 0;
                false
            }
        }
    }
}
