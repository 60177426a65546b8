//! Ops: what a device asks for. A header everyone understands, and a command.

use crate::{
    case::Support,
    check_in::Mood,
    feed::Audience,
    id::{DeviceId, GroupId, InviteId, JoinId, NoticeId, OpId, PersonId, Rev, RoleId},
    notice::{Change, NoticeKind, NoticePatch, Points},
    paper::PaperStage,
    people::{Departure, Newcomer, RoleKind},
    receipt::Stage,
    refusal::Refusal,
    time::{Day, Timestamp},
};
use serde::{Deserialize, Serialize};

/// What is asked for; tagged by `do` on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// How far this person got with a notice.
    Receipt {
        /// The notice.
        notice: NoticeId,
        /// The rev that was on the phone.
        rev: Rev,
        /// How far.
        stage: Stage,
    },
    /// How this person is on one day.
    CheckIn {
        /// How.
        mood: Mood,
        /// For which local day of the association.
        day: Day,
    },
    /// Whether this person's moods may reach the commissioners' team.
    Consent {
        /// Yes or no.
        moods_to_team: bool,
    },
    /// A mistaken tap: the named check-in counts no more.
    TakeBack {
        /// The check-in's op.
        op: OpId,
    },
    /// Send a notice. Its id is this op's.
    Post {
        /// What it is.
        notice: NoticeKind,
        /// In whose name.
        from: GroupId,
        /// To whom.
        audience: Vec<Audience>,
        /// 件名.
        title: String,
        /// 要点.
        #[serde(default)]
        points: Points,
        /// 本文.
        text: String,
        /// Not before this moment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        publish_at: Option<Timestamp>,
        /// Until when an emergency stays at the top.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// Correct a notice; changing one of the four points asks everyone again.
    Correct {
        /// The notice.
        notice: NoticeId,
        /// The rev the officer saw.
        seen: Rev,
        /// What changes.
        patch: NoticePatch,
    },
    /// Take a notice back.
    Withdraw {
        /// The notice.
        notice: NoticeId,
        /// The rev the officer saw.
        seen: Rev,
        /// Why, in words readers will see.
        reason: String,
    },
    /// Give a role. Its id is made by the asker, so that the op can be repeated.
    GrantRole {
        /// The role's id.
        role: RoleId,
        /// To whom.
        person: PersonId,
        /// Where.
        group: GroupId,
        /// What.
        kind: RoleKind,
        /// Until when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// End a role now.
    EndRole {
        /// Which.
        role: RoleId,
    },
    /// A household moves to another block.
    MoveHousehold {
        /// Which.
        household: GroupId,
        /// Where to.
        to: GroupId,
    },
    /// A household is served on paper from now on, or no longer.
    SetPaper {
        /// Which.
        household: GroupId,
        /// Yes or no.
        paper: bool,
    },
    /// Somebody enters how far a home is that did not answer by its own phone.
    PaperReceipt {
        /// The notice.
        notice: NoticeId,
        /// The rev that was on the paper.
        rev: Rev,
        /// The home.
        household: GroupId,
        /// How far.
        stage: PaperStage,
    },
    /// Print an invitation. Whoever prints makes the secret; the server only ever sees its hash.
    Invite {
        /// The invite's id.
        invite: InviteId,
        /// A household; or a person without one.
        to: Invitee,
        /// `invite::Secret::hash`, base64url.
        secret: String,
        /// It is passed on as a link, not handed over in person: who comes with it waits for an officer's tap.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        passed_on: bool,
    },
    /// Somebody with a link that was passed on is let in, or turned away.
    Approve {
        /// Their wish to join.
        join: JoinId,
        /// Let in.
        admit: bool,
    },
    /// A device is lost or was given away.
    Revoke {
        /// Which.
        device: DeviceId,
    },
    /// This person leaves this device.
    Leave {},
    /// 転入: a household is new here. Its id and those of its people are made by the asker, so that the op can be repeated.
    AddHousehold {
        /// The household's id.
        household: GroupId,
        /// Where it stands.
        block: GroupId,
        /// Its name.
        name: String,
        /// ふりがな of the name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reading: Option<String>,
        /// 紙でお届けの世帯.
        #[serde(default)]
        paper: bool,
        /// Its place in the roster's order; otherwise last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<u32>,
        /// Who lives there, in the order of the roster.
        #[serde(default)]
        people: Vec<Newcomer>,
    },
    /// Somebody is new in a household.
    AddPerson {
        /// Where they live.
        household: GroupId,
        /// Who.
        #[serde(flatten)]
        newcomer: Newcomer,
    },
    /// A block is new in an association. Its id is made by the asker, so that the op can be repeated.
    AddBlock {
        /// The block's id.
        group: GroupId,
        /// Where it hangs.
        association: GroupId,
        /// Its name.
        name: String,
    },
    /// Correct what the roster says of a household.
    CorrectHousehold {
        /// Which.
        household: GroupId,
        /// The rev the officer saw.
        seen: Rev,
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// ふりがな of the name.
        #[serde(default, skip_serializing_if = "Change::is_keep")]
        reading: Change<String>,
        /// Its place in the roster's order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<u32>,
    },
    /// Correct what the roster says of a person.
    CorrectPerson {
        /// Who.
        person: PersonId,
        /// The rev the officer saw.
        seen: Rev,
        /// Their name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// ふりがな of the name.
        #[serde(default, skip_serializing_if = "Change::is_keep")]
        reading: Change<String>,
    },
    /// A person lives in another household from now on; one that is left without anybody is closed.
    MovePerson {
        /// Who.
        person: PersonId,
        /// Where to.
        to: GroupId,
    },
    /// A person moved away or died. This is not undone: whoever comes back is new.
    Depart {
        /// Who.
        person: PersonId,
        /// Which of the two.
        why: Departure,
    },
    /// Two households become one: everybody of `from` lives in `into`, and `from` is closed.
    MergeHouseholds {
        /// The one that is closed.
        from: GroupId,
        /// The one that stays, as it is.
        into: GroupId,
    },
    /// Some of a household become a household of their own.
    SplitHousehold {
        /// The one they lived in.
        from: GroupId,
        /// The new one's id, made by the asker.
        household: GroupId,
        /// Where it stands.
        block: GroupId,
        /// Its name.
        name: String,
        /// Who lives there.
        people: Vec<PersonId>,
    },
    /// A person known twice: what the second one was becomes the first's, and the second id leads to the first.
    SamePerson {
        /// Who stays.
        person: PersonId,
        /// Who is the same.
        twice: PersonId,
    },
    /// This person looked at a case; the first one counts.
    SeeCase {
        /// The check-in that asked.
        case: OpId,
    },
    /// This person takes care of a case.
    TakeCase {
        /// The check-in that asked.
        case: OpId,
    },
    /// Whoever has a case has it no more.
    ReleaseCase {
        /// The check-in that asked.
        case: OpId,
    },
    /// Something is written down about a case, for the team only.
    NoteCase {
        /// The check-in that asked.
        case: OpId,
        /// What.
        text: String,
    },
    /// A case is done.
    CloseCase {
        /// The check-in that asked.
        case: OpId,
        /// What became of it, for the team only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// The telephone number offered below a group where no team can be reached.
    SetSupport {
        /// A district, federation or association.
        group: GroupId,
        /// The number; none: no longer one of its own.
        support: Option<Support>,
    },
}

/// Whom an invitation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Invitee {
    /// Each listed member of a household.
    Household(GroupId),
    /// One person, such as staff without a household.
    Person(PersonId),
}

/// How long a broadcast may wait before it asks again, in milliseconds: ten minutes.
pub const BROADCAST_WAITS_MILLIS: i64 = 10 * 60 * 1_000;

/// How far a device's clock may be ahead before it counts as impossible, in milliseconds: five minutes.
pub const CLOCK_AHEAD_MILLIS: i64 = 5 * 60 * 1_000;

/// How an op is judged when it arrives late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// A fact somebody stated: made within a term, it is accepted late and flagged.
    Evidence,
    /// An exercise of a role: judged by now.
    Power,
    /// A power that speaks to everyone: judged by now, and not if it waited.
    Broadcast,
}

