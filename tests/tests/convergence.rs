//! Two hundred runs of chaos, each out of a seed: in the end every phone is as the machine, and nothing that was shown as sent is
//! missing.

use kairan_tests::convergence::{
    many::many,
    run::{STEPS, run},
};

/// How many seeds every test run tries; `cargo xtask converge --seeds N` tries more.
const SEEDS: u64 = 200;
/// How many run at the same time: they wait for each other's threads more than for a processor.
const THREADS: usize = 2;

#[test]
fn two_hundred_seeds_of_chaos_end_in_one_truth() {
    let together = many(1, SEEDS, STEPS, THREADS, false);
    println!("{}", together.table());
    if let Some(red) = together.first_red() {
        panic!("{red}");
    }
    let missing = together.counts.missing();
    assert!(missing.is_empty(), "these never happened, so nothing was proved about them: {missing:?}");
    let missing = together.counts.never_applied();
    assert!(missing.is_empty(), "nobody ever did these, so nothing was proved about them: {missing:?}");
}

#[test]
fn a_seed_is_the_same_run_again() {
    for seed in [3, 4] {
        let [one, other] = [(); 2].map(|()| run(seed, STEPS));
        assert_eq!(one.problems, other.problems);
        for (before, after) in one.trace.iter().zip(&other.trace) {
            assert_eq!(before, after, "seed {seed}");
        }
        assert_eq!(one.trace.len(), other.trace.len(), "seed {seed}");
    }
}
