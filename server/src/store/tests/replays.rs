//! Ops handed back after a restore: once however often, in any order, only with this server's MAC.

use super::house::*;
use crate::{clock::Clock, store::Denied};
use kairan_protocol::{
    check_in::Mood,
    feed::{Audience, FeedName},
    id::{Commit, GroupId, NoticeId, OpId, PersonId, Rev, RoleId},
    notice::{Change, NoticeBody, NoticeKind, NoticePatch, Points},
    op::{Command, Invitee, Op},
    outcome::{OpResult, Outcome},
    people::{Newcomer, RoleKind},
    receipt::Stage,
    refusal::Refusal,
    replay::Replay,
    row::kind,
    validate,
    wire::SyncRequest,
};

#[tokio::test]
async fn an_op_handed_back_three_times_is_folded_in_once() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let backup = house.backup();
    let (consent, tap) = (house.consent(SUZUKI, true), house.check_in(SUZUKI, Mood::Good));
    let told = [phone.send(&house, &consent).await, phone.send(&house, &tap).await];
    house.clock.advance(60 * MINUTE);
    house.restore(&backup).await;

    let replays = || vec![replay(&consent, &told[0]), replay(&tap, &told[1])];
    let first = phone.hand_back(&house, replays()).await;
    assert_eq!(first.iter().map(applied).collect::<Vec<_>>(), told.iter().map(applied).collect::<Vec<_>>());
    assert_eq!(first.iter().map(|result| &result.mac).collect::<Vec<_>>(), [&told[0].mac, &told[1].mac]);
    for _ in 0..2 {
        assert_eq!(phone.hand_back(&house, replays()).await, first);
    }
    let as_ops = phone.sync(&house, &[consent.clone(), tap.clone()]).await.results;
    assert_eq!(as_ops, first, "asked as an op it is known too");
    assert_eq!(house.count("SELECT count(*) FROM check_in"), 1);
    assert_eq!(house.count("SELECT count(*) FROM consent_history"), 1);
    house.holds().await;
}

#[tokio::test]
async fn the_answer_says_where_it_appears_now() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let backup = house.backup();
    let consent = house.consent(SUZUKI, true);
    let told = phone.send(&house, &consent).await;
    house.restore(&backup).await;
    phone.begin_anew();
    let again = phone.hand_back(&house, vec![replay(&consent, &told)]).await;
    phone.catch_up(&house).await;
    let Outcome::Applied { at, .. } = &again[0].outcome else { panic!("{again:?}") };
    let mail = phone.feed(FeedName::Mail(SUZUKI)).unwrap();
    assert_eq!(at.get(&mail), Some(&phone.version(FeedName::Mail(SUZUKI))));
}

/// What was done in a district after the backup, with what its authors were told.
struct Lost(Vec<(Op, OpResult)>);

impl Lost {
    async fn does(&mut self, house: &House, phone: &mut Phone, command: Command) -> OpId {
        house.clock.advance(MINUTE);
        let op = house.op(phone.person, command);
        let result = phone.send(house, &op).await;
        applied(&result);
        let id = op.id;
        self.0.push((op, result));
        id
    }

    fn in_order(&self, order: &[usize]) -> Vec<Replay> {
        order.iter().map(|place| replay(&self.0[*place].0, &self.0[*place].1)).collect()
    }
}

fn correct(notice: NoticeId, seen: u32, patch: NoticePatch) -> Command {
    Command::Correct { notice, seen: Rev(seen), patch }
}

