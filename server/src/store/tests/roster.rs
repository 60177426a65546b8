//! Homes and people that come and go: what desks, boards and phones hold of them afterwards.

use super::house::*;
use crate::store::Denied;
use kairan_protocol::{
    body::{Home, Roster, Status},
    case::{CaseNews, NewsState, Talk},
    check_in::Mood,
    feed::FeedName,
    id::{GroupId, InviteId, NoticeId, PersonId, Rev},
    notice::Change,
    op::{Command, Invitee, Op},
    outcome::Outcome,
    people::{Departure, Newcomer},
    receipt::{Receipt, Stage},
    replay::EndedMark,
    row::kind,
    tally::{Counts, Tally},
};

const KATO_HOME: GroupId = GroupId::from_number(21);
const OWN_HOME: GroupId = GroupId::from_number(22);
const KATO: PersonId = PersonId::from_number(21);
const YUMI: PersonId = PersonId::from_number(22);
const JIRO: PersonId = PersonId::from_number(23);

fn newcomer(person: PersonId, name: &str) -> Newcomer {
    Newcomer { person, name: name.to_owned(), reading: None }
}

fn family(place: Option<u32>) -> Command {
    Command::AddHousehold {
        household: KATO_HOME,
        block: FIRST_BLOCK,
        name: "加藤".to_owned(),
        reading: Some("かとう".to_owned()),
        paper: false,
        place,
        people: vec![newcomer(KATO, "加藤 進"), newcomer(YUMI, "加藤 由美")],
    }
}

/// Suzuki Jiro, written down a second time with a phone of his own.
async fn known_twice(house: &House) -> Phone {
    steward(house, Command::AddPerson { household: PAPER_HOME, newcomer: newcomer(JIRO, "鈴木 二郎") }).await;
    let secret = house.invite(Invitee::Household(PAPER_HOME)).await;
    house.enrol(&secret, &fresh_key(), &[JIRO]).await.unwrap()
}

const SAME: Command = Command::SamePerson { person: SUZUKI, twice: JIRO };

fn depart(person: PersonId) -> Command {
    Command::Depart { person, why: Departure::MovedOut }
}

async fn steward(house: &House, command: Command) {
    house.clock.advance(MINUTE);
    applied(&house.store.console(command).await.unwrap());
}

/// The homes of the first block, as the chair's desk lists them.
fn homes(chair: &Phone) -> Vec<Home> {
    chair.body::<Roster>(FeedName::Desk(ASSOCIATION), kind::ROSTER, &FIRST_BLOCK.to_string()).unwrap().homes
}

fn names(homes: &[Home]) -> Vec<&str> {
    homes.iter().map(|home| home.name.as_str()).collect()
}

async fn looked(house: &House, phone: &mut Phone) {
    house.tick().await;
    phone.catch_up(house).await;
}

fn counts(chair: &Phone, notice: NoticeId) -> Counts {
    let id = format!("{notice}:{FIRST_BLOCK}");
    chair.body::<Tally>(FeedName::Desk(ASSOCIATION), kind::TALLY, &id).unwrap().counts
}

async fn posted(house: &House, chair: &mut Phone, title: &str) -> NoticeId {
    let post = house.circular(SATO, title);
    applied(&chair.send(house, &post).await);
    post.id.into()
}

#[tokio::test]
async fn a_family_that_moves_in_stands_in_its_place_by_name_and_joins_by_an_invitation() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let add = house.op(SATO, family(Some(4)));
    applied(&chair.send(&house, &add).await);
    looked(&house, &mut chair).await;
    let seen = homes(&chair);
    assert_eq!(names(&seen), ["佐藤", "加藤", "鈴木", "田中"]);
    let people: Vec<&str> = seen[1].people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(
        (people, seen[1].rev, seen[1].reading.as_deref()),
        (vec!["加藤 進", "加藤 由美"], Rev::FIRST, Some("かとう"))
    );
    let secret = house.invite(Invitee::Household(KATO_HOME)).await;
    let mut yumi = house.enrol(&secret, &fresh_key(), &[YUMI]).await.unwrap();
    yumi.catch_up(&house).await;
    assert!(yumi.feed(FeedName::Board(FIRST_BLOCK)).is_some());
    looked(&house, &mut chair).await;
    assert!(homes(&chair)[1].joined);
    house.holds().await;
}

