//! Next year's file: what an officer expects of it, written down by hand.

use super::*;
use kairan_protocol::people::RoleKind;

const THIS_YEAR: &str = "班,世帯主,ふりがな,家族,電話,役職,配布,備考
1班,見本 太郎,みほん たろう,花子（妻）、一郎（長男）,03-0000-0001,会長,アプリ,
1班,例示 次郎,れいじ じろう,文（妻）,,,紙,耳が遠い
1班,高橋 三郎,たかはし さぶろう,,,,,
2班,架空 四郎,かくう しろう,きく（母）,,班長,,
2班,雛形 五月,ひながた さつき,,,,,
";

/// The 例示 home moved to 2班, 見本 has a baby, 架空 きく died, there is a third block, 髙橋 is written in its old form, 雛形 is gone.
const NEXT_YEAR: &str = "班,世帯主,ふりがな,家族,役職
1班,見本 太郎,みほん たろう,花子（妻）、一郎（長男）、さくら（長女）,会長
1班,髙橋 三郎,たかはし さぶろう,,
2班,例示 次郎,れいじ じろう,文（妻）,
2班,架空 四郎,かくう しろう,,
3班,試作 六,しさく むつ,,班長、書記、相談役
";

fn this_year() -> Held {
    let (planned, _) = answering(&nobody(), &reading(THIS_YEAR), Answer::Yes);
    carried_out(&nobody(), &planned.changes)
}

fn outcomes(plan: &Plan, record: usize) -> &[Outcome] {
    &plan.lines.iter().find(|line| line.record == record).unwrap().outcomes
}

fn asked(plan: &Plan) -> Vec<&str> {
    plan.questions.iter().map(|question| question.text.as_str()).collect()
}

#[test]
fn this_year_comes_in_whole() {
    let held = this_year();
    assert_eq!(
        written_down(&held),
        [
            "1班 見本: 見本 太郎、見本 花子、見本 一郎",
            "1班 例示: 例示 次郎、例示 文",
            "1班 高橋: 高橋 三郎",
            "2班 架空: 架空 四郎、架空 きく",
            "2班 雛形: 雛形 五月",
        ]
    );
    let homes: Vec<&HeldHome> = held.blocks.iter().flat_map(|block| &block.homes).collect();
    assert_eq!(homes.iter().map(|home| home.paper).collect::<Vec<_>>(), [false, true, false, false, false]);
    assert_eq!(homes[1].contact.note.as_deref(), Some("耳が遠い"));
    assert_eq!(homes[0].reading.as_deref(), Some("みほん"));
    assert_eq!(homes[0].people[0].roles, [HeldRole { kind: RoleKind::Chair, group: ASSOCIATION }]);
    assert_eq!(homes[3].people[0].roles, [HeldRole { kind: RoleKind::BlockLeader, group: held.blocks[1].id }]);
}

#[test]
fn without_an_answer_only_what_is_certain_is_done_and_nobody_in_doubt_is_removed() {
    let held = this_year();
    let planned = plan(&held, &reading(NEXT_YEAR), &Settings::default(), &Answers::default());
    assert_eq!(
        asked(&planned),
        [
            "例示 次郎さんの世帯は、今は1班にあります。2班へ引っ越しましたか。",
            "1班の髙橋 三郎さんは、高橋 三郎さんのお名前を直したものですか。",
            "試作 六さんを3班の班長にしますか。",
            "試作 六さんを緑ヶ丘町内会の書記にしますか。",
        ]
    );
    assert_eq!(outcomes(&planned, 2), [Outcome::NewPerson { name: "見本 さくら".to_owned() }]);
    assert_eq!(outcomes(&planned, 5), [Outcome::Unchanged]);
    assert_eq!(outcomes(&planned, 6)[0], Outcome::NewHome { block: "3班".to_owned(), people: 1 });
    assert!(outcomes(&planned, 6).contains(&Outcome::Remark("相談役".to_owned())));
    let removals: Vec<&str> = planned.removals.iter().map(|removal| removal.question.text.as_str()).collect();
    assert_eq!(
        removals,
        [
            "2班の架空 四郎さん方: 架空 きくさんは、この名簿にありません。外しますか。",
            "2班の世帯: 雛形 五月さんは、この名簿にありません。外しますか。",
        ]
    );
    let sums = planned.sums();
    assert_eq!((sums.new_homes, sums.new_people, sums.questions, sums.removals), (1, 2, 4, 2));
}

#[test]
fn answered_it_is_next_years_association() {
    let held = this_year();
    let (planned, answers) = answering(&held, &reading(NEXT_YEAR), Answer::Yes);
    let mut changes = planned.changes.clone();
    changes.extend(planned.removals[0].changes(Answer::Died));
    changes.extend(planned.removals[1].changes(Answer::Yes));
    assert!(changes.iter().any(|change| matches!(change, Change::Depart { going: Going::Died, .. })));
    let next = carried_out(&held, &changes);
    assert_eq!(
        written_down(&next),
        [
            "1班 見本: 見本 太郎、見本 花子、見本 一郎、見本 さくら",
            "1班 髙橋: 髙橋 三郎",
            "2班 架空: 架空 四郎",
            "2班 例示: 例示 次郎、例示 文",
            "3班 試作: 試作 六",
        ]
    );
    let again = plan(&next, &reading(NEXT_YEAR), &Settings::default(), &answers);
    assert_eq!((again.changes, again.removals), (vec![], vec![]));
}