impl Command {
    /// Its word, the `do` on the wire.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Receipt { .. } => "receipt",
            Self::CheckIn { .. } => "check_in",
            Self::Consent { .. } => "consent",
            Self::TakeBack { .. } => "take_back",
            Self::Post { .. } => "post",
            Self::Correct { .. } => "correct",
            Self::Withdraw { .. } => "withdraw",
            Self::GrantRole { .. } => "grant_role",
            Self::EndRole { .. } => "end_role",
            Self::MoveHousehold { .. } => "move_household",
            Self::SetPaper { .. } => "set_paper",
            Self::PaperReceipt { .. } => "paper_receipt",
            Self::Invite { .. } => "invite",
            Self::Approve { .. } => "approve",
            Self::Revoke { .. } => "revoke",
            Self::Leave {} => "leave",
            Self::AddHousehold { .. } => "add_household",
            Self::AddPerson { .. } => "add_person",
            Self::AddBlock { .. } => "add_block",
            Self::CorrectHousehold { .. } => "correct_household",
            Self::CorrectPerson { .. } => "correct_person",
            Self::MovePerson { .. } => "move_person",
            Self::Depart { .. } => "depart",
            Self::MergeHouseholds { .. } => "merge_households",
            Self::SplitHousehold { .. } => "split_household",
            Self::SamePerson { .. } => "same_person",
            Self::SeeCase { .. } => "see_case",
            Self::TakeCase { .. } => "take_case",
            Self::ReleaseCase { .. } => "release_case",
            Self::NoteCase { .. } => "note_case",
            Self::CloseCase { .. } => "close_case",
            Self::SetSupport { .. } => "set_support",
        }
    }

    /// Every word this program knows.
    pub const WORDS: &'static [&'static str] = &[
        "receipt",
        "check_in",
        "consent",
        "take_back",
        "post",
        "correct",
        "withdraw",
        "grant_role",
        "end_role",
        "move_household",
        "set_paper",
        "paper_receipt",
        "invite",
        "approve",
        "revoke",
        "leave",
        "see_case",
        "take_case",
        "release_case",
        "note_case",
        "close_case",
        "set_support",
        "add_household",
        "add_person",
        "add_block",
        "correct_household",
        "correct_person",
        "move_person",
        "depart",
        "merge_households",
        "split_household",
        "same_person",
    ];

    /// How it is judged when it arrives late.
    #[must_use]
    pub const fn nature(&self) -> Nature {
        match self {
            Self::Receipt { .. }
            | Self::CheckIn { .. }
            | Self::Consent { .. }
            | Self::TakeBack { .. }
            | Self::PaperReceipt { .. }
            | Self::SeeCase { .. }
            | Self::Leave {} => Nature::Evidence,
            Self::Post { .. } => Nature::Broadcast,
            Self::Correct { .. }
            | Self::Withdraw { .. }
            | Self::GrantRole { .. }
            | Self::EndRole { .. }
            | Self::MoveHousehold { .. }
            | Self::SetPaper { .. }
            | Self::Invite { .. }
            | Self::TakeCase { .. }
            | Self::ReleaseCase { .. }
            | Self::NoteCase { .. }
            | Self::CloseCase { .. }
            | Self::SetSupport { .. }
            | Self::Approve { .. }
            | Self::Revoke { .. }
            | Self::AddHousehold { .. }
            | Self::AddPerson { .. }
            | Self::AddBlock { .. }
            | Self::CorrectHousehold { .. }
            | Self::CorrectPerson { .. }
            | Self::MovePerson { .. }
            | Self::Depart { .. }
            | Self::MergeHouseholds { .. }
            | Self::SplitHousehold { .. }
            | Self::SamePerson { .. } => Nature::Power,
        }
    }

    /// Whether it holds names of people or homes, which only the association's own roster may show.
    #[must_use]
    pub const fn holds_names(&self) -> bool {
        matches!(
            self,
            Self::AddHousehold { .. }
                | Self::AddPerson { .. }
                | Self::CorrectHousehold { .. }
                | Self::CorrectPerson { .. }
                | Self::SplitHousehold { .. }
        )
    }
}

