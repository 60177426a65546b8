//! What goes out when a morning is played once more: the chairs send another circular, by their own cores.

use super::Town;
use crate::Error;
use kairan_core::records::{Draft, NoticeKind, Points};
use std::sync::Arc;

/// One after the other, and from the beginning again.
const LATER: [(&str, &str, &str); 3] = [
    (
        "清掃に来られない方へ",
        "当日お渡しできなかったごみ袋を班長が届けます",
        "一斉清掃に来られない方も、ご自宅の前を掃いていただければ十分です。\nごみ袋は、班長が玄関先までお届けします。お返事はいりません。",
    ),
    (
        "集会所の鍵の当番",
        "今月の当番は2班です",
        "集会所をお使いになる方は、前の日までに当番へお声がけください。\n使い終わったら、火の元と窓を確かめて、鍵を当番へお返しください。",
    ),
    (
        "資源回収のお礼",
        "次は来月の第2土曜日です",
        "今月の資源回収へのご協力、ありがとうございました。\n新聞と段ボールで、軽トラック3台分になりました。次回もよろしくお願いします。",
    ),
];

impl Town {
    /// Every chair sends the next circular to the whole association, and from now on that is the one of the morning.
    pub(super) async fn post_next(&self) -> Result<(), Error> {
        let (desks, number) = {
            let mut moving = self.moving();
            moving.mornings += 1;
            (moving.desks.clone(), moving.mornings - 1)
        };
        let (title, what, text) = LATER[number % LATER.len()];
        let mut circulars = Vec::with_capacity(desks.len());
        for desk in &desks {
            let draft = Draft {
                kind: NoticeKind::Circular,
                from: desk.group.to_string(),
                audience: vec![format!("board:{}", desk.group)],
                title: title.to_owned(),
                points: Points { what: Some(what.to_owned()), ..Points::default() },
                text: text.to_owned(),
                publish_at: None,
                until: None,
            };
            let kairan = Arc::clone(&desk.kairan);
            let failed = |error| Error::phone(&desk.person)(error);
            circulars.push(kairan.post(desk.person.clone(), draft).await.map_err(failed)?);
            kairan.sync().await.map_err(failed)?;
        }
        let mut moving = self.moving();
        moving.circulars = circulars;
        moving.answered.fill(false);
        Ok(())
    }
}
