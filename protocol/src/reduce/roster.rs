//! Stories of a roster: people move in and out, die, marry, and turn out to be known twice; and none of it comes undone.

use super::{
    Ending, ended, profile,
    restored::{Lost, hand_back},
    world::*,
};
use crate::{
    check_in::Mood,
    feed::{Audience, FeedName},
    id::{Commit, DeviceId, GroupId, PersonId, Rev, RoleId},
    notice::Change,
    op::Command,
    people::{Departure, Newcomer, RoleKind},
    receipt::Stage,
    refusal::Refusal,
    replay::Ended,
    rights,
    time::{Timestamp, ZoneOffsets},
    view::{Effect, Mark, View},
};
use std::collections::BTreeMap;

const KATO_HOME: GroupId = GroupId::from_number(102);
const OWN_HOME: GroupId = GroupId::from_number(103);
const KATO: PersonId = PersonId::from_number(31);
const YUMI: PersonId = PersonId::from_number(32);
const HARU: PersonId = PersonId::from_number(33);

fn newcomer(person: PersonId, name: &str) -> Newcomer {
    Newcomer { person, name: name.to_owned(), reading: None }
}

fn family() -> Command {
    Command::AddHousehold {
        household: KATO_HOME,
        block: MIDORI_1,
        name: "加藤".to_owned(),
        reading: Some("かとう".to_owned()),
        paper: false,
        place: None,
        people: vec![newcomer(KATO, "加藤 進"), newcomer(YUMI, "加藤 由美")],
    }
}

fn haru(household: GroupId) -> Command {
    Command::AddPerson { household, newcomer: newcomer(HARU, "佐藤 ハル") }
}

fn with_family() -> World {
    let mut world = World::new();
    world.does(CHAIR, family()).unwrap();
    for person in [KATO, YUMI] {
        world.devices.insert(DeviceId::from_number(person.number()), vec![person]);
    }
    world.minutes(1);
    world
}

fn home_of(world: &World, person: PersonId) -> Option<GroupId> {
    world.residences(person).unwrap().first().filter(|home| home.term.until.is_none()).map(|home| home.household)
}

fn block_of(world: &World, household: GroupId) -> Option<GroupId> {
    world.household(household).unwrap().unwrap().block
}

fn depart(person: PersonId) -> Command {
    Command::Depart { person, why: Departure::Died }
}

fn holds(world: &World, person: PersonId) -> bool {
    !world.devices_of(person).unwrap().is_empty()
}

#[test]
fn a_family_that_moves_in_reads_the_boards_of_its_block() {
    let world = with_family();
    assert_eq!(world.members(KATO_HOME).unwrap(), [KATO, YUMI]);
    let feeds = rights::feeds(&world, YUMI, Timestamp::from_millis(world.now), false).unwrap();
    assert!(feeds.contains_key(&FeedName::Board(MIDORI_1)) && feeds.contains_key(&FeedName::Board(MIDORI)));
}

#[test]
fn nobody_moves_in_under_an_id_that_is_taken_nor_into_another_association() {
    let mut world = with_family();
    assert_eq!(world.does(CHAIR, family()), Err(Refusal::IdReused));
    assert_eq!(
        world.does(CHAIR, Command::AddPerson { household: SATO_HOME, newcomer: newcomer(KATO, "別の人") }),
        Err(Refusal::IdReused)
    );
    let elsewhere = |block| match family() {
        Command::AddHousehold { name, reading, .. } => Command::AddHousehold {
            household: OWN_HOME,
            block,
            name,
            reading,
            paper: true,
            place: None,
            people: vec![],
        },
        other => other,
    };
    assert_eq!(world.does(CHAIR, elsewhere(HIKARI_1)), Err(Refusal::NotAllowed));
    assert_eq!(world.does(CHAIR, elsewhere(MIDORI)), Err(Refusal::WrongPlace));
    assert_eq!(world.does(SATO, elsewhere(MIDORI_1)), Err(Refusal::NotAllowed), "nor by a resident");
}

#[test]
fn a_correction_names_what_its_officer_saw() {
    let mut world = with_family();
    let name = |seen, name: &str| Command::CorrectPerson {
        person: KATO,
        seen: Rev(seen),
        name: Some(name.to_owned()),
        reading: Change::Keep,
    };
    world.does(CHAIR, name(1, "加藤 晋")).unwrap();
    assert_eq!(world.does(CHAIR, name(1, "加藤 慎")), Err(Refusal::Conflict));
    assert_eq!(world.does(CHAIR, name(3, "加藤 慎")), Err(Refusal::UnknownRev));
    assert_eq!(world.person(KATO).unwrap().unwrap().name, "加藤 晋");
}

