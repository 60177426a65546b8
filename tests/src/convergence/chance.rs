//! Chance out of a seed: the same seed, the same run, on every machine.

/// A small generator (Steele, Lea and Flood's SplitMix64): good enough to throw dice with, and its whole state is one number.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A chance of its own for one part of a run, so that what another part draws changes nothing here.
    #[must_use]
    pub const fn part(&self, part: u64) -> Self {
        let mut own = Self(self.0 ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93));
        own.0 = own.next();
        own
    }

    /// A number below another, which is not zero.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap_or(0)
    }

    /// A number from one to another, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let span = usize::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from(self.below(span)).unwrap_or(0)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }

    /// One of several; none of none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())) }
    }

    /// One of several, each as often as its weight says.
    pub fn weighed<T: Copy>(&mut self, from: &[(usize, T)]) -> Option<T> {
        let mut left = self.below(from.iter().map(|(weight, _)| weight).sum());
        from.iter().find_map(|(weight, one)| match left.checked_sub(*weight) {
            Some(rest) => {
                left = rest;
                None
            }
            None => Some(*one),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_throws_the_same_dice_and_another_seed_others() {
        let throws = |seed| {
            let mut chance = Chance::new(seed);
            (0..50).map(|_| chance.below(6)).collect::<Vec<_>>()
        };
        assert_eq!(throws(7), throws(7));
        assert_ne!(throws(7), throws(8));
        for side in 0..6 {
            assert!(throws(7).contains(&side));
        }
    }

    #[test]
    fn weights_are_kept() {
        let mut chance = Chance::new(1);
        let heavy = (0..1_000).filter(|_| chance.weighed(&[(9, true), (1, false)]) == Some(true)).count();
        assert!((850..950).contains(&heavy), "{heavy}");
        assert_eq!(chance.weighed(&[(0, 1), (3, 2)]), Some(2));
    }
}