/// A little of everything.
async fn a_day(house: &House, phones: &mut [Phone; 4]) -> Lost {
    let [chair, suzuki, yamada, clerk] = phones;
    let mut lost = Lost(Vec::new());
    let post = house.circular(SATO, "清掃").command;
    let notice = NoticeId::from(lost.does(house, chair, post).await);
    let read = |stage| Command::Receipt { notice, rev: Rev(1), stage };
    lost.does(house, suzuki, read(Stage::Displayed)).await;
    let move_there = Command::MoveHousehold { household: SUZUKI_HOME, to: SECOND_BLOCK };
    lost.does(house, chair, move_there).await;
    let place = NoticePatch { place: Change::Set("北公園".into()), ..NoticePatch::default() };
    lost.does(house, chair, correct(notice, 1, place)).await;
    let title = NoticePatch { title: Some("清掃は北公園です".into()), ..NoticePatch::default() };
    lost.does(house, chair, correct(notice, 2, title)).await;
    let post = house.circular(SATO, "ふたつめ").command;
    let second = NoticeId::from(lost.does(house, chair, post).await);
    let move_back = Command::MoveHousehold { household: SUZUKI_HOME, to: FIRST_BLOCK };
    lost.does(house, chair, move_back).await;
    lost.does(house, suzuki, read(Stage::Acknowledged)).await;
    lost.does(house, yamada, Command::Receipt { notice: second, rev: Rev(1), stage: Stage::Delivered }).await;
    lost.does(house, suzuki, Command::Consent { moods_to_team: true }).await;
    let day = kairan_protocol::time::ZoneOffsets::fixed(32_400).day_of(house.clock.now());
    lost.does(house, suzuki, Command::CheckIn { mood: Mood::Fair, day }).await;
    let talk = lost.does(house, yamada, Command::CheckIn { mood: Mood::Talk, day }).await;
    lost.does(house, yamada, Command::TakeBack { op: talk }).await;
    lost.does(house, suzuki, Command::Consent { moods_to_team: false }).await;
    let role = RoleId::from_number(70);
    let grant =
        Command::GrantRole { role, person: YAMADA, group: SECOND_BLOCK, kind: RoleKind::BlockLeader, until: None };
    lost.does(house, chair, grant).await;
    lost.does(house, clerk, Command::EndRole { role }).await;
    lost.does(house, chair, Command::Withdraw { notice: second, seen: Rev(1), reason: "中止".into() }).await;
    lost
}

/// All that must come out the same whatever came first.
fn dump(house: &House) -> Vec<String> {
    let connection = house.sqlite();
    let queries = [
        "SELECT hex(id), phase, hour, published, state FROM notice ORDER BY id",
        "SELECT hex(notice), person, rev, stage, at, NULL FROM receipt ORDER BY notice, person",
        "SELECT person, hex(op), mood, at, committed || ' ' || taken FROM check_in ORDER BY person, op",
        "SELECT id, moods_to_team, consent_at, consent_commit, NULL FROM person ORDER BY id",
        "SELECT id, person, grp, kind, since || ' ' || until || ' ' || over FROM role ORDER BY id",
        "SELECT household, from_commit, until_commit, block, since || ' ' || coalesce(until, '') FROM location \
         ORDER BY household, from_commit",
        "SELECT id, parent, NULL, NULL, NULL FROM grp ORDER BY id",
        "SELECT hex(id), committed, person, NULL, NULL FROM op WHERE device <> 1 ORDER BY id",
        "SELECT hex(notice), committed, op, NULL, NULL FROM notice_op ORDER BY committed",
        "SELECT name, kind, id, rev, body FROM row JOIN feed ON number = feed WHERE kind IN ('notice', 'receipt', \
         'check_in', 'consent', 'talk', 'profile') AND body IS NOT NULL ORDER BY name, kind, id",
        "SELECT name, kind, id, json_remove(body, '$.through'), NULL FROM row JOIN feed ON number = feed \
         WHERE kind IN ('tally', 'status', 'roster') AND body IS NOT NULL ORDER BY name, kind, id",
    ];
    let mut lines = Vec::new();
    for query in queries {
        let mut statement = connection.prepare(query).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let columns = (0..5).map(|column| format!("{:?}", row.get::<_, rusqlite::types::Value>(column).unwrap()));
            lines.push(columns.collect::<Vec<_>>().join(" "));
        }
    }
    lines
}

/// Everything that is out of date is written, however busy this machine is.
async fn settle(house: &House) {
    house.tick().await;
    while house.count("SELECT count(*) FROM mark") > 0 {
        house.clock.advance(MINUTE);
        house.tick().await;
    }
}

/// A shuffle that a seed repeats (splitmix64).
fn shuffled(mut seed: u64, length: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    for place in (1..length).rev() {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        order.swap(place, usize::try_from((mixed ^ (mixed >> 31)) % (place as u64 + 1)).unwrap());
    }
    order
}

