//! The answer to a sync, read field by field.
//!
//! serde keeps the fields of a flattened, tagged enum aside as they are, and then does not take the text "7" for the
//! number of a feed: an applied op's `at` cannot be read as [`OpResult`] itself reads. Here it is read flat.

use super::{failure::Failure, parse};
use kairan_protocol::{
    id::{Commit, Epoch, FeedNumber, OpId, Version},
    outcome::{Flag, OpResult, Outcome},
    refusal::Refusal,
    time::Timestamp,
    wire::{FeedDelta, Rights, SyncResponse, Token},
};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Answer {
    epoch: Epoch,
    now: Timestamp,
    #[serde(default)]
    results: Vec<FlatResult>,
    #[serde(default)]
    feeds: Vec<FeedDelta>,
    #[serde(default)]
    rights: Option<Rights>,
    #[serde(default)]
    token: Option<Token>,
}

#[derive(Deserialize)]
struct FlatResult {
    id: OpId,
    outcome: Word,
    #[serde(default)]
    commit: Commit,
    #[serde(default)]
    at: BTreeMap<FeedNumber, Version>,
    #[serde(default)]
    flags: Vec<Flag>,
    #[serde(default)]
    code: Option<Refusal>,
    #[serde(default)]
    mac: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Applied,
    Refused,
    Unsupported,
}

/// Reads the answer to a sync.
pub(super) fn of_sync(bytes: &[u8]) -> Result<SyncResponse, Failure> {
    let Answer { epoch, now, results, feeds, rights, token } = parse(bytes)?;
    let results = results.into_iter().map(FlatResult::whole).collect::<Option<_>>();
    let results = results.ok_or(Failure::Answer("a refusal without its reason"))?;
    Ok(SyncResponse { epoch, now, results, feeds, rights, token })
}

impl FlatResult {
    fn whole(self) -> Option<OpResult> {
        let Self { id, outcome, commit, at, flags, code, mac } = self;
        let outcome = match outcome {
            Word::Applied => Outcome::Applied { commit, at, flags },
            Word::Refused => Outcome::Refused { code: code?, commit },
            Word::Unsupported => Outcome::Unsupported,
        };
        Some(OpResult { id, outcome, mac })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;

    #[test]
    fn every_outcome_the_server_writes_is_read() {
        let outcomes = [
            Outcome::Applied {
                commit: Commit(9),
                at: BTreeMap::from([(FeedNumber(7), Version(8))]),
                flags: vec![Flag::Late],
            },
            Outcome::Applied { commit: Commit(9), at: BTreeMap::new(), flags: Vec::new() },
            Outcome::Refused { code: Refusal::Conflict, commit: Commit(3) },
            Outcome::Unsupported,
        ];
        let results: Vec<OpResult> = (1..)
            .zip(outcomes)
            .map(|(id, outcome)| OpResult { id: OpId::from_bytes([id; 16]), outcome, mac: Some("mac".to_owned()) })
            .collect();
        let written = SyncResponse {
            epoch: Epoch("k1".to_owned()),
            now: Timestamp::from_millis(5),
            results,
            feeds: Vec::new(),
            rights: None,
            token: None,
        };
        let read = of_sync(&serde_json::to_vec(&written).unwrap()).unwrap();
        assert_eq!((read.results, read.epoch, read.now), (written.results, written.epoch, written.now));
    }

    #[test]
    fn a_refusal_without_its_reason_is_no_answer() {
        let text = r#"{"epoch":"k1","now":"2026-11-22T01:00:00Z",
            "results":[{"id":"0197a1b2c3d47e5f8a9b0c1d2e3f4a5b","outcome":"refused","commit":1}]}"#;
        assert!(matches!(of_sync(text.as_bytes()), Err(Failure::Answer(_))));
    }
}