#[test]
fn who_moved_lives_there_at_once_though_the_clock_is_set_back() {
    let mut world = with_family();
    world.minutes(1);
    world.does(CHAIR, Command::MovePerson { person: YUMI, to: SATO_HOME }).unwrap();
    let now = Timestamp::from_millis(world.now).plus_millis(-90_000);
    let feeds = rights::feeds(&world, YUMI, now, false).unwrap();
    let boards = [KATO_HOME, SATO_HOME].map(|home| feeds.contains_key(&FeedName::Board(home)));
    assert_eq!(boards, [false, true], "nothing would tell her phone when that moment comes");
    let profile = profile(&world, YUMI, now).unwrap().unwrap();
    assert_eq!(profile.residence.map(|residence| residence.household), Some(SATO_HOME));
}

#[test]
fn a_guest_hears_whose_guest_they_are_when_their_host_was_known_twice() {
    let mut world = with_family();
    let same = world.op(CHAIR, Command::SamePerson { person: YUMI, twice: SATO });
    assert!(world.judge(&same).unwrap().effects.contains(&Effect::Rights(GUEST)));
}

#[test]
fn the_home_somebody_left_is_counted_anew_when_they_read_on_elsewhere() {
    let mut world = with_family();
    let notice = world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap();
    let read = |stage| Command::Receipt { notice, rev: Rev::FIRST, stage };
    world.does(YUMI, read(Stage::Delivered)).unwrap();
    world.minutes(1);
    world.does(CHAIR, Command::MovePerson { person: YUMI, to: SATO_HOME }).unwrap();
    world.minutes(1);
    let read_on = world.op(YUMI, read(Stage::Displayed));
    let effects = world.judge(&read_on).unwrap().effects;
    for home in [KATO_HOME, SATO_HOME] {
        assert!(effects.contains(&Effect::Mark(Mark::Tally(notice, home))), "{home}: {effects:?}");
    }
}

#[test]
fn a_home_that_nobody_lives_in_any_more_is_closed_and_takes_nobody_in() {
    let mut world = with_family();
    world.does(CHAIR, Command::MovePerson { person: SATO, to: KATO_HOME }).unwrap();
    assert_eq!(home_of(&world, SATO), Some(KATO_HOME));
    assert_eq!(block_of(&world, SATO_HOME), None);
    assert_eq!(world.does(CHAIR, haru(SATO_HOME)), Err(Refusal::UnknownGroup));
    assert_eq!(
        world.does(CHAIR, Command::MoveHousehold { household: SATO_HOME, to: MIDORI_1 }),
        Err(Refusal::UnknownGroup)
    );
    world.does(CHAIR, Command::MovePerson { person: YUMI, to: KATO_HOME }).unwrap();
    assert_eq!(world.members(KATO_HOME).unwrap(), [SATO, KATO, YUMI], "who moves to their own home stays");
}

#[test]
fn a_death_ends_everything_she_held_and_leaves_the_widower_at_home() {
    let mut world = with_family();
    world.does(CHAIR, haru(SATO_HOME)).unwrap();
    world.agree();
    world.does(CHAIR, depart(SATO)).unwrap();
    assert_eq!(world.person(SATO).unwrap().unwrap().moods_to_team, None);
    assert_eq!((home_of(&world, SATO), home_of(&world, HARU)), (None, Some(SATO_HOME)));
    assert_eq!(block_of(&world, SATO_HOME), Some(MIDORI_1));
    assert!(!holds(&world, SATO), "her phone holds her no more");
    assert!(!holds(&world, GUEST) && world.guest_of(GUEST).unwrap().is_empty(), "nor does her daughter's her guest");
    assert!(holds(&world, CHAIR));
    world.does(CHAIR, depart(HARU)).unwrap();
    assert_eq!(block_of(&world, SATO_HOME), None, "the last one closes the home");
    let role = |person| Command::GrantRole {
        role: RoleId::from_number(9),
        person,
        group: MIDORI,
        kind: RoleKind::Officer,
        until: None,
    };
    assert_eq!(world.does(CLERK, role(SATO)), Err(Refusal::UnknownPerson), "and nothing is given to her any more");
}

