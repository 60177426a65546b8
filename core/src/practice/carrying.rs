//! Carrying out what the reducer decided: the pretend district's tables and feeds. Packed rows are written at once; of those only
//! the seals are read by anybody here.

use super::town::Town;
use kairan_protocol::{
    body::Sent,
    check_in::{CheckIns, Mood},
    feed::{Audience, FeedName},
    id::{Commit, GroupId, NoticeId, PersonId, Rev},
    notice::{NoticeState, Phase},
    row::kind,
    tally::{Counts, HomeStage, Seals},
    view::{Effect, Mark, View},
};
use serde::Serialize;
use std::collections::BTreeSet;

impl Town {
    /// Whether an effect is one of those that are practised: who lives where, devices and roles stay as they are.
    pub(super) const fn is_practised(effect: &Effect) -> bool {
        matches!(
            effect,
            Effect::Receipt { .. }
                | Effect::CheckIn { .. }
                | Effect::TakenBack { .. }
                | Effect::MoodsErased(_)
                | Effect::Consent { .. }
                | Effect::Notice(_)
                | Effect::PaperReceipt { .. }
                | Effect::Put { .. }
                | Effect::Drop { .. }
                | Effect::Case(_)
                | Effect::Mark(_)
        )
    }

    /// Carries effects out under a number, in their order.
    pub(super) fn carry_out(&mut self, effects: Vec<Effect>, commit: Commit) {
        let mut recount = BTreeSet::new();
        let (mut published, mut talk) = (None, None);
        for effect in effects {
            match effect {
                Effect::Put { feed, kind: kind::SENT, id, rev, body, urgent } => {
                    // As a server's: the desk hears of the commit that published it.
                    let body = published.take().map_or(body, |notice| json(&Sent { notice }));
                    self.feeds.put(feed, (kind::SENT, id), rev, urgent, body);
                }
                Effect::Put { feed, kind: kind::TALK, id, rev, body, urgent } => {
                    let body = talk.take().map_or(body, |talk| json(&talk));
                    self.feeds.put(feed, (kind::TALK, id), rev, urgent, body);
                }
                Effect::Put { feed, kind, id, rev, body, urgent } => {
                    self.feeds.put(feed, (kind, id), rev, urgent, body);
                }
                Effect::Drop { feed, kind, id } => self.feeds.drop_row(feed, kind, id),
                Effect::Receipt { person, notice, receipt } => {
                    self.receipts.insert((person, notice), receipt);
                }
                Effect::PaperReceipt { household, notice, receipt } => {
                    self.entered.insert((household, notice), receipt);
                }
                Effect::CheckIn { person, check_in } => self.check_ins.push((person, check_in)),
                Effect::TakenBack { op, .. } => self.check_ins.retain(|(_, known)| known.op != op),
                Effect::MoodsErased(person) => self.erase_moods(person),
                Effect::Consent { person, moods_to_team, at } => {
                    if let Some(person) = self.persons.get_mut(&person) {
                        (person.moods_to_team, person.consent_at) = (moods_to_team, Some(at));
                    }
                }
                Effect::Notice(notice) => published = self.keep_notice(*notice, commit),
                Effect::Case(mut case) => {
                    for entry in &mut case.talk.history {
                        entry.commit = entry.commit.or(Some(commit));
                    }
                    talk = Some(case.talk.clone());
                    self.plan.heard(&case.talk, self.now);
                    self.cases.insert(case.talk.op, *case);
                }
                Effect::Mark(Mark::Tally(notice, household)) => {
                    let Ok(block) = self.block_counted(notice, household);
                    recount.extend(block.map(|block| (notice, block)));
                }
                Effect::Mark(Mark::Notice(notice)) => {
                    recount.insert((notice, super::people::BLOCK));
                }
                // Of what nobody here reads, and what `is_practised` let nobody do.
                Effect::Mark(Mark::Block(_) | Mark::Household(_) | Mark::Status(_))
                | Effect::Role(_)
                | Effect::RoleEnded { .. }
                | Effect::HouseholdMoved { .. }
                | Effect::Block(_)
                | Effect::Household(_)
                | Effect::Person(_)
                | Effect::PersonMoved { .. }
                | Effect::HouseholdClosed { .. }
                | Effect::HouseholdOpened { .. }
                | Effect::HouseholdCorrected { .. }
                | Effect::PersonCorrected { .. }
                | Effect::Departed { .. }
                | Effect::SamePerson { .. }
                | Effect::Paper { .. }
                | Effect::Invite { .. }
                | Effect::JoinAnswered { .. }
                | Effect::DeviceRevoked { .. }
                | Effect::PersonLeft { .. }
                | Effect::Support { .. }
                | Effect::Rights(_) => {}
            }
        }
        for (notice, block) in recount {
            self.write_seals(notice, block, commit);
        }
    }

    /// Keeps a notice; answered with it when this very commit published it.
    fn keep_notice(&mut self, mut notice: NoticeState, commit: Commit) -> Option<NoticeState> {
        let now_published = notice.phase == Phase::Published && notice.published.is_none();
        if now_published {
            notice.published = Some(commit);
        }
        self.notices.insert(notice.id, notice.clone());
        now_published.then_some(notice)
    }

    /// What somebody said goes for good, requests for a talk excepted, and their row is told anew from what is left.
    fn erase_moods(&mut self, person: PersonId) {
        self.check_ins.retain(|(of, said)| *of != person || said.mood == Mood::Talk);
        let left: Vec<_> = self.check_ins.iter().filter(|(of, _)| *of == person).map(|(_, said)| *said).collect();
        let (feed, id) = (FeedName::Mail(person), "mine".to_owned());
        match CheckIns::told(&left) {
            Some(state) => self.feeds.put(feed, (kind::CHECK_IN, id), Rev::FIRST, false, json(&state)),
            None => self.feeds.drop_row(feed, kind::CHECK_IN, id),
        }
    }

    /// Writes the block's nameless seals to its board, unless they are as they were.
    fn write_seals(&mut self, id: NoticeId, block: GroupId, commit: Commit) {
        let Some(notice) = self.notices.get(&id).filter(|notice| notice.phase == Phase::Published) else { return };
        let on_a_board = notice.audience.iter().any(|audience| matches!(audience, Audience::Board(_)));
        let (rev, counts) = (notice.rev, self.count(notice));
        let (board, name) = (FeedName::Board(block), id.to_string());
        let old = self.feeds.body(board, kind::SEALS, &name).and_then(|body| serde_json::from_str::<Seals>(body).ok());
        if on_a_board && old.is_none_or(|old| old.counts != counts) {
            self.feeds.put(board, (kind::SEALS, name), rev, false, json(&Seals { counts, through: commit }));
        }
    }

    /// Every home of the block, counted at its furthest.
    pub(super) fn count(&self, notice: &NoticeState) -> Counts {
        let asks = notice.body.asks;
        self.homes.iter().fold(Counts::default(), |counts, home| {
            let receipt = self.receipts.get(&(home.member, notice.id));
            let furthest = receipt.and_then(|receipt| receipt.counts_for(asks));
            let entered = self.entered.get(&(home.id, notice.id)).and_then(|entered| entered.counts_for(asks));
            counts.with(HomeStage::of(furthest, entered, home.paper))
        })
    }
}

/// A body as JSON. Bodies are made of maps with text keys and never fail to become JSON.
pub(super) fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}
