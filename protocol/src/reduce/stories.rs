//! The rules as stories: a resident, a chair, a commissioner, a clerk and a guest in one small district.

use super::world::*;
use crate::{
    check_in::Mood,
    feed::{Audience, FeedName},
    id::{DeviceId, InviteId, OpId, Rev, RoleId},
    invite::Secret,
    notice::{Change, NoticePatch, Phase},
    op::{Command, Invitee},
    outcome::Flag,
    people::{Residence, RoleKind},
    receipt::Stage,
    refusal::Refusal,
    row::kind,
    time::{Term, Timestamp},
    view::{Effect, Mark, View},
};

fn board(group: crate::id::GroupId) -> Vec<Audience> {
    vec![Audience::Board(group)]
}

#[test]
fn a_mood_without_consent_is_refused_and_with_consent_reaches_the_team() {
    let mut world = World::new();
    assert_eq!(world.feels(Mood::Good), Err(Refusal::ConsentNeeded));
    world.agree();
    world.minutes(1);
    let op = world.op(SATO, Command::CheckIn { mood: Mood::Good, day: "2026-11-22".parse().unwrap() });
    let effects = world.judge(&op).unwrap();
    assert!(effects.effects.contains(&Effect::Mark(Mark::Status(SATO))));
    world.carry_out(effects);
    assert_eq!(world.mine(SATO).unwrap().newest.unwrap().mood, Mood::Good);
}

#[test]
fn a_talk_consents_to_that_request_alone() {
    let mut world = World::new();
    let op = world.op(SATO, Command::CheckIn { mood: Mood::Talk, day: "2026-11-22".parse().unwrap() });
    let effects = world.judge(&op).unwrap();
    assert!(!effects.effects.contains(&Effect::Mark(Mark::Status(SATO))), "no status without consent");
    world.carry_out(effects);
    assert!(world.row(FeedName::Desk(MIDORI_TEAM), kind::TALK, &op.id.to_string()).is_some());
}

#[test]
fn a_talk_with_nobody_to_talk_to_is_refused_with_its_own_code() {
    let mut world = World::new();
    world.does(CLERK, Command::EndRole { role: RoleId::from_number(2) }).unwrap();
    world.minutes(1);
    assert_eq!(world.feels(Mood::Talk), Err(Refusal::NoTeam));
}

#[test]
fn a_withdrawn_consent_stays_withdrawn_when_an_older_yes_arrives_late() {
    let mut world = World::new();
    let mut yes = world.op(SATO, Command::Consent { moods_to_team: true });
    yes.at = yes.at.plus_millis(-60_000);
    world.does(SATO, Command::Consent { moods_to_team: false }).unwrap();
    let effects = world.judge(&yes).unwrap();
    assert_eq!(effects.flags, [Flag::Nothing]);
}

#[test]
fn a_mistaken_tap_is_taken_back_and_the_one_before_shows_again() {
    let mut world = World::new();
    world.agree();
    world.feels(Mood::Good).unwrap();
    world.minutes(1);
    let mistaken = world.feels(Mood::Talk).unwrap();
    world.does(SATO, Command::TakeBack { op: mistaken }).unwrap();
    let mine = world.mine(SATO).unwrap();
    assert_eq!(mine.newest.unwrap().mood, Mood::Good);
    assert_eq!(mine.strip.moods()[29], Some(Mood::Good));
    assert!(world.row(FeedName::Desk(MIDORI_TEAM), kind::TALK, &mistaken.to_string()).is_none());
    assert_eq!(world.does(SATO, Command::TakeBack { op: mistaken }), Err(Refusal::UnknownOp));
}

#[test]
fn a_talk_taken_back_after_the_household_moved_stands_with_no_team() {
    let mut world = World::new();
    let mistaken = world.feels(Mood::Talk).unwrap();
    world.minutes(1);
    world.does(CLERK, Command::MoveHousehold { household: SATO_HOME, to: HIKARI_1 }).unwrap();
    world.does(SATO, Command::TakeBack { op: mistaken }).unwrap();
    assert!(world.row(FeedName::Desk(MIDORI_TEAM), kind::TALK, &mistaken.to_string()).is_none());
}

