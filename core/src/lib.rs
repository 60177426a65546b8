//! What a phone does: mirror store, outbox, sync planner, pinned transport, and one facade.

pub mod clock;
pub mod error;
mod facade;
pub mod keys;
mod overlay;
mod plan;
pub mod platform;
mod practice;
mod reads;
pub mod records;
mod runtime;
mod search;
mod sentences;
pub mod store;
mod transport;

#[cfg(feature = "json")]
mod call;

#[cfg(feature = "json")]
pub use call::{CallError, NAMES, call};
pub use facade::{Kairan, Options, SyncReport, spool_tap};
pub use plan::Pace;
pub use runtime::Listener;
pub use transport::Network;
#[cfg(feature = "faults")]
pub use transport::{Carried, Line, Lost};

#[cfg(feature = "ffi")]
uniffi::setup_scaffolding!();
