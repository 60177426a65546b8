//! The sync planner: a state machine without I/O that says what to do next, and when.
//!
//! Time is milliseconds of any clock that does not go back; chance is a number in 0..1 handed in with each input.
//! One exchange with the server is under way at a time; whoever drives the planner reports its end.

mod planner;
mod wait;

#[cfg(test)]
mod tests;

pub(crate) use planner::Planner;

/// How patient a phone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// A poked phone waits a random moment up to this, so that a district does not pull in the same second.
    pub poke_jitter_millis: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { poke_jitter_millis: wait::POKE_JITTER }
    }
}

/// Which ops a sync takes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Batch {
    /// All that fit.
    Whole,
    /// None: does the server answer at all?
    Empty,
    /// The first one alone: is it the one?
    One,
}

/// Something to do now. The planner takes it for begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Exchange with the server; asks for the token's successor along the way.
    Sync {
        /// The ops to take along.
        batch: Batch,
        /// Whether to ask for a new token.
        renew: bool,
    },
    /// Ask for another token with the device key.
    Token {
        /// Whether to show the enrolment slip with it: the server may have forgotten the device, or some of its people.
        slip: bool,
    },
    /// The op that was sent alone is the one that fails: park it with the reason at hand.
    Park,
    /// Read the card for new addresses.
    Card,
    /// Open the live stream.
    OpenLive,
    /// Close it.
    CloseLive,
    /// This device was signed off: nothing of the neighbourhood stays on it.
    Erase,
}

/// Why an exchange failed, as far as it matters for what is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The network is cut: it will say when it is back.
    Cut,
    /// Nobody there, no answer, or somebody else answers.
    Away,
    /// The server asks for patience.
    Busy {
        /// How long.
        retry_after: Option<u64>,
    },
    /// Something broke at the server.
    Broken,
    /// The token is not valid any more.
    TokenUnknown,
    /// The server does not know this device, perhaps after a restore: keep everything, and show the slip.
    DeviceUnknown,
    /// This device was signed off.
    Revoked,
    /// The request as such is not taken: perhaps one op in it.
    Rejected,
    /// The phone's own disk or key fails.
    Own,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Input {
    /// The app is in front, or came there again.
    Started,
    /// Somebody here did something: it goes out at once.
    Tapped,
    /// The stream says that something is new.
    Poked,
    /// The exchange was answered.
    Answered {
        /// There is more to get.
        more: bool,
        /// There are still ops to send or to hand back.
        waiting: bool,
    },
    /// The exchange failed.
    Failed {
        /// Why.
        trouble: Trouble,
        /// How many ops it held.
        ops: usize,
    },
    /// The live stream stands.
    LiveUp,
    /// The live stream ended, or could not be opened.
    LiveDown,
    /// The network is back.
    NetworkBack,
    /// A token is at hand whose half-life is over in so many milliseconds.
    TokenAt {
        /// Milliseconds from now.
        renew_in: u64,
    },
    /// The server began a new epoch: the slip is to be shown once.
    SlipOwed,
    /// The addresses are so many milliseconds old.
    CardAt {
        /// Milliseconds.
        age: u64,
    },
    /// The server spoke of a card newer than the one at hand: it is read at once.
    CardOwed,
    /// Time passed.
    Tick,
}
