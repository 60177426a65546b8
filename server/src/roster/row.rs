//! One record through its header: what stands in which column, with signs of repetition followed and signs of nothing passed over.

use super::{
    cell,
    columns::{Column, Header},
    text::Record,
};
use kairan_protocol::id::{GroupId, PersonId};

/// Signs that mean the cell above.
const AS_ABOVE: &[&str] = &["〃", "″", "\"", "''", "”", "同上", "々", "〟"];

/// What spreadsheets and people write where there is nothing.
const NOTHING: &[&str] =
    &["#N/A", "#REF!", "#VALUE!", "#NAME?", "0", "なし", "無し", "無", "-", "－", "―", "—", "ー", "単身", "独居", "×"];

/// A record, read through its header.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// Every cell that is not blank, by its column, in the order of the columns.
    cells: Vec<(Column, String)>,
    /// How many fields the record has.
    pub fields: usize,
    /// Something stands to the right of the last column.
    pub overflows: bool,
}

impl Row {
    /// Reads a record; `above` is the record that signs of repetition point to, resolved itself.
    pub fn read(record: &Record, header: &Header, above: &mut [String]) -> Self {
        let mut row = Self { fields: record.len(), ..Self::default() };
        // What we exported says everything itself.
        let repeats = !is_ours(record, header);
        for (place, written) in record.iter().enumerate() {
            let Some((_, column)) = header.columns.get(place) else {
                row.overflows |= !written.is_empty();
                continue;
            };
            let mut said = unquoted(written).to_owned();
            if let Some(above) = above.get_mut(place) {
                if repeats && AS_ABOVE.contains(&cell::line(&said).as_str()) {
                    said.clone_from(above);
                } else if !said.is_empty() {
                    above.clone_from(&said);
                }
            }
            if !said.is_empty() {
                row.cells.push((*column, unguarded(said)));
            }
        }
        row
    }

    /// Whether nothing stands in it but perhaps a running number.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|(column, said)| *column == Column::Number || is_nothing(said))
    }

    /// Every cell that is not blank.
    pub fn cells(&self) -> impl Iterator<Item = (Column, &str)> {
        self.cells.iter().map(|(column, said)| (*column, said.as_str()))
    }

    /// The cells of a column that say something.
    pub fn all(&self, wanted: Column) -> impl Iterator<Item = &str> {
        self.cells().filter(move |(column, said)| *column == wanted && !is_nothing(said)).map(|(_, said)| said)
    }

    /// The cells of a column as they stand, one below the other.
    pub fn said(&self, wanted: Column) -> Option<String> {
        let said: Vec<&str> = self.cells().filter(|(column, _)| *column == wanted).map(|(_, said)| said).collect();
        (!said.is_empty()).then(|| said.join("\n"))
    }

    /// The cells of a column as one: 姓 and 名 with a space between.
    pub fn joined(&self, wanted: Column) -> Option<String> {
        let said: Vec<&str> = self.all(wanted).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }

    /// 世帯番号, where it is one of ours.
    pub fn household(&self) -> Option<GroupId> {
        self.said(Column::HouseholdNumber)?.parse().ok()
    }

    /// 氏名番号, where it is one of ours.
    pub fn number(&self) -> Option<PersonId> {
        self.said(Column::PersonNumber)?.parse().ok()
    }

    /// Whether it came from our own export.
    pub fn is_numbered(&self) -> bool {
        self.household().is_some() || self.number().is_some()
    }

    /// What stands in its columns of blocks and names.
    pub fn named(&self) -> String {
        let named = [Column::Block, Column::Head, Column::Name, Column::Family];
        let cells: Vec<String> =
            self.cells().filter(|(column, _)| named.contains(column)).map(|(_, said)| cell::line(said)).collect();
        cells.join(" ")
    }

    /// The first cell that is not blank.
    pub fn first(&self) -> Option<(Column, &str)> {
        self.cells().next()
    }

    /// How many cells are not blank.
    pub fn filled(&self) -> usize {
        self.cells.len()
    }
}

/// Whether a record bears one of our own numbers.
fn is_ours(record: &Record, header: &Header) -> bool {
    header.columns.iter().zip(record).any(|((_, column), written)| match column {
        Column::HouseholdNumber => written.parse::<GroupId>().is_ok(),
        Column::PersonNumber => written.parse::<PersonId>().is_ok(),
        _ => false,
    })
}

/// 「="0312345678"」 keeps a spreadsheet from eating zeros; what stands inside counts.
fn unquoted(written: &str) -> &str {
    written.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(written)
}

/// What a spreadsheet takes for a formula at the beginning of a cell, half and full width, and our own guard before it.
const FORMULA: &[char] = &['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\''];

/// A cell that no spreadsheet takes for a formula: 「'」 stands before it, as people write text that looks like one.
pub(super) fn guarded(said: &str) -> String {
    if said.starts_with(FORMULA) { format!("'{said}") } else { said.to_owned() }
}

/// What [`guarded`] was given.
fn unguarded(said: String) -> String {
    match said.strip_prefix('\'') {
        Some(rest) if rest.starts_with(FORMULA) => rest.to_owned(),
        _ => said,
    }
}

/// Whether a cell says that there is nothing.
pub(super) fn is_nothing(said: &str) -> bool {
    NOTHING.contains(&cell::line(said).as_str())
}
