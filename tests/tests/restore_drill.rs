//! The restore drill of docs/operating.md: the machine is lost with a day that no backup has, and the phones bring the day back.

use kairan_core::{
    error::Error,
    records::{AlertKind, Arrival, Correction, Mood},
};
use kairan_protocol::{feed::Audience, notice::NoticeKind};
use kairan_tests::{DAY, HOUR, MINUTE, Neighbourhood, Phone, Sheet, district, phone::Handset, raw};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Phones of the drill: 48 homes, the chair and the commissioner.
const HOMES: usize = 48;

/// The joined phones of a large town, by the names of their people.
struct Town {
    hood: Neighbourhood,
    phones: BTreeMap<String, Phone>,
}

fn resident(home: usize) -> String {
    format!("住人 {home}")
}

impl Town {
    async fn begin() -> Self {
        let hood = Neighbourhood::of(&district::crowd_with_team(HOMES)).await;
        let mut phones = BTreeMap::new();
        // The last home joins only after the backup.
        for name in (1..HOMES).map(resident).chain(["町 会長".to_owned(), "民生 委員".to_owned()]) {
            let phone = hood.phone(&name).await;
            phones.insert(name, phone);
        }
        hood.pass(MINUTE);
        Self { hood, phones }
    }

    fn phone(&self, name: &str) -> &Phone {
        &self.phones[name]
    }

    fn home(&self, number: usize) -> &Phone {
        self.phone(&resident(number))
    }

    fn chair(&self) -> &Phone {
        self.phone("町 会長")
    }

    fn commissioner(&self) -> &Phone {
        self.phone("民生 委員")
    }

    /// These phones exchange with the server until none of them has anything left to send.
    async fn settle(&self, names: &[String]) {
        for round in 0..20 {
            let mut waiting = 0;
            for name in names {
                let phone = self.phone(name);
                phone.sync().await;
                waiting += phone.home().waiting;
            }
            self.hood.pass(Duration::from_mins(11));
            if waiting == 0 && round > 0 {
                return;
            }
        }
        panic!("the phones never come to rest");
    }

    fn everybody_but(&self, absent: &[&str]) -> Vec<String> {
        self.phones.keys().filter(|name| !absent.contains(&name.as_str())).cloned().collect()
    }
}

/// What happened on the day that the backup lacks, and what people were told had arrived.
struct LostDay {
    before: String,
    posted: String,
    from_the_machine: String,
    asked_and_seen: String,
    asked_and_unseen: String,
    open_sheet: Sheet,
}

/// The evening before: a circular, consents, a talk the commissioner looked at.
async fn evening(town: &Town) -> (String, String) {
    let before = town.chair().post(town.hood.circular("大町内会", &["大町内会"], "秋の清掃")).await.unwrap();
    town.chair().sync().await;
    for home in 1..=10 {
        town.home(home).consent(true).await;
        town.home(home).sync().await;
    }
    let asked = town.home(21).check_in(Mood::Talk).await.unwrap();
    town.home(21).sync().await;
    town.commissioner().sync().await;
    let alerts = town.commissioner().alerts(town.commissioner().person.clone()).unwrap();
    assert_eq!(alerts.iter().map(|alert| alert.id.as_str()).collect::<Vec<_>>(), [asked.as_str()]);
    town.commissioner().alert_raised(asked.clone()).await.unwrap();
    town.commissioner().alert_seen(asked.clone()).await.unwrap();
    (before, asked)
}

/// The day itself.
async fn day(town: &mut Town, before: String, asked_and_seen: String) -> LostDay {
    town.hood.pass(10 * HOUR);
    let posted = town.chair().post(town.hood.circular("大町内会", &["大町内会"], "防災訓練")).await.unwrap();
    town.chair().sync().await;
    let correction =
        Correction { title: Some("秋の清掃（場所が変わりました）".to_owned()), ..Correction::default() };
    town.chair().correct(&before, 1, correction).await.unwrap();
    town.chair().sync().await;
    let association = town.hood.group_id("大町内会");
    let post = raw::post(NoticeKind::Circular, association, Audience::Board(association), "事務局より");
    let from_the_machine = town.hood.steward(post).await.id.to_string();

    for home in 1..HOMES {
        let phone = town.home(home);
        phone.sync().await;
        phone.acknowledge(&posted).await;
        if home <= 5 {
            phone.check_in(Mood::Good).await.unwrap();
        }
        phone.sync().await;
        assert_eq!(phone.home().waiting, 0, "everything is told to have arrived");
    }
    // Somebody agrees no longer; a phone is lost and signed off; a home joins; somebody asks for a talk nobody looks at.
    town.home(3).consent(false).await;
    town.home(3).sync().await;
    let lost = town.home(7).phones(town.home(7).person.clone()).unwrap()[0].device.clone();
    town.chair().revoke(town.chair().person.clone(), lost).await.unwrap();
    town.chair().sync().await;
    let late = town.hood.phone(&resident(HOMES)).await;
    late.acknowledge(&posted).await;
    late.sync().await;
    town.phones.insert(resident(HOMES), late);
    let asked_and_unseen = town.home(20).check_in(Mood::Talk).await.unwrap();
    town.home(20).sync().await;
    town.commissioner().sync().await;
    town.commissioner().alert_raised(asked_and_unseen.clone()).await.unwrap();
    let open_sheet = town.hood.sheet(&resident(30)).await;
    LostDay { before, posted, from_the_machine, asked_and_seen, asked_and_unseen, open_sheet }
}

