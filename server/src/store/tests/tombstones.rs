//! Phones that sleep: what went meanwhile is told for ninety days, and forgotten without anything unread being lost.

use super::house::*;
use crate::clock::Clock;
use kairan_protocol::{
    check_in::Mood,
    feed::FeedName,
    id::NoticeId,
    op::Command,
    row::kind,
    wire::{Cursor, FirstPull},
};

const TEAM_DESK: FeedName = FeedName::Desk(TEAM);

/// Suzuki agrees and taps, so that the team's desk shows it.
async fn agrees(house: &House) -> Phone {
    let mut phone = house.phone(SUZUKI).await;
    applied(&phone.send(house, &house.consent(SUZUKI, true)).await);
    applied(&phone.send(house, &house.check_in(SUZUKI, Mood::Fair)).await);
    house.tick().await;
    phone
}

/// Suzuki withdraws; the desk loses the row.
async fn withdraws(house: &House, phone: &mut Phone) {
    applied(&phone.send(house, &house.consent(SUZUKI, false)).await);
    house.tick().await;
}

fn tombstones(house: &House) -> i64 {
    house.count("SELECT count(*) FROM row WHERE body IS NULL AND kind <> ''")
}

#[tokio::test]
async fn a_phone_that_slept_a_hundred_days_begins_anew_and_holds_what_the_feed_holds() {
    let house = House::new();
    let mut suzuki = agrees(&house).await;
    let mut commissioner = house.phone(KIMURA).await;
    commissioner.catch_up(&house).await;
    let status = SUZUKI.to_string();
    assert!(commissioner.row(TEAM_DESK, kind::STATUS, &status).is_some());
    let mut chair = house.phone(SATO).await;
    let circular = house.circular(SATO, "清掃のおしらせ");
    applied(&chair.send(&house, &circular).await);
    withdraws(&house, &mut suzuki).await;

    house.clock.advance(100 * DAY);
    house.tick().await;
    assert_eq!(tombstones(&house), 0);
    commissioner.prove(&house).await;
    let answer = commissioner.sync(&house, &[]).await;
    let desk = commissioner.feed(TEAM_DESK).unwrap();
    let delta = answer.feeds.iter().find(|delta| delta.n == desk).unwrap();
    assert!(delta.reset, "what went is forgotten: it has to begin anew");
    commissioner.catch_up(&house).await;
    assert!(commissioner.row(TEAM_DESK, kind::STATUS, &status).is_none());
    let mut fresh = house.phone(KIMURA).await;
    fresh.catch_up(&house).await;
    commissioner.catch_up(&house).await;
    assert_eq!(commissioner.held(), fresh.held());

    let notice = NoticeId::from(circular.id).to_string();
    let mut slept = house.phone(YAMADA).await;
    slept.catch_up(&house).await;
    assert!(slept.row(FeedName::Board(ASSOCIATION), kind::NOTICE, &notice).is_some(), "unread, and there");
    house.holds().await;
}

#[tokio::test]
async fn an_unread_circular_is_still_there_for_a_phone_that_slept() {
    let house = House::new();
    let mut sleeper = house.phone(YAMADA).await;
    sleeper.catch_up(&house).await;
    let mut chair = house.phone(SATO).await;
    let [first, second] = ["清掃", "防災訓練"].map(|title| house.circular(SATO, title));
    for op in [&first, &second] {
        applied(&chair.send(&house, op).await);
    }
    // Something goes from the very board.
    let sql = "SELECT number FROM feed WHERE name = ?1";
    let board = FeedName::Board(ASSOCIATION).to_string();
    let number: i64 = house.sqlite().query_row(sql, [&board], |row| row.get(0)).unwrap();
    let teams =
        house.count(&format!("SELECT count(*) FROM row WHERE feed = {number} AND kind = 'team' AND body IS NOT NULL"));
    assert_eq!(teams, 1);
    applied(
        &house.store.console(Command::EndRole { role: kairan_protocol::id::RoleId::from_number(3) }).await.unwrap(),
    );
    house.tick().await;
    assert!(tombstones(&house) > 0, "the team without a commissioner went");

    house.clock.advance(100 * DAY);
    house.tick().await;
    sleeper.prove(&house).await;
    let answer = sleeper.sync(&house, &[]).await;
    let delta = answer.feeds.iter().find(|delta| i64::from(delta.n.0) == number).unwrap();
    assert!(delta.reset);
    sleeper.catch_up(&house).await;
    for op in [first, second] {
        let notice = NoticeId::from(op.id).to_string();
        assert!(sleeper.row(FeedName::Board(ASSOCIATION), kind::NOTICE, &notice).is_some());
    }
    house.holds().await;
}

