//! Every endpoint but the three that are open to strangers asks for a token of this district that is still good.

use kairan_protocol::{op::Command, wire::ProblemCode};
use kairan_tests::{Neighbourhood, district, raw};
use reqwest::Method;
use std::{collections::BTreeSet, path::Path};

/// What the design names in §4 and the API description lists, but for enrol, token and card.
const CLOSED: [(Method, &str, &str); 2] = [(Method::POST, "/v1/sync", "{}"), (Method::GET, "/v1/live", "")];

#[tokio::test(flavor = "multi_thread")]
async fn no_closed_endpoint_answers_without_a_good_token() {
    let [hood, elsewhere] = [Neighbourhood::midori().await, Neighbourhood::of(district::TONARI).await];
    let [officer, revoked] = [hood.raw("田中 実").await, hood.raw("高橋 キク").await];
    let (_, outcome) = officer.act(Command::Revoke { device: revoked.device }).await;
    assert_eq!(raw::refusal(&outcome), None);
    let stranger = elsewhere.raw("隣 住人").await;

    let callers: [(&str, Option<&str>, ProblemCode); 6] = [
        ("no token", None, ProblemCode::NoToken),
        ("an empty token", Some(""), ProblemCode::NoToken),
        ("a revoked device's", Some(&revoked.token), ProblemCode::Revoked),
        ("another district's", Some(&stranger.token), ProblemCode::TokenUnknown),
        ("a guessed one", Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), ProblemCode::TokenUnknown),
        ("a huge one", Some(&"A".repeat(6_000)), ProblemCode::TokenUnknown),
    ];
    let http = raw::client();
    for (method, path, body) in CLOSED {
        for (who, token, wanted) in &callers {
            let mut call = http.request(method.clone(), format!("{}{path}", hood.base())).body(body);
            if method == Method::POST {
                call = call.header("content-type", "application/json");
            }
            if let Some(token) = token {
                call = call.header("authorization", format!("Bearer {token}"));
            }
            let problem = raw::answer::<serde_json::Value>(call.send().await.unwrap()).await.err();
            let problem = problem.unwrap_or_else(|| panic!("{path} answered to {who}"));
            let expected = [*wanted, ProblemCode::TokenUnknown];
            assert!(expected.contains(&problem.code), "{path} to {who}: {:?}", problem.code);
            if *wanted == ProblemCode::Revoked {
                assert_eq!(problem.code, ProblemCode::Revoked, "who was revoked is told so, to erase what they hold");
            }
        }
    }
}

#[test]
fn every_endpoint_of_the_description_is_in_the_table_of_closed_ones_or_known_to_be_open() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/openapi.json");
    let description: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let described: BTreeSet<&str> = description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut known: BTreeSet<&str> = CLOSED.iter().map(|(_, path, _)| *path).collect();
    known.extend(["/v1/enrol", "/v1/token", "/v1/card", "/healthz"]);
    assert_eq!(described, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_asks_for_its_health_learns_nothing_else() {
    let hood = Neighbourhood::midori().await;
    let answer = raw::client().get(format!("{}/healthz", hood.base())).send().await.unwrap();
    assert!(answer.status().is_success());
    let text = answer.text().await.unwrap();
    assert!(text.len() < 60 && !text.contains("みどり"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_is_open_and_signed_by_the_identity_on_the_sheet() {
    let hood = Neighbourhood::midori().await;
    let sheet = hood.sheet("高橋 キク").await;
    let signed: kairan_protocol::sign::Signed =
        raw::answer(raw::client().get(format!("{}/v1/card", hood.base())).send().await.unwrap()).await.unwrap();
    let card: kairan_protocol::wire::Card = serde_json::from_str(&signed.payload).unwrap();
    assert_eq!(card.identity.fingerprint(), sheet.identity());
    let opened: kairan_protocol::wire::Card =
        signed.open(&card.identity, kairan_protocol::sign::Purpose::Card).unwrap();
    assert_eq!(opened.name, "みどり市");
    assert_eq!(opened.addresses, ["127.0.0.1:1"], "as the district.toml says");
    assert!(!opened.tls.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_and_what_is_used_another_way_are_said_to_be_so() {
    let hood = Neighbourhood::midori().await;
    let http = raw::client();
    let base = hood.base();
    let problem = async |call: reqwest::RequestBuilder| {
        raw::answer::<serde_json::Value>(call.send().await.unwrap()).await.unwrap_err().code
    };
    assert_eq!(problem(http.get(format!("{base}/v1/nothing"))).await, ProblemCode::NotFound);
    assert_eq!(problem(http.get(format!("{base}/.env"))).await, ProblemCode::NotFound);
    assert_eq!(problem(http.get(format!("{base}/v1/sync"))).await, ProblemCode::MethodNotAllowed);
    assert_eq!(problem(http.delete(format!("{base}/v1/card"))).await, ProblemCode::MethodNotAllowed);
}
