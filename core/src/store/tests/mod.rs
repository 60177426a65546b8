//! Stories of the store on real files, and the town they play in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot prepare its world has failed"
)]
#![allow(clippy::needless_pass_by_value, reason = "a story reads better without ampersands")]

mod alerts;
mod cases;
mod compared;
mod desks;
mod drafts;
mod epochs;
mod handing;
mod harm;
mod kills;
mod lists;
mod many;
mod ops;
mod paper;
mod pulling;
mod rebuilt;
mod salvaged;
mod shown;
mod spooled;
mod town;

use super::{Enrolment, Store, SyncState};
use kairan_protocol::{
    body::{GroupCard, Home, Homes, Profile, Roster, Sent, Team},
    check_in::{Consent, Mood},
    feed::{Audience, FeedName},
    id::{Commit, DeviceId, Epoch, FeedNumber, GroupId, NoticeId, OpId, PersonId, Rev, RoleId, Version},
    notice::{NoticeBody, NoticeKind, NoticeState, Phase, Points, Sender},
    op::{Command, Op},
    outcome::{OpResult, Outcome},
    people::{Residence, Role, RoleKind},
    receipt::{Receipt, Stage},
    refusal::Refusal,
    row::{Row, kind},
    sign::{Key, Signed},
    time::{Term, Timestamp, ZoneOffsets},
    tree::{Group, GroupKind},
    wire::{FeedDelta, FeedRight, FirstPull, Rights, Slip, SyncRequest, SyncResponse, Token},
};
use serde::Serialize;
use serde_json::value::RawValue;
use std::path::Path;
use tempfile::TempDir;

pub(crate) const SATO: PersonId = PersonId::from_number(1);
pub(crate) const HANAKO: PersonId = PersonId::from_number(2);
pub(crate) const DISTRICT: GroupId = GroupId::from_number(1);
pub(crate) const MIDORI: GroupId = GroupId::from_number(2);
pub(crate) const BLOCK: GroupId = GroupId::from_number(3);
pub(crate) const HOUSE: GroupId = GroupId::from_number(4);
pub(crate) const TEAM: GroupId = GroupId::from_number(5);
pub(crate) const NEIGHBOUR: GroupId = GroupId::from_number(6);
pub(crate) const PHONE: DeviceId = DeviceId::from_number(1);

pub(crate) const BOARD: FeedNumber = FeedNumber(2);
pub(crate) const BLOCK_BOARD: FeedNumber = FeedNumber(3);
pub(crate) const MAIL: FeedNumber = FeedNumber(10);
pub(crate) const HANAKOS_MAIL: FeedNumber = FeedNumber(11);
pub(crate) const DESK: FeedNumber = FeedNumber(20);
pub(crate) const STAFF: FeedNumber = FeedNumber(30);

/// 2026-11-22 10:00 in Japan.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_309_200_000);
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const DAY: i64 = 86_400_000;

pub(crate) fn notice_id(number: u8) -> NoticeId {
    NoticeId::from_bytes([number; 16])
}

pub(crate) fn op(person: PersonId, at: Timestamp, command: Command) -> Op {
    Op { id: OpId::at(at).unwrap(), person, at, command }
}

pub(crate) fn acknowledge(notice: NoticeId, rev: u32) -> Command {
    Command::Receipt { notice, rev: Rev(rev), stage: Stage::Acknowledged }
}

pub(crate) fn check_in(mood: Mood) -> Command {
    Command::CheckIn { mood, day: ZoneOffsets::fixed(32_400).day_of(NOW) }
}

pub(crate) fn group(id: GroupId) -> Group {
    let (kind, parent, name) = match id.number() {
        1 => (GroupKind::District, None, "みどり市"),
        2 => (GroupKind::Association, Some(DISTRICT), "緑ヶ丘町内会"),
        3 => (GroupKind::Block, Some(MIDORI), "1班"),
        4 => (GroupKind::Household, Some(BLOCK), "佐藤"),
        5 => (GroupKind::Team, Some(MIDORI), "民生委員"),
        _ => (GroupKind::Household, Some(BLOCK), "鈴木"),
    };
    Group { id, kind, parent, name: name.to_owned() }
}