#[tokio::test]
async fn whatever_comes_back_first_the_same_neighbourhood_comes_back() {
    let mut house = House::new();
    let mut phones =
        [house.phone(SATO).await, house.phone(SUZUKI).await, house.phone(YAMADA).await, house.phone(CLERK).await];
    let backup = house.backup();
    let lost = a_day(&house, &mut phones).await;
    settle(&house).await;
    let before = dump(&house);
    let length = lost.0.len();
    let forwards: Vec<usize> = (0..length).collect();
    let backwards: Vec<usize> = (0..length).rev().collect();
    let seeds = (1..=20).map(|seed| (format!("seed {seed}"), shuffled(seed, length)));
    for (named, order) in
        [("forwards".to_owned(), forwards), ("backwards".to_owned(), backwards)].into_iter().chain(seeds)
    {
        house.clock.advance(60 * MINUTE);
        house.restore(&backup).await;
        // One request each, asked again while it is answered `later`.
        let mut waiting = order.clone();
        for _ in 0..length {
            let mut left = Vec::new();
            for place in waiting {
                let result = phones[3].hand_back(&house, lost.in_order(&[place])).await.remove(0);
                match result.outcome {
                    Outcome::Later => left.push(place),
                    Outcome::Applied { commit, .. } => assert_eq!(commit.0, applied(&lost.0[place].1), "{named}"),
                    other => panic!("{named}: {other:?}"),
                }
            }
            waiting = left;
        }
        assert!(waiting.is_empty(), "{named}: {waiting:?} wait for ever");
        settle(&house).await;
        let after = dump(&house);
        for (one, other) in before.iter().zip(&after) {
            assert_eq!(one, other, "{named}");
        }
        assert_eq!(before.len(), after.len(), "{named}");
        house.holds().await;
    }
}

#[tokio::test]
async fn homes_counted_before_a_move_came_back_are_counted_again() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    let mut lost = Lost(Vec::new());
    let move_there = Command::MoveHousehold { household: SUZUKI_HOME, to: SECOND_BLOCK };
    lost.does(&house, &mut chair, move_there).await;
    let post = house.circular(SATO, "清掃").command;
    lost.does(&house, &mut chair, post).await;
    settle(&house).await;
    let before = dump(&house);
    house.restore(&backup).await;
    for place in [1, 0] {
        applied(&chair.hand_back(&house, lost.in_order(&[place])).await[0]);
        settle(&house).await;
        house.holds().await;
    }
    assert_eq!(dump(&house), before);
}

#[tokio::test]
async fn all_at_once_in_the_order_of_commits_nothing_has_to_wait() {
    let mut house = House::new();
    let mut phones =
        [house.phone(SATO).await, house.phone(SUZUKI).await, house.phone(YAMADA).await, house.phone(CLERK).await];
    let backup = house.backup();
    let lost = a_day(&house, &mut phones).await;
    house.restore(&backup).await;
    let all: Vec<usize> = (0..lost.0.len()).collect();
    let results = phones[3].hand_back(&house, lost.in_order(&all)).await;
    assert_eq!(results.iter().map(|result| result.id).collect::<Vec<_>>(), {
        lost.0.iter().map(|(op, _)| op.id).collect::<Vec<_>>()
    });
    assert!(results.iter().all(|result| matches!(result.outcome, Outcome::Applied { .. })), "{results:?}");
    assert_eq!(house.count("SELECT count(*) FROM audit WHERE what = 'handed_back'"), 1, "one number for all of it");
    house.holds().await;
}

#[tokio::test]
async fn a_lost_correction_goes_beneath_one_made_since_the_restore() {
    let mut house = House::new();
    let (mut chair, mut phone) = (house.phone(SATO).await, house.phone(SUZUKI).await);
    let post = house.circular(SATO, "清掃");
    applied(&chair.send(&house, &post).await);
    let notice = NoticeId::from(post.id);
    let backup = house.backup();
    let mut lost = Lost(Vec::new());
    let retitle = |title: &str| NoticePatch { title: Some(title.to_owned()), ..NoticePatch::default() };
    let old = NoticePatch { place: Change::Set("北公園".into()), ..retitle("むかしの題") };
    lost.does(&house, &mut chair, correct(notice, 1, old)).await;
    house.restore(&backup).await;
    applied(&chair.send(&house, &house.op(SATO, correct(notice, 1, retitle("あたらしい題")))).await);
    phone.begin_anew();
    phone.catch_up(&house).await;
    applied(&chair.hand_back(&house, lost.in_order(&[0])).await[0]);
    phone.catch_up(&house).await;
    let board = FeedName::Board(ASSOCIATION);
    let body: NoticeBody = phone.body(board, kind::NOTICE, &notice.to_string()).unwrap();
    assert_eq!(body.title, "あたらしい題");
    assert_eq!(body.points.place.as_deref(), Some("北公園"));
    let rev = phone.row(board, kind::NOTICE, &notice.to_string()).unwrap().rev;
    assert!(rev > Rev(2), "both were given rev 2 once: {rev:?}");
    house.holds().await;
}

