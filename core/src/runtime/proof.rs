//! What the device key signs: joining, and asking for tokens.

use crate::{
    error::Error,
    platform::{Platform, PlatformError},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kairan_protocol::{
    id::DeviceId,
    sign::{Fingerprint, Key, Purpose, Signed},
    time::Timestamp,
    wire::{EnrolRequest, TokenProof},
};
use p256::ecdsa::Signature;

impl From<PlatformError> for Error {
    fn from(error: PlatformError) -> Self {
        Self::internal(error)
    }
}

/// The device's public key.
pub(crate) fn key(platform: &dyn Platform) -> Result<Key, Error> {
    Key::from_sec1(&platform.public_key()?).map_err(Error::internal)
}

/// That this device has its key and holds the invitation.
pub(crate) fn of_enrolment(
    platform: &dyn Platform,
    district: &Fingerprint,
    secret: &str,
    key: &Key,
) -> Result<String, Error> {
    sign(platform, Purpose::Enrol, &EnrolRequest::payload(district, secret, key))
}

/// That this device has its key, at a moment; with the slip, that it was once let in.
pub(crate) fn of_token(
    platform: &dyn Platform,
    district: &Fingerprint,
    device: DeviceId,
    at: Timestamp,
    slip: Option<Signed>,
) -> Result<TokenProof, Error> {
    let proof = sign(platform, Purpose::Token, &TokenProof::payload(district, device, at))?;
    Ok(TokenProof { device, at, proof, slip })
}

fn sign(platform: &dyn Platform, purpose: Purpose, payload: &str) -> Result<String, Error> {
    let bytes = platform.sign(purpose.message(payload))?;
    // Android's keystore and Java give DER, others the two numbers as they are.
    let signature = Signature::from_slice(&bytes)
        .or_else(|_| Signature::from_der(&bytes))
        .map_err(|_| Error::internal("the platform gave no signature"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use crate::platform::ClockReading;
    use p256::ecdsa::{SigningKey, signature::Signer};

    /// A keystore that signs in the given encoding.
    struct Keystore(SigningKey, fn(&Signature) -> Vec<u8>);

    impl Platform for Keystore {
        fn public_key(&self) -> Result<Vec<u8>, PlatformError> {
            Ok(self.0.verifying_key().to_encoded_point(false).as_bytes().to_vec())
        }
        fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, PlatformError> {
            Ok(self.1(&self.0.sign(&message)))
        }
        fn clock(&self) -> ClockReading {
            ClockReading { wall_millis: 0, boot_id: String::new(), since_boot_millis: 0 }
        }
        fn device_name(&self) -> String {
            String::new()
        }
    }

    #[test]
    fn both_encodings_of_a_signature_prove_the_key() {
        let district = Fingerprint::of(b"district");
        let encodings: [fn(&Signature) -> Vec<u8>; 2] =
            [|signature| signature.to_bytes().to_vec(), |signature| signature.to_der().as_bytes().to_vec()];
        for encoding in encodings {
            let keystore = Keystore(SigningKey::from_slice(&[7; 32]).unwrap(), encoding);
            let key = key(&keystore).unwrap();
            let proof = of_enrolment(&keystore, &district, "SECRET", &key).unwrap();
            let message = Purpose::Enrol.message(&EnrolRequest::payload(&district, "SECRET", &key));
            assert_eq!(key.verify(&message, &proof), Ok(()));
        }
    }

    #[test]
    fn what_is_no_signature_is_told() {
        let keystore = Keystore(SigningKey::from_slice(&[7; 32]).unwrap(), |_| vec![1, 2, 3]);
        let (district, device) = (Fingerprint::of(b"d"), DeviceId::from_number(1));
        assert!(of_token(&keystore, &district, device, Timestamp::from_millis(0), None).is_err());
    }
}
