//! What was sent in the pretend neighbourhood: sample circulars of the usual length, with their days counted from the day it is
//! opened.

use super::people::{ASSOCIATION, BLOCK, DISTRICT};
use chrono::{Datelike, NaiveTime};
use kairan_protocol::{
    id::{GroupId, NoticeId},
    notice::{ByWhen, NoticeKind, Points, When},
    time::{Day, Timestamp, ZoneOffsets},
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Which task a circular is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// To be opened, read aloud and sealed.
    Circular,
    /// To be put in the calendar.
    Event,
    /// None.
    Nothing,
}

/// The circulars the tasks lead to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leads {
    pub(super) circular: Option<NoticeId>,
    pub(super) event: Option<NoticeId>,
}

impl Lead {
    pub(super) const fn note(self, leads: &mut Leads, notice: NoticeId) {
        match self {
            Self::Circular => leads.circular = Some(notice),
            Self::Event => leads.event = Some(notice),
            Self::Nothing => {}
        }
    }
}

/// One of them.
pub(super) struct Written {
    pub(super) notice: NoticeKind,
    pub(super) from: GroupId,
    pub(super) at: Timestamp,
    pub(super) title: String,
    pub(super) points: Points,
    pub(super) text: String,
    pub(super) until: Option<Timestamp>,
    pub(super) lead: Lead,
}

/// The days of the pretend neighbourhood, as seen from the one it is opened on.
struct Calendar<'a> {
    now: Timestamp,
    today: Day,
    zone: &'a ZoneOffsets,
}

impl Calendar<'_> {
    fn day(&self, days: i64) -> Day {
        self.today.plus(days)
    }

    /// The first Sunday in so many days or later.
    fn sunday(&self, days: i64) -> Day {
        let day = self.day(days);
        day.plus((7 - i64::from(day.date().weekday().num_days_from_sunday())) % 7)
    }

    /// The first day of the next month.
    fn next_month(&self) -> Day {
        let date = self.today.date();
        let first = date.with_day(1).unwrap_or(date);
        Day::new(first.checked_add_months(chrono::Months::new(1)).unwrap_or(date))
    }

    /// A moment of a day.
    fn moment(&self, day: Day, hour: i64, minute: i64) -> Timestamp {
        let midnight = Timestamp::from_millis(day.date().and_time(NaiveTime::MIN).and_utc().timestamp_millis());
        let east = i64::from(self.zone.seconds_at(midnight)) * 1_000;
        midnight.plus_millis(hour * HOUR + minute * MINUTE - east)
    }

    /// A moment some days ago.
    fn ago(&self, days: i64, hour: i64) -> Timestamp {
        self.moment(self.day(-days), hour, 0)
    }

    fn when(&self, day: Day, text: &str, from: (i64, i64), to: (i64, i64)) -> When {
        When {
            text: format!("{} {text}", said(day)),
            starts: Some(self.moment(day, from.0, from.1)),
            ends: Some(self.moment(day, to.0, to.1)),
        }
    }
}

/// A day as it stands on a sheet: 「11月29日（日）」.
fn said(day: Day) -> String {
    const NAMES: [&str; 7] = ["日", "月", "火", "水", "木", "金", "土"];
    let date = day.date();
    let name = NAMES.get(date.weekday().num_days_from_sunday() as usize).copied().unwrap_or_default();
    format!("{}月{}日（{name}）", date.month(), date.day())
}

fn by(day: Day) -> ByWhen {
    ByWhen { text: format!("{}まで", said(day)), day: Some(day) }
}

/// Everything that was sent, the oldest first.
pub(super) fn written(now: Timestamp, zone: &ZoneOffsets) -> Vec<Written> {
    let calendar = Calendar { now, today: zone.day_of(now), zone };
    vec![
        duty(&calendar),
        health(&calendar),
        exercise(&calendar),
        light(&calendar),
        meeting(&calendar),
        rubbish(&calendar),
        cleaning(&calendar),
        tea(&calendar),
        drill(&calendar),
    ]
}

