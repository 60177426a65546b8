//! The plan of the year: who stands where with each circular, and the figures that come of it, counted by hand from the letters.

/// A circular, how far each home gets with it, and the figures.
#[derive(Debug)]
pub struct Circular {
    /// 件名.
    pub title: &'static str,
    /// The blocks it goes to.
    pub to: &'static [&'static str],
    /// A letter per home, block by block, in the order of [`HOMES`] and what became of it: 見 acknowledged, 開 displayed, 届
    /// delivered, 未 not yet, 紙 still to be carried there, 渡 handed over, 代 confirmed by proxy.
    pub homes: &'static str,
    /// Of all its homes, then of each block: households, 見, 開, 届, 未, 紙, 渡, 代.
    pub figures: &'static [[u32; 8]],
}

/// What a delivery list comes to, block by block: to do, handed over, by proxy. It holds what somebody still waits for.
pub type Lists = [[u32; 3]; 3];

/// Every block.
pub const BLOCKS: [&str; 3] = ["1班", "2班", "3班"];
const ALL: &[&str] = &BLOCKS;

/// The homes of the spring, in the order of the roster; the paper homes stand last. In summer 伊藤 goes from 1班 to the end of
/// 2班, in autumn 木下 joins at the end of 3班, in winter 中村 is closed.
pub const HOMES: [&str; 3] =
    ["佐藤 鈴木 高橋 伊藤 渡辺 小林 加藤", "吉田 山田 佐々木 山口 松本 井上 中村", "木村 林 斎藤 清水 山崎 森"];

/// Circulars 1 to 8, from 4 April 2027 on, one every twelve days.
#[rustfmt::skip]
pub const SPRING: [Circular; 8] = [
    Circular { title: "総会のお知らせ", to: ALL, homes: "見見見見開渡代 見見見届渡渡代 見開見渡代紙", figures: &[[20, 9, 2, 1, 0, 1, 4, 3], [7, 4, 1, 0, 0, 0, 1, 1], [7, 3, 0, 1, 0, 0, 2, 1], [6, 2, 1, 0, 0, 1, 1, 1]] },
    Circular { title: "春の清掃", to: ALL, homes: "見見届見見渡紙 見開見見渡紙渡 見見届渡代渡", figures: &[[20, 9, 1, 2, 0, 2, 5, 1], [7, 4, 0, 1, 0, 1, 1, 0], [7, 3, 1, 0, 0, 1, 2, 0], [6, 2, 0, 1, 0, 0, 2, 1]] },
    Circular { title: "排水溝の掃除", to: &["2班"], homes: "見見開見渡代紙", figures: &[[7, 3, 1, 0, 0, 1, 1, 1], [7, 3, 1, 0, 0, 1, 1, 1]] },
    Circular { title: "こどもの日の集い", to: ALL, homes: "見開見届見代渡 見見見見渡渡渡 見見見代代渡", figures: &[[20, 10, 1, 1, 0, 0, 5, 3], [7, 3, 1, 1, 0, 0, 1, 1], [7, 4, 0, 0, 0, 0, 3, 0], [6, 3, 0, 0, 0, 0, 1, 2]] },
    Circular { title: "防犯灯の点検", to: ALL, homes: "見見見見見渡渡 開見届見紙渡代 開届見渡代渡", figures: &[[20, 8, 2, 2, 0, 1, 5, 2], [7, 5, 0, 0, 0, 0, 2, 0], [7, 2, 1, 1, 0, 1, 1, 1], [6, 1, 1, 1, 0, 0, 2, 1]] },
    Circular { title: "田植え体験", to: ALL, homes: "見見届見開紙渡 見届見見渡代紙 見見開渡代紙", figures: &[[20, 8, 2, 2, 0, 3, 3, 2], [7, 3, 1, 1, 0, 1, 1, 0], [7, 3, 0, 1, 0, 1, 1, 1], [6, 2, 1, 0, 0, 1, 1, 1]] },
    Circular { title: "ごみ出しの変更", to: ALL, homes: "見見見開見代代 見見見見渡渡紙 見見届紙代渡", figures: &[[20, 10, 1, 1, 0, 2, 3, 3], [7, 4, 1, 0, 0, 0, 0, 2], [7, 4, 0, 0, 0, 1, 2, 0], [6, 2, 0, 1, 0, 1, 1, 1]] },
    Circular { title: "夏祭りの準備", to: ALL, homes: "見見開見届紙渡 見見開見渡代紙 届見見渡代紙", figures: &[[20, 8, 2, 2, 0, 3, 3, 2], [7, 3, 1, 1, 0, 1, 1, 0], [7, 3, 1, 0, 0, 1, 1, 1], [6, 2, 0, 1, 0, 1, 1, 1]] },
];