#[test]
fn a_check_in_that_arrives_days_late_counts_for_its_own_day() {
    let mut world = World::new();
    world.agree();
    let early = world.op(SATO, Command::CheckIn { mood: Mood::Fair, day: "2026-11-22".parse().unwrap() });
    world.minutes(3 * 24 * 60);
    world.feels(Mood::Good).unwrap();
    let effects = world.judge(&early).unwrap();
    world.carry_out(effects);
    let mine = world.mine(SATO).unwrap();
    assert_eq!(mine.newest.unwrap().mood, Mood::Good);
    assert_eq!(mine.strip.moods()[26], Some(Mood::Fair));
}

#[test]
fn a_day_that_has_not_begun_and_one_long_past_are_refused() {
    let mut world = World::new();
    world.agree();
    let tomorrow = Command::CheckIn { mood: Mood::Good, day: "2026-11-23".parse().unwrap() };
    assert_eq!(world.does(SATO, tomorrow), Err(Refusal::DayAhead));
    let long_ago = Command::CheckIn { mood: Mood::Good, day: "2026-09-01".parse().unwrap() };
    assert_eq!(world.does(SATO, long_ago), Err(Refusal::DayPast));
}

#[test]
fn evidence_from_an_impossible_clock_is_clamped_and_flagged_a_power_is_refused() {
    let mut world = World::new();
    world.agree();
    let mut ahead = world.op(SATO, Command::CheckIn { mood: Mood::Good, day: "2026-11-30".parse().unwrap() });
    ahead.at = ahead.at.plus_millis(8 * 86_400_000);
    let effects = world.judge(&ahead).unwrap();
    assert_eq!(effects.flags, [Flag::Clock]);
    world.carry_out(effects);
    assert_eq!(world.mine(SATO).unwrap().day.to_string(), "2026-11-22");
    let mut post = world.op(CHAIR, circular(MIDORI, board(MIDORI)));
    post.at = post.at.plus_millis(3_600_000);
    assert_eq!(world.judge(&post), Err(Refusal::ClockAhead));
}

#[test]
fn a_circular_is_one_write_however_many_live_below() {
    let mut world = World::new();
    let op = world.op(CLERK, circular(DISTRICT, board(DISTRICT)));
    let effects = world.judge(&op).unwrap().effects;
    let puts = effects.iter().filter(|effect| matches!(effect, Effect::Put { .. })).count();
    assert_eq!(puts, 2, "the district's board and its desk");
}

#[test]
fn a_chair_posts_to_the_own_association_and_not_to_the_next() {
    let mut world = World::new();
    assert!(world.circular(CHAIR, MIDORI, board(MIDORI_1)).is_ok());
    assert_eq!(world.circular(CHAIR, MIDORI, board(HIKARI)), Err(Refusal::NotAllowed));
    assert_eq!(world.circular(CHAIR, MIDORI, board(DISTRICT)), Err(Refusal::NotAllowed));
    assert_eq!(world.circular(CHAIR, MIDORI, board(MIDORI_TEAM)), Err(Refusal::WrongPlace));
    assert_eq!(world.circular(SATO, MIDORI, board(MIDORI)), Err(Refusal::NotAllowed));
}

#[test]
fn a_broadcast_that_waited_offline_asks_again() {
    let mut world = World::new();
    let op = world.op(CHAIR, circular(MIDORI, board(MIDORI)));
    world.minutes(11);
    assert_eq!(world.judge(&op), Err(Refusal::Stale));
}

#[test]
fn a_receipt_never_goes_back() {
    let mut world = World::new();
    let notice = world.circular(CHAIR, MIDORI, board(MIDORI)).unwrap();
    world.taps(notice, 1, Stage::Acknowledged).unwrap();
    let late = world.op(SATO, Command::Receipt { notice, rev: Rev(1), stage: Stage::Delivered });
    assert_eq!(world.judge(&late).unwrap().flags, [Flag::Nothing]);
    assert_eq!(world.receipts[&(SATO, notice)].stage, Stage::Acknowledged);
}

