//! The real program: set up, served, killed, started again; and its command line beside it.

use kairan_core::records::SealState;
use kairan_server::clock::{Clock as _, ManualClock, SystemClock};
use kairan_tests::{Phone, RawPhone, district, phone::Handset, process::Machine, raw, wait};
use std::sync::Arc;

async fn join(machine: &Machine, household: &str, name: &str) -> Phone {
    let sheet = machine.sheet(household).await;
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let phone = Phone::join(&sheet.link, &[name], Handset::new(clock)).await.unwrap();
    phone.sync().await;
    phone
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_phone_showed_as_sent_is_there_after_a_power_cut() {
    let mut machine = Machine::set_up(district::MIDORI).await;
    machine.serve().await;
    let sheet = machine.sheet("佐藤").await;
    let base = format!("https://{}", machine.address);
    let chair = RawPhone::join(&base, &sheet.identity(), &sheet.secret, &["佐藤 一郎"]).await.unwrap();
    let group = chair.feeds().await.into_keys().find_map(|feed| match feed {
        kairan_protocol::feed::FeedName::Desk(group) => Some(group),
        _ => None,
    });
    let group = group.unwrap();

    // Circulars as fast as they are answered, until the power fails somewhere among them.
    let sending = async {
        let mut answered = Vec::new();
        loop {
            let op = chair.op(chair.person(), raw::circular(group, group, &format!("回覧 {}", answered.len())));
            let request =
                kairan_protocol::wire::SyncRequest { ops: vec![raw::value(&op.to_text())], ..Default::default() };
            match chair.try_sync(&request).await {
                Some(answer) => answered.extend(answer.results.into_iter().map(|result| result.id)),
                None => return (answered, op),
            }
            if answered.len() == 100 {
                machine.cut_power().await;
            }
        }
    };
    let (answered, unanswered) = sending.await;
    assert!(answered.len() >= 100);

    machine.serve().await;
    let board = chair.feeds().await[&kairan_protocol::feed::FeedName::Board(group)];
    let held: Vec<String> =
        chair.pull(board).await.into_iter().filter(|row| row.kind == "notice").map(|row| row.id).collect();
    for op in &answered {
        assert!(held.contains(&op.to_string()), "an answered circular is gone");
    }
    let again = chair.ops(&[unanswered.to_text()]).await;
    assert_eq!(raw::refusal(&again[0].outcome), None, "the one without an answer is sent again");
    assert_eq!(machine.stop().await, Vec::<String>::new(), "one line and no more on stdout");
    let checked = machine.run(&["check"]).await.unwrap();
    assert!(!checked.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_find_the_server_again_on_the_same_port() {
    let mut machine = Machine::set_up(district::MIDORI).await;
    machine.serve().await;
    let [leader, kiku] = [join(&machine, "鈴木", "鈴木 次郎").await, join(&machine, "高橋", "高橋 キク").await];
    kiku.start();
    machine.stop().await;
    machine.serve().await;
    let block = leader.kairan.desks(leader.person.clone()).unwrap()[0].group.clone();
    let draft = kairan_core::records::Draft {
        kind: kairan_core::records::NoticeKind::Circular,
        from: block.clone(),
        audience: vec![format!("board:{block}")],
        title: "班の掃除".to_owned(),
        points: kairan_core::records::Points::default(),
        text: "よろしくお願いします。".to_owned(),
        publish_at: None,
        until: None,
    };
    let notice = leader.post(draft).await.unwrap();
    leader.sync().await;
    wait::until("the circular after the restart", async || kiku.has(&notice)).await;
    kiku.acknowledge(&notice).await;
    wait::until("the seal", async || matches!(kiku.notice(&notice).seal, SealState::Acknowledged { .. })).await;
    kiku.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_works_beside_the_running_server_and_without_it() {
    let mut machine = Machine::set_up(district::MIDORI).await;
    machine.serve().await;
    let kiku = join(&machine, "高橋", "高橋 キク").await;
    machine
        .run(&["post", "--from", "みどり市", "--title", "サーバーを移します", "--text", "日曜の朝は使えません。"])
        .await
        .unwrap();
    kiku.sync().await;
    assert_eq!(kiku.titles(), ["サーバーを移します"]);
    assert!(machine.is_serving());
    let device = kiku.phones(kiku.person.clone()).unwrap()[0].device.clone();
    machine.stop().await;
    machine.run(&["revoke", &device]).await.unwrap();
    machine.serve().await;
    assert_eq!(kiku.kairan.sync().await.unwrap_err().code(), "revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_do_not_share_a_folder_and_a_district_is_set_up_once() {
    let mut machine = Machine::set_up(district::MIDORI).await;
    machine.serve().await;
    let complaint = machine.run(&["serve", "--listen", "127.0.0.1:0"]).await.unwrap_err();
    assert!(!complaint.is_empty());
    let plan = machine.folder.path().join("district.toml");
    let complaint = machine.run(&["set-up", plan.to_str().unwrap()]).await.unwrap_err();
    assert!(!complaint.is_empty());
    assert!(machine.is_serving());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_officers_sheet_is_printed_again_when_it_was_lost() {
    let mut machine = Machine::set_up(district::MIDORI).await;
    machine.serve().await;
    let printed = machine.run(&["rescue", "--json"]).await.unwrap();
    let sheet: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let link = sheet[0]["link"].as_str().or_else(|| sheet["link"].as_str()).unwrap().to_owned();
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let officer = Phone::join(&link, &["連合 一夫"], Handset::new(clock)).await.unwrap();
    officer.sync().await;
    assert_eq!(officer.desk_names(), ["みどり市"]);
}
