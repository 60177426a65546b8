//! Pulls: first ones that can be broken off, deltas that leave nothing out, and cursors of servers long gone.

use super::house::*;
use crate::clock::Clock;
use kairan_protocol::{
    feed::FeedName,
    id::{Epoch, NoticeId, Version},
    notice::{NoticeBody, NoticeKind},
    op::Command,
    receipt::Stage,
    row::kind,
    wire::{Cursor, SyncRequest},
};

/// The titles of notices in the order they came in one answer.
fn titles(response: &kairan_protocol::wire::SyncResponse) -> Vec<String> {
    let notices = response.feeds.iter().flat_map(|feed| &feed.rows).filter(|row| row.kind == kind::NOTICE);
    let body = |row: &kairan_protocol::row::Row| row.body.as_ref().map(|body| body.get().to_owned());
    notices.filter_map(body).map(|body| serde_json::from_str::<NoticeBody>(&body).unwrap().title).collect()
}

async fn post(house: &House, chair: &mut Phone, notice: NoticeKind, title: &str) {
    house.clock.advance(1_000);
    applied(&chair.send(house, &house.post(SATO, notice, title, None)).await);
}

#[tokio::test]
async fn a_first_pull_brings_emergencies_then_the_newest() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    post(&house, &mut chair, NoticeKind::Circular, "一").await;
    post(&house, &mut chair, NoticeKind::Emergency, "緊急").await;
    post(&house, &mut chair, NoticeKind::Circular, "二").await;
    let mut phone = house.phone(SUZUKI).await;
    let answer = phone.sync(&house, &[]).await;
    assert_eq!(titles(&answer), ["緊急", "二", "一"]);
    assert_eq!(answer.feeds[0].n, phone.feed(FeedName::Board(ASSOCIATION)).unwrap(), "its board leads");
    assert!(answer.feeds.iter().all(|feed| !feed.more && feed.version.is_some()));
}

#[tokio::test]
async fn a_first_pull_goes_on_where_it_broke_off_and_what_came_meanwhile_follows() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    chair.catch_up(&house).await;
    for number in 0..230 {
        let notice = if number % 50 == 7 { NoticeKind::Emergency } else { NoticeKind::Notice };
        post(&house, &mut chair, notice, &number.to_string()).await;
    }
    let mut phone = house.phone(SUZUKI).await;
    let first = phone.sync(&house, &[]).await;
    assert!(first.feeds.iter().map(|feed| feed.rows.len()).sum::<usize>() <= 200);
    assert_eq!(titles(&first)[..6], ["207", "157", "107", "57", "7", "229"]);
    post(&house, &mut chair, NoticeKind::Notice, "meanwhile").await;
    let second = phone.sync(&house, &[]).await;
    assert!(!titles(&second).contains(&"meanwhile".to_owned()), "a first pull has a fixed end");
    phone.catch_up(&house).await;
    let board = phone.feed(FeedName::Board(ASSOCIATION)).unwrap();
    let held = phone.rows.values().filter(|row| row.kind == kind::NOTICE).count();
    assert_eq!(held, 231);
    assert_eq!(phone.cursors[&board], Cursor::At(chair.version(FeedName::Board(ASSOCIATION))));
}

#[tokio::test]
async fn a_delta_larger_than_one_answer_comes_in_parts_without_a_gap() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    for number in 0..210 {
        post(&house, &mut chair, NoticeKind::Notice, &number.to_string()).await;
    }
    let part = phone.sync(&house, &[]).await;
    assert_eq!(titles(&part).len(), 200);
    assert!(part.feeds.iter().any(|feed| feed.more));
    let rest = phone.sync(&house, &[]).await;
    assert_eq!(titles(&rest), (200..210).map(|number| number.to_string()).collect::<Vec<_>>());
    assert!(phone.sync(&house, &[]).await.feeds.is_empty());
}

#[tokio::test]
async fn bodies_of_one_answer_stay_within_a_quarter_of_a_megabyte() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    for number in 0..30 {
        let mut op = house.circular(SATO, &number.to_string());
        if let Command::Post { text, .. } = &mut op.command {
            *text = "あ".repeat(12_000);
        }
        applied(&chair.send(&house, &op).await);
    }
    let mut phone = house.phone(SUZUKI).await;
    let answer = phone.sync(&house, &[]).await;
    let bytes: usize = answer
        .feeds
        .iter()
        .flat_map(|feed| &feed.rows)
        .filter_map(|row| row.body.as_ref())
        .map(|body| body.get().len())
        .sum();
    assert!((200_000..300_000).contains(&bytes), "{bytes}");
    phone.catch_up(&house).await;
    assert_eq!(phone.rows.values().filter(|row| row.kind == kind::NOTICE).count(), 30);
}

