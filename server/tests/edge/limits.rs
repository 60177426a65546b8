//! Floods, slow clients and overload: each is told no, or cut, and nobody else waits for it.

use crate::house::{House, Phone, problem};
use futures_util::{StreamExt, stream};
use kairan_protocol::wire::ProblemCode;
use kairan_server::http::{Limits, Rate};
use reqwest::{Body, StatusCode, Version};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const MEGABYTE: usize = 1024 * 1024;

/// A gigabyte in pieces, and how much of it was taken so far.
fn gigabyte() -> (Body, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let pieces = stream::iter(0..16_384).map(move |_| {
        counter.fetch_add(65_536, Ordering::Relaxed);
        Ok::<_, io::Error>(vec![b' '; 65_536])
    });
    (Body::wrap_stream(pieces), taken)
}

#[tokio::test]
async fn a_gigabyte_is_cut_early_over_both_versions_of_http() {
    let house = House::open().await;
    let phone = house.join("田中").await;
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let client = house.client_by(version);
        for (path, token) in [("/v1/sync", Some(phone.token())), ("/v1/enrol", None)] {
            let (body, taken) = gigabyte();
            let mut request = client.post(house.url(path)).header("content-type", "application/json").body(body);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            assert_eq!(problem(request.send().await.unwrap()).await.code, ProblemCode::TooLarge, "{path}");
            assert!(taken.load(Ordering::Relaxed) < 64 * MEGABYTE, "{path}: {taken:?}");
        }
    }
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_refused_by_its_word() {
    let house = House::open().await;
    let request = house.client().post(house.url("/v1/enrol")).header("content-type", "application/json");
    let response = request.body(vec![b' '; 17 * 1024]).send().await.unwrap();
    assert_eq!(problem(response).await.code, ProblemCode::TooLarge);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn strangers_from_one_address_wait_their_turn_and_devices_do_not_wait_for_them() {
    let house = House::with(Limits { stranger: Some(Rate::new(1, 4)), ..Limits::default() }).await;
    // Joining takes the first of four.
    let phone = house.join("田中").await;
    for _ in 0..3 {
        assert_eq!(house.client().get(house.url("/v1/card")).send().await.unwrap().status(), StatusCode::OK);
    }
    let response = house.client().get(house.url("/v1/card")).send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(problem(response).await.code, ProblemCode::TooMany);
    let guess = house.client().post(house.url("/v1/sync")).bearer_auth("guess").send().await.unwrap();
    assert_eq!(problem(guess).await.code, ProblemCode::TooMany);
    assert_eq!(house.sync(&phone).send().await.unwrap().status(), StatusCode::OK);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_device_that_asks_too_often_waits_and_another_does_not() {
    let house = House::with(Limits { device: Some(Rate::new(1, 2)), ..Limits::default() }).await;
    let (one, other) = (house.join("田中").await, house.join("佐藤").await);
    for _ in 0..2 {
        assert_eq!(house.sync(&one).send().await.unwrap().status(), StatusCode::OK);
    }
    let response = house.sync(&one).send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(problem(response).await.code, ProblemCode::TooMany);
    assert_eq!(house.sync(&other).send().await.unwrap().status(), StatusCode::OK);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_body_that_never_ends_times_out() {
    let house = House::with(Limits { request_time: Duration::from_millis(50), ..Limits::default() }).await;
    let endless = Body::wrap_stream(stream::once(async { Ok::<_, io::Error>("{") }).chain(stream::pending()));
    let request = house.client().post(house.url("/v1/enrol")).header("content-type", "application/json").body(endless);
    assert_eq!(problem(request.send().await.unwrap()).await.code, ProblemCode::Timeout);
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_shakes_no_hands_or_sends_no_head_is_closed() {
    let short = Duration::from_millis(50);
    let house = House::with(Limits { handshake_time: short, head_time: short, ..Limits::default() }).await;
    let mut silent = TcpStream::connect(house.running.address).await.unwrap();
    assert_eq!(silent.read(&mut [0; 16]).await.unwrap(), 0);

    let connector = tokio_rustls::TlsConnector::from(Arc::new(crate::house::pinned(&house.folder())));
    let stream = TcpStream::connect(house.running.address).await.unwrap();
    let mut slow = connector.connect("127.0.0.1".try_into().unwrap(), stream).await.unwrap();
    slow.write_all(b"GET /v1/card HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
    let mut said = Vec::new();
    // Whether it ends with or without a TLS farewell is not the point.
    let _ended = slow.read_to_end(&mut said).await;
    assert!(!String::from_utf8_lossy(&said).contains("200 OK"));
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn over_its_capacity_the_server_says_when_to_come_back() {
    let house = House::with(Limits { requests: 1, ..Limits::default() }).await;
    let (arrived, mut arriving) = tokio::sync::mpsc::unbounded_channel::<()>();
    let endless = Body::wrap_stream(
        stream::once(async move {
            drop(arrived);
            Ok::<_, io::Error>("{")
        })
        .chain(stream::pending()),
    );
    let holding = house.client().post(house.url("/v1/enrol")).header("content-type", "application/json").body(endless);
    let held_up = tokio::spawn(holding.send());
    // The sender goes when the first piece of the body was asked for.
    assert_eq!(arriving.recv().await, None);
    let refused = loop {
        let response = house.client().get(house.url("/v1/card")).send().await.unwrap();
        if response.status() != StatusCode::OK {
            break response;
        }
    };
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(problem(refused).await.code, ProblemCode::Unavailable);
    held_up.abort();
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn a_device_has_so_many_live_streams_and_no_more() {
    let house = House::with(Limits { streams_per_device: 1, ..Limits::default() }).await;
    let phone: Phone = house.join("田中").await;
    let first = crate::house::Events::of(&house, &phone).await;
    let second = house.client().get(house.url("/v1/live")).bearer_auth(phone.token()).send().await.unwrap();
    assert_eq!(problem(second).await.code, ProblemCode::TooMany);
    drop(first);
    house.running.stop().await.unwrap();
}
