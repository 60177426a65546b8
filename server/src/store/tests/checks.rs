//! The check: every table has a line, and each line is seen to fail on a database damaged by hand.

use super::house::*;
use crate::{clock::Clock, held::Contact, store::Store};
use kairan_protocol::{
    case::Support,
    check_in::Mood,
    id::{InviteId, NoticeId, Rev, RoleId},
    invite::Secret,
    notice::{NoticeKind, NoticePatch},
    op::{Command, Invitee},
    paper::PaperStage,
    people::RoleKind,
    receipt::Stage,
    wire::EnrolResponse,
};
use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

/// A district where something of everything has happened.
async fn lively() -> House {
    let house = House::new();
    house.tick().await;
    let mut chair = house.phone(SATO).await;
    let mut suzuki = house.phone(SUZUKI).await;
    let mut yamada = house.phone(YAMADA).await;
    let mut commissioner = house.phone(KIMURA).await;
    applied(&suzuki.send(&house, &house.consent(SUZUKI, true)).await);
    applied(&suzuki.send(&house, &house.check_in(SUZUKI, Mood::Good)).await);
    house.clock.advance(DAY);
    applied(&suzuki.send(&house, &house.check_in(SUZUKI, Mood::Talk)).await);
    applied(&yamada.send(&house, &house.consent(YAMADA, true)).await);
    house.tick().await;
    applied(&yamada.send(&house, &house.consent(YAMADA, false)).await);
    let circular = house.circular(SATO, "清掃");
    let (notice, hour) = (NoticeId::from(circular.id), house.clock.now().plus_millis(DAY));
    applied(&chair.send(&house, &circular).await);
    let later = house.post(SATO, NoticeKind::Notice, "もちつき", Some(hour));
    applied(&chair.send(&house, &later).await);
    for stage in [Stage::Displayed, Stage::Acknowledged] {
        applied(&suzuki.send(&house, &house.receipt(SUZUKI, notice, stage)).await);
    }
    let patch = NoticePatch { title: Some("清掃（変更）".into()), ..NoticePatch::default() };
    let correct = house.op(SATO, Command::Correct { notice, seen: Rev::FIRST, patch });
    applied(&chair.send(&house, &correct).await);
    let (rev, household) = (Rev::FIRST, PAPER_HOME);
    for stage in [PaperStage::Handed, PaperStage::Proxy] {
        let entry = house.op(SATO, Command::PaperReceipt { notice, rev, household, stage });
        applied(&chair.send(&house, &entry).await);
    }
    let console = async |command| applied(&house.store.console(command).await.unwrap());
    let (role, group) = (RoleId::from_number(70), FIRST_BLOCK);
    console(Command::GrantRole { role, person: SUZUKI, group, kind: RoleKind::BlockLeader, until: None }).await;
    console(Command::EndRole { role }).await;
    let support = Support { name: "支援センター".into(), telephone: "03-0000-0000".into(), hours: String::new() };
    console(Command::SetSupport { group: DISTRICT, support: Some(support) }).await;
    console(Command::MoveHousehold { household: YAMADA_HOME, to: FIRST_BLOCK }).await;
    let contact = Contact { telephone: Some("03-0000-0001".to_owned()), note: None };
    house.store.keep_contacts(vec![(YAMADA_HOME, contact)]).await.unwrap();
    let mut lost = house.phone(HANAKO).await;
    lost.catch_up(&house).await;
    console(Command::Revoke { device: lost.device }).await;
    commissioner.catch_up(&house).await;
    let (invite, secret) = (InviteId::from_number(90), Secret::random().unwrap());
    let (to, hash) = (Invitee::Household(YAMADA_HOME), secret.hash());
    console(Command::Invite { invite, to, secret: hash, passed_on: true }).await;
    let waiting = house.store.enrol(house.enrolment(&secret, &fresh_key(), &[YAMADA])).await.unwrap();
    assert!(matches!(waiting, EnrolResponse::Waiting { .. }));
    // Past noon: yesterday is counted.
    house.clock.advance(195 * MINUTE);
    for _ in 0..70 {
        house.tick().await;
    }
    house.store.tick().await.unwrap();
    house
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

const COMMITS: &str = "every commit is there once";
const BOARDS: &str = "boards show notices as they are";
const COUNTER: &str = "each feed's counter is its newest version";
const TAPS: &str = "check-ins in mails are what was tapped";
const CASES: &str = "cases stand on their team's desk as they are filed";
const TALLIES: &str = "tallies are what a recount gives";
const ROSTERS: &str = "rosters and their figures are what a recount gives";
const ENDED: &str = "what has ended stands on the staff feed, sealed";
const ENTERED: &str = "what was entered for homes is on record, line after line";
const LISTED: &str = "what the command line did stands where it is listed";

/// Table, damage, and the line that must say so.
const WAITING: &str = "whoever waits to be let in is shown, and nobody else";

const DAMAGES: &[(&str, &str, &str)] = &[
    (
        "row",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ' AND urgent = 1', '') WHERE name = 'row_urgent'",
        "the file is whole",
    ),
    ("device_person", "DELETE FROM person WHERE name = '鈴木 次郎'", "what is referred to is there"),
    ("meta", "UPDATE meta SET value = 'k9' WHERE name = 'epoch'", "the district's own lines can be read"),
    ("meta", "UPDATE meta SET value = value + 1 WHERE name = 'last_commit'", COMMITS),
    ("op", "DELETE FROM op WHERE committed = (SELECT max(committed) FROM op)", COMMITS),
    ("audit", "DELETE FROM audit WHERE committed = 1", "the record begins with the set-up"),
    (
        "audit",
        "UPDATE audit SET what = '' WHERE committed = (SELECT max(committed) FROM audit)",
        "the record begins with the set-up",
    ),
    ("epoch", "UPDATE epoch SET first = 2", "epochs follow one another"),
    (
        "op",
        "UPDATE op SET outcome = '{}' WHERE committed = (SELECT max(committed) FROM op)",
        "every outcome can be read",
    ),
    (
        "op",
        "UPDATE op SET hash = x'00' WHERE committed = (SELECT max(committed) FROM op)",
        "every op has its hash and its device",
    ),
    (
        "op",
        "UPDATE op SET device = 99 WHERE committed = (SELECT max(committed) FROM op)",
        "every op has its hash and its device",
    ),
    ("notice_op", "UPDATE notice_op SET op = replace(op, '清掃', '掃除')", "what was done to notices is what was said"),
    ("notice_op", "UPDATE notice_op SET committed = committed + 1", "what was done to notices is what was said"),
    (
        "row",
        "UPDATE row SET body = replace(body, '\"commit\":', '\"commit\":1') WHERE kind = 'kept'",
        "what the command line did is what was said",
    ),
    ("kept", "DELETE FROM kept WHERE id = (SELECT min(id) FROM kept)", LISTED),
    ("row", "UPDATE row SET body = NULL WHERE kind = 'kept'", LISTED),
    ("ended", "DELETE FROM ended", ENDED),
    ("ended", "UPDATE ended SET committed = committed - 1", ENDED),
    ("row", "UPDATE row SET body = json_set(body, '$.mac', 'AAAA') WHERE kind = 'ended'", ENDED),
    ("waiting", "UPDATE waiting SET desks = '[]'", WAITING),
    ("waiting", "UPDATE waiting SET answered = 1", WAITING),
    ("row", "UPDATE row SET body = NULL WHERE kind = 'join'", WAITING),
    ("grp", "UPDATE grp SET kind = 'team' WHERE kind = 'association'", "every group hangs where its kind may"),
    ("grp", "UPDATE grp SET kind = 'castle' WHERE kind = 'team'", "every group hangs where its kind may"),
    ("location", "DELETE FROM location WHERE until_commit IS NULL", "each household stands in one block at a time"),
    (
        "location",
        "UPDATE location SET until = until + 1 WHERE until_commit IS NOT NULL",
        "each household stands in one block at a time",
    ),
    ("grp", "UPDATE grp SET parent = 5 WHERE id = 11", "each household stands in one block at a time"),
    (
        "residence",
        "INSERT INTO residence SELECT person, from_commit + 1, NULL, 12, since + 1, NULL FROM residence WHERE person = 2",
        "nobody lives in two homes at once",
    ),
    ("grp", "UPDATE grp SET closed = 1 WHERE id = 11", "a home is closed when nobody lives there any more"),
    ("person", "UPDATE person SET gone = 1 WHERE id = 4", "who is gone holds nothing"),
    ("person", "UPDATE person SET erased = 1 WHERE id = 4", "who left long ago is not known by name"),
    ("guest", "INSERT INTO guest VALUES (4, 4)", "nobody is their own guest"),
    ("role", "UPDATE role SET kind = 'block_leader' WHERE kind = 'chair'", "every role stands where its kind may"),
    ("role", "UPDATE role SET over = 1 WHERE kind = 'chair'", "every role stands where its kind may"),
    (
        "person",
        "UPDATE person SET moods_to_team = consent_at WHERE id = 6",
        "everybody's consent is what they said last",
    ),
    (
        "consent_history",
        "DELETE FROM consent_history WHERE person = 6 AND moods_to_team = 0",
        "everybody's consent is what they said last",
    ),
    ("device", "UPDATE device SET key = x'04' WHERE key IS NOT NULL", "every device has its key"),
    ("device", "UPDATE device SET revoked = since WHERE key IS NOT NULL", "nobody holds a device that was signed off"),
    (
        "token",
        "UPDATE token SET hash = x'0011' WHERE hash = (SELECT min(hash) FROM token)",
        "every token is a hash, and ends",
    ),
    (
        "invite",
        "UPDATE invite SET void = 0; INSERT INTO invite SELECT id + 1, household, person, substr(secret, 2) || 'x', at, until, 0, 0 FROM invite",
        "each home has one invitation that is open",
    ),
    ("invite_join", "UPDATE invite_join SET at = at + 10000000000", "invitations were used while they were good"),
    ("feed", "INSERT INTO feed (name) VALUES ('board:g0000000000999')", "every feed is somebody's"),
    (
        "person",
        "UPDATE person SET mail = (SELECT mail FROM person WHERE id = 3) WHERE id = 4",
        "everybody has their own mail",
    ),
    ("row", "UPDATE row SET version = version + 1 WHERE kind = ''", COUNTER),
    ("feed", "UPDATE feed SET horizon = 100000", COUNTER),
    (
        "row",
        "UPDATE row SET version = (SELECT max(version) FROM row AS other WHERE other.feed = row.feed AND kind <> '') WHERE kind = 'profile'",
        "no version stands twice in a feed",
    ),
    ("row", "UPDATE row SET shared = 0 WHERE kind = 'notice'", "every row is of a feed, and as much anybody's as that"),
    (
        "row",
        "UPDATE row SET body = '{' WHERE kind = 'profile'",
        "every row is of a feed, and as much anybody's as that",
    ),
    ("tombstone", "DELETE FROM tombstone", "every tombstone knows since when"),
    ("tombstone", "UPDATE tombstone SET version = version + 1000", "every tombstone knows since when"),
    ("notice", "UPDATE notice SET phase = 'withdrawn' WHERE phase = 'published'", "every notice is filed as it is"),
    ("notice", "UPDATE notice SET state = '{}'", "every notice is filed as it is"),
    ("row", "UPDATE row SET body = json_set(body, '$.title', '火事') WHERE kind = 'notice'", BOARDS),
    ("row", "UPDATE row SET rev = rev + 1 WHERE kind = 'notice'", BOARDS),
    ("notice", "DELETE FROM notice WHERE phase = 'published'", BOARDS),
    (
        "row",
        "UPDATE row SET body = json_set(body, '$.author', 'p0000000000003') WHERE kind = 'sent'",
        "desks show what was sent as it is",
    ),
    ("receipt", "UPDATE receipt SET stage = 2", "receipts are as far as they ever were"),
    ("receipt_history", "DELETE FROM receipt_history WHERE stage = 3", "receipts are as far as they ever were"),
    ("paper_receipt", "UPDATE paper_receipt SET stage = 1", ENTERED),
    ("paper_receipt", "DELETE FROM paper_receipt", ENTERED),
    ("paper_receipt_history", "DELETE FROM paper_receipt_history WHERE stage = 1", ENTERED),
    ("paper_receipt_history", "UPDATE paper_receipt_history SET person = 4 WHERE stage = 1", ENTERED),
    (
        "row",
        "UPDATE row SET body = json_set(body, '$.stage', 'handed') WHERE kind = 'paper_receipt'",
        "what people entered for homes is in their mails",
    ),
    ("receipt", "UPDATE receipt SET at = at + 1", "every receipt has its moment in the history"),
    (
        "row",
        "UPDATE row SET body = json_set(body, '$.name', '別人') WHERE kind = 'profile'",
        "profiles say where people belong",
    ),
    ("role", "DELETE FROM role WHERE kind = 'chair'", "profiles say where people belong"),
    (
        "row",
        "UPDATE row SET body = json_set(body, '$.stage', 'displayed') WHERE kind = 'receipt'",
        "receipts in mails are the table's",
    ),
    ("check_in", "DELETE FROM check_in WHERE mood = 'g'", TAPS),
    ("check_in", "UPDATE check_in SET taken = 1 WHERE mood = 't'", TAPS),
    ("check_in", "UPDATE check_in SET mood = 'x'", TAPS),
    ("withdrawal", "DELETE FROM withdrawal", "of moods said before a withdrawal nothing is kept"),
    (
        "check_in",
        "UPDATE check_in SET person = (SELECT person FROM withdrawal), committed = 1 WHERE mood = 'g'",
        "of moods said before a withdrawal nothing is kept",
    ),
    (
        "row",
        "UPDATE row SET body = json_set(body, '$.moods_to_team', json('true')) WHERE kind = 'consent'",
        "consents in mails are the table's",
    ),
    ("device_person", "DELETE FROM device_person WHERE person = 4", "phones in mails are those that hold the person"),
    ("mark", "INSERT INTO mark VALUES (9, x'00', 1)", "what is out of date is known"),
    ("mark", "INSERT INTO mark VALUES (6, x'00000000000000000000000000000000', 12345)", "what is out of date is known"),
    ("row", "UPDATE row SET body = NULL WHERE kind = 'team'", "teams stand on boards as long as somebody staffs them"),
    ("homes", "UPDATE homes SET app = app + 1", ROSTERS),
    ("row", "UPDATE row SET body = json_set(body, '$.homes[0].paper', json('true')) WHERE kind = 'roster'", ROSTERS),
    (
        "row",
        "UPDATE row SET body = json_set(body, '$.homes.households', 99) WHERE kind = 'group'",
        "cards add up their blocks",
    ),
    ("contact", "UPDATE contact SET telephone = NULL", "what is kept beside the roster is of homes that stand"),
    ("tally", "UPDATE tally SET acknowledged = acknowledged + 1, not_yet = not_yet - 1", TALLIES),
    ("receipt", "DELETE FROM receipt", TALLIES),
    ("paper_receipt", "DELETE FROM paper_receipt", TALLIES),
    ("tally", "UPDATE tally SET proxy = proxy + 1, paper = paper - 1", TALLIES),
    (
        "row",
        "UPDATE row SET body = json_set(body, '$.counts.acknowledged', 99) WHERE kind = 'tally'",
        "sums of associations are their blocks'",
    ),
    (
        "row",
        "UPDATE row SET body = json_set(body, '$.counts.acknowledged', 99) WHERE kind = 'seals'",
        "seals on boards are what a recount gives",
    ),
    ("talk_case", "UPDATE talk_case SET due = 5", CASES),
    ("talk_case", "DELETE FROM talk_case", CASES),
    (
        "row",
        "UPDATE row SET body = json_set(body, '$.state', 'closed') WHERE kind = 'case'",
        "residents hear of their cases",
    ),
    ("closed_day", "DELETE FROM closed_day", "closed days stand on desks as they were counted"),
    (
        "row",
        "UPDATE row SET body = json_set(body, '$.agreed', 99) WHERE kind = 'participation'",
        "participation is what a recount gives",
    ),
    ("support", "UPDATE support SET telephone = '110'", "telephone numbers stand on their boards"),
    ("status", "DELETE FROM status", "statuses are of those who agreed, on their team's desk"),
    (
        "status",
        "UPDATE person SET moods_to_team = NULL WHERE id = 4",
        "statuses are of those who agreed, on their team's desk",
    ),
];

