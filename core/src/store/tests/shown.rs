//! What screens show while ops wait: effects at once, marked, and no longer than needed.

use super::*;
use crate::{
    error::Error,
    records::{Arrival, NoticeFilter, SealState, SentState},
};
use kairan_protocol::{
    check_in::{CheckIn, CheckIns, Strip},
    notice::{Change, NoticePatch},
    op::Invitee,
    tally::{Counts, HomeStage, Seals, Tally},
};

fn sealed(phone: &Phone) -> SealState {
    phone.store.notice(SATO, notice_id(1)).unwrap().seal
}

fn with_a_circular() -> Phone {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &circular("防災訓練"))]));
    phone
}

#[test]
fn a_seal_is_shown_at_once_waits_and_then_is_there() {
    let phone = with_a_circular();
    assert_eq!(sealed(&phone), SealState::NotYet);
    assert_eq!(phone.home().unread_count, 1);
    let seen = op(SATO, NOW, acknowledge(notice_id(1), 1));
    phone.say(&seen);
    assert_eq!(sealed(&phone), SealState::Waiting { at: NOW.millis() });
    assert_eq!((phone.home().unread_count, phone.home().waiting), (0, 1));
    let line = &phone.store.notices(SATO, NoticeFilter::All, None, 10).unwrap().lines[0];
    assert!(line.waiting && !line.unread);

    phone.take(Answer::new().applied(seen.id, 5, &[(MAIL, 2)]));
    assert_eq!(sealed(&phone), SealState::Acknowledged { at: NOW.millis() }, "its row is still on the way");
    phone.take(Answer::new().rows(MAIL, 2, vec![receipt_row(1, 2, 1, Stage::Acknowledged)]));
    assert_eq!(sealed(&phone), SealState::Acknowledged { at: NOW.millis() });
    let line = &phone.store.notices(SATO, NoticeFilter::All, None, 10).unwrap().lines[0];
    assert!(!line.waiting && !line.unread);
}

#[test]
fn a_seal_that_waits_is_still_shown_after_a_kill() {
    let phone = with_a_circular();
    phone.say(&op(SATO, NOW, acknowledge(notice_id(1), 1)));
    let phone = phone.reopened();
    assert_eq!(sealed(&phone), SealState::Waiting { at: NOW.millis() });
    assert_eq!(phone.home().unread_count, 0);
}

#[test]
fn changed_points_ask_for_the_seal_again() {
    let phone = with_a_circular();
    phone.take(Answer::new().rows(MAIL, 2, vec![receipt_row(1, 2, 1, Stage::Acknowledged)]));
    assert_eq!(phone.home().unread_count, 0);
    let mut body = circular("防災訓練");
    body.asks = Rev(2);
    let mut changed = notice_row(1, 3, &body);
    changed.rev = Rev(2);
    phone.take(Answer::new().rows(BOARD, 3, vec![changed]));
    assert_eq!(sealed(&phone), SealState::NotYet);
    assert_eq!(phone.home().unread_count, 1);
}

#[test]
fn a_receipt_that_says_nothing_new_is_not_written() {
    let phone = with_a_circular();
    phone.take(Answer::new().rows(MAIL, 2, vec![receipt_row(1, 2, 1, Stage::Acknowledged)]));
    phone.drain();
    phone.say(&op(SATO, NOW, Command::Receipt { notice: notice_id(1), rev: Rev(1), stage: Stage::Displayed }));
    assert!(phone.going_out().is_empty());
}

#[test]
fn a_plain_notice_is_read_when_it_was_opened() {
    let phone = Phone::of_sato();
    let mut plain = circular("お知らせ");
    plain.kind = NoticeKind::Notice;
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &plain)]));
    assert_eq!(phone.home().unread_count, 1);
    phone.say(&op(SATO, NOW, Command::Receipt { notice: notice_id(1), rev: Rev(1), stage: Stage::Displayed }));
    assert_eq!(phone.home().unread_count, 0);
}

