//! Who may do what, where: one table, and the feeds a person reads by it.

use crate::{
    feed::FeedName,
    id::{GroupId, PersonId},
    people::{Role, RoleKind},
    time::Timestamp,
    tree::Relation,
    view::View,
};
use std::collections::BTreeMap;

/// As what somebody acts. One person may stand in several ways; each is judged alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Lives in a household.
    Resident,
    /// Guest of a person, such as family far away: in nobody's denominator.
    Guest,
    /// Holds a role.
    Role(RoleKind),
}

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 8] = [
        Self::Resident,
        Self::Guest,
        Self::Role(RoleKind::BlockLeader),
        Self::Role(RoleKind::Officer),
        Self::Role(RoleKind::Chair),
        Self::Role(RoleKind::Commissioner),
        Self::Role(RoleKind::MunicipalStaff),
        Self::Role(RoleKind::Steward),
    ];

    /// Its word in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::Guest => "guest",
            Self::Role(kind) => kind.word(),
        }
    }

    /// The standing of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.word() == word)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$line:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$line])* $variant),+ }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its word in tables.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The one of a word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words! {
    /// What is done.
    Act {
        /// Say how far one got with a notice.
        Receipt = "receipt",
        /// Say how one is.
        CheckIn = "check_in",
        /// Agree, or no longer, that moods reach the team.
        Consent = "consent",
        /// Take a mistaken tap back.
        TakeBack = "take_back",
        /// Leave a device.
        Leave = "leave",
        /// Post a circular.
        PostCircular = "post_circular",
        /// Post a plain notice.
        PostNotice = "post_notice",
        /// Post an emergency.
        PostEmergency = "post_emergency",
        /// Correct a notice sent in a group's name.
        Correct = "correct",
        /// Withdraw a notice sent in a group's name.
        Withdraw = "withdraw",
        /// Give a role that opens no moods.
        GrantRole = "grant_role",
        /// End a role that opens no moods.
        EndRole = "end_role",
        /// Make somebody see moods: a commissioner, any role at a team, or municipal staff, who appoint commissioners.
        GrantCommissioner = "grant_commissioner",
        /// End such a role.
        EndCommissioner = "end_commissioner",
        /// Move a household: from a place and to a place, both judged.
        MoveHousehold = "move_household",
        /// Say who lives where: homes and people that come, go, change their name, are merged or split.
        EditRoster = "edit_roster",
        /// Say whether a home is served on paper.
        SetPaper = "set_paper",
        /// Enter how far a home is that did not answer by its own phone.
        PaperReceipt = "paper_receipt",
        /// Print an invitation.
        Invite = "invite",
        /// Let somebody in who came with a link that was passed on, or turn them away.
        Approve = "approve",
        /// Sign another person's device off.
        Revoke = "revoke",
        /// Look at a team's case, take it, write about it, close it.
        WorkCase = "work_case",
        /// Say which telephone number is offered where no team can be reached.
        SetSupport = "set_support",
        /// Read the board of a group.
        ReadBoard = "read_board",
        /// Read the staff feed of a group.
        ReadStaff = "read_staff",
        /// Read the desk of a group.
        ReadDesk = "read_desk",
    }
}

words! {
    /// Where it is done: a person's own matters, or a group as seen from the group one stands in.
    Place {
        /// For oneself.
        Myself = "self",
        /// For somebody else.
        Other = "other",
        /// The very group.
        Own = "own",
        /// Anywhere below it.
        Below = "below",
        /// Anywhere above it.
        Above = "above",
        /// Elsewhere in the district.
        Beside = "beside",
    }
}

impl From<Relation> for Place {
    fn from(relation: Relation) -> Self {
        match relation {
            Relation::Own => Self::Own,
            Relation::Below => Self::Below,
            Relation::Above => Self::Above,
            Relation::Beside => Self::Beside,
        }
    }
}

