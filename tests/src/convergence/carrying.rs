//! What officers and leaders do for paper homes in a run: which are served on paper, and what is entered for a home.

use super::world::World;
use kairan_core::records::{Desk, PaperStage, SentState};
use std::sync::Arc;

/// A copy, or what stands in its place: the notice, its rev and title, the home and its name.
struct Entered {
    notice: String,
    rev: u32,
    title: String,
    home: String,
    name: String,
}

impl World {
    /// Somebody comes back from carrying and enters how far a home is.
    pub(super) async fn enter_on_paper(&mut self, number: usize, person: String, desk: &Desk) {
        let copies = if self.chance.percent(70) { self.carried(number, desk) } else { Self::every_home(desk) };
        let Some(place) = (!copies.is_empty()).then(|| self.chance.below(copies.len())) else { return };
        let Entered { notice, rev, title, home, name } = &copies[place];
        // A copy of an older rev may have been carried.
        let rev = if self.chance.percent(12) { rev.saturating_sub(1).max(1) } else { *rev };
        let stage = if self.chance.percent(60) { PaperStage::Handed } else { PaperStage::Proxy };
        let kairan = Arc::clone(&self.phones[number].kairan);
        let done = kairan.paper_receipt(person, notice.clone(), rev, home.clone(), stage).await.map(Some);
        self.did(number, format!("enters {stage:?} of {title} ({rev}) for {name}"), "paper_receipt", done);
    }

    /// What is on the list of those who carry.
    fn carried(&self, number: usize, desk: &Desk) -> Vec<Entered> {
        let lists = self.phones[number].kairan.deliveries(desk.name.group.clone(), None).unwrap_or_default();
        let mut copies = Vec::new();
        for list in &lists {
            for home in &list.homes {
                for copy in &home.copies {
                    let notice = list.notices.iter().find(|notice| notice.notice == copy.notice);
                    copies.extend(notice.map(|notice| Entered {
                        notice: notice.notice.clone(),
                        rev: notice.rev,
                        title: notice.title.clone(),
                        home: home.id.clone(),
                        name: home.name.clone(),
                    }));
                }
            }
        }
        copies
    }

    /// Every home there is, with everything that stands: somebody's phone is lost, or the home does not count at all.
    fn every_home(desk: &Desk) -> Vec<Entered> {
        let standing = desk.sent.iter().filter(|line| line.state == SentState::Published);
        let homes: Vec<_> = desk.rosters.iter().flat_map(|block| &block.homes).collect();
        standing
            .flat_map(|line| {
                homes.iter().map(|home| Entered {
                    notice: line.notice.clone(),
                    rev: line.rev,
                    title: line.title.clone(),
                    home: home.id.clone(),
                    name: home.name.clone(),
                })
            })
            .collect()
    }

    /// A home is served on paper from now on, or no longer.
    pub(super) async fn set_paper(&mut self, number: usize, person: String, desk: &Desk) {
        let homes: Vec<_> = desk.rosters.iter().flat_map(|block| &block.homes).collect();
        let Some(home) = self.chance.pick(&homes).copied() else { return };
        // Sometimes it is said once more.
        let paper = if self.chance.percent(85) { !home.paper } else { home.paper };
        let kairan = Arc::clone(&self.phones[number].kairan);
        let done = kairan.set_paper(person, home.id.clone(), paper).await.map(Some);
        let how = if paper { "on paper" } else { "by app" };
        self.did(number, format!("serves {} {how}", home.name), "set_paper", done);
    }
}