fn duty(calendar: &Calendar<'_>) -> Written {
    Written {
        notice: NoticeKind::Circular,
        from: BLOCK,
        at: calendar.ago(24, 18),
        title: "集会所のかぎ当番".to_owned(),
        points: Points {
            what: Some("当番の月に、集会所のかぎをお預かりください".to_owned()), ..Points::default()
        },
        text: "1班の集会所のかぎ当番は、次の順にお願いいたします。\n\n\
               例田、仮山、試野、型木、学本、手習、稽古、見本\n\n\
               当番の月は、朝に開けて、夕方に閉めてください。ご都合の悪い月は、早めに班長までお知らせください。"
            .to_owned(),
        until: None,
        lead: Lead::Nothing,
    }
}

fn health(calendar: &Calendar<'_>) -> Written {
    Written {
        notice: NoticeKind::Notice,
        from: DISTRICT,
        at: calendar.ago(18, 9),
        title: "健康診査の申し込みが始まりました".to_owned(),
        points: Points {
            place: Some("みほん市 保健センター".to_owned()),
            what: Some("はがきか電話で申し込んでください".to_owned()),
            by_when: Some(by(calendar.day(12))),
            ..Points::default()
        },
        text: "40歳以上の方は、年に一度、無料で健康診査を受けられます。血圧、血液、心電図などを調べます。時間は1時間ほどです。\n\n\
               申し込みのはがきは、市からお送りした封筒に入っています。なくされた方は、保健センターの窓口でお渡しします。\n\n\
               当日は、保険証と、飲んでいるお薬の名前がわかるものをお持ちください。朝の食事は、とらずにお越しください。"
            .to_owned(),
        until: None,
        lead: Lead::Nothing,
    }
}

fn exercise(calendar: &Calendar<'_>) -> Written {
    Written {
        notice: NoticeKind::Circular,
        from: ASSOCIATION,
        at: calendar.ago(15, 10),
        title: "防災訓練を行います".to_owned(),
        points: Points {
            when: Some(calendar.when(calendar.sunday(20), "朝9時から10時半", (9, 0), (10, 30))),
            place: Some("ひなた公園".to_owned()),
            what: Some("動きやすい服で、歩いてお集まりください".to_owned()),
            by_when: None,
        },
        text: "大きな地震があったと考えて、家から公園まで実際に歩いてみます。公園では、次のことをいたします。\n\n\
               一、班ごとに集まり、全員いるかをたしかめます。\n\
               二、消火器の使い方を練習します。水の出る練習用のものを使います。\n\
               三、防災倉庫の中を見て、何がどこにあるかを覚えます。\n\
               四、炊き出しの豚汁を皆でいただきます。\n\n\
               お一人で歩くのが不安な方は、班長がお迎えにまいります。どうぞご遠慮なくお知らせください。雨の日は集会所で行います。"
            .to_owned(),
        until: None,
        lead: Lead::Nothing,
    }
}

fn light(calendar: &Calendar<'_>) -> Written {
    Written {
        notice: NoticeKind::Notice,
        from: ASSOCIATION,
        at: calendar.ago(12, 16),
        title: "公園前の街灯がつきました".to_owned(),
        points: Points { place: Some("ひなた公園の入口".to_owned()), ..Points::default() },
        text: "消えていた公園前の街灯は、電球を取りかえて、昨夜からついています。お知らせくださった方、ありがとうございました。\n\n\
               ほかにも消えている街灯がありましたら、柱に書いてある番号を班長までお知らせください。"
            .to_owned(),
        until: None,
        lead: Lead::Nothing,
    }
}

