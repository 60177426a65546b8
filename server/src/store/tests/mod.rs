//! The store, tried on a real disk with a clock set by hand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod card;
mod cases;
mod checks;
mod clocks;
mod closed;
mod days;
mod desks;
mod elsewhere;
mod ended;
mod epochs;
mod erased;
mod faults;
mod forgotten;
mod held;
mod house;
mod joining;
mod journal;
mod live;
mod ops;
mod paper;
mod pulls;
mod replays;
mod roster;
mod schedule;
mod sessions;
mod slips;
mod talks;
mod tombstones;