#[tokio::test]
async fn a_home_that_moved_out_is_in_old_figures_and_in_no_new_ones() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let mut suzuki = house.phone(SUZUKI).await;
    let old = posted(&house, &mut chair, "秋の清掃").await;
    house.clock.advance(MINUTE);
    applied(&suzuki.send(&house, &house.receipt(SUZUKI, old, Stage::Acknowledged)).await);
    house.clock.advance(MINUTE);
    applied(&chair.send(&house, &house.op(SATO, depart(SUZUKI))).await);
    let new = posted(&house, &mut chair, "冬の清掃").await;
    looked(&house, &mut chair).await;
    assert_eq!((counts(&chair, old).households, counts(&chair, old).acknowledged), (3, 1));
    assert_eq!((counts(&chair, new).households, counts(&chair, new).acknowledged), (2, 0));
    assert_eq!(names(&homes(&chair)), ["佐藤", "田中"]);
    let below = house.store.households(ASSOCIATION).await.unwrap();
    assert!(below.iter().all(|home| home.id != SUZUKI_HOME), "nothing is printed for it");
    assert!(house.store.find("鈴木").await.unwrap().is_empty());
    let gone = house.store.sync(&suzuki.token, suzuki.request(&[])).await;
    assert!(matches!(gone, Err(Denied::Revoked)), "his phone is told to erase");
    house.holds().await;
}

#[tokio::test]
async fn who_dies_leaves_the_phone_they_shared_and_the_teams_desk() {
    let house = House::new();
    let mut shared = house.shared_phone(&[SATO, HANAKO]).await;
    let mut kimura = house.phone(KIMURA).await;
    shared.send(&house, &house.consent(HANAKO, true)).await;
    shared.send(&house, &house.check_in(HANAKO, Mood::Fair)).await;
    looked(&house, &mut kimura).await;
    let status = |kimura: &Phone| kimura.body::<Status>(FeedName::Desk(TEAM), kind::STATUS, &HANAKO.to_string());
    assert!(status(&kimura).is_some());
    steward(&house, Command::Depart { person: HANAKO, why: Departure::Died }).await;
    looked(&house, &mut kimura).await;
    assert!(status(&kimura).is_none());
    shared.catch_up(&house).await;
    assert_eq!(shared.rights.as_ref().unwrap().persons, [SATO]);
    assert!(shared.feed(FeedName::Desk(ASSOCIATION)).is_some(), "alone on the phone, the chair works on it again");
    let again = house.op(
        SATO,
        Command::Invite {
            invite: InviteId::from_number(9),
            to: Invitee::Person(HANAKO),
            secret: "x".repeat(43),
            passed_on: false,
        },
    );
    let refused = shared.send(&house, &again).await.outcome;
    assert!(
        matches!(refused, Outcome::Refused { code: kairan_protocol::refusal::Refusal::UnknownPerson, .. }),
        "{refused:?}"
    );
    house.holds().await;
}

#[tokio::test]
async fn two_homes_are_merged_and_one_of_them_splits_off_with_his_seals() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let mut suzuki = house.phone(SUZUKI).await;
    let old = posted(&house, &mut chair, "秋の清掃").await;
    house.clock.advance(MINUTE);
    applied(&suzuki.send(&house, &house.receipt(SUZUKI, old, Stage::Acknowledged)).await);
    steward(&house, Command::MergeHouseholds { from: SUZUKI_HOME, into: SATO_HOME }).await;
    looked(&house, &mut chair).await;
    assert_eq!(names(&homes(&chair)), ["佐藤", "田中"]);
    assert_eq!(homes(&chair)[0].people.iter().map(|person| person.id).collect::<Vec<_>>(), [SATO, HANAKO, SUZUKI]);
    let counted = counts(&chair, old);
    assert_eq!((counted.households, counted.acknowledged), (3, 1), "his seal stays with the home that was");
    let split = Command::SplitHousehold {
        from: SATO_HOME,
        household: OWN_HOME,
        block: SECOND_BLOCK,
        name: "鈴木（離れ）".to_owned(),
        people: vec![SUZUKI],
    };
    steward(&house, split).await;
    looked(&house, &mut suzuki).await;
    let mail = FeedName::Mail(SUZUKI);
    assert_eq!(suzuki.body::<Receipt>(mail, kind::RECEIPT, &old.to_string()).unwrap().stage, Stage::Acknowledged);
    assert!(suzuki.feed(FeedName::Board(SECOND_BLOCK)).is_some());
    looked(&house, &mut chair).await;
    assert_eq!(counts(&chair, old), counted);
    house.holds().await;
}

