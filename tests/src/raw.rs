//! A device that speaks the wire by hand: what an honest core never sends can be sent with it.

use crate::{Neighbourhood, Sheet};
use kairan_protocol::{
    check_in::Mood,
    feed::{Audience, FeedName},
    id::{DeviceId, FeedNumber, GroupId, InviteId, NoticeId, OpId, PersonId, Rev, Version},
    invite::Secret,
    notice::{NoticeKind, Points},
    op::{Command, Invitee, Op},
    outcome::{OpResult, Outcome},
    receipt::Stage,
    row::Row,
    sign::{Fingerprint, Key, Purpose, sign},
    time::Timestamp,
    wire::{
        Cursor, EnrolRequest, EnrolResponse, Enrolled, Problem, ProblemCode, Rights, SyncRequest, SyncResponse, Token,
        TokenProof,
    },
};
use p256::ecdsa::SigningKey;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// An HTTPS client that takes every certificate: it stands for a program that is not ours.
#[must_use]
pub fn client() -> reqwest::Client {
    crate::install_cryptography();
    reqwest::Client::builder().danger_accept_invalid_certs(true).build().unwrap()
}

/// A fresh device key.
#[must_use]
pub fn device_key() -> SigningKey {
    loop {
        let bytes: Vec<u8> = (0..2).flat_map(|_| *uuid::Uuid::now_v7().as_bytes()).collect();
        if let Ok(key) = SigningKey::from_slice(&bytes) {
            return key;
        }
    }
}

/// Asks to be let in.
pub async fn enrol(
    http: &reqwest::Client,
    base: &str,
    identity: &Fingerprint,
    secret: &str,
    key: &SigningKey,
    persons: Vec<PersonId>,
) -> Result<EnrolResponse, Problem> {
    let public = Key::of(key);
    let proof = sign(key, Purpose::Enrol, &EnrolRequest::payload(identity, secret, &public));
    let request =
        EnrolRequest { secret: secret.to_owned(), key: public, proof, persons, name: "手書きの端末".to_owned() };
    answer(http.post(format!("{base}/v1/enrol")).json(&request).send().await.unwrap()).await
}

