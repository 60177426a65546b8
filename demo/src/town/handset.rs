//! A phone of the year that is past: it joined with the key its core will find in its folder, and says what its owner tapped, through
//! the store of a server whose clock stands where it then stood.

use crate::Error;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use kairan_core::{keys::SoftwarePlatform, platform::Platform};
use kairan_protocol::{
    id::{FeedNumber, OpId, PersonId},
    op::{Command, Op},
    outcome::Outcome,
    sign::{Fingerprint, Key, Purpose},
    time::Timestamp,
    wire::{Cursor, EnrolRequest, EnrolResponse, SyncRequest, Token},
};
use kairan_server::store::Store;
use serde_json::value::RawValue;
use std::{collections::BTreeMap, path::Path};

/// A token that ends sooner is renewed first: five days.
const RENEWED_BEFORE: i64 = 5 * 86_400_000;

/// What a phone calls itself.
pub const NAME: &str = "スマートフォン";

/// The key in a folder, made where there is none.
pub(super) fn platform(folder: &Path) -> Result<SoftwarePlatform, Error> {
    SoftwarePlatform::new(folder).map(|platform| platform.named(NAME)).map_err(|error| Error::Data(error.to_string()))
}

/// One of them.
pub(super) struct Handset {
    platform: SoftwarePlatform,
    person: PersonId,
    secret: String,
    district: Fingerprint,
    token: Token,
    state: SyncRequest,
}

impl Handset {
    /// Joins for somebody by the letters of their invitation's secret.
    pub async fn join(
        store: &Store,
        district: Fingerprint,
        (folder, secret, person): (&Path, String, PersonId),
    ) -> Result<Self, Error> {
        let platform = platform(folder)?;
        let token = enrolled(store, district, (&platform, &secret, person)).await?;
        Ok(Self { platform, person, secret, district, token, state: SyncRequest::default() })
    }

    /// Says things, each at its moment; the ids they have.
    pub async fn say(&mut self, store: &Store, said: Vec<(Timestamp, Command)>) -> Result<Vec<OpId>, Error> {
        if self.token.until.since(store.now()) < RENEWED_BEFORE {
            let whom = (&self.platform, self.secret.as_str(), self.person);
            self.token = enrolled(store, self.district, whom).await?;
        }
        let (mut ids, mut ops) = (Vec::with_capacity(said.len()), Vec::with_capacity(said.len()));
        for (at, command) in said {
            let id = OpId::at(at).map_err(Error::Randomness)?;
            let op = Op { id, person: self.person, at, command };
            ids.push(id);
            ops.push(RawValue::from_string(op.to_text()).map_err(|error| Error::Data(error.to_string()))?);
        }
        let SyncRequest { epoch, rights, cursors, .. } = &self.state;
        let request = SyncRequest {
            epoch: epoch.clone(),
            rights: *rights,
            cursors: cursors.clone(),
            ops,
            ..SyncRequest::default()
        };
        let answer = store.sync(&self.token.secret, request).await?;
        for result in &answer.results {
            match &result.outcome {
                Outcome::Applied { .. } => {}
                outcome => return Err(Error::Data(format!("what was made up is not taken: {outcome:?}"))),
            }
        }
        self.state.epoch = Some(answer.epoch);
        self.state.rights = answer.rights.map_or(self.state.rights, |rights| rights.version);
        for delta in answer.feeds {
            reached(&mut self.state.cursors, delta.n, delta.first.map(Cursor::First).or(delta.version.map(Cursor::At)));
        }
        Ok(ids)
    }
}

fn reached(cursors: &mut BTreeMap<FeedNumber, Cursor>, feed: FeedNumber, cursor: Option<Cursor>) {
    if let Some(cursor) = cursor {
        cursors.insert(feed, cursor);
    }
}

async fn enrolled(
    store: &Store,
    district: Fingerprint,
    (platform, secret, person): (&SoftwarePlatform, &str, PersonId),
) -> Result<Token, Error> {
    let broken = |error: kairan_core::platform::PlatformError| Error::Data(error.to_string());
    let sec1 = platform.public_key().map_err(broken)?;
    let key = Key::from_sec1(&sec1).map_err(|error| Error::Data(error.to_string()))?;
    let payload = EnrolRequest::payload(&district, secret, &key);
    let signature = platform.sign(Purpose::Enrol.message(&payload)).map_err(broken)?;
    let request = EnrolRequest {
        secret: secret.to_owned(),
        key,
        proof: BASE64_URL_SAFE_NO_PAD.encode(signature),
        persons: vec![person],
        name: NAME.to_owned(),
    };
    match store.enrol(request).await? {
        EnrolResponse::Enrolled(enrolled) => Ok(enrolled.token),
        EnrolResponse::Choose { .. } | EnrolResponse::Waiting { .. } => {
            Err(Error::Data("nobody was let in".to_owned()))
        }
    }
}
