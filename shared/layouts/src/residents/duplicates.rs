//! Finding what two rows of a file share, in eight bytes a key: 37 bits of the key and 27 of the row's
//! index. A My Number without its check digit and a coupon number fit into 37 bits as they are; of a
//! 宛名番号 there is room for a keyed hash only, so what it finds is verified by reading those rows again.

use super::keys::RowKeys;
use crate::ProblemCode;
use crate::file::{INDEX_BITS, MAX_ROWS};

const KEY_BITS: u32 = 64 - INDEX_BITS;
const KEY_MASK: u64 = (1 << KEY_BITS) - 1;
/// Keys in a block. Blocks instead of one vector, which would need twice the room when it grows.
const BLOCK: usize = 1 << 16;

/// Collects the keys of all rows of a file, then says which stand there more than once.
pub struct Duplicates {
    seed: u64,
    numbers: Keys,
    coupons: Keys,
    my_numbers: Keys,
}

/// A row that shares a key with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suspect {
    /// Which record it is, counted from 0.
    pub index: u32,
    /// What it shares.
    pub code: ProblemCode,
}

/// What [`Duplicates`] found.
#[derive(Debug)]
pub struct Suspects {
    /// Rows that share a My Number or a coupon number, by index. Certain.
    pub certain: Vec<Suspect>,
    /// Rows that seem to share a 宛名番号.
    pub numbers: NumberSuspects,
}

/// Rows whose 宛名番号 have the same hash. Nearly always they are the same; to be certain, read those
/// rows again and [`NumberSuspects::tell`] what stands there.
#[derive(Debug)]
pub struct NumberSuspects {
    seed: u64,
    /// By index.
    rows: Vec<NumberRow>,
}

#[derive(Clone, Copy, Debug)]
struct NumberRow {
    index: u32,
    key: u64,
    /// Another, independent hash; zero until it is told.
    number: u64,
}

impl Duplicates {
    /// `seed`: anything that who wrote the file does not know beforehand.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            numbers: Keys::default(),
            coupons: Keys::default(),
            my_numbers: Keys::default(),
        }
    }

    /// Adds a row, be it accepted or refused.
    #[inline]
    pub fn add(&mut self, index: u32, keys: &RowKeys<'_>) {
        if let Some(number) = keys.number {
            self.numbers.add(hash(number.as_bytes(), self.seed), index);
        }
        if let Some(coupon) = keys.coupon {
            self.coupons.add(spread(coupon.expose()), index);
        }
        if let Some(my_number) = keys.my_number {
            self.my_numbers.add(spread(my_number.expose() / 10), index);
        }
    }

    /// What rows share.
    #[must_use]
    pub fn finish(self) -> Suspects {
        let mut certain = Vec::new();
        self.my_numbers.shared(|_, index| {
            certain.push(Suspect {
                index,
                code: ProblemCode::MyNumberShared,
            });
        });
        self.coupons.shared(|_, index| {
            certain.push(Suspect {
                index,
                code: ProblemCode::CouponShared,
            });
        });
        certain.sort_unstable();
        let mut rows = Vec::new();
        let row = |key, index| NumberRow {
            index,
            key,
            number: 0,
        };
        self.numbers.shared(|key, index| rows.push(row(key, index)));
        rows.sort_unstable_by_key(|row| row.index);
        Suspects {
            certain,
            numbers: NumberSuspects {
                seed: !self.seed,
                rows,
            },
        }
    }
}

impl NumberSuspects {
    /// The rows to be read again, ascending.
    #[must_use]
    pub fn indexes(&self) -> impl ExactSizeIterator<Item = u32> {
        self.rows.iter().map(|row| row.index)
    }

    /// What stands on such a row as its 宛名番号. Other rows are passed over.
    pub fn tell(&mut self, index: u32, number: &str) {
        let seed = self.seed;
        if let Ok(at) = self.rows.binary_search_by_key(&index, |row| row.index)
            && let Some(row) = self.rows.get_mut(at)
        {
            row.number = hash(number.as_bytes(), seed) | 1;
        }
    }

