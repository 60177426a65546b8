//! Check-ins, the consent they need, and a mistaken tap taken back.

use super::{Case, Folded, Judgement, Recall, cases, json, place};
use crate::{
    check_in::{CheckIn, CheckIns, Consent, Mood, Strip},
    feed::FeedName,
    id::{Commit, OpId, PersonId, Rev},
    op::CLOCK_AHEAD_MILLIS,
    people::Person,
    refusal::Refusal,
    rights::{Act, Place, Standing, may},
    row::kind,
    time::{Day, Timestamp},
    tree::Group,
    view::{Effect, Mark, View},
};

/// A check-in for a day longer ago is refused: the journal of a phone reaches 35 days back (design §4).
const DAYS_BACK: i64 = 35;

/// A look at a person's check-ins: as far back as matters now, or all that ever were.
type History<V> = fn(&V, PersonId) -> Result<Vec<CheckIn>, <V as View>::Error>;

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
    let then = residences.iter().any(|residence| residence.term.held(case.at, case.context.now));
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
        // Said while they agreed, and arrived after they no longer did: nothing of it is kept.
        let said_before = person.consent_at.is_some_and(|withdrawn| case.at < withdrawn);
        return Ok(if said_before { Ok(case.accept(Vec::new(), true)) } else { Err(Refusal::ConsentNeeded) });
    }
    let new = CheckIn { op: case.op.id, day, mood, at: case.at };
    let mut effects = said(&person, &new, with(view, person.id, &new, today, V::check_in_history)?);
    if mood == Mood::Talk {
        let Some(team) = place::talk_team(view, person.id, case.context.now)? else { return Ok(Err(Refusal::NoTeam)) };
        effects.extend(cases::opened(view, case, &person, &new, &team)?);
    }
    Ok(Ok(case.accept(effects, late)))
}

/// What a check-in that counts comes to, beside the talk it may ask for.
fn said(person: &Person, new: &CheckIn, state: CheckIns) -> Vec<Effect> {
    let mut effects = vec![Effect::CheckIn { person: person.id, check_in: *new }, row(person.id, &state)];
    if person.moods_to_team.is_some() {
        effects.push(Effect::Mark(Mark::Status(person.id)));
    }
    effects
}

