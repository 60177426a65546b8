//! Which column is which: the headers associations write, in any order, after any number of title lines.

use super::{cell, reading::Shape, text::Record};
use std::{collections::HashMap, sync::LazyLock};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// 班, 組.
    Block,
    /// 世帯主.
    Head,
    /// 氏名, 名前.
    Name,
    /// ふりがな.
    Reading,
    /// 家族, 同居.
    Family,
    /// 続柄.
    Relation,
    /// 電話.
    Telephone,
    /// 役職.
    Role,
    /// 備考.
    Note,
    /// 配布.
    Delivery,
    /// 住所.
    Address,
    /// 番号.
    Number,
    /// 世帯番号: the household's id, as our own export writes it.
    HouseholdNumber,
    /// 氏名番号: the person's id, as our own export writes it.
    PersonNumber,
    /// Anything else: passed over.
    Ignored,
}

/// Headers as they are known after [`cell::key`]: widths, spaces and letter case are gone.
#[rustfmt::skip]
const KNOWN: &[(Column, &[&str])] = &[
    (Column::Block, &["班", "組", "班名", "組名", "班組", "班・組", "班/組", "組・班", "隣組", "班番号", "組番号", "班NO", "組NO", "ブロック", "所属班", "所属組"]),
    (Column::Head, &["世帯主", "世帯主名", "世帯主氏名", "世帯主の氏名", "世帯主様", "戸主", "代表者", "代表者名", "代表者氏名"]),
    (Column::Name, &["氏名", "名前", "お名前", "姓名", "会員名", "会員氏名", "世帯名", "住民氏名", "姓", "名"]),
    (Column::Reading, &["ふりがな", "フリガナ", "よみ", "よみがな", "ヨミ", "ヨミガナ", "カナ", "かな", "読み", "読み仮名", "読みがな", "氏名カナ", "カナ氏名", "せい", "めい", "セイ", "メイ"]),
    (Column::Family, &["家族", "ご家族", "家族名", "家族氏名", "同居", "同居者", "同居家族", "同居人", "同居の家族", "同居の方", "世帯員", "家族構成", "世帯員氏名", "家族/同居", "家族・同居", "連名", "連名1", "連名2", "連名3", "連名4", "連名5"]),
    (Column::Relation, &["続柄", "続き柄", "つづきがら", "続柄等", "関係", "世帯主との続柄"]),
    (Column::Telephone, &["電話", "電話番号", "TEL", "連絡先", "携帯", "携帯電話", "携帯番号", "電話/TEL", "電話・TEL", "自宅電話", "固定電話"]),
    (Column::Role, &["役職", "役", "役員", "役割", "役職名", "担当", "役職/役", "役務"]),
    (Column::Note, &["備考", "備考欄", "摘要", "特記", "特記事項", "メモ"]),
    (Column::Delivery, &["配布", "配布方法", "配付", "配付方法", "回覧方法", "配布物", "紙/アプリ", "配布(紙/アプリ)", "配布(紙)"]),
    (Column::Address, &["住所", "番地", "所在地", "地番", "部屋", "部屋番号", "住所(番地)", "号室"]),
    (Column::HouseholdNumber, &["世帯番号"]),
    (Column::PersonNumber, &["氏名番号"]),
    (Column::Number, &["番号", "NO", "NO.", "№", "連番", "整理番号", "通番", "会員番号", "通し番号"]),
];

/// [`KNOWN`] by its keys.
static BY_KEY: LazyLock<HashMap<String, Column>> = LazyLock::new(|| {
    let words = KNOWN.iter().flat_map(|(column, words)| words.iter().map(move |word| (cell::key(word), *column)));
    words.collect()
});

/// Longer cells name no column.
const LONGEST: usize = 60;

fn column(written: &str) -> Column {
    if written.len() > LONGEST {
        return Column::Ignored;
    }
    let key = cell::key(written);
    // 「電話番号（自宅）」: what stands in brackets says more of the same.
    let bare = key.split(['(', '【', '[', '<', '※', '*']).next().unwrap_or_default();
    BY_KEY.get(&key).or_else(|| BY_KEY.get(bare)).copied().unwrap_or(Column::Ignored)
}