#[tokio::test]
async fn a_sheet_that_lies_about_lets_nobody_in_as_who_moved_there_since() {
    let house = House::new();
    let secret = house.invite(Invitee::Household(SUZUKI_HOME)).await;
    steward(&house, Command::AddPerson { household: SUZUKI_HOME, newcomer: newcomer(KATO, "鈴木 花") }).await;
    assert!(house.enrol(&secret, &fresh_key(), &[KATO]).await.is_ok(), "a child born there joins by it");
    let secret = house.invite(Invitee::Household(SUZUKI_HOME)).await;
    steward(&house, Command::MovePerson { person: KIMURA, to: SUZUKI_HOME }).await;
    let tried = house.enrol(&secret, &fresh_key(), &[KIMURA]).await;
    assert!(matches!(tried, Err(Denied::InviteVoid)));
    house.holds().await;
}

#[tokio::test]
async fn two_phones_of_a_person_known_twice_hold_the_same_and_nothing_is_lost() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let mut first = house.phone(SUZUKI).await;
    let mut second = known_twice(&house).await;
    let notices = [posted(&house, &mut chair, "秋の清掃").await, posted(&house, &mut chair, "冬の清掃").await];
    house.clock.advance(MINUTE);
    for (phone, person, notice) in [(&mut first, SUZUKI, notices[0]), (&mut second, JIRO, notices[1])] {
        applied(&phone.send(&house, &house.receipt(person, notice, Stage::Acknowledged)).await);
        applied(&phone.send(&house, &house.consent(person, true)).await);
        house.clock.advance(DAY);
        applied(&phone.send(&house, &house.check_in(person, Mood::Good)).await);
    }
    house.clock.advance(MINUTE);
    let waiting = house.receipt(JIRO, notices[0], Stage::Displayed);
    let said = house.check_in(JIRO, Mood::Fair);
    steward(&house, SAME).await;
    looked(&house, &mut chair).await;
    for notice in notices {
        assert_eq!(
            counts(&chair, notice).acknowledged,
            if notice == notices[0] { 1 } else { 2 },
            "and no home goes back"
        );
    }
    // His second phone has not heard yet; what it says is his.
    applied(&second.send(&house, &waiting).await);
    applied(&second.send(&house, &said).await);
    for phone in [&mut first, &mut second] {
        phone.catch_up(&house).await;
        assert_eq!(phone.rights.as_ref().unwrap().persons, [SUZUKI]);
        let mail = FeedName::Mail(SUZUKI);
        for notice in notices {
            let receipt = phone.body::<Receipt>(mail, kind::RECEIPT, &notice.to_string()).unwrap();
            assert_eq!(receipt.stage, Stage::Acknowledged);
        }
        let mine = phone.body::<kairan_protocol::check_in::CheckIns>(mail, kind::CHECK_IN, "mine").unwrap();
        assert_eq!(mine.newest.unwrap().mood, Mood::Fair);
    }
    assert_eq!(house.count("SELECT count(*) FROM check_in WHERE person = 4"), 3);
    house.holds().await;
}

