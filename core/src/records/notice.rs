//! Notices on a screen: lines of a list, the whole of one, the home screen, and what an officer writes.

use super::{
    case::TalkWay,
    person::Salvage,
    words::{Mood, NoticeKind, Stage},
};
use kairan_protocol::notice::{ByWhen, Change, NoticePatch, Points as Four, When};
use kairan_protocol::{tally, time::Timestamp};
use serde::{Deserialize, Serialize};

/// One notice in a list.
#[allow(clippy::struct_excessive_bools, reason = "a record for screens: each is a mark of its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct NoticeLine {
    /// Its id.
    pub id: String,
    /// The rev that is on the phone.
    pub rev: u32,
    /// What it is.
    pub kind: NoticeKind,
    /// 件名.
    pub title: String,
    /// The name of the group it comes from.
    pub from: String,
    /// When it was published.
    pub at: i64,
    /// Whether the person has yet to answer (回覧, 緊急) or to open it (お知らせ).
    pub unread: bool,
    /// How far the person is with what it asks now.
    pub stage: Option<Stage>,
    /// Whether that is still waiting to be sent.
    pub waiting: bool,
    /// Whether it was taken back.
    pub withdrawn: bool,
    /// Whether it was corrected.
    pub corrected: bool,
    /// いつ, as it stands on the sheet.
    pub when: Option<String>,
    /// しめきり, as it stands on the sheet.
    pub by_when: Option<String>,
    /// The last day of しめきり.
    pub by_day: Option<String>,
    /// Until when an emergency stays at the top.
    pub until: Option<i64>,
    /// It must not be shown half understood: only a newer app shows it whole.
    pub needs_update: bool,
    /// What stands in bold above 件名, at most two lines: いつ (or しめきり), then すること (or どこで). Empty where no point was given.
    #[serde(default)]
    pub point: Vec<String>,
    /// How far the household's seal on it is turned, −4…+4 degrees: fixed by the notice, so that it never jumps.
    #[serde(default)]
    pub seal_turn: i32,
}

/// One page of a list, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct NoticePage {
    /// The lines.
    pub lines: Vec<NoticeLine>,
    /// What to pass as `after` for the next page; none: this was the last.
    pub next: Option<String>,
}

/// A piece of a text, with what was searched for apart from the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Piece {
    /// As it stands there.
    pub text: String,
    /// Whether it is what was searched for.
    pub hit: bool,
}

/// A notice that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct SearchHit {
    /// What a list shows of it.
    pub line: NoticeLine,
    /// 件名, piece by piece: put together, it is the whole of it.
    pub title: Vec<Piece>,
    /// Where 件名 holds nothing of what was searched for: the sentence of 本文 or 要点 that does, cut at … when it is long. Else empty.
    pub excerpt: Vec<Piece>,
}

/// The four points 要点.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Points {
    /// いつ.
    pub when: Option<String>,
    /// The first moment, where it can be put in a calendar.
    pub starts: Option<i64>,
    /// The last moment.
    pub ends: Option<i64>,
    /// どこで.
    pub place: Option<String>,
    /// すること.
    pub what: Option<String>,
    /// しめきり.
    pub by_when: Option<String>,
    /// Its last day.
    pub by_day: Option<String>,
}

/// The household's seal as this person sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum SealState {
    /// Dashed: not pressed, or pressed before the four points changed.
    NotYet,
    /// Pressed and waiting to be sent.
    Waiting {
        /// When it was pressed.
        at: i64,
    },
    /// Pressed and at the server.
    Acknowledged {
        /// When it was pressed.
        at: i64,
    },
}

/// Counts over the households frozen at publication; each household is in exactly one count but `households`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Counts {
    /// Every household.
    pub households: u32,
    /// 確認した, by app.
    pub acknowledged: u32,
    /// 開いた.
    pub displayed: u32,
    /// 届いた.
    pub delivered: u32,
    /// まだ届いていない.
    pub not_yet: u32,
    /// 紙でお届けの世帯: still to be carried there.
    pub paper: u32,
    /// 紙でお渡し.
    #[serde(default)]
    pub handed: u32,
    /// 代理で確認.
    #[serde(default)]
    pub proxy: u32,
}

impl From<tally::Counts> for Counts {
    fn from(counts: tally::Counts) -> Self {
        let tally::Counts { households, acknowledged, displayed, delivered, not_yet, paper, handed, proxy } = counts;
        Self { households, acknowledged, displayed, delivered, not_yet, paper, handed, proxy }
    }
}

/// That a notice was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct WithdrawnLine {
    /// In the officer's words.
    pub reason: String,
    /// When.
    pub at: i64,
}

/// One notice, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct NoticeDetail {
    /// What a list shows of it.
    pub line: NoticeLine,
    /// 要点.
    pub points: Points,
    /// 本文.
    pub text: String,
    /// The person's seal.
    pub seal: SealState,
    /// The nameless seals of the person's own block.
    pub seals: Option<Counts>,
    /// That it was taken back.
    pub withdrawn: Option<WithdrawnLine>,
    /// When it was last corrected.
    pub corrected: Option<i64>,
    /// The id of the group it comes from.
    pub from_group: String,
    /// The name in the person's seal: their household's; empty for who lives in none.
    pub household: String,
    /// What is read aloud, in order: 件名, 要点 and 本文.
    pub sentences: Vec<Sentence>,
}

/// What a sentence is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum SentencePart {
    /// 件名.
    Title,
    /// いつ.
    When,
    /// どこで.
    Place,
    /// すること.
    What,
    /// しめきり.
    ByWhen,
    /// 本文: the texts of its sentences, put together, are the letter.
    Text,
}

