//! What an officer's screen draws without a rule of its own: figures with their trend, the seal grid, who is to be reminded, whom to send to.

use super::{
    alerts::{TEAM_DESK, asked, of_a_commissioner},
    *,
};
use crate::{
    error::Error,
    records::{Figure, HomeLine, Reach, SentLine, TickState},
};
use kairan_protocol::{
    case::Talk,
    paper::PaperStage,
    tally::{Counts, HomeStage, Tally},
};

const PAPER: GroupId = GroupId::from_number(21);
const SEEN: GroupId = GroupId::from_number(22);
const OLD: GroupId = GroupId::from_number(23);
const CLOSED: GroupId = GroupId::from_number(24);

/// So many homes, of which some confirmed by app, one by proxy and one has its copy on paper.
fn counts(households: u32, acknowledged: u32) -> Counts {
    Counts {
        households,
        acknowledged,
        proxy: 1,
        handed: 1,
        not_yet: households - acknowledged - 2,
        ..Counts::default()
    }
}

/// A notice of the desk and what was counted, published so many days after the first.
fn sent(number: u8, kind: NoticeKind, counts: Counts) -> [Row; 2] {
    let mut body = circular(&format!("第{number}号"));
    body.kind = kind;
    body.at = NOW.plus_millis(i64::from(number) * DAY - 30 * DAY);
    let homes = [].into();
    let tally = Tally { notice: notice_id(number), asks: Rev(1), group: BLOCK, counts, homes, through: Commit(5) };
    let version = 10 + u64::from(number) * 2;
    [sent_row(number, version, &body), row(kind::TALLY, format!("{}:{BLOCK}", notice_id(number)), version + 1, &tally)]
}

fn figures(phone: &Phone) -> Vec<(String, Option<Figure>)> {
    let sent = phone.store.desk(MIDORI, NOW).unwrap().sent;
    sent.into_iter().map(|SentLine { title, figure, .. }| (title, figure)).collect()
}

#[test]
fn what_was_confirmed_by_app_is_the_figure_and_proxy_and_paper_are_never_in_it() {
    let phone = Phone::of_the_chair();
    let rows = [sent(1, NoticeKind::Circular, counts(120, 74)), sent(2, NoticeKind::Circular, counts(39, 22))];
    phone.take(Answer::new().rows(DESK, 99, rows.concat()));
    let newest = Figure { percent: 56, acknowledged: 22, households: 39, change: Some(-5), trend: vec![61, 56] };
    let first = Figure { percent: 61, acknowledged: 74, households: 120, change: None, trend: vec![61] };
    assert_eq!(figures(&phone), [("第2号".to_owned(), Some(newest.clone())), ("第1号".to_owned(), Some(first))]);
    let followed = phone.store.desk_notice(MIDORI, notice_id(2)).unwrap();
    assert_eq!(followed.line.figure, Some(newest), "followed up, it is the same");
}

