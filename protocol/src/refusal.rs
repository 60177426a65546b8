//! Why an op is refused: a stable code each, kept on the phone with its reason until seen.

use serde::{Deserialize, Serialize};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal),+ $(,)?) => {
        /// A reason that does not go away by asking again. Codes never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
        pub enum Refusal {
            $($(#[$doc])* #[serde(rename = $code)] #[error($code)] $name,)+
            /// A code of a newer server.
            #[serde(other, rename = "other")]
            #[error("other")]
            Other,
        }

        impl Refusal {
            /// Every reason a server of today gives.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ Self::Other => "other" }
            }
        }
    };
}

refusals! {
    /// The JSON of the op is not of the op's shape, or a field is over its limit.
    Malformed = "malformed",
    /// The device does not hold the person it speaks for.
    NotOnThisDevice = "not_on_this_device",
    /// A role is not exercised on a device that holds several people.
    SharedDevice = "shared_device",
    /// The table of rights says no.
    NotAllowed = "not_allowed",
    /// The role that would have allowed it has ended.
    RoleEnded = "role_ended",
    /// No such group.
    UnknownGroup = "unknown_group",
    /// No such person.
    UnknownPerson = "unknown_person",
    /// No such notice, or not one this person may read.
    UnknownNotice = "unknown_notice",
    /// No such role.
    UnknownRole = "unknown_role",
    /// No such device.
    UnknownDevice = "unknown_device",
    /// No such op to take back.
    UnknownOp = "unknown_op",
    /// Nobody waits to join by that id (any more).
    UnknownJoin = "unknown_join",
    /// The thing moved on since the rev the op saw.
    Conflict = "conflict",
    /// The notice was withdrawn.
    Withdrawn = "withdrawn",
    /// The receipt names a rev the notice does not have.
    UnknownRev = "unknown_rev",
    /// A mood needs its person's consent first.
    ConsentNeeded = "consent_needed",
    /// No staffed team to talk to.
    NoTeam = "no_team",
    /// No such case.
    UnknownCase = "unknown_case",
    /// The case is closed.
    CaseClosed = "case_closed",
    /// The day has not begun yet.
    DayAhead = "day_ahead",
    /// The day is too long ago.
    DayPast = "day_past",
    /// The device's clock is ahead of the server's.
    ClockAhead = "clock_ahead",
    /// A broadcast that waited offline asks again instead of going out stale.
    Stale = "stale",
    /// Nobody gives a role to themselves.
    OwnRole = "own_role",
    /// A group of that kind does not hang, or a role of that kind does not stand, there.
    WrongPlace = "wrong_place",
    /// Another op with this id was applied before, and it says something else.
    IdReused = "id_reused",
    /// Handed back with a MAC that is not this server's: it was never applied here.
    BadMac = "bad_mac",
}

impl Refusal {
    /// Whether it may only mean that a restored backup lacks what the op speaks about, which a phone may hand back yet.
    #[must_use]
    pub const fn may_come_back(self) -> bool {
        matches!(
            self,
            Self::NotOnThisDevice
                | Self::NotAllowed
                | Self::UnknownGroup
                | Self::UnknownPerson
                | Self::UnknownNotice
                | Self::UnknownRole
                | Self::UnknownDevice
                | Self::UnknownOp
                | Self::UnknownRev
                | Self::ConsentNeeded
                | Self::NoTeam
                | Self::UnknownCase
        )
    }
}
