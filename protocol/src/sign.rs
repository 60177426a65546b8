//! Signatures: what the district's identity key signs (card, slip), and how a device proves its own key.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use p256::{
    PublicKey,
    ecdsa::{Signature, SigningKey, VerifyingKey, signature::Signer, signature::Verifier},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// What is wrong with a key or a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// Not a P-256 public key.
    #[error("not a P-256 public key")]
    Key,
    /// Not base64url, or not of a signature's length.
    #[error("not a signature")]
    Shape,
    /// Of another key, or over something else.
    #[error("the signature does not fit")]
    Wrong,
    /// Signed, but not what was expected.
    #[error("what was signed has another shape")]
    Payload,
}

/// A P-256 public key: SEC1 compressed, base64url (44 characters).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key(PublicKey);

impl Key {
    /// The public half of a signing key.
    #[must_use]
    pub fn of(key: &SigningKey) -> Self {
        Self(PublicKey::from(key.verifying_key()))
    }

    /// From SEC1 bytes, compressed or not.
    ///
    /// # Errors
    /// [`BadSignature::Key`].
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, BadSignature> {
        PublicKey::from_sec1_bytes(bytes).map(Self).map_err(|_| BadSignature::Key)
    }

    /// SEC1 compressed: 33 bytes.
    #[must_use]
    pub fn sec1(&self) -> Vec<u8> {
        p256::elliptic_curve::sec1::ToEncodedPoint::to_encoded_point(&self.0, true).as_bytes().to_vec()
    }

    /// SHA-256 over the compressed key.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.sec1())
    }

    /// Checks a signature (64 bytes r‖s, base64url) over a message.
    ///
    /// # Errors
    /// [`BadSignature::Shape`] or [`BadSignature::Wrong`].
    pub fn verify(&self, message: &[u8], signature: &str) -> Result<(), BadSignature> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| BadSignature::Shape)?;
        let signature = Signature::from_slice(&bytes).map_err(|_| BadSignature::Shape)?;
        VerifyingKey::from(&self.0).verify(message, &signature).map_err(|_| BadSignature::Wrong)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.sec1()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

impl FromStr for Key {
    type Err = BadSignature;
    fn from_str(text: &str) -> Result<Self, BadSignature> {
        Self::from_sec1(&BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| BadSignature::Key)?)
    }
}

impl Serialize for Key {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// SHA-256 of an identity key: what the QR pins; base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a compressed SEC1 key.
    #[must_use]
    pub fn of(sec1: &[u8]) -> Self {
        Self(Sha256::digest(sec1).into())
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for Fingerprint {
    type Err = BadSignature;
    fn from_str(text: &str) -> Result<Self, BadSignature> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| BadSignature::Shape)?;
        bytes.try_into().map(Self).map_err(|_| BadSignature::Shape)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a signature is for: one made for one purpose never fits another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The district's card, by its identity key.
    Card,
    /// The enrolment slip, by the identity key.
    Slip,
    /// Joining, by the device key.
    Enrol,
    /// A new token, by the device key.
    Token,
    /// The next identity key, by the one before it.
    Succession,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::Card => "kairan card 1\n",
            Self::Slip => "kairan slip 1\n",
            Self::Enrol => "kairan enrol 1\n",
            Self::Token => "kairan token 1\n",
            Self::Succession => "kairan succession 1\n",
        }
    }

    /// The message that is signed.
    #[must_use]
    pub fn message(self, payload: &str) -> Vec<u8> {
        [self.label().as_bytes(), payload.as_bytes()].concat()
    }
}

/// Signs a payload for a purpose: 64 bytes r‖s, base64url. A phone's secure key does the same by itself.
#[must_use]
pub fn sign(key: &SigningKey, purpose: Purpose, payload: &str) -> String {
    let signature: Signature = key.sign(&purpose.message(payload));
    BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes())
}

/// JSON text with its signature: checked to the letter, parsed afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The JSON text that was signed.
    pub payload: String,
    /// Its signature.
    pub signature: String,
}

impl Signed {
    /// Signs a value as JSON.
    ///
    /// # Errors
    /// [`BadSignature::Payload`] when the value does not become JSON.
    pub fn new<T: Serialize>(key: &SigningKey, purpose: Purpose, value: &T) -> Result<Self, BadSignature> {
        let payload = serde_json::to_string(value).map_err(|_| BadSignature::Payload)?;
        let signature = sign(key, purpose, &payload);
        Ok(Self { payload, signature })
    }

    /// The value, once the signature fits.
    ///
    /// # Errors
    /// As [`BadSignature`] says.
    pub fn open<T: DeserializeOwned>(&self, key: &Key, purpose: Purpose) -> Result<T, BadSignature> {
        key.verify(&purpose.message(&self.payload), &self.signature)?;
        serde_json::from_str(&self.payload).map_err(|_| BadSignature::Payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_slice(&[seed; 32]).unwrap()
    }

    #[test]
    fn a_signature_for_one_purpose_never_fits_another() {
        let signed = Signed::new(&key(1), Purpose::Card, &"hello").unwrap();
        let public = Key::of(&key(1));
        assert_eq!(signed.open::<String>(&public, Purpose::Card).unwrap(), "hello");
        assert_eq!(signed.open::<String>(&public, Purpose::Slip), Err(BadSignature::Wrong));
        assert_eq!(signed.open::<String>(&Key::of(&key(2)), Purpose::Card), Err(BadSignature::Wrong));
    }

    #[test]
    fn a_changed_letter_breaks_the_signature() {
        let mut signed = Signed::new(&key(1), Purpose::Card, &"hello").unwrap();
        signed.payload = signed.payload.replace('h', "j");
        assert_eq!(signed.open::<String>(&Key::of(&key(1)), Purpose::Card), Err(BadSignature::Wrong));
    }

    #[test]
    fn a_key_reads_back_from_its_text() {
        let public = Key::of(&key(3));
        assert_eq!(public.to_string().parse::<Key>().unwrap(), public);
        assert_eq!(public.to_string().len(), 44);
        assert!("AAAA".parse::<Key>().is_err());
    }
}
