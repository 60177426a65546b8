//! What becomes of a notice after it was sent: corrected, taken back, or sent at its hour.

use kairan_core::records::{Correction, OpState, Points, SealState, SentState};
use kairan_tests::{HOUR, MINUTE, Neighbourhood};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_point_asks_again_those_who_had_seen_it() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    kiku.acknowledge(&notice).await;
    let desk = hood.group("緑ヶ丘町内会");
    let acknowledged = |count| {
        let (officer, desk, notice) = (&officer, &desk, &notice);
        move || officer.desk_notice(desk, notice).is_some_and(|seen| seen.counts.acknowledged == count)
    };
    hood.until("the acknowledgement", &[&kiku, &officer], acknowledged(1)).await;

    let points = Points { place: Some("集会所".to_owned()), ..Points::default() };
    officer.correct(&notice, 1, Correction { points, ..Correction::default() }).await.unwrap();
    hood.until("nobody has seen the new place yet", &[&officer], acknowledged(0)).await;
    kiku.sync().await;
    let seen = kiku.notice(&notice);
    assert_eq!(seen.points.place.as_deref(), Some("集会所"));
    assert_eq!(seen.points.when.as_deref(), Some("11月29日（日）朝9時"), "what was not changed stays");
    assert_eq!(seen.seal, SealState::NotYet);
    assert!(seen.line.unread && seen.line.corrected);
    assert_eq!(seen.line.rev, 2);

    kiku.acknowledge(&notice).await;
    hood.until("the second acknowledgement", &[&kiku, &officer], acknowledged(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_body_text_asks_nobody_again() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    kiku.acknowledge(&notice).await;
    kiku.sync().await;
    let text = Some("雨天中止です。".to_owned());
    officer.correct(&notice, 1, Correction { text, ..Correction::default() }).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    let seen = kiku.notice(&notice);
    assert_eq!(seen.text, "雨天中止です。");
    assert!(matches!(seen.seal, SealState::Acknowledged { .. }));
    assert!(!seen.line.unread);

    let desk = hood.group("緑ヶ丘町内会");
    hood.until("the tally of the corrected notice", &[&officer], || {
        officer.desk_notice(&desk, &notice).is_some_and(|seen| seen.line.rev == 2 && seen.counts.acknowledged == 1)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_officers_who_correct_at_once_do_not_overwrite_each_other() {
    let hood = Neighbourhood::midori().await;
    let [tanaka, sato] = [hood.phone("田中 実").await, hood.phone("佐藤 一郎").await];
    let notice = tanaka.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    tanaka.sync().await;
    sato.sync().await;
    let change = |title: &str| Correction { title: Some(title.to_owned()), ..Correction::default() };
    tanaka.correct(&notice, 1, change("公園の清掃（場所変更）")).await.unwrap();
    sato.correct(&notice, 1, change("公園の清掃（時間変更）")).await.unwrap();
    tanaka.sync().await;
    sato.sync().await;
    assert_eq!(sato.notice(&notice).line.title, "公園の清掃（場所変更）");
    let refused = sato.outbox();
    assert_eq!(
        refused.iter().map(|op| (op.state, op.code.as_deref())).collect::<Vec<_>>(),
        [(OpState::Refused, Some("conflict"))]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_circular_says_why_and_asks_nobody_any_more() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "夏祭り")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    assert_eq!(kiku.home().unread_count, 1);

    officer.withdraw(&notice, 1, "日にちを間違えました。").await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    let seen = kiku.notice(&notice);
    assert_eq!(seen.withdrawn.unwrap().reason, "日にちを間違えました。");
    assert!(seen.line.withdrawn && !seen.line.unread);
    assert_eq!(kiku.home().unread_count, 0);
    assert!(kiku.home().next_events.is_empty(), "nobody goes to a festival that is not");
    let desk = hood.group("緑ヶ丘町内会");
    let sent = officer.desk(&desk).sent;
    assert_eq!(sent.iter().find(|line| line.notice == notice).unwrap().state, SentState::Withdrawn);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_circular_appears_at_its_hour_and_not_before() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let mut draft = hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "夏祭り");
    draft.publish_at = Some(hood.now().plus_millis(3_600_000).millis());
    let notice = officer.post(draft).await.unwrap();
    officer.sync().await;
    let desk = hood.group("緑ヶ丘町内会");
    let state = || officer.desk(&desk).sent.iter().find(|line| line.notice == notice).map(|line| line.state);
    assert_eq!(state(), Some(SentState::Scheduled));

    hood.pass(Duration::from_secs(3_599));
    kiku.sync().await;
    assert!(!kiku.has(&notice));

    hood.pass(Duration::from_secs(1));
    hood.until("the circular at its hour", &[&kiku, &officer], || kiku.has(&notice)).await;
    hood.until("the desk's word for it", &[&officer], || state() == Some(SentState::Published)).await;
    hood.until("its tally", &[&officer], || {
        officer.desk_notice(&desk, &notice).is_some_and(|seen| seen.counts.households == 7)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_circular_whose_hour_came_while_the_server_was_off_appears_when_it_is_back() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let mut draft = hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "夏祭り");
    draft.publish_at = Some(hood.now().plus_millis(3_600_000).millis());
    let notice = officer.post(draft).await.unwrap();
    officer.sync().await;
    hood.halt().await;
    hood.pass(HOUR * 2);
    hood.begin().await;
    hood.until("the circular", &[&kiku], || kiku.has(&notice)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_circular_taken_back_before_its_hour_never_appears() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let mut draft = hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "夏祭り");
    draft.publish_at = Some(hood.now().plus_millis(3_600_000).millis());
    let notice = officer.post(draft).await.unwrap();
    officer.sync().await;
    officer.withdraw(&notice, 1, "中止です。").await.unwrap();
    officer.sync().await;
    hood.pass(HOUR * 2);
    // A circular that is sent afterwards has arrived: so would have been the one before it.
    let later = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "忘年会")).await.unwrap();
    hood.until("the later circular", &[&officer, &kiku], || kiku.has(&later)).await;
    assert!(!kiku.has(&notice));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circular_that_waited_offline_asks_again_instead_of_going_out_stale() {
    let hood = Neighbourhood::midori().await;
    let (officer, proxy) = hood.phone_elsewhere("田中 実").await;
    let kiku = hood.phone("高橋 キク").await;
    proxy.turn(kairan_tests::Weather::Cut);
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "明日の清掃")).await.unwrap();
    assert!(officer.kairan.sync().await.is_err());
    hood.pass(MINUTE * 11);
    proxy.turn(kairan_tests::Weather::Fair);
    officer.sync().await;
    kiku.sync().await;
    assert!(!kiku.has(&notice));
    let waiting = officer.outbox();
    assert_eq!(waiting.iter().map(|op| op.state).collect::<Vec<_>>(), [OpState::AskAgain]);
    assert_eq!(officer.home().asking, 1);

    officer.retry(waiting[0].id.clone()).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    assert_eq!(kiku.titles(), ["明日の清掃"]);
    assert!(officer.outbox().is_empty());
}
