//! Lanes: ops about one thing keep their order, and one that cannot be sent holds up nobody else's.

use kairan_protocol::{
    id::OpId,
    op::{BROADCAST_WAITS_MILLIS, Command, Nature, Op},
    receipt::Stage,
};

/// The lane of an op: per person and notice, per person's check-ins, per posting group, per thing otherwise.
pub(crate) fn of(op: &Op) -> String {
    let person = op.person;
    match &op.command {
        Command::Receipt { notice, .. } => format!("receipt/{person}/{notice}"),
        // A consent, the mood it allows, and the tap taken back belong together.
        Command::CheckIn { .. } | Command::Consent { .. } | Command::TakeBack { .. } => format!("check_in/{person}"),
        Command::Post { from, .. } => format!("post/{from}"),
        Command::Correct { notice, .. } | Command::Withdraw { notice, .. } => format!("notice/{notice}"),
        Command::GrantRole { role, .. } | Command::EndRole { role } => format!("role/{role}"),
        Command::MoveHousehold { household, .. } | Command::SetPaper { household, .. } => {
            format!("household/{household}")
        }
        Command::PaperReceipt { notice, household, .. } => format!("paper/{notice}/{household}"),
        Command::Invite { invite, .. } => format!("invite/{invite}"),
        Command::Approve { join, .. } => format!("join/{join}"),
        Command::Revoke { device } => format!("device/{device}"),
        Command::Leave {} => format!("leave/{person}"),
        // Who lives where hangs together: one after the other.
        Command::AddHousehold { .. }
        | Command::AddPerson { .. }
        | Command::AddBlock { .. }
        | Command::CorrectHousehold { .. }
        | Command::CorrectPerson { .. }
        | Command::MovePerson { .. }
        | Command::Depart { .. }
        | Command::MergeHouseholds { .. }
        | Command::SplitHousehold { .. }
        | Command::SamePerson { .. } => format!("roster/{person}"),
        Command::SeeCase { case }
        | Command::TakeCase { case }
        | Command::ReleaseCase { case }
        | Command::NoteCase { case, .. }
        | Command::CloseCase { case, .. } => format!("case/{case}"),
        Command::SetSupport { group, .. } => format!("support/{group}"),
    }
}

/// The op this one speaks about, where there can be one: it has to be at the server first.
pub(crate) fn about(op: &Op) -> Option<OpId> {
    match &op.command {
        Command::Correct { notice, .. }
        | Command::Withdraw { notice, .. }
        | Command::Receipt { notice, .. }
        | Command::PaperReceipt { notice, .. } => Some(OpId::from(*notice)),
        _ => None,
    }
}

/// Until when a broadcast may go out by itself; none: always.
pub(crate) fn fresh_until(op: &Op) -> Option<i64> {
    (op.command.nature() == Nature::Broadcast).then(|| op.at.plus_millis(BROADCAST_WAITS_MILLIS).millis())
}

/// Whether the app said it by itself: nobody waits to see it sent.
pub(crate) const fn is_quiet(op: &Op) -> bool {
    matches!(&op.command, Command::Receipt { stage: Stage::Delivered | Stage::Displayed, .. } | Command::SeeCase { .. })
}
