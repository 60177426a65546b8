//! How far homes got with each circular of the year: seals by app, and what leaders entered for homes on paper.

use super::{DAY, Player, Said};
use crate::{
    Error,
    town::{district, residents::Resident},
};
use kairan_protocol::{id::Rev, notice::NoticeKind, op::Command, paper::PaperStage, receipt::Stage, time::Timestamp};

impl Player {
    fn reaches(&self, number: usize, resident: &Resident) -> bool {
        let from = self.circulars[number].from.as_str();
        let association = &district::ASSOCIATIONS[resident.association];
        let group = self.groups[number];
        from == district::CITY
            || from == association.federation
            || group == resident.association_id
            || group == resident.block
    }

    /// How far each phone gets with a circular, and what leaders enter for homes on paper.
    pub(super) async fn answer(&mut self, number: usize, now: Timestamp) -> Result<(), Error> {
        let Some(notice) = self.sent.get(&number).copied() else { return Ok(()) };
        let circular = &self.circulars[number];
        let rev = if circular.corrected.is_some() { Rev(2) } else { Rev::FIRST };
        let asked_at = circular.corrected.as_ref().map_or(circular.at, |(at, _)| *at);
        let is_new = self.now.since(circular.at) < 3 * DAY;
        // The town got used to it in the course of the year; what is new has had less time.
        let weeks = self.now.since(circular.at) / (7 * DAY);
        let usual = 100 - u32::try_from(weeks).unwrap_or(52).min(52) * 3 / 5;
        let mut chance = self.chance.of(number as u64);
        let usual = usual * (90 + chance.below(20)) / 100;
        let usual = match (circular.morning, is_new) {
            (true, _) => 5,
            (false, true) => usual * 7 / 10,
            (false, false) => usual,
        };
        let mut said = Said::new();
        for (place, resident) in self.residents.iter().enumerate() {
            if !self.reaches(number, resident) || (resident.on_the_page && is_new) {
                continue;
            }
            // Who is on the page has read everything but what is new.
            let stage = if resident.on_the_page || chance.percent(resident.habits.seals * usual / 100) {
                // お知らせ ask for no seal.
                if circular.kind == NoticeKind::Notice { Stage::Displayed } else { Stage::Acknowledged }
            } else if chance.percent(42) {
                Stage::Displayed
            } else if chance.percent(85) {
                Stage::Delivered
            } else {
                continue;
            };
            let at = asked_at.plus_millis(chance.millis(now.since(asked_at)));
            said.entry(place).or_default().push((at, Command::Receipt { notice, rev, stage }));
        }
        if !circular.morning {
            for home in &self.paper {
                let leader = self.residents.iter().position(|one| one.leads && one.block == home.block);
                let Some(leader) = leader.filter(|leader| self.reaches(number, &self.residents[*leader])) else {
                    continue;
                };
                let stage = match chance.below(100) {
                    0..60 => PaperStage::Handed,
                    60..80 if circular.kind != NoticeKind::Notice => PaperStage::Proxy,
                    _ => continue,
                };
                let command = Command::PaperReceipt { notice, rev, household: home.household, stage };
                said.entry(leader).or_default().push((now, command));
            }
        }
        self.say(said).await.map(drop)
    }
}
