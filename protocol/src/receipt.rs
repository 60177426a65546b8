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

    /// Both together, for a notice that asks about its four points as they stand since `asks`: of answers to the same question the
    /// furthest stands, whichever rev was on the phone; of others the newer.
    #[must_use]
    pub fn and(self, other: Self, asks: Rev) -> Self {
        match (self.counts_for(asks), other.counts_for(asks)) {
            (Some(_), Some(_)) => {
                let furthest = if (other.stage, other.rev) > (self.stage, self.rev) { other } else { self };
                Self { rev: self.rev.max(other.rev), ..furthest }
            }
            _ if other.exceeds(&self) => other,
            _ => self,
        }
    }

    /// How far the person is with a notice whose four points stand since `asks`.
    #[must_use]
    pub fn counts_for(&self, asks: Rev) -> Option<Stage> {
        (self.rev >= asks).then_some(self.stage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(rev: u32, stage: Stage) -> Receipt {
        Receipt { rev: Rev(rev), stage, at: Timestamp::from_millis(i64::from(rev)) }
    }

    #[test]
    fn a_seal_stays_when_another_phone_opens_a_corrected_notice_that_asks_nothing_new() {
        let (sealed, opened) = (receipt(1, Stage::Acknowledged), receipt(2, Stage::Displayed));
        for together in [sealed.and(opened, Rev(1)), opened.and(sealed, Rev(1))] {
            assert_eq!(together, Receipt { rev: Rev(2), ..sealed });
        }
    }

    #[test]
    fn what_was_said_to_an_earlier_question_counts_no_more() {
        let (sealed, opened) = (receipt(1, Stage::Acknowledged), receipt(2, Stage::Displayed));
        assert_eq!(sealed.and(opened, Rev(2)), opened);
        assert_eq!(opened.and(sealed, Rev(2)), opened);
    }

    #[test]
    fn the_same_once_more_changes_nothing() {
        let sealed = receipt(2, Stage::Acknowledged);
        assert_eq!(sealed.and(receipt(2, Stage::Delivered), Rev(1)), sealed);
        assert_eq!(sealed.and(receipt(1, Stage::Acknowledged), Rev(1)), sealed);
    }
}
