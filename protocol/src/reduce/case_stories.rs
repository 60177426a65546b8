//! Stories of a request for a talk: who takes it, who hears of it, and what happens when nobody does.

use super::{pass_on, replay, wait_anew, world::*};
use crate::{
    case::{CaseNews, CaseState, NewsState, Reached, Step, Support, Talk},
    check_in::Mood,
    feed::FeedName,
    id::{Commit, DeviceId, OpId, PersonId, RoleId},
    op::{Command, Op},
    outcome::Flag,
    people::{Role, RoleKind},
    refusal::Refusal,
    row::kind,
    time::{Term, Timestamp, ZoneOffsets},
    view::{Context, Effect},
};

const SECOND: PersonId = CLERK;
const TEAM_CHAIR: PersonId = GUEST;

/// The team has two commissioners.
fn two_commissioners() -> World {
    let mut world = World::new();
    world.roles.retain(|role| role.person != SECOND);
    holds(&mut world, 20, SECOND, RoleKind::Commissioner);
    world
}

fn holds(world: &mut World, id: i64, person: PersonId, kind: RoleKind) {
    let term = Term::since(Timestamp::from_millis(0));
    world.roles.push(Role { id: RoleId::from_number(id), person, group: MIDORI_TEAM, kind, term });
}

fn on_desk(world: &World, case: OpId) -> Talk {
    serde_json::from_str(world.row(FeedName::Desk(MIDORI_TEAM), kind::TALK, &case.to_string()).unwrap()).unwrap()
}

fn heard(world: &World, case: OpId) -> CaseNews {
    serde_json::from_str(world.row(FeedName::Mail(SATO), kind::CASE, &case.to_string()).unwrap()).unwrap()
}

fn time_passes(world: &mut World, case: OpId) {
    let due = world.cases[&case].talk.due.unwrap();
    world.now = due.millis();
    let zone = ZoneOffsets::fixed(32_400);
    let effects = pass_on(world, world.cases[&case].clone(), &zone, due).unwrap();
    world.carry_out(effects);
}

fn support() -> Support {
    Support {
        name: "みどり 地域包括支援センター".into(),
        telephone: "03-0000-0000".into(),
        hours: "平日 9:00–17:00".into(),
    }
}

#[test]
fn the_resident_hears_who_looked_who_took_it_and_that_it_is_done() {
    let mut world = World::new();
    let case = world.feels(Mood::Talk).unwrap();
    let asked = heard(&world, case);
    assert_eq!((asked.state, asked.by), (NewsState::Asked, None));
    assert_eq!(asked.due.unwrap().since(noon()), 4 * 3_600_000);
    for (command, state) in [
        (Command::SeeCase { case }, NewsState::Seen),
        (Command::TakeCase { case }, NewsState::Taken),
        (Command::NoteCase { case, text: "電話しました".into() }, NewsState::Taken),
        (Command::CloseCase { case, text: None }, NewsState::Closed),
    ] {
        world.minutes(1);
        world.does(COMMISSIONER, command).unwrap();
        let news = heard(&world, case);
        assert_eq!(
            (news.state, news.by.as_deref(), news.due.is_some()),
            (state, Some("民生委員"), state == NewsState::Seen)
        );
    }
    let mail = world.row(FeedName::Mail(SATO), kind::CASE, &case.to_string()).unwrap();
    assert!(!mail.contains("電話しました"), "what the team writes down is the team's");
    let steps: Vec<Step> = on_desk(&world, case).history.iter().map(|entry| entry.what).collect();
    assert_eq!(steps, [Step::Opened, Step::Seen, Step::Taken, Step::Noted, Step::Closed]);
}

#[test]
fn of_two_who_take_it_the_first_has_it_and_the_second_sees_who() {
    let mut world = two_commissioners();
    let case = world.feels(Mood::Talk).unwrap();
    world.does(COMMISSIONER, Command::TakeCase { case }).unwrap();
    assert_eq!(world.does(SECOND, Command::TakeCase { case }), Err(Refusal::Conflict));
    assert_eq!(on_desk(&world, case).owner.unwrap().id, COMMISSIONER);
    let again = world.op(COMMISSIONER, Command::TakeCase { case });
    assert_eq!(world.judge(&again).unwrap().flags, [Flag::Nothing]);
    world.does(COMMISSIONER, Command::ReleaseCase { case }).unwrap();
    assert!(on_desk(&world, case).due.is_some(), "it waits for somebody again");
    world.does(SECOND, Command::TakeCase { case }).unwrap();
}

