//! Runs seeds of the convergence test and prints what they came to: `kairan-converge --seeds 1000 --from 1`.

use clap::Parser;
use kairan_tests::convergence::{many::many, run::STEPS};
use std::process::ExitCode;

/// Phones and their machine through chaos and calm, by seed.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Steps of chaos in each.
    #[arg(long, default_value_t = STEPS)]
    steps: usize,
    /// How many run at the same time.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Stops after the first seed that is red.
    #[arg(long)]
    stop: bool,
    /// Prints the trace of every seed.
    #[arg(long)]
    trace: bool,
}

fn main() -> ExitCode {
    let Arguments { seeds, from, steps, threads, stop, trace } = Arguments::parse();
    if trace {
        for seed in from..from + seeds {
            println!("seed {seed}\n{}\n", kairan_tests::convergence::run::run(seed, steps).trace.join("\n"));
        }
    }
    let together = many(from, seeds, steps, threads, stop);
    println!("{}", together.table());
    match together.first_red() {
        None => ExitCode::SUCCESS,
        Some(red) => {
            println!("{red}");
            ExitCode::FAILURE
        }
    }
}
