//! From record to record: which block holds, which home is open, and what each record adds.

use super::{
    block, cell,
    columns::{Column, Header},
    kind::{self, Kind},
    name,
    reading::{Doubt, Home, Line, Meaning, Member, Shape},
    row::{self, Row},
    seen::{Further, Open, Seen},
    text::Record,
};

/// Every record with its meaning.
pub(super) fn lines(records: &[Record], header: &Header) -> Vec<Line> {
    let mut walk = Walk {
        header,
        shape: header.shape(),
        names_blocks: names_blocks(records, header),
        fills_to_the_end: fills_to_the_end(records, header),
        block: None,
        open: Open::Nothing,
        seen: Seen::default(),
        above: vec![String::new(); header.columns.len()],
        doubted: None,
        otherwise: None,
    };
    (0..records.len()).map(|place| walk.line(records, place)).collect()
}

struct Walk<'a> {
    header: &'a Header,
    shape: Shape,
    /// Whether any block is named at all.
    names_blocks: bool,
    /// Whether rows end with the last column even where it is empty.
    fills_to_the_end: bool,
    block: Option<String>,
    open: Open,
    seen: Seen,
    /// What stood last in each column, for 〃.
    above: Vec<String>,
    /// The record and the head of the home that is open and only doubtful because its head was named before.
    doubted: Option<(usize, String)>,
    /// What the record would be without its doubt.
    otherwise: Option<Meaning>,
}

fn names_blocks(records: &[Record], header: &Header) -> bool {
    header.columns.iter().any(|(_, column)| *column == Column::Block)
        || records.iter().skip(header.place + 1).any(|record| {
            let filled: Vec<&String> = record.iter().filter(|cell| !cell.is_empty()).collect();
            matches!(filled[..], [only] if block::heading(only).is_some())
        })
}

fn fills_to_the_end(records: &[Record], header: &Header) -> bool {
    let below = records.iter().skip(header.place + 1);
    below.filter(|record| record.len() > 1 && record.last().is_some_and(String::is_empty)).count() > 0
}

