//! Chance that can be repeated: the same seed deals the same town and the same morning.

/// A row of numbers that look random (`SplitMix64`), the same for the same seed.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A row of its own for one thing among many.
    #[must_use]
    pub const fn of(&self, thing: u64) -> Self {
        Self(self.0 ^ thing.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number below `bound`; zero below one.
    pub fn below(&mut self, bound: u32) -> u32 {
        u32::try_from(self.next() % u64::from(bound.max(1))).unwrap_or_default()
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// A moment within so many milliseconds.
    pub fn millis(&mut self, within: i64) -> i64 {
        i64::try_from(self.next() >> 1).unwrap_or_default() % within.max(1)
    }

    /// Deals in another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let other = self.below(u32::try_from(last + 1).unwrap_or(u32::MAX));
            things.swap(last, usize::try_from(other).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_deals_the_same_and_another_thing_another_row() {
        let row = |mut chance: Chance| -> Vec<u32> { (0..20).map(|_| chance.below(1_000)).collect() };
        assert_eq!(row(Chance::new(7)), row(Chance::new(7)));
        assert_ne!(row(Chance::new(7)), row(Chance::new(8)));
        assert_ne!(row(Chance::new(7).of(1)), row(Chance::new(7).of(2)));
    }

    #[test]
    fn shuffling_loses_nothing() {
        let mut things: Vec<u32> = (0..50).collect();
        Chance::new(3).shuffle(&mut things);
        assert_ne!(things, (0..50).collect::<Vec<_>>());
        things.sort_unstable();
        assert_eq!(things, (0..50).collect::<Vec<_>>());
    }
}
