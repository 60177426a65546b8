//! One sync: what is handed back, then ops, then what moved in the feeds the device may read, its rights, and a new token.

use super::{
    enrol::{Join, Joined, NewToken, PROOF_MILLIS, device_key},
    error::{Denied, StoreError},
    look::Look,
    op::Asked,
    pull,
    replay::Handing,
    session::{Session, token_hash},
    shared::{Inner, Shared},
    slip,
};
use kairan_protocol::{
    id::{DeviceId, OpId},
    op::{Command, Op},
    outcome::{OpResult, Outcome},
    replay::Replay,
    sign::{Purpose, Signed},
    validate::{CURSORS, ENDED_PER_SYNC, OPS_PER_SYNC, REPLAYS_PER_SYNC},
    wire::{EnrolRequest, EnrolResponse, Enrolled, Rights, Slip, SyncRequest, SyncResponse, Token, TokenProof},
};
use serde_json::value::RawValue;
use std::{collections::BTreeMap, sync::Arc};

/// The console is never turned away: where it is, something is wrong with the database.
fn undeniable(denied: Denied) -> StoreError {
    match denied {
        Denied::Store(error) => error,
        other => StoreError::Damaged(other.to_string()),
    }
}

impl Inner {
    pub async fn sync(&self, token: &str, request: SyncRequest) -> Result<SyncResponse, Denied> {
        let SyncRequest { epoch, rights, cursors, ops, renew, replays, ended, handed } = request;
        if replays.len() > REPLAYS_PER_SYNC || ended.len() > ENDED_PER_SYNC {
            let limits = format!("{REPLAYS_PER_SYNC} replays and {ENDED_PER_SYNC} marks");
            return Err(Denied::TooLarge(format!("a sync hands back at most {limits}")));
        }
        if ops.len() > OPS_PER_SYNC {
            return Err(Denied::TooLarge(format!("a sync carries at most {OPS_PER_SYNC} ops")));
        }
        if cursors.len() > CURSORS {
            return Err(Denied::TooLarge(format!("a sync names at most {CURSORS} feeds")));
        }
        let token = token_hash(token);
        let session = self.session(&token).await?;
        let handing = Handing::read(ended, replays, handed)?;
        let again = !handing.is_nothing();
        // Boxed: rare, and no reason for every sync to be larger.
        let replayed = if again { Box::pin(self.hand_over(session.device, handing)).await? } else { Vec::new() };
        let results = self.apply(session.device, ops).await?;
        let renewed = match renew.filter(|proof| proof.device == session.device) {
            Some(proof) => Box::pin(self.renewed(&proof)).await?,
            None => None,
        };
        let known = epoch.as_ref() == Some(&self.card.epoch);
        let (cursors, rights) = if known { (cursors, rights) } else { (BTreeMap::new(), 0) };
        let changed = again || !results.is_empty() || renewed.is_some();
        let session = if changed { self.session(&token).await } else { Ok(session) };
        let now = self.now();
        let mut response = SyncResponse {
            epoch: self.card.epoch.clone(),
            now,
            results,
            replayed,
            resend: false,
            feeds: Vec::new(),
            rights: None,
            token: renewed,
        };
        match session {
            Ok(session) => {
                let readable = || session.feeds.values().filter(|feed| feed.until.is_none_or(|until| now < until));
                let Shared { readers, feeds, deltas, .. } = &*self.shared;
                response.feeds = pull::pull(readers, feeds, deltas, readable(), &cursors, self.shared.rows())?;
                let reset = response.feeds.iter().any(|delta| delta.reset);
                response.resend = reset && pull::is_ahead(feeds, readable(), &cursors);
                response.rights = self.rights(&session, rights);
            }
            // The last person left by one of these very ops: the device hears that it worked, and that nothing is left.
            Err(Denied::Revoked) => response.rights = Some(self.nothing_left(&response.results)),
            Err(denied) => return Err(denied),
        }
        Ok(response)
    }

    fn rights(&self, session: &Session, known: u64) -> Option<Rights> {
        (session.version > known).then(|| session.rights(self.shared.zone().offsets))
    }

    fn nothing_left(&self, results: &[OpResult]) -> Rights {
        let commit = |result: &OpResult| match &result.outcome {
            Outcome::Applied { commit, .. } | Outcome::Refused { commit, .. } => Some(commit.0),
            Outcome::Unsupported | Outcome::Later => None,
        };
        let version = results.iter().filter_map(commit).max().unwrap_or(0);
        Rights { version, feeds: Vec::new(), persons: Vec::new(), zone: self.shared.zone().offsets, card: 0 }
    }

