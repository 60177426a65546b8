//! Stories of a server that lost its last hours with a restored backup, and of phones that hand them back in any order.

use super::{Ending, ended, replay, world::*};
use crate::{
    check_in::Mood,
    feed::{Audience, FeedName},
    id::{Commit, DeviceId, GroupId, NoticeId, Rev, RoleId},
    notice::{Change, NoticePatch, Phase},
    op::{Command, Op},
    outcome::Flag,
    people::{Role, RoleKind},
    receipt::Stage,
    replay::Ended,
    row::kind,
    time::{Term, Timestamp, ZoneOffsets},
    tree::{Group, GroupKind},
    view::{Context, Effect, Effects, Mark, View},
};

/// What the server applied since a backup was made.
pub(super) struct Lost(pub Vec<(Commit, Op)>);

impl Lost {
    /// Lives on from a backup; what is done is lost afterwards.
    pub(super) fn since(world: &mut World, live: impl FnOnce(&mut World)) -> (World, Self) {
        let backup = world.clone();
        live(world);
        let restored = World { now: world.now, more_may_come: true, ..backup.clone() };
        (restored, Self(world.history[backup.history.len()..].to_vec()))
    }
}

fn judge(world: &World, (commit, op): &(Commit, Op)) -> Option<Effects> {
    let zone = ZoneOffsets::fixed(32_400);
    let device = DeviceId::from_number(op.person.number());
    let context = Context { now: Timestamp::from_millis(world.now), device, zone: &zone };
    replay(world, op, *commit, &context).unwrap()
}

/// Hands one back; whether it was taken.
pub(super) fn hand_back(world: &mut World, lost: &(Commit, Op)) -> bool {
    let Some(effects) = judge(world, lost) else { return false };
    world.commit = lost.0;
    world.history.push(lost.clone());
    world.history.sort_by_key(|(commit, _)| *commit);
    world.carry_out_under(effects, lost.0);
    true
}

fn consent(moods_to_team: bool) -> Command {
    Command::Consent { moods_to_team }
}

#[test]
fn a_withdrawn_consent_stays_withdrawn_whichever_phone_comes_first() {
    for order in [[0, 1], [1, 0]] {
        let (mut restored, lost) = Lost::since(&mut World::new(), |world| {
            world.does(SATO, consent(true)).unwrap();
            world.minutes(1);
            world.does(SATO, consent(false)).unwrap();
        });
        for place in order {
            assert!(hand_back(&mut restored, &lost.0[place]));
        }
        assert_eq!(restored.person(SATO).unwrap().unwrap().moods_to_team, None, "{order:?}");
    }
}

#[test]
fn of_two_consents_in_the_same_moment_the_one_applied_later_stands() {
    let (mut restored, lost) = Lost::since(&mut World::new(), |world| {
        world.does(SATO, consent(true)).unwrap();
        world.does(SATO, consent(false)).unwrap();
    });
    assert!(hand_back(&mut restored, &lost.0[1]));
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert_eq!(restored.person(SATO).unwrap().unwrap().moods_to_team, None);
}

#[test]
fn a_withdrawal_known_by_its_mark_alone_ends_the_consent_but_not_a_later_one() {
    let mut world = World::new();
    world.agree();
    let withdrawn = Timestamp::from_millis(world.now).plus_millis(60_000);
    world.minutes(2);
    let now = Timestamp::from_millis(world.now);
    let effects = ended(
        &world,
        Ended::Withdrawn(SATO),
        Commit(9),
        &Ending { at: withdrawn, now, zone: &ZoneOffsets::fixed(32_400) },
    )
    .unwrap();
    world.carry_out(effects);
    assert_eq!(world.person(SATO).unwrap().unwrap().moods_to_team, None);
    world.agree();
    let again = ended(
        &world,
        Ended::Withdrawn(SATO),
        Commit(9),
        &Ending { at: withdrawn, now, zone: &ZoneOffsets::fixed(32_400) },
    )
    .unwrap();
    let told_to_the_team = Effect::Mark(Mark::Status(SATO));
    assert_eq!(again.effects, [Effect::MoodsErased(SATO), told_to_the_team], "the newer yes stands");
}

