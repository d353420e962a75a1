use proptest::prelude::*;

use super::*;

type Rows = Vec<Vec<Vec<u8>>>;
type Found = (Rows, Vec<Place>, Option<SplitProblem>);

/// All records of a file that comes in pieces of this size, and the problem that ended it.
fn split(bytes: &[u8], piece: usize) -> Found {
    split_by(Splitter::new(1), bytes, piece)
}

fn split_by(mut splitter: Splitter, bytes: &[u8], piece: usize) -> Found {
    let (mut rows, mut places) = (Vec::new(), Vec::new());
    let mut scratch = Vec::new();
    let (mut at, mut seen) = (0, 0);
    while seen < bytes.len() {
        seen = bytes.len().min(seen + piece);
        let visible = &bytes[..seen];
        loop {
            match splitter.next(visible, at, seen == bytes.len()) {
                Ok(Split::Record(place)) => {
                    let cells = splitter.fields().iter();
                    rows.push(
                        cells
                            .map(|it| it.value(visible, &mut scratch).to_vec())
                            .collect(),
                    );
                    places.push(place);
                    at = place.end;
                }
                Ok(Split::Incomplete { start }) => {
                    at = start;
                    break;
                }
                Ok(Split::Nothing) => {
                    at = seen;
                    break;
                }
                Err(problem) => return (rows, places, Some(problem)),
            }
        }
    }
    (rows, places, None)
}

fn by_csv(bytes: &[u8]) -> Rows {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    reader
        .byte_records()
        .map(|row| row.unwrap().iter().map(<[u8]>::to_vec).collect())
        .collect()
}

/// Bytes in which everything that matters to CSV comes often.
fn csv_bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        6 => Just(b",".to_vec()),
        6 => Just(b"\"".to_vec()),
        3 => Just(b"\r\n".to_vec()),
        2 => Just(b"\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\"\"".to_vec()),
        1 => Just(b"\",\"".to_vec()),
        4 => prop::collection::vec(any::<u8>(), 1..4),
        4 => "[a-z0-9 ]{1,12}".prop_map(String::into_bytes),
        2 => "[山田ヤﾔ]{1,5}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn records_are_those_of_the_csv_crate(bytes in csv_bytes()) {
        // The csv crate takes a mark at the very beginning away, and keeps the 0x1A of DOS.
        prop_assume!(!bytes.starts_with(b"\xEF\xBB\xBF") && !bytes.contains(&0x1A));
        let (rows, _, problem) = split(&bytes, usize::MAX / 2);
        let expected = by_csv(&bytes);
        if let Some(problem) = problem {
            // It takes an open quote at the end for closed; we do not.
            prop_assert_eq!(problem.code, ProblemCode::CutInQuotes);
            prop_assert_eq!(rows.len() + 1, expected.len());
            prop_assert_eq!(&rows[..], &expected[..rows.len()]);
        } else {
            prop_assert_eq!(rows, expected);
        }
    }

    #[test]
    fn the_pieces_in_which_bytes_come_make_no_difference(bytes in csv_bytes(), piece in 1..40_usize) {
        prop_assert_eq!(split(&bytes, piece), split(&bytes, usize::MAX / 2));
        let of_rows = |piece| split_by(Splitter::of_rows(1), &bytes, piece);
        prop_assert_eq!(of_rows(piece), of_rows(usize::MAX / 2));
    }

    #[test]
    fn behind_a_header_the_records_are_the_same_without_those_of_commas(bytes in csv_bytes()) {
        let (rows, places, problem) = split(&bytes, usize::MAX / 2);
        let says = |place: &Place| {
            let raw = &bytes[place.start..place.end];
            raw[0] != b',' || raw.iter().any(|byte| !b", \t\r\n".contains(byte))
        };
        let said = rows.into_iter().zip(places).filter(|it| says(&it.1));
        let (rows, places): (Rows, Vec<_>) = said.unzip();
        let found = split_by(Splitter::of_rows(1), &bytes, usize::MAX / 2);
        prop_assert_eq!(found, (rows, places, problem));
    }

    #[test]
    fn every_byte_is_in_one_record_or_blank(bytes in csv_bytes()) {
        let (_, places, problem) = split(&bytes, usize::MAX / 2);
        let mut at = 0;
        for Place { start, end, line } in places {
            prop_assert!(bytes[at..start].iter().all(|byte| b"\r\n\x1A".contains(byte)));
            prop_assert!(end > start && line > 0);
            at = end;
        }
        let blank = bytes[at..].iter().all(|byte| b"\r\n\x1A".contains(byte));
        prop_assert!(problem.is_some() || blank);
    }
}

