//! Desks: cards, rosters, tallies, seals and statuses, written a little after what they count.

use super::house::*;
use crate::{clock::Clock, store::desks::Packed};
use kairan_protocol::{
    body::{GroupCard, Homes, Roster, Status},
    check_in::Mood,
    feed::{Audience, FeedName},
    id::RoleId,
    id::{GroupId, NoticeId, PersonId},
    op::Command,
    people::RoleKind,
    receipt::Stage,
    row::kind,
    tally::{Counts, HomeStage, Seals, Tally},
};
use std::time::Duration;

fn tally_id(notice: NoticeId, group: GroupId) -> String {
    format!("{notice}:{group}")
}

async fn posted(house: &House, chair: &mut Phone) -> NoticeId {
    let op = house.circular(SATO, "清掃");
    applied(&chair.send(house, &op).await);
    op.id.into()
}

async fn say(house: &House, person: PersonId, notice: NoticeId, stage: Stage) -> u64 {
    let mut phone = house.phone(person).await;
    let result = phone.send(house, &house.receipt(person, notice, stage)).await;
    applied(&result)
}

#[tokio::test]
async fn cards_and_rosters_stand_on_every_desk_above_after_set_up() {
    let house = House::new();
    house.tick().await;
    let mut clerk = house.phone(CLERK).await;
    clerk.catch_up(&house).await;
    let card: GroupCard = clerk.body(FeedName::Desk(DISTRICT), kind::GROUP, &ASSOCIATION.to_string()).unwrap();
    assert_eq!(card.homes, Homes { households: 4, app: 0, paper: 1 });
    let whole: GroupCard = clerk.body(FeedName::Desk(DISTRICT), kind::GROUP, &DISTRICT.to_string()).unwrap();
    assert_eq!(whole.homes.households, 4);
    assert!(clerk.row(FeedName::Desk(DISTRICT), kind::GROUP, &TEAM.to_string()).is_some());
    assert!(clerk.row(FeedName::Desk(DISTRICT), kind::ROSTER, &FIRST_BLOCK.to_string()).is_none(), "no names up there");
}

#[tokio::test]
async fn a_home_that_joins_is_on_its_associations_roster() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    house.tick().await;
    let mut suzuki = house.phone(SUZUKI).await;
    suzuki.catch_up(&house).await;
    house.tick().await;
    chair.catch_up(&house).await;
    let roster: Roster = chair.body(FeedName::Desk(ASSOCIATION), kind::ROSTER, &FIRST_BLOCK.to_string()).unwrap();
    let joined: Vec<_> = roster.homes.iter().map(|home| (home.name.as_str(), home.joined)).collect();
    assert_eq!(joined, [("佐藤", true), ("鈴木", true), ("田中", false)]);
    let card: GroupCard = chair.body(FeedName::Desk(ASSOCIATION), kind::GROUP, &ASSOCIATION.to_string()).unwrap();
    assert_eq!(card.homes, Homes { households: 4, app: 2, paper: 1 });
}

#[tokio::test]
async fn a_household_counts_at_its_furthest_member() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    say(&house, SATO, notice, Stage::Delivered).await;
    say(&house, HANAKO, notice, Stage::Acknowledged).await;
    let last = say(&house, SUZUKI, notice, Stage::Displayed).await;
    house.tick().await;
    chair.catch_up(&house).await;
    let tally: Tally = chair.body(FeedName::Desk(ASSOCIATION), kind::TALLY, &tally_id(notice, FIRST_BLOCK)).unwrap();
    let homes = [HomeStage::Acknowledged, HomeStage::Displayed, HomeStage::Paper];
    assert_eq!(
        tally.homes.into_iter().collect::<Vec<_>>(),
        [SATO_HOME, SUZUKI_HOME, PAPER_HOME].into_iter().zip(homes).collect::<Vec<_>>()
    );
    let counts = Counts { households: 3, acknowledged: 1, displayed: 1, paper: 1, ..Counts::default() };
    assert_eq!(tally.counts, counts);
    assert!(tally.through.0 >= last);
    house.holds().await;
}

