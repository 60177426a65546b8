//! Notices: posted, published at their hour, corrected, withdrawn; and the receipts that come back.

use super::{Case, Folded, Judgement, json, place};
use crate::{
    body::Sent,
    feed::{Audience, FeedName},
    id::{Commit, NoticeId, PersonId, Rev},
    notice::{NoticeBody, NoticeKind, NoticePatch, NoticeState, Phase, Points, Sender, Withdrawn},
    op::{Command, Op},
    receipt::{Receipt, Stage},
    refusal::Refusal,
    rights::Act,
    row::kind,
    time::Timestamp,
    tree::GroupKind,
    view::{Effect, Effects, Mark, View, holds_households},
};
use std::cmp::Ordering;

/// A notice is published at most so long ahead, in milliseconds: 400 days.
const AHEAD_MILLIS: i64 = 400 * 86_400_000;

const fn act_of(notice: NoticeKind) -> Act {
    match notice {
        NoticeKind::Circular => Act::PostCircular,
        NoticeKind::Notice => Act::PostNotice,
        NoticeKind::Emergency => Act::PostEmergency,
    }
}

/// The rows of a notice: on its boards once it is published, and on the desk of the group that sent it.
fn rows(notice: &NoticeState, was_published: bool) -> Vec<Effect> {
    let mut rows = Vec::with_capacity(notice.audience.len() + 1);
    if was_published || notice.phase == Phase::Published {
        let body = json(&notice.body);
        rows.extend(notice.audience.iter().map(|audience| Effect::Put {
            feed: (*audience).into(),
            kind: kind::NOTICE,
            id: notice.id.to_string(),
            rev: notice.rev,
            body: body.clone(),
            urgent: notice.body.kind == NoticeKind::Emergency,
        }));
    }
    rows.push(Effect::Put {
        feed: FeedName::Desk(notice.body.from.id),
        kind: kind::SENT,
        id: notice.id.to_string(),
        rev: notice.rev,
        body: json(&Sent { notice: notice.clone() }),
        urgent: false,
    });
    rows
}

fn kept(notice: NoticeState, was_published: bool, counts_change: bool) -> Vec<Effect> {
    let mut effects = rows(&notice, was_published);
    if counts_change {
        effects.push(Effect::Mark(Mark::Notice(notice.id)));
    }
    effects.insert(0, Effect::Notice(Box::new(notice)));
    effects
}

pub(super) fn post<V: View>(view: &V, case: &Case<'_>) -> Judgement<V::Error> {
    let Command::Post { notice, from, audience, publish_at, .. } = &case.op.command else {
        return Ok(Err(Refusal::Malformed));
    };
    let Some(sender) = view.group(*from)? else { return Ok(Err(Refusal::UnknownGroup)) };
    let mut groups = vec![*from];
    for place in audience {
        let Some(group) = view.group(place.group())? else { return Ok(Err(Refusal::UnknownGroup)) };
        let fits = match place {
            Audience::Board(_) => holds_households(group.kind),
            Audience::Staff(_) => group.kind != GroupKind::Household,
        };
        if !fits {
            return Ok(Err(Refusal::WrongPlace));
        }
        groups.push(group.id);
    }
    if let Err(refusal) = place::allowed(view, case, act_of(*notice), &groups)? {
        return Ok(Err(refusal));
    }
    let now = case.context.now;
    if publish_at.is_some_and(|at| at.since(now) > AHEAD_MILLIS) {
        return Ok(Err(Refusal::DayAhead));
    }
    if view.notice(NoticeId::from(case.op.id))?.is_some() {
        return Ok(Err(Refusal::IdReused));
    }
    let Some(state) = posted(case.op, &sender.name, now) else { return Ok(Err(Refusal::Malformed)) };
    let published = state.phase == Phase::Published;
    Ok(Ok(case.accept(kept(state, false, published), false)))
}

/// The notice a post makes at a moment; none for another op.
fn posted(op: &Op, sender: &str, now: Timestamp) -> Option<NoticeState> {
    let Command::Post { notice, from, audience, title, points, text, publish_at, until } = &op.command else {
        return None;
    };
    let mut places = audience.clone();
    places.sort_unstable();
    places.dedup();
    let hour = publish_at.filter(|at| *at > now);
    Some(NoticeState {
        id: NoticeId::from(op.id),
        rev: Rev::FIRST,
        audience: places,
        author: op.person,
        phase: if hour.is_some() { Phase::Scheduled } else { Phase::Published },
        published: None,
        body: NoticeBody {
            kind: *notice,
            title: title.clone(),
            points: points.clone(),
            text: text.clone(),
            from: Sender { id: *from, name: sender.to_owned() },
            at: hour.unwrap_or(now),
            asks: Rev::FIRST,
            until: *until,
            corrected: None,
            withdrawn: None,
            must_understand: Vec::new(),
        },
    })
}

