//! A withdrawn consent leaves no mood anywhere: the files are searched byte by byte.

use super::house::*;
use kairan_protocol::{
    body::Status,
    check_in::{CheckIns, Mood},
    feed::FeedName,
    row::kind,
};
use std::path::Path;

/// The files of a folder that hold a text anywhere.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let holds = |file: &Path| std::fs::read(file).unwrap().windows(text.len()).any(|bytes| bytes == text.as_bytes());
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.is_file() && holds(file)).map(|file| file.display().to_string()).collect()
}

/// A strip nobody else has, as it stands in rows.
const STRIP: &str = "gffggfffgggffg";

/// Fourteen days of it, each day packed onto the desk, and a neighbour who goes on agreeing.
async fn said(house: &House) -> (Phone, Phone) {
    let (mut suzuki, mut yamada) = (house.phone(SUZUKI).await, house.phone(YAMADA).await);
    for (phone, person) in [(&mut suzuki, SUZUKI), (&mut yamada, YAMADA)] {
        applied(&phone.send(house, &house.consent(person, true)).await);
    }
    for letter in STRIP.chars() {
        house.clock.advance(DAY);
        let mood = Mood::from_letter(letter).unwrap();
        applied(&suzuki.send(house, &house.check_in(SUZUKI, mood)).await);
        applied(&yamada.send(house, &house.check_in(YAMADA, Mood::Good)).await);
        house.tick().await;
    }
    (suzuki, yamada)
}

async fn withdraw(house: &House, suzuki: &mut Phone) {
    house.clock.advance(MINUTE);
    applied(&suzuki.send(house, &house.consent(SUZUKI, false)).await);
}

/// What nothing but the status row of a home's only person says.
fn status_of(household: &str) -> String {
    format!("\"household\":\"{household}\",\"check_ins\"")
}

#[tokio::test]
async fn after_a_consent_is_withdrawn_no_byte_of_the_strip_is_in_the_folder_or_in_a_backup_made_since() {
    let house = House::new();
    let (mut suzuki, _yamada) = said(&house).await;
    let folder = house.folder.path();
    assert!(!files_with(folder, STRIP).is_empty() && !files_with(folder, &status_of("鈴木")).is_empty());
    withdraw(&house, &mut suzuki).await;
    house.tick().await;
    house.tick().await;
    // Every beginning of it stood in a row once.
    for part in [STRIP, &STRIP[..8], &STRIP[3..11]] {
        assert_eq!(files_with(folder, part), Vec::<String>::new(), "{part}");
    }
    assert_eq!(files_with(folder, &status_of("鈴木")), Vec::<String>::new());
    assert!(!files_with(folder, &status_of("山田")).is_empty(), "the search finds the neighbour's");
    let backup = house.backup();
    let copied = House::folder_of(&backup);
    assert_eq!(files_with(copied, &STRIP[..8]), Vec::<String>::new());
    assert_eq!(house.count("SELECT count(*) FROM check_in WHERE person = 4"), 0);
    assert_eq!(house.count("SELECT count(*) FROM meta WHERE name = 'traces'"), 0);
    house.holds().await;
}

#[tokio::test]
async fn a_reader_that_holds_the_log_back_is_waited_for() {
    let house = House::new();
    let (mut suzuki, _yamada) = said(&house).await;
    let reader = house.sqlite();
    reader.execute_batch("BEGIN; SELECT count(*) FROM row;").unwrap();
    withdraw(&house, &mut suzuki).await;
    house.tick().await;
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM meta WHERE name = 'traces'"), 1, "not said to be gone");
    assert!(!files_with(house.folder.path(), STRIP).is_empty());
    reader.execute_batch("COMMIT").unwrap();
    drop(reader);
    house.tick().await;
    assert_eq!(files_with(house.folder.path(), STRIP), Vec::<String>::new());
    assert_eq!(house.count("SELECT count(*) FROM meta WHERE name = 'traces'"), 0);
}

#[tokio::test]
async fn moods_handed_back_after_the_withdrawal_bring_nothing_back() {
    let mut house = House::new();
    let (mut suzuki, _yamada) = said(&house).await;
    let backup = house.backup();
    house.clock.advance(DAY);
    let mood = house.check_in(SUZUKI, Mood::Fair);
    let told = suzuki.send(&house, &mood).await;
    house.clock.advance(MINUTE);
    let no = house.consent(SUZUKI, false);
    let withdrawn = suzuki.send(&house, &no).await;
    house.restore(&backup).await;
    suzuki.begin_anew();
    // The withdrawal comes from another phone, and first.
    for replay in [replay(&no, &withdrawn), replay(&mood, &told)] {
        applied(&suzuki.hand_back(&house, vec![replay]).await[0]);
    }
    house.tick().await;
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM check_in WHERE person = 4"), 0);
    assert_eq!(files_with(house.folder.path(), &STRIP[..8]), Vec::<String>::new());
    house.holds().await;
}

#[tokio::test]
async fn what_was_said_a_year_ago_is_forgotten() {
    let house = House::new();
    let (mut suzuki, mut yamada) = said(&house).await;
    let talk = house.check_in(SUZUKI, Mood::Talk);
    applied(&suzuki.send(&house, &talk).await);
    house.clock.advance(200 * DAY);
    yamada.prove(&house).await;
    applied(&yamada.send(&house, &house.check_in(YAMADA, Mood::Fair)).await);
    house.clock.advance(170 * DAY);
    house.tick().await;
    house.tick().await;
    assert_eq!(house.count("SELECT count(*) FROM check_in WHERE person = 4"), 1, "a request nobody has closed stays");
    assert_eq!(house.count("SELECT count(*) FROM check_in WHERE person = 6"), 1);
    assert_eq!(files_with(house.folder.path(), STRIP), Vec::<String>::new());
    yamada.prove(&house).await;
    yamada.catch_up(&house).await;
    let mine: CheckIns = yamada.body(FeedName::Mail(YAMADA), kind::CHECK_IN, "mine").unwrap();
    assert_eq!(mine.newest.unwrap().mood, Mood::Fair);
    let mut kimura = house.phone(KIMURA).await;
    kimura.catch_up(&house).await;
    let status: Status = kimura.body(FeedName::Desk(TEAM), kind::STATUS, &SUZUKI.to_string()).unwrap();
    assert_eq!(status.check_ins.newest, None, "who agreed and said nothing for a year");
    house.holds().await;
}
