//! A table that takes no residents for a long time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use system::{
    gate::{Gate, Step},
    town::CHIYODA,
};

use crate::register::{assert_in_force, bytes, counts, people, town};

#[tokio::test(start_paused = true)]
async fn a_chunk_that_is_always_throttled_is_one_dead_letter_and_loads_when_it_is_put_back() {
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
