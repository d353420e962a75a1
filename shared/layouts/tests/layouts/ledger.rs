use domain::{
    CouponNumber, DateTime, Dose, DoseNumber, Encoding, LotNumber, OwnedText, ProgrammeCode,
    ShortText, TenantCode, parse_date, read_product,
};
use layouts::ledger::{
    LedgerDose, LedgerError, LedgerSummary, LedgerWriter, Substitute, Substitution, header,
};

const UTF8: Encoding = Encoding::Utf8 { bom: false };
const UTF8_BOM: Encoding = Encoding::Utf8 { bom: true };

fn number(value: u8) -> DoseNumber {
    DoseNumber::new(value).unwrap()
}

fn dose(nth: u8, given_on: &str) -> Dose {
    Dose {
        programme: ProgrammeCode::COVID19,
        number: number(nth),
        given_on: parse_date(given_on).unwrap(),
        product: read_product(ProgrammeCode::COVID19, "モデルナ").unwrap(),
        lot: LotNumber::parse("3004667").unwrap(),
        venue: ShortText::parse("千代田区役所, 本庁").ok(),
        physician: ShortText::parse("髙橋　医師").ok(),
        coupon: CouponNumber::parse(b"0000000012").ok(),
    }
}

fn at(dose: &Dose) -> LedgerDose<'_> {
    LedgerDose {
        dose,
        registered_at: DateTime::constant(2021, 6, 1, 9, 5, 7, 0),
    }
}

type Row<'r> = (&'r str, Vec<Dose>);

