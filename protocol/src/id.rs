//! Identifiers: each thing has a type of its own, so that a person is never taken for a group.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Letters of short identifiers on the wire: Crockford's base 32, lower case.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 63 bits in five-bit letters.
const SHORT_LENGTH: usize = 13;

/// Text that is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {wanted}")]
pub struct NotAnId {
    /// What was found, cut to 40 characters.
    pub text: String,
    /// What it should have been.
    pub wanted: &'static str,
}

impl NotAnId {
    pub(crate) fn new(text: &str, wanted: &'static str) -> Self {
        Self { text: text.chars().take(40).collect(), wanted }
    }
}

fn write_short(f: &mut fmt::Formatter<'_>, prefix: char, number: u64) -> fmt::Result {
    let mut text = [0_u8; SHORT_LENGTH];
    for (place, letter) in text.iter_mut().rev().enumerate() {
        *letter = LETTERS[usize::try_from((number >> (5 * place)) & 31).unwrap_or(0)];
    }
    write!(f, "{prefix}{}", String::from_utf8_lossy(&text))
}

fn read_short(text: &str, prefix: char) -> Option<u64> {
    let letters = text.strip_prefix(prefix)?.as_bytes();
    if letters.len() != SHORT_LENGTH {
        return None;
    }
    let mut number = 0_u64;
    for letter in letters {
        let value = LETTERS.iter().position(|known| known == letter)?;
        number = number.checked_mul(32)?.checked_add(value as u64)?;
    }
    i64::try_from(number).is_ok().then_some(number)
}

macro_rules! short_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u64);

        impl $name {
            /// From the number a store keeps; the sign bit is dropped, so that it fits SQLite's INTEGER.
            #[must_use]
            pub const fn from_number(number: i64) -> Self {
                Self(number.cast_unsigned() & i64::MAX.cast_unsigned())
            }

            /// The number a store keeps: never negative.
            #[must_use]
            pub const fn number(self) -> i64 {
                self.0.cast_signed()
            }

            /// A fresh one from the operating system's randomness (63 bits).
            ///
            /// # Errors
            /// When the operating system has no randomness to give.
            pub fn random() -> Result<Self, getrandom::Error> {
                let mut bytes = [0_u8; 8];
                getrandom::fill(&mut bytes)?;
                Ok(Self::from_number(i64::from_le_bytes(bytes)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_short(f, $prefix, self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_short(f, $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                read_short(text, $prefix).map(Self).ok_or_else(|| NotAnId::new(text, $wanted))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

short_id!(
    /// One human being the association knows.
    PersonId, 'p', "a person's id"
);
short_id!(
    /// A node of the tree: district, federation, association, block, household, or a team.
    GroupId, 'g', "a group's id"
);
short_id!(
    /// A role: person × group × kind, with a term.
    RoleId, 'r', "a role's id"
);
short_id!(
    /// A phone or PC; it holds one or more persons.
    DeviceId, 'd', "a device's id"
);
short_id!(
    /// A printed invitation.
    InviteId, 'i', "an invite's id"
);
short_id!(
    /// Somebody's wish to join by an invitation that was passed on.
    JoinId, 'j', "a join's id"
);

macro_rules! long_id {
    ($(#[$doc:meta])* $name:ident, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// From its UUID.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// As a UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The 16 bytes a store keeps.
            #[must_use]
            pub const fn bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// From the 16 bytes a store keeps.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0.simple())
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Uuid::try_parse(text).map(Self).map_err(|_| NotAnId::new(text, $wanted))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
}

long_id!(
    /// An op: a UUIDv7 made on the device, applied exactly once.
    OpId, "an op's id"
);
long_id!(
    /// A notice: the id of the op that posted it.
    NoticeId, "a notice's id"
);

impl OpId {
    /// A UUIDv7 at a given time with 74 random bits (RFC 9562 §5.7).
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn at(now: crate::time::Timestamp) -> Result<Self, getrandom::Error> {
        let mut random = [0_u8; 10];
        getrandom::fill(&mut random)?;
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        Ok(Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()))
    }
}

impl From<OpId> for NoticeId {
    fn from(op: OpId) -> Self {
        Self(op.0)
    }
}

impl From<NoticeId> for OpId {
    fn from(notice: NoticeId) -> Self {
        Self(notice.0)
    }
}

/// A feed's short number, given by the server and the same for every device of the district.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FeedNumber(pub u32);

impl<'de> Deserialize<'de> for FeedNumber {
    /// From a number, or from its text: as the key of a JSON object it is one, and a flattened object hands it on as such.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl serde::de::Visitor<'_> for Either {
            type Value = FeedNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a feed's number")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<FeedNumber, E> {
                u32::try_from(number).map(FeedNumber).map_err(E::custom)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<FeedNumber, E> {
                text.parse().map(FeedNumber).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// A feed's counter: a row takes the next one in the transaction that writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

/// The district-wide number of an applied op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Commit(pub u64);

/// How often a thing was changed since it was made; 1 is the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rev(pub u32);

impl Default for Rev {
    fn default() -> Self {
        Self::FIRST
    }
}

impl Rev {
    /// Of a thing just made.
    pub const FIRST: Self = Self(1);

    /// Of the thing after one more change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// The server's life between two restores; only equality matters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub String);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_short_id_reads_back_as_it_was_written(number in 0..=i64::MAX) {
            let id = PersonId::from_number(number);
            prop_assert_eq!(id.to_string().parse::<PersonId>(), Ok(id));
            prop_assert_eq!(id.number(), number);
        }
    }

    #[test]
    fn a_person_is_never_taken_for_a_group() {
        let person = PersonId::from_number(7).to_string();
        assert!(person.parse::<GroupId>().is_err());
        assert_eq!(person, "p0000000000007");
    }

    #[test]
    fn a_short_id_too_large_for_the_store_is_refused() {
        assert!("pzzzzzzzzzzzzz".parse::<PersonId>().is_err());
    }

    #[test]
    fn op_ids_grow_with_time() {
        let early = OpId::at(crate::time::Timestamp::from_millis(1_000)).unwrap();
        let late = OpId::at(crate::time::Timestamp::from_millis(2_000)).unwrap();
        assert!(early < late);
        assert_eq!(early.uuid().get_version_num(), 7);
    }
}