#[test]
fn nobody_but_the_team_works_on_a_case_and_a_closed_one_is_worked_on_no_more() {
    let mut world = World::new();
    let case = world.feels(Mood::Talk).unwrap();
    for (person, refusal) in [(CHAIR, Refusal::NotAllowed), (CLERK, Refusal::NotAllowed), (SATO, Refusal::NotAllowed)] {
        assert_eq!(world.does(person, Command::TakeCase { case }), Err(refusal));
        assert_eq!(world.does(person, Command::SeeCase { case }), Err(refusal));
    }
    world.does(COMMISSIONER, Command::CloseCase { case, text: Some("お元気でした".into()) }).unwrap();
    let note = Command::NoteCase { case, text: "追記".into() };
    assert_eq!(world.does(COMMISSIONER, note), Err(Refusal::CaseClosed));
    let unknown = OpId::from_bytes([9; 16]);
    assert_eq!(world.does(COMMISSIONER, Command::TakeCase { case: unknown }), Err(Refusal::UnknownCase));
}

#[test]
fn that_somebody_looked_within_their_term_is_believed_late() {
    let mut world = two_commissioners();
    let case = world.feels(Mood::Talk).unwrap();
    world.minutes(1);
    let looked = world.op(COMMISSIONER, Command::SeeCase { case });
    world.minutes(1);
    world.does(CLERK, Command::EndRole { role: RoleId::from_number(2) }).unwrap_err();
    world.roles.iter_mut().find(|role| role.person == COMMISSIONER).unwrap().term.until =
        Some(Timestamp::from_millis(world.now));
    let effects = world.judge(&looked).unwrap();
    assert_eq!(effects.flags, [Flag::Late]);
    world.carry_out(effects);
    assert_eq!(heard(&world, case).by.as_deref(), Some("民生委員"));
}

#[test]
fn a_case_nobody_takes_reaches_the_chair_of_the_team_and_then_shows_the_number() {
    let mut world = World::new();
    holds(&mut world, 21, TEAM_CHAIR, RoleKind::Chair);
    world.does(CLERK, Command::SetSupport { group: DISTRICT, support: Some(support()) }).unwrap();
    let case = world.feels(Mood::Talk).unwrap();
    time_passes(&mut world, case);
    let news = heard(&world, case);
    assert_eq!((news.reached, news.number), (Reached::Chair, None));
    time_passes(&mut world, case);
    let news = heard(&world, case);
    assert_eq!((news.reached, news.number, news.due), (Reached::Number, Some(support()), None));
    let talk = on_desk(&world, case);
    assert_eq!(talk.state, CaseState::Open, "it stays on the desk");
    world.does(COMMISSIONER, Command::TakeCase { case }).unwrap();
    assert_eq!(heard(&world, case).state, NewsState::Taken);
}

#[test]
fn without_a_chair_the_number_is_shown_at_once_and_the_nearest_one() {
    let mut world = World::new();
    world.does(CLERK, Command::SetSupport { group: DISTRICT, support: Some(support()) }).unwrap();
    let near = Support { telephone: "03-1111-1111".into(), ..support() };
    world.does(CHAIR, Command::SetSupport { group: MIDORI, support: Some(near.clone()) }).unwrap();
    let case = world.feels(Mood::Talk).unwrap();
    time_passes(&mut world, case);
    assert_eq!(heard(&world, case).number, Some(near));
}

#[test]
fn a_number_is_a_districts_a_federations_or_an_associations() {
    let mut world = World::new();
    let set = |group, support| Command::SetSupport { group, support };
    assert_eq!(world.does(CHAIR, set(DISTRICT, Some(support()))), Err(Refusal::NotAllowed));
    assert_eq!(world.does(CHAIR, set(MIDORI_1, Some(support()))), Err(Refusal::WrongPlace));
    assert_eq!(world.does(SATO, set(MIDORI, Some(support()))), Err(Refusal::NotAllowed));
    world.does(CHAIR, set(MIDORI, Some(support()))).unwrap();
    let board = |world: &World| world.row(FeedName::Board(MIDORI), kind::SUPPORT, &MIDORI.to_string()).is_some();
    assert!(board(&world));
    world.does(CHAIR, set(MIDORI, None)).unwrap();
    assert!(!board(&world));
}

#[test]
fn a_mistaken_tap_vanishes_unless_somebody_had_taken_it() {
    let mut world = World::new();
    let case = world.feels(Mood::Talk).unwrap();
    world.minutes(1);
    world.does(SATO, Command::TakeBack { op: case }).unwrap();
    assert!(world.row(FeedName::Desk(MIDORI_TEAM), kind::TALK, &case.to_string()).is_none());
    assert!(world.row(FeedName::Mail(SATO), kind::CASE, &case.to_string()).is_none());

    world.minutes(1);
    let case = world.feels(Mood::Talk).unwrap();
    world.does(COMMISSIONER, Command::TakeCase { case }).unwrap();
    world.minutes(1);
    world.does(SATO, Command::TakeBack { op: case }).unwrap();
    let talk = on_desk(&world, case);
    assert!(talk.is_taken_back() && talk.state == CaseState::Closed);
    assert_eq!(talk.owner.unwrap().id, COMMISSIONER);
}