#[tokio::test]
async fn nobody_can_hand_back_what_was_never_taken() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let backup = house.backup();
    let consent = house.consent(SUZUKI, true);
    let told = phone.send(&house, &consent).await;
    house.restore(&backup).await;
    let good = replay(&consent, &told);
    let forged = house.circular(SUZUKI, "うそ");
    let forgeries = [
        Replay { op: text(&forged), ..good.clone() },
        Replay { commit: Commit(good.commit.0 + 1), ..good.clone() },
        Replay { mac: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(), ..good.clone() },
    ];
    for result in phone.hand_back(&house, forgeries.into()).await {
        assert_eq!(result.outcome, Outcome::Refused { code: Refusal::BadMac, commit: Commit(0) });
        assert_eq!(result.mac, None);
    }
    assert_eq!(house.count("SELECT count(*) FROM op WHERE person = 4"), 0);
    assert_eq!(house.count("SELECT count(*) FROM notice"), 0);
    applied(&phone.hand_back(&house, vec![good]).await[0]);
    house.holds().await;
}

#[tokio::test]
async fn what_was_refused_before_is_not_taken_by_being_handed_back() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let backup = house.backup();
    let tap = house.check_in(SUZUKI, Mood::Good);
    let told = phone.send(&house, &tap).await;
    let Outcome::Refused { code: Refusal::ConsentNeeded, commit } = told.outcome else { panic!("{told:?}") };
    house.restore(&backup).await;
    let again = Replay { op: text(&tap), commit, mac: told.mac.unwrap() };
    let result = phone.hand_back(&house, vec![again]).await.remove(0);
    assert!(matches!(result.outcome, Outcome::Refused { code: Refusal::BadMac, .. }));
}

#[tokio::test]
async fn a_receipt_waits_for_its_circular_and_a_new_one_waits_too() {
    let mut house = House::new();
    let (mut chair, mut phone) = (house.phone(SATO).await, house.phone(SUZUKI).await);
    let backup = house.backup();
    let post = house.circular(SATO, "清掃");
    let posted = chair.send(&house, &post).await;
    let notice = NoticeId::from(post.id);
    let delivered = house.receipt(SUZUKI, notice, Stage::Delivered);
    let told = phone.send(&house, &delivered).await;
    house.restore(&backup).await;

    let seen = house.receipt(SUZUKI, notice, Stage::Acknowledged);
    let numbers = house.count("SELECT value FROM meta WHERE name = 'last_commit'");
    let request =
        SyncRequest { replays: vec![replay(&delivered, &told)], ..phone.request(std::slice::from_ref(&seen)) };
    let answer = house.store.sync(&phone.token, request).await.unwrap();
    assert_eq!((&answer.replayed[0].outcome, &answer.results[0].outcome), (&Outcome::Later, &Outcome::Later));
    assert_eq!(answer.results[0].mac, None);
    assert_eq!(house.count("SELECT count(*) FROM op WHERE person = 4"), 0, "nothing is on record");
    assert_eq!(house.count("SELECT value FROM meta WHERE name = 'last_commit'"), numbers, "and no number used up");

    applied(&chair.hand_back(&house, vec![replay(&post, &posted)]).await[0]);
    applied(&phone.hand_back(&house, vec![replay(&delivered, &told)]).await[0]);
    applied(&phone.send(&house, &seen).await);
    assert_eq!(house.count("SELECT stage FROM receipt WHERE person = 4"), 3);
    house.holds().await;
}

#[tokio::test]
async fn what_does_not_exist_is_refused_where_nothing_was_restored_and_again_after_thirty_five_days() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let nothing = |house: &House| {
        let unknown = NoticeId::from(OpId::at(house.clock.now()).unwrap());
        house.receipt(SUZUKI, unknown, Stage::Delivered)
    };
    let refused = |result: &OpResult| matches!(result.outcome, Outcome::Refused { code: Refusal::UnknownNotice, .. });
    assert!(refused(&phone.send(&house, &nothing(&house)).await), "this district was never restored");
    let backup = house.backup();
    house.restore(&backup).await;
    house.clock.advance(34 * DAY);
    assert_eq!(phone.send(&house, &nothing(&house)).await.outcome, Outcome::Later);
    house.restart().await;
    assert_eq!(phone.send(&house, &nothing(&house)).await.outcome, Outcome::Later, "it is remembered");
    house.clock.advance(DAY);
    assert!(refused(&phone.send(&house, &nothing(&house)).await));
    house.holds().await;
}

