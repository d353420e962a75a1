//! Dose files: what each kind of good and bad row gets.

use domain::{Date, Dose, TenantCode};
use encoding_rs::SHIFT_JIS;
use layouts::ProblemCode::{self, *};
use layouts::doses::{Check, Column, Doses, Duplicates, Record};
use layouts::{
    ColumnMapping, Duplicates as _, ErrorsWriter, FileProblem, LayoutColumn as _, NoticeCode,
    Rules, Suspects as _, finding_ja,
};

use crate::file::{cp932, file_under, row_under};

const HEADER: &str = "自治体コード,券番号,個別宛名番号,接種回,接種日,接種会場名,接種医師名,\
                      ワクチンメーカー,ロット番号,予防接種";
const ROW: &str = "131016,1234567890,1001,1,20210601,第一会場,佐藤　一郎,ファイザー,EY0779,COVID19";

type Problems = Vec<(ProblemCode, Option<&'static str>)>;

#[derive(Default)]
struct Outcome {
    accepted: Vec<(Option<String>, Dose)>,
    refused: Vec<(u64, Problems)>,
    notices: Vec<NoticeCode>,
    twice: Vec<u32>,
}

fn rules() -> Rules {
    Rules {
        tenant: TenantCode::parse("131016").unwrap(),
        today: Date::constant(2021, 12, 31),
        max_bytes: 2_000_000_000,
    }
}

fn try_check(bytes: &[u8], mapping: &ColumnMapping) -> Result<Outcome, FileProblem> {
    let mut outcome = Outcome::default();
    let mut duplicates = Duplicates::new(5);
    let mut sink = |record: &Record<'_>| {
        duplicates.add(record.index, &record.keys);
        outcome.notices.extend(record.notices.iter());
        match record.row {
            Ok(row) => {
                let dose = row.to_dose().expect("an accepted row is a dose");
                outcome
                    .accepted
                    .push((row.resident.map(str::to_owned), dose));
            }
            Err(problems) => {
                let named = problems.iter().map(|it| (it.code, it.column)).collect();
                outcome.refused.push((record.line, named));
            }
        }
    };
    let mut check = Check::new(rules(), mapping);
    check.push(bytes, &mut sink)?;
    let summary = check.finish(&mut sink)?;
    assert_eq!(
        summary.rows as usize,
        outcome.accepted.len() + outcome.refused.len()
    );
    let mut suspects = duplicates.finish();
    let asked = suspects.indexes();
    let mut rows = layouts::doses::Rows::new(
        &summary.header,
        rules(),
        &bytes[usize::try_from(summary.header_span.end).unwrap()..],
        0,
        2,
    );
    while let Some(record) = rows.next().unwrap() {
        if asked.contains(&record.index) {
            suspects.tell(record.index, &record.keys);
        }
    }
    outcome.twice = suspects.finish().iter().map(|it| it.index).collect();
    Ok(outcome)
}

fn check(bytes: &[u8]) -> Outcome {
    try_check(bytes, &ColumnMapping::default()).unwrap()
}

fn problem(text: &str) -> FileProblem {
    let outcome = try_check(text.as_bytes(), &ColumnMapping::default());
    outcome.err().unwrap()
}

fn file(rows: &[&str]) -> String {
    file_under(HEADER, rows)
}

fn row_with(column: &str, value: &str) -> String {
    row_under(HEADER, ROW, column, value)
}

