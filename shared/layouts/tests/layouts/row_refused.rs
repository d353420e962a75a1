use layouts::ProblemCode::{self, *};

use crate::file::{HEADER, ROW, check, cp932, file, row_with};

/// Column, what stands there, what is wrong with it.
const CELLS: &[(&str, &str, ProblemCode)] = &[
    ("自治体コード", "", RequiredEmpty),
    ("自治体コード", "131017", MunicipalityCode),
    ("自治体コード", "13101A", MunicipalityCode),
    ("自治体コード", "1310161", MunicipalityCode),
    ("自治体コード", "131016\u{200B}", HiddenCharacter),
    ("個別宛名番号", "", RequiredEmpty),
    ("個別宛名番号", "\u{A0}", RequiredEmpty),
    ("個別宛名番号", "　 ", RequiredEmpty),
    (
        "個別宛名番号",
        "12345678901234567890123456789012345678901",
        TooLong,
    ),
    ("個別宛名番号", "1.23457E+11", ResidentNumberRounded),
    ("個別宛名番号", "1E+11", ResidentNumberRounded),
    ("個別宛名番号", "10\u{0}01", HiddenCharacter),
    ("個別宛名番号", "10\u{1B}01", HiddenCharacter),
    ("個別宛名番号", "10\t01", HiddenCharacter),
    ("個別宛名番号", "\"10\r\n01\"", HiddenCharacter),
    ("個別宛名番号", "1001\u{200B}", HiddenCharacter),
    ("個別宛名番号", "\u{202E}1001", HiddenCharacter),
    ("個別宛名番号", "10\u{2066}01", HiddenCharacter),
    ("個別宛名番号", "\u{FEFF}1001", HiddenCharacter),
    ("個別宛名番号", "10\u{85}01", HiddenCharacter),
    ("個別宛名番号", "10\u{FE0F}01", HiddenCharacter),
    ("券番号", "123456789", CouponLength),
    ("券番号", "12345678901", CouponLength),
    ("券番号", "123456789X", CouponNotDigits),
    ("券番号", "1.23E+09", CouponNotDigits),
    ("券番号", "12345\u{200D}67890", HiddenCharacter),
    ("個人番号", "98320567321", MyNumberLength),
    ("個人番号", "9832056732140", MyNumberLength),
    ("個人番号", "983205673215", MyNumberCheckDigit),
    ("個人番号", "９８３２０５６７３２１５", MyNumberCheckDigit),
    ("個人番号", "1.23457E+11", MyNumberRounded),
    ("個人番号", "9832-0567-3214", MyNumberNotDigits),
    ("個人番号", "983205\u{0}73214", HiddenCharacter),
    ("氏名", "", RequiredEmpty),
    ("氏名", "　", RequiredEmpty),
    ("氏名", "山\u{0}田", HiddenCharacter),
    ("氏名", "山\u{7F}田", HiddenCharacter),
    ("氏名カナ", "ヤマ\u{8}ダ", HiddenCharacter),
    ("生年月日", "", RequiredEmpty),
    ("生年月日", "19500230", DateImpossible),
    ("生年月日", "00000000", DateImpossible),
    ("生年月日", "1950230", DateUnreadable),
    ("生年月日", "昭和二十五年", DateUnreadable),
    ("生年月日", "S64.1.8", DateOutsideEra),
    ("生年月日", "平成31年5月1日", DateOutsideEra),
    ("生年月日", "20210402", DateInFuture),
    ("生年月日", "R3.4.2", DateInFuture),
    ("生年月日", "18791231", BirthTooEarly),
    ("生年月日", "M12.12.31", BirthTooEarly),
    ("性別", "", RequiredEmpty),
    ("性別", "3", SexUnknown),
    ("性別", "01", SexUnknown),
    ("性別", "男", SexUnknown),
    ("異動区分", "3", MovementUnknown),
    ("異動区分", "転入", MovementUnknown),
    ("異動日", "20210431", DateImpossible),
    ("異動日", "20210402", DateInFuture),
    ("異動日", "2021", DateUnreadable),
    (
        "異動事由",
        "転入転入転入転入転入転入転入転入転入転入転",
        TooLong,
    ),
    ("支援措置", "2", ProtectionUnknown),
    ("支援措置", "あり", ProtectionUnknown),
];

