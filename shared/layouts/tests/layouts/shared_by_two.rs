use layouts::ColumnMapping;
use layouts::ProblemCode::{self, *};
use layouts::residents::{Check, Duplicates, Record};

use crate::file::{file, rules};

/// Which rows share something, as receive-upload finds out.
fn shared(rows: &[&str]) -> Vec<(u32, ProblemCode)> {
    let text = file(rows);
    let mut duplicates = Duplicates::new(42);
    let mut numbers = Vec::new();
    let mut sink = |record: &Record<'_>| {
        duplicates.add(record.index, &record.keys);
        numbers.push(record.keys.number.map(str::to_owned));
    };
    let mut check = Check::new(rules(), &ColumnMapping::default());
    check.push(text.as_bytes(), &mut sink).unwrap();
    check.finish(&mut sink).unwrap();
    let mut suspects = duplicates.finish();
    let doubtful: Vec<_> = suspects.numbers.indexes().collect();
    for index in doubtful {
        suspects
            .numbers
            .tell(index, numbers[index as usize].as_deref().unwrap());
    }
    let mut found = suspects.certain;
    found.extend(suspects.numbers.finish());
    found.sort();
    found
        .iter()
        .map(|suspect| (suspect.index, suspect.code))
        .collect()
}

/// Rows, and which of them share something.
type Case = (&'static [&'static str], &'static [(u32, ProblemCode)]);

const OTHER: &str = "131016,9,9999999999,,鈴木,,19600102,2,,,,";

#[test]
fn both_rows_that_share_something_are_found() {
    let cases: &[Case] = &[
        (
            &[
                "131016,1,,983205673214,山田,,19500102,1,,,,",
                OTHER,
                "131016,2,,983205673214,田中,,19500103,1,,,,",
            ],
            &[(0, MyNumberShared), (2, MyNumberShared)],
        ),
        (
            &[
                "131016,1,1234567890,,山田,,19500102,1,,,,",
                "131016,2,1234567890,,田中,,19500103,1,,,,",
                OTHER,
            ],
            &[(0, CouponShared), (1, CouponShared)],
        ),
        (
            &[
                "131016,1,,,山田,,19500102,1,,,,",
                OTHER,
                "131016,１,,,田中,,19500103,1,,,,",
            ],
            &[(0, ResidentNumberTwice), (2, ResidentNumberTwice)],
        ),
        // Who is refused for something else shares it all the same.
        (
            &[
                "131016,1,,983205673214,山田,,19500230,1,,,,",
                OTHER,
                "131016,2,,983205673214,田中,,19500103,1,,,,",
            ],
            &[(0, MyNumberShared), (2, MyNumberShared)],
        ),
        // Who is removed no longer holds the My Number or the coupon, but is one row only.
        (
            &[
                "131016,1,1234567890,983205673214,山田,,19500102,1,2,,,",
                "131016,2,1234567890,983205673214,山田,,19500102,1,1,,,",
            ],
            &[],
        ),
        (
            &[
                "131016,1,,,山田,,19500102,1,2,,,",
                "131016,1,,,山田,,19500102,1,1,,,",
            ],
            &[(0, ResidentNumberTwice), (1, ResidentNumberTwice)],
        ),
        (
            &[
                "131016,1,,,山田,,19500102,1,,,,",
                "131016,2,,,山田,,19500102,1,,,,",
                OTHER,
            ],
            &[],
        ),
    ];
    for (rows, expected) in cases {
        assert_eq!(shared(rows), *expected, "{rows:?}");
    }
}
