//! 参加のご案内: what is handed to a home, as text, as a QR and as JSON.

use fast_qr::QRBuilder;
use kairan_protocol::{
    id::{GroupId, PersonId},
    invite::{self, CheckCode, Invitation, Secret, Whom},
    sign::Fingerprint,
    time::{Day, Timestamp, ZoneOffsets},
};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Whom a sheet is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// The household's name, or the person's.
    pub household: String,
    /// The household; none for a person's own invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household_id: Option<GroupId>,
    /// The association that invites; empty where the district itself does.
    #[serde(default)]
    pub association: String,
    /// The block it stands in; empty for a person's own invitation.
    #[serde(default)]
    pub block: String,
    /// Who is listed on it.
    pub persons: Vec<SheetPerson>,
}

/// One invitation, printed once; the server keeps only a hash of its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Whom it is for.
    #[serde(flatten)]
    pub to: Addressee,
    /// The district that is joined.
    #[serde(default)]
    pub district: String,
    /// What the QR holds.
    pub link: String,
    /// To type, first.
    pub address: String,
    /// To compare, second.
    pub check: String,
    /// To type, third.
    pub secret: String,
    /// First moment it no longer works.
    pub until: Timestamp,
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sheet")
            .field("household", &self.to.household)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// A person listed on a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetPerson {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub name: String,
}

impl Sheet {
    /// For a household or a person, made now.
    #[must_use]
    pub fn new(
        to: Addressee,
        (district, address): (&str, &str),
        identity: &Fingerprint,
        secret: &Secret,
        now: Timestamp,
    ) -> Self {
        let invitation =
            Invitation { address: address.to_owned(), whom: Whom::Scanned(*identity), secret: secret.clone() };
        Self {
            to,
            district: district.to_owned(),
            link: invitation.to_string(),
            address: address.to_owned(),
            check: CheckCode::of(identity).to_string(),
            secret: secret.to_string(),
            until: now.plus_millis(invite::DAYS * 86_400_000),
        }
    }

    /// Its last day in the district's zone.
    #[must_use]
    pub fn last_day(&self, zone: &ZoneOffsets) -> Day {
        zone.day_of(self.until.plus_millis(-1))
    }

    /// As lines for a terminal, with a QR below.
    #[must_use]
    pub fn text(&self, zone: &ZoneOffsets) -> String {
        let names: Vec<&str> = self.to.persons.iter().map(|person| person.name.as_str()).collect();
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _infallible = writeln!(
            text,
            "参加のご案内  {}\n  ご家族      {}\n  つなぐ先    {}\n  確認の番号  {}\n  参加の番号  {}\n  期限        {}\n  リンク      {}",
            self.to.household,
            names.join("、"),
            self.address,
            self.check,
            self.secret,
            self.last_day(zone),
            self.link,
        );
        // A link longer than any QR holds is still there as text.
        if let Ok(code) = QRBuilder::new(self.link.as_str()).build() {
            text.push_str(&code.to_str());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let identity = Fingerprint::of(b"key");
        let persons = vec![SheetPerson { id: PersonId::from_number(7), name: "佐藤 一郎".into() }];
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let to = Addressee {
            household: "佐藤".into(),
            household_id: None,
            association: "緑ヶ丘町内会".into(),
            block: "1班".into(),
            persons,
        };
        Sheet::new(to, ("みどり市", "127.0.0.1:8443"), &identity, &Secret::random().unwrap(), now)
    }

    #[test]
    fn scanned_and_typed_lead_to_the_same_district() {
        let sheet = sheet();
        let scanned: Invitation = sheet.link.parse().unwrap();
        let typed: Invitation = format!("{} {} {}", sheet.address, sheet.check, sheet.secret).parse().unwrap();
        assert_eq!(scanned.secret, typed.secret);
        assert_eq!(scanned.address, typed.address);
    }

    #[test]
    fn the_text_holds_all_that_is_typed_and_a_qr() {
        let sheet = sheet();
        let text = sheet.text(&ZoneOffsets::fixed(32_400));
        for part in [&sheet.address, &sheet.check, &sheet.secret, &sheet.link] {
            assert!(text.contains(part.as_str()));
        }
        assert!(text.contains('█'));
        assert!(text.contains("2027-01-22"));
    }

    #[test]
    fn a_sheet_is_never_printed_by_accident() {
        let sheet = sheet();
        assert!(!format!("{sheet:?}").contains(&sheet.secret));
    }
}
