//! What a screen showed of a receipt as sent before the machine was restored stands there again.

use super::ops::judged;
use crate::convergence::world::World;
use kairan_protocol::op::Command;

/// What is wrong with the stages.
pub fn hold(world: &World) -> Vec<String> {
    let judged = judged(world);
    let mut wrong = Vec::new();
    for phone in world.phones.iter().filter(|phone| phone.joined()) {
        for person in phone.persons() {
            for line in phone.notices(&person) {
                let place = (person.clone(), line.id.clone(), line.rev);
                let Some(before) = phone.stages_before_restore().get(&place) else { continue };
                if line.stage.is_some_and(|stage| stage >= *before) || is_lost(world, &judged, &person, &line.id) {
                    continue;
                }
                let (name, title, stage) = (phone.name, &line.title, line.stage);
                wrong.push(format!("{name}: of {title} it showed {before:?} as sent, and shows {stage:?} now"));
            }
        }
    }
    wrong
}

/// Whether nobody was left who could hand back what the stage came from: the receipt, or a correction it was about.
fn is_lost(world: &World, judged: &super::ops::Every, person: &str, notice: &str) -> bool {
    let ledger = world.ledger();
    ledger.told.keys().filter(|id| !judged.contains_key(id)).filter_map(|id| ledger.ops.get(id)).any(|op| {
        match &op.command {
            Command::Receipt { notice: about, .. } => op.person.to_string() == person && about.to_string() == notice,
            Command::Correct { notice: about, .. } => about.to_string() == notice,
            _ => false,
        }
    })
}
