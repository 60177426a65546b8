//! What phones hand back to a server that lost it (design §4, epochs): ops with their MAC, and marks of what has ended.

use crate::{
    id::{Commit, DeviceId, PersonId},
    outcome::MacKey,
    time::Timestamp,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// How long phones keep what the server has taken, from when it took it in this epoch, handed back or not; and how long after a
/// restore an op may wait for a target that has not come back: in days.
pub const KEPT_DAYS: i64 = 35;

/// An op the server applied once, with the proof of it: out of a phone's journal, or out of a `kept` row, whose body it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Replay {
    /// The op's JSON to the letter.
    pub op: Box<RawValue>,
    /// The number it was applied under.
    pub commit: Commit,
    /// The server's MAC over op, outcome and commit: [`MacKey::mac`].
    pub mac: String,
}

/// Something that must stay ended whatever backup is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ended {
    /// A device was signed off.
    Revoked(DeviceId),
    /// A person left a device.
    Left(PersonId, DeviceId),
    /// A person's moods reach the team no more.
    Withdrawn(PersonId),
    /// A person moved away or died.
    Departed(PersonId),
}

/// What a district's staff feed says of something that has ended: an id only the server can tell the meaning of, and its seal.
/// The body of an `ended` row is the rest of it, its id the row's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedMark {
    /// [`MacKey::opaque`], base64url.
    pub id: String,
    /// The commit that ended it.
    pub commit: Commit,
    /// When it ended.
    pub at: Timestamp,
    /// [`MacKey::seal`], base64url.
    pub mac: String,
}

impl MacKey {
    /// The id under which something ended stands where others see it: the same each time, and telling nothing without the key.
    #[must_use]
    pub fn opaque(&self, ended: Ended) -> String {
        let text = match ended {
            Ended::Revoked(device) => format!("revoked\n{device}"),
            Ended::Left(person, device) => format!("left\n{person}\n{device}"),
            Ended::Withdrawn(person) => format!("withdrawn\n{person}"),
            Ended::Departed(person) => format!("departed\n{person}"),
        };
        self.tag(b"kairan ended 1\n", &[text.as_bytes()])
    }

    /// The server's word that it wrote this mark.
    #[must_use]
    pub fn seal(&self, id: &str, commit: Commit, at: Timestamp) -> String {
        self.tag(b"kairan ended mark 1\n", &[format!("{id}\n{}\n{}", commit.0, at.millis()).as_bytes()])
    }

    /// A mark, sealed.
    #[must_use]
    pub fn mark(&self, ended: Ended, commit: Commit, at: Timestamp) -> EndedMark {
        let id = self.opaque(ended);
        let mac = self.seal(&id, commit, at);
        EndedMark { id, commit, at, mac }
    }

    /// Whether this server wrote a mark.
    #[must_use]
    pub fn wrote(&self, mark: &EndedMark) -> bool {
        same(&self.seal(&mark.id, mark.commit, mark.at), &mark.mac)
    }
}

/// Compares two tags in a time that does not tell where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    one.len() == other.len() && one.iter().zip(other).fold(0, |differ, (one, other)| differ | (one ^ other)) == 0
}

/// A tag of 128 bits as text.
pub(crate) fn text(tag: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&tag[..tag.len().min(16)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIKU: PersonId = PersonId::from_number(7);

    #[test]
    fn a_mark_tells_nothing_and_is_the_same_each_time() {
        let key = MacKey::new([7; 32]);
        let [one, again] = [(); 2].map(|()| key.mark(Ended::Withdrawn(KIKU), Commit(9), Timestamp::from_millis(5)));
        assert_eq!(one, again);
        assert!(!serde_json::to_string(&one).unwrap().contains(&KIKU.to_string()));
        assert_ne!(one.id, key.opaque(Ended::Withdrawn(PersonId::from_number(8))));
        assert_ne!(one.id, MacKey::new([8; 32]).opaque(Ended::Withdrawn(KIKU)));
    }

    #[test]
    fn nobody_else_can_end_anything() {
        let key = MacKey::new([7; 32]);
        let mark = key.mark(Ended::Revoked(DeviceId::from_number(3)), Commit(9), Timestamp::from_millis(5));
        assert!(key.wrote(&mark));
        assert!(!key.wrote(&EndedMark { commit: Commit(10), ..mark.clone() }));
        assert!(!key.wrote(&EndedMark { at: Timestamp::from_millis(6), ..mark.clone() }));
        assert!(!MacKey::new([8; 32]).wrote(&mark));
    }
}