fn meeting(calendar: &Calendar<'_>) -> Written {
    Written {
        notice: NoticeKind::Circular,
        from: ASSOCIATION,
        at: calendar.ago(9, 19),
        title: "町内会 定例会の報告".to_owned(),
        points: Points {
            what: Some("お読みください。ご意見は班長へお寄せください".to_owned()),
            by_when: Some(by(calendar.day(7))),
            ..Points::default()
        },
        text: "先日の定例会で話し合ったことを、ご報告いたします。出席は役員5名、班長8名でした。\n\n\
               一、会費について\n\
               今年度の会費は、これまでと同じく月300円です。納め方は、班長への手渡しのほか、年に一度まとめて納めることもできるようになりました。まとめて納めたい方は、班長にお申し出ください。領収書は、これまでどおり班長がお渡しします。\n\n\
               二、集会所の修理について\n\
               玄関の段差を低くし、手すりをつける工事をいたします。費用は18万円の見積もりで、そのうち9万円は市の補助を受けられる見込みです。工事は3日ほどで終わります。工事の間は玄関が使えませんので、裏の入口からお入りください。日が決まりましたら、あらためて回覧でお知らせします。\n\n\
               三、見守りについて\n\
               下校の時間に、交差点に立ってくださる方を探しています。週に一度、30分ほどでも助かります。旗と帽子は町内会でお貸しします。これまで続けてくださった皆さまには、心よりお礼を申し上げます。\n\n\
               四、回覧板について\n\
               紙の回覧板は、ご希望の世帯にこれからもお届けします。電話で読む方も、紙で読む方も、同じ内容です。電話の使い方がわからないときは、集会所のお茶会で、となりに座ってご一緒にいたします。何度お尋ねくださってもかまいません。\n\n\
               五、次の定例会\n\
               来月の第二土曜日、夜7時から集会所で行います。どなたでも傍聴できます。議題にしたいことがある方は、一週間前までに会長か班長へお知らせください。\n\n\
               以上です。ご質問やご意見は、会長か班長までお寄せください。"
            .to_owned(),
        until: None,
        lead: Lead::Nothing,
    }
}

fn rubbish(calendar: &Calendar<'_>) -> Written {
    let from = said(calendar.next_month());
    Written {
        notice: NoticeKind::Notice,
        from: DISTRICT,
        at: calendar.ago(6, 9),
        title: "ごみの出し方が変わります".to_owned(),
        points: Points {
            when: Some(When { text: format!("{from}から"), starts: None, ends: None }),
            place: Some("これまでと同じ集積所".to_owned()),
            what: Some("びんとかんを、別々の袋に入れてください".to_owned()),
            by_when: None,
        },
        text: format!(
            "{from}から、びんとかんを分けて集めます。どちらも中を水ですすぎ、透明な袋に入れてください。\n\n\
             燃やすごみの日は、これまでどおり火曜日と金曜日です。朝8時までに出してください。プラスチックは木曜日、紙と布は第一・第三水曜日です。\n\n\
             大きな家具は、前の週までに電話で申し込むと、家の前まで取りにまいります。集積所まで運ぶのがむずかしい方は、市の担当者にご相談ください。"
        ),
        until: None,
        lead: Lead::Nothing,
    }
}

fn cleaning(calendar: &Calendar<'_>) -> Written {
    let day = calendar.sunday(6);
    Written {
        notice: NoticeKind::Circular,
        from: ASSOCIATION,
        at: calendar.ago(4, 8),
        title: "町内いっせい清掃のお願い".to_owned(),
        points: Points {
            when: Some(calendar.when(day, "朝8時から9時半", (8, 0), (9, 30))),
            place: Some("ひなた公園の入口に集合".to_owned()),
            what: Some("軍手と帽子をお持ちください".to_owned()),
            by_when: None,
        },
        text: format!(
            "公園と通学路を、皆できれいにします。ほうき、ちりとり、袋は町内会で用意します。\n\n\
             班ごとに場所を分けます。1班は公園の花だんのまわりです。腰やひざに不安のある方は、受付や飲み物の係をお願いします。来られない方も、どうぞお気になさらないでください。\n\n\
             雨のときは、次の日曜日、{}に行います。行うかどうかは、当日の朝7時にお知らせします。",
            said(day.plus(7))
        ),
        until: None,
        lead: Lead::Event,
    }
}

