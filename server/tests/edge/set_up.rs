//! Set-up is whole or not at all, and an officer who lost the invitation gets another.

use crate::house::{DISTRICT, House, Phone, morning, problem};
use kairan_protocol::wire::ProblemCode;
use kairan_server::{
    Error,
    clock::{Clock, ManualClock},
    console::{Console, Whom, invite},
    set_up,
};
use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::new(morning()))
}

#[tokio::test]
async fn a_new_folder_is_closed_to_others_and_holds_all_that_a_server_needs() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("district");
    let sheet = set_up(&folder, DISTRICT, clock()).await.unwrap();
    assert_eq!(sheet.to.household, "佐藤 一郎");
    assert_eq!(sheet.until.since(morning()), 60 * 86_400_000);
    let mode = |path: &str| fs::metadata(folder.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(""), 0o700);
    for secret in ["identity.pem", "tls/key.pem"] {
        assert_eq!(mode(secret), 0o600, "{secret}");
    }
    assert!(folder.join("kairan.db").exists());
    assert!(!temporary.path().join("district.part").exists());
}

#[tokio::test]
async fn a_folder_with_anything_in_it_is_left_alone() {
    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join("photo.jpg"), "x").unwrap();
    assert!(matches!(set_up(temporary.path(), DISTRICT, clock()).await, Err(Error::Occupied(_))));
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn an_empty_folder_is_used_and_the_leavings_of_a_crash_are_not_in_the_way() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("district");
    fs::create_dir(&folder).unwrap();
    fs::create_dir(temporary.path().join("district.part")).unwrap();
    fs::write(temporary.path().join("district.part/identity.pem"), "half").unwrap();
    set_up(&folder, DISTRICT, clock()).await.unwrap();
    assert!(matches!(set_up(&folder, DISTRICT, clock()).await, Err(Error::Occupied(_))));
}

#[tokio::test]
async fn a_district_with_a_mistake_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let wrong = DISTRICT.replace("Asia/Tokyo", "Asia/Nowhere");
    let error = set_up(&temporary.path().join("district"), &wrong, clock()).await.unwrap_err();
    assert!(error.to_string().contains("line 3, zone"), "{error}");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_rescue_voids_the_invitation_that_was_lost() {
    let house = House::open().await;
    let again = invite(&house.folder(), clock(), Whom::FirstOfficer).await.unwrap().remove(0);
    let lost = Phone::new().enrol(&house.first, vec![]);
    let answer = house.client().post(house.url("/v1/enrol")).json(&lost).send().await.unwrap();
    assert_eq!(problem(answer).await.code, ProblemCode::InviteVoid);
    house.join_by(&again).await;
    house.running.stop().await.unwrap();
}

#[tokio::test]
async fn the_console_answers_the_same_whether_the_server_runs_or_not() {
    let house = House::open().await;
    let folder = house.folder();
    let ask = async || {
        let mut console = Console::open(&folder, clock()).await.unwrap();
        let facts = console.facts().await.unwrap();
        let sheets = console.invite(Whom::All).await.unwrap();
        let homes: Vec<String> = sheets.into_iter().map(|sheet| sheet.to.household).collect();
        let good = console.check().await.unwrap().iter().all(|line| line.good);
        let unknown = console.invite(Whom::Block("9班".to_owned())).await.unwrap_err().to_string();
        console.close().await.unwrap();
        (facts.name, facts.identity, homes, good, unknown)
    };
    let running = ask().await;
    assert_eq!(running.2, ["佐藤", "田中"]);
    assert!(running.3);
    assert!(running.4.contains("9班"));
    house.running.stop().await.unwrap();
    assert_eq!(ask().await, running);
}
