//! What the reducer sees of the world (a [`View`]) and what it asks to be done ([`Effect`]). Both sides implement the first
//! and carry out the second; the rules stand between and exist once.

use crate::{
    case::{Support, TalkCase},
    check_in::{CheckIn, CheckIns},
    feed::FeedName,
    id::{DeviceId, GroupId, InviteId, JoinId, NoticeId, OpId, PersonId, Rev, RoleId},
    joining::Waiting,
    notice::{Change, NoticeState},
    op::Invitee,
    outcome::Flag,
    paper::PaperReceipt,
    people::{Departure, Household, Location, Newcomer, Person, Residence, Role},
    receipt::Receipt,
    time::{Day, Timestamp, ZoneOffsets},
    tree::{Group, GroupKind},
};

/// A read-only look at the state. The server sees its tables inside the transaction; a phone sees its mirror and knows less.
pub trait View {
    /// What can go wrong while looking.
    type Error;

    /// A group.
    ///
    /// # Errors
    /// The store's.
    fn group(&self, id: GroupId) -> Result<Option<Group>, Self::Error>;

    /// A person.
    ///
    /// # Errors
    /// The store's.
    fn person(&self, id: PersonId) -> Result<Option<Person>, Self::Error>;

    /// A household, closed ones too; none for a group of another kind.
    ///
    /// # Errors
    /// The store's.
    fn household(&self, id: GroupId) -> Result<Option<Household>, Self::Error>;

    /// The household a person lives in, and those they lived in; newest first.
    ///
    /// # Errors
    /// The store's.
    fn residences(&self, person: PersonId) -> Result<Vec<Residence>, Self::Error>;

    /// The blocks a household stands and stood in; newest first.
    ///
    /// # Errors
    /// The store's.
    fn locations(&self, household: GroupId) -> Result<Vec<Location>, Self::Error>;

    /// Every role of a person, ended ones too.
    ///
    /// # Errors
    /// The store's.
    fn roles(&self, person: PersonId) -> Result<Vec<Role>, Self::Error>;

    /// One role.
    ///
    /// # Errors
    /// The store's.
    fn role(&self, id: RoleId) -> Result<Option<Role>, Self::Error>;

    /// Whose guest a person is.
    ///
    /// # Errors
    /// The store's.
    fn guest_of(&self, person: PersonId) -> Result<Vec<PersonId>, Self::Error>;

    /// The teams hung directly below a group, whether anybody works in them or not. A phone knows those that are staffed.
    ///
    /// # Errors
    /// The store's.
    fn teams(&self, group: GroupId) -> Result<Vec<Group>, Self::Error>;

    /// The teams hung directly below a group that have at least one commissioner now.
    ///
    /// # Errors
    /// The store's.
    fn staffed_teams(&self, group: GroupId) -> Result<Vec<Group>, Self::Error>;

    /// Every role at a group, ended ones too.
    ///
    /// # Errors
    /// The store's.
    fn role_holders(&self, group: GroupId) -> Result<Vec<Role>, Self::Error>;

    /// A notice.
    ///
    /// # Errors
    /// The store's.
    fn notice(&self, id: NoticeId) -> Result<Option<NoticeState>, Self::Error>;

    /// How far a person is with a notice.
    ///
    /// # Errors
    /// The store's.
    fn receipt(&self, person: PersonId, notice: NoticeId) -> Result<Option<Receipt>, Self::Error>;

    /// Whether a household is served on paper.
    ///
    /// # Errors
    /// The store's.
    fn is_paper(&self, household: GroupId) -> Result<bool, Self::Error>;

    /// The block where a household counts for a notice: where it stood at publication; none where it counts nowhere.
    ///
    /// # Errors
    /// The store's.
    fn block_counted(&self, notice: NoticeId, household: GroupId) -> Result<Option<GroupId>, Self::Error>;

    /// What stands entered for a household about a notice.
    ///
    /// # Errors
    /// The store's.
    fn paper_receipt(&self, household: GroupId, notice: NoticeId) -> Result<Option<PaperReceipt>, Self::Error>;

    /// A person's `check_in` row.
    ///
    /// # Errors
    /// The store's.
    fn check_ins(&self, person: PersonId) -> Result<Option<CheckIns>, Self::Error>;

    /// Every check-in of a person that still counts, newest first, at most sixty. A phone knows the newest only.
    ///
    /// # Errors
    /// The store's.
    fn check_in_history(&self, person: PersonId) -> Result<Vec<CheckIn>, Self::Error>;

    /// A case; a phone knows those of the desks it reads.
    ///
    /// # Errors
    /// The store's.
    fn talk_case(&self, op: OpId) -> Result<Option<TalkCase>, Self::Error>;

    /// The cases of a team that are not closed.
    ///
    /// # Errors
    /// The store's.
    fn unclosed_cases(&self, team: GroupId) -> Result<Vec<TalkCase>, Self::Error>;

