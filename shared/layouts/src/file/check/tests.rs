//! What must hold for any file: the pieces in which it comes make no difference, a range read again
//! yields the same records, and no record is lost.

use std::fmt::Write as _;

use domain::{Date, Encoding, TenantCode};
use proptest::prelude::*;

use super::super::rows::WINDOW;
use super::{Counts, MAX_ROWS, RowReader, complete_rows};
use crate::residents::{Check, Header, Record, Residents, Rows, Rules, Span, Summary};
use crate::{ColumnMapping, ErrorsWriter, FileProblem, ProblemCode};

fn rules() -> Rules {
    Rules {
        tenant: TenantCode::parse("131016").unwrap(),
        today: Date::constant(2021, 4, 1),
        max_bytes: 2_000_000_000,
    }
}

/// All that a record says, to be compared.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    index: u32,
    line: u64,
    span: Span,
    raw: Vec<u8>,
    row: Result<domain::Resident, Vec<crate::RowProblem>>,
    notices: crate::Notices,
    number: Option<String>,
}

impl Said {
    fn of(record: &Record<'_>) -> Self {
        Self {
            index: record.index,
            line: record.line,
            span: record.span,
            raw: record.raw.to_vec(),
            row: record
                .row
                .map(|row| row.to_resident())
                .map_err(<[_]>::to_vec),
            notices: record.notices,
            number: record.keys.number.map(str::to_owned),
        }
    }
}

type Outcome = (Vec<Said>, Result<Summary, FileProblem>);

fn check(bytes: &[u8], window: usize, piece: usize) -> Outcome {
    let mut said = Vec::new();
    let mut sink = |record: &Record<'_>| said.push(Said::of(record));
    let mut check = Check::with_window(rules(), &ColumnMapping::default(), window);
    for piece in bytes.chunks(piece) {
        if let Err(problem) = check.push(piece, &mut sink) {
            return (said, Err(problem));
        }
    }
    let summary = check.finish(&mut sink);
    (said, summary)
}

fn key(summary: &Result<Summary, FileProblem>) -> String {
    match summary {
        Ok(it) => format!(
            "{:?} {:?} {} {} {} {:?} {:?}",
            it.header.encoding(),
            it.header_span,
            it.bytes,
            it.rows,
            it.refused,
            it.problems,
            it.notices
        ),
        Err(problem) => format!("{problem:?}"),
    }
}

const HEADER: &str =
    "自治体コード,個別宛名番号,券番号,個人番号,氏名,氏名カナ,生年月日,性別,異動事由";

/// Cells of one column each, most of them right.
fn row() -> impl Strategy<Value = String> {
    let cell = |right: &'static [&'static str], wrong: &'static [&'static str]| {
        prop_oneof![
            12 => prop::sample::select(right),
            1 => prop::sample::select(wrong),
        ]
    };
    (
        cell(
            &["131016", "13101", "１３１０１６", "\"131016\""],
            &["", "131017", "x", "131\"016"],
        ),
        cell(
            &["1", "A-77", "００１", "12345678"],
            &["", "1\u{200B}", "1.23457E+11", "\"1\"2"],
        ),
        cell(
            &["", "1234567890", "０１２３４５６７８９"],
            &["123", "12345678x0"],
        ),
        cell(&["", "983205673214"], &["98320567321", "983205673215"]),
        cell(
            &[
                "山田　太郎",
                "\"山田\r\n太郎\"",
                "髙橋",
                "\"a \"\"b\"\" c\"",
                "齋藤",
                "JOHN",
            ],
            &["", "\u{1}山"],
        ),
        cell(&["", "ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ", "\"ヤマダ,\""], &["\0"]),
        cell(
            &["19500102", "S25.1.2", "昭和25年1月2日", "１９５０／１／２"],
            &["19500230", "", "x"],
        ),
        cell(&["0", "1", "2", "９"], &["3", "男"]),
        cell(&["", "転入", "\"転\n居\""], &["=1+1=1+1=1+1=1+1=1+1=1+1"]),
    )
        .prop_map(|it| [it.0, it.1, it.2, it.3, it.4, it.5, it.6, it.7, it.8].join(","))
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let end = prop::sample::select(vec!["\r\n", "\n", "\r", "\r\n\r\n", "\r\n,,,,,,,,\r\n"]);
    let rows = prop::collection::vec((row(), end), 0..30);
    (rows, any::<bool>(), any::<bool>()).prop_map(|(rows, cp932, bom)| {
        let mut text = format!("{HEADER}\r\n");
        text.extend(rows.iter().flat_map(|(row, end)| [row.as_str(), *end]));
        if cp932 {
            // What CP932 lacks has nothing to do here.
            let text = text.replace('\u{200B}', "");
            return crate::cp932::encode(&text).unwrap();
        }
        let mark = if bom { "\u{FEFF}" } else { "" };
        (mark.to_owned() + &text).into_bytes()
    })
}

