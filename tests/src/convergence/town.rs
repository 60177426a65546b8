//! The district of the runs: small, with a place for everybody who can disturb everybody else.

use kairan_protocol::{
    id::{DeviceId, Epoch, GroupId, PersonId, RoleId},
    people::RoleKind,
    time::{Timestamp, ZoneOffsets},
    tree::GroupKind,
};
use kairan_server::store::{PlannedGroup, PlannedGuest, PlannedPerson, PlannedResidence, PlannedRole, SetUpPlan};

/// A group: number, kind, number of the one above (0: none), name, served on paper.
const GROUPS: &[(i64, GroupKind, i64, &str, bool)] = &[
    (1, GroupKind::District, 0, "みどり市", false),
    (2, GroupKind::Federation, 1, "東部連合", false),
    (3, GroupKind::Association, 2, "緑ヶ丘町内会", false),
    (4, GroupKind::Team, 3, "緑ヶ丘 民生委員", false),
    (5, GroupKind::Block, 3, "緑ヶ丘1班", false),
    (6, GroupKind::Block, 3, "緑ヶ丘2班", false),
    (7, GroupKind::Association, 2, "東山町内会", false),
    (8, GroupKind::Block, 7, "東山1班", false),
    (10, GroupKind::Household, 5, "佐藤", false),
    (11, GroupKind::Household, 5, "鈴木", false),
    (12, GroupKind::Household, 5, "高橋", false),
    (13, GroupKind::Household, 5, "渡辺", true),
    (14, GroupKind::Household, 6, "伊藤", false),
    (15, GroupKind::Household, 6, "山本", false),
    (16, GroupKind::Household, 6, "中村", true),
    (17, GroupKind::Household, 8, "小林", false),
    (18, GroupKind::Household, 8, "加藤", false),
];

/// A person: number, name, number of the household (0: none).
const PEOPLE: &[(i64, &str, i64)] = &[
    (1, "佐藤 一郎", 10),
    (2, "佐藤 花子", 10),
    (3, "鈴木 次郎", 11),
    (4, "高橋 キク", 12),
    (5, "高橋 健", 12),
    (6, "渡辺 トメ", 13),
    (7, "伊藤 三郎", 14),
    (8, "山本 文子", 15),
    (9, "中村 ヨシ", 16),
    (10, "小林 茂", 17),
    (11, "加藤 愛", 18),
    (12, "連合 一夫", 0),
    (13, "市民課 係員", 0),
    (STEWARD, "世話人", 0),
    (15, "高橋 遠子", 0),
];

/// The number of the volunteer who runs the machine.
pub const STEWARD: i64 = 14;
/// The number of the first officer.
const FIRST_OFFICER: i64 = 12;

/// A role: number, person, group, kind.
const ROLES: &[(i64, i64, i64, RoleKind)] = &[
    (1, 1, 3, RoleKind::Chair),
    (2, 3, 5, RoleKind::BlockLeader),
    (3, 7, 6, RoleKind::BlockLeader),
    (4, 8, 4, RoleKind::Commissioner),
    (5, 10, 7, RoleKind::Chair),
    (6, 12, 1, RoleKind::Officer),
    (7, 13, 1, RoleKind::MunicipalStaff),
    (8, STEWARD, 1, RoleKind::Steward),
];

/// A phone: its name in the trace, and the people it is for.
pub const PHONES: &[(&str, &[&str])] = &[
    ("キクと健", &["高橋 キク", "高橋 健"]),
    ("会長", &["佐藤 一郎"]),
    ("班長", &["鈴木 次郎"]),
    ("民生委員", &["山本 文子"]),
    ("会長の二台目", &["佐藤 一郎"]),
    ("三郎", &["伊藤 三郎"]),
    ("連合", &["連合 一夫"]),
];

/// Phones that may come later.
pub const LATER_PHONES: &[(&str, &[&str])] = &[
    ("花子", &["佐藤 花子"]),
    ("茂", &["小林 茂"]),
    ("愛", &["加藤 愛"]),
    ("係員", &["市民課 係員"]),
    ("健だけ", &["高橋 健"]),
    ("遠子", &["高橋 遠子"]),
];

/// Where the phones believe the server to be.
pub const ADDRESS: &str = "midori.example";

/// The association's day begins nine hours before UTC's.
const ZONE_SECONDS: i32 = 32_400;

/// The plan of the district.
#[must_use]
pub fn plan(now: Timestamp, mac_key: [u8; 32]) -> SetUpPlan {
    let group = GroupId::from_number;
    let person = PersonId::from_number;
    SetUpPlan {
        name: "みどり市".to_owned(),
        zone: "Asia/Tokyo".to_owned(),
        offsets: ZoneOffsets::fixed(ZONE_SECONDS),
        offsets_until: now.plus_millis(400 * 86_400_000),
        addresses: vec![ADDRESS.to_owned()],
        groups: GROUPS
            .iter()
            .map(|(id, kind, parent, name, paper)| PlannedGroup {
                id: group(*id),
                kind: *kind,
                parent: (*parent != 0).then(|| group(*parent)),
                name: (*name).to_owned(),
                paper: *paper,
            })
            .collect(),
        persons: PEOPLE
            .iter()
            .map(|(id, name, _)| PlannedPerson { id: person(*id), name: (*name).to_owned() })
            .collect(),
        residences: PEOPLE
            .iter()
            .filter(|(.., household)| *household != 0)
            .map(|(id, _, household)| PlannedResidence { person: person(*id), household: group(*household) })
            .collect(),
        guests: vec![PlannedGuest { person: person(15), of: person(4) }],
        roles: ROLES
            .iter()
            .map(|(id, who, at, kind)| PlannedRole {
                id: RoleId::from_number(*id),
                person: person(*who),
                group: group(*at),
                kind: *kind,
                until: None,
            })
            .collect(),
        supports: Vec::new(),
        steward: person(STEWARD),
        console: DeviceId::from_number(1),
        first_officer: person(FIRST_OFFICER),
        mac_key,
        epoch: Epoch("k1".to_owned()),
    }
}

/// The person of a name.
///
/// # Panics
/// When nobody has it.
#[must_use]
pub fn person(name: &str) -> PersonId {
    let found = PEOPLE.iter().find(|(_, known, _)| *known == name);
    PersonId::from_number(found.unwrap_or_else(|| panic!("nobody is called {name}")).0)
}

/// The name of a person.
#[must_use]
pub fn name(person: PersonId) -> &'static str {
    PEOPLE.iter().find(|(id, ..)| *id == person.number()).map_or("?", |(_, name, _)| name)
}

/// The name of a group.
#[must_use]
pub fn group_name(group: GroupId) -> &'static str {
    GROUPS.iter().find(|(id, ..)| *id == group.number()).map_or("?", |(.., name, _)| name)
}

/// Every group of a kind.
#[must_use]
pub fn groups(kind: GroupKind) -> Vec<GroupId> {
    GROUPS.iter().filter(|(_, known, ..)| *known == kind).map(|(id, ..)| GroupId::from_number(*id)).collect()
}

/// Everybody who may be given a role: not the steward.
#[must_use]
pub fn people() -> Vec<PersonId> {
    PEOPLE.iter().filter(|(id, ..)| *id != STEWARD).map(|(id, ..)| PersonId::from_number(*id)).collect()
}
