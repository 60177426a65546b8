//! The messages between phone and server (design §4), and the problems the server answers with.

use crate::{
    feed::FeedName,
    id::{Commit, DeviceId, Epoch, FeedNumber, GroupId, OpId, PersonId, Version},
    outcome::OpResult,
    replay::{EndedMark, Replay},
    row::Row,
    sign::{Fingerprint, Key, Signed},
    time::{Timestamp, ZoneOffsets},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// `POST /v1/sync`.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SyncRequest {
    /// The epoch the cursors are of; none on the very first sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// The version of the rights the phone acts on; 0 for none.
    #[serde(default)]
    pub rights: u64,
    /// How far the phone is with each feed. One it has a right to and does not name is pulled from the start.
    #[serde(default)]
    pub cursors: BTreeMap<FeedNumber, Cursor>,
    /// Ops to apply, in this order, each as its JSON text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ops: Vec<Box<RawValue>>,
    /// Asks for the token's successor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renew: Option<TokenProof>,
    /// What an earlier epoch of this server applied, in the order of its commits; taken before the ops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replays: Vec<Replay>,
    /// What an earlier epoch said has ended; taken before the replays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<EndedMark>,
    /// The earlier epoch this phone held, once all it held of it is handed back with this request or was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed: Option<Epoch>,
}

/// How far a phone is with a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cursor {
    /// It has every row up to this version.
    At(Version),
    /// It is in the middle of its first pull.
    First(FirstPull),
}

/// The place of a first pull, handed back as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstPull {
    /// The version the first pull ends at; what came later follows as a delta.
    pub as_of: Version,
    /// Where to go on; the server's own business.
    pub place: String,
}

/// The answer to a sync.
#[derive(Debug, Serialize, Deserialize)]
pub struct SyncResponse {
    /// The server's epoch. Another than the phone's: every cursor it held means nothing.
    pub epoch: Epoch,
    /// The server's clock.
    pub now: Timestamp,
    /// One per op, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<OpResult>,
    /// One per replay, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replayed: Vec<OpResult>,
    /// The phone has seen more than this server holds: all its journal is wanted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resend: bool,
    /// Only those that moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<FeedDelta>,
    /// Only when newer than the phone's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<Rights>,
    /// The token's successor; the old one works on for an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
}

/// What moved in one feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedDelta {
    /// The feed.
    pub n: FeedNumber,
    /// Rows, each the newest state of its thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
    /// The phone's cursor from now on; absent while a first pull is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Where the first pull stands, while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<FirstPull>,
    /// Whether to ask again at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// The cursor was older than the compaction horizon: what follows is a first pull into a shadow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
}

/// What a device may read. Acted on only when newer within its epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Grows with every change.
    pub version: u64,
    /// Every feed the device may read.
    pub feeds: Vec<FeedRight>,
    /// The people the device holds.
    pub persons: Vec<PersonId>,
    /// The association's zone for the coming year.
    pub zone: ZoneOffsets,
    /// The version of the card: one newer than the phone's is worth reading at once.
    #[serde(default)]
    pub card: u64,
}

/// That a device may read a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRight {
    /// Its short number.
    pub n: FeedNumber,
    /// Its name.
    pub name: FeedName,
    /// Until when, where a term ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A bearer token: 256 bits, base64url; the server keeps its hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The secret.
    pub secret: String,
    /// First moment it no longer works.
    pub until: Timestamp,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token(… until {})", self.until)
    }
}

/// `POST /v1/enrol`. Idempotent by (invite, device key).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The twelve characters.
    pub secret: String,
    /// The device's key.
    pub key: Key,
    /// Its signature for [`crate::sign::Purpose::Enrol`] over [`EnrolRequest::payload`].
    pub proof: String,
    /// Who of the listed people this device is for; empty asks who is listed.
    #[serde(default)]
    pub persons: Vec<PersonId>,
    /// What the device calls itself.
    #[serde(default)]
    pub name: String,
}

impl EnrolRequest {
    /// What the device signs.
    #[must_use]
    pub fn payload(district: &Fingerprint, secret: &str, key: &Key) -> String {
        format!("{district}\n{secret}\n{key}")
    }
}

/// The answer to an enrolment.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum EnrolResponse {
    /// Who is listed on the invite.
    Choose {
        /// The household's or the person's group.
        name: String,
        /// The listed people.
        persons: Vec<Listed>,
    },
    /// The invitation was passed on: an officer has to let the phone in. Asking again tells whether that has happened.
    Waiting {
        /// The household's name, or the person's.
        name: String,
        /// The two digits the officer sees too.
        digits: String,
    },
    /// The device is in.
    Enrolled(Box<Enrolled>),
}

