//! Requests for a talk and taps taken back, handed back late, early, or where nobody would see them any more.

use super::house::*;
use crate::store::PlannedGroup;
use kairan_protocol::{
    body::Talk,
    check_in::{CheckIns, Mood},
    feed::FeedName,
    id::{GroupId, OpId, RoleId},
    op::{Command, Op},
    outcome::{Flag, OpResult, Outcome},
    people::RoleKind,
    row::kind,
    tree::GroupKind,
};

const WITHOUT_TEAM: GroupId = GroupId::from_number(20);
const BLOCK_WITHOUT_TEAM: GroupId = GroupId::from_number(21);
const STAFFS_THE_TEAM: RoleId = RoleId::from_number(3);

/// The house, with an association beside that has no team.
fn house() -> House {
    let mut plan = plan();
    for (id, kind, parent, name) in [
        (WITHOUT_TEAM, GroupKind::Association, FEDERATION, "東山町内会"),
        (BLOCK_WITHOUT_TEAM, GroupKind::Block, WITHOUT_TEAM, "東山1班"),
    ] {
        plan.groups.push(PlannedGroup { id, kind, parent: Some(parent), name: name.to_owned(), paper: false });
    }
    House::of(&plan)
}

fn take_back(house: &House, op: OpId) -> Op {
    house.op(SUZUKI, Command::TakeBack { op })
}

fn moves_away() -> Command {
    Command::MoveHousehold { household: SUZUKI_HOME, to: BLOCK_WITHOUT_TEAM }
}

fn flags(result: &OpResult) -> &[Flag] {
    let Outcome::Applied { flags, .. } = &result.outcome else { panic!("{result:?}") };
    flags
}

/// The ops for which talks stand with the team.
async fn at_the_team(house: &House, team: &mut Phone) -> Vec<OpId> {
    team.catch_up(house).await;
    team.all::<Talk>(kind::TALK).into_iter().map(|talk| talk.op).collect()
}

#[tokio::test]
async fn a_talk_stands_with_its_team_again_though_its_household_moved_away_meanwhile() {
    for moved_first in [false, true] {
        let mut house = house();
        let (mut suzuki, mut clerk) = (house.phone(SUZUKI).await, house.phone(CLERK).await);
        let backup = house.backup();
        let (asked, leaves) = (house.check_in(SUZUKI, Mood::Talk), house.op(CLERK, moves_away()));
        let (told, left) = (suzuki.send(&house, &asked).await, clerk.send(&house, &leaves).await);
        house.clock.advance(60 * MINUTE);
        house.restore(&backup).await;
        house.store.open_desks().await.unwrap();
        if moved_first {
            applied(&clerk.hand_back(&house, vec![replay(&leaves, &left)]).await[0]);
        }
        assert_eq!(applied(&suzuki.hand_back(&house, vec![replay(&asked, &told)]).await[0]), applied(&told));
        if !moved_first {
            applied(&clerk.hand_back(&house, vec![replay(&leaves, &left)]).await[0]);
        }
        let mut team = house.phone(KIMURA).await;
        assert_eq!(at_the_team(&house, &mut team).await, [asked.id]);
        house.holds().await;
        applied(&suzuki.send(&house, &take_back(&house, asked.id)).await);
        assert_eq!(at_the_team(&house, &mut team).await, [], "taken back it stands nowhere");
        house.holds().await;
    }
}

#[tokio::test]
async fn a_talk_waits_for_the_move_that_brought_it_to_a_team_and_after_thirty_five_days_is_history() {
    let mut house = house();
    let (mut suzuki, mut clerk) = (house.phone(SUZUKI).await, house.phone(CLERK).await);
    applied(&clerk.send(&house, &house.op(CLERK, moves_away())).await);
    let backup = house.backup();
    let back = house.op(CLERK, Command::MoveHousehold { household: SUZUKI_HOME, to: FIRST_BLOCK });
    let moved = clerk.send(&house, &back).await;
    house.clock.advance(MINUTE);
    let asked = house.check_in(SUZUKI, Mood::Talk);
    let told = suzuki.send(&house, &asked).await;
    for comes_back in [true, false] {
        house.restore(&backup).await;
        house.store.open_desks().await.unwrap();
        let again = || vec![replay(&asked, &told)];
        assert_eq!(suzuki.hand_back(&house, again()).await[0].outcome, Outcome::Later);
        if comes_back {
            applied(&clerk.hand_back(&house, vec![replay(&back, &moved)]).await[0]);
        } else {
            house.clock.advance(35 * DAY);
        }
        applied(&suzuki.hand_back(&house, again()).await[0]);
        let mut team = house.phone(KIMURA).await;
        let stand = if comes_back { vec![asked.id] } else { Vec::new() };
        assert_eq!(at_the_team(&house, &mut team).await, stand);
        suzuki.begin_anew();
        suzuki.catch_up(&house).await;
        let mine: CheckIns = suzuki.body(FeedName::Mail(SUZUKI), kind::CHECK_IN, "mine").unwrap();
        assert_eq!(mine.newest.map(|newest| newest.op), Some(asked.id));
        house.holds().await;
    }
}

