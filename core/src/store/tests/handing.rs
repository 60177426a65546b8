//! Handing back to a server that was restored: the journal, and what stands in the mirror for those who keep none.

use super::*;
use crate::{
    error::Error,
    records::{Arrival, NoticeFilter, OpState, SealState},
    store::id_of,
};
use kairan_protocol::{
    outcome::MacKey,
    replay::{Ended, Replay},
    validate::{REPLAYS_PER_SYNC, SYNC_BYTES},
};

const KEY: MacKey = MacKey::new([7; 32]);

/// An op of this number, acknowledged by the server under a commit.
fn taken(phone: &Phone, number: u8, commit: u64) -> OpId {
    let seen = op(SATO, NOW, acknowledge(notice_id(number), 1));
    phone.say(&seen);
    phone.take(Answer::new().applied(seen.id, commit, &[]));
    seen.id
}

fn with_circulars(numbers: std::ops::RangeInclusive<u8>) -> Phone {
    let phone = Phone::of_sato();
    let rows = numbers.map(|number| notice_row(number, u64::from(number) + 1, &circular("回覧"))).collect();
    phone.take(Answer::new().rows(BOARD, 250, rows));
    // What the phone reported by itself long ago is no part of these stories.
    phone.drain();
    phone.store.outbox_file().write(|outbox| Ok(outbox.execute("DELETE FROM journal", []).map(drop)?)).unwrap();
    phone
}

fn of_k2() -> Answer {
    Answer::of("k2").rights(1, &feeds(false), &[SATO])
}

fn ids(request: &SyncRequest) -> Vec<OpId> {
    request.replays.iter().filter_map(id_of).collect()
}

/// Everything in a request is there again.
fn all_taken(request: &SyncRequest) -> Answer {
    ids(request).into_iter().fold(Answer::of("k2"), |answer, id| answer.replayed(id, &[]))
}

#[test]
fn the_journal_goes_back_in_the_order_of_commits_and_to_the_letter() {
    let phone = with_circulars(1..=3);
    let [last, first, middle] = [(1, 900), (2, 100), (3, 500)].map(|(number, commit)| taken(&phone, number, commit));
    phone.take(of_k2());
    let request = phone.request(NOW);
    assert_eq!(ids(&request), [first, middle, last]);
    assert_eq!(request.replays.iter().map(|replay| replay.commit.0).collect::<Vec<_>>(), [100, 500, 900]);
    assert!(request.replays.iter().all(|replay| replay.mac == "mac"));
    let select = format!("SELECT text = '{}' FROM journal WHERE id = '{first}'", request.replays[0].op.get());
    assert_eq!(phone.counted(&select), 1);
}

