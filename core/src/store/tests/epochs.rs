//! Another epoch of the server: what was received stays until what takes its place is whole, and numbers may mean other feeds.

use super::*;
use crate::{
    error::Error,
    records::{NoticeFilter, SealState},
};
use kairan_protocol::wire::Cursor;

fn titles(phone: &Phone) -> Vec<String> {
    let page = phone.store.notices(SATO, NoticeFilter::All, None, 50).unwrap();
    let mut titles: Vec<String> = page.lines.into_iter().map(|line| line.title).collect();
    titles.sort();
    titles
}

fn found(phone: &Phone, typed: &str) -> usize {
    phone.store.search(SATO, typed, 10).unwrap().len()
}

/// A resident's phone with three circulars of the association and one of the block.
fn with_circulars() -> Phone {
    let phone = Phone::of_sato();
    let board = (1..=3).map(|number| notice_row(number, u64::from(number) + 1, &circular(&format!("回覧{number}"))));
    let block = vec![notice_row(4, 1, &circular("班の回覧"))];
    phone.take(Answer::new().rows(BOARD, 4, board.collect()).rows(BLOCK_BOARD, 1, block));
    phone.drain();
    phone
}

fn rights_of_k2() -> Answer {
    Answer::of("k2").rights(1, &feeds(false), &[SATO])
}

#[test]
fn every_circular_stays_readable_until_what_takes_its_place_is_whole() {
    let phone = with_circulars();
    let applied = phone.take(rights_of_k2().rows(BOARD, 9, vec![notice_row(9, 9, &circular("差分"))]));
    assert!(applied.epoch_changed && applied.more);
    let state = phone.store.sync_state().unwrap();
    assert_eq!((state.epoch, state.rights), (Some(Epoch("k2".to_owned())), 1));
    assert!(state.cursors.is_empty(), "the first answer may be a difference to cursors that mean nothing");
    let all = ["回覧1", "回覧2", "回覧3", "班の回覧"];
    assert_eq!(titles(&phone), all);
    assert_eq!((found(&phone, "回覧"), phone.home().unread_count), (4, 4));
    assert_eq!(phone.home().name, "佐藤 一郎");

    // The backup knows the first two; a third was posted since.
    phone.take(Answer::of("k2").page(BOARD, 3, "n2", vec![notice_row(5, 3, &circular("新しい"))]));
    let phone = phone.reopened();
    assert!(matches!(phone.store.sync_state().unwrap().cursors[&BOARD], Cursor::First(_)));
    assert_eq!((titles(&phone).as_slice(), found(&phone, "回覧")), (all.map(str::to_owned).as_slice(), 4));
    assert_eq!(phone.store.notice(SATO, notice_id(3)).unwrap().text, "本文です。");

    let rest = [1, 2].map(|number| notice_row(number, u64::from(number) + 1, &circular(&format!("回覧{number}"))));
    let last = Answer::of("k2").rows(BOARD, 3, rest.to_vec());
    phone.take(last);
    assert_eq!(phone.store.sync_state().unwrap().cursors[&BOARD], Cursor::At(Version(3)));
    assert_eq!(titles(&phone), ["回覧1", "回覧2", "新しい", "班の回覧"]);
    assert_eq!(found(&phone, "回覧3"), 0);
    phone.take(Answer::of("k2").rows(BLOCK_BOARD, 0, vec![]));
    assert_eq!(titles(&phone), ["回覧1", "回覧2", "新しい"], "a feed that comes whole at once flips at once");
}

#[test]
fn without_a_network_a_phone_in_the_middle_of_a_change_has_everything() {
    let phone = with_circulars();
    phone.take(rights_of_k2());
    phone.take(Answer::of("k2").page(BOARD, 3, "n2", vec![notice_row(1, 2, &circular("回覧1"))]));
    let phone = phone.reopened();
    for number in 1..=4 {
        phone.say(&op(SATO, NOW, acknowledge(notice_id(number), 1)));
        let seal = phone.store.notice(SATO, notice_id(number)).unwrap().seal;
        assert_eq!(seal, SealState::Waiting { at: NOW.millis() });
    }
    assert_eq!((phone.home().unread_count, titles(&phone).len()), (0, 4));
}

#[test]
fn a_pull_under_way_is_not_mixed_with_that_of_the_next_epoch() {
    let phone = with_circulars();
    phone.take(rights_of_k2());
    phone.take(Answer::of("k2").page(BOARD, 3, "n2", vec![notice_row(8, 3, &circular("二度失われた"))]));
    phone.take(Answer::of("k3").rights(1, &feeds(false), &[SATO]));
    assert!(phone.store.sync_state().unwrap().cursors.is_empty());
    assert_eq!(titles(&phone).len(), 4);
    phone.take(Answer::of("k3").rows(BOARD, 2, vec![notice_row(1, 2, &circular("回覧1"))]));
    assert_eq!(titles(&phone), ["回覧1", "班の回覧"]);
}