pub(crate) fn row<T: Serialize>(kind: &str, id: impl ToString, version: u64, body: &T) -> Row {
    let text = serde_json::to_string(body).unwrap();
    let body = Some(RawValue::from_string(text).unwrap());
    Row { kind: kind.to_owned(), id: id.to_string(), rev: Rev::FIRST, version: Version(version), body }
}

pub(crate) fn gone(kind: &str, id: impl ToString, version: u64) -> Row {
    Row { kind: kind.to_owned(), id: id.to_string(), rev: Rev::FIRST, version: Version(version), body: None }
}

pub(crate) fn circular(title: &str) -> NoticeBody {
    NoticeBody {
        kind: NoticeKind::Circular,
        title: title.to_owned(),
        points: Points::default(),
        text: "本文です。".to_owned(),
        from: Sender { id: MIDORI, name: group(MIDORI).name },
        at: NOW.plus_millis(-DAY),
        asks: Rev::FIRST,
        until: None,
        corrected: None,
        withdrawn: None,
        must_understand: Vec::new(),
    }
}

pub(crate) fn notice_row(number: u8, version: u64, body: &NoticeBody) -> Row {
    row(kind::NOTICE, notice_id(number), version, body)
}

pub(crate) fn profile(person: PersonId, roles: Vec<Role>) -> Profile {
    Profile {
        person,
        name: if person == SATO { "佐藤 一郎".to_owned() } else { "佐藤 花子".to_owned() },
        residence: Some(Residence { household: HOUSE, term: Term::since(NOW.plus_millis(-300 * DAY)) }),
        roles,
        groups: [HOUSE, BLOCK, MIDORI, DISTRICT].map(group).to_vec(),
        guest_of: Vec::new(),
    }
}

pub(crate) fn chair() -> Role {
    Role {
        id: RoleId::from_number(1),
        person: SATO,
        group: MIDORI,
        kind: RoleKind::Chair,
        term: Term::since(NOW.plus_millis(-300 * DAY)),
    }
}

/// An answer of the server, put together row by row.
pub(crate) struct Answer(pub SyncResponse);

impl Answer {
    pub(crate) fn new() -> Self {
        Self::of("k1")
    }

    pub(crate) fn of(epoch: &str) -> Self {
        Self(SyncResponse {
            epoch: Epoch(epoch.to_owned()),
            now: NOW,
            results: Vec::new(),
            replayed: Vec::new(),
            resend: false,
            feeds: Vec::new(),
            rights: None,
            token: None,
        })
    }

    /// Given at that moment by the server's clock.
    pub(crate) fn at(mut self, now: Timestamp) -> Self {
        self.0.now = now;
        self
    }

    pub(crate) fn rights(mut self, version: u64, feeds: &[(FeedNumber, FeedName)], persons: &[PersonId]) -> Self {
        let right = |(n, name): &(FeedNumber, FeedName)| FeedRight { n: *n, name: *name, until: None };
        self.0.rights = Some(Rights {
            version,
            feeds: feeds.iter().map(right).collect(),
            persons: persons.to_vec(),
            zone: ZoneOffsets::fixed(32_400),
            card: 0,
        });
        self
    }

    pub(crate) fn rows(mut self, n: FeedNumber, version: u64, rows: Vec<Row>) -> Self {
        let version = Some(Version(version));
        self.0.feeds.push(FeedDelta { n, rows, version, first: None, more: false, reset: false });
        self
    }

    pub(crate) fn page(mut self, n: FeedNumber, as_of: u64, place: &str, rows: Vec<Row>) -> Self {
        let first = Some(FirstPull { as_of: Version(as_of), place: place.to_owned() });
        self.0.feeds.push(FeedDelta { n, rows, version: None, first, more: true, reset: false });
        self
    }

    pub(crate) fn reset(mut self) -> Self {
        self.0.feeds.last_mut().unwrap().reset = true;
        self
    }

    pub(crate) fn applied(mut self, id: OpId, commit: u64, at: &[(FeedNumber, u64)]) -> Self {
        let at = at.iter().map(|(feed, version)| (*feed, Version(*version))).collect();
        let outcome = Outcome::Applied { commit: Commit(commit), at, flags: Vec::new() };
        self.0.results.push(OpResult { id, outcome, mac: Some("mac".to_owned()) });
        self
    }