/// The answer of an endpoint, or the problem it names.
pub async fn answer<T: serde::de::DeserializeOwned>(response: reqwest::Response) -> Result<T, Problem> {
    let status = response.status();
    let kind =
        response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let text = response.text().await.unwrap();
    if status.is_success() {
        return Ok(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")));
    }
    assert_eq!(kind, "application/problem+json", "{status}: {text}");
    let problem: Problem = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(problem.status, status.as_u16(), "{text}");
    assert_ne!(problem.code, ProblemCode::Other, "a code that is not in the list: {text}");
    Err(problem)
}

/// An enrolled device.
pub struct RawPhone {
    http: reqwest::Client,
    /// `https://host:port`.
    pub base: String,
    /// The district's identity, as its sheet pinned it.
    pub identity: Fingerprint,
    /// Its key.
    pub key: SigningKey,
    /// Its bearer token.
    pub token: String,
    /// Its id.
    pub device: DeviceId,
    /// The people it holds.
    pub persons: Vec<PersonId>,
    /// The clock its ops carry.
    pub now: Timestamp,
}

impl RawPhone {
    /// Joins for everybody the invite lists, or for those of the given names.
    pub async fn join(base: &str, identity: &Fingerprint, secret: &str, names: &[&str]) -> Result<Self, Problem> {
        let (http, key) = (client(), device_key());
        let EnrolResponse::Choose { persons, .. } = enrol(&http, base, identity, secret, &key, Vec::new()).await?
        else {
            panic!("an enrolment that names nobody was accepted");
        };
        let chosen: Vec<PersonId> = persons
            .iter()
            .filter(|person| names.is_empty() || names.contains(&person.name.as_str()))
            .map(|person| person.id)
            .collect();
        let EnrolResponse::Enrolled(enrolled) = enrol(&http, base, identity, secret, &key, chosen.clone()).await?
        else {
            panic!("an enrolment that names its people was not answered with the device");
        };
        let Enrolled { device, token, now, .. } = *enrolled;
        Ok(Self {
            http,
            base: base.to_owned(),
            identity: *identity,
            key,
            token: token.secret,
            device,
            persons: chosen,
            now,
        })
    }

    /// The one person it holds.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.persons[0]
    }

    /// One request, as it is.
    pub async fn sync(&self, request: &SyncRequest) -> Result<SyncResponse, Problem> {
        let call = self.http.post(format!("{}/v1/sync", self.base)).bearer_auth(&self.token).json(request);
        answer(call.send().await.unwrap()).await
    }

    /// One request with a body of any kind.
    pub async fn send(&self, body: impl Into<reqwest::Body>) -> Result<SyncResponse, Problem> {
        let call = self.http.post(format!("{}/v1/sync", self.base)).bearer_auth(&self.token);
        let call = call.header("content-type", "application/json").body(body);
        answer(call.send().await.unwrap()).await
    }

    /// Ops by their JSON text, in one request.
    pub async fn ops(&self, texts: &[String]) -> Vec<OpResult> {
        let ops = texts.iter().map(|text| RawValue::from_string(text.clone()).unwrap()).collect();
        self.sync(&SyncRequest { ops, ..SyncRequest::default() }).await.unwrap().results
    }

    /// An op ready to be sent: a fresh id, tapped now.
    #[must_use]
    pub fn op(&self, person: PersonId, command: Command) -> Op {
        Op { id: OpId::at(self.now).unwrap(), person, at: self.now, command }
    }

    /// Sends one command for a person and says what became of it.
    pub async fn act_as(&self, person: PersonId, command: Command) -> (OpId, Outcome) {
        let op = self.op(person, command);
        let results = self.ops(&[op.to_text()]).await;
        assert_eq!(results.len(), 1, "one op, one result");
        assert_eq!(results[0].id, op.id);
        (op.id, results[0].outcome.clone())
    }

    /// Sends one command for the one person it holds.
    pub async fn act(&self, command: Command) -> (OpId, Outcome) {
        self.act_as(self.person(), command).await
    }

    /// What it may read now.
    pub async fn rights(&self) -> Rights {
        let rights = self.sync(&SyncRequest::default()).await.unwrap().rights;
        rights.expect("a device that acts on no rights is given them")
    }

    /// The numbers of what it may read.
    pub async fn feeds(&self) -> BTreeMap<FeedName, FeedNumber> {
        self.rights().await.feeds.into_iter().map(|right| (right.name, right.n)).collect()
    }

    /// Every row the server gives for a feed by its number, asked for by force: whether the rights name it or not. What it gives
    /// of other feeds is taken note of, so that they do not come again and again.
    pub async fn pull(&self, number: FeedNumber) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        let epoch = self.sync(&SyncRequest { rights: u64::MAX >> 1, ..SyncRequest::default() }).await.unwrap().epoch;
        let mut cursors = BTreeMap::from([(number, Cursor::At(Version(0)))]);
        for _ in 0..1_000 {
            let request =
                SyncRequest { epoch: Some(epoch.clone()), cursors: cursors.clone(), ..SyncRequest::default() };
            let response = self.sync(&request).await.unwrap();
            // One feed that says there is more speaks for all of them.
            let more = response.feeds.iter().any(|delta| delta.more);
            for delta in response.feeds {
                if delta.n == number {
                    rows.extend(delta.rows);
                }
                match (delta.first, delta.version) {
                    (Some(first), _) => drop(cursors.insert(delta.n, Cursor::First(first))),
                    (None, Some(version)) => drop(cursors.insert(delta.n, Cursor::At(version))),
                    (None, None) => {}
                }
            }
            if !more {
                return rows;
            }
        }
        panic!("a pull that never ends");
    }
}

/// The stable code of a refusal; none for everything else.
#[must_use]
pub fn refusal(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Refused { code, .. } => Some(code.code()),
        Outcome::Applied { .. } | Outcome::Unsupported | Outcome::Later => None,
    }
}

