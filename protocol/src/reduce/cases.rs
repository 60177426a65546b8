//! Cases: a request for a talk is opened, seen, taken, noted, released and closed; not taken in time it is passed on. The resident
//! hears of each step.

use super::{Case, Folded, Judgement, json, place};
use crate::{
    case::{self, CaseNews, CaseState, Entry, NewsState, Reached, Step, Support, Talk, TalkCase, Worker},
    check_in::CheckIn,
    feed::FeedName,
    id::{Commit, GroupId, OpId, PersonId, Rev},
    op::Command,
    people::{Person, Role, RoleKind},
    refusal::Refusal,
    rights::{Act, role_for},
    row::kind,
    time::{Timestamp, ZoneOffsets},
    tree::Group,
    view::{Effect, Effects, View},
};

/// A case as it is kept, on its team's desk, and in the mail of who asked.
///
/// # Errors
/// The store's.
pub fn kept<V: View>(view: &V, case: TalkCase, now: Timestamp) -> Result<Vec<Effect>, V::Error> {
    let (desk, mail, id) = (FeedName::Desk(case.team), FeedName::Mail(case.talk.person), case.talk.op.to_string());
    let row = |feed, kind, body| Effect::Put { feed, kind, id: id.clone(), rev: Rev::FIRST, body, urgent: true };
    let drop = |feed, kind| Effect::Drop { feed, kind, id: id.clone() };
    let back = case.talk.is_taken_back();
    // Of a mistaken tap nobody hears but who had taken it already.
    let on_desk = if back && case.talk.owner.is_none() {
        drop(desk, kind::TALK)
    } else {
        row(desk, kind::TALK, json(&case.talk))
    };
    let in_mail = if back {
        drop(mail, kind::CASE)
    } else {
        let number = match case.talk.reached {
            Reached::Number => nearest_support(view, case.talk.person, now)?,
            Reached::Team | Reached::Chair => None,
        };
        row(mail, kind::CASE, json(&news(&case.talk, number)))
    };
    Ok(vec![Effect::Case(Box::new(case)), on_desk, in_mail])
}

/// What the resident hears.
fn news(talk: &Talk, number: Option<Support>) -> CaseNews {
    let name = |worker: &Option<Worker>| worker.as_ref().map(|worker| worker.name.clone());
    let (state, by) = match talk.state {
        CaseState::Taken => (NewsState::Taken, name(&talk.owner)),
        CaseState::Closed => (NewsState::Closed, name(&talk.owner)),
        CaseState::Open if talk.seen.is_some() => (NewsState::Seen, name(&talk.seen)),
        CaseState::Open => (NewsState::Asked, None),
    };
    let Talk { op, day, at, reached, due, .. } = talk;
    CaseNews { op: *op, day: *day, at: *at, state, by, reached: *reached, due: *due, number }
}

/// The telephone number nearest above a person's home.
///
/// # Errors
/// The store's.
pub fn nearest_support<V: View>(view: &V, person: PersonId, now: Timestamp) -> Result<Option<Support>, V::Error> {
    let Some(residence) = place::residence(view, person, now)? else { return Ok(None) };
    for group in view.path(residence.household)? {
        if let Some(support) = view.support(group.id)? {
            return Ok(Some(support));
        }
    }
    Ok(None)
}

/// What a request for a talk opens at a team.
pub(super) fn opened<V: View>(
    view: &V,
    case: &Case<'_>,
    person: &Person,
    asked: &CheckIn,
    team: &Group,
) -> Result<Vec<Effect>, V::Error> {
    let now = case.context.now;
    let household = match place::home(view, person.id, asked.at, now)? {
        Some(residence) => view.group(residence.household)?,
        None => None,
    };
    let household = household.map(|household| household.name).unwrap_or_default();
    // From when the team can know of it: a tap that waited offline leaves them no less time.
    let due = Some(case::due(case.context.zone, now));
    let talk = Talk { due, ..Talk::asked(person, household, asked) };
    kept(view, TalkCase { team: team.id, talk }, now)
}

/// What taking a mistaken tap back comes to. On the phone that takes it back the case is not known, but that it was asked for.
pub(super) fn taken_back<V: View>(
    view: &V,
    case: &Case<'_>,
    op: OpId,
    commit: Option<Commit>,
) -> Result<Vec<Effect>, V::Error> {
    let Some(mut known) = view.talk_case(op)? else {
        let mail = FeedName::Mail(case.op.person);
        return Ok(vec![Effect::Drop { feed: mail, kind: kind::CASE, id: op.to_string() }]);
    };
    if known.talk.state == CaseState::Closed {
        return Ok(Vec::new());
    }
    let by = worker(view, case)?;
    known.talk.add(Entry { at: case.at, by, what: Step::TakenBack, text: None, commit });
    kept(view, known, case.context.now)
}

