//! What is carried on foot, and how many homes a notice will reach by app and on paper.

use super::words::Carried;
use kairan_protocol::delivery;
use serde::{Deserialize, Serialize};

/// How many homes a set of boards reaches, and how; each home once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Reach {
    /// Every household.
    pub households: u32,
    /// Those with at least one phone.
    pub app: u32,
    /// Those served on paper.
    pub paper: u32,
}

/// How many copies of something are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct Copies {
    /// これからお届け.
    pub to_do: u32,
    /// 紙でお渡し.
    pub handed: u32,
    /// 代理で確認.
    pub proxy: u32,
}

impl From<delivery::Copies> for Copies {
    fn from(copies: delivery::Copies) -> Self {
        let delivery::Copies { to_do, handed, proxy } = copies;
        Self { to_do, handed, proxy }
    }
}

/// A notice that is carried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct CarriedNotice {
    /// The notice.
    pub notice: String,
    /// The rev that is carried: what `paper_receipt` names.
    pub rev: u32,
    /// 件名.
    pub title: String,
    /// When it was published.
    pub at: i64,
    /// Its copies in this block.
    pub copies: Copies,
}

/// One copy for one home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct CarriedCopy {
    /// The notice.
    pub notice: String,
    /// How far it is.
    pub state: Carried,
    /// Whether that is still waiting to be sent.
    pub waiting: bool,
}

/// A home something is carried to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct CarriedHome {
    /// The household.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is carried there, in the order of the block's notices.
    pub copies: Vec<CarriedCopy>,
}

/// 紙でお届けの世帯 of one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ffi", derive(uniffi::Record))]
pub struct BlockDelivery {
    /// The block.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is carried, oldest first.
    pub notices: Vec<CarriedNotice>,
    /// To which homes, in the order of the roster.
    pub homes: Vec<CarriedHome>,
    /// All copies.
    pub copies: Copies,
}
