//! Receipts: delivered → displayed → acknowledged, per person; they never go back.

use crate::{id::Rev, time::Timestamp};
use serde::{Deserialize, Serialize};

/// How far a person got with a notice. The order is the order of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 届いた: it is on the phone.
    Delivered,
    /// 開いた: it was on the screen.
    Displayed,
    /// 確認した: 「見ました」 was pressed.
    Acknowledged,
}

/// How far a person got with which rev of a notice; the body of a `receipt` row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Of the notice when it was tapped.
    pub rev: Rev,
    /// How far.
    pub stage: Stage,
    /// When.
    pub at: Timestamp,
}

impl Receipt {
    /// Whether this one says more than the other: a newer rev, or the same and further.
    #[must_use]
    pub fn exceeds(&self, other: &Self) -> bool {
        (self.rev, self.stage) > (other.rev, other.stage)
    }

    /// How far the person is with a notice whose four points stand since `asks`.
    #[must_use]
    pub fn counts_for(&self, asks: Rev) -> Option<Stage> {
        (self.rev >= asks).then_some(self.stage)
    }
}
