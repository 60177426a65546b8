//! The one reducer: (view, op, context) → effects or a refusal. The server decides by it, the phone shows by it.

mod approval;
mod blocks;
#[cfg(test)]
mod case_stories;
mod cases;
mod check_ins;
mod departing;
mod homes;
mod membership;
#[cfg(test)]
mod mood_stories;
mod notices;
mod paper;
mod place;
mod replay;
#[cfg(test)]
mod restored;
#[cfg(test)]
mod roster;
mod same;
#[cfg(test)]
mod stories;
mod support;
#[cfg(test)]
mod world;

pub use approval::shown as shown_waiting;
pub use cases::{kept as kept_case, nearest_support, off_the_desk, pass_on, wait_anew};
pub use membership::{profile, role_over, stands_at, team_row};
pub use notices::publish;
pub use place::talk_team;
pub use replay::{Folded, Recall, ended, replay};
pub use support::{offered, offers_support};

use crate::{
    id::PersonId,
    op::{BROADCAST_WAITS_MILLIS, CLOCK_AHEAD_MILLIS, Command, Nature, Op},
    outcome::Flag,
    people::Role,
    refusal::Refusal,
    time::{Timestamp, ZoneOffsets},
    view::{Context, Effects, View},
};
use std::borrow::Cow;

/// What a rule comes to: accepted with effects, or refused; the outer error is the store's.
pub(crate) type Judgement<E> = Result<Result<Effects, Refusal>, E>;

/// An op with what every rule needs to know about its sender and its time.
pub(crate) struct Case<'a> {
    pub op: &'a Op,
    pub context: &'a Context<'a>,
    /// When it was tapped, by a possible clock.
    pub at: Timestamp,
    /// Whether the device's clock was impossible.
    pub clamped: bool,
}

impl Case<'_> {
    /// Accepted, with the clock noted where it was clamped.
    pub(crate) fn accept(&self, effects: Vec<crate::view::Effect>, late: bool) -> Effects {
        let mut flags = Vec::new();
        if late {
            flags.push(Flag::Late);
        }
        if self.clamped {
            flags.push(Flag::Clock);
        }
        if effects.is_empty() {
            flags.push(Flag::Nothing);
        }
        Effects { effects, flags }
    }

    /// Something ended then, as this op says.
    pub(crate) const fn ending(&self, at: Timestamp) -> Ending<'_> {
        Ending { at, now: self.context.now, zone: self.context.zone }
    }

    /// The roles the sender holds now.
    pub(crate) fn roles<V: View>(&self, view: &V) -> Result<Vec<Role>, V::Error> {
        let mut roles = view.roles(self.op.person)?;
        roles.retain(|role| role.term.holds(self.context.now));
        Ok(roles)
    }
}

/// When something ended, and when that is carried out.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// When it ended.
    pub at: Timestamp,
    /// The server's clock, or the phone's idea of it.
    pub now: Timestamp,
    /// The association's zone.
    pub zone: &'a ZoneOffsets,
}

