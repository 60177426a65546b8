//! One run: chaos for some steps, calm until nothing moves, then the oracles.

use super::{
    counts::Counts,
    oracles,
    world::{Went, World},
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Steps of chaos in a run.
pub const STEPS: usize = 150;
/// Rounds of calm after which nothing may move any more.
const ROUNDS: usize = 60;
/// So long packed rows rest between two writings, and a little longer.
const RESTED: i64 = 61_000;
/// What is to be asked again later is asked again after so long: a little more than ten minutes, then a little more than a day.
const AGAIN_LATER: [i64; 2] = [660_000, 90_000_000];

/// Longer than anything waits for what a restore lost.
const WAITED: i64 = 36 * 86_400_000;

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// What it began with.
    pub seed: u64,
    /// What must not be; empty when all is well.
    pub problems: Vec<String>,
    /// What happened, a line each.
    pub trace: Vec<String>,
    /// What happened, counted.
    pub counts: Counts,
}

/// Runs a seed to its end, on this thread.
///
/// # Panics
/// When the system gives no threads.
#[must_use]
pub fn run(seed: u64, steps: usize) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut world = runtime.block_on(World::begin(seed));
    let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(live(&mut world, steps))));
    if let Err(panic) = ended {
        let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
        world.ledger().problem(format!("broke off: {}", said.unwrap_or("?")));
    }
    let (problems, counts) = {
        let mut ledger = world.ledger();
        (std::mem::take(&mut ledger.problems), ledger.counts.clone())
    };
    Outcome { seed, problems, trace: std::mem::take(&mut world.trace), counts }
}

async fn live(world: &mut World, steps: usize) {
    // Some seeds have bad weather everywhere, some on a few phones, some hardly any.
    let worst = [5, 20, 35, 50][world.chance.below(4)];
    for number in 0..world.phones.len() {
        let storm = world.chance.below(worst);
        world.phones[number].weather.storm(storm);
    }
    // In every second seed the machine is restored now and then; in every eighth a season passes.
    world.restores = world.chance.percent(50);
    let season = world.chance.percent(12).then(|| steps / 2 + world.chance.below(steps / 2));
    let broken = (world.restores && world.chance.percent(25)).then(|| steps / 4 + world.chance.below(steps / 2));
    for place in 0..steps {
        world.next_step();
        if season == Some(place) {
            world.sleep_a_season().await;
        }
        if broken == Some(place) {
            world.stand_broken().await;
        }
        step(world, worst).await;
        if !world.ledger().problems.is_empty() {
            return;
        }
    }
    world.ledger().counts.steps += steps as u64;
    calm(world).await;
    if world.ledger().problems.is_empty() {
        oracles::all(world).await;
    }
    if world.restores && world.ledger().problems.is_empty() {
        // What waited for something that never comes back waits no more.
        world.note("35 days pass");
        world.pass(WAITED);
        calm(world).await;
        if world.ledger().problems.is_empty() {
            oracles::all(world).await;
        }
    }
}

/// What a step is about.
#[derive(Debug, Clone, Copy)]
enum About {
    Sync,
    Tap,
    Work,
    KillPhone,
    Clocks,
    Machine,
    Overtaken,
    NewPhone,
    Volunteer,
    Forger,
}

const STEP: &[(usize, About)] = &[
    (33, About::Sync),
    (28, About::Tap),
    (17, About::Work),
    (4, About::KillPhone),
    (4, About::Clocks),
    (9, About::Machine),
    (4, About::Overtaken),
    (2, About::NewPhone),
    (3, About::Volunteer),
    (1, About::Forger),
];