fn worker<V: View>(view: &V, case: &Case<'_>) -> Result<Option<Worker>, V::Error> {
    Ok(view.person(case.op.person)?.map(|person| Worker { id: person.id, name: person.name }))
}

/// Somebody looked at a case: a fact, as long as it was seen within a term.
pub(super) fn see<V: View>(view: &V, case: &Case<'_>, id: OpId) -> Judgement<V::Error> {
    if view.device_persons(case.context.device)?.len() > 1 {
        return Ok(Err(Refusal::SharedDevice));
    }
    let Some(mut known) = view.talk_case(id)? else { return Ok(Err(Refusal::UnknownCase)) };
    let late = match place::allowed(view, case, Act::WorkCase, &[known.team])? {
        Ok(()) => false,
        Err(refusal) => {
            let mut then = view.roles(case.op.person)?;
            then.retain(|role| role.term.held(case.at, case.context.now));
            if role_for(view, &then, Act::WorkCase, &[crate::rights::ids(view, known.team)?])?.is_none() {
                return Ok(Err(refusal));
            }
            true
        }
    };
    if known.talk.seen.is_some() || known.talk.state != CaseState::Open {
        return Ok(Ok(case.accept(Vec::new(), late)));
    }
    known.talk.add(Entry { at: case.at, by: worker(view, case)?, what: Step::Seen, text: None, commit: None });
    Ok(Ok(case.accept(kept(view, known, case.context.now)?, late)))
}

/// The step that an op about a case is.
fn step(command: &Command) -> Option<(OpId, Step, Option<&String>)> {
    match command {
        Command::SeeCase { case } => Some((*case, Step::Seen, None)),
        Command::TakeCase { case } => Some((*case, Step::Taken, None)),
        Command::ReleaseCase { case } => Some((*case, Step::Released, None)),
        Command::NoteCase { case, text } => Some((*case, Step::Noted, Some(text))),
        Command::CloseCase { case, text } => Some((*case, Step::Closed, text.as_ref())),
        _ => None,
    }
}

/// Somebody works on a case.
pub(super) fn work<V: View>(view: &V, case: &Case<'_>) -> Judgement<V::Error> {
    let Some((id, what, text)) = step(&case.op.command) else { return Ok(Err(Refusal::Malformed)) };
    let Some(mut known) = view.talk_case(id)? else { return Ok(Err(Refusal::UnknownCase)) };
    if let Err(refusal) = place::allowed(view, case, Act::WorkCase, &[known.team])? {
        return Ok(Err(refusal));
    }
    let own = known.talk.owner.as_ref().is_some_and(|owner| owner.id == case.op.person);
    match (known.talk.state, what) {
        // It is so already.
        (CaseState::Closed, Step::Closed) | (CaseState::Taken, Step::Taken) if own => {
            return Ok(Ok(case.accept(Vec::new(), false)));
        }
        (CaseState::Open, Step::Released) => return Ok(Ok(case.accept(Vec::new(), false))),
        (CaseState::Closed, _) => return Ok(Err(Refusal::CaseClosed)),
        (CaseState::Taken, Step::Taken) => return Ok(Err(Refusal::Conflict)),
        _ => {}
    }
    known.talk.add(Entry { at: case.at, by: worker(view, case)?, what, text: text.cloned(), commit: None });
    wait_again(&mut known.talk, what, case.context.zone, case.context.now);
    Ok(Ok(case.accept(kept(view, known, case.context.now)?, false)))
}

/// A case that was let go is the team's again, with as much time as a new one.
fn wait_again(talk: &mut Talk, what: Step, zone: &ZoneOffsets, now: Timestamp) {
    if what == Step::Released && talk.state == CaseState::Open {
        talk.reached = Reached::Team;
        talk.due = Some(case::due(zone, now));
    }
}