/// A post handed back.
pub(super) fn post_again<V: View>(view: &V, case: &Case<'_>) -> Folded<V::Error> {
    let Command::Post { from, audience, .. } = &case.op.command else { return Ok(None) };
    if view.notice(NoticeId::from(case.op.id))?.is_some() {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    let Some(sender) = view.group(*from)? else { return Ok(None) };
    for place in audience {
        if view.group(place.group())?.is_none() {
            return Ok(None);
        }
    }
    let Some(state) = posted(case.op, &sender.name, case.at) else { return Ok(None) };
    let published = state.phase == Phase::Published;
    Ok(Some(case.accept(kept(state, false, published), false)))
}

/// A correction or withdrawal handed back: all that was done to the notice is done again in the order of commits, and what
/// comes out is a rev more than what phones may hold.
pub(super) fn change_again<V: View>(
    view: &V,
    case: &Case<'_>,
    (id, seen): (NoticeId, Rev),
    commit: Commit,
    mut history: Vec<(Commit, Op)>,
) -> Folded<V::Error> {
    let Some(known) = view.notice(id)?.filter(|notice| notice.rev >= seen) else { return Ok(None) };
    history.push((commit, case.op.clone()));
    history.sort_by_key(|(commit, _)| *commit);
    // Of a notice from before histories were kept only what it came to is known.
    let first = history.first().map(|(_, first)| first);
    let begun = first.and_then(|first| posted(first, &known.body.from.name, first.at.min(case.context.now)));
    let (mut folded, changes) = match begun {
        Some(begun) => (begun, history.iter().skip(1).map(|(_, op)| op).collect()),
        None => (known.clone(), vec![case.op]),
    };
    for op in changes {
        change(&mut folded, op, op.at.min(case.context.now));
    }
    // How far it is on its way out is known here, and only withdrawing changes that.
    if folded.phase != Phase::Withdrawn {
        folded.phase = known.phase;
    }
    folded.published = known.published;
    folded.body.at = known.body.at;
    folded.rev = known.rev;
    folded.body.asks = known.body.asks;
    if known.phase == Phase::Scheduled && folded.phase != Phase::Withdrawn {
        folded.body.corrected = None;
    }
    // Where it was changed since the restore too, phones may hold another text under the rev this change once gave it.
    let raced = history.last().is_some_and(|(newest, _)| *newest > commit);
    if folded == known && !raced {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    folded.rev = if raced { known.rev.next().max(seen.next().next()) } else { known.rev.next() };
    let published = known.published.is_some();
    let asks_again = folded.body.points != known.body.points;
    if asks_again {
        folded.body.asks = folded.rev;
    }
    Ok(Some(case.accept(kept(folded, published, published && asks_again), false)))
}

/// Does one change to a notice at a moment, whatever rev it saw. What was withdrawn stays so.
fn change(notice: &mut NoticeState, op: &Op, at: Timestamp) {
    if notice.phase == Phase::Withdrawn {
        return;
    }
    match &op.command {
        Command::Correct { patch, .. } if patched(&mut notice.body, patch) => notice.body.corrected = Some(at),
        Command::Withdraw { reason, .. } => {
            notice.phase = Phase::Withdrawn;
            notice.body.withdrawn = Some(Withdrawn { reason: reason.clone(), at });
        }
        _ => {}
    }
}

/// Puts a patch on; whether it changed anything.
fn patched(body: &mut NoticeBody, patch: &NoticePatch) -> bool {
    let before = body.clone();
    let NoticePatch { title, text, when, place, what, by_when, until } = patch.clone();
    let points = std::mem::take(&mut body.points);
    body.points = Points {
        when: when.apply(points.when),
        place: place.apply(points.place),
        what: what.apply(points.what),
        by_when: by_when.apply(points.by_when),
    };
    body.title = title.unwrap_or_else(|| before.title.clone());
    body.text = text.unwrap_or_else(|| before.text.clone());
    body.until = until.apply(body.until);
    *body != before
}

/// A scheduled notice whose hour came.
///
/// # Errors
/// None of its own; the signature leaves room for rules that look.
pub fn publish<V: View>(_view: &V, mut notice: NoticeState, now: Timestamp) -> Result<Effects, V::Error> {
    if notice.phase != Phase::Scheduled {
        return Ok(Effects::default());
    }
    notice.phase = Phase::Published;
    notice.body.at = now;
    Ok(Effects { effects: kept(notice, false, true), flags: Vec::new() })
}

/// The notice, if the sender may change it and saw its newest rev.
fn changeable<V: View>(
    view: &V,
    case: &Case<'_>,
    act: Act,
    id: NoticeId,
    seen: Rev,
) -> Result<Result<NoticeState, Refusal>, V::Error> {
    let Some(notice) = view.notice(id)? else { return Ok(Err(Refusal::UnknownNotice)) };
    if let Err(refusal) = place::allowed(view, case, act, &[notice.body.from.id])? {
        return Ok(Err(refusal));
    }
    if notice.phase == Phase::Withdrawn {
        return Ok(Err(Refusal::Withdrawn));
    }
    Ok(match notice.rev.cmp(&seen) {
        Ordering::Equal => Ok(notice),
        Ordering::Greater => Err(Refusal::Conflict),
        // What the officer saw is not here: a restored backup may lack it yet.
        Ordering::Less => Err(Refusal::UnknownRev),
    })
}

pub(super) fn correct<V: View>(
    view: &V,
    case: &Case<'_>,
    id: NoticeId,
    seen: Rev,
    patch: &NoticePatch,
) -> Judgement<V::Error> {
    let mut notice = match changeable(view, case, Act::Correct, id, seen)? {
        Ok(notice) => notice,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let before = notice.body.points.clone();
    let body = &mut notice.body;
    if !patched(body, patch) {
        return Ok(Ok(case.accept(Vec::new(), false)));
    }
    let asks_again = body.points != before;
    notice.rev = notice.rev.next();
    if asks_again {
        body.asks = notice.rev;
    }
    let published = notice.phase == Phase::Published;
    if published {
        body.corrected = Some(case.context.now);
    }
    Ok(Ok(case.accept(kept(notice, published, published && asks_again), false)))
}

pub(super) fn withdraw<V: View>(
    view: &V,
    case: &Case<'_>,
    id: NoticeId,
    seen: Rev,
    reason: &str,
) -> Judgement<V::Error> {
    let mut notice = match changeable(view, case, Act::Withdraw, id, seen)? {
        Ok(notice) => notice,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let published = notice.phase == Phase::Published;
    notice.phase = Phase::Withdrawn;
    notice.rev = notice.rev.next();
    notice.body.withdrawn = Some(Withdrawn { reason: reason.to_owned(), at: case.context.now });
    Ok(Ok(case.accept(kept(notice, published, false), false)))
}

pub(super) fn receipt<V: View>(view: &V, case: &Case<'_>, id: NoticeId, rev: Rev, stage: Stage) -> Judgement<V::Error> {
    let (person, now) = (case.op.person, case.context.now);
    let Some(notice) = view.notice(id)?.filter(|notice| notice.phase != Phase::Scheduled) else {
        return Ok(Err(Refusal::UnknownNotice));
    };
    let late = !place::could_read(view, person, &notice.audience, now, now)?;
    if late && !place::could_read(view, person, &notice.audience, case.at, now)? {
        return Ok(Err(Refusal::UnknownNotice));
    }
    if rev > notice.rev {
        return Ok(Err(Refusal::UnknownRev));
    }
    let effects =
        received(view, (person, case.context.now), id, notice.body.asks, Receipt { rev, stage, at: case.at })?;
    Ok(Ok(case.accept(effects, late)))
}

/// A receipt handed back.
pub(super) fn receipt_again<V: View>(
    view: &V,
    case: &Case<'_>,
    id: NoticeId,
    rev: Rev,
    stage: Stage,
) -> Folded<V::Error> {
    let Some(notice) = view.notice(id)?.filter(|notice| notice.rev >= rev) else { return Ok(None) };
    if view.person(case.op.person)?.is_none() {
        return Ok(None);
    }
    let effects =
        received(view, (case.op.person, case.context.now), id, notice.body.asks, Receipt { rev, stage, at: case.at })?;
    Ok(Some(case.accept(effects, false)))
}

/// What a receipt that counts comes to; nothing where it says nothing new. `asks` is the rev the notice asks about.
pub(super) fn received<V: View>(
    view: &V,
    (person, now): (PersonId, Timestamp),
    id: NoticeId,
    asks: Rev,
    new: Receipt,
) -> Result<Vec<Effect>, V::Error> {
    let said = new.at;
    let old = view.receipt(person, id)?;
    let new = old.map_or(new, |old| old.and(new, asks));
    if old == Some(new) {
        return Ok(Vec::new());
    }
    let mut effects = vec![
        Effect::Receipt { person, notice: id, receipt: new },
        Effect::Put {
            feed: FeedName::Mail(person),
            kind: kind::RECEIPT,
            id: id.to_string(),
            rev: Rev::FIRST,
            body: json(&new),
            urgent: false,
        },
    ];
    // What they said before they lived here counts for the home they left, until they say more.
    let mut homes = Vec::new();
    for said in [Some(said), old.map(|old| old.at)].into_iter().flatten() {
        homes.extend(place::home(view, person, said, now)?.map(|home| home.household));
    }
    homes.dedup();
    effects.extend(homes.into_iter().map(|home| Effect::Mark(Mark::Tally(id, home))));
    Ok(effects)
}
