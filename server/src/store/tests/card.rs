//! The card: every change of it has a version every device hears of; and the identity keys that went before still count.

use super::house::*;
use crate::{
    clock::Clock,
    store::{Denied, Keys, LiveEvent, Store},
};
use futures_util::StreamExt;
use kairan_protocol::{
    id::{Commit, DeviceId, Epoch},
    op::Invitee,
    sign::{Key, Purpose, Signed},
    wire::{Rights, Slip, Token, TokenProof},
};
use p256::ecdsa::SigningKey;
use std::sync::Arc;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

/// Another key signs from now on; the house's own is one of those before it.
async fn hand_over(house: &mut House, to: SigningKey, earlier: &[Key]) {
    house.store.clone().close().await.unwrap();
    let keys = Keys::new(Arc::new(to), earlier.iter().copied());
    house.store = Store::open(house.folder.path(), house.clock.clone(), keys).unwrap();
}

async fn told(house: &House, phone: &mut Phone) -> Rights {
    phone.rights = None;
    phone.catch_up(house).await;
    phone.rights.clone().unwrap()
}

#[tokio::test]
async fn new_addresses_stand_on_the_card_and_everybody_hears_of_its_version() {
    let house = House::new();
    let [mut sato, mut yamada] = [house.phone(SATO).await, house.phone(YAMADA).await];
    let before = house.store.card_facts().await.unwrap();
    for phone in [&mut sato, &mut yamada] {
        phone.catch_up(&house).await;
        assert_eq!(phone.rights.clone().unwrap().card, before.version);
    }
    let mut live = house.store.live(&house.store.authenticate(&sato.token).await.unwrap());

    let addresses = vec!["new.example:8443".to_owned(), "127.0.0.1:8443".to_owned()];
    assert!(house.store.set_addresses(addresses.clone()).await.unwrap());
    let after = house.store.card_facts().await.unwrap();
    assert_eq!(after.addresses, addresses);
    assert!(after.version > before.version);
    for phone in [&mut sato, &mut yamada] {
        phone.catch_up(&house).await;
        let rights = phone.rights.clone().unwrap();
        assert_eq!((rights.card, rights.version), (after.version, after.version), "the commit of the change");
    }
    assert!(matches!(live.next().await, Some(LiveEvent::Rights(version)) if version == after.version));

    assert!(!house.store.set_addresses(addresses).await.unwrap());
    assert_eq!(house.store.card_facts().await.unwrap(), after, "the same again is no change");
    house.holds().await;
}

#[tokio::test]
async fn the_card_is_the_same_after_a_restart_and_a_new_one_after_a_restore() {
    let mut house = House::new();
    house.store.set_addresses(vec!["new.example:8443".to_owned()]).await.unwrap();
    let before = house.store.card_facts().await.unwrap();
    house.restart().await;
    assert_eq!(house.store.card_facts().await.unwrap(), before);

    let backup = house.backup();
    house.store.set_addresses(vec!["newest.example:8443".to_owned()]).await.unwrap();
    let lost = house.store.card_facts().await.unwrap().version;
    house.clock.advance(60 * MINUTE);
    house.restore(&backup).await;
    let restored = house.store.card_facts().await.unwrap();
    assert_eq!(restored.addresses, before.addresses);
    assert!(restored.version > lost, "phones read the card of the new epoch");
    let mut phone = house.phone(CLERK).await;
    assert_eq!(told(&house, &mut phone).await.card, restored.version);
}

#[tokio::test]
async fn a_next_identity_is_announced_once_and_gone_when_it_is_in_use() {
    let house = House::new();
    let [now, next] = [9, 10].map(|seed| Key::of(&key(seed)));
    assert!(!house.store.set_keys(now, None).await.unwrap(), "nothing to tell");
    let before = house.store.card_facts().await.unwrap();
    assert!(house.store.set_keys(now, Some(next)).await.unwrap());
    assert!(!house.store.set_keys(now, Some(next)).await.unwrap());
    let announced = house.store.card_facts().await.unwrap();
    assert_eq!(announced.next_identity, Some(next));
    assert!(announced.version > before.version);

    assert!(house.store.set_keys(next, None).await.unwrap());
    let used = house.store.card_facts().await.unwrap();
    assert_eq!(used.next_identity, None);
    assert!(used.version > announced.version);
    house.holds().await;
}

#[tokio::test]
async fn whoever_knows_the_district_by_an_earlier_key_joins_and_renews_as_before() {
    let mut house = House::new();
    let secret = house.invite(Invitee::Person(CLERK)).await;
    let old = house.phone(SATO).await;
    hand_over(&mut house, key(11), &[Key::of(&key(10)), Key::of(&key(9))]).await;

    let clerk = house.enrol(&secret, &fresh_key(), &[CLERK]).await.unwrap();
    clerk.slip.open::<Slip>(&Key::of(&key(11)), Purpose::Slip).unwrap();
    house.clock.advance(1);
    house.store.token(house.proof(&old.key, old.device, house.clock.now())).await.unwrap();
}

