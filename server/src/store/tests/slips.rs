//! Slips: phones that joined after the backup are let in again, with those who are still theirs.

use super::house::*;
use crate::{clock::Clock, store::Denied};
use kairan_protocol::{
    body::Phone as PhoneRow,
    feed::FeedName,
    id::Commit,
    op::{Command, Invitee},
    replay::EndedMark,
    row::kind,
    sign::{Purpose, Signed},
    wire::{Slip, SyncRequest, TokenProof},
};
use p256::ecdsa::SigningKey;

#[tokio::test]
async fn a_phone_the_backup_does_not_know_is_let_in_by_its_slip_as_it_was() {
    let mut house = House::new();
    let backup = house.backup();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let (device, key) = (phone.device, phone.key.clone());
    house.clock.advance(60 * MINUTE);
    house.restore(&backup).await;
    assert!(matches!(house.store.authenticate(&phone.token).await, Err(Denied::TokenUnknown)));
    let without = house.proof(&key, device, house.clock.now());
    assert!(matches!(house.store.token(without).await, Err(Denied::DeviceUnknown)), "keep everything");
    house.show_slip(&mut phone).await.unwrap();
    phone.begin_anew();
    phone.catch_up(&house).await;
    assert_eq!(house.store.authenticate(&phone.token).await.unwrap().device(), device);
    assert_eq!(phone.rights.clone().unwrap().persons, [SUZUKI]);
    let row: PhoneRow = phone.body(FeedName::Mail(SUZUKI), kind::PHONE, &device.to_string()).unwrap();
    assert_eq!(row.device, device);
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE what = 'slip'"), 1);
    applied(&phone.send(&house, &house.consent(SUZUKI, true)).await);
    house.show_slip(&mut phone).await.unwrap();
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE what = 'slip'"), 1, "shown twice");
    house.tick().await;
    assert_eq!(house.count("SELECT app FROM homes WHERE block = 4"), 1, "and its home is by app again");
    house.holds().await;
}

#[tokio::test]
async fn a_slip_brings_nobody_back_who_left_the_phone_later() {
    let mut house = House::new();
    let mut clerk = house.phone(CLERK).await;
    let backup = house.backup();
    let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
    shared.send(&house, &house.op(HANAKO, Command::Leave {})).await;
    clerk.catch_up(&house).await;
    let marks: Vec<EndedMark> = clerk.all(kind::ENDED);
    house.restore(&backup).await;
    clerk.hand_marks_back(&house, marks, None).await;
    house.show_slip(&mut shared).await.unwrap();
    assert_eq!(house.store.authenticate(&shared.token).await.unwrap().persons(), [SATO]);
    house.holds().await;
}

#[tokio::test]
async fn the_mark_of_one_who_left_comes_after_the_slip_and_counts_all_the_same() {
    let mut house = House::new();
    let mut clerk = house.phone(CLERK).await;
    let backup = house.backup();
    let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
    shared.send(&house, &house.op(HANAKO, Command::Leave {})).await;
    clerk.catch_up(&house).await;
    let marks: Vec<EndedMark> = clerk.all(kind::ENDED);
    house.restore(&backup).await;
    house.show_slip(&mut shared).await.unwrap();
    assert_eq!(house.store.authenticate(&shared.token).await.unwrap().persons().len(), 2);
    clerk.hand_marks_back(&house, marks, None).await;
    assert_eq!(house.store.authenticate(&shared.token).await.unwrap().persons(), [SATO]);
}

