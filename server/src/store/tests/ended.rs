//! What has ended and must stay so, though its author may never come back.

use super::house::*;
use crate::store::Denied;
use kairan_protocol::{
    body::Status,
    check_in::Mood,
    feed::FeedName,
    id::Commit,
    op::{Command, Invitee},
    outcome::MacKey,
    people::Departure,
    replay::{Ended, EndedMark},
    row::kind,
};

async fn agreeing(house: &House) -> Phone {
    let mut phone = house.phone(SUZUKI).await;
    phone.send(house, &house.consent(SUZUKI, true)).await;
    phone.send(house, &house.check_in(SUZUKI, Mood::Fair)).await;
    house.tick().await;
    phone
}

#[tokio::test]
async fn a_withdrawn_consent_stays_withdrawn_though_its_author_never_comes_back() {
    let mut house = House::new();
    let mut suzuki = agreeing(&house).await;
    let mut chair = house.phone(SATO).await;
    let mut kimura = house.phone(KIMURA).await;
    let backup = house.backup();
    house.clock.advance(MINUTE);
    suzuki.send(&house, &house.consent(SUZUKI, false)).await;
    chair.catch_up(&house).await;
    let marks: Vec<EndedMark> = chair.all(kind::ENDED);
    assert_eq!(marks.len(), 1);
    assert!(!serde_json::to_string(&marks).unwrap().contains(&SUZUKI.to_string()), "it does not say whose");

    house.clock.advance(60 * MINUTE);
    house.restore(&backup).await;
    assert_eq!(
        house.count("SELECT moods_to_team IS NOT NULL FROM person WHERE id = 4"),
        1,
        "the backup still says yes"
    );
    chair.begin_anew();
    chair.hand_marks_back(&house, marks.clone(), Some("k1")).await;
    house.tick().await;
    assert_eq!(house.count("SELECT moods_to_team IS NULL FROM person WHERE id = 4"), 1);
    kimura.begin_anew();
    kimura.catch_up(&house).await;
    assert!(kimura.feed(FeedName::Desk(TEAM)).is_some(), "the desks are open");
    assert!(kimura.body::<Status>(FeedName::Desk(TEAM), kind::STATUS, &SUZUKI.to_string()).is_none());
    chair.catch_up(&house).await;
    assert_eq!(chair.all::<EndedMark>(kind::ENDED), marks, "and it stands there for the next time");
    chair.hand_marks_back(&house, marks, None).await;
    assert_eq!(house.count("SELECT count(*) FROM consent_history WHERE moods_to_team = 0"), 1, "handed back twice");
    house.holds().await;
}

#[tokio::test]
async fn a_consent_given_and_withdrawn_since_the_backup_comes_back_as_withdrawn_in_any_order() {
    for marks_first in [true, false] {
        let mut house = House::new();
        let mut suzuki = house.phone(SUZUKI).await;
        let mut chair = house.phone(SATO).await;
        let backup = house.backup();
        let (yes, told) = {
            let yes = house.consent(SUZUKI, true);
            let told = suzuki.send(&house, &yes).await;
            (yes, told)
        };
        suzuki.send(&house, &house.consent(SUZUKI, false)).await;
        chair.catch_up(&house).await;
        let marks: Vec<EndedMark> = chair.all(kind::ENDED);
        house.restore(&backup).await;
        if marks_first {
            chair.hand_marks_back(&house, marks.clone(), None).await;
        }
        // An older phone of hers, that knows only the yes; both were said in the same moment.
        suzuki.hand_back(&house, vec![replay(&yes, &told)]).await;
        if !marks_first {
            chair.hand_marks_back(&house, marks, None).await;
        }
        assert_eq!(
            house.count("SELECT moods_to_team IS NULL FROM person WHERE id = 4"),
            1,
            "marks first: {marks_first}"
        );
        assert_eq!(house.count("SELECT count(*) FROM ended"), 1);
        house.holds().await;
    }
}

#[tokio::test]
async fn who_agrees_again_is_not_undone_by_an_old_mark() {
    let mut house = House::new();
    let mut suzuki = agreeing(&house).await;
    let mut chair = house.phone(SATO).await;
    house.clock.advance(MINUTE);
    suzuki.send(&house, &house.consent(SUZUKI, false)).await;
    chair.catch_up(&house).await;
    let old: Vec<EndedMark> = chair.all(kind::ENDED);
    house.clock.advance(MINUTE);
    suzuki.send(&house, &house.consent(SUZUKI, true)).await;
    chair.catch_up(&house).await;
    assert_eq!(chair.all::<EndedMark>(kind::ENDED), [], "there is nothing to remember");
    let backup = house.backup();
    house.restore(&backup).await;
    chair.hand_marks_back(&house, old, None).await;
    assert_eq!(house.count("SELECT moods_to_team IS NOT NULL FROM person WHERE id = 4"), 1);
    assert_eq!(house.count("SELECT count(*) FROM ended"), 0);
    house.holds().await;
}

