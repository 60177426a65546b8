//! The words of the screens, for single things.

use crate::phone::Trouble;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};
use kairan_core::records::{AlertKind, Carried, GroupKind, HomeStage, Mood, NoticeKind};

pub const SAVED: &str = "まだ送っていません。この電話に保存しました。つながると自動で送ります。";
pub const OUT_OF_REACH: &str = "つながっていません。この電話にあるものを使います。";

pub const fn mood(mood: Mood) -> &'static str {
    match mood {
        Mood::Good => "良い",
        Mood::Fair => "普通",
        Mood::Talk => "相談したい",
    }
}

/// What a notification is about; `again`: the talk was told before, and nobody has looked.
pub const fn alert(kind: AlertKind, again: bool) -> &'static str {
    match (kind, again) {
        (AlertKind::Emergency, _) => "緊急のお知らせ",
        (AlertKind::Talk, false) => "相談したい",
        (AlertKind::Talk, true) => "相談したい（まだどなたも見ていません）",
    }
}

pub const fn kind(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Circular => "回覧",
        NoticeKind::Notice => "お知らせ",
        NoticeKind::Emergency => "緊急のお知らせ",
    }
}

pub const fn stage(stage: HomeStage) -> &'static str {
    match stage {
        HomeStage::Paper => "紙でこれからお届け",
        HomeStage::NotYet => "まだ届いていない",
        HomeStage::PaperHanded => "紙でお渡し",
        HomeStage::Delivered => "届いた",
        HomeStage::Displayed => "開いた",
        HomeStage::Proxy => "代理で確認",
        HomeStage::Acknowledged => "確認した",
    }
}

pub const fn carried(state: Carried) -> &'static str {
    match state {
        Carried::ToDo => "□",
        Carried::Handed => "紙でお渡し",
        Carried::Proxy => "代理で確認",
    }
}

pub const fn group(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::District => "地区",
        GroupKind::Federation => "連合町内会",
        GroupKind::Association => "町内会",
        GroupKind::Block => "班",
        GroupKind::Household => "世帯",
        GroupKind::Team => "民生委員",
    }
}

pub fn role(kind: kairan_core::records::RoleKind) -> &'static str {
    use kairan_core::records::RoleKind;
    match kind {
        RoleKind::Chair => "会長",
        RoleKind::Officer => "役員",
        RoleKind::BlockLeader => "班長",
        RoleKind::Commissioner => "民生委員",
        RoleKind::MunicipalStaff => "市の担当者",
        RoleKind::Steward => "システム担当",
    }
}

/// What an op was about.
pub fn op(word: &str) -> &'static str {
    match word {
        "receipt" => "確認",
        "check_in" => "体調",
        "consent" => "同意",
        "take_back" => "取り消し",
        "paper_receipt" => "紙でお渡し・代理で確認",
        "post" => "回覧を送る",
        "correct" => "訂正",
        "withdraw" => "取り下げ",
        "leave" => "利用をやめる",
        "revoke" => "電話の利用停止",
        _ => "役員の仕事",
    }
}

/// Why something was refused, by its stable code.
pub fn code(code: &str) -> String {
    let sentence = match code {
        "not_allowed" | "own_role" | "wrong_place" => "この役職ではできません。",
        "role_ended" => "役職の任期が終わっています。",
        "shared_device" => "何人かで使う電話では、役職の仕事はできません。",
        "conflict" => "ほかの方が先に直しました。もう一度開いてください。",
        "withdrawn" => "この回覧は取り下げられました。",
        "no_team" => "民生委員につながりません。お電話でご相談ください。",
        "consent_needed" => "体調を民生委員に伝えるには、同意がいります。同意する場合は --agree をつけてください。",
        "stale" => "送られないまま時間がたちました。もう一度送ってください。",
        "on_the_wire" => "送っている途中です。答えを待ってください。",
        "invite_used" => "このご案内は使い終わっています。班長にお声がけください。",
        "invite_unknown" => "番号が違います。紙の番号とくらべてください。",
        "invite_expired" | "invite_void" => "このご案内は古くなっています。班長にお声がけください。",
        "another_identity" => "確認番号が紙と違います。紙をもう一度見てください。",
        "another_neighbourhood" => "この電話は、別の町内会に参加しています。",
        "bad_code" => "番号が正しくありません。紙の番号とくらべてください。",
        "revoked" => "この電話での利用は終わりました。",
        "device_unknown" => "町内会の機械がこの電話を覚えていません。記録は残してあります。",
        "later" => "町内会の記録がまだ戻っていません。戻ると自動で送ります。",
        "handing_back" => "町内会の機械が控えから戻りました。もう一度お届けしています。",
        "disk_full" => "空きがありません。",
        "damaged" => "保存が壊れています。もう一度開くと、読めるものを残して続けます。",
        "offline" => "インターネットにつながっていません。つながる場所でもう一度お試しください。",
        "unknown" => "見つかりません。",
        other => return format!("できませんでした（{other}）。"),
    };
    sentence.to_owned()
}

pub fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Call(error) => code(&error.code),
        Trouble::NotFound(what) => format!("「{what}」は見つかりません。"),
        Trouble::Several(what, names) => {
            format!("「{what}」にあてはまるものがいくつかあります: {}", names.join("、"))
        }
        Trouble::WhoIsIt(names) => format!("どなたですか。--as で選んでください: {}", names.join("、")),
        Trouble::NotJoined => {
            "まだ参加していません。案内の紙をご用意ください。ない方は班長にお声がけください。".to_owned()
        }
        Trouble::Own(what) => format!("できませんでした（{what}）。"),
    }
}

/// 「11月29日（日）」 of an ISO day; the text itself where it is none.
pub fn day(text: &str) -> String {
    text.parse::<NaiveDate>().map_or_else(
        |_| text.to_owned(),
        |day| {
            let weekday = ["月", "火", "水", "木", "金", "土", "日"][day.weekday().num_days_from_monday() as usize];
            format!("{}月{}日（{weekday}）", day.month(), day.day())
        },
    )
}

/// 「11月29日（日）9時05分」 in Japan, where every neighbourhood of today is.
pub fn time(millis: i64) -> String {
    let japan = FixedOffset::east_opt(9 * 60 * 60);
    let moment = DateTime::from_timestamp_millis(millis).zip(japan).map(|(at, japan)| at.with_timezone(&japan));
    moment.map_or_else(String::new, |at| {
        format!("{}{}時{:02}分", day(&at.date_naive().to_string()), at.hour(), at.minute())
    })
}
