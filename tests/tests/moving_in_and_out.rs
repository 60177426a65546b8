//! People move in and out, die, marry, and turn out to be known twice, from an officer's phone; and a restore undoes none of it.

use kairan_core::{
    SyncReport,
    error::Error,
    records::{Departure, NewHome, NewPerson, RosterHome, SealState},
};
use kairan_protocol::{invite::Secret, op::Command, outcome::Outcome};
use kairan_tests::{MINUTE, Neighbourhood, Phone, Weather, bytes};

const TOWN: &str = "緑ヶ丘町内会";

/// みどり市 with the phone of its officer, who keeps the roster of 緑ヶ丘.
async fn town() -> (Neighbourhood, Phone) {
    let hood = Neighbourhood::midori().await;
    let officer = hood.phone("田中 実").await;
    (hood, officer)
}

fn new_person(name: &str) -> NewPerson {
    NewPerson { name: name.to_owned(), reading: None }
}

/// The homes of the association by name, as the officer's desk lists them.
fn homes(hood: &Neighbourhood, officer: &Phone) -> Vec<RosterHome> {
    officer.desk(&hood.group(TOWN)).rosters.into_iter().flat_map(|block| block.homes).collect()
}

fn home(hood: &Neighbourhood, officer: &Phone, name: &str) -> Option<RosterHome> {
    homes(hood, officer).into_iter().find(|home| home.name == name)
}

/// What the officer asked for is sent; until the desk shows it.
async fn until(hood: &Neighbourhood, officer: &Phone, what: &str, holds: impl Fn(&[RosterHome]) -> bool) {
    hood.until(what, &[officer], || holds(&homes(hood, officer))).await;
    assert!(officer.outbox().is_empty(), "nothing was refused: {:?}", officer.outbox());
    hood.pass(MINUTE);
}

fn lives(home: &RosterHome) -> Vec<&str> {
    home.people.iter().map(|person| person.name.as_str()).collect()
}

/// The homes of a circular, and how many of them sealed it.
fn counted(hood: &Neighbourhood, officer: &Phone, notice: &str) -> Option<(u32, u32)> {
    let seen = officer.desk_notice(&hood.group(TOWN), notice)?;
    Some((seen.counts.households, seen.counts.acknowledged))
}

async fn posted(hood: &Neighbourhood, officer: &Phone, title: &str) -> String {
    let notice = officer.post(hood.circular(TOWN, &[TOWN], title)).await.unwrap();
    officer.sync().await;
    hood.pass(MINUTE);
    notice
}

async fn sealed(hood: &Neighbourhood, phone: &Phone, notice: &str) {
    phone.sync().await;
    phone.acknowledge(notice).await;
    phone.sync().await;
    hood.pass(MINUTE);
}

fn is_sealed(phone: &Phone, notice: &str) -> bool {
    matches!(phone.notice(notice).seal, SealState::Acknowledged { .. })
}

fn revoked(outcome: &Result<SyncReport, Error>) -> bool {
    matches!(outcome, Err(Error::Problem { problem, .. }) if problem == "revoked")
}

