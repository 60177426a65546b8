//! What an import says: how the file was understood, line by line what was not, and the sums.

use crate::{
    command::say,
    roster::{
        Column, Doubt, Encoding, Newline, Reading, Shape,
        plan::{Field, LeftOut, Nothing, Outcome, Plan, Settings},
    },
};

/// How the file was understood.
pub fn read(reading: &Reading, settings: &Settings) {
    let encoding = match reading.encoding {
        Encoding::Utf8 => "UTF-8",
        Encoding::Utf8Marked => "UTF-8（BOM付き）",
        Encoding::Cp932 => "Shift_JIS",
    };
    let newline = match reading.newline {
        Newline::Lf => "LF",
        Newline::CrLf => "CRLF",
        Newline::Cr => "CR",
    };
    let shape = match reading.shape {
        Shape::Household => "1行に1世帯",
        Shape::Person => "1行に1人",
    };
    say(&format!("文字コード {encoding}、改行 {newline}、見出し {}行目、{shape}", reading.header));
    let (mut taken, mut left) = (Vec::new(), Vec::new());
    for (written, column) in reading.columns.iter().filter(|(written, _)| !written.is_empty()) {
        let written = written.replace('\n', " ");
        match column {
            Column::Telephone if !settings.with_telephone => left.push(format!("{written}（--with telephone）")),
            Column::Note if !settings.with_note => left.push(format!("{written}（--with note）")),
            Column::Number | Column::Address | Column::Relation | Column::Ignored => left.push(written),
            _ => taken.push(written),
        }
    }
    say(&format!("使う列: {}", taken.join("、")));
    if !left.is_empty() {
        say(&format!("取り込まない列: {}", left.join("、")));
    }
}

/// Line by line what was not understood, what waits, and what changes. New homes and those that stay are in the sums only.
pub fn lines(plan: &Plan) {
    for line in &plan.lines {
        for outcome in &line.outcomes {
            if let Some(text) = told(plan, outcome) {
                let named = if line.named.is_empty() { String::new() } else { format!("「{}」", line.named) };
                say(&format!("{}行目{named}: {text}", line.record));
            }
        }
    }
    for removal in &plan.removals {
        say(&format!("名簿にありません: {}", removal.question.text));
    }
    if !plan.other_blocks.is_empty() {
        say(&format!("この名簿にない班（そのままにします）: {}", plan.other_blocks.join("、")));
    }
}

/// The sums.
pub fn sums(plan: &Plan) {
    let sums = plan.sums();
    say(&format!(
        "新しい世帯 {}、新しい方 {}人、変更 {}行、そのまま {}行、確かめたいこと {}件、取り込まない行 {}、名簿にない方 {}人",
        sums.new_homes, sums.new_people, sums.changed, sums.unchanged, sums.questions, sums.left_out, sums.removals
    ));
}

fn told(plan: &Plan, outcome: &Outcome) -> Option<String> {
    Some(match outcome {
        Outcome::Nothing(Nothing::Duplicate { of }) => format!("{of}行目と同じなので取り込みません"),
        Outcome::Nothing(Nothing::Vacant) => "空き家・転出なので取り込みません".to_owned(),
        Outcome::Nothing(_) | Outcome::Unchanged | Outcome::NewHome { .. } | Outcome::NewMember => return None,
        Outcome::HomeMoved { from, to } => format!("{from}から{to}へ移ります"),
        Outcome::NewPerson { name } => format!("{name}さんが加わります"),
        Outcome::PersonMoved { name, from } => format!("{name}さんが{from}さん方から移ります"),
        Outcome::Changed { field, from, to } => {
            let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "なし".to_owned());
            match field {
                // What stands there is nobody's business on a screen.
                Field::Telephone | Field::Note => format!("{}が変わります", word(*field)),
                field => format!("{}を「{}」から「{}」に直します", word(*field), said(from), said(to)),
            }
        }
        Outcome::Role { name, word } => format!("{name}さんを{word}にします"),
        Outcome::Remark(word) => format!("役職「{word}」は取り込みません"),
        Outcome::Asked(key) => {
            let asked = plan.questions.iter().find(|question| question.key == *key);
            format!("確かめるまで取り込みません。{}", asked.map(|question| question.text.as_str()).unwrap_or_default())
        }
        Outcome::LeftOut(why) => format!("取り込みません。{}", reason(*why)),
    })
}

const fn word(field: Field) -> &'static str {
    match field {
        Field::Name => "氏名",
        Field::Reading => "ふりがな",
        Field::HomeName => "世帯の名前",
        Field::HomeReading => "世帯のふりがな",
        Field::Delivery => "配布",
        Field::Telephone => "電話",
        Field::Note => "備考",
    }
}

fn reason(why: LeftOut) -> String {
    match why {
        LeftOut::Unfit => "名前が長すぎるか、使えない文字があります".to_owned(),
        LeftOut::WhichBlock => "どの班かわかりません（--block で指定できます）".to_owned(),
        LeftOut::NumberTwice => "同じ世帯番号の行が前にあります".to_owned(),
        LeftOut::WaitingHome => "世帯のことを確かめるまで待ちます".to_owned(),
        LeftOut::Doubt(doubt) => match doubt {
            Doubt::NoName => "名前がありません".to_owned(),
            Doubt::NoBlock => "班がわかりません".to_owned(),
            Doubt::NoHead => "どの世帯の方かわかりません".to_owned(),
            Doubt::DoubtfulHome { of } => format!("{of}行目の世帯がはっきりしません"),
            Doubt::SameHead { of } => format!("{of}行目に同じ名前の世帯主がいます"),
            Doubt::TwoHomes { of } => format!("{of}行目の世帯に同じ名前の方がいます"),
            Doubt::WhoseFamily => "姓と名の境目がわからず、ご家族の姓が決められません".to_owned(),
            Doubt::Firm => "会社や施設の名前のようです".to_owned(),
            Doubt::LostCharacter => "名前の文字が壊れています".to_owned(),
            Doubt::Fields { found } => format!("列の数が見出しと合いません（{found}列）"),
        },
    }
}