/// Writes rows; one without a number is a dose that waits.
fn write(encoding: Encoding, doses: u8, rows: &[Row<'_>]) -> (Vec<u8>, LedgerSummary) {
    let municipality = TenantCode::parse("131016").unwrap();
    let mut writer = LedgerWriter::new(Vec::new(), encoding, municipality, number(doses)).unwrap();
    for (resident, doses) in rows {
        let doses: Vec<_> = doses.iter().map(at).collect();
        if resident.is_empty() {
            writer.waiting(doses[0]).unwrap();
        } else {
            writer.person(resident, &doses).unwrap();
        }
    }
    writer.finish().unwrap()
}

fn decode(encoding: Encoding, bytes: &[u8]) -> String {
    if encoding == Encoding::Cp932 {
        let text =
            encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
        return text.unwrap().into_owned();
    }
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The records, the header among them, as another program reads them.
fn records(encoding: Encoding, bytes: &[u8]) -> Vec<Vec<String>> {
    let text = decode(encoding, bytes);
    let text = text.trim_start_matches('\u{FEFF}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let cells = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader
        .records()
        .map(|record| cells(record.unwrap()))
        .collect()
}

#[test]
fn a_header_has_eight_columns_for_each_dose_and_at_least_two_doses() {
    assert_eq!(
        header(number(1)).join(","),
        "個別宛名番号,1回目接種履歴登録日時,1回目接種日,1回目券番号,1回目接種自治体コード,1回目接種会場名,\
         1回目接種医師名,1回目ワクチンメーカー,1回目ワクチンロット番号,2回目接種履歴登録日時,2回目接種日,2回目券番号,\
         2回目接種自治体コード,2回目接種会場名,2回目接種医師名,2回目ワクチンメーカー,2回目ワクチンロット番号"
    );
    assert_eq!(header(number(2)).len(), 17);
    assert_eq!(header(number(7)).len(), 57);
    assert_eq!(header(number(7))[56], "7回目ワクチンロット番号");
}

#[test]
fn rows_read_back_in_every_encoding() {
    let first = [
        "20210601090507",
        "20210530",
        "0000000012",
        "131016",
        "千代田区役所, 本庁",
        "髙橋　医師",
        "武田/モデルナ",
        "3004667",
    ];
    let empty = [""; 8];
    for encoding in [UTF8, UTF8_BOM, Encoding::Cp932] {
        let rows = [
            ("00012", vec![dose(1, "20210530")]),
            ("A-2", vec![dose(2, "20210530"), dose(1, "20210530")]),
            ("3", vec![dose(2, "20210530")]),
            ("4", vec![]),
        ];
        let (bytes, summary) = write(encoding, 2, &rows);
        assert_eq!(
            bytes.starts_with("\u{FEFF}".as_bytes()),
            encoding == UTF8_BOM
        );
        let read = records(encoding, &bytes);
        assert_eq!(read[0], header(number(2)));
        assert_eq!(read[1], [&["00012"], &first[..], &empty].concat());
        assert_eq!(read[2], [&["A-2"], &first[..], &first].concat());
        assert_eq!(read[3], [&["3"], &empty[..], &first].concat());
        assert_eq!(read[4], [&["4"], &empty[..], &empty].concat());
        assert_eq!((summary.rows, summary.doses), (4, 4));
        assert_eq!(summary.substituted, 0);
    }
}

#[test]
fn the_waiting_list_has_the_same_columns_and_nobody_in_the_first() {
    let (bytes, summary) = write(UTF8, 3, &[("", vec![dose(3, "20220201")])]);
    let read = records(UTF8, &bytes);
    assert_eq!(read[0], header(number(3)));
    assert_eq!(read[1].iter().position(|cell| !cell.is_empty()), Some(17));
    assert_eq!(read[1].len(), 25);
    assert_eq!((summary.rows, summary.doses), (1, 1));
}

#[test]
fn a_file_without_rows_has_its_header() {
    for encoding in [UTF8, UTF8_BOM, Encoding::Cp932] {
        let (bytes, summary) = write(encoding, 1, &[]);
        assert_eq!(records(encoding, &bytes), [header(number(2))]);
        assert_eq!(summary, LedgerSummary::default());
    }
}

#[test]
fn what_a_spreadsheet_would_run_is_guarded() {
    let mut risky = dose(1, "20210530");
    risky.venue = ShortText::parse("=HYPERLINK(1)").ok();
    risky.lot = LotNumber::parse("-3004").unwrap();
    let (bytes, _) = write(UTF8, 1, &[("+81", vec![risky])]);
    let read = records(UTF8, &bytes);
    assert_eq!(read[1][0], "'+81");
    assert_eq!(read[1][5], "'=HYPERLINK(1)");
    assert_eq!(read[1][8], "'-3004");
}

#[test]
fn text_that_came_in_cp932_goes_out_with_its_own_bytes() {
    let mut own = dose(1, "20210530");
    own.physician = ShortText::new(OwnedText {
        utf8: String::from("㈱田").into(),
        original: Some(b"\xFA\x58\x93\x63".to_vec().into()),
    })
    .ok();
    own.venue = ShortText::parse("\u{E000}館").ok();
    // A number of the users' own characters is one that CP932 can say.
    let rows = [("\u{E757}1", vec![own])];
    let (bytes, summary) = write(Encoding::Cp932, 1, &rows);
    for own in [&b"\xFA\x58\x93\x63"[..], b"\xF0\x40\x8A\xD9", b"\xF9\xFC1"] {
        assert!(bytes.windows(own.len()).any(|it| it == own), "{own:X?}");
    }
    assert_eq!(summary.substituted, 0);
    let (bytes, _) = write(UTF8, 1, &rows);
    let read = records(UTF8, &bytes);
    assert_eq!(read[1][0], "\u{E757}1");
    assert_eq!(read[1][5..7], ["\u{E000}館", "㈱田"]);
}

#[test]
fn a_character_that_cp932_lacks_is_noted_with_its_place_and_never_lost_in_silence() {
    let mut lacking = dose(2, "20210530");
    lacking.physician = ShortText::parse("𠮷田〜").ok();
    let rows = [("1", vec![dose(1, "20210530")]), ("2", vec![lacking])];
    let (bytes, summary) = write(Encoding::Cp932, 2, &rows);
    assert_eq!(records(Encoding::Cp932, &bytes)[2][14], "〓田～");
    let noted = |character, written| Substitution {
        line: 3,
        column: "2回目接種医師名".to_owned(),
        character,
        written,
    };
    assert_eq!(summary.substituted, 2);
    assert_eq!(
        summary.substitutions,
        [
            noted('𠮷', Substitute::Geta),
            noted('〜', Substitute::Twin('～'))
        ]
    );
    let (bytes, summary) = write(UTF8, 2, &rows);
    assert_eq!(records(UTF8, &bytes)[2][14], "𠮷田〜");
    assert_eq!(summary.substituted, 0);
}

#[test]
fn a_file_that_is_taken_in_pieces_is_the_same_file() {
    let rows: Vec<_> = (0..2_000)
        .map(|_| ("1", vec![dose(1, "20210530")]))
        .collect();
    for encoding in [UTF8, UTF8_BOM, Encoding::Cp932] {
        let (whole, _) = write(encoding, 2, &rows);
        let municipality = TenantCode::parse("131016").unwrap();
        let mut writer = LedgerWriter::new(Vec::new(), encoding, municipality, number(2)).unwrap();
        let mut pieces = Vec::new();
        for (resident, doses) in &rows {
            writer.person(resident, &[at(&doses[0])]).unwrap();
            if writer.pending() > 10_000 {
                pieces.push(writer.take().unwrap());
            }
        }
        assert!(pieces.len() > 3);
        pieces.push(writer.finish().unwrap().0);
        assert!(pieces.concat() == whole);
    }
}

#[test]
fn substitutions_beyond_the_most_are_counted() {
    let mut lacking = dose(1, "20210530");
    lacking.physician = ShortText::parse("𠮷𠮷").ok();
    let rows = vec![("1", vec![lacking]); 600];
    let (_, summary) = write(Encoding::Cp932, 1, &rows);
    assert_eq!(summary.substituted, 1_200);
    assert_eq!(
        summary.substitutions.len(),
        LedgerSummary::MOST_SUBSTITUTIONS
    );
}

#[test]
fn a_resident_number_is_written_exactly_or_not_at_all() {
    let municipality = TenantCode::parse("131016").unwrap();
    let mut writer =
        LedgerWriter::new(Vec::new(), Encoding::Cp932, municipality, number(2)).unwrap();
    writer.person("1", &[]).unwrap();
    let refused = writer.person("1−2", &[]);
    assert!(matches!(refused, Err(LedgerError::Number { line: 3 })));
}

#[test]
fn a_dose_beyond_the_columns_is_an_error_and_not_left_out() {
    let municipality = TenantCode::parse("131016").unwrap();
    let mut writer = LedgerWriter::new(Vec::new(), UTF8, municipality, number(1)).unwrap();
    let (second, third) = (dose(2, "20210701"), dose(3, "20220201"));
    writer.person("1", &[at(&second)]).unwrap();
    let refused = writer.person("2", &[at(&third)]);
    assert!(matches!(refused, Err(LedgerError::NoColumns { number: of }) if of == number(3)));
}