#[tokio::test]
async fn a_key_that_never_was_the_districts_is_no_name_for_it() {
    let mut house = House::new();
    let secret = house.invite(Invitee::Person(CLERK)).await;
    let old = house.phone(SATO).await;
    hand_over(&mut house, key(11), &[Key::of(&key(10))]).await;
    let joining = house.enrol(&secret, &fresh_key(), &[CLERK]).await;
    assert!(matches!(joining, Err(Denied::BadProof)));
    house.clock.advance(1);
    let renewing = house.store.token(house.proof(&old.key, old.device, house.clock.now())).await;
    assert!(matches!(renewing, Err(Denied::BadProof)));
}

#[tokio::test]
async fn a_slip_of_an_earlier_key_lets_its_phone_in_again_after_a_restore() {
    let mut house = House::new();
    let backup = house.backup();
    let mut phone = house.phone(SUZUKI).await;
    house.clock.advance(60 * MINUTE);
    house.restore(&backup).await;
    hand_over(&mut house, key(11), &[Key::of(&key(10))]).await;
    assert!(house.show_slip(&mut phone).await.is_err(), "signed by nobody this district ever was");
    hand_over(&mut house, key(11), &[Key::of(&key(10)), Key::of(&key(9))]).await;
    house.show_slip(&mut phone).await.unwrap();
    assert_eq!(house.store.authenticate(&phone.token).await.unwrap().persons(), [SUZUKI]);
}

#[tokio::test]
async fn a_key_the_folder_forgot_is_remembered_by_the_database() {
    let mut house = House::new();
    let old = house.phone(SATO).await;
    house.store.set_keys(Key::of(&key(9)), None).await.unwrap();
    hand_over(&mut house, key(10), &[]).await;
    house.store.set_keys(Key::of(&key(10)), None).await.unwrap();
    for _ in 0..2 {
        house.clock.advance(1);
        house.store.token(house.proof(&old.key, old.device, house.clock.now())).await.unwrap();
        hand_over(&mut house, key(10), &[]).await;
    }
}

/// A slip somebody makes who has a key that was the district's: for a phone of their own, as the commissioner.
fn forged(by: u8, commit: u64) -> (SigningKey, Slip, Signed) {
    let own = fresh_key();
    let device = DeviceId::random().unwrap();
    let (key, epoch) = (Key::of(&own), Epoch("k1".to_owned()));
    let commit = Commit(commit);
    let slip = Slip { district: DISTRICT, device, key, persons: vec![KIMURA], epoch, commit, at: morning() };
    let signed = Signed::new(&self::key(by), Purpose::Slip, &slip).unwrap();
    (own, slip, signed)
}

async fn shown(house: &House, (own, slip, signed): (SigningKey, Slip, Signed)) -> Result<Token, Denied> {
    house.clock.advance(1);
    let proof = house.proof(&own, slip.device, house.clock.now());
    house.store.token(TokenProof { slip: Some(signed), ..proof }).await
}

#[tokio::test]
async fn whoever_stole_a_key_that_was_replaced_lets_nobody_in_by_a_slip() {
    let mut house = House::new();
    let backup = house.backup();
    house.store.set_keys(Key::of(&key(9)), None).await.unwrap();
    house.clock.advance(60 * MINUTE);
    house.restore(&backup).await;
    let lost = house.store.card_facts().await.unwrap().version - 1;
    house.store.set_keys(Key::of(&key(9)), None).await.unwrap();
    hand_over(&mut house, key(10), &[Key::of(&key(9))]).await;
    house.store.set_keys(Key::of(&key(10)), None).await.unwrap();
    let replaced = house.store.card_facts().await.unwrap().version;

    for commit in [1, replaced - 1, replaced, replaced + 1, u64::MAX >> 1] {
        let answer = shown(&house, forged(9, commit)).await;
        assert!(matches!(answer, Err(Denied::DeviceUnknown)), "{commit}: nothing of then was lost");
    }
    // What a restore after the switch lost cannot have been signed by a key from before it.
    let backup = house.backup();
    house.clock.advance(60 * MINUTE);
    house.restore(&backup).await;
    let since = house.store.card_facts().await.unwrap().version - 1;
    hand_over(&mut house, key(10), &[Key::of(&key(9))]).await;
    assert!(matches!(shown(&house, forged(9, since)).await, Err(Denied::DeviceUnknown)));
    // This is what such a slip is for, and all it is good for: a phone lost with what was lost while its key was in use.
    shown(&house, forged(9, lost)).await.unwrap();
    shown(&house, forged(10, since)).await.unwrap();
}