    async fn apply(&self, device: DeviceId, ops: Vec<Box<RawValue>>) -> Result<Vec<OpResult>, Denied> {
        if ops.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Arc<[Asked]> = ops.into_iter().map(Asked::read).collect::<Result<_, _>>()?;
        let queued = Arc::clone(&asked);
        let outcomes = self.writer.ask(move |tx| tx.apply(device, &queued)).await??;
        Ok(asked.iter().zip(outcomes).map(|(asked, outcome)| asked.result(outcome, &self.mac_key)).collect())
    }

    async fn hand_over(&self, device: DeviceId, handing: Handing) -> Result<Vec<OpResult>, Denied> {
        let handing = Arc::new(handing);
        let queued = Arc::clone(&handing);
        let outcomes = self.writer.ask(move |tx| tx.take_back(device, &queued)).await??;
        let results = handing.results(outcomes, &self.mac_key);
        self.write_down_again(handing.taken_of(self.steward, &results)).await?;
        Ok(results)
    }

    /// Ops the command line did, out of its journal.
    pub async fn hand_back(&self, replays: Vec<Replay>) -> Result<Vec<OpResult>, StoreError> {
        let handing = Handing::read(Vec::new(), replays, None).map_err(undeniable)?;
        self.hand_over(self.console, handing).await.map_err(undeniable)
    }

    /// An op by the steward, without a phone.
    pub async fn console(&self, command: Command) -> Result<OpResult, StoreError> {
        self.console_all(vec![command]).await?.pop().ok_or(StoreError::Unavailable)
    }

    /// Ops by the steward, in one transaction and one line after the other in the journal.
    pub async fn console_all(&self, commands: Vec<Command>) -> Result<Vec<OpResult>, StoreError> {
        let now = self.now();
        let texts = commands.into_iter().map(|command| {
            let op = Op { id: OpId::at(now)?, person: self.steward, at: now, command };
            RawValue::from_string(op.to_text()).map_err(|error| StoreError::Damaged(error.to_string()))
        });
        let texts: Vec<Box<RawValue>> = texts.collect::<Result<_, _>>()?;
        let results = self.apply(self.console, texts.clone()).await.map_err(undeniable)?;
        self.write_down(texts, &results).await?;
        Ok(results)
    }

    /// The successor of a token inside a sync. A proof that does not fit must not hold ops up: then there is none.
    async fn renewed(&self, proof: &TokenProof) -> Result<Option<Token>, Denied> {
        match self.token(proof).await {
            Ok(token) => Ok(Some(token)),
            Err(Denied::Store(error)) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    pub async fn token(&self, proof: &TokenProof) -> Result<Token, Denied> {
        let (device, at) = (proof.device, proof.at);
        let place = (self.card.district, device);
        let read = |connection: &rusqlite::Connection, shown| {
            let look = Look { connection, now: self.now(), held: None };
            slip::read(&look, shown, &self.keys, place)
        };
        let shown = proof.slip.as_ref();
        let slip = shown.map_or(Ok(None), |shown| self.shared.readers.read(|connection| read(connection, shown)))?;
        let key = match (self.shared.readers.read(|connection| device_key(connection, device)), &slip) {
            (Err(Denied::DeviceUnknown), Some(slip)) => slip.key,
            (known, _) => known?,
        };
        let slip = slip.filter(|slip| slip.key == key);
        let proves = |district| {
            key.verify(&Purpose::Token.message(&TokenProof::payload(&district, device, at)), &proof.proof).is_ok()
        };
        if !self.keys.fingerprints().any(proves) {
            return Err(Denied::BadProof);
        }
        if at.since(self.now()).abs() > PROOF_MILLIS {
            return Err(Denied::BadProof);
        }
        let token = NewToken::new()?;
        self.writer.ask(move |tx| tx.renew(device, at, slip.as_ref(), &token)).await?
    }

    pub async fn enrol(&self, request: EnrolRequest) -> Result<EnrolResponse, Denied> {
        let key = request.key;
        let join = Join::read(request, self.keys.fingerprints())?;
        let token = NewToken::new()?;
        let (device, persons, at, commit, token) = match self.writer.ask(move |tx| tx.join(&join, &token)).await?? {
            Joined::Choose { name, persons } => return Ok(EnrolResponse::Choose { name, persons }),
            Joined::Waiting { name, digits } => return Ok(EnrolResponse::Waiting { name, digits }),
            Joined::In { device, persons, since, commit, token } => (device, persons, since, commit, token),
        };
        let (district, epoch) = (self.card.district, self.card.epoch.clone());
        let slip = Slip { district, device, key, persons, epoch: epoch.clone(), commit, at };
        let slip = Signed::new(self.keys.signing(), Purpose::Slip, &slip).map_err(StoreError::from)?;
        let name = self.card.name.clone();
        Ok(EnrolResponse::Enrolled(Box::new(Enrolled { district, name, device, token, slip, epoch, now: self.now() })))
    }
}
