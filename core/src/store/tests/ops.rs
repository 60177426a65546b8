//! The outbox: lanes, outcomes, parking, asking again, and reports of delivery.

use super::*;
use crate::{error::Error, records::OpState};

fn post(title: &str) -> Command {
    Command::Post {
        notice: NoticeKind::Circular,
        from: MIDORI,
        audience: vec![Audience::Board(MIDORI)],
        title: title.to_owned(),
        points: Points::default(),
        text: "本文".to_owned(),
        publish_at: None,
        until: None,
    }
}

fn with_circulars(numbers: std::ops::RangeInclusive<u8>) -> Phone {
    let phone = Phone::of_sato();
    let rows = numbers.map(|number| notice_row(number, u64::from(number) + 1, &circular("回覧"))).collect();
    phone.take(Answer::new().rows(BOARD, 20, rows));
    phone.drain();
    phone
}

#[test]
fn what_was_said_survives_a_kill_and_goes_out_once() {
    let phone = with_circulars(1..=1);
    let seen = op(SATO, NOW, acknowledge(notice_id(1), 1));
    phone.say(&seen);
    phone.say(&seen);
    let phone = phone.reopened();
    assert_eq!(phone.going_out(), [seen.id]);
    phone.take(Answer::new().applied(seen.id, 7, &[(MAIL, 2)]));
    assert!(phone.going_out().is_empty());
    phone.take(Answer::new().applied(seen.id, 7, &[(MAIL, 2)]));
    assert!(phone.store.outbox().unwrap().is_empty());
}

#[test]
fn a_parked_op_holds_up_its_own_lane_only() {
    let phone = with_circulars(1..=2);
    let shown = Command::Receipt { notice: notice_id(1), rev: Rev(1), stage: Stage::Displayed };
    let [one, two, three] =
        [shown, acknowledge(notice_id(1), 1), acknowledge(notice_id(2), 1)].map(|command| op(SATO, NOW, command));
    for said in [&one, &two, &three] {
        phone.say(said);
    }
    assert_eq!(phone.going_out(), [one.id, two.id, three.id]);
    phone.store.failed(&[one.id], "too_large", NOW).unwrap();
    assert_eq!(phone.going_out(), [three.id]);
    phone.store.retry(one.id, NOW).unwrap();
    assert_eq!(phone.going_out(), [one.id, two.id, three.id]);
}

#[test]
fn a_refused_op_keeps_its_reason_until_seen_and_does_not_hold_up_the_next() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(MAIL, 2, vec![consent_row(2)]));
    let [first, second] = [0, MINUTE].map(|later| op(SATO, NOW.plus_millis(later), check_in(Mood::Good)));
    phone.say(&first);
    phone.say(&second);
    phone.take(Answer::new().refused(first.id, Refusal::DayPast));
    assert_eq!(phone.going_out(), [second.id]);
    let lines = phone.store.outbox().unwrap();
    assert_eq!((lines[0].state, lines[0].code.as_deref()), (OpState::Refused, Some("day_past")));
    assert_eq!(phone.home().refused, 1);
    assert_eq!(phone.store.retry(first.id, NOW), Err(Error::Refused { refusal: "day_past".to_owned() }));
    phone.store.discard(first.id).unwrap();
    assert_eq!(phone.home().refused, 0);
}

#[test]
fn what_a_server_does_not_know_yet_waits_for_a_newer_one() {
    let phone = with_circulars(1..=1);
    let seen = op(SATO, NOW, acknowledge(notice_id(1), 1));
    phone.say(&seen);
    phone.take(Answer::new().unsupported(seen.id));
    assert!(phone.going_out().is_empty());
    assert_eq!(phone.store.outbox().unwrap()[0].state, OpState::Parked);
    assert_eq!(phone.home().unread_count, 1, "nothing is shown as done that is not");
    let tomorrow = NOW.plus_millis(DAY + 1);
    assert_eq!(phone.store.outgoing(tomorrow, 10).unwrap().len(), 1);
    phone.take(Answer::of("k2"));
    assert_eq!(phone.going_out(), [seen.id]);
}

