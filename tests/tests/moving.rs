//! A household moves to another association: other boards, another leader, and nothing tapped before is lost.

use kairan_core::records::SealState;
use kairan_protocol::{
    op::Command,
    outcome::{Flag, Outcome},
    receipt::Stage,
};
use kairan_tests::{DAY, MINUTE, Neighbourhood, Weather, bytes, raw};

async fn move_home(hood: &Neighbourhood, household: &str, to: &str) {
    let command = Command::MoveHousehold { household: hood.group_id(household), to: hood.group_id(to) };
    assert!(matches!(hood.steward(command).await.outcome, Outcome::Applied { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_moved_reads_the_new_boards_and_the_old_ones_are_hidden_and_erased() {
    let hood = Neighbourhood::midori().await;
    let [ours, theirs] = [hood.phone("田中 実").await, hood.phone("小林 茂").await];
    let kiku = hood.phone("高橋 キク").await;
    let old = ours.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "旧い町のお祭り")).await.unwrap();
    let new = theirs.post(hood.circular("東山町内会", &["東山町内会"], "東山の清掃")).await.unwrap();
    for phone in [&ours, &theirs, &kiku] {
        phone.sync().await;
    }
    assert_eq!(kiku.titles(), ["旧い町のお祭り"]);

    move_home(&hood, "高橋", "東山2班").await;
    kiku.sync().await;
    assert!(!kiku.has(&old), "hidden at once");
    assert!(kiku.has(&new), "the new boards are pulled from the start");
    assert_eq!(kiku.search(kiku.person.clone(), "祭り".to_owned(), 10).unwrap(), [], "nor found by searching");

    kiku.sync().await;
    assert_eq!(
        bytes::files_with(kiku.dir(), "旧い町のお祭り".as_bytes()),
        Vec::<String>::new(),
        "erased by a second round"
    );

    // The new association counts them from the next circular on; the figures of the past stay as they were.
    let next = theirs.post(hood.circular("東山町内会", &["東山町内会"], "東山の総会")).await.unwrap();
    let desk = hood.group("東山町内会");
    let homes = |notice: &str| theirs.desk_notice(&desk, notice).map(|seen| seen.counts.households);
    hood.until("the next circular's tally", &[&theirs], || homes(&next) == Some(5)).await;
    assert_eq!(homes(&new), Some(4));
    assert_eq!(kiku.home().team, None, "the new association has no team");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seal_pressed_before_the_move_and_sent_after_it_counts_where_the_home_was() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let (kiku, proxy) = hood.phone_elsewhere("高橋 キク").await;
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    proxy.turn(Weather::Cut);
    kiku.acknowledge(&notice).await;
    hood.pass(MINUTE);
    move_home(&hood, "高橋", "東山2班").await;
    hood.pass(DAY);
    proxy.turn(Weather::Fair);
    kiku.sync().await;
    assert!(kiku.outbox().is_empty(), "accepted late, not refused");
    let desk = hood.group("緑ヶ丘町内会");
    hood.until("the seal in the old association", &[&officer], || {
        officer.desk_notice(&desk, &notice).is_some_and(|seen| seen.counts.acknowledged == 1)
    })
    .await;
    assert_eq!(officer.desk_notice(&desk, &notice).unwrap().counts.households, 7, "frozen at publication");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_receipt_is_flagged_and_one_made_after_the_move_is_refused() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.raw("田中 実").await;
    let mut ken = hood.raw("高橋 健").await;
    let association = hood.group_id("緑ヶ丘町内会");
    let (notice, _) = officer.act(raw::circular(association, association, "公園の清掃")).await;
    hood.pass(MINUTE);
    ken.now = hood.now();
    let before = ken.op(ken.person(), raw::receipt(notice, Stage::Displayed));
    hood.pass(MINUTE);
    move_home(&hood, "高橋", "東山2班").await;
    hood.pass(MINUTE);
    ken.now = hood.now();
    let after = ken.op(ken.person(), raw::receipt(notice, Stage::Acknowledged));
    let results = ken.ops(&[before.to_text(), after.to_text()]).await;
    assert!(
        matches!(&results[0].outcome, Outcome::Applied { flags, .. } if flags.contains(&Flag::Late)),
        "{:?}",
        results[0]
    );
    assert_eq!(raw::refusal(&results[1].outcome), Some("unknown_notice"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_within_the_association_changes_the_block_and_keeps_the_boards() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let [old, new] = [hood.phone("鈴木 次郎").await, hood.phone("伊藤 三郎").await];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    kiku.acknowledge(&notice).await;
    kiku.sync().await;
    officer.move_household(officer.person.clone(), hood.group("高橋"), hood.group("緑ヶ丘2班")).await.unwrap();
    officer.sync().await;
    let homes = |phone: &kairan_tests::Phone, block: &str| -> usize {
        phone.desk(&hood.group(block)).rosters.iter().map(|roster| roster.homes.len()).sum()
    };
    hood.until("the rosters of both blocks", &[&old, &new, &kiku], || {
        homes(&old, "緑ヶ丘1班") == 3 && homes(&new, "緑ヶ丘2班") == 4
    })
    .await;
    assert!(kiku.has(&notice));
    assert!(matches!(kiku.notice(&notice).seal, SealState::Acknowledged { .. }));
}