impl Walk<'_> {
    fn line(&mut self, records: &[Record], place: usize) -> Line {
        let empty = Record::new();
        let record = records.get(place).unwrap_or(&empty);
        let row =
            if place > self.header.place { Row::read(record, self.header, &mut self.above) } else { Row::default() };
        let meaning = self.meaning(records, place, &row);
        Line { record: place + 1, meaning, otherwise: self.otherwise.take().map(Box::new), named: row.named() }
    }

    fn meaning(&mut self, records: &[Record], place: usize, row: &Row) -> Meaning {
        match kind::of(records, place, row, self.header) {
            Kind::Blank => Meaning::Blank,
            Kind::Title => Meaning::Title,
            Kind::Header => Meaning::Header,
            Kind::RepeatedHeader => Meaning::RepeatedHeader,
            Kind::Remark => Meaning::Remark,
            Kind::Total => {
                // What comes below a sum stands in another block.
                self.block = None;
                Meaning::Total
            }
            Kind::Heading(block) => {
                self.block = Some(block);
                Meaning::Title
            }
            Kind::Vacant => {
                self.follow_block(row);
                self.open = Open::Vacant;
                Meaning::Vacant
            }
            Kind::People => {
                self.follow_block(row);
                match (self.wrong_fields(row), self.shape) {
                    (Some(doubt), _) => self.doubtful(place + 1, doubt),
                    (None, Shape::Household) => self.household(place + 1, row),
                    (None, Shape::Person) => self.person(place + 1, row),
                }
            }
        }
    }

    fn follow_block(&mut self, row: &Row) {
        if let Some(written) = row.joined(Column::Block) {
            self.block = Some(block::named(&written, self.header.block_word()));
        }
    }

    /// Too few fields where rows are always filled, or more than the header has.
    fn wrong_fields(&self, row: &Row) -> Option<Doubt> {
        let short = self.fills_to_the_end && row.fields < self.header.columns.len();
        (short || row.overflows).then_some(Doubt::Fields { found: row.fields })
    }

    fn doubtful(&mut self, record: usize, doubt: Doubt) -> Meaning {
        self.open = Open::Doubtful(record);
        Meaning::Doubtful(doubt)
    }

    /// A record that is a home.
    fn household(&mut self, record: usize, row: &Row) -> Meaning {
        let column = if self.header.has(Column::Head) { Column::Head } else { Column::Name };
        let Some(written) = row.joined(column) else { return self.doubtful(record, Doubt::NoName) };
        let (head, spouse) = name::couple(&written);
        // Written without a space here, and with one where the home stood before.
        let head = self.seen.spelled(&head).unwrap_or(head);
        let one_each = row.all(Column::Family).count() > 1 || self.header.count(Column::Family) > 1;
        let family = spouse.as_deref().into_iter().chain(row.all(Column::Family));
        let family: Option<Vec<Member>> = family
            .map(|cell| name::members(cell, &head, one_each))
            .collect::<Option<Vec<_>>>()
            .map(|cells| cells.concat());
        let Some(family) = family else { return self.doubtful(record, Doubt::WhoseFamily) };
        self.home(record, row, &written, head, Some("世帯主".to_owned()), family)
    }

    fn home(
        &mut self,
        record: usize,
        row: &Row,
        written: &str,
        head: String,
        relation: Option<String>,
        family: Vec<Member>,
    ) -> Meaning {
        if head.is_empty() {
            return self.doubtful(record, Doubt::NoName);
        }
        // What we exported was taken for a name before.
        let is_ours = row.is_numbered();
        if name::is_firm(written) && !is_ours {
            return self.doubtful(record, Doubt::Firm);
        }
        if !is_ours && name::is_damaged(&head) || family.iter().any(|member| name::is_damaged(&member.name)) {
            return self.doubtful(record, Doubt::LostCharacter);
        }
        if self.names_blocks && self.block.is_none() {
            return self.doubtful(record, Doubt::NoBlock);
        }
        let household = name::family(&head).to_owned();
        let mut people = vec![Member { number: row.number(), name: head, reading: reading(row, written), relation }];
        for member in family {
            if people.iter().all(|known| name::key(&known.name) != name::key(&member.name)) {
                people.push(member);
            }
        }
        let home = Home {
            number: row.household(),
            block: self.block.clone(),
            household,
            people,
            paper: self.is_paper(row),
            roles: roles(row),
            telephone: row.said(Column::Telephone),
            note: row.said(Column::Note),
            address: row.joined(Column::Address),
        };
        let head = home.people.first().map(|head| head.name.clone()).unwrap_or_default();
        let meaning = self.seen.take(record, &home, self.shape);
        self.open = match meaning {
            Meaning::Home(_) => Open::Home(record),
            Meaning::Duplicate { of } => Open::Duplicate(of),
            _ => Open::Doubtful(record),
        };
        if matches!(meaning, Meaning::Doubtful(_)) {
            self.doubted = Some((record, head));
            self.otherwise = Some(Meaning::Home(home));
        }
        meaning
    }

    /// A record that is a person: a home begins with its head.
    fn person(&mut self, record: usize, row: &Row) -> Meaning {
        let relation = row.joined(Column::Relation).map(|written| name::relation(&written));
        let written = if row.is_numbered() { row.said(Column::Name) } else { row.joined(Column::Name) };
        let Some(written) = written.or_else(|| row.joined(Column::Head)) else {
            return match self.open {
                Open::Doubtful(of) => Meaning::Doubtful(Doubt::DoubtfulHome { of }),
                _ => Meaning::Doubtful(Doubt::NoName),
            };
        };
        if let Some(of) = self.home_told_by(row) {
            self.open = Open::Home(of);
        } else if self.begins_home(row, relation.as_deref()) {
            let name = self.head(row, &written);
            let relation = relation.unwrap_or_else(|| "世帯主".to_owned());
            return self.home(record, row, &written, name, Some(relation), Vec::new());
        }
        let of = match self.open {
            Open::Home(of) | Open::Duplicate(of) => of,
            Open::Doubtful(of) => {
                let head = self.doubted.as_ref().filter(|(home, _)| *home == of).map(|(_, head)| head.as_str());
                if let Some(Ok(further)) = head.map(|head| further(row, &written, relation, head)) {
                    self.otherwise = Some(further.of(of));
                }
                return Meaning::Doubtful(Doubt::DoubtfulHome { of });
            }
            Open::Vacant => return Meaning::Vacant,
            Open::Nothing => return Meaning::Doubtful(Doubt::NoHead),
        };
        let head = self.seen.home(of).and_then(|home| home.people.first()).map(|head| head.name.clone());
        let further = match further(row, &written, relation, &head.unwrap_or_default()) {
            Ok(further) => further,
            Err(doubt) => return Meaning::Doubtful(doubt),
        };
        if matches!(self.open, Open::Duplicate(_)) && self.seen.holds(of, &further.member) {
            return Meaning::Duplicate { of: self.seen.record_of(&further.member).unwrap_or(of) };
        }
        let meaning = self.seen.further(record, of, &further);
        if matches!(meaning, Meaning::Doubtful(_)) {
            self.otherwise = Some(further.of(of));
        }
        meaning
    }

    /// The whole name of a home's first person. 世帯主 tells it where 氏名 is only the given one; in our own form 氏名 is whole, and
    /// 世帯主 may be somebody whose row was taken out.
    fn head(&self, row: &Row, written: &str) -> String {
        if row.is_numbered() {
            return written.to_owned();
        }
        let mut told = [row.joined(Column::Head), Some(written.to_owned())];
        if self.header.has(Column::HouseholdNumber) {
            told.reverse();
        }
        let whole = told.into_iter().flatten().map(|written| name::person(&written)).find(|name| name.contains(' '));
        whole.unwrap_or_else(|| name::person(written))
    }

    /// The record of the home a row belongs to by its 世帯番号, or, where somebody added a row to our own form, by 世帯主.
    fn home_told_by(&self, row: &Row) -> Option<usize> {
        if !self.header.has(Column::HouseholdNumber) {
            return None;
        }
        match row.household() {
            Some(household) => self.seen.numbered(household),
            None => self.seen.headed_by(&name::person(&row.joined(Column::Head)?), self.block.as_deref()),
        }
    }

    /// By 世帯番号, by 続柄 where it is told, by another 世帯主 otherwise.
    fn begins_home(&self, row: &Row, relation: Option<&str>) -> bool {
        if row.household().is_some() || (self.header.has(Column::HouseholdNumber) && row.joined(Column::Head).is_some())
        {
            return true;
        }
        if self.header.has(Column::Relation) {
            return matches!(relation, Some("世帯主" | "本人" | "主" | "戸主" | "世帯主本人"));
        }
        let Some(head) = row.joined(Column::Head) else { return false };
        let open = match self.open {
            Open::Home(of) | Open::Duplicate(of) => self.seen.home(of),
            _ => None,
        };
        open.and_then(|home| home.people.first()).is_none_or(|known| name::key(&known.name) != name::key(&head))
    }

    /// 紙 in a column of delivery; in one headed 配布(紙) a mark says the same.
    fn is_paper(&self, row: &Row) -> bool {
        let Some(said) = row.joined(Column::Delivery).map(|said| cell::key(&said)) else { return false };
        let wants = said.contains('紙') && !["紙不要", "紙なし", "紙×"].contains(&said.as_str());
        let marked = self.header.asks_for_paper() && said.starts_with(['○', '◯', '〇', '●', '◎', '✓', '1']);
        wants || marked || said == "両方"
    }
}