#[test]
fn what_is_handed_back_reads_as_waiting_and_its_effect_stays_shown() {
    let phone = with_circulars(1..=1);
    phone.take(Answer::new().rows(MAIL, 2, vec![consent_row(2)]));
    let seen = taken(&phone, 1, 100);
    let good = op(SATO, NOW, check_in(Mood::Good));
    phone.say(&good);
    phone.take(Answer::new().applied(good.id, 101, &[(MAIL, 3)]));
    let shown = Command::Receipt { notice: notice_id(1), rev: Rev(1), stage: Stage::Displayed };
    let shown = Op { id: OpId::at(NOW).unwrap(), person: SATO, at: NOW, command: shown };
    phone.store.outbox_file().write(|outbox| super::super::outbox::ops::hold(outbox, &shown, None)).unwrap();
    phone.take(Answer::new().applied(shown.id, 102, &[]));
    assert_eq!(phone.home().waiting, 0);

    phone.take(of_k2());
    assert_eq!(phone.home().waiting, 2, "what the app said by itself nobody waits for");
    let lines = phone.store.outbox().unwrap();
    let lines: Vec<_> = lines.iter().map(|line| (line.id.as_str(), line.state, line.code.as_deref())).collect();
    let again = Some("handing_back");
    let (seen_id, good_id) = (seen.to_string(), good.id.to_string());
    assert_eq!(lines, [(seen_id.as_str(), OpState::Waiting, again), (good_id.as_str(), OpState::Waiting, again)]);
    assert_eq!(phone.store.discard(seen), Err(Error::Refused { refusal: "on_the_wire".to_owned() }));

    // The backup knows neither receipt nor mood.
    let mail = vec![row(kind::PROFILE, "me", 1, &profile(SATO, Vec::new())), consent_row(2)];
    phone.take(Answer::of("k2").rows(MAIL, 2, mail).rows(BOARD, 3, vec![notice_row(1, 2, &circular("回覧"))]));
    let seal = |phone: &Phone| phone.store.notice(SATO, notice_id(1)).unwrap().seal;
    assert_eq!(seal(&phone), SealState::Waiting { at: NOW.millis() });
    assert_eq!(phone.home().check_in.unwrap().state, Arrival::Waiting);
    assert_eq!(phone.home().unread_count, 0);

    let request = phone.request(NOW);
    let back = Answer::of("k2").replayed(seen, &[(MAIL, 3)]).replayed(good.id, &[(MAIL, 4)]).replayed(shown.id, &[]);
    let applied = phone.answered(&request, back, NOW);
    assert_eq!((applied.handed_back, phone.home().waiting), (3, 0));
    assert!(applied.changed.contains(&crate::records::Screen::Home));
    assert_eq!(seal(&phone), SealState::Acknowledged { at: NOW.millis() }, "its row is still on the way");
    assert_eq!(phone.home().check_in.unwrap().state, Arrival::Arrived);
    let unsettled = "SELECT count(*) FROM journal WHERE settled = 0";
    assert_eq!(phone.counted(unsettled), 2);
    phone.take(Answer::of("k2").rows(MAIL, 4, vec![receipt_row(1, 3, 1, Stage::Acknowledged)]));
    assert_eq!(phone.counted(unsettled), 0);
    assert_eq!(seal(&phone), SealState::Acknowledged { at: NOW.millis() });
    assert!(phone.store.outbox().unwrap().is_empty());
}

#[test]
fn a_seal_stays_shown_though_nothing_has_come_of_its_person_yet() {
    let phone = with_circulars(1..=1);
    let sealed = taken(&phone, 1, 100);
    // He turned out to be somebody else, as whom the phone went on; the backup is from before that.
    let others = [(BOARD, FeedName::Board(MIDORI)), (HANAKOS_MAIL, FeedName::Mail(HANAKO))];
    let mail = vec![row(kind::PROFILE, "me", 1, &profile(HANAKO, Vec::new()))];
    for rights in [8, 9] {
        phone.take(Answer::new().rights(rights, &others, &[HANAKO]).rows(HANAKOS_MAIL, 1, mail.clone()));
    }
    phone.take(of_k2());
    let mut asked = phone.request(NOW).replays.into_iter().map(|replay| replay.op);
    assert!(asked.any(|op| op.get().contains(&sealed.to_string())), "it goes back");
    assert_eq!(phone.store.notice(SATO, notice_id(1)).unwrap().seal, SealState::Waiting { at: NOW.millis() });
    let page = phone.store.notices(SATO, NoticeFilter::All, None, 5).unwrap();
    assert!(page.lines[0].waiting && !page.lines[0].unread);
}

#[test]
fn a_long_journal_goes_back_in_portions_and_new_ops_with_the_last() {
    let phone = with_circulars(1..=1);
    for number in 0..450_u32 {
        let said = op(SATO, NOW, Command::Consent { moods_to_team: number % 2 == 0 });
        phone.say(&said);
        phone.take(Answer::new().applied(said.id, u64::from(1_000 - number), &[]));
    }
    phone.take(of_k2());
    let new = op(SATO, NOW, acknowledge(notice_id(1), 1));
    phone.say(&new);
    let mut portions = Vec::new();
    let mut commits = Vec::new();
    for _ in 0..9 {
        let request = phone.request(NOW);
        if request.replays.is_empty() {
            break;
        }
        portions.push((request.replays.len(), request.ops.len()));
        commits.extend(request.replays.iter().map(|replay| replay.commit.0));
        phone.answered(&request, all_taken(&request), NOW);
    }
    assert_eq!(portions, [(REPLAYS_PER_SYNC, 0), (REPLAYS_PER_SYNC, 0), (50, 1)]);
    assert!(commits.is_sorted());
}