#[tokio::test]
async fn whoever_comes_within_ninety_days_hears_what_went_and_is_not_disturbed() {
    let mut house = House::new();
    let mut suzuki = agrees(&house).await;
    let [mut early, mut late] = [house.phone(KIMURA).await, house.phone(KIMURA).await];
    early.catch_up(&house).await;
    late.catch_up(&house).await;
    withdraws(&house, &mut suzuki).await;

    house.clock.advance(89 * DAY);
    house.tick().await;
    let answer = early.sync(&house, &[]).await;
    assert!(answer.feeds.iter().all(|delta| !delta.reset));
    early.catch_up(&house).await;
    let status = SUZUKI.to_string();
    assert!(early.row(TEAM_DESK, kind::STATUS, &status).unwrap().body.is_none(), "it hears that it went");

    house.clock.advance(2 * DAY);
    house.tick().await;
    assert_eq!(tombstones(&house), 0);
    house.restart().await;
    for phone in [&mut early, &mut late] {
        phone.prove(&house).await;
    }
    assert!(early.sync(&house, &[]).await.feeds.iter().all(|delta| !delta.reset), "it knows already");
    assert!(late.sync(&house, &[]).await.feeds.iter().any(|delta| delta.reset), "the horizon survives a restart");
    let mut new = house.phone(CLERK).await;
    assert!(new.sync(&house, &[]).await.feeds.iter().all(|delta| !delta.reset), "a first pull is one anyway");
    house.holds().await;
}

#[tokio::test]
async fn a_first_pull_that_was_left_off_for_a_hundred_days_begins_anew() {
    let house = House::new();
    let mut suzuki = agrees(&house).await;
    let mut commissioner = house.phone(KIMURA).await;
    commissioner.catch_up(&house).await;
    let desk = commissioner.feed(TEAM_DESK).unwrap();
    // It was told of Suzuki, and went to sleep before the end.
    let first = FirstPull { as_of: commissioner.version(TEAM_DESK), place: "n1".to_owned() };
    commissioner.cursors.insert(desk, Cursor::First(first));
    withdraws(&house, &mut suzuki).await;
    house.clock.advance(100 * DAY);
    house.tick().await;
    commissioner.prove(&house).await;
    let answer = commissioner.sync(&house, &[]).await;
    assert!(answer.feeds.iter().any(|delta| delta.n == desk && delta.reset));
    commissioner.catch_up(&house).await;
    assert!(commissioner.row(TEAM_DESK, kind::STATUS, &SUZUKI.to_string()).is_none());
}

#[tokio::test]
async fn what_came_back_is_not_forgotten_and_the_schedule_knows_its_day() {
    let house = House::new();
    let mut suzuki = agrees(&house).await;
    let quiet = house.store.tick().await.unwrap().at;
    withdraws(&house, &mut suzuki).await;
    let gone = house.clock.now();
    applied(&suzuki.send(&house, &house.consent(SUZUKI, true)).await);
    applied(&suzuki.send(&house, &house.check_in(SUZUKI, Mood::Good)).await);
    house.tick().await;
    let mut commissioner = house.phone(KIMURA).await;
    commissioner.catch_up(&house).await;
    let status = SUZUKI.to_string();
    assert!(commissioner.row(TEAM_DESK, kind::STATUS, &status).unwrap().body.is_some());
    assert!(quiet > gone);

    // A minute before its ninety days the schedule names the minute.
    house.clock.set(gone.plus_millis(90 * DAY - MINUTE));
    house.tick().await;
    let next = house.store.tick().await.unwrap().at;
    assert!(next <= gone.plus_millis(90 * DAY), "{next}");
    house.clock.set(next.plus_millis(MINUTE));
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM tombstone"), 0);
    commissioner.prove(&house).await;
    let answer = commissioner.sync(&house, &[]).await;
    assert!(answer.feeds.iter().all(|delta| !delta.reset), "nothing of it is missing");
    assert!(commissioner.row(TEAM_DESK, kind::STATUS, &status).unwrap().body.is_some());
    house.holds().await;
}

#[tokio::test]
async fn thousands_are_forgotten_a_few_at_a_time_until_none_is_left() {
    let house = House::new();
    let sqlite = house.sqlite();
    let sql = "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 1000) \
               INSERT INTO row (feed, kind, id, version, rev, shared, urgent) \
               SELECT (SELECT number FROM feed WHERE name = ?1), 'thing', 't' || n, n + 10, 1, 1, 0 FROM many";
    let board = FeedName::Board(SECOND_BLOCK).to_string();
    sqlite.execute(sql, [&board]).unwrap();
    let sql = "INSERT INTO row (feed, kind, id, version, rev, shared, urgent) SELECT number, '', '', 1010, 0, 0, 0 FROM feed \
               WHERE name = ?1 ON CONFLICT (feed, kind, id) DO UPDATE SET version = 1010";
    sqlite.execute(sql, [&board]).unwrap();
    let at = house.clock.now().millis();
    let sql = "INSERT INTO tombstone (at, feed, version, kind, id) SELECT ?1, feed, version, kind, id FROM row WHERE kind = 'thing'";
    sqlite.execute(sql, [at]).unwrap();
    drop(sqlite);
    house.clock.advance(90 * DAY);
    house.tick().await;
    assert_eq!(tombstones(&house), 0);
    assert_eq!(house.count(&format!("SELECT horizon FROM feed WHERE name = '{board}'")), 1_010);
    house.holds().await;
}
