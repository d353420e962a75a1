//! Finding rows that record the same dose of the same person. Rows that say the same are one dose, told
//! twice; rows that differ are all refused, because nobody can tell which is right.

use domain::LotNumber;

use super::keys::{Content, RowKeys};
use super::rules::Doses;
use crate::ProblemCode;
use crate::file::{self, Keys, Suspect, hash};

/// Collects whose dose each row of a file records, then says which rows may record the same one.
pub struct Duplicates {
    seed: u64,
    coupons: Keys,
    numbers: Keys,
}

/// How a row says whose dose it is. A row that says it in both ways is compared in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Coupon,
    Number,
}

/// Rows that seem to record the same dose.
#[derive(Debug)]
pub struct DoseSuspects {
    seed: u64,
    /// By index.
    rows: Vec<SuspectRow>,
}

#[derive(Clone, Copy, Debug)]
struct SuspectRow {
    index: u32,
    by: By,
    key: u64,
    /// Another, independent hash of person and dose; zero until it is told.
    dose: u64,
    content: u64,
}

impl file::Duplicates<Doses> for Duplicates {
    type Suspects = DoseSuspects;

    fn new(seed: u64) -> Self {
        Self {
            seed,
            coupons: Keys::default(),
            numbers: Keys::default(),
        }
    }

    fn add(&mut self, index: u32, keys: &RowKeys<'_>) {
        if let Some(key) = hash_of_dose(keys, By::Coupon, self.seed) {
            self.coupons.add(key, index);
        }
        if let Some(key) = hash_of_dose(keys, By::Number, self.seed) {
            self.numbers.add(key, index);
        }
    }

    fn finish(self) -> DoseSuspects {
        let mut rows = Vec::new();
        for (by, keys) in [(By::Coupon, self.coupons), (By::Number, self.numbers)] {
            keys.shared(|key, index| {
                rows.push(SuspectRow {
                    index,
                    by,
                    key,
                    dose: 0,
                    content: 0,
                });
            });
        }
        rows.sort_unstable_by_key(|row| (row.index, row.by));
        DoseSuspects {
            seed: !self.seed,
            rows,
        }
    }
}

impl file::Suspects<Doses> for DoseSuspects {
    fn indexes(&self) -> Vec<u32> {
        let mut indexes: Vec<_> = self.rows.iter().map(|row| row.index).collect();
        indexes.dedup();
        indexes
    }

    fn tell(&mut self, index: u32, keys: &RowKeys<'_>) {
        let first = self.rows.partition_point(|row| row.index < index);
        let rows = self.rows.get_mut(first..).unwrap_or_default();
        for row in rows.iter_mut().take_while(|row| row.index == index) {
            row.dose = hash_of_dose(keys, row.by, self.seed).unwrap_or_default() | 1;
            row.content = hash_of_content(keys, self.seed);
        }
    }

    /// Those that record the same dose and differ.
    fn finish(mut self) -> Vec<Suspect> {
        let key = |row: &SuspectRow| (row.by, row.key, row.dose);
        self.rows.sort_unstable_by_key(|row| (key(row), row.index));
        let differ = |group: &&[SuspectRow]| {
            let first = group.first().map(|row| row.content);
            group
                .iter()
                .any(|row| row.dose == 0 || Some(row.content) != first)
        };
        let groups = self.rows.chunk_by(|a, b| key(a) == key(b));
        let mut suspects: Vec<_> = groups
            .filter(differ)
            .flatten()
            .map(|row| Suspect {
                index: row.index,
                code: ProblemCode::DoseTwice,
            })
            .collect();
        suspects.sort_unstable();
        suspects.dedup();
        suspects
    }
}

/// Whose dose it is and which; `None` if the row does not say it in this way.
fn hash_of_dose(keys: &RowKeys<'_>, by: By, seed: u64) -> Option<u64> {
    let (programme, dose) = (keys.programme?, keys.dose?);
    let person = match by {
        By::Coupon => hash(&keys.coupon?.expose().to_be_bytes(), seed),
        By::Number => hash(keys.number?.as_bytes(), seed),
    };
    let programme = hash(programme.as_str().as_bytes(), seed ^ u64::from(dose.get()));
    Some(hash(&programme.to_be_bytes(), person))
}