#[tokio::test]
async fn a_correction_is_seen_on_the_roster_and_by_its_people() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let mut suzuki = house.phone(SUZUKI).await;
    let home = Command::CorrectHousehold {
        household: SUZUKI_HOME,
        seen: Rev::FIRST,
        name: Some("鈴木（角）".to_owned()),
        reading: Change::Set("すずき".to_owned()),
        place: Some(0),
    };
    applied(&chair.send(&house, &house.op(SATO, home)).await);
    let person = Command::CorrectPerson {
        person: SUZUKI,
        seen: Rev::FIRST,
        name: Some("鈴木 治郎".to_owned()),
        reading: Change::Keep,
    };
    applied(&chair.send(&house, &house.op(SATO, person)).await);
    looked(&house, &mut chair).await;
    assert_eq!(names(&homes(&chair)), ["鈴木（角）", "佐藤", "田中"]);
    assert_eq!((homes(&chair)[0].rev, homes(&chair)[0].people[0].rev), (Rev(2), Rev(2)));
    suzuki.catch_up(&house).await;
    let profile: kairan_protocol::body::Profile = suzuki.body(FeedName::Mail(SUZUKI), kind::PROFILE, "me").unwrap();
    assert_eq!((profile.name.as_str(), profile.groups[0].name.as_str()), ("鈴木 治郎", "鈴木（角）"));
    house.holds().await;
}

#[tokio::test]
async fn the_district_reads_no_name_of_what_the_command_line_wrote_into_a_roster() {
    let house = House::new();
    steward(&house, family(None)).await;
    steward(&house, Command::MovePerson { person: KATO, to: SATO_HOME }).await;
    let kept = "SELECT count(*) FROM row WHERE kind = 'kept'";
    assert_eq!(house.count(kept), 1, "the move alone, by ids");
    assert_eq!(house.count(&format!("{kept} AND body LIKE '%加藤%'")), 0);
    let written = std::fs::read_dir(house.folder.path().join("journal")).unwrap();
    let texts: Vec<String> = written.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(texts.iter().any(|text| text.contains("加藤")), "it is in the journal");
}

/// What the chair's phone did since the backup, with what it was told.
async fn lost_day(house: &House, chair: &mut Phone) -> Vec<(Op, kairan_protocol::outcome::OpResult)> {
    let split = Command::SplitHousehold {
        from: SATO_HOME,
        household: OWN_HOME,
        block: SECOND_BLOCK,
        name: "佐藤（離れ）".to_owned(),
        people: vec![HANAKO],
    };
    let mut done = Vec::new();
    for command in [
        family(None),
        Command::MovePerson { person: YUMI, to: PAPER_HOME },
        Command::MergeHouseholds { from: SUZUKI_HOME, into: PAPER_HOME },
        split,
        depart(YUMI),
        SAME,
    ] {
        house.clock.advance(MINUTE);
        let op = house.op(SATO, command);
        let told = chair.send(house, &op).await;
        applied(&told);
        done.push((op, told));
    }
    done
}

/// Who lives where, who is gone and who is the same, and the homes as they stand.
fn state(house: &House) -> Vec<String> {
    let connection = house.sqlite();
    let read = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut state =
        read("SELECT id || name || coalesce(parent, 'closed') || coalesce(merged, '') FROM grp ORDER BY id");
    state.extend(read("SELECT id || name || (gone IS NOT NULL) || coalesce(same, '') FROM person ORDER BY id"));
    state.extend(read(
        "SELECT person || ' in ' || household || ' ' || from_commit || '-' || coalesce(until_commit, '') FROM residence ORDER BY 1",
    ));
    state.extend(read(
        "SELECT household || ' at ' || block || ' ' || from_commit || '-' || coalesce(until_commit, '') FROM location ORDER BY 1",
    ));
    state
}

#[tokio::test]
async fn after_a_restore_nothing_comes_undone_in_whatever_order_it_is_handed_back() {
    for turned in [false, true] {
        let mut house = House::new();
        let mut chair = house.phone(SATO).await;
        known_twice(&house).await;
        let backup = house.backup();
        let lost = lost_day(&house, &mut chair).await;
        let before = state(&house);
        house.restore(&backup).await;
        chair.begin_anew();
        let mut replays: Vec<_> = lost.iter().map(|(op, told)| replay(op, told)).collect();
        if turned {
            replays.reverse();
        }
        for _ in 0..replays.len() {
            chair.hand_back(&house, replays.clone()).await;
        }
        let told = chair.hand_back(&house, replays).await;
        assert!(told.iter().all(|result| matches!(result.outcome, Outcome::Applied { .. })), "{told:?}");
        assert_eq!(state(&house), before, "turned: {turned}");
        house.holds().await;
    }
}

