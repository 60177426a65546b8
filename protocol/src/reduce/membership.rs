//! Who belongs where: roles, households that move, invitations, and devices signed off or left.

use super::{Case, Ending, Folded, Judgement, cases, json, place};
use crate::{
    body::{Profile, Team},
    feed::FeedName,
    id::{DeviceId, GroupId, PersonId, Rev, RoleId},
    invite,
    op::{Command, Invitee},
    people::{Role, RoleKind},
    refusal::Refusal,
    rights::{Act, Place, Standing, may},
    row::kind,
    time::{Term, Timestamp, ZoneOffsets},
    tree::{Group, GroupKind},
    view::{Effect, Effects, Mark, View},
};

/// Whether a role of this kind may stand at a group of that kind.
#[must_use]
pub const fn stands_at(role: RoleKind, group: GroupKind) -> bool {
    use GroupKind::{Association, Block, District, Federation, Team};
    match role {
        RoleKind::Chair | RoleKind::Officer => matches!(group, District | Federation | Association | Team),
        RoleKind::BlockLeader => matches!(group, Block),
        RoleKind::Commissioner => matches!(group, Team),
        RoleKind::MunicipalStaff => matches!(group, District | Federation | Association),
        RoleKind::Steward => matches!(group, District),
    }
}

/// The row that tells everyone below a team's parent that it is staffed.
fn staffed(team: &Group) -> Option<Effect> {
    Some(Effect::Put {
        feed: FeedName::Board(team.parent?),
        kind: kind::TEAM,
        id: team.id.to_string(),
        rev: Rev::FIRST,
        body: json(&Team { group: team.clone() }),
        urgent: false,
    })
}

/// The row that tells everyone below a team's parent whether it is staffed at a moment, `ended` left out: put, or dropped.
///
/// # Errors
/// The store's.
pub fn team_row<V: View>(
    view: &V,
    team: &Group,
    now: Timestamp,
    ended: Option<RoleId>,
) -> Result<Option<Effect>, V::Error> {
    let staffs = |role: &Role| role.kind == RoleKind::Commissioner && role.term.holds(now) && Some(role.id) != ended;
    if view.role_holders(team.id)?.iter().any(staffs) {
        return Ok(staffed(team));
    }
    Ok(team.parent.map(|parent| Effect::Drop {
        feed: FeedName::Board(parent),
        kind: kind::TEAM,
        id: team.id.to_string(),
    }))
}

/// What follows when a role's term is over: the scheduler asks at that moment.
///
/// # Errors
/// The store's.
pub fn role_over<V: View>(view: &V, role: &Role, zone: &ZoneOffsets, now: Timestamp) -> Result<Effects, V::Error> {
    let mut effects = vec![Effect::Rights(role.person)];
    effects.extend(staffing(view, role, now)?);
    effects.extend(cases::left(view, role, zone, now)?);
    Ok(Effects { effects, flags: Vec::new() })
}

/// The team's row after one of its commissioners ended.
fn staffing<V: View>(view: &V, role: &Role, now: Timestamp) -> Result<Option<Effect>, V::Error> {
    match view.group(role.group)? {
        Some(team) if role.kind == RoleKind::Commissioner => team_row(view, &team, now, Some(role.id)),
        _ => Ok(None),
    }
}

/// Whether a role opens moods: at a team, or, as municipal staff, by appointing a commissioner in one more step.
const fn opens_moods(role: RoleKind, group: GroupKind) -> bool {
    matches!(role, RoleKind::Commissioner | RoleKind::MunicipalStaff) || matches!(group, GroupKind::Team)
}

const fn granting(role: RoleKind, group: GroupKind) -> Act {
    if opens_moods(role, group) { Act::GrantCommissioner } else { Act::GrantRole }
}

pub(super) const fn ending(role: RoleKind, group: GroupKind) -> Act {
    if opens_moods(role, group) { Act::EndCommissioner } else { Act::EndRole }
}

/// Whether the sender may print a key to everything these people may read: only to roles within the sender's own reach, and to
/// moods only who may appoint commissioners.
pub(super) fn may_open<V: View>(
    view: &V,
    case: &Case<'_>,
    persons: &[PersonId],
) -> Result<Result<(), Refusal>, V::Error> {
    for person in persons.iter().filter(|person| **person != case.op.person) {
        for role in view.roles(*person)? {
            if role.term.until.is_some_and(|until| until <= case.context.now) {
                continue;
            }
            let Some(group) = view.group(role.group)? else { continue };
            if role.kind == RoleKind::Steward {
                return Ok(Err(Refusal::NotAllowed));
            }
            let act = if opens_moods(role.kind, group.kind) { Act::GrantCommissioner } else { Act::Invite };
            if let Err(refusal) = place::allowed(view, case, act, &[role.group])? {
                return Ok(Err(refusal));
            }
        }
    }
    Ok(Ok(()))
}

