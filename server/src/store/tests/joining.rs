//! Joining, tokens, leaving and being signed off.

use super::house::*;
use crate::{
    clock::Clock,
    store::{Denied, Found},
};
use kairan_protocol::{
    body::{Phone as PhoneRow, Profile},
    feed::FeedName,
    id::DeviceId,
    invite::Secret,
    op::{Command, Invitee},
    row::kind,
    sign::{Key, Purpose},
    wire::{EnrolResponse, Slip, SyncRequest},
};
use p256::ecdsa::SigningKey;

#[tokio::test]
async fn an_invite_first_says_who_is_listed_then_lets_them_in() {
    let house = House::new();
    let secret = house.invite(Invitee::Household(SATO_HOME)).await;
    let key = fresh_key();
    let EnrolResponse::Choose { name, persons } = house.store.enrol(house.enrolment(&secret, &key, &[])).await.unwrap()
    else {
        panic!("in without choosing")
    };
    assert_eq!(name, "佐藤");
    assert_eq!(persons.iter().map(|listed| listed.id).collect::<Vec<_>>(), vec![SATO, HANAKO]);
    let mut phone = house.enrol(&secret, &key, &[HANAKO]).await.unwrap();
    phone.catch_up(&house).await;
    let profile: Profile = phone.body(FeedName::Mail(HANAKO), kind::PROFILE, "me").unwrap();
    assert_eq!(profile.name, "佐藤 花子");
    let row: PhoneRow = phone.body(FeedName::Mail(HANAKO), kind::PHONE, &phone.device.to_string()).unwrap();
    assert_eq!(row.name, "らくらく");
    house.holds().await;
}

#[tokio::test]
async fn joining_again_after_a_lost_answer_is_the_same_joining() {
    let house = House::new();
    let secret = house.invite(Invitee::Household(SUZUKI_HOME)).await;
    let key = fresh_key();
    let first = house.enrol(&secret, &key, &[SUZUKI]).await.unwrap();
    let commits = house.count("SELECT value FROM meta WHERE name = 'last_commit'");
    let again = house.enrol(&secret, &key, &[SUZUKI]).await.unwrap();
    assert_eq!(again.device, first.device);
    assert_eq!(house.count("SELECT value FROM meta WHERE name = 'last_commit'"), commits);
    assert!(house.store.authenticate(&again.token).await.is_ok());
    assert!(house.store.authenticate(&first.token).await.is_ok(), "the first token works on for an hour");
}

#[tokio::test]
async fn the_slip_is_signed_by_the_district_and_names_the_device() {
    let house = House::new();
    let secret = house.invite(Invitee::Person(CLERK)).await;
    let key = fresh_key();
    let EnrolResponse::Enrolled(enrolled) = house.store.enrol(house.enrolment(&secret, &key, &[CLERK])).await.unwrap()
    else {
        panic!("asked to choose")
    };
    let identity = Key::of(&SigningKey::from_slice(&[9; 32]).unwrap());
    let slip: Slip = enrolled.slip.open(&identity, Purpose::Slip).unwrap();
    assert_eq!((slip.device, slip.key, slip.persons), (enrolled.device, Key::of(&key), vec![CLERK]));
}

#[tokio::test]
async fn an_invite_is_used_up_when_each_listed_person_joined() {
    let house = House::new();
    let secret = house.invite(Invitee::Household(SATO_HOME)).await;
    house.enrol(&secret, &fresh_key(), &[SATO]).await.unwrap();
    let taken = house.enrol(&secret, &fresh_key(), &[SATO]).await;
    assert!(matches!(taken, Err(Denied::InviteUsed)), "he joined by it already");
    house.enrol(&secret, &fresh_key(), &[HANAKO]).await.unwrap();
    let late = house.store.enrol(house.enrolment(&secret, &fresh_key(), &[])).await;
    assert!(matches!(late, Err(Denied::InviteUsed)));
}