#[test]
fn a_changed_point_asks_again_and_a_changed_letter_does_not() {
    let mut world = World::new();
    let notice = world.circular(CHAIR, MIDORI, board(MIDORI)).unwrap();
    world.taps(notice, 1, Stage::Acknowledged).unwrap();
    let text = NoticePatch { text: Some("雨天中止です。".into()), ..NoticePatch::default() };
    world.does(CHAIR, Command::Correct { notice, seen: Rev(1), patch: text }).unwrap();
    assert_eq!(world.receipts[&(SATO, notice)].counts_for(world.notices[&notice].body.asks), Some(Stage::Acknowledged));
    let place = NoticePatch { place: Change::Set("北公園".into()), ..NoticePatch::default() };
    world.does(CHAIR, Command::Correct { notice, seen: Rev(2), patch: place }).unwrap();
    assert_eq!(world.receipts[&(SATO, notice)].counts_for(world.notices[&notice].body.asks), None);
    world.taps(notice, 3, Stage::Acknowledged).unwrap();
    assert_eq!(world.taps(notice, 4, Stage::Acknowledged), Err(Refusal::UnknownRev));
}

#[test]
fn two_officers_who_correct_at_once_do_not_overwrite_each_other() {
    let mut world = World::new();
    let notice = world.circular(CHAIR, MIDORI, board(MIDORI)).unwrap();
    let patch = NoticePatch { title: Some("清掃".into()), ..NoticePatch::default() };
    world.does(CHAIR, Command::Correct { notice, seen: Rev(1), patch: patch.clone() }).unwrap();
    assert_eq!(world.does(CLERK, Command::Correct { notice, seen: Rev(1), patch }), Err(Refusal::Conflict));
}

#[test]
fn a_withdrawn_notice_says_why_and_is_not_changed_any_more() {
    let mut world = World::new();
    let notice = world.circular(CHAIR, MIDORI, board(MIDORI)).unwrap();
    world.does(CHAIR, Command::Withdraw { notice, seen: Rev(1), reason: "日付の誤り".into() }).unwrap();
    let shown = world.row(FeedName::Board(MIDORI), kind::NOTICE, &notice.to_string()).unwrap();
    assert!(shown.contains("日付の誤り"));
    let again = Command::Withdraw { notice, seen: Rev(2), reason: "もう一度".into() };
    assert_eq!(world.does(CHAIR, again), Err(Refusal::Withdrawn));
}

#[test]
fn a_scheduled_notice_stands_on_no_board_before_its_hour() {
    let mut world = World::new();
    let mut command = circular(MIDORI, board(MIDORI));
    if let Command::Post { publish_at, .. } = &mut command {
        *publish_at = Some(noon().plus_millis(3_600_000));
    }
    let notice = world.does(CHAIR, command).unwrap().into();
    assert!(world.row(FeedName::Board(MIDORI), kind::NOTICE, &format!("{notice}")).is_none());
    assert_eq!(world.taps(notice, 1, Stage::Displayed), Err(Refusal::UnknownNotice));
    world.minutes(60);
    let effects = super::publish(&world, world.notices[&notice].clone(), Timestamp::from_millis(world.now)).unwrap();
    world.carry_out(effects);
    assert_eq!(world.notices[&notice].phase, Phase::Published);
    assert!(world.row(FeedName::Board(MIDORI), kind::NOTICE, &notice.to_string()).is_some());
}

#[test]
fn who_moved_away_may_still_say_what_they_read_before() {
    let mut world = World::new();
    let notice = world.circular(CHAIR, MIDORI, board(MIDORI)).unwrap();
    let before = world.op(SATO, Command::Receipt { notice, rev: Rev(1), stage: Stage::Acknowledged });
    world.minutes(1);
    world.does(CLERK, Command::MoveHousehold { household: SATO_HOME, to: HIKARI_1 }).unwrap();
    let effects = world.judge(&before).unwrap();
    assert_eq!(effects.flags, [Flag::Late]);
    world.minutes(1);
    assert_eq!(world.taps(notice, 1, Stage::Acknowledged), Err(Refusal::UnknownNotice));
}

#[test]
fn a_chair_cannot_move_a_household_out_of_reach() {
    let mut world = World::new();
    let away = Command::MoveHousehold { household: SATO_HOME, to: HIKARI_1 };
    assert_eq!(world.does(CHAIR, away), Err(Refusal::NotAllowed));
}

#[test]
fn an_ended_role_is_named_as_the_reason() {
    let mut world = World::new();
    world.does(CLERK, Command::EndRole { role: RoleId::from_number(1) }).unwrap();
    world.minutes(1);
    assert_eq!(world.circular(CHAIR, MIDORI, board(MIDORI)), Err(Refusal::RoleEnded));
}

