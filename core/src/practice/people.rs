//! Who lives in the pretend neighbourhood: one block of ten homes, its association, the commissioners' team, and who works there.
//! Every name is plainly made up.

use kairan_protocol::{
    id::{DeviceId, GroupId, PersonId, RoleId},
    people::{Role, RoleKind},
    time::{Term, Timestamp, ZoneOffsets},
    tree::{Group, GroupKind},
};

pub(super) const DISTRICT: GroupId = GroupId::from_number(1);
pub(super) const ASSOCIATION: GroupId = GroupId::from_number(10);
pub(super) const BLOCK: GroupId = GroupId::from_number(11);
pub(super) const TEAM: GroupId = GroupId::from_number(12);

pub(super) const DISTRICT_NAME: &str = "みほん市";

/// Whose phone it is.
pub(super) const RESIDENT: PersonId = PersonId::from_number(1);
pub(super) const LEADER: PersonId = PersonId::from_number(2);
pub(super) const CHAIR: PersonId = PersonId::from_number(50);
pub(super) const COMMISSIONER: PersonId = PersonId::from_number(51);
pub(super) const CLERK: PersonId = PersonId::from_number(52);

/// The phone that practises.
pub(super) const PHONE: DeviceId = device_of(RESIDENT);

/// The homes of the block: name, who lives there, and whether it is served on paper. The first is the phone's.
const HOMES: [(&str, &str, bool); 10] = [
    ("見本", "見本 花子", false),
    ("例田", "例田 一郎", false),
    ("仮山", "仮山 まこと", false),
    ("試野", "試野 ひろし", false),
    ("型木", "型木 よし子", false),
    ("習田", "習田 とめ", true),
    ("学本", "学本 ゆたか", false),
    ("手習", "手習 さち", false),
    ("初野", "初野 うめ", true),
    ("稽古", "稽古 みつる", false),
];

/// Those who work for the neighbourhood and live in none of its homes.
const WORKERS: [(PersonId, &str); 3] =
    [(CHAIR, "会長 おてほん"), (COMMISSIONER, "手本 みちこ"), (CLERK, "みほん市の担当者")];

const ROLES: [(PersonId, GroupId, RoleKind); 4] = [
    (LEADER, BLOCK, RoleKind::BlockLeader),
    (CHAIR, ASSOCIATION, RoleKind::Chair),
    (COMMISSIONER, TEAM, RoleKind::Commissioner),
    (CLERK, DISTRICT, RoleKind::MunicipalStaff),
];

/// One home of the block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home {
    pub(super) id: GroupId,
    pub(super) member: PersonId,
    pub(super) paper: bool,
}

/// The zone of the pretend neighbourhood: Japan.
pub(super) fn zone() -> ZoneOffsets {
    ZoneOffsets::fixed(32_400)
}

/// Everybody has a phone of their own, that is called as they are.
pub(super) const fn device_of(person: PersonId) -> DeviceId {
    DeviceId::from_number(person.number())
}

/// Whose phone a device is.
pub(super) const fn holder_of(device: DeviceId) -> PersonId {
    PersonId::from_number(device.number())
}

/// The homes, in the order of the roster.
pub(super) fn homes() -> impl Iterator<Item = Home> {
    (1_i64..).zip(HOMES).map(|(number, (_, _, paper))| Home {
        id: GroupId::from_number(100 + number),
        member: PersonId::from_number(number),
        paper,
    })
}

/// Everybody by name.
pub(super) fn names() -> impl Iterator<Item = (PersonId, &'static str)> {
    homes().zip(HOMES).map(|(home, (_, name, _))| (home.member, name)).chain(WORKERS)
}

/// Every group.
pub(super) fn groups() -> impl Iterator<Item = Group> {
    let group = |(id, kind, parent, name): (GroupId, GroupKind, Option<GroupId>, &str)| Group {
        id,
        kind,
        parent,
        name: name.to_owned(),
    };
    let above = [
        (DISTRICT, GroupKind::District, None, DISTRICT_NAME),
        (ASSOCIATION, GroupKind::Association, Some(DISTRICT), "ひなた町内会"),
        (BLOCK, GroupKind::Block, Some(ASSOCIATION), "1班"),
        (TEAM, GroupKind::Team, Some(ASSOCIATION), "ひなた町内会 民生委員"),
    ];
    let homes = homes().zip(HOMES).map(|(home, (name, ..))| (home.id, GroupKind::Household, Some(BLOCK), name));
    above.into_iter().chain(homes).map(group)
}

/// Who works where, always.
pub(super) fn roles() -> impl Iterator<Item = Role> {
    (1_i64..).zip(ROLES).map(|(number, (person, group, kind))| Role {
        id: RoleId::from_number(number),
        person,
        group,
        kind,
        term: always(),
    })
}

/// Since before anything.
pub(super) const fn always() -> Term {
    Term::since(Timestamp::from_millis(0))
}
