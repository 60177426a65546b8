//! The page as a browser meets it: a real server, real phones, real HTTP.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a failed test says so")]

use kairan_demo::{Demo, Options, town::district::Size};
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect::Policy};
use serde_json::{Value, json};

/// A browser that opened the printed address.
struct Browser {
    client: Client,
    base: String,
    cookie: String,
}

impl Browser {
    async fn opens(demo: &Demo) -> Self {
        // Nobody asks over TLS here, but the client wants to know how it would.
        let _installed_before = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        let (base, _) = demo.url().split_once("/?").map(|(base, token)| (base.to_owned(), token.to_owned())).unwrap();
        let answer = client.get(demo.url()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { client, base, cookie }
    }

    fn asks(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base)).header("cookie", &self.cookie)
    }

    async fn gets(&self, path: &str) -> Value {
        self.asks(Method::GET, path).send().await.unwrap().json().await.unwrap()
    }

    async fn posts(&self, path: &str, said: &Value) -> (StatusCode, Value) {
        let answer = self.asks(Method::POST, path).json(said).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn calls(&self, phone: &str, method: &str, arguments: &Value) -> Value {
        let (status, answer) = self.posts(&format!("/phones/{phone}/call/{method}"), arguments).await;
        assert_eq!(status, StatusCode::OK, "{method}: {answer}");
        answer
    }

    async fn person(&self, phone: &str) -> String {
        let phones = self.gets("/phones").await;
        let line = phones.as_array().unwrap().iter().find(|line| line["name"] == phone).unwrap();
        line["person"].as_str().unwrap().to_owned()
    }
}

async fn demo() -> Demo {
    Demo::begin(Options { port: 0, keep: None, size: Size::Small }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lacks_the_token_of_this_run_or_comes_by_another_name_gets_nothing() {
    let demo = demo().await;
    let browser = Browser::opens(&demo).await;
    let stranger = |path: &str| browser.client.get(format!("{}{path}", browser.base));

    for path in ["/", "/phones", "/events", "/web/", "/?token=wrong"] {
        assert_eq!(stranger(path).send().await.unwrap().status(), StatusCode::FORBIDDEN, "{path}");
    }
    let rebound = browser.asks(Method::GET, "/phones").header("host", "rebound.example").send().await.unwrap();
    assert_eq!(rebound.status(), StatusCode::FORBIDDEN);
    let other_site = browser.asks(Method::POST, "/phones/ume/call/me").header("origin", "http://other.example");
    assert_eq!(other_site.json(&json!({})).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let form = browser.asks(Method::POST, "/phones/ume/call/me").header("content-type", "text/plain").body("{}");
    assert_eq!(form.send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    demo.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_phone_no_call_or_too_long_is_said_by_a_stable_code() {
    let demo = demo().await;
    let browser = Browser::opens(&demo).await;
    let (status, answer) = browser.posts("/phones/nobody/call/me", &json!({})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::NOT_FOUND, &json!("unknown_phone")));
    let (status, answer) = browser.posts("/phones/ume/call/dance", &json!({})).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("unknown_call")));
    let (status, answer) = browser.posts("/phones/ume/network", &json!({ "cut": "maybe" })).await;
    assert_eq!((status, &answer["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("bad_arguments")));
    let long = browser.asks(Method::POST, "/phones/ume/call/search").json(&json!({ "text": "あ".repeat(100_000) }));
    assert_eq!(long.send().await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    demo.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_on_the_cut_phone_waits_and_arrives_when_the_network_is_back() {
    let demo = demo().await;
    let browser = Browser::opens(&demo).await;
    let me = browser.person("ume").await;
    browser.calls("ume", "consent", &json!({ "person": me, "moods_to_team": true })).await;
    browser.posts("/phones/ume/network", &json!({ "cut": true })).await;
    browser.calls("ume", "check_in", &json!({ "person": me, "mood": "good" })).await;
    let home = browser.calls("ume", "home", &json!({ "person": me })).await;
    assert_eq!(home["check_in"]["state"], "waiting");

    let (_, network) = browser.posts("/phones/ume/network", &json!({ "cut": false })).await;
    assert_eq!(network["cut"], false);
    browser.calls("ume", "sync", &json!({})).await;
    let home = browser.calls("ume", "home", &json!({ "person": me })).await;
    assert_eq!((&home["check_in"]["state"], &home["waiting"]), (&json!("arrived"), &json!(0)));
    demo.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_says_which_screens_of_which_phone_changed_and_ends_with_the_demo() {
    let demo = demo().await;
    let browser = Browser::opens(&demo).await;
    let mut stream = browser.asks(Method::GET, "/events").send().await.unwrap();
    let mut heard = String::from_utf8(stream.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(heard.starts_with("event: hello"), "{heard}");

    browser.posts("/phones/nami/network", &json!({ "cut": true })).await;
    while !heard.contains(r#"{"phone":"nami","cut":true"#) {
        heard += std::str::from_utf8(&stream.chunk().await.unwrap().expect("the stream goes on")).unwrap();
    }
    demo.end().await.unwrap();
    while stream.chunk().await.is_ok_and(|chunk| chunk.is_some()) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn ume_has_two_circulars_to_read_and_a_phone_joins_by_a_fresh_invitation_again_and_again() {
    let demo = demo().await;
    let browser = Browser::opens(&demo).await;
    let me = browser.person("ume").await;
    let home = browser.calls("ume", "home", &json!({ "person": me })).await;
    assert_eq!(home["unread_count"], 2, "{home}");

    let (status, first) = browser.posts("/invite", &json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let (_, second) = browser.posts("/invite", &json!({})).await;
    assert_eq!(first["home"], second["home"]);
    assert_ne!(first["secret"], second["secret"]);
    let typed = ["address", "check", "secret"].map(|part| second[part].as_str().unwrap().to_owned()).join("\n");
    let listed = browser.calls("new", "join", &json!({ "code": typed, "persons": [] })).await;
    let who = listed["persons"][0]["id"].clone();
    browser.calls("new", "join", &json!({ "code": typed, "persons": [who] })).await;
    assert_eq!(browser.calls("new", "me", &json!({})).await["joined"], true);
    demo.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_morning_is_begun_once_told_and_stopped_over_the_page() {
    let demo = demo().await;
    let browser = Browser::opens(&demo).await;
    let mut stream = browser.asks(Method::GET, "/events").send().await.unwrap();
    let mut heard = String::new();
    while !heard.contains(r#""state":"ready""#) {
        heard += &String::from_utf8_lossy(&stream.chunk().await.unwrap().expect("the stream goes on"));
    }
    assert!(heard.contains("event: town"), "{heard}");
    let (status, morning) = browser.posts("/morning", &json!({})).await;
    assert_eq!((status, &morning["state"]), (StatusCode::OK, &json!("running")));
    let (status, again) = browser.posts("/morning", &json!({})).await;
    assert_eq!((status, &again["code"]), (StatusCode::CONFLICT, &json!("morning_running")));
    let stopped: Value = browser.asks(Method::DELETE, "/morning").send().await.unwrap().json().await.unwrap();
    assert_eq!(stopped["state"], "stopped");
    assert_eq!(browser.gets("/morning").await["desks"].as_array().unwrap().len(), 5);
    demo.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_replaced_and_nothing_is_left_in_the_end() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let demo = Demo::begin(Options { port, keep: None, size: Size::Small }).await.unwrap();
    assert!(!demo.url().contains(&format!(":{port}/")));
    let folder = demo.folder().to_path_buf();
    assert!(folder.join("phones/ume").is_dir());
    demo.end().await.unwrap();
    assert!(!folder.exists());
}
