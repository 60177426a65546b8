//! The districts the stories are set in, as the `district.toml` a volunteer would write.

use std::fmt::Write as _;

/// みどり市: two federations, three associations, five blocks, thirteen homes of which three are served on paper.
///
/// | group | homes | people with a part in the stories |
/// |---|---|---|
/// | みどり市 | 13, 3 on paper | 市民課 係員 (staff), 連合 一夫 (officer), 民生 総代 (commissioner elsewhere only when a story says so) |
/// | 緑ヶ丘町内会 | 7, 2 on paper | 佐藤 一郎 (chair), 田中 実 (officer), 山本 文子 (commissioner of its team) |
/// | 緑ヶ丘1班 | 佐藤, 鈴木, 高橋, 渡辺 on paper | 鈴木 次郎 (leader), 高橋 キク and 高橋 健, guest 高橋 遠子 |
/// | 緑ヶ丘2班 | 伊藤, 山本, 中村 on paper | 伊藤 三郎 (leader) |
/// | 東山町内会 | 4, 1 on paper | 小林 茂 (chair); no team |
/// | 東山1班 | 小林, 加藤, 吉田 on paper | 加藤 愛 |
/// | 東山2班 | 山田 | 山田 太郎 |
/// | 港町内会 | 2 | 松本 清 (chair), 井上 直 |
pub const MIDORI: &str = r#"
name = "みどり市"
zone = "Asia/Tokyo"
addresses = ["ADDRESS"]
first_officer = "連合 一夫"

[[staff]]
name = "市民課 係員"
[[staff]]
name = "連合 一夫"
[[staff]]
name = "田中 実"

[[federation]]
name = "東部連合町内会"

[[federation.association]]
name = "緑ヶ丘町内会"
[[federation.association.team]]
name = "緑ヶ丘 民生委員"
[[federation.association.block]]
name = "緑ヶ丘1班"
[[federation.association.block.household]]
name = "佐藤"
people = ["佐藤 一郎", "佐藤 花子"]
[[federation.association.block.household]]
name = "鈴木"
people = ["鈴木 次郎"]
[[federation.association.block.household]]
name = "高橋"
people = ["高橋 キク", "高橋 健"]
[[federation.association.block.household]]
name = "渡辺"
paper = true
people = ["渡辺 トメ"]
[[federation.association.block]]
name = "緑ヶ丘2班"
[[federation.association.block.household]]
name = "伊藤"
people = ["伊藤 三郎"]
[[federation.association.block.household]]
name = "山本"
people = ["山本 文子"]
[[federation.association.block.household]]
name = "中村"
paper = true
people = ["中村 ヨシ"]

[[federation.association]]
name = "東山町内会"
[[federation.association.block]]
name = "東山1班"
[[federation.association.block.household]]
name = "小林"
people = ["小林 茂"]
[[federation.association.block.household]]
name = "加藤"
people = ["加藤 愛"]
[[federation.association.block.household]]
name = "吉田"
paper = true
people = ["吉田 フミ"]
[[federation.association.block]]
name = "東山2班"
[[federation.association.block.household]]
name = "山田"
people = ["山田 太郎"]

[[federation]]
name = "西部連合町内会"
[[federation.association]]
name = "港町内会"
[[federation.association.block]]
name = "港1班"
[[federation.association.block.household]]
name = "松本"
people = ["松本 清"]
[[federation.association.block.household]]
name = "井上"
people = ["井上 直"]

[[role]]
person = "市民課 係員"
group = "みどり市"
kind = "municipal_staff"
[[role]]
person = "連合 一夫"
group = "みどり市"
kind = "officer"
[[role]]
person = "佐藤 一郎"
group = "緑ヶ丘町内会"
kind = "chair"
[[role]]
person = "田中 実"
group = "緑ヶ丘町内会"
kind = "officer"
[[role]]
person = "鈴木 次郎"
group = "緑ヶ丘1班"
kind = "block_leader"
[[role]]
person = "伊藤 三郎"
group = "緑ヶ丘2班"
kind = "block_leader"
[[role]]
person = "山本 文子"
group = "緑ヶ丘 民生委員"
kind = "commissioner"
[[role]]
person = "小林 茂"
group = "東山町内会"
kind = "chair"
[[role]]
person = "松本 清"
group = "港町内会"
kind = "chair"

[[guest]]
name = "高橋 遠子"
of = "高橋 キク"
"#;

/// 隣の市: another district altogether, whose tokens and invites mean nothing in みどり市.
pub const TONARI: &str = r#"
name = "隣の市"
zone = "Asia/Tokyo"
addresses = ["ADDRESS"]
first_officer = "隣 会長"
[[association]]
name = "隣町内会"
[[association.block]]
name = "隣1班"
[[association.block.household]]
name = "隣"
people = ["隣 会長", "隣 住人"]
[[role]]
person = "隣 会長"
group = "隣町内会"
kind = "chair"
"#;

/// One association whose only block has as many homes as wanted, one person each: 「住人 1」, 「住人 2」 and so on.
#[must_use]
pub fn crowd(homes: usize) -> String {
    let mut text = String::from(
        r#"
name = "大きな町"
zone = "Asia/Tokyo"
addresses = ["ADDRESS"]
first_officer = "町 会長"
[[staff]]
name = "町 会長"
[[association]]
name = "大町内会"
[[association.block]]
name = "大1班"
"#,
    );
    for home in 1..=homes {
        let _ = write!(text, "[[association.block.household]]\nname = \"家 {home}\"\npeople = [\"住人 {home}\"]\n");
    }
    text.push_str("[[role]]\nperson = \"町 会長\"\ngroup = \"大町内会\"\nkind = \"chair\"\n");
    text
}

/// The same with a commissioners' team, 「大町 民生委員」, worked by 「民生 委員」.
#[must_use]
pub fn crowd_with_team(homes: usize) -> String {
    let team = "[[association]]\nname = \"大町内会\"\n[[association.team]]\nname = \"大町 民生委員\"\n";
    let mut text = crowd(homes).replace("[[association]]\nname = \"大町内会\"\n", team);
    text.push_str("[[staff]]\nname = \"民生 委員\"\n");
    text.push_str("[[role]]\nperson = \"民生 委員\"\ngroup = \"大町 民生委員\"\nkind = \"commissioner\"\n");
    text
}
