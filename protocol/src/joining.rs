//! Joining by an invitation that was passed on: the phone waits until an officer has let it in with one tap.

use crate::{
    id::{JoinId, PersonId},
    op::Invitee,
    sign::Key,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Most phones that may wait by one invitation; whoever passes a link on to a crowd has made a mistake.
pub const MOST_WAITING: usize = 5;

/// Somebody who waits to be let in, as the rules see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Whom the invitation is for.
    pub to: Invitee,
    /// Who would join.
    pub persons: Vec<PersonId>,
}

/// Somebody who waits to be let in; the body of a `join` row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The wish.
    pub join: JoinId,
    /// Whom the invitation is for.
    pub to: Invitee,
    /// The household's name, or the person's.
    pub name: String,
    /// Who would join.
    pub persons: Vec<Joiner>,
    /// What the phone calls itself.
    pub phone: String,
    /// The two digits on the screen of that phone.
    pub digits: String,
    /// When it asked.
    pub at: Timestamp,
}

/// One person who would join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joiner {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub name: String,
}

/// The two digits that the phone and the officer's desk both show, to be compared by telephone. They tell two phones that ask at
/// the same time apart; they prove nothing.
#[must_use]
pub fn digits(join: JoinId, key: &Key) -> String {
    let digest = Sha256::new_with_prefix(b"kairan join 1\n").chain_update(format!("{join}\n{key}")).finalize();
    let number = digest.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{:02}", number % 100)
}
