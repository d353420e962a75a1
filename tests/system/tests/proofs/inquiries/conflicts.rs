//! Calls that come while a transaction is at the same items: the service turns them away, and they are made again.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use domain::{InquiryId, StaffTag};
use serde_json::json;
use store::StoreError;
use system::{
    gate::{Gate, Step},
    town::CHIYODA,
};

use super::bulk::{drop_file, line, rows};
use super::forged::claim;
use super::world::{World, about, person, scope};

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

/// Two workers of one file found that a holder cannot answer; what the first has left was taken up by a row of another
/// file before the second says the same.
#[tokio::test(start_paused = true)]
async fn whoever_leaves_an_inquiry_late_takes_it_from_nobody() {
    let world = World::new().await;
    let consent = world.consent(5, "F-1").await;
    let (store, asker) = (world.town.store(), scope(CHIYODA));
    let text = "0178c360-bc00-7bbb-8bbb-bbbbbbbbbbbb";
    claim(&world, &consent, text).await;
    let first: InquiryId = text.parse().unwrap();
    let of = |n: u8| InquiryId::new(first.made_at(), [n; 10]);
    // Of a row, and of one beside it that names the same form.
    let (row, beside, file) = (of(1), of(2), StaffTag::from_bytes([2; 16]));
    let takes = async |own| {
        store
            .take_up_inquiry(&asker, &first, own, file)
            .await
            .unwrap()
    };
    let leaves = async |own| store.leave_inquiry(&asker, &first, own).await;
    assert!(!takes(row).await, "nobody has left it");
    assert!(matches!(leaves(row).await, Err(StoreError::Moved)));
    leaves(first).await.unwrap();
    assert!(takes(row).await);
    assert!(matches!(leaves(first).await, Err(StoreError::Moved)));
    assert!(!takes(beside).await);
    assert!(takes(row).await, "it is its own");
    // Whoever has it now may leave it in turn.
    leaves(row).await.unwrap();
    assert!(takes(beside).await);
    assert!(matches!(leaves(row).await, Err(StoreError::Moved)));
}
