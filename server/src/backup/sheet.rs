//! 復旧の鍵: the sheet that is printed, sealed and kept with the association's seal, and opens the backups of a lost machine.

use super::key::{grouped, halves};
use age::x25519::Identity;
use fast_qr::QRBuilder;
use kairan_protocol::time::{Timestamp, ZoneOffsets};
use std::fmt::Write;

/// Japan's: a sheet is dated before any district is known.
const JAPAN: i32 = 32_400;

/// A recovery key as text for print, with a QR of the key below, and its public half.
#[must_use]
pub fn sheet(key: &Identity, now: Timestamp) -> (String, String) {
    let (secret, recipient) = halves(key);
    let day = ZoneOffsets::fixed(JAPAN).day_of(now);
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _infallible = write!(
        text,
        "\
復旧の鍵 / Kairan recovery key                                    {day}

サーバーの機械が失われたとき、控え（バックアップ）を開くための鍵です。持っている人は、控えのすべてを読めます。
印刷して封をし、町内会の印と同じ所に保管してください。サーバーにも電話にも残さないでください。
This key opens the backups of a Kairan server that was lost. Whoever holds it can read all of them.
Print it, seal it, keep it where the association's seal is kept. Leave it neither on the server nor on a phone.

鍵（ひみつ） / Key (secret)
  {}

あて名（ひみつではありません） / Recipient (no secret)
  {recipient}

控えをとる / Back up    kairan-server backup --data FOLDER --to FILE --recipient {recipient}
元に戻す / Restore      kairan-server restore FILE --data NEW     （この鍵を入力 / then type this key）
他の道具で / By hand    age -d -i KEYFILE FILE | tar xz           （すき間なしの鍵 / the key without spaces）

町内会 / Association  ______________________    封をした人 / Sealed by  ______________________

",
        grouped(&secret),
    );
    if let Ok(code) = QRBuilder::new(secret.as_str()).build() {
        text.push_str(&code.to_str());
        text.push('\n');
    }
    (text, recipient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::{ClosedBy, OpenedBy, recovery_key};

    #[test]
    fn a_sheet_says_in_both_languages_what_it_is_for_and_opens_what_its_recipient_closes() {
        let (text, recipient) = sheet(&recovery_key(), "2026-11-23T20:00:00Z".parse().unwrap());
        assert!(text.contains("2026-11-24") && text.contains("町内会の印") && text.contains("association's seal"));
        assert!(text.contains('█'));
        assert_eq!(ClosedBy::recipient(&text).unwrap().to_string(), recipient);
        let Ok(OpenedBy::RecoveryKey(key)) = OpenedBy::read(&text) else { panic!("no key on its sheet") };
        assert_eq!(key.to_public().to_string(), recipient);
    }
}