#[test]
fn long_letters_go_back_in_requests_the_server_takes() {
    let phone = Phone::of_the_chair();
    let letter = Command::Post {
        notice: NoticeKind::Circular,
        from: MIDORI,
        audience: vec![Audience::Board(MIDORI)],
        title: "長い回覧".to_owned(),
        points: Points::default(),
        text: "長".repeat(12_000),
        publish_at: None,
        until: None,
    };
    for commit in 1..=40 {
        let posted = op(SATO, NOW, letter.clone());
        phone.say(&posted);
        phone.take(Answer::new().applied(posted.id, commit, &[]));
    }
    phone.take(Answer::of("k2").rights(1, &feeds(true), &[SATO]));
    for _ in 0..20 {
        phone.say(&op(SATO, NOW, letter.clone()));
    }
    let mut back = 0;
    while phone.store.has_handing(NOW).unwrap() {
        let request = phone.request(NOW);
        assert!(serde_json::to_vec(&request).unwrap().len() < SYNC_BYTES, "too large");
        back += request.replays.len();
        phone.answered(&request, all_taken(&request), NOW);
    }
    assert_eq!(back, 40);
}

#[test]
fn what_is_answered_later_is_asked_again_after_a_while_and_at_every_start_without_spinning() {
    let phone = with_circulars(1..=2);
    let [one, two] = [taken(&phone, 1, 100), taken(&phone, 2, 200)];
    phone.take(of_k2());
    let request = phone.request(NOW);
    let back = Answer::of("k2").replayed_with(one, Outcome::Later).replayed(two, &[(MAIL, 5)]);
    phone.answered(&request, back, NOW);
    assert!(!phone.store.has_handing(NOW).unwrap());
    assert!(phone.request(NOW).replays.is_empty());
    assert_eq!((phone.home().waiting, phone.home().unread_count), (1, 0));
    assert!(phone.request(NOW.plus_millis(9 * MINUTE)).replays.is_empty());
    assert_eq!(ids(&phone.request(NOW.plus_millis(10 * MINUTE))), [one]);
    let phone = phone.reopened();
    phone.store.ask_again().unwrap();
    let request = phone.request(NOW);
    assert_eq!(ids(&request), [one]);
    phone.answered(&request, Answer::of("k2").replayed(one, &[]), NOW);
    assert_eq!(phone.home().waiting, 0);
}

#[test]
fn a_tap_on_what_waits_asks_again_at_once() {
    let phone = with_circulars(1..=1);
    let one = taken(&phone, 1, 100);
    phone.take(of_k2());
    let request = phone.request(NOW);
    phone.answered(&request, Answer::of("k2").replayed_with(one, Outcome::Later), NOW);
    assert_eq!(phone.store.retry(one, NOW), Ok(one));
    assert_eq!(ids(&phone.request(NOW)), [one]);
}

#[test]
fn a_piece_the_server_passes_over_waits_and_holds_up_nothing() {
    let phone = with_circulars(1..=1);
    let one = taken(&phone, 1, 100);
    phone.take(of_k2());
    let request = phone.request(NOW);
    phone.answered(&request, Answer::of("k2"), NOW);
    assert!(!phone.store.has_handing(NOW).unwrap());
    assert_eq!(ids(&phone.request(NOW.plus_millis(10 * MINUTE))), [one]);
}

#[test]
fn a_piece_the_server_cannot_take_is_put_off_for_a_day() {
    let phone = with_circulars(1..=2);
    let [one, two] = [taken(&phone, 1, 100), taken(&phone, 2, 200)];
    phone.take(of_k2());
    let mut alone = SyncRequest { epoch: Some(Epoch("k2".to_owned())), ..SyncRequest::default() };
    assert!(!phone.store.hand_back_one(&mut alone, NOW).unwrap());
    assert_eq!(ids(&alone), [one]);
    phone.store.failed(&[one], "bad_request", NOW).unwrap();
    phone.store.ask_again().unwrap();
    assert_eq!(ids(&phone.request(NOW)), [two]);
    assert_eq!(ids(&phone.request(NOW.plus_millis(DAY))), [one, two]);
    assert_eq!(phone.home().waiting, 2);
}

