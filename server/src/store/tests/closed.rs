//! Desks after a restore: closed until an officer's phone has handed back what it knows of what has ended, or the volunteer says so.

use super::house::*;
use crate::{clock::Clock, store::LiveEvent};
use futures_util::{FutureExt, StreamExt};
use kairan_protocol::{
    check_in::Mood,
    feed::FeedName,
    id::{FeedNumber, RoleId},
    op::Command,
    people::RoleKind,
};

/// A district with something on its desks, restored.
async fn restored() -> (House, Phone, Phone, Vec<FeedNumber>) {
    let mut house = House::new();
    let (mut chair, mut suzuki) = (house.phone(SATO).await, house.phone(SUZUKI).await);
    suzuki.send(&house, &house.consent(SUZUKI, true)).await;
    suzuki.send(&house, &house.check_in(SUZUKI, Mood::Talk)).await;
    house.tick().await;
    chair.catch_up(&house).await;
    let desk = chair.feed(FeedName::Desk(ASSOCIATION)).unwrap();
    let mut kimura = house.phone(KIMURA).await;
    kimura.catch_up(&house).await;
    let team = kimura.feed(FeedName::Desk(TEAM)).unwrap();
    let backup = house.backup();
    house.clock.advance(60 * MINUTE);
    house.restore(&backup).await;
    for phone in [&mut chair, &mut kimura] {
        phone.begin_anew();
    }
    (house, chair, kimura, vec![desk, team])
}

async fn reads_no_desk(house: &House, phone: &mut Phone, desks: &[FeedNumber]) {
    let before = phone.rows.len();
    phone.catch_up(house).await;
    assert!(phone.rows.len() >= before);
    assert!(phone.rows.keys().all(|(feed, ..)| !desks.contains(feed)), "a desk's row reached somebody");
    let rights = phone.rights.clone().unwrap();
    assert!(rights.feeds.iter().all(|feed| !matches!(feed.name, FeedName::Desk(_))), "{rights:?}");
}

#[tokio::test]
async fn no_desk_row_of_the_backup_reaches_anybody_until_an_officers_phone_has_handed_back() {
    let (house, mut chair, mut kimura, desks) = restored().await;
    let mut resident = house.phone(YAMADA).await;
    let mut live = house.store.live(&house.store.authenticate(&kimura.token).await.unwrap());
    reads_no_desk(&house, &mut chair, &desks).await;
    reads_no_desk(&house, &mut kimura, &desks).await;
    house.tick().await;
    // What is written on a closed desk is not even poked.
    let put = |tx: &mut crate::store::tx::Tx<'_>| tx.put(FeedName::Desk(TEAM), ("note", "x"), 1, false, "{}");
    house.store.0.writer.ask(put).await.unwrap();
    let heard: Vec<LiveEvent> = std::iter::from_fn(|| live.next().now_or_never().flatten()).collect();
    let poked = |feed: &FeedNumber| heard.iter().any(|event| matches!(event, LiveEvent::Poke(poke) if poke.n == *feed));
    assert!(!desks.iter().any(poked), "{heard:?}");

    resident.hand_marks_back(&house, vec![], Some("k1")).await;
    reads_no_desk(&house, &mut kimura, &desks).await;
    let current = house.store.card_facts().await.unwrap().epoch;
    chair.hand_marks_back(&house, vec![], Some(&current.0)).await;
    reads_no_desk(&house, &mut kimura, &desks).await;

    let before = kimura.rights.clone().unwrap().version;
    // Of an epoch the backup has never heard of: it was lost too, and is the one that counts.
    chair.hand_marks_back(&house, vec![], Some("k2-other0")).await;
    assert!(chair.feed(FeedName::Desk(ASSOCIATION)).is_some());
    kimura.catch_up(&house).await;
    assert!(kimura.rights.clone().unwrap().version > before);
    assert!(kimura.feed(FeedName::Desk(TEAM)).is_some());
    let heard: Vec<LiveEvent> = std::iter::from_fn(|| live.next().now_or_never().flatten()).collect();
    // The case on it waits anew.
    assert!(matches!(heard[..], [LiveEvent::Rights(_), LiveEvent::Poke(_)]), "{heard:?}");
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE what = 'open_desks'"), 1);
    house.holds().await;
}

#[tokio::test]
async fn a_role_on_a_shared_phone_opens_no_desk() {
    let mut house = House::new();
    let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
    let mut kimura = house.phone(KIMURA).await;
    let backup = house.backup();
    house.restore(&backup).await;
    shared.hand_marks_back(&house, vec![], Some("k1")).await;
    kimura.catch_up(&house).await;
    assert!(kimura.feed(FeedName::Desk(TEAM)).is_none(), "it never read what has ended");
}

#[tokio::test]
async fn a_role_that_comes_back_with_the_same_request_opens_the_desks() {
    let mut house = House::new();
    let (mut chair, mut suzuki) = (house.phone(SATO).await, house.phone(SUZUKI).await);
    let backup = house.backup();
    let role = RoleId::from_number(70);
    let grant = house.op(
        SATO,
        Command::GrantRole { role, person: SUZUKI, group: FIRST_BLOCK, kind: RoleKind::BlockLeader, until: None },
    );
    let told = chair.send(&house, &grant).await;
    house.restore(&backup).await;
    let request = kairan_protocol::wire::SyncRequest {
        replays: vec![replay(&grant, &told)],
        handed: Some(kairan_protocol::id::Epoch("k1".to_owned())),
        ..suzuki.request(&[])
    };
    let answer = house.store.sync(&suzuki.token, request).await.unwrap();
    suzuki.apply(&answer);
    assert!(suzuki.feed(FeedName::Desk(FIRST_BLOCK)).is_some());
}

#[tokio::test]
async fn the_volunteer_opens_the_desks_where_no_such_phone_is_left() {
    let (mut house, mut chair, mut kimura, desks) = restored().await;
    reads_no_desk(&house, &mut kimura, &desks).await;
    assert!(house.store.open_desks().await.unwrap());
    assert!(!house.store.open_desks().await.unwrap(), "they are open");
    kimura.catch_up(&house).await;
    assert!(kimura.feed(FeedName::Desk(TEAM)).is_some());
    assert!(kimura.rows.keys().any(|(feed, ..)| desks.contains(feed)));
    house.restart().await;
    chair.catch_up(&house).await;
    assert!(chair.feed(FeedName::Desk(ASSOCIATION)).is_some(), "and stay so");
    let backup = house.backup();
    house.restore(&backup).await;
    kimura.begin_anew();
    reads_no_desk(&house, &mut kimura, &desks).await;
    house.holds().await;
}

#[tokio::test]
async fn a_district_that_was_never_restored_has_open_desks() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    chair.catch_up(&house).await;
    assert!(chair.feed(FeedName::Desk(ASSOCIATION)).is_some());
    assert!(!house.store.open_desks().await.unwrap());
    let open = house.store.check().await.unwrap().into_iter().find(|line| line.what == "desks are open").unwrap();
    assert_eq!((open.good, open.seen.as_str()), (true, "yes"));
    assert!(house.store.tick().await.unwrap().at > house.clock.now());
}