#[test]
fn a_mood_needs_consent_before_it_is_written() {
    let phone = Phone::of_sato();
    let good = op(SATO, NOW, check_in(Mood::Good));
    assert_eq!(phone.store.enqueue(&good, None, NOW), Err(Error::ConsentNeeded));
    assert!(phone.going_out().is_empty());
    phone.say(&op(SATO, NOW, Command::Consent { moods_to_team: true }));
    assert!(phone.home().consent);
    phone.say(&good);
    let shown = phone.home().check_in.unwrap();
    assert_eq!((shown.mood, shown.state), (crate::records::Mood::Good, Arrival::Waiting));
}

#[test]
fn a_talk_needs_no_consent_and_a_team_to_go_to() {
    let phone = Phone::of_sato();
    assert_eq!(phone.home().team.as_deref(), Some("民生委員"));
    phone.say(&op(SATO, NOW, check_in(Mood::Talk)));
    assert_eq!(phone.home().check_in.unwrap().mood, crate::records::Mood::Talk);
    phone.take(Answer::new().rows(BOARD, 2, vec![gone(kind::TEAM, TEAM, 2)]));
    assert_eq!(phone.home().team, None);
    let second = op(SATO, NOW, check_in(Mood::Talk));
    assert_eq!(phone.store.enqueue(&second, None, NOW), Err(Error::Refused { refusal: "no_team".to_owned() }));
}

#[test]
fn a_mistaken_tap_taken_back_shows_what_was_said_before() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(MAIL, 2, vec![consent_row(2)]));
    let good = op(SATO, NOW, check_in(Mood::Good));
    let fair = op(SATO, NOW.plus_millis(MINUTE), check_in(Mood::Fair));
    phone.say(&good);
    phone.say(&fair);
    assert_eq!(phone.home().check_in.unwrap().mood, crate::records::Mood::Fair);
    phone.say(&op(SATO, NOW.plus_millis(2 * MINUTE), Command::TakeBack { op: fair.id }));
    assert_eq!(phone.home().check_in.unwrap().op, good.id.to_string());
}

#[test]
fn todays_check_in_of_another_phone_is_shown_and_yesterdays_is_not() {
    let phone = Phone::of_sato();
    let zone = ZoneOffsets::fixed(32_400);
    let said = |at: Timestamp| {
        let newest = CheckIn { op: OpId::at(at).unwrap(), day: zone.day_of(at), mood: Mood::Fair, at };
        CheckIns { day: newest.day, newest: Some(newest), strip: Strip::EMPTY.with(0, Some(Mood::Fair)) }
    };
    phone.take(Answer::new().rows(MAIL, 2, vec![row(kind::CHECK_IN, "mine", 2, &said(NOW))]));
    assert_eq!(phone.home().check_in.unwrap().state, Arrival::Arrived);
    assert_eq!(phone.store.home(SATO, NOW.plus_millis(DAY)).unwrap().check_in, None);
}

#[test]
fn emergencies_stand_at_the_top_until_their_hour() {
    let phone = Phone::of_sato();
    let mut emergency = circular("断水のお知らせ");
    emergency.kind = NoticeKind::Emergency;
    emergency.until = Some(NOW.plus_millis(DAY));
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &emergency)]));
    let home = phone.home();
    assert_eq!((home.emergencies.len(), home.unread.len(), home.unread_count), (1, 0, 0));
    let later = phone.store.home(SATO, NOW.plus_millis(2 * DAY)).unwrap();
    assert_eq!((later.emergencies.len(), later.unread.len(), later.unread_count), (0, 1, 1));
}

#[test]
fn the_next_events_are_shown_soonest_first() {
    let phone = Phone::of_sato();
    let on = |title: &str, days: i64| {
        let mut body = circular(title);
        let starts = Some(NOW.plus_millis(days * DAY));
        body.points.when = Some(kairan_protocol::notice::When { text: "朝9時".to_owned(), starts, ends: None });
        body
    };
    let rows =
        vec![notice_row(1, 2, &on("来月", 30)), notice_row(2, 3, &on("明日", 1)), notice_row(3, 4, &on("昨日", -1))];
    phone.take(Answer::new().rows(BOARD, 4, rows));
    let titles: Vec<_> = phone.home().next_events.into_iter().map(|event| event.title).collect();
    assert_eq!(titles, ["明日", "来月"]);
    assert_eq!(phone.store.events(SATO, NOW).unwrap(), phone.home().next_events);
}

