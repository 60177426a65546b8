//! An officer tells the whole district at once, and sees which homes have seen it.

use kairan_core::records::{Counts, HomeStage, NoticeKind, SealState, SentState, Stage};
use kairan_tests::Neighbourhood;

#[tokio::test(flavor = "multi_thread")]
async fn a_circular_to_the_whole_district_reaches_phones_in_two_associations() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("連合 一夫").await;
    let [ours, theirs] = [hood.phone("高橋 キク").await, hood.phone("井上 直").await];

    let notice = officer.post(hood.circular("みどり市", &["みどり市"], "防災訓練のお知らせ")).await.unwrap();
    officer.sync().await;
    assert!(officer.outbox().is_empty());

    for phone in [&ours, &theirs] {
        phone.sync().await;
        let seen = phone.notice(&notice);
        assert_eq!(seen.line.title, "防災訓練のお知らせ");
        assert_eq!(seen.line.from, "みどり市");
        assert_eq!(seen.points.place.as_deref(), Some("緑ヶ丘公園"));
        assert_eq!(seen.text, "雨のときは翌週に行います。");
        assert!(seen.line.unread);
        assert_eq!(seen.seal, SealState::NotYet);
        let home = phone.home();
        assert_eq!(home.unread_count, 1);
        assert_eq!(home.next_events.iter().map(|event| event.notice.as_str()).collect::<Vec<_>>(), [notice.as_str()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circular_to_one_association_is_not_on_the_boards_of_another() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let [inside, outside] = [hood.phone("伊藤 三郎").await, hood.phone("加藤 愛").await];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    for phone in [&officer, &inside, &outside] {
        phone.sync().await;
    }
    assert!(inside.has(&notice));
    assert!(!outside.has(&notice));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circular_to_two_blocks_is_one_circular() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let leader = hood.phone("鈴木 次郎").await;
    let notice = officer
        .post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘1班", "緑ヶ丘2班", "緑ヶ丘町内会"], "回収日の変更"))
        .await
        .unwrap();
    officer.sync().await;
    leader.sync().await;
    assert_eq!(leader.notices().iter().filter(|line| line.id == notice).count(), 1);
    assert_eq!(leader.home().unread_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_officers_desk_shows_who_has_seen_it_and_counts_every_home_once() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let [kiku, ken] = [hood.phone("高橋 キク").await, hood.phone("高橋 健").await];
    let [jiro, saburo] = [hood.phone("鈴木 次郎").await, hood.phone("伊藤 三郎").await];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    for phone in [&kiku, &ken, &jiro, &saburo] {
        phone.sync().await;
    }

    // Two people of one home: the furthest counts, and only once.
    kiku.acknowledge(&notice).await;
    ken.open(&notice).await;
    jiro.open(&notice).await;
    assert_eq!(kiku.notice(&notice).line.stage, Some(Stage::Acknowledged));
    assert!(matches!(kiku.notice(&notice).seal, SealState::Waiting { .. }));

    let desk = hood.group("緑ヶ丘町内会");
    let wanted = Counts {
        households: 7,
        acknowledged: 1,
        displayed: 1,
        delivered: 1,
        not_yet: 2,
        paper: 2,
        ..Counts::default()
    };
    hood.until("every tap on the desk", &[&kiku, &ken, &jiro, &saburo, &officer], || {
        officer.desk_notice(&desk, &notice).is_some_and(|seen| seen.counts == wanted)
    })
    .await;
    assert!(matches!(kiku.notice(&notice).seal, SealState::Acknowledged { .. }));

    let seen = officer.desk_notice(&desk, &notice).unwrap();
    assert_eq!(seen.line.state, SentState::Published);
    assert!(seen.line.own);
    let stages = |block: &str| -> Vec<(String, HomeStage)> {
        let line = seen.blocks.iter().find(|line| line.name == block).unwrap();
        let mut homes: Vec<_> = line.homes.iter().map(|home| (home.name.clone(), home.stage)).collect();
        homes.sort();
        homes
    };
    let home = |name: &str, stage| (name.to_owned(), stage);
    assert_eq!(stages("緑ヶ丘1班"), {
        let mut homes = vec![
            home("佐藤", HomeStage::NotYet),
            home("渡辺", HomeStage::Paper),
            home("鈴木", HomeStage::Displayed),
            home("高橋", HomeStage::Acknowledged),
        ];
        homes.sort();
        homes
    });
    assert_eq!(stages("緑ヶ丘2班"), {
        let mut homes =
            vec![home("中村", HomeStage::Paper), home("伊藤", HomeStage::Delivered), home("山本", HomeStage::NotYet)];
        homes.sort();
        homes
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_district_sees_figures_of_associations_and_no_names_of_homes() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("連合 一夫").await;
    let resident = hood.phone("井上 直").await;
    let notice = officer.post(hood.circular("みどり市", &["みどり市"], "防災訓練のお知らせ")).await.unwrap();
    officer.sync().await;
    resident.sync().await;
    resident.acknowledge(&notice).await;

    let desk = hood.group("みどり市");
    hood.until("the acknowledgement at the district", &[&resident, &officer], || {
        let seen = officer.desk_notice(&desk, &notice);
        seen.is_some_and(|seen| seen.counts.acknowledged == 1 && seen.blocks.len() == 3)
    })
    .await;
    let seen = officer.desk_notice(&desk, &notice).unwrap();
    // The homes of two officers without a household are nobody's: thirteen homes, three on paper.
    assert_eq!(seen.counts, Counts { households: 13, acknowledged: 1, paper: 3, not_yet: 9, ..Counts::default() });
    let mut names: Vec<&str> = seen.blocks.iter().map(|line| line.name.as_str()).collect();
    names.sort_unstable();
    let mut associations = ["東山町内会", "港町内会", "緑ヶ丘町内会"];
    associations.sort_unstable();
    assert_eq!(names, associations);
    assert!(seen.blocks.iter().all(|line| line.homes.is_empty()), "names of homes are not the district's to see");
    assert!(officer.desk(&desk).rosters.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_follows_up_what_came_from_above() {
    let hood = Neighbourhood::midori().await;
    let [officer, leader] = [hood.phone("連合 一夫").await, hood.phone("鈴木 次郎").await];
    let notice = officer.post(hood.circular("みどり市", &["みどり市"], "防災訓練のお知らせ")).await.unwrap();
    officer.sync().await;
    let desk = hood.group("緑ヶ丘1班");
    hood.until("the block's tally", &[&leader], || {
        leader.desk_notice(&desk, &notice).is_some_and(|seen| seen.counts.households > 0)
    })
    .await;
    let seen = leader.desk_notice(&desk, &notice).unwrap();
    assert_eq!((seen.counts.households, seen.counts.paper), (4, 1));
    assert!(!seen.line.own);
    assert_eq!(leader.desk(&desk).rosters.iter().map(|block| block.homes.len()).sum::<usize>(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_see_the_seals_of_their_block_without_names() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku, jiro] =
        [hood.phone("田中 実").await, hood.phone("高橋 キク").await, hood.phone("鈴木 次郎").await];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    kiku.acknowledge(&notice).await;
    hood.until("the seal in the column of the block", &[&kiku, &jiro], || {
        jiro.has(&notice) && jiro.notice(&notice).seals.is_some_and(|seals| seals.acknowledged == 1)
    })
    .await;
    let seals = jiro.notice(&notice).seals.unwrap();
    assert_eq!((seals.households, seals.paper), (4, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circular_is_found_again_by_two_characters() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "ゴミ収集日の変更")).await.unwrap();
    officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "夏祭り")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    let found = kiku.search(kiku.person.clone(), "ｺﾞﾐ".to_owned(), 10).unwrap();
    assert_eq!(found.iter().map(|hit| hit.line.title.as_str()).collect::<Vec<_>>(), ["ゴミ収集日の変更"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_stands_first_until_its_time_is_over() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "夏祭り")).await.unwrap();
    let mut draft = hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "断水しています");
    draft.kind = NoticeKind::Emergency;
    draft.until = Some(hood.now().plus_millis(3_600_000).millis());
    let emergency = officer.post(draft).await.unwrap();
    officer.sync().await;
    kiku.sync().await;

    let home = kiku.home();
    assert_eq!(home.emergencies.iter().map(|line| line.id.as_str()).collect::<Vec<_>>(), [emergency.as_str()]);
    assert_eq!(home.unread_count, 1, "an emergency is not counted a second time");

    hood.pass(std::time::Duration::from_secs(3_601));
    kiku.sync().await;
    assert!(kiku.home().emergencies.is_empty());
    assert!(kiku.has(&emergency), "it is still in the list");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_sends_no_emergency() {
    let hood = Neighbourhood::midori().await;
    let leader = hood.phone("鈴木 次郎").await;
    let mut draft = hood.circular("緑ヶ丘1班", &["緑ヶ丘1班"], "断水しています");
    draft.kind = NoticeKind::Emergency;
    assert_eq!(leader.post(draft).await.unwrap_err().code(), "not_allowed");
    assert!(leader.outbox().is_empty(), "a refusal writes nothing");
}
