//! Every kind of bad file and bad row, through the whole stack: dropped into S3, judged by receipt,
//! `errors.csv` and what the API finds afterwards.

mod accepted;
mod files;
mod lifted;
mod mended;
mod places;
mod protection;
mod rows;

use bytes::Bytes;
use serde_json::Value;
use system::{
    file::{Encoding, File, Row},
    town::{CHIYODA, Town},
};

/// Whoever is in the register before a bad file comes.
const BEFORE: std::ops::RangeInclusive<u32> = 1..=3;

/// A town where the first residents are in force.
async fn town() -> Town {
    let town = Town::start().await;
    let first = File::new(BEFORE.map(Row::of)).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, "first.csv", first).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    assert_eq!(receipt["rows"]["new"], 3);
    town
}

/// A sound file of twenty people who are not in the register.
fn sound() -> File {
    File::new((10..30).map(Row::of))
}

/// The file was refused whole for this reason, and nothing of it is anywhere.
async fn assert_refused_whole(town: &Town, receipt: &Value, code: &str, what: &str) {
    assert_eq!(receipt["state"], "refused", "{what}: {receipt:#}");
    assert_eq!(receipt["refusal"]["code"], code, "{what}: {receipt:#}");
    let ja = receipt["refusal"]["ja"].as_str().unwrap();
    assert!(!ja.is_ascii() && ja.ends_with('。'), "{what}: {ja}");
    assert_eq!(receipt["rows"]["in"], receipt["rows"]["refused"], "{what}");
    assert!(receipt.get("generation").is_none(), "{what}");
    assert_register_is_as_before(town, what).await;
}

async fn assert_register_is_as_before(town: &Town, what: &str) {
    for number in BEFORE {
        let row = Row::of(number);
        let resident = town.resident(CHIYODA, row.cell("個別宛名番号")).await;
        let resident = resident.unwrap_or_else(|| panic!("{what}: {number} is lost"));
        assert_eq!(resident["name"], row.cell("氏名"), "{what}");
    }
    for number in [10, 29] {
        let row = Row::of(number);
        let found = town.resident(CHIYODA, row.cell("個別宛名番号")).await;
        assert!(found.is_none(), "{what}: {number} came in");
    }
}

/// A CSV file that we wrote, cell by cell.
struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn read(bytes: &Bytes, cp932: bool) -> Self {
        let text = if cp932 {
            let text =
                encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
            text.unwrap().into_owned()
        } else {
            // A spreadsheet shows UTF-8 garbled without the mark.
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap();
            std::str::from_utf8(bytes).unwrap().to_owned()
        };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut rows = reader
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect());
        Self {
            header: rows.next().unwrap(),
            rows: rows.collect(),
        }
    }

    fn write(&self, encoding: Encoding) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_writer(Vec::new());
        writer.write_record(&self.header).unwrap();
        for row in &self.rows {
            writer.write_record(row).unwrap();
        }
        encoding.encode(std::str::from_utf8(&writer.into_inner().unwrap()).unwrap())
    }
}