/// A check-in handed back. A talk stands again where it stood; while nobody is known who could see it, it waits. Of a mood said
/// before a consent was withdrawn, or by somebody who is gone, nothing is kept.
pub(super) fn check_in_again<V: Recall>(
    view: &V,
    case: &Case<'_>,
    (mood, day): (Mood, Day),
    commit: Commit,
) -> Folded<V::Error> {
    let Some(person) = view.person(case.op.person)? else { return Ok(None) };
    if mood != Mood::Talk && (person.gone.is_some() || view.withdrew_after(person.id, commit)?) {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    // Accepted with a clock that was ahead, it counted for the day it arrived on, which nobody knows any more.
    let day = day.min(case.context.zone.day_of(case.at));
    let new = CheckIn { op: case.op.id, day, mood, at: case.at };
    let mut effects = said(
        &person,
        &new,
        with(view, person.id, &new, case.context.zone.day_of(case.context.now), V::check_ins_ever)?,
    );
    // Of somebody who is gone meanwhile nobody has to hear it.
    if mood == Mood::Talk && person.gone.is_none() {
        match desk_again(view, case, commit)? {
            Some(team) => effects.extend(cases::opened(view, case, &person, &new, &team)?),
            None if view.more_may_come()? => return Ok(None),
            None => {}
        }
    }
    Ok(Some(case.accept(effects, false)))
}

/// The team a talk handed back goes to: the one it had reached; where nobody works there any more the one a talk would reach
/// today; and where there is none, to the desk it stood on, as if it had never been lost.
fn desk_again<V: Recall>(view: &V, case: &Case<'_>, commit: Commit) -> Result<Option<Group>, V::Error> {
    let reached = place::team_reached(view, case, commit)?;
    if let Some(team) = &reached
        && place::is_staffed(view, team)?
    {
        return Ok(reached);
    }
    Ok(place::talk_team(view, case.op.person, case.context.now)?.or(reached))
}

/// The state of a person's row with one check-in more.
fn with<V: View>(
    view: &V,
    person: PersonId,
    new: &CheckIn,
    today: Day,
    history: History<V>,
) -> Result<CheckIns, V::Error> {
    let is_ahead = |day: Day| day.since(today) > 1;
    let Some(old) = view.check_ins(person)? else { return Ok(anew(Vec::new(), new)) };
    // Written while the clock stood ahead: what was said before and what is said from now on would stand behind it for ever.
    if is_ahead(old.day) {
        let mut history = history(view, person)?;
        history.retain(|known| !is_ahead(known.day));
        return Ok(anew(history, new));
    }
    if old.newest.is_none_or(|newest| new.supersedes(&newest)) && new.day >= old.day {
        let strip = old.strip.moved(new.day.since(old.day)).with(0, Some(new.mood));
        return Ok(CheckIns { day: new.day, newest: Some(*new), strip });
    }
    // It arrived after newer ones: it counts for its own day unless that day has a newer tap already.
    let that_day = history(view, person)?.into_iter().filter(|known| known.day == new.day);
    let shown = that_day.fold(*new, |shown, known| if known.supersedes(&shown) { known } else { shown });
    let newest = old.newest.filter(|newest| !new.supersedes(newest)).or(Some(*new));
    Ok(CheckIns { newest, strip: old.strip.with(old.day.since(new.day), Some(shown.mood)), ..old })
}

/// The row of a person told anew from what they said.
fn anew(mut known: Vec<CheckIn>, new: &CheckIn) -> CheckIns {
    known.push(*new);
    known.sort_by_key(|known| (known.day, known.at, known.op));
    let newest = known.last().copied().unwrap_or(*new);
    let shown = |strip: Strip, known: &CheckIn| strip.with(newest.day.since(known.day), Some(known.mood));
    CheckIns { day: newest.day, newest: Some(newest), strip: known.iter().fold(Strip::EMPTY, shown) }
}

pub(super) fn consent<V: View>(view: &V, case: &Case<'_>, moods_to_team: bool) -> Judgement<V::Error> {
    let late = match resident(view, case, Act::Consent)? {
        Ok(late) => late,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(person) = view.person(case.op.person)? else { return Ok(Err(Refusal::UnknownPerson)) };
    if agreed_at(&person, case.context.now).is_some_and(|newest| newest > case.at) {
        return Ok(Ok(case.accept(Vec::new(), late)));
    }
    Ok(Ok(case.accept(consented(person.id, moods_to_team, case.at), late)))
}

/// When a person spoke of their consent last. A moment no clock has come to was written while one stood far ahead, and must not
/// stand above what is said from now on.
fn agreed_at(person: &Person, now: Timestamp) -> Option<Timestamp> {
    person.consent_at.filter(|at| at.since(now) <= CLOCK_AHEAD_MILLIS)
}

/// What a consent or its withdrawal comes to.
pub(super) fn consented(person: PersonId, moods_to_team: bool, at: Timestamp) -> Vec<Effect> {
    let body = Consent { moods_to_team, at };
    let erased = (!moods_to_team).then_some(Effect::MoodsErased(person));
    let kept = [
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
    ];
    kept.into_iter().chain(erased).collect()
}

/// A consent handed back: what was said later stands, and of two said in the same moment the one applied later.
pub(super) fn consent_again<V: View>(
    view: &V,
    case: &Case<'_>,
    moods_to_team: bool,
    newer_is_here: bool,
) -> Folded<V::Error> {
    let Some(person) = view.person(case.op.person)? else { return Ok(None) };
    let undoes = agreed_at(&person, case.context.now)
        .is_some_and(|newest| newest > case.at || (newest == case.at && newer_is_here));
    // Whoever is gone meanwhile agrees to nothing.
    let undoes = undoes || (moods_to_team && person.gone.is_some());
    // Whoever agreed again did not take back what they had withdrawn before.
    let erased = || if moods_to_team { Vec::new() } else { erased_before(person.id) };
    let effects = if undoes { erased() } else { consented(person.id, moods_to_team, case.at) };
    Ok(Some(case.accept(effects, false)))
}

/// A withdrawal that a newer consent stands above: what was said before it goes, from the team's desk too.
fn erased_before(person: PersonId) -> Vec<Effect> {
    vec![Effect::MoodsErased(person), Effect::Mark(Mark::Status(person))]
}

/// A withdrawal known by its mark alone; of what was said in the same moment the one applied later stands.
pub(super) fn withdrawn<V: View>(
    view: &V,
    person: PersonId,
    (at, now): (Timestamp, Timestamp),
    newer_is_here: bool,
) -> Result<Vec<Effect>, V::Error> {
    let later = |newest: Timestamp| newest > at || (newest == at && newer_is_here);
    let Some(known) = view.person(person)? else { return Ok(Vec::new()) };
    let said_later = agreed_at(&known, now).is_some_and(later);
    Ok(if said_later { erased_before(person) } else { consented(person, false, at) })
}

/// The row of a person who was known twice: of a day's taps the newest, of all the newest.
pub(super) fn together<V: View>(view: &V, person: PersonId, twice: PersonId) -> Result<Option<Effect>, V::Error> {
    let state = match (view.check_ins(person)?, view.check_ins(twice)?) {
        (_, None) => return Ok(None),
        (None, Some(theirs)) => theirs,
        (Some(own), Some(theirs)) => {
            let mut history = view.check_in_history(person)?;
            history.extend(view.check_in_history(twice)?);
            both(&own, &theirs, &history)
        }
    };
    Ok(Some(row(person, &state)))
}

fn both(own: &CheckIns, theirs: &CheckIns, history: &[CheckIn]) -> CheckIns {
    let day = own.day.max(theirs.day);
    let [mut strip, other] = [own, theirs].map(|known| known.strip.moved(day.since(known.day)));
    for (days_before, mood) in (0..).zip(other.moods().iter().rev()) {
        let Some(mood) = mood else { continue };
        let that_day = history.iter().filter(|known| day.since(known.day) == days_before);
        let newest = that_day.copied().reduce(|one, next| if next.supersedes(&one) { next } else { one });
        strip = strip.with(days_before, Some(newest.map_or(*mood, |newest| newest.mood)));
    }
    let newest = [own.newest, theirs.newest].into_iter().flatten();
    let newest = newest.reduce(|one, next| if next.supersedes(&one) { next } else { one });
    CheckIns { day, newest, strip }
}

/// What a person who was known twice agreed to: what was said later stands, and of two in the same moment the withdrawal.
pub(super) fn agreed_together(person: &Person, twice: &Person) -> Vec<Effect> {
    let said = |one: &Person| Some((one.consent_at?, one.moods_to_team.is_none()));
    let Some((at, no)) = said(person).into_iter().chain(said(twice)).max() else { return Vec::new() };
    consented(person.id, !no && person.gone.is_none(), at)
}

pub(super) fn take_back<V: View>(view: &V, case: &Case<'_>, op: OpId) -> Judgement<V::Error> {
    let late = match resident(view, case, Act::TakeBack)? {
        Ok(late) => late,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let effects = taken_back(view, case, op, None, V::check_in_history)?;
    Ok(effects.map(|effects| case.accept(effects, late)).ok_or(Refusal::UnknownOp))
}

/// A take-back handed back: of a check-in however long ago. Where that was taken back already, or never comes back, it changes nothing.
pub(super) fn take_back_again<V: Recall>(view: &V, case: &Case<'_>, op: OpId, commit: Commit) -> Folded<V::Error> {
    match taken_back(view, case, op, Some(commit), V::check_ins_ever)? {
        Some(effects) => Ok(Some(case.accept(effects, false))),
        None if !view.is_known(op)? && view.more_may_come()? => Ok(None),
        None => Ok(Some(case.accept(Vec::new(), false))),
    }
}

/// What taking a check-in back comes to (`commit`: under which number, where it is handed back); none where there is no such
/// check-in that counts.
fn taken_back<V: View>(
    view: &V,
    case: &Case<'_>,
    op: OpId,
    commit: Option<Commit>,
    history: History<V>,
) -> Result<Option<Vec<Effect>>, V::Error> {
    let person = case.op.person;
    let history = history(view, person)?;
    let Some(taken) = history.iter().find(|known| known.op == op).copied() else { return Ok(None) };
    let Some(old) = view.check_ins(person)? else { return Ok(None) };
    let newer =
        |shown: Option<CheckIn>, known: &CheckIn| Some(shown.filter(|shown| shown.supersedes(known)).unwrap_or(*known));
    let left = || history.iter().filter(|known| known.op != op);
    let that_day = left().filter(|known| known.day == taken.day).fold(None, newer);
    let strip = old.strip.with(old.day.since(taken.day), that_day.map(|known| known.mood));
    let state = CheckIns { newest: left().fold(None, newer), strip, ..old };
    let mut effects = vec![Effect::TakenBack { person, op, day: taken.day }, row(person, &state)];
    if taken.mood == Mood::Talk {
        effects.extend(cases::taken_back(view, case, op, commit)?);
    }
    effects.push(Effect::Mark(Mark::Status(person)));
    Ok(Some(effects))
}