#[test]
fn what_is_refused_is_kept_and_never_sent_again_but_to_another_epoch() {
    let phone = with_circulars(1..=1);
    let one = taken(&phone, 1, 100);
    phone.take(of_k2());
    let request = phone.request(NOW);
    let refused = Outcome::Refused { code: Refusal::Other, commit: Commit(1) };
    phone.answered(&request, Answer::of("k2").replayed_with(one, refused), NOW);
    let phone = phone.reopened();
    phone.store.ask_again().unwrap();
    assert!(phone.request(NOW.plus_millis(30 * DAY)).replays.is_empty());
    assert_eq!((phone.home().waiting, phone.home().unread_count), (0, 1), "nothing is shown as done that is not");
    assert_eq!(phone.counted("SELECT count(*) FROM journal WHERE code = 'other' AND mac = 'mac'"), 1);
    phone.take(Answer::of("k3"));
    assert_eq!(ids(&phone.request(NOW)), [one]);
}

#[test]
fn a_phone_that_comes_back_after_40_days_still_hands_back_everything() {
    let phone = with_circulars(1..=2);
    let all = [taken(&phone, 1, 100), taken(&phone, 2, 200)];
    let late = NOW.plus_millis(40 * DAY);
    phone.store.apply(&of_k2().0, late).unwrap();
    phone.store.apply(&Answer::of("k2").0, late).unwrap();
    let phone = phone.reopened();
    let request = phone.request(late);
    assert_eq!(ids(&request), all);
    // One is there again, the other is still awaited: only what this epoch has is ever forgotten.
    let back = Answer::of("k2").replayed(all[0], &[(MAIL, 7)]).replayed_with(all[1], Outcome::Later);
    phone.answered(&request, back, late);
    assert_eq!(phone.counted("SELECT count(*) FROM journal"), 2, "its effect is not here yet");
    phone.store.apply(&Answer::of("k2").rows(MAIL, 7, vec![]).0, late).unwrap();
    assert_eq!(phone.counted("SELECT count(*) FROM journal"), 2, "the next backup that is restored may lack it again");
    let later = late.plus_millis(36 * DAY);
    phone.store.apply(&Answer::of("k2").at(later).0, later).unwrap();
    assert_eq!(phone.counted("SELECT count(*) FROM journal"), 1, "35 days since this epoch acknowledged it");
    let later = late.plus_millis(400 * DAY);
    phone.store.apply(&Answer::of("k2").at(later).0, later).unwrap();
    assert_eq!(ids(&phone.request(late.plus_millis(400 * DAY))), [all[1]]);
}

#[test]
fn an_answer_that_was_weeks_on_its_way_lets_nothing_be_forgotten() {
    let phone = with_circulars(1..=1);
    taken(&phone, 1, 100);
    // Given before a restore, and read by an app that stood still since: that the server has it was true then.
    phone.store.apply(&Answer::of("k1").rows(MAIL, 7, vec![]).at(NOW).0, NOW.plus_millis(46 * DAY)).unwrap();
    phone.store.apply(&Answer::of("k1").at(NOW).0, NOW.plus_millis(46 * DAY)).unwrap();
    assert_eq!(phone.counted("SELECT count(*) FROM journal WHERE settled = 1"), 1);
}

#[test]
fn an_op_handed_back_belongs_to_the_new_epoch_with_the_mac_of_then() {
    let phone = with_circulars(1..=1);
    let one = taken(&phone, 1, 100);
    phone.take(of_k2());
    let request = phone.request(NOW.plus_millis(DAY));
    phone.answered(&request, all_taken(&request), NOW.plus_millis(DAY));
    let select = format!(
        "SELECT count(*) FROM journal
         WHERE id = '{one}' AND epoch = 'k2' AND mac = 'mac' AND commit_number = 100 AND acknowledged_at = {}",
        NOW.plus_millis(DAY).millis()
    );
    assert_eq!(phone.counted(&select), 1);
    phone.take(Answer::of("k3"));
    let replay = &phone.request(NOW).replays[0];
    assert_eq!((replay.commit, replay.mac.as_str()), (Commit(100), "mac"));
}

#[test]
fn an_answer_that_was_lost_leads_to_the_same_request_again() {
    let phone = with_circulars(1..=2);
    taken(&phone, 1, 100);
    phone.take(of_k2());
    let first = phone.request(NOW);
    let phone = phone.reopened();
    let again = phone.request(NOW);
    assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&again).unwrap());
    phone.answered(&again, all_taken(&again), NOW);
    phone.answered(&again, all_taken(&again), NOW);
    assert!(phone.request(NOW).replays.is_empty());
}

