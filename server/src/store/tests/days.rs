//! An association's days: counted once when they are over, and never so that somebody could be found in the figures.

use super::house::*;
use crate::store::{PlannedPerson, PlannedResidence, SetUpPlan};
use kairan_protocol::{
    body::{ClosedDay, DayCounts, Participation},
    check_in::Mood,
    feed::FeedName,
    id::PersonId,
    op::Op,
    row::kind,
};

/// Fifteen neighbours, all of whom agreed.
const NEIGHBOURS: std::ops::Range<i64> = 100..115;
const HOUR: i64 = 3_600_000;

fn town() -> SetUpPlan {
    let mut plan = plan();
    for number in NEIGHBOURS {
        let person = PersonId::from_number(number);
        plan.persons.push(PlannedPerson { id: person, name: format!("住人 {number}") });
        plan.residences.push(PlannedResidence { person, household: YAMADA_HOME });
    }
    plan
}

struct Town {
    house: House,
    phones: Vec<Phone>,
    chair: Phone,
}

impl Town {
    async fn new() -> Self {
        let house = House::of(&town());
        let chair = house.phone(SATO).await;
        let mut phones = Vec::new();
        for number in NEIGHBOURS {
            let person = PersonId::from_number(number);
            let mut phone = house.phone(person).await;
            applied(&phone.send(&house, &house.consent(person, true)).await);
            phones.push(phone);
        }
        house.tick().await;
        Self { house, phones, chair }
    }

    /// Each of them says something; the ops.
    async fn say(&mut self, mood: impl Fn(usize) -> Mood) -> Vec<Op> {
        let mut said = Vec::new();
        for (place, phone) in self.phones.iter_mut().enumerate() {
            let op = self.house.check_in(phone.person, mood(place));
            applied(&phone.send(&self.house, &op).await);
            said.push(op);
        }
        said
    }

    /// It is noon of the next day.
    async fn next_noon(&mut self) {
        // Set-up was at nine in the morning, and little time has passed.
        self.house.clock.advance(DAY + 3 * HOUR);
        self.house.tick().await;
    }

    async fn days(&mut self) -> Vec<ClosedDay> {
        self.chair.catch_up(&self.house).await;
        let desk = self.chair.feed(FeedName::Desk(ASSOCIATION)).unwrap();
        let held = self.chair.held();
        let rows = held.into_iter().filter(|((feed, kind, _), _)| *feed == desk && kind == kind::DAY);
        rows.map(|(_, (_, body))| serde_json::from_str(&body).unwrap()).collect()
    }
}

const fn fifths(place: usize) -> Mood {
    match place % 3 {
        0 => Mood::Good,
        1 => Mood::Fair,
        _ => Mood::Talk,
    }
}

fn counted(days: &[ClosedDay]) -> Vec<DayCounts> {
    days.iter().map(|closed| closed.counts).collect()
}

#[tokio::test]
async fn a_day_is_counted_at_noon_of_the_next_and_stays_as_it_was_counted() {
    let mut town = Town::new().await;
    let said = town.say(fifths).await;
    town.house.clock.advance(DAY);
    town.house.tick().await;
    assert_eq!(town.days().await, [], "late taps have until noon");
    town.house.clock.advance(3 * HOUR);
    town.house.tick().await;
    let five = DayCounts::Counted { good: 5, fair: 5, talk: 5 };
    let first = town.days().await;
    assert_eq!(counted(&first), [five]);
    // A tap for that day that comes later, one taken back, and a consent that ends.
    let phone = &mut town.phones[0];
    let take_back = town.house.op(phone.person, kairan_protocol::op::Command::TakeBack { op: said[0].id });
    applied(&phone.send(&town.house, &take_back).await);
    let phone = &mut town.phones[1];
    applied(&phone.send(&town.house, &town.house.consent(phone.person, false)).await);
    town.house.tick().await;
    town.house.reopen();
    town.house.tick().await;
    assert_eq!(town.days().await, first);
    town.house.holds().await;
}

#[tokio::test]
async fn where_fewer_than_five_said_the_same_there_are_no_figures() {
    let mut town = Town::new().await;
    town.say(|place| if place == 0 { Mood::Fair } else { fifths(place) }).await;
    town.next_noon().await;
    assert_eq!(counted(&town.days().await), [DayCounts::TooFew {}]);
    town.house.holds().await;
}

#[tokio::test]
async fn a_day_that_may_have_been_counted_before_a_restore_is_not_counted_again() {
    let mut town = Town::new().await;
    town.say(fifths).await;
    let backup = town.house.backup();
    town.next_noon().await;
    assert!(matches!(counted(&town.days().await)[..], [DayCounts::Counted { .. }]));
    town.house.restore(&backup).await;
    town.house.store.open_desks().await.unwrap();
    town.house.tick().await;
    town.chair.begin_anew();
    assert_eq!(counted(&town.days().await), [DayCounts::Lost {}]);
    // The day of the restore itself was counted by nobody yet.
    town.say(fifths).await;
    town.house.clock.advance(DAY);
    town.house.tick().await;
    assert!(matches!(counted(&town.days().await)[..], [DayCounts::Lost {}, DayCounts::Counted { .. }]));
    town.house.holds().await;
}

#[tokio::test]
async fn only_participation_is_live() {
    let mut town = Town::new().await;
    let op = town.house.check_in(town.phones[0].person, Mood::Good);
    applied(&town.phones[0].send(&town.house, &op).await);
    for _ in 0..3 {
        town.house.tick().await;
    }
    town.chair.catch_up(&town.house).await;
    let live: Participation = town.chair.body(FeedName::Desk(ASSOCIATION), kind::PARTICIPATION, "today").unwrap();
    assert_eq!((live.said, live.agreed), (1, 15));
    town.house.holds().await;
}
