//! Paper homes: a block leader carries copies, enters what happened on the way, and every figure stays honest.

use kairan_core::records::{BlockDelivery, Carried, Counts, HomeStage, PaperStage, Reach};
use kairan_protocol::op::Command;
use kairan_server::print;
use kairan_tests::{DAY, HOUR, MINUTE, Neighbourhood, Phone, Weather};

/// One block of six homes: the leader's and the chair's have phones, four are served on paper.
const SAKURA: &str = r#"
name = "見本市"
zone = "Asia/Tokyo"
addresses = ["ADDRESS"]
first_officer = "佐藤 一郎"
[[association]]
name = "桜町内会"
[[association.block]]
name = "桜1班"
[[association.block.household]]
name = "佐藤"
people = ["佐藤 一郎"]
[[association.block.household]]
name = "鈴木"
people = ["鈴木 春子"]
[[association.block.household]]
name = "渡辺"
paper = true
people = ["渡辺 トメ"]
[[association.block.household]]
name = "中村"
paper = true
people = ["中村 ヨシ"]
[[association.block.household]]
name = "吉田"
paper = true
people = ["吉田 フミ"]
[[association.block.household]]
name = "山口"
paper = true
people = ["山口 清"]
[[role]]
person = "佐藤 一郎"
group = "桜町内会"
kind = "chair"
[[role]]
person = "鈴木 春子"
group = "桜1班"
kind = "block_leader"
"#;

/// Where each home of the block's list is with its only notice, and whether that waits to be sent.
fn carried(lists: &[BlockDelivery]) -> Vec<(&str, Carried, bool)> {
    let homes = lists.iter().flat_map(|list| &list.homes);
    homes.map(|home| (home.name.as_str(), home.copies[0].state, home.copies[0].waiting)).collect()
}

async fn enters(phone: &Phone, hood: &Neighbourhood, notice: &str, home: &str, stage: PaperStage) {
    let (person, notice) = (phone.person.clone(), notice.to_owned());
    phone.paper_receipt(person, notice, 1, hood.group(home), stage).await.unwrap();
}

