//! A small district on a real disk, and phones that speak to its store as the wire would.

use crate::{
    clock::{Clock, ManualClock},
    store::{
        Denied, EpochBegun, PlannedGroup, PlannedPerson, PlannedResidence, PlannedRole, SetUpPlan, Store, StoreError,
        begin_epoch, schema,
    },
};
use kairan_protocol::{
    check_in::Mood,
    feed::{Audience, FeedName},
    id::{Commit, DeviceId, Epoch, FeedNumber, GroupId, InviteId, NoticeId, OpId, PersonId, Rev, RoleId, Version},
    invite::Secret,
    notice::{NoticeKind, Points},
    op::{Command, Invitee, Op},
    outcome::{OpResult, Outcome},
    people::RoleKind,
    receipt::Stage,
    replay::{EndedMark, Replay},
    row::Row,
    sign::{Key, Purpose, Signed, sign},
    time::{Timestamp, ZoneOffsets},
    tree::GroupKind,
    wire::{Cursor, EnrolRequest, EnrolResponse, Rights, SyncRequest, SyncResponse, TokenProof},
};
use p256::ecdsa::SigningKey;
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::{collections::BTreeMap, sync::Arc};

pub const DISTRICT: GroupId = GroupId::from_number(1);
pub const FEDERATION: GroupId = GroupId::from_number(2);
pub const ASSOCIATION: GroupId = GroupId::from_number(3);
pub const FIRST_BLOCK: GroupId = GroupId::from_number(4);
pub const SECOND_BLOCK: GroupId = GroupId::from_number(5);
pub const TEAM: GroupId = GroupId::from_number(6);
pub const SATO_HOME: GroupId = GroupId::from_number(11);
pub const SUZUKI_HOME: GroupId = GroupId::from_number(12);
pub const PAPER_HOME: GroupId = GroupId::from_number(13);
pub const YAMADA_HOME: GroupId = GroupId::from_number(14);

pub const STEWARD: PersonId = PersonId::from_number(1);
/// Chair of the association; lives with Hanako.
pub const SATO: PersonId = PersonId::from_number(2);
pub const HANAKO: PersonId = PersonId::from_number(3);
pub const SUZUKI: PersonId = PersonId::from_number(4);
pub const TANAKA: PersonId = PersonId::from_number(5);
pub const YAMADA: PersonId = PersonId::from_number(6);
/// Commissioner of the team, without a household here.
pub const KIMURA: PersonId = PersonId::from_number(7);
/// Municipal staff of the district.
pub const CLERK: PersonId = PersonId::from_number(8);

pub const MINUTE: i64 = 60_000;
pub const DAY: i64 = 86_400_000;

/// 9 o'clock in Japan.
pub fn morning() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

pub struct House {
    pub folder: tempfile::TempDir,
    pub clock: Arc<ManualClock>,
    pub store: Store,
    identity: Arc<SigningKey>,
}

fn group(id: GroupId, kind: GroupKind, parent: Option<GroupId>, name: &str) -> PlannedGroup {
    PlannedGroup { id, kind, parent, name: name.to_owned(), paper: id == PAPER_HOME }
}

pub fn plan() -> SetUpPlan {
    let home = |id, block, name| group(id, GroupKind::Household, Some(block), name);
    let person = |(id, name): (PersonId, &str)| PlannedPerson { id, name: name.to_owned() };
    let lives = |(person, household)| PlannedResidence { person, household };
    let role =
        |number, person, group, kind| PlannedRole { id: RoleId::from_number(number), person, group, kind, until: None };
    SetUpPlan {
        name: "みどり市".to_owned(),
        zone: "Asia/Tokyo".to_owned(),
        offsets: ZoneOffsets::fixed(32_400),
        offsets_until: morning().plus_millis(400 * DAY),
        addresses: vec!["127.0.0.1:8443".to_owned()],
        groups: vec![
            group(DISTRICT, GroupKind::District, None, "みどり市"),
            group(FEDERATION, GroupKind::Federation, Some(DISTRICT), "東部連合町内会"),
            group(ASSOCIATION, GroupKind::Association, Some(FEDERATION), "緑ヶ丘町内会"),
            group(FIRST_BLOCK, GroupKind::Block, Some(ASSOCIATION), "1班"),
            home(SATO_HOME, FIRST_BLOCK, "佐藤"),
            home(SUZUKI_HOME, FIRST_BLOCK, "鈴木"),
            home(PAPER_HOME, FIRST_BLOCK, "田中"),
            group(SECOND_BLOCK, GroupKind::Block, Some(ASSOCIATION), "2班"),
            home(YAMADA_HOME, SECOND_BLOCK, "山田"),
            group(TEAM, GroupKind::Team, Some(ASSOCIATION), "緑ヶ丘 民生委員"),
        ],
        persons: [
            (STEWARD, "管理者"),
            (SATO, "佐藤 一郎"),
            (HANAKO, "佐藤 花子"),
            (SUZUKI, "鈴木 次郎"),
            (TANAKA, "田中 ハル"),
            (YAMADA, "山田 三郎"),
            (KIMURA, "木村 民"),
            (CLERK, "市民課 係員"),
        ]
        .map(person)
        .into(),
        residences: [
            (SATO, SATO_HOME),
            (HANAKO, SATO_HOME),
            (SUZUKI, SUZUKI_HOME),
            (TANAKA, PAPER_HOME),
            (YAMADA, YAMADA_HOME),
        ]
        .map(lives)
        .into(),
        guests: vec![],
        roles: vec![
            role(1, STEWARD, DISTRICT, RoleKind::Steward),
            role(2, SATO, ASSOCIATION, RoleKind::Chair),
            role(3, KIMURA, TEAM, RoleKind::Commissioner),
            role(4, CLERK, DISTRICT, RoleKind::MunicipalStaff),
        ],
        supports: vec![],
        steward: STEWARD,
        console: DeviceId::from_number(1),
        first_officer: SATO,
        mac_key: [7; 32],
        epoch: Epoch("k1".to_owned()),
    }
}

