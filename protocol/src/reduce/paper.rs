//! Paper homes: which households are served on paper, and what a leader enters for a home without an answer of its own.

use super::{Case, Folded, Judgement, json, place};
use crate::{
    feed::{Audience, FeedName},
    id::{GroupId, NoticeId, Rev},
    notice::{NoticeState, Phase},
    paper::{PaperReceipt, PaperStage},
    refusal::Refusal,
    rights::{Act, ids, role_for},
    row::kind,
    time::Timestamp,
    tree::{Group, GroupKind},
    view::{Effect, Mark, View},
};

pub(super) fn set_paper<V: View>(view: &V, case: &Case<'_>, household: GroupId, paper: bool) -> Judgement<V::Error> {
    let Some(home) = view.group(household)? else { return Ok(Err(Refusal::UnknownGroup)) };
    if let Err(refusal) = place::allowed(view, case, Act::SetPaper, &[household])? {
        return Ok(Err(refusal));
    }
    if home.kind != GroupKind::Household {
        return Ok(Err(Refusal::WrongPlace));
    }
    Ok(Ok(case.accept(reached_by(view, &home, paper)?, false)))
}

/// How a home is reached from now on: its block's roster and cards say so, and it counts so for every notice. That it was said is
/// kept where it changes nothing, too: what is handed back from before must not undo it.
fn reached_by<V: View>(view: &V, home: &Group, paper: bool) -> Result<Vec<Effect>, V::Error> {
    let mut effects = vec![Effect::Paper { household: home.id, paper }];
    if view.is_paper(home.id)? != paper {
        effects.push(Effect::Mark(Mark::Household(home.id)));
        effects.extend(home.parent.map(|block| Effect::Mark(Mark::Block(block))));
    }
    Ok(effects)
}

/// Handed back: of two that were said the one applied later stands.
pub(super) fn set_paper_again<V: View>(
    view: &V,
    case: &Case<'_>,
    household: GroupId,
    paper: bool,
    newer_is_here: bool,
) -> Folded<V::Error> {
    let Some(home) = view.group(household)? else { return Ok(None) };
    let effects = if newer_is_here { Vec::new() } else { reached_by(view, &home, paper)? };
    Ok(Some(case.accept(effects, false)))
}

pub(super) fn paper_receipt<V: View>(
    view: &V,
    case: &Case<'_>,
    (id, rev): (NoticeId, Rev),
    household: GroupId,
    stage: PaperStage,
) -> Judgement<V::Error> {
    // It states a fact, but by a role, and roles are not exercised on shared devices.
    if view.device_persons(case.context.device)?.len() > 1 {
        return Ok(Err(Refusal::SharedDevice));
    }
    let Some(home) = view.group(household)? else { return Ok(Err(Refusal::UnknownGroup)) };
    if home.kind != GroupKind::Household {
        let allowed = place::allowed(view, case, Act::PaperReceipt, &[household])?;
        return Ok(Err(allowed.err().unwrap_or(Refusal::WrongPlace)));
    }
    let Some(notice) = view.notice(id)?.filter(|notice| notice.phase != Phase::Scheduled) else {
        return Ok(Err(Refusal::UnknownNotice));
    };
    let counted = view.block_counted(id, household)?;
    let late = match entered_by(view, case, [counted, home.parent])? {
        Ok(late) => late,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !asks(view, &notice, counted)? {
        return Ok(Err(Refusal::UnknownNotice));
    }
    if rev > notice.rev {
        return Ok(Err(Refusal::UnknownRev));
    }
    Ok(Ok(case.accept(entered(view, case, &notice, rev, household, stage)?, late)))
}

/// Whether a role lets the sender enter something for a home that counts in one of these blocks and stands in the other: now, or
/// (then it is late) when it was entered.
fn entered_by<V: View>(
    view: &V,
    case: &Case<'_>,
    blocks: [Option<GroupId>; 2],
) -> Result<Result<bool, Refusal>, V::Error> {
    let mut refusal = Refusal::NotAllowed;
    for block in blocks.into_iter().flatten() {
        match place::allowed(view, case, Act::PaperReceipt, &[block])? {
            Ok(()) => return Ok(Ok(false)),
            Err(Refusal::RoleEnded) => refusal = Refusal::RoleEnded,
            Err(_) => {}
        }
    }
    for block in blocks.into_iter().flatten() {
        if held_then(view, case, block, case.at)? {
            return Ok(Ok(true));
        }
    }
    Ok(Err(refusal))
}

fn held_then<V: View>(view: &V, case: &Case<'_>, block: GroupId, at: Timestamp) -> Result<bool, V::Error> {
    let mut roles = view.roles(case.op.person)?;
    roles.retain(|role| role.term.held(at, case.context.now));
    Ok(role_for(view, &roles, Act::PaperReceipt, &[ids(view, block)?])?.is_some())
}

/// Whether a notice asks the homes of a block.
fn asks<V: View>(view: &V, notice: &NoticeState, block: Option<GroupId>) -> Result<bool, V::Error> {
    let Some(block) = block else { return Ok(false) };
    let way = ids(view, block)?;
    Ok(notice.audience.iter().any(|audience| match audience {
        Audience::Board(board) => way.contains(board),
        Audience::Staff(_) => false,
    }))
}

/// Handed back: it was judged once, and of what was entered the furthest stands.
pub(super) fn paper_receipt_again<V: View>(
    view: &V,
    case: &Case<'_>,
    (id, rev): (NoticeId, Rev),
    household: GroupId,
    stage: PaperStage,
) -> Folded<V::Error> {
    let Some(notice) = view.notice(id)?.filter(|notice| notice.rev >= rev) else { return Ok(None) };
    if view.group(household)?.is_none() || view.person(case.op.person)?.is_none() {
        return Ok(None);
    }
    Ok(Some(case.accept(entered(view, case, &notice, rev, household, stage)?, false)))
}

/// What an entry that counts comes to; nothing where it says nothing new. Its author has it in their mail, as everything they said.
fn entered<V: View>(
    view: &V,
    case: &Case<'_>,
    notice: &NoticeState,
    rev: Rev,
    household: GroupId,
    stage: PaperStage,
) -> Result<Vec<Effect>, V::Error> {
    let (id, by) = (notice.id, case.op.person);
    let new = PaperReceipt { rev, stage, at: case.at, by };
    let old = view.paper_receipt(household, id)?;
    if old.is_some_and(|old| old.and(new, notice.body.asks) == old) {
        return Ok(Vec::new());
    }
    Ok(vec![
        Effect::PaperReceipt { household, notice: id, receipt: new },
        Effect::Put {
            feed: FeedName::Mail(by),
            kind: kind::PAPER_RECEIPT,
            id: format!("{id}:{household}"),
            rev: Rev::FIRST,
            body: json(&new),
            urgent: false,
        },
        Effect::Mark(Mark::Tally(id, household)),
    ])
}

#[cfg(test)]
mod tests;
