//! Importing once more changes nothing, whatever was answered.

use super::*;
use proptest::prelude::*;

fn nothing_more(name: &str, held: &Held, reading: &Reading, answers: &Answers) {
    let again = plan(held, reading, &everything(), answers);
    assert_eq!(again.changes, [], "{name}: {:?}", written_down(held));
    assert_eq!(again.removals.len(), 0, "{name}: {:?}", again.removals);
}

#[test]
fn each_of_the_rosters_comes_in_once_and_changes_nothing_the_second_time() {
    for say in [Answer::Yes, Answer::No, Answer::Later] {
        for (name, reading) in files() {
            let (first, answers) = answering(&nobody(), &reading, say);
            let held = carried_out(&nobody(), &first.changes);
            nothing_more(&name, &held, &reading, &answers);
            let sums = first.sums();
            assert_eq!(sums.new_homes, written_down(&held).len(), "{name}");
            let people = held.blocks.iter().flat_map(|block| &block.homes).map(|home| home.people.len()).sum::<usize>();
            assert_eq!(sums.new_people, people, "{name}");
            if say != Answer::Yes {
                assert_eq!(sums.new_homes, reading.homes().len(), "{name}");
            }
        }
    }
}

#[test]
fn an_answer_of_the_first_time_is_asked_for_again_and_then_changes_nothing() {
    for (name, reading) in files() {
        let (first, _) = answering(&nobody(), &reading, Answer::Yes);
        let held = carried_out(&nobody(), &first.changes);
        let again = plan(&held, &reading, &everything(), &Answers::default());
        assert_eq!(again.changes, [], "{name}");
        assert_eq!(again.removals.len(), 0, "{name}: whoever may be meant by a question stays");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn whichever_rosters_came_before_the_last_one_changes_nothing_the_second_time(
        order in prop::collection::vec(0_usize..22, 1..4),
        says in prop::collection::vec(prop::sample::select(vec![Answer::Yes, Answer::No, Answer::Later]), 4),
    ) {
        let files = files();
        let mut held = nobody();
        for (file, say) in order.iter().zip(says) {
            let (name, reading) = &files[*file];
            let (planned, answers) = answering(&held, reading, say);
            held = carried_out(&held, &planned.changes);
            let again = plan(&held, reading, &everything(), &answers);
            // What was said of those who were here is answered already; who waits is left out again.
            prop_assert_eq!(&again.changes, &[], "{} after {:?}: {:?}", name, &order, written_down(&held));
        }
    }
}
