//! What thin screens draw without a rule of their own: the point above 件名, the turn of a seal, what is read aloud, what was found.

use super::*;
use crate::records::{NoticeFilter, NoticeLine, Piece, SentencePart};
use kairan_protocol::notice::{ByWhen, Change, NoticePatch, When};

fn points() -> Points {
    Points {
        when: Some(When { text: "29日（日）朝9時".to_owned(), starts: None, ends: None }),
        place: Some("中央公園".to_owned()),
        what: Some("軍手を持って集まる".to_owned()),
        by_when: Some(ByWhen { text: "27日（金）".to_owned(), day: None }),
    }
}

fn cleaning() -> NoticeBody {
    let mut body = circular("秋の一斉清掃");
    body.points = points();
    body.text = "公園を清掃します。「雨のときは？」というお声には、\n次の日曜日とお答えします。\n\n以上。".to_owned();
    body
}

fn listed(phone: &Phone) -> NoticeLine {
    phone.store.notices(SATO, NoticeFilter::All, None, 10).unwrap().lines.remove(0)
}

#[test]
fn before_the_server_said_times_are_japans_and_then_the_associations() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), NOW).unwrap();
    assert_eq!(store.me(NOW).unwrap().utc_offset_minutes, 540, "before joining");
    let phone = Phone::joined(&[SATO]);
    assert_eq!(phone.store.me(NOW).unwrap().utc_offset_minutes, 540, "before the first sync");
    let mut answer = residents(1);
    answer.0.rights.as_mut().unwrap().zone = ZoneOffsets::fixed(-12_600);
    phone.take(answer);
    let me = phone.store.me(NOW).unwrap();
    assert_eq!(me.utc_offset_minutes, -210);
    assert_eq!(me.persons[0].association.as_deref(), Some("緑ヶ丘町内会"));
}

#[test]
fn the_point_stands_above_the_title_and_the_seal_is_turned_the_same_everywhere() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &cleaning())]));
    let line = listed(&phone);
    assert_eq!(line.point, ["29日（日）朝9時", "軍手を持って集まる"]);
    let detail = phone.store.notice(SATO, notice_id(1)).unwrap();
    assert_eq!((&detail.line, phone.home().unread.first()), (&line, Some(&line)));
    assert!((-4..=4).contains(&line.seal_turn));
}

#[test]
fn a_notice_without_points_and_one_only_a_newer_app_understands_have_none() {
    let phone = Phone::of_sato();
    let mut drill = cleaning();
    drill.must_understand = vec!["drill".to_owned()];
    phone.take(Answer::new().rows(BOARD, 3, vec![notice_row(1, 2, &circular("お知らせ")), notice_row(2, 3, &drill)]));
    let lines = phone.store.notices(SATO, NoticeFilter::All, None, 10).unwrap().lines;
    assert!(lines.iter().all(|line| line.point.is_empty()), "{lines:?}");
}

#[test]
fn a_correction_that_waits_and_a_notice_that_waits_show_their_own_point() {
    let phone = Phone::of_the_chair();
    let body = cleaning();
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &body)]).rows(DESK, 4, vec![sent_row(1, 4, &body)]));
    let patch = NoticePatch { what: Change::Clear, when: Change::Clear, ..NoticePatch::default() };
    phone.say(&op(SATO, NOW, Command::Correct { notice: notice_id(1), seen: Rev(1), patch }));
    assert_eq!(listed(&phone).point, ["27日（金）", "中央公園"]);
    let posted = Command::Post {
        notice: NoticeKind::Circular,
        from: MIDORI,
        audience: vec![Audience::Board(MIDORI)],
        title: "もう一つ".to_owned(),
        points: points(),
        text: "本文".to_owned(),
        publish_at: None,
        until: None,
    };
    let posted = op(SATO, NOW, posted);
    phone.say(&posted);
    let line = phone.store.notice(SATO, posted.id.into()).unwrap().line;
    assert_eq!(line.point, ["29日（日）朝9時", "軍手を持って集まる"]);
}

#[test]
fn lists_of_an_app_without_the_point_have_it_after_the_update() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &cleaning())]));
    let Phone { store, folder } = phone;
    drop(store);
    let mirror = rusqlite::Connection::open(folder.path().join("mirror.db")).unwrap();
    mirror.execute_batch("ALTER TABLE notice DROP COLUMN what; PRAGMA user_version = 1").unwrap();
    drop(mirror);
    let store = Store::open(folder.path(), NOW).unwrap();
    assert_eq!(listed(&Phone { store, folder }).point, ["29日（日）朝9時", "軍手を持って集まる"]);
}

#[test]
fn a_notice_is_read_aloud_title_first_then_its_points_then_the_letter_sentence_by_sentence() {
    let phone = Phone::of_sato();
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &cleaning())]));
    let detail = phone.store.notice(SATO, notice_id(1)).unwrap();
    let read: Vec<_> = detail.sentences.iter().map(|read| (read.part, read.paragraph, read.text.as_str())).collect();
    assert_eq!(
        read,
        [
            (SentencePart::Title, 0, "秋の一斉清掃"),
            (SentencePart::When, 0, "29日（日）朝9時"),
            (SentencePart::Place, 0, "中央公園"),
            (SentencePart::What, 0, "軍手を持って集まる"),
            (SentencePart::ByWhen, 0, "27日（金）"),
            (SentencePart::Text, 0, "公園を清掃します。"),
            (SentencePart::Text, 0, "「雨のときは？」というお声には、\n"),
            (SentencePart::Text, 0, "次の日曜日とお答えします。\n\n"),
            (SentencePart::Text, 1, "以上。"),
        ]
    );
    assert_eq!(detail.household, "佐藤");
}

#[test]
fn what_was_found_is_marked_in_the_title_or_else_in_its_sentence() {
    let phone = Phone::of_sato();
    let mut bags = circular("粗大ゴミの出し方が変わります");
    bags.text = "ごみは朝8時までに。".to_owned();
    let mut bins = circular("当番表");
    bins.text = "軍手をお持ちください。ｺﾞﾐ置き場に集まります。以上。".to_owned();
    let mut hall = circular("役員会");
    hall.points.place = Some("ごみ置き場".to_owned());
    let rows = vec![notice_row(1, 2, &bags), notice_row(2, 3, &bins), notice_row(3, 4, &hall)];
    phone.take(Answer::new().rows(BOARD, 4, rows));
    let shown = |pieces: &[Piece]| -> String {
        pieces.iter().map(|piece| if piece.hit { format!("[{}]", piece.text) } else { piece.text.clone() }).collect()
    };
    let mut found = phone.store.search(SATO, "ごみ", 10).unwrap();
    found.sort_by_key(|hit| hit.line.id.clone());
    let found: Vec<_> = found.iter().map(|hit| (shown(&hit.title), shown(&hit.excerpt))).collect();
    assert_eq!(
        found,
        [
            ("粗大[ゴミ]の出し方が変わります".to_owned(), String::new()),
            ("当番表".to_owned(), "[ｺﾞﾐ]置き場に集まります。".to_owned()),
            ("役員会".to_owned(), "[ごみ]置き場".to_owned()),
        ]
    );
    let sender = phone.store.search(SATO, "緑ヶ丘", 10).unwrap();
    assert!(sender.len() == 3 && sender.iter().all(|hit| hit.excerpt.is_empty()), "the sender stands in the line");
}
