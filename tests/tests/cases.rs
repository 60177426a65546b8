//! Requests for a talk as people live through them: taken, passed on, answered by telephone where no team is.

use kairan_core::records::{AlertKind, CaseState, Mood, MyTalk, NewsState, OpState, Reached, Step, TalkLine, TalkWay};
use kairan_tests::{HOUR, Neighbourhood, Phone, district::MIDORI};

const TEAM: &str = "緑ヶ丘 民生委員";
const CENTRE: &str = "地域包括支援センター みどり";

/// みどり市 with a telephone number, and a team of two commissioners under a chair.
async fn midori() -> Neighbourhood {
    let number =
        format!("support = {{ name = \"{CENTRE}\", telephone = \"03-0000-0000\", hours = \"平日 9:00–17:00\" }}");
    let first = "first_officer = \"連合 一夫\"";
    let text = MIDORI.replacen(first, &format!("{first}\n{number}"), 1);
    let role =
        |person: &str, kind: &str| format!("[[role]]\nperson = \"{person}\"\ngroup = \"{TEAM}\"\nkind = \"{kind}\"\n");
    let roles = role("伊藤 三郎", "commissioner") + &role("田中 実", "chair");
    Neighbourhood::of(&format!("{text}\n{roles}")).await
}

fn talk(hood: &Neighbourhood, phone: &Phone) -> TalkLine {
    phone.desk(&hood.group(TEAM)).talks.remove(0)
}

fn mine(phone: &Phone) -> MyTalk {
    phone.my_talks(phone.person.clone()).unwrap().remove(0)
}

