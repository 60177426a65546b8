//! district.toml is read as the guide says, and every mistake is named with its line.

use super::plan;
use crate::{Error, store::SetUpPlan};
use kairan_protocol::{people::RoleKind, time::Timestamp, tree::GroupKind};
use proptest::prelude::*;

const DISTRICT: &str = r#"
name = "みどり市"
zone = "Asia/Tokyo"
addresses = ["127.0.0.1:8443"]
first_officer = "sato"

[[team]]
name = "みどり市民生委員協議会"

[[staff]]
key = "clerk"
name = "市民課 係員"

[[federation]]
name = "東部連合町内会"

[[federation.association]]
key = "midori"
name = "緑ヶ丘町内会"

[[federation.association.team]]
key = "midori-team"
name = "緑ヶ丘 民生委員"

[[federation.association.block]]
name = "1班"

[[federation.association.block.household]]
name = "佐藤"
people = [{ key = "sato", name = "佐藤 一郎" }, "佐藤 花子"]

[[federation.association.block.household]]
name = "田中"
paper = true
people = ["田中 ウメ"]

[[role]]
person = "sato"
group = "midori"
kind = "chair"
until = 2028-03-31

[[role]]
person = "田中 ウメ"
group = "1班"
kind = "block_leader"

[[guest]]
key = "daughter"
name = "田中 ゆみ"
of = "田中 ウメ"
"#;

fn now() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

fn read(text: &str) -> Result<SetUpPlan, Error> {
    plan(text, now())
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_fail_other_than_by_an_error(at in 0..DISTRICT.len(), put in "[\\PC\n\"\\[\\]{}=#]{0,6}", cut in 0..40_usize) {
        let start = (0..=at).rev().find(|at| DISTRICT.is_char_boundary(*at)).unwrap_or_default();
        let end = (start + cut..=DISTRICT.len()).find(|end| DISTRICT.is_char_boundary(*end)).unwrap_or(start);
        let text = format!("{}{put}{}", &DISTRICT[..start], &DISTRICT[end..]);
        if let Err(error) = read(&text) {
            prop_assert!(!error.to_string().is_empty() && !error.todo().is_empty());
        }
    }

    #[test]
    fn any_address_is_taken_or_refused_and_a_taken_one_has_a_host(text in "\\PC{0,40}|[a-z0-9.:\\[\\]-]{0,20}") {
        if super::address(&text).is_ok() {
            prop_assert!(!crate::identity::tls::host(&text).is_empty());
        }
    }
}

fn mistake(from: &str, to: &str) -> String {
    assert!(DISTRICT.contains(from), "{from} is not in the example");
    let Err(error) = read(&DISTRICT.replacen(from, to, 1)) else { panic!("{to} was taken") };
    assert_eq!(error.exit_code(), 2);
    format!("{error} | {}", error.todo())
}

#[test]
fn the_example_becomes_a_tree_with_people_roles_and_a_steward() {
    use GroupKind::{Association, Block, District, Federation, Household, Team};
    let plan = read(DISTRICT).unwrap();
    let kinds: Vec<GroupKind> = plan.groups.iter().map(|group| group.kind).collect();
    assert_eq!(kinds, [District, Team, Federation, Association, Team, Block, Household, Household]);
    assert!(plan.groups.iter().skip(1).all(|group| group.parent.is_some()));
    assert_eq!(
        plan.groups.iter().filter(|group| group.paper).map(|group| group.name.as_str()).collect::<Vec<_>>(),
        ["田中"]
    );
    assert_eq!(plan.persons.len(), 6);
    assert_eq!(plan.residences.len(), 3);
    assert_eq!(plan.guests.len(), 1);
    let chair = plan.roles.iter().find(|role| role.kind == RoleKind::Chair).unwrap();
    assert_eq!(chair.person, plan.first_officer);
    assert_eq!(chair.until.unwrap().to_string(), "2028-03-31T15:00:00.000Z");
    let steward = plan.roles.iter().find(|role| role.kind == RoleKind::Steward).unwrap();
    assert_eq!((steward.person, steward.group), (plan.steward, plan.groups[0].id));
    assert!(plan.epoch.0.starts_with("k1-"));
}

#[test]
fn two_districts_of_one_file_share_no_id_and_no_epoch() {
    let [one, two] = [(); 2].map(|()| read(DISTRICT).unwrap());
    assert_ne!(one.groups[0].id, two.groups[0].id);
    assert_ne!(one.mac_key, two.mac_key);
    assert_ne!(one.epoch, two.epoch);
}

