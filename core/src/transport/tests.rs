//! The transport against a real TLS server on the loopback.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test says so")]

use super::{
    machine::{Machine, Say, card, card_of, identity, signed},
    *,
};
use kairan_protocol::{invite::CheckCode, sign::Key, succession::hand_over, time::Timestamp, wire::ProblemCode};
use p256::ecdsa::SigningKey;
use std::sync::Arc;
use tokio::net::TcpListener;

fn district(identity: &SigningKey, addresses: &[&str]) -> District {
    let addresses = addresses.iter().map(|address| (*address).to_owned()).collect();
    District::new(Key::of(identity).fingerprint(), addresses, Network::default())
}

/// A machine of one identity that shows the card of another.
async fn machine(own: u8, shown: u8) -> Machine {
    Machine::start(&identity(own), move |_| Say::json(&card(&identity(shown), &["new.example"]))).await
}

/// A port nobody listens at.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test]
async fn a_phone_that_pinned_the_identity_gets_the_card() {
    let machine = machine(1, 1).await;
    let card = district(&identity(1), &[&machine.address]).card().await.unwrap();
    assert_eq!(card.addresses, ["new.example"]);
}

#[tokio::test]
async fn somebody_else_at_the_address_hears_nothing() {
    let machine = machine(2, 1).await;
    let failure = district(&identity(1), &[&machine.address]).card().await.err();
    assert_eq!(failure, Some(Failure::Foreign));
    assert!(machine.heard().is_empty());
}

#[tokio::test]
async fn a_card_of_another_key_is_not_the_districts() {
    let machine = machine(1, 2).await;
    assert_eq!(district(&identity(1), &[&machine.address]).card().await.err(), Some(Failure::Foreign));
}

#[tokio::test]
async fn before_anything_is_pinned_a_card_can_be_fetched_and_compared_with_the_sheet() {
    let machine = machine(1, 1).await;
    let card = card_of_stranger(&machine.address, &Network::default()).await.unwrap();
    let sheet = CheckCode::of(&Key::of(&identity(1)).fingerprint());
    assert_eq!(CheckCode::of(&card.identity.fingerprint()), sheet);
}

#[tokio::test]
async fn a_card_nobody_signed_is_worth_nothing() {
    let mut forged = card(&identity(1), &[]);
    forged.payload = forged.payload.replace("みどり", "みとり");
    let machine = Machine::start(&identity(1), move |_| Say::json(&forged)).await;
    assert_eq!(card_of_stranger(&machine.address, &Network::default()).await.err(), Some(Failure::Foreign));
}

#[tokio::test]
async fn the_next_address_is_tried_when_nobody_or_somebody_else_is_at_the_first() {
    let (stranger, machine) = (machine(2, 2).await, machine(1, 1).await);
    let district = district(&identity(1), &[&nobody().await, &stranger.address, &machine.address]);
    district.card().await.unwrap();
    assert_eq!(district.preferred(), Some(machine.address));
}

#[tokio::test]
async fn a_problem_is_read_with_its_code_its_wish_to_wait_and_the_servers_time() {
    let machine = Machine::start(&identity(1), |_| Say::Problem(ProblemCode::TooMany)).await;
    let failure = district(&identity(1), &[&machine.address]).card().await.err().unwrap();
    let Failure::Problem { problem, retry_after, date } = failure else { panic!("a problem") };
    assert_eq!(problem.code, ProblemCode::TooMany);
    assert_eq!(retry_after, Some(std::time::Duration::from_secs(7)));
    assert_eq!(date, "2026-11-22T01:00:00Z".parse().ok());
}

