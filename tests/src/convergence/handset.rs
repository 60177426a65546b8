//! What the operating system is to a phone of a run: a key out of the seed, a wall clock somebody sets wrong, and a clock
//! through sleep that begins anew with each start.

use super::chance::Chance;
use kairan_core::platform::{ClockReading, Platform, PlatformError};
use kairan_server::clock::{Clock as _, ManualClock};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// A handset.
pub struct Handset {
    name: &'static str,
    key: SigningKey,
    truth: Arc<ManualClock>,
    wall_ahead: AtomicI64,
    started: AtomicI64,
    starts: AtomicI64,
}

impl Handset {
    /// One that is switched on now.
    #[must_use]
    pub fn new(name: &'static str, truth: Arc<ManualClock>, chance: &mut Chance) -> Self {
        let key = loop {
            let bytes: Vec<u8> = (0..4).flat_map(|_| chance.next().to_le_bytes()).collect();
            // All but one in 2³² draws are a key.
            if let Ok(key) = SigningKey::from_slice(&bytes) {
                break key;
            }
        };
        let started = AtomicI64::new(truth.now().millis());
        Self { name, key, truth, wall_ahead: AtomicI64::new(0), started, starts: AtomicI64::new(1) }
    }

    /// Somebody sets the wall clock so many milliseconds ahead, or behind.
    pub fn set_wall_ahead(&self, millis: i64) {
        self.wall_ahead.store(millis, Ordering::SeqCst);
    }

    /// Switched off and on.
    pub fn start_anew(&self) {
        self.started.store(self.truth.now().millis(), Ordering::SeqCst);
        self.starts.fetch_add(1, Ordering::SeqCst);
    }
}

impl Platform for Handset {
    fn public_key(&self) -> Result<Vec<u8>, PlatformError> {
        Ok(self.key.verifying_key().to_encoded_point(true).as_bytes().to_vec())
    }

    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, PlatformError> {
        let signature: Signature = self.key.sign(&message);
        Ok(signature.to_bytes().to_vec())
    }

    fn clock(&self) -> ClockReading {
        let now = self.truth.now().millis();
        ClockReading {
            wall_millis: now + self.wall_ahead.load(Ordering::SeqCst),
            boot_id: self.starts.load(Ordering::SeqCst).to_string(),
            since_boot_millis: now - self.started.load(Ordering::SeqCst),
        }
    }

    fn device_name(&self) -> String {
        self.name.to_owned()
    }
}
