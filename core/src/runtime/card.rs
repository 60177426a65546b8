//! What a phone takes over from its district's card: where it is, by which key it is known, and which key will follow.

use crate::{store::Enrolment, transport::Pinned};
use kairan_protocol::{sign::Key, wire::Card};

/// Whom a phone that joined takes for its district.
pub(crate) fn pinned(enrolment: &Enrolment) -> Pinned {
    Pinned {
        identity: enrolment.identity.fingerprint(),
        next: enrolment.next_identity.as_ref().map(Key::fingerprint),
        card: enrolment.card,
    }
}

/// What joining gave, as it is after a card was read that is the district's own: it was checked by who got it. A card older than the
/// one read before changes nothing but that somebody answered.
pub(crate) fn taken_over(enrolment: Enrolment, card: Card, answered: Option<String>) -> Enrolment {
    if card.identity == enrolment.identity && card.version < enrolment.card {
        let addresses = known_addresses(enrolment.addresses, answered);
        return Enrolment { addresses, ..enrolment };
    }
    Enrolment {
        addresses: known_addresses(card.addresses, answered),
        identity: card.identity,
        next_identity: card.next_identity,
        card: card.version,
        ..enrolment
    }
}

/// The card's addresses, and at the end the one that answered last if the card does not name it: it did answer.
pub(crate) fn known_addresses(mut card: Vec<String>, answered: Option<String>) -> Vec<String> {
    card.extend(answered);
    let mut known: Vec<String> = Vec::new();
    for address in card {
        if !known.contains(&address) {
            known.push(address);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use crate::{
        store::tests::enrolment,
        transport::machine::{card_of, identity},
    };

    fn owned(addresses: &[&str]) -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    }

    fn joined() -> Enrolment {
        let addresses = owned(&["old.example"]);
        Enrolment { addresses, identity: Key::of(&identity(1)), card: 7, ..enrolment(&[]) }
    }

    fn card(version: u64) -> Card {
        Card { version, ..card_of(&identity(1), &["new.example", "old.example"]) }
    }

    #[test]
    fn the_address_that_answered_stays_known_after_those_of_the_card() {
        let card = owned(&["new.example", "old.example"]);
        assert_eq!(known_addresses(card.clone(), Some("old.example".to_owned())), card);
        let known = known_addresses(card, Some("192.0.2.7:8443".to_owned()));
        assert_eq!(known, ["new.example", "old.example", "192.0.2.7:8443"]);
    }

    #[test]
    fn a_newer_card_says_where_the_district_is_and_who_will_follow() {
        let next = Some(Key::of(&identity(2)));
        let after = taken_over(joined(), Card { next_identity: next, ..card(8) }, Some("old.example".to_owned()));
        assert_eq!(after.addresses, ["new.example", "old.example"]);
        assert_eq!((after.card, after.next_identity, after.identity), (8, next, Key::of(&identity(1))));
        assert_eq!(pinned(&after).next, next.map(|next| next.fingerprint()));
    }

    #[test]
    fn an_older_card_takes_nothing_back() {
        let next = Some(Key::of(&identity(2)));
        let before = Enrolment { next_identity: next, ..joined() };
        let after = taken_over(before.clone(), card(6), Some("192.0.2.7:8443".to_owned()));
        assert_eq!(after, Enrolment { addresses: owned(&["old.example", "192.0.2.7:8443"]), ..before });
    }

    #[test]
    fn the_key_that_followed_is_the_one_pinned_from_then_on() {
        let before = Enrolment { next_identity: Some(Key::of(&identity(2))), ..joined() };
        let after = taken_over(before, Card { version: 9, ..card_of(&identity(2), &["new.example"]) }, None);
        assert_eq!((after.identity, after.next_identity, after.card), (Key::of(&identity(2)), None, 9));
    }
}
