//! What the facade hands to a screen: one record per screen, plain fields, orders and counts already made.
//! Times are milliseconds since 1970 (UTC), days are ISO 8601 text, ids are text.

mod alert;
mod audience;
mod case;
mod desk;
mod notice;
mod paper;
mod person;
mod practice;
mod roster;
mod words;

pub use alert::*;
pub use audience::*;
pub use case::*;
pub use desk::*;
pub use notice::*;
pub use paper::*;
pub use person::*;
pub use practice::*;
pub use roster::*;
pub use words::*;
