use domain::Encoding;
use layouts::{ErrorsWriter, RowProblem};

use crate::file::{HEADER, Outcome, ROW, check, cp932, file, row_with};

fn errors_of(outcome: &Outcome) -> Vec<u8> {
    let mut writer = ErrorsWriter::new(Vec::new(), &outcome.summary().header).unwrap();
    for (raw, problems) in &outcome.refused_raw {
        writer.row(raw, problems).unwrap();
    }
    writer.finish().unwrap()
}

/// Refused rows of every kind, among them what a spreadsheet would run.
fn refused_rows() -> Vec<String> {
    vec![
        row_with("個人番号", "983205673215"),
        row_with("生年月日", "=1+1"),
        row_with("異動区分", "-2"),
        row_with("性別", "'@"),
        "131016,1".to_owned(),
        format!("{ROW},+1"),
        row_with("性別", "\"1\r\n\""),
        row_with("氏名", "\"=a\"b"),
        row_with("氏名", "\"\"=a"),
        row_with("氏名", "\"'\"=a"),
        row_with("氏名", "\"a\"\"\n,\"=b"),
        row_with("支援措置", "\"x\"\"y\""),
        row_with("支援措置", "＝１"),
    ]
}

fn cells(bytes: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    reader
        .byte_records()
        .map(|row| row.unwrap().iter().map(<[u8]>::to_vec).collect())
        .collect()
}

#[test]
fn refused_rows_are_written_as_they_came_with_what_is_wrong_in_front() {
    let rows = refused_rows();
    let rows: Vec<_> = rows.iter().map(String::as_str).collect();
    let text = file(&rows);
    for (bytes, bom) in [(text.clone().into_bytes(), true), (cp932(&text), false)] {
        let outcome = check(&bytes);
        assert_eq!(outcome.refused.len(), rows.len());
        let written = errors_of(&outcome);
        assert_eq!(written.starts_with(b"\xEF\xBB\xBF"), bom);
        let (came, written) = (cells(&bytes), cells(&written));
        assert_eq!(written.len(), came.len());
        assert_eq!(written[0][2..], came[0][..]);
        for (came, written) in came.iter().zip(&written).skip(1) {
            assert_eq!(came.len() + 2, written.len());
            for (came, written) in came.iter().zip(&written[2..]) {
                let same = came == written || written.strip_prefix(b"'") == Some(came);
                assert!(same, "{}", came.escape_ascii());
            }
            for cell in written {
                assert!(!matches!(
                    cell.first(),
                    Some(b'=' | b'+' | b'-' | b'@' | 0..=31)
                ));
            }
        }
    }
}

#[test]
fn codes_and_messages_tell_all_problems() {
    let outcome = check(file(&[&row_with("性別", "5").replace("19500102", "19500230")]).as_bytes());
    let written = cells(&errors_of(&outcome));
    assert_eq!(written[0][0].as_slice(), "エラーコード".as_bytes());
    assert_eq!(written[1][0].as_slice(), b"DATE_IMPOSSIBLE SEX_UNKNOWN");
    let message = std::str::from_utf8(&written[1][1]).unwrap();
    assert!(message.contains("2行目「生年月日」") && message.contains("2行目「性別」"));
}

/// Dropped again as it is, errors.csv has the same rows refused for the same; guards come and go.
#[test]
fn errors_csv_dropped_again_says_the_same() {
    let rows = refused_rows();
    let rows: Vec<_> = rows.iter().map(String::as_str).collect();
    let text = file(&rows);
    for bytes in [text.clone().into_bytes(), cp932(&text)] {
        let outcome = check(&bytes);
        let first = errors_of(&outcome);
        let again = check(&first);
        let codes = |outcome: &Outcome| -> Vec<Vec<_>> {
            let problems = outcome.refused_raw.iter().map(|row| &row.1);
            problems
                .map(|it| {
                    it.iter()
                        .map(|it: &RowProblem| (it.code, it.column))
                        .collect()
                })
                .collect()
        };
        assert_eq!(codes(&again), codes(&outcome));
        let second = errors_of(&again);
        let third = errors_of(&check(&second));
        let without_messages = |bytes: &[u8]| -> Vec<_> {
            cells(bytes)
                .into_iter()
                .map(|mut row| row.split_off(2))
                .collect()
        };
        assert_eq!(without_messages(&third), without_messages(&second));
    }
}

#[test]
fn a_mended_errors_csv_is_accepted() {
    let number = row_with("個別宛名番号", "-5").replace("983205673214", "98320567321");
    let outcome = check(file(&[ROW, &number]).as_bytes());
    let written = String::from_utf8(errors_of(&outcome)).unwrap();
    assert!(written.contains(",'-5,"));
    let mended = written.replace(",98320567321,", ",983205673214,");
    let outcome = check(mended.as_bytes());
    assert_eq!(outcome.only_resident().number.expose(), "-5");
    // Without the two columns an apostrophe is a part of the number.
    let plain = file(&[&row_with("個別宛名番号", "'-5")]);
    assert_eq!(
        check(plain.as_bytes()).only_resident().number.expose(),
        "'-5"
    );
}

#[test]
fn the_columns_of_errors_may_stand_behind_too() {
    let text = format!("{HEADER},エラーコード,エラー内容\n{ROW},X,\"説,明\"\n131016,7\n");
    for bytes in [text.clone().into_bytes(), cp932(&text)] {
        let outcome = check(&bytes);
        assert_eq!((outcome.accepted.len(), outcome.refused.len()), (1, 1));
        let written = cells(&errors_of(&outcome));
        assert_eq!(written[0].len(), 14);
        assert_eq!(written[1][2..], [b"131016".to_vec(), b"7".to_vec()]);
    }
}

#[test]
fn what_the_passed_over_columns_hold_must_decode_too() {
    let good = cp932(&format!("{HEADER},エラーコード,エラー内容\n{ROW},X,明\n"));
    let at = good
        .windows(2)
        .rposition(|pair| pair == cp932("明"))
        .unwrap();
    let broken = [&good[..at], b"\x85\x40", &good[at + 2..]].concat();
    assert_eq!(check(&good).accepted.len(), 1);
    assert_eq!(
        check(&broken).problem().code,
        layouts::ProblemCode::NotUtf8OrCp932
    );
    assert_eq!(check(&good).summary().header.encoding(), Encoding::Cp932);
}
