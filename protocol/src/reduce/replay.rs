//! What a restored server lost and is handed back: ops applied again as they were first judged, each folded in at its place
//! in the order of commits, so that nothing undoes what came after it; and marks of what has ended.

use super::{
    Case, Ending, blocks, by_author, cases, check_ins, departing, homes, membership, notices, paper, place, same,
    support,
};
use crate::{
    check_in::CheckIn,
    id::{Commit, GroupId, NoticeId, OpId, PersonId},
    op::{Command, Invitee, Op},
    replay::Ended,
    view::{Context, Effect, Effects, View},
};

/// What a server remembers beyond its state, to fold something in that came before it.
pub trait Recall: View {
    /// The number of a person's newest consent or withdrawal; none without.
    ///
    /// # Errors
    /// The store's.
    fn consent_commit(&self, person: PersonId) -> Result<Option<Commit>, Self::Error>;

    /// The number of the newest op that said whether a household is served on paper; none without.
    ///
    /// # Errors
    /// The store's.
    fn paper_commit(&self, household: GroupId) -> Result<Option<Commit>, Self::Error>;

    /// Whether a person withdrew their consent under a later number than this.
    ///
    /// # Errors
    /// The store's.
    fn withdrew_after(&self, person: PersonId, commit: Commit) -> Result<bool, Self::Error>;

    /// The number under which a group's telephone number was last said; none: never.
    ///
    /// # Errors
    /// The store's.
    fn support_commit(&self, group: GroupId) -> Result<Option<Commit>, Self::Error>;

    /// What was done to a notice, posting and withdrawal included, in the order of commits.
    ///
    /// # Errors
    /// The store's.
    fn notice_history(&self, notice: NoticeId) -> Result<Vec<(Commit, Op)>, Self::Error>;

    /// Every check-in of a person that still counts, however long ago.
    ///
    /// # Errors
    /// The store's.
    fn check_ins_ever(&self, person: PersonId) -> Result<Vec<CheckIn>, Self::Error>;

    /// Whether an op is here, whatever became of it since.
    ///
    /// # Errors
    /// The store's.
    fn is_known(&self, op: OpId) -> Result<bool, Self::Error>;

    /// The block a household stood in when a number was given, as far as is known.
    ///
    /// # Errors
    /// The store's.
    fn stood(&self, household: GroupId, commit: Commit) -> Result<Option<GroupId>, Self::Error>;

    /// Whether something that is not here may still be handed back.
    ///
    /// # Errors
    /// The store's.
    fn more_may_come(&self) -> Result<bool, Self::Error>;

    /// The number of the newest change of where a person lives, departure included; none for who never lived here.
    ///
    /// # Errors
    /// The store's.
    fn moved_under(&self, person: PersonId) -> Result<Option<Commit>, Self::Error>;
}

/// What became of something handed back; none: what it speaks about has not come back yet.
pub type Folded<E, T = Effects> = Result<Option<T>, E>;

