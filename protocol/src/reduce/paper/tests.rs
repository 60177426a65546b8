//! Stories of a block leader who carries paper, and of homes that are reached so.

use super::super::{
    restored::{Lost, hand_back},
    world::*,
};
use crate::{
    feed::{Audience, FeedName},
    id::{DeviceId, GroupId, NoticeId, OpId, PersonId, Rev, RoleId},
    notice::{Change, NoticePatch},
    op::Command,
    outcome::Flag,
    paper::PaperStage,
    people::{Role, RoleKind},
    refusal::Refusal,
    row::kind,
    time::{Term, Timestamp},
    view::{Effect, Mark, View},
};

const LEADER: PersonId = PersonId::from_number(6);
const LEADERSHIP: RoleId = RoleId::from_number(6);

/// The district with somebody who leads the block of the Satos, and a circular to their association.
fn with_leader() -> (World, NoticeId) {
    let mut world = World::new();
    lead(&mut world, LEADER, LEADERSHIP, MIDORI_1);
    let notice = world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap();
    world.minutes(1);
    (world, notice)
}

fn lead(world: &mut World, person: PersonId, id: RoleId, group: GroupId) {
    let known = crate::people::Person { id: person, name: "班長".into(), ..world.persons[&CHAIR].clone() };
    world.persons.insert(person, known);
    world.devices.insert(DeviceId::from_number(person.number()), vec![person]);
    let term = Term::since(Timestamp::from_millis(0));
    world.roles.push(Role { id, person, group, kind: RoleKind::BlockLeader, term });
}

fn entry(notice: NoticeId, rev: u32, stage: PaperStage) -> Command {
    Command::PaperReceipt { notice, rev: Rev(rev), household: SATO_HOME, stage }
}

fn enters(world: &mut World, notice: NoticeId, stage: PaperStage) -> Result<OpId, Refusal> {
    world.does(LEADER, entry(notice, 1, stage))
}

fn stands(world: &World, notice: NoticeId) -> Option<PaperStage> {
    world.paper_receipts.get(&(SATO_HOME, notice)).map(|entered| entered.stage)
}

#[test]
fn what_a_leader_enters_counts_where_the_home_counts_and_is_in_the_leaders_mail() {
    let (mut world, notice) = with_leader();
    let op = world.op(LEADER, entry(notice, 1, PaperStage::Handed));
    let effects = world.judge(&op).unwrap();
    assert!(effects.effects.contains(&Effect::Mark(Mark::Tally(notice, SATO_HOME))));
    assert!(effects.flags.is_empty());
    world.carry_out(effects);
    assert_eq!(stands(&world, notice), Some(PaperStage::Handed));
    let mine = world.row(FeedName::Mail(LEADER), kind::PAPER_RECEIPT, &format!("{notice}:{SATO_HOME}")).unwrap();
    assert!(mine.contains("handed"));
}

#[test]
fn a_confirmation_by_proxy_never_goes_back_to_a_copy_handed_over() {
    let (mut world, notice) = with_leader();
    enters(&mut world, notice, PaperStage::Handed).unwrap();
    enters(&mut world, notice, PaperStage::Proxy).unwrap();
    let late = world.op(LEADER, entry(notice, 1, PaperStage::Handed));
    assert_eq!(world.judge(&late).unwrap().flags, [Flag::Nothing]);
    assert_eq!(stands(&world, notice), Some(PaperStage::Proxy));
}

#[test]
fn a_changed_point_asks_for_a_new_copy_and_a_changed_letter_does_not() {
    let (mut world, notice) = with_leader();
    enters(&mut world, notice, PaperStage::Proxy).unwrap();
    let text = NoticePatch { text: Some("雨天中止です。".into()), ..NoticePatch::default() };
    world.does(CHAIR, Command::Correct { notice, seen: Rev(1), patch: text }).unwrap();
    let counts =
        |world: &World| world.paper_receipts[&(SATO_HOME, notice)].counts_for(world.notices[&notice].body.asks);
    assert_eq!(counts(&world), Some(PaperStage::Proxy));
    let place = NoticePatch { place: Change::Set("北公園".into()), ..NoticePatch::default() };
    world.does(CHAIR, Command::Correct { notice, seen: Rev(2), patch: place }).unwrap();
    assert_eq!(counts(&world), None);
    world.does(LEADER, entry(notice, 3, PaperStage::Handed)).unwrap();
    assert_eq!(counts(&world), Some(PaperStage::Handed));
    assert_eq!(world.does(LEADER, entry(notice, 4, PaperStage::Proxy)), Err(Refusal::UnknownRev));
}

#[test]
fn what_was_entered_while_the_role_held_arrives_late_and_what_was_entered_afterwards_is_refused() {
    let (mut world, notice) = with_leader();
    let on_the_way = world.op(LEADER, entry(notice, 1, PaperStage::Handed));
    world.minutes(1);
    world.does(CHAIR, Command::EndRole { role: LEADERSHIP }).unwrap();
    world.minutes(1);
    let effects = world.judge(&on_the_way).unwrap();
    assert_eq!(effects.flags, [Flag::Late]);
    world.carry_out(effects);
    assert_eq!(stands(&world, notice), Some(PaperStage::Handed));
    assert_eq!(enters(&mut world, notice, PaperStage::Proxy), Err(Refusal::RoleEnded));
}

