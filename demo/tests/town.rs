//! The town as it stands when the page is open: a year behind it, and a morning whose figures are those of the database.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "a failed test says so")]

use kairan_demo::{
    news::{News, Piece},
    town::{DeskFigures, Morning, NotNow, State, Town, district::Size},
};
use kairan_protocol::id::GroupId;
use kairan_server::{
    clock::SystemClock,
    console::{Answer, Ask, Console},
};
use rusqlite::{Connection, OpenFlags, params};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use tokio::sync::broadcast::Receiver;

/// As fast as it goes.
const AT_ONCE: Duration = Duration::ZERO;

struct Watched {
    town: Arc<Town>,
    news: Receiver<Piece>,
}

impl Watched {
    async fn begin(folder: &Path, size: Size) -> Self {
        let news = News::default();
        let heard = news.listen();
        let town = Town::begin(folder, size, news).await.unwrap();
        Self { town, news: heard }
    }

    async fn ready(folder: &Path, size: Size) -> Self {
        let mut watched = Self::begin(folder, size).await;
        watched.town.settle_in();
        watched.until(|morning| morning.state == State::Ready).await;
        watched
    }

    /// Every state of the morning that is told, up to one that is waited for.
    async fn until(&mut self, wanted: impl Fn(&Morning) -> bool) -> Vec<Morning> {
        let mut told = Vec::new();
        loop {
            match tokio::time::timeout(Duration::from_mins(5), self.news.recv()).await.expect("news in time") {
                Ok(Piece::Morning(morning)) => {
                    let is_wanted = wanted(&morning);
                    told.push(*morning);
                    if is_wanted {
                        return told;
                    }
                }
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    async fn plays(&mut self, seed: u64) -> Vec<Morning> {
        self.town.begin_morning(seed, AT_ONCE).unwrap();
        self.until(|morning| matches!(morning.state, State::Over | State::Stopped)).await
    }
}

/// The figures of an association by plain SQL of this test's own: said, agreed, acknowledged, households.
fn counted(folder: &Path, desk: &DeskFigures) -> [u32; 4] {
    let file = folder.join("district/kairan.db");
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let group = desk.group.parse::<GroupId>().unwrap().number();
    let homes = "WITH home (id) AS (SELECT household.id FROM grp AS block JOIN grp AS household ON household.parent = block.id \
                 WHERE block.parent = ?1 AND block.kind = 'block' AND household.kind = 'household'), \
                 lives (person, home) AS (SELECT person, household FROM residence WHERE household IN (SELECT id FROM home)), \
                 agreed (id) AS (SELECT id FROM person WHERE moods_to_team IS NOT NULL AND id IN (SELECT person FROM lives)) ";
    let count = |sql: &str| database.query_row(&format!("{homes}{sql}"), [group], |row| row.get::<_, u32>(0)).unwrap();
    let said = count(
        "SELECT count(DISTINCT person) FROM check_in WHERE taken = 0 AND person IN (SELECT id FROM agreed) \
         AND day = (SELECT max(day) FROM check_in) AND ?1 <> 0",
    );
    let sql = format!(
        "{homes}SELECT count(DISTINCT home) FROM lives JOIN receipt ON receipt.person = lives.person \
         WHERE stage = 3 AND notice = (SELECT id FROM notice WHERE state ->> '$.body.title' = ?2 \
         AND state ->> '$.body.from.id' = ?3 ORDER BY published DESC LIMIT 1)"
    );
    let sealed = params![group, desk.circular.title, desk.group];
    let acknowledged = database.query_row(&sql, sealed, |row| row.get(0)).unwrap();
    [
        said,
        count("SELECT count(*) FROM agreed WHERE ?1 <> 0"),
        acknowledged,
        count("SELECT count(*) FROM home WHERE ?1 <> 0"),
    ]
}

fn shown(desk: &DeskFigures) -> [u32; 4] {
    [desk.participation.said, desk.participation.agreed, desk.circular.acknowledged, desk.circular.households]
}

fn never_more_than_the_database(told: &[Morning]) {
    let mut before: BTreeMap<String, u32> = BTreeMap::new();
    for desk in told.iter().flat_map(|morning| &morning.desks) {
        let database = desk.database;
        assert!(desk.participation.said <= database.said, "{desk:?}");
        assert!(desk.circular.acknowledged <= database.acknowledged, "{desk:?}");
        let earlier = before.insert(desk.name.clone(), desk.participation.said).unwrap_or_default();
        assert!(earlier <= desk.participation.said, "a figure went back: {desk:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_phones_answer_and_every_figure_is_what_the_database_holds() {
    let folder = tempfile::tempdir().unwrap();
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut watched = Watched::ready(folder.path(), Size::Whole).await;
    let before = watched.town.morning();
    assert_eq!((before.phones, before.answered), (300, 0));
    let told = watched.plays(seed).await;
    never_more_than_the_database(&told);
    let over = told.last().unwrap();
    assert_eq!((over.state, over.answered), (State::Over, 300));
    assert!(told.len() > 5, "the figures moved on the way: {}", told.len());
    for (desk, earlier) in over.desks.iter().zip(&before.desks) {
        assert_eq!(shown(desk), counted(folder.path(), desk), "{}", desk.name);
        assert!(desk.agrees(), "{desk:?}");
        assert!(desk.circular.acknowledged > earlier.circular.acknowledged, "{desk:?}");
        assert!(desk.participation.said > earlier.participation.said, "{desk:?}");
    }
    watched.town.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_morning_that_is_stopped_keeps_what_was_tapped_goes_on_and_is_followed_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut watched = Watched::begin(folder.path(), Size::Small).await;
    assert_eq!(watched.town.begin_morning(1, AT_ONCE), Err(NotNow::NotReady));
    watched.town.settle_in();
    watched.until(|morning| morning.state == State::Ready).await;

    watched.town.begin_morning(7, Duration::from_mins(10)).unwrap();
    assert_eq!(watched.town.begin_morning(7, AT_ONCE), Err(NotNow::Running));
    watched.until(|morning| morning.answered > 0).await;
    watched.town.stop_morning().await;
    let stopped = watched.town.morning();
    assert_eq!(stopped.state, State::Stopped);
    assert!(stopped.answered < stopped.phones);
    for desk in &stopped.desks {
        assert_eq!(shown(desk), counted(folder.path(), desk), "{}", desk.name);
    }
    // The stop was told too: the news before it is not the next morning's.
    watched.until(|morning| morning.state == State::Stopped).await;

    let told = watched.plays(8).await;
    never_more_than_the_database(&told);
    let over = told.last().unwrap();
    assert_eq!((over.state, over.answered), (State::Over, over.phones));
    assert_eq!(over.desks[0].circular.title, stopped.desks[0].circular.title);

    let told = watched.plays(9).await;
    let again = told.last().unwrap();
    assert_eq!((again.state, again.answered), (State::Over, again.phones));
    assert_ne!(again.desks[0].circular.title, over.desks[0].circular.title, "another circular went out");
    for desk in &again.desks {
        assert_eq!(shown(desk), counted(folder.path(), desk), "{}", desk.name);
    }
    watched.town.end().await.unwrap();

    // Kept, it goes on from there: nobody joins anew, and the figures stand.
    let watched = Watched::ready(folder.path(), Size::Small).await;
    let found = watched.town.morning();
    assert_eq!(found.desks, again.desks);
    watched.town.end().await.unwrap();
    let database = Connection::open(folder.path().join("district/kairan.db")).unwrap();
    let twice = "SELECT count(*) FROM (SELECT key FROM device WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1)";
    assert_eq!(database.query_row(twice, [], |row| row.get::<_, u32>(0)).unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_town_whose_port_was_taken_is_found_at_another_and_what_was_half_made_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let watched = Watched::ready(folder.path(), Size::Small).await;
    let before = watched.town.morning();
    watched.town.end().await.unwrap();
    let kept: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("town.json")).unwrap()).unwrap();
    let taken = std::net::TcpListener::bind(kept["address"].as_str().unwrap()).unwrap();
    let watched = Watched::ready(folder.path(), Size::Small).await;
    assert!(watched.town.has_moved());
    assert_eq!(watched.town.morning().desks, before.desks);
    watched.town.end().await.unwrap();
    drop(taken);

    // The power went while the year was being played.
    std::fs::remove_file(folder.path().join("town.json")).unwrap();
    std::fs::write(folder.path().join("unfinished"), "").unwrap();
    let watched = Watched::begin(folder.path(), Size::Small).await;
    assert!(!folder.path().join("unfinished").exists());
    watched.town.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_year_behind_the_town_can_be_read_off_it() {
    let folder = tempfile::tempdir().unwrap();
    let watched = Watched::begin(folder.path(), Size::Whole).await;
    let database = Connection::open(folder.path().join("district/kairan.db")).unwrap();
    let count = |sql: &str| database.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM grp WHERE kind = 'household'"), 300);
    assert_eq!(count("SELECT count(*) FROM grp WHERE kind = 'household' AND paper = 1"), 40);
    assert_eq!(count("SELECT count(DISTINCT state ->> '$.body.title') FROM notice WHERE phase = 'withdrawn'"), 1);
    assert!(count("SELECT count(*) FROM receipt WHERE stage = 3") > 3_000);
    assert!(count("SELECT count(*) FROM paper_receipt WHERE stage = 2") > 50);
    assert!(count("SELECT count(DISTINCT day) FROM check_in") >= 30);
    let shown = "SELECT count(*) FROM closed_day WHERE why = 'counted' AND good >= 5 AND fair >= 5 AND talk >= 5";
    assert_eq!(count(shown), 1, "one day whose figures betray nobody");
    assert!(count("SELECT count(*) FROM closed_day WHERE why = 'too_few'") > 20);
    let talks =
        |state: &str| format!("SELECT count(*) FROM talk_case WHERE ended IS NULL AND talk ->> '$.state' = '{state}'");
    assert_eq!((count(&talks("open")), count(&talks("taken"))), (1, 1));
    watched.town.end().await.unwrap();
    let mut console = Console::open(&watched.town.district(), Arc::new(SystemClock)).await.unwrap();
    let Answer::Checked(lines) = console.ask(Ask::Check).await.unwrap() else { panic!("no answer to a check") };
    let bad: Vec<_> = lines.iter().filter(|line| !line.good).map(|line| (&line.what, &line.seen)).collect();
    assert!(bad.is_empty(), "{bad:?}");
}
