//! The tree of checkboxes by which an officer says to whom a notice goes.

use super::{
    desk::{groups, opened},
    paper::reached,
    person_here,
};
use crate::{
    error::Error,
    records::{AudienceRow, AudienceTree, GroupKind, GroupLine, Reach, TickState},
    store::Store,
};
use kairan_protocol::{
    feed::Audience,
    id::{GroupId, PersonId},
};

/// Passed as ticked where nothing is: an empty list means that nothing was chosen yet, and then everything is ticked.
const NOTHING: &str = "nothing";

impl Store {
    /// A desk's tree with what is ticked, after a tap on one of its rows.
    pub fn audience(
        &self,
        person: PersonId,
        desk: GroupId,
        ticked: &[String],
        tap: Option<&str>,
    ) -> Result<AudienceTree, Error> {
        self.look(|look| {
            person_here(look, person)?;
            opened(look, desk)?;
            let mut tree = tree(groups(look, desk)?, ticked, tap)?;
            let boards = tree.ticked.iter().filter_map(|group| group.parse().ok()).map(Audience::Board);
            tree.reach = reached(look, &boards.collect::<Vec<_>>())?;
            Ok(tree)
        })
    }
}

/// The tree without what it reaches. The groups stand in the tree's order.
fn tree(groups: Vec<GroupLine>, ticked: &[String], tap: Option<&str>) -> Result<AudienceTree, Error> {
    let rows = rows(groups);
    let below: Vec<usize> = (0..rows.len()).map(|place| end_of(&rows, place)).collect();
    // What is ticked is said by the lowest rows; of the others it follows.
    let mut ticks = vec![ticked.is_empty() && tap.is_none(); rows.len()];
    let place_of = |group: &str| rows.iter().position(|(row, _)| row.group == group);
    for place in ticked.iter().filter_map(|group| place_of(group)) {
        ticks[place..below[place]].fill(true);
    }
    if let Some(tap) = tap {
        let place = place_of(tap).ok_or_else(|| Error::unknown("group"))?;
        let all = state(&ticks, &below, place) == TickState::Whole;
        ticks[place..below[place]].fill(!all);
    }
    let states: Vec<TickState> = (0..rows.len()).map(|place| state(&ticks, &below, place)).collect();
    let (mut whole, mut place) = (Vec::new(), 0);
    while place < rows.len() {
        if states[place] == TickState::Whole {
            whole.push(place);
            place = below[place];
        } else {
            place += 1;
        }
    }
    let mut ticked: Vec<String> = whole.iter().map(|place| rows[*place].0.group.clone()).collect();
    if ticked.is_empty() {
        ticked.push(NOTHING.to_owned());
    }
    let audience = whole.into_iter().map(|place| rows[place].1.clone()).collect();
    let rows = rows.into_iter().zip(states).map(|((row, _), state)| AudienceRow { state, ..row }).collect();
    Ok(AudienceTree { rows, ticked, audience, reach: Reach::default() })
}

/// The rows that can be ticked, each with the name of its board.
fn rows(groups: Vec<GroupLine>) -> Vec<(AudienceRow, String)> {
    let mut rows: Vec<(AudienceRow, String)> = Vec::new();
    for group in groups.into_iter().filter(|group| is_ticked(group.kind)) {
        let above = rows.iter().rev().find(|(row, _)| Some(&row.group) == group.parent.as_ref());
        let depth = above.map_or(0, |(above, _)| above.depth + 1);
        let GroupLine { id, name, kind, households, app, paper, board, .. } = group;
        rows.push((
            AudienceRow { group: id, name, kind, depth, households, app, paper, state: TickState::None },
            board,
        ));
    }
    rows
}

const fn is_ticked(kind: GroupKind) -> bool {
    match kind {
        GroupKind::District | GroupKind::Federation | GroupKind::Association | GroupKind::Block => true,
        GroupKind::Household | GroupKind::Team => false,
    }
}

/// Where what hangs below a row ends.
fn end_of(rows: &[(AudienceRow, String)], place: usize) -> usize {
    let depth = rows[place].0.depth;
    let below = rows[place + 1..].iter().take_while(|(row, _)| row.depth > depth).count();
    place + 1 + below
}

