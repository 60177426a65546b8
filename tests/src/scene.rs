//! The stage on which every line of the matrix is played: a person of each standing, and a target at each place.

use crate::{Neighbourhood, RawPhone, matrix::Line};
use kairan_protocol::id::GroupId;
use std::collections::BTreeMap;

/// 広い市: every kind of group with every kind below it and beside it.
const HIROI: &str = r#"
name = "広い市"
zone = "Asia/Tokyo"
addresses = ["ADDRESS"]
first_officer = "係 広い市"

[[team]]
name = "広い市 民生委員"

[[federation]]
name = "東連合"
[[federation.team]]
name = "東連合 民生委員"
[[federation.association]]
name = "東町"
[[federation.association.team]]
name = "東町 民生委員"
[[federation.association.block]]
name = "東1班"
[[federation.association.block.team]]
name = "東1班 民生委員"
[[federation.association.block.household]]
name = "住人"
people = ["住人 本人", "住人 同居"]
[[federation.association.block.household]]
name = "隣家"
people = ["隣家 人"]
[[federation.association.block.household]]
name = "移家"
people = ["移家 人"]
[[federation.association.block]]
name = "東2班"
[[federation.association.block.household]]
name = "二班"
people = ["二班 人"]
[[federation.association]]
name = "南町"
[[federation.association.team]]
name = "南町 民生委員"
[[federation.association.block]]
name = "南1班"
[[federation.association.block.household]]
name = "南家"
people = ["南家 人"]
[[federation.association.block]]
name = "南2班"

[[federation]]
name = "西連合"
[[federation.team]]
name = "西連合 民生委員"
[[federation.association]]
name = "西町"
[[federation.association.block]]
name = "西1班"
[[federation.association.block.household]]
name = "西家"
people = ["西家 人"]
[[federation.association.block]]
name = "西2班"

[[guest]]
name = "客 本人"
of = "住人 本人"
"#;

/// Who stands for a standing, with which role, at which group.
const CAST: [(&str, &str, Option<&str>, &str); 7] = [
    ("resident", "住人 本人", None, "住人"),
    ("guest", "客 本人", None, "住人"),
    ("block_leader", "班長 本人", Some("block_leader"), "東1班"),
    ("officer", "役員 本人", Some("officer"), "東町"),
    ("chair", "会長 本人", Some("chair"), "東町"),
    ("commissioner", "民生 本人", Some("commissioner"), "東町 民生委員"),
    ("municipal_staff", "職員 本人", Some("municipal_staff"), "東連合"),
];

/// Somebody without a household at each group: whom to invite, whose phone to sign off.
const HOLDERS: [(&str, &str); 11] = [
    ("広い市", "officer"),
    ("東連合", "officer"),
    ("西連合", "officer"),
    ("東町", "officer"),
    ("南町", "officer"),
    ("東1班", "block_leader"),
    ("東2班", "block_leader"),
    ("東町 民生委員", "commissioner"),
    ("南町 民生委員", "commissioner"),
    ("東1班 民生委員", "commissioner"),
    ("東連合 民生委員", "commissioner"),
];

/// Who receives roles: nobody of any group.
pub const RECEIVER: &str = "受け手 人";

/// The stage.
pub struct Scene {
    /// The neighbourhood itself.
    pub hood: Neighbourhood,
    /// One device per standing but the steward's, which is the command line.
    pub cast: BTreeMap<&'static str, RawPhone>,
}

impl Scene {
    /// Sets the stage up and lets everybody join.
    pub async fn set() -> Self {
        use std::fmt::Write as _;
        let mut text = HIROI.to_owned();
        let mut role = |person: &str, kind: &str, group: &str| {
            let _ = write!(
                text,
                "[[staff]]\nname = \"{person}\"\n[[role]]\nperson = \"{person}\"\ngroup = \"{group}\"\nkind = \"{kind}\"\n"
            );
        };
        for (_, person, kind, group) in CAST {
            if let Some(kind) = kind {
                role(person, kind, group);
            }
        }
        for (group, kind) in HOLDERS {
            role(&holder(group), kind, group);
        }
        let _ = write!(text, "[[staff]]\nname = \"{RECEIVER}\"\n");
        let hood = Neighbourhood::of(&text).await;
        let mut cast = BTreeMap::new();
        for (standing, person, ..) in CAST {
            cast.insert(standing, hood.raw(person).await);
        }
        Self { hood, cast }
    }

