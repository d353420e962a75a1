use domain::{Movement, Sex};
use layouts::residents::Residents;
use layouts::{ColumnMapping, NoticeCode};

use crate::file::{HEADER, ROW, check, check_mapped, cp932, file, row_with};

#[test]
fn a_usual_row_says_all_it_says_in_every_encoding() {
    let text = file(&[ROW]);
    let encodings = [
        ("utf-8", text.clone().into_bytes()),
        ("utf-8-bom", format!("\u{FEFF}{text}").into_bytes()),
        ("cp932", cp932(&text)),
    ];
    for (encoding, bytes) in encodings {
        let outcome = check(&bytes);
        assert_eq!(outcome.summary().header.encoding().as_str(), encoding);
        assert_eq!(outcome.notices, []);
        let resident = outcome.only_resident();
        assert_eq!(resident.number.expose(), "1001");
        assert_eq!(
            resident.coupon.map(domain::CouponNumber::expose),
            Some(1_234_567_890)
        );
        assert_eq!(
            resident.my_number.map(domain::MyNumber::expose),
            Some(983_205_673_214)
        );
        assert_eq!(resident.name.utf8.expose(), "山田　太郎");
        assert_eq!(
            resident.kana.as_ref().unwrap().utf8.expose(),
            "ヤマダ　タロウ"
        );
        assert_eq!(resident.birth_date.to_string(), "1950-01-02");
        assert_eq!(
            (resident.sex, resident.movement),
            (Sex::Male, Movement::Register)
        );
        assert_eq!(resident.moved_on.unwrap().to_string(), "2021-03-01");
        assert_eq!(resident.reason.as_ref().unwrap().utf8.expose(), "転入");
        assert_eq!(resident.protected, Some(false));
    }
}

#[test]
fn lines_may_end_in_any_way() {
    let rows: Vec<_> = (1..=3)
        .map(|number| row_with("個別宛名番号", &number.to_string()))
        .collect();
    let files = [
        format!("{HEADER}\r\n{}\r\n{}\r\n{}\r\n", rows[0], rows[1], rows[2]),
        format!("{HEADER}\n{}\n{}\n{}\n", rows[0], rows[1], rows[2]),
        format!("{HEADER}\r\n{}\n{}\r\n{}", rows[0], rows[1], rows[2]),
        format!(
            "{HEADER}\n{}\r{}\r\n{}\r\n\r\n\n\n",
            rows[0], rows[1], rows[2]
        ),
        format!("{HEADER}\n{}\n\n{}\n{}\r\n\x1A", rows[0], rows[1], rows[2]),
        format!("{HEADER}\n{}\n{}\n{}\x1A", rows[0], rows[1], rows[2]),
    ];
    for file in files {
        for bytes in [file.clone().into_bytes(), cp932(&file)] {
            let outcome = check(&bytes);
            assert_eq!(outcome.refused, [], "{}", file.escape_debug());
            let numbers: Vec<_> = outcome
                .accepted
                .iter()
                .map(|it| it.number.expose().as_str())
                .collect();
            assert_eq!(numbers, ["1", "2", "3"], "{}", file.escape_debug());
            assert!(
                outcome
                    .accepted
                    .iter()
                    .all(|it| it.protected == Some(false))
            );
        }
    }
}

