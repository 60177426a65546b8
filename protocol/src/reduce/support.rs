//! The telephone number a group offers where no team can be reached.

use super::{Case, Folded, Judgement, json, place};
use crate::{
    case::Support,
    feed::FeedName,
    id::{GroupId, Rev},
    refusal::Refusal,
    rights::Act,
    row::kind,
    tree::GroupKind,
    view::{Effect, View},
};

/// What a number, or that there is none any more, comes to.
#[must_use]
pub fn offered(group: GroupId, support: Option<&Support>) -> Vec<Effect> {
    let (feed, kind, id) = (FeedName::Board(group), kind::SUPPORT, group.to_string());
    let row = match support {
        Some(support) => Effect::Put { feed, kind, id, rev: Rev::FIRST, body: json(support), urgent: false },
        None => Effect::Drop { feed, kind, id },
    };
    vec![Effect::Support { group, support: support.cloned() }, row]
}

/// Whether a group of this kind offers a number of its own.
#[must_use]
pub const fn offers_support(kind: GroupKind) -> bool {
    matches!(kind, GroupKind::District | GroupKind::Federation | GroupKind::Association)
}

pub(super) fn set<V: View>(
    view: &V,
    case: &Case<'_>,
    group: GroupId,
    support: Option<&Support>,
) -> Judgement<V::Error> {
    let Some(place) = view.group(group)? else { return Ok(Err(Refusal::UnknownGroup)) };
    if let Err(refusal) = place::allowed(view, case, Act::SetSupport, &[group])? {
        return Ok(Err(refusal));
    }
    if !offers_support(place.kind) {
        return Ok(Err(Refusal::WrongPlace));
    }
    if view.support(group)?.as_ref() == support {
        // That it was said once more is kept: what is handed back from before must not undo it.
        let said = vec![Effect::Support { group, support: support.cloned() }];
        return Ok(Ok(case.accept(said, false)));
    }
    Ok(Ok(case.accept(offered(group, support), false)))
}

/// A number handed back; what was said later stands.
pub(super) fn again<V: View>(
    view: &V,
    case: &Case<'_>,
    (group, support): (GroupId, Option<&Support>),
    newer_is_here: bool,
) -> Folded<V::Error> {
    if view.group(group)?.is_none() {
        return Ok(None);
    }
    let effects = if newer_is_here { Vec::new() } else { offered(group, support) };
    Ok(Some(case.accept(effects, false)))
}
