//! The district's identity keys in the store's hands: the one that signs, and those before it, which phones may still name.

use kairan_protocol::sign::{Fingerprint, Key};
use p256::ecdsa::SigningKey;
use std::sync::Arc;

/// The identity key in use, and those before it: a slip one of them signed, or a proof that names one of them, is as good as ever.
#[derive(Clone)]
pub struct Keys {
    signing: Arc<SigningKey>,
    all: Arc<[Key]>,
}

impl Keys {
    /// Of the key in use and those before it.
    #[must_use]
    pub fn new(signing: Arc<SigningKey>, earlier: impl IntoIterator<Item = Key>) -> Self {
        let mut all = vec![Key::of(&signing)];
        for key in earlier {
            if !all.contains(&key) {
                all.push(key);
            }
        }
        Self { signing, all: all.into() }
    }

    /// The same with more that went before.
    #[must_use]
    pub fn and(self, earlier: impl IntoIterator<Item = Key>) -> Self {
        Self::new(self.signing, self.all.iter().copied().chain(earlier))
    }

    /// The one that signs.
    #[must_use]
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// Every one a slip may be signed by, the one in use first: the later ones' count only where the store says so.
    #[must_use]
    pub fn all(&self) -> &[Key] {
        &self.all
    }

    /// Every name a proof may call the district by, the one in use first.
    pub fn fingerprints(&self) -> impl Iterator<Item = Fingerprint> + '_ {
        self.all.iter().map(Key::fingerprint)
    }
}

/// A district that never had another.
impl From<Arc<SigningKey>> for Keys {
    fn from(signing: Arc<SigningKey>) -> Self {
        Self::new(signing, [])
    }
}
