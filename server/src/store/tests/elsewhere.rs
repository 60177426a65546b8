//! What somebody read counts for the home they lived in then, whenever it is heard where that was.

use super::house::*;
use kairan_protocol::{
    feed::FeedName,
    id::{GroupId, NoticeId, PersonId},
    op::Command,
    people::Departure,
    receipt::Stage,
    row::kind,
    tally::{HomeStage, Tally},
};

/// How far a home of the first or second block is with a notice, as the chair's desk says.
fn home(chair: &Phone, notice: NoticeId, block: GroupId, home: GroupId) -> HomeStage {
    let tally: Tally = chair.body(FeedName::Desk(ASSOCIATION), kind::TALLY, &format!("{notice}:{block}")).unwrap();
    tally.homes[&home]
}

/// A circular of the chair's that Kimura, who lives nowhere here, has read and sealed.
async fn read_by_kimura(house: &House, chair: &mut Phone) -> NoticeId {
    let mut kimura = house.phone(KIMURA).await;
    let post = house.circular(SATO, "秋の清掃");
    applied(&chair.send(house, &post).await);
    house.clock.advance(MINUTE);
    applied(&kimura.send(house, &house.receipt(KIMURA, post.id.into(), Stage::Acknowledged)).await);
    looked(house, chair).await;
    post.id.into()
}

async fn looked(house: &House, chair: &mut Phone) {
    house.clock.advance(2 * MINUTE);
    house.tick().await;
    house.tick().await;
    chair.catch_up(house).await;
}

const fn moves(person: PersonId, to: GroupId) -> Command {
    Command::MovePerson { person, to }
}

#[tokio::test]
async fn a_seal_of_who_lived_nowhere_counts_for_the_home_they_move_into() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = read_by_kimura(&house, &mut chair).await;
    assert_eq!(home(&chair, notice, FIRST_BLOCK, SUZUKI_HOME), HomeStage::NotYet);
    applied(&house.store.console(moves(KIMURA, SUZUKI_HOME)).await.unwrap());
    looked(&house, &mut chair).await;
    assert_eq!(home(&chair, notice, FIRST_BLOCK, SUZUKI_HOME), HomeStage::Acknowledged);
    house.holds().await;
}

#[tokio::test]
async fn a_first_home_that_is_heard_of_later_takes_the_seal_from_the_second() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = read_by_kimura(&house, &mut chair).await;
    let backup = house.backup();
    let first = house.op(SATO, moves(KIMURA, SUZUKI_HOME));
    let told = chair.send(&house, &first).await;
    house.restore(&backup).await;
    house.clock.advance(MINUTE);
    applied(&house.store.console(moves(KIMURA, YAMADA_HOME)).await.unwrap());
    chair.begin_anew();
    chair.hand_marks_back(&house, Vec::new(), Some("k1")).await;
    looked(&house, &mut chair).await;
    assert_eq!(home(&chair, notice, SECOND_BLOCK, YAMADA_HOME), HomeStage::Acknowledged);
    applied(&chair.hand_back(&house, vec![replay(&first, &told)]).await[0]);
    looked(&house, &mut chair).await;
    assert_eq!(home(&chair, notice, SECOND_BLOCK, YAMADA_HOME), HomeStage::NotYet);
    assert_eq!(home(&chair, notice, FIRST_BLOCK, SUZUKI_HOME), HomeStage::Acknowledged);
    house.holds().await;
}

#[tokio::test]
async fn who_is_gone_does_not_move_in_when_an_earlier_move_of_theirs_is_heard_of() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    let move_in = house.op(SATO, moves(KIMURA, SUZUKI_HOME));
    let told = chair.send(&house, &move_in).await;
    house.restore(&backup).await;
    house.clock.advance(MINUTE);
    let gone = Command::Depart { person: KIMURA, why: Departure::MovedOut };
    applied(&house.store.console(gone).await.unwrap());
    chair.begin_anew();
    chair.hand_marks_back(&house, Vec::new(), Some("k1")).await;
    applied(&chair.hand_back(&house, vec![replay(&move_in, &told)]).await[0]);
    let living = format!("SELECT count(*) FROM residence WHERE person = {} AND until_commit IS NULL", KIMURA.number());
    assert_eq!(house.count(&living), 0);
    house.holds().await;
}

#[tokio::test]
async fn a_home_somebody_never_lived_in_because_they_had_gone_before_counts_nothing_of_theirs() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let mut suzuki = house.phone(SUZUKI).await;
    let post = house.circular(SATO, "秋の清掃");
    applied(&chair.send(&house, &post).await);
    let notice = post.id.into();
    let backup = house.backup();
    house.clock.advance(MINUTE);
    let gone = house.op(SATO, Command::Depart { person: SUZUKI, why: Departure::MovedOut });
    let told = chair.send(&house, &gone).await;
    house.restore(&backup).await;
    house.clock.advance(MINUTE);
    applied(&house.store.console(moves(SUZUKI, YAMADA_HOME)).await.unwrap());
    suzuki.begin_anew();
    house.clock.advance(MINUTE);
    applied(&suzuki.send(&house, &house.receipt(SUZUKI, notice, Stage::Acknowledged)).await);
    chair.begin_anew();
    chair.hand_marks_back(&house, Vec::new(), Some("k1")).await;
    looked(&house, &mut chair).await;
    assert_eq!(home(&chair, notice, SECOND_BLOCK, YAMADA_HOME), HomeStage::Acknowledged);
    applied(&chair.hand_back(&house, vec![replay(&gone, &told)]).await[0]);
    looked(&house, &mut chair).await;
    assert_eq!(home(&chair, notice, SECOND_BLOCK, YAMADA_HOME), HomeStage::NotYet);
    house.holds().await;
}
