//! Invites: the secret on the sheet, the check code of the district, and what the QR holds.

use crate::sign::Fingerprint;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// The thirty letters of everything that is typed: 2–9, A–Z without I, L, O, U.
pub const LETTERS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many letters a secret has: 58.9 bits.
pub const SECRET_LETTERS: usize = 12;

/// How many letters the check code has: 44.2 bits, at least the 40 that design §5 asks for.
pub const CHECK_LETTERS: usize = 9;

/// How long an invite is good for.
pub const DAYS: i64 = 60;

/// What is wrong with a typed or scanned code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCode {
    /// Not so many letters.
    #[error("the code has another length")]
    Length,
    /// A letter that is never printed.
    #[error("the code holds a letter that is never printed")]
    Letter,
    /// Not one of ours at all.
    #[error("this is not a Kairan invitation")]
    Foreign,
}

/// Upper case, half width, without spaces and hyphens: what people type becomes what was printed.
fn normalized(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
        .map(|c| match c {
            // Full-width forms stand 0xFEE0 after their ASCII twins.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            other => other,
        })
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '－' | 'ー' | '–'))
        .map(|c| c.to_ascii_uppercase())
}

fn read_letters<const N: usize>(text: &str) -> Result<[u8; N], BadCode> {
    let mut letters = [0; N];
    let mut count = 0;
    for letter in normalized(text) {
        let letter = u8::try_from(letter).ok().filter(|letter| LETTERS.contains(letter)).ok_or(BadCode::Letter)?;
        *letters.get_mut(count).ok_or(BadCode::Length)? = letter;
        count += 1;
    }
    if count == N { Ok(letters) } else { Err(BadCode::Length) }
}

/// The twelve characters of an invite. Its holder may join: it is shown, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_LETTERS]);

impl Secret {
    /// A fresh one.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut letters = [0_u8; SECRET_LETTERS];
        let mut filled = 0;
        while filled < SECRET_LETTERS {
            let mut byte = [0_u8];
            getrandom::fill(&mut byte)?;
            // 240 is the largest multiple of 30 in a byte: above it letters would not be equally likely.
            if byte[0] < 240 {
                letters[filled] = LETTERS[usize::from(byte[0]) % LETTERS.len()];
                filled += 1;
            }
        }
        Ok(Self(letters))
    }

    /// What the server keeps of it: SHA-256, base64url.
    #[must_use]
    pub fn hash(&self) -> String {
        let digest = Sha256::new_with_prefix(b"kairan invite 1\n").chain_update(self.0).finalize();
        BASE64_URL_SAFE_NO_PAD.encode(digest)
    }

    /// Without hyphens, as it travels.
    #[must_use]
    pub fn letters(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl fmt::Display for Secret {
    /// As it is printed: 「K7QF-2M9X-ABCD」.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = self.letters();
        write!(f, "{}-{}-{}", &letters[..4], &letters[4..8], &letters[8..])
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl FromStr for Secret {
    type Err = BadCode;
    fn from_str(text: &str) -> Result<Self, BadCode> {
        read_letters(text).map(Self)
    }
}

/// The check code: the district's fingerprint in nine typed letters, compared with the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckCode([u8; CHECK_LETTERS]);

impl CheckCode {
    /// Of an identity key.
    #[must_use]
    pub fn of(identity: &Fingerprint) -> Self {
        let mut number = identity.bytes().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let mut letters = [0; CHECK_LETTERS];
        for letter in &mut letters {
            *letter = usize::try_from(number % 30).ok().and_then(|place| LETTERS.get(place)).copied().unwrap_or(b'2');
            number /= 30;
        }
        Self(letters)
    }
}

impl fmt::Display for CheckCode {
    /// As it is printed: 「7KM-4PX-9QA」.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = String::from_utf8_lossy(&self.0);
        write!(f, "{}-{}-{}", &letters[..3], &letters[3..6], &letters[6..])
    }
}

impl FromStr for CheckCode {
    type Err = BadCode;
    fn from_str(text: &str) -> Result<Self, BadCode> {
        read_letters(text).map(Self)
    }
}

/// How a phone will know the district it joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Scanned: the whole fingerprint.
    Scanned(Fingerprint),
    /// Typed: the check code, compared with the card the address gives.
    Typed(CheckCode),
}

