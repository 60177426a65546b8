//! Every request that cannot be answered gets a problem with its stable code, and none makes the server fail.

use crate::house::{House, problem};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use kairan_protocol::{
    sign::{Purpose, Signed},
    wire::{Card, ProblemCode, SyncResponse},
};
use reqwest::{Method, StatusCode, Version};
use std::io::{Read, Write};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn strangers_are_told_what_is_wrong_with_each_request() {
    let house = House::open().await;
    let client = house.client();
    let json = Some("application/json");
    let table: &[(Method, &str, Option<&str>, &str, ProblemCode)] = &[
        (Method::GET, "/", None, "", ProblemCode::NotFound),
        (Method::GET, "/v1", None, "", ProblemCode::NotFound),
        (Method::POST, "/v2/sync", json, "{}", ProblemCode::NotFound),
        (Method::GET, "/v1/sync/", None, "", ProblemCode::NotFound),
        (Method::GET, "/v1/card%2f%00%ff", None, "", ProblemCode::NotFound),
        (Method::GET, "/v1/sync", None, "", ProblemCode::MethodNotAllowed),
        (Method::DELETE, "/v1/card", None, "", ProblemCode::MethodNotAllowed),
        (Method::PATCH, "/v1/live", None, "", ProblemCode::MethodNotAllowed),
        (Method::POST, "/healthz", None, "", ProblemCode::MethodNotAllowed),
        (Method::OPTIONS, "/v1/enrol", None, "", ProblemCode::MethodNotAllowed),
        (Method::POST, "/v1/sync", json, "{}", ProblemCode::NoToken),
        (Method::GET, "/v1/live", None, "", ProblemCode::NoToken),
        (Method::POST, "/v1/enrol", None, "{}", ProblemCode::UnsupportedMedia),
        (Method::POST, "/v1/enrol", Some("text/plain"), "{}", ProblemCode::UnsupportedMedia),
        (Method::POST, "/v1/enrol", json, "", ProblemCode::BadRequest),
        (Method::POST, "/v1/enrol", json, "{", ProblemCode::BadRequest),
        (Method::POST, "/v1/enrol", json, "[]", ProblemCode::BadRequest),
        (Method::POST, "/v1/enrol", json, "{\"secret\":7}", ProblemCode::BadRequest),
        (Method::POST, "/v1/token", Some("application/json; charset=utf-8"), "null", ProblemCode::BadRequest),
        (Method::POST, "/v1/token", json, "{\"device\":\"p0000000000007\"}", ProblemCode::BadRequest),
    ];
    for (method, path, kind, body, code) in table {
        let mut request = client.request(method.clone(), house.url(path)).body((*body).to_owned());
        if let Some(kind) = kind {
            request = request.header("content-type", *kind);
        }
        let response = request.send().await.unwrap();
        let allow = response.headers().get("allow").cloned();
        assert_eq!(problem(response).await.code, *code, "{method} {path} {body}");
        assert_eq!(allow.is_some(), *code == ProblemCode::MethodNotAllowed, "{method} {path}");
    }
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_body_nested_a_thousand_deep_or_full_of_nothing_is_a_bad_request() {
    let house = House::open().await;
    let bodies = ["[".repeat(10_000), format!("{{\"secret\":{}", "{\"a\":".repeat(2_000)), "\u{0}".repeat(100)];
    for body in bodies {
        let request = house.client().post(house.url("/v1/enrol")).header("content-type", "application/json").body(body);
        assert_eq!(problem(request.send().await.unwrap()).await.code, ProblemCode::BadRequest);
    }
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn without_a_token_only_card_enrol_token_and_health_answer() {
    let house = House::open().await;
    let client = house.client();
    for (method, path) in [(Method::POST, "/v1/sync"), (Method::GET, "/v1/live")] {
        for token in ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer not-a-token", "Bearer \u{65e5}"] {
            let mut request = client.request(method.clone(), house.url(path)).body("{}");
            if !token.is_empty() {
                request = request.header("authorization", token);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.headers()["www-authenticate"], "Bearer");
            let code = problem(response).await.code;
            assert!(matches!(code, ProblemCode::NoToken | ProblemCode::TokenUnknown), "{path} {token}: {code:?}");
        }
    }
    assert_eq!(client.get(house.url("/v1/card")).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(client.get(house.url("/healthz")).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn the_card_is_signed_by_the_identity_and_dated_by_the_clock() {
    let house = House::open().await;
    let response = house.client().get(house.url("/v1/card")).send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let signed: Signed = response.json().await.unwrap();
    let unchecked: Card = serde_json::from_str(&signed.payload).unwrap();
    assert_eq!(unchecked.identity.fingerprint(), house.running.identity);
    let card: Card = signed.open(&unchecked.identity, Purpose::Card).unwrap();
    assert_eq!(card.name, "みどり市");
    assert_eq!(card.addresses, ["127.0.0.1:8443"]);
    assert_eq!(card.at, crate::house::morning());
    assert!(card.epoch.0.starts_with("k1-"));
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_sync_is_answered_over_both_versions_of_http_and_with_gzip_both_ways() {
    let house = House::open().await;
    let phone = house.join("田中").await;
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let request = house.client_by(version).post(house.url("/v1/sync")).bearer_auth(phone.token());
        let request = request.header("content-type", "application/json").header("content-encoding", "gzip");
        let response = request.header("accept-encoding", "gzip").body(gzip(b"{}")).send().await.unwrap();
        assert_eq!((response.status(), response.version()), (StatusCode::OK, version));
        assert_eq!(response.headers()["content-encoding"], "gzip");
        let mut text = Vec::new();
        GzDecoder::new(&response.bytes().await.unwrap()[..]).read_to_end(&mut text).unwrap();
        let sync: SyncResponse = serde_json::from_slice(&text).unwrap();
        assert!(sync.rights.is_some() && !sync.feeds.is_empty());
    }
    let plain: SyncResponse = house.sync(&phone).send().await.unwrap().json().await.unwrap();
    assert!(plain.rights.is_some());
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn an_encoding_the_server_does_not_know_is_named_as_such() {
    let house = House::open().await;
    for encoding in ["br", "gzip, gzip", "deflate"] {
        let request = house.client().post(house.url("/v1/enrol")).header("content-type", "application/json");
        let response = request.header("content-encoding", encoding).body("{}").send().await.unwrap();
        assert_eq!(response.headers()["accept-encoding"], "gzip");
        assert_eq!(problem(response).await.code, ProblemCode::UnsupportedMedia);
    }
    let request = house.client().post(house.url("/v1/enrol")).header("content-type", "application/json");
    let response = request.header("content-encoding", "gzip").body("{}").send().await.unwrap();
    assert_eq!(problem(response).await.code, ProblemCode::BadRequest);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_gzip_bomb_is_cut_after_its_first_megabyte() {
    let house = House::open().await;
    let phone = house.join("田中").await;
    let bomb = gzip(&vec![b' '; 200_000_000]);
    assert!(bomb.len() < 1_000_000);
    let request = house.client().post(house.url("/v1/sync")).bearer_auth(phone.token());
    let request = request.header("content-type", "application/json").header("content-encoding", "gzip");
    assert_eq!(problem(request.body(bomb).send().await.unwrap()).await.code, ProblemCode::TooLarge);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn too_much_at_once_and_an_op_too_large_are_refused_before_the_store_sees_them() {
    let house = House::open().await;
    let phone = house.join("田中").await;
    let op =
        r#"{"id":"0197a1b2c3d47e5f8a9b0c1d2e3f4a5b","as":"p0000000000007","at":"2026-11-22T00:00:00Z","do":"leave""#;
    let many = format!("{{\"ops\":[{}]}}", vec![format!("{op}}}"); 101].join(","));
    let large = format!("{{\"ops\":[{op},\"x\":\"{}\"}}]}}", "x".repeat(70_000));
    let replay = |op: &str| format!("{{\"op\":{op},\"commit\":1,\"mac\":\"\"}}");
    let handed = format!("{{\"replays\":[{}]}}", vec![replay(&format!("{op}}}")); 201].join(","));
    let large_again = format!("{{\"replays\":[{}]}}", replay(&format!("{op},\"x\":\"{}\"}}", "x".repeat(70_000))));
    let mark = r#"{"id":"","commit":1,"at":"2026-11-22T00:00:00Z","mac":""}"#;
    let marks = format!("{{\"ended\":[{}]}}", vec![mark; 1_001].join(","));
    let bodies = [(many, false), (large, true), (handed, false), (large_again, true), (marks, false)];
    for (body, about) in bodies {
        let request = house.client().post(house.url("/v1/sync")).bearer_auth(phone.token());
        let request = request.header("content-type", "application/json").body(body);
        let problem = problem(request.send().await.unwrap()).await;
        assert_eq!(problem.code, ProblemCode::TooLarge);
        assert_eq!(problem.op.is_some(), about);
    }
    house.running.stop().await.unwrap();
}