    /// The telephone number a group offers itself.
    ///
    /// # Errors
    /// The store's.
    fn support(&self, group: GroupId) -> Result<Option<Support>, Self::Error>;

    /// The people a device holds; none when it is unknown or revoked.
    ///
    /// # Errors
    /// The store's.
    fn device_persons(&self, device: DeviceId) -> Result<Vec<PersonId>, Self::Error>;

    /// The devices that hold a person. A phone knows of its own person's.
    ///
    /// # Errors
    /// The store's.
    fn devices_of(&self, person: PersonId) -> Result<Vec<DeviceId>, Self::Error>;

    /// The guests of a person. A phone knows of none.
    ///
    /// # Errors
    /// The store's.
    fn guests_of(&self, person: PersonId) -> Result<Vec<PersonId>, Self::Error>;

    /// How far a person is with every notice they have a receipt of.
    ///
    /// # Errors
    /// The store's.
    fn receipts_of(&self, person: PersonId) -> Result<Vec<(NoticeId, Receipt)>, Self::Error>;

    /// Whether an invite with this id is there already.
    ///
    /// # Errors
    /// The store's.
    fn invite_exists(&self, id: InviteId) -> Result<bool, Self::Error>;

    /// Somebody who waits to be let in; none when nobody waits (any more).
    ///
    /// # Errors
    /// The store's.
    fn waiting(&self, join: JoinId) -> Result<Option<Waiting>, Self::Error>;

    /// The members of a household now, in the order of the roster.
    ///
    /// # Errors
    /// The store's.
    fn members(&self, household: GroupId) -> Result<Vec<PersonId>, Self::Error>;

    /// A group and everything above it: itself first, the district last. A household's way leads over its block of now.
    /// Empty when the group is unknown.
    ///
    /// # Errors
    /// The store's.
    fn path(&self, id: GroupId) -> Result<Vec<Group>, Self::Error> {
        let mut path: Vec<Group> = Vec::new();
        let mut next = Some(id);
        // The tree is six deep; twelve stops a damaged one from going round for ever.
        while let (Some(id), true) = (next, path.len() < 12) {
            let Some(group) = self.group(id)? else { break };
            next = group.parent;
            path.push(group);
        }
        Ok(path)
    }
}

/// Around an op: who sends it, and when it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The server's clock, or the phone's idea of it.
    pub now: Timestamp,
    /// The device that asks.
    pub device: DeviceId,
    /// The association's zone.
    pub zone: &'a ZoneOffsets,
}

/// Something whose packed row is out of date. Marked in the transaction that made it so, flushed at most once a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// The tally of a notice where this household counts.
    Tally(NoticeId, GroupId),
    /// Every tally of a notice: it was published, or its four points changed.
    Notice(NoticeId),
    /// The roster and cards of a block: somebody joined, left or moved.
    Block(GroupId),
    /// Every tally where this household counts: it is reached in another way.
    Household(GroupId),
    /// The status of a person at their team.
    Status(PersonId),
}

/// A household that is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHousehold {
    /// Its id.
    pub id: GroupId,
    /// Where it stands.
    pub block: GroupId,
    /// Its name.
    pub name: String,
    /// ふりがな of the name.
    pub reading: Option<String>,
    /// 紙でお届けの世帯.
    pub paper: bool,
    /// Its place in the roster's order; otherwise last.
    pub place: Option<u32>,
    /// Since when.
    pub at: Timestamp,
}