/// All a phone needs to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Where: `host:port`, or `host` for 443.
    pub address: String,
    /// Whom.
    pub whom: Whom,
    /// By which right.
    pub secret: Secret,
}

impl fmt::Display for Invitation {
    /// The text of the QR: `kairan://join?a=…&i=…&s=…`; typed ones as `address check-code secret`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.whom {
            Whom::Scanned(identity) => {
                write!(f, "kairan://join?a={}&i={identity}&s={}", self.address, self.secret.letters())
            }
            Whom::Typed(check) => write!(f, "{} {check} {}", self.address, self.secret),
        }
    }
}

impl FromStr for Invitation {
    type Err = BadCode;

    /// From the QR's text, or from the three typed parts separated by spaces or line breaks.
    fn from_str(text: &str) -> Result<Self, BadCode> {
        let text = text.trim();
        if text.len() > 500 {
            return Err(BadCode::Foreign);
        }
        if let Some(query) = text.strip_prefix("kairan://join?") {
            let part = |name: &str| {
                query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).ok_or(BadCode::Foreign)
            };
            let identity = part("i")?.parse().map_err(|_| BadCode::Foreign)?;
            return Ok(Self {
                address: address(part("a")?)?,
                whom: Whom::Scanned(identity),
                secret: part("s")?.parse()?,
            });
        }
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [place, check, secret] = parts[..] else { return Err(BadCode::Foreign) };
        Ok(Self { address: address(place)?, whom: Whom::Typed(check.parse()?), secret: secret.parse()? })
    }
}

fn address(text: &str) -> Result<String, BadCode> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    if plain && !text.is_empty() && text.len() <= 255 { Ok(text.to_owned()) } else { Err(BadCode::Foreign) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_typed_with_hyphens_spaces_and_full_width_letters_is_the_printed_one() {
        let secret: Secret = "K7QF-2M9X-ABCD".parse().unwrap();
        assert_eq!("ｋ７ｑｆ 2m9x\u{3000}ABCD".parse(), Ok(secret.clone()));
        assert_eq!(secret.to_string(), "K7QF-2M9X-ABCD");
    }

    #[test]
    fn letters_that_look_like_others_are_never_printed() {
        for letter in "01ILOU".chars() {
            assert_eq!(format!("{letter}7QF2M9XABCD").parse::<Secret>(), Err(BadCode::Letter));
        }
        assert_eq!("K7QF".parse::<Secret>(), Err(BadCode::Length));
        assert_eq!("K7QF2M9XABCDE".parse::<Secret>(), Err(BadCode::Length));
    }

    #[test]
    fn an_invitation_reads_back_from_the_qr_and_from_typing() {
        let identity = Fingerprint::of(b"key");
        let secret = Secret::random().unwrap();
        for whom in [Whom::Scanned(identity), Whom::Typed(CheckCode::of(&identity))] {
            let invitation = Invitation { address: "kairan.example:8443".into(), whom, secret: secret.clone() };
            assert_eq!(invitation.to_string().parse(), Ok(invitation));
        }
    }

    #[test]
    fn a_foreign_code_is_told_from_a_mistyped_one() {
        assert_eq!("https://example.com/".parse::<Invitation>(), Err(BadCode::Foreign));
        assert_eq!("".parse::<Invitation>(), Err(BadCode::Foreign));
    }

    #[test]
    fn a_secret_is_never_printed_by_accident() {
        assert_eq!(format!("{:?}", Secret::random().unwrap()), "Secret(…)");
    }
}