#[test]
fn who_holds_a_role_is_only_seen_off_by_somebody_who_may_end_it() {
    let mut world = with_family();
    let role = |number, person, group, kind| Command::GrantRole {
        role: RoleId::from_number(number),
        person,
        group,
        kind,
        until: None,
    };
    world.does(CLERK, role(8, KATO, MIDORI, RoleKind::Officer)).unwrap();
    world.does(CLERK, role(9, YUMI, MIDORI_TEAM, RoleKind::Commissioner)).unwrap();
    assert_eq!(world.does(KATO, depart(CHAIR)), Err(Refusal::NotAllowed), "an officer does not unseat the chair");
    assert_eq!(world.does(CHAIR, depart(YUMI)), Err(Refusal::NotAllowed), "nor the chair a commissioner");
    world.does(CHAIR, depart(KATO)).unwrap();
    world.does(CLERK, depart(YUMI)).unwrap();
    let lasting = world.roles.iter().filter(|role| role.term.until.is_none());
    assert_eq!(lasting.map(|role| role.person).collect::<Vec<_>>(), [CHAIR, COMMISSIONER, CLERK]);
    world.does(CLERK, depart(CHAIR)).unwrap();
    assert!(world.roles.iter().all(|role| role.person != CHAIR || role.term.until.is_some()), "a death is not refused");
}

#[test]
fn two_homes_become_one_and_a_son_makes_his_own() {
    let mut world = with_family();
    world.does(CHAIR, Command::MergeHouseholds { from: SATO_HOME, into: KATO_HOME }).unwrap();
    assert_eq!(world.members(KATO_HOME).unwrap(), [SATO, KATO, YUMI]);
    assert_eq!(world.household(SATO_HOME).unwrap().unwrap().into, Some(KATO_HOME));
    let split = |people: &[PersonId]| Command::SplitHousehold {
        from: KATO_HOME,
        household: OWN_HOME,
        block: MIDORI_1,
        name: "加藤（二軒目）".to_owned(),
        people: people.to_vec(),
    };
    assert_eq!(world.does(CHAIR, split(&[KATO, HARU])), Err(Refusal::UnknownPerson));
    world.does(CHAIR, split(&[KATO])).unwrap();
    assert_eq!((world.members(OWN_HOME).unwrap(), home_of(&world, YUMI)), (vec![KATO], Some(KATO_HOME)));
}

/// Haru is Sato Hana, written down a second time with a phone of her own.
fn known_twice(world: &mut World) {
    world.does(CHAIR, haru(KATO_HOME)).unwrap();
    world.devices.insert(DeviceId::from_number(33), vec![HARU]);
    world.minutes(1);
}

const SAME: Command = Command::SamePerson { person: SATO, twice: HARU };

fn feels(world: &mut World, person: PersonId, mood: Mood) {
    let day = ZoneOffsets::fixed(32_400).day_of(Timestamp::from_millis(world.now));
    world.does(person, Command::CheckIn { mood, day }).unwrap();
}

#[test]
fn who_was_known_twice_keeps_all_that_either_said() {
    let mut world = with_family();
    known_twice(&mut world);
    let notices = [1, 2].map(|_| world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap());
    let taps = |world: &mut World, person, notice, stage| {
        world.does(person, Command::Receipt { notice, rev: Rev::FIRST, stage }).unwrap();
    };
    taps(&mut world, SATO, notices[0], Stage::Displayed);
    taps(&mut world, HARU, notices[0], Stage::Acknowledged);
    taps(&mut world, HARU, notices[1], Stage::Displayed);
    for person in [SATO, HARU] {
        world.does(person, Command::Consent { moods_to_team: true }).unwrap();
    }
    feels(&mut world, SATO, Mood::Good);
    world.minutes(24 * 60);
    feels(&mut world, HARU, Mood::Fair);
    world.does(CHAIR, SAME).unwrap();

    let stages = notices.map(|notice| world.receipt(SATO, notice).unwrap().map(|receipt| receipt.stage));
    assert_eq!(stages, [Some(Stage::Acknowledged), Some(Stage::Displayed)]);
    let mine = world.mine(SATO).unwrap();
    assert_eq!(mine.newest.map(|newest| newest.mood), Some(Mood::Fair));
    assert_eq!(mine.strip.moods()[28..], [Some(Mood::Good), Some(Mood::Fair)]);
    assert_eq!(world.device_persons(DeviceId::from_number(33)).unwrap(), [SATO], "her second phone is hers");
    assert_eq!((home_of(&world, SATO), home_of(&world, HARU)), (Some(SATO_HOME), None));
    assert_eq!(world.members(KATO_HOME).unwrap(), [KATO, YUMI]);
}