#[tokio::test]
async fn an_idle_pull_says_nothing_but_epoch_and_time() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let answer = phone.sync(&house, &[]).await;
    let now = house.clock.now();
    assert_eq!(serde_json::to_string(&answer).unwrap(), format!(r#"{{"epoch":"k1","now":"{now}"}}"#));
}

#[tokio::test]
async fn a_phone_of_another_epoch_begins_anew_and_is_told_its_rights() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let request = SyncRequest { epoch: Some(Epoch("k0".to_owned())), ..phone.request(&[]) };
    let answer = house.store.sync(&phone.token, request).await.unwrap();
    assert_eq!(answer.epoch, Epoch("k1".to_owned()));
    assert!(answer.rights.is_some());
    assert!(answer.feeds.iter().any(|feed| feed.rows.iter().any(|row| row.kind == kind::PROFILE)));
}

#[tokio::test]
async fn a_cursor_ahead_of_the_feed_is_reset() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let mail = phone.feed(FeedName::Mail(SUZUKI)).unwrap();
    phone.cursors.insert(mail, Cursor::At(Version(9_999)));
    let answer = phone.sync(&house, &[]).await;
    assert!(answer.feeds[0].reset && answer.feeds[0].n == mail);
    assert!(answer.resend, "the server forgot something: all is wanted");
    assert!(answer.feeds[0].rows.iter().any(|row| row.kind == kind::PROFILE));
    assert!(phone.sync(&house, &[]).await.feeds.is_empty());
}

#[tokio::test]
async fn a_cursor_for_somebody_elses_mail_brings_nothing() {
    let house = House::new();
    let mut other = house.phone(YAMADA).await;
    other.catch_up(&house).await;
    let foreign = other.feed(FeedName::Mail(YAMADA)).unwrap();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    phone.cursors.insert(foreign, Cursor::At(Version(0)));
    assert!(phone.sync(&house, &[]).await.feeds.is_empty());
}

#[tokio::test]
async fn a_household_that_moves_gains_its_new_block_and_loses_the_old_one() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let before = phone.rights.clone().unwrap().version;
    let command = Command::MoveHousehold { household: SUZUKI_HOME, to: SECOND_BLOCK };
    applied(&house.store.console(command).await.unwrap());
    phone.catch_up(&house).await;
    assert!(phone.rights.clone().unwrap().version > before);
    assert!(phone.feed(FeedName::Board(FIRST_BLOCK)).is_none());
    assert!(phone.feed(FeedName::Board(SECOND_BLOCK)).is_some());
    house.holds().await;
}

#[tokio::test]
async fn own_mail_comes_in_the_order_it_was_written_be_it_little_or_much() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    for count in [3, 40] {
        let mut phone = house.phone(SUZUKI).await;
        phone.catch_up(&house).await;
        let before = phone.cursors.clone();
        for number in 0..count {
            let circular = house.circular(SATO, &number.to_string());
            applied(&chair.send(&house, &circular).await);
            let receipt = house.receipt(SUZUKI, NoticeId::from(circular.id), Stage::Acknowledged);
            applied(&phone.send(&house, &receipt).await);
        }
        phone.cursors = before;
        let answer = phone.sync(&house, &[]).await;
        let mail = phone.feed(FeedName::Mail(SUZUKI)).unwrap();
        let delta = answer.feeds.iter().find(|delta| delta.n == mail).unwrap();
        assert_eq!(delta.rows.len(), count);
        assert!(delta.rows.is_sorted_by_key(|row| row.version.0));
        assert_eq!(delta.version, delta.rows.last().map(|row| row.version));
    }
}

#[tokio::test]
async fn who_asks_after_others_hears_the_same_and_what_came_since() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let (mut first, mut second) = (house.phone(SUZUKI).await, house.phone(YAMADA).await);
    first.catch_up(&house).await;
    second.catch_up(&house).await;
    let asleep = second.cursors.clone();
    for kind in [NoticeKind::Circular, NoticeKind::Emergency] {
        let before = first.cursors.clone();
        post(&house, &mut chair, kind, "話").await;
        post(&house, &mut chair, NoticeKind::Notice, "続き").await;
        let heard = first.sync(&house, &[]).await;
        assert_eq!(titles(&heard), ["話", "続き"]);
        let common: Vec<_> = before.into_iter().filter(|(feed, _)| second.cursors.contains_key(feed)).collect();
        second.cursors.extend(common);
        assert_eq!(titles(&second.sync(&house, &[]).await), titles(&heard));
    }
    for _ in 0..2 {
        second.cursors = asleep.clone();
        assert_eq!(titles(&second.sync(&house, &[]).await), ["話", "続き", "話", "続き"]);
    }
    assert!(first.sync(&house, &[]).await.feeds.is_empty());
}
