//! Dose files, from the drop to the receipt: each row has its outcome, whatever happens on the way.

mod anew;
mod bad_input;
mod characters;
mod repeats;
mod tries;
mod waiting;

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use system::{
    file::{Encoding, File, Row},
    gate::Gate,
    town::{CHIYODA, Dropped, Town, behind},
};

/// Everybody who is in the register when a dose file comes. Born 1930 and after, one year each.
const PEOPLE: std::ops::Range<u32> = 1..40;
const HEADER: [&str; 10] = [
    "自治体コード",
    "券番号",
    "個別宛名番号",
    "接種回",
    "接種日",
    "接種会場名",
    "接種医師名",
    "ワクチンメーカー",
    "ロット番号",
    "予防接種",
];

/// A row of a dose file.
#[derive(Clone)]
struct DoseLine([String; HEADER.len()]);

impl DoseLine {
    /// A sound dose of this person, three weeks after the one before.
    fn of(person: u32, number: u32) -> Self {
        let coupon = Row::of(person).cell("券番号").to_owned();
        let day = 1 + 21 * (number - 1);
        let cells = [
            "131016",
            &coupon,
            "",
            &number.to_string(),
            &format!("202103{day:02}"),
            "第一会場",
            "佐藤",
            "ファイザー",
            "EP2163",
            "",
        ];
        Self(cells.map(str::to_owned))
    }

    fn with(mut self, column: &str, cell: &str) -> Self {
        let place = HEADER.iter().position(|it| *it == column).unwrap();
        cell.clone_into(&mut self.0[place]);
        self
    }

    fn text(&self) -> String {
        self.0.join(",")
    }
}

fn file(lines: &[DoseLine]) -> String {
    let rows = lines.iter().map(DoseLine::text);
    let lines = std::iter::once(HEADER.join(",")).chain(rows);
    lines.flat_map(|line| [line, "\r\n".to_owned()]).collect()
}

/// A town whose functions call through a gate, its people in force, with so many bytes of a dose file
/// to a chunk.
async fn town_through(gate: &Arc<Gate>, chunk_bytes: u32) -> Town {
    let town = Town::with(behind(gate, [("DoseChunkBytes", chunk_bytes)])).await;
    register(&town, PEOPLE, "residents.csv").await;
    town
}

async fn town() -> Town {
    let town = Town::start().await;
    register(&town, PEOPLE, "residents.csv").await;
    town
}

async fn register(town: &Town, people: std::ops::Range<u32>, name: &str) {
    let bytes = File::new(people.map(Row::of)).bytes(Encoding::Utf8);
    let receipt = town.take_in(CHIYODA, name, bytes).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
}

async fn drop_doses(town: &Town, name: &str, bytes: impl Into<bytes::Bytes>) -> Dropped {
    let key = format!("inbox/{CHIYODA}/doses/{name}");
    town.drop_at(&key, bytes).await
}

/// Drops a dose file and waits for its receipt.
async fn take_in(town: &Town, name: &str, bytes: impl Into<bytes::Bytes>) -> Value {
    let dropped = drop_doses(town, name, bytes).await;
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(town.dead_letters(), BTreeMap::new());
    receipt
}

/// Rows in, recorded, unchanged, review, conflict, waiting, refused.
fn counts(receipt: &Value) -> [u64; 7] {
    [
        "in",
        "recorded",
        "unchanged",
        "review",
        "conflict",
        "waiting",
        "refused",
    ]
    .map(|outcome| receipt["rows"][outcome].as_u64().unwrap())
}

/// Codes by which rows were refused or kept apart, in alphabetical order.
fn codes(receipt: &Value, list: &str) -> Vec<String> {
    let reasons = receipt[list].as_array().unwrap();
    for reason in reasons {
        assert!(!reason["ja"].as_str().unwrap().is_ascii(), "{reason}");
    }
    let codes = reasons
        .iter()
        .map(|it| it["code"].as_str().unwrap().to_owned());
    let mut codes: Vec<_> = codes.collect();
    codes.sort();
    codes
}

/// `errors.csv` of a receipt, as text.
async fn errors_of(town: &Town, receipt: &Value) -> String {
    assert_eq!(receipt["errors_file"], true, "{receipt:#}");
    let errors = town.errors(CHIYODA, receipt["id"].as_str().unwrap()).await;
    String::from_utf8(errors.unwrap().to_vec()).unwrap()
}