#[test]
fn what_a_phone_says_that_has_not_heard_yet_is_the_firsts() {
    let mut world = with_family();
    known_twice(&mut world);
    let notice = world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap();
    let tapped = world.op(HARU, Command::Receipt { notice, rev: Rev::FIRST, stage: Stage::Acknowledged });
    world.does(CHAIR, SAME).unwrap();
    world.minutes(10);
    let effects = world.judge_on(&tapped, DeviceId::from_number(33)).unwrap();
    world.carry_out(effects);
    assert_eq!(world.receipt(SATO, notice).unwrap().map(|receipt| receipt.stage), Some(Stage::Acknowledged));
    assert_eq!(world.receipt(HARU, notice).unwrap(), None);
    world.does(CHAIR, SAME).unwrap();
    world.does(CHAIR, Command::MovePerson { person: HARU, to: KATO_HOME }).unwrap();
    assert_eq!(home_of(&world, SATO), Some(KATO_HOME), "the second id leads to her");
}

#[test]
fn who_turns_out_to_have_been_somebody_who_is_gone_is_gone_too() {
    let mut world = with_family();
    known_twice(&mut world);
    world.guests.push((GUEST, HARU));
    let (mut restored, lost) = Lost::since(&mut world, |world| {
        world.does(CHAIR, SAME).unwrap();
    });
    restored.epoch();
    restored.does(CHAIR, depart(SATO)).unwrap();
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert!(!holds(&restored, SATO) && !holds(&restored, HARU), "her second phone does not bring her back");
    assert_eq!(restored.guests_of(SATO).unwrap(), []);
    assert_eq!(restored.person(HARU).unwrap().unwrap().same, Some(SATO));
}

#[test]
fn a_withdrawal_by_either_stands_unless_she_agreed_later() {
    for (later, stands) in [(SATO, true), (HARU, false)] {
        let mut world = with_family();
        known_twice(&mut world);
        let says = |world: &mut World, person| {
            world.does(person, Command::Consent { moods_to_team: person == SATO }).unwrap();
            world.minutes(1);
        };
        let earlier = if later == SATO { HARU } else { SATO };
        says(&mut world, earlier);
        says(&mut world, later);
        world.does(CHAIR, SAME).unwrap();
        assert_eq!(world.person(SATO).unwrap().unwrap().moods_to_team.is_some(), stands);
    }
}

#[test]
fn being_called_the_same_is_no_detour_to_moods_nor_to_a_role() {
    let mut world = with_family();
    let same = |person, twice| Command::SamePerson { person, twice };
    world.homes.lives(COMMISSIONER, KATO_HOME, noon(), Commit(0));
    assert_eq!(world.does(CHAIR, same(YUMI, COMMISSIONER)), Err(Refusal::NotAllowed));
    assert_eq!(world.does(CHAIR, same(COMMISSIONER, YUMI)), Err(Refusal::NotAllowed));
    let officer = Command::GrantRole {
        role: RoleId::from_number(8),
        person: KATO,
        group: MIDORI,
        kind: RoleKind::Officer,
        until: None,
    };
    world.does(CHAIR, officer).unwrap();
    world.homes.lives(CHAIR, SATO_HOME, noon(), Commit(0));
    for (person, twice) in [(KATO, CHAIR), (CHAIR, KATO)] {
        assert_eq!(world.does(KATO, same(person, twice)), Err(Refusal::OwnRole));
    }
    world.does(CHAIR, same(SATO, YUMI)).unwrap();
}

/// All that a roster says, and who holds what.
#[derive(Debug, PartialEq)]
struct Said {
    homes: BTreeMap<GroupId, (Option<GroupId>, String, Vec<PersonId>)>,
    people: Vec<(String, bool, Option<PersonId>, bool)>,
    roles: Vec<(PersonId, bool)>,
    phones: BTreeMap<DeviceId, Vec<PersonId>>,
}