impl House {
    pub fn new() -> Self {
        Self::of(&plan())
    }

    pub fn of(plan: &SetUpPlan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(morning()));
        let identity = Arc::new(SigningKey::from_slice(&[9; 32]).unwrap());
        Store::create(folder.path(), plan, clock.now()).unwrap();
        let store = Store::open(folder.path(), clock.clone(), Arc::clone(&identity)).unwrap();
        Self { folder, clock, store, identity }
    }

    /// Closes the store as a stopping server does, and opens it again.
    pub async fn restart(&mut self) {
        self.store.clone().close().await.unwrap();
        self.reopen();
    }

    /// Another store on the same folder, the old one gone without a word.
    pub fn reopen(&mut self) {
        self.store = self.try_open().unwrap();
    }

    /// Opens the folder, which may be refused.
    pub fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(self.folder.path(), self.clock.clone(), Arc::clone(&self.identity))
    }

    /// A copy of the database as it is now.
    pub fn backup(&self) -> Backup {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(schema::FILE);
        self.sqlite().execute("VACUUM INTO ?1", [file.to_str().unwrap()]).unwrap();
        Backup(folder)
    }

    /// Where a copy lies.
    pub fn folder_of(backup: &Backup) -> &std::path::Path {
        backup.0.path()
    }

    /// The machine is lost: a copy stands in its place, as if no time had passed since.
    pub async fn go_back(&mut self, backup: &Backup) {
        self.store.clone().close().await.unwrap();
        self.folder = backup.copy();
        self.reopen();
    }

    /// The machine is lost, and a copy restored as it should be.
    pub async fn restore(&mut self, backup: &Backup) -> EpochBegun {
        self.store.clone().close().await.unwrap();
        self.folder = backup.copy();
        let begun = begin_epoch(self.folder.path(), self.clock.now()).unwrap();
        self.reopen();
        begun
    }

    /// A new token for a phone that shows its slip.
    pub async fn show_slip(&self, phone: &mut Phone) -> Result<(), Denied> {
        self.clock.advance(1);
        let slip = Some(phone.slip.clone());
        let proof = TokenProof { slip, ..self.proof(&phone.key, phone.device, self.clock.now()) };
        phone.token = self.store.token(proof).await?.secret;
        Ok(())
    }

    /// A connection of one's own, to look behind the store.
    pub fn sqlite(&self) -> Connection {
        schema::writing(self.folder.path()).unwrap()
    }

    pub fn count(&self, sql: &str) -> i64 {
        self.sqlite().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Prints an invite; its twelve characters.
    pub async fn invite(&self, to: Invitee) -> Secret {
        let (invite, secret) = (InviteId::random().unwrap(), Secret::random().unwrap());
        let command = Command::Invite { invite, to, secret: secret.hash(), passed_on: false };
        applied(&self.store.console(command).await.unwrap());
        secret
    }

    pub fn enrolment(&self, secret: &Secret, key: &SigningKey, persons: &[PersonId]) -> EnrolRequest {
        let (district, secret, public) = (Key::of(&self.identity).fingerprint(), secret.letters(), Key::of(key));
        let proof = sign(key, Purpose::Enrol, &EnrolRequest::payload(&district, &secret, &public));
        EnrolRequest { secret, key: public, proof, persons: persons.to_vec(), name: "らくらく".to_owned() }
    }

    pub fn proof(&self, key: &SigningKey, device: DeviceId, at: Timestamp) -> TokenProof {
        let payload = TokenProof::payload(&Key::of(&self.identity).fingerprint(), device, at);
        TokenProof { device, at, proof: sign(key, Purpose::Token, &payload), slip: None }
    }

    pub async fn enrol(&self, secret: &Secret, key: &SigningKey, persons: &[PersonId]) -> Result<Phone, Denied> {
        match self.store.enrol(self.enrolment(secret, key, persons)).await? {
            EnrolResponse::Enrolled(enrolled) => Ok(Phone {
                key: key.clone(),
                device: enrolled.device,
                token: enrolled.token.secret,
                slip: enrolled.slip,
                person: persons[0],
                epoch: None,
                rights: None,
                cursors: BTreeMap::new(),
                rows: BTreeMap::new(),
            }),
            EnrolResponse::Choose { .. } | EnrolResponse::Waiting { .. } => panic!("asked to choose, or to wait"),
        }
    }

    /// A phone of its own for one person.
    pub async fn phone(&self, person: PersonId) -> Phone {
        self.shared_phone(&[person]).await
    }

    /// One phone for several people of a household.
    pub async fn shared_phone(&self, persons: &[PersonId]) -> Phone {
        let residences = plan().residences;
        let lives = residences.iter().find(|residence| residence.person == persons[0]);
        let to = lives.map_or(Invitee::Person(persons[0]), |residence| Invitee::Household(residence.household));
        let secret = self.invite(to).await;
        let key = fresh_key();
        self.enrol(&secret, &key, persons).await.unwrap()
    }

    /// An op as it would be tapped now.
    pub fn op(&self, person: PersonId, command: Command) -> Op {
        let at = self.clock.now();
        Op { id: OpId::at(at).unwrap(), person, at, command }
    }

    pub fn check_in(&self, person: PersonId, mood: Mood) -> Op {
        let day = ZoneOffsets::fixed(32_400).day_of(self.clock.now());
        self.op(person, Command::CheckIn { mood, day })
    }

    pub fn consent(&self, person: PersonId, moods_to_team: bool) -> Op {
        self.op(person, Command::Consent { moods_to_team })
    }

    pub fn circular(&self, author: PersonId, title: &str) -> Op {
        self.post(author, NoticeKind::Circular, title, None)
    }

    pub fn post(&self, author: PersonId, notice: NoticeKind, title: &str, publish_at: Option<Timestamp>) -> Op {
        let command = Command::Post {
            notice,
            from: ASSOCIATION,
            audience: vec![Audience::Board(ASSOCIATION)],
            title: title.to_owned(),
            points: Points::default(),
            text: "本文".to_owned(),
            publish_at,
            until: None,
        };
        self.op(author, command)
    }

    pub fn receipt(&self, person: PersonId, notice: NoticeId, stage: Stage) -> Op {
        self.op(person, Command::Receipt { notice, rev: Rev::FIRST, stage })
    }

    /// The scheduler's turn, a second later.
    pub async fn tick(&self) {
        self.clock.advance(1_000);
        while self.store.tick().await.unwrap().at <= self.clock.now() {}
    }

    /// Everything that must hold, holds.
    pub async fn holds(&self) {
        let wrong: Vec<_> = self.store.check().await.unwrap().into_iter().filter(|line| !line.good).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

pub fn fresh_key() -> SigningKey {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).unwrap();
    SigningKey::from_slice(&bytes).unwrap()
}

pub fn text(op: &Op) -> Box<RawValue> {
    RawValue::from_string(op.to_text()).unwrap()
}

/// The commit of an op that was applied.
pub fn applied(result: &OpResult) -> u64 {
    match &result.outcome {
        Outcome::Applied { commit, .. } => commit.0,
        other => panic!("{other:?}"),
    }
}

/// A copy of a database.
pub struct Backup(tempfile::TempDir);

impl Backup {
    fn copy(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(self.0.path().join(schema::FILE), folder.path().join(schema::FILE)).unwrap();
        folder
    }
}

/// An op as a phone's journal hands it back.
pub fn replay(op: &Op, result: &OpResult) -> Replay {
    Replay { op: text(op), commit: Commit(applied(result)), mac: result.mac.clone().unwrap() }
}

/// A phone with its mirror.
pub struct Phone {
    pub key: SigningKey,
    pub device: DeviceId,
    pub token: String,
    pub slip: Signed,
    pub person: PersonId,
    pub epoch: Option<Epoch>,
    pub rights: Option<Rights>,
    pub cursors: BTreeMap<FeedNumber, Cursor>,
    pub rows: BTreeMap<(FeedNumber, String, String), Row>,
}

impl Phone {
    pub fn request(&self, ops: &[Op]) -> SyncRequest {
        SyncRequest {
            epoch: self.epoch.clone(),
            rights: self.rights.as_ref().map_or(0, |rights| rights.version),
            cursors: self.cursors.clone(),
            ops: ops.iter().map(text).collect(),
            renew: None,
            ..SyncRequest::default()
        }
    }

    /// One exchange; the mirror follows.
    pub async fn sync(&mut self, house: &House, ops: &[Op]) -> SyncResponse {
        let response = house.store.sync(&self.token, self.request(ops)).await.unwrap();
        self.apply(&response);
        response
    }

    /// Syncs until there is nothing more.
    pub async fn catch_up(&mut self, house: &House) {
        while self.sync(house, &[]).await.feeds.iter().any(|feed| feed.more) {}
    }

    /// Proves its key anew, as a phone whose token ran out.
    pub async fn prove(&mut self, house: &House) {
        let proof = house.proof(&self.key, self.device, house.clock.now());
        self.token = house.store.token(proof).await.unwrap().secret;
    }

    /// What is there in the feeds it may read, by feed, kind and id.
    pub fn held(&self) -> BTreeMap<(FeedNumber, String, String), (Version, String)> {
        let readable = |n: &FeedNumber| self.rights.as_ref().unwrap().feeds.iter().any(|feed| feed.n == *n);
        let there = self.rows.iter().filter(|((n, ..), row)| readable(n) && row.body.is_some());
        there.map(|(key, row)| (key.clone(), (row.version, row.body.as_ref().unwrap().get().to_owned()))).collect()
    }

    /// Sends one op; its result.
    pub async fn send(&mut self, house: &House, op: &Op) -> OpResult {
        self.sync(house, std::slice::from_ref(op)).await.results.remove(0)
    }

    /// Hands back ops it was told were taken; what became of each.
    pub async fn hand_back(&mut self, house: &House, replays: Vec<Replay>) -> Vec<OpResult> {
        let request = SyncRequest { replays, ..self.request(&[]) };
        let response = house.store.sync(&self.token, request).await.unwrap();
        self.apply(&response);
        response.replayed
    }

    /// Hands back every mark of what has ended that it holds, and says that it is over with an epoch.
    pub async fn hand_marks_back(&mut self, house: &House, marks: Vec<EndedMark>, over: Option<&str>) -> SyncResponse {
        let handed = over.map(|epoch| Epoch(epoch.to_owned()));
        let request = SyncRequest { ended: marks, handed, ..self.request(&[]) };
        let response = house.store.sync(&self.token, request).await.unwrap();
        self.apply(&response);
        response
    }

    /// The bodies of all rows of a kind, wherever they stand.
    pub fn all<T: DeserializeOwned>(&self, kind: &str) -> Vec<T> {
        let rows = self.rows.values().filter(|row| row.kind == kind).filter_map(|row| row.body.as_ref());
        rows.map(|body| serde_json::from_str(body.get()).unwrap()).collect()
    }

    /// Everything it mirrored of the epoch before is let go.
    pub fn begin_anew(&mut self) {
        self.cursors.clear();
        self.rows.clear();
        self.rights = None;
        self.epoch = None;
    }

    pub fn apply(&mut self, response: &SyncResponse) {
        self.epoch = Some(response.epoch.clone());
        if let Some(rights) = &response.rights {
            self.rights = Some(rights.clone());
        }
        for delta in &response.feeds {
            if delta.reset {
                self.rows.retain(|(feed, ..), _| *feed != delta.n);
            }
            for row in &delta.rows {
                self.rows.insert((delta.n, row.kind.clone(), row.id.clone()), row.clone());
            }
            let cursor = delta.version.map(Cursor::At).or(delta.first.clone().map(Cursor::First));
            self.cursors.insert(delta.n, cursor.unwrap());
        }
    }

    /// Whether it may read a feed; its number.
    pub fn feed(&self, name: FeedName) -> Option<FeedNumber> {
        self.rights.as_ref()?.feeds.iter().find(|feed| feed.name == name).map(|feed| feed.n)
    }

    pub fn row(&self, feed: FeedName, kind: &str, id: &str) -> Option<&Row> {
        self.rows.get(&(self.feed(feed)?, kind.to_owned(), id.to_owned()))
    }

    /// The body of a row that is there.
    pub fn body<T: DeserializeOwned>(&self, feed: FeedName, kind: &str, id: &str) -> Option<T> {
        let body = self.row(feed, kind, id)?.body.as_ref()?;
        Some(serde_json::from_str(body.get()).unwrap())
    }

    pub fn version(&self, feed: FeedName) -> Version {
        match self.cursors[&self.feed(feed).unwrap()] {
            Cursor::At(version) => version,
            Cursor::First(_) => panic!("in the middle of its first pull"),
        }
    }
}
