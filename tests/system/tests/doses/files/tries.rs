//! Chunks that fail for as long as something lasts: their messages count it, and lie among the dead letters.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use runtime::{Adapters, Handler};
use serde_json::{Value, json};
use system::{
    gate::{Gate, Step},
    town::{CHIYODA, Town},
};

use super::{DoseLine, counts, drop_doses, file, town_through};

/// Room for all rows of a test.
const ONE_CHUNK: u32 = 1 << 20;
const TWO_RECORDED: [u64; 7] = [2, 2, 0, 0, 0, 0, 0];

fn two() -> String {
    file(&[1, 2].map(|person| DoseLine::of(person, 1)))
}

#[tokio::test(start_paused = true)]
async fn a_chunk_that_is_always_throttled_is_one_dead_letter_and_is_recorded_when_it_is_put_back() {
    let throttled = Arc::new(AtomicBool::new(true));
    let is_throttled = Arc::clone(&throttled);
    let gate = Gate::new(move |call| {
        let writes = call.function == "load-doses" && call.operation == "TransactWriteItems";
        if writes && is_throttled.load(Ordering::SeqCst) {
            Step::Throttle
        } else {
            Step::Go
        }
    });
    let town = town_through(&gate, ONE_CHUNK).await;
    let dropped = drop_doses(&town, "a.csv", two()).await;
    let ended = tokio::time::timeout(Duration::from_hours(3), town.stack.idle()).await;
    assert!(ended.is_ok(), "its message comes again for ever");
    let one = BTreeMap::from([("doses-dead-letters".to_owned(), 1)]);
    assert_eq!(town.dead_letters(), one);

    throttled.store(false, Ordering::SeqCst);
    town.redrive("doses-dead-letters").await;
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), TWO_RECORDED, "{receipt:#}");
    assert_eq!(town.dead_letters(), BTreeMap::new());
}

/// load-doses outside the host, by a clock that goes on by two seconds whenever it is looked at.
fn slow(town: &Town) -> Handler {
    let adapters = town.stack.adapters();
    let (clock, looks) = (adapters.clock(), AtomicI64::new(0));
    let slow = move || {
        let looks = looks.fetch_add(1, Ordering::SeqCst);
        clock.now() + SignedDuration::from_secs(2 * looks)
    };
    let settings = adapters.settings().clone();
    let adapters = Adapters::new(settings, town.stack.sdk_config(), Arc::new(slow));
    local::functions::build("load-doses", &adapters).unwrap()
}

async fn set_attempt(town: &Town, upload: &Value, attempt: u32) {
    let number = |number: u32| AttributeValue::N(number.to_string());
    let items = town.items().await;
    let id = upload.as_str().unwrap();
    let chunk = items
        .keys()
        .find(|(pk, sk)| pk.ends_with(id) && sk.starts_with("CHUNK#"));
    let (pk, sk) = chunk.unwrap().clone();
    let call = town.dynamodb().update_item().table_name("records");
    call.key("pk", AttributeValue::S(pk))
        .key("sk", AttributeValue::S(sk))
        .update_expression("SET attempt = :attempt, lease_until = :never")
        .expression_attribute_values(":attempt", number(attempt))
        .expression_attribute_values(":never", number(0))
        .send()
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn after_many_workers_one_more_that_runs_out_of_time_counts_as_failed() {
    // The host's worker dies before it has the chunk.
    let gate = Gate::once(Step::Die, |call| {
        call.function == "load-doses" && call.body.contains("UPLOAD")
    });
    let town = town_through(&gate, ONE_CHUNK).await;
    let dropped = drop_doses(&town, "a.csv", two()).await;
    gate.reached().await;
    let upload = town.uploads(CHIYODA).await.remove(0)["id"].take();
    let body = json!({ "kind": "chunk", "tenant": CHIYODA, "upload": upload, "chunk": 0 });
    let event = json!({ "Records": [{
        "messageId": "m", "receiptHandle": "h", "body": body.to_string(),
        "attributes": { "ApproximateReceiveCount": "1" },
    }] });
    let event = event.to_string();
    // After the second the host goes on, for the message is sent anew.
    for (attempt, failures) in [(30, 1), (29, 0)] {
        set_attempt(&town, &upload, attempt).await;
        let ends = town.stack.adapters().clock().now() + SignedDuration::from_secs(30);
        let answer = runtime::dispatch(&slow(&town), event.as_bytes(), ends).await;
        let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
        let failed = answer["batchItemFailures"].as_array().unwrap().len();
        assert_eq!(failed, failures, "after {attempt} workers");
    }
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), TWO_RECORDED, "{receipt:#}");
    assert_eq!(town.dead_letters(), BTreeMap::new());
}
