//! What the core asks of the machine it runs on: a secure key, a clock that runs through sleep, and a name.

/// What can go wrong at the platform's side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "ffi", derive(uniffi::Error))]
pub enum PlatformError {
    /// The secure key cannot be made, read or used.
    #[error("the device key is out of reach: {reason}")]
    Key {
        /// In words for a log; never holds the key.
        reason: String,
    },
    /// Anything else, such as an exception in the app's own code.
    #[error("the platform failed: {reason}")]
    Failed {
        /// In words for a log.
        reason: String,
    },
}

#[cfg(feature = "ffi")]
impl From<uniffi::UnexpectedUniFFICallbackError> for PlatformError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// One look at the machine's clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct ClockReading {
    /// What the machine shows, in milliseconds since 1970-01-01T00:00:00Z; anybody may have changed it.
    pub wall_millis: i64,
    /// Another after each start of the machine.
    pub boot_id: String,
    /// Milliseconds since that start, sleep included; nobody can change it.
    pub since_boot_millis: i64,
}

/// The app's side of the core. Every method is called from the core's own threads and may block for a moment.
#[cfg_attr(feature = "ffi", uniffi::export(with_foreign))]
pub trait Platform: Send + Sync {
    /// The public half of this installation's P-256 key, SEC1, compressed or not. The key is made at the first call.
    ///
    /// # Errors
    /// [`PlatformError::Key`].
    fn public_key(&self) -> Result<Vec<u8>, PlatformError>;

    /// Signs a message with the key: ECDSA over its SHA-256, as 64 bytes r‖s or as DER.
    ///
    /// # Errors
    /// [`PlatformError::Key`].
    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, PlatformError>;

    /// The clocks now.
    fn clock(&self) -> ClockReading;

    /// What this phone calls itself in the list of a person's phones.
    fn device_name(&self) -> String;
}