pub(super) fn grant_role<V: View>(view: &V, case: &Case<'_>) -> Judgement<V::Error> {
    let Command::GrantRole { role, person, group, kind, until } = case.op.command else {
        return Ok(Err(Refusal::Malformed));
    };
    let now = case.context.now;
    if kind == RoleKind::Steward || until.is_some_and(|until| until <= now) {
        return Ok(Err(Refusal::Malformed));
    }
    let Some(place) = view.group(group)? else { return Ok(Err(Refusal::UnknownGroup)) };
    let Some(person) = place::living(view, person)?.map(|known| known.id) else {
        return Ok(Err(Refusal::UnknownPerson));
    };
    if let Err(refusal) = place::allowed(view, case, granting(kind, place.kind), &[group])? {
        return Ok(Err(refusal));
    }
    if person == case.op.person {
        return Ok(Err(Refusal::OwnRole));
    }
    if !stands_at(kind, place.kind) {
        return Ok(Err(Refusal::WrongPlace));
    }
    if view.role(role)?.is_some() {
        return Ok(Err(Refusal::IdReused));
    }
    let role = Role { id: role, person, group, kind, term: Term { from: now, until } };
    Ok(Ok(case.accept(granted(role, &place), false)))
}

/// What a role comes to.
fn granted(role: Role, place: &Group) -> Vec<Effect> {
    let mut effects = vec![Effect::Role(role), Effect::Rights(role.person)];
    if role.kind == RoleKind::Commissioner {
        effects.extend(staffed(place));
    }
    effects
}

