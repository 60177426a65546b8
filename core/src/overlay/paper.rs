//! Paper homes as a phone sees them: what its people entered, laid over what the desks' tallies say.

use super::{Look, Seen};
use crate::error::Error;
use kairan_protocol::{
    body::Roster,
    feed::FeedName,
    id::{GroupId, NoticeId, PersonId, Rev},
    paper::PaperReceipt,
    row::kind,
    tally::{Counts, Tally},
    time::Timestamp,
    view::View,
};
use std::collections::{BTreeSet, HashMap};

/// Something a person of this phone entered.
#[derive(Debug, Clone, Copy)]
struct Entry {
    receipt: PaperReceipt,
    waiting: bool,
}

/// What the people of this phone entered for homes.
#[derive(Debug, Default)]
pub(crate) struct Entries(HashMap<NoticeId, Vec<(GroupId, Entry)>>);

/// A tally with what was entered here, whether the server has counted it yet or not.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    /// Homes and figures.
    pub tally: Tally,
    /// The homes that stand where they do by an entry that is still waiting to be sent.
    pub waiting: BTreeSet<GroupId>,
}

impl Entries {
    /// Lays entries over a tally: a home is at its furthest, and the figures are those of the homes.
    pub(crate) fn over(&self, mut tally: Tally) -> Counted {
        let mut waiting = BTreeSet::new();
        for (home, entry) in self.0.get(&tally.notice).into_iter().flatten() {
            let (Some(stage), Some(entered)) = (tally.homes.get_mut(home), entry.receipt.counts_for(tally.asks)) else {
                continue;
            };
            let with = stage.with(entered);
            if with == *stage {
                continue;
            }
            *stage = with;
            if entry.waiting {
                waiting.insert(*home);
            }
        }
        if !tally.homes.is_empty() {
            tally.counts = tally.homes.values().copied().fold(Counts::default(), Counts::with);
        }
        Counted { tally, waiting }
    }
}

impl Look<'_> {
    /// What the people of this phone entered.
    pub(crate) fn entries(&self) -> Result<Entries, Error> {
        let mut entries = Entries::default();
        for person in &self.world().persons {
            for row in self.rows(FeedName::Mail(*person), kind::PAPER_RECEIPT)? {
                let Some((notice, home)) = row.id.split_once(':') else { continue };
                let (Ok(notice), Ok(home)) = (notice.parse(), home.parse()) else { continue };
                if let Some(receipt) = row.parsed() {
                    let entry = Entry { receipt, waiting: row.waiting };
                    entries.0.entry(notice).or_default().push((home, entry));
                }
            }
        }
        Ok(entries)
    }

    /// The tally in which a home counts for a notice, where a desk of this phone has it.
    fn tally_of(&self, notice: NoticeId, home: GroupId) -> Result<Option<Tally>, Error> {
        let here = |rows: Vec<Seen>| {
            rows.iter().filter_map(Seen::parsed::<Tally>).find(|tally| tally.homes.contains_key(&home))
        };
        if let Some(block) = self.world().groups.get(&home).and_then(|home| home.parent) {
            let rows = self.everywhere(kind::TALLY, &format!("{notice}:{block}"))?;
            if let Some(tally) = here(rows.into_iter().map(|(_, row)| row).collect()) {
                return Ok(Some(tally));
            }
        }
        // It moved since: it counts where it stood.
        let of_notice = format!("{notice}:");
        for feed in self.world().feeds.keys().filter(|feed| matches!(feed, FeedName::Desk(_))) {
            let mut rows = self.rows(*feed, kind::TALLY)?;
            rows.retain(|row| row.id.starts_with(&of_notice));
            if let Some(tally) = here(rows) {
                return Ok(Some(tally));
            }
        }
        Ok(None)
    }

    /// The block where a home counts for a notice; where no desk says so, the block where it stands.
    pub(super) fn counted_in(&self, notice: NoticeId, home: GroupId) -> Result<Option<GroupId>, Error> {
        let counted = self.tally_of(notice, home)?.map(|tally| tally.group);
        Ok(counted.or_else(|| self.world().groups.get(&home).and_then(|home| home.parent)))
    }

    /// What stands entered for a home, as far as this phone can tell: by whom and when is the server's to know.
    pub(super) fn entered(&self, home: GroupId, notice: NoticeId) -> Result<Option<PaperReceipt>, Error> {
        let tally = self.tally_of(notice, home)?;
        let known = tally.as_ref().and_then(|tally| {
            let stage = tally.homes.get(&home)?.entered()?;
            let (at, by) = (Timestamp::from_millis(i64::MIN), PersonId::from_number(0));
            Some(PaperReceipt { rev: tally.asks, stage, at, by })
        });
        let asks = self.notice(notice)?.map_or(Rev::FIRST, |notice| notice.body.asks);
        let id = format!("{notice}:{home}");
        let mut standing = known;
        for person in &self.world().persons {
            let row = self.row(FeedName::Mail(*person), kind::PAPER_RECEIPT, &id)?;
            if let Some(own) = row.and_then(|row| row.parsed::<PaperReceipt>()) {
                standing = Some(standing.map_or(own, |standing| standing.and(own, asks)));
            }
        }
        Ok(standing)
    }

    /// Whether a home is served on paper.
    pub(super) fn on_paper(&self, home: GroupId) -> Result<bool, Error> {
        if let Some(said) = self.overlay().paper(home) {
            return Ok(said.paper);
        }
        let Some(block) = self.world().groups.get(&home).and_then(|home| home.parent) else { return Ok(false) };
        let rosters = self.everywhere(kind::ROSTER, &block.to_string())?;
        let mut listed = rosters.iter().filter_map(|(_, row)| row.parsed::<Roster>()).flat_map(|roster| roster.homes);
        Ok(listed.any(|listed| listed.id == home && listed.paper))
    }
}