/// What the volunteer's check says of the desks.
async fn desks(hood: &Neighbourhood) -> String {
    hood.check().await.into_iter().find(|line| line.what == "desks are open").unwrap().seen
}

fn revoked(outcome: &Result<kairan_core::SyncReport, Error>) -> bool {
    matches!(outcome, Err(Error::Problem { problem, .. }) if problem == "revoked")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_machine_is_restored_from_last_nights_backup_and_the_phones_bring_the_day_back() {
    let mut town = Town::begin().await;
    let (before, asked) = evening(&town).await;
    let sheet_in_the_backup = town.hood.sheet(&resident(31)).await;
    let copy = town.hood.backup().await;
    let lost_day = day(&mut town, before, asked).await;

    let restored = town.hood.restore_on_another_machine(&copy).await;
    assert!(restored.began.invites_voided > 0);
    town.hood.pass(HOUR);

    // Residents come first. No desk is open: moods could stand on it whose consent was withdrawn.
    // One phone stays in a drawer for forty days; the one that was signed off tries its luck last.
    let drawer = resident(40);
    let stolen = resident(7);
    for name in town.everybody_but(&[&drawer, &stolen, "町 会長", "民生 委員"]) {
        town.phone(&name).sync().await;
    }
    assert!(town.home(1).home().waiting > 0, "a seal waits for its circular, which only the chair's phone has");
    assert!(desks(&town.hood).await.starts_with("closed"));
    town.commissioner().sync().await;
    assert_eq!(desks(&town.hood).await, "yes");
    town.settle(&town.everybody_but(&[&drawer, &stolen])).await;
    assert!(revoked(&town.phone(&stolen).kairan.sync().await), "still signed off");
    assert!(!town.phone(&stolen).joined(), "and erased");

    let chair = town.chair();
    chair.sync().await;
    assert_eq!(chair.desk_names(), ["大町内会"]);
    // 48 homes: one seal lies in the drawer still, one went with the phone that was signed off.
    let counts = || chair.desk_notice(&town.hood.group("大町内会"), &lost_day.posted).unwrap().counts;
    let figures = || (counts().households, counts().acknowledged);
    town.hood.until("every seal but two is counted", &[chair], || figures() == (48, 46)).await;
    for name in town.everybody_but(&[&drawer, &stolen]) {
        let phone = town.phone(&name);
        let titles = phone.titles();
        for title in ["防災訓練", "秋の清掃（場所が変わりました）", "事務局より"] {
            assert!(titles.iter().any(|known| known == title), "{name} lacks {title}: {titles:?}");
        }
        assert!(phone.has(&lost_day.before) && phone.has(&lost_day.from_the_machine));
        assert_eq!((phone.home().waiting, phone.home().refused, phone.outbox().len()), (0, 0, 0), "{name}");
    }
    for home in [1, 2, 4, 5] {
        let said = town.home(home).home().check_in.map(|line| (line.mood, line.state));
        assert_eq!(said, Some((Mood::Good, Arrival::Arrived)), "home {home}");
    }

    // The withdrawn consent is still withdrawn, for the person and on the team's desk; what they had said went with it.
    assert!(!town.home(3).home().consent);
    assert_eq!(town.home(3).home().check_in, None);
    let commissioner = town.commissioner();
    commissioner.sync().await;
    let team = commissioner.desk(&town.hood.group("大町 民生委員"));
    let shown: Vec<&str> = team.statuses.iter().map(|status| status.name.as_str()).collect();
    assert!(shown.contains(&"住人 1") && !shown.contains(&"住人 3"), "{shown:?}");

    // Nobody is alerted twice but for the talk that nobody looked at.
    let alerts = commissioner.alerts(commissioner.person.clone()).unwrap();
    let again: Vec<(&str, AlertKind, bool)> =
        alerts.iter().map(|alert| (alert.id.as_str(), alert.kind, alert.again)).collect();
    assert_eq!(again, [(lost_day.asked_and_unseen.as_str(), AlertKind::Talk, true)]);
    assert!(team.talks.iter().any(|talk| talk.op == lost_day.asked_and_seen), "the other stands there quietly");

    // Sheets printed before the loss open nothing.
    for sheet in [&sheet_in_the_backup, &lost_day.open_sheet] {
        let tried = Phone::join(&sheet.link, &[], Handset::new(Arc::clone(&town.hood.clock))).await;
        assert!(matches!(tried, Err(Error::Problem { ref problem, .. }) if problem.starts_with("invite_")));
    }

    // Forty days later the phone in the drawer comes back by itself, and what it had been told was sent is there.
    town.hood.pass(40 * DAY);
    town.settle(std::slice::from_ref(&drawer)).await;
    town.settle(&["町 会長".to_owned()]).await;
    let (chair, desk) = (town.chair(), town.hood.group("大町内会"));
    let counted = || chair.desk_notice(&desk, &lost_day.posted).unwrap().counts.acknowledged;
    town.hood.until("the seal out of the drawer is counted", &[chair], || counted() == 47).await;
    let bad: Vec<_> = town.hood.check().await.into_iter().filter(|line| !line.good).collect();
    assert_eq!(bad, []);
}