#[tokio::test]
async fn a_talk_whose_team_was_left_by_everybody_is_there_for_whoever_comes_next() {
    let mut house = house();
    let (mut suzuki, mut clerk) = (house.phone(SUZUKI).await, house.phone(CLERK).await);
    let backup = house.backup();
    let asked = house.check_in(SUZUKI, Mood::Talk);
    let told = suzuki.send(&house, &asked).await;
    house.clock.advance(MINUTE);
    let ends = house.op(CLERK, Command::EndRole { role: STAFFS_THE_TEAM });
    let ended = clerk.send(&house, &ends).await;
    house.restore(&backup).await;
    house.store.open_desks().await.unwrap();
    applied(&clerk.hand_back(&house, vec![replay(&ends, &ended)]).await[0]);
    applied(&suzuki.hand_back(&house, vec![replay(&asked, &told)]).await[0]);
    house.clock.advance(MINUTE);
    let (role, kind) = (RoleId::from_number(70), RoleKind::Commissioner);
    let next = Command::GrantRole { role, person: TANAKA, group: TEAM, kind, until: None };
    applied(&clerk.send(&house, &house.op(CLERK, next)).await);
    let mut team = house.phone(TANAKA).await;
    assert_eq!(at_the_team(&house, &mut team).await, [asked.id]);
    house.holds().await;
}

#[tokio::test]
async fn a_tap_of_a_hundred_days_ago_is_taken_back_again_and_the_one_before_it_shows() {
    let mut house = house();
    let mut suzuki = house.phone(SUZUKI).await;
    applied(&suzuki.send(&house, &house.consent(SUZUKI, true)).await);
    let backup = house.backup();
    let good = house.check_in(SUZUKI, Mood::Good);
    house.clock.advance(MINUTE);
    let mistaken = house.check_in(SUZUKI, Mood::Talk);
    let mut lost = Vec::new();
    for op in [&good, &mistaken, &take_back(&house, mistaken.id)] {
        lost.push(replay(op, &suzuki.send(&house, op).await));
    }
    house.restore(&backup).await;
    house.clock.advance(100 * DAY);
    suzuki.prove(&house).await;
    let again = suzuki.hand_back(&house, lost).await;
    assert!(again.iter().all(|result| flags(result).is_empty()), "{again:?}");
    suzuki.begin_anew();
    suzuki.catch_up(&house).await;
    let mine: CheckIns = suzuki.body(FeedName::Mail(SUZUKI), kind::CHECK_IN, "mine").unwrap();
    assert_eq!(mine.newest.map(|newest| newest.op), Some(good.id));
    assert_eq!(mine.strip.moods()[29], Some(Mood::Good));
    house.holds().await;
}

#[tokio::test]
async fn taking_back_what_never_comes_back_waits_thirty_five_days_and_then_changes_nothing() {
    let mut house = house();
    let mut suzuki = house.phone(SUZUKI).await;
    let backup = house.backup();
    let mistaken = house.check_in(SUZUKI, Mood::Talk);
    applied(&suzuki.send(&house, &mistaken).await);
    let takes_back = take_back(&house, mistaken.id);
    let told = suzuki.send(&house, &takes_back).await;
    house.restore(&backup).await;
    let again = || vec![replay(&takes_back, &told)];
    assert_eq!(suzuki.hand_back(&house, again()).await[0].outcome, Outcome::Later);
    house.clock.advance(35 * DAY);
    assert_eq!(flags(&suzuki.hand_back(&house, again()).await[0]), [Flag::Nothing]);
    house.holds().await;
}
