//! Where a server can be reached: what may stand on a district's card.

use super::zone::address;

/// More addresses than a card needs.
const MOST: usize = 8;

/// Why these are no addresses for a card.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddresses {
    /// None, or more than a card needs.
    #[error("1 to {MOST} addresses are wanted")]
    Count,
    /// One of them cannot be dialled.
    #[error("{address:?} is no address: {what}")]
    One {
        /// Its place among them.
        place: usize,
        /// As it was written.
        address: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// One of them stands there twice.
    #[error("the same address twice")]
    Twice {
        /// The second one's place among them.
        place: usize,
    },
}

/// Whether these can stand on a card, best first.
///
/// # Errors
/// The first thing that cannot be.
pub fn judge_addresses(addresses: &[impl AsRef<str>]) -> Result<(), BadAddresses> {
    if addresses.is_empty() || addresses.len() > MOST {
        return Err(BadAddresses::Count);
    }
    for (place, one) in addresses.iter().map(AsRef::as_ref).enumerate() {
        address(one).map_err(|what| BadAddresses::One { place, address: one.to_owned(), what })?;
        if addresses.iter().take(place).any(|other| other.as_ref() == one) {
            return Err(BadAddresses::Twice { place });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_eight_that_can_be_dialled_each_once() {
        let many: Vec<String> = (0..9).map(|number| format!("a{number}.example:8443")).collect();
        assert_eq!(judge_addresses(&many[..8]), Ok(()));
        assert_eq!(judge_addresses(&many), Err(BadAddresses::Count));
        assert_eq!(judge_addresses(&[""; 0]), Err(BadAddresses::Count));
        assert_eq!(judge_addresses(&["a.example", "b.example", "a.example"]), Err(BadAddresses::Twice { place: 2 }));
        assert!(matches!(judge_addresses(&["a.example", "https://b"]), Err(BadAddresses::One { place: 1, .. })));
    }
}