const RESIDENT: Standing = Standing::Resident;
const GUEST: Standing = Standing::Guest;
const LEADER: Standing = Standing::Role(RoleKind::BlockLeader);
const OFFICER: Standing = Standing::Role(RoleKind::Officer);
const CHAIR: Standing = Standing::Role(RoleKind::Chair);
const COMMISSIONER: Standing = Standing::Role(RoleKind::Commissioner);
const MUNICIPAL: Standing = Standing::Role(RoleKind::MunicipalStaff);
const STEWARD: Standing = Standing::Role(RoleKind::Steward);

const MYSELF: &[Place] = &[Place::Myself];
const DOWN: &[Place] = &[Place::Own, Place::Below];
const UP: &[Place] = &[Place::Own, Place::Above];
const OWN: &[Place] = &[Place::Own];

/// The table: what is not in it is not allowed.
#[rustfmt::skip]
const TABLE: &[(Act, &[Standing], &[Place])] = &[
    (Act::Receipt,           &[RESIDENT, LEADER, OFFICER, CHAIR, COMMISSIONER, MUNICIPAL],        MYSELF),
    (Act::CheckIn,           &[RESIDENT],                                                         MYSELF),
    (Act::Consent,           &[RESIDENT],                                                         MYSELF),
    (Act::TakeBack,          &[RESIDENT],                                                         MYSELF),
    (Act::Leave,             &[RESIDENT, GUEST, LEADER, OFFICER, CHAIR, COMMISSIONER, MUNICIPAL], MYSELF),
    (Act::PostCircular,      &[LEADER, OFFICER, CHAIR, MUNICIPAL, STEWARD],                       DOWN),
    (Act::PostNotice,        &[LEADER, OFFICER, CHAIR, MUNICIPAL, STEWARD],                       DOWN),
    (Act::PostEmergency,     &[OFFICER, CHAIR, MUNICIPAL, STEWARD],                               DOWN),
    (Act::Correct,           &[LEADER, OFFICER, CHAIR, MUNICIPAL, STEWARD],                       DOWN),
    (Act::Withdraw,          &[LEADER, OFFICER, CHAIR, MUNICIPAL, STEWARD],                       DOWN),
    (Act::GrantRole,         &[CHAIR, MUNICIPAL, STEWARD],                                        DOWN),
    (Act::EndRole,           &[CHAIR, MUNICIPAL, STEWARD],                                        DOWN),
    (Act::GrantCommissioner, &[MUNICIPAL, STEWARD],                                               DOWN),
    (Act::EndCommissioner,   &[MUNICIPAL, STEWARD],                                               DOWN),
    (Act::MoveHousehold,     &[OFFICER, CHAIR, MUNICIPAL, STEWARD],                               DOWN),
    (Act::EditRoster,        &[OFFICER, CHAIR, MUNICIPAL, STEWARD],                               DOWN),
    (Act::SetPaper,          &[LEADER, OFFICER, CHAIR, MUNICIPAL, STEWARD],                       DOWN),
    (Act::PaperReceipt,      &[LEADER, OFFICER, CHAIR],                                           DOWN),
    (Act::Invite,            &[LEADER, OFFICER, CHAIR, MUNICIPAL, STEWARD],                       DOWN),
    (Act::Approve,           &[LEADER, OFFICER, CHAIR, MUNICIPAL, STEWARD],                       DOWN),
    (Act::Revoke,            &[OFFICER, CHAIR, MUNICIPAL, STEWARD],                               DOWN),
    (Act::WorkCase,          &[OFFICER, CHAIR, COMMISSIONER],                                     OWN),
    (Act::SetSupport,        &[OFFICER, CHAIR, MUNICIPAL, STEWARD],                               DOWN),
    (Act::ReadBoard,         &[RESIDENT, LEADER, OFFICER, CHAIR, COMMISSIONER, MUNICIPAL],        UP),
    (Act::ReadStaff,         &[LEADER, OFFICER, CHAIR, COMMISSIONER, MUNICIPAL],                  UP),
    (Act::ReadDesk,          &[LEADER, OFFICER, CHAIR, COMMISSIONER, MUNICIPAL],                  OWN),
];