/// A role handed back. One whose term is over meanwhile ends by the clock, as every other.
pub(super) fn grant_role_again<V: View>(view: &V, case: &Case<'_>) -> Folded<V::Error> {
    let Command::GrantRole { role, person, group, kind, until } = case.op.command else { return Ok(None) };
    if view.role(role)?.is_some() {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    let (Some(place), Some(known)) = (view.group(group)?, place::known(view, person)?) else { return Ok(None) };
    // Whoever is gone meanwhile held it until then.
    let until = until.into_iter().chain(known.gone).min().map(|until| until.max(case.at));
    let role = Role { id: role, person: known.id, group, kind, term: Term { from: case.at, until } };
    Ok(Some(case.accept(granted(role, &place), false)))
}

pub(super) fn kind_of<V: View>(view: &V, group: GroupId) -> Result<GroupKind, V::Error> {
    Ok(view.group(group)?.map_or(GroupKind::Team, |group| group.kind))
}

pub(super) fn end_role<V: View>(view: &V, case: &Case<'_>, id: RoleId) -> Judgement<V::Error> {
    let now = case.context.now;
    let Some(role) = view.role(id)? else { return Ok(Err(Refusal::UnknownRole)) };
    // Whoever holds a role may lay it down; a steward's is ended on the machine only.
    if role.person != case.op.person || role.kind == RoleKind::Steward {
        if role.kind == RoleKind::Steward {
            return Ok(Err(Refusal::NotAllowed));
        }
        if let Err(refusal) = place::allowed(view, case, ending(role.kind, kind_of(view, role.group)?), &[role.group])?
        {
            return Ok(Err(refusal));
        }
    }
    if role.term.until.is_some_and(|until| until <= now) {
        return Ok(Ok(case.accept(Vec::new(), false)));
    }
    Ok(Ok(case.accept(over(view, &role, &case.ending(now))?, false)))
}

/// What the end of a role comes to.
pub(super) fn over<V: View>(view: &V, role: &Role, ending: &Ending<'_>) -> Result<Vec<Effect>, V::Error> {
    let mut effects = vec![Effect::RoleEnded { role: role.id, at: ending.at }, Effect::Rights(role.person)];
    effects.extend(staffing(view, role, ending.now)?);
    effects.extend(cases::left(view, role, ending.zone, ending.now)?);
    Ok(effects)
}

/// The end of a role handed back.
pub(super) fn end_role_again<V: View>(view: &V, case: &Case<'_>, id: RoleId) -> Folded<V::Error> {
    let Some(role) = view.role(id)? else { return Ok(None) };
    // A term that was to end earlier still does.
    let effects = if role.term.until.is_some_and(|until| until <= case.at) {
        Vec::new()
    } else {
        over(view, &role, &case.ending(case.at.max(role.term.from)))?
    };
    Ok(Some(case.accept(effects, false)))
}

pub(super) fn move_household<V: View>(
    view: &V,
    case: &Case<'_>,
    household: GroupId,
    to: GroupId,
) -> Judgement<V::Error> {
    let home = view.group(household)?.filter(|home| home.kind == GroupKind::Household && home.parent.is_some());
    let (Some(home), Some(block)) = (home, view.group(to)?) else { return Ok(Err(Refusal::UnknownGroup)) };
    if let Err(refusal) = place::allowed(view, case, Act::MoveHousehold, &[household, to])? {
        return Ok(Err(refusal));
    }
    if !GroupKind::Household.may_hang_below(block.kind) {
        return Ok(Err(Refusal::WrongPlace));
    }
    let Some(from) = home.parent.filter(|from| *from != to) else {
        return Ok(Ok(case.accept(Vec::new(), false)));
    };
    Ok(Ok(case.accept(moved(view, household, from, to, case.context.now)?, false)))
}

/// What a move comes to. The store puts it at its place in the order of commits; the newest says where the household stands.
fn moved<V: View>(
    view: &V,
    household: GroupId,
    from: GroupId,
    to: GroupId,
    at: Timestamp,
) -> Result<Vec<Effect>, V::Error> {
    let mut effects = vec![Effect::HouseholdMoved { household, from, to, at }];
    for member in view.members(household)? {
        effects.push(Effect::Rights(member));
        // The team above may be another one now: the old desk forgets the person, the new one learns.
        effects.push(Effect::Mark(Mark::Status(member)));
    }
    effects.extend([from, to].map(|block| Effect::Mark(Mark::Block(block))));
    Ok(effects)
}

/// A move handed back.
pub(super) fn move_household_again<V: View>(
    view: &V,
    case: &Case<'_>,
    household: GroupId,
    to: GroupId,
) -> Folded<V::Error> {
    let (Some(home), Some(_)) = (view.group(household)?, view.group(to)?) else { return Ok(None) };
    // A home that is closed meanwhile stood there until then.
    let from = home.parent.unwrap_or(to);
    Ok(Some(case.accept(moved(view, household, from, to, case.at)?, false)))
}

/// The groups by which somebody's place is judged: their household, or the groups of their roles.
pub(super) fn places_of<V: View>(view: &V, person: PersonId, now: Timestamp) -> Result<Vec<GroupId>, V::Error> {
    if let Some(residence) = place::residence(view, person, now)? {
        return Ok(vec![residence.household]);
    }
    let roles = view.roles(person)?.into_iter().filter(|role| role.term.holds(now));
    let mut places: Vec<GroupId> = roles.map(|role| role.group).collect();
    if places.is_empty() {
        for host in view.guest_of(person)? {
            places.extend(place::residence(view, host, now)?.map(|residence| residence.household));
        }
    }
    Ok(places)
}

/// Whether the sender may do this to a person. Somebody without any place is reached from the district's top only.
pub(super) fn reaches<V: View>(
    view: &V,
    case: &Case<'_>,
    act: Act,
    person: PersonId,
) -> Result<Result<(), Refusal>, V::Error> {
    let places = places_of(view, person, case.context.now)?;
    if !places.is_empty() {
        return place::allowed(view, case, act, &places);
    }
    for role in case.roles(view)? {
        let at_the_top = view.group(role.group)?.is_some_and(|group| group.kind == GroupKind::District);
        if at_the_top && may(Standing::Role(role.kind), act, Place::Own) {
            return Ok(Ok(()));
        }
    }
    Ok(Err(Refusal::NotAllowed))
}

pub(super) fn invite<V: View>(view: &V, case: &Case<'_>) -> Judgement<V::Error> {
    let Command::Invite { invite: id, to, ref secret, passed_on } = case.op.command else {
        return Ok(Err(Refusal::Malformed));
    };
    let mut listed = Vec::new();
    let reached = match to {
        Invitee::Household(household) => {
            if view.household(household)?.is_none_or(|known| known.block.is_none()) {
                return Ok(Err(Refusal::UnknownGroup));
            }
            listed.extend(view.members(household)?);
            place::allowed(view, case, Act::Invite, &[household])?
        }
        Invitee::Person(person) => {
            let Some(known) = place::living(view, person)? else { return Ok(Err(Refusal::UnknownPerson)) };
            listed.push(known.id);
            reaches(view, case, Act::Invite, known.id)?
        }
    };
    let to = listed.first().copied().filter(|_| matches!(to, Invitee::Person(_))).map_or(to, Invitee::Person);
    if let Err(refusal) = reached {
        return Ok(Err(refusal));
    }
    if let Err(refusal) = may_open(view, case, &listed)? {
        return Ok(Err(refusal));
    }
    if view.invite_exists(id)? {
        return Ok(Err(Refusal::IdReused));
    }
    let until = invited_until(case.context.now);
    let effect = Effect::Invite { invite: id, to, secret: secret.clone(), until, void: false, passed_on };
    Ok(Ok(case.accept(vec![effect], false)))
}

/// When an invitation printed at a moment ends.
pub(super) fn invited_until(printed: Timestamp) -> Timestamp {
    printed.plus_millis(invite::DAYS * 86_400_000)
}

/// That a person's phone is no longer one: its row goes, and their block's roster is out of date.
fn without_phone<V: View>(
    view: &V,
    person: PersonId,
    device: DeviceId,
    now: Timestamp,
) -> Result<Vec<Effect>, V::Error> {
    let mut effects = vec![Effect::Drop { feed: FeedName::Mail(person), kind: kind::PHONE, id: device.to_string() }];
    let block = place::block_of(view, person, now)?;
    effects.extend(block.map(|block| Effect::Mark(Mark::Block(block))));
    Ok(effects)
}

pub(super) fn revoke<V: View>(view: &V, case: &Case<'_>, device: DeviceId) -> Judgement<V::Error> {
    let persons = view.device_persons(device)?;
    if persons.is_empty() {
        return Ok(Err(Refusal::UnknownDevice));
    }
    for person in persons {
        if person != case.op.person
            && let Err(refusal) = reaches(view, case, Act::Revoke, person)?
        {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(case.accept(signed_off(view, device, case.context.now)?, false)))
}

/// What signing a device off comes to; of one that is not known here nothing more than that it must not come back.
pub(super) fn signed_off<V: View>(view: &V, device: DeviceId, now: Timestamp) -> Result<Vec<Effect>, V::Error> {
    let mut effects = vec![Effect::DeviceRevoked { device }];
    for person in view.device_persons(device)? {
        effects.extend(without_phone(view, person, device, now)?);
    }
    Ok(effects)
}

/// What leaving a device comes to.
pub(super) fn left<V: View>(
    view: &V,
    person: PersonId,
    device: DeviceId,
    now: Timestamp,
) -> Result<Vec<Effect>, V::Error> {
    let mut effects = vec![Effect::PersonLeft { person, device }];
    effects.extend(without_phone(view, person, device, now)?);
    Ok(effects)
}

pub(super) fn leave<V: View>(view: &V, case: &Case<'_>) -> Judgement<V::Error> {
    let person = case.op.person;
    if case.roles(view)?.iter().any(|role| !may(Standing::Role(role.kind), Act::Leave, Place::Myself)) {
        return Ok(Err(Refusal::NotAllowed));
    }
    Ok(Ok(case.accept(left(view, person, case.context.device, case.context.now)?, false)))
}

/// The body of a person's `profile` row; none for somebody unknown, and for a second id: whoever it was reads another mail.
///
/// # Errors
/// The store's.
pub fn profile<V: View>(view: &V, person: PersonId, now: Timestamp) -> Result<Option<Profile>, V::Error> {
    let Some(known) = view.person(person)?.filter(|known| known.same.is_none()) else { return Ok(None) };
    let residence = place::residence(view, person, now)?;
    let mut roles = view.roles(person)?;
    roles.retain(|role| role.term.holds(now));
    let mut groups: Vec<Group> = Vec::new();
    for group in residence.iter().map(|residence| residence.household).chain(roles.iter().map(|role| role.group)) {
        for step in view.path(group)? {
            if groups.iter().all(|known| known.id != step.id) {
                groups.push(step);
            }
        }
    }
    Ok(Some(Profile { person, name: known.name, residence, roles, groups, guest_of: view.guest_of(person)? }))
}
