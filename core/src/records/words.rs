//! The small closed sets of words that screens choose by, each the twin of the protocol's.

use kairan_protocol::{case, check_in, notice, paper, people, receipt, tally, tree};
use serde::{Deserialize, Serialize};

macro_rules! twins {
    ($($(#[$doc:meta])* $name:ident of $theirs:path { $($(#[$word_doc:meta])* $word:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
        pub enum $name {
            $($(#[$word_doc])* $word),+
        }

        impl From<$theirs> for $name {
            fn from(theirs: $theirs) -> Self {
                match theirs { $(<$theirs>::$word => Self::$word),+ }
            }
        }

        impl From<$name> for $theirs {
            fn from(ours: $name) -> Self {
                match ours { $($name::$word => <$theirs>::$word),+ }
            }
        }
    )+};
}

twins! {
    /// How a person is.
    Mood of check_in::Mood {
        /// 良い.
        Good,
        /// 普通.
        Fair,
        /// 相談したい.
        Talk,
    }

    /// How far a case is.
    CaseState of case::CaseState {
        /// 未対応.
        Open,
        /// 対応中.
        Taken,
        /// 完了.
        Closed,
    }

    /// How far an untaken case was passed on.
    Reached of case::Reached {
        /// The team.
        Team,
        /// The team's chair.
        Chair,
        /// The resident sees the telephone number.
        Number,
    }

    /// What happened to a case.
    Step of case::Step {
        /// A resident asked.
        Opened,
        /// Somebody looked at it.
        Seen,
        /// Somebody took it.
        Taken,
        /// Something was written down.
        Noted,
        /// Whoever had it has it no more.
        Released,
        /// The team's chair heard of it.
        PassedToChair,
        /// The telephone number was shown.
        NumberShown,
        /// It is done.
        Closed,
        /// It was a mistaken tap.
        TakenBack,
        /// Something of a newer server.
        Other,
    }

    /// How far a resident's own request is.
    NewsState of case::NewsState {
        /// Nobody has looked yet.
        Asked,
        /// 「○○さんが見ました。」
        Seen,
        /// 「○○さんが引き受けました。」
        Taken,
        /// 完了.
        Closed,
        /// Something of a newer server.
        Other,
    }

    /// What was posted. A kind of a newer server is shown as a plain notice.
    NoticeKind of notice::NoticeKind {
        /// 回覧: asks for the household's seal.
        Circular,
        /// お知らせ.
        Notice,
        /// 緊急のお知らせ.
        Emergency,
    }

    /// Why somebody is not here any more.
    Departure of people::Departure {
        /// 転出.
        MovedOut,
        /// 死亡.
        Died,
    }

    /// How far a person got with a notice.
    Stage of receipt::Stage {
        /// 届いた.
        Delivered,
        /// 開いた.
        Displayed,
        /// 確認した.
        Acknowledged,
    }

    /// Where one household stands with a notice.
    HomeStage of tally::HomeStage {
        /// 紙でお届けの世帯: still to be carried there.
        Paper,
        /// まだ届いていない.
        NotYet,
        /// 紙でお渡し.
        PaperHanded,
        /// 届いた.
        Delivered,
        /// 開いた.
        Displayed,
        /// 代理で確認.
        Proxy,
        /// 確認した.
        Acknowledged,
    }

    /// What is entered for a home that did not answer by its own phone.
    PaperStage of paper::PaperStage {
        /// 紙でお渡し: a copy was handed over.
        Handed,
        /// 代理で確認: somebody confirmed in its place.
        Proxy,
    }

    /// Whether a notice is still to be carried to a home.
    Carried of paper::Carried {
        /// これからお届け.
        ToDo,
        /// 紙でお渡し.
        Handed,
        /// 代理で確認.
        Proxy,
    }

    /// What a role lets its holder do.
    RoleKind of people::RoleKind {
        /// 会長.
        Chair,
        /// 役員.
        Officer,
        /// 班長.
        BlockLeader,
        /// 民生委員.
        Commissioner,
        /// 市の担当者.
        MunicipalStaff,
        /// The volunteer who runs the machine.
        Steward,
    }

    /// What a group is.
    GroupKind of tree::GroupKind {
        /// 地区・市.
        District,
        /// 連合町内会.
        Federation,
        /// 町内会.
        Association,
        /// 班・組.
        Block,
        /// 世帯.
        Household,
        /// 民生委員 and the like.
        Team,
    }
}

/// A screen whose record may read differently now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum Screen {
    /// `home` and `events`.
    Home,
    /// `notices` and `search`.
    Notices,
    /// `notice`.
    Notice,
    /// `desks`, `desk`, `desk_notice` and `audience`.
    Desk,
    /// `outbox`.
    Outbox,
    /// `drafts`.
    Drafts,
    /// `phones`.
    Phones,
    /// `me`.
    Me,
}

impl Screen {
    /// Every one: what a new epoch or other rights change.
    pub(crate) const ALL: [Self; 8] =
        [Self::Home, Self::Notices, Self::Notice, Self::Desk, Self::Outbox, Self::Drafts, Self::Phones, Self::Me];
}

/// Which notices to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ffi", derive(uniffi::Enum))]
pub enum NoticeFilter {
    /// Every one.
    All,
    /// Those the person has yet to answer or open.
    Unread,
    /// 緊急のお知らせ.
    Emergency,
}