/// Column, what stands there, what is read, what is noticed.
type Case = (&'static str, &'static str, &'static str, Option<NoticeCode>);

#[test]
fn unusual_ways_to_write_are_read() {
    use NoticeCode::{
        FiveDigitCode, FullWidthFolded, HiddenInText, PrivateCharacter, ReplacedCharacter,
    };
    let cases: &[Case] = &[
        ("自治体コード", "13101", "", Some(FiveDigitCode)),
        ("自治体コード", "１３１０１６", "", Some(FullWidthFolded)),
        ("自治体コード", " 131016 ", "", None),
        ("自治体コード", "\"131016\"", "", None),
        ("個別宛名番号", "１００１", "1001", Some(FullWidthFolded)),
        ("個別宛名番号", "Ａ−７７", "A-77", Some(FullWidthFolded)),
        ("個別宛名番号", "　1001 ", "1001", None),
        ("個別宛名番号", "宛1001", "宛1001", None),
        ("個別宛名番号", "E-1001", "E-1001", None),
        ("個別宛名番号", "\"a\"\"b\"", "a\"b", None),
        (
            "券番号",
            "０１２３４５６７８９",
            "123456789",
            Some(FullWidthFolded),
        ),
        ("券番号", " ", "none", None),
        ("券番号", "", "none", None),
        (
            "個人番号",
            "９８３２０５６７３２１４",
            "983205673214",
            Some(FullWidthFolded),
        ),
        ("個人番号", "", "none", None),
        ("氏名", "\"山田\r\n太郎\"", "山田\r\n太郎", None),
        ("氏名", "\"山田, \"\"太郎\"\"\"", "山田, \"太郎\"", None),
        ("氏名", "ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", None),
        ("氏名", "ジョン～スミス－リー", "ジョン～スミス－リー", None),
        ("氏名", "髙橋 﨑", "髙橋 﨑", None),
        ("氏名カナ", "ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ ﾀﾛｳ", None),
        ("氏名カナ", "", "none", None),
        ("氏名カナ", "　", "none", None),
        ("生年月日", "S25.1.2", "1950-01-02", None),
        ("生年月日", "昭和64年1月7日", "1989-01-07", None),
        ("生年月日", "H31.4.30", "2019-04-30", None),
        ("生年月日", "令和元年5月1日", "2019-05-01", None),
        ("生年月日", "T15.12.25", "1926-12-25", None),
        ("生年月日", "M45.7.30", "1912-07-30", None),
        ("生年月日", "1950-01-02", "1950-01-02", None),
        ("生年月日", "1950/1/2", "1950-01-02", None),
        (
            "生年月日",
            "１９５０／１／２",
            "1950-01-02",
            Some(FullWidthFolded),
        ),
        ("生年月日", "18800101", "1880-01-01", None),
        ("生年月日", "20210401", "2021-04-01", None),
        ("性別", "２", "Female", Some(FullWidthFolded)),
        ("性別", "0", "Unknown", None),
        ("性別", "9", "NotApplicable", None),
        ("異動区分", "", "Register", None),
        ("異動区分", "2", "Remove", None),
        ("異動日", "", "none", None),
        ("異動事由", "\"転\n入\"", "転\n入", None),
        ("異動事由", "", "none", None),
        ("支援措置", "1", "true", None),
        ("支援措置", "0", "false", None),
        ("支援措置", "", "false", None),
        // What CP932 cannot say.
        ("氏名", "山〜田", "山〜田", None),
        ("氏名", "𠮷田\u{E0100}", "𠮷田\u{E0100}", None),
        ("氏名", "José", "José", None),
        ("氏名", "\u{E000}田", "\u{E000}田", Some(PrivateCharacter)),
        ("氏名", "山\u{FFFD}", "山\u{FFFD}", Some(ReplacedCharacter)),
        ("氏名", "山\u{200B}田", "山\u{200B}田", Some(HiddenInText)),
    ];
    for &(column, cell, expected, notice) in cases {
        let text = file(&[&row_with(column, cell)]);
        let in_cp932 = encoding_rs::SHIFT_JIS.encode(&text);
        let encoded = [Some(text.as_bytes()), (!in_cp932.2).then_some(&*in_cp932.0)];
        for bytes in encoded.into_iter().flatten() {
            let outcome = check(bytes);
            let name = format!("{column}: {}", cell.escape_debug());
            assert_eq!(outcome.refused, [], "{name}");
            assert_eq!(read(column, &outcome), expected, "{name}");
            assert_eq!(outcome.notices, notice.as_slice(), "{name}");
        }
    }
}

fn read(column: &str, outcome: &crate::file::Outcome) -> String {
    let resident = outcome.only_resident();
    let text = |text: Option<&domain::OwnedText>| {
        text.map_or("none".into(), |it| it.utf8.expose().clone())
    };
    match column {
        "自治体コード" => String::new(),
        "個別宛名番号" => resident.number.expose().clone(),
        "券番号" => resident
            .coupon
            .map_or("none".into(), |it| it.expose().to_string()),
        "個人番号" => resident
            .my_number
            .map_or("none".into(), |it| it.expose().to_string()),
        "氏名" => text(Some(&resident.name)),
        "氏名カナ" => text(resident.kana.as_ref()),
        "生年月日" => resident.birth_date.to_string(),
        "性別" => format!("{:?}", resident.sex),
        "異動区分" => format!("{:?}", resident.movement),
        "異動日" => resident.moved_on.map_or("none".into(), |it| it.to_string()),
        "異動事由" => text(resident.reason.as_ref()),
        "支援措置" => resident
            .protected
            .map_or("none".into(), |it| it.to_string()),
        other => panic!("{other}"),
    }
}

#[test]
fn characters_of_the_users_own_are_kept_byte_for_byte_and_reported() {
    // Row with a placeholder, which becomes a 外字, and NEC's form of a character that IBM has too.
    for (own, text, private) in [
        (&b"\xF0\x40"[..], "\u{E000}", true),
        (b"\xF9\xFC", "\u{E757}", true),
        (b"\xED\x40", "纊", false),
        (b"\xEE\xEF", "ⅰ", false),
    ] {
        let bytes = cp932(&file(&[&row_with("氏名", "\"●\"\"田\"")]));
        let at = bytes
            .windows(2)
            .position(|pair| pair == b"\x81\x9C")
            .unwrap();
        let bytes = [&bytes[..at], own, &bytes[at + 2..]].concat();
        let outcome = check(&bytes);
        let resident = outcome.only_resident();
        assert_eq!(resident.name.utf8.expose(), &format!("{text}\"田"));
        let original = resident
            .name
            .original
            .as_ref()
            .map(|it| it.expose().clone());
        // The code of one of the users' own follows from the character, so UTF-8 says the same.
        let expected = (!private).then(|| [own, b"\"\x93\x63"].concat());
        assert_eq!(original, expected);
        assert_eq!(
            outcome.notices,
            if private {
                vec![NoticeCode::PrivateCharacter]
            } else {
                vec![]
            }
        );
    }
}

#[test]
fn lines_of_commas_between_and_behind_rows_are_no_rows() {
    let commas = ",".repeat(11);
    let second = row_with("個別宛名番号", "1002");
    let refused = row_with("性別", "3");
    let mut rows = vec![ROW, commas.as_str(), second.as_str(), ", ,", &refused];
    rows.extend([commas.as_str(); 40]);
    for bytes in [file(&rows).into_bytes(), cp932(&file(&rows))] {
        let outcome = check(&bytes);
        assert_eq!(outcome.accepted.len(), 2);
        let lines: Vec<_> = outcome.refused.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [6]);
        assert_eq!(outcome.summary().rows, 3);
    }
}