#[test]
fn a_wrong_cell_makes_its_row_refused_and_no_other() {
    for &(column, cell, code) in CELLS {
        let rows = file(&[
            &row_with("個別宛名番号", "1"),
            &row_with(column, cell),
            &row_with("個別宛名番号", "3"),
        ]);
        let in_cp932 = encoding_rs::SHIFT_JIS.encode(&rows);
        let encoded = [Some(rows.as_bytes()), (!in_cp932.2).then_some(&*in_cp932.0)];
        for bytes in encoded.into_iter().flatten() {
            let outcome = check(bytes);
            let name = format!("{column}: {}", cell.escape_debug());
            assert_eq!(outcome.refused, [(3, vec![(code, Some(column))])], "{name}");
            assert_eq!(outcome.accepted.len(), 2, "{name}");
            assert_eq!(outcome.summary().problems.get(&code), Some(&1), "{name}");
        }
    }
}

#[test]
fn texts_over_length_are_refused_by_characters_not_bytes() {
    for (column, most) in [
        ("氏名", 100),
        ("氏名カナ", 100),
        ("異動事由", 20),
        ("個別宛名番号", 40),
    ] {
        for (letter, bytes) in [("山", false), ("a", false), ("ｱ", true), ("山", true)] {
            let rows = |length| file(&[&row_with(column, &letter.repeat(length))]);
            let encode = |text: String| {
                if bytes {
                    cp932(&text)
                } else {
                    text.into_bytes()
                }
            };
            assert_eq!(
                check(&encode(rows(most))).accepted.len(),
                1,
                "{column} {letter}"
            );
            let refused = check(&encode(rows(most + 1))).refused;
            assert_eq!(
                refused,
                [(2, vec![(TooLong, Some(column))])],
                "{column} {letter}"
            );
        }
    }
}

#[test]
fn rows_of_a_wrong_width_or_with_wrong_quotes_are_refused() {
    let cases = [
        (
            ROW.rsplit_once(',').unwrap().0.to_owned(),
            TooFewFields,
            None,
        ),
        ("131016".to_owned(), TooFewFields, None),
        (format!("{ROW},"), TooManyFields, None),
        (row_with("氏名", "山田,太郎"), TooManyFields, None),
        (
            row_with("氏名", "\"山田\"太郎"),
            QuotesMisplaced,
            Some("氏名"),
        ),
        (
            row_with("個人番号", "\"983205673214\" "),
            QuotesMisplaced,
            Some("個人番号"),
        ),
    ];
    for (row, code, column) in cases {
        for bytes in [file(&[ROW, &row]).into_bytes(), cp932(&file(&[ROW, &row]))] {
            assert_eq!(check(&bytes).refused, [(3, vec![(code, column)])], "{row}");
        }
    }
}

#[test]
fn all_that_is_wrong_with_a_row_is_told_at_once() {
    let row = "131016,,123,98320567321,,,19500230,5,7,20300101,,x";
    let expected = vec![
        (RequiredEmpty, Some("個別宛名番号")),
        (CouponLength, Some("券番号")),
        (MyNumberLength, Some("個人番号")),
        (RequiredEmpty, Some("氏名")),
        (DateImpossible, Some("生年月日")),
        (SexUnknown, Some("性別")),
        (MovementUnknown, Some("異動区分")),
        (DateInFuture, Some("異動日")),
        (ProtectionUnknown, Some("支援措置")),
    ];
    let outcome = check(file(&[row]).as_bytes());
    assert_eq!(outcome.refused, [(2, expected)]);
    assert_eq!(outcome.summary().problems.get(&RequiredEmpty), Some(&2));
}

#[test]
fn a_municipality_code_without_its_leading_zero_is_refused_not_padded() {
    let row = |code| format!("{HEADER}\n{}\n", row_with("自治体コード", code));
    let check = |tenant, code| {
        let rules = layouts::residents::Rules {
            tenant: domain::TenantCode::parse(tenant).unwrap(),
            ..crate::file::rules()
        };
        crate::file::check_for(
            rules,
            row(code).as_bytes(),
            &layouts::ColumnMapping::default(),
        )
    };
    assert_eq!(check("011002", "011002").accepted.len(), 1);
    assert_eq!(check("011002", "01100").accepted.len(), 1);
    // 12203 is what is left of 士別市, and with a check digit 市川市.
    for (tenant, lost) in [("011002", "11002"), ("012203", "12203")] {
        assert_eq!(
            check(tenant, lost).refused,
            [(2, vec![(MunicipalityCodeLostZero, Some("自治体コード"))])]
        );
    }
}

#[test]
fn a_refused_row_behind_quoted_line_breaks_bears_its_own_line() {
    let quoted = row_with("異動事由", "\"転\r\n\n入\"");
    let outcome = check(file(&[&quoted, "131016"]).as_bytes());
    assert_eq!(outcome.refused, [(5, vec![(TooFewFields, None)])]);
}
