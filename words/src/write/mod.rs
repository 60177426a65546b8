//! Writing the words for each UI.

pub mod android;
pub mod apple;
pub mod ecmascript;
pub mod rust;

/// What a generated file says of itself in its first line.
pub const GENERATED: &str = "Generated from words/ by `cargo xtask words`; not to be edited by hand.";
