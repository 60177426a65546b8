//! The harness of the end-to-end stories: a whole neighbourhood in one process, with a real server, real phones and real TLS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a harness that cannot go on stops the story, and says where"
)]

pub mod bytes;
pub mod convergence;
pub mod disk;
pub mod district;
pub mod matrix;
pub mod neighbourhood;
pub mod phone;
pub mod process;
pub mod proxy;
pub mod raw;
pub mod scene;
pub mod strace;
pub mod wait;
pub mod wiretap;

use std::time::Duration;

pub use neighbourhood::{Neighbourhood, Sheet};
pub use phone::Phone;
pub use proxy::Weather;
pub use raw::RawPhone;

/// The moment every story begins: Sunday 22 November 2026, half past eight in the morning in Japan.
pub const MORNING: &str = "2026-11-21T23:30:00Z";

/// A minute of the story's clock.
pub const MINUTE: Duration = Duration::from_mins(1);

/// An hour of it.
pub const HOUR: Duration = Duration::from_hours(1);

/// A day of it.
pub const DAY: Duration = Duration::from_hours(24);

/// Chooses *ring* for every TLS of this process; once is enough.
pub fn install_cryptography() {
    // An error means that another test of this process was faster.
    rustls::crypto::ring::default_provider().install_default().ok();
}