fn tea(calendar: &Calendar<'_>) -> Written {
    Written {
        notice: NoticeKind::Circular,
        from: ASSOCIATION,
        at: calendar.ago(2, 10),
        title: "お茶会にいらっしゃいませんか".to_owned(),
        points: Points {
            when: Some(calendar.when(calendar.day(9), "午後1時半から3時", (13, 30), (15, 0))),
            place: Some("ひなた集会所".to_owned()),
            what: Some("来られる方は、班長にお知らせください".to_owned()),
            by_when: Some(by(calendar.day(5))),
        },
        text: "月に一度のお茶会を開きます。お茶とお菓子をいただきながら、ゆっくりお話ししませんか。今回は、いすに座ったままできる体操もいたします。\n\n\
               どなたでもお越しいただけます。お一人でも、初めての方も、どうぞお気軽に。費用は100円です。上ばきをお持ちください。\n\n\
               足もとに不安のある方は、お迎えにまいります。"
            .to_owned(),
        until: None,
        lead: Lead::Circular,
    }
}

/// An emergency as it looks, that nobody can take for one.
fn drill(calendar: &Calendar<'_>) -> Written {
    Written {
        notice: NoticeKind::Emergency,
        from: ASSOCIATION,
        at: calendar.now.plus_millis(-20 * MINUTE),
        title: "【練習】大雨に備える練習です".to_owned(),
        points: Points {
            place: Some("練習ですので、どこにも行かなくて大丈夫です".to_owned()),
            what: Some("開いて、「見ました」を押してみてください".to_owned()),
            ..Points::default()
        },
        text: "これは練習です。本当のお知らせではありません。\n\n\
               大雨のときなどに、町内会の役員が、このような形で急いでお知らせすることがあります。いちばん上に赤く出ます。\n\n\
               本当のときは、まず市の案内とテレビ、ラジオをたしかめてください。命の危険があるときは、119番へ電話してください。"
            .to_owned(),
        until: Some(calendar.now.plus_millis(24 * HOUR)),
        lead: Lead::Nothing,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test says so")]
    use super::*;
    use kairan_protocol::{feed::Audience, op::Command, validate};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn on_whatever_day_it_is_opened_everything_was_sent_before_and_every_day_named_is_ahead(
            now in 0_i64..4_000_000_000_000
        ) {
            let (now, zone) = (Timestamp::from_millis(now), ZoneOffsets::fixed(32_400));
            let today = zone.day_of(now);
            for one in written(now, &zone) {
                prop_assert!(one.at < now);
                let when = one.points.when.clone();
                prop_assert!(when.and_then(|when| when.starts).is_none_or(|starts| starts > now));
                let by_when = one.points.by_when.clone().and_then(|by| by.day);
                prop_assert!(by_when.is_none_or(|day| day > today));
                prop_assert!(one.until.is_none_or(|until| until > now));
                let command = Command::Post {
                    notice: one.notice,
                    from: one.from,
                    audience: vec![Audience::Board(one.from)],
                    title: one.title,
                    points: one.points,
                    text: one.text,
                    publish_at: None,
                    until: one.until,
                };
                prop_assert_eq!(validate::command(&command), Ok(()));
            }
        }
    }

    #[test]
    fn an_emergency_there_says_that_it_is_practice_and_never_that_it_is_a_warning() {
        let drills = written(Timestamp::from_millis(1_800_000_000_000), &ZoneOffsets::fixed(32_400));
        let emergency = drills.iter().find(|one| one.notice == NoticeKind::Emergency).unwrap();
        assert!(emergency.title.starts_with("【練習】") && emergency.text.starts_with("これは練習です。"));
        assert!(drills.iter().all(|one| !format!("{}{}", one.title, one.text).contains("警報")));
    }

    #[test]
    fn days_are_said_as_on_a_sheet() {
        let zone = ZoneOffsets::fixed(32_400);
        let calendar = Calendar { now: Timestamp::from_millis(0), today: "2026-11-29".parse().unwrap(), zone: &zone };
        assert_eq!(said(calendar.day(0)), "11月29日（日）");
        assert_eq!(said(calendar.sunday(6)), "12月6日（日）");
        assert_eq!(said(calendar.sunday(0)), "11月29日（日）");
        assert_eq!(said(calendar.next_month()), "12月1日（火）");
        assert_eq!(calendar.moment(calendar.day(0), 9, 30).to_string(), "2026-11-29T00:30:00.000Z");
    }
}