fn counts(phone: &Phone, hood: &Neighbourhood, notice: &str) -> Counts {
    phone.desk_notice(&hood.group("桜町内会"), notice).map(|seen| seen.counts).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_whose_term_ended_last_night_comes_home_and_what_was_entered_on_the_way_counts() {
    let mut hood = Neighbourhood::of(SAKURA).await;
    let chair = hood.phone("佐藤 一郎").await;
    let (leader, network) = hood.phone_elsewhere("鈴木 春子").await;
    let board = format!("board:{}", hood.group("桜町内会"));
    hood.until("both phones on the cards", &[&chair], || {
        chair.reach(chair.person.clone(), vec![board.clone()]) == Ok(Reach { households: 6, app: 2, paper: 4 })
    })
    .await;
    let notice = chair.post(hood.circular("桜町内会", &["桜町内会"], "秋の清掃")).await.unwrap();
    chair.acknowledge(&notice).await;
    chair.sync().await;
    let block = hood.group("桜1班");
    let list = |phone: &Phone| phone.deliveries(block.clone(), Some(notice.clone())).unwrap_or_default();
    hood.until("the list on the leader's phone", &[&leader, &chair], || carried(&list(&leader)).len() == 4).await;
    leader.acknowledge(&notice).await;
    leader.sync().await;
    let copy = hood.backup().await;

    // On the way there is no network.
    network.turn(Weather::Cut);
    for (home, stage) in [("渡辺", PaperStage::Handed), ("中村", PaperStage::Handed), ("吉田", PaperStage::Proxy)]
    {
        enters(&leader, &hood, &notice, home, stage).await;
    }
    assert_eq!(
        carried(&list(&leader)),
        [
            ("渡辺", Carried::Handed, true),
            ("中村", Carried::Handed, true),
            ("吉田", Carried::Proxy, true),
            ("山口", Carried::ToDo, false),
        ]
    );
    assert_eq!(leader.outbox().len(), 3);

    // That night the chair ends her term.
    hood.pass(HOUR);
    let role = leader.me().unwrap().persons[0].roles[0].id.clone();
    chair.end_role(chair.person.clone(), role).await.unwrap();
    chair.sync().await;
    hood.pass(DAY);
    network.turn(Weather::Fair);
    leader.sync().await;
    leader.sync().await;
    assert_eq!((leader.outbox().len(), leader.home().refused), (0, 0), "accepted late, not refused");
    assert_eq!(leader.desk_names(), Vec::<String>::new());

    let entered = Counts { households: 6, acknowledged: 2, handed: 2, proxy: 1, paper: 1, ..Counts::default() };
    hood.until("her entries on the chair's desk", &[&chair], || counts(&chair, &hood, &notice) == entered).await;

    // Two of the homes get a phone: where they answered themselves they count by app.
    for name in ["山口 清", "渡辺 トメ"] {
        let phone = hood.phone(name).await;
        phone.acknowledge(&notice).await;
        phone.sync().await;
    }
    let by_app = Counts { acknowledged: 4, handed: 1, paper: 0, ..entered };
    hood.until("their answers", &[&chair], || counts(&chair, &hood, &notice) == by_app).await;

    // The machine is lost, and the night's copy lacks all of it: the phones bring it back.
    hood.restore_on_another_machine(&copy).await;
    network.lead_to(Some(hood.server_address().await));
    hood.pass(HOUR);
    hood.until("what she entered, handed back", &[&leader, &chair], || counts(&chair, &hood, &notice) == entered).await;
    hood.pass(MINUTE);
    let bad: Vec<_> = hood.check().await.into_iter().filter(|line| !line.good).collect();
    assert_eq!(bad, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaders_second_phone_knows_what_the_first_one_entered_and_the_printed_list_says_the_same() {
    let hood = Neighbourhood::of(SAKURA).await;
    let [chair, first] = [hood.phone("佐藤 一郎").await, hood.phone("鈴木 春子").await];
    let second = hood.phone("鈴木 春子").await;
    let notice = chair.post(hood.circular("桜町内会", &["桜町内会"], "秋の清掃")).await.unwrap();
    chair.sync().await;
    let block = hood.group("桜1班");
    let open = |phone: &Phone| phone.deliveries(block.clone(), None).unwrap();
    hood.until("the list", &[&first, &second], || carried(&open(&first)).len() == 4).await;
    enters(&first, &hood, &notice, "渡辺", PaperStage::Handed).await;
    first.sync().await;
    // Once it has arrived it is shown as arrived, whether the desk was counted by then or not.
    assert_eq!(carried(&open(&first))[0], ("渡辺", Carried::Handed, false));
    hood.until("it on the second phone", &[&second], || carried(&open(&second))[0].1 == Carried::Handed).await;
    assert_eq!(open(&second)[0].copies.to_do, 3);

    let mut console = hood.console().await;
    let printed = console.deliveries("桜町内会", None).await.unwrap();
    assert_eq!(printed.blocks[0].copies.to_do, 3);
    let page = print::delivery::page(&printed).unwrap();
    assert!(page.contains("秋の清掃") && page.contains("済"));
    assert_eq!(page.matches("class=\"box\"").count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_gives_its_phone_up_is_served_on_paper_from_now_on() {
    let hood = Neighbourhood::of(SAKURA).await;
    let [chair, leader] = [hood.phone("佐藤 一郎").await, hood.phone("鈴木 春子").await];
    let notice = chair.post(hood.circular("桜町内会", &["桜町内会"], "秋の清掃")).await.unwrap();
    chair.sync().await;
    let paper = |phone: &Phone| counts(phone, &hood, &notice).paper;
    hood.until("the first figures", &[&chair], || paper(&chair) == 4).await;
    let home = hood.group("山口");
    let listed = |paper: bool| {
        let rosters = leader.desk(&hood.group("桜1班")).rosters;
        rosters[0].homes.iter().any(|line| line.id == home && line.paper == paper)
    };
    for yes in [false, true] {
        leader.set_paper(leader.person.clone(), home.clone(), yes).await.unwrap();
        assert!(listed(yes), "shown at once");
        let wanted = if yes { 4 } else { 3 };
        hood.until("it on every desk", &[&leader, &chair], || paper(&chair) == wanted && listed(yes)).await;
    }
    let said = hood.steward(Command::SetPaper { household: hood.group_id("鈴木"), paper: true }).await;
    assert!(matches!(said.outcome, kairan_protocol::outcome::Outcome::Applied { .. }));
    let stage = |phone: &Phone| {
        let seen = phone.desk_notice(&hood.group("桜町内会"), &notice)?;
        seen.blocks[0].homes.iter().find(|line| line.name == "鈴木").map(|line| line.stage)
    };
    hood.until("the steward's word", &[&chair], || stage(&chair).is_some_and(|stage| stage != HomeStage::NotYet)).await;
}
