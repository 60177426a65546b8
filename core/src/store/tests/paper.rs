//! A leader carries paper: what is entered shows at once as waiting, and stays shown whatever arrives first.

use super::*;
use crate::{
    error::Error,
    records::{Carried, Reach},
};
use kairan_protocol::{
    feed::Audience,
    paper::{PaperReceipt, PaperStage},
    tally::{Counts, HomeStage, Tally},
};

/// The chair's phone, with a circular that asks two homes: one by app, one on paper.
fn with_a_paper_home() -> Phone {
    let phone = Phone::of_the_chair();
    let body = circular("防災訓練");
    let home = |id, name: &str, paper| Home {
        id,
        name: name.to_owned(),
        paper,
        joined: !paper,
        rev: Rev::FIRST,
        reading: None,
        people: Vec::new(),
    };
    let homes = vec![home(HOUSE, "佐藤", false), home(NEIGHBOUR, "鈴木", true)];
    phone.take(Answer::new().rows(BOARD, 2, vec![notice_row(1, 2, &body)]).rows(
        DESK,
        6,
        vec![
            row(kind::ROSTER, BLOCK, 4, &Roster { name: "1班".to_owned(), homes, through: Commit(2) }),
            sent_row(1, 5, &body),
            row(kind::TALLY, format!("{}:{BLOCK}", notice_id(1)), 6, &tally(HomeStage::Paper)),
        ],
    ));
    phone
}

fn tally(neighbour: HomeStage) -> Tally {
    let homes = [(HOUSE, HomeStage::Acknowledged), (NEIGHBOUR, neighbour)];
    Tally {
        notice: notice_id(1),
        asks: Rev(1),
        group: BLOCK,
        counts: homes.iter().map(|(_, stage)| *stage).fold(Counts::default(), Counts::with),
        homes: homes.into(),
        through: Commit(5),
    }
}

fn entry(stage: PaperStage) -> Command {
    Command::PaperReceipt { notice: notice_id(1), rev: Rev(1), household: NEIGHBOUR, stage }
}

/// How the neighbour stands on the desk, and whether that waits to be sent.
fn neighbour(phone: &Phone) -> (crate::records::HomeStage, bool) {
    let followed = phone.store.desk_notice(MIDORI, notice_id(1)).unwrap();
    let home = followed.blocks[0].homes.iter().find(|home| home.name == "鈴木").unwrap();
    (home.stage, home.waiting)
}

#[test]
fn a_copy_handed_over_on_the_way_shows_at_once_and_says_that_it_waits() {
    use crate::records::HomeStage::{Paper, PaperHanded, Proxy};
    let phone = with_a_paper_home();
    assert_eq!(neighbour(&phone), (Paper, false));
    phone.say(&op(SATO, NOW, entry(PaperStage::Handed)));
    assert_eq!(neighbour(&phone), (PaperHanded, true));
    let counts = phone.store.desk_notice(MIDORI, notice_id(1)).unwrap().counts;
    assert_eq!((counts.households, counts.acknowledged, counts.handed, counts.paper), (2, 1, 1, 0));
    let said = phone.going_out();
    phone.say(&op(SATO, NOW.plus_millis(1), entry(PaperStage::Handed)));
    assert_eq!(phone.going_out(), said, "pressed twice, it is said once");
    phone.say(&op(SATO, NOW.plus_millis(2), entry(PaperStage::Proxy)));
    assert_eq!(neighbour(&phone), (Proxy, true));
    assert_eq!(neighbour(&phone.reopened()), (Proxy, true), "it is on the disk");
}

#[test]
fn once_it_is_at_the_server_it_stays_shown_though_the_desk_was_not_counted_yet() {
    use crate::records::HomeStage::{PaperHanded, Proxy};
    let phone = with_a_paper_home();
    let said = op(SATO, NOW, entry(PaperStage::Handed));
    phone.say(&said);
    let mine = PaperReceipt { rev: Rev(1), stage: PaperStage::Handed, at: NOW, by: SATO };
    let id = format!("{}:{NEIGHBOUR}", notice_id(1));
    phone.take(Answer::new().applied(said.id, 7, &[(MAIL, 2)]).rows(
        MAIL,
        2,
        vec![row(kind::PAPER_RECEIPT, id, 2, &mine)],
    ));
    assert_eq!(neighbour(&phone), (PaperHanded, false));
    let further = row(kind::TALLY, format!("{}:{BLOCK}", notice_id(1)), 7, &tally(HomeStage::Proxy));
    phone.take(Answer::new().rows(DESK, 7, vec![further]));
    assert_eq!(neighbour(&phone), (Proxy, false), "somebody else came further");
}

#[test]
fn the_list_says_what_is_left_to_carry() {
    let phone = with_a_paper_home();
    let lists = phone.store.deliveries(MIDORI, None, NOW).unwrap();
    assert_eq!((lists[0].name.as_str(), lists[0].copies.to_do), ("1班", 1));
    assert_eq!((lists[0].notices[0].title.as_str(), lists[0].notices[0].rev), ("防災訓練", 1));
    assert_eq!(lists[0].homes.iter().map(|home| home.name.as_str()).collect::<Vec<_>>(), ["鈴木"]);
    phone.say(&op(SATO, NOW, entry(PaperStage::Handed)));
    assert_eq!(phone.store.deliveries(MIDORI, None, NOW).unwrap(), [], "nothing is left");
    let own = phone.store.deliveries(MIDORI, Some(notice_id(1)), NOW).unwrap();
    let copy = &own[0].homes[0].copies[0];
    assert_eq!((copy.state, copy.waiting), (Carried::Handed, true));
}

#[test]
fn nothing_is_carried_to_a_home_that_was_closed() {
    let phone = with_a_paper_home();
    let closed = GroupId::from_number(77);
    let mut counted = tally(HomeStage::PaperHanded);
    counted.homes.insert(closed, HomeStage::Paper);
    phone.take(Answer::new().rows(DESK, 7, vec![row(kind::TALLY, format!("{}:{BLOCK}", notice_id(1)), 7, &counted)]));
    assert_eq!(phone.store.deliveries(MIDORI, None, NOW).unwrap(), [], "no roster names it any more");
}

#[test]
fn before_sending_it_is_said_how_many_homes_are_reached_how_and_each_once() {
    let phone = with_a_paper_home();
    let reach = |boards: &[GroupId]| {
        let audience: Vec<_> = boards.iter().map(|board| Audience::Board(*board)).collect();
        phone.store.homes_reached(SATO, &audience)
    };
    let two = Reach { households: 2, app: 1, paper: 0 };
    assert_eq!(reach(&[BLOCK]), Ok(two));
    assert_eq!(reach(&[BLOCK, MIDORI, BLOCK]), Ok(two), "the block is below the association");
    assert_eq!(phone.store.homes_reached(SATO, &[Audience::Staff(MIDORI)]), Ok(Reach::default()));
    assert_eq!(reach(&[GroupId::from_number(999)]), Err(Error::unknown("group")));
}

#[test]
fn a_home_marked_as_paper_reads_so_at_once() {
    let phone = with_a_paper_home();
    phone.say(&op(SATO, NOW, Command::SetPaper { household: HOUSE, paper: true }));
    let desk = phone.store.desk(MIDORI, NOW).unwrap();
    let home = desk.rosters[0].homes.iter().find(|home| home.name == "佐藤").unwrap();
    assert!(home.paper && home.waiting);
}
