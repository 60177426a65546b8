//! The reducer's look at a phone: mirror rows, with what pending ops laid over them.

use super::{Laid, Overlay, World};
use crate::error::Error;
use kairan_protocol::{
    body::Sent,
    case::{CaseState, Support, TalkCase},
    check_in::{CheckIn, CheckIns, Consent},
    feed::{Audience, FeedName},
    id::{DeviceId, FeedNumber, GroupId, InviteId, JoinId, NoticeId, OpId, PersonId, Rev, RoleId},
    joining::{Join, Waiting},
    notice::{NoticeBody, NoticeKind, NoticeState, Phase, Points, Sender},
    op::{Command, Op},
    paper::PaperReceipt,
    people::{Household, Location, Person, Residence, Role},
    receipt::Receipt,
    row::kind,
    time::{Term, Timestamp},
    tree::Group,
    view::{Effect, Effects, View},
};
use rusqlite::{Connection, OptionalExtension};
use serde::de::DeserializeOwned;

/// One consistent look: a connection inside a transaction, what changes seldom, and the overlay.
pub(crate) struct Look<'a> {
    connection: &'a Connection,
    world: &'a World,
    overlay: &'a Overlay,
}

/// A row as a look finds it.
pub(crate) struct Seen {
    /// Its id.
    pub id: String,
    /// Its rev.
    pub rev: Rev,
    /// Its body.
    pub body: String,
    /// Whether it is laid by an op the server does not have yet.
    pub waiting: bool,
}

impl Seen {
    fn laid(id: &str, laid: &Laid) -> Option<Self> {
        Some(Self { id: id.to_owned(), rev: laid.rev, body: laid.body.clone()?, waiting: laid.waiting })
    }

    /// Its body, where this program understands it.
    pub(crate) fn parsed<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.body).ok()
    }
}

impl<'a> Look<'a> {
    pub(crate) const fn new(connection: &'a Connection, world: &'a World, overlay: &'a Overlay) -> Self {
        Self { connection, world, overlay }
    }

