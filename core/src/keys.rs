//! A platform in software, for PCs, the terminal phone and tests: the key lives in a file only its owner may read.

use crate::platform::{ClockReading, Platform, PlatformError};
use p256::{
    ecdsa::{Signature, SigningKey, signature::Signer},
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Instant, SystemTime, UNIX_EPOCH},
};
use uuid::Uuid;

const KEY_FILE: &str = "device.key";
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
const UPTIME: &str = "/proc/uptime";

/// A [`Platform`] without secure hardware.
pub struct SoftwarePlatform {
    key: SigningKey,
    name: String,
    boot: Boot,
}

/// Since when time since boot is counted, and under which id.
enum Boot {
    /// As the kernel says; its uptime runs through sleep.
    Kernel { id: String },
    /// The kernel does not say: this process stands in for the machine.
    Process { id: String, start: Instant },
}

impl SoftwarePlatform {
    /// Reads the key of a folder, and makes folder and key when they are not there.
    ///
    /// # Errors
    /// [`PlatformError::Key`] when the folder cannot be written or the file holds no key.
    pub fn new(dir: impl AsRef<Path>) -> Result<Self, PlatformError> {
        let key = key_of(dir.as_ref()).map_err(|error| PlatformError::Key { reason: error.to_string() })?;
        Ok(Self { key, name: "パソコン".to_owned(), boot: Boot::look() })
    }

    /// Under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

impl Platform for SoftwarePlatform {
    fn public_key(&self) -> Result<Vec<u8>, PlatformError> {
        Ok(self.key.verifying_key().to_encoded_point(true).as_bytes().to_vec())
    }

    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, PlatformError> {
        let signature: Signature = self.key.sign(&message);
        Ok(signature.to_bytes().to_vec())
    }

    fn clock(&self) -> ClockReading {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let (boot_id, since_boot_millis) = self.boot.reading();
        ClockReading { wall_millis: i64::try_from(wall).unwrap_or(i64::MAX), boot_id, since_boot_millis }
    }

    fn device_name(&self) -> String {
        self.name.clone()
    }
}

impl Boot {
    fn look() -> Self {
        match (fs::read_to_string(BOOT_ID), uptime_millis()) {
            (Ok(id), Some(_)) => Self::Kernel { id: id.trim().to_owned() },
            _ => Self::Process { id: Uuid::now_v7().to_string(), start: Instant::now() },
        }
    }

    fn reading(&self) -> (String, i64) {
        match self {
            // An uptime that can no longer be read: an empty id is never the one a clock was tied to.
            Self::Kernel { id } => uptime_millis().map_or_else(|| (String::new(), 0), |millis| (id.clone(), millis)),
            Self::Process { id, start } => (id.clone(), i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX)),
        }
    }
}

/// The first number of `/proc/uptime`, seconds with two decimals, as milliseconds.
fn uptime_millis() -> Option<i64> {
    let text = fs::read_to_string(UPTIME).ok()?;
    let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    let seconds: i64 = seconds.parse().ok()?;
    let hundredths: i64 = hundredths.parse().ok()?;
    Some(seconds * 1_000 + hundredths * 10)
}

fn key_of(dir: &Path) -> io::Result<SigningKey> {
    let path = dir.join(KEY_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => SigningKey::from_pkcs8_pem(&text).map_err(|_| io::Error::other("the key file holds no P-256 key")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(dir)?;
            let key = random_key()?;
            let text = key.to_pkcs8_pem(LineEnding::LF).map_err(io::Error::other)?;
            write_private(&path, text.as_bytes())?;
            Ok(key)
        }
        Err(error) => Err(error),
    }
}

/// A key of the operating system's randomness.
pub(crate) fn random_key() -> io::Result<SigningKey> {
    loop {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        // Zero and numbers beyond the order of the curve are no keys: one draw in 2³².
        if let Ok(key) = SigningKey::from_slice(&bytes) {
            return Ok(key);
        }
    }
}

/// Whole or not at all, and never readable by others, not even for a moment.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = PathBuf::from(format!("{}.{}", path.display(), Uuid::now_v7().simple()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    if let Some(dir) = path.parent() {
        fs::File::open(dir)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;

    #[test]
    fn the_key_stays_the_same_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("phone");
        let first = SoftwarePlatform::new(&folder).unwrap().public_key().unwrap();
        assert_eq!(SoftwarePlatform::new(&folder).unwrap().public_key().unwrap(), first);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(folder.join(KEY_FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(KEY_FILE), "precious").unwrap();
        assert!(SoftwarePlatform::new(dir.path()).is_err());
        assert_eq!(fs::read_to_string(dir.path().join(KEY_FILE)).unwrap(), "precious");
    }

    #[test]
    fn time_since_boot_does_not_go_back() {
        let dir = tempfile::tempdir().unwrap();
        let platform = SoftwarePlatform::new(dir.path()).unwrap();
        let (first, second) = (platform.clock(), platform.clock());
        assert_eq!(first.boot_id, second.boot_id);
        assert!(first.since_boot_millis <= second.since_boot_millis);
    }
}
