use layouts::ProblemCode::{self, *};
use layouts::doses::Doses;
use layouts::inquiries::Inquiries;
use layouts::residents::{Check, Duplicates, Record, Residents, RowKeys};
use layouts::{ColumnMapping, Duplicates as _, RowProblem, Suspects as _};

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
    for index in suspects.indexes() {
        let keys = RowKeys {
            number: numbers[index as usize].as_deref(),
            ..RowKeys::default()
        };
        suspects.tell(index, &keys);
    }
    suspects
        .finish()
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

#[test]
fn a_problem_found_beyond_the_row_names_the_column_of_its_layout() {
    let in_residents = |code| RowProblem::beyond::<Residents>(code, 7).column;
    let in_doses = |code| RowProblem::beyond::<Doses>(code, 7).column;
    let in_inquiries = |code| RowProblem::beyond::<Inquiries>(code, 7).column;
    for (found, column) in [
        (in_residents(MyNumberShared), Some("個人番号")),
        (in_residents(CouponShared), Some("券番号")),
        (in_residents(ResidentNumberTwice), Some("個別宛名番号")),
        (in_residents(DoseTwice), None),
        (in_doses(DoseTwice), Some("接種回")),
        (in_doses(CouponShared), None),
        (in_inquiries(ReferenceTwice), Some("整理番号")),
        (in_inquiries(FormUsed), Some("同意書番号")),
        (in_inquiries(MyNumberShared), None),
    ] {
        assert_eq!(found, column);
    }
}
