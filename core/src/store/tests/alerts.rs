//! What notifications are raised for: an emergency once ever, a talk until somebody looked.

use super::*;
use crate::records::AlertKind;
use kairan_protocol::{
    case::{CaseState, Reached, Talk, Worker},
    check_in::CheckIn,
    people::Person,
};

pub(super) const TEAM_DESK: FeedNumber = FeedNumber(40);

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

pub(super) fn asked(number: u8) -> Talk {
    let (name, rev) = ("佐藤 花子".to_owned(), Rev::FIRST);
    let person = Person { id: HANAKO, name, moods_to_team: None, consent_at: None, rev, gone: None, same: None };
    let (op, at) = (OpId::from(notice_id(number)), NOW.plus_millis(i64::from(number)));
    let day = ZoneOffsets::fixed(32_400).day_of(NOW);
    Talk::asked(&person, "佐藤".to_owned(), &CheckIn { op, day, mood: Mood::Talk, at })
}

fn talk(number: u8, version: u64) -> Row {
    let talk = asked(number);
    row(kind::TALK, talk.op, version, &talk)
}

/// A commissioner's phone; two people asked for a talk.
pub(super) fn of_a_commissioner() -> Phone {
    of_the_team(&[RoleKind::Commissioner])
}

fn of_the_team(kinds: &[RoleKind]) -> Phone {
    let roles =
        (60..).zip(kinds).map(|(id, kind)| Role { id: RoleId::from_number(id), group: TEAM, kind: *kind, ..chair() });
    let mut me = profile(SATO, roles.collect());
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

fn passed_to_the_chair(number: u8, version: u64) -> Row {
    let talk = Talk { reached: Reached::Chair, ..asked(number) };
    row(kind::TALK, talk.op, version, &talk)
}

#[test]
fn a_talk_is_raised_for_the_chair_of_the_team_when_it_reaches_them_and_once() {
    let phone = of_the_team(&[RoleKind::Chair]);
    assert_eq!(raised(&phone), [], "the commissioners have time yet");
    phone.take(Answer::new().rows(TEAM_DESK, 3, vec![passed_to_the_chair(1, 3)]));
    assert_eq!(raised(&phone), [(id(1), false)]);
    assert_eq!(raised(&phone), []);
}

#[test]
fn who_is_commissioner_and_chair_hears_when_it_is_asked_and_when_nobody_took_it() {
    let phone = of_the_team(&[RoleKind::Commissioner, RoleKind::Chair]);
    assert_eq!(raised(&phone), [(id(2), false), (id(1), false)]);
    phone.take(Answer::new().rows(TEAM_DESK, 3, vec![passed_to_the_chair(1, 3)]));
    assert_eq!(raised(&phone), [(id(1), false)]);
    assert_eq!(raised(&phone), []);
}

#[test]
fn a_talk_somebody_has_taken_or_looked_at_is_not_raised_again_after_a_restore() {
    let phone = of_a_commissioner();
    let worker = Some(Worker { id: HANAKO, name: "別の委員".to_owned() });
    raised(&phone);
    of_k2(&phone, &feeds_of_the_team());
    let taken = Talk { state: CaseState::Taken, owner: worker.clone(), ..asked(1) };
    let looked_at = Talk { seen: worker, ..asked(2) };
    let rows = [(taken, 1), (looked_at, 2)].map(|(talk, version)| row(kind::TALK, talk.op, version, &talk));
    phone.take(Answer::of("k2").rows(TEAM_DESK, 2, rows.into()));
    assert_eq!(raised(&phone), []);
}