/// Applies an op again that was applied before under this number. The caller has checked the MAC, and that the op is not there.
///
/// # Errors
/// The view's.
pub fn replay<V: Recall>(view: &V, op: &Op, commit: Commit, context: &Context<'_>) -> Folded<V::Error> {
    let op = &*by_author(view, op)?;
    // When it was judged is not known; when it was tapped is, and it was accepted then.
    let case = Case { op, context, at: op.at.min(context.now), clamped: false };
    match &op.command {
        Command::Receipt { notice, rev, stage } => notices::receipt_again(view, &case, *notice, *rev, *stage),
        Command::CheckIn { mood, day } => check_ins::check_in_again(view, &case, (*mood, *day), commit),
        Command::Consent { moods_to_team } => {
            let newest = view.consent_commit(op.person)?;
            check_ins::consent_again(view, &case, *moods_to_team, newest.is_some_and(|newest| newest > commit))
        }
        Command::TakeBack { op } => check_ins::take_back_again(view, &case, *op, commit),
        Command::Post { .. } => notices::post_again(view, &case),
        Command::Correct { notice, seen, .. } | Command::Withdraw { notice, seen, .. } => {
            let history = view.notice_history(*notice)?;
            notices::change_again(view, &case, (*notice, *seen), commit, history)
        }
        Command::GrantRole { .. } => membership::grant_role_again(view, &case),
        Command::EndRole { role } => membership::end_role_again(view, &case, *role),
        Command::MoveHousehold { household, to } => membership::move_household_again(view, &case, *household, *to),
        Command::SetPaper { household, paper } => {
            let newest = view.paper_commit(*household)?;
            paper::set_paper_again(view, &case, *household, *paper, newest.is_some_and(|newest| newest > commit))
        }
        Command::PaperReceipt { notice, rev, household, stage } => {
            paper::paper_receipt_again(view, &case, (*notice, *rev), *household, *stage)
        }
        Command::Invite { invite, to, secret, passed_on } => {
            if view.invite_exists(*invite)? {
                return Ok(Some(case.accept(Vec::new(), false)));
            }
            let known = match to {
                Invitee::Household(household) => view.group(*household)?.is_some(),
                Invitee::Person(person) => view.person(*person)?.is_some(),
            };
            if !known {
                return Ok(None);
            }
            // Who joined by it is not known any more: as with every invitation open at a restore.
            let effect = Effect::Invite {
                invite: *invite,
                to: *to,
                secret: secret.clone(),
                until: membership::invited_until(case.at),
                void: true,
                passed_on: *passed_on,
            };
            Ok(Some(case.accept(vec![effect], false)))
        }
        // Whoever was let in shows a slip; of whoever was not, nobody waits any more: every invitation is void.
        Command::Approve { .. } => Ok(Some(case.accept(Vec::new(), false))),
        Command::Revoke { device } => {
            let effects = membership::signed_off(view, *device, context.now)?;
            Ok(Some(case.accept(effects, false)))
        }
        Command::Leave {} => {
            let effects = membership::left(view, op.person, context.device, context.now)?;
            Ok(Some(case.accept(effects, false)))
        }
        Command::AddHousehold { .. } => homes::add_household_again(view, &case),
        Command::AddPerson { household, newcomer } => homes::add_person_again(view, &case, *household, newcomer),
        Command::AddBlock { group, association, name } => {
            blocks::add_block_again(view, &case, *group, *association, name)
        }
        Command::CorrectHousehold { household, seen, .. } => {
            homes::correct_household_again(view, &case, *household, *seen)
        }
        Command::CorrectPerson { person, seen, .. } => homes::correct_person_again(view, &case, *person, *seen),
        Command::MovePerson { person, to } => homes::move_person_again(view, &case, (*person, *to), commit),
        Command::Depart { person, why } => departing::depart_again(view, &case, *person, *why),
        Command::MergeHouseholds { from, into } => homes::merge_households_again(view, &case, (*from, *into), commit),
        Command::SplitHousehold { people, .. } => homes::split_household_again(view, &case, people, commit),
        Command::SamePerson { person, twice } => same::same_person_again(view, &case, *person, *twice),
        Command::SeeCase { .. }
        | Command::TakeCase { .. }
        | Command::ReleaseCase { .. }
        | Command::NoteCase { .. }
        | Command::CloseCase { .. } => cases::again(view, &case, commit),
        Command::SetSupport { group, support } => {
            let newest = view.support_commit(*group)?;
            let said = (*group, support.as_ref());
            support::again(view, &case, said, newest.is_some_and(|newest| newest > commit))
        }
    }
}

/// What follows from a mark of what has ended, found again after a restore. The store remembers the mark itself, for devices
/// and people that come back later.
///
/// # Errors
/// The view's.
pub fn ended<V: Recall>(view: &V, ended: Ended, commit: Commit, ending: &Ending<'_>) -> Result<Effects, V::Error> {
    let Ending { at, now, .. } = *ending;
    let effects = match ended {
        Ended::Revoked(device) => membership::signed_off(view, device, now)?,
        Ended::Left(person, device) => membership::left(view, person, device, now)?,
        Ended::Withdrawn(person) => {
            let person = place::known(view, person)?.map_or(person, |known| known.id);
            let newest = view.consent_commit(person)?;
            check_ins::withdrawn(view, person, (at, now), newest.is_some_and(|newest| newest >= commit))?
        }
        Ended::Departed(person) => match place::known(view, person)? {
            Some(person) => departing::departed(view, &person, None, ending)?,
            None => Vec::new(),
        },
    };
    Ok(Effects { effects, flags: Vec::new() })
}
