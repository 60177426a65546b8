//! What a record is before anybody is looked for in it: a total, a remark, an empty home, a heading.

use super::{
    block, cell,
    columns::{Column, Header},
    row::Row,
    text::Record,
};

/// What a record is at first sight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    Title,
    Header,
    RepeatedHeader,
    Total,
    Remark,
    Vacant,
    /// A line that names the block of the homes below it.
    Heading(String),
    People,
}

const TOTALS: &[&str] = &["計", "小計", "合計", "総計", "累計", "総合計", "総数", "班計", "組計"];
const EMPTY: &[&str] = &[
    "空き家",
    "空家",
    "空室",
    "空き室",
    "空き地",
    "空地",
    "空店舗",
    "空き店舗",
    "転出",
    "転居",
    "退会",
    "退去",
    "倉庫",
    "駐車場",
    "売家",
    "更地",
    "解体",
];

/// What a record is, by its place and its cells.
pub(super) fn of(records: &[Record], place: usize, row: &Row, header: &Header) -> Kind {
    let Some(record) = records.get(place) else { return Kind::Blank };
    if record.iter().all(String::is_empty) {
        return Kind::Blank;
    }
    match place.cmp(&header.place) {
        std::cmp::Ordering::Less => return above(record),
        std::cmp::Ordering::Equal => return Kind::Header,
        std::cmp::Ordering::Greater => {}
    }
    if header.is_repeated_by(record) {
        return Kind::RepeatedHeader;
    }
    // A row of our own export is somebody, whatever the name looks like, unless a remark says that they left.
    if row.is_numbered() {
        return if row.all(Column::Note).any(is_vacant) { Kind::Vacant } else { Kind::People };
    }
    if records.iter().take(header.place).any(|title| same(title, record)) {
        return Kind::Title;
    }
    let first = row.first().map(|(_, said)| said).unwrap_or_default();
    let labels = [Column::Block, Column::Number, Column::Head, Column::Name, Column::Family];
    let labelled = row.cells().filter(|(column, _)| labels.contains(column)).map(|(_, said)| said);
    if labelled.chain([first]).any(is_total) {
        return Kind::Total;
    }
    if row.filled() == 1
        && let Some(block) = block::heading(first)
    {
        return Kind::Heading(block);
    }
    if is_remark(first) {
        return Kind::Remark;
    }
    if row.is_blank() {
        return Kind::Blank;
    }
    let named = row.joined(Column::Head).or_else(|| row.joined(Column::Name));
    let told = [Column::Note, Column::Head, Column::Name, Column::Address, Column::Block];
    let counts = |said: &str| cell::key(said).ends_with(['戸', '軒']);
    if row.cells().any(|(column, said)| labels.contains(&column) && counts(said)) {
        return Kind::Total;
    }
    if row.cells().filter(|(column, _)| told.contains(column)).any(|(_, said)| is_vacant(said)) {
        return Kind::Vacant;
    }
    if row.filled() == 1 && named.is_none() && row.all(Column::Family).next().is_none() {
        return Kind::Remark;
    }
    Kind::People
}

/// A title above the table, or the block of its first homes.
fn above(record: &Record) -> Kind {
    let mut filled = record.iter().filter(|cell| !cell.is_empty());
    match (filled.next().and_then(|only| block::heading(only)), filled.next()) {
        (Some(block), None) => Kind::Heading(block),
        _ => Kind::Title,
    }
}

/// Whether a record is a title once more, as at the top of each page: the number of the page beside it may be another.
fn same(title: &Record, record: &Record) -> bool {
    let first = |record: &Record| record.iter().map(|cell| cell::key(cell)).find(|cell| !cell.is_empty());
    first(title).is_some() && first(title) == first(record)
}

/// 「計 23世帯」, 「1班 小計」, 「合計」; not the family names 計見 and 組見.
fn is_total(said: &str) -> bool {
    let key = cell::key(said);
    let bare = key.trim_matches(['【', '】', '(', ')', '<', '>']);
    let after_block =
        bare.find(['班', '組']).map_or(bare, |end| bare.get(end..).unwrap_or(bare).trim_start_matches(['班', '組']));
    [bare, after_block].into_iter().any(|text| {
        TOTALS.iter().any(|word| {
            text.strip_prefix(word).is_some_and(|rest| {
                rest.is_empty()
                    || rest.starts_with("世帯")
                    || rest.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, ':' | '=' | '('))
            })
        })
    })
}

/// Notes below a table, and the feet of printed pages.
fn is_remark(said: &str) -> bool {
    let line = cell::line(said);
    let key = cell::key(said);
    let foot = key.trim_matches(['-', '―', 'P', '.', '(', ')', '頁', 'ペ', 'ー', 'ジ', '/']);
    let is_foot = !foot.is_empty()
        && foot.len() < key.len()
        && foot.chars().all(|letter| letter.is_ascii_digit() || letter == '/');
    line.starts_with(['※', '注', '＊', '*', '◆']) || key == "以上" || is_foot
}

/// 「空室」, 「転出(4月)」, 「R8.3 転出」; not 「転出予定」 nor 「長男は転出」.
fn is_vacant(said: &str) -> bool {
    let key = cell::key(said);
    let bare = key.trim_start_matches(['※', '(', '【', '[', '<', '*']);
    let dated = bare.trim_start_matches(|letter: char| {
        letter.is_ascii_digit() || matches!(letter, 'R' | 'H' | 'S' | '.' | '/' | '年' | '月' | '日')
    });
    let dated = dated.trim_start_matches("令和").trim_start_matches("に");
    [bare, dated].into_iter().any(|text| {
        EMPTY.iter().any(|word| {
            text.strip_prefix(word).is_some_and(|rest| {
                let ended = |sign| matches!(sign, ')' | '】' | ']' | '>' | '(' | '、' | '。' | '・' | '済' | ':');
                rest.is_empty() || rest.starts_with(ended) || rest.starts_with(|letter: char| letter.is_ascii_digit())
            })
        })
    })
}