/// Judges an op.
///
/// # Errors
/// Whatever the view answers with when it cannot look. A refusal is the inner result.
pub fn reduce<V: View>(view: &V, op: &Op, context: &Context<'_>) -> Judgement<V::Error> {
    let persons = view.device_persons(context.device)?;
    // A phone may not have heard yet that somebody was known twice: what it says as the second is the first's.
    let op = &*if persons.contains(&op.person) { Cow::Borrowed(op) } else { by_author(view, op)? };
    if !persons.contains(&op.person) {
        return Ok(Err(Refusal::NotOnThisDevice));
    }
    let nature = op.command.nature();
    if nature != Nature::Evidence && persons.len() > 1 && !matches!(op.command, Command::Revoke { .. }) {
        return Ok(Err(Refusal::SharedDevice));
    }
    let clamped = op.at.since(context.now) > CLOCK_AHEAD_MILLIS;
    if clamped && nature != Nature::Evidence {
        return Ok(Err(Refusal::ClockAhead));
    }
    if nature == Nature::Broadcast && context.now.since(op.at) > BROADCAST_WAITS_MILLIS {
        return Ok(Err(Refusal::Stale));
    }
    let case = Case { op, context, at: op.at.min(context.now), clamped };
    match &op.command {
        Command::Receipt { notice, rev, stage } => notices::receipt(view, &case, *notice, *rev, *stage),
        Command::CheckIn { mood, day } => check_ins::check_in(view, &case, *mood, *day),
        Command::Consent { moods_to_team } => check_ins::consent(view, &case, *moods_to_team),
        Command::TakeBack { op } => check_ins::take_back(view, &case, *op),
        Command::Post { .. } => notices::post(view, &case),
        Command::Correct { notice, seen, patch } => notices::correct(view, &case, *notice, *seen, patch),
        Command::Withdraw { notice, seen, reason } => notices::withdraw(view, &case, *notice, *seen, reason),
        Command::GrantRole { .. } => membership::grant_role(view, &case),
        Command::EndRole { role } => membership::end_role(view, &case, *role),
        Command::MoveHousehold { household, to } => membership::move_household(view, &case, *household, *to),
        Command::SetPaper { household, paper } => paper::set_paper(view, &case, *household, *paper),
        Command::PaperReceipt { notice, rev, household, stage } => {
            paper::paper_receipt(view, &case, (*notice, *rev), *household, *stage)
        }
        Command::Invite { .. } => membership::invite(view, &case),
        Command::Approve { join, admit } => approval::approve(view, &case, *join, *admit),
        Command::Revoke { device } => membership::revoke(view, &case, *device),
        Command::Leave {} => membership::leave(view, &case),
        Command::AddHousehold { .. } => homes::add_household(view, &case),
        Command::AddPerson { household, newcomer } => homes::add_person(view, &case, *household, newcomer),
        Command::AddBlock { group, association, name } => blocks::add_block(view, &case, *group, *association, name),
        Command::CorrectHousehold { household, seen, .. } => homes::correct_household(view, &case, *household, *seen),
        Command::CorrectPerson { person, seen, .. } => homes::correct_person(view, &case, *person, *seen),
        Command::MovePerson { person, to } => homes::move_person(view, &case, *person, *to),
        Command::Depart { person, why } => departing::depart(view, &case, *person, *why),
        Command::MergeHouseholds { from, into } => homes::merge_households(view, &case, *from, *into),
        Command::SplitHousehold { from, people, .. } => homes::split_household(view, &case, *from, people),
        Command::SamePerson { person, twice } => same::same_person(view, &case, *person, *twice),
        Command::SeeCase { case: id } => cases::see(view, &case, *id),
        Command::TakeCase { .. }
        | Command::ReleaseCase { .. }
        | Command::NoteCase { .. }
        | Command::CloseCase { .. } => cases::work(view, &case),
        Command::SetSupport { group, support } => support::set(view, &case, *group, support.as_ref()),
    }
}

/// An op by the person its author is known as.
pub(crate) fn by_author<'a, V: View>(view: &V, op: &'a Op) -> Result<Cow<'a, Op>, V::Error> {
    let author = author(view, op.person)?;
    Ok(if author == op.person { Cow::Borrowed(op) } else { Cow::Owned(Op { person: author, ..op.clone() }) })
}

/// Who somebody is that may have been known twice: the id that stands.
///
/// # Errors
/// The store's.
pub fn author<V: View>(view: &V, person: PersonId) -> Result<PersonId, V::Error> {
    Ok(place::known(view, person)?.map_or(person, |known| known.id))
}

/// A body as JSON. Bodies are made of maps with text keys and never fail to become JSON.
pub(crate) fn json<T: serde::Serialize>(body: &T) -> String {
    serde_json::to_string(body).unwrap_or_default()
}
