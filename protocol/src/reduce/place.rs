//! Where people stand: their household at a moment, what they could read then, and the nearest staffed team.

use crate::{
    feed::Audience,
    id::{Commit, GroupId, PersonId},
    people::{Person, Residence, Role, RoleKind},
    refusal::Refusal,
    rights::{Act, Place, Standing, ids, may, role_for},
    time::Timestamp,
    tree::Group,
    view::View,
};

use super::{Case, Recall};

/// A person, followed from a second id to the one that stands.
pub(super) fn known<V: View>(view: &V, person: PersonId) -> Result<Option<Person>, V::Error> {
    let mut known = view.person(person)?;
    // Somebody is known twice, hardly more; twelve steps stop damaged ids from going round for ever.
    for _ in 0..12 {
        let Some(same) = known.as_ref().and_then(|known| known.same) else { break };
        known = view.person(same)?;
    }
    Ok(known)
}

/// The same, if they neither moved away nor died.
pub(super) fn living<V: View>(view: &V, person: PersonId) -> Result<Option<Person>, V::Error> {
    Ok(known(view, person)?.filter(|known| known.gone.is_none()))
}

/// The household a person lives in as was said last, whatever clocks say; none for who lives nowhere.
pub(super) fn newest_residence<V: View>(view: &V, person: PersonId) -> Result<Option<GroupId>, V::Error> {
    let newest = view.residences(person)?.into_iter().next();
    Ok(newest.filter(|residence| residence.term.until.is_none()).map(|residence| residence.household))
}

/// The residence of a person now: the newest, though the clock was set back to before it began. Nothing would happen at the moment
/// when the clock comes by again.
pub(super) fn residence<V: View>(view: &V, person: PersonId, now: Timestamp) -> Result<Option<Residence>, V::Error> {
    let newest = view.residences(person)?.into_iter().next();
    Ok(newest.filter(|residence| residence.term.until.is_none_or(|until| until > now)))
}

/// The residence of a person at a moment up to now.
pub(super) fn residence_then<V: View>(
    view: &V,
    person: PersonId,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Residence>, V::Error> {
    Ok(view.residences(person)?.into_iter().find(|residence| residence.term.held(at, now)))
}

/// Where somebody lived when they said something; of one who lived nowhere then, where they live now.
pub(super) fn home<V: View>(
    view: &V,
    person: PersonId,
    said: Timestamp,
    now: Timestamp,
) -> Result<Option<Residence>, V::Error> {
    match residence_then(view, person, said, now)? {
        Some(home) => Ok(Some(home)),
        None => residence(view, person, now),
    }
}

/// The block of a household now.
pub(super) fn block<V: View>(view: &V, household: GroupId) -> Result<Option<GroupId>, V::Error> {
    Ok(view.group(household)?.and_then(|household| household.parent))
}

/// The block of a person's household now.
pub(super) fn block_of<V: View>(view: &V, person: PersonId, now: Timestamp) -> Result<Option<GroupId>, V::Error> {
    match residence(view, person, now)? {
        Some(residence) => block(view, residence.household),
        None => Ok(None),
    }
}

/// Whether a person could read one of these at a moment up to now: by the household they lived in, where it stood then, or by a role
/// they held then.
pub(super) fn could_read<V: View>(
    view: &V,
    person: PersonId,
    audience: &[Audience],
    at: Timestamp,
    now: Timestamp,
) -> Result<bool, V::Error> {
    if let Some(residence) = residence_then(view, person, at, now)? {
        let mut path = vec![residence.household];
        if let Some(location) = view.locations(residence.household)?.into_iter().find(|place| place.term.held(at, now))
        {
            path.extend(ids(view, location.block)?);
        }
        if reads(Standing::Resident, &path, audience) {
            return Ok(true);
        }
    }
    for role in view.roles(person)?.into_iter().filter(|role| role.term.held(at, now)) {
        if reads(Standing::Role(role.kind), &ids(view, role.group)?, audience) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn reads(standing: Standing, path: &[GroupId], audience: &[Audience]) -> bool {
    audience.iter().any(|audience| {
        let act = match audience {
            Audience::Board(_) => Act::ReadBoard,
            Audience::Staff(_) => Act::ReadStaff,
        };
        let height = path.iter().position(|group| *group == audience.group());
        height.is_some_and(|height| may(standing, act, if height == 0 { Place::Own } else { Place::Above }))
    })
}

/// Whether the sender may do this at all of these groups; if not, whether a role that ended would have let them.
pub(super) fn allowed<V: View>(
    view: &V,
    case: &Case<'_>,
    act: Act,
    groups: &[GroupId],
) -> Result<Result<(), Refusal>, V::Error> {
    let mut targets = Vec::with_capacity(groups.len());
    for group in groups {
        targets.push(ids(view, *group)?);
    }
    let (now, ended): (Vec<_>, Vec<_>) =
        view.roles(case.op.person)?.into_iter().partition(|role| role.term.holds(case.context.now));
    if role_for(view, &now, act, &targets)?.is_some() {
        return Ok(Ok(()));
    }
    let before = role_for(view, &ended, act, &targets)?.is_some();
    Ok(Err(if before { Refusal::RoleEnded } else { Refusal::NotAllowed }))
}

/// The nearest staffed team on the way up from a person's household: where their talks and moods go.
///
/// # Errors
/// The store's.
pub fn talk_team<V: View>(view: &V, person: PersonId, now: Timestamp) -> Result<Option<Group>, V::Error> {
    let Some(residence) = residence(view, person, now)? else { return Ok(None) };
    for group in view.path(residence.household)? {
        if let Some(team) = view.staffed_teams(group.id)?.into_iter().next() {
            return Ok(Some(team));
        }
    }
    Ok(None)
}

/// Whether somebody works in a team now.
pub(super) fn is_staffed<V: View>(view: &V, team: &Group) -> Result<bool, V::Error> {
    let Some(above) = team.parent else { return Ok(false) };
    Ok(view.staffed_teams(above)?.iter().any(|staffed| staffed.id == team.id))
}

/// The team that a talk handed back had reached: the nearest on the way up from where the household stood when its number was
/// given, of those somebody worked in after it was tapped. None: one of them is not here.
pub(super) fn team_reached<V: Recall>(view: &V, case: &Case<'_>, commit: Commit) -> Result<Option<Group>, V::Error> {
    let Some(home) = home(view, case.op.person, case.at, case.context.now)? else { return Ok(None) };
    let Some(block) = view.stood(home.household, commit)? else { return Ok(None) };
    let worked =
        |role: &Role| role.kind == RoleKind::Commissioner && role.term.until.is_none_or(|until| until > case.at);
    for group in ids(view, block)? {
        for team in view.teams(group)? {
            if view.role_holders(team.id)?.iter().any(worked) {
                return Ok(Some(team));
            }
        }
    }
    Ok(None)
}