    /// What changes seldom.
    pub(crate) const fn world(&self) -> &'a World {
        self.world
    }

    /// The connection it looks through.
    pub(crate) const fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// What pending ops laid.
    pub(crate) const fn overlay(&self) -> &'a Overlay {
        self.overlay
    }

    /// One thing in a feed.
    pub(crate) fn row(&self, feed: FeedName, kind: &'static str, id: &str) -> Result<Option<Seen>, Error> {
        if let Some(laid) = self.overlay.row(feed, kind, id) {
            return Ok(Seen::laid(id, laid));
        }
        let Some(feed) = self.world.feeds.get(&feed) else { return Ok(None) };
        let mut select =
            self.connection.prepare_cached("SELECT rev, body FROM row WHERE feed = ?1 AND kind = ?2 AND id = ?3")?;
        let seen = select.query_row((feed.number.0, kind, id), |row| {
            Ok(Seen { id: id.to_owned(), rev: Rev(row.get(0)?), body: row.get(1)?, waiting: false })
        });
        Ok(seen.optional()?)
    }

    /// Every thing of a kind in a feed, by id.
    pub(crate) fn rows(&self, feed: FeedName, kind: &'static str) -> Result<Vec<Seen>, Error> {
        let mut seen = Vec::new();
        if let Some(known) = self.world.feeds.get(&feed) {
            let mut select = self
                .connection
                .prepare_cached("SELECT id, rev, body FROM row WHERE feed = ?1 AND kind = ?2 ORDER BY id")?;
            let mut rows = select.query((known.number.0, kind))?;
            while let Some(row) = rows.next()? {
                let id: String = row.get(0)?;
                if self.overlay.row(feed, kind, &id).is_none() {
                    seen.push(Seen { id, rev: Rev(row.get(1)?), body: row.get(2)?, waiting: false });
                }
            }
        }
        seen.extend(self.overlay.rows(feed, kind).filter_map(|(id, laid)| Seen::laid(id, laid)));
        seen.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(seen)
    }

    /// What a receipt comes to whose person nothing is known of here yet, as after a restore to when they still had another id: a seal
    /// that was shown stays.
    pub(crate) fn receipt_of_a_stranger(&self, op: &Op) -> Result<Option<Effects>, Error> {
        let Command::Receipt { notice, rev, stage } = op.command else { return Ok(None) };
        if !self.world.persons.contains(&op.person) || self.world.profiles.contains_key(&op.person) {
            return Ok(None);
        }
        let asks = self.notice(notice)?.map_or(rev, |notice| notice.body.asks);
        let new = Receipt { rev, stage, at: op.at };
        let receipt = self.receipt(op.person, notice)?.map_or(new, |old| old.and(new, asks));
        let put = Effect::Put {
            feed: FeedName::Mail(op.person),
            kind: kind::RECEIPT,
            id: notice.to_string(),
            rev: Rev::FIRST,
            body: serde_json::to_string(&receipt).unwrap_or_default(),
            urgent: false,
        };
        Ok(Some(Effects { effects: vec![put], flags: Vec::new() }))
    }

    /// A thing wherever it stands: each feed with its row.
    pub(crate) fn everywhere(&self, kind: &'static str, id: &str) -> Result<Vec<(FeedName, Seen)>, Error> {
        let mut select =
            self.connection.prepare_cached("SELECT feed, rev, body FROM row WHERE kind = ?1 AND id = ?2")?;
        let mut rows = select.query((kind, id))?;
        let mut seen = Vec::new();
        while let Some(row) = rows.next()? {
            let Some(feed) = self.world.name_of(FeedNumber(row.get(0)?)) else { continue };
            if self.overlay.row(feed, kind, id).is_none() {
                seen.push((feed, Seen { id: id.to_owned(), rev: Rev(row.get(1)?), body: row.get(2)?, waiting: false }));
            }
        }
        let laid = self.overlay.everywhere(kind, id);
        seen.extend(laid.filter_map(|(feed, laid)| Some((feed, Seen::laid(id, laid)?))));
        Ok(seen)
    }

    /// What a person agreed to.
    pub(crate) fn consent(&self, person: PersonId) -> Result<Option<Consent>, Error> {
        Ok(self.row(FeedName::Mail(person), kind::CONSENT, "moods")?.and_then(|row| row.parsed()))
    }
}

/// The body of a notice's row. One of a newer server's kind is a plain notice: title and text are always there.
pub(crate) fn notice_body(body: &str) -> Option<NoticeBody> {
    if let Ok(known) = serde_json::from_str(body) {
        return Some(known);
    }
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    let field = |name: &str| value.get(name).cloned().unwrap_or_default();
    let moment = |name: &str| serde_json::from_value::<Option<Timestamp>>(field(name)).ok().flatten();
    let nobody = || Sender { id: GroupId::from_number(0), name: String::new() };
    Some(NoticeBody {
        kind: serde_json::from_value(field("kind")).unwrap_or(NoticeKind::Notice),
        title: value.get("title")?.as_str()?.to_owned(),
        points: serde_json::from_value(field("points")).unwrap_or_else(|_| Points::default()),
        text: value.get("text")?.as_str()?.to_owned(),
        from: serde_json::from_value(field("from")).unwrap_or_else(|_| nobody()),
        at: moment("at").unwrap_or(Timestamp::from_millis(0)),
        asks: serde_json::from_value(field("asks")).unwrap_or(Rev::FIRST),
        until: moment("until"),
        corrected: moment("corrected"),
        withdrawn: serde_json::from_value(field("withdrawn")).unwrap_or_default(),
        must_understand: serde_json::from_value(field("must_understand")).unwrap_or_default(),
    })
}

