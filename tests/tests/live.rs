//! Phones that listen: a poke is enough, and a server that was away is found again by everybody.

use kairan_tests::{Neighbourhood, Phone, district, wait};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_listens_has_a_circular_without_being_asked() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    kiku.start();
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    wait::until("the circular", async || kiku.has(&notice)).await;
    kiku.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_on_a_phone_that_listens_goes_out_by_itself() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.start();
    wait::until("the circular", async || kiku.has(&notice)).await;
    kiku.acknowledge(&notice).await;
    wait::until("the tap to be sent", async || kiku.outbox().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_phones_survive_a_restart_and_have_what_was_sent_meanwhile() {
    const HOMES: usize = 200;
    let hood = Arc::new(Neighbourhood::of(&district::crowd(HOMES)).await);
    let officer = hood.raw("町 会長").await;
    let joining = (1..=HOMES).map(|home| {
        let hood = Arc::clone(&hood);
        tokio::spawn(async move { hood.phone(&format!("住人 {home}")).await })
    });
    let joining: Vec<_> = joining.collect();
    let mut phones: Vec<Phone> = Vec::new();
    for joined in joining {
        phones.push(joined.await.unwrap());
    }
    for phone in &phones {
        phone.start();
    }
    wait::until("every phone to be connected", async || hood.proxy.connections() >= HOMES).await;

    hood.halt().await;
    let association = hood.group_id("大町内会");
    hood.begin().await;
    let (notice, outcome) = officer.act(kairan_tests::raw::circular(association, association, "再開しました")).await;
    assert_eq!(kairan_tests::raw::refusal(&outcome), None);

    let notice = notice.to_string();
    wait::until("everybody to have it", async || phones.iter().all(|phone| phone.has(&notice))).await;
    for phone in &phones {
        phone.stop();
    }
}
