//! 紙でお届けの世帯: the delivery list, a page for each block, that a block leader takes along on the way.

use crate::{Error, console::Deliveries};
use askama::Template;
use chrono::Datelike;
use kairan_protocol::{
    delivery::{BlockDelivery, CarriedNotice, Copies},
    paper::Carried,
    time::{Timestamp, ZoneOffsets},
};

/// So many notices stand side by side on one page: each box is wide enough for a thick pen.
const COLUMNS: usize = 6;

/// Every page.
#[derive(Template)]
#[template(path = "delivery.html")]
struct Pages {
    group: String,
    day: String,
    sheets: Vec<Page>,
}

/// One block, or a part of what is carried there.
struct Page {
    block: String,
    /// 「2枚のうち1枚目」, where one page is not enough.
    part: Option<String>,
    notices: Vec<Column>,
    homes: Vec<Row>,
    /// Homes with a box to tick.
    waiting: usize,
    copies: Copies,
}

/// What is carried.
struct Column {
    number: String,
    title: String,
    day: String,
    to_do: u32,
}

/// A home and its boxes.
struct Row {
    name: String,
    boxes: Vec<Option<Carried>>,
}

/// The delivery list as one HTML file.
///
/// # Errors
/// [`Error::Making`].
pub fn page(deliveries: &Deliveries) -> Result<String, Error> {
    let pages = Pages {
        group: deliveries.group.clone(),
        day: day(deliveries.at, &deliveries.offsets),
        sheets: deliveries.blocks.iter().flat_map(|block| pages(block, &deliveries.offsets)).collect(),
    };
    pages.render().map_err(|error| Error::Making(error.to_string()))
}

fn pages(block: &BlockDelivery, offsets: &ZoneOffsets) -> Vec<Page> {
    let parts = block.notices.len().div_ceil(COLUMNS);
    let page = |(place, notices): (usize, &[CarriedNotice])| {
        let columns = place * COLUMNS..place * COLUMNS + notices.len();
        let boxes = |home: &kairan_protocol::delivery::CarriedHome| Row {
            name: home.name.clone(),
            boxes: home.notices.get(columns.clone()).unwrap_or_default().to_vec(),
        };
        let homes: Vec<Row> =
            block.homes.iter().map(boxes).filter(|home| home.boxes.iter().any(Option::is_some)).collect();
        let copies = homes.iter().flat_map(|home| &home.boxes).flatten().copied().fold(Copies::default(), Copies::with);
        Page {
            block: block.name.clone(),
            part: (parts > 1).then(|| format!("{parts}枚のうち{}枚目", place + 1)),
            notices: (columns.start + 1..)
                .zip(notices)
                .map(|(number, notice)| column(number, notice, offsets))
                .collect(),
            waiting: homes.iter().filter(|home| home.boxes.contains(&Some(Carried::ToDo))).count(),
            homes,
            copies,
        }
    };
    block.notices.chunks(COLUMNS).enumerate().map(page).collect()
}

fn column(number: usize, notice: &CarriedNotice, offsets: &ZoneOffsets) -> Column {
    Column {
        number: circled(number),
        title: notice.title.clone(),
        day: day(notice.at, offsets),
        to_do: notice.copies.to_do,
    }
}

/// ① to ⑳; larger ones as they are.
fn circled(number: usize) -> String {
    let letters = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳";
    let letter = number.checked_sub(1).and_then(|place| letters.chars().nth(place));
    letter.map_or_else(|| number.to_string(), String::from)
}

/// 「11月22日（日）」.
fn day(at: Timestamp, offsets: &ZoneOffsets) -> String {
    let date = offsets.day_of(at).date();
    let weekday = ["月", "火", "水", "木", "金", "土", "日"][date.weekday().num_days_from_monday() as usize];
    format!("{}月{}日（{weekday}）", date.month(), date.day())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test says so")]
    use super::*;
    use kairan_protocol::{
        delivery::{Asked, Listed, Wanted, of_block},
        id::{GroupId, NoticeId},
        tally::HomeStage,
    };

    fn list(titles: &[&str], homes: &[(&str, HomeStage)]) -> Deliveries {
        let ids = (11..).map(GroupId::from_number);
        let at: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        let listed: Vec<_> =
            ids.zip(homes).map(|(home, (name, _))| Listed { home, name: (*name).to_owned(), paper: true }).collect();
        let stages = listed.iter().zip(homes).map(|(listed, (_, stage))| (listed.home, *stage));
        let asked = (1_u128..).zip(titles).map(|(number, title)| Asked {
            notice: NoticeId::from_bytes(number.to_be_bytes()),
            title: (*title).to_owned(),
            at,
            homes: stages.clone().collect(),
        });
        let block = of_block((GroupId::from_number(1), "1班"), &listed, asked.collect(), Wanted::Open);
        Deliveries {
            group: "緑ヶ丘町内会".to_owned(),
            blocks: block.into_iter().collect(),
            at,
            offsets: ZoneOffsets::fixed(32_400),
        }
    }

    #[test]
    fn the_list_has_a_box_for_each_copy_and_says_how_many_to_take_along() {
        let homes = [("渡辺", HomeStage::Paper), ("中村", HomeStage::Paper), ("吉田", HomeStage::PaperHanded)];
        let html = page(&list(&["秋の一斉清掃"], &homes)).unwrap();
        assert_eq!(html.matches("class=\"box\"").count(), 2, "one for each copy to carry");
        for part in
            ["緑ヶ丘町内会", "1班", "11月22日（日）", "秋の一斉清掃", "2世帯へ", "2部", "渡辺", "中村", "吉田", "済"]
        {
            assert!(html.contains(part), "{part}");
        }
    }

    #[test]
    fn what_somebody_typed_is_text_on_the_page_and_nothing_else() {
        let html = page(&list(&["<script>alert(1)</script>"], &[("\"><img src=x>", HomeStage::Paper)])).unwrap();
        assert!(!html.contains("<script>") && !html.contains("<img"));
        assert!(html.contains("&#60;script&#62;"));
    }

    #[test]
    fn more_notices_than_fit_side_by_side_go_on_with_another_page() {
        let titles = ["一", "二", "三", "四", "五", "六", "七"];
        let html = page(&list(&titles, &[("渡辺", HomeStage::Paper)])).unwrap();
        assert_eq!(html.matches("<section").count(), 2);
        assert!(html.contains("2枚のうち2枚目"));
        assert_eq!(html.matches("class=\"box\"").count(), 7);
        assert!(html.contains("⑦"), "no number stands for two of them");
    }

    #[test]
    fn where_nothing_is_to_be_carried_the_page_says_so() {
        let html = page(&list(&["秋の一斉清掃"], &[("渡辺", HomeStage::PaperHanded)])).unwrap();
        assert!(html.contains("お届けする紙はありません"));
    }

    #[test]
    fn nothing_on_the_page_comes_from_elsewhere() {
        let html = page(&list(&["秋の一斉清掃"], &[("渡辺", HomeStage::Paper)])).unwrap();
        assert!(["http", "src=", "@import", "url("].iter().all(|outside| !html.contains(outside)));
    }
}
