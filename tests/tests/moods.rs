//! How somebody is: said with consent, read by the commissioners' team, and by nobody else anywhere.

use kairan_core::records::Mood;
use kairan_protocol::{check_in, op::Command, outcome::Outcome};
use kairan_tests::{DAY, Neighbourhood, bytes, raw, wiretap::Wiretap};
use std::time::Duration;

const TEAM: &str = "緑ヶ丘 民生委員";

#[tokio::test(flavor = "multi_thread")]
async fn a_mood_needs_its_persons_consent_first() {
    let hood = Neighbourhood::midori().await;
    let kiku = hood.phone("高橋 キク").await;
    assert!(!kiku.home().consent);
    assert_eq!(kiku.check_in(Mood::Good).await.unwrap_err().code(), "consent_needed");
    assert!(kiku.outbox().is_empty(), "nothing was written");

    // The server says the same to a program that does not ask itself.
    let by_hand = hood.raw("佐藤 花子").await;
    let (_, outcome) = by_hand.act(raw::check_in(check_in::Mood::Good, "2026-11-22")).await;
    assert_eq!(raw::refusal(&outcome), Some("consent_needed"));

    kiku.consent(true).await;
    assert!(kiku.home().consent);
    kiku.check_in(Mood::Good).await.unwrap();
    kiku.sync().await;
    assert!(kiku.outbox().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_team_sees_a_consenting_person_until_they_say_no_again() {
    let hood = Neighbourhood::midori().await;
    let [team, kiku] = [hood.phone("山本 文子").await, hood.phone("高橋 キク").await];
    let desk = hood.group(TEAM);
    assert_eq!(team.desk_names(), [TEAM]);
    kiku.consent(true).await;
    kiku.check_in(Mood::Fair).await.unwrap();
    hood.until("the mood at the team", &[&kiku, &team], || {
        team.desk(&desk).statuses.iter().any(|status| status.mood == Some(Mood::Fair))
    })
    .await;
    let status = team.desk(&desk).statuses[0].clone();
    assert_eq!((status.name.as_str(), status.household.as_str()), ("高橋 キク", "高橋"));
    assert_eq!(status.strip.last(), Some(&Some(Mood::Fair)));

    kiku.consent(false).await;
    hood.until("the status to be gone from the team", &[&kiku, &team], || team.desk(&desk).statuses.is_empty()).await;
    assert_eq!(kiku.check_in(Mood::Good).await.unwrap_err().code(), "consent_needed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mood_whose_consent_was_withdrawn_in_the_same_breath_is_not_left_at_the_team() {
    let hood = Neighbourhood::midori().await;
    let [team, kiku] = [hood.phone("山本 文子").await, hood.phone("高橋 キク").await];
    let desk = hood.group(TEAM);
    kiku.consent(true).await;
    kiku.check_in(Mood::Good).await.unwrap();
    kiku.consent(false).await;
    kiku.sync().await;
    hood.pass(Duration::from_secs(5));
    // A neighbour's status, sent afterwards, has arrived: so would have been the other one.
    let hanako = hood.phone("佐藤 花子").await;
    hanako.consent(true).await;
    hanako.check_in(Mood::Good).await.unwrap();
    hood.until("the neighbour's mood", &[&hanako, &team], || !team.desk(&desk).statuses.is_empty()).await;
    assert_eq!(team.desk(&desk).statuses.iter().map(|status| status.name.as_str()).collect::<Vec<_>>(), ["佐藤 花子"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_for_a_talk_needs_no_consent_and_reaches_the_team_only() {
    let hood = Neighbourhood::midori().await;
    let [team, kiku] = [hood.phone("山本 文子").await, hood.phone("高橋 キク").await];
    assert_eq!(kiku.home().team.as_deref(), Some(TEAM));
    let op = kiku.check_in(Mood::Talk).await.unwrap();
    let desk = hood.group(TEAM);
    hood.until("the request at the team", &[&kiku, &team], || !team.desk(&desk).talks.is_empty()).await;
    let seen = team.desk(&desk);
    assert_eq!(
        seen.talks.iter().map(|talk| (talk.op.as_str(), talk.name.as_str())).collect::<Vec<_>>(),
        [(op.as_str(), "高橋 キク")]
    );
    assert!(seen.statuses.is_empty(), "tapping 相談したい consents to that request alone");
    assert!(!kiku.home().consent);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_team_is_staffed_a_talk_is_not_offered_and_not_taken() {
    let hood = Neighbourhood::midori().await;
    let ai = hood.phone("加藤 愛").await;
    assert_eq!(ai.home().team, None);
    assert_eq!(ai.check_in(Mood::Talk).await.unwrap_err().code(), "no_team");
    let by_hand = hood.raw("山田 太郎").await;
    let (_, outcome) = by_hand.act(raw::check_in(check_in::Mood::Talk, "2026-11-22")).await;
    assert_eq!(raw::refusal(&outcome), Some("no_team"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_and_staff_without_a_home_are_not_asked_how_they_are() {
    let hood = Neighbourhood::midori().await;
    let [guest, clerk] = [hood.phone("高橋 遠子").await, hood.phone("市民課 係員").await];
    assert!(!guest.home().can_check_in && !clerk.home().can_check_in);
    assert!(hood.phone("高橋 キク").await.home().can_check_in);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_mood_is_in_an_officers_phone_or_on_its_line() {
    let hood = Neighbourhood::midori().await;
    let (to_officer, to_team) = (Wiretap::before(&hood), Wiretap::before(&hood));
    let chair = hood.join(&hood.sheet("佐藤 一郎").await.through(to_officer.address), &["佐藤 一郎"]).await.unwrap();
    let staff =
        hood.join(&hood.sheet("市民課 係員").await.through(to_officer.address), &["市民課 係員"]).await.unwrap();
    let leader = hood.join(&hood.sheet("鈴木 次郎").await.through(to_officer.address), &["鈴木 次郎"]).await.unwrap();
    let neighbour =
        hood.join(&hood.sheet("佐藤 花子").await.through(to_officer.address), &["佐藤 花子"]).await.unwrap();
    let guest = hood.join(&hood.sheet("高橋 遠子").await.through(to_officer.address), &["高橋 遠子"]).await.unwrap();
    let team = hood.join(&hood.sheet("山本 文子").await.through(to_team.address), &["山本 文子"]).await.unwrap();
    let [kiku, ken] = [hood.phone("高橋 キク").await, hood.phone("高橋 健").await];

    // Four days of answers, the last one a request for a talk; and a son who agreed to nothing and asks for one too.
    kiku.consent(true).await;
    for mood in [Mood::Good, Mood::Fair, Mood::Good, Mood::Talk] {
        kiku.check_in(mood).await.unwrap();
        kiku.sync().await;
        hood.pass(DAY);
    }
    let asked = ken.check_in(Mood::Talk).await.unwrap();
    let desk = hood.group(TEAM);
    let talks = || team.desk(&desk).talks.len();
    let everyone = [&ken, &chair, &staff, &leader, &neighbour, &guest, &team];
    hood.until("both requests at the team", &everyone, || talks() == 2 && !team.desk(&desk).statuses.is_empty()).await;
    hood.until("another look at everything", &everyone, || true).await;

    let strip = format!("{}gfgt", ".".repeat(26));
    let words = ["\"mood\"", "\"strip\"", strip.as_str()];
    for phone in [&chair, &staff, &leader, &neighbour, &guest] {
        for word in words {
            assert_eq!(
                bytes::files_with(phone.dir(), word.as_bytes()),
                Vec::<String>::new(),
                "{word} on {}",
                phone.person
            );
        }
        assert!(bytes::files_with(phone.dir(), asked.as_bytes()).is_empty(), "not even that somebody asked");
    }
    // Who lives where stands on the association's desk, and nowhere above it.
    for dir in [staff.dir(), guest.dir()] {
        assert!(bytes::files_with(dir, ken.person.as_bytes()).is_empty(), "nor that there is such a person");
    }
    assert!(!bytes::files_with(team.dir(), asked.as_bytes()).is_empty(), "the search would have found it");
    for word in words {
        assert!(!bytes::holds(&to_officer.heard(), word.as_bytes()), "{word} on the officers' line");
    }
    // That the search would have found it:
    for word in words {
        assert!(bytes::holds(&to_team.heard(), word.as_bytes()), "{word} on the team's line");
        assert!(!bytes::files_with(team.dir(), word.as_bytes()).is_empty(), "{word} on the team's phone");
    }
    assert!(bytes::holds(&to_officer.heard(), "緑ヶ丘町内会".as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_has_not_begun_and_one_long_ago_are_refused() {
    let hood = Neighbourhood::midori().await;
    let hanako = hood.raw("佐藤 花子").await;
    let (_, outcome) = hanako.act(Command::Consent { moods_to_team: true }).await;
    assert!(matches!(outcome, Outcome::Applied { .. }));
    for (day, code) in [("2026-11-23", "day_ahead"), ("2026-08-01", "day_past")] {
        let (_, outcome) = hanako.act(raw::check_in(check_in::Mood::Good, day)).await;
        assert_eq!(raw::refusal(&outcome), Some(code), "{day}");
    }
}
