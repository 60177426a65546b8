//! Phones: shared, lost, given away, left.

use kairan_core::records::{Arrival, Mood, SealState};
use kairan_protocol::{
    op::Command,
    wire::{ProblemCode, SyncRequest},
};
use kairan_tests::{Neighbourhood, bytes, raw, wait};

#[tokio::test(flavor = "multi_thread")]
async fn two_people_on_one_phone_answer_each_for_themselves() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let shared = hood.shared_phone(&["高橋 キク", "高橋 健"]).await;
    let [kiku, ken] = [shared.id_of("高橋 キク"), shared.id_of("高橋 健")];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    shared.sync().await;
    shared.kairan.acknowledge(kiku.clone(), notice.clone()).await.unwrap();
    let seal = |person: &str| shared.kairan.notice(person.to_owned(), notice.clone()).unwrap().seal;
    assert!(matches!(seal(&kiku), SealState::Waiting { .. }));
    assert_eq!(seal(&ken), SealState::NotYet);

    shared.kairan.consent(ken.clone(), true).await.unwrap();
    shared.kairan.check_in(ken.clone(), Mood::Good).await.unwrap();
    shared.sync().await;
    assert!(shared.kairan.home(kiku.clone()).unwrap().check_in.is_none());
    assert!(!shared.kairan.home(kiku).unwrap().consent);
    assert_eq!(shared.kairan.home(ken).unwrap().check_in.unwrap().state, Arrival::Arrived);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_not_exercised_on_a_shared_phone() {
    let hood = Neighbourhood::midori().await;
    let shared = hood.shared_phone(&["佐藤 一郎", "佐藤 花子"]).await;
    let own = hood.phone("佐藤 一郎").await;
    assert_eq!(own.desk_names(), ["緑ヶ丘町内会"]);
    let chair = shared.id_of("佐藤 一郎");
    assert!(shared.kairan.desks(chair.clone()).unwrap().is_empty());
    let draft = hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃");
    assert_eq!(shared.kairan.post(chair, draft).await.unwrap_err().code(), "shared_device");

    let association = hood.group_id("緑ヶ丘町内会");
    let sheet = hood.sheet("佐藤 一郎").await;
    let by_hand = kairan_tests::RawPhone::join(&hood.base(), &sheet.identity(), &sheet.secret, &[]).await.unwrap();
    assert_eq!(by_hand.persons.len(), 2);
    let (_, outcome) = by_hand.act_as(hood.person_id("佐藤 一郎"), raw::circular(association, association, "x")).await;
    assert_eq!(raw::refusal(&outcome), Some("shared_device"));
    let personal = by_hand.feeds().await;
    assert!(personal.keys().all(|feed| !matches!(
        feed,
        kairan_protocol::feed::FeedName::Desk(_) | kairan_protocol::feed::FeedName::Staff(_)
    )));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_phone_knows_what_was_done_on_the_first() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let first = hood.phone("高橋 キク").await;
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    first.sync().await;
    first.consent(true).await;
    first.check_in(Mood::Fair).await.unwrap();
    first.acknowledge(&notice).await;
    first.sync().await;

    let second = hood.phone("高橋 キク").await;
    assert!(matches!(second.notice(&notice).seal, SealState::Acknowledged { .. }));
    assert_eq!(second.home().check_in.unwrap().mood, Mood::Fair);
    assert!(second.home().consent);
    let phones = second.phones(second.person.clone()).unwrap();
    assert_eq!(phones.len(), 2);
    assert_eq!(phones.iter().filter(|phone| phone.this).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_phone_is_signed_off_by_its_owner_erases_itself_and_is_let_in_no_more() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let [lost, kept] = [hood.phone("高橋 キク").await, hood.phone("高橋 キク").await];
    let notice = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    lost.sync().await;
    kept.sync().await;
    let device = kept.phones(kept.person.clone()).unwrap().into_iter().find(|phone| !phone.this).unwrap().device;
    kept.revoke(kept.person.clone(), device).await.unwrap();
    kept.sync().await;

    assert_eq!(lost.kairan.sync().await.unwrap_err().code(), "revoked");
    assert!(!lost.joined());
    assert_eq!(bytes::files_with(lost.dir(), "公園の清掃".as_bytes()), Vec::<String>::new());
    assert!(kept.has(&notice), "the other phone goes on");
    kept.sync().await;
    assert_eq!(kept.phones(kept.person.clone()).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_device_is_signed_off_its_live_stream_is_cut_and_its_token_refused() {
    let hood = Neighbourhood::midori().await;
    let [officer, lost] = [hood.raw("田中 実").await, hood.raw("高橋 キク").await];
    let mut live = lost.live().await;
    let (_, outcome) = officer.act(Command::Revoke { device: lost.device }).await;
    assert_eq!(raw::refusal(&outcome), None);
    wait::until("the stream to end", async || {
        tokio::time::timeout(std::time::Duration::from_secs(1), live.next()).await.is_ok_and(|event| event.is_none())
    })
    .await;
    assert_eq!(lost.sync(&SyncRequest::default()).await.unwrap_err().code, ProblemCode::Revoked);
    assert_eq!(lost.renew(hood.now()).await.unwrap_err().code, ProblemCode::Revoked);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_listens_erases_itself_as_soon_as_it_is_signed_off() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.phone("高橋 キク").await;
    let device = kiku.phones(kiku.person.clone()).unwrap()[0].device.parse().unwrap();
    kiku.start();
    let steward = hood.steward(Command::Revoke { device }).await;
    assert_eq!(raw::refusal(&steward.outcome), None);
    wait::until("the phone to be empty", async || !kiku.joined()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_leaves_a_phone_and_the_last_one_takes_everything_along() {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    let shared = hood.shared_phone(&["高橋 キク", "高橋 健"]).await;
    officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    shared.sync().await;
    shared.leave(shared.id_of("高橋 健")).await.unwrap();
    shared.sync().await;
    let people: Vec<String> = shared.me().unwrap().persons.into_iter().map(|person| person.name).collect();
    assert_eq!(people, ["高橋 キク"]);

    shared.leave(shared.id_of("高橋 キク")).await.unwrap();
    let _told = shared.kairan.sync().await;
    assert!(!shared.joined());
    assert_eq!(bytes::files_with(shared.dir(), "公園の清掃".as_bytes()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_speaks_for_a_person_their_phone_does_not_hold() {
    let hood = Neighbourhood::midori().await;
    let [kiku, ken] = [hood.raw("高橋 キク").await, hood.raw("高橋 健").await];
    let (_, outcome) = kiku.act_as(ken.person(), Command::Consent { moods_to_team: true }).await;
    assert_eq!(raw::refusal(&outcome), Some("not_on_this_device"));
    let (_, outcome) = kiku.act(Command::Revoke { device: ken.device }).await;
    assert!(raw::refusal(&outcome).is_some(), "not even the phone of the same home");
}