/// What is raised now; and it is.
async fn raised(phone: &Phone) -> Vec<(String, AlertKind)> {
    let alerts = phone.alerts(phone.person.clone()).unwrap();
    for alert in &alerts {
        phone.alert_raised(alert.id.clone()).await.unwrap();
    }
    alerts.into_iter().map(|alert| (alert.title, alert.kind)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_resident_sees_who_looked_who_took_it_and_that_it_is_done() {
    let hood = midori().await;
    let [kiku, fumiko] = [hood.phone("高橋 キク").await, hood.phone("山本 文子").await];
    assert_eq!(kiku.home().talk, TalkWay::Team { name: TEAM.to_owned() });
    let case = kiku.check_in(Mood::Talk).await.unwrap();
    assert!(mine(&kiku).waiting, "まだ送っていません");
    let both = [&kiku, &fumiko];
    hood.until("the request on the desk", &both, || !fumiko.desk(&hood.group(TEAM)).talks.is_empty()).await;
    assert_eq!((mine(&kiku).state, mine(&kiku).waiting), (NewsState::Asked, false));
    assert!(mine(&kiku).due.unwrap() - mine(&kiku).at >= 4 * 3_600_000);

    let me = fumiko.person.clone();
    fumiko.see_case(me.clone(), case.clone()).await.unwrap();
    assert_eq!(fumiko.outbox(), [], "that somebody looked goes out by itself");
    let news =
        |state| move |phone: &Phone| (mine(phone).state, mine(phone).by) == (state, Some("山本 文子".to_owned()));
    hood.until("seen by", &[&fumiko, &kiku], || news(NewsState::Seen)(&kiku)).await;
    fumiko.take_case(me.clone(), case.clone()).await.unwrap();
    fumiko.note_case(me.clone(), case.clone(), "電話をしました。明日たずねます。".to_owned()).await.unwrap();
    hood.until("taken by", &[&fumiko, &kiku], || news(NewsState::Taken)(&kiku)).await;
    fumiko.close_case(me, case, Some("お元気でした。".to_owned())).await.unwrap();
    hood.until("closed by", &[&fumiko, &kiku], || news(NewsState::Closed)(&kiku)).await;

    let steps: Vec<Step> = talk(&hood, &fumiko).history.iter().map(|entry| entry.what).collect();
    assert_eq!(steps, [Step::Opened, Step::Seen, Step::Taken, Step::Noted, Step::Closed]);
    assert!(kairan_tests::bytes::files_with(kiku.dir(), "たずねます".as_bytes()).is_empty(), "notes are the team's");
    let bad: Vec<_> = hood.check().await.into_iter().filter(|line| !line.good).collect();
    assert_eq!(bad, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untaken_talk_reaches_the_chair_then_shows_the_telephone_number() {
    let hood = midori().await;
    let [kiku, fumiko, minoru] =
        [hood.phone("高橋 キク").await, hood.phone("山本 文子").await, hood.phone("田中 実").await];
    kiku.check_in(Mood::Talk).await.unwrap();
    let everybody = [&kiku, &fumiko, &minoru];
    hood.until("the request on the desk", &everybody, || !minoru.desk(&hood.group(TEAM)).talks.is_empty()).await;
    assert_eq!(raised(&fumiko).await, [("高橋 キク".to_owned(), AlertKind::Talk)]);
    assert_eq!(raised(&minoru).await, [], "the commissioners have four hours");

    hood.pass(4 * HOUR);
    hood.until("the chair", &everybody, || mine(&kiku).reached == Reached::Chair).await;
    assert_eq!(raised(&minoru).await, [("高橋 キク".to_owned(), AlertKind::Talk)]);
    assert_eq!(raised(&minoru).await, [], "once");
    assert_eq!(raised(&fumiko).await, []);
    assert_eq!(mine(&kiku).number, None);

    hood.pass(2 * HOUR);
    hood.until("the number", &everybody, || mine(&kiku).reached == Reached::Number).await;
    let number = mine(&kiku).number.unwrap();
    assert_eq!((number.name.as_str(), number.telephone.as_str()), (CENTRE, "03-0000-0000"));
    let untaken = talk(&hood, &fumiko);
    assert_eq!((untaken.state, untaken.reached), (CaseState::Open, Reached::Number), "it stays on the desk");
    assert_eq!((raised(&minoru).await, raised(&fumiko).await), (vec![], vec![]));
    let steps: Vec<Step> = untaken.history.iter().map(|entry| entry.what).collect();
    assert_eq!(steps, [Step::Opened, Step::PassedToChair, Step::NumberShown]);

    fumiko.take_case(fumiko.person.clone(), untaken.op).await.unwrap();
    hood.until("taken after all", &everybody, || mine(&kiku).state == NewsState::Taken).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_commissioners_who_take_it_at_once_the_first_has_it() {
    let hood = midori().await;
    let [kiku, fumiko, saburo] =
        [hood.phone("高橋 キク").await, hood.phone("山本 文子").await, hood.phone("伊藤 三郎").await];
    let case = kiku.check_in(Mood::Talk).await.unwrap();
    let everybody = [&kiku, &fumiko, &saburo];
    let here = |phone: &Phone| !phone.desk(&hood.group(TEAM)).talks.is_empty();
    hood.until("the request on both phones", &everybody, || here(&fumiko) && here(&saburo)).await;
    for phone in [&fumiko, &saburo] {
        phone.take_case(phone.person.clone(), case.clone()).await.unwrap();
        assert_eq!(talk(&hood, phone).owner, Some(phone.person.clone()), "each sees it as theirs until it is sent");
    }
    fumiko.sync().await;
    saburo.sync().await;
    let refused = saburo.outbox();
    assert_eq!(
        refused.iter().map(|op| (op.state, op.code.as_deref())).collect::<Vec<_>>(),
        [(OpState::Refused, Some("conflict"))]
    );
    assert_eq!(talk(&hood, &saburo).owner_name.as_deref(), Some("山本 文子"), "and sees who has it");
    hood.until("one owner", &everybody, || mine(&kiku).by.as_deref() == Some("山本 文子")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_team_is_staffed_the_phone_offers_the_number() {
    let hood = midori().await;
    let [ai, chair] = [hood.phone("加藤 愛").await, hood.phone("小林 茂").await];
    let way = |name: &str, telephone: &str, hours: &str| TalkWay::Number {
        name: name.to_owned(),
        telephone: telephone.to_owned(),
        hours: hours.to_owned(),
    };
    assert_eq!(ai.home().talk, way(CENTRE, "03-0000-0000", "平日 9:00–17:00"));
    assert_eq!(ai.check_in(Mood::Talk).await.unwrap_err().code(), "no_team");
    let near = kairan_core::records::Support {
        name: "東山 相談室".to_owned(),
        telephone: "03-1111-1111".to_owned(),
        hours: String::new(),
    };
    chair.set_support(chair.person.clone(), hood.group("東山町内会"), Some(near)).await.unwrap();
    hood.until("the nearer number", &[&chair, &ai], || ai.home().talk == way("東山 相談室", "03-1111-1111", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistaken_tap_that_was_taken_is_shown_as_taken_back() {
    let hood = midori().await;
    let [kiku, fumiko] = [hood.phone("高橋 キク").await, hood.phone("山本 文子").await];
    let case = kiku.check_in(Mood::Talk).await.unwrap();
    let both = [&kiku, &fumiko];
    hood.until("the request", &both, || !fumiko.desk(&hood.group(TEAM)).talks.is_empty()).await;
    fumiko.take_case(fumiko.person.clone(), case.clone()).await.unwrap();
    fumiko.sync().await;
    kiku.take_back(kiku.person.clone(), case).await.unwrap();
    assert_eq!(kiku.my_talks(kiku.person.clone()).unwrap(), []);
    hood.until("that it was a mistake", &both, || talk(&hood, &fumiko).taken_back).await;
    assert_eq!(talk(&hood, &fumiko).state, CaseState::Closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_server_has_the_cases_back_and_alerts_nobody_twice() {
    let mut hood = midori().await;
    let [kiku, ken, fumiko, minoru] = [
        hood.phone("高橋 キク").await,
        hood.phone("高橋 健").await,
        hood.phone("山本 文子").await,
        hood.phone("田中 実").await,
    ];
    let everybody = [&kiku, &ken, &fumiko, &minoru];
    let before = kiku.check_in(Mood::Talk).await.unwrap();
    let talks = |phone: &Phone| phone.desk(&hood.group(TEAM)).talks;
    hood.until("the request", &everybody, || talks(&fumiko).len() == 1).await;
    let copy = hood.backup().await;
    let me = fumiko.person.clone();
    fumiko.take_case(me.clone(), before.clone()).await.unwrap();
    fumiko.note_case(me.clone(), before, "電話をしました。".to_owned()).await.unwrap();
    let since = ken.check_in(Mood::Talk).await.unwrap();
    hood.until("the second request", &everybody, || talks(&fumiko).len() == 2).await;
    fumiko.see_case(me.clone(), since.clone()).await.unwrap();
    fumiko.close_case(me, since, None).await.unwrap();
    hood.until("what was done", &everybody, || mine(&ken).state == NewsState::Closed).await;
    raised(&fumiko).await;
    let lost = talks(&fumiko);

    hood.restore_on_another_machine(&copy).await;
    // Longer than anybody has time for: nobody could have known.
    hood.pass(7 * HOUR);
    let talks = |phone: &Phone| phone.desk(&hood.group(TEAM)).talks;
    hood.until("everything back", &everybody, || {
        let back = (mine(&kiku).state, mine(&ken).state) == (NewsState::Taken, NewsState::Closed);
        back && everybody.iter().all(|phone| phone.home().waiting == 0)
    })
    .await;
    hood.until("another look at everything", &everybody, || true).await;
    assert_eq!(mine(&kiku).by.as_deref(), Some("山本 文子"));
    assert_eq!((talks(&fumiko), talks(&minoru)), (lost.clone(), lost));
    assert_eq!((raised(&fumiko).await, raised(&minoru).await), (vec![], vec![]));
    let bad: Vec<_> = hood.check().await.into_iter().filter(|line| !line.good).collect();
    assert_eq!(bad, []);
}
