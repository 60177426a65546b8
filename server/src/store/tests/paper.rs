//! Paper homes: figures, rosters and lists follow what is entered, and a restored server is handed back what it lost of it.

use super::house::*;
use kairan_protocol::{
    body::{GroupCard, Homes, Roster},
    delivery::{Copies, Wanted},
    feed::FeedName,
    id::{GroupId, NoticeId, Rev},
    notice::{Change, NoticePatch},
    op::Command,
    outcome::Outcome,
    paper::{Carried, PaperReceipt, PaperStage},
    people::Departure,
    receipt::Stage,
    row::kind,
    tally::{Counts, HomeStage, Seals, Tally},
};

fn entry(notice: NoticeId, household: GroupId, stage: PaperStage) -> Command {
    Command::PaperReceipt { notice, rev: Rev::FIRST, household, stage }
}

async fn does(house: &House, phone: &mut Phone, command: Command) -> u64 {
    let op = house.op(phone.person, command);
    applied(&phone.send(house, &op).await)
}

async fn posted(house: &House, chair: &mut Phone) -> NoticeId {
    let op = house.circular(SATO, "清掃");
    applied(&chair.send(house, &op).await);
    op.id.into()
}

fn tally(phone: &Phone, desk: GroupId, notice: NoticeId, group: GroupId) -> Tally {
    phone.body(FeedName::Desk(desk), kind::TALLY, &format!("{notice}:{group}")).unwrap()
}

#[tokio::test]
async fn figures_by_app_and_on_paper_stand_beside_each_other_on_every_desk_and_on_the_board() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    does(&house, &mut chair, entry(notice, PAPER_HOME, PaperStage::Handed)).await;
    let last = does(&house, &mut chair, entry(notice, SUZUKI_HOME, PaperStage::Proxy)).await;
    applied(&chair.send(&house, &house.receipt(SATO, notice, Stage::Acknowledged)).await);
    house.tick().await;
    chair.catch_up(&house).await;
    let counts = Counts { households: 3, acknowledged: 1, handed: 1, proxy: 1, ..Counts::default() };
    let block = tally(&chair, ASSOCIATION, notice, FIRST_BLOCK);
    assert_eq!(block.counts, counts);
    assert_eq!(block.homes[&PAPER_HOME], HomeStage::PaperHanded);
    assert_eq!(block.homes[&SUZUKI_HOME], HomeStage::Proxy);
    assert!(block.through.0 >= last);
    let mut clerk = house.phone(CLERK).await;
    clerk.catch_up(&house).await;
    let whole = Counts { households: 4, not_yet: 1, ..counts };
    assert_eq!(tally(&clerk, DISTRICT, notice, ASSOCIATION).counts, whole);
    house.clock.advance(MINUTE);
    house.tick().await;
    chair.catch_up(&house).await;
    let seals: Seals = chair.body(FeedName::Board(FIRST_BLOCK), kind::SEALS, &notice.to_string()).unwrap();
    assert_eq!(seals.counts, counts);
    house.holds().await;
}

#[tokio::test]
async fn who_entered_something_has_it_in_their_own_mail() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    does(&house, &mut chair, entry(notice, PAPER_HOME, PaperStage::Handed)).await;
    let id = format!("{notice}:{PAPER_HOME}");
    let mine: PaperReceipt = chair.body(FeedName::Mail(SATO), kind::PAPER_RECEIPT, &id).unwrap();
    assert_eq!((mine.stage, mine.by), (PaperStage::Handed, SATO));
}

#[tokio::test]
async fn a_changed_point_is_carried_once_more() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    does(&house, &mut chair, entry(notice, PAPER_HOME, PaperStage::Proxy)).await;
    let patch = NoticePatch { place: Change::Set("北公園".into()), ..NoticePatch::default() };
    does(&house, &mut chair, Command::Correct { notice, seen: Rev::FIRST, patch }).await;
    house.tick().await;
    chair.catch_up(&house).await;
    assert_eq!(tally(&chair, ASSOCIATION, notice, FIRST_BLOCK).homes[&PAPER_HOME], HomeStage::Paper);
    let lists = house.store.deliveries(ASSOCIATION, Wanted::Open).await.unwrap();
    assert_eq!(lists[0].copies, Copies { to_do: 1, ..Copies::default() });
    house.holds().await;
}

#[tokio::test]
async fn a_home_marked_as_paper_changes_roster_cards_and_every_tally() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    house.tick().await;
    does(&house, &mut chair, Command::SetPaper { household: SUZUKI_HOME, paper: true }).await;
    house.tick().await;
    chair.catch_up(&house).await;
    let roster: Roster = chair.body(FeedName::Desk(ASSOCIATION), kind::ROSTER, &FIRST_BLOCK.to_string()).unwrap();
    assert!(roster.homes.iter().any(|home| home.id == SUZUKI_HOME && home.paper));
    let card: GroupCard = chair.body(FeedName::Desk(ASSOCIATION), kind::GROUP, &ASSOCIATION.to_string()).unwrap();
    assert_eq!(card.homes, Homes { households: 4, app: 1, paper: 2 });
    let counts = Counts { households: 3, not_yet: 1, paper: 2, ..Counts::default() };
    assert_eq!(tally(&chair, ASSOCIATION, notice, FIRST_BLOCK).counts, counts);
    house.holds().await;
    applied(&house.store.console(Command::SetPaper { household: SUZUKI_HOME, paper: false }).await.unwrap());
    house.tick().await;
    chair.catch_up(&house).await;
    assert_eq!(tally(&chair, ASSOCIATION, notice, FIRST_BLOCK).counts.paper, 1);
    house.holds().await;
}

