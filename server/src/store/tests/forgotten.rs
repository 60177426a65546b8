//! Ninety days after somebody left, the files are searched byte by byte for who they were.

use super::house::*;
use kairan_protocol::{
    check_in::Mood,
    feed::FeedName,
    id::{GroupId, PersonId, Rev},
    notice::Change,
    op::{Command, Invitee},
    people::{Departure, Newcomer},
    receipt::Stage,
    row::kind,
    tally::{Counts, Tally},
};
use std::path::Path;

/// The files of a folder that hold a text anywhere.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let holds = |file: &Path| std::fs::read(file).unwrap().windows(text.len()).any(|bytes| bytes == text.as_bytes());
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.is_file() && holds(file)).map(|file| file.display().to_string()).collect()
}

const HOME: GroupId = GroupId::from_number(21);
const OLD: PersonId = PersonId::from_number(21);
const YOUNG: PersonId = PersonId::from_number(22);

const NAMES: [&str; 5] = ["桜庭", "さくらば", "桜庭 みほん", "さくらば みほん", "桜庭 わかば"];

/// A family that lived here for a month: joined, read, asked for a talk, said how they were.
async fn lived_here(house: &House, chair: &mut Phone) {
    let newcomer = |person, name: &str, reading: Option<&str>| Newcomer {
        person,
        name: name.to_owned(),
        reading: reading.map(str::to_owned),
    };
    let family = Command::AddHousehold {
        household: HOME,
        block: FIRST_BLOCK,
        name: NAMES[0].to_owned(),
        reading: Some(NAMES[1].to_owned()),
        paper: false,
        place: None,
        people: vec![newcomer(OLD, NAMES[2], Some(NAMES[3])), newcomer(YOUNG, NAMES[4], None)],
    };
    applied(&chair.send(house, &house.op(SATO, family)).await);
    let secret = house.invite(Invitee::Household(HOME)).await;
    let mut phone = house.enrol(&secret, &fresh_key(), &[OLD]).await.unwrap();
    applied(&phone.send(house, &house.consent(OLD, true)).await);
    for mood in [Mood::Good, Mood::Fair, Mood::Talk] {
        house.clock.advance(DAY);
        applied(&phone.send(house, &house.check_in(OLD, mood)).await);
        house.tick().await;
    }
    let notice = house.circular(SATO, "秋の清掃");
    applied(&chair.send(house, &notice).await);
    house.clock.advance(MINUTE);
    applied(&phone.send(house, &house.receipt(OLD, notice.id.into(), Stage::Acknowledged)).await);
    house.tick().await;
}

#[tokio::test]
async fn ninety_days_after_a_family_left_nothing_says_who_they_were_and_the_figures_stand() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    lived_here(&house, &mut chair).await;
    let folder = house.folder.path();
    for name in NAMES {
        assert!(!files_with(folder, name).is_empty(), "{name}");
    }
    for person in [OLD, YOUNG] {
        house.clock.advance(MINUTE);
        let command = Command::Depart { person, why: Departure::MovedOut };
        applied(&chair.send(&house, &house.op(SATO, command)).await);
    }
    house.tick().await;
    house.clock.advance(89 * DAY);
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM person WHERE name LIKE '桜庭%'"), 2, "not before");
    house.clock.advance(DAY);
    house.tick().await;
    house.tick().await;
    for name in NAMES {
        assert_eq!(files_with(folder, name), Vec::<String>::new(), "{name}");
    }
    let ids = [OLD, YOUNG].map(PersonId::number);
    for table in ["check_in", "consent_history", "invite_join", "device_person"] {
        let sql = format!("SELECT count(*) FROM {table} WHERE person IN ({}, {})", ids[0], ids[1]);
        assert_eq!(house.count(&sql), 0, "{table}");
    }
    assert_eq!(house.count("SELECT count(*) FROM device WHERE revoked IS NOT NULL AND key IS NOT NULL"), 0);
    house.holds().await;
    chair.prove(&house).await;
    chair.catch_up(&house).await;
    let tally = chair.all::<Tally>(kind::TALLY).into_iter().find(|tally| tally.group == FIRST_BLOCK).unwrap();
    let Counts { households, acknowledged, .. } = tally.counts;
    assert_eq!((households, acknowledged), (4, 1));
    assert!(chair.feed(FeedName::Desk(ASSOCIATION)).is_some());
}

#[tokio::test]
async fn a_backup_of_before_that_is_restored_forgets_them_as_well() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    lived_here(&house, &mut chair).await;
    for person in [OLD, YOUNG] {
        let command = Command::Depart { person, why: Departure::Died };
        applied(&chair.send(&house, &house.op(SATO, command)).await);
    }
    let backup = house.backup();
    house.clock.advance(100 * DAY);
    house.restore(&backup).await;
    house.tick().await;
    house.tick().await;
    assert_eq!(files_with(house.folder.path(), NAMES[2]), Vec::<String>::new());
    house.holds().await;
}

#[tokio::test]
async fn what_is_handed_back_about_somebody_forgotten_brings_nothing_of_them_back() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    lived_here(&house, &mut chair).await;
    let backup = house.backup();
    let name = Some("桜庭 まちがい".to_owned());
    let correct = Command::CorrectPerson { person: OLD, seen: Rev::FIRST, name, reading: Change::Keep };
    let correct = house.op(SATO, correct);
    let told = chair.send(&house, &correct).await;
    house.restore(&backup).await;
    for person in [OLD, YOUNG] {
        let command = Command::Depart { person, why: Departure::MovedOut };
        applied(&house.store.console(command).await.unwrap());
    }
    house.clock.advance(91 * DAY);
    house.tick().await;
    chair.prove(&house).await;
    chair.begin_anew();
    applied(&chair.hand_back(&house, vec![replay(&correct, &told)]).await[0]);
    assert_eq!(house.count("SELECT count(*) FROM person WHERE name LIKE '桜庭%'"), 0);
    house.holds().await;
}
