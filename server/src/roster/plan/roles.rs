//! Which role a word under 役職 proposes.

use crate::held::{HeldPerson, HeldRole};
use kairan_protocol::{id::GroupId, people::RoleKind};

/// Words that propose a role, each with the role; every other word stays a remark.
const WORDS: &[(&str, RoleKind)] = &[
    ("会長", RoleKind::Chair),
    ("町内会長", RoleKind::Chair),
    ("自治会長", RoleKind::Chair),
    ("区長", RoleKind::Chair),
    ("副会長", RoleKind::Officer),
    ("会計", RoleKind::Officer),
    ("書記", RoleKind::Officer),
    ("監事", RoleKind::Officer),
    ("役員", RoleKind::Officer),
    ("班長", RoleKind::BlockLeader),
    ("組長", RoleKind::BlockLeader),
];

/// The role a word proposes.
pub fn proposed(word: &str) -> Option<RoleKind> {
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
}

/// The word an export writes for a role.
pub const fn written(kind: RoleKind) -> Option<&'static str> {
    match kind {
        RoleKind::Chair => Some("会長"),
        RoleKind::Officer => Some("役員"),
        RoleKind::BlockLeader => Some("班長"),
        RoleKind::Commissioner | RoleKind::MunicipalStaff | RoleKind::Steward => None,
    }
}

/// Whether somebody holds such a role already: at the association, or at any of its blocks.
pub fn holds(person: &HeldPerson, kind: RoleKind, association: GroupId) -> bool {
    let at_association = |role: &HeldRole| role.group == association;
    person.roles.iter().any(|role| role.kind == kind && (kind == RoleKind::BlockLeader || at_association(role)))
}