#[test]
fn nobody_gives_a_role_to_themselves_and_no_chair_makes_a_commissioner() {
    let mut world = World::new();
    let role =
        |person, group, kind| Command::GrantRole { role: RoleId::from_number(9), person, group, kind, until: None };
    assert_eq!(world.does(CHAIR, role(CHAIR, MIDORI, RoleKind::Officer)), Err(Refusal::OwnRole));
    assert_eq!(world.does(CHAIR, role(SATO, MIDORI_TEAM, RoleKind::Commissioner)), Err(Refusal::NotAllowed));
    assert_eq!(world.does(CHAIR, role(SATO, MIDORI, RoleKind::BlockLeader)), Err(Refusal::WrongPlace));
    assert_eq!(world.does(CLERK, role(SATO, DISTRICT, RoleKind::Steward)), Err(Refusal::Malformed));
    assert!(world.does(CHAIR, role(SATO, MIDORI_1, RoleKind::BlockLeader)).is_ok());
}

#[test]
fn no_detour_leads_a_chair_to_the_moods() {
    let mut world = World::new();
    let role =
        |group, kind| Command::GrantRole { role: RoleId::from_number(9), person: SATO, group, kind, until: None };
    assert_eq!(world.does(CHAIR, role(MIDORI_TEAM, RoleKind::Officer)), Err(Refusal::NotAllowed));
    assert_eq!(world.does(CHAIR, role(MIDORI, RoleKind::MunicipalStaff)), Err(Refusal::NotAllowed));
    let secret = Secret::random().unwrap().hash();
    let key = |person| Command::Invite {
        invite: InviteId::from_number(1),
        to: Invitee::Person(person),
        secret: secret.clone(),
        passed_on: false,
    };
    assert_eq!(world.does(CHAIR, key(COMMISSIONER)), Err(Refusal::NotAllowed));
    world.homes.lives(COMMISSIONER, SATO_HOME, noon().plus_millis(-1), crate::id::Commit(0));
    let home = Command::Invite {
        invite: InviteId::from_number(1),
        to: Invitee::Household(SATO_HOME),
        secret: secret.clone(),
        passed_on: false,
    };
    assert_eq!(world.does(CHAIR, home), Err(Refusal::NotAllowed), "nor by the commissioner's own home");
    assert!(world.does(CLERK, key(COMMISSIONER)).is_ok());
}

#[test]
fn everyone_below_learns_when_a_team_is_no_longer_staffed() {
    let mut world = World::new();
    let grant = Command::GrantRole {
        role: RoleId::from_number(9),
        person: SATO,
        group: MIDORI_TEAM,
        kind: RoleKind::Commissioner,
        until: None,
    };
    world.does(CLERK, grant).unwrap();
    let team = MIDORI_TEAM.to_string();
    assert!(world.row(FeedName::Board(MIDORI), kind::TEAM, &team).is_some());
    world.does(CLERK, Command::EndRole { role: RoleId::from_number(9) }).unwrap();
    assert!(world.row(FeedName::Board(MIDORI), kind::TEAM, &team).is_some(), "one commissioner is left");
    world.minutes(1);
    world.does(CLERK, Command::EndRole { role: RoleId::from_number(2) }).unwrap();
    assert!(world.row(FeedName::Board(MIDORI), kind::TEAM, &team).is_none());
}

#[test]
fn a_role_is_not_exercised_on_a_shared_phone() {
    let mut world = World::new();
    let device = DeviceId::from_number(CHAIR.number());
    world.devices.insert(device, vec![CHAIR, SATO]);
    let post = world.op(CHAIR, circular(MIDORI, board(MIDORI)));
    assert_eq!(world.judge(&post), Err(Refusal::SharedDevice));
    let shared = crate::rights::feeds(&world, CHAIR, noon(), true).unwrap();
    assert_eq!(shared.keys().copied().collect::<Vec<_>>(), [FeedName::Mail(CHAIR)]);
}

#[test]
fn a_phone_speaks_only_for_the_people_it_holds() {
    let mut world = World::new();
    let op = world.op(SATO, Command::Leave {});
    assert_eq!(world.judge_on(&op, DeviceId::from_number(CHAIR.number())), Err(Refusal::NotOnThisDevice));
}

