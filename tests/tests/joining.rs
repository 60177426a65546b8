//! Joining by a printed sheet, and every way in which it does not work.

use kairan_core::records::Joining;
use kairan_protocol::{
    id::PersonId,
    invite::Secret,
    sign::{Fingerprint, Key, Purpose, sign},
    wire::{EnrolRequest, EnrolResponse, ProblemCode, SyncRequest},
};
use kairan_tests::{DAY, HOUR, Neighbourhood, RawPhone, district, phone::Handset, raw};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_can_be_scanned_or_typed() {
    let hood = Neighbourhood::midori().await;
    let sheet = hood.sheet("高橋 キク").await;
    let scanned = hood.join(&sheet, &["高橋 キク"]).await.unwrap();
    let typed =
        kairan_tests::Phone::join(&sheet.typed(), &["高橋 健"], Handset::new(Arc::clone(&hood.clock))).await.unwrap();
    typed.sync().await;
    assert_eq!(scanned.me().unwrap().district, "みどり市");
    assert_eq!(typed.me().unwrap().persons[0].name, "高橋 健");
    assert_eq!(typed.me().unwrap().persons[0].household.as_deref(), Some("高橋"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_is_shown_whom_it_joins_before_it_is_in() {
    let hood = Neighbourhood::midori().await;
    let sheet = hood.sheet("高橋 キク").await;
    let dir = tempfile::tempdir().unwrap();
    let handset = Handset::new(Arc::clone(&hood.clock));
    let kairan = kairan_core::Kairan::open(dir.path().display().to_string(), handset).unwrap();
    let Joining::Choose { name, persons } = kairan.join(sheet.link.clone(), Vec::new()).await.unwrap() else {
        panic!()
    };
    assert_eq!(name, "高橋");
    let listed: Vec<(&str, bool)> = persons.iter().map(|person| (person.name.as_str(), person.joined)).collect();
    assert_eq!(listed, [("高橋 キク", false), ("高橋 健", false)]);
    assert!(!kairan.me().unwrap().joined);
    let chosen = persons[0].id.clone();
    assert!(matches!(kairan.join(sheet.link, vec![chosen]).await.unwrap(), Joining::Joined { .. }));
    assert!(kairan.me().unwrap().joined);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_is_refused_and_a_mistyped_one_never_leaves_the_phone() {
    let hood = Neighbourhood::midori().await;
    let sheet = hood.sheet("高橋 キク").await;
    let handset = Handset::new(Arc::clone(&hood.clock));
    let mut wrong = sheet.clone();
    wrong.link = sheet.link.replace(&sheet.secret.replace('-', ""), &Secret::random().unwrap().letters());
    let code = kairan_tests::Phone::join(&wrong.link, &["高橋 キク"], Arc::clone(&handset)).await.err().unwrap();
    assert_eq!(code.code(), "invite_unknown");
    let code = kairan_tests::Phone::join("ABCD", &["高橋 キク"], handset).await.err().unwrap();
    assert_eq!(code.code(), "bad_code");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_the_one_on_the_sheet_is_not_spoken_to() {
    let hood = Neighbourhood::midori().await;
    let sheet = hood.sheet("高橋 キク").await;
    let other = Fingerprint::of(b"somebody else");
    let link = sheet.link.replace(&sheet.identity().to_string(), &other.to_string());
    let handset = Handset::new(Arc::clone(&hood.clock));
    let error = kairan_tests::Phone::join(&link, &["高橋 キク"], handset).await.err().unwrap();
    assert!(
        !matches!(error.code(), "invite_unknown" | "bad_proof" | "internal"),
        "{error}: the secret was shown to a stranger"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_used_up_when_everybody_it_lists_has_joined() {
    let hood = Neighbourhood::midori().await;
    let sheet = hood.sheet("高橋 キク").await;
    let again = |names: &'static [&'static str]| RawPhone::join_by(&hood, &sheet, names);
    again(&["高橋 キク"]).await.unwrap();
    again(&["高橋 健"]).await.unwrap();
    assert_eq!(again(&["高橋 健"]).await.err().unwrap().code, ProblemCode::InviteUsed);
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolling_twice_with_the_same_key_is_the_same_device() {
    let hood = Neighbourhood::midori().await;
    let sheet = hood.sheet("鈴木 次郎").await;
    let (http, key) = (raw::client(), raw::device_key());
    let enrol = async |persons: Vec<PersonId>| {
        raw::enrol(&http, &hood.base(), &sheet.identity(), &sheet.secret, &key, persons).await.unwrap()
    };
    let jiro = hood.person_id("鈴木 次郎");
    let (EnrolResponse::Enrolled(first), EnrolResponse::Enrolled(second)) =
        (enrol(vec![jiro]).await, enrol(vec![jiro]).await)
    else {
        panic!("not enrolled")
    };
    assert_eq!(
        first.device, second.device,
        "an answer that was lost costs nothing, not even when the invitation is used up"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reprinted_invitation_voids_the_one_before() {
    let hood = Neighbourhood::midori().await;
    let [old, new] = [hood.sheet("高橋 キク").await, hood.sheet("高橋 キク").await];
    assert_eq!(RawPhone::join_by(&hood, &old, &["高橋 キク"]).await.err().unwrap().code, ProblemCode::InviteVoid);
    RawPhone::join_by(&hood, &new, &["高橋 キク"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_good_for_sixty_days() {
    let hood = Neighbourhood::midori().await;
    let [early, late] = [hood.sheet("高橋 キク").await, hood.sheet("鈴木 次郎").await];
    hood.pass(DAY * 59 + HOUR * 23);
    RawPhone::join_by(&hood, &early, &["高橋 キク"]).await.unwrap();
    hood.pass(HOUR);
    assert_eq!(RawPhone::join_by(&hood, &late, &["鈴木 次郎"]).await.err().unwrap().code, ProblemCode::InviteExpired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_the_sheet_does_not_list_is_not_let_in_by_it() {
    let hood = Neighbourhood::midori().await;
    let sheet = hood.sheet("高橋 キク").await;
    let (http, key) = (raw::client(), raw::device_key());
    let chair = vec![hood.person_id("佐藤 一郎")];
    let problem = raw::enrol(&http, &hood.base(), &sheet.identity(), &sheet.secret, &key, chair).await.err().unwrap();
    assert_eq!(problem.code, ProblemCode::NotListed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_somebody_else_holds_is_not_enrolled() {
    let hood = Neighbourhood::midori().await;
    let sheet = hood.sheet("高橋 キク").await;
    let (mine, theirs) = (raw::device_key(), raw::device_key());
    let key = Key::of(&theirs);
    let proof = sign(&mine, Purpose::Enrol, &EnrolRequest::payload(&sheet.identity(), &sheet.secret, &key));
    let persons = vec![hood.person_id("高橋 キク")];
    let request = EnrolRequest { secret: sheet.secret.clone(), key, proof, persons, name: "x".to_owned() };
    let sent = raw::client().post(format!("{}/v1/enrol", hood.base())).json(&request).send().await.unwrap();
    assert_eq!(raw::answer::<EnrolResponse>(sent).await.err().unwrap().code, ProblemCode::BadProof);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_ninety_days_and_the_device_key_gets_the_next() {
    let hood = Neighbourhood::midori().await;
    let mut kiku = hood.raw("高橋 キク").await;
    hood.pass(DAY * 89);
    kiku.sync(&SyncRequest::default()).await.unwrap();
    hood.pass(DAY * 2);
    assert_eq!(kiku.sync(&SyncRequest::default()).await.unwrap_err().code, ProblemCode::TokenUnknown);
    assert_eq!(kiku.renew(hood.now().plus_millis(-3_600_000)).await.unwrap_err().code, ProblemCode::BadProof);
    kiku.token = kiku.renew(hood.now()).await.unwrap().secret;
    kiku.sync(&SyncRequest::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_slept_a_year_comes_back_by_itself() {
    let hood = Neighbourhood::midori().await;
    let [officer, kiku] = [hood.phone("田中 実").await, hood.phone("高橋 キク").await];
    let unread = officer.post(hood.circular("緑ヶ丘町内会", &["緑ヶ丘町内会"], "公園の清掃")).await.unwrap();
    officer.sync().await;
    hood.pass(DAY * 365);
    kiku.sync().await;
    assert!(kiku.has(&unread), "an unread circular never vanishes because a phone slept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_for_a_token_works_once() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.raw("高橋 キク").await;
    let at = hood.now();
    kiku.renew(at).await.unwrap();
    assert_eq!(kiku.renew(at).await.unwrap_err().code, ProblemCode::BadProof);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_sheets_of_another_district_mean_nothing_here() {
    let [ours, theirs] = [Neighbourhood::midori().await, Neighbourhood::of(district::TONARI).await];
    let mut stranger = theirs.raw("隣 住人").await;
    stranger.base = ours.base();
    assert_eq!(stranger.sync(&SyncRequest::default()).await.unwrap_err().code, ProblemCode::TokenUnknown);
    assert_eq!(stranger.renew(ours.now()).await.unwrap_err().code, ProblemCode::DeviceUnknown);
    let sheet = theirs.sheet("隣 住人").await;
    assert_eq!(RawPhone::join_by(&ours, &sheet, &[]).await.err().unwrap().code, ProblemCode::BadProof);
    let identity = ours.sheet("高橋 キク").await.identity();
    assert_eq!(
        RawPhone::join(&ours.base(), &identity, &sheet.secret, &[]).await.err().unwrap().code,
        ProblemCode::InviteUnknown
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_guesses_codes_is_stopped() {
    let hood = Neighbourhood::with_limits(district::MIDORI, kairan_server::http::Limits::default()).await;
    let sheet = hood.sheet("高橋 キク").await;
    let (http, key) = (raw::client(), raw::device_key());
    let mut stopped = None;
    for guess in 0..500 {
        let secret = Secret::random().unwrap().letters();
        let problem =
            raw::enrol(&http, &hood.base(), &sheet.identity(), &secret, &key, Vec::new()).await.err().unwrap();
        if problem.code == ProblemCode::TooMany {
            stopped = Some(guess);
            break;
        }
        assert_eq!(problem.code, ProblemCode::InviteUnknown);
    }
    assert!(stopped.is_some_and(|guess| guess >= 5), "a household that mistypes is not locked out: {stopped:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_asks_without_end_is_told_to_wait_and_holds_up_no_other() {
    let hood = Neighbourhood::with_limits(district::MIDORI, kairan_server::http::Limits::default()).await;
    let [mad, calm] = [hood.raw("高橋 キク").await, hood.raw("鈴木 次郎").await];
    let mut stopped = false;
    for _ in 0..2_000 {
        match mad.sync(&SyncRequest::default()).await {
            Ok(_) => {}
            Err(problem) => {
                assert_eq!(problem.code, ProblemCode::TooMany);
                stopped = true;
                break;
            }
        }
    }
    assert!(stopped);
    calm.sync(&SyncRequest::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_prints_an_invitation_that_works() {
    let hood = Neighbourhood::midori().await;
    let leader = hood.raw("鈴木 次郎").await;
    let secret = Secret::random().unwrap();
    let (_, outcome) = leader.act(raw::invite_household(hood.group_id("高橋"), &secret)).await;
    assert_eq!(raw::refusal(&outcome), None);
    let phone = RawPhone::join(&hood.base(), &leader.identity, &secret.letters(), &["高橋 健"]).await.unwrap();
    assert_eq!(phone.person(), hood.person_id("高橋 健"));
}
