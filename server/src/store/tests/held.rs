//! What an import leaves in the store beside ops: blocks that are new, and contacts that go with their home.

use super::house::*;
use crate::held::Contact;
use kairan_protocol::{
    body::{Home, Roster},
    feed::FeedName,
    id::{GroupId, PersonId},
    op::Command,
    people::{Departure, Newcomer},
    row::kind,
};
use std::path::Path;

const BLOCK: GroupId = GroupId::from_number(31);
const HOME: GroupId = GroupId::from_number(32);
const KATO: PersonId = PersonId::from_number(33);

fn new_block() -> Command {
    Command::AddBlock { group: BLOCK, association: ASSOCIATION, name: "9班".to_owned() }
}

fn new_home() -> Command {
    Command::AddHousehold {
        household: HOME,
        block: BLOCK,
        name: "加藤".to_owned(),
        reading: None,
        paper: true,
        place: None,
        people: vec![Newcomer { person: KATO, name: "加藤 進".to_owned(), reading: None }],
    }
}

fn is_somewhere(folder: &Path, text: &str) -> bool {
    let holds = |file: &Path| std::fs::read(file).unwrap().windows(text.len()).any(|bytes| bytes == text.as_bytes());
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|file| file.is_file() && holds(&file))
}

#[tokio::test]
async fn a_block_that_is_new_stands_on_its_associations_desk_with_its_homes() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let results = house.store.console_all(vec![new_block(), new_home()]).await.unwrap();
    for result in &results {
        applied(result);
    }
    house.tick().await;
    chair.catch_up(&house).await;
    let rosters = chair.all::<Roster>(kind::ROSTER);
    let ninth = rosters.iter().find(|roster| roster.name == "9班").unwrap();
    assert_eq!(ninth.homes.iter().map(|home: &Home| home.name.as_str()).collect::<Vec<_>>(), ["加藤"]);
    assert!(chair.feed(FeedName::Desk(ASSOCIATION)).is_some());
    let held = house.store.held(ASSOCIATION, true).await.unwrap().unwrap();
    let block = held.blocks.last().unwrap();
    assert_eq!((block.name.as_str(), block.homes[0].people[0].name.as_str()), ("9班", "加藤 進"));
    assert_eq!(house.store.held(BLOCK, true).await.unwrap(), None, "only an association has a roster");
    house.holds().await;
}

#[tokio::test]
async fn remarks_go_to_the_last_byte_when_they_are_taken_back_and_when_their_home_closes() {
    const NOTE: &str = "要介護4の見本";
    let house = House::new();
    let results = house.store.console_all(vec![new_block(), new_home()]).await.unwrap();
    for result in &results {
        applied(result);
    }
    let kept = |note: Option<&str>| vec![(HOME, Contact { telephone: None, note: note.map(str::to_owned) })];
    let folder = house.folder.path();
    assert_eq!(house.store.keep_contacts(kept(Some(NOTE))).await.unwrap(), 1);
    assert!(is_somewhere(folder, NOTE));
    let held = house.store.held(ASSOCIATION, false).await.unwrap().unwrap();
    assert_eq!(held.blocks.last().unwrap().homes[0].contact, Contact::default(), "not asked for");
    house.store.keep_contacts(kept(None)).await.unwrap();
    house.tick().await;
    assert!(!is_somewhere(folder, NOTE));

    house.store.keep_contacts(kept(Some(NOTE))).await.unwrap();
    house.clock.advance(MINUTE);
    applied(&house.store.console(Command::Depart { person: KATO, why: Departure::Died }).await.unwrap());
    house.tick().await;
    assert!(!is_somewhere(folder, NOTE));
    assert_eq!(house.store.keep_contacts(kept(Some(NOTE))).await.unwrap(), 0, "a closed home keeps nothing");
    house.holds().await;
}
