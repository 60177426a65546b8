//! Answering a sync as a server does: ops first, each judged exactly once, then rights, then what moved.

use super::{
    people::{PHONE, RESIDENT},
    town::{Came, Town},
};
use crate::transport::Failure;
use kairan_protocol::{
    id::OpId,
    op::{NotAnOp, Op},
    outcome::{OpResult, Outcome},
    refusal::Refusal,
    time::Timestamp,
    wire::{FeedRight, ProblemCode, Rights, SyncRequest, SyncResponse},
};

/// What the practice phone may read never changes.
const RIGHTS: u64 = 1;

impl Town {
    /// Answers the phone. What it would hand back is of no use here: a town that is gone is gone.
    pub(super) fn answer(&mut self, request: &SyncRequest, now: Timestamp) -> Result<SyncResponse, Failure> {
        #[cfg(test)]
        {
            self.asked += 1;
        }
        self.now = now;
        self.do_what_is_due(now);
        let results = request.ops.iter().map(|op| self.judge(op.get(), now)).collect::<Result<_, _>>()?;
        let ours = request.epoch.as_ref() == Some(&self.epoch);
        let readable = self.readable(RESIDENT);
        let rights = (!ours || request.rights < RIGHTS).then(|| Rights {
            version: RIGHTS,
            feeds: readable
                .iter()
                .map(|name| FeedRight { n: self.feeds.number(*name), name: *name, until: None })
                .collect(),
            persons: vec![RESIDENT],
            zone: self.zone.clone(),
            card: 0,
        });
        let mut feeds = Vec::new();
        for name in readable {
            let number = self.feeds.number(name);
            // The cursors of another epoch mean nothing.
            let cursor = request.cursors.get(&number).filter(|_| ours);
            let delta = self.feeds.delta(name, cursor).map_err(|_| Failure::Answer("a row that is no JSON"))?;
            feeds.extend(delta);
        }
        Ok(SyncResponse {
            epoch: self.epoch.clone(),
            now,
            results,
            replayed: Vec::new(),
            resend: false,
            feeds,
            rights,
            token: None,
        })
    }

    fn judge(&mut self, text: &str, now: Timestamp) -> Result<OpResult, Failure> {
        let (id, came) = match Op::parse(text) {
            Ok(op) => (op.id, self.once(op.id, text, |town| town.does(&op, PHONE, now))),
            Err(NotAnOp::Malformed { id, .. }) => {
                (id, self.once(id, text, |town| Came::Refused(town.commit, Refusal::Malformed)))
            }
            Err(NotAnOp::Unsupported { id, .. }) => (id, Came::Unknown),
            Err(NotAnOp::NoHeader(_)) => {
                let problem = Box::new(ProblemCode::BadRequest.problem(None));
                return Err(Failure::Problem { problem, retry_after: None, date: None });
            }
        };
        let outcome = match came {
            Came::Applied(commit, at, flags) => Outcome::Applied { commit, at, flags },
            Came::Refused(commit, code) => Outcome::Refused { code, commit },
            Came::Unknown => Outcome::Unsupported,
        };
        let mac = self.key.mac(id, text, &outcome);
        Ok(OpResult { id, outcome, mac })
    }

    /// What an op came to; one that comes twice came to the same.
    fn once(&mut self, id: OpId, text: &str, judge: impl FnOnce(&mut Self) -> Came) -> Came {
        match self.judged.get(&id) {
            Some((known, came)) if known == text => came.clone(),
            Some(_) => Came::Refused(self.commit, Refusal::IdReused),
            None => {
                let came = judge(self);
                if !matches!(came, Came::Unknown) {
                    self.judged.insert(id, (text.to_owned(), came.clone()));
                }
                came
            }
        }
    }
}
