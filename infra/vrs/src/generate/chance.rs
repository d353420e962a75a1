//! Chance that is only arithmetic: the same inputs draw the same on every machine, and row 3,000,000
//! can be drawn without drawing those before it.

/// Draws for one purpose and one row. `SplitMix64` (Steele, Lea, Flood, 2014).
#[derive(Clone, Copy)]
pub(super) struct Chance(u64);

impl Chance {
    /// The draws that belong to these three numbers.
    pub(super) fn of(seed: u64, purpose: u64, index: u64) -> Self {
        Self(mix(mix(seed ^ mix(purpose)).wrapping_add(index)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// One of `0..bound`; `bound` is at most 2^32 and not 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // Multiply and shift instead of a remainder: no bias that matters below 2^32, and quicker.
        ((self.next() >> 32) * bound) >> 32
    }

    /// True once in `times` draws on average.
    pub(super) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of `list`, the front much more often than the end, as names are spread.
    pub(super) fn favoured<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let draw = self.below(1 << 16);
        let squared = (draw * draw) >> 16;
        &list[place((squared * list.len() as u64) >> 16)]
    }

    /// One of `list`, each as often.
    pub(super) fn any<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let draw = self.below(list.len() as u64);
        &list[place(draw)]
    }
}

/// The end of `SplitMix64`: every input bit moves every output bit.
fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// A drawn place in a list as an index.
pub(super) fn place(drawn: u64) -> usize {
    usize::try_from(drawn).unwrap_or(usize::MAX)
}

/// Ten-digit numbers in an order that looks drawn, without one coming twice: a Feistel network of
/// five rounds over two halves of five digits.
#[derive(Clone, Copy)]
pub(super) struct Shuffle {
    keys: [u64; 5],
}

const HALF: u64 = 100_000;

impl Shuffle {
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        let mut chance = Chance::of(seed, purpose, 0);
        Self {
            keys: std::array::from_fn(|_| chance.next()),
        }
    }

    /// The number at `index`; different for each index below 10^10.
    pub(super) fn at(&self, index: u64) -> u64 {
        let (mut left, mut right) = (index / HALF % HALF, index % HALF);
        for key in self.keys {
            (left, right) = (right, (left + mix(key ^ right) % HALF) % HALF);
        }
        left * HALF + right
    }
}

/// Exactly `chosen` of `total` rows, spread over the whole: one in each of `chosen` equal stretches.
#[derive(Clone, Copy)]
pub(super) struct Picks {
    seed: u64,
    purpose: u64,
    total: u64,
    chosen: u64,
}

impl Picks {
    /// `chosen` is at most `total`.
    pub(super) fn new(seed: u64, purpose: u64, total: u64, chosen: u64) -> Self {
        Self {
            seed,
            purpose,
            total,
            chosen: chosen.min(total),
        }
    }

    /// Which pick the row is, counted from 0, if it is one.
    pub(super) fn number_of(&self, index: u64) -> Option<u64> {
        if self.chosen == 0 || index >= self.total {
            return None;
        }
        let stretch = index * self.chosen / self.total;
        let first = (stretch * self.total).div_ceil(self.chosen);
        let end = ((stretch + 1) * self.total).div_ceil(self.chosen);
        let offset = Chance::of(self.seed, self.purpose, stretch).below(end - first);
        (index == first + offset).then_some(stretch)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_shuffle_never_repeats_and_keeps_to_ten_digits() {
        let shuffle = Shuffle::new(1, 2);
        let mut seen = HashSet::new();
        for index in (0..200_000)
            .chain(5_000_000..5_100_000)
            .chain(9_999_900_000..10_000_000_000)
        {
            let number = shuffle.at(index);
            assert!(number < 10_000_000_000);
            assert!(seen.insert(number), "{number} came twice");
        }
    }

    #[test]
    fn picks_are_as_many_as_asked_for() {
        for (total, chosen) in [
            (1, 1),
            (10, 0),
            (10, 3),
            (10, 10),
            (1000, 7),
            (99_999, 1234),
        ] {
            let picks = Picks::new(5, 6, total, chosen);
            let numbers: Vec<u64> = (0..total + 10)
                .filter_map(|index| picks.number_of(index))
                .collect();
            assert_eq!(
                numbers,
                (0..chosen).collect::<Vec<_>>(),
                "{chosen} of {total}"
            );
        }
    }

    #[test]
    fn draws_depend_on_seed_purpose_and_index() {
        let first = |seed, purpose, index| Chance::of(seed, purpose, index).next();
        let all = [
            first(1, 1, 1),
            first(2, 1, 1),
            first(1, 2, 1),
            first(1, 1, 2),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 4);
        assert_eq!(first(1, 1, 1), first(1, 1, 1));
    }
}
