//! No room on the disk, of the server and of a phone: said plainly, nothing that was taken is lost, and it goes on afterwards.

use kairan_core::records::Draft;
use kairan_protocol::{outcome::Outcome, wire::ProblemCode};
use kairan_tests::{Neighbourhood, disk::SmallDisk, district, raw};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_room_says_so_and_keeps_what_it_took() {
    let Some(disk) = SmallDisk::mount(8) else { return };
    let hood = Neighbourhood::in_folder(district::MIDORI, disk.path()).await;
    let [sender, reader] = [hood.raw("田中 実").await, hood.raw("高橋 キク").await];
    let association = hood.group_id("緑ヶ丘町内会");
    let long = "長い文。".repeat(3_000);
    let command = |number: usize| {
        let mut command = raw::circular(association, association, &format!("回覧 {number}"));
        if let kairan_protocol::op::Command::Post { text, .. } = &mut command {
            text.clone_from(&long);
        }
        command
    };

    disk.fill();
    let mut taken = Vec::new();
    let (mut refused, mut problem) = (None, None);
    for number in 0..1_000 {
        let op = sender.op(sender.person(), command(number));
        let request = kairan_protocol::wire::SyncRequest { ops: vec![raw::value(&op.to_text())], ..Default::default() };
        match sender.sync(&request).await {
            Ok(answer) => {
                assert!(matches!(answer.results[0].outcome, Outcome::Applied { .. }));
                taken.push(op.id);
            }
            Err(said) => {
                (refused, problem) = (Some(op), Some(said));
                break;
            }
        }
    }
    assert_eq!(problem.expect("a full disk is noticed").code, ProblemCode::DiskFull);
    let board = reader.feeds().await[&kairan_protocol::feed::FeedName::Board(association)];
    let held = reader.pull(board).await.iter().filter(|row| row.kind == "notice").count();
    assert_eq!(held, taken.len(), "what was taken can be read, and nothing else");

    disk.clear();
    let refused = refused.unwrap();
    let results = sender.ops(&[refused.to_text()]).await;
    assert!(matches!(results[0].outcome, Outcome::Applied { .. }), "the same op goes through when there is room");
    hood.halt().await;
    hood.begin().await;
    let held = reader.pull(board).await.iter().filter(|row| row.kind == "notice").count();
    assert_eq!(held, taken.len() + 1);
    for line in hood.check().await {
        assert!(line.good, "{}: {}", line.what, line.seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_room_says_so_and_sends_what_it_showed_as_kept() {
    let Some(disk) = SmallDisk::mount(8) else { return };
    let hood = Neighbourhood::midori().await;
    let reader = hood.phone("高橋 キク").await;
    let officer = hood.phone_in(disk.path(), "田中 実").await;
    let draft = |number: usize| Draft {
        text: "長い文。".repeat(3_000),
        ..hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], &format!("回覧 {number}"))
    };

    disk.fill();
    let mut kept = Vec::new();
    let mut error = None;
    for number in 0..1_000 {
        match officer.post(draft(number)).await {
            Ok(notice) => kept.push(notice),
            Err(said) => {
                error = Some(said);
                break;
            }
        }
    }
    assert_eq!(error.expect("a full disk is noticed").code(), "disk_full");
    assert_eq!(officer.outbox().len(), kept.len(), "what was refused is not half there");

    disk.clear();
    let after = officer.post(draft(1_000)).await.unwrap();
    hood.until("everything that was shown as kept", &[&officer, &reader], || {
        reader.has(&after) && kept.iter().all(|notice| reader.has(notice))
    })
    .await;
    assert_eq!(reader.notices().len(), kept.len() + 1);
    assert!(officer.outbox().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_room_for_what_arrives_keeps_what_it_has_and_takes_the_rest_later() {
    let Some(disk) = SmallDisk::mount(8) else { return };
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let kiku = hood.phone_in(disk.path(), "高橋 キク").await;
    let first = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    disk.fill();
    let mut sent = Vec::new();
    for number in 0..60 {
        let text = "長い文。".repeat(3_000);
        let draft =
            Draft { text, ..hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], &format!("回覧 {number}")) };
        sent.push(officer.post(draft).await.unwrap());
    }
    officer.sync().await;
    assert_eq!(kiku.kairan.sync().await.unwrap_err().code(), "disk_full");
    assert!(kiku.has(&first));
    disk.clear();
    hood.until("the rest", &[&kiku], || sent.iter().all(|notice| kiku.has(notice))).await;
}