#[tokio::test]
async fn a_person_who_joined_a_known_phone_since_the_backup_is_on_it_again() {
    let mut house = House::new();
    let secret = house.invite(Invitee::Household(SATO_HOME)).await;
    let key = fresh_key();
    let phone = house.enrol(&secret, &key, &[SATO]).await.unwrap();
    let backup = house.backup();
    let mut both = house.enrol(&secret, &key, &[SATO, HANAKO]).await.unwrap();
    assert_eq!(both.device, phone.device);
    house.restore(&backup).await;
    assert_eq!(house.store.authenticate(&phone.token).await.unwrap().persons(), [SATO]);
    // Inside a sync, by the token the backup knows.
    house.clock.advance(1);
    let proof = TokenProof { slip: Some(both.slip.clone()), ..house.proof(&key, phone.device, house.clock.now()) };
    let answer =
        house.store.sync(&phone.token, SyncRequest { renew: Some(proof), ..phone.request(&[]) }).await.unwrap();
    both.token = answer.token.unwrap().secret;
    assert_eq!(answer.rights.unwrap().persons, [SATO, HANAKO]);
    assert_eq!(house.store.authenticate(&both.token).await.unwrap().persons(), [SATO, HANAKO]);
    house.holds().await;
}

#[tokio::test]
async fn a_slip_from_a_time_the_backup_remembers_tells_it_nothing() {
    let mut house = House::new();
    let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
    shared.send(&house, &house.op(HANAKO, Command::Leave {})).await;
    // As in a database from before leavings were remembered.
    house.sqlite().execute_batch("DELETE FROM ended; UPDATE row SET body = NULL WHERE kind = 'ended'").unwrap();
    let backup = house.backup();
    house.restore(&backup).await;
    house.show_slip(&mut shared).await.unwrap();
    assert_eq!(house.store.authenticate(&shared.token).await.unwrap().persons(), [SATO]);
}

#[tokio::test]
async fn nobody_is_let_in_by_a_slip_that_is_not_this_districts_or_not_theirs() {
    let mut house = House::new();
    let backup = house.backup();
    let mut phone = house.phone(SUZUKI).await;
    let other = house.phone(YAMADA).await;
    house.restore(&backup).await;
    let district = SigningKey::from_slice(&[9; 32]).unwrap();
    let slip: Slip = phone.slip.open(&kairan_protocol::sign::Key::of(&district), Purpose::Slip).unwrap();
    let stranger = fresh_key();
    let forged = [
        Signed::new(&stranger, Purpose::Slip, &slip).unwrap(),
        Signed::new(&district, Purpose::Card, &slip).unwrap(),
        Signed::new(&district, Purpose::Slip, &Slip { district: FEDERATION, ..slip.clone() }).unwrap(),
        Signed::new(&district, Purpose::Slip, &Slip { persons: vec![], ..slip.clone() }).unwrap(),
        other.slip.clone(),
    ];
    for slip in forged {
        phone.slip = slip;
        assert!(matches!(house.show_slip(&mut phone).await, Err(Denied::DeviceUnknown)));
    }
    phone.slip = Signed::new(&district, Purpose::Slip, &slip).unwrap();
    let mut thief = Phone { key: fresh_key(), ..phone };
    assert!(matches!(house.show_slip(&mut thief).await, Err(Denied::BadProof)));
    assert_eq!(house.count("SELECT count(*) FROM device"), 1);
}

#[tokio::test]
async fn a_slip_names_the_newest_commit_it_includes_and_everybody_on_the_phone() {
    let house = House::new();
    let secret = house.invite(Invitee::Household(SATO_HOME)).await;
    let key = fresh_key();
    let public = kairan_protocol::sign::Key::of(&SigningKey::from_slice(&[9; 32]).unwrap());
    let first: Slip = house.enrol(&secret, &key, &[SATO]).await.unwrap().slip.open(&public, Purpose::Slip).unwrap();
    let second: Slip = house.enrol(&secret, &key, &[HANAKO]).await.unwrap().slip.open(&public, Purpose::Slip).unwrap();
    assert_eq!((first.persons, second.persons), (vec![SATO], vec![SATO, HANAKO]));
    assert!(Commit(0) < first.commit && first.commit < second.commit);
    let newest = house.count("SELECT value FROM meta WHERE name = 'last_commit'");
    assert_eq!(second.commit.0.cast_signed(), newest);
}