/// The same with a few bytes changed, taken out, put in, or the end cut off.
fn damaged_file() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        prop::sample::select(b",\"\r\n\0\x1A\x1B$=E\xE3\x81\xFF'".to_vec()),
        any::<u8>()
    ];
    let change = (any::<prop::sample::Index>(), 0..4_u8, bytes);
    (file(), prop::collection::vec(change, 1..6)).prop_map(|(mut file, changes)| {
        for (at, kind, byte) in changes {
            let at = at.index(file.len().max(1));
            match kind {
                0 if at < file.len() => file[at] = byte,
                1 if at < file.len() => drop(file.remove(at)),
                2 => file.insert(at, byte),
                _ if byte < 32 => file.truncate(at),
                _ => {}
            }
        }
        file
    })
}

fn at(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

/// Every record once, in order, no byte outside of them but blank lines, lines of commas and the header.
fn nothing_is_lost(bytes: &[u8], said: &[Said], summary: &Result<Summary, FileProblem>) {
    for (index, record) in (0..).zip(said) {
        assert_eq!(record.index, index);
        assert_eq!(
            record.raw,
            bytes[at(record.span.start)..at(record.span.end)]
        );
        assert!(
            record
                .row
                .as_ref()
                .err()
                .is_none_or(|problems| !problems.is_empty())
        );
    }
    let Ok(summary) = summary else { return };
    assert_eq!(summary.rows as usize, said.len());
    let refused = said.iter().filter(|record| record.row.is_err()).count();
    assert_eq!(summary.refused as usize, refused);
    assert_eq!(summary.bytes, bytes.len() as u64);
    let mut from = at(summary.header_span.end);
    for span in said.iter().map(|record| record.span) {
        assert!(
            bytes[from..at(span.start)]
                .iter()
                .all(|byte| b"\r\n\x1A, \t".contains(byte))
        );
        from = at(span.end);
    }
    assert!(
        bytes[from..]
            .iter()
            .all(|byte| b"\r\n\x1A, \t".contains(byte))
    );
}

/// The records of a range, read again one after the other.
fn again(bytes: &[u8], summary: &Summary, said: &[Said]) -> Vec<Said> {
    read_again(bytes, summary, said, |rows| {
        rows.next().unwrap().map(|it| Said::of(&it))
    })
}

/// Every third record of a range, found among the others as load-chunk does.
fn every_third(bytes: &[u8], summary: &Summary, said: &[Said]) -> Vec<Said> {
    let mut wanted = said.iter().step_by(3).map(|record| record.index);
    read_again(bytes, summary, said, |rows| {
        let record = rows.find(wanted.next()?).unwrap();
        Some(Said::of(&record.unwrap()))
    })
}

fn read_again(
    bytes: &[u8],
    summary: &Summary,
    said: &[Said],
    mut next: impl FnMut(&mut Rows<'_>) -> Option<Said>,
) -> Vec<Said> {
    let (Some(first), Some(last)) = (said.first(), said.last()) else {
        return Vec::new();
    };
    let encoding = summary.header.encoding();
    let header = Header::bind(summary.header.bytes(), encoding, &ColumnMapping::default()).unwrap();
    let base = first.span.start;
    let range = &bytes[at(base)..at(last.span.end)];
    let mut rows = Rows::new(&header, rules(), range, first.index, first.line);
    let mut said = Vec::new();
    while let Some(mut record) = next(&mut rows) {
        record.span = Span {
            start: record.span.start + base,
            end: record.span.end + base,
        };
        said.push(record);
    }
    assert!(rows.find(first.index).unwrap().is_none(), "it went past it");
    assert!(rows.find(last.index + 1).unwrap().is_none());
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_pieces_in_which_a_file_comes_make_no_difference(
        bytes in prop_oneof![file(), damaged_file()], window in 1..300_usize, piece in 1..300_usize,
    ) {
        let (whole, summary) = check(&bytes, 1 << 20, 1 << 20);
        let (pieces, other) = check(&bytes, window, piece);
        prop_assert_eq!(key(&other), key(&summary));
        prop_assert_eq!(pieces, whole);
    }

    #[test]
    fn a_damaged_file_never_panics_and_no_record_is_lost(bytes in damaged_file()) {
        let (said, summary) = check(&bytes, 1 << 20, 1 << 20);
        nothing_is_lost(&bytes, &said, &summary);
    }

    #[test]
    fn refused_rows_dropped_again_as_they_are_are_refused_for_the_same(
        bytes in prop_oneof![file(), damaged_file()],
    ) {
        let (said, summary) = check(&bytes, 1 << 20, 1 << 20);
        prop_assume!(summary.as_ref().is_ok_and(|summary| summary.refused > 0));
        let mut writer = ErrorsWriter::new(Vec::new(), &summary.unwrap().header).unwrap();
        let codes = |problems: &[crate::RowProblem]| -> Vec<_> {
            problems.iter().map(|problem| (problem.code, problem.column)).collect()
        };
        let mut expected = Vec::new();
        for record in &said {
            if let Err(problems) = &record.row {
                writer.row(&record.raw, problems).unwrap();
                expected.push(codes(problems));
            }
        }
        let (again, summary) = check(&writer.finish().unwrap(), 1 << 20, 1 << 20);
        prop_assert!(summary.is_ok());
        let again: Vec<_> = again.iter().map(|it| codes(it.row.as_ref().err().unwrap())).collect();
        prop_assert_eq!(again, expected);
    }

    #[test]
    fn a_range_read_again_yields_the_same_records(
        bytes in prop_oneof![3 => file(), 1 => damaged_file()], from: prop::sample::Index, to: prop::sample::Index,
    ) {
        let (said, summary) = check(&bytes, 1 << 20, 1 << 20);
        nothing_is_lost(&bytes, &said, &summary);
        if let Ok(summary) = summary {
            let (from, to) = (from.index(said.len()), to.index(said.len() + 1));
            let range = &said[from.min(to)..from.max(to)];
            prop_assert_eq!(again(&bytes, &summary, range), range);
            let thirds: Vec<_> = range.iter().step_by(3).cloned().collect();
            prop_assert_eq!(every_third(&bytes, &summary, range), thirds);
        }
    }
}

#[test]
fn a_file_of_many_windows_is_read_again_range_by_range() {
    let mut text = format!("{HEADER}\n");
    for number in 0..20_000 {
        let name = if number % 7 == 0 {
            "\"山田\n太郎\""
        } else {
            "山田　太郎"
        };
        let sex = number % 4;
        writeln!(text, "131016,{number},,,{name},ﾔﾏﾀﾞ,19500102,{sex},\r").unwrap();
    }
    for bytes in [
        text.clone().into_bytes(),
        crate::cp932::encode(&text).unwrap(),
    ] {
        let (said, summary) = check(&bytes, WINDOW, 1 << 20);
        let summary = summary.unwrap();
        assert_eq!((summary.rows, summary.refused), (20_000, 5_000));
        nothing_is_lost(&bytes, &said, &Ok(summary.clone()));
        for range in said.chunks(7_777) {
            assert!(again(&bytes, &summary, range) == range);
            let thirds = range.iter().step_by(3);
            assert!(every_third(&bytes, &summary, range).iter().eq(thirds));
        }
    }
}

#[test]
fn line_ends_of_two_kinds_are_read_again_window_by_window() {
    // The only LF stands within quotes; records end with CR.
    let quoted = "131016,0,,,\"山田\n太郎\",,19500102,1,\r";
    let mut text = format!("{HEADER}\r");
    text += &quoted.replace('\n', "");
    text += quoted;
    text += &"131016,1,,,山田,,19500102,1,\r".repeat(3 * WINDOW / 30);
    for bytes in [
        text.clone().into_bytes(),
        crate::cp932::encode(&text).unwrap(),
    ] {
        let (said, summary) = check(&bytes, WINDOW, 1 << 20);
        assert!(again(&bytes, &summary.unwrap(), &said[1..]) == said[1..]);
    }
}

#[test]
fn rows_that_could_be_either_wait_for_those_that_tell_the_encoding() {
    let pairs = ["自治体コード", "個別宛名番号", "氏名", "生年月日", "性別"].map(String::from);
    let pairs = ["code", "id", "name", "birth", "sex"]
        .map(String::from)
        .into_iter()
        .zip(pairs);
    let mapping = ColumnMapping::of::<Residents>(pairs).unwrap();
    // In CP932, the first name is valid UTF-8 too.
    let text = "code,id,name,birth,sex\n131016,1,ﾐｶ,19500102,2\n131016,2,山田,19500102,1\n";
    let bytes = crate::cp932::encode(text).unwrap();
    assert!(std::str::from_utf8(&bytes[..50]).is_ok());
    for window in 1..bytes.len() {
        let mut names = Vec::new();
        let mut sink = |record: &Record<'_>| names.push(record.row.unwrap().name.utf8.to_owned());
        let mut check = Check::with_window(rules(), &mapping, window);
        check.push(&bytes, &mut sink).unwrap();
        assert_eq!(
            check.finish(&mut sink).unwrap().header.encoding(),
            Encoding::Cp932
        );
        assert_eq!(names, ["ﾐｶ", "山田"]);
    }
}

#[test]
fn a_long_file_without_a_line_end_is_stopped_early() {
    let mut check = Check::new(rules(), &ColumnMapping::default());
    check
        .push(format!("{HEADER}\n131016,1,\"\n").as_bytes(), &mut |_| {})
        .unwrap();
    let block = vec![b'x'; 100_000];
    let mut sent = 0;
    let problem = loop {
        sent += block.len();
        assert!(sent < 1_000_000);
        if let Err(problem) = check.push(&block, &mut |_| {}) {
            break problem;
        }
    };
    assert_eq!(problem, FileProblem::at(ProblemCode::UnclosedQuote, 2));
    assert_eq!(check.push(b"", &mut |_| {}), Err(problem));
}

#[test]
fn a_file_over_the_limit_is_refused() {
    let file = format!("{HEADER}\n131016,1\n");
    let checked = |max_bytes| {
        let rules = Rules {
            max_bytes,
            ..rules()
        };
        let mut check = Check::new(rules, &ColumnMapping::default());
        check.push(file.as_bytes(), &mut |_| {})?;
        check.finish(&mut |_| {}).map(|summary| summary.rows)
    };
    let size = file.len() as u64;
    assert_eq!(checked(size), Ok(1));
    let problem = FileProblem::new(ProblemCode::FileTooLarge);
    assert_eq!(checked(size - 1), Err(problem));
}

#[test]
fn a_file_of_too_many_rows_is_refused_at_the_first_one_beyond() {
    let encoding = Encoding::Utf8 { bom: false };
    let header = Header::bind(HEADER.as_bytes(), encoding, &ColumnMapping::default()).unwrap();
    let binding = *header.binding();
    let mut reader = RowReader::new(binding, Some(encoding), rules(), MAX_ROWS - 2, 10);
    let (mut counts, mut seen) = (Counts::default(), 0);
    let three = "131016,1\n".repeat(3);
    let checked = complete_rows(
        &mut reader,
        three.as_bytes(),
        true,
        &mut counts,
        &mut |_| {
            seen += 1;
        },
    );
    let problem = FileProblem::at(ProblemCode::FileTooLarge, 12);
    assert_eq!(checked.err(), Some(problem.clone()));
    assert_eq!((counts.rows, seen), (2, 2));
    let said = problem.message_ja();
    assert!(
        said.contains(&format!("{}万行", MAX_ROWS / 10_000)),
        "{said}"
    );
    assert!(problem.message_en().contains("5,000,000 rows"));
}