/// 9 to 16. 伊藤 moves after the tenth, and answers it only then; the 13th is withdrawn, the 15th is an emergency.
#[rustfmt::skip]
pub const SUMMER: [Circular; 8] = [
    Circular { title: "ラジオ体操", to: ALL, homes: "見見見届見渡渡 見見見開渡代渡 見開見渡代渡", figures: &[[20, 9, 2, 1, 0, 0, 6, 2], [7, 4, 0, 1, 0, 0, 2, 0], [7, 3, 1, 0, 0, 0, 2, 1], [6, 2, 1, 0, 0, 0, 2, 1]] },
    Circular { title: "夏祭りの当番", to: ALL, homes: "見見開見見渡代 見見見見渡渡渡 見見届紙代渡", figures: &[[20, 10, 1, 1, 0, 1, 5, 2], [7, 4, 1, 0, 0, 0, 1, 1], [7, 4, 0, 0, 0, 0, 3, 0], [6, 2, 0, 1, 0, 1, 1, 1]] },
    Circular { title: "夏祭り", to: ALL, homes: "見見見見渡紙 見見見見渡渡代見 見見見渡代渡", figures: &[[20, 12, 0, 0, 0, 1, 5, 2], [6, 4, 0, 0, 0, 1, 1, 0], [8, 5, 0, 0, 0, 0, 2, 1], [6, 3, 0, 0, 0, 0, 2, 1]] },
    Circular { title: "草刈り", to: ALL, homes: "見見開届代渡 見開見見紙代渡見 開見見渡代渡", figures: &[[20, 8, 3, 1, 0, 1, 4, 3], [6, 2, 1, 1, 0, 0, 1, 1], [8, 4, 1, 0, 0, 1, 1, 1], [6, 2, 1, 0, 0, 0, 2, 1]] },
    Circular { title: "納涼会", to: ALL, homes: "見見届届渡紙 見届届届紙紙紙届 届届見渡代紙", figures: &[[20, 4, 0, 8, 0, 5, 2, 1], [6, 2, 0, 2, 0, 1, 1, 0], [8, 1, 0, 4, 0, 3, 0, 0], [6, 1, 0, 2, 0, 1, 1, 1]] },
    Circular { title: "敬老会の名簿", to: ALL, homes: "見届見見渡渡 見見見開渡渡代届 見見届代代渡", figures: &[[20, 8, 1, 3, 0, 0, 5, 3], [6, 3, 0, 1, 0, 0, 2, 0], [8, 3, 1, 1, 0, 0, 2, 1], [6, 2, 0, 1, 0, 0, 1, 2]] },
    Circular { title: "台風が近づいています", to: ALL, homes: "見見見見代代 見見見見代代代見 見見見代代代", figures: &[[20, 12, 0, 0, 0, 0, 0, 8], [6, 4, 0, 0, 0, 0, 0, 2], [8, 5, 0, 0, 0, 0, 0, 3], [6, 3, 0, 0, 0, 0, 0, 3]] },
    Circular { title: "防災訓練", to: ALL, homes: "見見届見渡紙 見見開見渡渡紙開 見届見渡代渡", figures: &[[20, 8, 2, 2, 0, 2, 5, 1], [6, 3, 0, 1, 0, 1, 1, 0], [8, 3, 2, 0, 0, 1, 2, 0], [6, 2, 0, 1, 0, 0, 2, 1]] },
];

/// 17 to 23. 木下 joins after the 18th.
#[rustfmt::skip]
pub const AUTUMN: [Circular; 7] = [
    Circular { title: "秋の清掃", to: ALL, homes: "見見見開渡渡 見見届見渡代渡見 見見見渡代紙", figures: &[[20, 10, 1, 1, 0, 1, 5, 2], [6, 3, 1, 0, 0, 0, 2, 0], [8, 4, 0, 1, 0, 0, 2, 1], [6, 3, 0, 0, 0, 1, 1, 1]] },
    Circular { title: "赤い羽根の募金", to: ALL, homes: "見開見見紙代 見見見届渡渡代見 見届見渡代渡", figures: &[[20, 9, 1, 2, 0, 1, 4, 3], [6, 3, 1, 0, 0, 1, 0, 1], [8, 4, 0, 1, 0, 0, 2, 1], [6, 2, 0, 1, 0, 0, 2, 1]] },
    Circular { title: "運動会", to: ALL, homes: "見見見見渡渡 見見見見渡渡渡開 見見見渡代渡見", figures: &[[21, 12, 1, 0, 0, 0, 7, 1], [6, 4, 0, 0, 0, 0, 2, 0], [8, 4, 1, 0, 0, 0, 3, 0], [7, 4, 0, 0, 0, 0, 2, 1]] },
    Circular { title: "ごみ置き場の当番", to: &["3班"], homes: "見見開渡代紙見", figures: &[[7, 3, 1, 0, 0, 1, 1, 1], [7, 3, 1, 0, 0, 1, 1, 1]] },
    Circular { title: "文化祭", to: ALL, homes: "見届見見代渡 見見開見渡紙渡見 開見見紙代渡届", figures: &[[21, 9, 2, 2, 0, 2, 4, 2], [6, 3, 0, 1, 0, 0, 1, 1], [8, 4, 1, 0, 0, 1, 2, 0], [7, 2, 1, 1, 0, 1, 1, 1]] },
    Circular { title: "火の用心", to: ALL, homes: "見見見届渡紙 見見見見代渡代見 見見見渡代渡見", figures: &[[21, 12, 0, 1, 0, 1, 4, 3], [6, 3, 0, 1, 0, 1, 1, 0], [8, 5, 0, 0, 0, 0, 1, 2], [7, 4, 0, 0, 0, 0, 2, 1]] },
    Circular { title: "もちつき", to: ALL, homes: "見見開見渡渡 開見見見渡渡紙見 見開届渡代代見", figures: &[[21, 9, 3, 1, 0, 1, 5, 2], [6, 3, 1, 0, 0, 0, 2, 0], [8, 4, 1, 0, 0, 1, 2, 0], [7, 2, 1, 1, 0, 0, 1, 2]] },
];

