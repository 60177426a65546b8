//! Ops at the store: read before they queue, judged inside the transaction, answered with the server's MAC after it.

use super::{
    effects::Under,
    error::{Denied, StoreError},
    look::Look,
    sql::{json, one, run, signed, to_json, unsigned},
    tx::Tx,
};
use kairan_protocol::{
    feed::FeedName,
    id::{Commit, DeviceId, FeedNumber, OpId, PersonId, Version},
    op::{NotAnOp, Op},
    outcome::{Flag, MacKey, OpResult, Outcome},
    reduce::{self, Recall},
    refusal::Refusal,
    validate::OP_BYTES,
    view::{Context, Effect, Effects},
};
use rusqlite::params;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// An outcome as the table keeps it, beside its commit; its MAC comes out the same whenever it is worked out.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kept {
    Applied(Vec<(FeedNumber, Version)>, Vec<Flag>),
    Refused(Refusal),
}

impl Kept {
    pub fn outcome(self, commit: Commit) -> Outcome {
        match self {
            Self::Applied(at, flags) => Outcome::Applied { commit, at: at.into_iter().collect(), flags },
            Self::Refused(code) => Outcome::Refused { code, commit },
        }
    }
}

/// What an op asks for, as far as it could be read.
#[derive(Debug, Clone)]
enum Meaning {
    Known(Box<Op>),
    Malformed(PersonId),
    Unsupported,
}

/// An op that was read and waits to be judged.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    id: OpId,
    text: Box<RawValue>,
    hash: [u8; 32],
    meaning: Meaning,
}

impl Asked {
    /// Reads an op; what has no header fails the request as a whole.
    pub fn read(text: Box<RawValue>) -> Result<Self, Denied> {
        if text.get().len() > OP_BYTES {
            return Err(Denied::TooLarge(format!("an op is at most {OP_BYTES} bytes long")));
        }
        let (id, meaning) = match Op::parse(text.get()) {
            Ok(op) => (op.id, Meaning::Known(Box::new(op))),
            Err(NotAnOp::Malformed { id, person, .. }) => (id, Meaning::Malformed(person)),
            Err(NotAnOp::Unsupported { id, .. }) => (id, Meaning::Unsupported),
            Err(error @ NotAnOp::NoHeader(_)) => return Err(Denied::BadRequest(error.to_string())),
        };
        let hash = Sha256::digest(text.get().as_bytes()).into();
        Ok(Self { id, text, hash, meaning })
    }

    /// The answer to it, with its MAC. The same op and outcome always give the same answer to the letter.
    pub fn result(&self, outcome: Outcome, key: &MacKey) -> OpResult {
        let mac = key.mac(self.id, self.text.get(), &outcome);
        OpResult { id: self.id, outcome, mac }
    }

    /// Its id.
    pub const fn id(&self) -> OpId {
        self.id
    }

    /// Its text to the letter.
    pub const fn text(&self) -> &RawValue {
        &self.text
    }

    /// What it asks for, where this program understands it.
    pub fn op(&self) -> Option<&Op> {
        match &self.meaning {
            Meaning::Known(op) => Some(op),
            Meaning::Malformed(_) | Meaning::Unsupported => None,
        }
    }
}