#[tokio::test]
async fn of_somebody_who_is_gone_no_consent_and_no_mood_comes_back_in_any_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut house = House::new();
        let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
        let backup = house.backup();
        let mut said = Vec::new();
        for op in [house.consent(HANAKO, true), house.check_in(HANAKO, Mood::Fair)] {
            let told = shared.send(&house, &op).await;
            said.push(replay(&op, &told));
        }
        house.restore(&backup).await;
        shared.begin_anew();
        house.clock.advance(MINUTE);
        for step in order {
            if let Some(again) = said.get(step) {
                applied(&shared.hand_back(&house, vec![again.clone()]).await[0]);
            } else {
                let gone = Command::Depart { person: HANAKO, why: Departure::Died };
                applied(&house.store.console(gone).await.unwrap());
            }
        }
        assert_eq!(house.count("SELECT moods_to_team IS NULL FROM person WHERE id = 3"), 1, "{order:?}");
        assert_eq!(house.count("SELECT count(*) FROM check_in WHERE person = 3"), 0, "{order:?}");
        house.holds().await;
    }
}

#[tokio::test]
async fn who_turns_out_to_be_somebody_gone_agrees_to_nothing_any_more() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let mut suzuki = agreeing(&house).await;
    let backup = house.backup();
    let same = house.op(SATO, Command::SamePerson { person: TANAKA, twice: SUZUKI });
    let told = chair.send(&house, &same).await;
    applied(&told);
    house.restore(&backup).await;
    house.clock.advance(MINUTE);
    let gone = Command::Depart { person: TANAKA, why: Departure::Died };
    applied(&house.store.console(gone).await.unwrap());
    chair.begin_anew();
    applied(&chair.hand_back(&house, vec![replay(&same, &told)]).await[0]);
    assert_eq!(house.count("SELECT count(*) FROM person WHERE moods_to_team IS NOT NULL"), 0);
    assert_eq!(house.count("SELECT count(*) FROM check_in"), 0);
    assert!(matches!(house.store.sync(&suzuki.token, suzuki.request(&[])).await, Err(Denied::Revoked)));
    suzuki.begin_anew();
    house.holds().await;
}

#[tokio::test]
async fn a_first_no_leaves_no_mark() {
    let house = House::new();
    let mut suzuki = house.phone(SUZUKI).await;
    suzuki.send(&house, &house.consent(SUZUKI, false)).await;
    assert_eq!(house.count("SELECT count(*) FROM ended"), 0);
}

#[tokio::test]
async fn a_device_signed_off_since_the_backup_is_signed_off_again() {
    let mut house = House::new();
    let stolen = house.phone(SUZUKI).await;
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    house.store.console(Command::Revoke { device: stolen.device }).await.unwrap();
    chair.catch_up(&house).await;
    let marks: Vec<EndedMark> = chair.all(kind::ENDED);
    house.restore(&backup).await;
    assert!(house.store.authenticate(&stolen.token).await.is_ok(), "the backup knows nothing of it");
    let mut live = house.store.live(&house.store.authenticate(&stolen.token).await.unwrap());
    chair.hand_marks_back(&house, marks, None).await;
    assert!(matches!(house.store.authenticate(&stolen.token).await, Err(Denied::Revoked)));
    let ended = futures_util::FutureExt::now_or_never(futures_util::StreamExt::next(&mut live));
    assert_eq!(ended, Some(None), "its stream is cut");
    house.holds().await;
}

#[tokio::test]
async fn a_device_that_came_and_was_signed_off_since_the_backup_is_told_so_by_its_slip() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    let mut stolen = house.phone(SUZUKI).await;
    house.store.console(Command::Revoke { device: stolen.device }).await.unwrap();
    chair.catch_up(&house).await;
    let marks: Vec<EndedMark> = chair.all(kind::ENDED);
    house.restore(&backup).await;
    chair.hand_marks_back(&house, marks, None).await;
    assert!(matches!(house.show_slip(&mut stolen).await, Err(Denied::Revoked)));
    assert_eq!(house.count("SELECT count(*) FROM device_person WHERE person = 4"), 0);
    house.holds().await;
}

#[tokio::test]
async fn the_signing_off_itself_handed_back_ends_a_device_that_is_not_known_yet() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    let mut stolen = house.phone(SUZUKI).await;
    let revoke = house.op(SATO, Command::Revoke { device: stolen.device });
    let told = chair.send(&house, &revoke).await;
    house.restore(&backup).await;
    chair.hand_back(&house, vec![replay(&revoke, &told)]).await;
    assert!(matches!(house.show_slip(&mut stolen).await, Err(Denied::Revoked)));
    chair.catch_up(&house).await;
    assert_eq!(chair.all::<EndedMark>(kind::ENDED).len(), 1);
    house.holds().await;
}