#[tokio::test]
async fn above_the_association_there_are_sums_and_no_homes() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    say(&house, YAMADA, notice, Stage::Acknowledged).await;
    house.tick().await;
    let mut clerk = house.phone(CLERK).await;
    clerk.catch_up(&house).await;
    let tally: Tally = clerk.body(FeedName::Desk(DISTRICT), kind::TALLY, &tally_id(notice, ASSOCIATION)).unwrap();
    assert!(tally.homes.is_empty());
    assert_eq!(tally.counts, Counts { households: 4, acknowledged: 1, not_yet: 2, paper: 1, ..Counts::default() });
    assert!(clerk.row(FeedName::Desk(DISTRICT), kind::TALLY, &tally_id(notice, FIRST_BLOCK)).is_none());
}

#[tokio::test]
async fn a_sum_never_lacks_homes_that_are_still_to_be_counted() {
    let house = House::new();
    house.tick().await;
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    let mut clerk = house.phone(CLERK).await;
    let mut seen = Vec::new();
    // So busy that one row of each kind is written at a time.
    while house.count("SELECT count(*) FROM mark WHERE kind IN (1, 4, 5)") > 0 {
        house.store.0.writer.ask(|tx| tx.flush(Duration::ZERO)).await.unwrap();
        house.clock.advance(1_000);
        clerk.catch_up(&house).await;
        let tally = clerk.body::<Tally>(FeedName::Desk(DISTRICT), kind::TALLY, &tally_id(notice, ASSOCIATION));
        seen.extend(tally.map(|tally| tally.counts.households));
    }
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|households| *households == 4), "{seen:?}");
    house.holds().await;
}

#[tokio::test]
async fn a_block_that_is_not_asked_holds_no_sum_back() {
    let house = House::new();
    house.tick().await;
    let mut chair = house.phone(SATO).await;
    let mut op = house.circular(SATO, "清掃");
    if let Command::Post { audience, .. } = &mut op.command {
        *audience = vec![Audience::Board(FIRST_BLOCK)];
    }
    applied(&chair.send(&house, &op).await);
    let notice = NoticeId::from(op.id);
    // As a tap of an officer does who lives in another block.
    let elsewhere = (*notice.bytes(), SECOND_BLOCK.number());
    house.store.0.writer.ask(move |tx| tx.mark_row(Packed::Tally, elsewhere.0, elsewhere.1)).await.unwrap();
    while house.count("SELECT count(*) FROM mark WHERE kind IN (1, 4, 5)") > 0 {
        house.store.0.writer.ask(|tx| tx.flush(Duration::ZERO)).await.unwrap();
        house.clock.advance(1_000);
    }
    let mut clerk = house.phone(CLERK).await;
    clerk.catch_up(&house).await;
    let tally: Tally = clerk.body(FeedName::Desk(DISTRICT), kind::TALLY, &tally_id(notice, ASSOCIATION)).unwrap();
    assert_eq!(tally.counts.households, 3);
    house.holds().await;
}

#[tokio::test]
async fn a_desk_row_changes_at_most_once_a_second_and_seals_once_a_minute() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    chair.catch_up(&house).await;
    let notice = posted(&house, &mut chair).await;
    house.tick().await;
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let seals = |phone: &Phone| phone.body::<Seals>(FeedName::Board(FIRST_BLOCK), kind::SEALS, &notice.to_string());
    assert_eq!(seals(&phone).unwrap().counts.acknowledged, 0);
    phone.send(&house, &house.receipt(SUZUKI, notice, Stage::Acknowledged)).await;
    house.store.tick().await.unwrap();
    chair.catch_up(&house).await;
    let tally = |phone: &Phone| {
        phone.body::<Tally>(FeedName::Desk(ASSOCIATION), kind::TALLY, &tally_id(notice, FIRST_BLOCK)).unwrap().counts
    };
    assert_eq!(tally(&chair).acknowledged, 0, "written less than a second ago");
    house.tick().await;
    chair.catch_up(&house).await;
    phone.catch_up(&house).await;
    assert_eq!(tally(&chair).acknowledged, 1);
    assert_eq!(seals(&phone).unwrap().counts.acknowledged, 0, "pressed less than a minute ago");
    house.clock.advance(MINUTE);
    let next = house.store.tick().await.unwrap();
    phone.catch_up(&house).await;
    assert_eq!(seals(&phone).unwrap().counts.acknowledged, 1);
    assert!(next.at > house.clock.now().plus_millis(MINUTE), "nothing is left to do");
}