#[test]
fn a_withdrawal_in_the_very_moment_of_the_consent_is_no_less_one() {
    let mut world = World::new();
    world.agree();
    let moment = Timestamp::from_millis(world.now);
    let effects = ended(
        &world,
        Ended::Withdrawn(SATO),
        Commit(2),
        &Ending { at: moment, now: moment, zone: &ZoneOffsets::fixed(32_400) },
    )
    .unwrap();
    world.carry_out(effects);
    assert_eq!(world.person(SATO).unwrap().unwrap().moods_to_team, None);
}

#[test]
fn a_receipt_for_a_circular_that_has_not_come_back_waits_for_it() {
    let mut notice = None;
    let (mut restored, lost) = Lost::since(&mut World::new(), |world| {
        let id = world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap();
        world.taps(id, 1, Stage::Acknowledged).unwrap();
        notice = Some(id);
    });
    let [post, receipt] = &lost.0[..] else { panic!("two ops") };
    assert!(!hand_back(&mut restored, receipt), "later");
    assert!(hand_back(&mut restored, post));
    assert!(hand_back(&mut restored, receipt));
    let kept = restored.receipt(SATO, notice.unwrap()).unwrap().unwrap();
    assert_eq!(kept.stage, Stage::Acknowledged);
}

#[test]
fn a_receipt_never_goes_back_when_an_older_one_is_handed_back() {
    let mut world = World::new();
    let id = world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap();
    let (mut restored, lost) = Lost::since(&mut world, |world| {
        world.taps(id, 1, Stage::Displayed).unwrap();
        world.minutes(1);
        world.taps(id, 1, Stage::Acknowledged).unwrap();
    });
    assert!(hand_back(&mut restored, &lost.0[1]));
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert_eq!(restored.receipt(SATO, id).unwrap().unwrap().stage, Stage::Acknowledged);
}

fn retitle(notice: NoticeId, seen: u32, title: &str) -> Command {
    let patch = NoticePatch { title: Some(title.into()), ..NoticePatch::default() };
    Command::Correct { notice, seen: Rev(seen), patch }
}

fn replace(notice: NoticeId, seen: u32, place: &str) -> Command {
    let patch = NoticePatch { place: Change::Set(place.into()), ..NoticePatch::default() };
    Command::Correct { notice, seen: Rev(seen), patch }
}

#[test]
fn corrections_come_back_in_their_order_with_the_revs_phones_hold() {
    let mut world = World::new();
    let id = world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap();
    let (mut restored, lost) = Lost::since(&mut world, |world| {
        world.does(CHAIR, replace(id, 1, "北公園")).unwrap();
        world.does(CHAIR, retitle(id, 2, "清掃は北公園です")).unwrap();
    });
    assert!(!hand_back(&mut restored, &lost.0[1]), "the rev it saw is not here yet");
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert!(hand_back(&mut restored, &lost.0[1]));
    let [before, after] = [&world, &restored].map(|world| world.notices[&id].clone());
    assert_eq!((after.rev, after.body.asks), (before.rev, before.body.asks));
    assert_eq!((&after.body.title, &after.body.points), (&before.body.title, &before.body.points));
}

#[test]
fn a_lost_correction_goes_beneath_one_made_since_the_restore() {
    let mut world = World::new();
    let id = world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap();
    let (mut restored, lost) = Lost::since(&mut world, |world| {
        world.does(CHAIR, replace(id, 1, "北公園")).unwrap();
        world.does(CHAIR, retitle(id, 2, "むかしの題")).unwrap();
    });
    restored.epoch();
    restored.does(CHAIR, retitle(id, 1, "あたらしい題")).unwrap();
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert!(hand_back(&mut restored, &lost.0[1]));
    let notice = &restored.notices[&id];
    assert_eq!(notice.body.title, "あたらしい題");
    assert_eq!(notice.body.points.place.as_deref(), Some("北公園"));
    assert!(notice.rev > Rev(3), "a rev no phone holds: {:?}", notice.rev);
}

