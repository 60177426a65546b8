//! Stories of moods that go with the consent they needed.

use super::{replay, world::*};
use crate::{
    check_in::Mood,
    feed::FeedName,
    id::{Commit, DeviceId},
    op::{Command, Op},
    outcome::Flag,
    refusal::Refusal,
    row::kind,
    time::{Timestamp, ZoneOffsets},
    view::{Context, Effect, View},
};

fn withdraws(world: &mut World) {
    world.minutes(1);
    world.does(SATO, Command::Consent { moods_to_team: false }).unwrap();
}

fn said(world: &World) -> Vec<Mood> {
    world.check_in_history(SATO).unwrap().into_iter().map(|said| said.mood).collect()
}

fn hand_back(world: &mut World, lost: &(Commit, Op)) {
    let zone = ZoneOffsets::fixed(32_400);
    let device = DeviceId::from_number(lost.1.person.number());
    let context = Context { now: Timestamp::from_millis(world.now), device, zone: &zone };
    let effects = replay(world, &lost.1, lost.0, &context).unwrap().expect("later");
    world.history.push(lost.clone());
    world.carry_out_under(effects, lost.0);
}

#[test]
fn with_the_consent_go_the_moods_and_only_requests_for_a_talk_stay() {
    let mut world = World::new();
    world.agree();
    for mood in [Mood::Good, Mood::Talk, Mood::Fair] {
        world.minutes(24 * 60);
        world.feels(mood).unwrap();
    }
    withdraws(&mut world);
    assert_eq!(said(&world), [Mood::Talk]);
    let row = world.row(FeedName::Mail(SATO), kind::CHECK_IN, "mine").unwrap();
    assert!(row.contains(&format!("\"strip\":\"{}t\"", ".".repeat(29))), "{row}");
}

#[test]
fn where_nothing_but_moods_was_said_the_row_goes_too() {
    let mut world = World::new();
    world.agree();
    world.feels(Mood::Good).unwrap();
    withdraws(&mut world);
    assert_eq!(world.mine(SATO), None);
}

#[test]
fn a_mood_that_arrives_after_the_withdrawal_is_taken_and_nothing_of_it_kept() {
    let mut world = World::new();
    world.agree();
    world.minutes(1);
    let late = world.op(SATO, Command::CheckIn { mood: Mood::Good, day: "2026-11-22".parse().unwrap() });
    withdraws(&mut world);
    let effects = world.judge(&late).unwrap();
    assert_eq!((effects.effects, effects.flags), (vec![], vec![Flag::Late, Flag::Nothing]));
    world.minutes(1);
    assert_eq!(world.feels(Mood::Good), Err(Refusal::ConsentNeeded), "said after it, it needs consent as ever");
}

#[test]
fn a_mood_handed_back_stays_gone_whichever_phone_comes_first() {
    for order in [[0, 1, 2, 3], [2, 0, 1, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let mut live = World::new();
        live.agree();
        let mut restored = live.clone();
        let before = live.history.len();
        live.minutes(1);
        live.feels(Mood::Good).unwrap();
        withdraws(&mut live);
        live.minutes(1);
        live.agree();
        live.minutes(1);
        live.feels(Mood::Fair).unwrap();
        let lost = live.history[before..].to_vec();
        restored.now = live.now;
        for place in order {
            hand_back(&mut restored, &lost[place]);
        }
        assert_eq!(said(&restored), [Mood::Fair], "{order:?}");
        assert!(restored.person(SATO).unwrap().unwrap().moods_to_team.is_some());
    }
}

#[test]
fn a_tap_taken_back_of_which_nothing_is_left_waits_for_nothing() {
    let mut live = World::new();
    live.agree();
    let mut restored = live.clone();
    let before = live.history.len();
    live.minutes(1);
    let mood = live.feels(Mood::Good).unwrap();
    live.does(SATO, Command::TakeBack { op: mood }).unwrap();
    withdraws(&mut live);
    let lost = live.history[before..].to_vec();
    restored.now = live.now;
    for place in [2, 0, 1] {
        hand_back(&mut restored, &lost[place]);
    }
    assert_eq!(said(&restored), []);
}

#[test]
fn a_first_no_erases_nothing_else() {
    let mut world = World::new();
    let op = world.op(SATO, Command::Consent { moods_to_team: false });
    let effects = world.judge(&op).unwrap().effects;
    assert!(effects.contains(&Effect::MoodsErased(SATO)));
    world.feels(Mood::Talk).unwrap();
    world.carry_out(crate::view::Effects { effects, flags: vec![] });
    assert_eq!(said(&world), [Mood::Talk]);
}