    /// The rows that share their 宛名番号, by index. Rows of which nothing was told are taken to.
    #[must_use]
    pub fn finish(mut self) -> Vec<Suspect> {
        let code = ProblemCode::ResidentNumberTwice;
        self.rows
            .sort_unstable_by_key(|row| (row.key, row.number, row.index));
        let groups = self
            .rows
            .chunk_by(|a, b| (a.key, a.number) == (b.key, b.number));
        let shared =
            groups.filter(|group| group.len() > 1 || group.iter().any(|row| row.number == 0));
        let mut suspects: Vec<_> = shared
            .flatten()
            .map(|row| Suspect {
                index: row.index,
                code,
            })
            .collect();
        suspects.sort_unstable();
        suspects
    }
}

/// Keys and their rows, in the order in which they came.
#[derive(Default)]
struct Keys {
    full: Vec<Vec<u64>>,
    last: Vec<u64>,
}

impl Keys {
    #[inline]
    fn add(&mut self, key: u64, index: u32) {
        if self.last.len() == BLOCK {
            let full = std::mem::replace(&mut self.last, Vec::with_capacity(BLOCK));
            self.full.push(full);
        }
        self.last.push(key << INDEX_BITS | u64::from(index));
    }

    fn entries(&self) -> impl Iterator<Item = u64> {
        self.full.iter().flatten().chain(&self.last).copied()
    }

    /// Calls `found` with key and row of all keys that more than one row has.
    ///
    /// A bit for the first bits of each key tells for nearly all rows that nothing else is like them; only
    /// the others are sorted.
    fn shared(self, mut found: impl FnMut(u64, u32)) {
        let count = self.full.len() * BLOCK + self.last.len();
        let (mut seen, mut again) = (Bits::for_keys(count), Bits::for_keys(count));
        let mut any = false;
        for entry in self.entries() {
            if seen.set(entry) {
                again.set(entry);
                any = true;
            }
        }
        if !any {
            return;
        }
        drop(seen);
        let mut alike: Vec<u64> = self.entries().filter(|&entry| again.has(entry)).collect();
        alike.sort_unstable();
        let groups = alike.chunk_by(|a, b| a >> INDEX_BITS == b >> INDEX_BITS);
        for &entry in groups.filter(|group| group.len() > 1).flatten() {
            let index = u32::try_from(entry & u64::from(MAX_ROWS - 1)).unwrap_or_default();
            found(entry >> INDEX_BITS, index);
        }
    }
}

/// A set of the first bits of keys.
struct Bits {
    words: Vec<u64>,
    shift: u32,
}

impl Bits {
    /// Sixteen places a key, so that few keys share one by chance.
    fn for_keys(count: usize) -> Self {
        let places = (count * 16).next_power_of_two().clamp(1 << 10, 1 << 30);
        Self {
            words: vec![0; places / 64],
            shift: 64 - places.ilog2(),
        }
    }

    fn place(&self, entry: u64) -> (usize, u64) {
        let place = entry >> self.shift;
        (
            usize::try_from(place >> 6).unwrap_or_default(),
            1 << (place & 63),
        )
    }

    /// Puts the entry in; whether it was there.
    #[inline]
    fn set(&mut self, entry: u64) -> bool {
        let (at, bit) = self.place(entry);
        let Some(word) = self.words.get_mut(at) else {
            return true;
        };
        let had = *word & bit != 0;
        *word |= bit;
        had
    }

    #[inline]
    fn has(&self, entry: u64) -> bool {
        let (at, bit) = self.place(entry);
        self.words.get(at).is_none_or(|word| word & bit != 0)
    }
}

/// Spreads numbers over all 37 bits, each to one of its own: an odd factor has an inverse.
const fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) & KEY_MASK
}

/// A keyed hash. It need not withstand anybody: who makes it collide has more of their own rows read
/// again.
#[inline]
fn hash(bytes: &[u8], seed: u64) -> u64 {
    const FACTOR: u64 = 0xA076_1D64_78BD_642F;
    let mut state = seed ^ bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        state = fold(state ^ u64::from_le_bytes(word), FACTOR);
    }
    fold(state ^ seed.rotate_left(32), FACTOR)
}

