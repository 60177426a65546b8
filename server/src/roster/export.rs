//! The association's roster as a spreadsheet, in a form that an import knows again: one row per person, with our own numbers.

use super::{plan::role_word, row};
use crate::held::{Held, HeldHome, HeldPerson};
use encoding_rs::SHIFT_JIS;

/// How the characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// UTF-8 with a byte order mark: what spreadsheets know at once.
    Utf8,
    /// `Shift_JIS` of Windows: for programs that know nothing else.
    Cp932,
}

/// What stands in it besides names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Besides {
    /// 電話.
    pub telephone: bool,
    /// 備考.
    pub note: bool,
}

/// A cell that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} cannot be written in Shift_JIS")]
pub struct Unwritable(pub String);

/// A roster's bytes. Cells that a spreadsheet would take for a formula begin with 「'」, which an import takes off again.
///
/// # Errors
/// [`Unwritable`] with the first cell that holds a character the encoding does not have.
pub fn export(held: &Held, besides: Besides, written: Written) -> Result<Vec<u8>, Unwritable> {
    let mut text = Vec::new();
    line(&mut text, written, &header(besides))?;
    for block in &held.blocks {
        for home in &block.homes {
            for person in &home.people {
                line(&mut text, written, &cells(&block.name, home, person, besides))?;
            }
        }
    }
    Ok(match written {
        Written::Utf8 => [b"\xEF\xBB\xBF".as_slice(), &text].concat(),
        Written::Cp932 => text,
    })
}

fn header(besides: Besides) -> Vec<String> {
    let mut header = vec!["班", "世帯番号", "世帯主", "氏名番号", "氏名", "ふりがな", "続柄", "配布", "役職"];
    header.extend(besides.telephone.then_some("電話"));
    header.extend(besides.note.then_some("備考"));
    header.into_iter().map(str::to_owned).collect()
}

fn cells(block: &str, home: &HeldHome, person: &HeldPerson, besides: Besides) -> Vec<String> {
    let head = home.people.first();
    let is_head = head.is_some_and(|head| head.id == person.id);
    let mut roles: Vec<&str> = person.roles.iter().filter_map(|role| role_word(role.kind)).collect();
    roles.dedup();
    // How somebody is related to the head is not kept here.
    let relation = if is_head { "世帯主" } else { "" };
    let mut cells = vec![
        block.to_owned(),
        home.id.to_string(),
        head.map(|head| head.name.clone()).unwrap_or_default(),
        person.id.to_string(),
        person.name.clone(),
        person.reading.clone().unwrap_or_default(),
        relation.to_owned(),
        if home.paper { "紙" } else { "アプリ" }.to_owned(),
        roles.join("、"),
    ];
    let of_home = |kept: &Option<String>| if is_head { kept.clone().unwrap_or_default() } else { String::new() };
    cells.extend(besides.telephone.then(|| of_home(&home.contact.telephone)));
    cells.extend(besides.note.then(|| of_home(&home.contact.note)));
    cells
}

fn line(text: &mut Vec<u8>, written: Written, cells: &[String]) -> Result<(), Unwritable> {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            text.push(b',');
        }
        let guarded = quoted(&row::guarded(cell));
        match written {
            Written::Utf8 => text.extend_from_slice(guarded.as_bytes()),
            Written::Cp932 => {
                let (bytes, _, lost) = SHIFT_JIS.encode(&guarded);
                if lost {
                    return Err(Unwritable(cell.clone()));
                }
                text.extend_from_slice(&bytes);
            }
        }
    }
    text.extend_from_slice(b"\r\n");
    Ok(())
}

/// In quotes where a comma, a quote or a line break would end the cell.
fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r', '\t']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
