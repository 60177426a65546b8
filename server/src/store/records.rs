//! What the store answers its callers with.

use super::session::Session;
use kairan_protocol::{
    id::{DeviceId, Epoch, GroupId, PersonId, Rev},
    people::Role,
    sign::Key,
    tally::Counts,
    time::{Day, Timestamp, ZoneOffsets},
    tree::Group,
};
use std::sync::Arc;

/// A device that showed a valid token.
#[derive(Debug, Clone)]
pub struct Caller(pub(super) Arc<Session>);

impl Caller {
    /// The device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.0.device
    }

    /// The people it holds.
    #[must_use]
    pub fn persons(&self) -> &[PersonId] {
        &self.0.persons
    }
}

/// What stands on the district's card, but for the keys in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFacts {
    /// The district's root.
    pub district: GroupId,
    /// Its name.
    pub name: String,
    /// The server's epoch.
    pub epoch: Epoch,
    /// Where it can be reached, best first.
    pub addresses: Vec<String>,
    /// The identity key that will follow, once announced.
    pub next_identity: Option<Key>,
    /// The commit of the newest change of all this.
    pub version: u64,
}

/// The district's zone as the store keeps it.
#[derive(Debug, Clone)]
pub struct ZoneFacts {
    /// Its IANA name.
    pub name: String,
    /// Its offsets.
    pub offsets: ZoneOffsets,
    /// Up to when they tell the truth: extend with [`super::Store::set_zone`] when fewer than 100 days remain.
    pub until: Timestamp,
}

/// When the scheduler must call [`super::Store::tick`] again at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// The moment.
    pub at: Timestamp,
}

/// What the tables hold of an association at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// The local day it was counted on.
    pub day: Day,
    /// Of those who agreed, how many have tapped on that day.
    pub said: u32,
    /// How many agreed that moods reach the team.
    pub agreed: u32,
    /// Where the homes stand with the notice; all zero for one that is not known.
    pub counts: Counts,
}

/// One thing [`super::Store::check`] looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// What was looked at.
    pub what: String,
    /// Whether it is as it should be.
    pub good: bool,
    /// What was seen.
    pub seen: String,
}

/// Something a command line named.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A group of any kind, a household too.
    Group(Group),
    /// A person.
    Person(PersonFacts),
    /// A role.
    Role(Role),
    /// A device.
    Device(DeviceFacts),
}

/// A person as the command line shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFacts {
    /// Their id.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// Of what the roster says of them.
    pub rev: Rev,
}

/// A device as the command line shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFacts {
    /// Its id.
    pub id: DeviceId,
    /// What it calls itself.
    pub name: String,
    /// Whom it holds.
    pub persons: Vec<PersonId>,
    /// Whether it was signed off.
    pub revoked: bool,
}

/// A household as an invitation lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdFacts {
    /// The household.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// The block it stands in now.
    pub block: Group,
    /// The association the block belongs to.
    pub association: Option<Group>,
    /// Its members now, in the order of the roster.
    pub members: Vec<PersonFacts>,
}

/// A household's invitation, and who joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The household.
    pub home: HouseholdFacts,
    /// What its newest invitation still does.
    pub state: InvitationState,
    /// Who joined by any of its invitations.
    pub joined: Vec<JoinedBy>,
}

/// What an invitation still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// None was ever printed.
    None,
    /// It opens.
    Open {
        /// When it was printed.
        at: Timestamp,
        /// First moment it no longer works.
        until: Timestamp,
        /// It was passed on as a link.
        passed_on: bool,
    },
    /// Everybody it lists has joined.
    UsedUp,
    /// It ran out.
    Expired,
    /// A restore voided it.
    Void,
}

/// Somebody who joined by an invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedBy {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// What their phone calls itself.
    pub phone: String,
    /// When that invitation was printed.
    pub printed: Timestamp,
    /// When they joined.
    pub at: Timestamp,
}
