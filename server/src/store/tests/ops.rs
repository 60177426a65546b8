//! Ops: applied once however often they come, refused on record, numbered without a gap.

use super::house::*;
use crate::store::Denied;
use kairan_protocol::{
    check_in::{CheckIns, Mood},
    feed::FeedName,
    id::{Commit, NoticeId},
    op::Command,
    outcome::{Flag, Outcome},
    receipt::Stage,
    refusal::Refusal,
    row::kind,
    wire::SyncRequest,
};
use serde_json::value::RawValue;

#[tokio::test]
async fn an_op_that_comes_three_times_has_one_effect_and_one_answer() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let consent = house.consent(SUZUKI, true);
    let tap = house.check_in(SUZUKI, Mood::Good);
    phone.sync(&house, &[consent]).await;
    let first = phone.send(&house, &tap).await;
    let version = phone.version(FeedName::Mail(SUZUKI));
    let again = phone.send(&house, &tap).await;
    let twice = phone.sync(&house, &[tap.clone(), tap.clone()]).await;
    let letters = serde_json::to_string(&first).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), letters);
    assert!(twice.results.iter().all(|result| serde_json::to_string(result).unwrap() == letters));
    assert_eq!(phone.version(FeedName::Mail(SUZUKI)), version);
    assert_eq!(house.count("SELECT count(*) FROM check_in"), 1);
    house.holds().await;
}

#[tokio::test]
async fn an_op_sent_again_by_the_same_phone_joined_anew_keeps_its_outcome() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let tap = house.consent(SUZUKI, true);
    let first = phone.send(&house, &tap).await;
    let mut anew = house.phone(SUZUKI).await;
    assert_eq!(anew.send(&house, &tap).await, first);
}

#[tokio::test]
async fn a_refusal_is_kept_and_repeated_even_when_it_would_be_accepted_now() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let too_early = house.check_in(SUZUKI, Mood::Good);
    let refused = phone.send(&house, &too_early).await;
    assert!(matches!(refused.outcome, Outcome::Refused { code: Refusal::ConsentNeeded, .. }));
    assert!(refused.mac.is_some());
    phone.send(&house, &house.consent(SUZUKI, true)).await;
    assert_eq!(phone.send(&house, &too_early).await, refused);
    house.holds().await;
}

#[tokio::test]
async fn an_id_that_says_something_else_is_refused_and_the_first_stands() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let yes = house.consent(SUZUKI, true);
    let first = phone.send(&house, &yes).await;
    let other = kairan_protocol::op::Op { command: Command::Consent { moods_to_team: false }, ..yes.clone() };
    let commit = Commit(applied(&first));
    assert_eq!(phone.send(&house, &other).await.outcome, Outcome::Refused { code: Refusal::IdReused, commit });
    assert_eq!(phone.send(&house, &yes).await, first);
}

#[tokio::test]
async fn what_a_newer_phone_asks_is_answered_and_not_kept() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    let newer = house.consent(SUZUKI, true).to_text().replace("\"consent\"", "\"teleport\"");
    let request = SyncRequest { ops: vec![RawValue::from_string(newer).unwrap()], ..SyncRequest::default() };
    let before = house.count("SELECT count(*) FROM op");
    let answer = house.store.sync(&phone.token, request).await.unwrap();
    assert_eq!(answer.results[0].outcome, Outcome::Unsupported);
    assert_eq!(answer.results[0].mac, None);
    assert_eq!(house.count("SELECT count(*) FROM op"), before);
}

#[tokio::test]
async fn an_op_without_a_header_fails_the_request_before_anything_is_applied() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    let ops = vec![text(&house.consent(SUZUKI, true)), RawValue::from_string("{\"do\":\"leave\"}".to_owned()).unwrap()];
    let answer = house.store.sync(&phone.token, SyncRequest { ops, ..SyncRequest::default() }).await;
    assert!(matches!(answer, Err(Denied::BadRequest(_))));
    assert_eq!(house.count("SELECT count(*) FROM consent_history"), 0);
}

#[tokio::test]
async fn more_than_a_hundred_ops_or_one_of_a_hundred_kilobytes_are_too_large() {
    let house = House::new();
    let phone = house.phone(SUZUKI).await;
    let one = house.consent(SUZUKI, true);
    let many = SyncRequest { ops: vec![text(&one); 101], ..SyncRequest::default() };
    assert!(matches!(house.store.sync(&phone.token, many).await, Err(Denied::TooLarge(_))));
    let long = format!("{{\"padding\":\"{}\",{}", "x".repeat(100_000), &one.to_text()[1..]);
    let long = SyncRequest { ops: vec![RawValue::from_string(long).unwrap()], ..SyncRequest::default() };
    assert!(matches!(house.store.sync(&phone.token, long).await, Err(Denied::TooLarge(_))));
}

#[tokio::test]
async fn a_phone_does_not_speak_for_somebody_it_does_not_hold() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let result = phone.send(&house, &house.consent(YAMADA, true)).await;
    assert!(matches!(result.outcome, Outcome::Refused { code: Refusal::NotOnThisDevice, .. }));
}