#[test]
fn when_the_last_commissioner_goes_what_waits_is_passed_on_at_once() {
    let mut world = World::new();
    world.does(CLERK, Command::SetSupport { group: DISTRICT, support: Some(support()) }).unwrap();
    let waiting = world.feels(Mood::Talk).unwrap();
    let taken = world.feels(Mood::Talk).unwrap();
    world.does(COMMISSIONER, Command::TakeCase { case: taken }).unwrap();
    world.minutes(1);
    world.does(CLERK, Command::EndRole { role: RoleId::from_number(2) }).unwrap();
    for case in [waiting, taken] {
        let news = heard(&world, case);
        assert_eq!((news.state, news.reached, news.number), (NewsState::Asked, Reached::Number, Some(support())));
    }
}

#[test]
fn what_a_commissioner_who_goes_had_taken_waits_for_the_others() {
    let mut world = two_commissioners();
    let case = world.feels(Mood::Talk).unwrap();
    world.does(COMMISSIONER, Command::TakeCase { case }).unwrap();
    world.minutes(1);
    world.does(COMMISSIONER, Command::EndRole { role: RoleId::from_number(2) }).unwrap();
    let talk = on_desk(&world, case);
    assert_eq!((talk.state, talk.owner, talk.reached), (CaseState::Open, None, Reached::Team));
    assert!(talk.due.is_some());
}

#[test]
fn a_household_that_moves_leaves_its_case_with_the_team_that_has_it() {
    let mut world = World::new();
    let case = world.feels(Mood::Talk).unwrap();
    world.does(CLERK, Command::MoveHousehold { household: SATO_HOME, to: HIKARI_1 }).unwrap();
    world.minutes(1);
    world.does(COMMISSIONER, Command::TakeCase { case }).unwrap();
    assert_eq!(heard(&world, case).state, NewsState::Taken);
    world.does(SATO, Command::TakeBack { op: case }).unwrap();
    assert!(on_desk(&world, case).is_taken_back());
}

fn hand_back(world: &mut World, (commit, op): &(Commit, Op)) -> bool {
    let zone = ZoneOffsets::fixed(32_400);
    let device = DeviceId::from_number(op.person.number());
    let context = Context { now: Timestamp::from_millis(world.now), device, zone: &zone };
    let Some(effects) = replay(world, op, *commit, &context).unwrap() else { return false };
    world.carry_out_under(effects, *commit);
    true
}

#[test]
fn steps_handed_back_in_any_order_come_to_the_same_case() {
    let mut live = two_commissioners();
    let mut restored = live.clone();
    let before = live.history.len();
    let case = live.feels(Mood::Talk).unwrap();
    for (person, command) in [
        (COMMISSIONER, Command::SeeCase { case }),
        (COMMISSIONER, Command::TakeCase { case }),
        (COMMISSIONER, Command::ReleaseCase { case }),
        (SECOND, Command::TakeCase { case }),
        (SECOND, Command::NoteCase { case, text: "訪ねました".into() }),
    ] {
        live.minutes(1);
        live.does(person, command).unwrap();
    }
    let lost = live.history[before..].to_vec();
    restored.now = live.now;
    assert!(!hand_back(&mut restored, &lost[2]), "the request has not come back yet");
    for place in [0, 5, 3, 2, 4, 1] {
        assert!(hand_back(&mut restored, &lost[place]), "{place}");
    }
    assert_eq!(restored.cases, live.cases);
    assert_eq!(heard(&restored, case), heard(&live, case));
}

#[test]
fn after_a_restore_the_team_has_as_much_time_as_with_a_new_case() {
    let mut world = World::new();
    let case = world.feels(Mood::Talk).unwrap();
    world.minutes(180);
    let zone = ZoneOffsets::fixed(32_400);
    let now = Timestamp::from_millis(world.now);
    let effects = wait_anew(&world, world.cases[&case].clone(), &zone, now).unwrap();
    world.carry_out(effects);
    assert_eq!(heard(&world, case).due.unwrap().since(now), 4 * 3_600_000);
}

#[test]
fn a_number_handed_back_does_not_replace_one_that_was_said_since() {
    let mut live = World::new();
    let mut restored = live.clone();
    live.does(CHAIR, Command::SetSupport { group: MIDORI, support: Some(support()) }).unwrap();
    let lost = live.history.last().unwrap().clone();
    restored.epoch();
    let newer = Support { telephone: "03-2222-2222".into(), ..support() };
    restored.does(CHAIR, Command::SetSupport { group: MIDORI, support: Some(newer.clone()) }).unwrap();
    assert!(hand_back(&mut restored, &lost));
    assert_eq!(restored.supports[&MIDORI], newer);
}

#[test]
fn that_a_number_was_said_once_more_is_kept_so_that_nothing_handed_back_undoes_it() {
    let mut world = World::new();
    for support in [None, Some(support())] {
        let again = world.op(CHAIR, Command::SetSupport { group: MIDORI, support: support.clone() });
        world.supports = support.iter().map(|support| (MIDORI, support.clone())).collect();
        assert_eq!(world.judge(&again).unwrap().effects, [Effect::Support { group: MIDORI, support }]);
    }
}