/// 24 to 30. 中村 dies after the 25th, and the phone of 渡辺 breaks; after the 28th 山崎 is served by app; the new chair sends the 30th.
#[rustfmt::skip]
pub const WINTER: [Circular; 7] = [
    Circular { title: "年末の見回り", to: ALL, homes: "見見見届渡渡 見見見見渡代紙見 見見見渡代渡見", figures: &[[21, 12, 0, 1, 0, 1, 5, 2], [6, 3, 0, 1, 0, 0, 2, 0], [8, 5, 0, 0, 0, 1, 1, 1], [7, 4, 0, 0, 0, 0, 2, 1]] },
    Circular { title: "どんど焼き", to: ALL, homes: "見開見見代渡 見見届見渡渡渡開 見届見渡代紙見", figures: &[[21, 9, 2, 2, 0, 1, 5, 2], [6, 3, 1, 0, 0, 0, 1, 1], [8, 3, 1, 1, 0, 0, 3, 0], [7, 3, 0, 1, 0, 1, 1, 1]] },
    Circular { title: "水道の凍結", to: ALL, homes: "見見見未渡渡 見見見開渡渡見 見見開渡代渡見", figures: &[[20, 10, 2, 0, 1, 0, 6, 1], [6, 3, 0, 0, 1, 0, 2, 0], [7, 4, 1, 0, 0, 0, 2, 0], [7, 3, 1, 0, 0, 0, 2, 1]] },
    Circular { title: "古紙の回収", to: ALL, homes: "見見届未代紙 見見見見渡代見 見開見渡代渡開", figures: &[[20, 9, 2, 1, 1, 1, 3, 3], [6, 2, 0, 1, 1, 1, 0, 1], [7, 5, 0, 0, 0, 0, 1, 1], [7, 2, 2, 0, 0, 0, 2, 1]] },
    Circular { title: "来年度の役員", to: ALL, homes: "見見見未渡代 見見開見代渡見 見見見代代紙見", figures: &[[20, 11, 1, 0, 1, 1, 2, 4], [6, 3, 0, 0, 1, 0, 1, 1], [7, 4, 1, 0, 0, 0, 1, 1], [7, 4, 0, 0, 0, 1, 0, 2]] },
    Circular { title: "会費の集金", to: ALL, homes: "見開見未渡渡 見見見届渡渡見 見見届渡見渡見", figures: &[[20, 10, 1, 2, 1, 0, 6, 0], [6, 2, 1, 0, 1, 0, 2, 0], [7, 4, 0, 1, 0, 0, 2, 0], [7, 4, 0, 1, 0, 0, 2, 0]] },
    Circular { title: "新年度の総会", to: ALL, homes: "見見届未渡紙 見見見見代渡見 見見見渡見渡見", figures: &[[20, 12, 0, 1, 1, 1, 4, 1], [6, 2, 0, 1, 1, 1, 1, 0], [7, 5, 0, 0, 0, 0, 1, 1], [7, 5, 0, 0, 0, 0, 2, 0]] },
];

/// 田植え体験 as it stood before another day was named for it: everybody is asked anew, and these answers count no more.
#[rustfmt::skip]
pub const BEFORE_THE_CORRECTION: Circular =
    Circular { title: "田植え体験", to: ALL, homes: "見見見見見渡渡 見見見見渡代代 見見見渡代渡", figures: &[[20, 12, 0, 0, 0, 0, 5, 3], [7, 5, 0, 0, 0, 0, 2, 0], [7, 4, 0, 0, 0, 0, 1, 2], [6, 3, 0, 0, 0, 0, 2, 1]] };
