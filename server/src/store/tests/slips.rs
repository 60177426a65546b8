//! Slips: phones that joined after the backup are let in again, with those who are still theirs.

use super::house::*;
use crate::{
    clock::Clock,
    store::{Denied, PlannedGuest, PlannedPerson, PlannedResidence},
};
use kairan_protocol::{
    body::Phone as PhoneRow,
    feed::FeedName,
    id::{Commit, PersonId},
    op::{Command, Invitee},
    people::{Departure, Newcomer},
    replay::EndedMark,
    row::kind,
    sign::{Purpose, Signed},
    wire::{Slip, SyncRequest, TokenProof},
};
use p256::ecdsa::SigningKey;

const EMI: PersonId = PersonId::from_number(21);
const JIRO: PersonId = PersonId::from_number(22);

fn newcomer(person: PersonId, name: &str) -> Newcomer {
    Newcomer { person, name: name.to_owned(), reading: None }
}

fn depart(person: PersonId) -> Command {
    Command::Depart { person, why: Departure::MovedOut }
}

async fn steward(house: &House, command: Command) {
    house.clock.advance(MINUTE);
    applied(&house.store.console(command).await.unwrap());
}

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

/// A district where Haru has family far away, and Suzuki was written down a second time as Jiro in her home.
fn with_a_daughter_far_away() -> House {
    let mut plan = plan();
    plan.persons.extend(
        [(EMI, "田中 恵美"), (JIRO, "鈴木 二郎")].map(|(id, name)| PlannedPerson { id, name: name.to_owned() }),
    );
    plan.residences.push(PlannedResidence { person: JIRO, household: PAPER_HOME });
    plan.guests.push(PlannedGuest { person: EMI, of: JIRO });
    House::of(&plan)
}

#[tokio::test]
async fn a_phone_the_backup_does_not_know_is_told_to_erase_once_all_of_its_people_are_gone() {
    let mut house = House::new();
    let backup = house.backup();
    let mut phone = house.phone(SUZUKI).await;
    let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
    house.restore(&backup).await;
    steward(&house, depart(SUZUKI)).await;
    steward(&house, depart(HANAKO)).await;
    assert!(matches!(house.show_slip(&mut phone).await, Err(Denied::Revoked)));
    house.show_slip(&mut shared).await.unwrap();
    assert_eq!(house.store.authenticate(&shared.token).await.unwrap().persons(), [SATO], "one of two is here");
    assert_eq!(house.count("SELECT count(*) FROM device WHERE key IS NOT NULL"), 1);
    house.holds().await;
}

#[tokio::test]
async fn a_guests_phone_the_backup_does_not_know_goes_with_whose_guest_they_were() {
    let mut house = with_a_daughter_far_away();
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    let mut emi = house.phone(EMI).await;
    let same = house.op(SATO, Command::SamePerson { person: SUZUKI, twice: JIRO });
    let told = chair.send(&house, &same).await;
    house.restore(&backup).await;
    // Whoever is her host by now is gone before it comes back that he was written down twice.
    steward(&house, depart(SUZUKI)).await;
    house.show_slip(&mut emi).await.unwrap();
    assert_eq!(house.store.authenticate(&emi.token).await.unwrap().persons(), [EMI], "Jiro is still here");

    house.restore(&backup).await;
    steward(&house, depart(SUZUKI)).await;
    chair.begin_anew();
    applied(&chair.hand_back(&house, vec![replay(&same, &told)]).await[0]);
    assert!(matches!(house.show_slip(&mut emi).await, Err(Denied::Revoked)));
    house.holds().await;
}