/// ふりがな, of its own column or beside the name.
fn reading(row: &Row, written: &str) -> Option<String> {
    row.joined(Column::Reading).map(|said| cell::hiragana(&said)).or_else(|| name::reading_beside(written))
}

/// Somebody of a home whose head is known.
fn further(row: &Row, written: &str, relation: Option<String>, head: &str) -> Result<Further, Doubt> {
    let name = if row.number().is_some() {
        written.to_owned()
    } else {
        let name = name::of_family(&name::person(written), head).ok_or(Doubt::WhoseFamily)?;
        if name::is_damaged(&name) {
            return Err(Doubt::LostCharacter);
        }
        name
    };
    let member = Member { number: row.number(), name, reading: reading(row, written), relation };
    let (telephone, note) = (row.said(Column::Telephone), row.said(Column::Note));
    Ok(Further { member, roles: roles(row), telephone, note })
}

/// 役職 of a record, one word each; what somebody once was is no role.
fn roles(row: &Row) -> Vec<String> {
    let said: Vec<&str> = row.all(Column::Role).collect();
    let line = cell::clean(&said.join("、"));
    let words = line.split(['、', '・', '/', ',', ' ', '\n', '兼', '，']).map(str::trim);
    let words = words.filter(|word| !word.is_empty() && !row::is_nothing(word));
    words.filter(|word| !word.starts_with(['前', '元', '旧'])).map(str::to_owned).collect()
}