async fn step(world: &mut World, worst: usize) {
    let millis = world.chance.between(200, 20_000);
    world.pass(millis);
    let number = world.chance.below(world.phones.len());
    let about = world.chance.weighed(STEP).unwrap_or(About::Sync);
    if !world.machine.is_serving() && world.chance.percent(40) {
        world.start_machine();
    }
    if matches!(about, About::Sync | About::Tap | About::Work) && world.chance.percent(6) {
        world.set_trap(number);
    }
    match about {
        About::Sync if world.phones[number].joined() => {
            world.sync(number).await;
        }
        About::Sync if world.phones[number].sheet.is_some() => {
            // One that was erased has ended before it joins again.
            world.look(number);
            world.join(number).await;
        }
        // Erased, or never in: a new sheet.
        About::Sync => {
            let person = world.phones[number].people[0];
            let sheet = world.print_sheet(person).await;
            world.phones[number].sheet = sheet;
        }
        About::Tap => world.tap(number).await,
        About::Work => {
            // Few hold a role: the first who does, from here on.
            for turn in 0..world.phones.len() {
                let other = (number + turn) % world.phones.len();
                if world.work(other).await {
                    world.look(other);
                    break;
                }
            }
        }
        About::KillPhone => world.kill_phone(number),
        About::Clocks => world.disturb_clocks(number),
        About::Machine => world.disturb_machine().await,
        About::Overtaken => {
            let mut delivered = 0;
            for number in 0..world.phones.len() {
                let weather = std::sync::Arc::clone(&world.phones[number].weather);
                delivered += u32::from(weather.deliver_overtaken().await);
            }
            world.note(format!("{delivered} that were given up long ago arrive"));
        }
        About::NewPhone => {
            if let Some(phone) = world.later.pop() {
                world.add_phone(phone).await;
                let storm = world.chance.below(worst);
                let newest = world.phones.len() - 1;
                world.phones[newest].weather.storm(storm);
                world.note(format!("{}: is bought", phone.0));
            }
        }
        About::Volunteer => world.volunteer().await,
        About::Forger if world.phones[number].joined() => world.forge(number).await,
        About::Forger => {}
    }
    if world.chance.percent(25) {
        world.machine.tick().await;
        world.machine.hand_back_journal().await;
    }
    world.look(number);
    world.look_at_machine();
}

/// Fair weather, and everybody syncs until nothing moves any more.
async fn calm(world: &mut World) {
    world.next_step();
    world.note("calm");
    world.calm = true;
    world.start_machine();
    for number in 0..world.phones.len() {
        world.phones[number].weather.storm(0);
        while world.phones[number].is_waiting() {
            world.sync(number).await;
        }
        let weather = std::sync::Arc::clone(&world.phones[number].weather);
        while weather.deliver_overtaken().await {}
        world.look(number);
    }
    let (mut quiet, mut leaps) = (0, AGAIN_LATER.iter());
    for round in 0..ROUNDS {
        world.ledger().counts.rounds += 1;
        let moved = round_of_calm(world).await;
        quiet = if moved { 0 } else { quiet + 1 };
        if !world.ledger().problems.is_empty() {
            return;
        }
        if quiet < 2 {
            world.pass(RESTED);
            continue;
        }
        if world.machine.open_desks().await {
            world.note("no officer's phone is left that could open the desks: the volunteer does");
            quiet = 0;
            continue;
        }
        let Some(leap) = leaps.next() else {
            world.note(format!("nothing moves after {} rounds", round + 1));
            return;
        };
        world.pass(*leap);
        quiet = 0;
    }
    let last: Vec<String> = world.trace.iter().rev().take(12).rev().cloned().collect();
    world.ledger().problem(format!("after {ROUNDS} rounds of calm something still moves:\n{}", last.join("\n")));
}

async fn round_of_calm(world: &mut World) -> bool {
    let mut moved = false;
    for number in 0..world.phones.len() {
        if !world.phones[number].joined() {
            if world.phones[number].sheet.is_some() {
                world.join(number).await;
                world.phones[number].sheet = None;
                moved = true;
            }
            continue;
        }
        match world.sync(number).await {
            Went::Moved => moved = true,
            Went::Still => {}
            Went::Wrong(code) => {
                moved = true;
                if !matches!(code.as_str(), "revoked" | "killed" | "not_joined") {
                    let name = world.phones[number].name;
                    world.ledger().problem(format!("{name}: in fair weather a sync fails: {code}"));
                }
            }
        }
        world.look(number);
    }
    // What the clock did is heard of in the next round.
    let before = world.by_clock();
    world.machine.tick().await;
    world.machine.hand_back_journal().await;
    world.look_at_machine();
    moved || world.has_marks() || world.by_clock() > before
}