#[tokio::test]
async fn a_phone_keeps_everything_as_long_as_somebody_of_it_has_not_come_back() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    let add = house.op(SATO, Command::AddPerson { household: SUZUKI_HOME, newcomer: newcomer(JIRO, "鈴木 二郎") });
    let told = chair.send(&house, &add).await;
    let secret = house.invite(Invitee::Household(SUZUKI_HOME)).await;
    let mut shared = house.enrol(&secret, &fresh_key(), &[SUZUKI, JIRO]).await.unwrap();
    house.restore(&backup).await;
    steward(&house, depart(SUZUKI)).await;
    assert!(matches!(house.show_slip(&mut shared).await, Err(Denied::DeviceUnknown)), "Jiro may come back");
    chair.begin_anew();
    applied(&chair.hand_back(&house, vec![replay(&add, &told)]).await[0]);
    house.show_slip(&mut shared).await.unwrap();
    assert_eq!(house.store.authenticate(&shared.token).await.unwrap().persons(), [JIRO]);
    house.holds().await;
}

#[tokio::test]
async fn a_mark_says_for_certain_that_somebody_is_gone_who_is_not_on_the_roster_again() {
    let mut house = House::new();
    let (mut chair, mut clerk) = (house.phone(SATO).await, house.phone(CLERK).await);
    let backup = house.backup();
    let add = house.op(SATO, Command::AddPerson { household: SUZUKI_HOME, newcomer: newcomer(JIRO, "鈴木 二郎") });
    let told = chair.send(&house, &add).await;
    let secret = house.invite(Invitee::Household(SUZUKI_HOME)).await;
    let mut jiro = house.enrol(&secret, &fresh_key(), &[JIRO]).await.unwrap();
    house.restore(&backup).await;
    chair.begin_anew();
    applied(&chair.hand_back(&house, vec![replay(&add, &told)]).await[0]);
    // His phone does not come by before he moves out.
    steward(&house, depart(JIRO)).await;
    clerk.begin_anew();
    clerk.catch_up(&house).await;
    let marks: Vec<EndedMark> = clerk.all(kind::ENDED);
    house.restore(&backup).await;
    assert!(matches!(house.show_slip(&mut jiro).await, Err(Denied::DeviceUnknown)), "nothing is known of him yet");
    clerk.hand_marks_back(&house, marks, None).await;
    assert!(matches!(house.show_slip(&mut jiro).await, Err(Denied::Revoked)));
    house.holds().await;
}

#[tokio::test]
async fn a_phone_that_one_left_and_whose_other_one_is_gone_is_told_to_erase() {
    let mut house = House::new();
    let mut clerk = house.phone(CLERK).await;
    let backup = house.backup();
    let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
    shared.send(&house, &house.op(SATO, Command::Leave {})).await;
    clerk.catch_up(&house).await;
    let marks: Vec<EndedMark> = clerk.all(kind::ENDED);
    house.restore(&backup).await;
    steward(&house, depart(HANAKO)).await;
    clerk.hand_marks_back(&house, marks, None).await;
    assert!(matches!(house.show_slip(&mut shared).await, Err(Denied::Revoked)));
    house.holds().await;
}

#[tokio::test]
async fn who_left_a_phone_as_the_second_is_not_put_on_it_as_the_first() {
    let mut house = with_a_daughter_far_away();
    let (mut chair, mut clerk) = (house.phone(SATO).await, house.phone(CLERK).await);
    let backup = house.backup();
    let mut shared = house.shared_phone(&[TANAKA, JIRO]).await;
    shared.send(&house, &house.op(JIRO, Command::Leave {})).await;
    let same = house.op(SATO, Command::SamePerson { person: SUZUKI, twice: JIRO });
    let told = chair.send(&house, &same).await;
    clerk.catch_up(&house).await;
    let marks: Vec<EndedMark> = clerk.all(kind::ENDED);
    house.restore(&backup).await;
    clerk.hand_marks_back(&house, marks, None).await;
    chair.begin_anew();
    applied(&chair.hand_back(&house, vec![replay(&same, &told)]).await[0]);
    house.show_slip(&mut shared).await.unwrap();
    assert_eq!(house.store.authenticate(&shared.token).await.unwrap().persons(), [TANAKA]);
    house.holds().await;
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