    pub(crate) fn refused(mut self, id: OpId, code: Refusal) -> Self {
        let outcome = Outcome::Refused { code, commit: Commit(1) };
        self.0.results.push(OpResult { id, outcome, mac: None });
        self
    }

    pub(crate) fn later(mut self, id: OpId) -> Self {
        self.0.results.push(OpResult { id, outcome: Outcome::Later, mac: None });
        self
    }

    /// What was handed back is there again.
    pub(crate) fn replayed(mut self, id: OpId, at: &[(FeedNumber, u64)]) -> Self {
        let at = at.iter().map(|(feed, version)| (*feed, Version(*version))).collect();
        let outcome = Outcome::Applied { commit: Commit(1), at, flags: Vec::new() };
        self.0.replayed.push(OpResult { id, outcome, mac: Some("another".to_owned()) });
        self
    }

    pub(crate) fn replayed_with(mut self, id: OpId, outcome: Outcome) -> Self {
        self.0.replayed.push(OpResult { id, outcome, mac: None });
        self
    }

    pub(crate) fn resend(mut self) -> Self {
        self.0.resend = true;
        self
    }

    pub(crate) fn unsupported(mut self, id: OpId) -> Self {
        self.0.results.push(OpResult { id, outcome: Outcome::Unsupported, mac: None });
        self
    }
}

/// A phone of the Sato household.
pub(crate) struct Phone {
    pub store: Store,
    pub folder: TempDir,
}