#[tokio::test]
async fn every_line_fails_on_a_database_that_was_damaged_there() {
    let house = lively().await;
    house.holds().await;
    let lines: BTreeSet<String> = house.store.check().await.unwrap().into_iter().map(|line| line.what).collect();
    house.store.clone().close().await.unwrap();
    let (mut failed, mut silent) = (BTreeSet::new(), Vec::new());
    for (_, damage, what) in DAMAGES {
        let folder = tempfile::tempdir().unwrap();
        copy(house.folder.path(), folder.path());
        let sqlite = rusqlite::Connection::open(folder.path().join("kairan.db")).unwrap();
        sqlite.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
        let before = sqlite.total_changes();
        sqlite.execute_batch(damage).unwrap_or_else(|error| panic!("{damage}: {error}"));
        if sqlite.total_changes() == before {
            silent.push(format!("{damage}: nothing was damaged"));
        }
        drop(sqlite);
        let clock: Arc<dyn Clock> = house.clock.clone();
        let identity = Arc::new(p256::ecdsa::SigningKey::from_slice(&[9; 32]).unwrap());
        let store = Store::open(folder.path(), clock, identity).unwrap_or_else(|error| panic!("{damage}: {error}"));
        let checked = store.check().await.unwrap();
        let line = checked.iter().find(|line| line.what == *what).unwrap_or_else(|| panic!("no line {what:?}"));
        if line.good {
            silent.push(format!("{damage}: {what} says {}", line.seen));
        }
        failed.insert(line.what.clone());
        store.close().await.unwrap();
    }
    assert_eq!(silent, Vec::<String>::new());
    let never: Vec<&String> = lines.difference(&failed).collect();
    let cannot = ["the clock's work is done", "desks are open"];
    assert_eq!(
        never.iter().filter(|what| !cannot.contains(&what.as_str())).count(),
        0,
        "never seen to fail: {never:#?}"
    );
}

