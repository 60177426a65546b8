//! Links that were passed on: whoever comes with one waits for one tap of an officer.

use kairan_core::{
    Kairan,
    records::{Desk, Invited, Joining},
};
use kairan_tests::{DAY, Neighbourhood, Phone, Sheet, phone::Handset};
use std::sync::Arc;
use tempfile::TempDir;

/// A phone that has not joined, with its folder.
fn new_phone(hood: &Neighbourhood) -> (Arc<Kairan>, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let kairan = Kairan::open(dir.path().display().to_string(), Handset::new(Arc::clone(&hood.clock))).unwrap();
    (kairan, dir)
}

/// The chair passes a link on for a home.
async fn link(hood: &Neighbourhood, chair: &Phone, household: &str) -> Invited {
    let link = invited(hood, chair, household, true).await;
    chair.sync().await;
    assert!(chair.outbox().is_empty(), "the server has it");
    link
}

/// What an officer's phone makes, led through the relay of the story.
async fn invited(hood: &Neighbourhood, officer: &Phone, household: &str, passed_on: bool) -> Invited {
    let made = officer.invite(officer.person.clone(), hood.group(household), passed_on).await.unwrap();
    let Invited { link, address, check, secret, .. } = made.clone();
    let link = Sheet { link, address, check, secret }.through(hood.proxy.address).link;
    Invited { link, ..made }
}

async fn asks(kairan: &Kairan, link: &Invited, name: &str) -> Joining {
    let Joining::Choose { persons, .. } = kairan.join(link.link.clone(), Vec::new()).await.unwrap() else {
        panic!("not asked for whom")
    };
    let chosen = persons.into_iter().find(|person| person.name == name).unwrap().id;
    kairan.join(link.link.clone(), vec![chosen]).await.unwrap()
}

async fn desk(hood: &Neighbourhood, phone: &Phone, group: &str) -> Desk {
    phone.sync().await;
    phone.desk(&hood.group(group))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_with_a_link_waits_for_one_tap_and_is_in() {
    let hood = Neighbourhood::midori().await;
    let [chair, leader] = [hood.phone("佐藤 一郎").await, hood.phone("鈴木 次郎").await];
    let link = link(&hood, &chair, "高橋").await;
    let (kiku, _dir) = new_phone(&hood);
    let Joining::Waiting { name, digits } = asks(&kiku, &link, "高橋 キク").await else { panic!("let in at once") };
    assert_eq!(name, "高橋");
    assert!(!kiku.me().unwrap().joined);

    // Both who may do it see her, with the digits on her screen.
    let seen = desk(&hood, &leader, "緑ヶ丘1班").await.joins;
    assert_eq!(desk(&hood, &chair, "緑ヶ丘町内会").await.joins, seen);
    assert_eq!((seen[0].persons.as_slice(), &seen[0].digits), (["高橋 キク".to_owned()].as_slice(), &digits));
    assert!(matches!(asks(&kiku, &link, "高橋 キク").await, Joining::Waiting { .. }), "asking again changes nothing");
    assert_eq!(desk(&hood, &leader, "緑ヶ丘1班").await.joins.len(), 1);

    leader.approve(leader.person.clone(), seen[0].id.clone(), true).await.unwrap();
    assert!(leader.desk(&hood.group("緑ヶ丘1班")).joins.is_empty(), "gone with the tap, before it is sent");
    leader.sync().await;
    assert!(desk(&hood, &chair, "緑ヶ丘町内会").await.joins.is_empty());
    assert!(matches!(asks(&kiku, &link, "高橋 キク").await, Joining::Joined { .. }));
    kiku.sync().await.unwrap();
    assert_eq!(kiku.me().unwrap().persons[0].household.as_deref(), Some("高橋"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_turned_away_and_the_family_is_not() {
    let hood = Neighbourhood::midori().await;
    let chair = hood.phone("佐藤 一郎").await;
    let link = link(&hood, &chair, "高橋").await;
    let ((stranger, _one), (kiku, _two)) = (new_phone(&hood), new_phone(&hood));
    let Joining::Waiting { digits, .. } = asks(&stranger, &link, "高橋 キク").await else { panic!("let in") };
    asks(&kiku, &link, "高橋 キク").await;
    let waiting = desk(&hood, &chair, "緑ヶ丘町内会").await.joins;
    assert_eq!(waiting.len(), 2);
    for join in &waiting {
        // Told apart by what each reads out; where both happened to show the same, by who asked first.
        let is_stranger =
            if waiting[0].digits == waiting[1].digits { *join == waiting[0] } else { join.digits == digits };
        chair.approve(chair.person.clone(), join.id.clone(), !is_stranger).await.unwrap();
    }
    chair.sync().await;
    let Err(turned_away) = stranger.join(link.link.clone(), vec![hood.person_id("高橋 キク").to_string()]).await
    else {
        panic!("let in")
    };
    assert_eq!(turned_away.code(), "turned_away");
    assert!(matches!(asks(&kiku, &link, "高橋 キク").await, Joining::Joined { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_who_shows_the_code_on_their_own_screen_has_handed_it_over() {
    let hood = Neighbourhood::midori().await;
    let leader = hood.phone("鈴木 次郎").await;
    let shown = invited(&hood, &leader, "高橋", false).await;
    leader.sync().await;
    let (kiku, _dir) = new_phone(&hood);
    assert!(matches!(asks(&kiku, &shown, "高橋 キク").await, Joining::Joined { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_link_was_replaced_or_ran_out_waits_no_more() {
    let hood = Neighbourhood::midori().await;
    let chair = hood.phone("佐藤 一郎").await;
    let old = link(&hood, &chair, "高橋").await;
    let (kiku, _dir) = new_phone(&hood);
    asks(&kiku, &old, "高橋 キク").await;
    let newer = link(&hood, &chair, "高橋").await;
    assert!(desk(&hood, &chair, "緑ヶ丘町内会").await.joins.is_empty(), "the older link is void");
    assert_eq!(kiku.join(old.link, Vec::new()).await.unwrap_err().code(), "invite_void");

    asks(&kiku, &newer, "高橋 キク").await;
    assert_eq!(desk(&hood, &chair, "緑ヶ丘町内会").await.joins.len(), 1);
    hood.pass(61 * DAY);
    hood.until("nobody waits", &[&chair], || chair.desk(&hood.group("緑ヶ丘町内会")).joins.is_empty()).await;
    assert_eq!(kiku.join(newer.link, Vec::new()).await.unwrap_err().code(), "invite_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shared_with_a_crowd_lets_no_more_than_five_wait() {
    let hood = Neighbourhood::midori().await;
    let chair = hood.phone("佐藤 一郎").await;
    let link = link(&hood, &chair, "高橋").await;
    let person = vec![hood.person_id("高橋 健").to_string()];
    let crowd: Vec<(Arc<Kairan>, TempDir)> = (0..6).map(|_| new_phone(&hood)).collect();
    for (phone, _) in &crowd[..5] {
        assert!(matches!(phone.join(link.link.clone(), person.clone()).await.unwrap(), Joining::Waiting { .. }));
    }
    assert_eq!(crowd[5].0.join(link.link.clone(), person).await.unwrap_err().code(), "invite_used");
    assert_eq!(desk(&hood, &chair, "緑ヶ丘町内会").await.joins.len(), 5);
}