#[test]
fn all_that_takes_place_is_listed_where_the_first_screen_shows_five() {
    let phone = Phone::of_sato();
    let on = |number: u8| {
        let mut body = circular(&format!("第{number}号"));
        let starts = Some(NOW.plus_millis(i64::from(121 - number) * DAY));
        body.points.when = Some(kairan_protocol::notice::When { text: "朝9時".to_owned(), starts, ends: None });
        notice_row(number, u64::from(number) + 1, &body)
    };
    phone.take(Answer::new().rows(BOARD, 121, (1..=120).map(on).collect()));
    let events = phone.store.events(SATO, NOW).unwrap();
    assert_eq!((events.len(), phone.home().next_events.len()), (100, 5));
    assert_eq!((events[0].title.as_str(), events[99].title.as_str()), ("第120号", "第21号"));
    assert_eq!(phone.store.events(HANAKO, NOW), Err(Error::unknown("person")));
}

fn post() -> Op {
    let command = Command::Post {
        notice: NoticeKind::Circular,
        from: MIDORI,
        audience: vec![Audience::Board(MIDORI)],
        title: "清掃の日".to_owned(),
        points: Points::default(),
        text: "本文".to_owned(),
        publish_at: None,
        until: None,
    };
    op(SATO, NOW, command)
}

#[test]
fn a_post_stands_on_the_desk_as_waiting_until_its_row_is_there() {
    let phone = Phone::of_the_chair();
    let posted = post();
    phone.say(&posted);
    let sent = phone.store.desk(MIDORI, NOW).unwrap().sent;
    assert_eq!((sent.len(), sent[0].state), (1, SentState::Waiting));
    assert!(phone.store.notice(SATO, posted.id.into()).unwrap().line.waiting);
    phone.take(Answer::new().applied(posted.id, 5, &[(BOARD, 2), (DESK, 4)]));
    let sent = phone.store.desk(MIDORI, NOW).unwrap().sent;
    assert_eq!((sent.len(), sent[0].state), (1, SentState::Published));
    let body = circular("清掃の日");
    let notice = NoticeId::from(posted.id);
    let mut state = sent_row(1, 4, &body);
    state.id = notice.to_string();
    phone.take(Answer::new().rows(BOARD, 2, vec![row(kind::NOTICE, notice, 2, &body)]).rows(DESK, 4, vec![state]));
    assert_eq!(phone.store.desk(MIDORI, NOW).unwrap().sent.len(), 1);
}

#[test]
fn a_scheduled_notice_can_be_looked_at_before_its_hour() {
    let phone = Phone::of_the_chair();
    let mut scheduled = post();
    if let Command::Post { publish_at, .. } = &mut scheduled.command {
        *publish_at = Some(NOW.plus_millis(DAY));
    }
    phone.say(&scheduled);
    let detail = phone.store.notice(SATO, scheduled.id.into()).unwrap();
    assert_eq!((detail.line.title.as_str(), detail.line.at), ("清掃の日", NOW.plus_millis(DAY).millis()));
    assert!(phone.store.notices(SATO, NoticeFilter::All, None, 10).unwrap().lines.is_empty());
}

#[test]
fn a_pending_withdrawal_is_shown_and_a_second_one_refused() {
    let phone = Phone::of_the_chair();
    let body = circular("誤った回覧");
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &body)]).rows(DESK, 4, vec![sent_row(1, 4, &body)]));
    let withdraw = || {
        let command = Command::Withdraw { notice: notice_id(1), seen: Rev(1), reason: "誤り".to_owned() };
        op(SATO, NOW, command)
    };
    phone.say(&withdraw());
    assert_eq!(phone.store.notice(SATO, notice_id(1)).unwrap().withdrawn.unwrap().reason, "誤り");
    assert!(phone.store.notices(SATO, NoticeFilter::All, None, 10).unwrap().lines[0].withdrawn);
    let again = phone.store.enqueue(&withdraw(), None, NOW);
    assert_eq!(again, Err(Error::Refused { refusal: "withdrawn".to_owned() }));
}

