//! Works with no network: what was received is there, everything can be tapped, and it goes out later, once.

use kairan_core::records::{Arrival, Mood, OpState, SealState};
use kairan_protocol::{op::Command, outcome::Outcome};
use kairan_tests::{DAY, HOUR, Neighbourhood, Phone, Weather, raw, wait, wiretap::Wiretap};

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_a_week_without_network_reads_and_taps_and_everything_goes_out_once() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let (kiku, proxy) = hood.phone_elsewhere("高橋 キク").await;
    kiku.consent(true).await;
    let old = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;

    proxy.turn(Weather::Cut);
    hood.pass(DAY * 7);
    let new = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "夏祭り")).await.unwrap();
    officer.sync().await;
    assert_eq!(kiku.kairan.sync().await.unwrap_err().code(), "offline");

    // What was received is there.
    assert_eq!(kiku.titles(), ["公園の清掃"]);
    assert_eq!(kiku.notice(&old).text, "雨のときは翌週に行います。");
    assert_eq!(kiku.search(kiku.person.clone(), "清掃".to_owned(), 10).unwrap().len(), 1);
    assert_eq!(kiku.home().today, "2026-11-29");

    // Everything can be tapped, and says that it waits.
    kiku.acknowledge(&old).await;
    kiku.check_in(Mood::Good).await.unwrap();
    assert!(matches!(kiku.notice(&old).seal, SealState::Waiting { .. }));
    let line = kiku.home().check_in.unwrap();
    assert_eq!((line.mood, line.state), (Mood::Good, Arrival::Waiting));
    assert_eq!(kiku.home().waiting, 2);
    assert!(kiku.outbox().iter().all(|op| op.unsent));

    // Not even a flat battery loses it.
    let kiku = kiku.restart();
    assert_eq!(kiku.home().waiting, 2);

    proxy.turn(Weather::Fair);
    kiku.sync().await;
    assert!(kiku.outbox().is_empty());
    assert_eq!(kiku.home().waiting, 0);
    assert_eq!(kiku.home().check_in.unwrap().state, Arrival::Arrived);
    assert!(matches!(kiku.notice(&old).seal, SealState::Acknowledged { .. }));
    assert!(kiku.has(&new), "and what was sent meanwhile is here");
    let desk = hood.group("緑ヶ丘町内会");
    hood.until("one acknowledgement on the desk", &[&officer], || {
        officer.desk_notice(&desk, &old).is_some_and(|seen| seen.counts.acknowledged == 1)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_network_cut_no_connection_and_no_byte_leaves_a_phone_and_what_was_tapped_arrives_once() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let (kiku, proxy) = hood.phone_elsewhere("高橋 キク").await;
    kiku.consent(true).await;
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    // It keeps itself up to date, as a phone in somebody's hand does.
    kiku.kairan.start();
    wait::until("the circular", async || kiku.has(&notice)).await;
    let network = kiku.kairan.network();
    assert!(network.requests() > 0 && proxy.heard() > (0, 0), "both count while there is a network");

    network.cut();
    wait::until("no connection to be left", async || proxy.connections() == 0).await;
    let (heard, requests) = (proxy.heard(), network.requests());
    kiku.open(&notice).await;
    kiku.acknowledge(&notice).await;
    kiku.check_in(Mood::Good).await.unwrap();
    for _ in 0..3 {
        assert_eq!(kiku.kairan.sync().await.unwrap_err().code(), "offline");
    }
    assert_eq!(
        kiku.kairan
            .join(hood.printed("佐藤 一郎").await.through(proxy.address).link, Vec::new())
            .await
            .unwrap_err()
            .code(),
        "offline"
    );
    assert_eq!((proxy.heard(), network.requests()), (heard, requests), "nothing left the phone");
    assert!(matches!(kiku.notice(&notice).seal, SealState::Waiting { .. }));
    assert_eq!(kiku.home().check_in.unwrap().state, Arrival::Waiting);
    assert_eq!(kiku.home().waiting, 2, "the seal and the answer");

    network.restore();
    wait::until("everything to be sent", async || kiku.outbox().is_empty()).await;
    assert!(network.requests() > requests && proxy.heard() > heard);
    assert!(matches!(kiku.notice(&notice).seal, SealState::Acknowledged { .. }));
    let database = rusqlite::Connection::open(hood.folder().join("kairan.db")).unwrap();
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM check_in"), 1);
    assert_eq!(count("SELECT count(*) FROM receipt_history WHERE stage = 3"), 1, "the seal was pressed once");
    kiku.kairan.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_op_three_times_is_applied_once_and_answered_alike() {
    let hood = Neighbourhood::midori().await;
    let sender = hood.raw("田中 実").await;
    let reader = hood.phone("高橋 キク").await;
    let association = hood.group_id("緑ヶ丘町内会");
    let op = sender.op(sender.person(), raw::circular(association, association, "公園の清掃"));

    let twice = sender.ops(&[op.to_text(), op.to_text()]).await;
    let again = sender.ops(&[op.to_text()]).await;
    assert_eq!(twice.len(), 2);
    assert!(matches!(twice[0].outcome, Outcome::Applied { .. }));
    assert!(twice[0].mac.is_some());
    for repeat in [&twice[1], &again[0]] {
        assert_eq!(raw::commit(&repeat.outcome), raw::commit(&twice[0].outcome));
        assert_eq!(repeat.mac, twice[0].mac);
    }
    reader.sync().await;
    assert_eq!(reader.titles(), ["公園の清掃"]);

    let mut other = op.clone();
    other.command = raw::circular(association, association, "別のこと");
    let reused = sender.ops(&[other.to_text()]).await;
    assert_eq!(raw::refusal(&reused[0].outcome), Some("id_reused"));
    reader.sync().await;
    assert_eq!(reader.titles(), ["公園の清掃"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_after_the_commit_loses_nothing_and_doubles_nothing() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.phone("高橋 キク").await;
    let (officer, proxy) = hood.phone_elsewhere("田中 実").await;
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();

    proxy.turn(Weather::AnswersLost);
    let core = std::sync::Arc::clone(&officer.kairan);
    let sending = tokio::spawn(async move { core.sync().await });
    wait::until("the server to have it", async || {
        kiku.sync().await;
        kiku.has(&notice)
    })
    .await;
    proxy.turn(Weather::Cut);
    assert_eq!(sending.await.unwrap().unwrap_err().code(), "offline");
    let waiting = officer.outbox();
    assert_eq!(waiting.iter().map(|op| (op.id.as_str(), op.unsent)).collect::<Vec<_>>(), [(notice.as_str(), false)]);

    // Hours later, and after a restart: once on the wire it is never asked about again, and never sent as another op.
    hood.pass(HOUR * 3);
    let officer = officer.restart();
    proxy.turn(Weather::Fair);
    officer.sync().await;
    assert!(officer.outbox().is_empty());
    kiku.sync().await;
    assert_eq!(kiku.titles(), ["公園の清掃"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_holds_everything_holds_no_screen() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let (kiku, proxy) = hood.phone_elsewhere("高橋 キク").await;
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;
    proxy.turn(Weather::Held);
    let core = std::sync::Arc::clone(&kiku.kairan);
    let syncing = tokio::spawn(async move { core.sync().await });
    kiku.acknowledge(&notice).await;
    assert!(matches!(kiku.notice(&notice).seal, SealState::Waiting { .. }));
    proxy.turn(Weather::Fair);
    // Held or timed out: either way the next one goes through.
    let _ended = syncing.await.unwrap();
    kiku.sync().await;
    assert!(kiku.outbox().is_empty());
}

/// A server that breaks over one op for ever; the officer wrote that one first and a good one after it.
async fn poisoned(hood: &Neighbourhood) -> (Wiretap, Phone, [String; 2]) {
    let tap = Wiretap::before(hood);
    let officer = hood.join(&hood.sheet("田中 実").await.through(tap.address), &["田中 実"]).await.unwrap();
    tap.break_on("毒の回覧");
    let poison = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "毒の回覧")).await.unwrap();
    let good = officer.post(hood.circular("緑ヶ丘1班", &["緑ヶ丘1班"], "良い回覧")).await.unwrap();
    (tap, officer, [poison, good])
}

#[tokio::test(flavor = "multi_thread")]
async fn one_op_that_always_fails_does_not_hold_up_the_others() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.phone("高橋 キク").await;
    let (tap, officer, [poison, good]) = poisoned(&hood).await;
    officer.start();
    wait::until("the good one to arrive past the poisoned one", async || {
        kiku.sync().await;
        kiku.has(&good)
    })
    .await;
    assert!(!kiku.has(&poison));
    wait::until("the poisoned one to be parked", async || {
        let stuck = officer.outbox();
        stuck.len() == 1 && stuck[0].id == poison && stuck[0].state == OpState::Parked
    })
    .await;
    assert!(officer.outbox()[0].code.is_some(), "it says why");

    // The server is mended: nothing was lost.
    tap.mend();
    officer.retry(poison.clone()).await.unwrap();
    wait::until("the parked one after the repair", async || {
        kiku.sync().await;
        kiku.has(&poison)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_on_a_phone_that_is_only_ever_woken_to_sync() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.phone("高橋 キク").await;
    let (_tap, officer, [poison, good]) = poisoned(&hood).await;
    for _woken in 0..20 {
        // Whether a round that failed half is told as an error is the core's affair.
        let _half = officer.kairan.sync().await;
    }
    kiku.sync().await;
    assert!(kiku.has(&good), "the good one waits behind the poisoned one: {:?}", officer.outbox());
    assert!(!kiku.has(&poison));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_phone_cannot_judge_the_server_does_and_the_reason_is_kept_until_seen() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    // The other association is not on this phone, so that the phone cannot know whether it may.
    if let Ok(notice) = officer.post(hood.circular("東山町内会", &["東山町内会"], "よその町へ")).await {
        officer.sync().await;
        let refused = officer.outbox();
        assert_eq!(
            refused.iter().map(|op| (op.id.as_str(), op.state)).collect::<Vec<_>>(),
            [(notice.as_str(), OpState::Refused)]
        );
        assert_eq!(refused[0].code.as_deref(), Some("not_allowed"));
        assert!(!officer.has(&notice), "what was refused is not shown as sent");
        officer.discard(notice).await.unwrap();
    }
    assert!(officer.outbox().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_left_by_another_process_goes_out_once() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    kiku.consent(true).await;
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    kiku.sync().await;

    let now = hood.now().millis().to_string();
    let dir = kiku.dir().display().to_string();
    for tapped in [vec![], vec![notice.as_str()]] {
        let status = tokio::process::Command::new(env!("CARGO_BIN_EXE_kairan-tap"))
            .args([dir.as_str(), kiku.person.as_str(), now.as_str()])
            .args(tapped)
            .status()
            .await
            .unwrap();
        assert!(status.success());
    }
    kiku.sync().await;
    assert!(kiku.outbox().is_empty());
    let line = kiku.home().check_in.unwrap();
    assert_eq!((line.mood, line.state), (Mood::Good, Arrival::Arrived));
    assert!(matches!(kiku.notice(&notice).seal, SealState::Acknowledged { .. }));
    kiku.sync().await;
    let desk = hood.group("緑ヶ丘町内会");
    hood.until("the tap on the officer's desk", &[&officer], || {
        officer.desk_notice(&desk, &notice).is_some_and(|seen| seen.counts.acknowledged == 1)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_left_while_the_app_was_closed_is_there_when_it_opens() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.phone("高橋 キク").await;
    kiku.consent(true).await;
    kiku.sync().await;
    let status = tokio::process::Command::new(env!("CARGO_BIN_EXE_kairan-tap"))
        .args([kiku.dir().display().to_string(), kiku.person.clone(), hood.now().millis().to_string()])
        .status()
        .await
        .unwrap();
    assert!(status.success());
    let kiku = kiku.restart();
    let line = kiku.home().check_in.unwrap();
    assert_eq!((line.mood, line.state), (Mood::Good, Arrival::Waiting));
    kiku.sync().await;
    assert_eq!(kiku.home().check_in.unwrap().state, Arrival::Arrived);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_made_on_a_past_day_counts_for_that_day() {
    let hood = Neighbourhood::midori().await;
    let team = hood.phone("山本 文子").await;
    let (kiku, proxy) = hood.phone_elsewhere("高橋 キク").await;
    kiku.consent(true).await;
    kiku.sync().await;
    proxy.turn(Weather::Cut);
    kiku.check_in(Mood::Fair).await.unwrap();
    hood.pass(DAY * 2);
    proxy.turn(Weather::Fair);
    kiku.sync().await;
    let desk = hood.group("緑ヶ丘 民生委員");
    hood.until("the check-in at the team", &[&team], || {
        team.desk(&desk).statuses.iter().any(|status| status.mood.is_some())
    })
    .await;
    let status = team.desk(&desk).statuses[0].clone();
    assert_eq!((status.mood, status.day.as_deref()), (Some(Mood::Fair), Some("2026-11-22")));
    assert!(kiku.home().check_in.is_none(), "nothing was said today");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistaken_tap_is_taken_back_before_and_after_it_was_sent() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.phone("高橋 キク").await;
    kiku.consent(true).await;
    kiku.sync().await;
    let unsent = kiku.check_in(Mood::Fair).await.unwrap();
    kiku.take_back(kiku.person.clone(), unsent).await.unwrap();
    assert!(kiku.home().check_in.is_none());
    assert_eq!(kiku.home().waiting, 0, "what never was on the wire is simply gone");

    let sent = kiku.check_in(Mood::Fair).await.unwrap();
    kiku.sync().await;
    kiku.take_back(kiku.person.clone(), sent).await.unwrap();
    assert!(kiku.home().check_in.is_none());
    kiku.sync().await;
    assert!(kiku.home().check_in.is_none());
    assert!(kiku.outbox().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_never_goes_back() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.raw("田中 実").await, hood.raw("高橋 キク").await];
    let association = hood.group_id("緑ヶ丘町内会");
    let (notice, _) = officer.act(raw::circular(association, association, "公園の清掃")).await;
    let (op, _) = kiku.act(raw::receipt(notice, kairan_protocol::receipt::Stage::Acknowledged)).await;
    let (_, earlier) = kiku.act(raw::receipt(notice, kairan_protocol::receipt::Stage::Displayed)).await;
    assert!(
        matches!(earlier, Outcome::Applied { ref flags, .. } if flags.contains(&kairan_protocol::outcome::Flag::Nothing))
    );
    let (_, back) = kiku.act(Command::TakeBack { op }).await;
    assert_eq!(raw::refusal(&back), Some("unknown_op"), "take_back is for check-ins");
}
