//! Ops as the description shows them.
#![allow(clippy::large_stack_arrays, reason = "the derive's own, made once when the description is printed")]

use super::{
    notice::{NoticeKind, NoticePatch, Points},
    schema::{Day, DeviceId, FeedName, GroupId, InviteId, JoinId, NoticeId, OpId, PersonId, RoleId, Timestamp},
};
use kairan_protocol::notice::Change;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a device asks for. A `do` this server does not know is answered with `unsupported`.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Op {
    /// Made on the device.
    id: OpId,
    /// Whom the device speaks for.
    #[serde(rename = "as")]
    person: PersonId,
    /// When it was tapped, by the device's clock.
    at: Timestamp,
    /// What is asked for.
    #[serde(flatten)]
    command: Command,
}

/// What is asked for, by the word in `do`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// How far this person got with a notice.
    Receipt { notice: NoticeId, rev: u32, stage: Stage },
    /// How this person is on one day.
    CheckIn { mood: Mood, day: Day },
    /// Whether this person's moods may reach the commissioners' team.
    Consent { moods_to_team: bool },
    /// A mistaken tap: the named check-in counts no more.
    TakeBack { op: OpId },
    /// Send a notice.
    Post {
        notice: NoticeKind,
        from: GroupId,
        #[schema(min_items = 1, max_items = 200)]
        audience: Vec<FeedName>,
        #[schema(min_length = 1, max_length = 100)]
        title: String,
        #[serde(default)]
        points: Points,
        #[schema(min_length = 1, max_length = 12000)]
        text: String,
        publish_at: Option<Timestamp>,
        until: Option<Timestamp>,
    },
    /// Correct a notice.
    Correct { notice: NoticeId, seen: u32, patch: Box<NoticePatch> },
    /// Take a notice back.
    Withdraw {
        notice: NoticeId,
        seen: u32,
        #[schema(min_length = 1, max_length = 400)]
        reason: String,
    },
    /// Give a role.
    GrantRole { role: RoleId, person: PersonId, group: GroupId, kind: RoleKind, until: Option<Timestamp> },
    /// End a role now.
    EndRole { role: RoleId },
    /// A household moves to another block.
    MoveHousehold { household: GroupId, to: GroupId },
    /// A household is served on paper from now on, or no longer.
    SetPaper { household: GroupId, paper: bool },
    /// Somebody enters how far a home is that did not answer by its own phone.
    PaperReceipt { notice: NoticeId, rev: u32, household: GroupId, stage: PaperStage },
    /// Print an invitation; `secret` is the hash of what is printed.
    Invite {
        invite: InviteId,
        to: Invitee,
        secret: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        passed_on: bool,
    },
    /// Somebody with a link that was passed on is let in, or turned away.
    Approve { join: JoinId, admit: bool },
    /// A device is lost or was given away.
    Revoke { device: DeviceId },
    /// This person leaves this device.
    Leave {},
    /// This person looked at a case.
    SeeCase { case: OpId },
    /// This person takes care of a case.
    TakeCase { case: OpId },
    /// Whoever has a case has it no more.
    ReleaseCase { case: OpId },
    /// Something is written down about a case.
    NoteCase {
        case: OpId,
        #[schema(min_length = 1, max_length = 400)]
        text: String,
    },
    /// A case is done.
    CloseCase {
        case: OpId,
        #[schema(min_length = 1, max_length = 400)]
        text: Option<String>,
    },
    /// The telephone number offered below a group where no team can be reached.
    SetSupport { group: GroupId, support: Option<Support> },
    /// A household is new here; the ids of it and its people are made by the asker.
    AddHousehold {
        household: GroupId,
        block: GroupId,
        #[schema(min_length = 1, max_length = 60)]
        name: String,
        #[schema(min_length = 1, max_length = 60)]
        reading: Option<String>,
        #[serde(default)]
        paper: bool,
        place: Option<u32>,
        #[serde(default)]
        #[schema(max_items = 20)]
        people: Vec<Newcomer>,
    },
    /// Somebody is new in a household.
    AddPerson {
        household: GroupId,
        person: PersonId,
        #[schema(min_length = 1, max_length = 60)]
        name: String,
        #[schema(min_length = 1, max_length = 60)]
        reading: Option<String>,
    },
    /// A block is new in an association; its id is made by the asker.
    AddBlock {
        group: GroupId,
        association: GroupId,
        #[schema(min_length = 1, max_length = 60)]
        name: String,
    },
    /// Correct what the roster says of a household: absent keeps, null empties.
    CorrectHousehold {
        household: GroupId,
        seen: u32,
        #[schema(min_length = 1, max_length = 60)]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Change::is_keep")]
        #[schema(value_type = Option<String>)]
        reading: Change<String>,
        place: Option<u32>,
    },
    /// Correct what the roster says of a person: absent keeps, null empties.
    CorrectPerson {
        person: PersonId,
        seen: u32,
        #[schema(min_length = 1, max_length = 60)]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Change::is_keep")]
        #[schema(value_type = Option<String>)]
        reading: Change<String>,
    },
    /// A person lives in another household from now on.
    MovePerson { person: PersonId, to: GroupId },
    /// A person moved away or died.
    Depart { person: PersonId, why: Departure },
    /// Everybody of one household lives in another, and the first is closed.
    MergeHouseholds { from: GroupId, into: GroupId },
    /// Some of a household become one of their own.
    SplitHousehold {
        from: GroupId,
        household: GroupId,
        block: GroupId,
        #[schema(min_length = 1, max_length = 60)]
        name: String,
        #[schema(min_items = 1, max_items = 20)]
        people: Vec<PersonId>,
    },
    /// A person known twice: what the second was is the first's from now on.
    SamePerson { person: PersonId, twice: PersonId },
}

/// Somebody who moves in.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Newcomer {
    /// Made by the asker.
    person: PersonId,
    /// Their name.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// ふりがな of the name.
    #[schema(min_length = 1, max_length = 60)]
    reading: Option<String>,
}

/// Why somebody is not here any more.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Departure {
    /// 転出.
    MovedOut,
    /// 死亡.
    Died,
}

/// A telephone number.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Support {
    /// Its name.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// Its number, as people write it.
    #[schema(min_length = 1, max_length = 30)]
    telephone: String,
    /// When somebody answers; may be empty.
    #[serde(default)]
    #[schema(max_length = 60)]
    hours: String,
}

/// Whom an invitation is for.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Invitee {
    /// Each listed member of a household.
    Household(GroupId),
    /// One person.
    Person(PersonId),
}

/// How far a person got with a notice.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is on the phone.
    Delivered,
    /// It was on the screen.
    Displayed,
    /// It was confirmed.
    Acknowledged,
}

/// How far a home came without its own phone.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaperStage {
    /// 紙でお渡し: a copy was handed over.
    Handed,
    /// 代理で確認: somebody confirmed in its place.
    Proxy,
}

/// How a person is.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// 良い.
    Good,
    /// 普通.
    Fair,
    /// 相談したい.
    Talk,
}

/// What a role lets its holder do.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleKind {
    /// 会長.
    Chair,
    /// 役員.
    Officer,
    /// 班長.
    BlockLeader,
    /// 民生委員.
    Commissioner,
    /// 市の担当者.
    MunicipalStaff,
    /// The volunteer who runs the machine; never granted.
    Steward,
}