/// An op, understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Op {
    /// Made on the device.
    pub id: OpId,
    /// Whom the device speaks for.
    #[serde(rename = "as")]
    pub person: PersonId,
    /// When it was tapped, by the device's clock.
    pub at: Timestamp,
    /// What is asked for.
    #[serde(flatten)]
    pub command: Command,
}

#[derive(Deserialize)]
struct Header<'a> {
    id: OpId,
    #[serde(rename = "as")]
    person: PersonId,
    at: Timestamp,
    #[serde(rename = "do", borrow)]
    word: std::borrow::Cow<'a, str>,
}

/// Why the text of an op could not become an [`Op`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOp {
    /// Not even the header is there: nothing can be answered to this op by name.
    #[error("an op needs id, as, at and do: {0}")]
    NoHeader(String),
    /// A newer phone asks for something this program does not know.
    #[error("{word:?} is not known here")]
    Unsupported {
        /// The op.
        id: OpId,
        /// Its word.
        word: String,
    },
    /// A known word with fields of another shape, or one over its limit.
    #[error("{detail}")]
    Malformed {
        /// The op.
        id: OpId,
        /// Whom it speaks for.
        person: PersonId,
        /// What is wrong.
        detail: String,
    },
}

impl Op {
    /// Reads an op from its JSON text and checks every limit ([`crate::validate`]).
    ///
    /// # Errors
    /// As [`NotAnOp`] says.
    pub fn parse(text: &str) -> Result<Self, NotAnOp> {
        let header: Header<'_> = serde_json::from_str(text).map_err(|error| NotAnOp::NoHeader(error.to_string()))?;
        if !Command::WORDS.contains(&header.word.as_ref()) {
            return Err(NotAnOp::Unsupported { id: header.id, word: header.word.chars().take(40).collect() });
        }
        let malformed = |detail: String| NotAnOp::Malformed { id: header.id, person: header.person, detail };
        let command: Command = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        crate::validate::command(&command).map_err(|error| malformed(error.to_string()))?;
        Ok(Self { id: header.id, person: header.person, at: header.at, command })
    }

