//! Cases at the store: what the clock does to them, and what an older database held.

use super::house::*;
use crate::{clock::Clock as _, store::schema};
use kairan_protocol::{
    case::{CaseNews, CaseState, NewsState, Reached, SHOWN_DAYS, Talk},
    check_in::Mood,
    feed::FeedName,
    id::OpId,
    op::Command,
    row::kind,
};

const HOUR: i64 = 3_600_000;

async fn asked(house: &House) -> (Phone, OpId) {
    let mut suzuki = house.phone(SUZUKI).await;
    let ask = house.check_in(SUZUKI, Mood::Talk);
    applied(&suzuki.send(house, &ask).await);
    (suzuki, ask.id)
}

fn news(phone: &Phone, case: OpId) -> Option<CaseNews> {
    phone.body(FeedName::Mail(SUZUKI), kind::CASE, &case.to_string())
}

#[tokio::test]
async fn the_scheduler_names_the_moment_when_a_case_is_passed_on_and_does_it_once() {
    let house = House::new();
    let (mut suzuki, case) = asked(&house).await;
    house.tick().await;
    let due = news(&suzuki, case).unwrap().due.unwrap();
    house.clock.set(due.plus_millis(-MINUTE));
    assert_eq!(house.store.tick().await.unwrap().at, due);
    house.clock.set(due);
    for _ in 0..3 {
        house.tick().await;
    }
    suzuki.catch_up(&house).await;
    let heard = news(&suzuki, case).unwrap();
    assert_eq!((heard.state, heard.reached), (NewsState::Asked, Reached::Number), "the team has no chair");
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE what = 'case_passed_on'"), 1);
    house.holds().await;
}

#[tokio::test]
async fn a_closed_case_leaves_the_desk_and_the_mail_after_thirty_days() {
    let house = House::new();
    let (mut suzuki, case) = asked(&house).await;
    let mut kimura = house.phone(KIMURA).await;
    applied(&kimura.send(&house, &house.op(KIMURA, Command::CloseCase { case, text: None })).await);
    house.clock.advance(SHOWN_DAYS * DAY - MINUTE);
    house.tick().await;
    let stands = |kimura: &Phone| kimura.body::<Talk>(FeedName::Desk(TEAM), kind::TALK, &case.to_string());
    kimura.prove(&house).await;
    kimura.catch_up(&house).await;
    assert_eq!(stands(&kimura).unwrap().state, CaseState::Closed);
    house.clock.advance(MINUTE);
    house.tick().await;
    kimura.catch_up(&house).await;
    suzuki.prove(&house).await;
    suzuki.catch_up(&house).await;
    assert_eq!((stands(&kimura), news(&suzuki, case)), (None, None));
    house.holds().await;
}

#[tokio::test]
async fn while_a_restored_districts_desks_are_closed_no_case_is_passed_on() {
    let mut house = House::new();
    let (_, case) = asked(&house).await;
    let backup = house.backup();
    house.restore(&backup).await;
    house.clock.advance(10 * HOUR);
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE what = 'case_passed_on'"), 0);
    house.store.open_desks().await.unwrap();
    house.tick().await;
    let due = house.store.read(move |look| look.case(case)).await.unwrap().unwrap().talk.due.unwrap();
    assert!(due.since(house.clock.now()) > 3 * HOUR);
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE what = 'case_passed_on'"), 0);
    house.holds().await;
}

#[tokio::test]
async fn in_a_database_of_before_talks_wait_as_cases_and_withdrawn_moods_go() {
    let mut house = House::new();
    let (_, case) = asked(&house).await;
    let mut yamada = house.phone(YAMADA).await;
    applied(&yamada.send(&house, &house.consent(YAMADA, true)).await);
    applied(&yamada.send(&house, &house.check_in(YAMADA, Mood::Good)).await);
    house.tick().await;
    house.store.clone().close().await.unwrap();
    let sqlite = rusqlite::Connection::open(house.folder.path().join(schema::FILE)).unwrap();
    let before = "DROP TABLE contact; DROP TABLE talk_case; DROP TABLE support; DROP TABLE withdrawal; DROP TABLE closed_day; \
                  DROP TABLE waiting; ALTER TABLE invite DROP COLUMN passed_on; PRAGMA user_version = 5; \
                  DELETE FROM row WHERE kind = 'case'; \
                  UPDATE row SET version = (SELECT max(version) FROM row AS other WHERE other.feed = row.feed AND kind <> '') \
                  WHERE kind = '' AND feed = (SELECT mail FROM person WHERE id = 4); \
                  UPDATE row SET body = json_remove(body, '$.state', '$.reached', '$.due', '$.history') WHERE kind = 'talk'";
    sqlite.execute_batch(before).unwrap();
    // Somebody had withdrawn their consent, and what they had said before was kept.
    let withdrawn = "UPDATE person SET moods_to_team = NULL, consent_at = consent_at + 1, consent_commit = 100 WHERE id = 6; \
                     INSERT INTO consent_history SELECT 100, 6, 0, consent_at FROM person WHERE id = 6";
    sqlite.execute_batch(withdrawn).unwrap();
    drop(sqlite);
    house.reopen();
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM check_in WHERE person = 6"), 0);
    assert_eq!(house.count("SELECT count(*) FROM meta WHERE name IN ('traces', 'withdrawn_before')"), 0);
    let mut kimura = house.phone(KIMURA).await;
    kimura.catch_up(&house).await;
    applied(&kimura.send(&house, &house.op(KIMURA, Command::TakeCase { case })).await);
    let talk: Talk = kimura.body(FeedName::Desk(TEAM), kind::TALK, &case.to_string()).unwrap();
    assert_eq!((talk.state, talk.owner.unwrap().id), (CaseState::Taken, KIMURA));
}
