//! The group tree: district, federations, associations, blocks, households, and teams hung below any of them.

use crate::id::GroupId;
use serde::{Deserialize, Serialize};

/// What a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// 地区・市: the root, one per server.
    District,
    /// 連合町内会.
    Federation,
    /// 町内会.
    Association,
    /// 班・組.
    Block,
    /// 世帯.
    Household,
    /// A team such as the 民生委員; hangs below any group, has no members but its role holders.
    Team,
}

impl GroupKind {
    /// Whether a group of this kind may hang directly below one of the other.
    #[must_use]
    pub const fn may_hang_below(self, parent: Self) -> bool {
        matches!(
            (self, parent),
            (Self::Federation, Self::District)
                | (Self::Association, Self::District | Self::Federation)
                | (Self::Block, Self::Association)
                | (Self::Household, Self::Block)
                | (Self::Team, Self::District | Self::Federation | Self::Association | Self::Block)
        )
    }
}

/// One node of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// What it is.
    pub kind: GroupKind,
    /// The group above; none for the district.
    pub parent: Option<GroupId>,
    /// Its name as people say it.
    pub name: String,
}

/// Where one group stands as seen from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The very group.
    Own,
    /// Anywhere below it.
    Below,
    /// Anywhere above it.
    Above,
    /// Elsewhere in the district.
    Beside,
}

/// Where `target` stands as seen from `from`; both given as their path: the group itself first, the district last.
#[must_use]
pub fn relation(from: &[GroupId], target: &[GroupId]) -> Relation {
    match (from.first(), target.first()) {
        (Some(from), Some(target)) if from == target => Relation::Own,
        (Some(from), _) if target.contains(from) => Relation::Below,
        (_, Some(target)) if from.contains(target) => Relation::Above,
        _ => Relation::Beside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_below_its_association_and_beside_the_next_one() {
        let [district, ours, theirs, block] = [1, 2, 3, 4].map(GroupId::from_number);
        let (ours, theirs, block) = ([ours, district], [theirs, district], [block, ours, district]);
        assert_eq!(relation(&ours, &block), Relation::Below);
        assert_eq!(relation(&block, &ours), Relation::Above);
        assert_eq!(relation(&block, &theirs), Relation::Beside);
        assert_eq!(relation(&block, &block), Relation::Own);
    }
}