#[test]
fn a_home_that_moved_is_entered_by_the_leader_it_counts_with_and_by_the_one_it_lives_with() {
    let (mut world, notice) = with_leader();
    let theirs = PersonId::from_number(7);
    lead(&mut world, theirs, RoleId::from_number(7), HIKARI_1);
    assert_eq!(world.does(theirs, entry(notice, 1, PaperStage::Handed)), Err(Refusal::NotAllowed));
    world.does(CLERK, Command::MoveHousehold { household: SATO_HOME, to: HIKARI_1 }).unwrap();
    world.minutes(1);
    enters(&mut world, notice, PaperStage::Handed).unwrap();
    world.does(theirs, entry(notice, 1, PaperStage::Proxy)).unwrap();
    assert_eq!(stands(&world, notice), Some(PaperStage::Proxy));
}

#[test]
fn nothing_is_entered_for_a_home_that_the_notice_does_not_ask() {
    let (mut world, _) = with_leader();
    let theirs = world.circular(CLERK, DISTRICT, vec![Audience::Board(HIKARI)]).unwrap();
    world.minutes(1);
    assert_eq!(enters(&mut world, theirs, PaperStage::Handed), Err(Refusal::UnknownNotice));
}

#[test]
fn a_role_is_not_exercised_on_a_phone_that_others_use_too() {
    let (mut world, notice) = with_leader();
    world.devices.insert(DeviceId::from_number(6), vec![LEADER, SATO]);
    assert_eq!(enters(&mut world, notice, PaperStage::Handed), Err(Refusal::SharedDevice));
}

#[test]
fn neither_a_resident_nor_a_commissioner_enters_anything_for_a_home() {
    let (mut world, notice) = with_leader();
    for person in [SATO, COMMISSIONER, CLERK] {
        assert_eq!(world.does(person, entry(notice, 1, PaperStage::Proxy)), Err(Refusal::NotAllowed));
    }
}

#[test]
fn a_home_marked_as_paper_is_counted_anew_everywhere() {
    let (mut world, _) = with_leader();
    let op = world.op(LEADER, Command::SetPaper { household: SATO_HOME, paper: true });
    let effects = world.judge(&op).unwrap();
    for mark in [Mark::Household(SATO_HOME), Mark::Block(MIDORI_1)] {
        assert!(effects.effects.contains(&Effect::Mark(mark)), "{mark:?}");
    }
    world.carry_out(effects);
    assert_eq!(world.is_paper(SATO_HOME), Ok(true));
    assert_eq!(
        world.does(LEADER, Command::SetPaper { household: MIDORI_1, paper: true }),
        Err(Refusal::WrongPlace),
        "a block is no home"
    );
    assert_eq!(world.does(SATO, Command::SetPaper { household: SATO_HOME, paper: false }), Err(Refusal::NotAllowed));
}

#[test]
fn entries_handed_back_after_a_restore_come_to_the_furthest_whichever_phone_comes_first() {
    for order in [[0, 1], [1, 0]] {
        let (mut before, notice) = with_leader();
        let (mut restored, lost) = Lost::since(&mut before, |world| {
            enters(world, notice, PaperStage::Handed).unwrap();
            world.minutes(1);
            world.does(CHAIR, entry(notice, 1, PaperStage::Proxy)).unwrap();
        });
        for place in order {
            assert!(hand_back(&mut restored, &lost.0[place]));
        }
        assert_eq!(stands(&restored, notice), Some(PaperStage::Proxy), "{order:?}");
        assert_eq!(restored.paper_receipts, before.paper_receipts, "{order:?}");
    }
}

#[test]
fn an_entry_for_a_circular_that_has_not_come_back_waits_for_it() {
    let mut world = World::new();
    lead(&mut world, LEADER, LEADERSHIP, MIDORI_1);
    let (mut restored, lost) = Lost::since(&mut world, |world| {
        let notice = world.circular(CHAIR, MIDORI, vec![Audience::Board(MIDORI)]).unwrap();
        enters(world, notice, PaperStage::Handed).unwrap();
    });
    assert!(!hand_back(&mut restored, &lost.0[1]));
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert!(hand_back(&mut restored, &lost.0[1]));
    assert_eq!(restored.paper_receipts.len(), 1);
}

#[test]
fn of_how_a_home_is_reached_what_was_said_last_stands_whichever_phone_comes_first() {
    for order in [[0, 1], [1, 0]] {
        let (mut restored, lost) = Lost::since(&mut with_leader().0, |world| {
            for paper in [true, false] {
                world.does(LEADER, Command::SetPaper { household: SATO_HOME, paper }).unwrap();
            }
        });
        for place in order {
            assert!(hand_back(&mut restored, &lost.0[place]));
        }
        assert_eq!(restored.is_paper(SATO_HOME), Ok(false), "{order:?}");
    }
}

#[test]
fn what_was_said_since_the_restore_is_not_undone_by_what_was_said_before() {
    let (mut restored, lost) = Lost::since(&mut with_leader().0, |world| {
        world.does(LEADER, Command::SetPaper { household: SATO_HOME, paper: true }).unwrap();
    });
    restored.epoch();
    // It changes nothing there, and yet it is the newest that was said.
    restored.does(LEADER, Command::SetPaper { household: SATO_HOME, paper: false }).unwrap();
    assert!(hand_back(&mut restored, &lost.0[0]));
    assert_eq!(restored.is_paper(SATO_HOME), Ok(false));
}