#[tokio::test]
async fn who_departed_stays_gone_though_the_officers_phone_that_said_so_is_lost() {
    let mut house = House::new();
    let mut clerk = house.phone(CLERK).await;
    let mut suzuki = house.phone(SUZUKI).await;
    let backup = house.backup();
    steward(&house, depart(SUZUKI)).await;
    clerk.catch_up(&house).await;
    let marks: Vec<EndedMark> = clerk.all(kind::ENDED);
    house.restore(&backup).await;
    clerk.begin_anew();
    clerk.hand_marks_back(&house, marks, Some("k1")).await;
    assert_eq!(house.count("SELECT gone IS NOT NULL FROM person WHERE id = 4"), 1);
    assert_eq!(house.count("SELECT parent IS NULL FROM grp WHERE id = 12"), 1);
    assert!(matches!(house.show_slip(&mut suzuki).await, Err(Denied::Revoked)));
    house.holds().await;
}

#[tokio::test]
async fn who_came_and_left_since_the_backup_is_gone_when_only_the_coming_is_handed_back() {
    let mut house = House::new();
    let (mut clerk, mut chair) = (house.phone(CLERK).await, house.phone(SATO).await);
    let backup = house.backup();
    let add = house.op(SATO, family(None));
    let told = chair.send(&house, &add).await;
    for person in [KATO, YUMI] {
        steward(&house, depart(person)).await;
    }
    clerk.catch_up(&house).await;
    let marks: Vec<EndedMark> = clerk.all(kind::ENDED);
    house.restore(&backup).await;
    clerk.begin_anew();
    clerk.hand_marks_back(&house, marks, Some("k1")).await;
    chair.begin_anew();
    applied(&chair.hand_back(&house, vec![replay(&add, &told)]).await[0]);
    assert_eq!(house.count("SELECT count(*) FROM person WHERE id IN (21, 22) AND gone IS NOT NULL"), 2);
    assert_eq!(house.count("SELECT parent IS NULL FROM grp WHERE id = 21"), 1);
    house.holds().await;
}

#[tokio::test]
async fn who_joined_as_the_second_since_the_backup_is_let_in_as_the_one_they_are() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let secret = {
        steward(&house, Command::AddPerson { household: PAPER_HOME, newcomer: newcomer(JIRO, "鈴木 二郎") }).await;
        house.invite(Invitee::Household(PAPER_HOME)).await
    };
    let backup = house.backup();
    let mut second = house.enrol(&secret, &fresh_key(), &[JIRO]).await.unwrap();
    let same = house.op(SATO, SAME);
    let told = chair.send(&house, &same).await;
    house.restore(&backup).await;
    chair.begin_anew();
    chair.hand_back(&house, vec![replay(&same, &told)]).await;
    house.show_slip(&mut second).await.unwrap();
    second.begin_anew();
    second.catch_up(&house).await;
    assert_eq!(second.rights.as_ref().unwrap().persons, [SUZUKI]);
    house.holds().await;
}

#[tokio::test]
async fn what_somebody_known_twice_asked_for_is_theirs_and_the_team_sees_it_once() {
    let house = House::new();
    let mut jiro = known_twice(&house).await;
    let ask = house.check_in(JIRO, Mood::Talk);
    applied(&jiro.send(&house, &ask).await);
    steward(&house, SAME).await;
    jiro.prove(&house).await;
    let news = |phone: &Phone| phone.body::<CaseNews>(FeedName::Mail(SUZUKI), kind::CASE, &ask.id.to_string());
    looked(&house, &mut jiro).await;
    assert!(news(&jiro).is_some(), "it is in the first one's mail");
    let mut kimura = house.phone(KIMURA).await;
    looked(&house, &mut kimura).await;
    let talks: Vec<Talk> = kimura.all(kind::TALK);
    assert_eq!(talks.iter().map(|talk| talk.person).collect::<Vec<_>>(), [SUZUKI]);
    applied(&kimura.send(&house, &house.op(KIMURA, Command::TakeCase { case: ask.id })).await);
    looked(&house, &mut jiro).await;
    assert_eq!(news(&jiro).unwrap().state, NewsState::Taken);
    house.holds().await;
}
