//! What officers, leaders and commissioners work with.

use super::{
    case::TalkLine,
    notice::Counts,
    words::{GroupKind, HomeStage, Mood, NoticeKind},
};
use serde::{Deserialize, Serialize};

/// A desk a person may open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct DeskName {
    /// The group.
    pub group: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: GroupKind,
}

/// A group at or below the desk's, with its homes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct GroupLine {
    /// The group.
    pub id: String,
    /// The group above it.
    pub parent: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: GroupKind,
    /// Every household below it.
    pub households: u32,
    /// Those with at least one phone.
    pub app: u32,
    /// Those served on paper.
    pub paper: u32,
    /// The name of its board, to be passed as an audience.
    pub board: String,
    /// The name of its staff feed, to be passed as an audience.
    pub staff: String,
}

/// How far a notice is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum SentState {
    /// On this phone, not at the server.
    Waiting,
    /// Waits for its hour.
    Scheduled,
    /// Stands on its boards.
    Published,
    /// Taken back.
    Withdrawn,
}

/// A notice as a desk lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct SentLine {
    /// The notice.
    pub notice: String,
    /// Its rev: what a correction names as seen.
    pub rev: u32,
    /// What it is.
    pub kind: NoticeKind,
    /// 件名.
    pub title: String,
    /// The group it comes from.
    pub from: String,
    /// Whether it was sent from this desk; others came from above and are followed up here.
    pub own: bool,
    /// How far it is.
    pub state: SentState,
    /// When it was published, or will be.
    pub at: i64,
    /// The figures of this desk's homes; none until the server counted.
    pub counts: Option<Counts>,
    /// 「確認 62%」 of what asks for seals and stands on its boards; none until the server counted.
    #[serde(default)]
    pub figure: Option<Figure>,
}

/// How many confirmed by app, never by proxy or on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Figure {
    /// Of a hundred households, rounded down.
    pub percent: u32,
    /// Households that confirmed.
    pub acknowledged: u32,
    /// All households.
    pub households: u32,
    /// Percent more (or less) than at the circular before this one at this desk; none for the first, and for 緊急のお知らせ.
    pub change: Option<i32>,
    /// The percents of the desk's last eight circulars up to this one, oldest first; empty for 緊急のお知らせ.
    pub trend: Vec<u32>,
}

/// One home of a roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct RosterHome {
    /// The household.
    pub id: String,
    /// Its name.
    pub name: String,
    /// 紙でお届けの世帯.
    pub paper: bool,
    /// Whether that was said here and is still waiting to be sent.
    #[serde(default)]
    pub waiting: bool,
    /// Whether anybody of it has joined by phone.
    pub joined: bool,
    /// What a correction of the household names as seen.
    pub rev: u32,
    /// ふりがな of the name.
    pub reading: Option<String>,
    /// Who lives there, in the order of the roster.
    pub people: Vec<RosterPerson>,
}

/// Somebody who lives in a home of a roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct RosterPerson {
    /// Who.
    pub id: String,
    /// Their name.
    pub name: String,
    /// What a correction of the person names as seen.
    pub rev: u32,
    /// ふりがな of the name.
    pub reading: Option<String>,
}

/// The homes of one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct RosterBlock {
    /// The block.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its homes, in the order of the roster.
    pub homes: Vec<RosterHome>,
}

/// How a consenting person is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct StatusLine {
    /// Who.
    pub person: String,
    /// Their name.
    pub name: String,
    /// Their household's name, or empty.
    pub household: String,
    /// The newest they said.
    pub mood: Option<Mood>,
    /// For which day.
    pub day: Option<String>,
    /// When they tapped.
    pub at: Option<i64>,
    /// Thirty days, oldest first, the last being `strip_day`: none where nothing was said.
    pub strip: Vec<Option<Mood>>,
    /// The last day of the strip.
    pub strip_day: String,
}