/// One sentence as it is read aloud and lit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Sentence {
    /// Where it stands.
    pub part: SentencePart,
    /// In which paragraph of 本文, from 0; 0 for the other parts.
    pub paragraph: u32,
    /// With the spaces and line breaks after it.
    pub text: String,
}

/// Whether a tap is at the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum Arrival {
    /// On the phone, waiting to be sent.
    Waiting,
    /// On disk at the server.
    Arrived,
}

/// Today's check-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct CheckInLine {
    /// The op that said it: what `take_back` names.
    pub op: String,
    /// How.
    pub mood: Mood,
    /// When it was tapped.
    pub at: i64,
    /// Whether it is at the server.
    pub state: Arrival,
}

/// Something that takes place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct EventLine {
    /// The notice that tells of it.
    pub notice: String,
    /// Its 件名.
    pub title: String,
    /// いつ, as it stands on the sheet.
    pub when: String,
    /// どこで.
    pub place: Option<String>,
    /// The first moment.
    pub starts: i64,
    /// The last moment.
    pub ends: Option<i64>,
}

/// The first screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Home {
    /// The association's local day.
    pub today: String,
    /// For whom.
    pub person: String,
    /// Their name.
    pub name: String,
    /// What they said today.
    pub check_in: Option<CheckInLine>,
    /// Whether they agreed that moods reach the team.
    pub consent: bool,
    /// Whether there is anything to ask: they live in a household here.
    pub can_check_in: bool,
    /// The team a talk reaches; none: a telephone number is shown instead.
    pub team: Option<String>,
    /// Where the third answer leads: to the team, or to a telephone number.
    pub talk: TalkWay,
    /// Emergencies that stand now, newest first.
    pub emergencies: Vec<NoticeLine>,
    /// The newest unread, without the emergencies above.
    pub unread: Vec<NoticeLine>,
    /// How many there are of these.
    pub unread_count: u32,
    /// What takes place next, soonest first.
    pub next_events: Vec<EventLine>,
    /// Taps waiting to be sent, or to be handed back to a server that lost them.
    pub waiting: u32,
    /// Refused ones not looked at yet.
    pub refused: u32,
    /// Ones that ask again before they go out.
    pub asking: u32,
    /// The phone's records were damaged: what was kept, until it was seen.
    pub salvage: Option<Salvage>,
}

/// What an officer writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Draft {
    /// What it is.
    pub kind: NoticeKind,
    /// In whose name: a group.
    pub from: String,
    /// To whom: names of boards and staff feeds.
    pub audience: Vec<String>,
    /// 件名.
    pub title: String,
    /// 要点.
    #[serde(default)]
    pub points: Points,
    /// 本文.
    pub text: String,
    /// Not before this moment.
    #[serde(default)]
    pub publish_at: Option<i64>,
    /// Until when an emergency stays at the top.
    #[serde(default)]
    pub until: Option<i64>,
}

/// A draft that is kept on this phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct DraftLine {
    /// Its id.
    pub id: String,
    /// What is written so far: 件名, group and boards may still be empty.
    pub draft: Draft,
    /// When it was saved.
    pub saved_at: i64,
}

/// A part of a notice that a correction can empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum Part {
    /// いつ.
    When,
    /// どこで.
    Place,
    /// すること.
    What,
    /// しめきり.
    ByWhen,
    /// Until when an emergency stays.
    Until,
}

/// What an officer changes: absent keeps, present sets, `clear` empties.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Correction {
    /// A new 件名.
    pub title: Option<String>,
    /// A new 本文.
    pub text: Option<String>,
    /// New 要点: those that are there are set. `starts` and `ends` go with `when`, `by_day` with `by_when`.
    pub points: Points,
    /// Until when an emergency stays.
    pub until: Option<i64>,
    /// What is emptied.
    pub clear: Vec<Part>,
}

impl From<Four> for Points {
    fn from(four: Four) -> Self {
        let starts = four.when.as_ref().and_then(|when| when.starts).map(Timestamp::millis);
        let ends = four.when.as_ref().and_then(|when| when.ends).map(Timestamp::millis);
        let by_day = four.by_when.as_ref().and_then(|by| by.day).map(|day| day.to_string());
        Self {
            when: four.when.map(|when| when.text),
            starts,
            ends,
            place: four.place,
            what: four.what,
            by_when: four.by_when.map(|by| by.text),
            by_day,
        }
    }
}

impl From<Points> for Four {
    fn from(points: Points) -> Self {
        let starts = points.starts.map(Timestamp::from_millis);
        let ends = points.ends.map(Timestamp::from_millis);
        let day = points.by_day.and_then(|day| day.parse().ok());
        Self {
            when: points.when.map(|text| When { text, starts, ends }),
            place: points.place,
            what: points.what,
            by_when: points.by_when.map(|text| ByWhen { text, day }),
        }
    }
}

impl From<Correction> for NoticePatch {
    fn from(correction: Correction) -> Self {
        fn change<T>(clear: &[Part], part: Part, new: Option<T>) -> Change<T> {
            match new {
                Some(new) => Change::Set(new),
                None if clear.contains(&part) => Change::Clear,
                None => Change::Keep,
            }
        }
        let four = Four::from(correction.points);
        let clear = correction.clear;
        Self {
            title: correction.title,
            text: correction.text,
            when: change(&clear, Part::When, four.when),
            place: change(&clear, Part::Place, four.place),
            what: change(&clear, Part::What, four.what),
            by_when: change(&clear, Part::ByWhen, four.by_when),
            until: change(&clear, Part::Until, correction.until.map(Timestamp::from_millis)),
        }
    }
}
