//! Finding what two rows of a residents file share. A My Number without its check digit and a coupon
//! number fit into a key as they are; of a 宛名番号 there is room for a keyed hash only, so what it finds
//! is verified by reading those rows again.

use super::keys::RowKeys;
use super::rules::Residents;
use crate::ProblemCode;
use crate::file::{self, Keys, Suspect, hash, spread};

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
    /// Rows that share a My Number or a coupon number.
    certain: Vec<Suspect>,
    seed: u64,
    /// Rows whose 宛名番号 have the same hash, by index. Nearly always they are the same.
    numbers: Vec<NumberRow>,
}

#[derive(Clone, Copy, Debug)]
struct NumberRow {
    index: u32,
    key: u64,
    /// Another, independent hash; zero until it is told.
    number: u64,
}

impl file::Duplicates<Residents> for Duplicates {
    type Suspects = Suspects;

    fn new(seed: u64) -> Self {
        Self {
            seed,
            numbers: Keys::default(),
            coupons: Keys::default(),
            my_numbers: Keys::default(),
        }
    }

    #[inline]
    fn add(&mut self, index: u32, keys: &RowKeys<'_>) {
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

    fn finish(self) -> Suspects {
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
        let mut numbers = Vec::new();
        let row = |key, index| NumberRow {
            index,
            key,
            number: 0,
        };
        self.numbers
            .shared(|key, index| numbers.push(row(key, index)));
        numbers.sort_unstable_by_key(|row| row.index);
        Suspects {
            certain,
            seed: !self.seed,
            numbers,
        }
    }
}

impl file::Suspects<Residents> for Suspects {
    fn indexes(&self) -> Vec<u32> {
        self.numbers.iter().map(|row| row.index).collect()
    }

    fn tell(&mut self, index: u32, keys: &RowKeys<'_>) {
        if let Some(number) = keys.number
            && let Ok(at) = self.numbers.binary_search_by_key(&index, |row| row.index)
            && let Some(row) = self.numbers.get_mut(at)
        {
            row.number = hash(number.as_bytes(), self.seed) | 1;
        }
    }

    fn finish(mut self) -> Vec<Suspect> {
        let key = |row: &NumberRow| (row.key, row.number);
        self.numbers.sort_unstable_by_key(key);
        let groups = self.numbers.chunk_by(|a, b| key(a) == key(b));
        let shared =
            groups.filter(|group| group.len() > 1 || group.iter().any(|row| row.number == 0));
        self.certain.extend(shared.flatten().map(|row| Suspect {
            index: row.index,
            code: ProblemCode::ResidentNumberTwice,
        }));
        self.certain.sort_unstable();
        self.certain
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{CouponNumber, MyNumber};
    use proptest::prelude::*;

    use super::*;
    use crate::file::{Duplicates as _, Suspects as _};

    fn keys(number: &str, coupon: u64, person: u64) -> RowKeys<'_> {
        RowKeys {
            number: Some(number),
            coupon: CouponNumber::from_u64(coupon).ok(),
            my_number: MyNumber::with_check_digit(person),
        }
    }

    /// All that is shared, found the slow way.
    fn expected(rows: &[(String, u64, u64)]) -> Vec<Suspect> {
        fn shared<K: Ord>(keys: impl Iterator<Item = K>, code: ProblemCode) -> Vec<Suspect> {
            let mut rows: BTreeMap<K, Vec<u32>> = BTreeMap::new();
            for (index, key) in (0..).zip(keys) {
                rows.entry(key).or_default().push(index);
            }
            let shared = rows.into_values().filter(|rows| rows.len() > 1).flatten();
            shared.map(|index| Suspect { index, code }).collect()
        }
        let mut all = shared(rows.iter().map(|row| row.1), ProblemCode::CouponShared);
        all.extend(shared(
            rows.iter().map(|row| row.2),
            ProblemCode::MyNumberShared,
        ));
        all.extend(shared(
            rows.iter().map(|row| &row.0),
            ProblemCode::ResidentNumberTwice,
        ));
        all.sort_unstable();
        all
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
            let mut suspects = duplicates.finish();
            for index in suspects.indexes() {
                let row = &rows[index as usize];
                suspects.tell(index, &keys(&row.0, row.1, row.2));
            }
            prop_assert_eq!(suspects.finish(), expected(&rows));
        }
    }

    #[test]
    fn numbers_that_only_hash_alike_are_cleared_when_told() {
        let row = |index| NumberRow {
            index,
            key: 7,
            number: 0,
        };
        let alike = || Suspects {
            certain: Vec::new(),
            seed: 1,
            numbers: vec![row(3), row(5), row(9)],
        };
        let mut suspects = alike();
        for (index, number) in [(3, "A"), (5, "B"), (9, "A"), (11, "A")] {
            suspects.tell(index, &keys(number, 1, 1));
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
        let mut suspects = duplicates.finish();
        for index in suspects.indexes() {
            let shared = [0, 70_000, 199_999].contains(&index);
            let number = if shared { 0 } else { index }.to_string();
            suspects.tell(index, &keys(&number, 1, 1));
        }
        let (numbers, others): (Vec<_>, Vec<_>) = suspects
            .finish()
            .into_iter()
            .partition(|it| it.code == ProblemCode::ResidentNumberTwice);
        let found: Vec<_> = numbers.iter().map(|it| it.index).collect();
        assert_eq!(found, [0, 70_000, 199_999]);
        assert_eq!(
            others.len(),
            199_999,
            "all My Numbers but the last are the same"
        );
    }
}
