//! Rows that are refused, each on its own, with the rest of the file in force.

use system::{
    file::{COLUMNS, Encoding, Row, my_number},
    town::{CHIYODA, Town},
};

use super::{Table, sound, town};

/// What is wrong, and the reason that is given.
struct BadRow {
    what: &'static str,
    wrong: Wrong,
    code: &'static str,
}

enum Wrong {
    /// What stands in a column of one row.
    Cell(&'static str, String),
    /// What stands in a column of two rows.
    Shared(&'static str, String),
    /// How many cells the row has.
    Width(usize),
}

impl BadRow {
    /// The rows, of people numbered from here.
    fn rows(&self, from: u32) -> Vec<Row> {
        match &self.wrong {
            Wrong::Cell(column, cell) => vec![Row::of(from).with(column, cell)],
            Wrong::Shared(column, cell) => [from, from + 1]
                .map(|number| Row::of(number).with(column, cell))
                .to_vec(),
            Wrong::Width(width) => vec![Row::of(from).cut_to(*width)],
        }
    }
}

fn cell(what: &'static str, column: &'static str, cell: &str, code: &'static str) -> BadRow {
    BadRow {
        what,
        wrong: Wrong::Cell(column, cell.to_owned()),
        code,
    }
}

fn shared(what: &'static str, column: &'static str, cell: &str, code: &'static str) -> BadRow {
    BadRow {
        what,
        wrong: Wrong::Shared(column, cell.to_owned()),
        code,
    }
}

fn forms() -> Vec<BadRow> {
    let width = |what, width, code| BadRow {
        what,
        wrong: Wrong::Width(width),
        code,
    };
    vec![
        width("too few fields", 11, "TOO_FEW_FIELDS"),
        width("too many fields", 13, "TOO_MANY_FIELDS"),
        cell("no 宛名番号", "個別宛名番号", "", "REQUIRED_EMPTY"),
        cell("no name", "氏名", "", "REQUIRED_EMPTY"),
        cell("a name of blanks", "氏名", "　 ", "REQUIRED_EMPTY"),
        cell("no birth date", "生年月日", "", "REQUIRED_EMPTY"),
        cell("no sex", "性別", "", "REQUIRED_EMPTY"),
        cell("no municipality", "自治体コード", "", "REQUIRED_EMPTY"),
        cell(
            "a municipality that is none",
            "自治体コード",
            "131017",
            "MUNICIPALITY_CODE",
        ),
        cell(
            "宛名番号 over 40",
            "個別宛名番号",
            &"1".repeat(41),
            "TOO_LONG",
        ),
        cell("name over 100", "氏名", &"山".repeat(101), "TOO_LONG"),
        cell("kana over 100", "氏名カナ", &"ヤ".repeat(101), "TOO_LONG"),
        cell("reason over 20", "異動事由", &"転".repeat(21), "TOO_LONG"),
    ]
}

fn numbers() -> Vec<BadRow> {
    let sound = my_number(98_320_567_321);
    let wrong = format!("{}{}", &sound[..11], (sound.as_bytes()[11] - b'0' + 1) % 10);
    let shared_number = my_number(98_320_567_321);
    vec![
        cell(
            "My Number with 11 digits",
            "個人番号",
            &sound[..11],
            "MY_NUMBER_LENGTH",
        ),
        cell(
            "My Number with 13 digits",
            "個人番号",
            &format!("0{sound}"),
            "MY_NUMBER_LENGTH",
        ),
        cell(
            "My Number with a wrong check digit",
            "個人番号",
            &wrong,
            "MY_NUMBER_CHECK_DIGIT",
        ),
        cell(
            "My Number as a spreadsheet has it",
            "個人番号",
            "1.23457E+11",
            "MY_NUMBER_ROUNDED",
        ),
        cell(
            "My Number with letters",
            "個人番号",
            "98320567321x",
            "MY_NUMBER_NOT_DIGITS",
        ),
        shared(
            "My Number of two residents",
            "個人番号",
            &shared_number,
            "MY_NUMBER_SHARED",
        ),
        cell(
            "coupon with 9 digits",
            "券番号",
            "123456789",
            "COUPON_LENGTH",
        ),
        cell(
            "coupon with letters",
            "券番号",
            "12345678x0",
            "COUPON_NOT_DIGITS",
        ),
        shared(
            "coupon of two residents",
            "券番号",
            "7777777777",
            "COUPON_SHARED",
        ),
        shared(
            "the same 宛名番号 twice",
            "個別宛名番号",
            "A-000100",
            "RESIDENT_NUMBER_TWICE",
        ),
        cell(
            "宛名番号 as a spreadsheet has it",
            "個別宛名番号",
            "1.23457E+11",
            "RESIDENT_NUMBER_ROUNDED",
        ),
    ]
}

fn values() -> Vec<BadRow> {
    vec![
        cell(
            "a day that is none",
            "生年月日",
            "20210230",
            "DATE_IMPOSSIBLE",
        ),
        cell("a day to come", "生年月日", "20210413", "DATE_IN_FUTURE"),
        cell("a move to come", "異動日", "20991231", "DATE_IN_FUTURE"),
        cell(
            "a date in no form",
            "生年月日",
            "12 Apr 1980",
            "DATE_UNREADABLE",
        ),
        cell("a date in no form", "異動日", "おととい", "DATE_UNREADABLE"),
        cell(
            "a day after the era",
            "生年月日",
            "S64.1.8",
            "DATE_OUTSIDE_ERA",
        ),
        cell(
            "a day before the era",
            "生年月日",
            "昭和1年12月24日",
            "DATE_OUTSIDE_ERA",
        ),
        cell(
            "born before 1880",
            "生年月日",
            "18791231",
            "BIRTH_BEFORE_1880",
        ),
        cell("unknown sex", "性別", "3", "SEX_UNKNOWN"),
        cell("sex in words", "性別", "男", "SEX_UNKNOWN"),
        cell("unknown 異動区分", "異動区分", "3", "MOVEMENT_UNKNOWN"),
        cell("unknown 支援措置", "支援措置", "2", "PROTECTION_UNKNOWN"),
    ]
}

fn hidden() -> Vec<BadRow> {
    let characters = [
        ("a control character", "\u{1}"),
        ("NUL", "\0"),
        ("a bidirectional character", "\u{202E}"),
        ("a zero-width character", "\u{200B}"),
        ("a byte order mark", "\u{FEFF}"),
    ];
    let in_number = |(what, character): (&'static str, &str)| {
        let number = format!("A-0001{character}00");
        cell(what, "個別宛名番号", &number, "HIDDEN_CHARACTER")
    };
    let in_digits = |(what, character): (&'static str, &str)| {
        let coupon = format!("10000001{character}00");
        cell(what, "券番号", &coupon, "HIDDEN_CHARACTER")
    };
    let mut hidden: Vec<_> = characters.into_iter().map(in_number).collect();
    hidden.extend(characters.map(in_digits));
    hidden.push(cell(
        "a control character in a name",
        "氏名",
        "山\u{1}田",
        "HIDDEN_CHARACTER",
    ));
    hidden
}

/// Drops twenty sound rows with bad ones among them, then what `errors.csv` says, mended.
async fn is_refused_and_can_be_mended(town: &Town, bad: &BadRow, from: u32, encoding: Encoding) {
    let what = format!("{} in {encoding:?}", bad.what);
    let rows = bad.rows(from);
    let count = rows.len() as u64;
    let mut file = sound();
    file.rows.splice(7..7, rows.iter().cloned());
    let receipt = town.take_in(CHIYODA, "bad.csv", file.bytes(encoding)).await;
    assert_eq!(receipt["state"], "in_force", "{what}: {receipt:#}");
    assert_eq!(receipt["rows"]["in"], 20 + count, "{what}");
    assert_eq!(receipt["rows"]["refused"], count, "{what}: {receipt:#}");
    assert_eq!(
        receipt["refused_by"][0]["code"], bad.code,
        "{what}: {receipt:#}"
    );
    assert_eq!(receipt["refused_by"][0]["rows"], count, "{what}");
    assert!(
        town.resident(CHIYODA, Row::of(from).cell("個別宛名番号"))
            .await
            .is_none(),
        "{what}"
    );

    let errors = town
        .errors(CHIYODA, receipt["id"].as_str().unwrap())
        .await
        .unwrap();
    let mut errors = Table::read(&errors, encoding == Encoding::Cp932);
    assert_eq!(errors.header[..2], ["エラーコード", "エラー内容"], "{what}");
    assert_eq!(errors.header[2..], COLUMNS, "{what}");
    assert_eq!(errors.rows.len(), rows.len(), "{what}");
    for (line, (told, row)) in (9..).zip(errors.rows.iter().zip(&rows)) {
        assert_eq!(told[0], bad.code, "{what}");
        assert!(
            told[1].starts_with(&format!("{line}行目")),
            "{what}: {}",
            told[1]
        );
        assert!(told[1].ends_with('。'), "{what}: {}", told[1]);
        for (column, cell) in COLUMNS.iter().zip(&told[2..]) {
            let came = row.cell(column);
            assert!(
                cell == came || *cell == format!("'{came}"),
                "{what}: {cell:?}, {came:?}"
            );
        }
    }

    for (row, number) in errors.rows.iter_mut().zip(from..) {
        row.truncate(2);
        row.extend(COLUMNS.map(|column| Row::of(number).cell(column).to_owned()));
    }
    let mended = if encoding == Encoding::Cp932 {
        encoding
    } else {
        Encoding::Utf8Bom
    };
    let receipt = town
        .take_in(CHIYODA, "errors.csv", errors.write(mended))
        .await;
    assert_eq!(receipt["state"], "in_force", "{what}: {receipt:#}");
    assert_eq!(receipt["rows"]["new"], count, "{what}: {receipt:#}");
    for row in (from..).map(Row::of).take(rows.len()) {
        let resident = town.resident(CHIYODA, row.cell("個別宛名番号")).await;
        assert_eq!(resident.unwrap()["name"], row.cell("氏名"), "{what}");
    }
}

async fn every_bad_row(encoding: Encoding) {
    let town = town().await;
    let all = forms()
        .into_iter()
        .chain(numbers())
        .chain(values())
        .chain(hidden());
    for (from, bad) in (100..).step_by(10).zip(all) {
        let text: String = bad
            .rows(from)
            .iter()
            .map(|row| COLUMNS.map(|it| row.cell(it)).concat())
            .collect();
        let unwritable = encoding == Encoding::Cp932 && encoding_rs::SHIFT_JIS.encode(&text).2;
        if !unwritable {
            is_refused_and_can_be_mended(&town, &bad, from, encoding).await;
        }
    }
    assert_eq!(town.dead_letters(), [].into());
}

#[tokio::test(start_paused = true)]
async fn a_bad_row_in_utf8_is_refused_alone_and_comes_in_once_it_is_mended() {
    every_bad_row(Encoding::Utf8).await;
}

#[tokio::test(start_paused = true)]
async fn a_bad_row_in_cp932_is_refused_alone_and_comes_in_once_it_is_mended() {
    every_bad_row(Encoding::Cp932).await;
}
