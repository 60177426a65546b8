//! Somebody who came with a link that was passed on: where they are shown while they wait, and the tap that lets them in.

use super::{Case, Judgement, json, membership, place};
use crate::{
    feed::FeedName,
    id::{GroupId, JoinId, Rev},
    joining::Join,
    op::Invitee,
    refusal::Refusal,
    rights::Act,
    row::kind,
    time::Timestamp,
    tree::GroupKind,
    view::{Effect, View},
};

/// The desks at which somebody waits to be let in: of the block and its association; of somebody without a household, where their
/// roles stand.
fn desks<V: View>(view: &V, to: Invitee, now: Timestamp) -> Result<Vec<GroupId>, V::Error> {
    let places = match to {
        Invitee::Household(household) => vec![household],
        Invitee::Person(person) => membership::places_of(view, person, now)?,
    };
    let mut desks = Vec::new();
    for place in places {
        let path = view.path(place)?;
        let at_home = path.first().is_some_and(|group| group.kind == GroupKind::Household);
        let answers = |kind| if at_home { matches!(kind, GroupKind::Block | GroupKind::Association) } else { true };
        let mut answering = path.iter().filter(|group| answers(group.kind)).map(|group| group.id);
        // A role is answered for at its own group and the one above, where whoever gave it works.
        desks.extend(answering.by_ref().take(2));
    }
    desks.sort_unstable();
    desks.dedup();
    Ok(desks)
}

/// The rows that show who waits.
///
/// # Errors
/// The store's.
pub fn shown<V: View>(view: &V, join: &Join, now: Timestamp) -> Result<Vec<Effect>, V::Error> {
    let row = |desk| Effect::Put {
        feed: FeedName::Desk(desk),
        kind: kind::JOIN,
        id: join.join.to_string(),
        rev: Rev::FIRST,
        body: json(join),
        urgent: false,
    };
    Ok(desks(view, join.to, now)?.into_iter().map(row).collect())
}

pub(super) fn approve<V: View>(view: &V, case: &Case<'_>, join: JoinId, admit: bool) -> Judgement<V::Error> {
    let Some(waiting) = view.waiting(join)? else { return Ok(Err(Refusal::UnknownJoin)) };
    let reached = match waiting.to {
        Invitee::Household(household) => place::allowed(view, case, Act::Approve, &[household])?,
        Invitee::Person(person) => membership::reaches(view, case, Act::Approve, person)?,
    };
    if let Err(refusal) = reached {
        return Ok(Err(refusal));
    }
    // To let somebody in is to hand them the key, as whoever prints it does; to turn them away opens nothing.
    if admit && let Err(refusal) = membership::may_open(view, case, &waiting.persons)? {
        return Ok(Err(refusal));
    }
    let mut effects = vec![Effect::JoinAnswered { join, admit }];
    let gone = |desk| Effect::Drop { feed: FeedName::Desk(desk), kind: kind::JOIN, id: join.to_string() };
    effects.extend(desks(view, waiting.to, case.context.now)?.into_iter().map(gone));
    Ok(Ok(case.accept(effects, false)))
}

#[cfg(test)]
mod tests {
    use super::super::world::*;
    use super::*;
    use crate::{
        id::{DeviceId, PersonId, RoleId},
        joining::{Joiner, Waiting},
        op::Command,
        people::{Role, RoleKind},
        sign::Key,
        time::Term,
    };

    const WISH: JoinId = JoinId::from_number(70);

    fn wish(world: &mut World, to: Invitee, person: PersonId) -> Join {
        world.waiting.insert(WISH, Waiting { to, persons: vec![person] });
        let persons = vec![Joiner { id: person, name: "佐藤 花".into() }];
        let (name, phone, digits) = ("佐藤".to_owned(), "電話".to_owned(), "07".to_owned());
        Join { join: WISH, to, name, persons, phone, digits, at: Timestamp::from_millis(world.now) }
    }

    fn leader(world: &mut World) -> PersonId {
        let person = PersonId::from_number(50);
        let known = world.persons[&CHAIR].clone();
        world.persons.insert(person, crate::people::Person { id: person, ..known });
        world.devices.insert(DeviceId::from_number(50), vec![person]);
        let (kind, term) = (RoleKind::BlockLeader, Term::since(Timestamp::from_millis(0)));
        world.roles.push(Role { id: RoleId::from_number(50), person, group: MIDORI_1, kind, term });
        person
    }

    fn desks_of(effects: &[Effect]) -> Vec<FeedName> {
        let feed = |effect: &Effect| match effect {
            Effect::Put { feed, .. } | Effect::Drop { feed, .. } => Some(*feed),
            _ => None,
        };
        effects.iter().filter_map(feed).collect()
    }

    #[test]
    fn whoever_waits_is_shown_to_the_block_leader_and_the_association_and_gone_from_both_with_one_tap() {
        let mut world = World::new();
        let join = wish(&mut world, Invitee::Household(SATO_HOME), SATO);
        let shown = shown(&world, &join, noon()).unwrap();
        assert_eq!(desks_of(&shown), [FeedName::Desk(MIDORI), FeedName::Desk(MIDORI_1)]);
        let leader = leader(&mut world);
        let op = world.op(leader, Command::Approve { join: WISH, admit: true });
        let effects = world.judge(&op).unwrap().effects;
        assert_eq!(effects[0], Effect::JoinAnswered { join: WISH, admit: true });
        assert_eq!(desks_of(&effects), desks_of(&shown));
    }

    #[test]
    fn a_second_tap_finds_nobody_waiting() {
        let mut world = World::new();
        wish(&mut world, Invitee::Household(SATO_HOME), SATO);
        world.does(CHAIR, Command::Approve { join: WISH, admit: false }).unwrap();
        let again = world.does(CHAIR, Command::Approve { join: WISH, admit: true });
        assert_eq!(again, Err(Refusal::UnknownJoin));
    }

    #[test]
    fn nobody_is_let_in_to_rights_beyond_the_reach_of_the_tap_but_turned_away_they_may_be() {
        let mut world = World::new();
        let leader = leader(&mut world);
        let (role, kind) = (RoleId::from_number(60), RoleKind::Officer);
        world.does(CHAIR, Command::GrantRole { role, person: SATO, group: MIDORI, kind, until: None }).unwrap();
        wish(&mut world, Invitee::Household(SATO_HOME), SATO);
        let admit = world.does(leader, Command::Approve { join: WISH, admit: true });
        assert_eq!(admit, Err(Refusal::NotAllowed), "her phone would open the association's desk");
        assert!(world.does(leader, Command::Approve { join: WISH, admit: false }).is_ok());
    }

    #[test]
    fn a_resident_lets_nobody_in() {
        let mut world = World::new();
        wish(&mut world, Invitee::Household(SATO_HOME), SATO);
        assert_eq!(world.does(SATO, Command::Approve { join: WISH, admit: true }), Err(Refusal::NotAllowed));
    }

    #[test]
    fn two_phones_that_ask_at_once_are_told_apart_by_their_digits() {
        let key = Key::of(&p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap());
        let digits: std::collections::BTreeSet<String> =
            (1..40).map(|number| crate::joining::digits(JoinId::from_number(number), &key)).collect();
        assert!(digits.len() > 20 && digits.iter().all(|digits| digits.len() == 2), "{digits:?}");
    }
}