#[tokio::test]
async fn a_refusal_that_means_what_it_says_is_one_after_a_restore_too() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let backup = house.backup();
    house.restore(&backup).await;
    let tomorrow = kairan_protocol::time::ZoneOffsets::fixed(32_400).day_of(house.clock.now().plus_millis(3 * DAY));
    let ahead = house.op(SUZUKI, Command::CheckIn { mood: Mood::Talk, day: tomorrow });
    let result = phone.send(&house, &ahead).await;
    assert!(matches!(result.outcome, Outcome::Refused { code: Refusal::DayAhead, .. }), "{result:?}");
}

#[tokio::test]
async fn a_circular_from_the_command_line_is_brought_back_by_a_residents_phone() {
    let mut house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    phone.catch_up(&house).await;
    let backup = house.backup();
    let post = Command::Post {
        notice: NoticeKind::Circular,
        from: ASSOCIATION,
        audience: vec![Audience::Board(ASSOCIATION)],
        title: "停電のお知らせ".to_owned(),
        points: Points::default(),
        text: "本文".to_owned(),
        publish_at: None,
        until: None,
    };
    let posted = house.store.console(post).await.unwrap();
    phone.catch_up(&house).await;
    let kept: Vec<Replay> = phone.all(kind::KEPT);
    assert_eq!(kept.len(), 1, "it stands on the board it is for");
    house.restore(&backup).await;
    phone.begin_anew();
    let again = phone.hand_back(&house, kept.clone()).await;
    assert_eq!(again[0].mac, posted.mac);
    assert!(matches!(&again[0].outcome, Outcome::Applied { at, .. } if at.is_empty()), "it is not the phone's own");
    phone.catch_up(&house).await;
    let bodies: Vec<NoticeBody> = phone.all(kind::NOTICE);
    assert_eq!(bodies.iter().map(|body| body.title.as_str()).collect::<Vec<_>>(), ["停電のお知らせ"]);
    let still: Vec<Replay> = phone.all(kind::KEPT);
    assert_eq!(still[0].mac, kept[0].mac, "and stands there for the next time");
    house.holds().await;
}

