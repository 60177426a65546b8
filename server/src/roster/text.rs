//! From bytes to records: the encoding, the ends of lines, quotes and commas.

use super::Unreadable;
use encoding_rs::SHIFT_JIS;

/// How the characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte order mark, as spreadsheets export it.
    Utf8Marked,
    /// `Shift_JIS` as Windows has it (CP932), with the characters of NEC and IBM.
    Cp932,
}

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newline {
    /// LF.
    Lf,
    /// CR LF.
    CrLf,
    /// CR alone.
    Cr,
}

/// A file's text.
#[derive(Debug, Clone)]
pub struct Text {
    written: String,
    /// How it was written.
    pub encoding: Encoding,
    /// How most of its lines end.
    pub newline: Newline,
}

/// One record as it stands: every field, trimmed.
pub type Record = Vec<String>;

const MARK: &[u8] = b"\xEF\xBB\xBF";

impl Text {
    /// Reads bytes: a mark, or valid UTF-8, or else CP932.
    ///
    /// # Errors
    /// [`Unreadable::Encoding`] when it is none of these.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let (encoding, text) = match (bytes.strip_prefix(MARK), std::str::from_utf8(bytes)) {
            (Some(rest), _) => {
                let text = std::str::from_utf8(rest)
                    .map_err(|error| Unreadable::Encoding { line: line_of(rest, error.valid_up_to()) })?;
                (Encoding::Utf8Marked, text.to_owned())
            }
            (None, Ok(text)) => (Encoding::Utf8, text.to_owned()),
            (None, Err(error)) => match SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes) {
                Some(text) => (Encoding::Cp932, text.into_owned()),
                None => return Err(Unreadable::Encoding { line: line_of(bytes, error.valid_up_to()) }),
            },
        };
        let newline = newline_of(&text);
        Ok(Self { written: text, encoding, newline })
    }

    /// All of it.
    #[must_use]
    pub fn into_written(self) -> String {
        self.written
    }

    /// Its records in order, blank lines among them. A quote that is never closed ends with the file.
    #[must_use]
    pub fn records(&self) -> Vec<Record> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(if self.is_tabbed() { b'\t' } else { b',' })
            .from_reader(self.written.as_bytes());
        let (mut records, mut record) = (Vec::new(), csv::StringRecord::new());
        loop {
            let began = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            let more = reader.read_record(&mut record).unwrap_or(false);
            // The reader passes blank lines over; whoever reads the answer counts them.
            records.extend((0..self.blank_lines_from(began)).map(|_| Record::new()));
            if !more {
                return records;
            }
            records.push(record.iter().map(one_kind_of_break).collect());
        }
    }

    fn blank_lines_from(&self, began: usize) -> usize {
        let (before, mut rest) = self.written.split_at_checked(began).unwrap_or_default();
        if before.ends_with('\r') {
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
        let mut blank = 0;
        while let Some(next) = ["\r\n", "\n", "\r"].into_iter().find_map(|end| rest.strip_prefix(end)) {
            rest = next;
            blank += 1;
        }
        blank
    }

    fn is_tabbed(&self) -> bool {
        let count = |sign| self.written.chars().filter(|found| *found == sign).count();
        count('\t') > count(',')
    }
}

/// A cell without blanks around it, its line breaks all alike.
fn one_kind_of_break(cell: &str) -> String {
    cell.trim().replace("\r\n", "\n").replace('\r', "\n")
}

fn newline_of(text: &str) -> Newline {
    let both = text.matches("\r\n").count();
    let (feeds, returns) = (text.matches('\n').count() - both, text.matches('\r').count() - both);
    if both >= feeds.max(returns) && both > 0 {
        Newline::CrLf
    } else if returns > feeds {
        Newline::Cr
    } else {
        Newline::Lf
    }
}

/// The line in which a byte stands, from 1.
fn line_of(bytes: &[u8], place: usize) -> usize {
    1 + bytes.iter().take(place).filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<Record> {
        Text::decode(text.as_bytes()).unwrap().records()
    }

    #[test]
    fn a_line_is_counted_whether_it_is_blank_or_not_and_however_it_ends() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["班,氏名", "", "1班,見本 太郎", ",,", "", "", "2班,見本 花子"].join(end);
            let lengths: Vec<usize> = records(&text).iter().map(Vec::len).collect();
            assert_eq!(lengths, [2, 0, 2, 3, 0, 0, 2], "{end:?}");
        }
    }

    #[test]
    fn a_quoted_cell_may_hold_commas_quotes_and_lines() {
        assert_eq!(records("a,\"b, \"\"c\"\"\nd\"\ne"), [vec!["a".to_owned(), "b, \"c\"\nd".into()], vec!["e".into()]]);
    }

    #[test]
    fn windows_characters_are_read_as_they_are() {
        let (bytes, _, _) = SHIFT_JIS.encode("髙﨑①㈱Ⅲ");
        let text = Text::decode(&bytes).unwrap();
        assert_eq!((text.encoding, text.written.as_str()), (Encoding::Cp932, "髙﨑①㈱Ⅲ"));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(Text::decode(b"a\n\xff\xfe\xfd").unwrap_err(), Unreadable::Encoding { line: 2 });
    }
}