/// A phone of the chair, who reads what stands on the district's staff feed and on a board.
fn of_an_officer() -> (Phone, Vec<String>, OpId) {
    let phone = Phone::joined(&[SATO]);
    let mut rights = feeds(true);
    rights.push((STAFF, FeedName::Staff(DISTRICT)));
    let marks = [(Ended::Revoked(DeviceId::from_number(9)), 30), (Ended::Withdrawn(HANAKO), 20)];
    let marks = marks.map(|(ended, commit)| KEY.mark(ended, Commit(commit), NOW));
    let posted = op(SATO, NOW, check_in(Mood::Good));
    let kept = Replay { op: RawValue::from_string(posted.to_text()).unwrap(), commit: Commit(25), mac: "kept".into() };
    let staff = vec![row(kind::ENDED, &marks[0].id, 1, &marks[0]), bare_mark(&marks[1])];
    phone.take(
        Answer::new()
            .rights(1, &rights, &[SATO])
            .rows(MAIL, 1, vec![row(kind::PROFILE, "me", 1, &profile(SATO, vec![chair()]))])
            .rows(STAFF, 2, staff)
            .rows(BOARD, 1, vec![row(kind::KEPT, posted.id, 1, &kept)])
            .rows(BLOCK_BOARD, 1, vec![row(kind::KEPT, posted.id, 1, &kept)])
            .rows(DESK, 0, vec![]),
    );
    phone.drain();
    phone.store.outbox_file().write(|outbox| Ok(outbox.execute("DELETE FROM journal", []).map(drop)?)).unwrap();
    // In the order of commits.
    (phone, [1, 0].map(|at| marks[at].id.clone()).to_vec(), posted.id)
}

/// A mark's row whose body leaves the id to the row.
fn bare_mark(mark: &kairan_protocol::replay::EndedMark) -> Row {
    let rest = serde_json::json!({ "commit": mark.commit, "at": mark.at, "mac": mark.mac });
    row(kind::ENDED, &mark.id, 2, &rest)
}

#[test]
fn an_officers_phone_hands_back_what_has_ended_and_what_the_command_line_did() {
    let (phone, marks, kept) = of_an_officer();
    let own = taken(&phone, 1, 10);
    phone.take(Answer::of("k2").rights(1, &feeds(true), &[SATO]));
    let request = phone.request(NOW);
    assert_eq!(request.ended.iter().map(|mark| mark.id.clone()).collect::<Vec<_>>(), marks);
    assert!(request.ended.iter().all(|mark| KEY.wrote(mark)));
    assert_eq!(ids(&request), [own, kept], "in one order of commits, each once");
    assert_eq!(request.replays[1].mac, "kept");
    // Also when the restored boards, which lack them, have taken the place of the old ones.
    phone.take(Answer::of("k2").rows(BOARD, 0, vec![]).rows(BLOCK_BOARD, 0, vec![]));
    let phone = phone.reopened();
    let request = phone.request(NOW);
    assert_eq!((request.ended.len(), request.replays.len()), (2, 2));
    let applied = phone.answered(&request, all_taken(&request), NOW);
    assert_eq!(applied.handed_back, 2);
    let request = phone.request(NOW);
    assert!(request.ended.is_empty() && request.replays.is_empty());
    assert_eq!(phone.counted("SELECT count(*) FROM handback"), 0);
}

#[test]
fn that_all_is_handed_back_is_said_when_it_is_and_until_it_was_heard() {
    let (phone, ..) = of_an_officer();
    let k1 = Some(Epoch("k1".to_owned()));
    for commit in 100..350 {
        let said = op(SATO, NOW, Command::Consent { moods_to_team: commit % 2 == 0 });
        phone.say(&said);
        phone.take(Answer::new().applied(said.id, commit, &[]));
    }
    phone.take(Answer::of("k2").rights(1, &feeds(true), &[SATO]));
    let request = phone.request(NOW);
    assert_eq!(request.handed, None, "not before all of it is");
    // One of the first portion is awaited by nobody's phone yet.
    let mut answer = all_taken(&request);
    answer.0.replayed[3].outcome = Outcome::Later;
    phone.answered(&request, answer, NOW);
    let request = phone.request(NOW);
    assert_eq!((request.handed.as_ref(), request.replays.len()), (k1.as_ref(), 51), "with the last of it");
    assert_eq!(phone.request(NOW).handed, k1, "the answer was lost");
    phone.answered(&request, all_taken(&request), NOW);
    let request = phone.request(NOW);
    assert_eq!(request.handed, None);
    assert!(!phone.store.has_handing(NOW).unwrap());
}