/// One person an invite lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// Whether they joined by this invite already.
    pub joined: bool,
}

/// All a device keeps from joining.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrolled {
    /// The district's root.
    pub district: GroupId,
    /// Its name.
    pub name: String,
    /// The device's id from now on.
    pub device: DeviceId,
    /// Its first token.
    pub token: Token,
    /// Signed by the identity key: [`Slip`].
    pub slip: Signed,
    /// The server's epoch.
    pub epoch: Epoch,
    /// The server's clock.
    pub now: Timestamp,
}

/// That the district once let a device in; survives the server's loss of memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slip {
    /// The district's root.
    pub district: GroupId,
    /// The device.
    pub device: DeviceId,
    /// Its key.
    pub key: Key,
    /// The people it was for.
    pub persons: Vec<PersonId>,
    /// In which epoch.
    pub epoch: Epoch,
    /// The newest commit it includes: whoever left the device later is not on it.
    #[serde(default)]
    pub commit: Commit,
    /// When.
    pub at: Timestamp,
}

/// A device's proof for a new token: `POST /v1/token`, or `renew` inside a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenProof {
    /// The device.
    pub device: DeviceId,
    /// By the server's clock as the device knows it; five minutes off are accepted, each proof once.
    pub at: Timestamp,
    /// Signature for [`crate::sign::Purpose::Token`] over [`TokenProof::payload`].
    pub proof: String,
    /// The enrolment slip, for a server that may have forgotten the device or some of its people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<Signed>,
}

impl TokenProof {
    /// What the device signs.
    #[must_use]
    pub fn payload(district: &Fingerprint, device: DeviceId, at: Timestamp) -> String {
        format!("{district}\n{device}\n{at}")
    }
}

/// `GET /v1/card`, signed by the identity key it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The district's root.
    pub district: GroupId,
    /// Its name.
    pub name: String,
    /// The server's epoch.
    pub epoch: Epoch,
    /// Where it can be reached, best first: `host:port`.
    pub addresses: Vec<String>,
    /// The identity key.
    pub identity: Key,
    /// The one that will follow it, once announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_identity: Option<Key>,
    /// SHA-256 of the TLS keys in use (DER of `SubjectPublicKeyInfo`).
    pub tls: Vec<Fingerprint>,
    /// Grows with every change of what stands here, but for the TLS keys: those are looked up where they matter.
    #[serde(default)]
    pub version: u64,
    /// How earlier identity keys handed over to the next, oldest first: [`Succession`], each signed by the earlier key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub successions: Vec<Signed>,
    /// When it was signed.
    pub at: Timestamp,
}

/// An identity key names the one that follows it, for [`crate::sign::Purpose::Succession`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// The key that signs this.
    pub from: Key,
    /// The key that follows it.
    pub to: Key,
    /// When.
    pub at: Timestamp,
}

/// The data of a `poke` event: never more than that something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poke {
    /// The feed.
    pub n: FeedNumber,
    /// Its version now.
    pub v: Version,
}

/// `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:kairan:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence, the same for every case of the code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: ProblemCode,
    /// What happened here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The one thing to do.
    pub todo: String,
    /// The op it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<OpId>,
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal, $todo:literal;)+) => {
        /// Why a request as a whole failed. Codes never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $code)] $name,)+
            /// A code of a newer server.
            #[serde(other, rename = "other")]
            Other,
        }

        impl ProblemCode {
            /// Every code a server of today gives.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ Self::Other => "other" }
            }

            /// Its HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ Self::Other => 500 }
            }

            /// The problem, with what happened here.
            #[must_use]
            pub fn problem(self, detail: Option<String>) -> Problem {
                let (title, todo) = match self {
                    $(Self::$name => ($title, $todo),)+
                    Self::Other => ("Something happened that this version has no word for.", "Update the app."),
                };
                Problem {
                    kind: format!("urn:kairan:problem:{}", self.code()),
                    title: title.to_owned(),
                    status: self.status(),
                    code: self,
                    detail,
                    todo: todo.to_owned(),
                    op: None,
                }
            }
        }
    };
}