/// A step handed back: it goes to its place among the steps. Of a case that left the desk long ago nothing is missing.
pub(super) fn again<V: View>(view: &V, case: &Case<'_>, commit: Commit) -> Folded<V::Error> {
    let Some((id, what, text)) = step(&case.op.command) else { return Ok(None) };
    let Some(mut known) = view.talk_case(id)? else { return Ok(None) };
    if known.talk.history.iter().any(|entry| entry.commit == Some(commit)) {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    let by = worker(view, case)?;
    known.talk.add(Entry { at: case.at, by, what, text: text.cloned(), commit: Some(commit) });
    wait_again(&mut known.talk, what, case.context.zone, case.context.now);
    Ok(Some(case.accept(kept(view, known, case.context.now)?, false)))
}

/// A case that was not taken in time is passed on: to the team's chair, and after them the resident sees the telephone number.
///
/// # Errors
/// The store's.
pub fn pass_on<V: View>(view: &V, known: TalkCase, zone: &ZoneOffsets, now: Timestamp) -> Result<Effects, V::Error> {
    Ok(Effects { effects: passed_on(view, known, None, zone, now)?, flags: Vec::new() })
}

/// After a restore whoever is to take a case has as much time again: that somebody took it may have been lost.
///
/// # Errors
/// The store's.
pub fn wait_anew<V: View>(
    view: &V,
    mut known: TalkCase,
    zone: &ZoneOffsets,
    now: Timestamp,
) -> Result<Effects, V::Error> {
    known.talk.due = match known.talk.reached {
        _ if known.talk.state != CaseState::Open => return Ok(Effects::default()),
        Reached::Team => Some(case::due(zone, now)),
        Reached::Chair => Some(case::due_by_chair(zone, now)),
        Reached::Number => return Ok(Effects::default()),
    };
    Ok(Effects { effects: kept(view, known, now)?, flags: Vec::new() })
}

/// As [`pass_on`], with the roles of a team but for one that ends.
fn passed_on<V: View>(
    view: &V,
    mut known: TalkCase,
    ended: Option<&Role>,
    zone: &ZoneOffsets,
    now: Timestamp,
) -> Result<Vec<Effect>, V::Error> {
    let talk = &mut known.talk;
    if talk.state != CaseState::Open || talk.reached == Reached::Number {
        return Ok(Vec::new());
    }
    let chaired = holds(view, known.team, now, |role| role.kind == RoleKind::Chair && !is(ended, role))?;
    let what = if talk.reached == Reached::Team && chaired { Step::PassedToChair } else { Step::NumberShown };
    (talk.reached, talk.due) = match what {
        Step::PassedToChair => (Reached::Chair, Some(case::due_by_chair(zone, now))),
        _ => (Reached::Number, None),
    };
    talk.add(Entry { at: now, by: None, what, text: None, commit: None });
    kept(view, known, now)
}

fn is(ended: Option<&Role>, role: &Role) -> bool {
    ended.is_some_and(|ended| ended.id == role.id)
}

fn holds<V: View>(view: &V, team: GroupId, now: Timestamp, suits: impl Fn(&Role) -> bool) -> Result<bool, V::Error> {
    Ok(view.role_holders(team)?.iter().any(|role| role.term.holds(now) && suits(role)))
}

/// What the end of a role does to the cases of its team: what its holder had taken waits again, and where no commissioner is
/// left, or no chair for what had reached them, it is passed on at once.
pub(super) fn left<V: View>(
    view: &V,
    role: &Role,
    zone: &ZoneOffsets,
    now: Timestamp,
) -> Result<Vec<Effect>, V::Error> {
    let mut effects = Vec::new();
    let stays = holds(view, role.group, now, |other| other.person == role.person && other.id != role.id)?;
    let commissioners = |other: &Role| other.kind == RoleKind::Commissioner && other.id != role.id;
    let staffed = holds(view, role.group, now, commissioners)?;
    let chaired = holds(view, role.group, now, |other| other.kind == RoleKind::Chair && other.id != role.id)?;
    for mut known in view.unclosed_cases(role.group)? {
        let talk = &mut known.talk;
        let mut changed = false;
        if !stays && talk.owner.as_ref().is_some_and(|owner| owner.id == role.person) {
            talk.add(Entry { at: now, by: None, what: Step::Released, text: None, commit: None });
            wait_again(talk, Step::Released, zone, now);
            changed = true;
        }
        let nobody = match talk.reached {
            Reached::Team => !staffed,
            Reached::Chair => !chaired,
            Reached::Number => false,
        };
        if nobody && talk.state == CaseState::Open {
            effects.extend(passed_on(view, known, Some(role), zone, now)?);
        } else if changed {
            effects.extend(kept(view, known, now)?);
        }
    }
    Ok(effects)
}

/// A case that was closed long ago leaves the desk and the resident's mail.
#[must_use]
pub fn off_the_desk(known: &TalkCase) -> Effects {
    let id = known.talk.op.to_string();
    let rows = [(FeedName::Desk(known.team), kind::TALK), (FeedName::Mail(known.talk.person), kind::CASE)];
    let effects = rows.map(|(feed, kind)| Effect::Drop { feed, kind, id: id.clone() });
    Effects { effects: effects.into(), flags: Vec::new() }
}
