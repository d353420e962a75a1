//! Calls that come while a transaction is at the same items: the service turns them away, and they are made again.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::json;
use system::{
    gate::{Gate, Step},
    town::CHIYODA,
};

use super::bulk::{drop_file, line, rows};
use super::world::{World, about, person};

#[tokio::test(start_paused = true)]
async fn whoever_comes_in_the_same_moment_is_heard_all_the_same() {
    let claims = Arc::new(AtomicUsize::new(0));
    let (taken, mut calls) = (Arc::clone(&claims), 0);
    // Every second call to record or revoke, and to count a miss.
    let gate = Gate::new(move |call| {
        if call.function == "ask-inquiries" && call.body.contains("SET attempt = :next") {
            taken.fetch_add(1, Ordering::SeqCst);
        }
        let is_miss = call.body.contains("mismatched");
        let is_meant = match call.operation {
            "TransactWriteItems" => is_miss || call.function == "consents",
            "UpdateItem" => is_miss,
            _ => false,
        };
        calls += usize::from(is_meant);
        if is_meant && calls % 2 == 1 {
            Step::Conflict
        } else {
            Step::Go
        }
    });
    let world = World::behind(&gate).await;
    let misses =
        async || world.town.get(CHIYODA, "/inquiries").await.json()["today"]["mismatched"].clone();
    let consent = world.consent(1, "F-1").await;
    assert_eq!(gate.stopped(), 1, "recorded");
    let guess = world.ask(&about(2, &consent)).await;
    assert_eq!(
        (guess.status, &guess.json()["code"]),
        (409, &json!("PERSON_MISMATCH"))
    );
    assert_eq!((misses().await, gate.stopped()), (json!(1), 2), "counted");
    let revoked = world.revoke(&consent).await;
    assert_eq!(revoked.status, 200, "{}", revoked.json());
    assert_eq!(gate.stopped(), 3, "revoked");
    let lines = [
        line("A-5", &person(5), "B-4"),
        line("A-6", &person(6), "B-4"),
    ];
    let receipt = drop_file(&world, "one", &lines).await;
    assert_eq!(rows(&receipt), [2, 1, 1], "{receipt}");
    assert_eq!((misses().await, gate.stopped()), (json!(2), 4), "by file");
    assert_eq!(
        claims.load(Ordering::SeqCst),
        1,
        "the file is not begun anew"
    );
}
