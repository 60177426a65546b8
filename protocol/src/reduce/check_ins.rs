//! Check-ins, the consent they need, and a mistaken tap taken back.

use super::{Case, Folded, Judgement, json, place};
use crate::{
    body::Talk,
    check_in::{CheckIn, CheckIns, Consent, Mood, Strip},
    feed::FeedName,
    id::{OpId, PersonId, Rev},
    people::Person,
    refusal::Refusal,
    rights::{Act, Place, Standing, may},
    row::kind,
    time::{Day, Timestamp},
    view::{Effect, Mark, View},
};

/// A check-in for a day longer ago is refused: the journal of a phone reaches 35 days back (design §4).
const DAYS_BACK: i64 = 35;

/// The `check_in` row of a person as an effect.
fn row(person: PersonId, state: &CheckIns) -> Effect {
    Effect::Put {
        feed: FeedName::Mail(person),
        kind: kind::CHECK_IN,
        id: "mine".to_owned(),
        rev: Rev::FIRST,
        body: json(state),
        urgent: false,
    }
}

/// Whether the sender lives, or lived when they tapped, in a household; the second: the residence had ended since.
fn resident<V: View>(view: &V, case: &Case<'_>, act: Act) -> Result<Result<bool, Refusal>, V::Error> {
    if !may(Standing::Resident, act, Place::Myself) {
        return Ok(Err(Refusal::NotAllowed));
    }
    let residences = view.residences(case.op.person)?;
    if residences.iter().any(|residence| residence.term.holds(case.context.now)) {
        return Ok(Ok(false));
    }
    let then = residences.iter().any(|residence| residence.term.holds(case.at));
    Ok(if then { Ok(true) } else { Err(Refusal::NotAllowed) })
}

