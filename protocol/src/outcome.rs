//! Outcomes of ops: applied, refused or unsupported, each with the server's MAC.

use crate::{
    id::{Commit, FeedNumber, OpId, Version},
    refusal::Refusal,
    replay,
};
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What the server noted about an applied op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Made within a term that had ended when it arrived.
    Late,
    /// The device's clock was impossible and was clamped.
    Clock,
    /// It changed nothing: something newer or further was there.
    Nothing,
    /// A note of a newer server.
    #[serde(other)]
    Other,
}

/// What became of an op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It is on disk at the server.
    Applied {
        /// The district-wide number.
        commit: Commit,
        /// The versions where its effect appears: the overlay goes when a cursor reaches them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        at: BTreeMap<FeedNumber, Version>,
        /// What was noted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        flags: Vec<Flag>,
    },
    /// Refused for good.
    Refused {
        /// Why.
        code: Refusal,
        /// The number under which the refusal is on record.
        commit: Commit,
    },
    /// This server does not know the op: it waits for a newer one. Nothing is stored.
    Unsupported,
    /// What it speaks about was lost with a restored backup and has not come back yet: asked again later. Nothing is stored.
    Later,
}

/// An op's outcome as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpResult {
    /// The op.
    pub id: OpId,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The server's MAC over op, outcome and commit; none for unsupported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
}

/// The key of outcome MACs; it lives at the server, survives in backups, and no phone has it.
#[derive(Clone)]
pub struct MacKey([u8; 32]);

impl MacKey {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// HMAC-SHA-256 over the op's text and its outcome, cut to 128 bits (RFC 2104 §5), base64url.
    /// `text` is the op's JSON to the letter; versions are left out, since they differ after a restore.
    #[must_use]
    pub fn mac(&self, id: OpId, text: &str, outcome: &Outcome) -> Option<String> {
        let (word, code, commit) = match outcome {
            Outcome::Applied { commit, .. } => ("applied", "", commit),
            Outcome::Refused { code, commit } => ("refused", code.code(), commit),
            Outcome::Unsupported | Outcome::Later => return None,
        };
        let what = format!("{word}\n{code}\n{}", commit.0);
        Some(self.tag(b"kairan outcome 1\n", &[id.bytes(), &Sha256::digest(text.as_bytes()), what.as_bytes()]))
    }

    /// Whether this server once said that it applied an op under a number.
    #[must_use]
    pub fn applied(&self, id: OpId, text: &str, commit: Commit, mac: &str) -> bool {
        let outcome = Outcome::Applied { commit, at: BTreeMap::new(), flags: Vec::new() };
        self.mac(id, text, &outcome).is_some_and(|known| replay::same(&known, mac))
    }

    /// HMAC-SHA-256 under a label that says what it is for, cut to 128 bits, base64url.
    pub(crate) fn tag(&self, label: &[u8], parts: &[&[u8]]) -> String {
        // A key of any length will do for HMAC; the error is of the trait, not of this algorithm.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(label);
        for part in parts {
            mac.update(part);
        }
        replay::text(&mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(commit: u64) -> Outcome {
        Outcome::Applied { commit: Commit(commit), at: BTreeMap::new(), flags: Vec::new() }
    }

    #[test]
    fn an_answer_reads_back_as_it_was_written() {
        let at = BTreeMap::from([(FeedNumber(7), Version(8))]);
        let outcome = Outcome::Applied { commit: Commit(9), at, flags: vec![Flag::Late] };
        let result = OpResult { id: OpId::from_bytes([1; 16]), outcome, mac: Some("m".into()) };
        let text = serde_json::to_string(&result).unwrap();
        assert_eq!(serde_json::from_str::<OpResult>(&text).unwrap(), result);
    }

    #[test]
    fn a_code_of_a_newer_server_does_not_make_an_answer_unreadable() {
        let refused = r#"{"outcome":"refused","code":"brand_new","commit":3}"#;
        let outcome = Outcome::Refused { code: Refusal::Other, commit: Commit(3) };
        assert_eq!(serde_json::from_str::<Outcome>(refused).unwrap(), outcome);
        let flagged = r#"{"outcome":"applied","commit":3,"flags":["brand_new"]}"#;
        assert!(serde_json::from_str::<Outcome>(flagged).is_ok());
    }

    #[test]
    fn a_mac_covers_op_outcome_and_commit() {
        let key = MacKey::new([7; 32]);
        let id = OpId::from_bytes([1; 16]);
        let mac = key.mac(id, "{}", &applied(9));
        assert!(mac.is_some());
        assert_ne!(mac, key.mac(id, "{ }", &applied(9)));
        assert_ne!(mac, key.mac(id, "{}", &applied(10)));
        assert_ne!(mac, key.mac(id, "{}", &Outcome::Refused { code: Refusal::Conflict, commit: Commit(9) }));
        assert_ne!(mac, MacKey::new([8; 32]).mac(id, "{}", &applied(9)));
        assert_eq!(key.mac(id, "{}", &Outcome::Unsupported), None);
        assert_eq!(key.mac(id, "{}", &Outcome::Later), None);
        assert!(key.applied(id, "{}", Commit(9), &mac.unwrap()));
        assert!(!key.applied(id, "{}", Commit(9), "nonsense"));
    }
}