/// Whether somebody standing so may do this there.
#[must_use]
pub fn may(standing: Standing, act: Act, place: Place) -> bool {
    TABLE.iter().any(|(of, standings, places)| *of == act && standings.contains(&standing) && places.contains(&place))
}

/// The role that lets a person do this at each of these groups (given by their paths), if one does.
///
/// # Errors
/// The store's.
pub(crate) fn role_for<V: View>(
    view: &V,
    roles: &[Role],
    act: Act,
    targets: &[Vec<GroupId>],
) -> Result<Option<Role>, V::Error> {
    for role in roles {
        let own = ids(view, role.group)?;
        let allows =
            |target: &Vec<GroupId>| may(Standing::Role(role.kind), act, crate::tree::relation(&own, target).into());
        if !own.is_empty() && targets.iter().all(allows) {
            return Ok(Some(*role));
        }
    }
    Ok(None)
}

/// A group's path as ids.
pub(crate) fn ids<V: View>(view: &V, group: GroupId) -> Result<Vec<GroupId>, V::Error> {
    Ok(view.path(group)?.into_iter().map(|group| group.id).collect())
}

/// What one person may read at a moment, and until when where a term ends. On a device that holds several people
/// (`shared_device`) roles are not exercised: nothing is there by them.
///
/// # Errors
/// The store's.
pub fn feeds<V: View>(
    view: &V,
    person: PersonId,
    now: Timestamp,
    shared_device: bool,
) -> Result<BTreeMap<FeedName, Option<Timestamp>>, V::Error> {
    let mut feeds = BTreeMap::from([(FeedName::Mail(person), None)]);
    // Where somebody lives was said by somebody, and holds at once: no clock begins or ends it.
    for residence in view.residences(person)?.iter().filter(|residence| residence.term.until.is_none()) {
        let path = ids(view, residence.household)?;
        grant(&mut feeds, Standing::Resident, &path, residence.term.until);
    }
    if !shared_device {
        for role in view.roles(person)?.iter().filter(|role| role.term.holds(now)) {
            let path = ids(view, role.group)?;
            grant(&mut feeds, Standing::Role(role.kind), &path, role.term.until);
        }
    }
    Ok(feeds)
}

fn grant(
    feeds: &mut BTreeMap<FeedName, Option<Timestamp>>,
    standing: Standing,
    path: &[GroupId],
    until: Option<Timestamp>,
) {
    for (height, group) in path.iter().enumerate() {
        let place = if height == 0 { Place::Own } else { Place::Above };
        let readable = [
            (Act::ReadBoard, FeedName::Board(*group)),
            (Act::ReadStaff, FeedName::Staff(*group)),
            (Act::ReadDesk, FeedName::Desk(*group)),
        ];
        for (_, feed) in readable.into_iter().filter(|(act, _)| may(standing, *act, place)) {
            feeds
                .entry(feed)
                .and_modify(|known| *known = known.zip(until).map(|(known, until)| known.max(until)))
                .or_insert(until);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chair_cannot_make_somebody_see_moods() {
        for place in [Place::Own, Place::Below, Place::Above, Place::Beside] {
            assert!(!may(Standing::Role(RoleKind::Chair), Act::GrantCommissioner, place));
        }
    }

    #[test]
    fn nobody_does_anything_in_another_persons_name() {
        for standing in Standing::ALL {
            assert!(Act::ALL.iter().all(|act| !may(standing, *act, Place::Other)));
        }
    }

    #[test]
    fn every_act_is_in_the_table_once() {
        for act in Act::ALL {
            assert_eq!(TABLE.iter().filter(|(of, ..)| of == act).count(), 1, "{}", act.word());
        }
    }

    #[test]
    fn words_read_back() {
        assert!(Standing::ALL.into_iter().all(|one| Standing::from_word(one.word()) == Some(one)));
        assert!(Act::ALL.iter().all(|one| Act::from_word(one.word()) == Some(*one)));
        assert!(Place::ALL.iter().all(|one| Place::from_word(one.word()) == Some(*one)));
    }
}
