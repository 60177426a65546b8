//! The machine of the association: store, HTTP, live pokes, scheduler and command line of one district.

#[cfg(feature = "steward")]
pub mod backup;
pub mod clock;
#[cfg(feature = "steward")]
pub mod command;
pub mod config;
pub mod console;
pub mod error;
pub mod folder;
pub mod held;
pub mod http;
pub mod identity;
pub mod journal;
#[cfg(feature = "steward")]
pub mod print;
#[cfg(feature = "steward")]
pub mod roster;
pub mod sample;
pub mod scheduler;
pub mod serve;
pub mod set_up;
pub mod sheet;
pub mod store;

pub use error::Error;
pub use set_up::set_up;
