//! Paper homes: what a block leader enters for a home, and what is still to be carried there.

use crate::{
    id::{PersonId, Rev},
    tally::HomeStage,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// For how many days after its publication a notice is carried to paper homes.
pub const CARRIED_DAYS: i64 = 60;

/// How far a home came without its own phone. The order is the order of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaperStage {
    /// 紙でお渡し: a copy was handed over.
    Handed,
    /// 代理で確認: somebody confirmed in the home's place.
    Proxy,
}

/// What was entered for a home about a notice; the body of a `paper_receipt` row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperReceipt {
    /// Of the notice when it was entered.
    pub rev: Rev,
    /// How far.
    pub stage: PaperStage,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
}

impl PaperReceipt {
    /// How far the home is with a notice whose four points stand since `asks`.
    #[must_use]
    pub fn counts_for(&self, asks: Rev) -> Option<PaperStage> {
        (self.rev >= asks).then_some(self.stage)
    }

    /// Of two entries the one that stands, for a notice that asks about its four points as they stand since `asks`: it never goes
    /// back, and of two that say the same the earlier stands, whichever arrived first.
    #[must_use]
    pub fn and(self, other: Self, asks: Rev) -> Self {
        let weight = |one: &Self| match one.counts_for(asks) {
            // Whichever rev was on the phone, it answers the question that is asked now.
            Some(stage) => (true, Rev(0), stage, Reverse(one.at), Reverse(one.by), one.rev),
            None => (false, one.rev, one.stage, Reverse(one.at), Reverse(one.by), one.rev),
        };
        if weight(&other) > weight(&self) { other } else { self }
    }
}

/// Whether a notice is still to be carried to a home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carried {
    /// これからお届け.
    ToDo,
    /// 紙でお渡し.
    Handed,
    /// 代理で確認.
    Proxy,
}

impl Carried {
    /// Of a home by where it stands, and whether it is served on paper; none: its own phone has the notice, or may get it.
    #[must_use]
    pub const fn of(stage: HomeStage, paper: bool) -> Option<Self> {
        match stage {
            HomeStage::Paper => Some(Self::ToDo),
            HomeStage::PaperHanded => Some(Self::Handed),
            HomeStage::Proxy if paper => Some(Self::Proxy),
            HomeStage::Proxy
            | HomeStage::NotYet
            | HomeStage::Delivered
            | HomeStage::Displayed
            | HomeStage::Acknowledged => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(rev: u32, stage: PaperStage, at: i64) -> PaperReceipt {
        PaperReceipt { rev: Rev(rev), stage, at: Timestamp::from_millis(at), by: PersonId::from_number(1) }
    }

    #[test]
    fn a_confirmation_by_proxy_stays_when_a_copy_is_handed_over_afterwards() {
        let (proxy, handed) = (entered(1, PaperStage::Proxy, 1), entered(2, PaperStage::Handed, 2));
        assert_eq!(proxy.and(handed, Rev(1)), proxy);
        assert_eq!(handed.and(proxy, Rev(1)), proxy);
    }

    #[test]
    fn what_was_entered_for_an_earlier_question_counts_no_more() {
        let (proxy, handed) = (entered(1, PaperStage::Proxy, 1), entered(2, PaperStage::Handed, 2));
        assert_eq!(proxy.and(handed, Rev(2)), handed);
        assert_eq!(handed.and(proxy, Rev(2)), handed);
        assert_eq!(proxy.counts_for(Rev(2)), None);
    }

    #[test]
    fn of_two_leaders_who_enter_the_same_the_earlier_stands() {
        let (first, second) = (entered(1, PaperStage::Handed, 1), entered(2, PaperStage::Handed, 2));
        assert_eq!(second.and(first, Rev(1)), first);
        assert_eq!(first.and(second, Rev(1)), first);
    }

    #[test]
    fn nothing_is_carried_to_a_home_whose_phone_has_it() {
        assert_eq!(Carried::of(HomeStage::Paper, true), Some(Carried::ToDo));
        assert_eq!(Carried::of(HomeStage::Delivered, true), None);
        assert_eq!(Carried::of(HomeStage::Proxy, true), Some(Carried::Proxy));
        assert_eq!(Carried::of(HomeStage::Proxy, false), None, "its phone was lost; it is no paper home");
    }
}
