//! The oracles: what must hold of every row, every op and every figure once nothing moves any more.

mod cases;
mod effects;
mod mirrors;
mod ops;
mod paper;
mod residents;
mod stages;
mod tallies;

use super::world::World;

/// Every oracle; what must not be goes into the ledger.
pub async fn all(world: &mut World) {
    let mut problems = Vec::new();
    for line in world.machine.check().await {
        if !line.good {
            problems.push(format!("the machine's own check: {}: {}", line.what, line.seen));
        }
    }
    problems.extend(mirrors::hold(world).await);
    problems.extend(ops::hold(world));
    problems.extend(effects::hold(world));
    problems.extend(stages::hold(world));
    problems.extend(tallies::hold(world));
    problems.extend(paper::hold(world));
    problems.extend(cases::hold(world));
    problems.extend(residents::hold(world));
    let mut ledger = world.ledger();
    for problem in problems {
        ledger.problem(problem);
    }
}
