//! A table that takes no residents for a long time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use system::{
    gate::{Gate, Step},
    log::Log,
    town::CHIYODA,
};
use tracing::level_filters::LevelFilter;

use crate::register::{assert_in_force, bytes, counts, people, town};

/// A gate at which nothing is written for a load as long as this is true.
fn throttling() -> (Arc<AtomicBool>, Arc<Gate>) {
    let throttled = Arc::new(AtomicBool::new(true));
    let is_throttled = Arc::clone(&throttled);
    let gate = Gate::new(move |call| {
        let writes = call.function == "load-chunk" && call.operation == "BatchWriteItem";
        if writes && is_throttled.load(Ordering::SeqCst) {
            Step::Throttle
        } else {
            Step::Go
        }
    });
    (throttled, gate)
}

#[tokio::test(start_paused = true)]
async fn a_chunk_that_is_always_throttled_is_one_dead_letter_and_loads_when_it_is_put_back() {
    let (throttled, gate) = throttling();
    let town = town(&gate, 1 << 20).await;
    let rows = people(1..5, false);
    let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    let ended = tokio::time::timeout(Duration::from_hours(3), town.stack.idle()).await;
    assert!(ended.is_ok(), "its message comes again for ever");
    assert_eq!(town.dead_letters()["loads-dead-letters"], 1);

    throttled.store(false, Ordering::SeqCst);
    town.redrive("loads-dead-letters").await;
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), [4, 4, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_table_that_throttles_for_minutes_costs_the_message_no_attempt() {
    let (throttled, gate) = throttling();
    let town = town(&gate, 1 << 20).await;
    let (log, _caught) = Log::catch(LevelFilter::INFO);
    let rows = people(1..5, false);
    let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    tokio::time::sleep(Duration::from_mins(5)).await;
    throttled.store(false, Ordering::SeqCst);
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), [4, 4, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
    let log = log.text();
    assert!(log.contains("the table throttles"), "{log}");
    assert!(!log.contains("MESSAGE_"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_load_whose_chunks_are_forgotten_says_so() {
    let (_throttled, gate) = throttling();
    let town = town(&gate, 1 << 20).await;
    let rows = people(1..5, false);
    town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    town.stack.idle().await;
    assert_eq!(town.dead_letters()["loads-dead-letters"], 1);
    let upload = town.uploads(CHIYODA).await.remove(0);
    let upload = upload["id"].as_str().unwrap();
    let forgotten = town.dynamodb().delete_item().table_name("records");
    let forgotten = forgotten.key("pk", AttributeValue::S(format!("T#{CHIYODA}#U#{upload}")));
    let forgotten = forgotten.key("sk", AttributeValue::S("CHUNK#000000".to_owned()));
    forgotten.send().await.unwrap();

    let (log, _caught) = Log::catch(LevelFilter::INFO);
    let message = json!({ "kind": "advance", "tenant": CHIYODA });
    town.send("loads", &message, 0).await;
    town.stack.idle().await;
    assert_eq!(town.dead_letters()["loads-dead-letters"], 2);
    assert!(log.text().contains("chunks of a load"), "{}", log.text());
}
