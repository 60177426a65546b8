//! Drafts: what an officer has begun to write stays on the phone, whatever happens to it, until it is sent or dropped.

use super::*;
use crate::{error::Error, records};
use kairan_protocol::validate;
use std::fs;

/// A circular that has a 件名 and nothing else yet.
pub(super) fn begun(title: &str) -> records::Draft {
    records::Draft {
        kind: records::NoticeKind::Circular,
        from: String::new(),
        audience: Vec::new(),
        title: title.to_owned(),
        points: records::Points::default(),
        text: String::new(),
        publish_at: None,
        until: None,
    }
}

fn save(phone: &Phone, id: Option<&str>, title: &str) -> String {
    phone.store.save_draft(SATO, id, &begun(title), NOW).unwrap()
}

/// The titles of a person's drafts.
fn titles(store: &Store, person: PersonId) -> Vec<String> {
    store.drafts(person).unwrap().into_iter().map(|line| line.draft.title).collect()
}

#[test]
fn a_draft_is_there_after_a_kill_and_the_one_saved_last_stands_first() {
    let phone = Phone::of_the_chair();
    let festival = save(&phone, None, "夏祭り");
    save(&phone, None, "");
    let again = save(&phone, Some(&festival), "夏祭りのお知らせ");
    assert_eq!(again, festival);
    let phone = phone.reopened();
    assert_eq!(titles(&phone.store, SATO), ["夏祭りのお知らせ", ""]);
    let line = phone.store.drafts(SATO).unwrap().remove(0);
    assert_eq!(line, records::DraftLine { id: festival, draft: begun("夏祭りのお知らせ"), saved_at: NOW.millis() });
}

#[test]
fn a_draft_holds_all_an_officer_can_write() {
    let phone = Phone::of_the_chair();
    let whole = records::Draft {
        from: MIDORI.to_string(),
        audience: vec![FeedName::Board(BLOCK).to_string(), FeedName::Staff(MIDORI).to_string()],
        points: records::Points { when: Some("29日".to_owned()), starts: Some(1), ..records::Points::default() },
        text: "雨".repeat(validate::TEXT),
        publish_at: Some(5),
        until: Some(6),
        ..begun("秋の一斉清掃")
    };
    phone.store.save_draft(SATO, None, &whole, NOW).unwrap();
    assert_eq!(phone.store.drafts(SATO).unwrap()[0].draft, whole);
}

#[test]
fn a_draft_that_was_dropped_is_gone_and_one_saved_once_more_is_there_again() {
    let phone = Phone::of_the_chair();
    let id = save(&phone, None, "夏祭り");
    phone.store.drop_draft(SATO, &id).unwrap();
    phone.store.drop_draft(SATO, &id).unwrap();
    assert!(titles(&phone.store, SATO).is_empty());
    save(&phone, Some(&id), "夏祭り");
    assert_eq!(titles(&phone.store, SATO), ["夏祭り"], "what was typed in another window is not lost");
}

#[test]
fn what_could_never_be_sent_is_no_draft() {
    let phone = Phone::of_the_chair();
    let refused =
        |draft: records::Draft| phone.store.save_draft(SATO, None, &draft, NOW).unwrap_err().code().to_owned();
    assert_eq!(refused(begun(&"回".repeat(validate::TITLE + 1))), "malformed");
    assert_eq!(refused(records::Draft { text: "雨".repeat(validate::TEXT + 1), ..begun("") }), "malformed");
    let points = records::Points { by_day: Some("x".repeat(70_000)), ..records::Points::default() };
    assert_eq!(refused(records::Draft { points, ..begun("") }), "malformed");
    assert_eq!(refused(records::Draft { from: "nowhere".to_owned(), ..begun("") }), "unknown");
    assert_eq!(refused(records::Draft { audience: vec![FeedName::Desk(MIDORI).to_string()], ..begun("") }), "unknown");
    assert_eq!(phone.store.save_draft(SATO, Some("?"), &begun(""), NOW).unwrap_err().code(), "unknown");
    assert!(titles(&phone.store, SATO).is_empty());
}

