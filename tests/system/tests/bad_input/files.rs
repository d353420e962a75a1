//! Files that cannot be trusted as a whole.

use std::sync::Arc;

use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use local::Options;
use system::{
    file::{Encoding, File, Row},
    town::{CHIYODA, Town, options},
};

use super::{assert_refused_whole, sound, town};

/// What the file is, its bytes, the reason and the line where it shows.
struct BadFile {
    what: &'static str,
    bytes: Vec<u8>,
    code: &'static str,
    line: Option<u64>,
}

fn bad(what: &'static str, bytes: impl Into<Vec<u8>>, code: &'static str, line: u64) -> BadFile {
    let line = (line > 0).then_some(line);
    BadFile {
        what,
        bytes: bytes.into(),
        code,
        line,
    }
}

fn utf8(file: &File) -> Vec<u8> {
    file.bytes(Encoding::Utf8)
}

fn columns(change: impl FnOnce(&mut Vec<&'static str>)) -> Vec<u8> {
    let mut file = sound();
    change(&mut file.columns);
    utf8(&file)
}

fn row(place: usize, change: impl FnOnce(Row) -> Row) -> File {
    let mut file = sound();
    file.rows[place] = change(file.rows[place].clone());
    file
}

/// The first lines of one encoding, the others of another.
fn mixed(first: Encoding, then: Encoding, lines: usize) -> Vec<u8> {
    let text = sound().text();
    let cut = text.match_indices("\r\n").nth(lines - 1).unwrap().0 + 2;
    [first.encode(&text[..cut]), then.encode(&text[cut..])].concat()
}

/// Ends after the first byte of the last character of the last name.
fn cut_in_character(encoding: Encoding) -> Vec<u8> {
    let text = sound().text();
    let name = text.rfind("山田").unwrap();
    [
        encoding.encode(&text[..name]),
        encoding.encode("山")[..1].to_vec(),
    ]
    .concat()
}

/// Ends inside a quoted name on the last line.
fn cut_in_quotes() -> Vec<u8> {
    let text = row(19, |row| row.with("氏名", "山田,太郎")).text();
    let comma = text.rfind("田,太").unwrap();
    text[..comma + "田,太".len()].into()
}

/// A quote that is opened on the sixth row, and closed nowhere.
fn unclosed() -> Vec<u8> {
    let mut text = sound().text();
    let name = text.match_indices("山田").nth(5).unwrap().0;
    text.insert(name, '"');
    for _ in 0..100 {
        text += &sound().text();
    }
    text.into_bytes()
}

fn encodings() -> Vec<BadFile> {
    let text = sound().text();
    let in_encoding = |encoding: Encoding| encoding.encode(&text);
    vec![
        bad(
            "UTF-16 with a mark",
            in_encoding(Encoding::Utf16Le),
            "UTF_16",
            0,
        ),
        bad(
            "UTF-16 without a mark",
            in_encoding(Encoding::Utf16Be),
            "UTF_16",
            0,
        ),
        bad("EUC-JP", in_encoding(Encoding::EucJp), "EUC_JP", 1),
        bad(
            "ISO-2022-JP",
            in_encoding(Encoding::Iso2022Jp),
            "ISO_2022_JP",
            1,
        ),
        bad(
            "UTF-8, then CP932",
            mixed(Encoding::Utf8, Encoding::Cp932, 8),
            "MIXED_ENCODINGS",
            9,
        ),
        bad(
            "CP932, then UTF-8",
            mixed(Encoding::Cp932, Encoding::Utf8, 8),
            "MIXED_ENCODINGS",
            9,
        ),
        bad(
            "cut in a character of UTF-8",
            cut_in_character(Encoding::Utf8),
            "CUT_IN_CHARACTER",
            21,
        ),
        bad(
            "cut in a character of CP932",
            cut_in_character(Encoding::Cp932),
            "CUT_IN_CHARACTER",
            21,
        ),
        bad(
            "neither",
            [b"\xFF\xFE\xFD".to_vec(), in_encoding(Encoding::Utf8)].concat(),
            "UTF_16",
            0,
        ),
    ]
}

fn forms() -> Vec<BadFile> {
    let text = sound().text();
    let header = text.split_inclusive("\r\n").next().unwrap();
    let long_field = row(4, |row| row.with("氏名カナ", &"ア".repeat(2_000)));
    let long_record = row(4, |row| {
        let long = "ア".repeat(1_300);
        row.with("氏名カナ", &long)
            .with("異動事由", &long)
            .cut_to(40)
    });
    let mut long_record = long_record.text();
    let end = long_record.match_indices("\r\n").nth(5).unwrap().0;
    long_record.insert_str(end, &format!(",{}", "ア".repeat(1_300)).repeat(20));
    vec![
        bad("empty", "", "EMPTY_FILE", 0),
        bad("nothing but a byte order mark", "\u{FEFF}", "EMPTY_FILE", 0),
        bad("header only", header, "HEADER_ONLY", 1),
        bad(
            "no header",
            text.split_once("\r\n").unwrap().1,
            "NO_HEADER",
            1,
        ),
        bad(
            "divided by tabs",
            text.replace(',', "\t"),
            "WRONG_DELIMITER",
            1,
        ),
        bad(
            "divided by semicolons",
            text.replace(',', ";"),
            "WRONG_DELIMITER",
            1,
        ),
        bad(
            "cut in a quoted field",
            cut_in_quotes(),
            "CUT_IN_QUOTES",
            21,
        ),
        bad(
            "a quote that is not closed",
            unclosed(),
            "UNCLOSED_QUOTE",
            7,
        ),
        bad("a field over 4 KB", utf8(&long_field), "FIELD_TOO_LONG", 6),
        bad("a record over 64 KB", long_record, "RECORD_TOO_LONG", 6),
        bad(
            "xlsx or zip",
            [b"PK\x03\x04".to_vec(), vec![7; 3_000]].concat(),
            "SPREADSHEET_OR_ZIP",
            0,
        ),
        bad(
            "xls",
            [b"\xD0\xCF\x11\xE0".to_vec(), vec![7; 3_000]].concat(),
            "SPREADSHEET_OR_ZIP",
            0,
        ),
        bad(
            "gzip",
            [b"\x1F\x8B\x08".to_vec(), vec![7; 3_000]].concat(),
            "GZIP",
            0,
        ),
        bad("no text at all", vec![0; 3_000], "NOT_TEXT", 0),
    ]
}

fn contents() -> Vec<BadFile> {
    let other = |place| utf8(&row(place, |row| row.with("自治体コード", "011002")));
    vec![
        bad(
            "unknown column",
            sound().text().replace("異動事由", "住所"),
            "UNKNOWN_COLUMN",
            1,
        ),
        bad(
            "missing column",
            columns(|it| it.retain(|name| *name != "生年月日")),
            "MISSING_COLUMN",
            1,
        ),
        bad(
            "doubled column",
            columns(|it| it.push("氏名")),
            "DOUBLED_COLUMN",
            1,
        ),
        bad(
            "another municipality on the first row",
            other(0),
            "OTHER_MUNICIPALITY",
            2,
        ),
        bad(
            "another municipality on the last row",
            other(19),
            "OTHER_MUNICIPALITY",
            21,
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_trusted_is_refused_whole_and_says_why_and_where() {
    let town = town().await;
    for bad in encodings().into_iter().chain(forms()).chain(contents()) {
        let BadFile {
            what,
            bytes,
            code,
            line,
        } = bad;
        let receipt = town.take_in(CHIYODA, "bad.csv", bytes).await;
        assert_refused_whole(&town, &receipt, code, what).await;
        assert_eq!(
            receipt["refusal"]["line"].as_u64(),
            line,
            "{what}: {receipt:#}"
        );
        let ja = receipt["refusal"]["ja"].as_str().unwrap();
        assert!(
            line.is_none_or(|line| ja.starts_with(&format!("{line}行目"))),
            "{what}: {ja}"
        );
        assert_eq!(receipt["errors_file"], false, "{what}");
    }
    assert_eq!(town.dead_letters(), [].into());
    // And none of them stands in the way of a sound one.
    let receipt = town.take_in(CHIYODA, "good.csv", utf8(&sound())).await;
    assert_eq!(receipt["rows"]["new"], 20, "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn more_than_a_tenth_of_refused_rows_refuses_the_file_unless_the_municipality_allows_it() {
    let town = town().await;
    let bad = |count: usize| {
        let mut file = sound();
        for row in file.rows.iter_mut().take(count) {
            *row = row.clone().with("性別", "3");
        }
        utf8(&file)
    };
    let receipt = town.take_in(CHIYODA, "bad.csv", bad(3)).await;
    assert_refused_whole(&town, &receipt, "TOO_MANY_REFUSED", "3 of 20").await;
    for (language, told) in [
        ("ja", "元のファイル全体"),
        ("en", "original file as a whole"),
    ] {
        let text = receipt["refusal"][language].as_str().unwrap();
        assert!(text.contains(told), "{text}");
    }
    // What is wrong is told nevertheless.
    let errors = town
        .errors(CHIYODA, receipt["id"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(super::Table::read(&errors, false).rows.len(), 3);

    town.set(CHIYODA, |settings| settings.max_refused_percent = 15)
        .await;
    let receipt = town.take_in(CHIYODA, "bad.csv", bad(3)).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["rows"]["refused"], 3);
    let receipt = town.take_in(CHIYODA, "bad.csv", bad(4)).await;
    assert_eq!(
        receipt["refusal"]["code"], "TOO_MANY_REFUSED",
        "{receipt:#}"
    );

    town.set(CHIYODA, |settings| settings.max_refused_percent = 100)
        .await;
    let receipt = town.take_in(CHIYODA, "bad.csv", bad(20)).await;
    assert_eq!(
        receipt["refusal"]["code"], "TOO_MANY_REFUSED",
        "no row is sound: {receipt:#}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_file_older_than_the_one_in_force_is_stale() {
    let town = town().await;
    let newer = File::new((40..50).map(Row::of)).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "residents_20210403.csv", newer).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    for name in ["residents_20210402.csv", "residents_20210331.csv"] {
        let receipt = town.take_in(CHIYODA, name, utf8(&sound())).await;
        assert_refused_whole(&town, &receipt, "STALE", name).await;
    }
    for name in ["residents_20210403.csv", "residents_20210404.csv"] {
        let again = File::new((40..50).map(|number| Row::of(number).with("氏名", name)));
        let receipt = town.take_in(CHIYODA, name, utf8(&again)).await;
        assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_register_as_of_a_day_to_come_is_refused_and_keeps_no_other_out() {
    let town = town().await;
    for date in ["20310412", "20210413"] {
        let name = format!("residents_{date}.csv");
        let receipt = town.take_in(CHIYODA, &name, utf8(&sound())).await;
        assert_refused_whole(&town, &receipt, "AS_OF_IN_FUTURE", &name).await;
        for language in ["ja", "en"] {
            let told = receipt["refusal"][language].as_str().unwrap();
            assert!(told.contains(date), "{told}");
        }
    }
    let today = "residents_20210412.csv";
    let receipt = town.take_in(CHIYODA, today, utf8(&sound())).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["rows"]["new"], 20);
}

/// Lets S3 say of every dropped file that it is so long.
#[derive(Debug, Clone)]
struct Claims {
    bytes: &'static str,
    inner: SharedHttpClient,
}

#[derive(Debug, Clone)]
struct ClaimingConnector {
    bytes: &'static str,
    inner: SharedHttpConnector,
}

impl HttpClient for Claims {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(ClaimingConnector {
            bytes: self.bytes,
            inner,
        })
    }
}

impl HttpConnector for ClaimingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let head = request.method() == "HEAD" && request.uri().contains("/inbox/");
        let (bytes, inner) = (self.bytes, self.inner.clone());
        HttpConnectorFuture::new(async move {
            let mut response = inner.call(request).await?;
            if head {
                response.headers_mut().insert("content-length", bytes);
            }
            Ok(response)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_over_two_gigabytes_is_refused_before_it_is_read() {
    let claims: local::Intercept = Arc::new(|_: &str, inner| {
        SharedHttpClient::new(Claims {
            bytes: "2000000001",
            inner,
        })
    });
    let town = Town::with(Options {
        intercept: Some(claims),
        ..options()
    });
    let town = town.await;
    let receipt = town.take_in(CHIYODA, "large.csv", utf8(&sound())).await;
    assert_eq!(receipt["refusal"]["code"], "FILE_TOO_LARGE", "{receipt:#}");
    assert_eq!(receipt["rows"]["in"], 0);
}