pub(super) fn check_in<V: View>(view: &V, case: &Case<'_>, mood: Mood, day: Day) -> Judgement<V::Error> {
    let late = match resident(view, case, Act::CheckIn)? {
        Ok(late) => late,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let today = case.context.zone.day_of(case.context.now);
    // A clock that was clamped takes its day along: the tap was made at the latest today.
    let day = if case.clamped && day == case.context.zone.day_of(case.op.at) { today } else { day };
    let tapped = case.context.zone.day_of(case.at);
    if day > tapped {
        return Ok(Err(Refusal::DayAhead));
    }
    if tapped.since(day) > 1 || today.since(day) > DAYS_BACK {
        return Ok(Err(Refusal::DayPast));
    }
    let Some(person) = view.person(case.op.person)? else { return Ok(Err(Refusal::UnknownPerson)) };
    if mood != Mood::Talk && person.moods_to_team.is_none() {
        return Ok(Err(Refusal::ConsentNeeded));
    }
    let effects = said(view, case, &person, mood, day)?;
    Ok(effects.map(|effects| case.accept(effects, late)))
}

/// What a check-in that counts comes to.
fn said<V: View>(
    view: &V,
    case: &Case<'_>,
    person: &Person,
    mood: Mood,
    day: Day,
) -> Result<Result<Vec<Effect>, Refusal>, V::Error> {
    let new = CheckIn { op: case.op.id, day, mood, at: case.at };
    let state = with(view, person.id, &new)?;
    let mut effects = vec![Effect::CheckIn { person: person.id, check_in: new }, row(person.id, &state)];
    if mood == Mood::Talk {
        match talk(view, case, person, &new)? {
            Ok(talk) => effects.push(talk),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    if person.moods_to_team.is_some() {
        effects.push(Effect::Mark(Mark::Status(person.id)));
    }
    Ok(Ok(effects))
}

/// A check-in handed back. A talk waits for a team to reach.
pub(super) fn check_in_again<V: View>(view: &V, case: &Case<'_>, mood: Mood, day: Day) -> Folded<V::Error> {
    let Some(person) = view.person(case.op.person)? else { return Ok(None) };
    // Accepted with a clock that was ahead, it counted for the day it arrived on, which nobody knows any more.
    let day = day.min(case.context.zone.day_of(case.at));
    Ok(said(view, case, &person, mood, day)?.ok().map(|effects| case.accept(effects, false)))
}

/// The state of a person's row with one check-in more.
fn with<V: View>(view: &V, person: PersonId, new: &CheckIn) -> Result<CheckIns, V::Error> {
    let Some(old) = view.check_ins(person)? else {
        let strip = Strip::EMPTY.with(0, Some(new.mood));
        return Ok(CheckIns { day: new.day, newest: Some(*new), strip });
    };
    if old.newest.is_none_or(|newest| new.supersedes(&newest)) && new.day >= old.day {
        let strip = old.strip.moved(new.day.since(old.day)).with(0, Some(new.mood));
        return Ok(CheckIns { day: new.day, newest: Some(*new), strip });
    }
    // It arrived after newer ones: it counts for its own day unless that day has a newer tap already.
    let that_day = view.check_in_history(person)?.into_iter().filter(|known| known.day == new.day);
    let shown = that_day.fold(*new, |shown, known| if known.supersedes(&shown) { known } else { shown });
    let newest = old.newest.filter(|newest| !new.supersedes(newest)).or(Some(*new));
    Ok(CheckIns { newest, strip: old.strip.with(old.day.since(new.day), Some(shown.mood)), ..old })
}

/// The row of a talk on the desk of the nearest staffed team.
fn talk<V: View>(
    view: &V,
    case: &Case<'_>,
    person: &Person,
    new: &CheckIn,
) -> Result<Result<Effect, Refusal>, V::Error> {
    let Some(team) = place::talk_team(view, person.id, case.context.now)? else { return Ok(Err(Refusal::NoTeam)) };
    let household = match place::residence(view, person.id, case.context.now)? {
        Some(residence) => view.group(residence.household)?,
        None => None,
    };
    let body = Talk {
        op: new.op,
        person: person.id,
        name: person.name.clone(),
        household: household.map(|household| household.name).unwrap_or_default(),
        day: new.day,
        mood: new.mood,
        at: new.at,
    };
    Ok(Ok(Effect::Put {
        feed: FeedName::Desk(team.id),
        kind: kind::TALK,
        id: new.op.to_string(),
        rev: Rev::FIRST,
        body: json(&body),
        urgent: true,
    }))
}

pub(super) fn consent<V: View>(view: &V, case: &Case<'_>, moods_to_team: bool) -> Judgement<V::Error> {
    let late = match resident(view, case, Act::Consent)? {
        Ok(late) => late,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(person) = view.person(case.op.person)? else { return Ok(Err(Refusal::UnknownPerson)) };
    if person.consent_at.is_some_and(|newest| newest > case.at) {
        return Ok(Ok(case.accept(Vec::new(), late)));
    }
    Ok(Ok(case.accept(consented(person.id, moods_to_team, case.at), late)))
}

/// What a consent or its withdrawal comes to.
fn consented(person: PersonId, moods_to_team: bool, at: Timestamp) -> Vec<Effect> {
    let body = Consent { moods_to_team, at };
    vec![
        Effect::Consent { person, moods_to_team: moods_to_team.then_some(at), at },
        Effect::Put {
            feed: FeedName::Mail(person),
            kind: kind::CONSENT,
            id: "moods".to_owned(),
            rev: Rev::FIRST,
            body: json(&body),
            urgent: false,
        },
        Effect::Mark(Mark::Status(person)),
    ]
}

/// A consent handed back: what was said later stands, and of two said in the same moment the one applied later.
pub(super) fn consent_again<V: View>(
    view: &V,
    case: &Case<'_>,
    moods_to_team: bool,
    newer_is_here: bool,
) -> Folded<V::Error> {
    let Some(person) = view.person(case.op.person)? else { return Ok(None) };
    let undoes = person.consent_at.is_some_and(|newest| newest > case.at || (newest == case.at && newer_is_here));
    let effects = if undoes { Vec::new() } else { consented(person.id, moods_to_team, case.at) };
    Ok(Some(case.accept(effects, false)))
}

/// A withdrawal known by its mark alone; of what was said in the same moment the one applied later stands.
pub(super) fn withdrawn<V: View>(
    view: &V,
    person: PersonId,
    at: Timestamp,
    newer_is_here: bool,
) -> Result<Vec<Effect>, V::Error> {
    let later = |newest: Timestamp| newest > at || (newest == at && newer_is_here);
    let said_later = view.person(person)?.is_none_or(|person| person.consent_at.is_some_and(later));
    Ok(if said_later { Vec::new() } else { consented(person, false, at) })
}

pub(super) fn take_back<V: View>(view: &V, case: &Case<'_>, op: OpId) -> Judgement<V::Error> {
    let late = match resident(view, case, Act::TakeBack)? {
        Ok(late) => late,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let person = case.op.person;
    let history = view.check_in_history(person)?;
    let Some(taken) = history.iter().find(|known| known.op == op).copied() else {
        return Ok(Err(Refusal::UnknownOp));
    };
    let Some(old) = view.check_ins(person)? else { return Ok(Err(Refusal::UnknownOp)) };
    let newer =
        |shown: Option<CheckIn>, known: &CheckIn| Some(shown.filter(|shown| shown.supersedes(known)).unwrap_or(*known));
    let left = || history.iter().filter(|known| known.op != op);
    let that_day = left().filter(|known| known.day == taken.day).fold(None, newer);
    let strip = old.strip.with(old.day.since(taken.day), that_day.map(|known| known.mood));
    let state = CheckIns { newest: left().fold(None, newer), strip, ..old };
    let mut effects = vec![Effect::TakenBack { person, op }, row(person, &state)];
    if taken.mood == Mood::Talk
        && let Some(team) = place::talk_team(view, person, case.context.now)?
    {
        effects.push(Effect::Drop { feed: FeedName::Desk(team.id), kind: kind::TALK, id: op.to_string() });
    }
    effects.push(Effect::Mark(Mark::Status(person)));
    Ok(Ok(case.accept(effects, late)))
}
