//! Roles come and go: what a new holder sees, and what is gone for the one before.

use kairan_core::records::RoleKind;
use kairan_protocol::{feed::FeedName, id::RoleId, op::Command, outcome::Outcome, people};
use kairan_tests::{DAY, Neighbourhood, RawPhone, raw};
use std::time::Duration;

fn grant(
    hood: &Neighbourhood,
    person: &str,
    group: &str,
    kind: people::RoleKind,
    until: Option<i64>,
) -> (RoleId, Command) {
    let role = RoleId::random().unwrap();
    let until = until.map(|millis| hood.now().plus_millis(millis));
    (role, Command::GrantRole { role, person: hood.person_id(person), group: hood.group_id(group), kind, until })
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_role_ends_its_desk_is_gone_and_nothing_is_sent_any_more() {
    let hood = Neighbourhood::midori().await;
    let [chair, leader] = [hood.phone("佐藤 一郎").await, hood.phone("鈴木 次郎").await];
    assert_eq!(leader.desk_names(), ["緑ヶ丘1班"]);
    let role = leader.me().unwrap().persons[0].roles[0].id.clone();
    chair.end_role(chair.person.clone(), role).await.unwrap();
    chair.sync().await;

    // The phone does not know yet: what it sends now is refused by the server, and says why.
    let draft = hood.circular("緑ヶ丘1班", &["緑ヶ丘1班"], "班の掃除");
    let late = leader.post(draft.clone()).await.unwrap();
    leader.sync().await;
    let refused = leader.outbox();
    assert_eq!(refused.iter().map(|op| op.id.as_str()).collect::<Vec<_>>(), [late.as_str()]);
    assert_eq!(refused[0].code.as_deref(), Some("role_ended"));
    assert_eq!(leader.home().refused, 1);

    // Now it knows.
    leader.sync().await;
    assert_eq!(leader.desk_names(), Vec::<String>::new());
    assert!(!leader.has_desk(&hood.group("緑ヶ丘1班")));
    assert!(leader.me().unwrap().persons[0].roles.is_empty());
    let code = leader.post(draft).await.unwrap_err();
    assert!(matches!(code.code(), "role_ended" | "not_allowed"), "{code}");
    leader.discard(late).await.unwrap();
    assert_eq!(leader.home().refused, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_whose_term_is_over_ends_by_itself() {
    let hood = Neighbourhood::midori().await;
    let (_, command) = grant(&hood, "高橋 健", "緑ヶ丘1班", people::RoleKind::BlockLeader, Some(3_600_000));
    assert!(matches!(hood.steward(command).await.outcome, Outcome::Applied { .. }));
    let ken = hood.phone("高橋 健").await;
    assert_eq!(ken.desk_names(), ["緑ヶ丘1班"]);
    let by_hand = hood.raw("高橋 健").await;
    hood.pass(Duration::from_secs(3_601));
    assert_eq!(ken.desk_names(), Vec::<String>::new(), "the phone hides it at the hour, asked or not");
    let block = hood.group_id("緑ヶ丘1班");
    let mut by_hand = by_hand;
    by_hand.now = hood.now();
    let (_, outcome) = by_hand.act(raw::circular(block, block, "もう班長ではない")).await;
    assert_eq!(raw::refusal(&outcome), Some("role_ended"));
    let desks = |feeds: &std::collections::BTreeMap<FeedName, _>| {
        feeds.keys().filter(|feed| matches!(feed, FeedName::Desk(_))).count()
    };
    assert_eq!(desks(&by_hand.feeds().await), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_block_leader_sees_the_past_of_the_desk() {
    let hood = Neighbourhood::midori().await;
    let [chair, leader, ken] =
        [hood.phone("佐藤 一郎").await, hood.phone("鈴木 次郎").await, hood.phone("高橋 健").await];
    let sent = leader.post(hood.circular("緑ヶ丘1班", &["緑ヶ丘1班"], "班の掃除")).await.unwrap();
    leader.sync().await;
    ken.sync().await;
    ken.acknowledge(&sent).await;
    ken.sync().await;
    hood.pass(DAY * 30);

    chair
        .grant_role(chair.person.clone(), ken.person.clone(), hood.group("緑ヶ丘1班"), RoleKind::BlockLeader, None)
        .await
        .unwrap();
    chair.sync().await;
    let desk = hood.group("緑ヶ丘1班");
    hood.until("the desk with its past", &[&ken], || ken.desk_notice(&desk, &sent).is_some()).await;
    assert_eq!(ken.desk_names(), ["緑ヶ丘1班"]);
    let seen = ken.desk_notice(&desk, &sent).unwrap();
    assert_eq!(seen.line.title, "班の掃除");
    assert_eq!((seen.counts.households, seen.counts.acknowledged), (4, 1));
    assert_eq!(ken.desk(&desk).rosters[0].homes.len(), 4);

    // And goes on where the one before stopped.
    let title = Some("班の掃除（延期）".to_owned());
    ken.correct(&sent, 1, kairan_core::records::Correction { title, ..Default::default() }).await.unwrap();
    ken.sync().await;
    leader.sync().await;
    assert_eq!(leader.notice(&sent).line.title, "班の掃除（延期）");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_a_role_to_themselves() {
    let hood = Neighbourhood::midori().await;
    let chair = hood.raw("佐藤 一郎").await;
    let (_, command) = grant(&hood, "佐藤 一郎", "緑ヶ丘1班", people::RoleKind::BlockLeader, None);
    let (_, outcome) = chair.act(command).await;
    assert_eq!(raw::refusal(&outcome), Some("own_role"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chair_cannot_reach_moods_by_way_of_a_new_member_of_staff() {
    // Staff appoint commissioners. A chair who appointed staff would appoint commissioners by one more step.
    let hood = Neighbourhood::midori().await;
    let chair = hood.raw("佐藤 一郎").await;
    let (_, command) = grant(&hood, "佐藤 花子", "緑ヶ丘町内会", people::RoleKind::MunicipalStaff, None);
    let (_, outcome) = chair.act(command).await;
    assert_eq!(raw::refusal(&outcome), Some("not_allowed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_cannot_become_a_commissioner_or_the_chair_by_printing_their_invitation() {
    // An invitation opens everything its people may do and read: printing one must not be the way to another's role.
    let hood = Neighbourhood::midori().await;
    for (leader, household, victim) in [("伊藤 三郎", "山本", "山本 文子"), ("鈴木 次郎", "佐藤", "佐藤 一郎")]
    {
        let has_joined = hood.phone(victim).await;
        assert_eq!(has_joined.desk_names().len(), 1);
        let leader = hood.raw(leader).await;
        let secret = kairan_protocol::invite::Secret::random().unwrap();
        let (_, outcome) = leader.act(raw::invite_household(hood.group_id(household), &secret)).await;
        if raw::refusal(&outcome) == Some("not_allowed") {
            continue;
        }
        // Printed it may be: but a phone that joins by it does not hold the role.
        let joined = RawPhone::join(&hood.base(), &leader.identity, &secret.letters(), &[victim]).await;
        let desk = match joined {
            Ok(phone) => phone.feeds().await.into_keys().any(|feed| matches!(feed, FeedName::Desk(_))),
            Err(_) => false,
        };
        assert!(!desk, "{victim}'s desk is read by who printed an invitation");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_does_not_stand_where_its_kind_has_no_place() {
    let hood = Neighbourhood::midori().await;
    for (group, kind) in [
        ("緑ヶ丘町内会", people::RoleKind::Commissioner),
        ("緑ヶ丘 民生委員", people::RoleKind::BlockLeader),
        ("緑ヶ丘町内会", people::RoleKind::BlockLeader),
        ("高橋", people::RoleKind::Officer),
    ] {
        let (_, command) = grant(&hood, "高橋 健", group, kind, None);
        assert_eq!(raw::refusal(&hood.steward(command).await.outcome), Some("wrong_place"), "{kind:?} at {group}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commissioner_who_is_replaced_loses_the_moods_and_the_successor_has_them() {
    let hood = Neighbourhood::midori().await;
    let [old, new, kiku] =
        [hood.phone("山本 文子").await, hood.phone("佐藤 花子").await, hood.phone("高橋 キク").await];
    let desk = hood.group("緑ヶ丘 民生委員");
    kiku.consent(true).await;
    kiku.check_in(kairan_core::records::Mood::Good).await.unwrap();
    hood.until("the mood", &[&kiku, &old], || !old.desk(&desk).statuses.is_empty()).await;
    let role = old.me().unwrap().persons[0].roles[0].id.parse().unwrap();
    let (_, command) = grant(&hood, "佐藤 花子", "緑ヶ丘 民生委員", people::RoleKind::Commissioner, None);
    assert!(matches!(hood.steward(command).await.outcome, Outcome::Applied { .. }));
    assert!(matches!(hood.steward(Command::EndRole { role }).await.outcome, Outcome::Applied { .. }));

    hood.until("the status at the successor", &[&new], || {
        new.has_desk(&desk) && new.desk(&desk).statuses.iter().any(|status| status.mood.is_some())
    })
    .await;
    old.sync().await;
    assert!(old.desk_names().is_empty() && !old.has_desk(&desk));
    // Hidden at once, erased by the second round: no byte of it stays.
    old.sync().await;
    assert_eq!(kairan_tests::bytes::files_with(old.dir(), b"\"strip\""), Vec::<String>::new());
}
