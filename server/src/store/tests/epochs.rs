//! Epochs: what a restored backup begins with, whose numbers come after everything lost, and databases of earlier versions.

use super::house::*;
use crate::{
    clock::Clock,
    store::{Denied, StoreError, begin_epoch, schema},
};
use kairan_protocol::{
    id::{Epoch, Version},
    op::{Command, Invitee},
    outcome::Outcome,
    wire::Cursor,
};
use rusqlite::Connection;

#[tokio::test]
async fn a_restored_backup_begins_a_new_epoch_and_everybody_is_told_their_rights_anew() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let lost_phone = house.phone(YAMADA).await;
    house.store.console(Command::Revoke { device: lost_phone.device }).await.unwrap();
    let open = house.invite(Invitee::Household(YAMADA_HOME)).await;
    let backup = house.backup();
    let last = house.count("SELECT value FROM meta WHERE name = 'last_commit'");
    let rights = phone.rights.clone().unwrap().version;

    house.clock.advance(DAY);
    let begun = house.restore(&backup).await;
    assert_eq!(begun.last_commit.0.cast_signed(), last);
    assert_eq!(begun.invites_voided, 2, "his second one, and the one he joined by that nobody used up");
    assert_eq!(begun.revoked.iter().map(|device| device.id).collect::<Vec<_>>(), [lost_phone.device]);
    assert_eq!(house.store.card_facts().await.unwrap().epoch, begun.epoch);
    assert_ne!(begun.epoch, Epoch("k1".to_owned()));
    assert!(matches!(house.enrol(&open, &fresh_key(), &[YAMADA]).await, Err(Denied::InviteVoid)));

    let answer = phone.sync(&house, &[]).await;
    assert_eq!(answer.epoch, begun.epoch);
    assert!(answer.rights.unwrap().version > rights);
    house.holds().await;
}

#[tokio::test]
async fn the_same_backup_restored_twice_gives_numbers_that_never_meet() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let backup = house.backup();
    let mut numbers = vec![applied(&phone.send(&house, &house.consent(SUZUKI, true)).await)];
    let mut epochs = vec![Epoch("k1".to_owned())];
    for _ in 0..2 {
        house.clock.advance(60 * MINUTE);
        epochs.push(house.restore(&backup).await.epoch);
        for _ in 0..3 {
            numbers.push(applied(&phone.send(&house, &house.consent(SUZUKI, true)).await));
        }
        house.holds().await;
    }
    assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    assert!(numbers[4] - numbers[3] > 1 << 20, "an hour has room for more than an hour's commits");
    assert!(epochs[0] != epochs[1] && epochs[1] != epochs[2] && epochs[2] != epochs[0]);
}

#[tokio::test]
async fn a_restore_with_a_clock_set_back_still_goes_on() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let backup = house.backup();
    house.restore(&backup).await;
    let before = applied(&phone.send(&house, &house.consent(SUZUKI, true)).await);
    let later = house.backup();
    house.clock.advance(-30 * DAY);
    house.restore(&later).await;
    house.clock.advance(31 * DAY);
    phone.token = house.store.token(house.proof(&phone.key, phone.device, house.clock.now())).await.unwrap().secret;
    assert!(applied(&phone.send(&house, &house.consent(SUZUKI, false)).await) > before);
    house.holds().await;
}

#[tokio::test]
async fn an_epoch_begins_only_where_there_is_a_district() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(begin_epoch(folder.path(), morning()), Err(StoreError::Missing)));
}