/// The chair's phone, with a circular of theirs that they sealed.
fn with_a_sealed_circular() -> Phone {
    let phone = Phone::of_the_chair();
    let body = circular("防災訓練");
    phone.take(
        Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &body)]).rows(DESK, 4, vec![sent_row(1, 4, &body)]).rows(
            MAIL,
            2,
            vec![receipt_row(1, 2, 1, Stage::Acknowledged)],
        ),
    );
    phone
}

fn correct(patch: NoticePatch) -> Op {
    op(SATO, NOW, Command::Correct { notice: notice_id(1), seen: Rev(1), patch })
}

fn another_place() -> NoticePatch {
    NoticePatch { place: Change::Set("北公園".to_owned()), ..NoticePatch::default() }
}

/// The rev of the circular in the list, how far the chair is with it, whether that waits, and how much is unread.
fn standing(phone: &Phone) -> (u32, Option<crate::records::Stage>, bool, u32) {
    let line = phone.store.notices(SATO, NoticeFilter::All, None, 10).unwrap().lines.remove(0);
    let unread = phone.store.notices(SATO, NoticeFilter::Unread, None, 10).unwrap().lines.len();
    assert_eq!((unread == 1, phone.home().unread_count == 1), (line.unread, line.unread));
    (line.rev, line.stage, line.waiting, phone.home().unread_count)
}

const SEALED: Option<crate::records::Stage> = Some(crate::records::Stage::Acknowledged);

#[test]
fn ones_own_correction_that_waits_shows_no_seal_given_to_the_points_before_it() {
    let phone = with_a_sealed_circular();
    assert_eq!(standing(&phone), (1, SEALED, false, 0));
    let corrected = correct(another_place());
    phone.say(&corrected);
    assert_eq!((standing(&phone), sealed(&phone)), ((2, None, false, 1), SealState::NotYet));
    let phone = phone.reopened();
    assert_eq!((standing(&phone), sealed(&phone)), ((2, None, false, 1), SealState::NotYet));
    phone.say(&op(SATO, NOW, acknowledge(notice_id(1), 2)));
    assert_eq!(standing(&phone), (2, SEALED, true, 0), "sealed anew");
}

#[test]
fn a_correction_that_is_refused_gives_the_seal_back_and_one_of_the_text_never_took_it() {
    let phone = with_a_sealed_circular();
    let corrected = correct(another_place());
    phone.say(&corrected);
    phone.take(Answer::new().refused(corrected.id, Refusal::Conflict));
    assert_eq!(standing(&phone), (1, SEALED, false, 0));
    phone.say(&correct(NoticePatch { title: Some("訓練".to_owned()), ..NoticePatch::default() }));
    assert_eq!(standing(&phone), (2, SEALED, false, 0));
}

#[test]
fn a_seal_a_refused_correction_had_taken_is_there_again_after_a_kill_before_the_lists_heard_of_it() {
    let phone = with_a_sealed_circular();
    let corrected = correct(another_place());
    phone.say(&corrected);
    phone.store.outbox_file().write(|outbox| Ok(outbox.execute("DELETE FROM op", [])?)).unwrap();
    assert_eq!(standing(&phone.reopened()), (1, SEALED, false, 0));
}

#[test]
fn a_resident_is_told_at_once_that_they_may_not_post() {
    let phone = Phone::of_sato();
    let refused = phone.store.enqueue(&post(), None, NOW);
    assert_eq!(refused, Err(Error::Refused { refusal: "not_allowed".to_owned() }));
}