#[tokio::test]
async fn what_the_command_line_did_stands_with_officers_for_thirty_five_days_and_invitations_never() {
    let house = House::new();
    let (mut chair, mut resident) = (house.phone(SATO).await, house.phone(SUZUKI).await);
    let role = RoleId::from_number(70);
    let grant =
        Command::GrantRole { role, person: SUZUKI, group: FIRST_BLOCK, kind: RoleKind::BlockLeader, until: None };
    house.store.console(grant).await.unwrap();
    house.store.console(Command::EndRole { role }).await.unwrap();
    chair.catch_up(&house).await;
    resident.catch_up(&house).await;
    let kept: Vec<Replay> = chair.all(kind::KEPT);
    let said: Vec<String> =
        kept.iter().map(|kept| Op::parse(kept.op.get()).unwrap().command.word().to_owned()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(!said.contains(&"invite".to_owned()));
    assert_eq!(resident.all::<Replay>(kind::KEPT).len(), 0, "not on anybody's board");

    house.clock.advance(34 * DAY);
    let next = house.store.tick().await.unwrap();
    assert_eq!(house.count("SELECT count(*) FROM kept"), 2);
    assert!(next.at <= house.clock.now().plus_millis(DAY));
    house.clock.advance(DAY);
    house.tick().await;
    chair.catch_up(&house).await;
    assert_eq!(house.count("SELECT count(*) FROM kept"), 0);
    assert_eq!(chair.all::<Replay>(kind::KEPT).len(), 0);
    house.holds().await;
}

#[tokio::test]
async fn the_command_lines_journal_is_handed_back_the_same_way() {
    let mut house = House::new();
    let backup = house.backup();
    let command = Command::MoveHousehold { household: SUZUKI_HOME, to: SECOND_BLOCK };
    let done = house.store.console(command).await.unwrap();
    let text: String =
        house.sqlite().query_row("SELECT body FROM row WHERE kind = 'kept'", [], |row| row.get(0)).unwrap();
    let journal: Replay = serde_json::from_str(&text).unwrap();
    house.restore(&backup).await;
    for _ in 0..2 {
        let results = house.store.hand_back(vec![journal.clone()]).await.unwrap();
        assert_eq!((results[0].id, &results[0].mac), (done.id, &done.mac));
    }
    assert_eq!(house.count("SELECT parent FROM grp WHERE id = 12"), SECOND_BLOCK.number());
    house.holds().await;
}

#[tokio::test]
async fn a_role_that_comes_back_gives_its_desk_with_newer_rights() {
    let mut house = House::new();
    let (mut chair, mut phone) = (house.phone(SATO).await, house.phone(SUZUKI).await);
    let backup = house.backup();
    let role = RoleId::from_number(70);
    let grant = house.op(
        SATO,
        Command::GrantRole { role, person: SUZUKI, group: FIRST_BLOCK, kind: RoleKind::BlockLeader, until: None },
    );
    let told = chair.send(&house, &grant).await;
    house.restore(&backup).await;
    house.store.open_desks().await.unwrap();
    phone.begin_anew();
    phone.catch_up(&house).await;
    assert!(phone.feed(FeedName::Desk(FIRST_BLOCK)).is_none());
    let before = phone.rights.clone().unwrap().version;
    applied(&chair.hand_back(&house, vec![replay(&grant, &told)]).await[0]);
    phone.catch_up(&house).await;
    assert!(phone.rights.clone().unwrap().version > before);
    assert!(phone.feed(FeedName::Desk(FIRST_BLOCK)).is_some());
}

#[tokio::test]
async fn an_invitation_handed_back_opens_nothing() {
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    let secret = kairan_protocol::invite::Secret::random().unwrap();
    let invite = kairan_protocol::id::InviteId::from_number(9);
    let to = Invitee::Household(YAMADA_HOME);
    let print = house.op(SATO, Command::Invite { invite, to, secret: secret.hash(), passed_on: false });
    let told = chair.send(&house, &print).await;
    house.restore(&backup).await;
    applied(&chair.hand_back(&house, vec![replay(&print, &told)]).await[0]);
    assert!(matches!(house.enrol(&secret, &fresh_key(), &[YAMADA]).await, Err(Denied::InviteVoid)));
}

#[tokio::test]
async fn an_invitation_handed_back_waits_for_the_home_or_the_person_it_is_for() {
    const HOME: GroupId = GroupId::from_number(90);
    const PERSON: PersonId = PersonId::from_number(90);
    let mut house = House::new();
    let mut chair = house.phone(SATO).await;
    let backup = house.backup();
    let family = house.op(
        SATO,
        Command::AddHousehold {
            household: HOME,
            block: FIRST_BLOCK,
            name: "加藤".to_owned(),
            reading: None,
            paper: false,
            place: None,
            people: vec![Newcomer { person: PERSON, name: "加藤 進".to_owned(), reading: None }],
        },
    );
    let came = chair.send(&house, &family).await;
    let mut lost = Vec::new();
    for (number, to) in [(8, Invitee::Household(HOME)), (9, Invitee::Person(PERSON))] {
        let invite = kairan_protocol::id::InviteId::from_number(number);
        let secret = kairan_protocol::invite::Secret::random().unwrap().hash();
        let print = house.op(SATO, Command::Invite { invite, to, secret, passed_on: false });
        let told = chair.send(&house, &print).await;
        applied(&told);
        lost.push(replay(&print, &told));
    }
    house.restore(&backup).await;
    let early = chair.hand_back(&house, lost.clone()).await;
    assert!(early.iter().all(|result| result.outcome == Outcome::Later), "{early:?}");
    applied(&chair.hand_back(&house, vec![replay(&family, &came)]).await[0]);
    for result in chair.hand_back(&house, lost).await {
        applied(&result);
    }
    house.holds().await;
}

#[tokio::test]
async fn more_than_is_taken_at_once_is_turned_away_whole() {
    let house = House::new();
    let mut phone = house.phone(SUZUKI).await;
    let consent = house.consent(SUZUKI, true);
    let told = phone.send(&house, &consent).await;
    let replays = vec![replay(&consent, &told); validate::REPLAYS_PER_SYNC + 1];
    let request = SyncRequest { replays, ..phone.request(&[]) };
    assert!(matches!(house.store.sync(&phone.token, request).await, Err(Denied::TooLarge(_))));
    let nothing = serde_json::value::RawValue::from_string("{}".to_owned()).unwrap();
    let request =
        SyncRequest { replays: vec![Replay { op: nothing, ..replay(&consent, &told) }], ..phone.request(&[]) };
    assert!(matches!(house.store.sync(&phone.token, request).await, Err(Denied::BadRequest(_))));
}
