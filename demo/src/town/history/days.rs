//! How people were on the last thirty days, and what the team did about those who asked for a talk.

use super::{HOUR, MINUTE, Player, SHOWN_DAY, Said};
use crate::{Error, town::year};
use kairan_protocol::{
    check_in::Mood,
    id::OpId,
    op::Command,
    time::{Day, Timestamp},
};
use kairan_server::clock::Clock as _;
use std::collections::BTreeMap;

impl Player {
    /// People said in the course of a day how they were; whoever asked for a talk was called the same evening.
    pub(super) async fn evening(&mut self, day: Day) -> Result<(), Error> {
        let now = self.clock.now();
        let before = self.zone.day_of(self.now).since(day);
        let mut chance = self.chance.of(10_000 + before.unsigned_abs());
        let morning = year::midnight(day, &self.zone).plus_millis(6 * HOUR);
        let mut said = Said::new();
        let mut in_hidamari = 0;
        for (place, resident) in self.residents.iter().enumerate().filter(|(_, resident)| resident.habits.agreed) {
            let shown = before == SHOWN_DAY && resident.association == 0 && !resident.on_the_page;
            let mood = if shown {
                in_hidamari += 1;
                match in_hidamari {
                    ..=6 => Mood::Talk,
                    number if number % 3 == 0 => Mood::Fair,
                    _ => Mood::Good,
                }
            } else if !chance.percent(resident.habits.says) {
                continue;
            } else if !resident.on_the_page && self.teams.contains_key(&resident.association) && chance.below(400) == 0
            {
                Mood::Talk
            } else if chance.percent(66) {
                Mood::Good
            } else {
                Mood::Fair
            };
            let at = morning.plus_millis(chance.millis(now.since(morning) - HOUR));
            said.insert(place, vec![(at, Command::CheckIn { mood, day })]);
        }
        // Yesterday somebody was called who is to be called again: the team still has that.
        let kept = (before == 1).then(|| self.talker(1)).flatten();
        if let Some(kept) = kept {
            said.insert(kept, vec![(now.plus_millis(-2 * HOUR), Command::CheckIn { mood: Mood::Talk, day })]);
        }
        let asked: Vec<(usize, bool)> = said
            .iter()
            .filter(|(_, said)| matches!(said[..], [(_, Command::CheckIn { mood: Mood::Talk, .. })]))
            .map(|(place, _)| (*place, Some(*place) == kept))
            .collect();
        let ids: BTreeMap<usize, Vec<OpId>> = self.say(said).await?.into_iter().collect();
        for (place, stays) in asked {
            let association = self.residents[place].association;
            let (Some(team), Some(case)) =
                (self.teams.get_mut(&association), ids.get(&place).and_then(|ids| ids.first()))
            else {
                continue;
            };
            let case = *case;
            let mut work = vec![(now, Command::SeeCase { case }), (now, Command::TakeCase { case })];
            if !stays {
                let text = Some("お電話しました。お変わりないとのことです。".to_owned());
                work.push((now, Command::CloseCase { case, text }));
            }
            team.say(&self.store, work).await?;
        }
        Ok(())
    }

    /// Somebody of ひだまり who lives alone with their thoughts; another one for each number.
    fn talker(&self, number: usize) -> Option<usize> {
        let willing = self.residents.iter().enumerate();
        let willing =
            willing.filter(|(_, one)| one.association == 0 && one.habits.agreed && !one.on_the_page && !one.leads);
        willing.map(|(place, _)| place).nth(10 + number * 7)
    }

    /// Somebody asks for a talk, and nobody has taken it yet.
    pub(super) async fn ask(&mut self, now: Timestamp) -> Result<(), Error> {
        let day = self.zone.day_of(now);
        let said = self.talker(0).map(|place| (place, vec![(now, Command::CheckIn { mood: Mood::Talk, day })]));
        self.say(said.into_iter().collect()).await.map(drop)
    }

    /// Early risers have said how they are, before most of the town is up.
    pub(super) async fn early(&mut self, now: Timestamp) -> Result<(), Error> {
        let day = self.zone.day_of(now);
        let since = year::midnight(day, &self.zone).plus_millis(5 * HOUR + 30 * MINUTE);
        if since >= now {
            return Ok(());
        }
        let mut chance = self.chance.of(20_000);
        let open = self.talker(0);
        let mut said = Said::new();
        for (place, resident) in self.residents.iter().enumerate() {
            if resident.habits.agreed && !resident.on_the_page && Some(place) != open && chance.percent(7) {
                let mood = if chance.percent(70) { Mood::Good } else { Mood::Fair };
                let at = since.plus_millis(chance.millis(now.since(since)));
                said.insert(place, vec![(at, Command::CheckIn { mood, day })]);
            }
        }
        self.say(said).await.map(drop)
    }
}
