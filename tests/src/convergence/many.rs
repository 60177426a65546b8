//! Many seeds, on as many threads as wanted, and what they came to together.

use super::{
    counts::Counts,
    run::{Outcome, run},
};
use std::{
    fmt::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// What many runs came to.
#[derive(Debug)]
pub struct Together {
    /// How many runs there were.
    pub seeds: u64,
    /// Everything that happened, counted.
    pub counts: Counts,
    /// The runs in which something was wrong, by their seeds.
    pub red: Vec<Outcome>,
    /// How long it took.
    pub took: Duration,
}

/// The command that runs one seed again.
#[must_use]
pub fn again(seed: u64) -> String {
    format!("cargo xtask converge --seeds 1 --from {seed}")
}

/// Runs so many seeds, from one on; to the end, or until one is red.
///
/// # Panics
/// When the system gives no threads.
#[must_use]
pub fn many(from: u64, seeds: u64, steps: usize, threads: usize, stop: bool) -> Together {
    let begun = Instant::now();
    let (next, is_red) = (AtomicU64::new(from), AtomicBool::new(false));
    let gathered = Mutex::new((Counts::default(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= from + seeds || (stop && is_red.load(Ordering::SeqCst)) {
                        return;
                    }
                    let outcome = run(seed, steps);
                    let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
                    gathered.0.add(&outcome.counts);
                    if !outcome.problems.is_empty() {
                        is_red.store(true, Ordering::SeqCst);
                        gathered.1.push(outcome);
                    }
                }
            });
        }
    });
    let (counts, mut red) = gathered.into_inner().unwrap_or_else(PoisonError::into_inner);
    red.sort_by_key(|outcome| outcome.seed);
    Together { seeds, counts, red, took: begun.elapsed() }
}

impl Together {
    /// What happened, and whether it was well, in a table.
    #[must_use]
    pub fn table(&self) -> String {
        let Counts { steps, rounds, requests, handed_back, .. } = self.counts;
        let seconds = self.took.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "nobody runs 2⁵² seeds")]
        let each_second = self.seeds as f64 / seconds;
        let mut table = self.counts.table();
        // Writing into a String cannot fail.
        let _ = writeln!(
            table,
            "\n{} seeds in {seconds:.1} s ({each_second:.2} seeds/s): {steps} steps of chaos, {requests} requests, \
             {handed_back} ops handed back, {rounds} rounds of calm; {} red",
            self.seeds,
            self.red.len()
        );
        table
    }

    /// The first run in which something was wrong: its trace, what was wrong, and how to run it again.
    #[must_use]
    pub fn first_red(&self) -> Option<String> {
        let Outcome { seed, problems, trace, .. } = self.red.first()?;
        let others = self.red.iter().skip(1).map(|red| {
            let first = red.problems.first().map_or("", String::as_str).chars().take(300).collect::<String>();
            format!("\nred too: seed {}: {first}", red.seed)
        });
        Some(format!(
            "{}\n\nseed {seed} is red:\n  {}\n\nagain: {}{}",
            trace.join("\n"),
            problems.join("\n  "),
            again(*seed),
            others.collect::<String>()
        ))
    }
}