/// Both halves of the product of two words.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0xE703_7ED1_A0B4_28DB).wrapping_mul(u128::from(b));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the two halves are folded together"
    )]
    let folded = (product >> 64) as u64 ^ product as u64;
    folded
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{CouponNumber, MyNumber};
    use proptest::prelude::*;

    use super::*;

    fn keys(number: &str, coupon: u64, person: u64) -> RowKeys<'_> {
        RowKeys {
            number: Some(number),
            coupon: CouponNumber::from_u64(coupon).ok(),
            my_number: MyNumber::with_check_digit(person),
        }
    }

    /// All that is shared, found the slow way.
    fn expected(rows: &[(String, u64, u64)]) -> (Vec<Suspect>, Vec<Suspect>) {
        fn shared<K: Ord>(keys: impl Iterator<Item = K>, code: ProblemCode) -> Vec<Suspect> {
            let mut rows: BTreeMap<K, Vec<u32>> = BTreeMap::new();
            for (index, key) in (0..).zip(keys) {
                rows.entry(key).or_default().push(index);
            }
            let shared = rows.into_values().filter(|rows| rows.len() > 1).flatten();
            shared.map(|index| Suspect { index, code }).collect()
        }
        let mut certain = shared(rows.iter().map(|row| row.1), ProblemCode::CouponShared);
        certain.extend(shared(
            rows.iter().map(|row| row.2),
            ProblemCode::MyNumberShared,
        ));
        certain.sort_unstable();
        let mut numbers = shared(
            rows.iter().map(|row| &row.0),
            ProblemCode::ResidentNumberTwice,
        );
        numbers.sort_unstable();
        (certain, numbers)
    }

    proptest! {
        #[test]
        fn what_rows_share_is_found_and_nothing_else(
            rows in prop::collection::vec(("[0-9]{1,2}", 0..300_u64, 99_999_999_700..99_999_999_999_u64), 0..200),
            seed: u64,
        ) {
            let mut duplicates = Duplicates::new(seed);
            for (index, row) in (0..).zip(&rows) {
                duplicates.add(index, &keys(&row.0, row.1, row.2));
            }
            let Suspects { certain, mut numbers } = duplicates.finish();
            let (expected_certain, expected_numbers) = expected(&rows);
            prop_assert_eq!(certain, expected_certain);
            for index in numbers.indexes().collect::<Vec<_>>() {
                numbers.tell(index, &rows[index as usize].0);
            }
            prop_assert_eq!(numbers.finish(), expected_numbers);
        }
    }

    #[test]
    fn numbers_that_only_hash_alike_are_cleared_when_told() {
        let row = |index| NumberRow {
            index,
            key: 7,
            number: 0,
        };
        let alike = || NumberSuspects {
            seed: 1,
            rows: vec![row(3), row(5), row(9)],
        };
        let mut suspects = alike();
        for (index, number) in [(3, "A"), (5, "B"), (9, "A"), (11, "A")] {
            suspects.tell(index, number);
        }
        let found: Vec<_> = suspects.finish().iter().map(|it| it.index).collect();
        assert_eq!(found, [3, 9]);
        assert_eq!(alike().finish().len(), 3, "nothing was told");
    }

    #[test]
    fn sequential_numbers_are_spread_and_stay_apart() {
        let keys: std::collections::BTreeSet<_> = (0..100_000).map(spread).collect();
        assert_eq!(keys.len(), 100_000);
        let mut parts = [0_u32; 256];
        for key in &keys {
            parts[usize::try_from(key >> (KEY_BITS - 8)).unwrap()] += 1;
        }
        assert!(parts.iter().all(|&count| (300..500).contains(&count)));
    }

    #[test]
    fn rows_in_different_blocks_are_compared() {
        let mut duplicates = Duplicates::new(0);
        for index in 0..200_000_u32 {
            let shared = [0, 70_000, 199_999].contains(&index);
            let number = index.to_string();
            let number = if shared { "0" } else { &number };
            duplicates.add(
                index,
                &keys(number, u64::from(index), u64::from(index / 199_999) + 1),
            );
        }
        let Suspects {
            certain,
            mut numbers,
        } = duplicates.finish();
        assert_eq!(
            certain.len(),
            199_999,
            "all My Numbers but the last are the same"
        );
        for index in numbers.indexes().collect::<Vec<_>>() {
            let shared = [0, 70_000, 199_999].contains(&index);
            numbers.tell(index, &if shared { 0 } else { index }.to_string());
        }
        let found: Vec<_> = numbers.finish().iter().map(|it| it.index).collect();
        assert_eq!(found, [0, 70_000, 199_999]);
    }
}