    /// The person of a standing; the steward has no name in the tree.
    #[must_use]
    pub fn person(standing: &str) -> &'static str {
        CAST.iter().find(|(known, ..)| *known == standing).map_or("", |(_, person, ..)| *person)
    }

    /// The group a standing is judged from.
    #[must_use]
    pub fn own(standing: &str) -> &'static str {
        CAST.iter().find(|(known, ..)| *known == standing).map_or("広い市", |(.., group)| *group)
    }

    /// A group at a line's place; none where the tree ends.
    #[must_use]
    pub fn place(line: &Line) -> Option<&'static str> {
        let (below, above, beside) = match line.standing.as_str() {
            "resident" | "guest" => (None, Some("東1班"), Some("東2班")),
            "block_leader" => (Some("隣家"), Some("東町"), Some("東2班")),
            "officer" | "chair" => (Some("東1班"), Some("東連合"), Some("南町")),
            "commissioner" => (None, Some("東町"), Some("南町")),
            "municipal_staff" => (Some("東町"), Some("広い市"), Some("西連合")),
            "steward" => (Some("東町"), None, None),
            other => panic!("no such standing: {other}"),
        };
        match line.place.as_str() {
            "own" => Some(Self::own(&line.standing)),
            "below" => below,
            "above" => above,
            "beside" => beside,
            other => panic!("no such place: {other}"),
        }
    }

    /// A team at a line's place: teams hang below groups and nothing below them, so that few are anybody's own.
    #[must_use]
    pub fn team(line: &Line) -> Option<&'static str> {
        match (line.place.as_str(), line.standing.as_str()) {
            ("own", "commissioner") | ("below", "officer" | "chair" | "municipal_staff" | "steward") => {
                Some("東町 民生委員")
            }
            ("below", "block_leader") => Some("東1班 民生委員"),
            ("beside", "municipal_staff") => Some("西連合 民生委員"),
            ("beside", "resident" | "guest" | "block_leader" | "officer" | "chair" | "commissioner") => {
                Some("南町 民生委員")
            }
            _ => None,
        }
    }

    /// Households and the blocks they might move to at a line's place; every one is a move of its own.
    #[must_use]
    pub fn moves(line: &Line) -> Vec<(&'static str, &'static str)> {
        match (line.place.as_str(), line.standing.as_str()) {
            ("own", "resident" | "guest") => vec![("住人", "東2班")],
            ("own", standing) => vec![("移家", Self::own(standing))],
            ("below", "block_leader" | "officer" | "chair" | "municipal_staff" | "steward")
            | ("above", "resident" | "guest" | "commissioner") => vec![("移家", "東2班")],
            ("above", "municipal_staff") => vec![("移家", "広い市")],
            ("above", "block_leader" | "officer" | "chair") => vec![("移家", "東連合")],
            ("beside", "municipal_staff") => vec![("移家", "西1班"), ("西家", "東2班"), ("西家", "西2班")],
            ("beside", "resident" | "guest" | "block_leader") => vec![("移家", "東2班"), ("二班", "東1班")],
            ("beside", "officer" | "chair" | "commissioner") => {
                vec![("移家", "南1班"), ("南家", "東2班"), ("南家", "南2班")]
            }
            _ => Vec::new(),
        }
    }

    /// A group's id by its name.
    #[must_use]
    pub fn group(&self, name: &str) -> GroupId {
        self.hood.group_id(name)
    }
}

/// Who holds a role at a group and has no household.
#[must_use]
pub fn holder(group: &str) -> String {
    format!("係 {group}")
}

/// Somebody who lives in a household, other than the one who acts.
#[must_use]
pub fn member(household: &str) -> String {
    if household == "住人" { "住人 同居".to_owned() } else { format!("{household} 人") }
}