#[tokio::test]
async fn an_unknown_void_or_old_invite_lets_nobody_in() {
    let house = House::new();
    let unknown = house.enrol(&Secret::random().unwrap(), &fresh_key(), &[SUZUKI]).await;
    assert!(matches!(unknown, Err(Denied::InviteUnknown)));
    let replaced = house.invite(Invitee::Household(SUZUKI_HOME)).await;
    let newest = house.invite(Invitee::Household(SUZUKI_HOME)).await;
    assert!(matches!(house.enrol(&replaced, &fresh_key(), &[SUZUKI]).await, Err(Denied::InviteVoid)));
    assert!(matches!(house.enrol(&newest, &fresh_key(), &[YAMADA]).await, Err(Denied::NotListed)));
    house.clock.advance(60 * DAY);
    assert!(matches!(house.enrol(&newest, &fresh_key(), &[SUZUKI]).await, Err(Denied::InviteExpired)));
}

#[tokio::test]
async fn a_signature_of_another_key_lets_nobody_in() {
    let house = House::new();
    let secret = house.invite(Invitee::Household(SUZUKI_HOME)).await;
    let mut request = house.enrolment(&secret, &fresh_key(), &[SUZUKI]);
    request.key = Key::of(&fresh_key());
    assert!(matches!(house.store.enrol(request).await, Err(Denied::BadProof)));
}

#[tokio::test]
async fn a_shared_phone_reads_no_desk() {
    let house = House::new();
    let mut own = house.phone(SATO).await;
    own.catch_up(&house).await;
    assert!(own.feed(FeedName::Desk(ASSOCIATION)).is_some());
    let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
    shared.catch_up(&house).await;
    assert!(shared.feed(FeedName::Desk(ASSOCIATION)).is_none());
    assert!(shared.feed(FeedName::Mail(SATO)).is_some() && shared.feed(FeedName::Mail(HANAKO)).is_some());
}

#[tokio::test]
async fn a_second_person_joining_a_phone_takes_its_desk_away_with_newer_rights() {
    let house = House::new();
    let secret = house.invite(Invitee::Household(SATO_HOME)).await;
    let key = fresh_key();
    let mut phone = house.enrol(&secret, &key, &[SATO]).await.unwrap();
    phone.catch_up(&house).await;
    let before = phone.rights.clone().unwrap();
    let joined = house.enrol(&secret, &key, &[SATO, HANAKO]).await.unwrap();
    assert_eq!(joined.device, phone.device);
    phone.catch_up(&house).await;
    let after = phone.rights.clone().unwrap();
    assert!(after.version > before.version);
    assert!(phone.feed(FeedName::Desk(ASSOCIATION)).is_none());
    assert_eq!(after.persons.len(), 2);
}

#[tokio::test]
async fn a_token_nobody_has_is_told_from_one_of_a_device_signed_off() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    assert!(matches!(house.store.authenticate("nobody's").await, Err(Denied::TokenUnknown)));
    assert!(house.store.authenticate(&phone.token).await.is_ok());
    house.store.console(Command::Revoke { device: phone.device }).await.unwrap();
    assert!(matches!(house.store.authenticate(&phone.token).await, Err(Denied::Revoked)));
    let ops = phone.request(&[house.consent(SUZUKI, true)]);
    assert!(matches!(house.store.sync(&phone.token, ops).await, Err(Denied::Revoked)));
    assert_eq!(house.count("SELECT count(*) FROM consent_history"), 0);
}

#[tokio::test]
async fn a_token_ends_after_ninety_days_and_its_predecessor_an_hour_after_the_renewal() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    house.clock.advance(45 * DAY);
    let renew = Some(house.proof(&phone.key, phone.device, house.clock.now()));
    let answer = house.store.sync(&phone.token, SyncRequest { renew, ..phone.request(&[]) }).await.unwrap();
    let renewed = answer.token.unwrap();
    assert!(house.store.authenticate(&phone.token).await.is_ok());
    house.clock.advance(60 * MINUTE);
    assert!(matches!(house.store.authenticate(&phone.token).await, Err(Denied::TokenUnknown)));
    assert!(house.store.authenticate(&renewed.secret).await.is_ok());
    house.clock.set(renewed.until);
    assert!(matches!(house.store.authenticate(&renewed.secret).await, Err(Denied::TokenUnknown)));
    let proof = house.proof(&phone.key, phone.device, house.clock.now());
    assert!(house.store.token(proof).await.is_ok(), "nobody is logged out by a timer");
}

