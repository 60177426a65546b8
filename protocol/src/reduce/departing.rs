//! Who is not here any more: a person who moved away or died, with everything they held.

use super::{Case, Ending, Folded, Judgement, check_ins, homes, membership, place};
use crate::{
    check_in::Mood,
    id::PersonId,
    people::{Departure, Person, RoleKind},
    refusal::Refusal,
    rights::Act,
    time::Timestamp,
    view::{Effect, Mark, View},
};

/// Whether the sender may end every role of a person; one's own anybody may lay down. A death is no way round: it is told to
/// somebody who may.
fn may_end_roles<V: View>(view: &V, case: &Case<'_>, person: PersonId) -> Result<Result<(), Refusal>, V::Error> {
    let now = case.context.now;
    for role in view.roles(person)?.into_iter().filter(|role| role.term.until.is_none_or(|until| until > now)) {
        if role.kind == RoleKind::Steward {
            return Ok(Err(Refusal::NotAllowed));
        }
        let act = membership::ending(role.kind, membership::kind_of(view, role.group)?);
        if person != case.op.person
            && let Err(refusal) = place::allowed(view, case, act, &[role.group])?
        {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(()))
}

pub(super) fn depart<V: View>(view: &V, case: &Case<'_>, person: PersonId, why: Departure) -> Judgement<V::Error> {
    let Some(known) = place::known(view, person)? else { return Ok(Err(Refusal::UnknownPerson)) };
    if known.gone.is_some() {
        return Ok(Ok(case.accept(Vec::new(), false)));
    }
    if let Err(refusal) = membership::reaches(view, case, Act::EditRoster, known.id)? {
        return Ok(Err(refusal));
    }
    if let Err(refusal) = may_end_roles(view, case, known.id)? {
        return Ok(Err(refusal));
    }
    let now = case.context.now;
    Ok(Ok(case.accept(departed(view, &known, Some(why), &case.ending(now))?, false)))
}

/// A departure handed back.
pub(super) fn depart_again<V: View>(view: &V, case: &Case<'_>, person: PersonId, why: Departure) -> Folded<V::Error> {
    let Some(known) = place::known(view, person)? else { return Ok(None) };
    let effects = departed(view, &known, Some(why), &case.ending(case.at))?;
    Ok(Some(case.accept(effects, false)))
}

/// What a departure comes to: everything the person held ends. Nothing where they are gone already.
pub(super) fn departed<V: View>(
    view: &V,
    person: &Person,
    why: Option<Departure>,
    ending: &Ending<'_>,
) -> Result<Vec<Effect>, V::Error> {
    if person.gone.is_some() {
        return Ok(Vec::new());
    }
    let mut effects = everything_ends(view, person, why, ending)?;
    for guest in view.guests_of(person.id)? {
        if is_nobody_else(view, guest, person.id, ending.now)?
            && let Some(guest) = view.person(guest)?.filter(|guest| guest.gone.is_none())
        {
            effects.extend(everything_ends(view, &guest, None, ending)?);
        } else {
            effects.push(Effect::Rights(guest));
        }
    }
    Ok(effects)
}

/// Whether somebody is here as the guest of one person and as nothing else.
fn is_nobody_else<V: View>(view: &V, guest: PersonId, host: PersonId, now: Timestamp) -> Result<bool, V::Error> {
    let lives = place::residence(view, guest, now)?.is_some();
    let serves = view.roles(guest)?.iter().any(|role| role.term.until.is_none_or(|until| until > now));
    Ok(!lives && !serves && view.guest_of(guest)?.iter().all(|of| *of == host))
}

fn everything_ends<V: View>(
    view: &V,
    person: &Person,
    why: Option<Departure>,
    ending: &Ending<'_>,
) -> Result<Vec<Effect>, V::Error> {
    let (id, Ending { at, now, .. }) = (person.id, *ending);
    let mut effects = Vec::new();
    for role in view.roles(id)?.iter().filter(|role| role.term.until.is_none_or(|until| until > at)) {
        effects.extend(membership::over(view, role, &Ending { at: at.max(role.term.from), ..*ending })?);
    }
    for device in view.devices_of(id)? {
        effects.extend(membership::left(view, id, device, now)?);
    }
    if person.moods_to_team.is_some() {
        effects.extend(check_ins::consented(id, false, at.max(person.consent_at.unwrap_or(at))));
    } else if view.check_in_history(id)?.iter().any(|said| said.mood != Mood::Talk) {
        // Moods came back of somebody whose consent to them has not: it never will.
        effects.push(Effect::MoodsErased(id));
    }
    let household = place::newest_residence(view, id)?;
    effects.push(Effect::Departed { person: id, why, at });
    if let Some(household) = household {
        effects.extend(homes::emptied(view, household, &[id], None, at)?);
    }
    effects.extend([Effect::Rights(id), Effect::Mark(Mark::Status(id))]);
    Ok(effects)
}
