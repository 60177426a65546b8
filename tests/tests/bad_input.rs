//! What no honest phone sends: answered with a stable code, never with a crash, and what was there before is there after.

use kairan_protocol::{
    check_in::{CheckIns, Mood},
    feed::FeedName,
    op::Command,
    outcome::{Flag, Outcome},
    validate,
    wire::{ProblemCode, SyncRequest},
};
use kairan_tests::{Neighbourhood, RawPhone, raw};

/// A good op goes through afterwards, and the check of the whole store finds nothing.
async fn all_is_well(hood: &Neighbourhood, phone: &RawPhone) {
    let (_, outcome) = phone.act(Command::Consent { moods_to_team: true }).await;
    assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    for line in hood.check().await {
        assert!(line.good, "{}: {}", line.what, line.seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_of_another_shape_is_refused_as_a_whole() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.raw("高橋 キク").await;
    for body in [
        "",
        "null",
        "[]",
        "42",
        "{",
        "\"sync\"",
        "{\"ops\":{}}",
        "{\"cursors\":[]}",
        "{\"cursors\":{\"-1\":0}}",
        "{\"cursors\":{\"1\":-5}}",
        "{\"rights\":\"all\"}",
        "{\"epoch\":7}",
        "{\"ops\":[7]}",
        "{\"ops\":[{\"do\":\"check_in\"}]}",
        "{\"renew\":true}",
        "\u{feff}{}",
        "{}{}",
    ] {
        let problem = kiku.send(body).await.err().unwrap_or_else(|| panic!("taken: {body}"));
        assert_eq!(problem.code, ProblemCode::BadRequest, "{body}");
    }
    let deep = "[".repeat(200_000);
    assert_eq!(kiku.send(format!("{{\"cursors\":{deep}")).await.unwrap_err().code, ProblemCode::BadRequest);
    assert_eq!(kiku.send(vec![0xff, 0xfe, 0x00]).await.unwrap_err().code, ProblemCode::BadRequest);
    all_is_well(&hood, &kiku).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_another_shape_refuses_its_op_and_no_other() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.raw("高橋 キク").await;
    let good = kiku.op(kiku.person(), Command::Consent { moods_to_team: true });
    for (part, instead) in [
        ("\"good\"", "\"splendid\""),
        ("\"2026-11-22\"}", "\"2026-13-45\"}"),
        ("\"good\"", "null"),
        (",\"mood\":\"good\"", ""),
    ] {
        let bad = kiku.op(kiku.person(), raw::check_in(Mood::Good, "2026-11-22")).to_text();
        let wrong = bad.replace(part, instead);
        assert_ne!(wrong, bad);
        let results = kiku.ops(&[wrong.clone(), good.to_text()]).await;
        assert_eq!(raw::refusal(&results[0].outcome), Some("malformed"), "{wrong}");
        assert!(matches!(results[1].outcome, Outcome::Applied { .. }));
    }
    all_is_well(&hood, &kiku).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_op_of_a_newer_phone_is_unsupported_and_may_be_sent_again() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.raw("高橋 キク").await;
    let known = kiku.op(kiku.person(), Command::Consent { moods_to_team: true });
    let unknown = known.to_text().replace("\"consent\"", "\"teleport\"");
    for _ in 0..2 {
        let results = kiku.ops(std::slice::from_ref(&unknown)).await;
        assert_eq!(results[0].outcome, Outcome::Unsupported);
        assert_eq!(results[0].mac, None, "nothing is on record");
    }
    // After the server learned the word it is a fresh op: the id was not used up.
    assert!(matches!(kiku.ops(&[known.to_text()]).await[0].outcome, Outcome::Applied { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_used_in_the_future_is_refused_and_a_tap_from_there_is_clamped_and_flagged() {
    let hood = Neighbourhood::midori().await;
    let [mut kiku, mut officer] = [hood.raw("高橋 キク").await, hood.raw("田中 実").await];
    kiku.act(Command::Consent { moods_to_team: true }).await;
    let (_, outcome) = kiku.act(raw::check_in(Mood::Good, "2026-11-25")).await;
    assert_eq!(raw::refusal(&outcome), Some("day_ahead"), "a right clock and a wrong day");

    for phone in [&mut kiku, &mut officer] {
        phone.now = hood.now().plus_millis(3 * 86_400_000);
    }
    let association = hood.group_id("緑ヶ丘町内会");
    let (_, outcome) = officer.act(raw::circular(association, association, "明々後日の回覧")).await;
    assert_eq!(raw::refusal(&outcome), Some("clock_ahead"));
    let (_, outcome) = kiku.act(raw::check_in(Mood::Good, "2026-11-25")).await;
    assert!(matches!(&outcome, Outcome::Applied { flags, .. } if flags.contains(&Flag::Clock)), "{outcome:?}");
    let mail = kiku.feeds().await[&FeedName::Mail(kiku.person())];
    let rows = kiku.pull(mail).await;
    let row = rows.iter().find(|row| row.kind == "check_in").unwrap();
    let said: CheckIns = serde_json::from_str(row.body.as_ref().unwrap().get()).unwrap();
    assert_eq!(said.newest.unwrap().day.to_string(), "2026-11-22", "it counts for today");
    kiku.now = hood.now();
    all_is_well(&hood, &kiku).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_gigabyte_is_refused_before_it_is_read() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.raw("高橋 キク").await;
    // Announced: refused by its length alone, or by not reading on.
    let chunk = vec![b' '; 1024 * 1024];
    let endless = futures_util::stream::iter((0..1024).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
    let call = raw::client().post(format!("{}/v1/sync", kiku.base)).bearer_auth(&kiku.token);
    let sent = call.header("content-type", "application/json").body(reqwest::Body::wrap_stream(endless)).send().await;
    if let Ok(response) = sent {
        let problem = raw::answer::<serde_json::Value>(response).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::TooLarge);
    }
    // A stream may end before the answer is read; a body just over the limit has no excuse.
    let over = format!("{{\"epoch\":\"{}\"}}", "x".repeat(validate::SYNC_BYTES));
    assert_eq!(kiku.send(over).await.unwrap_err().code, ProblemCode::TooLarge);
    all_is_well(&hood, &kiku).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_body_that_unfolds_to_a_gigabyte_is_refused() {
    use std::io::Write as _;
    let hood = Neighbourhood::midori().await;
    let kiku = hood.raw("高橋 キク").await;
    let mut folded = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..256 {
        folded.write_all(&vec![b' '; 4 * 1024 * 1024]).unwrap();
    }
    let call = raw::client().post(format!("{}/v1/sync", kiku.base)).bearer_auth(&kiku.token);
    let call = call.header("content-type", "application/json").header("content-encoding", "gzip");
    let answered = call.body(folded.finish().unwrap()).send().await.unwrap();
    assert_eq!(raw::answer::<serde_json::Value>(answered).await.unwrap_err().code, ProblemCode::TooLarge);
    all_is_well(&hood, &kiku).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_a_megabyte_refuses_its_op() {
    let hood = Neighbourhood::midori().await;
    let [officer, reader] = [hood.raw("田中 実").await, hood.raw("高橋 キク").await];
    let association = hood.group_id("緑ヶ丘町内会");
    let title = "回".repeat(validate::TITLE + 1);
    let (_, outcome) = officer.act(raw::circular(association, association, &title)).await;
    assert_eq!(raw::refusal(&outcome), Some("malformed"));
    // Far over: the whole op is too large to be read, so the request is.
    let op = officer.op(officer.person(), raw::circular(association, association, &"x".repeat(1024 * 1024)));
    let body = format!("{{\"ops\":[{}]}}", op.to_text());
    assert_eq!(officer.send(body).await.unwrap_err().code, ProblemCode::TooLarge);
    // In between: within a request's limit, over an op's.
    let op = officer.op(officer.person(), raw::circular(association, association, &"x".repeat(validate::OP_BYTES)));
    match officer.sync(&SyncRequest { ops: vec![raw::value(&op.to_text())], ..SyncRequest::default() }).await {
        Ok(answer) => assert_eq!(raw::refusal(&answer.results[0].outcome), Some("malformed")),
        Err(problem) => assert_eq!(problem.code, ProblemCode::TooLarge),
    }
    all_is_well(&hood, &reader).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_ops_or_cursors_than_allowed_at_once_are_refused_as_a_whole() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.raw("高橋 キク").await;
    let ops: Vec<_> = (0..=validate::OPS_PER_SYNC)
        .map(|_| raw::value(&kiku.op(kiku.person(), Command::Consent { moods_to_team: true }).to_text()))
        .collect();
    let problem = kiku.sync(&SyncRequest { ops, ..SyncRequest::default() }).await.unwrap_err();
    assert!(matches!(problem.code, ProblemCode::TooLarge | ProblemCode::BadRequest), "{:?}", problem.code);
    let cursors: Vec<String> = (0..=validate::CURSORS).map(|feed| format!("\"{feed}\":0")).collect();
    let problem = kiku.send(format!("{{\"cursors\":{{{}}}}}", cursors.join(","))).await.unwrap_err();
    assert!(matches!(problem.code, ProblemCode::TooLarge | ProblemCode::BadRequest), "{:?}", problem.code);
    all_is_well(&hood, &kiku).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_json_is_not_taken_for_it() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.raw("高橋 キク").await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let call = raw::client().post(format!("{}/v1/sync", kiku.base)).bearer_auth(&kiku.token);
        let answered = call.header("content-type", kind).body("{}").send().await.unwrap();
        assert_eq!(
            raw::answer::<serde_json::Value>(answered).await.unwrap_err().code,
            ProblemCode::UnsupportedMedia,
            "{kind}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ops_about_things_that_are_not_there_say_which() {
    let hood = Neighbourhood::midori().await;
    let [kiku, staff] = [hood.raw("高橋 キク").await, hood.raw("市民課 係員").await];
    let nothing = kiku.op(kiku.person(), Command::Leave {}).id;
    let nowhere = kairan_protocol::id::GroupId::from_number(1);
    let expectations: [(&RawPhone, Command, &str); 6] = [
        (&kiku, raw::receipt(nothing, kairan_protocol::receipt::Stage::Displayed), "unknown_notice"),
        (&kiku, Command::TakeBack { op: nothing }, "unknown_op"),
        (&staff, raw::circular(nowhere, nowhere, "x"), "unknown_group"),
        (&staff, Command::EndRole { role: kairan_protocol::id::RoleId::from_number(1) }, "unknown_role"),
        (&staff, Command::Revoke { device: kairan_protocol::id::DeviceId::from_number(1) }, "unknown_device"),
        (
            &staff,
            Command::Withdraw { notice: nothing.into(), seen: kairan_protocol::id::Rev::FIRST, reason: "x".to_owned() },
            "unknown_notice",
        ),
    ];
    for (phone, command, code) in expectations {
        let word = command.word();
        let (_, outcome) = phone.act(command).await;
        assert_eq!(raw::refusal(&outcome), Some(code), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_a_rev_that_never_was_is_refused() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.raw("田中 実").await, hood.raw("高橋 キク").await];
    let association = hood.group_id("緑ヶ丘町内会");
    let (notice, _) = officer.act(raw::circular(association, association, "公園の清掃")).await;
    let command = Command::Receipt {
        notice: notice.into(),
        rev: kairan_protocol::id::Rev(9),
        stage: kairan_protocol::receipt::Stage::Acknowledged,
    };
    let (_, outcome) = kiku.act(command).await;
    assert_eq!(raw::refusal(&outcome), Some("unknown_rev"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_ahead_of_the_server_or_of_a_strange_feed_breaks_nothing() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.raw("高橋 キク").await;
    let epoch = kiku.sync(&SyncRequest::default()).await.unwrap().epoch;
    let own = kiku.feeds().await.into_values().next().unwrap().0;
    for body in [
        format!("{{\"epoch\":\"{epoch}\",\"cursors\":{{\"{own}\":18446744073709551615}}}}"),
        format!("{{\"epoch\":\"{epoch}\",\"cursors\":{{\"4294967295\":0}}}}"),
        format!(
            "{{\"epoch\":\"{epoch}\",\"cursors\":{{\"{own}\":{{\"as_of\":9223372036854775808,\"place\":\"💥' OR 1=1--\"}}}}}}"
        ),
        "{\"epoch\":\"another\",\"rights\":18446744073709551615}".to_owned(),
    ] {
        match kiku.send(body.clone()).await {
            Ok(_) => {}
            Err(problem) => assert_eq!(problem.code, ProblemCode::BadRequest, "{body}"),
        }
    }
    all_is_well(&hood, &kiku).await;
}
