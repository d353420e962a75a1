//! A table that went back in time: what becomes of single files that are taken in again.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::UploadState;
use serde_json::Value;
use system::town::{BEGINNING, CHIYODA, Town};
use vrs::recover::Recovered;

use crate::{
    recovery::recovery,
    register::{bytes, counts, people},
};

/// The table becomes what it was, and what was dropped is taken in again.
async fn go_back(town: &Town, before: &BTreeMap<(String, String), String>) -> Recovered {
    let since = town.items().await.into_keys();
    for (pk, sk) in since.filter(|key| !before.contains_key(key)) {
        let gone = town.dynamodb().delete_item().table_name("records");
        let gone = gone.key("pk", AttributeValue::S(pk));
        let gone = gone.key("sk", AttributeValue::S(sk));
        gone.send().await.unwrap();
    }
    for item in before.values() {
        town.put(&serde_json::from_str(item).unwrap()).await;
    }
    town.stack.idle().await;
    let recovered = recovery(town).since(BEGINNING.parse().unwrap()).await;
    town.stack.idle().await;
    assert_eq!(town.dead_letters(), BTreeMap::new());
    recovered.unwrap()
}

/// What a receipt says of a file, times aside.
fn said(receipt: &Value) -> [&Value; 4] {
    ["state", "generation", "rows", "refusal"].map(|name| &receipt[name])
}

#[tokio::test(start_paused = true)]
async fn dates_are_judged_by_the_day_of_the_drop_whenever_a_file_is_checked() {
    let (town, days) = Town::with_days().await;
    let before = town.items().await;
    let mut rows = people(1..30, false);
    rows[0] = rows[0].clone().with("異動日", "20210413");
    let today = town.take_in(CHIYODA, "residents_20210412.csv", bytes(&rows));
    let today = today.await;
    assert_eq!(counts(&today), [29, 28, 0, 0, 0, 1]);
    let renamed = bytes(&people(1..30, true));
    let early = town.take_in(CHIYODA, "residents_20210422.csv", renamed.clone());
    let early = early.await;
    assert_eq!(early["refusal"]["code"], "AS_OF_IN_FUTURE", "{early:#}");

    days.store(14, Ordering::SeqCst);
    let recovered = go_back(&town, &before).await;
    assert!(recovered.failed.is_empty(), "{:?}", recovered.failed);
    for first in [today, early] {
        let again = town.receipt_of(CHIYODA, first["id"].as_str().unwrap());
        assert_eq!(said(&again.await), said(&first));
    }
    let next = town.take_in(CHIYODA, "residents_20210420.csv", renamed);
    assert_eq!(counts(&next.await), [29, 1, 28, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_refused_now_and_was_not_before_is_named() {
    let town = Town::start().await;
    let before = town.items().await;
    town.set(CHIYODA, |settings| settings.max_refused_percent = 50)
        .await;
    let mut rows = people(1..11, false);
    for row in rows.iter_mut().take(3) {
        *row = row.clone().with("生年月日", "20210230");
    }
    let doubtful = town.take_in(CHIYODA, "doubtful.csv", bytes(&rows)).await;
    assert_eq!(counts(&doubtful), [10, 7, 0, 0, 0, 3]);
    let sound = bytes(&people(20..30, false));
    let sound = town.take_in(CHIYODA, "sound.csv", sound).await;
    assert_eq!(counts(&sound), [10, 10, 0, 0, 0, 0]);

    let recovered = go_back(&town, &before).await;
    let [failed] = &recovered.failed[..] else {
        panic!("one fails: {:?}", recovered.failed);
    };
    let named = format!("inbox/{CHIYODA}/residents/doubtful.csv version ");
    assert!(failed.file.starts_with(&named), "{}", failed.file);
    let why = failed.error.to_string();
    assert!(why.contains("in_force before"), "{why}");
    let again = town.receipt_of(CHIYODA, doubtful["id"].as_str().unwrap());
    assert_eq!(again.await["refusal"]["code"], "TOO_MANY_REFUSED");
    let [taken] = &recovered.files[..] else {
        panic!("one is taken in: {:?}", recovered.files);
    };
    assert_eq!(taken.upload.to_string(), sound["id"].as_str().unwrap());
    assert_eq!(taken.state, UploadState::InForce);
}
