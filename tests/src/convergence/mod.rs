//! Convergence: phones and their machine in one process, chaos out of a seed, then calm, and oracles that look at every row.
//!
//! Everything is what ships but the network between phone and machine (`weather`), which loses, doubles, holds back and
//! overtakes, and the clocks, which stand still until the run moves them. Nothing sleeps. A seed says everything: the run of a
//! seed is the same run again.

mod carrying;
mod casework;
pub mod chance;
pub mod counts;
pub mod handset;
mod harm;
pub mod ledger;
pub mod machine;
pub mod many;
mod office;
pub mod oracles;
pub mod phone;
mod roster;
pub mod run;
mod shown;
mod taps;
pub mod town;
pub mod weather;
pub mod world;