#[test]
fn a_notice_is_counted_where_the_row_is_accepted() {
    let five_digits = row_with("自治体コード", "13101");
    let refused = five_digits.replace("983205673214", "983205673215");
    for bytes in [
        file(&[&five_digits, &refused]).into_bytes(),
        cp932(&file(&[&five_digits, &refused])),
    ] {
        let outcome = check(&bytes);
        assert_eq!(outcome.summary().refused, 1);
        assert_eq!(
            outcome.summary().notices,
            [(NoticeCode::FiveDigitCode, 1)].into()
        );
    }
}

#[test]
fn columns_stand_in_any_order_and_optional_ones_may_be_absent() {
    let text = "性別,氏名,\"生年月日\", 個別宛名番号　,自治体コード\n1,山田,19500102,7,131016\n";
    for bytes in [text.as_bytes(), &cp932(text)] {
        let outcome = check(bytes);
        let resident = outcome.only_resident();
        assert_eq!(resident.number.expose(), "7");
        assert_eq!((resident.coupon, resident.my_number), (None, None));
        assert_eq!(resident.movement, Movement::Register);
        assert_eq!(resident.protected, None, "nothing is said");
        assert_eq!(outcome.summary().absent.len(), 7);
        assert_eq!(
            outcome.summary().notices.get(&NoticeCode::ColumnAbsent),
            Some(&7)
        );
    }
}

#[test]
fn the_columns_of_a_municipality_are_mapped() {
    let pairs = [
        ("団体コード", "自治体コード"),
        ("住民番号", "個別宛名番号"),
        ("漢字氏名", "氏名"),
    ];
    let pairs = pairs.map(|(theirs, ours)| (theirs.to_owned(), ours.to_owned()));
    let mapping = ColumnMapping::of::<Residents>(pairs).unwrap();
    let text = "団体コード,住民番号,漢字氏名,生年月日,性別\n131016,7,山田,19500102,1\n";
    for bytes in [text.as_bytes(), &cp932(text)] {
        assert_eq!(
            check_mapped(bytes, &mapping)
                .only_resident()
                .number
                .expose(),
            "7"
        );
    }
}

#[test]
fn a_mapping_names_columns_that_exist_and_each_once() {
    use layouts::MappingProblem::{MappedTwice, NoSuchColumn};
    let of = |pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(theirs, ours)| ((*theirs).to_owned(), (*ours).to_owned()));
        ColumnMapping::of::<Residents>(pairs).err()
    };
    assert_eq!(of(&[("住所", "住所")]), Some(NoSuchColumn("住所".into())));
    assert_eq!(
        of(&[("誤り", "エラーコード")]),
        Some(NoSuchColumn("エラーコード".into()))
    );
    assert_eq!(
        of(&[("a", "氏名"), ("b", "氏名")]),
        Some(MappedTwice("氏名".into()))
    );
}
