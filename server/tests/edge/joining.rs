//! Joining over HTTP: what an invitation lets in, what it does not, and what being signed off looks like.

use crate::house::{Events, House, Phone, problem};
use kairan_protocol::{
    id::PersonId,
    op::Command,
    sign::{Purpose, sign},
    wire::{EnrolRequest, EnrolResponse, ProblemCode, SyncResponse, Token, TokenProof},
};
use kairan_server::{console::Whom, sheet::Sheet};
use reqwest::StatusCode;

async fn refusal(house: &House, request: &EnrolRequest) -> ProblemCode {
    problem(house.client().post(house.url("/v1/enrol")).json(request).send().await.unwrap()).await.code
}

async fn sheet(house: &House, home: &str) -> Sheet {
    house.console().await.invite(Whom::Household(home.to_owned())).await.unwrap().remove(0)
}

#[tokio::test]
async fn an_invitation_first_says_who_is_listed_and_then_lets_them_in() {
    let house = House::open().await;
    let sheet = sheet(&house, "田中").await;
    let asks = Phone::new().enrol(&sheet, vec![]);
    let answer = house.client().post(house.url("/v1/enrol")).json(&asks).send().await.unwrap().json().await.unwrap();
    let EnrolResponse::Choose { name, persons } = answer else { panic!("nobody was chosen yet") };
    assert_eq!((name.as_str(), persons.len()), ("田中", 2));
    let phone = house.join_by(&sheet).await;
    let sync: SyncResponse = house.sync(&phone).send().await.unwrap().json().await.unwrap();
    assert_eq!(sync.rights.unwrap().persons, [sheet.to.persons[0].id]);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn what_an_invitation_does_not_cover_has_its_own_code() {
    let house = House::open().await;
    let sheet = sheet(&house, "佐藤").await;
    let phone = Phone::new();
    let stranger = phone.enrol_with(&house.running.identity, "222222222222", vec![]);
    assert_eq!(refusal(&house, &stranger).await, ProblemCode::InviteUnknown);
    let unlisted = phone.enrol(&sheet, vec![PersonId::from_number(1)]);
    assert_eq!(refusal(&house, &unlisted).await, ProblemCode::NotListed);
    let forged = EnrolRequest { proof: Phone::new().enrol(&sheet, vec![]).proof, ..phone.enrol(&sheet, vec![]) };
    assert_eq!(refusal(&house, &forged).await, ProblemCode::BadProof);

    house.join_by(&sheet).await;
    assert_eq!(refusal(&house, &phone.enrol(&sheet, vec![])).await, ProblemCode::InviteUsed);
    let old = self::sheet(&house, "田中").await;
    let new = self::sheet(&house, "田中").await;
    assert_eq!(refusal(&house, &phone.enrol(&old, vec![])).await, ProblemCode::InviteVoid);
    house.clock.advance(61 * 86_400_000);
    assert_eq!(refusal(&house, &phone.enrol(&new, vec![])).await, ProblemCode::InviteExpired);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_device_proves_its_key_for_a_new_token_once() {
    let house = House::open().await;
    let phone = house.join("田中").await;
    let (device, at) = (phone.enrolled.as_ref().unwrap().device, crate::house::morning());
    let payload = TokenProof::payload(&house.running.identity, device, at);
    let proof = TokenProof { device, at, proof: sign(&phone.key, Purpose::Token, &payload), slip: None };
    let ask = || house.client().post(house.url("/v1/token")).json(&proof).send();
    let token: Token = ask().await.unwrap().json().await.unwrap();
    assert_ne!(token.secret, phone.token());
    assert_eq!(problem(ask().await.unwrap()).await.code, ProblemCode::BadProof);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_device_that_is_signed_off_loses_its_stream_at_once_and_is_told_why() {
    let house = House::open().await;
    let phone = house.join("田中").await;
    let mut live = Events::of(&house, &phone).await;
    let device = phone.enrolled.as_ref().unwrap().device;
    house.console().await.op(Command::Revoke { device }).await.unwrap();
    while live.next().await.is_some() {}
    let response = house.sync(&phone).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(problem(response).await.code, ProblemCode::Revoked);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn who_joined_by_which_sheet_is_told_and_who_has_not() {
    let house = House::open().await;
    let first = sheet(&house, "田中").await;
    house.clock.advance(86_400_000);
    house.join_by(&first).await;
    let mut console = house.console().await;
    let homes = console.invitations("1班").await.unwrap();
    let home = |name: &str| homes.iter().find(|home| home.household == name).unwrap();
    let tanaka = home("田中");
    assert_eq!((tanaka.state.as_str(), tanaka.joined.len(), tanaka.missing.len()), ("open", 1, 1));
    assert_eq!(tanaka.joined[0].name, first.to.persons[0].name);
    assert_eq!(tanaka.joined[0].at.since(tanaka.joined[0].printed), 86_400_000);
    assert_eq!(
        (home("佐藤").state.as_str(), home("佐藤").joined.len()),
        ("none", 0),
        "its officer has a sheet of their own"
    );
    house.running.stop().await.unwrap();
}