#[test]
fn lines_are_counted_with_blank_ones_and_those_within_quotes() {
    let (_, places, _) = split(b"a\r\n\r\n\n\"b\r\n\nb\"\r\nc\rd\ne", 3);
    let lines: Vec<_> = places.iter().map(|place| place.line).collect();
    assert_eq!(lines, [1, 4, 7, 8, 9]);
}

#[test]
fn lines_of_commas_are_no_records_behind_a_header_and_count_as_lines() {
    let bytes = b",,\r\na,b,\r\n,, ,\t\r\n\r\n,\"\",\n,x\n,,,,\r,,\x1A";
    for piece in [1, 3, 100] {
        let (rows, places, problem) = split_by(Splitter::of_rows(7), bytes, piece);
        let lines: Vec<_> = places.iter().map(|place| place.line).collect();
        assert_eq!((lines, problem), (vec![8, 11, 12], None), "{piece}");
        assert_eq!(rows.last().unwrap()[..], [&b""[..], b"x"]);
        assert_eq!(split(bytes, piece).0.len(), 7, "{piece}");
    }
}

#[test]
fn the_end_mark_of_dos_is_no_record() {
    for bytes in [
        &b"a,b\r\n\x1A"[..],
        b"a,b\x1A",
        b"a,b\r\n\x1A\r\n",
        b"a,b\r\n\x1A\x1A\n\n",
    ] {
        assert_eq!(
            split(bytes, 1).0,
            [[b"a", b"b"]],
            "{}",
            bytes.escape_ascii()
        );
    }
    assert_eq!(split(b"a\x1A,b\n", 1).0, [[&b"a\x1A"[..], b"b"]]);
}

#[test]
fn what_goes_on_too_long_is_stopped_at_once_and_the_same_in_any_pieces() {
    let long = |opening: &str, unit: &str, length: usize| {
        let mut bytes = b"a,b\nc,".to_vec();
        bytes.extend_from_slice(opening.as_bytes());
        bytes.extend(unit.bytes().cycle().take(length));
        bytes
    };
    let cases = [
        (long("\"", "x\n", MAX_FIELD), ProblemCode::UnclosedQuote),
        (long("", "x", MAX_FIELD + 1), ProblemCode::FieldTooLong),
        // With the first field, one byte too many.
        (
            long("", "xxxxxxx,", MAX_RECORD - 1),
            ProblemCode::RecordTooLong,
        ),
    ];
    for (bytes, code) in cases {
        for ending in ["", "\n", "\"\n", &"x".repeat(70_000)] {
            let bytes = [&bytes, ending.as_bytes()].concat();
            for piece in [1000, 4096, 1 << 20] {
                let (rows, _, problem) = split(&bytes, piece);
                assert_eq!(rows.len(), 1);
                assert_eq!(problem, Some(SplitProblem { code, line: 2 }), "{piece}");
            }
        }
    }
    for (longest, piece) in [
        (long("", "x", MAX_FIELD), 100),
        (long("", "xxxxxxx,", MAX_RECORD - 2), 4096),
    ] {
        let (rows, _, problem) = split(&longest, piece);
        assert_eq!((rows.len(), problem), (2, None));
    }
}

#[test]
fn text_behind_a_closing_quote_is_marked() {
    let mut splitter = Splitter::new(1);
    splitter
        .next(b"\"a\"b,\"c\",d\"e,\"f\"\"g\"\n", 0, true)
        .unwrap();
    let marks: Vec<_> = splitter
        .fields()
        .iter()
        .map(|it| (it.is_stray(), it.is_doubled()))
        .collect();
    assert_eq!(
        marks,
        [(true, false), (false, false), (false, false), (false, true)]
    );
}
