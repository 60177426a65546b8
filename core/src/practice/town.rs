//! The pretend district's state, as a server's tables hold it.

use super::{
    circulars::Leads,
    commissioner::Plan,
    feeds::Feeds,
    people::{self, Home},
};
use kairan_protocol::{
    case::TalkCase,
    check_in::CheckIn,
    feed::FeedName,
    id::{Commit, DeviceId, Epoch, FeedNumber, GroupId, NoticeId, OpId, PersonId, Version},
    notice::NoticeState,
    op::Op,
    outcome::{Flag, MacKey},
    paper::PaperReceipt,
    people::Person,
    receipt::Receipt,
    reduce::reduce,
    refusal::Refusal,
    rights,
    time::{Timestamp, ZoneOffsets},
    tree::Group,
    view::{Context, Effects},
};
use std::collections::BTreeMap;

/// What an op came to.
#[derive(Debug, Clone)]
pub(super) enum Came {
    /// It was carried out: where it appears, and what was noted.
    Applied(Commit, BTreeMap<FeedNumber, Version>, Vec<Flag>),
    /// The rules refused it.
    Refused(Commit, Refusal),
    /// It asks for something that is not practised.
    Unknown,
}

pub(super) struct Town {
    pub(super) epoch: Epoch,
    pub(super) key: MacKey,
    pub(super) zone: ZoneOffsets,
    pub(super) commit: Commit,
    /// The moment of what is being done.
    pub(super) now: Timestamp,
    pub(super) groups: BTreeMap<GroupId, Group>,
    pub(super) persons: BTreeMap<PersonId, Person>,
    pub(super) homes: Vec<Home>,
    pub(super) feeds: Feeds,
    pub(super) notices: BTreeMap<NoticeId, NoticeState>,
    pub(super) receipts: BTreeMap<(PersonId, NoticeId), Receipt>,
    pub(super) entered: BTreeMap<(GroupId, NoticeId), PaperReceipt>,
    pub(super) check_ins: Vec<(PersonId, CheckIn)>,
    pub(super) cases: BTreeMap<OpId, TalkCase>,
    /// What each op of the phone came to, with its text: one that comes twice is answered the same.
    pub(super) judged: BTreeMap<OpId, (String, Came)>,
    pub(super) plan: Plan,
    pub(super) leads: Leads,
    #[cfg(test)]
    pub(super) asked: u64,
}

impl Town {
    pub(super) const fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    pub(super) const fn leads(&self) -> Leads {
        self.leads
    }

    /// Somebody does something by their own phone.
    pub(super) fn does(&mut self, op: &Op, device: DeviceId, now: Timestamp) -> Came {
        self.now = now;
        let zone = self.zone.clone();
        let Ok(judged) = reduce(&*self, op, &Context { now, device, zone: &zone });
        let effects = match judged {
            Ok(effects) if effects.effects.iter().all(Self::is_practised) => effects,
            Ok(_) => return Came::Unknown,
            Err(refusal) => return Came::Refused(self.next_commit(), refusal),
        };
        let commit = self.next_commit();
        self.feeds.take_touched();
        let Effects { effects, flags } = effects;
        self.carry_out(effects, commit);
        Came::Applied(commit, self.appears_at(op.person), flags)
    }

    /// Where the author can see the effect appear; what changed nothing is there already.
    fn appears_at(&mut self, author: PersonId) -> BTreeMap<FeedNumber, Version> {
        let mut touched = self.feeds.take_touched();
        if touched.is_empty() {
            return BTreeMap::from([self.feeds.version(FeedName::Mail(author))]);
        }
        let readable = self.readable(author);
        touched.retain(|feed, _| readable.contains(feed));
        touched.into_values().collect()
    }

    /// The feeds somebody reads.
    pub(super) fn readable(&self, person: PersonId) -> Vec<FeedName> {
        let Ok(feeds) = rights::feeds(self, person, self.now, false);
        feeds.into_keys().collect()
    }

    /// How far every feed somebody reads has moved.
    pub(super) fn versions(&mut self, person: PersonId) -> BTreeMap<FeedNumber, Version> {
        let readable = self.readable(person);
        readable.into_iter().map(|feed| self.feeds.version(feed)).collect()
    }

    fn next_commit(&mut self) -> Commit {
        self.commit = Commit(self.commit.0 + 1);
        self.commit
    }

    pub(super) fn home_of(&self, person: PersonId) -> Option<Home> {
        self.homes.iter().find(|home| home.member == person).copied()
    }

    pub(super) fn home(&self, household: GroupId) -> Option<Home> {
        self.homes.iter().find(|home| home.id == household).copied()
    }

    /// Whose phone a device is; none where nobody of here has it.
    pub(super) fn holder(&self, device: DeviceId) -> Option<PersonId> {
        Some(people::holder_of(device)).filter(|person| self.persons.contains_key(person))
    }
}