#[tokio::test]
async fn the_answer_says_where_the_author_sees_the_effect_and_nothing_of_other_feeds() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let talk = phone.send(&house, &house.check_in(SUZUKI, Mood::Talk)).await;
    let Outcome::Applied { at, .. } = talk.outcome else { panic!("{talk:?}") };
    let mail = phone.feed(FeedName::Mail(SUZUKI)).unwrap();
    assert_eq!(at.into_iter().collect::<Vec<_>>(), vec![(mail, phone.version(FeedName::Mail(SUZUKI)))]);

    let mut chair = house.phone(SATO).await;
    chair.catch_up(&house).await;
    let posted = chair.send(&house, &house.circular(SATO, "清掃")).await;
    let Outcome::Applied { at, .. } = posted.outcome else { panic!("{posted:?}") };
    let both = [FeedName::Board(ASSOCIATION), FeedName::Desk(ASSOCIATION)].map(|feed| chair.feed(feed).unwrap());
    assert!(both.iter().all(|feed| at.contains_key(feed)) && at.len() == 2);
}

#[tokio::test]
async fn a_second_phone_of_the_same_person_sees_what_the_first_did() {
    let house = House::new();
    let mut first = house.phone(SUZUKI).await;
    first.send(&house, &house.consent(SUZUKI, true)).await;
    let mut second = house.phone(SUZUKI).await;
    second.catch_up(&house).await;
    first.send(&house, &house.check_in(SUZUKI, Mood::Fair)).await;
    second.catch_up(&house).await;
    let seen: CheckIns = second.body(FeedName::Mail(SUZUKI), kind::CHECK_IN, "mine").unwrap();
    assert_eq!(seen.newest.unwrap().mood, Mood::Fair);
}

#[tokio::test]
async fn commits_of_many_phones_at_once_have_no_gap_and_feeds_no_double_version() {
    let house = std::sync::Arc::new(House::new());
    let mut phones = Vec::new();
    for person in [SATO, SUZUKI, TANAKA, YAMADA] {
        phones.push(house.phone(person).await);
    }
    let tasks: Vec<_> = phones
        .into_iter()
        .map(|mut phone| {
            let house = std::sync::Arc::clone(&house);
            tokio::spawn(async move {
                for round in 0..20 {
                    let op = house.consent(phone.person, round % 2 == 0);
                    applied(&phone.send(&house, &op).await);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    house.holds().await;
    let mail = "SELECT version FROM row JOIN person ON person.mail = row.feed WHERE person.id = 4 AND kind = ''";
    assert!(house.count(mail) >= 20);
}

#[tokio::test]
async fn a_receipt_only_ever_goes_on() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let post = house.circular(SATO, "清掃");
    applied(&chair.send(&house, &post).await);
    let notice = NoticeId::from(post.id);
    let mut phone = house.phone(SUZUKI).await;
    phone.send(&house, &house.receipt(SUZUKI, notice, Stage::Acknowledged)).await;
    applied(&phone.send(&house, &house.receipt(SUZUKI, notice, Stage::Delivered)).await);
    assert_eq!(house.count("SELECT stage FROM receipt WHERE person = 4"), 3);
    assert_eq!(house.count("SELECT count(*) FROM receipt_history"), 1);
}

#[tokio::test]
async fn a_mistaken_tap_taken_back_counts_no_more() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.send(&house, &house.consent(SUZUKI, true)).await;
    let good = house.check_in(SUZUKI, Mood::Good);
    phone.send(&house, &good).await;
    house.clock.advance(MINUTE);
    let mistaken = house.check_in(SUZUKI, Mood::Talk);
    applied(&phone.send(&house, &mistaken).await);
    applied(&phone.send(&house, &house.op(SUZUKI, Command::TakeBack { op: mistaken.id })).await);
    phone.catch_up(&house).await;
    let seen: CheckIns = phone.body(FeedName::Mail(SUZUKI), kind::CHECK_IN, "mine").unwrap();
    assert_eq!(seen.newest.unwrap().op, good.id);
    assert_eq!(house.count("SELECT count(*) FROM check_in WHERE taken = 1"), 1);
}

#[tokio::test]
async fn a_receipt_that_adds_nothing_says_where_the_one_before_it_stands() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let circular = house.circular(SATO, "公園の清掃");
    chair.send(&house, &circular).await;
    let [mut one, mut other] = [house.phone(SUZUKI).await, house.phone(SUZUKI).await];
    let notice = NoticeId::from(circular.id);
    one.send(&house, &house.receipt(SUZUKI, notice, Stage::Acknowledged)).await;
    let (mail, version) = (one.feed(FeedName::Mail(SUZUKI)).unwrap(), one.version(FeedName::Mail(SUZUKI)));
    // The other phone has not heard of it: until it has, it must go on showing what was tapped on it.
    let result = other.send(&house, &house.receipt(SUZUKI, notice, Stage::Displayed)).await;
    let Outcome::Applied { at, flags, .. } = result.outcome else { panic!("applied") };
    assert_eq!(flags, [Flag::Nothing]);
    assert_eq!(at, std::collections::BTreeMap::from([(mail, version)]));
}