problems! {
    /// The body is not the JSON this endpoint takes.
    BadRequest = "bad_request", 400, "The request is not what this endpoint takes.", "Send it as the API description says.";
    /// No bearer token.
    NoToken = "no_token", 401, "A device token is needed.", "Join with an invitation first.";
    /// A token nobody has, or one that ran out: ask for a new one with the device key.
    TokenUnknown = "token_unknown", 401, "This token is not valid (any more).", "Ask for a new token with the device key.";
    /// The device is not known here, perhaps because a backup was restored: keep everything.
    DeviceUnknown = "device_unknown", 401, "This device is not known here.", "Keep everything and show the enrolment slip.";
    /// The device was revoked: erase.
    Revoked = "revoked", 403, "This device was signed off.", "Erase what it holds of this neighbourhood.";
    /// No invite with that secret.
    InviteUnknown = "invite_unknown", 403, "There is no invitation with this code.", "Compare the code with the sheet.";
    /// Each listed person has joined.
    InviteUsed = "invite_used", 403, "This invitation was used already.", "Ask the block leader for a new one.";
    /// Older than sixty days.
    InviteExpired = "invite_expired", 403, "This invitation is too old.", "Ask the block leader for a new one.";
    /// Voided by a reprint or a restore.
    InviteVoid = "invite_void", 403, "This invitation was replaced by a newer one.", "Use the newest sheet.";
    /// An officer did not let in whoever came with a link that was passed on.
    TurnedAway = "turned_away", 403, "An officer did not let this phone in.", "Ask the block leader for a sheet of your own.";
    /// A person the invite does not list.
    NotListed = "not_listed", 403, "The invitation does not list this person.", "Choose one of the listed people.";
    /// A signature that does not fit.
    BadProof = "bad_proof", 403, "The device's signature does not fit.", "Check the device's clock and try again.";
    /// No such endpoint or thing.
    NotFound = "not_found", 404, "There is nothing here.", "Check the address.";
    /// The endpoint is there, but not for this method.
    MethodNotAllowed = "method_not_allowed", 405, "This endpoint is used another way.", "Use the method the API description names.";
    /// The client was too slow to send.
    Timeout = "timeout", 408, "The request took too long to arrive.", "Try again.";
    /// The body is over its limit.
    TooLarge = "too_large", 413, "The request is too large.", "Send less at once.";
    /// Not JSON.
    UnsupportedMedia = "unsupported_media", 415, "Only JSON is taken here.", "Send application/json.";
    /// More than a device, or an address at enrolment, may ask.
    TooMany = "too_many", 429, "Too many requests.", "Wait a moment and try again.";
    /// Something broke at the server; nothing of this request was kept.
    Internal = "internal", 500, "Something went wrong at the server.", "Try again later; nothing is lost.";
    /// The server is stopping, starting or overloaded.
    Unavailable = "unavailable", 503, "The server is not ready.", "Try again later; nothing is lost.";
    /// No room on the server's disk; nothing of this request was kept.
    DiskFull = "disk_full", 507, "The server's disk is full.", "Nothing is lost; the volunteer who runs the server must make room.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_of_the_design_is_understood() {
        let text = r#"{"epoch":"k3","rights":12,"cursors":{"3":118,"7":{"as_of":9,"place":"n4"}},
            "ops":[{"id":"0197a1b2c3d47e5f8a9b0c1d2e3f4a5b","as":"p0000000000007","at":"2026-11-22T00:00:00Z","do":"leave"}]}"#;
        let request: SyncRequest = serde_json::from_str(text).unwrap();
        assert_eq!(request.cursors[&FeedNumber(3)], Cursor::At(Version(118)));
        assert!(matches!(request.cursors[&FeedNumber(7)], Cursor::First(_)));
        assert!(request.ops[0].get().contains("\"leave\""));
    }

    #[test]
    fn an_idle_answer_is_short() {
        let answer = SyncResponse {
            epoch: Epoch("k3".into()),
            now: Timestamp::from_millis(0),
            results: vec![],
            replayed: vec![],
            resend: false,
            feeds: vec![],
            rights: None,
            token: None,
        };
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"epoch":"k3","now":"1970-01-01T00:00:00.000Z"}"#);
    }

    #[test]
    fn a_problem_of_a_newer_server_is_still_read() {
        let mut value = serde_json::to_value(ProblemCode::TooMany.problem(None)).unwrap();
        value["code"] = "brand_new".into();
        assert_eq!(serde_json::from_value::<Problem>(value).unwrap().code, ProblemCode::Other);
    }

    #[test]
    fn a_token_is_never_printed_by_accident() {
        let token = Token { secret: "s3cret".into(), until: Timestamp::from_millis(0) };
        assert!(!format!("{token:?}").contains("s3cret"));
    }
}