#[tokio::test]
async fn a_machine_that_went_back_without_a_restore_asks_for_everything_and_goes_on_after_it() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let backup = house.backup();
    phone.send(&house, &house.consent(SUZUKI, false)).await;
    let consent = house.consent(SUZUKI, true);
    let result = phone.send(&house, &consent).await;
    phone.catch_up(&house).await;
    house.go_back(&backup).await;

    let answer = phone.sync(&house, &[]).await;
    assert!(answer.resend);
    assert!(answer.feeds.iter().any(|feed| feed.reset));
    let again = phone.hand_back(&house, vec![replay(&consent, &result)]).await;
    assert_eq!(again[0].mac, result.mac);
    let next = applied(&phone.send(&house, &house.consent(SUZUKI, false)).await);
    assert!(next > applied(&result));
    let twice = "SELECT count(*) - count(DISTINCT committed) FROM \
                 (SELECT committed FROM op UNION ALL SELECT committed FROM audit)";
    assert_eq!(house.count(twice), 0);
    house.holds().await;
}

#[tokio::test]
async fn numbers_given_again_before_the_machine_heard_of_it_are_no_obstacle() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let mut other = house.phone(YAMADA).await;
    let backup = house.backup();
    let (consent, result) = {
        let consent = house.consent(SUZUKI, true);
        let result = phone.send(&house, &consent).await;
        (consent, result)
    };
    house.go_back(&backup).await;
    let taken = other.send(&house, &house.consent(YAMADA, true)).await;
    assert_eq!(applied(&taken), applied(&result), "the same number, for somebody else");
    let again = phone.hand_back(&house, vec![replay(&consent, &result)]).await;
    assert!(matches!(again[0].outcome, Outcome::Applied { .. }));
    assert_eq!(house.count("SELECT count(*) FROM consent_history"), 2);
}

#[tokio::test]
async fn an_answer_is_never_ahead_of_what_everybody_knows() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.send(&house, &house.consent(SUZUKI, true)).await;
    // A row that is on disk and not yet told to the readers, as between a COMMIT and what follows it.
    let sql =
        "UPDATE row SET version = version + 1 WHERE feed = (SELECT mail FROM person WHERE id = 4) AND kind = 'consent'";
    house.sqlite().execute_batch(sql).unwrap();
    phone.begin_anew();
    phone.catch_up(&house).await;
    let own = kairan_protocol::feed::FeedName::Mail(SUZUKI);
    phone.cursors.insert(phone.feed(own).unwrap(), Cursor::At(Version(0)));
    let before = phone.version(own);
    assert_eq!(before, Version(0));
    phone.catch_up(&house).await;
    assert!(!phone.sync(&house, &[]).await.resend);
}

/// The database as the first version of this program made it.
fn first_version(house: &House) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(folder.path().join(schema::FILE)).unwrap();
    old.pragma_update(None, "foreign_keys", false).unwrap();
    old.execute_batch(include_str!("../migrations/0001.sql")).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute("ATTACH ?1 AS new", [house.folder.path().join(schema::FILE).to_str().unwrap()]).unwrap();
    let tables: Vec<String> = names(&old, "SELECT name FROM main.sqlite_master WHERE type = 'table' ORDER BY rowid");
    for table in tables {
        let columns = names(&old, &format!("SELECT name FROM pragma_table_info('{table}', 'main')")).join(", ");
        old.execute_batch(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")).unwrap();
    }
    folder
}

fn names(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

/// Every table and index, with its columns in their order.
fn shape(connection: &Connection) -> Vec<String> {
    let things = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' \
                  ORDER BY type, name";
    names(connection, things)
}

#[tokio::test]
async fn a_database_of_the_first_version_becomes_as_a_fresh_one_and_nobody_is_lost() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let consent = house.consent(SUZUKI, true);
    let taken = phone.send(&house, &consent).await;
    house.tick().await;
    house.store.clone().close().await.unwrap();
    let old = first_version(&house);
    let fresh = shape(&house.sqlite());
    house.folder = old;
    house.reopen();
    assert_eq!(shape(&house.sqlite()), fresh);
    assert_eq!(house.count("SELECT consent_commit FROM person WHERE id = 4").cast_unsigned(), applied(&taken));
    let sql = "SELECT count(*) FROM epoch WHERE name = 'k1' AND first = 1 AND opened = 1";
    assert_eq!(house.count(sql), 1);
    assert_eq!(phone.send(&house, &consent).await, taken);
    house.holds().await;
}
