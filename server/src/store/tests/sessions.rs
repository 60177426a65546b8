//! What a device may read is looked up once and believed for a while: never longer than it is true.

use super::house::*;
use crate::clock::Clock;
use kairan_protocol::{feed::FeedName, id::FeedNumber, wire::SyncResponse};

const OFFICE: FeedName = FeedName::Desk(ASSOCIATION);

/// A role for SUZUKI that is written behind the store's back.
fn officer(house: &House, since: i64, until: Option<i64>) {
    let sql = "INSERT INTO role (id, person, grp, kind, since, until, over) VALUES (99, ?1, ?2, 'officer', ?3, ?4, 0)";
    house.sqlite().execute(sql, rusqlite::params![SUZUKI.number(), ASSOCIATION.number(), since, until]).unwrap();
}

fn number(house: &House, name: FeedName) -> FeedNumber {
    let number = house.count(&format!("SELECT number FROM feed WHERE name = '{name}'"));
    FeedNumber(u32::try_from(number).unwrap())
}

fn brings(answer: &SyncResponse, feed: FeedNumber) -> bool {
    answer.feeds.iter().any(|delta| delta.n == feed)
}

async fn house_with_a_desk() -> House {
    let house = House::new();
    house.phone(SATO).await.catch_up(&house).await;
    house.tick().await;
    house
}

#[tokio::test]
async fn a_term_counts_up_to_the_moment_it_ends_however_often_the_phone_asks() {
    let house = house_with_a_desk().await;
    let begins = house.clock.now();
    officer(&house, begins.millis(), Some(begins.plus_millis(4_000).millis()));
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let desk = number(&house, OFFICE);
    let mut seen = Vec::new();
    for _ in 0..6 {
        phone.cursors.remove(&desk);
        house.clock.advance(1_000);
        seen.push(brings(&phone.sync(&house, &[]).await, desk));
    }
    assert_eq!(seen, [true, true, true, false, false, false]);
}

#[tokio::test]
async fn after_five_seconds_the_version_is_compared_with_the_database() {
    let house = house_with_a_desk().await;
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    officer(&house, morning().millis(), None);
    house.clock.advance(4_999);
    assert!(phone.sync(&house, &[]).await.rights.is_none(), "believed");
    house.clock.advance(1);
    assert!(phone.sync(&house, &[]).await.rights.is_none(), "the same version is the same rights");
    house.sqlite().execute("UPDATE person SET rights = rights + 1 WHERE id = ?1", [SUZUKI.number()]).unwrap();
    house.clock.advance(4_999);
    assert!(phone.sync(&house, &[]).await.rights.is_none(), "compared a moment ago");
    house.clock.advance(1);
    let rights = phone.sync(&house, &[]).await.rights.expect("a newer version");
    assert!(rights.feeds.iter().any(|feed| feed.name == OFFICE));
}

#[tokio::test]
async fn a_token_that_is_gone_from_the_database_works_no_longer_than_five_seconds() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    house.sqlite().execute("DELETE FROM token", []).unwrap();
    house.clock.advance(5_000);
    assert!(house.store.sync(&phone.token, phone.request(&[])).await.is_err());
}