    /// Its JSON text, as it is stored and sent.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl NotAnOp {
    /// The refusal it comes to, where the op can be answered.
    #[must_use]
    pub const fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Malformed { .. } => Some(Refusal::Malformed),
            Self::NoHeader(_) | Self::Unsupported { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#""id":"0197a1b2c3d47e5f8a9b0c1d2e3f4a5b","as":"p0000000000007","at":"2026-11-22T00:00:00Z""#;

    #[test]
    fn an_op_reads_back_as_it_was_written() {
        let text = format!(r#"{{{HEADER},"do":"check_in","mood":"good","day":"2026-11-22"}}"#);
        let op = Op::parse(&text).unwrap();
        assert_eq!(op.command.word(), "check_in");
        assert_eq!(Op::parse(&op.to_text()), Ok(op));
    }

    #[test]
    fn what_changes_in_a_roster_is_set_cleared_or_kept() {
        let text = format!(r#"{{{HEADER},"do":"correct_person","person":"p0000000000007","seen":2,"reading":null}}"#);
        let op = Op::parse(&text).unwrap();
        let Command::CorrectPerson { name, reading, .. } = &op.command else { panic!("{op:?}") };
        assert_eq!((name, reading), (&None, &Change::Clear));
        assert!(
            !Op::parse(&text.replace(r#","reading":null"#, r#","name":"佐藤 花""#))
                .unwrap()
                .to_text()
                .contains("reading")
        );
        let text = format!(
            r#"{{{HEADER},"do":"add_person","household":"g0000000000001","person":"p0000000000008","name":"佐藤 花"}}"#
        );
        let op = Op::parse(&text).unwrap();
        assert!(op.command.holds_names());
        assert_eq!(Op::parse(&op.to_text()), Ok(op));
    }

    #[test]
    fn an_op_of_a_newer_phone_is_unsupported_not_wrong() {
        let text = format!(r#"{{{HEADER},"do":"teleport","to":"moon"}}"#);
        assert!(matches!(Op::parse(&text), Err(NotAnOp::Unsupported { .. })));
    }

    #[test]
    fn fields_a_newer_phone_added_do_no_harm() {
        let text = format!(r#"{{{HEADER},"do":"check_in","mood":"good","day":"2026-11-22","pulse":61}}"#);
        assert!(Op::parse(&text).is_ok());
    }

    #[test]
    fn a_known_op_of_another_shape_is_refused_by_name() {
        let text = format!(r#"{{{HEADER},"do":"check_in","mood":"splendid","day":"2026-11-22"}}"#);
        assert_eq!(Op::parse(&text).unwrap_err().refusal(), Some(Refusal::Malformed));
    }

    #[test]
    fn an_op_without_a_header_cannot_be_answered() {
        assert!(matches!(Op::parse(r#"{"do":"check_in"}"#), Err(NotAnOp::NoHeader(_))));
    }
}