#[tokio::test]
async fn a_proof_works_once_within_five_minutes_and_only_by_the_devices_key() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    let now = house.clock.now();
    let proof = house.proof(&phone.key, phone.device, now);
    assert!(house.store.token(proof.clone()).await.is_ok());
    assert!(matches!(house.store.token(proof).await, Err(Denied::BadProof)));
    let off = house.proof(&phone.key, phone.device, now.plus_millis(6 * MINUTE));
    assert!(matches!(house.store.token(off).await, Err(Denied::BadProof)));
    let foreign = house.proof(&fresh_key(), phone.device, now.plus_millis(1));
    assert!(matches!(house.store.token(foreign).await, Err(Denied::BadProof)));
    let nobody = house.proof(&phone.key, DeviceId::from_number(99), now);
    assert!(matches!(house.store.token(nobody).await, Err(Denied::DeviceUnknown)));
}

#[tokio::test]
async fn a_proof_that_does_not_fit_does_not_hold_ops_up() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    let renew = Some(house.proof(&fresh_key(), phone.device, house.clock.now()));
    let request = SyncRequest { renew, ..phone.request(&[house.consent(SUZUKI, true)]) };
    let answer = house.store.sync(&phone.token, request).await.unwrap();
    applied(&answer.results[0]);
    assert!(answer.token.is_none());
}

#[tokio::test]
async fn the_last_person_who_leaves_hears_that_it_worked_and_is_out() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let before = phone.rights.clone().unwrap().version;
    let answer = phone.sync(&house, &[house.op(SUZUKI, Command::Leave {})]).await;
    applied(&answer.results[0]);
    let rights = answer.rights.unwrap();
    assert!(rights.persons.is_empty() && rights.feeds.is_empty() && rights.version > before);
    assert!(matches!(house.store.sync(&phone.token, phone.request(&[])).await, Err(Denied::Revoked)));
    house.holds().await;
}

#[tokio::test]
async fn one_of_two_who_leaves_takes_only_their_own_mail_along() {
    let house = House::new();
    let mut phone = house.shared_phone(&[SATO, HANAKO]).await;
    phone.catch_up(&house).await;
    phone.sync(&house, &[house.op(HANAKO, Command::Leave {})]).await;
    assert!(phone.feed(FeedName::Mail(HANAKO)).is_none());
    assert!(phone.feed(FeedName::Desk(ASSOCIATION)).is_some(), "the phone is his alone now");
    let mut other = house.phone(HANAKO).await;
    other.catch_up(&house).await;
    let gone = other.row(FeedName::Mail(HANAKO), kind::PHONE, &phone.device.to_string());
    assert!(gone.is_none_or(|row| row.body.is_none()));
}

#[tokio::test]
async fn the_command_line_finds_by_id_and_by_name_and_lists_homes_in_order() {
    let house = House::new();
    let by_name = house.store.find("佐藤 花子").await.unwrap();
    assert!(matches!(&by_name[..], [Found::Person(person)] if person.id == HANAKO));
    let by_id = house.store.find(&SATO_HOME.to_string()).await.unwrap();
    assert!(matches!(&by_id[..], [Found::Group(group)] if group.name == "佐藤"));
    assert!(house.store.find("誰か").await.unwrap().is_empty());
    let homes = house.store.households(DISTRICT).await.unwrap();
    let names: Vec<_> = homes.iter().map(|home| home.name.as_str()).collect();
    assert_eq!(names, ["佐藤", "鈴木", "田中", "山田"]);
    assert_eq!(homes[0].members.len(), 2);
    assert_eq!(house.store.first_officer().await.unwrap().id, SATO);
}