#[test]
fn another_person_of_the_same_name_is_a_home_of_their_own() {
    let held = this_year();
    let (planned, _) = answering(&held, &reading(NEXT_YEAR), Answer::No);
    let next = carried_out(&held, &planned.changes);
    let lines = written_down(&next);
    assert_eq!(lines.iter().filter(|line| line.ends_with("例示: 例示 次郎、例示 文")).count(), 2, "{lines:?}");
    assert!(lines.contains(&"1班 高橋: 高橋 三郎".to_owned()) && lines.contains(&"1班 髙橋: 髙橋 三郎".to_owned()));
}

#[test]
fn somebody_who_moves_to_another_home_is_asked_about_and_then_moved() {
    let held = this_year();
    let file = "班,世帯主,家族
1班,見本 太郎,花子（妻）
2班,見本 一郎,
";
    let first = plan(&held, &reading(file), &Settings::default(), &Answers::default());
    assert_eq!(
        asked(&first),
        ["見本 一郎さん（見本 一郎さん方）は、今は1班の見本 太郎さん方の見本 一郎さんが移った方ですか。"]
    );
    let (planned, _) = answering(&held, &reading(file), Answer::Yes);
    let next = carried_out(&held, &planned.changes);
    let lines = written_down(&next);
    assert!(lines.contains(&"1班 見本: 見本 太郎、見本 花子".to_owned()), "{lines:?}");
    assert!(lines.contains(&"2班 見本: 見本 一郎".to_owned()), "{lines:?}");
    assert_eq!(next.blocks[1].homes.last().unwrap().people[0].id, held.blocks[0].homes[0].people[2].id);
}

#[test]
fn a_reading_that_differs_is_asked_and_one_that_was_missing_is_filled_in() {
    let held = this_year();
    let file = "班,世帯主,ふりがな\n1班,見本 太郎,みもと たろう\n";
    let first = plan(&held, &reading(file), &Settings::default(), &Answers::default());
    assert_eq!(asked(&first), ["見本 太郎さんのふりがなを「みほん たろう」から「みもと たろう」に直しますか。"]);
    let (planned, _) = answering(&held, &reading(file), Answer::Yes);
    let next = carried_out(&held, &planned.changes);
    let home = &next.blocks[0].homes[0];
    assert_eq!(home.people[0].reading.as_deref(), Some("みもと たろう"));
    assert_eq!(home.reading.as_deref(), Some("みもと"));
}

#[test]
fn a_roster_of_one_block_leaves_the_others_alone() {
    let planned = plan(&this_year(), &reading("班,世帯主\n2班,架空 四郎\n"), &Settings::default(), &Answers::default());
    assert_eq!(planned.other_blocks, ["1班"]);
    assert_eq!(planned.removals.iter().map(|removal| removal.people.len()).sum::<usize>(), 2, "きく and 五月 of 2班");
}

#[test]
fn telephones_and_remarks_are_taken_only_when_asked_for() {
    let planned = plan(&nobody(), &reading(THIS_YEAR), &Settings::default(), &Answers::default());
    assert!(!planned.changes.iter().any(|change| matches!(change, Change::Keep { .. })));
    let held = this_year();
    let blank = "班,世帯主,電話\n1班,見本 太郎,\n";
    let planned = plan(&held, &reading(blank), &everything(), &Answers::default());
    assert_eq!(planned.changes, [], "an empty cell may only mean that somebody does not know");
}

#[test]
fn the_head_may_be_another_now() {
    let held = this_year();
    let file = "班,世帯主,家族\n1班,見本 花子,一郎（長男）\n";
    let first = plan(&held, &reading(file), &Settings::default(), &Answers::default());
    assert_eq!(asked(&first), ["1班の見本 花子さんの世帯は、世帯主が見本 太郎さんだった世帯ですか。"]);
    let (planned, _) = answering(&held, &reading(file), Answer::Yes);
    assert_eq!(planned.changes, []);
    let removed: Vec<usize> = planned.removals.iter().map(|removal| removal.people.len()).collect();
    assert_eq!(removed, [1, 2, 1], "太郎, the 例示 home, 高橋: all of 1班");
}

#[test]
fn the_same_head_twice_in_a_file_is_a_question() {
    let file = "班,世帯主,家族\n1班,見本 太郎,花子\n2班,見本 太郎,桜\n";
    let (first, _) = answering(&nobody(), &reading(file), Answer::Later);
    assert_eq!(asked(&first), ["3行目の「2班 見本 太郎 桜」と同じ名前が2行目にもあります。同姓同名の別の方ですか。"]);
    assert_eq!(first.sums().new_homes, 1);
    let (planned, _) = answering(&nobody(), &reading(file), Answer::Yes);
    assert_eq!(planned.sums().new_homes, 2);
}