#[test]
fn fifty_drafts_are_kept_and_the_next_one_is_refused_but_an_old_one_still_saved() {
    let phone = Phone::of_the_chair();
    let ids: Vec<String> = (0..50).map(|number| save(&phone, None, &format!("第{number}号"))).collect();
    let more = phone.store.save_draft(SATO, None, &begun("もう一つ"), NOW);
    assert_eq!(more.unwrap_err().code(), "too_many_drafts");
    save(&phone, Some(&ids[0]), "直しました");
    assert_eq!((titles(&phone.store, SATO).len(), titles(&phone.store, SATO)[0].as_str()), (50, "直しました"));
    phone.store.drop_draft(SATO, &ids[1]).unwrap();
    save(&phone, None, "もう一つ");
}

/// A phone of two people, each with a draft.
fn shared() -> (Phone, [String; 2]) {
    let phone = Phone::joined(&[SATO, HANAKO]);
    let mut feeds = feeds(false);
    feeds.push((HANAKOS_MAIL, FeedName::Mail(HANAKO)));
    let answer = Answer::new().rights(1, &feeds, &[SATO, HANAKO]);
    phone.take(
        answer
            .rows(MAIL, 1, vec![row(kind::PROFILE, "me", 1, &profile(SATO, Vec::new()))])
            .rows(HANAKOS_MAIL, 1, vec![row(kind::PROFILE, "me", 1, &profile(HANAKO, Vec::new()))])
            .rows(BOARD, 0, vec![])
            .rows(BLOCK_BOARD, 0, vec![]),
    );
    let theirs = phone.store.save_draft(HANAKO, None, &begun("HIMITSU"), NOW).unwrap();
    let ours = save(&phone, None, "夏祭り");
    (phone, [ours, theirs])
}

#[test]
fn of_two_people_on_one_phone_each_has_their_own_drafts() {
    let (phone, [_, theirs]) = shared();
    assert_eq!(
        (titles(&phone.store, SATO), titles(&phone.store, HANAKO)),
        (vec!["夏祭り".to_owned()], vec!["HIMITSU".to_owned()])
    );
    assert_eq!(phone.store.save_draft(SATO, Some(&theirs), &begun("?"), NOW), Err(Error::unknown("draft")));
    phone.store.drop_draft(SATO, &theirs).unwrap();
    assert_eq!(titles(&phone.store, HANAKO), ["HIMITSU"]);
}

#[test]
fn who_leaves_a_shared_phone_leaves_no_draft_on_it() {
    let (phone, _) = shared();
    phone.take(Answer::new().rights(2, &feeds(false), &[SATO]));
    assert_eq!(phone.store.drafts(HANAKO), Err(Error::unknown("person")), "hidden at once");
    phone.take(Answer::new());
    for file in fs::read_dir(phone.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(7).any(|some| some == b"HIMITSU"));
    }
    assert_eq!(titles(&phone.store, SATO), ["夏祭り"]);
}

#[test]
fn of_a_damaged_outbox_the_drafts_are_saved_and_a_lost_one_is_told() {
    let phone = Phone::of_the_chair();
    let ids: Vec<String> = (0..3).map(|number| save(&phone, None, &format!("第{number}号"))).collect();
    let Phone { store, folder } = phone;
    drop(store);
    let file = folder.path().join("outbox.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
    connection.execute("UPDATE draft SET draft = '{' WHERE id = ?1", [&ids[1]]).unwrap();
    drop(connection);
    fs::write(folder.path().join("outbox.db.mark"), "").unwrap();
    let store = Store::open(folder.path(), NOW).unwrap();
    assert_eq!(titles(&store, SATO), ["第2号", "第0号"]);
    assert!(store.home(SATO, NOW).unwrap().salvage.unwrap().lost);
}

#[test]
fn an_app_from_before_there_were_drafts_has_lost_none() {
    let phone = Phone::of_the_chair();
    let Phone { store, folder } = phone;
    drop(store);
    let connection = rusqlite::Connection::open(folder.path().join("outbox.db")).unwrap();
    connection.execute_batch("DROP TABLE draft; PRAGMA user_version = 3").unwrap();
    drop(connection);
    fs::write(folder.path().join("outbox.db.mark"), "").unwrap();
    let store = Store::open(folder.path(), NOW).unwrap();
    assert!(!store.home(SATO, NOW).unwrap().salvage.unwrap().lost);
    store.save_draft(SATO, None, &begun("夏祭り"), NOW).unwrap();
}
