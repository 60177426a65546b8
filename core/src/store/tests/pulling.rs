//! Pulling: first pulls, differences, rights, resets and other epochs.

use super::*;
use crate::records::NoticeFilter;
use kairan_protocol::wire::Cursor;

fn titles(phone: &Phone) -> Vec<String> {
    let page = phone.store.notices(SATO, NoticeFilter::All, None, 50).unwrap();
    page.lines.into_iter().map(|line| line.title).collect()
}

#[test]
fn a_first_pull_goes_on_where_a_kill_cut_it() {
    let phone = Phone::joined(&[SATO]);
    let page = vec![notice_row(2, 2, &circular("二")), notice_row(1, 1, &circular("一"))];
    phone.take(Answer::new().rights(1, &feeds(false), &[SATO]).page(BOARD, 9, "n2", page));
    let phone = phone.reopened();
    let cursors = phone.store.sync_state().unwrap().cursors;
    assert_eq!(cursors[&BOARD], Cursor::First(FirstPull { as_of: Version(9), place: "n2".to_owned() }));
    assert_eq!(titles(&phone).len(), 2);
    phone.take(Answer::new().rows(BOARD, 9, vec![notice_row(3, 3, &circular("三"))]));
    assert_eq!(phone.store.sync_state().unwrap().cursors[&BOARD], Cursor::At(Version(9)));
    assert_eq!(titles(&phone).len(), 3);
}

#[test]
fn a_tombstone_takes_a_notice_away() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &circular("一"))]));
    assert_eq!(titles(&phone), ["一"]);
    phone.take(Answer::new().rows(BOARD, 3, vec![gone(kind::NOTICE, notice_id(1), 3)]));
    assert!(titles(&phone).is_empty());
    assert_eq!(phone.home().unread_count, 0);
}

#[test]
fn an_answer_that_comes_twice_or_late_changes_nothing() {
    let phone = Phone::of_sato();
    let old = || Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &circular("古い"))]);
    phone.take(old());
    let mut newer = notice_row(1, 3, &circular("新しい"));
    newer.rev = Rev(2);
    phone.take(Answer::new().rows(BOARD, 3, vec![newer]));
    phone.take(old());
    assert_eq!(titles(&phone), ["新しい"]);
    assert_eq!(phone.store.sync_state().unwrap().cursors[&BOARD], Cursor::At(Version(3)));
}

#[test]
fn a_late_page_of_a_finished_first_pull_changes_nothing() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().page(BOARD, 1, "n1", vec![notice_row(1, 1, &circular("古い"))]));
    assert!(titles(&phone).is_empty());
    assert_eq!(phone.store.sync_state().unwrap().cursors[&BOARD], Cursor::At(Version(1)));
}

#[test]
fn a_notice_on_two_boards_is_shown_once_and_goes_with_its_last() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &circular("防災訓練"))]).rows(
        BLOCK_BOARD,
        1,
        vec![notice_row(1, 1, &circular("防災訓練"))],
    ));
    assert_eq!(titles(&phone).len(), 1);
    assert_eq!(phone.home().unread_count, 1);
    phone.take(Answer::new().rows(BOARD, 3, vec![gone(kind::NOTICE, notice_id(1), 3)]));
    assert_eq!(titles(&phone).len(), 1);
    phone.take(Answer::new().rows(BLOCK_BOARD, 2, vec![gone(kind::NOTICE, notice_id(1), 2)]));
    assert!(titles(&phone).is_empty());
}

#[test]
fn a_lost_feed_is_hidden_at_once_and_erased_by_the_second_round() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(BLOCK_BOARD, 1, vec![notice_row(1, 1, &circular("班のお知らせ"))]));
    let without: Vec<_> = feeds(false).into_iter().filter(|(n, _)| *n != BLOCK_BOARD).collect();
    let applied = phone.take(Answer::new().rights(2, &without, &[SATO]));
    assert!(applied.rights_changed);
    assert!(titles(&phone).is_empty());
    assert!(!phone.store.sync_state().unwrap().cursors.contains_key(&BLOCK_BOARD));
    let held = |phone: &Phone| {
        let count = "SELECT count(*) FROM row WHERE feed = 3";
        phone.store.mirror_file().read(|mirror| Ok(mirror.query_row(count, [], |row| row.get::<_, i64>(0))?)).unwrap()
    };
    assert_eq!(held(&phone), 1);
    phone.take(Answer::new());
    assert_eq!(held(&phone), 0);
}

#[test]
fn a_feed_that_comes_back_in_time_is_shown_again() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(BLOCK_BOARD, 1, vec![notice_row(1, 1, &circular("班のお知らせ"))]));
    let without: Vec<_> = feeds(false).into_iter().filter(|(n, _)| *n != BLOCK_BOARD).collect();
    phone.take(Answer::new().rights(2, &without, &[SATO]));
    phone.take(Answer::new().rights(3, &feeds(false), &[SATO]));
    assert_eq!(titles(&phone), ["班のお知らせ"]);
    assert!(!phone.store.sync_state().unwrap().cursors.contains_key(&BLOCK_BOARD), "it is pulled from its start");
}

#[test]
fn what_went_from_a_feed_while_it_was_hidden_is_gone_when_it_comes_back() {
    let phone = Phone::of_sato();
    let [one, two] =
        [(1, "古いお知らせ"), (2, "班のお知らせ")].map(|(n, title)| notice_row(n, n.into(), &circular(title)));
    phone.take(Answer::new().rows(BLOCK_BOARD, 2, vec![one, two.clone()]));
    let without: Vec<_> = feeds(false).into_iter().filter(|(n, _)| *n != BLOCK_BOARD).collect();
    phone.take(Answer::new().rights(2, &without, &[SATO]));
    // The request named no cursor: the answer holds what is there, and no tombstone of what is not.
    phone.take(Answer::new().rights(3, &feeds(false), &[SATO]).rows(BLOCK_BOARD, 3, vec![two]));
    assert_eq!(titles(&phone), ["班のお知らせ"]);
    assert_eq!(phone.store.sync_state().unwrap().cursors[&BLOCK_BOARD], Cursor::At(Version(3)));
}

