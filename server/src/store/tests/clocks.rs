//! The machine's clock is set back, or stood wrong for a while: what is written down stands all the same.

use super::house::*;
use crate::{clock::Clock, store::last_moment};
use kairan_protocol::{
    body::{Roster, Status},
    check_in::{Consent, Mood},
    feed::FeedName,
    id::{NoticeId, RoleId},
    notice::NoticeKind,
    op::Command,
    outcome::Outcome,
    people::RoleKind,
    receipt::Stage,
    row::kind,
};

const YEARS: i64 = 14 * 365 * DAY;

#[tokio::test]
async fn a_role_that_was_granted_stands_though_the_clock_is_set_back_behind_it() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    house.clock.advance(MINUTE);
    let (role, group) = (RoleId::from_number(70), FIRST_BLOCK);
    let command = Command::GrantRole { role, person: SUZUKI, group, kind: RoleKind::BlockLeader, until: None };
    applied(&house.store.console(command).await.unwrap());
    house.clock.advance(-MINUTE);
    phone.catch_up(&house).await;
    assert!(phone.feed(FeedName::Desk(FIRST_BLOCK)).is_some());
    let told = phone.rights.clone();
    house.clock.advance(MINUTE);
    phone.catch_up(&house).await;
    assert_eq!(phone.rights, told, "nothing begins by the clock");
    house.holds().await;
}

#[tokio::test]
async fn a_team_is_staffed_though_the_clock_is_set_back_behind_its_commissioner() {
    let house = House::new();
    house.clock.advance(MINUTE);
    applied(&house.store.console(Command::EndRole { role: RoleId::from_number(3) }).await.unwrap());
    let (role, kind) = (RoleId::from_number(70), RoleKind::Commissioner);
    let command = Command::GrantRole { role, person: YAMADA, group: TEAM, kind, until: None };
    applied(&house.store.console(command).await.unwrap());
    house.clock.advance(-MINUTE);
    let mut phone = house.phone(SUZUKI).await;
    let talk = house.check_in(SUZUKI, Mood::Talk);
    applied(&phone.send(&house, &talk).await);
    let mut team = house.phone(YAMADA).await;
    team.catch_up(&house).await;
    assert!(team.row(FeedName::Desk(TEAM), kind::TALK, &talk.id.to_string()).is_some());
}

#[tokio::test]
async fn a_district_that_was_set_up_by_a_clock_years_ahead_is_lived_in_once_it_is_set_right() {
    let house = House::new();
    house.clock.advance(-YEARS);
    let mut chair = house.phone(SATO).await;
    let mut phone = house.phone(SUZUKI).await;
    let circular = house.post(SATO, NoticeKind::Circular, "清掃", None);
    applied(&chair.send(&house, &circular).await);
    let seen = house.receipt(SUZUKI, NoticeId::from(circular.id), Stage::Acknowledged);
    house.clock.advance(MINUTE);
    applied(&phone.send(&house, &seen).await);
    applied(&phone.send(&house, &house.consent(SUZUKI, true)).await);
    applied(&phone.send(&house, &house.check_in(SUZUKI, Mood::Good)).await);
    house.tick().await;
    chair.catch_up(&house).await;
    let roster: Roster = chair.body(FeedName::Desk(ASSOCIATION), kind::ROSTER, &FIRST_BLOCK.to_string()).unwrap();
    let joined: Vec<bool> = roster.homes.iter().map(|home| home.joined).collect();
    assert_eq!(joined, [true, true, false]);
    house.holds().await;
}

#[tokio::test]
async fn a_phone_that_proved_itself_by_a_clock_years_ahead_is_let_in_once_it_is_set_right() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    house.clock.advance(YEARS);
    phone.prove(&house).await;
    house.clock.advance(-YEARS);
    phone.prove(&house).await;
    phone.catch_up(&house).await;
}

#[tokio::test]
async fn what_was_said_while_the_clock_stood_years_ahead_does_not_hold_up_what_is_said_once_it_is_right() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let mut team = house.phone(KIMURA).await;
    applied(&phone.send(&house, &house.consent(SUZUKI, true)).await);
    applied(&phone.send(&house, &house.check_in(SUZUKI, Mood::Talk)).await);
    house.clock.advance(YEARS);
    phone.prove(&house).await;
    applied(&phone.send(&house, &house.consent(SUZUKI, true)).await);
    applied(&phone.send(&house, &house.check_in(SUZUKI, Mood::Good)).await);
    house.tick().await;
    house.clock.advance(DAY - YEARS);
    phone.prove(&house).await;
    team.prove(&house).await;
    house.holds().await;
    applied(&phone.send(&house, &house.check_in(SUZUKI, Mood::Fair)).await);
    house.tick().await;
    team.catch_up(&house).await;
    let status: Status = team.body(FeedName::Desk(TEAM), kind::STATUS, &SUZUKI.to_string()).unwrap();
    assert_eq!(status.check_ins.newest.map(|newest| newest.mood), Some(Mood::Fair));
    assert_eq!(status.check_ins.strip.moods()[28..], [Some(Mood::Talk), Some(Mood::Fair)]);
    house.holds().await;
    applied(&phone.send(&house, &house.consent(SUZUKI, false)).await);
    phone.catch_up(&house).await;
    let consent: Consent = phone.body(FeedName::Mail(SUZUKI), kind::CONSENT, "moods").unwrap();
    assert!(!consent.moods_to_team, "a withdrawal waits for no clock");
    house.tick().await;
    house.holds().await;
}

#[tokio::test]
async fn what_a_server_restored_by_a_clock_years_ahead_waits_for_it_waits_for_no_longer_than_phones_keep_it() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let backup = house.backup();
    house.clock.advance(YEARS);
    house.restore(&backup).await;
    house.clock.advance(-YEARS);
    house.tick().await;
    phone.prove(&house).await;
    let seen = house.receipt(SUZUKI, NoticeId::from_bytes([9; 16]), Stage::Displayed);
    assert_eq!(phone.send(&house, &seen).await.outcome, Outcome::Later);
    house.clock.advance(36 * DAY);
    assert!(matches!(phone.send(&house, &seen).await.outcome, Outcome::Refused { .. }));
}

#[tokio::test]
async fn the_moment_of_the_newest_commit_is_written_down_even_where_it_lies_before_others() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    house.clock.advance(YEARS);
    phone.prove(&house).await;
    applied(&phone.send(&house, &house.consent(SUZUKI, true)).await);
    house.clock.advance(-YEARS);
    phone.prove(&house).await;
    applied(&phone.send(&house, &house.consent(SUZUKI, true)).await);
    assert_eq!(last_moment(house.folder.path()).unwrap(), Some(house.clock.now()));
}