impl View for Look<'_> {
    type Error = Error;

    fn group(&self, id: GroupId) -> Result<Option<Group>, Error> {
        Ok(self.world.groups.get(&id).cloned())
    }

    fn person(&self, id: PersonId) -> Result<Option<Person>, Error> {
        let Some(profile) = self.world.profiles.get(&id) else { return Ok(None) };
        let consent = self.consent(id)?;
        Ok(Some(Person {
            id,
            name: profile.name.clone(),
            moods_to_team: consent.filter(|consent| consent.moods_to_team).map(|consent| consent.at),
            consent_at: consent.map(|consent| consent.at),
            rev: Rev::FIRST,
            gone: None,
            same: None,
        }))
    }

    fn household(&self, id: GroupId) -> Result<Option<Household>, Error> {
        Ok(self.world.homes.get(&id).copied())
    }

    fn residences(&self, person: PersonId) -> Result<Vec<Residence>, Error> {
        Ok(self.world.profiles.get(&person).and_then(|profile| profile.residence).into_iter().collect())
    }

    fn locations(&self, household: GroupId) -> Result<Vec<Location>, Error> {
        let block = self.world.groups.get(&household).and_then(|household| household.parent);
        // Where a household stood before is the server's to know; here it always stood where it stands.
        let always = Term::since(Timestamp::from_millis(i64::MIN));
        Ok(block.map(|block| Location { block, term: always }).into_iter().collect())
    }

    fn roles(&self, person: PersonId) -> Result<Vec<Role>, Error> {
        Ok(self.world.profiles.get(&person).map(|profile| profile.roles.clone()).unwrap_or_default())
    }

    fn role(&self, id: RoleId) -> Result<Option<Role>, Error> {
        Ok(self.world.profiles.values().flat_map(|profile| &profile.roles).find(|role| role.id == id).copied())
    }

    fn guest_of(&self, person: PersonId) -> Result<Vec<PersonId>, Error> {
        Ok(self.world.profiles.get(&person).map(|profile| profile.guest_of.clone()).unwrap_or_default())
    }

    fn teams(&self, group: GroupId) -> Result<Vec<Group>, Error> {
        self.staffed_teams(group)
    }

    fn staffed_teams(&self, group: GroupId) -> Result<Vec<Group>, Error> {
        Ok(self.world.teams.get(&group).cloned().unwrap_or_default())
    }

    fn role_holders(&self, group: GroupId) -> Result<Vec<Role>, Error> {
        let roles = self.world.profiles.values().flat_map(|profile| &profile.roles);
        Ok(roles.filter(|role| role.group == group).copied().collect())
    }

    fn notice(&self, id: NoticeId) -> Result<Option<NoticeState>, Error> {
        let text = id.to_string();
        let sent = self.everywhere(kind::SENT, &text)?;
        let sent = sent.iter().filter_map(|(_, row)| row.parsed::<Sent>()).max_by_key(|sent| sent.notice.rev);
        let stands = self.everywhere(kind::NOTICE, &text)?;
        let newest = stands.iter().max_by_key(|(_, row)| row.rev);
        match (sent, newest) {
            (Some(sent), Some((_, row))) if sent.notice.rev < row.rev => Ok(on_boards(id, &stands, row)),
            (Some(sent), _) => Ok(Some(sent.notice)),
            (None, Some((_, row))) => Ok(on_boards(id, &stands, row)),
            (None, None) => Ok(None),
        }
    }

    fn receipt(&self, person: PersonId, notice: NoticeId) -> Result<Option<Receipt>, Error> {
        Ok(self.row(FeedName::Mail(person), kind::RECEIPT, &notice.to_string())?.and_then(|row| row.parsed()))
    }

    fn is_paper(&self, household: GroupId) -> Result<bool, Error> {
        self.on_paper(household)
    }

    fn block_counted(&self, notice: NoticeId, household: GroupId) -> Result<Option<GroupId>, Error> {
        self.counted_in(notice, household)
    }

    fn paper_receipt(&self, household: GroupId, notice: NoticeId) -> Result<Option<PaperReceipt>, Error> {
        self.entered(household, notice)
    }

    fn check_ins(&self, person: PersonId) -> Result<Option<CheckIns>, Error> {
        Ok(self.row(FeedName::Mail(person), kind::CHECK_IN, "mine")?.and_then(|row| row.parsed()))
    }

    fn check_in_history(&self, person: PersonId) -> Result<Vec<CheckIn>, Error> {
        let mut history: Vec<CheckIn> = self.overlay.check_ins(person).collect();
        history.extend(self.check_ins(person)?.and_then(|state| state.newest));
        history.retain(|check_in| !self.overlay.is_taken_back(check_in.op));
        history.sort_by_key(|check_in| std::cmp::Reverse((check_in.day, check_in.at, check_in.op)));
        history.dedup_by_key(|check_in| check_in.op);
        Ok(history)
    }

    fn talk_case(&self, op: OpId) -> Result<Option<TalkCase>, Error> {
        let stands = self.everywhere(kind::TALK, &op.to_string())?;
        let case = stands.iter().find_map(|(feed, row)| match feed {
            FeedName::Desk(team) => Some(TalkCase { team: *team, talk: row.parsed()? }),
            _ => None,
        });
        Ok(case)
    }

    fn unclosed_cases(&self, team: GroupId) -> Result<Vec<TalkCase>, Error> {
        let rows = self.rows(FeedName::Desk(team), kind::TALK)?;
        let cases = rows.iter().filter_map(|row| Some(TalkCase { team, talk: row.parsed()? }));
        Ok(cases.filter(|case| case.talk.state != CaseState::Closed).collect())
    }

    fn support(&self, group: GroupId) -> Result<Option<Support>, Error> {
        Ok(self.row(FeedName::Board(group), kind::SUPPORT, &group.to_string())?.and_then(|row| row.parsed()))
    }

    fn device_persons(&self, device: DeviceId) -> Result<Vec<PersonId>, Error> {
        if self.world.device == Some(device) {
            return Ok(self.world.persons.clone());
        }
        let mut persons = Vec::new();
        for person in &self.world.persons {
            if self.row(FeedName::Mail(*person), kind::PHONE, &device.to_string())?.is_some() {
                persons.push(*person);
            }
        }
        Ok(persons)
    }

    fn waiting(&self, join: JoinId) -> Result<Option<Waiting>, Error> {
        let id = join.to_string();
        for feed in self.world.feeds.keys().filter(|feed| matches!(feed, FeedName::Desk(_))) {
            if let Some(join) = self.row(*feed, kind::JOIN, &id)?.and_then(|row| row.parsed::<Join>()) {
                let persons = join.persons.into_iter().map(|person| person.id).collect();
                return Ok(Some(Waiting { to: join.to, persons }));
            }
        }
        Ok(None)
    }

    fn devices_of(&self, person: PersonId) -> Result<Vec<DeviceId>, Error> {
        let phones = self.rows(FeedName::Mail(person), kind::PHONE)?;
        Ok(phones.iter().filter_map(|phone| phone.id.parse().ok()).collect())
    }

    fn guests_of(&self, _person: PersonId) -> Result<Vec<PersonId>, Error> {
        Ok(Vec::new())
    }

    fn receipts_of(&self, person: PersonId) -> Result<Vec<(NoticeId, Receipt)>, Error> {
        let receipts = self.rows(FeedName::Mail(person), kind::RECEIPT)?;
        Ok(receipts.iter().filter_map(|row| Some((row.id.parse().ok()?, row.parsed()?))).collect())
    }

    fn invite_exists(&self, _id: InviteId) -> Result<bool, Error> {
        Ok(false)
    }

    fn members(&self, household: GroupId) -> Result<Vec<PersonId>, Error> {
        let lives = |profile: &&kairan_protocol::body::Profile| {
            profile.residence.is_some_and(|residence| residence.household == household)
        };
        Ok(self.world.profiles.values().filter(lives).map(|profile| profile.person).collect())
    }
}

/// The state of a notice that is known from its boards only.
fn on_boards(id: NoticeId, stands: &[(FeedName, Seen)], newest: &Seen) -> Option<NoticeState> {
    let body = notice_body(&newest.body)?;
    Some(NoticeState {
        id,
        rev: newest.rev,
        audience: stands.iter().filter_map(|(feed, _)| Audience::try_from(*feed).ok()).collect(),
        author: PersonId::from_number(0),
        phase: if body.withdrawn.is_some() { Phase::Withdrawn } else { Phase::Published },
        published: None,
        body,
    })
}
