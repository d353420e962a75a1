//! Characters of CP932's own beside a dose: the bytes of the file stay, whatever else is corrected.

use serde_json::{Value, json};
use system::{
    file::{Encoding, Row},
    office::Office,
    town::CHIYODA,
    venue::Venue,
};

use super::{DoseLine, counts, file, take_in, town};

/// The first of the users' own characters, and one that CP932 has twice.
const OWN: [[u8; 2]; 2] = [[0xF0, 0x40], [0xFA, 0x58]];

/// Puts two bytes in the place of two signs.
fn put(bytes: &mut [u8], sign: &[u8; 2], own: [u8; 2]) {
    let place = bytes.windows(2).position(|it| it == sign).unwrap();
    bytes[place..place + 2].copy_from_slice(&own);
}

#[tokio::test(start_paused = true)]
async fn a_dose_with_characters_of_the_users_own_is_the_same_in_either_encoding() {
    let town = town().await;
    let text = |own: &str| file(&[DoseLine::of(1, 1).with("接種医師名", own)]);
    let mut bytes = Encoding::Cp932.encode(&text("@@"));
    put(&mut bytes, b"@@", OWN[0]);
    let receipt = take_in(&town, "cp932.csv", bytes).await;
    assert_eq!(counts(&receipt), [1, 1, 0, 0, 0, 0, 0], "{receipt:#}");
    let bytes = Encoding::Utf8.encode(&text("\u{E000}"));
    let receipt = take_in(&town, "utf8.csv", bytes).await;
    assert_eq!(counts(&receipt), [1, 0, 1, 0, 0, 0, 0], "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn a_correction_leaves_the_bytes_of_what_it_does_not_change() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let line = DoseLine::of(1, 1).with("接種医師名", "@@");
    let line = line.with("接種会場名", "$$");
    let mut bytes = Encoding::Cp932.encode(&file(&[line]));
    for (sign, own) in [b"@@", b"$$"].into_iter().zip(OWN) {
        put(&mut bytes, sign, own);
    }
    let receipt = take_in(&town, "a.csv", bytes).await;
    assert_eq!(counts(&receipt), [1, 1, 0, 0, 0, 0, 0], "{receipt:#}");

    let resident = Office::of(&town, CHIYODA).await.tag(&Row::of(1));
    let person = venue.get(&format!("/residents/{resident}/doses")).await;
    let shown = person.json()["doses"][0].clone();
    let id = shown["id"].as_str().unwrap();
    let said = |lot: &str| -> Value {
        json!({
            "given_on": "2021-03-01", "product": "ファイザー", "lot": lot,
            "venue": shown["venue"], "physician": shown["physician"], "reason": "読み違い",
        })
    };
    let before = town.whole().await;
    let same = venue.change("PUT", id, 1, &said("EP2163")).await;
    assert_eq!((same.status, same.headers["etag"].as_str()), (200, "\"1\""));
    assert_eq!(town.whole().await, before, "nothing is written");
    let corrected = venue.change("PUT", id, 1, &said("EP9605")).await;
    assert_eq!(corrected.json()["lot"], "EP9605");

    let asked = json!({ "encoding": "cp932" });
    let asked = town.post(CHIYODA, "/exports", Some(&asked)).await.json();
    town.stack.idle().await;
    let export = asked["id"].as_str().unwrap();
    let key = format!("outbox/{CHIYODA}/exports/{export}/ledger-COVID19.csv");
    let ledger = town.object(&key).await.unwrap();
    let has = |bytes: &[u8]| ledger.windows(bytes.len()).any(|it| it == bytes);
    assert!(has(b"EP9605"), "the correction is in it");
    for own in OWN {
        assert!(has(&own), "{own:X?}");
    }
}
