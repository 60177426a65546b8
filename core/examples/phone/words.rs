//! The words of the screens, for single things.

use crate::{phone::Trouble, texts};
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike};
use kairan_core::{
    error::Error,
    records::{AlertKind, Carried, GroupKind, HomeStage, Mood, NoticeKind, RoleKind},
};

pub const SAVED: &str = texts::common::SAVED;
pub const OUT_OF_REACH: &str = "つながっていません。この電話にあるものを使います。";

pub const fn mood(mood: Mood) -> &'static str {
    match mood {
        Mood::Good => texts::terms::mood::GOOD,
        Mood::Fair => texts::terms::mood::FAIR,
        Mood::Talk => texts::terms::mood::TALK,
    }
}

/// What a notification is about; `again`: the talk was told before, and nobody has looked.
pub const fn alert(kind: AlertKind, again: bool) -> &'static str {
    match (kind, again) {
        (AlertKind::Emergency, _) => texts::terms::alert_kind::EMERGENCY,
        (AlertKind::Talk, false) => texts::terms::alert_kind::TALK,
        (AlertKind::Talk, true) => texts::terms::alert_kind::TALK_AGAIN,
    }
}

pub const fn kind(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Circular => texts::terms::notice_kind::CIRCULAR,
        NoticeKind::Notice => texts::terms::notice_kind::NOTICE,
        NoticeKind::Emergency => texts::terms::notice_kind::EMERGENCY,
    }
}

pub const fn stage(stage: HomeStage) -> &'static str {
    match stage {
        HomeStage::Paper => texts::terms::home_stage::PAPER,
        HomeStage::NotYet => texts::terms::home_stage::NOT_YET,
        HomeStage::PaperHanded => texts::terms::home_stage::PAPER_HANDED,
        HomeStage::Delivered => texts::terms::home_stage::DELIVERED,
        HomeStage::Displayed => texts::terms::home_stage::DISPLAYED,
        HomeStage::Proxy => texts::terms::home_stage::PROXY,
        HomeStage::Acknowledged => texts::terms::home_stage::ACKNOWLEDGED,
    }
}

/// As a list to tick off: what is still to be carried has an empty box.
pub const fn carried(state: Carried) -> &'static str {
    match state {
        Carried::ToDo => "□",
        Carried::Handed => texts::terms::paper_stage::HANDED,
        Carried::Proxy => texts::terms::paper_stage::PROXY,
    }
}

pub const fn group(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::District => texts::terms::group_kind::DISTRICT,
        GroupKind::Federation => texts::terms::group_kind::FEDERATION,
        GroupKind::Association => texts::terms::group_kind::ASSOCIATION,
        GroupKind::Block => texts::terms::group_kind::BLOCK,
        GroupKind::Household => texts::terms::group_kind::HOUSEHOLD,
        GroupKind::Team => texts::terms::group_kind::TEAM,
    }
}

pub const fn role(kind: RoleKind) -> &'static str {
    match kind {
        RoleKind::Chair => texts::terms::role_kind::CHAIR,
        RoleKind::Officer => texts::terms::role_kind::OFFICER,
        RoleKind::BlockLeader => texts::terms::role_kind::BLOCK_LEADER,
        RoleKind::Commissioner => texts::terms::role_kind::COMMISSIONER,
        RoleKind::MunicipalStaff => texts::terms::role_kind::MUNICIPAL_STAFF,
        RoleKind::Steward => texts::terms::role_kind::STEWARD,
    }
}

/// What an op was about.
pub fn op(word: &str) -> &'static str {
    texts::terms::op::named(word).unwrap_or("役員の仕事")
}

/// What happened and the one thing to do, by the stable code.
pub fn code(code: &str) -> String {
    match code {
        // Here a question is answered by an option.
        "consent_needed" => {
            "体調を民生委員に伝えるには、同意がいります。同意する場合は --agree をつけてください。".to_owned()
        }
        _ => texts::codes::named(code).map_or_else(|| format!("できませんでした（{code}）。"), str::to_owned),
    }
}

/// The same where the machine said it: some codes mean something else there.
fn problem(code: &str) -> String {
    texts::codes::named(&format!("problem_{code}")).map_or_else(|| self::code(code), str::to_owned)
}

pub fn trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Call(error) => match &error.error {
            Some(Error::Problem { problem: code, .. }) => problem(code),
            _ => code(&error.code),
        },
        Trouble::NotFound(what) => format!("「{what}」は見つかりません。"),
        Trouble::Several(what, names) => {
            format!("「{what}」にあてはまるものがいくつかあります: {}", names.join("、"))
        }
        Trouble::WhoIsIt(names) => format!("どなたですか。--as で選んでください: {}", names.join("、")),
        Trouble::NotJoined => code("not_joined"),
        Trouble::Own(what) => format!("できませんでした（{what}）。"),
    }
}

/// 「11月29日（日）」 of an ISO day; the text itself where it is none.
pub fn day(text: &str) -> String {
    text.parse::<NaiveDate>().map_or_else(
        |_| text.to_owned(),
        |day| {
            let weekday = texts::dates::weekday::named(&day.weekday().num_days_from_sunday().to_string());
            texts::dates::date_weekday(day.month(), day.day(), weekday.unwrap_or_default())
        },
    )
}

/// 「11月29日（日）9時05分」 in Japan, where every neighbourhood of today is.
pub fn time(millis: i64) -> String {
    let japan = FixedOffset::east_opt(9 * 60 * 60);
    let moment = DateTime::from_timestamp_millis(millis).zip(japan).map(|(at, japan)| at.with_timezone(&japan));
    moment.map_or_else(String::new, |at| {
        let time = texts::dates::time(at.hour(), format!("{:02}", at.minute()));
        format!("{}{time}", day(&at.date_naive().to_string()))
    })
}