/// The record that names the columns.
#[derive(Debug, Clone)]
pub(super) struct Header {
    /// Its place among the records, from 0.
    pub place: usize,
    /// What each cell was written as, and what it is.
    pub columns: Vec<(String, Column)>,
}

impl Header {
    /// The first record that names at least two columns, somebody's name among them.
    pub fn find(records: &[Record]) -> Option<Self> {
        /// Titles and notes above a table are fewer than this.
        const ABOVE: usize = 60;
        records.iter().take(ABOVE).enumerate().find_map(|(place, record)| {
            let columns = Self::read(record);
            Self::names_people(&columns).then_some(Self { place, columns })
        })
    }

    fn read(record: &Record) -> Vec<(String, Column)> {
        record.iter().map(|written| (written.clone(), column(written))).collect()
    }

    fn names_people(columns: &[(String, Column)]) -> bool {
        let has = |wanted: &[Column]| columns.iter().any(|(_, column)| wanted.contains(column));
        let known = columns.iter().filter(|(_, column)| *column != Column::Ignored).count();
        known >= 2 && has(&[Column::Head, Column::Name])
    }

    /// Whether a record repeats it, as at the top of each printed page.
    pub fn is_repeated_by(&self, record: &Record) -> bool {
        let again = Self::read(record);
        Self::names_people(&again) && again.iter().zip(&self.columns).all(|((_, again), (_, column))| again == column)
    }

    /// One row per person where relations are told, one per household otherwise.
    pub fn shape(&self) -> Shape {
        let by_person = self.has(Column::Relation) || (self.has(Column::Head) && self.has(Column::Name));
        if by_person && !self.has(Column::Family) { Shape::Person } else { Shape::Household }
    }

    /// Whether it names a column.
    pub fn has(&self, wanted: Column) -> bool {
        self.columns.iter().any(|(_, column)| *column == wanted)
    }

    /// How many columns of a kind it names.
    pub fn count(&self, wanted: Column) -> usize {
        self.columns.iter().filter(|(_, column)| *column == wanted).count()
    }

    /// Whether its column of delivery only asks for paper: 配布(紙).
    pub fn asks_for_paper(&self) -> bool {
        self.columns.iter().any(|(written, column)| {
            let key = cell::key(written);
            *column == Column::Delivery && key.contains('紙') && !key.contains("アプリ")
        })
    }

    /// How the column of blocks is headed: 組 counts by 組, everything else by 班.
    pub fn block_word(&self) -> &'static str {
        let written = self.columns.iter().find(|(_, column)| *column == Column::Block);
        match written {
            Some((written, _)) if written.contains('組') && !written.contains('班') => "組",
            _ => "班",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(cells: &[&str]) -> Option<Header> {
        Header::find(&[cells.iter().map(|cell| (*cell).to_owned()).collect()])
    }

    #[test]
    fn columns_are_known_however_they_are_spaced_or_wide() {
        let found =
            header(&["Ｎｏ．", "班 名", "世帯主\n氏名", "フリガナ", "ＴＥＬ（自宅）", "家族", "備　考", "会費"])
                .unwrap();
        let columns: Vec<Column> = found.columns.iter().map(|(_, column)| *column).collect();
        let expected = [
            Column::Number,
            Column::Block,
            Column::Head,
            Column::Reading,
            Column::Telephone,
            Column::Family,
            Column::Note,
            Column::Ignored,
        ];
        assert_eq!(columns, expected);
        assert_eq!(found.shape(), Shape::Household);
    }

    #[test]
    fn a_title_is_no_header_and_relations_make_it_one_row_per_person() {
        assert!(header(&["令和8年度 会員名簿"]).is_none());
        assert!(header(&["作成", "令和8年4月1日"]).is_none());
        assert_eq!(header(&["組", "氏名", "続柄"]).unwrap().shape(), Shape::Person);
        assert_eq!(header(&["組", "氏名"]).unwrap().block_word(), "組");
    }
}