/// All that a dose says beside whose it is; a lot as lots are compared.
fn hash_of_content(keys: &RowKeys<'_>, seed: u64) -> u64 {
    let Content {
        given_on,
        product,
        lot,
        venue,
        physician,
    } = keys.content;
    let day = given_on.map(|day| i64::from(day.year()) << 16 | i64::from(day.day_of_year()));
    let day = day.map(i64::to_be_bytes);
    let lot = lot.map(|lot| LotNumber::parse(lot).map_or(lot.to_owned(), |lot| lot.to_string()));
    let coupon = keys.coupon.map(|coupon| coupon.expose().to_be_bytes());
    let parts = [
        day.as_ref().map(<[u8; 8]>::as_slice),
        product.as_ref().map(|product| product.as_str().as_bytes()),
        lot.as_ref().map(String::as_bytes),
        venue.map(str::as_bytes),
        physician.map(str::as_bytes),
        coupon.as_ref().map(<[u8; 8]>::as_slice),
    ];
    // What is missing is another content than what is empty.
    let none = |part: Option<&[u8]>, state: u64| part.map_or(!state, |part| hash(part, state));
    parts.iter().fold(seed, |state, part| {
        hash(&none(*part, state).to_be_bytes(), state)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::{CouponNumber, DoseNumber, ProgrammeCode};
    use proptest::prelude::*;

    use super::*;
    use crate::file::{Duplicates as _, Suspects as _};

    /// Coupon or number, and which dose.
    type Key<'a> = (Option<u64>, Option<&'a str>, u8);
    type Row = (Option<u64>, Option<String>, u8, String);

    fn keys((coupon, number, dose, lot): &Row) -> RowKeys<'_> {
        RowKeys {
            coupon: coupon.and_then(|it| CouponNumber::from_u64(it).ok()),
            number: number.as_deref(),
            programme: Some(ProgrammeCode::COVID19),
            dose: DoseNumber::new(*dose),
            content: Content {
                lot: Some(lot),
                ..Content::default()
            },
        }
    }

    /// The rows that record one dose differently, found the slow way.
    fn expected(rows: &[Row]) -> Vec<u32> {
        let mut doses: BTreeMap<Key<'_>, Vec<u32>> = BTreeMap::new();
        for (index, (coupon, number, dose, _)) in (0..).zip(rows) {
            if coupon.is_some() {
                doses.entry((*coupon, None, *dose)).or_default().push(index);
            }
            if number.is_some() {
                let key = (None, number.as_deref(), *dose);
                doses.entry(key).or_default().push(index);
            }
        }
        let content = |index: &u32| {
            let (coupon, _, _, lot) = &rows[*index as usize];
            (*coupon, lot.to_ascii_uppercase())
        };
        let differ = |rows: &Vec<u32>| rows.iter().any(|it| content(it) != content(&rows[0]));
        let mut found: Vec<u32> = doses.into_values().filter(differ).flatten().collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    proptest! {
        #[test]
        fn rows_that_record_one_dose_differently_are_found_and_no_others(
            rows in prop::collection::vec(
                (prop::option::of(0..40_u64), prop::option::of("[0-9]{1,2}"), 1..3_u8, "[aAb]"), 0..150,
            ),
            seed: u64,
        ) {
            let mut duplicates = Duplicates::new(seed);
            for (index, row) in (0..).zip(&rows) {
                duplicates.add(index, &keys(row));
            }
            let mut suspects = duplicates.finish();
            for index in suspects.indexes() {
                suspects.tell(index, &keys(&rows[index as usize]));
            }
            let found: Vec<u32> = suspects.finish().iter().map(|it| it.index).collect();
            prop_assert_eq!(found, expected(&rows));
        }
    }

    #[test]
    fn rows_of_which_nothing_was_told_are_refused() {
        let mut duplicates = Duplicates::new(1);
        let row = (Some(7), None, 1, "a".to_owned());
        duplicates.add(0, &keys(&row));
        duplicates.add(1, &keys(&row));
        assert_eq!(duplicates.finish().finish().len(), 2);
    }
}
