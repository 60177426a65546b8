//! The words and rules both sides of Kairan speak: ids, rows, ops, who may do what, validation, and one pure reducer.
//! No I/O, no async, no clock.

pub mod body;
pub mod case;
pub mod check_in;
pub mod delivery;
pub mod feed;
pub mod id;
pub mod invite;
pub mod joining;
pub mod notice;
pub mod op;
pub mod outcome;
pub mod paper;
pub mod people;
pub mod receipt;
pub mod reduce;
pub mod refusal;
pub mod replay;
pub mod rights;
pub mod row;
pub mod sign;
pub mod succession;
pub mod tally;
pub mod time;
pub mod tree;
pub mod validate;
pub mod view;
pub mod wire;
