//! What notifications are raised for: an emergency once ever, a talk until somebody looked.

use super::*;
use crate::records::AlertKind;
use kairan_protocol::body::Talk;

const TEAM_DESK: FeedNumber = FeedNumber(40);

fn emergency(number: u8, version: u64) -> Row {
    let mut body = circular("断水のお知らせ");
    body.kind = NoticeKind::Emergency;
    body.until = Some(NOW.plus_millis(DAY));
    notice_row(number, version, &body)
}

fn raised(phone: &Phone) -> Vec<(String, bool)> {
    let alerts = phone.store.alerts(SATO, NOW).unwrap();
    for alert in &alerts {
        phone.store.alert_raised(alert.id.parse().unwrap(), NOW).unwrap();
    }
    alerts.into_iter().map(|alert| (alert.id, alert.again)).collect()
}

fn of_k2(phone: &Phone, feeds: &[(FeedNumber, FeedName)]) {
    phone.take(Answer::of("k2").rights(1, feeds, &[SATO]));
}

#[test]
fn an_emergency_is_raised_once_ever() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(BOARD, 2, vec![emergency(1, 2)]));
    let (one, two) = (phone.store.alerts(SATO, NOW).unwrap(), phone.store.alerts(SATO, NOW).unwrap());
    assert_eq!((&one, one[0].kind, one[0].title.as_str()), (&two, AlertKind::Emergency, "断水のお知らせ"));
    assert_eq!(raised(&phone).len(), 1);
    assert_eq!(raised(&phone), []);
    let phone = phone.reopened();
    of_k2(&phone, &feeds(false));
    assert_eq!(raised(&phone), []);
    phone.take(Answer::of("k2").rows(BOARD, 0, vec![]));
    phone.take(Answer::of("k2").rows(BOARD, 2, vec![emergency(1, 2)]));
    assert_eq!(phone.home().emergencies.len(), 1);
    assert_eq!(raised(&phone), [], "a restored server never alerts twice");
}

#[test]
fn an_emergency_that_was_answered_seen_taken_back_or_is_over_is_not_raised() {
    let phone = Phone::of_sato();
    let mut back = circular("取り下げ");
    back.kind = NoticeKind::Emergency;
    back.withdrawn = Some(kairan_protocol::notice::Withdrawn { reason: "誤報".to_owned(), at: NOW });
    let mut over = circular("終わり");
    over.kind = NoticeKind::Emergency;
    over.until = Some(NOW.plus_millis(-1));
    let rows = vec![emergency(1, 2), emergency(2, 3), notice_row(3, 4, &back), notice_row(4, 5, &over)];
    phone.take(Answer::new().rows(BOARD, 5, rows));
    phone.say(&op(SATO, NOW, acknowledge(notice_id(1), 1)));
    phone.store.alert_seen(OpId::from(notice_id(2)), NOW).unwrap();
    assert_eq!(raised(&phone), []);
}

fn feeds_of_the_team() -> Vec<(FeedNumber, FeedName)> {
    let mut known = feeds(false);
    known.push((TEAM_DESK, FeedName::Desk(TEAM)));
    known
}

fn talk(number: u8, version: u64) -> Row {
    let op = OpId::from(notice_id(number));
    let talk = Talk {
        op,
        person: HANAKO,
        name: "佐藤 花子".to_owned(),
        household: "佐藤".to_owned(),
        day: ZoneOffsets::fixed(32_400).day_of(NOW),
        mood: Mood::Talk,
        at: NOW.plus_millis(i64::from(number)),
    };
    row(kind::TALK, op, version, &talk)
}

/// A commissioner's phone; two people asked for a talk.
fn of_a_commissioner() -> Phone {
    let role = Role { group: TEAM, kind: RoleKind::Commissioner, ..chair() };
    let mut me = profile(SATO, vec![role]);
    me.groups.push(group(TEAM));
    let phone = Phone::joined(&[SATO]);
    phone.take(
        Answer::new()
            .rights(1, &feeds_of_the_team(), &[SATO])
            .rows(MAIL, 1, vec![row(kind::PROFILE, "me", 1, &me)])
            .rows(TEAM_DESK, 2, vec![talk(1, 1), talk(2, 2)]),
    );
    phone
}

fn id(number: u8) -> String {
    OpId::from(notice_id(number)).to_string()
}

#[test]
fn a_talk_nobody_looked_at_is_raised_again_in_a_new_epoch_and_one_that_was_seen_is_not() {
    let phone = of_a_commissioner();
    let first = &phone.store.alerts(SATO, NOW).unwrap()[0];
    assert_eq!((first.kind, first.title.as_str(), first.from.as_str()), (AlertKind::Talk, "佐藤 花子", "佐藤"));
    assert_eq!(first.desk, Some(TEAM.to_string()));
    assert_eq!(raised(&phone), [(id(2), false), (id(1), false)]);
    assert_eq!(raised(&phone), []);
    phone.store.alert_seen(OpId::from(notice_id(1)), NOW).unwrap();
    let phone = phone.reopened();
    of_k2(&phone, &feeds_of_the_team());
    assert_eq!(raised(&phone), [], "whether it still stands is not known yet");
    phone.take(Answer::of("k2").rows(TEAM_DESK, 3, vec![talk(1, 1), talk(2, 2), talk(3, 3)]));
    assert_eq!(raised(&phone), [(id(3), false), (id(2), true)]);
    assert_eq!(raised(&phone), []);
}

#[test]
fn a_talk_is_no_concern_of_somebody_who_does_not_work_there() {
    let phone = Phone::of_the_chair();
    assert_eq!(phone.store.alerts(SATO, NOW).unwrap(), []);
    assert_eq!(phone.store.alerts(HANAKO, NOW), Err(crate::error::Error::unknown("person")));
    let stranger =
        Phone { store: Store::open(phone.path().join("other").as_path(), NOW).unwrap(), folder: phone.folder };
    assert_eq!(stranger.store.alerts(SATO, NOW), Err(crate::error::Error::NotJoined));
    assert_eq!(stranger.store.alert_raised(OpId::from(notice_id(1)), NOW), Err(crate::error::Error::NotJoined));
}
