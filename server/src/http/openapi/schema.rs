//! The messages of the protocol as the description shows them; tests/ hold each to the type it describes.

use super::op::Op;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $pattern:literal, $example:literal;)+) => {
        $(
            $(#[$doc])*
            #[derive(Serialize, Deserialize, ToSchema)]
            #[schema(pattern = $pattern, example = $example)]
            pub struct $name(String);
        )+
    };
}

texts! {
    /// A person.
    PersonId = "^p[0-7][0-9a-hjkmnp-tv-z]{12}$", "p0000000000007";
    /// A group of the tree.
    GroupId = "^g[0-7][0-9a-hjkmnp-tv-z]{12}$", "g0000000000001";
    /// A role.
    RoleId = "^r[0-7][0-9a-hjkmnp-tv-z]{12}$", "r0000000000003";
    /// A device.
    DeviceId = "^d[0-7][0-9a-hjkmnp-tv-z]{12}$", "d0000000000009";
    /// An invite.
    InviteId = "^i[0-7][0-9a-hjkmnp-tv-z]{12}$", "i0000000000005";
    /// A wish to join.
    JoinId = "^j[0-7][0-9a-hjkmnp-tv-z]{12}$", "j0000000000006";
    /// A UUIDv7 made on the device.
    OpId = "^[0-9a-f]{32}$", "0197a1b2c3d47e5f8a9b0c1d2e3f4a5b";
    /// A notice: the id of the op that posted it.
    NoticeId = "^[0-9a-f]{32}$", "0197a1b2c3d47e5f8a9b0c1d2e3f4a5b";
    /// A feed by name: `board:`, `staff:` or `desk:` and a group, `mail:` and a person.
    FeedName = "^(board|staff|desk):g[0-7][0-9a-hjkmnp-tv-z]{12}$|^mail:p[0-7][0-9a-hjkmnp-tv-z]{12}$", "board:g0000000000001";
    /// A P-256 public key: SEC1 compressed, base64url.
    Key = "^[A-Za-z0-9_-]{44}$", "AmsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW";
    /// SHA-256, base64url.
    Fingerprint = "^[A-Za-z0-9_-]{43}$", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    /// A P-256 signature (64 bytes r‖s), base64url.
    Signature = "^[A-Za-z0-9_-]{86}$", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
}

/// A moment in UTC to the millisecond (RFC 3339).
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(format = DateTime, example = "2026-11-22T00:00:00.000Z")]
pub struct Timestamp(String);

/// A local day of the association (ISO 8601).
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(format = Date, example = "2026-11-22")]
pub struct Day(String);

/// A device's request: ops up, cursors down.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SyncRequest {
    /// The epoch the cursors are of; none on the very first sync.
    epoch: Option<String>,
    /// The version of the rights the device acts on; 0 for none.
    #[serde(default)]
    rights: u64,
    /// By feed number, at most 1000. A feed that is not named is pulled from the start.
    #[serde(default)]
    cursors: BTreeMap<String, Cursor>,
    /// To apply in this order; each at most 64 KiB.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    ops: Vec<Op>,
    /// Asks for the token's successor.
    renew: Option<TokenProof>,
    /// What an earlier epoch of this server applied, in the order of its commits; taken before the ops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 200)]
    replays: Vec<Replay>,
    /// What an earlier epoch said has ended; taken before the replays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    ended: Vec<EndedMark>,
    /// The earlier epoch the device held, once all of it is handed back.
    handed: Option<String>,
}

/// An op the server applied once, with the proof of it.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Replay {
    /// The op, to the letter as it was sent.
    op: Op,
    /// The number it was applied under.
    commit: u64,
    /// The server's MAC over op, outcome and commit.
    mac: String,
}

/// That something has ended: only the server can tell what.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct EndedMark {
    /// An opaque id.
    id: String,
    /// The commit that ended it.
    commit: u64,
    /// When it ended.
    at: Timestamp,
    /// The server's seal over all three.
    mac: String,
}

/// How far a device is with a feed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Cursor {
    /// It has every row up to this version.
    At(u64),
    /// It is in the middle of its first pull.
    First(FirstPull),
}

/// The place of a first pull, handed back as it came.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct FirstPull {
    /// The version the first pull ends at.
    as_of: u64,
    /// Where to go on; the server's own business.
    place: String,
}

/// The answer to a sync.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct SyncResponse {
    /// The server's epoch.
    epoch: String,
    /// The server's clock.
    now: Timestamp,
    /// One per op, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    results: Vec<OpResult>,
    /// One per replay, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    replayed: Vec<OpResult>,
    /// The device has seen more than this server holds: all its journal is wanted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    resend: bool,
    /// Only those that moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    feeds: Vec<FeedDelta>,
    /// Only when newer than the device's.
    rights: Option<Rights>,
    /// The token's successor.
    token: Option<Token>,
}

/// What became of an op.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct OpResult {
    /// The op.
    id: OpId,
    /// Applied, refused for good, not known to this server, or to be asked again once what it speaks about has come back.
    #[schema(pattern = "^(applied|refused|unsupported|later)$", example = "applied")]
    outcome: String,
    /// The district-wide number; none for unsupported and later.
    commit: Option<u64>,
    /// Applied: the versions where its effect appears, by feed number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    at: BTreeMap<String, u64>,
    /// Applied: `late`, `clock`, `nothing`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    flags: Vec<String>,
    /// Refused: the stable code.
    code: Option<String>,
    /// The server's MAC over op, outcome and commit.
    mac: Option<String>,
}