impl Phone {
    /// Joined, and nothing pulled yet.
    pub(crate) fn joined(persons: &[PersonId]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), NOW).unwrap();
        store.set_enrolment(&enrolment(persons)).unwrap();
        Self { store, folder }
    }

    /// Of one resident, with everything pulled and no notice there yet.
    pub(crate) fn of_sato() -> Self {
        let phone = Self::joined(&[SATO]);
        phone.take(residents(1));
        phone
    }

    /// Of the association's chair.
    pub(crate) fn of_the_chair() -> Self {
        let phone = Self::joined(&[SATO]);
        let answer = Answer::new().rights(1, &feeds(true), &[SATO]);
        let card = |id, households| GroupCard {
            group: group(id),
            homes: Homes { households, app: 1, paper: 0 },
            through: Commit(1),
        };
        let home = |id, name: &str| Home {
            id,
            name: name.to_owned(),
            paper: false,
            joined: true,
            rev: Rev::FIRST,
            reading: None,
            people: Vec::new(),
        };
        let homes = vec![home(HOUSE, "佐藤"), home(NEIGHBOUR, "鈴木")];
        phone.take(
            answer
                .rows(MAIL, 1, vec![row(kind::PROFILE, "me", 1, &profile(SATO, vec![chair()]))])
                .rows(BOARD, 1, vec![row(kind::TEAM, TEAM, 1, &Team { group: group(TEAM) })])
                .rows(BLOCK_BOARD, 0, vec![])
                .rows(
                    DESK,
                    3,
                    vec![
                        row(kind::GROUP, MIDORI, 1, &card(MIDORI, 2)),
                        row(kind::GROUP, BLOCK, 2, &card(BLOCK, 2)),
                        row(kind::ROSTER, BLOCK, 3, &Roster { name: "1班".to_owned(), homes, through: Commit(1) }),
                    ],
                ),
        );
        phone
    }

    pub(crate) fn take(&self, answer: Answer) -> super::Applied {
        self.store.apply(&answer.0, NOW).unwrap()
    }

    /// Killed and opened again.
    pub(crate) fn reopened(self) -> Self {
        let Self { store, folder } = self;
        drop(store);
        let store = Store::open(folder.path(), NOW).unwrap();
        Self { store, folder }
    }

    pub(crate) fn say(&self, op: &Op) {
        self.store.enqueue(op, None, op.at).unwrap();
    }

    pub(crate) fn home(&self) -> crate::records::Home {
        self.store.home(SATO, NOW).unwrap()
    }

    pub(crate) fn going_out(&self) -> Vec<OpId> {
        self.store.outgoing(NOW, 100).unwrap().into_iter().map(|out| out.id).collect()
    }

    /// Everything that waits is at the server.
    pub(crate) fn drain(&self) {
        loop {
            let out = self.going_out();
            if out.is_empty() {
                return;
            }
            self.take(out.into_iter().fold(Answer::new(), |answer, id| answer.applied(id, 1, &[])));
        }
    }

    /// The next request, as the engine makes it.
    pub(crate) fn request(&self, now: Timestamp) -> SyncRequest {
        request(&self.store, now).unwrap()
    }

    /// The answer to a request.
    pub(crate) fn answered(&self, request: &SyncRequest, answer: Answer, now: Timestamp) -> super::Applied {
        self.store.answered(request, &answer.0, now).unwrap()
    }

    /// One number out of the outbox.
    pub(crate) fn counted(&self, select: &str) -> i64 {
        self.store.outbox_file().read(|outbox| Ok(outbox.query_row(select, [], |row| row.get(0))?)).unwrap()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The next request of a phone, as the engine makes it; what it holds counts as sent.
pub(crate) fn request(store: &Store, now: Timestamp) -> Result<SyncRequest, crate::error::Error> {
    let SyncState { epoch, rights, cursors } = store.sync_state()?;
    let mut request = SyncRequest { epoch, rights, cursors, ..SyncRequest::default() };
    if store.hand_back(&mut request, now)? {
        let out = store.outgoing(now, 100)?;
        store.mark_sent(&out.iter().map(|out| out.id).collect::<Vec<_>>(), now)?;
        request.ops = out.into_iter().map(|out| RawValue::from_string(out.text).unwrap()).collect();
    }
    Ok(request)
}

pub(crate) fn feeds(with_desk: bool) -> Vec<(FeedNumber, FeedName)> {
    let mut feeds =
        vec![(BOARD, FeedName::Board(MIDORI)), (BLOCK_BOARD, FeedName::Board(BLOCK)), (MAIL, FeedName::Mail(SATO))];
    if with_desk {
        feeds.push((DESK, FeedName::Desk(MIDORI)));
    }
    feeds
}

/// The first whole answer to a resident's phone.
pub(crate) fn residents(version: u64) -> Answer {
    Answer::new()
        .rights(version, &feeds(false), &[SATO])
        .rows(MAIL, 1, vec![row(kind::PROFILE, "me", 1, &profile(SATO, Vec::new()))])
        .rows(BOARD, 1, vec![row(kind::TEAM, TEAM, 1, &Team { group: group(TEAM) })])
        .rows(BLOCK_BOARD, 0, vec![])
}

pub(crate) fn consent_row(version: u64) -> Row {
    row(kind::CONSENT, "moods", version, &Consent { moods_to_team: true, at: NOW.plus_millis(-DAY) })
}

pub(crate) fn receipt_row(number: u8, version: u64, rev: u32, stage: Stage) -> Row {
    row(kind::RECEIPT, notice_id(number), version, &Receipt { rev: Rev(rev), stage, at: NOW })
}

pub(crate) fn sent_row(number: u8, version: u64, body: &NoticeBody) -> Row {
    let notice = NoticeState {
        id: notice_id(number),
        rev: Rev::FIRST,
        audience: vec![Audience::Board(MIDORI)],
        author: SATO,
        phase: Phase::Published,
        published: Some(Commit(1)),
        body: body.clone(),
    };
    row(kind::SENT, notice_id(number), version, &Sent { notice })
}

pub(crate) fn enrolment(persons: &[PersonId]) -> Enrolment {
    // The generator's point: a public key nobody signs with.
    let point = "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
    let sec1: Vec<u8> = (0..33).map(|at| u8::from_str_radix(&point[2 * at..2 * at + 2], 16).unwrap()).collect();
    let key = Key::from_sec1(&sec1).unwrap();
    let epoch = Epoch("k1".to_owned());
    let slip = Slip {
        district: DISTRICT,
        device: PHONE,
        key,
        persons: persons.to_vec(),
        epoch: epoch.clone(),
        commit: Commit(1),
        at: NOW,
    };
    Enrolment {
        district: DISTRICT,
        name: "みどり市".to_owned(),
        device: PHONE,
        token: Token { secret: "secret".to_owned(), until: NOW.plus_millis(90 * DAY) },
        slip: Signed { payload: serde_json::to_string(&slip).unwrap(), signature: String::new() },
        addresses: vec!["127.0.0.1:8443".to_owned()],
        identity: key,
        next_identity: None,
        card: 0,
        epoch,
    }
}