#[test]
fn the_same_rev_and_version_of_something_else_is_shown_as_it_is_now() {
    let phone = with_circulars();
    phone.take(rights_of_k2());
    phone.take(Answer::of("k2").rows(BOARD, 4, vec![notice_row(1, 2, &circular("別の訂正"))]));
    assert_eq!(titles(&phone), ["別の訂正", "班の回覧"]);
    assert_eq!((found(&phone, "別の"), found(&phone, "回覧1")), (1, 0));
    assert_eq!(phone.home().unread_count, 2);
}

#[test]
fn rows_follow_the_names_of_their_feeds_where_numbers_changed_meaning() {
    let phone = with_circulars();
    // The two boards change places, the mail takes a number nobody had.
    let names = [(BLOCK_BOARD, FeedName::Board(MIDORI)), (BOARD, FeedName::Board(BLOCK))];
    let moved = [names[0], names[1], (FeedNumber(77), FeedName::Mail(SATO))];
    phone.take(Answer::of("k2").rights(1, &moved, &[SATO]));
    assert_eq!(titles(&phone).len(), 4);
    assert_eq!(phone.home().name, "佐藤 一郎");
    // The block's board comes whole under the number of the other: only its own circular is replaced.
    phone.take(Answer::of("k2").rows(BOARD, 1, vec![notice_row(7, 1, &circular("班の新しい回覧"))]));
    assert_eq!(titles(&phone), ["回覧1", "回覧2", "回覧3", "班の新しい回覧"]);
    phone.take(Answer::of("k2").rows(BLOCK_BOARD, 4, vec![notice_row(1, 2, &circular("回覧1"))]));
    assert_eq!(titles(&phone), ["回覧1", "班の新しい回覧"]);
    let rows = |feed: u32| {
        let select = format!("SELECT count(*) FROM row WHERE feed = {feed}");
        phone.store.mirror_file().read(|mirror| Ok(mirror.query_row(&select, [], |row| row.get::<_, i64>(0))?)).unwrap()
    };
    assert_eq!((rows(77), rows(10)), (1, 0));
}

#[test]
fn a_feed_that_is_not_named_any_more_gives_its_number_away_and_is_erased_when_that_is_confirmed() {
    let phone = with_circulars();
    let moved = [(BLOCK_BOARD, FeedName::Board(MIDORI)), (MAIL, FeedName::Mail(SATO))];
    phone.take(Answer::of("k2").rights(1, &moved, &[SATO]));
    assert_eq!(titles(&phone), ["回覧1", "回覧2", "回覧3"], "hidden at once");
    let held = || {
        let select = "SELECT count(*) FROM row WHERE body LIKE '%班の回覧%'";
        phone.store.mirror_file().read(|mirror| Ok(mirror.query_row(select, [], |row| row.get::<_, i64>(0))?)).unwrap()
    };
    assert_eq!(held(), 1);
    phone.take(Answer::of("k2").rows(BLOCK_BOARD, 4, vec![notice_row(1, 2, &circular("回覧1"))]));
    assert_eq!((held(), titles(&phone)), (0, vec!["回覧1".to_owned()]));
}

#[test]
fn a_feed_that_was_hidden_for_a_round_comes_back_with_its_rows() {
    let phone = with_circulars();
    let moved = [(BLOCK_BOARD, FeedName::Board(MIDORI)), (MAIL, FeedName::Mail(SATO))];
    phone.take(Answer::of("k2").rights(1, &moved, &[SATO]));
    // Somebody's phone handed the move back: the household stands in its block again.
    let all = [moved[0], moved[1], (FeedNumber(50), FeedName::Board(BLOCK))];
    phone.take(Answer::of("k2").rights(2, &all, &[SATO]));
    assert_eq!(titles(&phone).len(), 4);
}

/// The phone killed after its outbox heard of another epoch and before its mirror did.
fn killed_between(phone: Phone, answer: Answer) -> Phone {
    let Phone { store, folder } = phone;
    drop(store);
    let (mirror, aside) = (folder.path().join("mirror.db"), folder.path().join("as-it-was"));
    std::fs::copy(&mirror, &aside).unwrap();
    let store = Store::open(folder.path(), NOW).unwrap();
    store.apply(&answer.0, NOW).unwrap();
    drop(store);
    for file in ["mirror.db", "mirror.db-wal", "mirror.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(file));
    }
    std::fs::rename(aside, mirror).unwrap();
    Phone { store: Store::open(folder.path(), NOW).unwrap(), folder }
}