#[test]
fn what_a_phone_cannot_know_is_left_to_the_server() {
    let phone = Phone::of_the_chair();
    let invite = Command::Invite {
        invite: kairan_protocol::id::InviteId::from_number(1),
        to: Invitee::Household(GroupId::from_number(77)),
        secret: "hash".to_owned(),
        passed_on: false,
    };
    phone.say(&op(SATO, NOW, invite));
    let grant = Command::GrantRole {
        role: RoleId::from_number(9),
        person: PersonId::from_number(99),
        group: MIDORI,
        kind: RoleKind::Officer,
        until: None,
    };
    phone.say(&op(SATO, NOW, grant));
    assert_eq!(phone.going_out().len(), 2);
}

#[test]
fn a_desk_counts_its_homes_and_lists_the_unread_by_block() {
    let phone = Phone::of_the_chair();
    let body = circular("防災訓練");
    let counts = Counts::default().with(HomeStage::Acknowledged).with(HomeStage::NotYet);
    let tally = Tally {
        notice: notice_id(1),
        asks: Rev(1),
        group: BLOCK,
        counts,
        homes: [(HOUSE, HomeStage::Acknowledged), (NEIGHBOUR, HomeStage::NotYet)].into(),
        through: Commit(5),
    };
    phone.take(
        Answer::new()
            .rows(BOARD, 2, vec![notice_row(1, 2, &body)])
            .rows(BLOCK_BOARD, 1, vec![row(kind::SEALS, notice_id(1), 1, &Seals { counts, through: Commit(5) })])
            .rows(
                DESK,
                5,
                vec![sent_row(1, 4, &body), row(kind::TALLY, format!("{}:{BLOCK}", notice_id(1)), 5, &tally)],
            ),
    );
    let desk = phone.store.desk(MIDORI, NOW).unwrap();
    assert_eq!(desk.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["緑ヶ丘町内会", "1班"]);
    assert_eq!(desk.sent[0].counts.unwrap().acknowledged, 1);
    let followed = phone.store.desk_notice(MIDORI, notice_id(1)).unwrap();
    assert_eq!(followed.counts.households, 2);
    let homes: Vec<_> = followed.blocks[0].homes.iter().map(|home| home.name.as_str()).collect();
    assert_eq!(homes, ["佐藤", "鈴木"], "in the order of the roster");
    assert_eq!(followed.blocks[0].unread[0].name, "鈴木");
    assert_eq!(phone.store.notice(SATO, notice_id(1)).unwrap().seals.unwrap().households, 2);
    assert_eq!(phone.store.desks(SATO, NOW).unwrap().len(), 1);
}

#[test]
fn search_finds_with_two_characters_newest_first() {
    let phone = Phone::of_sato();
    let mut old = circular("総合防災訓練");
    old.at = NOW.plus_millis(-2 * DAY);
    let mut new = circular("ゴミ出しの日");
    new.text = "防災倉庫の前に出してください。".to_owned();
    phone.take(Answer::new().rows(BOARD, 3, vec![notice_row(1, 2, &old), notice_row(2, 3, &new)]));
    let found = |typed: &str| -> Vec<String> {
        phone.store.search(SATO, typed, 10).unwrap().into_iter().map(|hit| hit.line.title).collect()
    };
    assert_eq!(found("防災"), ["ゴミ出しの日", "総合防災訓練"]);
    assert_eq!(found("ｺﾞﾐ"), ["ゴミ出しの日"]);
    assert_eq!(found("倉"), ["ゴミ出しの日"]);
    assert!(found("存在しない").is_empty());
}

#[test]
fn a_person_of_another_phone_is_unknown_here() {
    let phone = Phone::of_sato();
    assert_eq!(phone.store.home(HANAKO, NOW), Err(Error::unknown("person")));
    let tap = op(HANAKO, NOW, Command::Consent { moods_to_team: true });
    let refused = phone.store.enqueue(&tap, None, NOW);
    assert_eq!(refused, Err(Error::Refused { refusal: "not_on_this_device".to_owned() }));
}

#[test]
fn before_the_first_pull_a_tap_is_kept_for_the_server_to_judge() {
    let phone = Phone::joined(&[SATO]);
    phone.say(&op(SATO, NOW, check_in(Mood::Good)));
    assert_eq!(phone.going_out().len(), 1);
    let me = phone.store.me(NOW).unwrap();
    assert!(me.joined && !me.complete);
}