/// What an applied op does.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Keep the receipt: the new one and the one before together ([`Receipt::and`]).
    Receipt {
        /// Whose.
        person: PersonId,
        /// Of which notice.
        notice: NoticeId,
        /// How far.
        receipt: Receipt,
    },
    /// Keep a check-in in the history.
    CheckIn {
        /// Whose.
        person: PersonId,
        /// What.
        check_in: CheckIn,
    },
    /// A check-in counts no more.
    TakenBack {
        /// Whose.
        person: PersonId,
        /// Which.
        op: OpId,
        /// The day it was for.
        day: Day,
    },
    /// What this person said under this number or before goes for good, requests for a talk excepted, and their row is told anew from
    /// what is left.
    MoodsErased(PersonId),
    /// Keep what a person agreed to, with the history of it.
    Consent {
        /// Whose.
        person: PersonId,
        /// Since when moods may reach the team; none: not (any more).
        moods_to_team: Option<Timestamp>,
        /// When they said so.
        at: Timestamp,
    },
    /// Keep a notice. Where its phase becomes published, the store writes the commit into it.
    Notice(Box<NoticeState>),
    /// Keep a role.
    Role(Role),
    /// A role ends.
    RoleEnded {
        /// Which.
        role: RoleId,
        /// When.
        at: Timestamp,
    },
    /// A household stands elsewhere from now on.
    HouseholdMoved {
        /// Which.
        household: GroupId,
        /// The block it left.
        from: GroupId,
        /// The block it stands in.
        to: GroupId,
        /// When.
        at: Timestamp,
    },
    /// A block is new.
    Block(Group),
    /// A household is new.
    Household(Box<NewHousehold>),
    /// A person is new; where they live is said by [`Effect::PersonMoved`].
    Person(Newcomer),
    /// A person lives in another household from now on; last in its order. Invitations that are open for it are void: they were
    /// printed for others.
    PersonMoved {
        /// Who.
        person: PersonId,
        /// Where.
        to: GroupId,
        /// When.
        at: Timestamp,
    },
    /// Nobody lives in a household any more: it stands nowhere from now on, and its invitations are void.
    HouseholdClosed {
        /// Which.
        household: GroupId,
        /// Where everybody of it lives, if it was merged.
        into: Option<GroupId>,
        /// When.
        at: Timestamp,
    },
    /// Somebody lives in a closed household after all, as was heard late: it was never closed.
    HouseholdOpened {
        /// Which.
        household: GroupId,
    },
    /// The roster says something else of a household. Of two changes of a field the one with the later commit stands.
    HouseholdCorrected {
        /// Which.
        household: GroupId,
        /// The rev after it.
        rev: Rev,
        /// Its name.
        name: Option<String>,
        /// ふりがな of the name.
        reading: Change<String>,
        /// Its place in the roster's order.
        place: Option<u32>,
    },
    /// The roster says something else of a person. Of two changes of a field the one with the later commit stands.
    PersonCorrected {
        /// Who.
        person: PersonId,
        /// The rev after it.
        rev: Rev,
        /// Their name.
        name: Option<String>,
        /// ふりがな of the name.
        reading: Change<String>,
    },
    /// A person moved away or died: they live nowhere, have no guests, and their invitations are void.
    Departed {
        /// Who.
        person: PersonId,
        /// Which of the two, where that is known.
        why: Option<Departure>,
        /// When.
        at: Timestamp,
    },
    /// Two people are one: devices, roles, guests and history of the second are the first's, and the second id leads to the first.
    SamePerson {
        /// Who stays.
        person: PersonId,
        /// Who is the same.
        twice: PersonId,
        /// When.
        at: Timestamp,
    },
    /// A household is served on paper from now on, or no longer.
    Paper {
        /// Which.
        household: GroupId,
        /// Yes or no.
        paper: bool,
    },
    /// Keep what was entered for a household, with the history of it.
    PaperReceipt {
        /// For which household.
        household: GroupId,
        /// About which notice.
        notice: NoticeId,
        /// What stands from now on.
        receipt: PaperReceipt,
    },
    /// Keep an invite, and void the open ones for the same invitee.
    Invite {
        /// Its id.
        invite: InviteId,
        /// For whom.
        to: Invitee,
        /// Hash of its secret.
        secret: String,
        /// First moment it no longer works.
        until: Timestamp,
        /// It was printed before a restore and opens nothing any more; it voids no other.
        void: bool,
        /// Who comes with it waits for an officer's tap.
        passed_on: bool,
    },
    /// Somebody who waited is let in, or turned away.
    JoinAnswered {
        /// Their wish to join.
        join: JoinId,
        /// Let in.
        admit: bool,
    },
    /// A device is signed off: its tokens die and its live stream is cut.
    DeviceRevoked {
        /// Which.
        device: DeviceId,
    },
    /// A person is no longer on a device; a device without anybody is signed off.
    PersonLeft {
        /// Who.
        person: PersonId,
        /// From which device.
        device: DeviceId,
    },
    /// The new state of one thing in a feed.
    Put {
        /// Which feed.
        feed: FeedName,
        /// [`crate::row::kind`].
        kind: &'static str,
        /// Which thing.
        id: String,
        /// Its rev.
        rev: Rev,
        /// Its body as JSON.
        body: String,
        /// Comes first in a first pull.
        urgent: bool,
    },
    /// A thing is no longer in a feed: its tombstone.
    Drop {
        /// Which feed.
        feed: FeedName,
        /// [`crate::row::kind`].
        kind: &'static str,
        /// Which thing.
        id: String,
    },
    /// Keep a case. The store writes the commit into the newest line of its history.
    Case(Box<TalkCase>),
    /// The telephone number a group offers; none: not any more.
    Support {
        /// The group.
        group: GroupId,
        /// The number.
        support: Option<Support>,
    },
    /// What this person may read changed: their rights and profile are made anew.
    Rights(PersonId),
    /// A packed row is out of date.
    Mark(Mark),
}

/// An op the rules accept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// To be carried out together or not at all.
    pub effects: Vec<Effect>,
    /// What was noted.
    pub flags: Vec<Flag>,
}

/// The kinds of group that hold households, directly or not.
#[must_use]
pub const fn holds_households(kind: GroupKind) -> bool {
    matches!(kind, GroupKind::District | GroupKind::Federation | GroupKind::Association | GroupKind::Block)
}
