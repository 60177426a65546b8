//! Stories of a server that lost its last hours with a restored backup, and of phones that hand them back in any order.

use super::{ended, replay, world::*};
use crate::{
    check_in::Mood,
    feed::Audience,
    id::{Commit, DeviceId, NoticeId, Rev, RoleId},
    notice::{Change, NoticePatch, Phase},
    op::{Command, Op},
    outcome::Flag,
    people::RoleKind,
    receipt::Stage,
    replay::Ended,
    time::{Timestamp, ZoneOffsets},
    view::{Context, Effect, Effects, View},
};

/// What the server applied since a backup was made.
struct Lost(Vec<(Commit, Op)>);

impl Lost {
    /// Lives on from a backup; what is done is lost afterwards.
    fn since(world: &mut World, live: impl FnOnce(&mut World)) -> (World, Self) {
        let backup = world.clone();
        live(world);
        let mut restored = backup.clone();
        restored.now = world.now;
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
fn hand_back(world: &mut World, lost: &(Commit, Op)) -> bool {
    let Some(effects) = judge(world, lost) else { return false };
    world.history.push(lost.clone());
    world.history.sort_by_key(|(commit, _)| *commit);
    world.carry_out(effects);
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
    let effects = ended(&world, Ended::Withdrawn(SATO), Commit(9), withdrawn, now).unwrap();
    world.carry_out(effects);
    assert_eq!(world.person(SATO).unwrap().unwrap().moods_to_team, None);
    world.agree();
    let again = ended(&world, Ended::Withdrawn(SATO), Commit(9), withdrawn, now).unwrap();
    assert_eq!(again.effects, [], "the newer yes stands");
}

#[test]
fn a_withdrawal_in_the_very_moment_of_the_consent_is_no_less_one() {
    let mut world = World::new();
    world.agree();
    let moment = Timestamp::from_millis(world.now);
    let effects = ended(&world, Ended::Withdrawn(SATO), Commit(2), moment, moment).unwrap();
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