#[tokio::test]
async fn a_proxys_own_page_is_a_status() {
    let page = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nsorry";
    let machine = Machine::start(&identity(1), |_| Say::Bytes(page.to_owned())).await;
    let failure = district(&identity(1), &[&machine.address]).card().await.err();
    assert_eq!(failure, Some(Failure::Status { status: 502, retry_after: None }));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_taken_for_nothing_sent() {
    let cut_short = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this";
    let machine = Machine::start(&identity(1), |_| Say::Bytes(cut_short.to_owned())).await;
    let failure = district(&identity(1), &[&machine.address]).card().await.err().unwrap();
    assert!(!failure.try_elsewhere(), "{failure}");
    assert_eq!(machine.heard().len(), 1);
}

#[tokio::test]
async fn a_live_stream_gives_its_pokes_and_its_end() {
    let events = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: poke\ndata: {\"n\":3,\"v\":9}\n\n";
    let machine = Machine::start(&identity(1), |_| Say::Bytes(events.to_owned())).await;
    let token = Token { secret: "abc".to_owned(), until: Timestamp::from_millis(0) };
    let mut stream = district(&identity(1), &[&machine.address]).live(&token).await.unwrap();
    assert!(matches!(stream.next().await, Ok(Some(LiveEvent::Poke(_)))));
    assert_eq!(stream.next().await, Ok(None));
    assert_eq!(machine.heard()[0].token.as_deref(), Some("abc"));
}

#[tokio::test]
async fn cutting_the_network_ends_an_open_stream() {
    let machine = Machine::start(&identity(1), |_| Say::Stream).await;
    let network = Network::default();
    let fingerprint = Key::of(&identity(1)).fingerprint();
    let district = District::new(fingerprint, vec![machine.address.clone()], network.clone());
    let token = Token { secret: "abc".to_owned(), until: Timestamp::from_millis(0) };
    let mut stream = district.live(&token).await.unwrap();
    network.cut();
    assert_eq!(stream.next().await, Err(Failure::Cut));
    assert_eq!(district.card().await.err(), Some(Failure::Cut));
    assert_eq!(machine.heard().len(), 1);
}

/// A card the key `signer` signed, with what `earlier` stated about it.
fn followed(earlier: &[Signed], signer: u8) -> Signed {
    let card = Card { successions: earlier.to_vec(), ..card_of(&identity(signer), &["new.example"]) };
    signed(&identity(signer), &card)
}

fn over(from: u8, to: u8) -> Signed {
    hand_over(&identity(from), Key::of(&identity(to)), Timestamp::from_millis(0)).unwrap()
}

/// What a phone that pinned key 1 makes of a card, told by a machine whose certificate it trusts.
async fn told(pinned: Pinned, card: Signed) -> Result<Card, Failure> {
    let machine = Machine::start(&identity(1), move |_| Say::json(&card)).await;
    District::new(pinned, vec![machine.address.clone()], Network::default()).card().await
}

#[tokio::test]
async fn a_card_is_the_districts_when_the_pinned_key_handed_over_to_its_signer() {
    let first = Pinned::from(Key::of(&identity(1)).fingerprint());
    assert_eq!(told(first, followed(&[over(1, 2)], 2)).await.unwrap().identity, Key::of(&identity(2)));
    assert!(told(first, followed(&[over(1, 2), over(2, 3)], 3)).await.is_ok());
    for stated in [vec![], vec![over(2, 3)], vec![over(9, 3)], vec![over(3, 1)]] {
        assert_eq!(told(first, followed(&stated, 3)).await.err(), Some(Failure::Foreign));
    }
}

#[tokio::test]
async fn a_card_of_the_announced_key_is_the_districts_without_a_word_of_the_one_before() {
    let next = Some(Key::of(&identity(2)).fingerprint());
    let told_before = Pinned { next, ..Key::of(&identity(1)).fingerprint().into() };
    assert!(told(told_before, followed(&[], 2)).await.is_ok());
    assert_eq!(told(told_before, followed(&[], 3)).await.err(), Some(Failure::Foreign));
}

/// What a phone that pinned key 1 and read version 5 of the card makes of a machine with a public certificate, which shows what
/// `shown` makes of the card that names it.
async fn in_public(shown: impl Fn(Card) -> (u8, Card)) -> Result<Card, Failure> {
    let says: Arc<Mutex<Option<Signed>>> = Arc::default();
    let answers = says.clone();
    let machine = Machine::start_public(move |_| Say::json(&answers.lock().unwrap().clone().unwrap())).await;
    let (signer, card) = shown(Card { version: 5, ..card_of(&identity(1), &[&machine.address]) });
    *says.lock().unwrap() = Some(signed(&identity(signer), &card));
    let pinned = Pinned { card: 5, ..Key::of(&identity(1)).fingerprint().into() };
    District::new(pinned, vec![machine.address.clone()], Network::default()).card().await
}

#[tokio::test]
async fn with_a_public_certificate_the_card_that_names_the_address_vouches_for_it() {
    assert!(in_public(|card| (1, card)).await.is_ok());
    let followed =
        |card| (2, Card { identity: Key::of(&identity(2)), successions: vec![over(1, 2)], version: 9, ..card });
    assert_eq!(in_public(followed).await.unwrap().identity, Key::of(&identity(2)));
}

#[tokio::test]
async fn a_copied_card_under_another_name_vouches_for_nobody() {
    let elsewhere = |card| (1, Card { addresses: vec!["kairan.example:8443".to_owned()], ..card });
    assert_eq!(in_public(elsewhere).await.err(), Some(Failure::Foreign));
}

#[tokio::test]
async fn a_copied_card_from_before_the_newest_vouches_for_nobody_under_a_name_that_was_given_up() {
    assert_eq!(in_public(|card| (1, Card { version: 4, ..card })).await.err(), Some(Failure::Foreign));
}

#[tokio::test]
async fn a_card_of_somebody_who_was_never_handed_over_to_vouches_for_nobody() {
    let forged = |card| (9, Card { identity: Key::of(&identity(9)), successions: vec![over(9, 1)], ..card });
    assert_eq!(in_public(forged).await.err(), Some(Failure::Foreign));
}