#[test]
fn a_broadcast_that_waited_offline_asks_again() {
    let phone = Phone::of_the_chair();
    let posted = op(SATO, NOW, post("清掃の日"));
    phone.say(&posted);
    let later = NOW.plus_millis(11 * MINUTE);
    assert!(phone.store.outgoing(later, 10).unwrap().is_empty());
    assert_eq!(phone.store.outbox().unwrap()[0].state, OpState::AskAgain);
    assert_eq!(phone.store.home(SATO, later).unwrap().asking, 1);
    assert_eq!(phone.store.retry(posted.id, later).unwrap(), posted.id);
    let out = phone.store.outgoing(later, 10).unwrap();
    assert_eq!(Op::parse(&out[0].text).unwrap().at, later);
}

#[test]
fn a_broadcast_the_server_found_stale_is_sent_again_under_another_id() {
    let phone = Phone::of_the_chair();
    let posted = op(SATO, NOW, post("清掃の日"));
    phone.say(&posted);
    phone.store.mark_sent(&[posted.id], NOW).unwrap();
    let later = NOW.plus_millis(11 * MINUTE);
    assert_eq!(phone.store.outgoing(later, 10).unwrap().len(), 1, "on the wire it keeps its id");
    phone.take(Answer::new().refused(posted.id, Refusal::Stale));
    assert_eq!(phone.store.outbox().unwrap()[0].state, OpState::AskAgain);
    assert_ne!(phone.store.retry(posted.id, later).unwrap(), posted.id);
}

#[test]
fn an_op_that_never_left_may_still_ask_again() {
    let phone = Phone::of_the_chair();
    let posted = op(SATO, NOW, post("清掃の日"));
    phone.say(&posted);
    phone.store.mark_sent(&[posted.id], NOW).unwrap();
    phone.store.mark_unsent(&[posted.id]).unwrap();
    assert!(phone.store.outgoing(NOW.plus_millis(11 * MINUTE), 10).unwrap().is_empty());
    assert!(phone.store.take_back_unsent(posted.id).unwrap());
}

#[test]
fn a_correction_waits_for_the_post_it_corrects() {
    let phone = Phone::of_the_chair();
    let posted = op(SATO, NOW, post("清掃の日"));
    phone.say(&posted);
    let withdraw = Command::Withdraw { notice: posted.id.into(), seen: Rev(1), reason: "雨".to_owned() };
    let withdrawn = op(SATO, NOW, withdraw);
    phone.say(&withdrawn);
    assert_eq!(phone.going_out(), [posted.id]);
    phone.take(Answer::new().applied(posted.id, 5, &[(BOARD, 5)]));
    assert_eq!(phone.going_out(), [withdrawn.id]);
}

#[test]
fn what_needs_a_refused_op_is_refused_with_it() {
    let phone = Phone::of_the_chair();
    let posted = op(SATO, NOW, post("清掃の日"));
    phone.say(&posted);
    let withdraw = Command::Withdraw { notice: posted.id.into(), seen: Rev(1), reason: "雨".to_owned() };
    phone.say(&op(SATO, NOW, withdraw));
    phone.take(Answer::new().refused(posted.id, Refusal::NotAllowed));
    assert!(phone.store.outbox().unwrap().iter().all(|line| line.code.as_deref() == Some("not_allowed")));
}

#[test]
fn an_unsent_tap_is_taken_back_for_good_and_a_sent_one_is_not() {
    let phone = with_circulars(1..=2);
    let [one, two] = [1, 2].map(|number| op(SATO, NOW, acknowledge(notice_id(number), 1)));
    phone.say(&one);
    phone.say(&two);
    phone.store.mark_sent(&[two.id], NOW).unwrap();
    assert!(phone.store.take_back_unsent(one.id).unwrap());
    assert!(!phone.store.take_back_unsent(two.id).unwrap());
    assert_eq!(phone.store.discard(two.id), Err(Error::Refused { refusal: "on_the_wire".to_owned() }));
    assert_eq!(phone.going_out(), [two.id]);
    assert_eq!(phone.home().unread_count, 1);
}

#[test]
fn each_arrived_notice_is_reported_as_delivered_once() {
    let phone = Phone::of_sato();
    let applied = phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &circular("回覧"))]));
    assert!(applied.more);
    let out = phone.store.outgoing(NOW, 10).unwrap();
    assert_eq!(out.len(), 1);
    assert!(out[0].text.contains("\"delivered\""));
    assert_eq!(phone.home().waiting, 0, "nobody waits for what the phone says by itself");
    assert!(phone.store.outbox().unwrap().is_empty());
    phone.drain();
    std::fs::write(phone.path().join("mirror.db.mark"), "").unwrap();
    let phone = phone.reopened();
    phone.take(residents(1));
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &circular("回覧"))]));
    assert!(phone.going_out().is_empty(), "a mirror pulled again reports nothing again");
}