#[tokio::test]
async fn the_list_follows_the_tree_and_leaves_out_what_needs_no_carrying() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    applied(&house.store.console(Command::SetPaper { household: YAMADA_HOME, paper: true }).await.unwrap());
    let names = |lists: Vec<kairan_protocol::delivery::BlockDelivery>| -> Vec<(String, Vec<Option<Carried>>)> {
        lists.into_iter().flat_map(|list| list.homes).map(|home| (home.name, home.notices)).collect()
    };
    let all = house.store.deliveries(DISTRICT, Wanted::Open).await.unwrap();
    let to_do = vec![Some(Carried::ToDo)];
    assert_eq!(names(all), [("田中".to_owned(), to_do.clone()), ("山田".to_owned(), to_do.clone())]);
    does(&house, &mut chair, entry(notice, PAPER_HOME, PaperStage::Handed)).await;
    let open = house.store.deliveries(ASSOCIATION, Wanted::Open).await.unwrap();
    assert_eq!(names(open), [("山田".to_owned(), to_do)]);
    let one = house.store.deliveries(FIRST_BLOCK, Wanted::One(notice)).await.unwrap();
    assert_eq!(names(one), [("田中".to_owned(), vec![Some(Carried::Handed)])]);
    does(&house, &mut chair, Command::Withdraw { notice, seen: Rev::FIRST, reason: "中止".into() }).await;
    assert_eq!(house.store.deliveries(DISTRICT, Wanted::Open).await.unwrap(), [], "nobody carries what was taken back");
}

#[tokio::test]
async fn a_home_that_moved_away_is_carried_to_where_it_counts() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    posted(&house, &mut chair).await;
    does(&house, &mut chair, Command::MoveHousehold { household: PAPER_HOME, to: SECOND_BLOCK }).await;
    let lists = house.store.deliveries(ASSOCIATION, Wanted::Open).await.unwrap();
    let listed: Vec<_> = lists.iter().map(|list| (list.name.as_str(), list.homes.len())).collect();
    assert_eq!(listed, [("1班", 1)]);
}

#[tokio::test]
async fn nothing_is_carried_to_a_home_that_was_closed() {
    let house = House::new();
    let mut chair = house.phone(SATO).await;
    let notice = posted(&house, &mut chair).await;
    assert_eq!(house.store.deliveries(ASSOCIATION, Wanted::Open).await.unwrap()[0].copies.to_do, 1);
    applied(&house.store.console(Command::Depart { person: TANAKA, why: Departure::Died }).await.unwrap());
    assert_eq!(house.store.deliveries(ASSOCIATION, Wanted::Open).await.unwrap(), []);
    house.tick().await;
    chair.catch_up(&house).await;
    let counts = tally(&chair, ASSOCIATION, notice, FIRST_BLOCK).counts;
    assert_eq!((counts.households, counts.paper), (3, 1), "it counts for what was sent before");
    house.holds().await;
}

#[tokio::test]
async fn entries_lost_with_the_machine_are_handed_back_once_and_in_any_order() {
    for order in [[0, 1, 2], [2, 1, 0]] {
        let mut house = House::new();
        let mut chair = house.phone(SATO).await;
        let notice = posted(&house, &mut chair).await;
        let backup = house.backup();
        let mut told = Vec::new();
        for command in [
            entry(notice, PAPER_HOME, PaperStage::Handed),
            entry(notice, PAPER_HOME, PaperStage::Proxy),
            Command::SetPaper { household: SUZUKI_HOME, paper: true },
        ] {
            house.clock.advance(MINUTE);
            let op = house.op(SATO, command);
            let result = chair.send(&house, &op).await;
            told.push(replay(&op, &result));
        }
        house.restore(&backup).await;
        chair.begin_anew();
        let replays = || order.map(|place: usize| told[place].clone()).to_vec();
        let first = chair.hand_back(&house, replays()).await;
        assert!(first.iter().all(|result| matches!(result.outcome, Outcome::Applied { .. })), "{first:?}");
        assert_eq!(chair.hand_back(&house, replays()).await, first, "handed back twice, it is folded in once");
        chair.hand_marks_back(&house, Vec::new(), Some("k1")).await;
        house.tick().await;
        chair.catch_up(&house).await;
        let counts = Counts { households: 3, proxy: 1, paper: 1, not_yet: 1, ..Counts::default() };
        assert_eq!(tally(&chair, ASSOCIATION, notice, FIRST_BLOCK).counts, counts, "{order:?}");
        house.holds().await;
    }
}