#[test]
fn a_trend_is_the_last_eight_circulars_up_to_this_one() {
    let phone = Phone::of_the_chair();
    let rows: Vec<Row> =
        (1..=10).flat_map(|number| sent(number, NoticeKind::Circular, counts(100, number.into()))).collect();
    phone.take(Answer::new().rows(DESK, 99, rows));
    let trends: Vec<Vec<u32>> = figures(&phone).into_iter().map(|(_, figure)| figure.unwrap().trend).collect();
    assert_eq!(trends[0], [3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!((trends[1].last(), &trends[9]), (Some(&9), &vec![1]));
}

#[test]
fn what_asks_for_no_seal_was_taken_back_or_is_not_counted_has_no_figure() {
    let phone = Phone::of_the_chair();
    let [mut back, counted] = sent(3, NoticeKind::Circular, counts(100, 30));
    let mut withdrawn: NoticeState = serde_json::from_str(back.body.as_ref().unwrap().get()).unwrap();
    withdrawn.phase = Phase::Withdrawn;
    back = row(kind::SENT, notice_id(3), back.version.0, &Sent { notice: withdrawn });
    let rows = [
        sent(1, NoticeKind::Circular, counts(100, 40)),
        sent(2, NoticeKind::Notice, counts(100, 10)),
        [back, counted],
        sent(4, NoticeKind::Emergency, counts(100, 90)),
        sent(5, NoticeKind::Circular, counts(100, 50)),
        sent(6, NoticeKind::Circular, Counts::default()),
    ];
    phone.take(Answer::new().rows(DESK, 99, rows.concat()));
    let figures: Vec<_> = figures(&phone).into_iter().map(|(_, figure)| figure).collect();
    let none = [&figures[0], &figures[3], &figures[4]];
    assert!(none.iter().all(|figure| figure.is_none()), "{figures:?}");
    let (fifth, emergency) = (figures[1].as_ref().unwrap(), figures[2].as_ref().unwrap());
    assert_eq!((fifth.change, fifth.trend.as_slice()), (Some(10), [40, 50].as_slice()));
    assert_eq!((emergency.percent, emergency.change, emergency.trend.len()), (90, None, 0));
}

/// The chair's desk with a block of seven homes, one of them closed since, and one that came later.
fn with_a_grid() -> Phone {
    let phone = Phone::of_the_chair();
    let home = |id, name: &str| Home {
        id,
        name: name.to_owned(),
        paper: false,
        joined: true,
        rev: Rev::FIRST,
        reading: None,
        people: Vec::new(),
    };
    let homes = [(NEIGHBOUR, "鈴木"), (HOUSE, "佐藤"), (PAPER, "木村"), (SEEN, "小林"), (OLD, "加藤")];
    let homes = homes.map(|(id, name)| home(id, name)).to_vec();
    let stages = [
        (HOUSE, HomeStage::Acknowledged),
        (NEIGHBOUR, HomeStage::Displayed),
        (PAPER, HomeStage::Paper),
        (SEEN, HomeStage::NotYet),
        (OLD, HomeStage::Delivered),
        (CLOSED, HomeStage::NotYet),
    ];
    let tally = Tally {
        notice: notice_id(1),
        asks: Rev(1),
        group: BLOCK,
        counts: stages.iter().map(|(_, stage)| *stage).fold(Counts::default(), Counts::with),
        homes: stages.into(),
        through: Commit(5),
    };
    phone.take(Answer::new().rows(
        DESK,
        9,
        vec![
            row(kind::ROSTER, BLOCK, 7, &Roster { name: "1班".to_owned(), homes, through: Commit(2) }),
            sent_row(1, 8, &circular("秋の一斉清掃")),
            row(kind::TALLY, format!("{}:{BLOCK}", notice_id(1)), 9, &tally),
        ],
    ));
    phone
}

fn names(homes: &[HomeLine]) -> Vec<&str> {
    homes.iter().map(|home| home.name.as_str()).collect()
}

#[test]
fn the_grid_stands_in_the_order_of_the_roster_and_beside_it_who_is_to_be_reminded() {
    let phone = with_a_grid();
    let followed = phone.store.desk_notice(MIDORI, notice_id(1)).unwrap();
    let block = &followed.blocks[0];
    assert_eq!(names(&block.homes), ["鈴木", "佐藤", "木村", "小林", "加藤", ""], "closed since, it counts still");
    assert_eq!(names(&block.unread), ["小林", "加藤", "鈴木"], "not delivered first, then delivered, then opened");
    assert_eq!(names(&block.to_carry), ["木村"]);
    assert_eq!((followed.unread_total, followed.to_carry_total, followed.paper_total), (3, 1, 1));
}

#[test]
fn a_copy_that_was_handed_over_is_to_be_carried_no_more() {
    let phone = with_a_grid();
    let handed =
        Command::PaperReceipt { notice: notice_id(1), rev: Rev(1), household: PAPER, stage: PaperStage::Handed };
    phone.say(&op(SATO, NOW, handed));
    let followed = phone.store.desk_notice(MIDORI, notice_id(1)).unwrap();
    assert_eq!((followed.blocks[0].to_carry.len(), followed.to_carry_total, followed.paper_total), (0, 0, 1));
}

#[test]
fn where_names_are_not_to_be_seen_the_totals_are_those_of_the_figures() {
    let phone = Phone::of_the_chair();
    let counts = Counts {
        households: 9,
        acknowledged: 2,
        displayed: 1,
        delivered: 1,
        not_yet: 1,
        paper: 3,
        handed: 1,
        proxy: 0,
    };
    phone.take(Answer::new().rows(DESK, 99, sent(1, NoticeKind::Circular, counts).to_vec()));
    let followed = phone.store.desk_notice(MIDORI, notice_id(1)).unwrap();
    assert_eq!((followed.unread_total, followed.to_carry_total, followed.paper_total), (3, 3, 4));
    assert!(followed.blocks[0].homes.is_empty() && followed.blocks[0].unread.is_empty());
}

#[test]
fn an_officer_sends_to_everybody_unless_a_block_is_taken_out() {
    let phone = Phone::of_the_chair();
    let tree = |ticked: &[String], tap: Option<GroupId>| {
        let tap = tap.map(|tap| tap.to_string());
        phone.store.audience(SATO, MIDORI, ticked, tap.as_deref()).unwrap()
    };
    let all = tree(&[], None);
    assert_eq!(all.audience, [FeedName::Board(MIDORI).to_string()]);
    assert_eq!(all.reach, Reach { households: 2, app: 1, paper: 0 });
    let rows: Vec<_> = all.rows.iter().map(|row| (row.name.as_str(), row.depth, row.households, row.state)).collect();
    assert_eq!(rows, [("緑ヶ丘町内会", 0, 2, TickState::Whole), ("1班", 1, 2, TickState::Whole)]);
    let none = tree(&all.ticked, Some(BLOCK));
    assert_eq!((none.audience.len(), none.reach), (0, Reach::default()));
    assert_eq!(tree(&none.ticked, None), none, "shown again, nothing is ticked still");
    assert_eq!(phone.store.audience(HANAKO, MIDORI, &[], None), Err(Error::unknown("person")));
    assert_eq!(phone.store.audience(SATO, DISTRICT, &[], None), Err(Error::unknown("desk")));
}

#[test]
fn a_team_sees_how_many_wait_and_how_many_are_under_way() {
    let phone = of_a_commissioner();
    let count = || {
        let desk = phone.store.desk(TEAM, NOW).unwrap();
        (desk.waiting_talks, desk.taken_talks)
    };
    assert_eq!(count(), (2, 0));
    phone.say(&op(SATO, NOW, Command::TakeCase { case: OpId::from(notice_id(1)) }));
    assert_eq!(count(), (1, 1));
    let closed = Talk { state: kairan_protocol::case::CaseState::Closed, ..asked(2) };
    phone.take(Answer::new().rows(TEAM_DESK, 9, vec![row(kind::TALK, closed.op, 9, &closed)]));
    assert_eq!(count(), (0, 1));
}
