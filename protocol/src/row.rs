//! Rows: the current state of one thing in a feed, or its tombstone. The body stays raw JSON and is parsed late.

use crate::id::{Rev, Version};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What a row is about; a kind this program does not know is kept as it came.
pub mod kind {
    /// A notice on a board or staff feed; body [`crate::notice::NoticeBody`].
    pub const NOTICE: &str = "notice";
    /// Who a person is and where they belong; mail; body [`crate::body::Profile`]; id `me`.
    pub const PROFILE: &str = "profile";
    /// How far a person got with a notice; mail; body [`crate::receipt::Receipt`]; id the notice's.
    pub const RECEIPT: &str = "receipt";
    /// How a person is; mail; body [`crate::check_in::CheckIns`]; id `mine`.
    pub const CHECK_IN: &str = "check_in";
    /// What a person agreed to; mail; body [`crate::check_in::Consent`]; id `moods`.
    pub const CONSENT: &str = "consent";
    /// What this person entered for a home about a notice; mail; body [`crate::paper::PaperReceipt`]; id `notice:household`. What
    /// stands for the home is in its tally.
    pub const PAPER_RECEIPT: &str = "paper_receipt";
    /// A staffed team hung below the board's group, gone when nobody staffs it; board; body [`crate::body::Team`]; id the team's.
    /// A phone finds the team a talk reaches, and whether there is one, by these.
    pub const TEAM: &str = "team";
    /// A person's phones; mail; body [`crate::body::Phone`]; id the device's.
    pub const PHONE: &str = "phone";
    /// A notice one's group sent, whole, with its state; desk; body [`crate::body::Sent`]; id the notice's.
    pub const SENT: &str = "sent";
    /// A group at or below the desk's, with its homes; desk; body [`crate::body::GroupCard`]; id the group's.
    pub const GROUP: &str = "group";
    /// The homes of a block by name; desks of the block and its association; body [`crate::body::Roster`]; id the block's.
    pub const ROSTER: &str = "roster";
    /// Counts of one notice for one group; desk; body [`crate::tally::Tally`]; id `notice:group`.
    pub const TALLY: &str = "tally";
    /// The nameless seals of one's own block; board of the block; body [`crate::tally::Seals`]; id the notice's.
    pub const SEALS: &str = "seals";
    /// Somebody who waits to be let in; desks of the block and its association, or of the group of a person without a household;
    /// body [`crate::joining::Join`]; id the join's.
    pub const JOIN: &str = "join";
    /// How a consenting person is; desk of a team; body [`crate::body::Status`]; id the person's.
    pub const STATUS: &str = "status";
    /// Somebody asked for a talk, and what became of it; desk of a team; body [`crate::case::Talk`]; id the op's.
    pub const TALK: &str = "talk";
    /// What became of one's own request for a talk; mail; body [`crate::case::CaseNews`]; id the op's.
    pub const CASE: &str = "case";
    /// The telephone number offered where no team can be reached; board; body [`crate::case::Support`]; id the board's group's.
    pub const SUPPORT: &str = "support";
    /// The moods of a day that is over, counted; desk of an association; body [`crate::body::ClosedDay`]; id the day.
    pub const DAY: &str = "day";
    /// How many take part today; desk of an association; body [`crate::body::Participation`]; id `today`.
    pub const PARTICIPATION: &str = "participation";
    /// Something that has ended: a revocation, a leaving, a withdrawn consent; staff of the district; body
    /// [`crate::replay::EndedMark`]; id opaque. Phones hand it back to a server that lost it.
    pub const ENDED: &str = "ended";
    /// An op of a device that keeps no journal, such as the command line, with its MAC; on the notice's boards, or on the
    /// district's staff feed where it speaks of no notice; body [`crate::replay::Replay`]; id the op's.
    pub const KEPT: &str = "kept";
}

/// One row as it travels and as phones keep it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// What it is about: see [`kind`].
    pub kind: String,
    /// Which one: unique per feed and kind.
    pub id: String,
    /// Of the thing, the same on every feed it is placed on.
    pub rev: Rev,
    /// Of the feed.
    pub version: Version,
    /// The state; none is a tombstone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<RawValue>>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.id == other.id
            && self.rev == other.rev
            && self.version == other.version
            && self.body.as_ref().map(|body| body.get()) == other.body.as_ref().map(|body| body.get())
    }
}
