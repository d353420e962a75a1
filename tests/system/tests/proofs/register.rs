//! The register in force, held against the rows of a file.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use system::{
    file::{Encoding, File, Row},
    gate::Gate,
    town::{CHIYODA, Town, behind, scope},
};

/// A town whose functions call through a gate, with so many bytes to a chunk.
pub(crate) async fn town(gate: &Arc<Gate>, chunk_bytes: u32) -> Town {
    Town::with(behind(gate, [("ChunkBytes", chunk_bytes)])).await
}

/// The bytes of a file with these rows.
pub(crate) fn bytes(rows: &[Row]) -> Vec<u8> {
    File::new(rows.iter().cloned()).bytes(Encoding::Utf8)
}

/// These people, each by a second name when `renamed`.
pub(crate) fn people(numbers: std::ops::Range<u32>, renamed: bool) -> Vec<Row> {
    let row = |number| {
        let row = Row::of(number);
        let name = format!("{}改", row.cell("氏名"));
        if renamed {
            row.with("氏名", &name)
        } else {
            row
        }
    };
    numbers.map(row).collect()
}

/// The outcomes of a file's rows: in, new, changed, unchanged, removed, refused.
pub(crate) fn counts(receipt: &Value) -> [u64; 6] {
    ["in", "new", "changed", "unchanged", "removed", "refused"]
        .map(|outcome| receipt["rows"][outcome].as_u64().unwrap())
}

/// What is in force is this generation and exactly these people, with all that their rows say.
pub(crate) async fn assert_in_force(town: &Town, generation: u64, rows: &[Row]) {
    let register = town.store().register(&scope(CHIYODA)).await.unwrap();
    let in_force = register.in_force.unwrap();
    assert_eq!(in_force.generation.get(), generation);
    assert_eq!(in_force.active, rows.len() as u64, "residents in force");
    assert_eq!(register.loading, None, "nothing is being loaded");
    for row in rows {
        let number = row.cell("個別宛名番号");
        let found = town.resident(CHIYODA, number).await;
        let found = found.unwrap_or_else(|| panic!("{number} is lost"));
        assert_eq!(found["name"], row.cell("氏名"), "{number}");
        assert_eq!(found["kana"], row.cell("氏名カナ"), "{number}");
        assert_eq!(found["coupon"], row.cell("券番号"), "{number}");
        let born = found["birth_date"].as_str().unwrap().replace('-', "");
        assert_eq!(born, row.cell("生年月日"), "{number}");
    }
    assert_eq!(town.dead_letters(), BTreeMap::new());
}