async fn holds(hood: &Neighbourhood) {
    let bad: Vec<_> = hood.check().await.into_iter().filter(|line| !line.good).collect();
    assert_eq!(bad, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_moves_in_is_invited_and_counts_from_the_next_circular_on() {
    let (hood, officer) = town().await;
    let before = posted(&hood, &officer, "秋の清掃").await;
    let family = NewHome {
        name: "木下".to_owned(),
        reading: Some("きのした".to_owned()),
        paper: false,
        place: None,
        people: vec![new_person("木下 進"), new_person("木下 由美")],
    };
    officer.add_household(officer.person.clone(), hood.group("緑ヶ丘1班"), family).await.unwrap();
    until(&hood, &officer, "the family on the roster", |homes| homes.iter().any(|home| home.name == "木下")).await;
    assert_eq!(lives(&home(&hood, &officer, "木下").unwrap()), ["木下 進", "木下 由美"]);
    let yumi = hood.join(&hood.sheet_of_home("木下").await, &["木下 由美"]).await.unwrap();
    assert!(yumi.has(&before), "the board is pulled from the start");
    let next = posted(&hood, &officer, "冬の清掃").await;
    sealed(&hood, &yumi, &next).await;
    hood.until("both tallies", &[&officer], || {
        counted(&hood, &officer, &next) == Some((8, 1)) && counted(&hood, &officer, &before) == Some((7, 0))
    })
    .await;
    holds(&hood).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_widowers_phone_is_his_alone_and_he_reads_on() {
    let (hood, officer) = town().await;
    let shared = hood.shared_phone(&["高橋 健", "高橋 キク"]).await;
    let notice = posted(&hood, &officer, "秋の清掃").await;
    sealed(&hood, &shared, &notice).await;
    let kiku = hood.person_id("高橋 キク").to_string();
    officer.depart(officer.person.clone(), kiku.clone(), Departure::Died).await.unwrap();
    until(&hood, &officer, "her name off the roster", |homes| {
        homes.iter().any(|home| home.name == "高橋" && lives(home) == ["高橋 健"])
    })
    .await;
    shared.sync().await;
    assert!(shared.joined() && is_sealed(&shared, &notice));
    let held: Vec<String> = shared.me().unwrap().persons.into_iter().map(|person| person.id).collect();
    assert_eq!(held, std::slice::from_ref(&shared.person));
    assert!(shared.kairan.home(kiku).is_err(), "nothing of hers is shown");
    holds(&hood).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_moves_out_erases_itself_and_is_in_no_new_figures() {
    let (hood, officer) = town().await;
    let [kiku, ken] = [hood.phone("高橋 キク").await, hood.phone("高橋 健").await];
    let old = posted(&hood, &officer, "公園の清掃").await;
    sealed(&hood, &kiku, &old).await;
    ken.sync().await;
    assert!(!bytes::files_with(ken.dir(), "公園の清掃".as_bytes()).is_empty());
    for name in ["高橋 キク", "高橋 健"] {
        let who = hood.person_id(name).to_string();
        officer.depart(officer.person.clone(), who, Departure::MovedOut).await.unwrap();
    }
    until(&hood, &officer, "the home off the roster", |homes| homes.iter().all(|home| home.name != "高橋")).await;
    for phone in [&kiku, &ken] {
        assert!(revoked(&phone.kairan.sync().await));
        assert!(!phone.joined());
        assert_eq!(bytes::files_with(phone.dir(), "公園の清掃".as_bytes()), Vec::<String>::new());
    }
    let new = posted(&hood, &officer, "町の総会").await;
    hood.until("both tallies", &[&officer], || {
        counted(&hood, &officer, &old) == Some((7, 1)) && counted(&hood, &officer, &new) == Some((6, 0))
    })
    .await;
    holds(&hood).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_homes_become_one_and_a_son_who_splits_off_keeps_his_seals() {
    let (hood, officer) = town().await;
    let ken = hood.phone("高橋 健").await;
    let old = posted(&hood, &officer, "公園の清掃").await;
    sealed(&hood, &ken, &old).await;
    let asker = officer.person.clone();
    officer.merge_households(asker.clone(), hood.group("鈴木"), hood.group("高橋")).await.unwrap();
    until(&hood, &officer, "one home", |homes| {
        homes.iter().any(|home| lives(home).contains(&"鈴木 次郎") && home.name == "高橋")
    })
    .await;
    assert!(home(&hood, &officer, "鈴木").is_none());
    let own = vec![ken.person.clone()];
    officer
        .split_household(asker, hood.group("高橋"), hood.group("緑ヶ丘2班"), "高橋（離れ）".to_owned(), own)
        .await
        .unwrap();
    until(&hood, &officer, "his own home", |homes| homes.iter().any(|home| home.name == "高橋（離れ）")).await;
    ken.sync().await;
    assert!(is_sealed(&ken, &old));
    let new = posted(&hood, &officer, "町の総会").await;
    sealed(&hood, &ken, &new).await;
    hood.until("both tallies", &[&officer], || {
        counted(&hood, &officer, &old) == Some((7, 1)) && counted(&hood, &officer, &new) == Some((7, 1))
    })
    .await;
    holds(&hood).await;
}

/// 鈴木 次郎, written down once more with another letter, in the home of 渡辺; and the phone he joined with as that.
async fn known_twice(hood: &Neighbourhood, officer: &Phone) -> Phone {
    officer.add_person(officer.person.clone(), hood.group("渡辺"), new_person("鈴木 二郎")).await.unwrap();
    until(hood, officer, "the second entry", |homes| homes.iter().any(|home| lives(home).contains(&"鈴木 二郎"))).await;
    hood.join(&hood.sheet_of_home("渡辺").await, &["鈴木 二郎"]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_known_twice_with_two_phones_keeps_everything_and_loses_no_tap() {
    let (hood, officer) = town().await;
    let first = hood.phone("鈴木 次郎").await;
    let second = known_twice(&hood, &officer).await;
    let [one, other, waiting] = [
        posted(&hood, &officer, "一つめ").await,
        posted(&hood, &officer, "二つめ").await,
        posted(&hood, &officer, "三つめ").await,
    ];
    sealed(&hood, &first, &one).await;
    sealed(&hood, &second, &other).await;
    hood.proxy.turn(Weather::Cut);
    second.acknowledge(&waiting).await;
    hood.pass(MINUTE);
    hood.proxy.turn(Weather::Fair);
    officer.same_person(officer.person.clone(), first.person.clone(), second.person.clone()).await.unwrap();
    until(&hood, &officer, "one entry", |homes| homes.iter().all(|home| !lives(home).contains(&"鈴木 二郎"))).await;
    for phone in [&second, &first, &second] {
        phone.sync().await;
    }
    assert!(second.outbox().is_empty(), "{:?}", second.outbox());
    let held: Vec<String> = second.me().unwrap().persons.into_iter().map(|person| person.id).collect();
    assert_eq!(held, std::slice::from_ref(&first.person));
    for notice in [&one, &other, &waiting] {
        for phone in [&first, &second] {
            let seen = phone.kairan.notice(first.person.clone(), notice.clone()).unwrap();
            assert!(matches!(seen.seal, SealState::Acknowledged { .. }), "{notice}: {:?}", seen.seal);
        }
    }
    holds(&hood).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_none_of_it_comes_undone() {
    let (mut hood, officer) = town().await;
    let clerk = hood.phone("市民課 係員").await;
    let [first, ken] = [hood.phone("鈴木 次郎").await, hood.phone("高橋 健").await];
    let second = known_twice(&hood, &officer).await;
    let copy = hood.backup().await;
    let asker = officer.person.clone();
    officer.same_person(asker.clone(), first.person.clone(), second.person.clone()).await.unwrap();
    officer.merge_households(asker.clone(), hood.group("伊藤"), hood.group("山本")).await.unwrap();
    officer.depart(asker, ken.person.clone(), Departure::MovedOut).await.unwrap();
    until(&hood, &officer, "all of it", |homes| {
        homes.iter().all(|home| home.name != "伊藤" && !lives(home).contains(&"高橋 健"))
    })
    .await;
    let notice = posted(&hood, &officer, "町の総会").await;
    // His second phone has heard that it is his.
    second.sync().await;
    second.kairan.acknowledge(first.person.clone(), notice.clone()).await.unwrap();
    second.sync().await;
    let before = homes(&hood, &officer);
    clerk.sync().await;

    hood.restore_on_another_machine(&copy).await;
    hood.pass(MINUTE);
    // The one who left tries first, then the city's clerk, whose phone knows only that somebody is gone.
    clerk.sync().await;
    clerk.sync().await;
    assert!(revoked(&ken.kairan.sync().await) && !ken.joined());
    hood.until("everything is back", &[&officer, &second, &first], || {
        homes(&hood, &officer) == before && officer.home().waiting == 0 && second.outbox().is_empty()
    })
    .await;
    second.sync().await;
    let held: Vec<String> = second.me().unwrap().persons.into_iter().map(|person| person.id).collect();
    assert_eq!(held, std::slice::from_ref(&first.person));
    let seen = second.kairan.notice(first.person.clone(), notice).unwrap();
    assert!(matches!(seen.seal, SealState::Acknowledged { .. }));
    holds(&hood).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sheet_that_lies_about_opens_a_home_that_was_closed() {
    let (hood, officer) = town().await;
    let sheet = hood.sheet("鈴木 次郎").await;
    let suzuki = hood.person_id("鈴木 次郎").to_string();
    officer.depart(officer.person.clone(), suzuki, Departure::Died).await.unwrap();
    officer.sync().await;
    // He leads the block: an officer may not end that, somebody above may.
    let refused = officer.outbox();
    assert_eq!(refused.len(), 1, "{refused:?}");
    let command =
        Command::Depart { person: hood.person_id("鈴木 次郎"), why: kairan_protocol::people::Departure::Died };
    assert!(matches!(hood.steward(command).await.outcome, Outcome::Applied { .. }));
    assert!(sheet.secret.parse::<Secret>().is_ok());
    let tried = hood.join(&sheet, &["鈴木 次郎"]).await;
    assert!(matches!(tried, Err(Error::Problem { ref problem, .. }) if problem == "invite_void"));
}