#[test]
fn officers_never_read_the_teams_desk_and_guests_read_no_board() {
    let world = World::new();
    for person in [SATO, CHAIR, CLERK] {
        let feeds = crate::rights::feeds(&world, person, noon(), false).unwrap();
        assert!(!feeds.contains_key(&FeedName::Desk(MIDORI_TEAM)), "{person}");
    }
    let commissioner = crate::rights::feeds(&world, COMMISSIONER, noon(), false).unwrap();
    assert!(commissioner.contains_key(&FeedName::Desk(MIDORI_TEAM)));
    assert!(!commissioner.contains_key(&FeedName::Desk(MIDORI)));
    let guest = crate::rights::feeds(&world, GUEST, noon(), false).unwrap();
    assert_eq!(guest.len(), 1);
    assert_eq!(world.residences(GUEST).unwrap(), Vec::<Residence>::new());
}

#[test]
fn a_resident_reads_every_board_from_their_home_up() {
    let world = World::new();
    let feeds = crate::rights::feeds(&world, SATO, noon(), false).unwrap();
    for group in [SATO_HOME, MIDORI_1, MIDORI, DISTRICT] {
        assert!(feeds.contains_key(&FeedName::Board(group)));
    }
    assert_eq!(feeds.len(), 5, "and their own mail");
}

#[test]
fn the_feeds_of_a_term_say_until_when() {
    let mut world = World::new();
    let until = noon().plus_millis(1_000);
    world.roles[0].term = Term { from: Timestamp::from_millis(0), until: Some(until) };
    let feeds = crate::rights::feeds(&world, CHAIR, noon(), false).unwrap();
    assert_eq!(feeds[&FeedName::Desk(MIDORI)], Some(until));
    assert_eq!(feeds[&FeedName::Mail(CHAIR)], None);
    assert_eq!(crate::rights::feeds(&world, CHAIR, until, false).unwrap().len(), 1);
}

#[test]
fn a_lost_phone_is_signed_off_by_its_owner_or_an_officer_and_by_nobody_else() {
    let mut world = World::new();
    let lost = DeviceId::from_number(77);
    world.devices.insert(lost, vec![SATO]);
    assert_eq!(world.does(COMMISSIONER, Command::Revoke { device: lost }), Err(Refusal::NotAllowed));
    assert!(world.does(SATO, Command::Revoke { device: lost }).is_ok());
    assert_eq!(world.does(CHAIR, Command::Revoke { device: lost }), Err(Refusal::UnknownDevice));
}

#[test]
fn an_invitation_carries_only_the_hash_of_its_secret() {
    let mut world = World::new();
    let secret = Secret::random().unwrap();
    let invite = |to| Command::Invite { invite: InviteId::from_number(1), to, secret: secret.hash(), passed_on: false };
    let to_home = Invitee::Household(SATO_HOME);
    assert_eq!(world.does(SATO, invite(to_home)), Err(Refusal::NotAllowed));
    let op = world.op(CHAIR, invite(to_home));
    assert!(!op.to_text().contains(&secret.letters()));
    assert!(world.does(CHAIR, invite(to_home)).is_ok());
    assert_eq!(world.does(CHAIR, invite(to_home)), Err(Refusal::IdReused));
    assert_eq!(
        world.does(
            CHAIR,
            Command::Invite {
                invite: InviteId::from_number(2),
                to: Invitee::Person(CLERK),
                secret: secret.hash(),
                passed_on: false
            }
        ),
        Err(Refusal::NotAllowed)
    );
}

#[test]
fn a_profile_names_every_group_up_to_the_district() {
    let world = World::new();
    let profile = super::profile(&world, SATO, noon()).unwrap().unwrap();
    let names: Vec<&str> = profile.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["佐藤", "1班", "緑ヶ丘町内会", "みどり市"]);
    assert_eq!(super::profile(&world, crate::id::PersonId::from_number(99), noon()).unwrap(), None);
}

#[test]
fn an_op_may_be_judged_again_and_comes_to_the_same() {
    let mut world = World::new();
    let op = world.op(CHAIR, circular(MIDORI, board(MIDORI)));
    assert_eq!(world.judge(&op), world.judge(&op));
    assert_ne!(op.id, OpId::from_bytes([0; 16]));
}