#[tokio::test]
async fn a_tick_names_the_moment_its_marks_will_be_due() {
    let house = House::new();
    house.tick().await;
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let next = house.store.tick().await.unwrap();
    assert!(next.at <= house.clock.now().plus_millis(1_000));
}

#[tokio::test]
async fn what_was_dirty_when_the_server_stopped_is_flushed_when_it_starts() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    say(&house, SUZUKI, notice, Stage::Acknowledged).await;
    house.restart().await;
    assert!(house.count("SELECT count(*) FROM mark") > 0);
    house.store.stirred().await;
    house.tick().await;
    chair.catch_up(&house).await;
    let tally: Tally = chair.body(FeedName::Desk(ASSOCIATION), kind::TALLY, &tally_id(notice, FIRST_BLOCK)).unwrap();
    assert_eq!(tally.counts.acknowledged, 1);
    house.holds().await;
}

#[tokio::test]
async fn the_denominator_is_frozen_at_publication() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    let command = Command::MoveHousehold { household: SUZUKI_HOME, to: SECOND_BLOCK };
    applied(&house.store.console(command).await.unwrap());
    say(&house, SUZUKI, notice, Stage::Acknowledged).await;
    house.tick().await;
    chair.catch_up(&house).await;
    let counts =
        |block| chair.body::<Tally>(FeedName::Desk(ASSOCIATION), kind::TALLY, &tally_id(notice, block)).unwrap().counts;
    assert_eq!((counts(FIRST_BLOCK).households, counts(FIRST_BLOCK).acknowledged), (3, 1));
    assert_eq!((counts(SECOND_BLOCK).households, counts(SECOND_BLOCK).acknowledged), (1, 0));
    house.holds().await;
}

#[tokio::test]
async fn a_status_stands_with_the_team_while_its_person_agrees_and_no_longer() {
    let house = House::new();
    let mut suzuki = house.phone(SUZUKI).await;
    suzuki.send(&house, &house.consent(SUZUKI, true)).await;
    let tapped = applied(&suzuki.send(&house, &house.check_in(SUZUKI, Mood::Fair)).await);
    house.tick().await;
    let mut kimura = house.phone(KIMURA).await;
    kimura.catch_up(&house).await;
    let status: Status = kimura.body(FeedName::Desk(TEAM), kind::STATUS, &SUZUKI.to_string()).unwrap();
    assert_eq!(status.check_ins.newest.unwrap().mood, Mood::Fair);
    assert_eq!(status.household, "鈴木");
    assert!(status.through.0 >= tapped);
    house.clock.advance(MINUTE);
    suzuki.send(&house, &house.consent(SUZUKI, false)).await;
    house.tick().await;
    kimura.catch_up(&house).await;
    assert!(kimura.row(FeedName::Desk(TEAM), kind::STATUS, &SUZUKI.to_string()).unwrap().body.is_none());
    house.holds().await;
}

#[tokio::test]
async fn when_the_last_commissioner_ends_the_team_forgets_who_it_watched() {
    let house = House::new();
    let mut suzuki = house.phone(SUZUKI).await;
    suzuki.send(&house, &house.consent(SUZUKI, true)).await;
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM status"), 1);
    applied(&house.store.console(Command::EndRole { role: RoleId::from_number(3) }).await.unwrap());
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM status"), 0);
    house.clock.advance(MINUTE);
    let (role, person) = (RoleId::from_number(77), KIMURA);
    let command = Command::GrantRole { role, person, group: TEAM, kind: RoleKind::Commissioner, until: None };
    applied(&house.store.console(command).await.unwrap());
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM status"), 1);
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_stop_the_desks() {
    let house = House::new();
    house.clock.advance(120 * MINUTE);
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    house.tick().await;
    house.clock.advance(-60 * MINUTE);
    say(&house, SUZUKI, notice, Stage::Acknowledged).await;
    house.tick().await;
    chair.catch_up(&house).await;
    let tally: Tally = chair.body(FeedName::Desk(ASSOCIATION), kind::TALLY, &tally_id(notice, FIRST_BLOCK)).unwrap();
    assert_eq!(tally.counts.acknowledged, 1);
}
