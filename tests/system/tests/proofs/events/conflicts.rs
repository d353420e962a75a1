//! Whoever is at the register's items in the same moment: the service turns a transaction away, and it is made again.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::json;
use system::{
    gate::{Call, Gate, Step},
    town::CHIYODA,
};

use super::chunks::{ONE_CHUNK, is_switch};
use crate::register::{assert_in_force, bytes, counts, people, town};

/// Ends a check or a load, or releases a file that is held.
fn is_meant(call: &Call<'_>) -> bool {
    let transacts = call.operation == "TransactWriteItems";
    transacts && (["receive-upload", "uploads"].contains(&call.function) || is_switch(call))
}

#[tokio::test(start_paused = true)]
async fn no_check_and_no_merge_is_done_twice_for_whoever_comes_in_the_same_moment() {
    let done = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let (seen, mut calls) = (Arc::clone(&done), 0);
    // Every second such call.
    let gate = Gate::new(move |call| {
        let [checks, merges] = &*seen;
        if call.function == "receive-upload"
            && call.operation == "HEAD"
            && call.path.contains("/inbox/")
        {
            checks.fetch_add(1, Ordering::SeqCst);
        } else if call.body.contains("ADD merges :one") {
            merges.fetch_add(1, Ordering::SeqCst);
        }
        calls += usize::from(is_meant(call));
        if is_meant(call) && calls % 2 == 1 {
            Step::Conflict
        } else {
            Step::Go
        }
    });
    let town = town(&gate, ONE_CHUNK).await;
    let done = || [0, 1].map(|it: usize| done[it].load(Ordering::SeqCst));
    let rows = people(1..21, false);
    let receipt = town.take_in(CHIYODA, "a.csv", bytes(&rows)).await;
    assert_eq!(counts(&receipt), [20, 20, 0, 0, 0, 0]);
    assert_eq!((done(), gate.stopped()), ([1, 1], 2), "accepted, in force");
    let same = town.take_in(CHIYODA, "a.csv", bytes(&rows)).await;
    assert_eq!(same["state"], "no_change", "{same:#}");
    assert_eq!((done(), gate.stopped()), ([2, 1], 3), "unchanged");

    let leave = rows.into_iter().map(|row| row.with("異動区分", "2"));
    let leave = bytes(&leave.collect::<Vec<_>>());
    let held = town.take_in(CHIYODA, "b.csv", leave).await;
    assert_eq!(held["state"], "held", "{held:#}");
    let confirm = format!("/uploads/{}/confirm", held["id"].as_str().unwrap());
    let answer = town.post(CHIYODA, &confirm, None).await;
    assert_eq!(
        (answer.status, &answer.json()["generation"]),
        (200, &json!(2))
    );
    town.stack.idle().await;
    assert_eq!((done(), gate.stopped()), ([3, 2], 5), "confirmed, in force");
    assert_in_force(&town, 2, &[]).await;
    assert_eq!(town.dead_letters(), BTreeMap::new());
}
