//! What is exported comes back as it was, whatever names people have, and no cell of it is a formula.

use super::*;
use crate::roster::export::{Besides, Written, export};
use kairan_protocol::people::RoleKind;
use proptest::prelude::*;

const ALL: Besides = Besides { telephone: true, note: true };

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(佐藤|髙橋|𠮷田|斉藤|計見|空見) (一郎|花子|計|さくら|Maria)",
        "[=+@'＝－-](佐藤|1\\+1|cmd)[ (（]{0,1}(一郎|\\)|、){0,1}",
        "(株式会社|㈱|様|〓|0|なし|同上|〃|合計|空家|※){1,2}",
    ]
    .prop_map(|name| name.trim().to_owned())
    .prop_filter("a name", |name| !name.is_empty())
}

fn role(block: GroupId) -> impl Strategy<Value = Vec<HeldRole>> {
    prop_oneof![
        4 => Just(Vec::new()),
        1 => Just(vec![HeldRole { kind: RoleKind::Chair, group: ASSOCIATION }]),
        1 => Just(vec![HeldRole { kind: RoleKind::BlockLeader, group: block }]),
    ]
}

prop_compose! {
    fn somebody(block: GroupId)(
        number in 1..i64::MAX,
        name in name(),
        reading in prop::option::of("[あ-ん]{1,4} [あ-ん]{1,4}"),
        roles in role(block),
    ) -> HeldPerson {
        HeldPerson { id: PersonId::from_number(number), name, reading, rev: Rev::FIRST, roles }
    }
}

prop_compose! {
    fn home(block: GroupId)(
        number in 1000..i64::MAX,
        name in name(),
        paper: bool,
        people in prop::collection::vec(somebody(block), 1..4),
        telephone in prop::option::of("[+=]{0,1}03-0000-[0-9]{4}"),
        note in prop::option::of("[-='@]{0,2}(犬あり|要介護2|\"門\"を,閉める\n二度)"),
    ) -> HeldHome {
        let contact = Contact { telephone, note };
        HeldHome { id: GroupId::from_number(number), name, reading: None, rev: Rev::FIRST, paper, people, contact }
    }
}

fn association() -> impl Strategy<Value = Held> {
    let block = |number: i64, name: &'static str| {
        let id = GroupId::from_number(number);
        prop::collection::vec(home(id), 0..5).prop_map(move |homes| HeldBlock { id, name: name.to_owned(), homes })
    };
    (block(2, "1班"), block(3, "第二班"), block(4, "さくら組"))
        .prop_map(|(one, two, three)| Held { blocks: vec![one, two, three], ..nobody() })
}

proptest! {
    #[test]
    fn what_was_exported_changes_nothing_and_nothing_is_asked(held in association()) {
        let bytes = export(&held, ALL, Written::Utf8).unwrap();
        let reading = read(&bytes).unwrap();
        let planned = plan(&held, &reading, &everything(), &Answers::default());
        prop_assert_eq!(&planned.changes, &[]);
        prop_assert_eq!(&planned.questions, &[]);
        prop_assert_eq!(&planned.removals, &[]);
        let people = held.blocks.iter().flat_map(|block| &block.homes).map(|home| home.people.len()).sum::<usize>();
        prop_assert_eq!(planned.sums().unchanged, people);
    }

    #[test]
    fn no_cell_begins_a_formula(held in association()) {
        let bytes = export(&held, ALL, Written::Utf8).unwrap();
        let mut cells = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
        for record in cells.records() {
            for cell in &record.unwrap() {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r']), "{}", cell);
            }
        }
    }
}

#[test]
fn each_of_the_rosters_goes_out_and_comes_back_unchanged() {
    for (name, first) in files() {
        let (planned, _) = answering(&nobody(), &first, Answer::Yes);
        let held = carried_out(&nobody(), &planned.changes);
        for written in [Written::Utf8, Written::Cp932] {
            let Ok(bytes) = export(&held, ALL, written) else { continue };
            let again = plan(&held, &read(&bytes).unwrap(), &everything(), &Answers::default());
            assert_eq!((again.changes, again.questions, again.removals), (vec![], vec![], vec![]), "{name}");
        }
    }
}

#[test]
fn a_character_that_windows_does_not_have_is_named() {
    let (_, first) = files().into_iter().find(|(name, _)| name.starts_with("19")).unwrap();
    let (planned, _) = answering(&nobody(), &first, Answer::Yes);
    let held = carried_out(&nobody(), &planned.changes);
    let unwritable = export(&held, ALL, Written::Cp932).unwrap_err();
    assert!(unwritable.to_string().contains("Shift_JIS"), "{unwritable}");
    assert!(export(&held, ALL, Written::Utf8).is_ok());
}