#[test]
fn a_withdrawn_circular_stays_withdrawn_when_its_correction_comes_last() {
    let mut world = World::new();
    let id = world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap();
    let (mut restored, lost) = Lost::since(&mut world, |world| {
        world.does(CHAIR, replace(id, 1, "北公園")).unwrap();
    });
    restored.epoch();
    let reason = "中止になりました".to_owned();
    restored.does(CHAIR, Command::Withdraw { notice: id, seen: Rev(1), reason }).unwrap();
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert_eq!(restored.notices[&id].phase, Phase::Withdrawn);
    assert!(restored.notices[&id].body.withdrawn.is_some());
}

#[test]
fn the_end_of_a_role_waits_for_the_role_and_then_ends_it() {
    let role = RoleId::from_number(77);
    let (mut restored, lost) = Lost::since(&mut World::new(), |world| {
        let kind = RoleKind::BlockLeader;
        world.does(CHAIR, Command::GrantRole { role, person: SATO, group: MIDORI_1, kind, until: None }).unwrap();
        world.minutes(1);
        world.does(CHAIR, Command::EndRole { role }).unwrap();
    });
    assert!(!hand_back(&mut restored, &lost.0[1]), "later");
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert!(hand_back(&mut restored, &lost.0[1]));
    let now = Timestamp::from_millis(restored.now);
    assert!(!restored.role(role).unwrap().unwrap().term.holds(now));
}

#[test]
fn a_tap_taken_back_stays_so() {
    let (mut restored, lost) = Lost::since(&mut World::new(), |world| {
        let talk = world.feels(Mood::Talk).unwrap();
        world.does(SATO, Command::TakeBack { op: talk }).unwrap();
    });
    assert!(!hand_back(&mut restored, &lost.0[1]), "later");
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert!(hand_back(&mut restored, &lost.0[1]));
    assert_eq!(restored.mine(SATO).unwrap().newest, None);
}

#[test]
fn a_tap_taken_back_twice_since_is_taken_back_once() {
    let mut world = World::new();
    let talk = world.feels(Mood::Talk).unwrap();
    let (mut restored, lost) = Lost::since(&mut world, |world| {
        world.does(SATO, Command::TakeBack { op: talk }).unwrap();
    });
    restored.epoch();
    restored.does(SATO, Command::TakeBack { op: talk }).unwrap();
    assert_eq!(judge(&restored, &lost.0[0]).unwrap().flags, [Flag::Nothing]);
}

#[test]
fn a_tap_of_long_ago_is_taken_back_as_it_was_and_those_beside_it_stay() {
    let mut world = World::new();
    world.agree();
    world.feels(Mood::Good).unwrap();
    world.minutes(1);
    let (mut restored, lost) = Lost::since(&mut world, |world| {
        let talk = world.feels(Mood::Talk).unwrap();
        world.does(SATO, Command::TakeBack { op: talk }).unwrap();
    });
    restored.minutes(100 * 24 * 60);
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert!(hand_back(&mut restored, &lost.0[1]));
    assert_eq!(restored.mine(SATO), world.mine(SATO));
    assert_eq!(talks(&restored), []);
}

#[test]
fn taking_back_waits_for_the_tap_and_changes_nothing_where_that_never_comes_back() {
    let (mut restored, lost) = Lost::since(&mut World::new(), |world| {
        let talk = world.feels(Mood::Talk).unwrap();
        world.does(SATO, Command::TakeBack { op: talk }).unwrap();
    });
    assert!(!hand_back(&mut restored, &lost.0[1]), "later");
    restored.more_may_come = false;
    assert_eq!(judge(&restored, &lost.0[1]).unwrap().flags, [Flag::Nothing]);
}

/// The teams with whom talks stand.
fn talks(world: &World) -> Vec<GroupId> {
    let stand = world.rows.keys().filter(|(_, kind, _)| kind == kind::TALK);
    stand.map(|(feed, ..)| if let FeedName::Desk(team) = feed { *team } else { panic!("{feed}") }).collect()
}

/// Another team where there was none, with somebody who works in it.
fn staff_hikari(world: &mut World) {
    let (id, kind, parent) = (HIKARI_TEAM, GroupKind::Team, Some(HIKARI));
    world.groups.insert(id, Group { id, kind, parent, name: "光が丘 民生委員".into() });
    let (id, kind) = (RoleId::from_number(78), RoleKind::Commissioner);
    world.roles.push(Role {
        id,
        person: GUEST,
        group: HIKARI_TEAM,
        kind,
        term: Term::since(Timestamp::from_millis(0)),
    });
}