impl Tx<'_> {
    /// Judges the ops of one device in their order; denied when the device is no longer one.
    pub fn apply(&mut self, device: DeviceId, ops: &[Asked]) -> Result<Result<Vec<Outcome>, Denied>, StoreError> {
        if let Err(denied) = self.admit(device)? {
            return Ok(Err(denied));
        }
        let mut outcomes = Vec::with_capacity(ops.len());
        for asked in ops {
            let outcome = self.judge(device, asked);
            outcomes.push(outcome.map_err(|source| StoreError::Op { id: asked.id, source: Box::new(source) })?);
        }
        Ok(Ok(outcomes))
    }

    /// Whether a device may still write, looked up inside the transaction.
    pub fn admit(&self, device: DeviceId) -> Result<Result<(), Denied>, StoreError> {
        let sql = "SELECT revoked IS NOT NULL FROM device WHERE id = ?1";
        Ok(match one(self.connection, sql, [device.number()], |row| row.get(0))? {
            Some(false) => Ok(()),
            Some(true) => Err(Denied::Revoked),
            None => Err(Denied::DeviceUnknown),
        })
    }

    fn judge(&mut self, device: DeviceId, asked: &Asked) -> Result<Outcome, StoreError> {
        if matches!(asked.meaning, Meaning::Unsupported) {
            return Ok(Outcome::Unsupported);
        }
        if let Some(known) = self.judged_before(asked)? {
            return Ok(known);
        }
        // A refusal is decided before anything is written, so that nothing has to be rolled back to put it on record.
        let (person, judged) = match &asked.meaning {
            Meaning::Known(op) => (op.person, self.reduced(device, op)?.map(|effects| (op, effects))),
            Meaning::Malformed(person) => (*person, Err(Refusal::Malformed)),
            Meaning::Unsupported => return Ok(Outcome::Unsupported),
        };
        if judged.as_ref().is_err_and(|code| code.may_come_back()) && self.look().more_may_come()? {
            return Ok(Outcome::Later);
        }
        let commit = self.next_commit();
        let kept = match judged {
            Ok((op, effects)) => self.carried(device, (asked, op), effects, Under::new(commit))?,
            Err(code) => Kept::Refused(code),
        };
        self.keep_op(device, person, asked, commit, &kept)?;
        Ok(kept.outcome(commit))
    }

    /// Keeps an op with its outcome, to answer it the same whenever it comes.
    pub fn keep_op(
        &self,
        device: DeviceId,
        person: PersonId,
        asked: &Asked,
        commit: Commit,
        kept: &Kept,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO op (id, committed, device, person, hash, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (id, device, person) = (asked.id.bytes(), device.number(), person.number());
        run(self.connection, sql, params![id, signed(commit.0), device, person, asked.hash, to_json(kept)?])?;
        Ok(())
    }

    /// The outcome of an op that was here before.
    pub fn judged_before(&self, asked: &Asked) -> Result<Option<Outcome>, StoreError> {
        let sql = "SELECT hash, outcome, committed FROM op WHERE id = ?1";
        let known = one(self.connection, sql, [asked.id.bytes()], |row| {
            Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        known
            .map(|(hash, outcome, commit)| {
                let kept =
                    if hash == asked.hash { json("an outcome", &outcome)? } else { Kept::Refused(Refusal::IdReused) };
                Ok(kept.outcome(Commit(unsigned(commit))))
            })
            .transpose()
    }

    fn reduced(&mut self, device: DeviceId, op: &Op) -> Result<Result<Effects, Refusal>, StoreError> {
        let zone = Arc::clone(&self.memory.zone);
        let context = Context { now: self.now, device, zone: &zone };
        let holders = self.holders(device)?;
        let look = Look { held: Some(&holders), ..self.look() };
        let judged = reduce::reduce(&look, op, &context)?;
        self.keep_holders(holders);
        Ok(judged)
    }

    /// Carries out what an op came to, and keeps its text where it may be needed again.
    pub fn carried(
        &mut self,
        device: DeviceId,
        (asked, op): (&Asked, &Op),
        effects: Effects,
        under: Under,
    ) -> Result<Kept, StoreError> {
        let regroups = |effect: &Effect| {
            matches!(effect, Effect::DeviceRevoked { .. } | Effect::PersonLeft { .. } | Effect::SamePerson { .. })
        };
        let regrouped = effects.effects.iter().any(regroups);
        let holders = self.holders(device)?;
        self.take_touched();
        self.carry_out_under(effects.effects, under)?;
        // What the command line did is handed back by phones of other people: nothing of it appears to them as theirs.
        let author = if holders.1.contains(&op.person) { op.person } else { reduce::author(&self.look(), op.person)? };
        let own = holders.1.contains(&author);
        let at = if own { self.appears_at(author, holders.1.len() > 1)? } else { Vec::new() };
        if !regrouped {
            self.keep_holders(holders);
        }
        self.keep_text(asked, op, under.commit)?;
        Ok(Kept::Applied(at, effects.flags))
    }

    /// Where the author can see the effect appear.
    fn appears_at(&mut self, author: PersonId, shared: bool) -> Result<Vec<(FeedNumber, Version)>, StoreError> {
        let mut touched = self.take_touched();
        let mut own = touched.remove(&FeedName::Mail(author));
        // What changed nothing is there already, which the phone it was said on may not have heard yet.
        if own.is_none() && touched.is_empty() {
            let mail = self.feed(FeedName::Mail(author))?;
            let sql = "SELECT version FROM row WHERE feed = ?1 AND kind = '' AND id = ''";
            let version = one(self.connection, sql, [mail.0], |row| row.get::<_, i64>(0))?;
            own = version.map(|version| (mail, Version(unsigned(version))));
        }
        if !touched.is_empty() {
            let readable = self.look().readable(author, shared)?;
            touched.retain(|feed, _| readable.contains_key(feed));
        }
        Ok(own.into_iter().chain(touched.into_values()).collect())
    }
}

/// The ops whose stored outcome cannot be read.
pub(super) fn unreadable(connection: &rusqlite::Connection) -> Result<Vec<OpId>, StoreError> {
    let mut statement = connection.prepare("SELECT id, outcome FROM op")?;
    let mut rows = statement.query([])?;
    let mut bad = Vec::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(1)?;
        if serde_json::from_str::<Kept>(&text).is_err() {
            bad.push(OpId::from_bytes(row.get(0)?));
        }
    }
    Ok(bad)
}
