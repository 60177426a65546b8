//! What happened in a run, counted: every kind of fault, and every kind of op with what became of it.

use kairan_protocol::op::Command;
use std::{collections::BTreeMap, fmt::Write as _};

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $words:literal),+ $(,)?) => {
        /// What goes wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])* $fault),+
        }

        impl Fault {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$fault),+];

            /// In words.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$fault => $words),+ }
            }
        }
    };
}

faults! {
    /// Nothing was sent.
    Unreachable = "no connection",
    /// The request was lost on its way.
    RequestDropped = "request dropped",
    /// The server acted, its answer was lost.
    AnswerDropped = "answer dropped after the commit",
    /// The request arrived twice.
    Doubled = "request duplicated",
    /// The request arrived long after its phone had given it up, behind others.
    Overtaken = "request overtaken by later ones, answer thrown away",
    /// The request stood still, and went on after others.
    RequestHeld = "request held back and delivered late",
    /// The answer stood still, and arrived after other things had happened.
    AnswerHeld = "answer held back and delivered late",
    /// A first pull broke off in the middle.
    FirstPullCut = "first pull cut in the middle",
    /// A phone's wall clock was set wrong.
    WallClock = "a phone's wall clock jumped",
    /// A phone was switched off and on: its clock through sleep began anew.
    Reboot = "a phone started anew",
    /// The server's clock was set forward or back.
    ServerClock = "the server's clock jumped",
    /// Hours or days passed at once.
    Leap = "hours or days passed",
    /// A phone was killed between two of its calls.
    PhoneKilled = "a phone killed",
    /// A phone was killed with an exchange under way.
    PhoneKilledWaiting = "a phone killed during an exchange",
    /// A phone was killed at one of the steps of its writes.
    PhoneKilledWriting = "a phone killed at a step of a write",
    /// The server was killed.
    ServerKilled = "the server killed",
    /// The server was killed after a commit, before its answer left.
    ServerKilledAnswering = "the server killed between commit and answer",
    /// The server was stopped for a while.
    ServerStopped = "the server stopped and started",
    /// The server was restored from an older backup.
    Restored = "the server restored from an older backup",
    /// The machine stood broken for longer than phones keep what it took, and was restored then.
    StoodBroken = "the server restored after forty days",
    /// Something was handed back that the server never took.
    Forged = "an op forged",
    /// A household moved.
    Moved = "a household moved",
    /// A role ended.
    RoleEnded = "a role ended",
    /// Tombstones were compacted.
    Compacted = "tombstones compacted",
}

/// What became of an op.
pub type Ended = &'static str;

/// What happened.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    faults: BTreeMap<Fault, u64>,
    ops: BTreeMap<(String, Ended), u64>,
    /// Steps of chaos.
    pub steps: u64,
    /// Rounds until nothing moved any more.
    pub rounds: u64,
    /// Requests that reached the server.
    pub requests: u64,
    /// Ops handed back after a restore.
    pub handed_back: u64,
}

impl Counts {
    /// One fault more.
    pub fn fault(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    /// One op more.
    pub fn op(&mut self, word: &str, ended: Ended) {
        *self.ops.entry((word.to_owned(), ended)).or_default() += 1;
    }

    /// How often a fault happened.
    #[must_use]
    pub fn of(&self, fault: Fault) -> u64 {
        self.faults.get(&fault).copied().unwrap_or(0)
    }

    /// The faults that never happened.
    #[must_use]
    pub fn missing(&self) -> Vec<Fault> {
        Fault::ALL.iter().copied().filter(|fault| self.of(*fault) == 0).collect()
    }

    /// The kinds of op that never took effect.
    #[must_use]
    pub fn never_applied(&self) -> Vec<&'static str> {
        let applied = |word: &&str| self.ended(word, super::ledger::APPLIED) > 0;
        Command::WORDS.iter().copied().filter(|word| !applied(word)).collect()
    }

    /// How many ops ended so.
    #[must_use]
    pub fn ended(&self, word: &str, ended: Ended) -> u64 {
        self.ops.get(&(word.to_owned(), ended)).copied().unwrap_or(0)
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        for (fault, count) in &other.faults {
            *self.faults.entry(*fault).or_default() += count;
        }
        for (op, count) in &other.ops {
            *self.ops.entry(op.clone()).or_default() += count;
        }
        self.steps += other.steps;
        self.rounds += other.rounds;
        self.requests += other.requests;
        self.handed_back += other.handed_back;
    }

    /// Two tables for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = String::new();
        // Writing into a String cannot fail.
        for fault in Fault::ALL {
            let _ = writeln!(table, "{:>9}  {}", self.of(*fault), fault.words());
        }
        let columns: Vec<Ended> = [
            super::ledger::APPLIED,
            super::ledger::NOTHING,
            super::ledger::REFUSED,
            super::ledger::LATER,
            super::ledger::NOT_WRITTEN,
            super::ledger::TAKEN_AWAY,
        ]
        .to_vec();
        let _ = write!(table, "\n{:<18}", "op");
        for column in &columns {
            let _ = write!(table, "{column:>14}");
        }
        table.push('\n');
        let words: std::collections::BTreeSet<&str> = self.ops.keys().map(|(word, _)| word.as_str()).collect();
        for word in words {
            let _ = write!(table, "{word:<18}");
            for column in &columns {
                let _ = write!(table, "{:>14}", self.ended(word, column));
            }
            table.push('\n');
        }
        table
    }
}
