//! Counting: a household counts at its furthest member; app, proxy and paper are never added up into "read".

use crate::{
    id::{Commit, GroupId, NoticeId, Rev},
    receipt::Stage,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where one household of the denominator stands with a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HomeStage {
    /// 紙でお届けの世帯: nobody of it has the app.
    Paper,
    /// Nobody's phone has it yet.
    NotYet,
    /// 届いた.
    Delivered,
    /// 開いた.
    Displayed,
    /// 確認した.
    Acknowledged,
}

impl HomeStage {
    /// Of a household from its members' furthest stage and whether it is served on paper.
    #[must_use]
    pub const fn of(furthest: Option<Stage>, paper: bool) -> Self {
        match (furthest, paper) {
            (Some(Stage::Acknowledged), _) => Self::Acknowledged,
            (Some(Stage::Displayed), _) => Self::Displayed,
            (Some(Stage::Delivered), _) => Self::Delivered,
            (None, true) => Self::Paper,
            (None, false) => Self::NotYet,
        }
    }
}

/// Counts over the households frozen at publication. Each household is in exactly one count but `households`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// The denominator: every household, whether it has the app or not.
    pub households: u32,
    /// Furthest member: 確認した, by app.
    pub acknowledged: u32,
    /// Furthest member: 開いた.
    pub displayed: u32,
    /// Furthest member: 届いた.
    pub delivered: u32,
    /// Has the app, or could: nothing arrived yet.
    pub not_yet: u32,
    /// 紙でお届けの世帯.
    pub paper: u32,
}

impl Counts {
    /// With one more household.
    #[must_use]
    pub const fn with(mut self, home: HomeStage) -> Self {
        self.households += 1;
        match home {
            HomeStage::Paper => self.paper += 1,
            HomeStage::NotYet => self.not_yet += 1,
            HomeStage::Delivered => self.delivered += 1,
            HomeStage::Displayed => self.displayed += 1,
            HomeStage::Acknowledged => self.acknowledged += 1,
        }
        self
    }

    /// Both together: of two groups that share no household.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            households: self.households + other.households,
            acknowledged: self.acknowledged + other.acknowledged,
            displayed: self.displayed + other.displayed,
            delivered: self.delivered + other.delivered,
            not_yet: self.not_yet + other.not_yet,
            paper: self.paper + other.paper,
        }
    }
}

/// Counts of one notice for one group; the body of a `tally` row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The notice.
    pub notice: NoticeId,
    /// The rev whose four points are counted.
    pub asks: Rev,
    /// The block, or on desks above an association the association.
    pub group: GroupId,
    /// The figures.
    pub counts: Counts,
    /// Each home of the block, on the desks of the block and its association only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub homes: BTreeMap<GroupId, HomeStage>,
    /// The newest commit these figures include.
    pub through: Commit,
}

/// The nameless seals of one's own block; the body of a `seals` row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seals {
    /// The figures of the block.
    pub counts: Counts,
    /// The newest commit these figures include.
    pub through: Commit,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_home_whose_daughter_acknowledged_counts_as_acknowledged() {
        assert_eq!(HomeStage::of(Some(Stage::Acknowledged), true), HomeStage::Acknowledged);
        assert_eq!(HomeStage::of(None, true), HomeStage::Paper);
    }

    #[test]
    fn every_household_is_in_exactly_one_count() {
        let homes =
            [HomeStage::Paper, HomeStage::NotYet, HomeStage::Delivered, HomeStage::Displayed, HomeStage::Acknowledged];
        let counts = homes.into_iter().fold(Counts::default(), Counts::with);
        assert_eq!(counts.households, 5);
        assert_eq!(counts.acknowledged + counts.displayed + counts.delivered + counts.not_yet + counts.paper, 5);
        assert_eq!(counts.plus(counts).households, 10);
    }
}
