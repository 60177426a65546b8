//! End to end: every story is played with a real server, real phones and real TLS. One program, so that it is linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a story that cannot go on says where")]

mod a_year;
mod bad_input;
mod broadcast;
mod cases;
mod changes;
mod convergence;
mod devices;
mod durability;
mod endpoints;
mod erased;
mod full_disk;
mod joining;
mod live;
mod matrix;
mod moods;
mod moving;
mod moving_house;
mod moving_in_and_out;
mod offline;
mod paper;
mod passed_on;
mod printed;
mod process;
mod restore_drill;
mod roles;
