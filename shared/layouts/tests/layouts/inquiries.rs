//! Files of inquiries: what each kind of good and bad row gets.

use domain::{Date, ProgrammeCode, Purpose, TenantCode};
use layouts::ProblemCode::{self, *};
use layouts::inquiries::{Check, Record};
use layouts::{ColumnMapping, Rules};

use crate::file::{Refused, file_under, row_under};

const HEADER: &str = "整理番号,個人番号,生年月日,照会根拠,同意日,同意書番号,\
                      同意書ハッシュ値,照会目的,予防接種";

/// For what and of which programmes an accepted row asks, and the scan of its form.
type Accepted = (Purpose, Vec<ProgrammeCode>, Option<[u8; 32]>);

/// The usual row with one column changed.
fn row_with(column: &str, value: &str) -> String {
    let scan = "00".repeat(32);
    let row = format!("A-1,983205673214,19500102,CONSENT,20211231,F-1,{scan},VACCINATION,COVID19");
    row_under(HEADER, &row, column, value)
}

fn check(row: &str) -> (Vec<Accepted>, Vec<Refused>) {
    let rules = Rules {
        tenant: TenantCode::parse("131016").unwrap(),
        today: Date::constant(2021, 12, 31),
        max_bytes: 2_000_000_000,
    };
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    let mut sink = |record: &Record<'_>| match record.row {
        Ok(row) => accepted.push((row.purpose, row.programmes(), row.scan)),
        Err(problems) => {
            let named = problems.iter().map(|it| (it.code, it.column));
            refused.push((record.line, named.collect()));
        }
    };
    let mut check = Check::new(rules, &ColumnMapping::default());
    let file = file_under(HEADER, &[row]);
    check.push(file.as_bytes(), &mut sink).unwrap();
    check.finish(&mut sink).unwrap();
    (accepted, refused)
}

#[test]
fn a_wrong_cell_makes_its_row_refused() {
    let wrong: &[(&str, &str, ProblemCode)] = &[
        ("整理番号", "", RequiredEmpty),
        ("整理番号", &"A".repeat(41), TooLong),
        ("整理番号", "1.23457E+11", ReferenceRounded),
        ("個人番号", "", RequiredEmpty),
        ("個人番号", "983205673215", MyNumberCheckDigit),
        ("生年月日", "", RequiredEmpty),
        ("生年月日", "20220101", DateInFuture),
        ("照会根拠", "", RequiredEmpty),
        ("照会根拠", "LAW", BasisUnknown),
        ("照会根拠", "consent", BasisUnknown),
        ("照会根拠", &"A".repeat(41), TooLong),
        // Whoever drops a file is one person.
        ("照会根拠", "CONSENT_HARD_TO_OBTAIN", BasisNeedsApproval),
        ("同意日", "", RequiredEmpty),
        ("同意日", "20220101", DateInFuture),
        ("同意日", "20211216", ConsentTooOld),
        ("同意書番号", "", RequiredEmpty),
        ("同意書番号", "同意書1", FormNumber),
        ("同意書番号", "983205673214", FormNumber),
        ("同意書番号", &"F".repeat(41), TooLong),
        ("同意書ハッシュ値", "abc", ScanHash),
        ("同意書ハッシュ値", &"g".repeat(64), ScanHash),
        ("同意書ハッシュ値", &"00".repeat(31), ScanHash),
        ("同意書ハッシュ値", &"00".repeat(33), ScanHash),
        ("同意書ハッシュ値", &"0".repeat(201), TooLong),
        ("照会目的", "CURIOSITY", PurposeUnknown),
        ("照会目的", "vaccination", PurposeUnknown),
        ("予防接種", "COVID20", ProgrammeUnknown),
        ("予防接種", "COVID19 HPV", ProgrammeUnknown),
        ("予防接種", "*", ProgrammeUnknown),
    ];
    for (column, cell, code) in wrong {
        let refused = vec![(2, vec![(*code, Some(*column))])];
        let seen = check(&row_with(column, cell));
        assert_eq!(seen, (Vec::new(), refused), "{column} {cell}");
    }
}

#[test]
fn a_cell_within_its_bounds_says_what_it_means() {
    let (usual, scan) = (Purpose::Vaccination, Some([0; 32]));
    let right: &[(&str, &str, Purpose, Option<[u8; 32]>)] = &[
        ("整理番号", &"A".repeat(40), usual, scan),
        ("生年月日", "20211231", usual, scan),
        // To the fourteenth day behind that of the form.
        ("同意日", "20211217", usual, scan),
        ("同意日", "20211231", usual, scan),
        ("同意書番号", &"F".repeat(40), usual, scan),
        ("同意書ハッシュ値", "", usual, None),
        (
            "同意書ハッシュ値",
            &"Ab".repeat(32),
            usual,
            Some([0xAB; 32]),
        ),
        ("照会目的", "", usual, scan),
        ("照会目的", "CERTIFICATE", Purpose::Certificate, scan),
        ("予防接種", "", usual, scan),
        ("予防接種", "COVID19 COVID19", usual, scan),
    ];
    for (column, cell, purpose, scan) in right {
        let accepted = vec![(*purpose, vec![ProgrammeCode::COVID19], *scan)];
        let seen = check(&row_with(column, cell));
        assert_eq!(seen, (accepted, Vec::new()), "{column} {cell}");
    }
}
