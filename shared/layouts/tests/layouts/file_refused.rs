use encoding_rs::{EUC_JP, ISO_2022_JP};
use layouts::residents::Residents;
use layouts::{ColumnMapping, FileProblem, ProblemCode};

use crate::file::{HEADER, ROW, check, check_mapped, cp932, file, row_with};

fn utf16(text: &str, big_endian: bool, bom: bool) -> Vec<u8> {
    let bytes = |unit: u16| {
        if big_endian {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    };
    let mark = bom.then_some(0xFEFF);
    mark.into_iter()
        .chain(text.encode_utf16())
        .flat_map(bytes)
        .collect()
}

/// With a header of ASCII, mapped.
fn ascii_header() -> (ColumnMapping, &'static str) {
    let pairs = [
        ("code", "自治体コード"),
        ("id", "個別宛名番号"),
        ("name", "氏名"),
        ("kana", "氏名カナ"),
        ("birth", "生年月日"),
        ("sex", "性別"),
    ];
    let pairs = pairs.map(|(theirs, ours)| (theirs.to_owned(), ours.to_owned()));
    (
        ColumnMapping::of::<Residents>(pairs).unwrap(),
        "code,id,name,kana,birth,sex\r\n",
    )
}

const SHORT: &str = "131016,1,山田　太郎,ヤマダ　タロウ,19500102,1\r\n";

/// A name, the bytes of a file, why it is refused, and the line where it shows.
type Case = (&'static str, Vec<u8>, ProblemCode, Option<u64>);

fn all_are_refused(cases: Vec<Case>) {
    for (name, bytes, code, line) in cases {
        let outcome = check(&bytes);
        let problem = outcome.problem();
        assert_eq!((problem.code, problem.line), (code, line), "{name}");
        assert!(problem.message_ja().ends_with('。'), "{name}");
    }
}

fn good() -> String {
    file(&[ROW, ROW])
}

/// One good row on line 2, then this.
fn then(rest: &[u8]) -> Vec<u8> {
    [file(&[ROW]).as_bytes(), rest].concat()
}

#[test]
fn what_has_no_header_or_no_rows_is_refused() {
    use ProblemCode::{EmptyFile, HeaderOnly, NoHeader, WrongDelimiter};
    all_are_refused(vec![
        ("empty", b"".to_vec(), EmptyFile, None),
        ("a mark only", b"\xEF\xBB\xBF".to_vec(), EmptyFile, None),
        (
            "blank lines only",
            b"\r\n\n\r\n\x1A".to_vec(),
            EmptyFile,
            None,
        ),
        ("header only", file(&[]).into_bytes(), HeaderOnly, Some(1)),
        ("header only, CP932", cp932(&file(&[])), HeaderOnly, Some(1)),
        (
            "no header",
            format!("{ROW}\r\n{ROW}\r\n").into_bytes(),
            NoHeader,
            Some(1),
        ),
        (
            "tabs",
            good().replace(',', "\t").into_bytes(),
            WrongDelimiter,
            Some(1),
        ),
        (
            "tabs, CP932",
            cp932(&good().replace(',', "\t")),
            WrongDelimiter,
            Some(1),
        ),
        (
            "semicolons",
            good().replace(',', ";").into_bytes(),
            WrongDelimiter,
            Some(1),
        ),
        (
            "quoted",
            good().replace(',', "\";\"").into_bytes(),
            WrongDelimiter,
            Some(1),
        ),
    ]);
}

#[test]
fn what_is_wrong_with_a_header_is_told_with_its_line() {
    use ProblemCode as P;
    let cases = [
        (HEADER.replace("氏名カナ", "住所"), P::UnknownColumn),
        (HEADER.replace("異動事由", "異動日"), P::DoubledColumn),
        (HEADER.replace("性別,", ""), P::MissingColumn),
        (HEADER.replace(',', ";"), P::WrongDelimiter),
    ];
    for (header, code) in cases {
        let text = format!("\r\n\r\n{header}\r\n{ROW}\r\n");
        for bytes in [text.clone().into_bytes(), cp932(&text)] {
            let outcome = check(&bytes);
            let problem = outcome.problem();
            assert_eq!((problem.code, problem.line), (code, Some(3)), "{header}");
        }
    }
    for (text, code) in [
        (format!("\n{HEADER}\n"), P::HeaderOnly),
        (format!("\n{ROW}\n{ROW}\n"), P::NoHeader),
    ] {
        let outcome = check(text.as_bytes());
        assert_eq!(*outcome.problem(), FileProblem::at(code, 2));
    }
}

#[test]
fn other_encodings_and_formats_are_recognised() {
    use ProblemCode::{EucJp, Gzip, Iso2022Jp, NotText, SpreadsheetOrZip, Utf16};
    let (euc_jp, iso_2022_jp) = (
        EUC_JP.encode(&good()).0.into_owned(),
        ISO_2022_JP.encode(&good()).0.into_owned(),
    );
    all_are_refused(vec![
        ("UTF-16 with mark", utf16(&good(), false, true), Utf16, None),
        (
            "UTF-16 with mark, big endian",
            utf16(&good(), true, true),
            Utf16,
            None,
        ),
        ("UTF-16", utf16(&good(), false, false), Utf16, None),
        (
            "UTF-16, big endian",
            utf16(&good(), true, false),
            Utf16,
            None,
        ),
        ("EUC-JP", euc_jp, EucJp, Some(1)),
        ("ISO-2022-JP", iso_2022_jp, Iso2022Jp, Some(1)),
        (
            "xlsx",
            b"PK\x03\x04\x14\0\x06\0".to_vec(),
            SpreadsheetOrZip,
            None,
        ),
        (
            "xls",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(),
            SpreadsheetOrZip,
            None,
        ),
        ("gzip", b"\x1F\x8B\x08\0\0\0\0\0\0\0".to_vec(), Gzip, None),
        ("pdf", b"%PDF-1.7\n".to_vec(), NotText, None),
        (
            "NUL",
            [b"\0\0\0".repeat(30), good().into_bytes()].concat(),
            NotText,
            None,
        ),
    ]);
}

#[test]
fn what_does_not_decode_is_refused_with_its_line() {
    use ProblemCode::{CutInCharacter, MixedEncodings, NotUtf8OrCp932};
    let in_cp932 = |rest: &[u8]| [&cp932(&good()), rest].concat();
    let behind_mark = [b"\xEF\xBB\xBF", cp932(&good()).as_slice()].concat();
    let ends_with_kanji = file(&[ROW]) + &row_with("支援措置", "山");
    // Two kanji whose UTF-8 is, in CP932, two other ones and two half-width kana.
    let readable_as_both = "131016,9,,,山田,,19500102,1,,,,\r\n".as_bytes();
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 1].to_vec();
    all_are_refused(vec![
        (
            "CP932 behind UTF-8",
            then(&cp932(ROW)),
            MixedEncodings,
            Some(3),
        ),
        ("CP932 behind a mark", behind_mark, MixedEncodings, Some(1)),
        (
            "UTF-8 behind CP932",
            in_cp932(format!("{ROW}\r\n").as_bytes()),
            MixedEncodings,
            Some(4),
        ),
        (
            "UTF-8 that CP932 can read",
            in_cp932(readable_as_both),
            MixedEncodings,
            Some(4),
        ),
        (
            "broken UTF-8",
            then(b"131016,\xFF\xFF\n"),
            NotUtf8OrCp932,
            Some(3),
        ),
        (
            "broken CP932",
            in_cp932(b"131016,\x85\x40\xFF\n"),
            NotUtf8OrCp932,
            Some(4),
        ),
        (
            "cut",
            cut(ends_with_kanji.clone().into_bytes()),
            CutInCharacter,
            Some(3),
        ),
        (
            "cut, CP932",
            cut(cp932(&ends_with_kanji)),
            CutInCharacter,
            Some(3),
        ),
        (
            "cut in a short row",
            then(b"131016,1,\xE5\xB1"),
            CutInCharacter,
            Some(3),
        ),
        (
            "cut in a short row, CP932",
            in_cp932(b"131016,1,\x8E"),
            CutInCharacter,
            Some(4),
        ),
    ]);
}

#[test]
fn what_does_not_end_is_refused_with_its_line() {
    use ProblemCode::{CutInQuotes, FieldTooLong, RecordTooLong, UnclosedQuote};
    let unclosed = format!("131016,1,\"{}", format!("{ROW}\r\n").repeat(100));
    all_are_refused(vec![
        (
            "cut inside quotes",
            then(b"131016,\"100"),
            CutInQuotes,
            Some(3),
        ),
        (
            "unclosed quote",
            then(unclosed.as_bytes()),
            UnclosedQuote,
            Some(3),
        ),
        (
            "unclosed quote, CP932",
            cp932(&(good() + &unclosed)),
            UnclosedQuote,
            Some(4),
        ),
        (
            "a field over 4 KB",
            then(&[b'x'; 5000]),
            FieldTooLong,
            Some(3),
        ),
        (
            "a record over 64 KB",
            then(&b"x,".repeat(40_000)),
            RecordTooLong,
            Some(3),
        ),
    ]);
}

#[test]
fn a_row_of_another_municipality_makes_the_file_refused() {
    let row = |code| then(row_with("自治体コード", code).as_bytes());
    all_are_refused(vec![
        (
            "six digits",
            row("131024"),
            ProblemCode::OtherMunicipality,
            Some(3),
        ),
        (
            "five digits",
            row("13102"),
            ProblemCode::OtherMunicipality,
            Some(3),
        ),
        (
            "full width",
            row("１３１０２４"),
            ProblemCode::OtherMunicipality,
            Some(3),
        ),
        (
            "with other faults",
            then(b"131024,,,,,,,,,,,\n"),
            ProblemCode::OtherMunicipality,
            Some(3),
        ),
    ]);
}

#[test]
fn columns_must_be_known_present_and_single() {
    use ProblemCode as P;
    let cases = [
        (format!("{HEADER},住所"), P::UnknownColumn, "住所"),
        (format!("{HEADER},"), P::UnknownColumn, ""),
        (
            format!("住所\u{7}{},{HEADER}", "丁目".repeat(30)),
            P::UnknownColumn,
            "住所",
        ),
        (
            HEADER.replace("氏名カナ", "氏名ｶﾅ"),
            P::UnknownColumn,
            "氏名ｶﾅ",
        ),
        (format!("{HEADER},氏名"), P::DoubledColumn, "氏名"),
        (
            format!("{HEADER},エラーコード,エラーコード"),
            P::DoubledColumn,
            "エラーコード",
        ),
        (
            HEADER.replace("自治体コード,", ""),
            P::MissingColumn,
            "自治体コード",
        ),
        (
            HEADER.replace("個別宛名番号,", ""),
            P::MissingColumn,
            "個別宛名番号",
        ),
        (HEADER.replace("氏名,", ""), P::MissingColumn, "氏名"),
        (
            HEADER.replace("生年月日,", ""),
            P::MissingColumn,
            "生年月日",
        ),
        (HEADER.replace("性別,", ""), P::MissingColumn, "性別"),
    ];
    for (header, code, column) in cases {
        for bytes in [
            format!("{header}\n{ROW}\n").into_bytes(),
            cp932(&format!("{header}\n{ROW}\n")),
        ] {
            let outcome = check(&bytes);
            let FileProblem {
                code: found,
                line,
                column: named,
                ..
            } = outcome.problem();
            assert_eq!((*found, *line), (code, Some(1)), "{header}");
            let named = named.as_deref().unwrap();
            assert!(
                named.starts_with(column) && named.chars().count() <= 40,
                "{header}"
            );
            assert!(!named.contains(char::is_control), "{header}");
        }
    }
}

#[test]
fn a_person_in_the_place_of_the_header_is_not_named() {
    // Three cells of a header are needed for a line to be one.
    for line in [
        "131016,1001,,,山田　太郎,ヤマダ,19500102,1,,,,",
        "氏名,性別,山田　太郎",
    ] {
        for bytes in [
            format!("{line}\n{ROW}\n").into_bytes(),
            cp932(&format!("{line}\n{ROW}\n")),
        ] {
            let outcome = check(&bytes);
            assert_eq!(
                *outcome.problem(),
                FileProblem::at(ProblemCode::NoHeader, 1)
            );
        }
    }
}

#[test]
fn behind_an_ascii_header_the_rows_tell_the_encoding() {
    let (mapping, header) = ascii_header();
    let ascii = "131016,0,JOHN,,19500102,1\r\n";
    let text = [header, ascii, SHORT, SHORT].concat();
    for (bytes, encoding) in [
        (text.clone().into_bytes(), "utf-8"),
        (cp932(&text), "cp932"),
    ] {
        let outcome = check_mapped(&bytes, &mapping);
        assert_eq!(outcome.summary().header.encoding().as_str(), encoding);
        assert_eq!(outcome.accepted.len(), 3);
        assert_eq!(outcome.accepted[2].name.utf8.expose(), "山田　太郎");
    }
    let only_ascii = check_mapped([header, ascii].concat().as_bytes(), &mapping);
    assert_eq!(only_ascii.summary().header.encoding().as_str(), "utf-8");

    let foreign = [
        (EUC_JP.encode(&text).0.into_owned(), ProblemCode::EucJp, 3),
        (
            ISO_2022_JP.encode(&text).0.into_owned(),
            ProblemCode::Iso2022Jp,
            3,
        ),
        (
            [
                header.as_bytes(),
                ascii.as_bytes(),
                b"131016,1,\xFF\xFE,,19500102,1\r\n",
            ]
            .concat(),
            ProblemCode::NotUtf8OrCp932,
            3,
        ),
        (
            [text.as_bytes(), &cp932(SHORT)].concat(),
            ProblemCode::MixedEncodings,
            5,
        ),
        (
            [&cp932(&text), SHORT.as_bytes()].concat(),
            ProblemCode::MixedEncodings,
            5,
        ),
    ];
    for (bytes, code, line) in foreign {
        let outcome = check_mapped(&bytes, &mapping);
        assert_eq!(*outcome.problem(), FileProblem::at(code, line));
    }
}

#[test]
fn no_message_holds_what_stands_in_a_row() {
    let secret = "秘密太郎";
    let rows = [
        row_with("氏名", secret).replace("131016", "131024"),
        row_with("氏名", &secret.repeat(30)),
        row_with("生年月日", secret),
        format!("{ROW},{secret}"),
    ];
    for row in rows {
        let outcome = check(file(&[&row]).as_bytes());
        let file = outcome.file.iter().filter_map(|file| file.as_ref().err());
        let file = file.flat_map(|problem| {
            [
                problem.message_ja(),
                problem.message_en(),
                format!("{problem:?}"),
            ]
        });
        let problems = outcome.refused_raw.iter().flat_map(|row| &row.1);
        let rows = problems.flat_map(|problem| {
            [
                problem.message_ja(),
                problem.message_en(),
                format!("{problem:?}"),
            ]
        });
        let messages: Vec<_> = file.chain(rows).collect();
        assert!(!messages.is_empty());
        assert!(
            messages
                .iter()
                .all(|message| !message.contains(secret) && !message.contains("秘密"))
        );
    }
}
