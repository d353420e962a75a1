//! Chunks that fail for as long as something lasts: their messages count it, and lie among the dead letters.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use system::{
    gate::{Gate, Step},
    town::CHIYODA,
};

use super::{DoseLine, counts, drop_doses, file, town_through};

/// Room for all rows of a test.
const ONE_CHUNK: u32 = 1 << 20;
const TWO_RECORDED: [u64; 7] = [2, 2, 0, 0, 0, 0, 0];

fn chunk(upload: &str) -> Value {
    json!({ "kind": "chunk", "tenant": CHIYODA, "upload": upload, "chunk": 0 })
}

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
    let upload = upload.as_str().unwrap();
    // After the second the host goes on, for the message is sent anew.
    for (attempt, fails) in [(30, true), (29, false)] {
        town.free_chunk(upload, attempt).await;
        let failed = town.work_off_slowly("load-doses", &chunk(upload), 30).await;
        assert_eq!(failed, fails, "after {attempt} workers");
    }
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), TWO_RECORDED, "{receipt:#}");
    assert_eq!(town.dead_letters(), BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn whoever_looks_on_sees_how_many_rows_are_recorded() {
    let gate = Gate::once(Step::Die, |call| {
        call.function == "load-doses" && call.body.contains("UPLOAD")
    });
    let town = town_through(&gate, ONE_CHUNK).await;
    let rows: Vec<_> = (1..40).map(|person| DoseLine::of(person, 1)).collect();
    let dropped = drop_doses(&town, "a.csv", file(&rows)).await;
    gate.reached().await;
    let upload = town.uploads(CHIYODA).await.remove(0)["id"].take();
    let upload = upload.as_str().unwrap();
    let seen = town
        .rows_seen_of(CHIYODA, "load-doses", upload, &chunk(upload))
        .await;
    assert!(seen < 39, "{seen}");
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(receipt["rows"]["recorded"], 39, "{receipt:#}");
    assert_eq!(town.under_way(CHIYODA, upload).await, Value::Null);
}
