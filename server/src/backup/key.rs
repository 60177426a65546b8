//! What closes a backup and what opens it: a passphrase, or the recovery key whose other half is public.

use crate::Error;
use age::{
    secrecy::{ExposeSecret, SecretString},
    x25519::{Identity, Recipient},
};

/// Fewest characters of a passphrase.
const PASSPHRASE: usize = 12;
/// scrypt's cost, as the power of two: 128 MiB for a moment, which the smallest machine has and a guesser feels.
const COST: u8 = 17;
/// The highest cost that is opened, for copies made by other tools: 4 GiB.
const HIGHEST_COST: u8 = 22;
/// How a recovery key begins, and how many letters follow.
const KEY_BEGINS: &str = "AGE-SECRET-KEY-1";
const KEY_LETTERS: usize = 58;
/// How its public half begins.
const RECIPIENT_BEGINS: &str = "age1";

/// What closes a backup.
pub enum ClosedBy {
    /// Whoever knows it opens it.
    Passphrase(SecretString),
    /// Whoever has one of the keys opens it; this half of them is no secret.
    Recipients(Vec<Recipient>),
}

impl ClosedBy {
    /// A passphrase of at least twelve characters, its line end left out.
    ///
    /// # Errors
    /// [`Error::Arguments`].
    pub fn passphrase(text: &str) -> Result<Self, Error> {
        let text = line(text);
        if text.chars().count() < PASSPHRASE {
            return Err(Error::Arguments(format!("a passphrase has at least {PASSPHRASE} characters")));
        }
        Ok(Self::Passphrase(SecretString::from(text.to_owned())))
    }

    /// The recipient in a text: `age1…` itself, a recovery key's sheet, or a key.
    ///
    /// # Errors
    /// [`Error::Arguments`].
    pub fn recipient(text: &str) -> Result<Recipient, Error> {
        let mut words = text.split_whitespace().filter(|word| word.starts_with(RECIPIENT_BEGINS));
        match words.find_map(|word| word.parse().ok()) {
            Some(recipient) => Ok(recipient),
            None => key(text).map(|key| key.to_public()),
        }
    }

    /// The beginning of the encrypted file.
    pub(super) fn encryptor(&self) -> Result<age::Encryptor, Error> {
        let made = match self {
            Self::Passphrase(passphrase) => {
                let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
                recipient.set_work_factor(COST);
                age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            }
            Self::Recipients(recipients) => {
                age::Encryptor::with_recipients(recipients.iter().map(|one| one as &dyn age::Recipient))
            }
        };
        made.map_err(|error| Error::Making(error.to_string()))
    }
}

/// What opens a backup.
pub enum OpenedBy {
    /// The passphrase it was closed with.
    Passphrase(SecretString),
    /// The recovery key it was closed for.
    RecoveryKey(Identity),
}

impl OpenedBy {
    /// What somebody typed or a file holds: a recovery key where it looks like one, otherwise a passphrase.
    ///
    /// # Errors
    /// [`Error::Arguments`] for a recovery key with a slip in it.
    pub fn read(text: &str) -> Result<Self, Error> {
        if text.to_ascii_uppercase().contains(KEY_BEGINS) {
            return key(text).map(Self::RecoveryKey);
        }
        Ok(Self::Passphrase(SecretString::from(line(text).to_owned())))
    }

    /// The recovery key in a text: its sheet as a file, or typed off it.
    ///
    /// # Errors
    /// [`Error::Arguments`].
    pub fn recovery_key(text: &str) -> Result<Self, Error> {
        key(text).map(Self::RecoveryKey)
    }

    pub(super) fn identity(&self) -> Box<dyn age::Identity + '_> {
        match self {
            Self::Passphrase(passphrase) => {
                let mut identity = age::scrypt::Identity::new(passphrase.clone());
                identity.set_max_work_factor(HIGHEST_COST);
                Box::new(identity)
            }
            Self::RecoveryKey(key) => Box::new(key.clone()),
        }
    }
}

/// A fresh recovery key.
#[must_use]
pub fn recovery_key() -> Identity {
    Identity::generate()
}

/// A key as text, and its public half.
pub(super) fn halves(key: &Identity) -> (String, String) {
    (key.to_string().expose_secret().to_owned(), key.to_public().to_string())
}

/// The key as a sheet prints it: its beginning, and groups of four or fewer letters.
pub(super) fn grouped(key: &str) -> String {
    let (beginning, letters) = key.split_at_checked(KEY_BEGINS.len()).unwrap_or((key, ""));
    let letters: Vec<char> = letters.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    format!("{beginning} {}", groups.join(" "))
}

/// The key in a text, whatever stands around it and however its letters are grouped.
fn key(text: &str) -> Result<Identity, Error> {
    let upper = text.to_ascii_uppercase();
    let found = upper.split_once(KEY_BEGINS).and_then(|(_, rest)| {
        let letters: String = rest.chars().filter(|letter| !letter.is_whitespace()).take(KEY_LETTERS).collect();
        format!("{KEY_BEGINS}{letters}").parse().ok()
    });
    found.ok_or_else(|| {
        Error::Arguments("this holds no recovery key, or one with a slip in it: compare it letter by letter".to_owned())
    })
}

/// A line without its end.
fn line(text: &str) -> &str {
    text.split(['\n', '\r']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_typed_off_its_sheet_is_the_key() {
        let key = recovery_key();
        let (secret, public) = halves(&key);
        let typed = format!("  {}\n", grouped(&secret).to_lowercase());
        for text in [&secret, &typed, &format!("復旧の鍵\n  {}\n  {public}\n", grouped(&secret))] {
            let Ok(OpenedBy::RecoveryKey(read)) = OpenedBy::read(text) else { panic!("{text}") };
            assert_eq!(halves(&read), (secret.clone(), public.clone()));
        }
    }

    #[test]
    fn a_slip_in_a_key_is_noticed() {
        let (secret, _) = halves(&recovery_key());
        let last = if secret.ends_with('Q') { 'P' } else { 'Q' };
        let slip = format!("{}{last}", &secret[..secret.len() - 1]);
        assert!(OpenedBy::read(&slip).is_err());
        assert!(OpenedBy::recovery_key("no key at all").is_err());
    }

    #[test]
    fn a_recipient_is_found_by_itself_on_a_sheet_and_from_its_key() {
        let (secret, public) = halves(&recovery_key());
        for text in [&public, &secret, &format!("for --recipient: {public} (no secret)")] {
            assert_eq!(ClosedBy::recipient(text).unwrap().to_string(), public);
        }
        assert!(ClosedBy::recipient("age1nonsense").is_err());
    }

    #[test]
    fn a_short_passphrase_closes_nothing() {
        assert!(ClosedBy::passphrase("みどりの風\n").is_err());
        assert!(ClosedBy::passphrase("みどりの風と青い空のまち\r\n").is_ok());
    }
}