#[tokio::test]
async fn one_of_two_who_left_since_the_backup_has_left_again() {
    let mut house = House::new();
    let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
    let mut clerk = house.phone(CLERK).await;
    let backup = house.backup();
    shared.send(&house, &house.op(HANAKO, Command::Leave {})).await;
    clerk.catch_up(&house).await;
    let marks: Vec<EndedMark> = clerk.all(kind::ENDED);
    house.restore(&backup).await;
    shared.begin_anew();
    shared.catch_up(&house).await;
    assert!(shared.feed(FeedName::Mail(HANAKO)).is_some());
    clerk.hand_marks_back(&house, marks, Some("k1")).await;
    shared.catch_up(&house).await;
    assert!(shared.feed(FeedName::Mail(HANAKO)).is_none());
    assert_eq!(shared.rights.clone().unwrap().persons, [SATO]);
    assert!(shared.feed(FeedName::Desk(ASSOCIATION)).is_some(), "the phone is his alone again");
    house.holds().await;
}

#[tokio::test]
async fn who_joined_a_phone_again_is_not_put_out_by_the_mark_of_having_left_it() {
    for slip_first in [true, false] {
        let mut house = House::new();
        let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
        let mut clerk = house.phone(CLERK).await;
        let secret = house.invite(Invitee::Household(SATO_HOME)).await;
        let backup = house.backup();
        shared.send(&house, &house.op(HANAKO, Command::Leave {})).await;
        clerk.catch_up(&house).await;
        let marks: Vec<EndedMark> = clerk.all(kind::ENDED);
        let mut again = house.enrol(&secret, &shared.key, &[HANAKO]).await.unwrap();
        assert_eq!(again.device, shared.device);
        house.restore(&backup).await;
        if slip_first {
            house.show_slip(&mut again).await.unwrap();
        }
        clerk.hand_marks_back(&house, marks, None).await;
        if !slip_first {
            house.show_slip(&mut again).await.unwrap();
        }
        let caller = house.store.authenticate(&again.token).await.unwrap();
        assert_eq!(caller.persons(), [SATO, HANAKO], "slip first: {slip_first}");
        house.holds().await;
    }
}

#[tokio::test]
async fn a_mark_that_this_server_did_not_write_ends_nothing() {
    let mut house = House::new();
    let stranger = house.phone(SUZUKI).await;
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    house.restore(&backup).await;
    let foreign = MacKey::new([8; 32]).mark(Ended::Revoked(stranger.device), Commit(900), morning());
    let own = MacKey::new([7; 32]).mark(Ended::Revoked(chair.device), Commit(900), morning());
    let changed = EndedMark { commit: Commit(901), ..own };
    chair.hand_marks_back(&house, vec![foreign, changed], None).await;
    assert!(house.store.authenticate(&stranger.token).await.is_ok());
    assert!(house.store.authenticate(&chair.token).await.is_ok());
    assert_eq!(house.count("SELECT count(*) FROM ended"), 0);
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE what = 'handed_back'"), 0);
    house.holds().await;
}

#[tokio::test]
async fn a_withdrawal_known_before_its_person_holds_once_the_person_is_known() {
    let house = House::new();
    let mut suzuki = house.phone(SUZUKI).await;
    let (yes, told) = {
        let yes = house.consent(SUZUKI, true);
        let told = suzuki.send(&house, &yes).await;
        (yes, told)
    };
    // As after a restore from before the roster knew them: the yes is gone, the mark is there.
    let at = yes.at.plus_millis(MINUTE);
    let mark = MacKey::new([7; 32]).mark(Ended::Withdrawn(SUZUKI), Commit(applied(&told) + 1), at);
    let forget = "UPDATE person SET moods_to_team = NULL, consent_at = NULL, consent_commit = NULL WHERE id = 4; \
                  DELETE FROM op WHERE person = 4; DELETE FROM consent_history;";
    house.sqlite().execute_batch(forget).unwrap();
    let sql = "INSERT INTO ended (id, committed, at) VALUES (?1, ?2, ?3)";
    let parameters = rusqlite::params![mark.id, mark.commit.0.cast_signed(), at.millis()];
    house.sqlite().execute(sql, parameters).unwrap();
    applied(&suzuki.hand_back(&house, vec![replay(&yes, &told)]).await[0]);
    assert_eq!(house.count("SELECT moods_to_team IS NULL FROM person WHERE id = 4"), 1);
}
