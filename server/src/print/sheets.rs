//! 参加のご案内 on paper: one A4 page for each home, behind a list for whoever carries them round.

use super::{page, qr};
use crate::{Error, sheet::Sheet};
use askama::Template;
use chrono::Datelike;
use kairan_protocol::time::{Day, ZoneOffsets};

#[derive(Template)]
#[template(path = "sheets.html")]
struct Sheets {
    rounds: Vec<Round>,
}

/// The sheets of one block, carried round by one person.
struct Round {
    association: String,
    block: String,
    homes: Vec<Home>,
}

/// One page.
struct Home {
    inviting: String,
    household: String,
    /// Who may join by it, each with a box to tick.
    persons: Vec<String>,
    qr: Option<String>,
    address: String,
    check: String,
    secret: String,
    last_day: String,
}

impl Home {
    fn new(sheet: &Sheet, zone: &ZoneOffsets) -> Self {
        let to = &sheet.to;
        let inviting = if to.association.is_empty() { &sheet.district } else { &to.association };
        Self {
            inviting: inviting.clone(),
            household: to.household.clone(),
            persons: to.persons.iter().map(|person| person.name.clone()).collect(),
            qr: qr(&sheet.link),
            address: sheet.address.clone(),
            check: sheet.check.clone(),
            secret: sheet.secret.clone(),
            last_day: in_words(sheet.last_day(zone)),
        }
    }
}

/// 「2027年1月22日」.
fn in_words(day: Day) -> String {
    let date = day.date();
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// Every sheet as a page of its own, in their order; before each block's the list of its homes.
///
/// # Errors
/// [`Error::Making`] when the page cannot be written.
pub fn sheets(sheets: &[Sheet], zone: &ZoneOffsets) -> Result<String, Error> {
    let mut rounds: Vec<Round> = Vec::new();
    for sheet in sheets {
        let home = Home::new(sheet, zone);
        let same = |round: &&mut Round| round.association == sheet.to.association && round.block == sheet.to.block;
        match rounds.last_mut().filter(same) {
            Some(round) => round.homes.push(home),
            None => rounds.push(Round {
                association: sheet.to.association.clone(),
                block: sheet.to.block.clone(),
                homes: vec![home],
            }),
        }
    }
    page(&Sheets { rounds })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::{Addressee, SheetPerson};
    use kairan_protocol::{id::PersonId, invite::Secret, sign::Fingerprint};

    fn sheet(household: &str, block: &str) -> Sheet {
        let to = Addressee {
            household: household.into(),
            household_id: None,
            association: "緑ヶ丘町内会".into(),
            block: block.into(),
            persons: vec![SheetPerson { id: PersonId::from_number(7), name: format!("{household} 一郎") }],
        };
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        Sheet::new(to, ("みどり市", "kairan.example:8443"), &Fingerprint::of(b"key"), &Secret::random().unwrap(), now)
    }

    #[test]
    fn each_home_gets_a_page_and_each_block_a_list_before_them() {
        let homes = [("佐藤", "1班"), ("鈴木", "1班"), ("高橋", "2班"), ("渡辺", "2班")];
        let homes = homes.map(|(home, block)| sheet(home, block));
        let page = sheets(&homes, &ZoneOffsets::fixed(32_400)).unwrap();
        assert_eq!(page.matches("class=\"page sheet\"").count(), 4);
        assert_eq!(page.matches("class=\"page round\"").count(), 2);
        for part in [&homes[0].check, &homes[0].secret, &homes[0].address, &"2027年1月22日".to_owned()] {
            assert!(page.contains(part.as_str()), "{part}");
        }
    }

    #[test]
    fn one_sheet_alone_needs_no_list() {
        let page = sheets(&[sheet("佐藤", "1班")], &ZoneOffsets::fixed(32_400)).unwrap();
        assert_eq!(page.matches("class=\"page round\"").count(), 0);
    }

    #[test]
    fn a_name_is_text_on_the_page_whatever_it_holds_and_nothing_is_fetched_from_elsewhere() {
        let page = sheets(&[sheet("<script>alert(1)</script>", "1班")], &ZoneOffsets::fixed(32_400)).unwrap();
        assert!(!page.contains("<script"));
        assert!(!page.contains("src=") && !page.contains("url(") && !page.contains("<link"));
    }
}
