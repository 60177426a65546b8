//! A person known twice: what the second one was becomes the first's, and nothing either said is lost.

use super::{Case, Folded, Judgement, check_ins, departing, homes, membership, notices, place};
use crate::{
    id::PersonId,
    people::Person,
    refusal::Refusal,
    rights::Act,
    time::Timestamp,
    view::{Effect, Mark, View},
};

pub(super) fn same_person<V: View>(
    view: &V,
    case: &Case<'_>,
    person: PersonId,
    twice: PersonId,
) -> Judgement<V::Error> {
    let (Some(person), Some(twice)) = (place::living(view, person)?, place::living(view, twice)?) else {
        return Ok(Err(Refusal::UnknownPerson));
    };
    if person.id == twice.id {
        return Ok(Ok(case.accept(Vec::new(), false)));
    }
    for one in [&person, &twice] {
        if let Err(refusal) = membership::reaches(view, case, Act::EditRoster, one.id)? {
            return Ok(Err(refusal));
        }
    }
    // Whoever holds the phones of one holds all that the other may read and do: as with a printed key.
    if let Err(refusal) = membership::may_open(view, case, &[person.id, twice.id])? {
        return Ok(Err(refusal));
    }
    if takes_a_role(view, case, person.id, twice.id)? || takes_a_role(view, case, twice.id, person.id)? {
        return Ok(Err(Refusal::OwnRole));
    }
    let now = case.context.now;
    Ok(Ok(case.accept(one_person(view, &person, &twice, now, now)?, false)))
}

/// Whether the sender is one of the two and would come by a role of the other.
fn takes_a_role<V: View>(view: &V, case: &Case<'_>, own: PersonId, of: PersonId) -> Result<bool, V::Error> {
    let now = case.context.now;
    let lasts = |role: &crate::people::Role| role.term.until.is_none_or(|until| until > now);
    Ok(own == case.op.person && view.roles(of)?.iter().any(lasts))
}

/// That two are one, handed back.
pub(super) fn same_person_again<V: View>(
    view: &V,
    case: &Case<'_>,
    person: PersonId,
    twice: PersonId,
) -> Folded<V::Error> {
    let (Some(person), Some(twice)) = (place::known(view, person)?, place::known(view, twice)?) else {
        return Ok(None);
    };
    if person.id == twice.id {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    let mut effects = Vec::new();
    // Who is gone meanwhile went with all that either held.
    if let Some(gone) = person.gone {
        effects.extend(departing::departed(view, &twice, None, &case.ending(gone))?);
    }
    effects.extend(one_person(view, &person, &twice, case.at, case.context.now)?);
    Ok(Some(case.accept(effects, false)))
}

fn one_person<V: View>(
    view: &V,
    person: &Person,
    twice: &Person,
    at: Timestamp,
    now: Timestamp,
) -> Result<Vec<Effect>, V::Error> {
    let [home, other] = [place::newest_residence(view, person.id)?, place::newest_residence(view, twice.id)?];
    let mut effects = vec![Effect::SamePerson { person: person.id, twice: twice.id, at }];
    // The first's home stands; who had none lives where the second did.
    match (home, other, person.gone) {
        (None, Some(to), None) => effects.push(Effect::PersonMoved { person: person.id, to, at }),
        (_, Some(left), _) => effects.extend(homes::emptied(view, left, &[twice.id], None, at)?),
        (_, None, _) => {}
    }
    for (notice, receipt) in view.receipts_of(twice.id)? {
        if let Some(state) = view.notice(notice)? {
            effects.extend(notices::received(view, (person.id, now), notice, state.body.asks, receipt)?);
        }
    }
    effects.extend(check_ins::together(view, person.id, twice.id)?);
    effects.extend(check_ins::agreed_together(person, twice));
    effects.push(Effect::Rights(person.id));
    // Whose guests they are is another id now.
    effects.extend(view.guests_of(twice.id)?.into_iter().map(Effect::Rights));
    effects.extend([twice.id, person.id].map(|one| Effect::Mark(Mark::Status(one))));
    for household in [home, other].into_iter().flatten() {
        effects.extend(place::block(view, household)?.map(|block| Effect::Mark(Mark::Block(block))));
    }
    Ok(effects)
}