/// Column, what stands there, what is wrong with it.
const WRONG: &[(&str, &str, ProblemCode)] = &[
    ("自治体コード", "", RequiredEmpty),
    ("自治体コード", "131017", MunicipalityCode),
    ("券番号", "123456789", CouponLength),
    ("券番号", "12345678901", CouponLength),
    ("券番号", "123456789O", CouponNotDigits),
    ("券番号", "12345\u{200D}67890", HiddenCharacter),
    (
        "個別宛名番号",
        "12345678901234567890123456789012345678901",
        TooLong,
    ),
    ("個別宛名番号", "1.23457E+11", ResidentNumberRounded),
    ("個別宛名番号", "10\u{200B}01", HiddenCharacter),
    ("接種回", "", RequiredEmpty),
    ("接種回", "　", RequiredEmpty),
    ("接種回", "0", DoseNumber),
    ("接種回", "00", DoseNumber),
    ("接種回", "100", DoseNumber),
    ("接種回", "-1", DoseNumber),
    ("接種回", "1回目", DoseNumber),
    ("接種回", "1.0", DoseNumber),
    ("接種回", "l", DoseNumber),
    ("接種回", "1\u{200B}", HiddenCharacter),
    ("接種日", "", RequiredEmpty),
    ("接種日", "20210230", DateImpossible),
    ("接種日", "2021061", DateUnreadable),
    ("接種日", "H31.5.1", DateOutsideEra),
    ("接種日", "20220101", DateInFuture),
    (
        "接種会場名",
        "会場会場会場会場会場会場会場会場会場会場会場会場会場会場会場会",
        TooLong,
    ),
    ("接種会場名", "第一\u{7}会場", HiddenCharacter),
    ("接種会場名", "\"第一\n会場\"", HiddenCharacter),
    ("接種会場名", "第一\t会場", HiddenCharacter),
    ("接種会場名", "第一\u{202E}会場", HiddenCharacter),
    (
        "接種医師名",
        "医師医師医師医師医師医師医師医師医師医師医",
        TooLong,
    ),
    ("接種医師名", "佐\u{200B}藤", HiddenCharacter),
    ("ワクチンメーカー", "", RequiredEmpty),
    ("ワクチンメーカー", "ファイサー", ProductUnknown),
    ("ワクチンメーカー", "不明", ProductUnknown),
    (
        "ワクチンメーカー",
        "ファイザーファイザーファイザーファイザーフ",
        TooLong,
    ),
    ("ロット番号", "", RequiredEmpty),
    ("ロット番号", "　", RequiredEmpty),
    ("ロット番号", "\u{A0}", RequiredEmpty),
    ("ロット番号", "EY0779EY0779EY0779EY0", TooLong),
    ("ロット番号", "3.00E+10", LotRounded),
    ("ロット番号", "EY\u{200B}0779", HiddenCharacter),
    ("ロット番号", "\"EY\n0779\"", HiddenCharacter),
    ("予防接種", "COVID20", ProgrammeUnknown),
    ("予防接種", "covid19", ProgrammeUnknown),
    ("予防接種", "COVID-19", ProgrammeUnknown),
    ("予防接種", "コロナ", ProgrammeUnknown),
];

#[test]
fn a_wrong_cell_makes_its_row_refused_and_no_other() {
    for &(column, cell, code) in WRONG {
        let rows = file(&[
            ROW,
            &row_with(column, cell),
            &row_with("券番号", "1234567891").replace("1001", ""),
        ]);
        let outcome = check(rows.as_bytes());
        assert_eq!(
            outcome.refused,
            [(3, vec![(code, Some(column))])],
            "{column} {}",
            cell.escape_unicode()
        );
        assert_eq!(outcome.accepted.len(), 2);
    }
}

#[test]
fn texts_over_length_are_refused_by_characters_not_bytes() {
    for (column, letter, most) in [
        ("個別宛名番号", "7", 40),
        ("個別宛名番号", "宛", 40),
        ("接種会場名", "a", 30),
        ("接種会場名", "会", 30),
        ("接種医師名", "a", 20),
        ("接種医師名", "医", 20),
        ("ロット番号", "A", 20),
        ("ロット番号", "Ａ", 20),
    ] {
        let of = |length| check(file(&[&row_with(column, &letter.repeat(length))]).as_bytes());
        assert_eq!(of(most).refused, [], "{column} {letter}");
        let refused = vec![(TooLong, Some(column))];
        assert_eq!(of(most + 1).refused, [(2, refused)], "{column} {letter}");
    }
    // No vaccine has so long a name, and the longest one is looked for.
    for (length, code) in [(20, ProductUnknown), (21, TooLong)] {
        let row = row_with("ワクチンメーカー", &"ア".repeat(length));
        let refused = vec![(code, Some("ワクチンメーカー"))];
        assert_eq!(check(file(&[&row]).as_bytes()).refused, [(2, refused)]);
    }
}

#[test]
fn a_row_needs_a_coupon_or_a_number_of_the_person() {
    let rows = [
        "131016,1234567890,,1,20210601,,,ファイザー,EY0779,",
        "131016,,1001,1,20210601,,,ファイザー,EY0779,",
        "131016,,,1,20210601,,,ファイザー,EY0779,",
        "131016, ,　,1,20210601,,,ファイザー,EY0779,",
        "131016,123,,1,20210601,,,ファイザー,EY0779,",
    ];
    let outcome = check(file(&rows).as_bytes());
    assert_eq!(outcome.accepted.len(), 2);
    let missing = vec![(PersonMissing, Some("券番号"))];
    let length = vec![(CouponLength, Some("券番号"))];
    assert_eq!(
        outcome.refused,
        [(4, missing.clone()), (5, missing), (6, length)]
    );
}

