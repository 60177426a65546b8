//! The town of the demo: a made-up district, the year it has behind it, three hundred phones, and the morning they answer.

pub mod chance;
pub mod district;
pub mod year;