/// Somebody who came with a link that was passed on and waits to be let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct JoinLine {
    /// What the tap names.
    pub id: String,
    /// The household's name, or the person's.
    pub name: String,
    /// The names of those who would join.
    pub persons: Vec<String>,
    /// What the phone calls itself.
    pub phone: String,
    /// The two digits on that phone's screen.
    pub digits: String,
    /// When it asked.
    pub at: i64,
}

/// An invitation made on an officer's phone: to be shown as a QR, read out, or passed on as a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Invited {
    /// The op. The invitation opens nothing before the server has it.
    pub op: String,
    /// What the QR holds, and the link.
    pub link: String,
    /// To type, first.
    pub address: String,
    /// To compare, second.
    pub check: String,
    /// To type, third.
    pub secret: String,
    /// First moment it no longer works.
    pub until: i64,
}

/// The moods of a day that is over, counted once: figures, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct DayLine {
    /// The day.
    pub day: String,
    /// The figures, each at least five; none where one is not, or where they were lost with the machine.
    pub counts: Option<MoodCounts>,
    /// Whether they may have been counted before a restore and are not counted again.
    pub lost: bool,
}

/// How many said what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct MoodCounts {
    /// 良い.
    pub good: u32,
    /// 普通.
    pub fair: u32,
    /// 相談したい.
    pub talk: u32,
}

/// How many take part today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct ParticipationLine {
    /// The day.
    pub day: String,
    /// Of those who agreed, how many have tapped.
    pub said: u32,
    /// How many agreed.
    pub agreed: u32,
}

/// One desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Desk {
    /// Which.
    pub name: DeskName,
    /// Groups at and below it, the tree's order: a group before what hangs below it.
    pub groups: Vec<GroupLine>,
    /// What was sent from it or is followed up at it, newest first.
    pub sent: Vec<SentLine>,
    /// Homes by block.
    pub rosters: Vec<RosterBlock>,
    /// Consenting people (teams): who asked for a talk first, then who has been silent longest.
    pub statuses: Vec<StatusLine>,
    /// Who asked for a talk (teams): what nobody has taken first.
    pub talks: Vec<TalkLine>,
    /// Who waits to be let in, oldest first.
    pub joins: Vec<JoinLine>,
    /// Days that are over (associations), newest first.
    pub days: Vec<DayLine>,
    /// How many take part today (associations).
    pub participation: Option<ParticipationLine>,
    /// How many of the talks nobody has taken: 未対応.
    #[serde(default)]
    pub waiting_talks: u32,
    /// How many of them somebody has: 対応中.
    #[serde(default)]
    pub taken_talks: u32,
}

/// One home and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct HomeLine {
    /// The household.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub stage: HomeStage,
    /// Whether it stands there by something that was entered here and is still waiting to be sent.
    #[serde(default)]
    pub waiting: bool,
}

/// One block (or association, on desks above it) and where its homes stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct BlockLine {
    /// The group.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its figures.
    pub counts: Counts,
    /// Its homes, in the order of the roster; empty where names are not this desk's to see.
    pub homes: Vec<HomeLine>,
    /// まだの世帯: those that have not confirmed and are not served on paper; まだ届いていない first, then 届いた, then 開いた.
    #[serde(default)]
    pub unread: Vec<HomeLine>,
    /// 紙・まだ: those a copy is still to be carried to.
    #[serde(default)]
    pub to_carry: Vec<HomeLine>,
}

/// A notice as a desk follows it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct DeskNotice {
    /// The notice, as the desk lists it.
    pub line: SentLine,
    /// The figures of all its homes.
    pub counts: Counts,
    /// By block.
    pub blocks: Vec<BlockLine>,
    /// How many homes stand in the blocks' `unread`; where names are not this desk's to see, how many there are by the figures.
    #[serde(default)]
    pub unread_total: u32,
    /// As `unread_total`, of the blocks' `to_carry`.
    #[serde(default)]
    pub to_carry_total: u32,
    /// 紙でお届けの世帯: those still to be served, and those that have their copy.
    #[serde(default)]
    pub paper_total: u32,
}
