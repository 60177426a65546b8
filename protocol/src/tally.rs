//! Counting: a household counts at its furthest member; app, proxy and paper are never added up into "read".

use crate::{
    id::{Commit, GroupId, NoticeId, Rev},
    paper::PaperStage,
    receipt::Stage,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where one household of the denominator stands with a notice. The order is how far that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HomeStage {
    /// 紙でお届けの世帯: a copy is still to be carried there.
    Paper,
    /// Nobody's phone has it yet.
    NotYet,
    /// 紙でお渡し: a copy was handed over.
    PaperHanded,
    /// 届いた.
    Delivered,
    /// 開いた.
    Displayed,
    /// 代理で確認: somebody confirmed in its place.
    Proxy,
    /// 確認した.
    Acknowledged,
}

impl HomeStage {
    /// Every stage.
    pub const ALL: [Self; 7] = [
        Self::Paper,
        Self::NotYet,
        Self::PaperHanded,
        Self::Delivered,
        Self::Displayed,
        Self::Proxy,
        Self::Acknowledged,
    ];

    /// Of a household from its members' furthest stage, what was entered for it, and whether it is served on paper: the furthest.
    #[must_use]
    pub fn of(furthest: Option<Stage>, entered: Option<PaperStage>, paper: bool) -> Self {
        let by_app = match furthest {
            Some(Stage::Acknowledged) => Self::Acknowledged,
            Some(Stage::Displayed) => Self::Displayed,
            Some(Stage::Delivered) => Self::Delivered,
            None if paper => Self::Paper,
            None => Self::NotYet,
        };
        entered.map_or(by_app, |entered| by_app.with(entered))
    }

    /// With something entered for the home.
    #[must_use]
    pub fn with(self, entered: PaperStage) -> Self {
        self.max(match entered {
            PaperStage::Handed => Self::PaperHanded,
            PaperStage::Proxy => Self::Proxy,
        })
    }

    /// What was entered for the home, as far as its stage shows it.
    #[must_use]
    pub const fn entered(self) -> Option<PaperStage> {
        match self {
            Self::PaperHanded => Some(PaperStage::Handed),
            Self::Proxy => Some(PaperStage::Proxy),
            Self::Paper | Self::NotYet | Self::Delivered | Self::Displayed | Self::Acknowledged => None,
        }
    }

    /// Whether nothing more is asked of the home: it confirmed, or somebody did in its place.
    #[must_use]
    pub const fn is_confirmed(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Proxy)
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
    /// 紙でお届けの世帯: still to be carried there.
    pub paper: u32,
    /// 紙でお渡し.
    #[serde(default)]
    pub handed: u32,
    /// 代理で確認.
    #[serde(default)]
    pub proxy: u32,
}

impl Counts {
    /// With one more household.
    #[must_use]
    pub const fn with(mut self, home: HomeStage) -> Self {
        self.households += 1;
        match home {
            HomeStage::Paper => self.paper += 1,
            HomeStage::NotYet => self.not_yet += 1,
            HomeStage::PaperHanded => self.handed += 1,
            HomeStage::Delivered => self.delivered += 1,
            HomeStage::Displayed => self.displayed += 1,
            HomeStage::Proxy => self.proxy += 1,
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
            handed: self.handed + other.handed,
            proxy: self.proxy + other.proxy,
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
        assert_eq!(HomeStage::of(Some(Stage::Acknowledged), None, true), HomeStage::Acknowledged);
        assert_eq!(HomeStage::of(Some(Stage::Acknowledged), Some(PaperStage::Proxy), true), HomeStage::Acknowledged);
        assert_eq!(HomeStage::of(None, None, true), HomeStage::Paper);
    }

    #[test]
    fn a_home_counts_at_its_furthest_on_paper_too() {
        let displayed = Some(Stage::Displayed);
        assert_eq!(HomeStage::of(None, Some(PaperStage::Handed), true), HomeStage::PaperHanded);
        assert_eq!(HomeStage::of(displayed, Some(PaperStage::Handed), true), HomeStage::Displayed);
        assert_eq!(HomeStage::of(displayed, Some(PaperStage::Proxy), false), HomeStage::Proxy, "its phone was lost");
    }

    #[test]
    fn every_household_is_in_exactly_one_count() {
        let counts = HomeStage::ALL.into_iter().fold(Counts::default(), Counts::with);
        let one_of_each = Counts {
            households: 7,
            acknowledged: 1,
            displayed: 1,
            delivered: 1,
            not_yet: 1,
            paper: 1,
            handed: 1,
            proxy: 1,
        };
        assert_eq!(counts, one_of_each);
        let Counts { households, acknowledged, displayed, delivered, not_yet, paper, handed, proxy } =
            counts.plus(counts);
        assert_eq!(households, 14);
        assert_eq!(acknowledged + displayed + delivered + not_yet + paper + handed + proxy, households);
    }

    #[test]
    fn figures_of_an_older_server_are_still_figures() {
        let old = r#"{"households":2,"acknowledged":1,"displayed":0,"delivered":0,"not_yet":0,"paper":1}"#;
        let counts = Counts { households: 2, acknowledged: 1, paper: 1, ..Counts::default() };
        assert_eq!(serde_json::from_str::<Counts>(old).ok(), Some(counts));
    }
}
