//! What is to be carried on foot: the paper homes of a block, in the order of the roster, and the notices they are due.

use crate::{
    id::{GroupId, NoticeId},
    paper::{CARRIED_DAYS, Carried},
    tally::HomeStage,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A home as the roster has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The household.
    pub home: GroupId,
    /// Its name.
    pub name: String,
    /// Whether it is served on paper.
    pub paper: bool,
}

/// A notice that asks a block, and where its homes stand with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The notice.
    pub notice: NoticeId,
    /// 件名.
    pub title: String,
    /// When it was published.
    pub at: Timestamp,
    /// Each home that counts for it.
    pub homes: BTreeMap<GroupId, HomeStage>,
}

/// How many copies of something are in which state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Copies {
    /// これからお届け.
    pub to_do: u32,
    /// 紙でお渡し.
    pub handed: u32,
    /// 代理で確認.
    pub proxy: u32,
}

impl Copies {
    /// With one more.
    #[must_use]
    pub const fn with(mut self, one: Carried) -> Self {
        match one {
            Carried::ToDo => self.to_do += 1,
            Carried::Handed => self.handed += 1,
            Carried::Proxy => self.proxy += 1,
        }
        self
    }
}

/// A notice that is carried, and how many copies of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedNotice {
    /// The notice.
    pub notice: NoticeId,
    /// 件名.
    pub title: String,
    /// When it was published.
    pub at: Timestamp,
    /// Its copies in this block.
    pub copies: Copies,
}

/// A home something is carried to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedHome {
    /// The household.
    pub home: GroupId,
    /// Its name.
    pub name: String,
    /// Each notice of the list, in its order; none: not carried to this home.
    pub notices: Vec<Option<Carried>>,
}

/// The list of one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockDelivery {
    /// The block.
    pub block: GroupId,
    /// Its name.
    pub name: String,
    /// What is carried, oldest first.
    pub notices: Vec<CarriedNotice>,
    /// To which homes, in the order of the roster.
    pub homes: Vec<CarriedHome>,
    /// All copies.
    pub copies: Copies,
}

/// Which notices are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// This one, whatever is left of it.
    One(NoticeId),
    /// Everything of the last sixty days that a home still waits for.
    Open,
}

impl Wanted {
    /// Whether a notice published at a moment may be looked at now.
    #[must_use]
    pub fn holds(self, notice: NoticeId, published: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::One(wanted) => wanted == notice,
            Self::Open => now.since(published) < CARRIED_DAYS * 86_400_000,
        }
    }
}

/// The list of a block from its homes, in the order of the roster, and the notices that ask it; none where nothing is carried.
#[must_use]
pub fn of_block(
    (block, name): (GroupId, &str),
    homes: &[Listed],
    mut asked: Vec<Asked>,
    wanted: Wanted,
) -> Option<BlockDelivery> {
    let carried =
        |notice: &Asked, home: &Listed| notice.homes.get(&home.home).and_then(|stage| Carried::of(*stage, home.paper));
    let copies =
        |notice: &Asked| homes.iter().filter_map(|home| carried(notice, home)).fold(Copies::default(), Copies::with);
    asked.retain(|notice| match wanted {
        Wanted::One(_) => copies(notice) != Copies::default(),
        Wanted::Open => copies(notice).to_do > 0,
    });
    asked.sort_by_key(|notice| (notice.at, notice.notice));
    let listed = homes.iter().map(|home| CarriedHome {
        home: home.home,
        name: home.name.clone(),
        notices: asked.iter().map(|notice| carried(notice, home)).collect(),
    });
    let listed: Vec<_> = listed.filter(|home| home.notices.iter().any(Option::is_some)).collect();
    let all = listed.iter().flat_map(|home| &home.notices).flatten().copied().fold(Copies::default(), Copies::with);
    let notices = asked
        .into_iter()
        .map(|notice| CarriedNotice {
            copies: copies(&notice),
            notice: notice.notice,
            title: notice.title,
            at: notice.at,
        })
        .collect();
    (!listed.is_empty()).then(|| BlockDelivery { block, name: name.to_owned(), notices, homes: listed, copies: all })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: GroupId = GroupId::from_number(1);
    const WATANABE: GroupId = GroupId::from_number(11);
    const NAKAMURA: GroupId = GroupId::from_number(12);
    const TAKAHASHI: GroupId = GroupId::from_number(13);

    fn listed() -> Vec<Listed> {
        let home = |home, name: &str, paper| Listed { home, name: name.to_owned(), paper };
        vec![home(WATANABE, "渡辺", true), home(TAKAHASHI, "高橋", false), home(NAKAMURA, "中村", true)]
    }

    fn asked(number: u64, homes: &[(GroupId, HomeStage)]) -> Asked {
        Asked {
            notice: NoticeId::from_bytes(u128::from(number).to_be_bytes()),
            title: format!("回覧{number}"),
            at: Timestamp::from_millis(i64::try_from(number).unwrap()),
            homes: homes.iter().copied().collect(),
        }
    }

    #[test]
    fn a_leader_sees_what_to_carry_where_in_the_order_of_the_roster() {
        let first = asked(
            1,
            &[(WATANABE, HomeStage::Paper), (NAKAMURA, HomeStage::PaperHanded), (TAKAHASHI, HomeStage::NotYet)],
        );
        let second = asked(2, &[(NAKAMURA, HomeStage::Paper), (WATANABE, HomeStage::Acknowledged)]);
        let list = of_block((BLOCK, "1班"), &listed(), vec![second, first], Wanted::Open).unwrap();
        let homes: Vec<_> = list.homes.iter().map(|home| (home.name.as_str(), home.notices.as_slice())).collect();
        assert_eq!(
            homes,
            [
                ("渡辺", [Some(Carried::ToDo), None].as_slice()),
                ("中村", [Some(Carried::Handed), Some(Carried::ToDo)].as_slice()),
            ]
        );
        assert_eq!(list.copies, Copies { to_do: 2, handed: 1, proxy: 0 });
        assert_eq!(list.notices[0].copies, Copies { to_do: 1, handed: 1, proxy: 0 });
    }

    #[test]
    fn what_was_carried_everywhere_is_on_no_open_list_and_on_its_own() {
        let done = asked(1, &[(WATANABE, HomeStage::PaperHanded), (NAKAMURA, HomeStage::Proxy)]);
        assert_eq!(of_block((BLOCK, "1班"), &listed(), vec![done.clone()], Wanted::Open), None);
        let own = of_block((BLOCK, "1班"), &listed(), vec![done.clone()], Wanted::One(done.notice)).unwrap();
        assert_eq!(own.copies, Copies { to_do: 0, handed: 1, proxy: 1 });
    }

    #[test]
    fn after_sixty_days_nothing_is_carried_any_more_unless_it_is_asked_for() {
        let (notice, published) = (asked(1, &[]).notice, Timestamp::from_millis(0));
        let day = |days: i64| Timestamp::from_millis(days * 86_400_000);
        assert!(Wanted::Open.holds(notice, published, day(59)));
        assert!(!Wanted::Open.holds(notice, published, day(60)));
        assert!(Wanted::One(notice).holds(notice, published, day(400)));
    }
}