/// What moved in one feed.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct FeedDelta {
    /// The feed.
    n: u32,
    /// Each the newest state of its thing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rows: Vec<Row>,
    /// The device's cursor from now on; absent while a first pull is under way.
    version: Option<u64>,
    /// Where the first pull stands.
    first: Option<FirstPull>,
    /// Whether to ask again at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    more: bool,
    /// The cursor was too old: what follows is a first pull.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    reset: bool,
}

/// The current state of one thing, or its tombstone.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Row {
    /// What it is about.
    kind: String,
    /// Which one.
    id: String,
    /// Of the thing.
    rev: u32,
    /// Of the feed.
    version: u64,
    /// Its state; none is a tombstone.
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
}

/// What a device may read.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Rights {
    /// Grows with every change.
    version: u64,
    /// Every feed.
    feeds: Vec<FeedRight>,
    /// The people the device holds.
    persons: Vec<PersonId>,
    /// The association's zone for the coming year.
    zone: Vec<Offset>,
    /// The version of the card.
    #[serde(default)]
    card: u64,
}

/// That a device may read a feed.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct FeedRight {
    /// Its short number.
    n: u32,
    /// Its name.
    name: FeedName,
    /// Until when, where a term ends.
    until: Option<Timestamp>,
}

/// From a moment on, local time is UTC plus so many seconds.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Offset {
    /// First moment it holds.
    from: Timestamp,
    /// Seconds east of UTC.
    seconds: i32,
}

/// A bearer token.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Token {
    /// 256 bits, base64url.
    secret: String,
    /// First moment it no longer works.
    until: Timestamp,
}

/// Joining by an invite. Idempotent by (invite, device key).
#[derive(Serialize, Deserialize, ToSchema)]
pub struct EnrolRequest {
    /// The twelve characters of the invitation.
    #[schema(example = "K7QF2M9XABCD")]
    secret: String,
    /// The device's key.
    key: Key,
    /// By the device key: `kairan enrol 1`, the district's fingerprint, the secret and the key, a line each.
    proof: Signature,
    /// Who of the listed people the device is for; empty asks who is listed.
    #[serde(default)]
    persons: Vec<PersonId>,
    /// What the device calls itself.
    #[serde(default)]
    name: String,
}

/// Who is listed, or that the device is in.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum EnrolResponse {
    /// Who is listed on the invite.
    Choose {
        /// The household's name.
        name: String,
        /// The listed people.
        persons: Vec<Listed>,
    },
    /// An officer has to let the phone in.
    Waiting {
        /// The household's name, or the person's.
        name: String,
        /// The two digits the officer sees too.
        #[schema(pattern = "^[0-9]{2}$")]
        digits: String,
    },
    /// The device is in.
    Enrolled {
        /// The district's root.
        district: GroupId,
        /// Its name.
        name: String,
        /// The device's id from now on.
        device: DeviceId,
        /// Its first token.
        token: Token,
        /// Signed by the identity key; the payload is a `Slip`.
        slip: Signed,
        /// The server's epoch.
        epoch: String,
        /// The server's clock.
        now: Timestamp,
    },
}

/// One person an invite lists.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Listed {
    /// Who.
    id: PersonId,
    /// Their name.
    name: String,
    /// Whether they joined by this invite already.
    joined: bool,
}

/// A device's proof for a new token.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct TokenProof {
    /// The device.
    device: DeviceId,
    /// By the server's clock; five minutes off are accepted, each proof once.
    at: Timestamp,
    /// By the device key: `kairan token 1`, the district's fingerprint, the device and the moment, a line each.
    proof: Signature,
    /// The enrolment slip, for a server that may have forgotten the device or some of its people.
    slip: Option<Signed>,
}

/// JSON text with its signature.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Signed {
    /// The JSON text that was signed.
    payload: String,
    /// Its signature.
    signature: Signature,
}

/// The payload of `/v1/card`.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Card {
    /// The district's root.
    district: GroupId,
    /// Its name.
    name: String,
    /// The server's epoch.
    epoch: String,
    /// `host:port`, best first.
    addresses: Vec<String>,
    /// The identity key.
    identity: Key,
    /// The one that will follow it, once announced.
    next_identity: Option<Key>,
    /// Of the TLS keys in use (DER of `SubjectPublicKeyInfo`).
    tls: Vec<Fingerprint>,
    /// Grows with every change of what stands here.
    #[serde(default)]
    version: u64,
    /// How earlier identity keys handed over, oldest first; each payload is a `Succession`, signed by the earlier key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    successions: Vec<Signed>,
    /// When it was signed.
    at: Timestamp,
}

/// An identity key names the one that follows it.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Succession {
    /// The key that signs this.
    from: Key,
    /// The key that follows it.
    to: Key,
    /// When.
    at: Timestamp,
}

/// The payload of an enrolment slip.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Slip {
    /// The district's root.
    district: GroupId,
    /// The device.
    device: DeviceId,
    /// Its key.
    key: Key,
    /// The people it was for.
    persons: Vec<PersonId>,
    /// In which epoch.
    epoch: String,
    /// The newest commit it includes.
    #[serde(default)]
    commit: u64,
    /// When.
    at: Timestamp,
}

/// The data of a `poke` event.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Poke {
    /// The feed.
    n: u32,
    /// Its version now.
    v: u64,
}

/// A failure (RFC 9457).
#[derive(Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:kairan:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// One sentence, the same for every case of the code.
    title: String,
    /// The HTTP status.
    status: u16,
    /// Stable; never changes its meaning.
    #[schema(example = "too_large")]
    code: String,
    /// What happened here.
    detail: Option<String>,
    /// The one thing to do.
    todo: String,
    /// The op it is about, where it is about one.
    op: Option<OpId>,
}