/// The commit number of an outcome.
#[must_use]
pub fn commit(outcome: &Outcome) -> Option<u64> {
    match outcome {
        Outcome::Applied { commit, .. } | Outcome::Refused { commit, .. } => Some(commit.0),
        Outcome::Unsupported | Outcome::Later => None,
    }
}

/// A notice in a group's name to one board.
#[must_use]
pub fn post(notice: NoticeKind, from: GroupId, to: Audience, title: &str) -> Command {
    Command::Post {
        notice,
        from,
        audience: vec![to],
        title: title.to_owned(),
        points: Points::default(),
        text: "よろしくお願いします。".to_owned(),
        publish_at: None,
        until: None,
    }
}

/// A circular in a group's name to one board.
#[must_use]
pub fn circular(from: GroupId, to: GroupId, title: &str) -> Command {
    post(NoticeKind::Circular, from, Audience::Board(to), title)
}

/// How far a person got with the first rev of a notice.
#[must_use]
pub fn receipt(notice: impl Into<NoticeId>, stage: Stage) -> Command {
    Command::Receipt { notice: notice.into(), rev: Rev::FIRST, stage }
}

/// How somebody is on a day.
#[must_use]
pub fn check_in(mood: Mood, day: &str) -> Command {
    Command::CheckIn { mood, day: day.parse().unwrap() }
}

/// A live stream, read line by line.
pub struct LiveStream(std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<Vec<u8>>> + Send>>, Vec<u8>);

impl LiveStream {
    /// The next event as its text; none when the server ended the stream.
    pub async fn next(&mut self) -> Option<String> {
        use futures_util::StreamExt as _;
        loop {
            if let Some(end) = self.1.windows(2).position(|two| two == b"\n\n") {
                let event: Vec<u8> = self.1.drain(..end + 2).collect();
                return Some(String::from_utf8(event).unwrap());
            }
            match self.0.next().await {
                Some(Ok(bytes)) => self.1.extend(bytes),
                Some(Err(_)) | None => return None,
            }
        }
    }
}

impl RawPhone {
    /// Listens to pokes.
    pub async fn live(&self) -> LiveStream {
        use futures_util::StreamExt as _;
        let call = self.http.get(format!("{}/v1/live", self.base)).bearer_auth(&self.token);
        let response = call.send().await.unwrap();
        assert_eq!(response.status(), 200);
        LiveStream(Box::pin(response.bytes_stream().map(|bytes| bytes.map(|bytes| bytes.to_vec()))), Vec::new())
    }

    /// Asks for a new token with the device key.
    pub async fn renew(&self, at: Timestamp) -> Result<Token, Problem> {
        let payload = TokenProof::payload(&self.identity, self.device, at);
        let proof =
            TokenProof { device: self.device, at, proof: sign(&self.key, Purpose::Token, &payload), slip: None };
        answer(self.http.post(format!("{}/v1/token", self.base)).json(&proof).send().await.unwrap()).await
    }
}

/// JSON text as it stands.
#[must_use]
pub fn value(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

/// An invitation for a household, by somebody who prints it.
#[must_use]
pub fn invite_household(household: GroupId, secret: &Secret) -> Command {
    Command::Invite {
        invite: InviteId::random().unwrap(),
        to: Invitee::Household(household),
        secret: secret.hash(),
        passed_on: false,
    }
}

impl RawPhone {
    /// Joins by a printed sheet.
    pub async fn join_by(hood: &Neighbourhood, sheet: &Sheet, names: &[&str]) -> Result<Self, Problem> {
        Self::join(&hood.base(), &sheet.identity(), &sheet.secret, names).await
    }
}

impl RawPhone {
    /// One request; none when the server is not there (any more).
    pub async fn try_sync(&self, request: &SyncRequest) -> Option<SyncResponse> {
        let call = self.http.post(format!("{}/v1/sync", self.base)).bearer_auth(&self.token).json(request);
        let text = call.send().await.ok().filter(|response| response.status().is_success())?.text().await.ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }
}