fn said(world: &World) -> Said {
    let homes = world.groups.values().filter(|group| world.household(group.id).unwrap().is_some());
    let home = |home: &crate::tree::Group| (home.id, (home.parent, home.name.clone(), world.members(home.id).unwrap()));
    let person = |person: &crate::people::Person| {
        (person.name.clone(), person.gone.is_some(), person.same, person.moods_to_team.is_some())
    };
    let phones = world.devices.iter().filter(|(_, persons)| !persons.is_empty());
    let mut roles: Vec<_> = world.roles.iter().map(|role| (role.person, role.term.until.is_some())).collect();
    roles.sort_unstable();
    Said {
        homes: homes.map(home).collect(),
        people: world.persons.values().map(person).collect(),
        roles,
        phones: phones.map(|(device, persons)| (*device, persons.clone())).collect(),
    }
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let last = count - 1;
    let longer = |order: Vec<usize>| {
        (0..count).map(move |place| {
            let mut order = order.clone();
            order.insert(place, last);
            order
        })
    };
    orders(last).into_iter().flat_map(longer).collect()
}

/// Hands everything back in every order, what has to wait once more, and compares with the world that lost nothing.
fn comes_back(mut world: World, live: impl Fn(&mut World)) {
    let (restored, lost) = Lost::since(&mut world, &live);
    for order in orders(lost.0.len()) {
        let mut restored = restored.clone();
        let mut waiting: Vec<usize> = order.clone();
        for _ in 0..lost.0.len() {
            waiting.retain(|place| !hand_back(&mut restored, &lost.0[*place]));
        }
        assert_eq!(waiting, [] as [usize; 0], "{order:?}");
        assert_eq!(said(&restored), said(&world), "{order:?}");
    }
}

#[test]
fn moves_come_back_in_any_order() {
    comes_back(World::new(), |world| {
        let mut does = |command| {
            world.minutes(1);
            world.does(CHAIR, command).unwrap();
        };
        does(family());
        does(Command::MovePerson { person: YUMI, to: SATO_HOME });
        does(Command::MovePerson { person: SATO, to: KATO_HOME });
        does(haru(KATO_HOME));
        does(Command::MovePerson { person: YUMI, to: KATO_HOME });
    });
}

#[test]
fn a_home_that_was_left_only_because_the_news_came_late_is_open_again() {
    comes_back(with_family(), |world| {
        let mut does = |command| {
            world.minutes(1);
            world.does(CHAIR, command).unwrap();
        };
        does(Command::MovePerson { person: KATO, to: SATO_HOME });
        does(depart(SATO));
        does(Command::MovePerson { person: YUMI, to: SATO_HOME });
        does(depart(KATO));
    });
}

#[test]
fn homes_merged_and_split_come_back_in_any_order() {
    comes_back(with_family(), |world| {
        let mut does = |command| {
            world.minutes(1);
            world.does(CHAIR, command).unwrap();
        };
        does(haru(SATO_HOME));
        does(Command::MergeHouseholds { from: SATO_HOME, into: KATO_HOME });
        does(Command::SplitHousehold {
            from: KATO_HOME,
            household: OWN_HOME,
            block: MIDORI_1,
            name: "加藤（二軒目）".to_owned(),
            people: vec![KATO, HARU],
        });
        does(depart(HARU));
    });
}

#[test]
fn who_was_known_twice_stays_one_in_whatever_order_it_is_heard() {
    comes_back(with_family(), |world| {
        world.does(CHAIR, haru(KATO_HOME)).unwrap();
        world.minutes(1);
        let officer = Command::GrantRole {
            role: RoleId::from_number(8),
            person: HARU,
            group: MIDORI,
            kind: RoleKind::Officer,
            until: None,
        };
        world.does(CHAIR, officer).unwrap();
        world.minutes(1);
        world.does(CHAIR, SAME).unwrap();
        world.minutes(1);
        world.does(CHAIR, Command::MovePerson { person: SATO, to: KATO_HOME }).unwrap();
    });
}

#[test]
fn a_departure_known_by_its_mark_alone_ends_as_much_as_the_op() {
    let (mut told, mut marked) = (with_family(), with_family());
    told.does(CHAIR, depart(SATO)).unwrap();
    let now = Timestamp::from_millis(marked.now);
    let effects =
        ended(&marked, Ended::Departed(SATO), Commit(90), &Ending { at: now, now, zone: &ZoneOffsets::fixed(32_400) })
            .unwrap();
    marked.commit = Commit(90);
    marked.carry_out(effects);
    assert_eq!(said(&marked), said(&told));
    assert_eq!(
        ended(&marked, Ended::Departed(SATO), Commit(90), &Ending { at: now, now, zone: &ZoneOffsets::fixed(32_400) })
            .unwrap()
            .effects,
        [],
        "once"
    );
}