const HIKARI_TEAM: GroupId = GroupId::from_number(29);
const STAFFS_MIDORI: RoleId = RoleId::from_number(2);

#[test]
fn a_talk_goes_back_to_the_team_it_had_reached_wherever_its_household_stands_by_then() {
    for (another_team, order) in [(false, [0, 1]), (false, [1, 0]), (true, [0, 1]), (true, [1, 0])] {
        let mut world = World::new();
        if another_team {
            staff_hikari(&mut world);
        }
        let (mut restored, lost) = Lost::since(&mut world, |world| {
            world.feels(Mood::Talk).unwrap();
            world.minutes(1);
            world.does(CLERK, Command::MoveHousehold { household: SATO_HOME, to: HIKARI_1 }).unwrap();
        });
        for place in order {
            assert!(hand_back(&mut restored, &lost.0[place]));
        }
        assert_eq!(talks(&restored), [MIDORI_TEAM], "another team: {another_team}, {order:?}");
        assert_eq!(restored.mine(SATO).unwrap().newest.unwrap().mood, Mood::Talk);
    }
}

#[test]
fn a_talk_whose_team_nobody_works_in_any_more_reaches_another_or_stands_where_it_stood() {
    for another_team in [false, true] {
        let mut world = World::new();
        if another_team {
            staff_hikari(&mut world);
        }
        let (mut restored, lost) = Lost::since(&mut world, |world| {
            world.feels(Mood::Talk).unwrap();
            world.minutes(1);
            world.does(CLERK, Command::MoveHousehold { household: SATO_HOME, to: HIKARI_1 }).unwrap();
            world.does(CLERK, Command::EndRole { role: STAFFS_MIDORI }).unwrap();
            world.minutes(1);
        });
        for place in [2, 1, 0] {
            assert!(hand_back(&mut restored, &lost.0[place]));
        }
        assert_eq!(talks(&restored), [if another_team { HIKARI_TEAM } else { MIDORI_TEAM }]);
    }
}

#[test]
fn a_talk_waits_for_its_team_to_come_back_and_is_history_where_that_never_does() {
    let role = RoleId::from_number(77);
    let mut world = World::new();
    world.roles.retain(|role| role.id != STAFFS_MIDORI);
    let (mut restored, lost) = Lost::since(&mut world, |world| {
        let kind = RoleKind::Commissioner;
        let person = COMMISSIONER;
        world.does(CLERK, Command::GrantRole { role, person, group: MIDORI_TEAM, kind, until: None }).unwrap();
        world.minutes(1);
        world.feels(Mood::Talk).unwrap();
    });
    let mut waited = World { more_may_come: false, ..restored.clone() };
    assert!(!hand_back(&mut restored, &lost.0[1]), "later");
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert!(hand_back(&mut restored, &lost.0[1]));
    assert_eq!(talks(&restored), [MIDORI_TEAM]);
    assert!(hand_back(&mut waited, &lost.0[1]));
    assert_eq!(talks(&waited), []);
    assert_eq!(waited.mine(SATO).unwrap().newest.unwrap().mood, Mood::Talk);
}

#[test]
fn what_is_here_already_changes_nothing() {
    let mut world = World::new();
    let before = world.history.len();
    world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap();
    let effects = judge(&world, &world.history[before]).unwrap();
    assert_eq!((effects.effects, effects.flags), (Vec::new(), vec![Flag::Nothing]));
}

#[test]
fn an_invitation_printed_before_the_restore_opens_nothing() {
    let mut world = World::new();
    let (mut restored, lost) = Lost::since(&mut world, |world| {
        let to = crate::op::Invitee::Household(SATO_HOME);
        let invite = crate::id::InviteId::from_number(5);
        world.does(CHAIR, Command::Invite { invite, to, secret: "x".into(), passed_on: false }).unwrap();
    });
    let effects = judge(&restored, &lost.0[0]).unwrap().effects;
    assert!(matches!(effects[..], [Effect::Invite { void: true, .. }]), "{effects:?}");
    assert!(hand_back(&mut restored, &lost.0[0]));
}
