//! Who shows a token, and what their device may read: looked up once, cached for seconds, forgotten when it changes.

use super::{
    error::{Denied, StoreError},
    feeds::Feeds,
    look::Look,
    sql::{moment, number, one, unsigned},
};
use kairan_protocol::{
    feed::FeedName,
    id::{DeviceId, FeedNumber, PersonId},
    time::Timestamp,
    view::View,
    wire::{FeedRight, Rights},
};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// How long a look-up is believed.
const BELIEVED_MILLIS: i64 = 5_000;
/// How many sessions are kept before old ones are forgotten.
const KEPT: usize = 50_000;

/// What the server keeps of a token.
pub(super) type TokenHash = [u8; 32];

/// The hash of a token as it was shown.
pub(super) fn token_hash(secret: &str) -> TokenHash {
    Sha256::digest(secret.as_bytes()).into()
}

/// A device with what it may read.
#[derive(Debug)]
pub(super) struct Session {
    pub device: DeviceId,
    pub persons: Vec<PersonId>,
    /// The version of its rights.
    pub version: u64,
    /// Every feed it may read, by number.
    pub feeds: BTreeMap<FeedNumber, FeedRight>,
    /// First moment its token no longer works.
    until: Timestamp,
    read_at: Timestamp,
}

impl Session {
    /// As a device is told.
    pub fn rights(&self, zone: kairan_protocol::time::ZoneOffsets) -> Rights {
        let feeds = self.feeds.values().cloned().collect();
        Rights { version: self.version, feeds, persons: self.persons.clone(), zone, card: 0 }
    }

    fn holds(&self, now: Timestamp) -> bool {
        now < self.until && (0..BELIEVED_MILLIS).contains(&now.since(self.read_at))
    }
}

/// What looking a device up came to.
pub(super) enum Looked {
    Found(Session),
    /// These feeds have no number yet: the writer has to give them one first.
    Unnumbered(Vec<FeedName>),
}

/// Looks a token up.
pub(super) fn look_up(
    connection: &Connection,
    feeds: &Feeds,
    token: &TokenHash,
    now: Timestamp,
) -> Result<Looked, Denied> {
    let sql = "SELECT device, until FROM token WHERE hash = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok((DeviceId::from_number(row.get(0)?), moment(row, 1)?));
    let (device, until) = one(connection, sql, [token], read)?.ok_or(Denied::TokenUnknown)?;
    let looked = look_up_device(connection, feeds, device, until, now)?;
    if until <= now { Err(Denied::TokenUnknown) } else { Ok(looked) }
}

/// Looks a device up: its people, and what they may read together.
pub(super) fn look_up_device(
    connection: &Connection,
    feeds: &Feeds,
    device: DeviceId,
    until: Timestamp,
    now: Timestamp,
) -> Result<Looked, Denied> {
    let look = Look { connection, now, held: None };
    let sql = "SELECT revoked IS NOT NULL, rights FROM device WHERE id = ?1";
    let known = one(connection, sql, [device.number()], |row| Ok((row.get::<_, bool>(0)?, row.get::<_, i64>(1)?)))?;
    let (revoked, own) = known.ok_or(Denied::DeviceUnknown)?;
    let persons = look.device_persons(device)?;
    if revoked || persons.is_empty() {
        return Err(Denied::Revoked);
    }
    let mut version = own.max(number(connection, "SELECT value FROM meta WHERE name = 'rights_floor'", [])?);
    let mut readable: BTreeMap<FeedName, Option<Timestamp>> = BTreeMap::new();
    for person in &persons {
        version = version.max(number(connection, "SELECT rights FROM person WHERE id = ?1", [person.number()])?);
        for (feed, until) in look.readable(*person, persons.len() > 1)? {
            let longest =
                readable.get(&feed).map_or(until, |known| known.zip(until).map(|(one, other)| one.max(other)));
            readable.insert(feed, longest);
        }
    }
    let numbered = |(name, until): (&FeedName, &Option<Timestamp>)| {
        feeds.number(*name).map(|n| (n, FeedRight { n, name: *name, until: *until })).ok_or(*name)
    };
    let (numbered, missing): (Vec<_>, Vec<_>) = readable.iter().map(numbered).partition(Result::is_ok);
    if !missing.is_empty() {
        return Ok(Looked::Unnumbered(missing.into_iter().filter_map(Result::err).collect()));
    }
    let feeds = numbered.into_iter().filter_map(Result::ok).collect();
    Ok(Looked::Found(Session { device, persons, version: unsigned(version), feeds, until, read_at: now }))
}

/// Sessions of the last seconds.
#[derive(Default)]
pub(super) struct Sessions(Mutex<Cache>);

#[derive(Default)]
struct Cache {
    by_token: HashMap<TokenHash, Arc<Session>>,
    by_device: HashMap<DeviceId, Vec<TokenHash>>,
    /// Grows when something is forgotten: what was looked up before then is not kept.
    generation: u64,
}

impl Sessions {
    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a token, if it may still be believed; otherwise the generation to keep a fresh look-up under.
    pub fn known(&self, token: &TokenHash, now: Timestamp) -> Result<Arc<Session>, u64> {
        let cache = self.cache();
        let session = cache.by_token.get(token).filter(|session| session.holds(now));
        session.cloned().ok_or(cache.generation)
    }

    /// Keeps a look-up, unless something was forgotten since it began.
    pub fn keep(&self, token: TokenHash, session: &Arc<Session>, generation: u64) {
        let mut cache = self.cache();
        if cache.generation != generation {
            return;
        }
        if cache.by_token.len() >= KEPT {
            let now = session.read_at;
            cache.by_token.retain(|_, known| known.holds(now));
            let Cache { by_token, by_device, .. } = &mut *cache;
            for tokens in by_device.values_mut() {
                tokens.retain(|token| by_token.contains_key(token));
            }
            by_device.retain(|_, tokens| !tokens.is_empty());
        }
        if cache.by_token.insert(token, Arc::clone(session)).is_none() {
            cache.by_device.entry(session.device).or_default().push(token);
        }
    }

    /// Forgets devices at once.
    pub fn forget(&self, devices: impl IntoIterator<Item = DeviceId>) {
        let mut cache = self.cache();
        cache.generation += 1;
        for device in devices {
            for token in cache.by_device.remove(&device).unwrap_or_default() {
                cache.by_token.remove(&token);
            }
        }
    }

    /// Forgets everybody.
    pub fn forget_all(&self) {
        let mut cache = self.cache();
        *cache = Cache { generation: cache.generation + 1, ..Cache::default() };
    }
}

/// A secret nobody can guess, and when it ends.
pub(super) fn fresh_secret() -> Result<String, StoreError> {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