#[test]
fn an_unknown_field_is_named_with_its_line() {
    let said = mistake("paper = true", "papier = true");
    assert!(said.contains("line 34") && said.contains("papier"), "{said}");
}

#[test]
fn a_key_used_twice_is_refused() {
    let said = mistake("key = \"clerk\"", "key = \"sato\"");
    assert!(said.contains("\"sato\"") && said.contains("line"), "{said}");
}

#[test]
fn a_reference_to_nobody_is_refused() {
    let said = mistake("person = \"sato\"", "person = \"sáto\"");
    assert!(said.contains("role.person") && said.contains("sáto"), "{said}");
}

#[test]
fn a_name_of_two_people_cannot_be_referred_to() {
    let said = mistake("\"佐藤 花子\"]", "\"田中 ウメ\"]");
    assert!(said.contains("2 persons") && said.contains("key"), "{said}");
}

#[test]
fn a_role_in_the_wrong_place_is_refused_with_the_right_one() {
    let said = mistake("kind = \"chair\"", "kind = \"commissioner\"");
    assert!(said.contains("commissioner") && said.contains("is a team"), "{said}");
    let said = mistake("kind = \"block_leader\"", "kind = \"steward\"");
    assert!(said.contains("role.kind"), "{said}");
}

#[test]
fn a_block_below_a_federation_is_refused_by_the_tree_rules() {
    let said = mistake(
        "[[federation.association]]\nkey = \"midori\"",
        "[[federation.block]]\nname = \"9班\"\n\n[[federation.association]]\nkey = \"midori\"",
    );
    assert!(said.contains("a block does not hang below a federation"), "{said}");
}

#[test]
fn people_live_in_households_only() {
    let said = mistake("name = \"1班\"", "name = \"1班\"\npeople = [\"x\"]");
    assert!(said.contains("people"), "{said}");
}

#[test]
fn names_zone_addresses_and_terms_are_checked() {
    assert!(mistake("\"みどり市\"", "\"\"").contains("name is empty"));
    assert!(mistake("\"田中\"", &format!("\"{}\"", "田".repeat(61))).contains("longer than 60"));
    assert!(mistake("Asia/Tokyo", "Asia/Toukyou").contains("zone"));
    assert!(mistake("127.0.0.1:8443", "https://x").contains("addresses"));
    assert!(mistake("[\"127.0.0.1:8443\"]", "[]").contains("addresses"));
    assert!(mistake("2028-03-31", "2026-11-22").contains("role.until"));
    assert!(mistake("2028-03-31", "2028-03-31T10:00:00Z").contains("a day is wanted"));
}

#[test]
fn the_first_officer_needs_a_role_and_a_guest_a_host_who_lives_here() {
    assert!(mistake("first_officer = \"sato\"", "first_officer = \"clerk\"").contains("holds no role"));
    assert!(mistake("of = \"田中 ウメ\"", "of = \"clerk\"").contains("lives in no household"));
    assert!(mistake("person = \"sato\"", "person = \"daughter\"").contains("a guest holds no role"));
}

#[test]
fn what_is_no_toml_is_named_with_its_line() {
    assert!(mistake("zone = \"Asia/Tokyo\"", "zone = Asia/Tokyo").contains("line 3"));
}

#[test]
fn a_telephone_number_is_the_districts_or_an_associations() {
    let number = "support = { name = \"支援センター\", telephone = \"03-0000-0000\", hours = \"平日\" }";
    let with = |place: &str| DISTRICT.replacen(place, &format!("{place}\n{number}"), 1);
    let plan = read(&with("name = \"緑ヶ丘町内会\"")).unwrap();
    let of = plan.groups.iter().find(|group| group.id == plan.supports[0].group).unwrap();
    assert_eq!((of.kind, plan.supports[0].support.telephone.as_str()), (GroupKind::Association, "03-0000-0000"));
    let plan = read(&with("first_officer = \"sato\"")).unwrap();
    assert_eq!(plan.supports[0].group, plan.groups[0].id);
    let wrong = mistake("name = \"1班\"", &format!("name = \"1班\"\n{number}"));
    assert!(wrong.contains("a block offers no telephone number"), "{wrong}");
    let empty =
        mistake("name = \"緑ヶ丘町内会\"", "name = \"緑ヶ丘町内会\"\nsupport = { name = \"\", telephone = \"1\" }");
    assert!(empty.contains("name is empty"), "{empty}");
}