/// Whether a row is ticked, by the lowest rows below it (itself, where there are none).
fn state(ticks: &[bool], below: &[usize], place: usize) -> TickState {
    let lowest = (place..below[place]).filter(|row| below[*row] == row + 1);
    let (on, off): (Vec<usize>, Vec<usize>) = lowest.partition(|row| ticks[*row]);
    match (on.is_empty(), off.is_empty()) {
        (false, true) => TickState::Whole,
        (false, false) => TickState::Partly,
        (true, _) => TickState::None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn group(id: &str, parent: Option<&str>, kind: GroupKind) -> GroupLine {
        GroupLine {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            name: id.to_owned(),
            kind,
            households: 10,
            app: 8,
            paper: 2,
            board: format!("board:{id}"),
            staff: format!("staff:{id}"),
        }
    }

    /// A federation of two associations, the first with three blocks and a team.
    fn federation() -> Vec<GroupLine> {
        use GroupKind::{Association, Block, Federation, Team};
        vec![
            group("federation", Some("elsewhere"), Federation),
            group("midori", Some("federation"), Association),
            group("1", Some("midori"), Block),
            group("2", Some("midori"), Block),
            group("3", Some("midori"), Block),
            group("team", Some("midori"), Team),
            group("sakura", Some("federation"), Association),
        ]
    }

    /// After some taps: the states from above, and the boards.
    fn after(taps: &[&str]) -> (String, Vec<String>) {
        let mut tree = tree(federation(), &[], None).unwrap();
        for tap in taps {
            tree = super::tree(federation(), &tree.ticked, Some(tap)).unwrap();
        }
        let again = super::tree(federation(), &tree.ticked, None).unwrap();
        assert_eq!(again, tree, "shown again, nothing has changed");
        let mark = |row: &AudienceRow| match row.state {
            TickState::Whole => 'x',
            TickState::Partly => '-',
            TickState::None => 'o',
        };
        (tree.rows.iter().map(mark).collect(), tree.audience)
    }

    #[test]
    fn at_first_everything_is_ticked_and_one_board_says_so() {
        assert_eq!(after(&[]), ("xxxxxx".to_owned(), vec!["board:federation".to_owned()]));
        let depths: Vec<u32> = tree(federation(), &[], None).unwrap().rows.iter().map(|row| row.depth).collect();
        assert_eq!(depths, [0, 1, 2, 2, 2, 1], "the team is nobody's audience");
    }

    #[test]
    fn a_tap_on_a_block_takes_it_out_and_another_puts_it_back() {
        let boards = ["board:1", "board:3", "board:sakura"].map(str::to_owned);
        assert_eq!(after(&["2"]), ("--xoxx".to_owned(), boards.to_vec()));
        assert_eq!(after(&["2", "2"]), after(&[]));
    }

    #[test]
    fn a_tap_on_a_partly_ticked_group_ticks_all_of_it_and_the_next_one_none() {
        assert_eq!(after(&["2", "midori"]), after(&[]));
        assert_eq!(after(&["2", "midori", "midori"]), ("-oooox".to_owned(), vec!["board:sakura".to_owned()]));
    }

    #[test]
    fn nothing_ticked_stays_nothing() {
        assert_eq!(after(&["federation"]), ("oooooo".to_owned(), Vec::new()));
        assert_eq!(after(&["federation", "3"]), ("--ooxo".to_owned(), vec!["board:3".to_owned()]));
    }

    #[test]
    fn a_block_that_is_new_belongs_to_the_association_that_was_ticked() {
        let chosen = tree(federation(), &[], Some("midori")).unwrap().ticked;
        let mut groups = federation();
        groups.insert(5, group("4", Some("midori"), GroupKind::Block));
        assert_eq!(tree(groups, &chosen, None).unwrap().audience, ["board:midori"]);
    }

    #[test]
    fn a_group_that_is_gone_ticks_nothing_else_and_cannot_be_tapped() {
        let tree = |tap| super::tree(federation(), &["gone".to_owned(), "1".to_owned()], tap);
        assert_eq!(tree(None).unwrap().audience, ["board:1"]);
        assert_eq!(tree(Some("gone")), Err(Error::unknown("group")));
    }

    proptest! {
        #[test]
        fn the_boards_say_exactly_what_is_ticked(taps in prop::collection::vec(0_usize..6, 0..12)) {
            let mut shown = tree(federation(), &[], None).unwrap();
            for tap in taps {
                let group = shown.rows[tap].group.clone();
                let was_whole = shown.rows[tap].state == TickState::Whole;
                shown = tree(federation(), &shown.ticked, Some(&group)).unwrap();
                prop_assert_eq!(shown.rows[tap].state, if was_whole { TickState::None } else { TickState::Whole });
                let lowest = |group: &str| -> BTreeSet<&str> {
                    match group {
                        "federation" => ["1", "2", "3", "sakura"].into(),
                        "midori" => ["1", "2", "3"].into(),
                        "1" => ["1"].into(),
                        "2" => ["2"].into(),
                        "3" => ["3"].into(),
                        _ => ["sakura"].into(),
                    }
                };
                let said: BTreeSet<&str> =
                    shown.audience.iter().flat_map(|board| lowest(board.trim_start_matches("board:"))).collect();
                for row in &shown.rows {
                    let below = lowest(&row.group);
                    let state = match below.intersection(&said).count() {
                        0 => TickState::None,
                        some if some == below.len() => TickState::Whole,
                        _ => TickState::Partly,
                    };
                    prop_assert_eq!(row.state, state, "{}", row.name);
                }
            }
        }
    }
}
