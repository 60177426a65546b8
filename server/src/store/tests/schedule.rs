//! The schedule: notices at their hour, terms that end, the zone that is extended.

use super::house::*;
use crate::clock::Clock;
use kairan_protocol::{
    body::{Profile, Sent},
    feed::FeedName,
    id::{NoticeId, RoleId},
    notice::{NoticeBody, NoticeKind, Phase},
    op::Command,
    people::RoleKind,
    row::kind,
    time::{Offset, ZoneOffsets},
};

#[tokio::test]
async fn a_scheduled_notice_stands_on_its_board_at_its_hour_and_once() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let hour = house.clock.now().plus_millis(60 * MINUTE);
    let op = house.post(SATO, NoticeKind::Circular, "明日の清掃", Some(hour));
    applied(&chair.send(&house, &op).await);
    let mut phone = house.phone(SUZUKI).await;
    let next = house.store.tick().await.unwrap();
    assert!(next.at <= hour);
    phone.catch_up(&house).await;
    let notice = NoticeId::from(op.id).to_string();
    assert!(phone.row(FeedName::Board(ASSOCIATION), kind::NOTICE, &notice).is_none());
    house.clock.set(hour);
    house.store.tick().await.unwrap();
    house.tick().await;
    phone.catch_up(&house).await;
    let body: NoticeBody = phone.body(FeedName::Board(ASSOCIATION), kind::NOTICE, &notice).unwrap();
    assert_eq!(body.at, hour);
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE what = 'publish'"), 1);
    chair.catch_up(&house).await;
    let sent: Sent = chair.body(FeedName::Desk(ASSOCIATION), kind::SENT, &notice).unwrap();
    assert_eq!(sent.notice.phase, Phase::Published);
    assert!(sent.notice.published.is_some());
    house.holds().await;
}

#[tokio::test]
async fn a_role_whose_term_is_over_takes_its_desk_along_with_newer_rights() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let until = house.clock.now().plus_millis(DAY);
    let (role, group) = (RoleId::from_number(70), FIRST_BLOCK);
    let command = Command::GrantRole { role, person: SUZUKI, group, kind: RoleKind::BlockLeader, until: Some(until) };
    applied(&house.store.console(command).await.unwrap());
    phone.catch_up(&house).await;
    assert!(phone.feed(FeedName::Desk(FIRST_BLOCK)).is_some());
    let during = phone.rights.clone().unwrap().version;
    house.clock.set(until);
    house.store.tick().await.unwrap();
    house.tick().await;
    phone.catch_up(&house).await;
    assert!(phone.feed(FeedName::Desk(FIRST_BLOCK)).is_none());
    assert!(phone.rights.clone().unwrap().version > during);
    let profile: Profile = phone.body(FeedName::Mail(SUZUKI), kind::PROFILE, "me").unwrap();
    assert!(profile.roles.is_empty());
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE what = 'role_over'"), 1);
    house.holds().await;
}

#[tokio::test]
async fn a_desk_is_closed_at_the_end_of_a_term_even_before_the_schedule_comes_to_it() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let until = house.clock.now().plus_millis(3_000);
    let (role, group) = (RoleId::from_number(70), FIRST_BLOCK);
    let command = Command::GrantRole { role, person: SUZUKI, group, kind: RoleKind::BlockLeader, until: Some(until) };
    applied(&house.store.console(command).await.unwrap());
    phone.catch_up(&house).await;
    let desk = phone.feed(FeedName::Desk(FIRST_BLOCK)).unwrap();
    house.tick().await;
    house.clock.set(until);
    let answer = phone.sync(&house, &[]).await;
    assert!(answer.feeds.iter().all(|feed| feed.n != desk));
}

#[tokio::test]
async fn an_extended_zone_reaches_every_phone_with_its_rights() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let offsets = ZoneOffsets::new(vec![
        Offset { from: morning(), seconds: 32_400 },
        Offset { from: morning().plus_millis(500 * DAY), seconds: 36_000 },
    ]);
    let (offsets, until) = (offsets.unwrap(), morning().plus_millis(800 * DAY));
    house.store.set_zone(offsets.clone(), until).await.unwrap();
    phone.sync(&house, &[]).await;
    assert_eq!(phone.rights.clone().unwrap().zone, offsets);
    assert_eq!(house.store.zone().await.unwrap().until, until);
}

#[tokio::test]
async fn tokens_that_ran_out_long_ago_are_forgotten() {
    let house = House::new();
    house.phone(SUZUKI).await;
    house.clock.advance(92 * DAY);
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM token"), 0);
}

#[tokio::test]
async fn a_role_that_was_ended_stays_so_though_the_clock_is_set_back() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let (role, group) = (RoleId::from_number(70), FIRST_BLOCK);
    let command = Command::GrantRole { role, person: SUZUKI, group, kind: RoleKind::BlockLeader, until: None };
    applied(&house.store.console(command).await.unwrap());
    house.clock.advance(MINUTE);
    applied(&house.store.console(Command::EndRole { role }).await.unwrap());
    house.clock.advance(-MINUTE / 2);
    phone.begin_anew();
    phone.catch_up(&house).await;
    assert_eq!(phone.feed(FeedName::Desk(FIRST_BLOCK)), None);
    // Something else tells the profile anew before that moment comes again.
    let (household, to) = (SUZUKI_HOME, SECOND_BLOCK);
    applied(&house.store.console(Command::MoveHousehold { household, to }).await.unwrap());
    phone.catch_up(&house).await;
    let profile: Profile = phone.body(FeedName::Mail(SUZUKI), kind::PROFILE, "me").unwrap();
    assert!(profile.roles.iter().all(|role| role.group != FIRST_BLOCK), "{:?}", profile.roles);
    house.clock.advance(MINUTE);
    house.holds().await;
}