#[test]
fn older_rights_are_not_acted_upon() {
    let phone = Phone::joined(&[SATO]);
    phone.take(residents(5));
    phone.take(Answer::new().rights(4, &[], &[]));
    assert_eq!(phone.store.persons().unwrap(), [SATO]);
    assert_eq!(phone.store.sync_state().unwrap().rights, 5);
}

#[test]
fn rows_of_a_feed_without_a_right_are_not_kept() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(FeedNumber(99), 1, vec![notice_row(1, 1, &circular("よその町"))]));
    assert!(titles(&phone).is_empty());
}

#[test]
fn a_reset_feed_is_replaced_when_its_shadow_is_whole() {
    let phone = Phone::of_sato();
    let before = vec![notice_row(1, 2, &circular("消える")), notice_row(2, 3, &circular("残る"))];
    phone.take(Answer::new().rows(BOARD, 3, before));
    phone.take(Answer::new().page(BOARD, 90, "n1", vec![notice_row(3, 80, &circular("新しい"))]).reset());
    assert_eq!(titles(&phone).len(), 2, "nothing is replaced before all of it is here");
    let phone = phone.reopened();
    assert!(matches!(phone.store.sync_state().unwrap().cursors[&BOARD], Cursor::First(_)));
    phone.take(Answer::new().rows(BOARD, 90, vec![notice_row(2, 3, &circular("残る"))]));
    let mut shown = titles(&phone);
    shown.sort();
    assert_eq!(shown, ["新しい", "残る"]);
    assert_eq!(phone.home().unread_count, 2);
    assert_eq!(phone.store.search(SATO, "消える", 10).unwrap(), []);
}

#[test]
fn rows_of_an_unknown_kind_are_kept_as_they_came() {
    let phone = Phone::of_sato();
    let odd = row("survey", "s1", 2, &serde_json::json!({"question": "はい？", "of": [1, 2]}));
    phone.take(Answer::new().rows(BOARD, 2, vec![odd]));
    let phone = phone.reopened();
    let select = "SELECT body FROM row WHERE kind = 'survey'";
    let body =
        phone.store.mirror_file().read(|mirror| Ok(mirror.query_row(select, [], |row| row.get::<_, String>(0))?));
    assert_eq!(body.unwrap(), r#"{"of":[1,2],"question":"はい？"}"#);
}

#[test]
fn a_notice_of_a_newer_kind_is_shown_by_title_and_text() {
    let phone = Phone::of_sato();
    let mut body = serde_json::to_value(circular("アンケート")).unwrap();
    body["kind"] = "survey".into();
    phone.take(Answer::new().rows(BOARD, 2, vec![row(kind::NOTICE, notice_id(1), 2, &body)]));
    assert_eq!(titles(&phone), ["アンケート"]);
    let detail = phone.store.notice(SATO, notice_id(1)).unwrap();
    assert_eq!(detail.text, "本文です。");
    assert_eq!(detail.line.kind, crate::records::NoticeKind::Notice);
}

#[test]
fn a_long_delta_is_taken_in_parts_and_ends_at_its_cursor() {
    let phone = Phone::of_sato();
    let rows: Vec<Row> = (0..450_u64)
        .map(|at| {
            row(kind::NOTICE, NoticeId::from_bytes((u128::from(at) + 1).to_be_bytes()), at + 2, &circular("多い"))
        })
        .collect();
    let applied = phone.take(Answer::new().rows(BOARD, 451, rows));
    assert_eq!(applied.received, 450);
    assert_eq!(phone.home().unread_count, 450);
    let mut seen = 0;
    let mut after = None;
    loop {
        let page = phone.store.notices(SATO, NoticeFilter::Unread, after.as_deref(), 100).unwrap();
        seen += page.lines.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, 450);
}

#[test]
fn two_people_on_one_phone_each_have_their_own_unread() {
    let phone = Phone::joined(&[SATO, HANAKO]);
    let mut rights = feeds(false);
    rights.push((HANAKOS_MAIL, FeedName::Mail(HANAKO)));
    phone.take(
        Answer::new()
            .rights(1, &rights, &[SATO, HANAKO])
            .rows(BOARD, 1, vec![notice_row(1, 1, &circular("回覧"))])
            .rows(BLOCK_BOARD, 0, vec![])
            .rows(
                MAIL,
                2,
                vec![row(kind::PROFILE, "me", 1, &profile(SATO, vec![])), receipt_row(1, 2, 1, Stage::Acknowledged)],
            )
            .rows(HANAKOS_MAIL, 1, vec![row(kind::PROFILE, "me", 1, &profile(HANAKO, vec![]))]),
    );
    assert_eq!(phone.store.home(SATO, NOW).unwrap().unread_count, 0);
    assert_eq!(phone.store.home(HANAKO, NOW).unwrap().unread_count, 1);
}

#[test]
fn a_newcomer_is_not_asked_about_circulars_of_long_before() {
    let phone = Phone::of_sato();
    let mut old = circular("昔の回覧");
    old.at = NOW.plus_millis(-400 * DAY);
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &old)]));
    assert_eq!(titles(&phone), ["昔の回覧"]);
    assert_eq!(phone.home().unread_count, 0);
}