#[tokio::test]
async fn every_table_has_a_line() {
    let house = House::new();
    let sqlite = house.sqlite();
    let mut statement = sqlite.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: BTreeSet<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let damaged: BTreeSet<String> = DAMAGES.iter().map(|(table, ..)| (*table).to_owned()).collect();
    assert_eq!(tables.difference(&damaged).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn what_the_clock_has_not_come_to_is_no_fault() {
    let house = House::new();
    let until = house.clock.now().plus_millis(DAY);
    let (role, group) = (RoleId::from_number(70), FIRST_BLOCK);
    let command = Command::GrantRole { role, person: SUZUKI, group, kind: RoleKind::BlockLeader, until: Some(until) };
    applied(&house.store.console(command).await.unwrap());
    house.tick().await;
    house.clock.set(until.plus_millis(DAY));
    house.holds().await;
    let line =
        |lines: Vec<crate::store::CheckLine>| lines.into_iter().find(|line| line.what.contains("clock")).unwrap();
    assert!(line(house.store.check().await.unwrap()).seen.contains("not yet"));
    house.tick().await;
    house.holds().await;
    assert_eq!(line(house.store.check().await.unwrap()).seen, "yes");
    // A clock that was set back.
    house.clock.set(until.plus_millis(-MINUTE));
    house.holds().await;
}
