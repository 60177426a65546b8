//! What a notice holds, as the description shows it.

use super::schema::{Day, Timestamp};
use kairan_protocol::notice::Change;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was posted.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// 回覧.
    Circular,
    /// お知らせ.
    Notice,
    /// 緊急のお知らせ.
    Emergency,
}

/// When something takes place.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct When {
    /// As it stands on the sheet.
    #[schema(min_length = 1, max_length = 200)]
    text: String,
    /// The first moment.
    starts: Option<Timestamp>,
    /// The last moment.
    ends: Option<Timestamp>,
}

/// By when something is to be done.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct ByWhen {
    /// As it stands on the sheet.
    #[schema(min_length = 1, max_length = 200)]
    text: String,
    /// The last day.
    day: Option<Day>,
}

/// The four points 要点.
#[derive(Default, Serialize, Deserialize, ToSchema)]
pub struct Points {
    /// いつ.
    when: Option<When>,
    /// どこで.
    #[serde(rename = "where")]
    place: Option<String>,
    /// すること.
    what: Option<String>,
    /// しめきり.
    by_when: Option<ByWhen>,
}

/// Field patches of a correction: absent keeps, null clears, a value sets.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct NoticePatch {
    /// A new 件名.
    title: Option<String>,
    /// A new 本文.
    text: Option<String>,
    /// いつ.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    #[schema(value_type = Option<When>)]
    when: Change<When>,
    /// どこで.
    #[serde(default, rename = "where", skip_serializing_if = "Change::is_keep")]
    #[schema(value_type = Option<String>)]
    place: Change<String>,
    /// すること.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    #[schema(value_type = Option<String>)]
    what: Change<String>,
    /// しめきり.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    #[schema(value_type = Option<ByWhen>)]
    by_when: Change<ByWhen>,
    /// Until when an emergency stays.
    #[serde(default, skip_serializing_if = "Change::is_keep")]
    #[schema(value_type = Option<Timestamp>)]
    until: Change<Timestamp>,
}