#[test]
fn all_that_is_wrong_with_a_row_is_told_at_once() {
    let row = "131016,,,8回,20210230,,,謎,,FLU";
    let expected = vec![
        (PersonMissing, Some("券番号")),
        (DoseNumber, Some("接種回")),
        (DateImpossible, Some("接種日")),
        (ProgrammeUnknown, Some("予防接種")),
        (RequiredEmpty, Some("ロット番号")),
    ];
    assert_eq!(check(file(&[row]).as_bytes()).refused, [(2, expected)]);
}

/// Column, one way to write it, what the dose says.
const RIGHT: &[(&str, &str, &str)] = &[
    ("接種回", "２", "2"),
    ("接種回", "02", "2"),
    ("接種回", " 3 ", "3"),
    ("接種回", "99", "99"),
    ("接種日", "2021-06-01", "2021-06-01"),
    ("接種日", "2021/6/1", "2021-06-01"),
    ("接種日", "R3.6.1", "2021-06-01"),
    ("接種日", "令和３年６月１日", "2021-06-01"),
    ("ワクチンメーカー", "ﾌｧｲｻﾞｰ", "COMIRNATY"),
    ("ワクチンメーカー", "武田/モデルナ", "SPIKEVAX"),
    ("ワクチンメーカー", "モデルナ", "SPIKEVAX"),
    ("ワクチンメーカー", "コミナティ", "COMIRNATY"),
    ("ロット番号", "ｅｙ０７７９", "EY0779"),
    ("ロット番号", " 3004−667 ", "3004-667"),
    ("ロット番号", "EYO779", "EYO779"),
    ("予防接種", "", "COVID19"),
    ("予防接種", "ＣＯＶＩＤ１９", "COVID19"),
];

fn read(column: &str, dose: &Dose) -> String {
    match column {
        "接種回" => dose.number.to_string(),
        "接種日" => dose.given_on.to_string(),
        "ワクチンメーカー" => dose.product.to_string(),
        "ロット番号" => dose.lot.to_string(),
        "予防接種" => dose.programme.to_string(),
        other => panic!("{other}"),
    }
}

#[test]
fn the_ways_to_write_a_cell_mean_the_same_in_every_encoding() {
    for &(column, cell, expected) in RIGHT {
        let text = file(&[&row_with(column, cell)]);
        let bom = format!("\u{FEFF}{text}");
        let mut encodings = vec![text.clone().into_bytes(), bom.into_bytes()];
        if !cell.contains('−') {
            encodings.push(cp932(&text));
        }
        for bytes in encodings {
            let outcome = check(&bytes);
            assert_eq!(outcome.refused, [], "{column} {cell}");
            let dose = &outcome.accepted[0].1;
            assert_eq!(read(column, dose), expected, "{column} {cell}");
        }
    }
}

#[test]
fn a_row_says_all_of_the_dose() {
    let outcome = check(file(&[ROW]).as_bytes());
    let (resident, dose) = &outcome.accepted[0];
    assert_eq!(resident.as_deref(), Some("1001"));
    assert_eq!(
        dose.coupon.map(domain::CouponNumber::expose),
        Some(1_234_567_890)
    );
    assert_eq!(dose.venue.as_ref().unwrap().expose(), "第一会場");
    assert_eq!(dose.physician.as_ref().unwrap().expose(), "佐藤　一郎");
    assert_eq!(outcome.notices, []);
}

#[test]
fn characters_of_the_users_own_are_the_same_in_either_encoding() {
    let mut bytes = cp932(&file(&[ROW]));
    let venue = cp932("第一会場");
    let at = bytes
        .windows(venue.len())
        .position(|it| it == venue)
        .unwrap();
    bytes.splice(at..at + 2, [0xF0, 0x40]);
    let outcome = check(&bytes);
    let text = file(&[ROW]).replace("第一会場", "\u{E000}一会場");
    let same = check(text.as_bytes());
    let venue = |outcome: &Outcome| outcome.accepted[0].1.venue.clone().unwrap();
    assert_eq!(venue(&outcome).expose(), "\u{E000}一会場");
    assert!(venue(&outcome).text().original.is_none());
    assert!(outcome.accepted[0].1 == same.accepted[0].1);
    for outcome in [outcome, same] {
        assert_eq!(outcome.notices, [NoticeCode::PrivateCharacter]);
    }
}

