//! Founding the pretend district: its people, and all that was sent and tapped there in the last weeks, each by the one reducer.

use super::{
    carrying::json,
    circulars::{self, Leads, Written},
    commissioner::Plan,
    feeds::Feeds,
    people::{self, BLOCK, CHAIR, CLERK, DISTRICT, LEADER, PHONE, RESIDENT, device_of},
    town::{Came, Town},
};
use crate::error::Error;
use kairan_protocol::{
    body::Phone,
    feed::{Audience, FeedName},
    id::{Commit, Epoch, GroupId, NoticeId, OpId, PersonId, Rev},
    op::{Command, Op},
    outcome::MacKey,
    paper::PaperStage,
    people::Person,
    receipt::Stage,
    reduce,
    row::kind,
    time::Timestamp,
    view::Effect,
};
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// Homes answer within so long, each after its own while.
const STEP: i64 = 3 * 60 * MINUTE + 25 * MINUTE;

/// Something somebody did.
struct Did {
    at: Timestamp,
    by: PersonId,
    op: OpId,
    command: Command,
}

impl Town {
    /// A new pretend district with its times counted from now.
    pub(super) fn found(now: Timestamp) -> Result<Self, Error> {
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).map_err(Error::internal)?;
        let person = |(id, name): (PersonId, &str)| {
            let name = name.to_owned();
            let person =
                Person { id, name, moods_to_team: None, consent_at: None, rev: Rev::FIRST, gone: None, same: None };
            (id, person)
        };
        let mut town = Self {
            epoch: Epoch(format!("practice-{}", OpId::at(now).map_err(Error::internal)?)),
            key: MacKey::new(secret),
            zone: people::zone(),
            commit: Commit(1),
            now,
            groups: people::groups().map(|group| (group.id, group)).collect(),
            persons: people::names().map(person).collect(),
            homes: people::homes().collect(),
            feeds: Feeds::default(),
            notices: BTreeMap::new(),
            receipts: BTreeMap::new(),
            entered: BTreeMap::new(),
            check_ins: Vec::new(),
            cases: BTreeMap::new(),
            judged: BTreeMap::new(),
            plan: Plan::default(),
            leads: Leads::default(),
            #[cfg(test)]
            asked: 0,
        };
        town.open_mail(now);
        town.live_through(now)?;
        town.now = now;
        Ok(town)
    }

    /// Who the resident is, their phone, and the team they reach: what joining would have written.
    fn open_mail(&mut self, now: Timestamp) {
        let mail = FeedName::Mail(RESIDENT);
        let Ok(profile) = reduce::profile(self, RESIDENT, now);
        if let Some(profile) = profile {
            self.feeds.put(mail, (kind::PROFILE, "me".to_owned()), Rev::FIRST, false, json(&profile));
        }
        let phone = Phone { device: PHONE, name: "練習の電話".to_owned(), since: now };
        self.feeds.put(mail, (kind::PHONE, PHONE.to_string()), Rev::FIRST, false, json(&phone));
        let team = self.groups.get(&people::TEAM).cloned();
        if let Some(team) = team
            && let Ok(Some(Effect::Put { feed, kind, id, rev, body, urgent })) =
                reduce::team_row(self, &team, now, None)
        {
            self.feeds.put(feed, (kind, id), rev, urgent, body);
        }
    }

    /// Everything that was sent and tapped up to now, in its order.
    fn live_through(&mut self, now: Timestamp) -> Result<(), Error> {
        let mut did = Vec::new();
        for written in circulars::written(now, &self.zone) {
            let lead = written.lead;
            let posted = post(written)?;
            lead.note(&mut self.leads, NoticeId::from(posted.op));
            did.extend(self.answers(&posted, now)?);
            did.push(posted);
        }
        did.sort_by_key(|did| (did.at, did.op));
        for Did { at, by, op, command } in did {
            let op = Op { id: op, person: by, at, command };
            if let Came::Refused(_, refusal) = self.does(&op, device_of(by), at) {
                return Err(Error::internal(format!("the practice refuses itself: {}", refusal.code())));
            }
        }
        Ok(())
    }

    /// What the neighbours did about a notice by now: most have seen it, some only opened it, and the leader carried it to who reads
    /// on paper. The resident has seen what is old.
    fn answers(&self, posted: &Did, now: Timestamp) -> Result<Vec<Did>, Error> {
        const OLD: i64 = 20 * DAY;
        let (notice, rev) = (NoticeId::from(posted.op), Rev::FIRST);
        let mut did = Vec::new();
        for (place, home) in (1_i64..).zip(&self.homes) {
            let at = posted.at.plus_millis(place * STEP);
            let own = home.member == RESIDENT;
            if at >= now || (own && now.since(posted.at) < OLD) {
                continue;
            }
            let stage = if place % 4 == 0 { Stage::Displayed } else { Stage::Acknowledged };
            let (by, command) = if home.paper {
                (LEADER, Command::PaperReceipt { notice, rev, household: home.id, stage: PaperStage::Handed })
            } else {
                (home.member, Command::Receipt { notice, rev, stage })
            };
            did.push(Did { at, by, op: OpId::at(at).map_err(Error::internal)?, command });
        }
        Ok(did)
    }
}

fn post(written: Written) -> Result<Did, Error> {
    let Written { notice, from, at, title, points, text, until, lead: _ } = written;
    let command = Command::Post {
        notice,
        from,
        audience: vec![Audience::Board(from)],
        title,
        points,
        text,
        publish_at: None,
        until,
    };
    Ok(Did { at, by: sender(from), op: OpId::at(at).map_err(Error::internal)?, command })
}

/// Who sends in a group's name.
fn sender(group: GroupId) -> PersonId {
    match group {
        DISTRICT => CLERK,
        BLOCK => LEADER,
        _ => CHAIR,
    }
}
