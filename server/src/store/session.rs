//! Who shows a token, and what their device may read: looked up once, believed for seconds, then only asked whether it changed.
//!
//! What is cached here ends in one of three ways: a COMMIT that changes it forgets it before its answer leaves
//! ([`Sessions::forget`]); a term or the token ends by the clock ([`Session::until`]); or its version is no
//! longer the one in the database, which is asked every five seconds. Whatever changes what a device may read gives it a
//! newer version: phones go by the same number.

use super::{
    error::{Denied, StoreError},
    feeds::Feeds,
    look::Look,
    meta,
    sql::{moment, number, one, unsigned},
};
use kairan_protocol::{
    feed::FeedName,
    id::{DeviceId, FeedNumber, PersonId},
    time::Timestamp,
    view::View,
    wire::{FeedRight, Rights},
};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// How long a look-up is believed before its version is compared.
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
    /// The version of the card.
    pub card: u64,
    /// Every feed it may read, by number.
    pub feeds: BTreeMap<FeedNumber, FeedRight>,
    /// First moment it is out of date by the clock alone: a term ends, or its token does.
    until: Timestamp,
}

impl Session {
    /// As a device is told.
    pub fn rights(&self, zone: kairan_protocol::time::ZoneOffsets) -> Rights {
        let feeds = self.feeds.values().cloned().collect();
        Rights { version: self.version, feeds, persons: self.persons.clone(), zone, card: self.card }
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
    let mut changes = until;
    for person in &persons {
        changes = changes.min(next_change(&look, *person, now)?.unwrap_or(until));
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
    // After the version of the rights: they must never come with an older card than the change that moved them made.
    let card = meta::card_version(connection)?;
    let feeds = numbered.into_iter().filter_map(Result::ok).collect();
    Ok(Looked::Found(Session { device, persons, version: unsigned(version), card, feeds, until: changes }))
}

/// When a term of a person ends next. None begins by the clock.
fn next_change(look: &Look<'_>, person: PersonId, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let residences = look.residences(person)?.into_iter().map(|residence| residence.term);
    let terms = residences.chain(look.roles(person)?.into_iter().map(|role| role.term));
    Ok(terms.filter_map(|term| term.until).filter(|until| *until > now).min())
}

/// The version a token's device has now, if both may still be used.
pub(super) fn version(connection: &Connection, token: &TokenHash, now: Timestamp) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT max(device.rights, (SELECT value FROM meta WHERE name = 'rights_floor'), \
               (SELECT coalesce(max(person.rights), 0) FROM device_person JOIN person \
               ON person.id = device_person.person WHERE device_person.device = device.id)) \
               FROM token JOIN device ON device.id = token.device \
               WHERE token.hash = ?1 AND token.until > ?2 AND device.revoked IS NULL";
    one(connection, sql, params![token, now.millis()], |row| row.get(0).map(unsigned))
}

/// What the cache says about a token.
pub(super) enum Known {
    /// This may be believed.
    Believed(Arc<Session>),
    /// This was true some seconds ago: its version has to be compared, and it kept again under the generation.
    Compare(Arc<Session>, u64),
    /// Nothing: a fresh look-up is to be kept under the generation.
    Nothing(u64),
}

/// Sessions that were looked up.
#[derive(Default)]
pub(super) struct Sessions(Mutex<Cache>);

/// A session, and when it was last seen to be true.
struct Kept {
    session: Arc<Session>,
    seen: Timestamp,
}

#[derive(Default)]
struct Cache {
    by_token: HashMap<TokenHash, Kept>,
    by_device: HashMap<DeviceId, Vec<TokenHash>>,
    /// Grows when something is forgotten: what was looked up before then is not kept.
    generation: u64,
}

impl Cache {
    /// Lets go of what would have to be compared anyway, or of everything.
    fn make_room(&mut self, now: Timestamp) {
        self.by_token.retain(|_, kept| now.since(kept.seen) < BELIEVED_MILLIS);
        if self.by_token.len() >= KEPT {
            self.by_token.clear();
        }
        let Self { by_token, by_device, .. } = self;
        by_device.retain(|_, tokens| {
            tokens.retain(|token| by_token.contains_key(token));
            !tokens.is_empty()
        });
    }
}

impl Sessions {
    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a token.
    pub fn known(&self, token: &TokenHash, now: Timestamp) -> Known {
        let cache = self.cache();
        let kept = cache.by_token.get(token).filter(|kept| kept.seen <= now && now < kept.session.until);
        match kept.map(|Kept { session, seen }| (Arc::clone(session), now.since(*seen) < BELIEVED_MILLIS)) {
            Some((session, true)) => Known::Believed(session),
            Some((session, false)) => Known::Compare(session, cache.generation),
            None => Known::Nothing(cache.generation),
        }
    }

    /// Keeps what was true at a moment, unless something was forgotten since it was looked at.
    pub fn keep(&self, token: TokenHash, session: &Arc<Session>, seen: Timestamp, generation: u64) {
        let mut cache = self.cache();
        if cache.generation != generation {
            return;
        }
        if cache.by_token.len() >= KEPT {
            cache.make_room(seen);
        }
        if cache.by_token.insert(token, Kept { session: Arc::clone(session), seen }).is_none() {
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