#[test]
fn columns_that_doses_do_not_need_make_the_file_refused_unless_they_are_mapped() {
    let text = file(&[ROW]).replace("接種会場名", "氏名");
    let problem = problem(&text);
    assert_eq!(
        (problem.code, problem.column.as_deref()),
        (UnknownColumn, Some("氏名"))
    );
    let pair = ("氏名".to_owned(), Column::Venue.name().to_owned());
    let mapping = ColumnMapping::of::<Doses>([pair]).unwrap();
    assert_eq!(
        try_check(text.as_bytes(), &mapping).unwrap().accepted.len(),
        1
    );
    let unknown = ("x".to_owned(), "生年月日".to_owned());
    assert!(ColumnMapping::of::<Doses>([unknown]).is_err());
}

#[test]
fn a_residents_file_in_the_wrong_folder_is_refused_whole() {
    let text = crate::file::file(&[crate::file::ROW]);
    assert_eq!(problem(&text).code, UnknownColumn);
    let text = file(&[&row_with("自治体コード", "011002")]);
    assert_eq!(problem(&text).code, OtherMunicipality);
}

#[test]
fn rows_that_record_one_dose_differently_are_both_found() {
    let dose = |coupon: &str, number: &str, nth: &str, lot: &str| {
        format!("131016,{coupon},{number},{nth},20210601,,,ファイザー,{lot},")
    };
    let cases: &[(&[String], &[u32])] = &[
        (
            &[
                dose("1234567890", "", "1", "A1"),
                dose("1234567890", "", "1", "A2"),
            ],
            &[0, 1],
        ),
        (
            &[
                dose("1234567890", "", "1", "A1"),
                dose("1234567890", "", "1", "a1"),
            ],
            &[],
        ),
        (
            &[
                dose("1234567890", "", "1", "A1"),
                dose("1234567890", "", "2", "A2"),
            ],
            &[],
        ),
        (
            &[
                dose("", "7", "1", "A1"),
                dose("", "８", "1", "A2"),
                dose("", "７", "01", "A3"),
            ],
            &[0, 2],
        ),
        (
            &[dose("1234567890", "7", "1", "A1"), dose("", "7", "1", "A1")],
            &[0, 1],
        ),
        // Who is refused for something else makes it uncertain all the same.
        (&[dose("", "7", "1", "A1"), dose("", "7", "1", "")], &[0, 1]),
        // By coupon and by number it may be the same person; the file alone cannot tell.
        (
            &[dose("1234567890", "", "1", "A1"), dose("", "7", "1", "A2")],
            &[],
        ),
    ];
    for (rows, expected) in cases {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        assert_eq!(check(file(&rows).as_bytes()).twice, *expected, "{rows:?}");
    }
}

#[test]
fn refused_rows_mended_in_errors_csv_are_accepted_with_the_columns_left_in() {
    let mapping = ColumnMapping::default();
    let text = file(&[&row_with("接種日", "20210230")]);
    for (bytes, is_cp932) in [(text.clone().into_bytes(), false), (cp932(&text), true)] {
        let mut refused = Vec::new();
        let mut sink = |record: &Record<'_>| refused.push((record.raw.to_vec(), record.line));
        let mut check_one = Check::new(rules(), &mapping);
        check_one.push(&bytes, &mut sink).unwrap();
        let summary = check_one.finish(&mut sink).unwrap();
        let mut writer = ErrorsWriter::new(Vec::new(), &summary.header).unwrap();
        let finding = domain::FindingCode::BeforeBirth;
        for (raw, line) in &refused {
            let reason = (finding.as_str(), finding_ja(finding, *line));
            writer.row_with(raw, std::iter::once(reason)).unwrap();
        }
        let written = writer.finish().unwrap();
        let text = if is_cp932 {
            SHIFT_JIS.decode(&written).0.into_owned()
        } else {
            String::from_utf8(written).unwrap()
        };
        assert!(
            text.contains("before-birth,2行目「接種日」：　接種日が生年月日より前です。"),
            "{text}"
        );
        let mended = text.replace("20210230", "20210228");
        let mended = if is_cp932 {
            cp932(&mended)
        } else {
            mended.into_bytes()
        };
        let outcome = check(&mended);
        assert_eq!(outcome.refused, []);
        assert_eq!(outcome.accepted.len(), 1);
    }
}
