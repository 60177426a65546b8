//! Blocks of an association that are new.

use super::{Case, Folded, Judgement, place};
use crate::{
    id::GroupId,
    refusal::Refusal,
    rights::Act,
    tree::{Group, GroupKind},
    view::{Effect, Mark, View},
};

pub(super) fn add_block<V: View>(
    view: &V,
    case: &Case<'_>,
    block: GroupId,
    association: GroupId,
    name: &str,
) -> Judgement<V::Error> {
    let Some(above) = view.group(association)? else { return Ok(Err(Refusal::UnknownGroup)) };
    if let Err(refusal) = place::allowed(view, case, Act::EditRoster, &[association])? {
        return Ok(Err(refusal));
    }
    if !GroupKind::Block.may_hang_below(above.kind) {
        return Ok(Err(Refusal::WrongPlace));
    }
    if view.group(block)?.is_some() {
        return Ok(Err(Refusal::IdReused));
    }
    Ok(Ok(case.accept(made(block, association, name), false)))
}

/// A block handed back.
pub(super) fn add_block_again<V: View>(
    view: &V,
    case: &Case<'_>,
    block: GroupId,
    association: GroupId,
    name: &str,
) -> Folded<V::Error> {
    if view.group(block)?.is_some() {
        return Ok(Some(case.accept(Vec::new(), false)));
    }
    if view.group(association)?.is_none() {
        return Ok(None);
    }
    Ok(Some(case.accept(made(block, association, name), false)))
}

fn made(block: GroupId, association: GroupId, name: &str) -> Vec<Effect> {
    let group = Group { id: block, kind: GroupKind::Block, parent: Some(association), name: name.to_owned() };
    vec![Effect::Block(group), Effect::Mark(Mark::Block(block))]
}

#[cfg(test)]
mod tests {
    use super::super::{
        restored::{Lost, hand_back},
        world::*,
    };
    use crate::{
        id::{GroupId, PersonId},
        op::Command,
        people::Newcomer,
        refusal::Refusal,
        tree::GroupKind,
        view::View,
    };

    const THIRD: GroupId = GroupId::from_number(301);

    fn third_block() -> Command {
        Command::AddBlock { group: THIRD, association: MIDORI, name: "3班".to_owned() }
    }

    fn home() -> Command {
        Command::AddHousehold {
            household: GroupId::from_number(302),
            block: THIRD,
            name: "加藤".to_owned(),
            reading: None,
            paper: false,
            place: None,
            people: vec![Newcomer { person: PersonId::from_number(303), name: "加藤 進".to_owned(), reading: None }],
        }
    }

    #[test]
    fn the_chair_makes_a_third_block_and_a_home_moves_in() {
        let mut world = World::new();
        world.does(CHAIR, third_block()).unwrap();
        assert_eq!(world.group(THIRD).unwrap().unwrap().kind, GroupKind::Block);
        world.does(CHAIR, home()).unwrap();
        assert_eq!(world.does(CHAIR, third_block()), Err(Refusal::IdReused));
    }

    #[test]
    fn a_resident_makes_no_block_and_none_hangs_below_a_block() {
        let mut world = World::new();
        assert_eq!(world.does(SATO, third_block()), Err(Refusal::NotAllowed));
        let below_a_block = Command::AddBlock { group: THIRD, association: MIDORI_1, name: "3班".to_owned() };
        assert_eq!(world.does(CHAIR, below_a_block), Err(Refusal::WrongPlace));
    }

    #[test]
    fn after_a_restore_a_home_waits_for_its_block() {
        let (mut restored, lost) = Lost::since(&mut World::new(), |world| {
            world.does(CHAIR, third_block()).unwrap();
            world.does(CHAIR, home()).unwrap();
        });
        assert!(!hand_back(&mut restored, &lost.0[1]), "later");
        assert!(hand_back(&mut restored, &lost.0[0]));
        assert!(hand_back(&mut restored, &lost.0[1]));
        assert!(restored.group(GroupId::from_number(302)).unwrap().is_some());
    }
}
