//! The server's edge from outside: real folders, real TLS, real requests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod backups;
mod command_line;
mod disk;
mod house;
mod importing;
mod joining;
mod lifecycle;
mod limits;
mod requests;
mod set_up;
