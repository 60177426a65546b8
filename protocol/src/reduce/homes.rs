//! Homes and who lives in them: what moves in, is corrected, moved, merged and split. A home left without anybody is closed.

use super::{Case, Folded, Judgement, Recall, membership, place};
use crate::{
    id::{Commit, GroupId, PersonId, Rev},
    op::Command,
    people::{Household, Newcomer},
    refusal::Refusal,
    rights::Act,
    time::Timestamp,
    tree::GroupKind,
    view::{Effect, Mark, NewHousehold, View},
};
use std::cmp::Ordering;

/// A household that stands somewhere.
#[derive(Clone, Copy)]
struct Home {
    id: GroupId,
    block: GroupId,
}

/// The household, if it is not closed.
fn home<V: View>(view: &V, id: GroupId) -> Result<Option<Home>, V::Error> {
    let known = view.household(id)?;
    Ok(known.and_then(|known| Some(Home { id, block: known.block? })))
}

/// What somebody saw, against what is here.
fn seen_newest(seen: Rev, here: Rev) -> Result<(), Refusal> {
    match here.cmp(&seen) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(Refusal::Conflict),
        // What the officer saw is not here: a restored backup may lack it yet.
        Ordering::Less => Err(Refusal::UnknownRev),
    }
}

/// People live in a home from now on, and those they leave are closed where nobody is left.
fn lives_in<V: View>(view: &V, people: &[PersonId], to: Home, at: Timestamp) -> Result<Vec<Effect>, V::Error> {
    let mut effects = Vec::new();
    let mut left = Vec::new();
    for person in people {
        left.extend(place::newest_residence(view, *person)?);
        effects.extend(settled(*person, to.id, at));
    }
    left.sort_unstable();
    left.dedup();
    for from in left.into_iter().filter(|from| *from != to.id) {
        effects.extend(emptied(view, from, people, None, at)?);
    }
    effects.push(Effect::Mark(Mark::Block(to.block)));
    Ok(effects)
}

fn settled(person: PersonId, to: GroupId, at: Timestamp) -> [Effect; 3] {
    // The team above may be another one now.
    [Effect::PersonMoved { person, to, at }, Effect::Rights(person), Effect::Mark(Mark::Status(person))]
}

/// What people who go leave behind: their home, closed where nobody else lives there.
pub(super) fn emptied<V: View>(
    view: &V,
    household: GroupId,
    going: &[PersonId],
    into: Option<GroupId>,
    at: Timestamp,
) -> Result<Vec<Effect>, V::Error> {
    let Some(home) = home(view, household)? else { return Ok(Vec::new()) };
    let mut effects = Vec::new();
    if view.members(household)?.iter().all(|member| going.contains(member)) {
        effects.push(Effect::HouseholdClosed { household, into, at });
    }
    effects.push(Effect::Mark(Mark::Block(home.block)));
    Ok(effects)
}

/// A household that is new with its people.
fn moved_in(new: NewHousehold, people: &[Newcomer]) -> Vec<Effect> {
    let (household, block, at) = (new.id, new.block, new.at);
    let mut effects = vec![Effect::Household(Box::new(new))];
    effects.extend(people.iter().flat_map(|newcomer| joined(newcomer, household, at)));
    effects.push(Effect::Mark(Mark::Block(block)));
    effects
}

fn joined(newcomer: &Newcomer, to: GroupId, at: Timestamp) -> [Effect; 3] {
    let person = newcomer.person;
    [Effect::Person(newcomer.clone()), Effect::PersonMoved { person, to, at }, Effect::Rights(person)]
}

/// The household an op makes; none for another op.
fn made(command: &Command, at: Timestamp) -> Option<(NewHousehold, &[Newcomer])> {
    match command {
        Command::AddHousehold { household, block, name, reading, paper, place, people } => {
            let (name, reading) = (name.clone(), reading.clone());
            Some((
                NewHousehold { id: *household, block: *block, name, reading, paper: *paper, place: *place, at },
                people,
            ))
        }
        Command::SplitHousehold { household, block, name, .. } => {
            let (id, block, name) = (*household, *block, name.clone());
            Some((NewHousehold { id, block, name, reading: None, paper: false, place: None, at }, &[]))
        }
        _ => None,
    }
}

/// Whether a household may be made: by the sender, there, under an id that is free.
fn may_make<V: View>(
    view: &V,
    case: &Case<'_>,
    new: &NewHousehold,
    from: Option<GroupId>,
) -> Result<Result<(), Refusal>, V::Error> {
    let Some(block) = view.group(new.block)? else { return Ok(Err(Refusal::UnknownGroup)) };
    let touched: Vec<GroupId> = from.into_iter().chain([new.block]).collect();
    if let Err(refusal) = place::allowed(view, case, Act::EditRoster, &touched)? {
        return Ok(Err(refusal));
    }
    if !GroupKind::Household.may_hang_below(block.kind) {
        return Ok(Err(Refusal::WrongPlace));
    }
    Ok(if view.group(new.id)?.is_some() { Err(Refusal::IdReused) } else { Ok(()) })
}