#[test]
fn killed_between_outbox_and_mirror_the_next_answer_leads_to_the_same_end() {
    let phone = with_circulars();
    let seen = op(SATO, NOW, acknowledge(notice_id(1), 1));
    phone.say(&seen);
    phone.take(Answer::new().applied(seen.id, 50, &[]));
    let due = "SELECT count(*) FROM journal WHERE handing = 'due'";
    let all = phone.counted("SELECT count(*) FROM journal");

    let phone = killed_between(phone, rights_of_k2());
    assert_eq!(phone.store.sync_state().unwrap().epoch, Some(Epoch("k1".to_owned())));
    assert_eq!((phone.counted(due), titles(&phone).len()), (all, 4));
    let request = phone.request(NOW);
    assert!(request.replays.is_empty() && request.handed.is_none(), "nothing half way");

    let applied = phone.answered(&request, rights_of_k2(), NOW);
    assert!(applied.epoch_changed && applied.more);
    assert_eq!((phone.counted(due), titles(&phone).len()), (all, 4));
    assert!(phone.store.sync_state().unwrap().cursors.is_empty());
    assert!(phone.store.owes_slip().unwrap());
    let request = phone.request(NOW);
    assert_eq!(request.replays.len(), usize::try_from(all).unwrap());
    let phone = phone.reopened();
    assert_eq!(phone.request(NOW).replays.len(), request.replays.len());
    let gone = request.replays.iter().filter_map(crate::store::id_of);
    phone.answered(&request, gone.fold(Answer::of("k2"), |answer, id| answer.replayed(id, &[])), NOW);
    assert_eq!((phone.counted(due), phone.home().waiting), (0, 0));
}

#[test]
fn a_mirror_lost_together_with_the_servers_memory_is_pulled_and_the_journal_handed_back() {
    let phone = with_circulars();
    let all = phone.counted("SELECT count(*) FROM journal");
    std::fs::write(phone.path().join("mirror.db.mark"), "").unwrap();
    let phone = phone.reopened();
    let mut answer = residents(1);
    answer.0.epoch = Epoch("k2".to_owned());
    let applied = phone.take(answer);
    assert!(applied.epoch_changed);
    assert_eq!(phone.home().name, "佐藤 一郎", "its rows are no difference to anything");
    assert_eq!(phone.request(NOW).replays.len(), usize::try_from(all).unwrap());
}

#[test]
fn joining_again_in_a_new_epoch_does_not_hide_that_it_is_new() {
    let phone = with_circulars();
    let mut again = super::enrolment(&[SATO]);
    again.epoch = Epoch("k2".to_owned());
    again.name = "みどり市（新）".to_owned();
    phone.store.set_enrolment(&again).unwrap();
    assert_eq!(phone.store.me(NOW).unwrap().district, "みどり市（新）");
    phone.take(rights_of_k2());
    assert!(!phone.request(NOW).replays.is_empty());
}

#[test]
fn a_phone_that_has_just_joined_hands_back_nothing_and_owes_no_slip() {
    let phone = Phone::of_sato();
    let request = phone.request(NOW);
    assert!(request.replays.is_empty() && request.ended.is_empty() && request.handed.is_none());
    assert!(!phone.store.owes_slip().unwrap());
    assert!(!phone.store.has_handing(NOW).unwrap());
}

#[test]
fn until_the_new_rights_are_here_no_number_means_anything() {
    let phone = with_circulars();
    phone.take(Answer::of("k2"));
    phone.take(Answer::of("k2").rows(BOARD, 9, vec![notice_row(9, 9, &circular("どこの回覧か分からない"))]));
    assert_eq!(titles(&phone).len(), 4);
    phone.take(rights_of_k2().rows(BOARD, 9, vec![notice_row(9, 9, &circular("分かった"))]));
    assert_eq!(titles(&phone), ["分かった", "班の回覧"]);
}

#[test]
fn what_was_reported_as_delivered_is_not_reported_again() {
    let phone = with_circulars();
    let (said, all) = (phone.going_out().len(), phone.counted("SELECT count(*) FROM delivered"));
    assert_eq!((said, all), (0, 4));
    let rows = (1..=3).map(|number| notice_row(number, u64::from(number) + 1, &circular("訂正された回覧"))).collect();
    phone.take(rights_of_k2());
    let whole = Answer::of("k2")
        .rows(MAIL, 1, vec![row(kind::PROFILE, "me", 1, &profile(SATO, Vec::new()))])
        .rows(BOARD, 4, rows)
        .rows(BLOCK_BOARD, 1, vec![notice_row(4, 1, &circular("班の回覧"))]);
    phone.take(whole);
    assert_eq!(titles(&phone).len(), 4);
    assert!(phone.going_out().is_empty());
    assert_eq!(phone.request(NOW).replays.len(), 4, "they are handed back instead");
}

#[test]
fn an_op_that_was_on_the_wire_when_the_server_was_lost_goes_out_again() -> Result<(), Error> {
    let phone = with_circulars();
    let seen = op(SATO, NOW, acknowledge(notice_id(1), 1));
    phone.say(&seen);
    phone.store.mark_sent(&[seen.id], NOW)?;
    phone.take(rights_of_k2().later(seen.id));
    assert!(phone.going_out().is_empty());
    let request = phone.request(NOW);
    let gone = request.replays.iter().filter_map(crate::store::id_of);
    phone.answered(&request, gone.fold(Answer::of("k2"), |answer, id| answer.replayed(id, &[])), NOW);
    assert_eq!(phone.going_out(), [seen.id], "what it speaks about may be there now");
    Ok(())
}
