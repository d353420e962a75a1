//! Messages of a load: delivered twice, to two workers at once, to workers that die.

use serde_json::json;
use system::{
    gate::{Call, Gate, Step},
    log::Log,
    town::{CHIYODA, Town},
};
use tracing::level_filters::LevelFilter;

use crate::register::{assert_in_force, bytes, counts, people, town};

/// Room for all rows of a test.
pub(super) const ONE_CHUNK: u32 = 1 << 20;
/// Some three rows.
const SMALL: u32 = 250;

fn is_put(call: &Call<'_>) -> bool {
    call.function == "load-chunk" && call.operation == "BatchWriteItem"
}

/// The one transaction that moves `CURRENT`.
pub(crate) fn is_switch(call: &Call<'_>) -> bool {
    call.operation == "TransactWriteItems" && call.body.contains("SET in_force = :in_force")
}

/// Sends every chunk of the newest upload once more.
pub(super) async fn repeat_chunks(town: &Town) -> u64 {
    let upload = town.uploads(CHIYODA).await.remove(0);
    let id = upload["id"].as_str().unwrap();
    let shown = town.get(CHIYODA, &format!("/uploads/{id}")).await.json();
    let chunks = shown["chunks"]["total"].as_u64().unwrap();
    for chunk in 0..chunks {
        let message = json!({ "kind": "chunk", "tenant": CHIYODA, "upload": id, "chunk": chunk });
        town.send("loads", &message, 0).await;
    }
    chunks
}

#[tokio::test(start_paused = true)]
async fn a_chunk_that_is_delivered_again_after_the_load_changes_nothing() {
    let town = town(&Gate::new(|_| Step::Go), SMALL).await;
    let rows = people(1..30, false);
    let receipt = town.take_in(CHIYODA, "a.csv", bytes(&rows)).await;
    let items = town.whole().await.items;
    assert!(repeat_chunks(&town).await > 5, "several chunks");
    town.stack.idle().await;
    let after = town.whole().await;
    assert_eq!(after.items, items);
    let dropped_again = town.uploads(CHIYODA).await;
    assert_eq!(dropped_again.len(), 1);
    assert_eq!(counts(&receipt), [29, 29, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_chunk_in_the_hands_of_two_workers_is_counted_once() {
    let gate = Gate::once(Step::Wait, is_put);
    let town = town(&gate, ONE_CHUNK).await;
    let (log, _caught) = Log::catch(LevelFilter::INFO);
    let rows = people(1..60, false);
    let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    gate.reached().await;
    assert_eq!(repeat_chunks(&town).await, 1);
    // The second worker finds the lease taken, and leaves the chunk alone.
    while !log.text().contains("another worker has the chunk") {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    gate.open();
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), [59, 59, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
    let log = log.text();
    assert!(
        !log.contains("\"ERROR\""),
        "a lease in the way is no error: {log}"
    );
}

/// The worker of the only chunk dies at its n-th call of this operation.
async fn dies_at(operation: &'static str, nth: usize, step: Step) {
    let (mut calls, mut armed) = (0, operation == "BatchWriteItem");
    let gate = Gate::new(move |call| {
        // The first file loads in peace where the second is meant.
        armed |= is_switch(call);
        if !armed || call.function != "load-chunk" || call.operation != operation {
            return Step::Go;
        }
        calls += 1;
        if calls == nth { step } else { Step::Go }
    });
    let town = town(&gate, ONE_CHUNK).await;
    let (first, second) = (people(1..60, false), people(1..70, true));
    let one = town.take_in(CHIYODA, "1.csv", bytes(&first)).await;
    let two = town.take_in(CHIYODA, "2.csv", bytes(&second)).await;
    assert_eq!(gate.stopped(), 1, "{operation} {nth}: a worker died");
    assert_eq!(counts(&one), [59, 59, 0, 0, 0, 0], "{operation} {nth}");
    assert_eq!(counts(&two), [69, 10, 59, 0, 0, 0], "{operation} {nth}");
    assert_in_force(&town, 2, &second).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_among_its_new_residents_leaves_no_gap_and_no_double() {
    for nth in [1, 4, 8] {
        dies_at("BatchWriteItem", nth, Step::Die).await;
        dies_at("BatchWriteItem", nth, Step::DieAfter).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_killed_among_its_changed_residents_leaves_no_gap_and_no_double() {
    // The first is the claim of the chunk, the last are shifts of slots.
    for nth in [1, 2, 30, 60] {
        dies_at("UpdateItem", nth, Step::Die).await;
        dies_at("UpdateItem", nth, Step::DieAfter).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_between_the_last_chunk_and_the_switch_is_replaced() {
    for step in [Step::Die, Step::DieAfter] {
        let gate = Gate::once(step, is_switch);
        let town = town(&gate, SMALL).await;
        let rows = people(1..30, false);
        let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
        gate.reached().await;
        if step == Step::Die {
            let nobody = town.resident(CHIYODA, rows[0].cell("個別宛名番号")).await;
            assert_eq!(nobody, None, "all is loaded and nothing is in force");
        }
        town.stack.idle().await;
        let receipt = town.receipt(CHIYODA, &dropped).await;
        assert_eq!(receipt["state"], "in_force", "{step:?}");
        assert_eq!(counts(&receipt), [29, 29, 0, 0, 0, 0]);
        assert_in_force(&town, 1, &rows).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_after_the_switch_leaves_the_receipt_to_the_next() {
    let mut switched = false;
    let gate = Gate::once(Step::Die, move |call| {
        let after = switched && call.operation == "PUT" && call.path.contains("receipt.json");
        switched |= is_switch(call);
        after
    });
    let town = town(&gate, SMALL).await;
    let rows = people(1..30, false);
    let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    gate.reached().await;
    town.reaches(CHIYODA, &dropped, "in_force").await;
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(receipt["state"], "in_force");
    assert_eq!(counts(&receipt), [29, 29, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
}