pub(super) fn add_household<V: View>(view: &V, case: &Case<'_>) -> Judgement<V::Error> {
    let Some((new, people)) = made(&case.op.command, case.context.now) else { return Ok(Err(Refusal::Malformed)) };
    if let Err(refusal) = may_make(view, case, &new, None)? {
        return Ok(Err(refusal));
    }
    for newcomer in people {
        if view.person(newcomer.person)?.is_some() {
            return Ok(Err(Refusal::IdReused));
        }
    }
    Ok(Ok(case.accept(moved_in(new, people), false)))
}

/// A household that moved in, handed back.
pub(super) fn add_household_again<V: View>(view: &V, case: &Case<'_>) -> Folded<V::Error> {
    let Some((new, people)) = made(&case.op.command, case.at) else { return Ok(None) };
    if view.group(new.id)?.is_some() {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    if view.group(new.block)?.is_none() {
        return Ok(None);
    }
    let mut unknown = Vec::new();
    for newcomer in people {
        if view.person(newcomer.person)?.is_none() {
            unknown.push(newcomer.clone());
        }
    }
    Ok(Some(case.accept(moved_in(new, &unknown), false)))
}

pub(super) fn add_person<V: View>(
    view: &V,
    case: &Case<'_>,
    household: GroupId,
    newcomer: &Newcomer,
) -> Judgement<V::Error> {
    let Some(to) = home(view, household)? else { return Ok(Err(Refusal::UnknownGroup)) };
    if let Err(refusal) = place::allowed(view, case, Act::EditRoster, &[household])? {
        return Ok(Err(refusal));
    }
    if view.person(newcomer.person)?.is_some() {
        return Ok(Err(Refusal::IdReused));
    }
    let mut effects = Vec::from(joined(newcomer, household, case.context.now));
    effects.push(Effect::Mark(Mark::Block(to.block)));
    Ok(Ok(case.accept(effects, false)))
}

/// Somebody who was added, handed back.
pub(super) fn add_person_again<V: View>(
    view: &V,
    case: &Case<'_>,
    household: GroupId,
    newcomer: &Newcomer,
) -> Folded<V::Error> {
    if view.person(newcomer.person)?.is_some() {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    let Some((to, mut effects)) = reached_again(view, household)? else { return Ok(None) };
    effects.extend(joined(newcomer, to.id, case.at));
    effects.push(Effect::Mark(Mark::Block(to.block)));
    Ok(Some(case.accept(effects, false)))
}

/// The home that something handed back leads to: where a merged one's people live, or a closed one, open again since somebody lives
/// there after all. None: it has not come back yet.
fn reached_again<V: View>(view: &V, id: GroupId) -> Result<Option<(Home, Vec<Effect>)>, V::Error> {
    let mut next = id;
    // Homes are merged a few times at most; twelve steps stop damaged ones from going round for ever.
    for _ in 0..12 {
        let Some(known) = view.household(next)? else { return Ok(None) };
        match (known.block, known.into) {
            (Some(block), _) => return Ok(Some((Home { id: next, block }, Vec::new()))),
            (None, Some(into)) => next = into,
            (None, None) => {
                let stood = view.locations(next)?.first().map(|place| place.block);
                let opened = vec![Effect::HouseholdOpened { household: next }];
                return Ok(stood.map(|block| (Home { id: next, block }, opened)));
            }
        }
    }
    Ok(None)
}

/// What a correction of a household comes to.
fn corrected_home<V: View>(view: &V, case: &Case<'_>, known: &Household, rev: Rev) -> Result<Vec<Effect>, V::Error> {
    let Command::CorrectHousehold { name, reading, place, .. } = &case.op.command else { return Ok(Vec::new()) };
    if name.is_none() && reading.is_keep() && place.is_none() {
        return Ok(Vec::new());
    }
    let (household, name, reading) = (known.id, name.clone(), reading.clone());
    let mut effects = vec![Effect::HouseholdCorrected { household, rev, name, reading, place: *place }];
    for member in view.members(household)? {
        effects.extend([Effect::Rights(member), Effect::Mark(Mark::Status(member))]);
    }
    effects.extend(known.block.map(|block| Effect::Mark(Mark::Block(block))));
    Ok(effects)
}

pub(super) fn correct_household<V: View>(
    view: &V,
    case: &Case<'_>,
    household: GroupId,
    seen: Rev,
) -> Judgement<V::Error> {
    let known = view.household(household)?.filter(|known| known.block.is_some());
    let Some(known) = known else { return Ok(Err(Refusal::UnknownGroup)) };
    if let Err(refusal) = place::allowed(view, case, Act::EditRoster, &[household])? {
        return Ok(Err(refusal));
    }
    if let Err(refusal) = seen_newest(seen, known.rev) {
        return Ok(Err(refusal));
    }
    Ok(Ok(case.accept(corrected_home(view, case, &known, known.rev.next())?, false)))
}

/// A correction of a household handed back.
pub(super) fn correct_household_again<V: View>(
    view: &V,
    case: &Case<'_>,
    household: GroupId,
    seen: Rev,
) -> Folded<V::Error> {
    let Some(known) = view.household(household)? else { return Ok(None) };
    let rev = known.rev.max(seen).next();
    Ok(Some(case.accept(corrected_home(view, case, &known, rev)?, false)))
}

/// What a correction of a person comes to.
fn corrected_person<V: View>(view: &V, case: &Case<'_>, person: PersonId, rev: Rev) -> Result<Vec<Effect>, V::Error> {
    let Command::CorrectPerson { name, reading, .. } = &case.op.command else { return Ok(Vec::new()) };
    if name.is_none() && reading.is_keep() {
        return Ok(Vec::new());
    }
    let (name, reading) = (name.clone(), reading.clone());
    let corrected = Effect::PersonCorrected { person, rev, name, reading };
    let mut effects = vec![corrected, Effect::Rights(person), Effect::Mark(Mark::Status(person))];
    let block = place::block_of(view, person, case.context.now)?;
    effects.extend(block.map(|block| Effect::Mark(Mark::Block(block))));
    Ok(effects)
}

pub(super) fn correct_person<V: View>(view: &V, case: &Case<'_>, person: PersonId, seen: Rev) -> Judgement<V::Error> {
    let Some(known) = place::living(view, person)? else { return Ok(Err(Refusal::UnknownPerson)) };
    if let Err(refusal) = membership::reaches(view, case, Act::EditRoster, known.id)? {
        return Ok(Err(refusal));
    }
    if let Err(refusal) = seen_newest(seen, known.rev) {
        return Ok(Err(refusal));
    }
    Ok(Ok(case.accept(corrected_person(view, case, known.id, known.rev.next())?, false)))
}

/// A correction of a person handed back. What was said of a second id of theirs goes with it.
pub(super) fn correct_person_again<V: View>(
    view: &V,
    case: &Case<'_>,
    person: PersonId,
    seen: Rev,
) -> Folded<V::Error> {
    let Some(known) = view.person(person)? else { return Ok(None) };
    if known.same.is_some() {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    let rev = known.rev.max(seen).next();
    Ok(Some(case.accept(corrected_person(view, case, person, rev)?, false)))
}

pub(super) fn move_person<V: View>(view: &V, case: &Case<'_>, person: PersonId, to: GroupId) -> Judgement<V::Error> {
    let Some(known) = place::living(view, person)? else { return Ok(Err(Refusal::UnknownPerson)) };
    let Some(to) = home(view, to)? else { return Ok(Err(Refusal::UnknownGroup)) };
    for reached in [
        membership::reaches(view, case, Act::EditRoster, known.id)?,
        place::allowed(view, case, Act::EditRoster, &[to.id])?,
    ] {
        if let Err(refusal) = reached {
            return Ok(Err(refusal));
        }
    }
    if place::newest_residence(view, known.id)? == Some(to.id) {
        return Ok(Ok(case.accept(Vec::new(), false)));
    }
    Ok(Ok(case.accept(lives_in(view, &[known.id], to, case.context.now)?, false)))
}

/// People who moved, handed back: whoever moved again since is put at their place in between.
fn lives_in_again<V: Recall>(
    view: &V,
    people: &[PersonId],
    to: GroupId,
    (at, commit): (Timestamp, Commit),
) -> Folded<V::Error, Vec<Effect>> {
    let (mut newest, mut effects) = (Vec::new(), Vec::new());
    for person in people {
        let Some(known) = view.person(*person)? else { return Ok(None) };
        match view.moved_under(*person)? {
            Some(moved) if moved > commit => effects.push(Effect::PersonMoved { person: *person, to, at }),
            // They went before it was heard that they lived anywhere: nobody lives here who is gone.
            None if known.gone.is_some() => {}
            _ => newest.push(*person),
        }
    }
    if newest.is_empty() {
        return Ok(view.household(to)?.map(|_| effects));
    }
    let Some((to, opened)) = reached_again(view, to)? else { return Ok(None) };
    effects.extend(opened);
    effects.extend(lives_in(view, &newest, to, at)?);
    Ok(Some(effects))
}

/// A person's move handed back.
pub(super) fn move_person_again<V: Recall>(
    view: &V,
    case: &Case<'_>,
    (person, to): (PersonId, GroupId),
    commit: Commit,
) -> Folded<V::Error> {
    let effects = lives_in_again(view, &[person], to, (case.at, commit))?;
    Ok(effects.map(|effects| case.accept(effects, false)))
}

/// What merging comes to: everybody moves, and the home they leave leads to the one they live in.
fn merged<V: View>(
    view: &V,
    from: GroupId,
    people: &[PersonId],
    into: Home,
    at: Timestamp,
) -> Result<Vec<Effect>, V::Error> {
    let mut effects: Vec<Effect> = people.iter().flat_map(|person| settled(*person, into.id, at)).collect();
    effects.extend(emptied(view, from, people, Some(into.id), at)?);
    effects.push(Effect::Mark(Mark::Block(into.block)));
    Ok(effects)
}

pub(super) fn merge_households<V: View>(
    view: &V,
    case: &Case<'_>,
    from: GroupId,
    into: GroupId,
) -> Judgement<V::Error> {
    let (Some(from), Some(into)) = (home(view, from)?, home(view, into)?) else {
        return Ok(Err(Refusal::UnknownGroup));
    };
    if let Err(refusal) = place::allowed(view, case, Act::EditRoster, &[from.id, into.id])? {
        return Ok(Err(refusal));
    }
    let people = view.members(from.id)?;
    Ok(Ok(case.accept(merged(view, from.id, &people, into, case.context.now)?, false)))
}

/// A merger handed back: whoever moved in since stays, and so does the home.
pub(super) fn merge_households_again<V: Recall>(
    view: &V,
    case: &Case<'_>,
    (from, into): (GroupId, GroupId),
    commit: Commit,
) -> Folded<V::Error> {
    let (Some(known), Some((into, mut effects))) = (view.household(from)?, reached_again(view, into)?) else {
        return Ok(None);
    };
    if known.block.is_none() || into.id == from {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    let mut people = Vec::new();
    for member in view.members(from)? {
        if view.moved_under(member)?.is_none_or(|moved| moved < commit) {
            people.push(member);
        }
    }
    effects.extend(merged(view, from, &people, into, case.at)?);
    Ok(Some(case.accept(effects, false)))
}

pub(super) fn split_household<V: View>(
    view: &V,
    case: &Case<'_>,
    from: GroupId,
    people: &[PersonId],
) -> Judgement<V::Error> {
    let Some((new, _)) = made(&case.op.command, case.context.now) else { return Ok(Err(Refusal::Malformed)) };
    let Some(from) = home(view, from)? else { return Ok(Err(Refusal::UnknownGroup)) };
    if let Err(refusal) = may_make(view, case, &new, Some(from.id))? {
        return Ok(Err(refusal));
    }
    let members = view.members(from.id)?;
    if people.iter().any(|person| !members.contains(person)) {
        return Ok(Err(Refusal::UnknownPerson));
    }
    let to = Home { id: new.id, block: new.block };
    let mut effects = vec![Effect::Household(Box::new(new))];
    effects.extend(lives_in(view, people, to, case.context.now)?);
    Ok(Ok(case.accept(effects, false)))
}

/// A household that was split off, handed back.
pub(super) fn split_household_again<V: Recall>(
    view: &V,
    case: &Case<'_>,
    people: &[PersonId],
    commit: Commit,
) -> Folded<V::Error> {
    let Some((new, _)) = made(&case.op.command, case.at) else { return Ok(None) };
    if view.group(new.id)?.is_some() {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    let known = people.iter().map(|person| Ok(view.person(*person)?.is_some()));
    if view.group(new.block)?.is_none() || known.collect::<Result<Vec<bool>, V::Error>>()?.contains(&false) {
        return Ok(None);
    }
    let to = Home { id: new.id, block: new.block };
    let (household, at) = (new.id, new.at);
    let mut effects = vec![Effect::Household(Box::new(new))];
    let mut newest = Vec::new();
    for person in people {
        if view.moved_under(*person)?.is_some_and(|moved| moved > commit) {
            effects.push(Effect::PersonMoved { person: *person, to: household, at });
        } else {
            newest.push(*person);
        }
    }
    // Everybody moved on since, as a later op says that came back before this one.
    if newest.is_empty() {
        effects.push(Effect::HouseholdClosed { household, into: None, at });
    }
    effects.extend(lives_in(view, &newest, to, at)?);
    Ok(Some(case.accept(effects, false)))
}
