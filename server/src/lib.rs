//! The machine of the association: store, HTTP, live pokes, scheduler and command line of one district.

pub mod backup;
pub mod clock;
pub mod command;
pub mod config;
pub mod console;
pub mod error;
pub mod folder;
pub mod http;
pub mod identity;
pub mod journal;
pub mod print;
pub mod roster;
pub mod sample;
pub mod scheduler;
pub mod serve;
pub mod set_up;
pub mod sheet;
pub mod store;

pub use error::Error;
pub use set_up::set_up;
