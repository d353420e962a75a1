//! Finding what two rows of a residents file share. A My Number without its check digit and a coupon
//! number fit into a key as they are; of a 宛名番号 there is room for a keyed hash only, so what it finds
//! is verified by reading those rows again.

use super::keys::RowKeys;
use crate::ProblemCode;
use crate::file::{Keys, Suspect, hash, spread};

/// Collects the keys of all rows of a file, then says which stand there more than once.
pub struct Duplicates {
    seed: u64,
    numbers: Keys,
    coupons: Keys,
    my_numbers: Keys,
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
