//! How an identity key hands over to the next, and whether such statements lead from the key a phone pinned to the one that signs.

use crate::{
    sign::{BadSignature, Fingerprint, Key, Purpose, Signed},
    time::Timestamp,
    wire::Succession,
};
use p256::ecdsa::SigningKey;

/// More statements than this are not looked at: at one in five years they would be those of a century.
const MOST: usize = 20;

/// An identity key names the one that follows it.
///
/// # Errors
/// [`BadSignature::Payload`] when the statement does not become JSON.
pub fn hand_over(from: &SigningKey, to: Key, at: Timestamp) -> Result<Signed, BadSignature> {
    Signed::new(from, Purpose::Succession, &Succession { from: Key::of(from), to, at })
}

/// What a statement says, once the key it names as the earlier one has signed it. That proves nothing about the district by itself.
#[must_use]
pub fn read(statement: &Signed) -> Option<Succession> {
    let claimed: Succession = serde_json::from_str(&statement.payload).ok()?;
    statement.open(&claimed.from, Purpose::Succession).ok()
}

/// Every key that statements lead to from a key with this fingerprint. A statement counts only if the key before it signed it, and
/// that one is the first or was led to itself.
#[must_use]
pub fn heirs(of: &Fingerprint, statements: &[Signed]) -> Vec<Key> {
    let mut open: Vec<Succession> = statements.iter().take(MOST).filter_map(read).collect();
    let mut heirs: Vec<Key> = Vec::new();
    loop {
        let known = |key: &Key| key.fingerprint() == *of || heirs.contains(key);
        let Some(place) = open.iter().position(|statement| known(&statement.from)) else { return heirs };
        let Succession { to, .. } = open.swap_remove(place);
        if to.fingerprint() != *of && !heirs.contains(&to) {
            heirs.push(to);
        }
    }
}

/// Whether a key is the one with this fingerprint, or statements lead to it from there.
#[must_use]
pub fn leads(from: &Fingerprint, statements: &[Signed], to: &Key) -> bool {
    to.fingerprint() == *from || heirs(from, statements).contains(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_slice(&[seed; 32]).unwrap()
    }

    fn over(from: u8, to: u8) -> Signed {
        hand_over(&key(from), Key::of(&key(to)), Timestamp::from_millis(0)).unwrap()
    }

    fn led(statements: &[Signed], from: u8, to: u8) -> bool {
        leads(&Key::of(&key(from)).fingerprint(), statements, &Key::of(&key(to)))
    }

    #[test]
    fn a_key_leads_to_itself_and_along_its_statements_in_any_order() {
        assert!(led(&[], 1, 1));
        for statements in [[over(1, 2), over(2, 3)], [over(2, 3), over(1, 2)]] {
            assert!(led(&statements, 1, 2) && led(&statements, 1, 3) && led(&statements, 2, 3));
        }
    }

    #[test]
    fn nothing_leads_back_to_a_key_that_handed_over() {
        assert!(!led(&[over(1, 2)], 2, 1));
    }

    #[test]
    fn a_chain_with_a_link_missing_leads_nowhere() {
        assert!(!led(&[over(1, 2), over(3, 4)], 1, 4));
    }

    #[test]
    fn a_statement_somebody_else_signed_in_the_keys_name_leads_nowhere() {
        let at = Timestamp::from_millis(0);
        let forged = Succession { from: Key::of(&key(1)), to: Key::of(&key(9)), at };
        let forged = Signed::new(&key(9), Purpose::Succession, &forged).unwrap();
        assert!(!led(&[forged], 1, 9));
    }

    #[test]
    fn a_signature_for_another_purpose_is_no_statement() {
        let at = Timestamp::from_millis(0);
        let said = Succession { from: Key::of(&key(1)), to: Key::of(&key(9)), at };
        let signed = Signed::new(&key(1), Purpose::Card, &said).unwrap();
        assert!(!led(&[signed], 1, 9));
    }

    #[test]
    fn statements_in_a_ring_come_to_an_end() {
        assert!(led(&[over(1, 2), over(2, 1), over(2, 3)], 1, 3));
    }
}