#[test]
fn old_withdrawn_and_already_read_notices_are_not_reported() {
    let phone = Phone::of_sato();
    let mut old = circular("古い");
    old.at = NOW.plus_millis(-61 * DAY);
    let mut back = circular("取り消し");
    back.withdrawn = Some(kairan_protocol::notice::Withdrawn { reason: "誤り".to_owned(), at: NOW });
    phone.take(
        Answer::new()
            .rows(
                BOARD,
                4,
                vec![notice_row(1, 2, &old), notice_row(2, 3, &back), notice_row(3, 4, &circular("よその電話で確認"))],
            )
            .rows(MAIL, 2, vec![receipt_row(3, 2, 1, Stage::Acknowledged)]),
    );
    assert!(phone.going_out().is_empty());
}

#[test]
fn nothing_is_reported_before_the_receipts_of_other_phones_are_here() {
    let phone = Phone::joined(&[SATO]);
    let page = vec![notice_row(1, 1, &circular("回覧"))];
    phone.take(Answer::new().rights(1, &feeds(false), &[SATO]).rows(BOARD, 1, page));
    assert!(phone.going_out().is_empty());
    phone.take(residents(1));
    assert_eq!(phone.going_out().len(), 1);
}

#[test]
fn four_points_that_change_are_reported_again() {
    let phone = with_circulars(1..=1);
    let mut changed = circular("回覧");
    changed.asks = Rev(2);
    let mut changed = notice_row(1, 21, &changed);
    changed.rev = Rev(2);
    phone.take(Answer::new().rows(BOARD, 21, vec![changed]));
    assert_eq!(phone.going_out().len(), 1);
}

#[test]
fn the_journal_keeps_an_op_35_days_of_one_epoch() {
    let phone = with_circulars(1..=1);
    let seen = op(SATO, NOW, acknowledge(notice_id(1), 1));
    phone.say(&seen);
    phone.take(Answer::new().applied(seen.id, 7, &[]));
    let kept = |phone: &Phone| {
        let select = "SELECT count(*) FROM journal WHERE mac = 'mac' AND word = 'receipt' AND commit_number = 7";
        phone.store.outbox_file().read(|outbox| Ok(outbox.query_row(select, [], |row| row.get::<_, i64>(0))?)).unwrap()
    };
    let soon = NOW.plus_millis(34 * DAY);
    phone.store.apply(&Answer::new().at(soon).0, soon).unwrap();
    assert_eq!(kept(&phone), 1);
    let late = NOW.plus_millis(36 * DAY);
    phone.store.apply(&Answer::new().at(late).0, late).unwrap();
    assert_eq!(kept(&phone), 0);
}

#[test]
fn an_op_whose_target_has_not_come_back_waits_alone_and_goes_on_by_itself() {
    let phone = with_circulars(1..=2);
    let [one, two] = [1, 2].map(|number| op(SATO, NOW, acknowledge(notice_id(number), 1)));
    phone.say(&one);
    phone.say(&two);
    phone.take(Answer::new().later(one.id).applied(two.id, 9, &[(MAIL, 5)]));
    assert!(phone.going_out().is_empty());
    let line = &phone.store.outbox().unwrap()[0];
    assert_eq!((line.state, line.code.as_deref()), (OpState::Waiting, Some("later")));
    assert_eq!((phone.home().waiting, phone.home().unread_count), (1, 0), "its effect stays shown");
    let again = |later: i64| phone.store.outgoing(NOW.plus_millis(later), 10).unwrap().len();
    assert_eq!((again(9 * MINUTE), again(10 * MINUTE)), (0, 1));
    phone.store.ask_again().unwrap();
    assert_eq!(phone.going_out(), [one.id], "at every start");
    phone.take(Answer::new().later(one.id));
    assert!(phone.going_out().is_empty(), "without spinning");
    phone.store.retry(one.id, NOW).unwrap();
    assert_eq!(phone.going_out(), [one.id]);
}
