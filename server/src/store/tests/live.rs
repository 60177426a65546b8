//! Live streams: pokes for one's own feeds, news of changed rights, and an end when signed off.

use super::house::*;
use crate::store::LiveEvent;
use futures_util::{FutureExt, StreamExt};
use kairan_protocol::{feed::FeedName, op::Command, wire::Poke};

/// What the stream has to say at this moment.
fn heard(live: &mut crate::store::Live) -> Vec<LiveEvent> {
    std::iter::from_fn(|| live.next().now_or_never().flatten()).collect()
}

#[tokio::test]
async fn a_poke_names_the_feed_and_its_version_and_reaches_only_its_readers() {
    let house = House::new();
    let (mut suzuki, yamada) = (house.phone(SUZUKI).await, house.phone(YAMADA).await);
    suzuki.catch_up(&house).await;
    let mut listening = house.store.live(&house.store.authenticate(&suzuki.token).await.unwrap());
    let mut beside = house.store.live(&house.store.authenticate(&yamada.token).await.unwrap());
    suzuki.send(&house, &house.consent(SUZUKI, true)).await;
    let n = suzuki.feed(FeedName::Mail(SUZUKI)).unwrap();
    let v = suzuki.version(FeedName::Mail(SUZUKI));
    assert_eq!(heard(&mut listening), [LiveEvent::Poke(Poke { n, v })]);
    assert_eq!(heard(&mut beside), []);
}

#[tokio::test]
async fn pokes_that_wait_are_one_per_feed_with_the_newest_version() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let mut live = house.store.live(&house.store.authenticate(&phone.token).await.unwrap());
    for title in ["一", "二", "三"] {
        chair.send(&house, &house.circular(SATO, title)).await;
    }
    phone.catch_up(&house).await;
    let n = phone.feed(FeedName::Board(ASSOCIATION)).unwrap();
    let v = phone.version(FeedName::Board(ASSOCIATION));
    assert_eq!(heard(&mut live), [LiveEvent::Poke(Poke { n, v })]);
}

#[tokio::test]
async fn a_listener_hears_of_new_rights_and_then_of_the_new_feeds() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let mut live = house.store.live(&house.store.authenticate(&phone.token).await.unwrap());
    let command = Command::MoveHousehold { household: SUZUKI_HOME, to: SECOND_BLOCK };
    let commit = applied(&house.store.console(command).await.unwrap());
    assert_eq!(heard(&mut live)[0], LiveEvent::Rights(commit));
    let board = FeedName::Board(SECOND_BLOCK);
    phone.catch_up(&house).await;
    let n = phone.feed(board).unwrap();
    let put =
        |tx: &mut crate::store::tx::Tx<'_>| tx.put(FeedName::Board(SECOND_BLOCK), ("notice", "x"), 1, false, "{}");
    house.store.0.writer.ask(put).await.unwrap();
    assert!(matches!(heard(&mut live)[..], [LiveEvent::Poke(poke)] if poke.n == n));
}

#[tokio::test]
async fn signing_a_device_off_ends_its_stream() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    let mut live = house.store.live(&house.store.authenticate(&phone.token).await.unwrap());
    house.store.console(Command::Revoke { device: phone.device }).await.unwrap();
    assert_eq!(live.next().now_or_never(), Some(None));
}

#[tokio::test]
async fn a_stream_begun_with_an_old_look_up_still_ends() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    let caller = house.store.authenticate(&phone.token).await.unwrap();
    house.store.console(Command::Revoke { device: phone.device }).await.unwrap();
    let mut live = house.store.live(&caller);
    assert_eq!(live.next().now_or_never(), Some(None));
}

#[tokio::test]
async fn closing_the_store_ends_every_stream() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    let mut live = house.store.live(&house.store.authenticate(&phone.token).await.unwrap());
    house.store.clone().close().await.unwrap();
    assert_eq!(live.next().now_or_never(), Some(None));
}