#[test]
fn a_phone_that_did_not_hold_all_that_has_ended_never_says_it_handed_it_back() {
    let resident = with_circulars(1..=1);
    taken(&resident, 1, 100);
    resident.take(of_k2());
    let request = resident.request(NOW);
    assert_eq!((request.replays.len(), request.handed), (1, None));

    let (phone, ..) = of_an_officer();
    phone
        .store
        .mirror_file()
        .write(|mirror| Ok(mirror.execute("UPDATE feed SET version = NULL", []).map(drop)?))
        .unwrap();
    phone.take(Answer::of("k2").rights(1, &feeds(true), &[SATO]));
    let request = phone.request(NOW);
    assert_eq!((request.ended.len(), request.handed), (2, None), "what it has it hands back all the same");
}

#[test]
fn a_server_lost_twice_gets_everything_of_both_epochs() {
    let (phone, marks, kept) = of_an_officer();
    phone.take(Answer::of("k2").rights(1, &feeds(true), &[SATO]));
    let request = phone.request(NOW);
    // The answer comes from a server that was restored once more: it confirms what it names and nothing else.
    let applied = phone.answered(&request, Answer::of("k3").rights(1, &feeds(true), &[SATO]), NOW);
    assert!(applied.epoch_changed);
    let request = phone.request(NOW);
    assert_eq!(request.ended.iter().map(|mark| mark.id.clone()).collect::<Vec<_>>(), marks);
    assert_eq!((ids(&request), request.handed.as_ref()), (vec![kept], Some(&Epoch("k1".to_owned()))));
}

#[test]
fn a_server_that_lost_something_within_its_epoch_gets_the_whole_journal_once() {
    let phone = with_circulars(1..=3);
    let all = [taken(&phone, 1, 100), taken(&phone, 2, 200), taken(&phone, 3, 300)];
    let new = op(SATO, NOW, Command::Consent { moods_to_team: true });
    phone.say(&new);
    let request = phone.request(NOW);
    let reset = Answer::new().resend().applied(new.id, 400, &[]).page(BOARD, 2, "n1", vec![]).reset();
    let applied = phone.answered(&request, reset, NOW);
    assert!(!applied.epoch_changed && applied.more);
    let request = phone.request(NOW);
    assert_eq!((ids(&request), request.handed.clone()), (all.to_vec(), None), "but not what this answer took");
    assert!(request.cursors.is_empty(), "what they name may be something else already");
    assert_eq!(phone.store.notice(SATO, notice_id(1)).unwrap().line.title, "回覧", "and nothing is let go meanwhile");
    assert_eq!(phone.home().waiting, 3);
    let back = all.iter().fold(Answer::new().resend(), |answer, id| answer.replayed(*id, &[]));
    phone.answered(&request, back, NOW);
    assert!(phone.request(NOW).replays.is_empty(), "a server that still says so is not sent the same for ever");
    assert_eq!(phone.home().waiting, 0);
    assert!(!phone.store.owes_slip().unwrap());
}

#[test]
fn an_upgraded_phone_knows_what_the_app_said_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut old = rusqlite::Connection::open(folder.path().join("outbox.db")).unwrap();
    super::super::database::migrate(&mut old, &super::super::outbox::MIGRATIONS[..1]).unwrap();
    let stages = [Stage::Delivered, Stage::Displayed, Stage::Acknowledged];
    let ops = stages.map(|stage| op(SATO, NOW, Command::Receipt { notice: notice_id(1), rev: Rev(1), stage }));
    for (seq, said) in (1_i64..).zip(&ops) {
        let values = rusqlite::params![seq, said.id.to_string(), said.to_text(), NOW.millis()];
        let insert = "INSERT INTO journal VALUES (?1, ?2, 1, 'receipt', ?3, 0, ?1, 'mac', '{}', '[]', 'k1', ?4, 1)";
        old.execute(insert, values).unwrap();
    }
    drop(old);
    let store = Store::open(folder.path(), NOW).unwrap();
    store.set_enrolment(&super::enrolment(&[SATO])).unwrap();
    let phone = Phone { store, folder };
    phone.take(residents(1));
    phone.take(of_k2());
    assert_eq!((phone.request(NOW).replays.len(), phone.home().waiting), (3, 1));
}
