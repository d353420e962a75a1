//! A table that went back in time: what becomes of single files that are taken in again.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
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
