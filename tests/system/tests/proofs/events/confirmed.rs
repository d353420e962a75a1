//! What the receipt of a held file says while somebody decides about it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::UploadId;
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::{Confirmation, Confirming, Release, StoreError};
use system::{
    gate::{Call, Gate, Step},
    town::{CHIYODA, Town, scope},
};

use crate::register::{assert_in_force, bytes, people, town};

/// The one transaction that releases a held file.
fn is_release(call: &Call<'_>) -> bool {
    call.function == "uploads" && call.operation == "TransactWriteItems"
}

/// Calls of which `is_meant` is true are stopped so while this is true.
fn gate(step: Step, is_meant: fn(&Call<'_>) -> bool) -> (Arc<AtomicBool>, Arc<Gate>) {
    let stops = Arc::new(AtomicBool::new(false));
    let is_on = Arc::clone(&stops);
    let gate = Gate::new(move |call| {
        if is_on.load(Ordering::SeqCst) && is_meant(call) {
            step
        } else {
            Step::Go
        }
    });
    (stops, gate)
}

/// Twenty people are in force, and a file by which all leave is held; its id.
async fn held(town: &Town) -> String {
    let all = people(1..21, false);
    town.take_in(CHIYODA, "a.csv", bytes(&all)).await;
    let leave = all.into_iter().map(|row| row.with("異動区分", "2"));
    let leave = bytes(&leave.collect::<Vec<_>>());
    let held = town.take_in(CHIYODA, "b.csv", leave).await;
    assert_eq!(held["state"], "held", "{held:#}");
    held["id"].as_str().unwrap().to_owned()
}

/// Status and code of the answer.
async fn decide(town: &Town, id: &str, act: &str) -> (u16, Value) {
    let path = format!("/uploads/{id}/{act}");
    let answer = town.post(CHIYODA, &path, None).await;
    (answer.status, answer.json()["code"].clone())
}

#[tokio::test(start_paused = true)]
async fn a_confirmed_file_waits_by_its_receipt_before_it_is_loaded() {
    let (stops, gate) = gate(Step::Wait, |call| call.function == "load-chunk");
    let town = town(&gate, 1 << 20).await;
    let id = held(&town).await;
    stops.store(true, Ordering::SeqCst);
    assert_eq!(decide(&town, &id, "confirm").await, (200, Value::Null));
    gate.reached().await;
    let receipt = town.receipt_of(CHIYODA, &id).await;
    assert_eq!(
        (&receipt["state"], &receipt["generation"]),
        (&json!("waiting"), &json!(2)),
        "{receipt:#}"
    );
    assert_eq!(receipt.get("held"), None, "{receipt:#}");
    gate.open();
    town.stack.idle().await;
    assert_eq!(town.receipt_of(CHIYODA, &id).await["state"], "in_force");
    assert_in_force(&town, 2, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_confirmation_that_comes_to_nothing_leaves_the_receipt_as_it_was() {
    let (stops, gate) = gate(Step::Conflict, is_release);
    let town = town(&gate, 1 << 20).await;
    let id = held(&town).await;
    let before = town.receipt_of(CHIYODA, &id).await;
    stops.store(true, Ordering::SeqCst);
    let tried = decide(&town, &id, "confirm").await;
    assert_eq!(tried, (503, json!("TRY_AGAIN")));
    assert_eq!(town.receipt_of(CHIYODA, &id).await, before);
    stops.store(false, Ordering::SeqCst);
    assert_eq!(decide(&town, &id, "confirm").await, (200, Value::Null));
    town.stack.idle().await;
    assert_eq!(town.receipt_of(CHIYODA, &id).await["state"], "in_force");
}

#[tokio::test(start_paused = true)]
async fn a_release_whose_answer_was_lost_is_loaded_all_the_same() {
    let gate = Gate::once(Step::Mute, is_release);
    let town = town(&gate, 1 << 20).await;
    let id = held(&town).await;
    assert_eq!(decide(&town, &id, "confirm").await, (200, Value::Null));
    assert_eq!(gate.stopped(), 1);
    town.stack.idle().await;
    assert_eq!(town.receipt_of(CHIYODA, &id).await["state"], "in_force");
    assert_in_force(&town, 2, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_that_somebody_confirms_is_not_discarded_by_another_meanwhile() {
    let (stops, gate) = gate(Step::Wait, is_release);
    let town = town(&gate, 1 << 20).await;
    let id = held(&town).await;
    stops.store(true, Ordering::SeqCst);
    let discards = async {
        gate.reached().await;
        let discarded = decide(&town, &id, "discard").await;
        gate.open();
        discarded
    };
    let (confirmed, discarded) = tokio::join!(decide(&town, &id, "confirm"), discards);
    assert_eq!(discarded, (503, json!("TRY_AGAIN")));
    assert_eq!(confirmed, (200, Value::Null));
    town.stack.idle().await;
    let again = decide(&town, &id, "discard").await;
    assert_eq!(again, (409, json!("UPLOAD_NOT_HELD")));
    assert_eq!(town.receipt_of(CHIYODA, &id).await["state"], "in_force");
    assert_in_force(&town, 2, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_is_not_released_once_a_newer_one_says_the_register_in_force_again() {
    let (stops, gate) = gate(Step::Wait, is_release);
    let town = town(&gate, 1 << 20).await;
    let id = held(&town).await;
    let in_force = people(1..21, false);
    stops.store(true, Ordering::SeqCst);
    let says_it_again = async {
        gate.reached().await;
        let same = town.drop_file(CHIYODA, "c.csv", bytes(&in_force)).await;
        town.reaches(CHIYODA, &same, "no_change").await;
        gate.open();
    };
    let (confirmed, ()) = tokio::join!(decide(&town, &id, "confirm"), says_it_again);
    assert_eq!(confirmed, (503, json!("TRY_AGAIN")));
    let again = decide(&town, &id, "confirm").await;
    assert_eq!(again, (409, json!("UPLOAD_STALE")));
    assert_eq!(town.receipt_of(CHIYODA, &id).await["state"], "held");
    assert_in_force(&town, 1, &in_force).await;
}

#[tokio::test(start_paused = true)]
async fn nobody_decides_while_a_receipt_may_be_on_its_way() {
    let gate = Gate::once(Step::Wait, |call| {
        call.function == "uploads" && call.operation == "PUT"
    });
    let town = town(&gate, 1 << 20).await;
    let id = held(&town).await;
    // The receipt is given up after ten seconds, and nobody knows whether it comes.
    assert_eq!(decide(&town, &id, "confirm").await.0, 503);
    assert_eq!(gate.stopped(), 1);
    for act in ["confirm", "discard"] {
        let early = decide(&town, &id, act).await;
        assert_eq!(early, (503, json!("TRY_AGAIN")), "{act}");
    }
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(decide(&town, &id, "discard").await, (200, Value::Null));
    assert_eq!(town.receipt_of(CHIYODA, &id).await["state"], "discarded");
    assert_in_force(&town, 1, &people(1..21, false)).await;
}

/// The one who confirms, where it is possible.
fn taken(confirming: Result<Confirming, StoreError>) -> Release {
    match confirming {
        Ok(Confirming::Possible(release)) => *release,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_file_is_one_persons_to_the_last_millisecond_and_then_anothers_alone() {
    let town = Town::start().await;
    let id: UploadId = held(&town).await.parse().unwrap();
    let (store, scope) = (town.store(), scope(CHIYODA));
    let begun = town.stack.adapters().clock().now();
    let at = |millis| begun + SignedDuration::from_millis(millis);
    let first = taken(store.confirming(&scope, &id, begun).await);
    let early = store.confirming(&scope, &id, at(29_999)).await;
    assert!(matches!(early, Err(StoreError::Moved)), "{early:?}");
    let early = store.discard_held(&scope, &id, at(29_999)).await;
    assert!(matches!(early, Err(StoreError::Moved)), "{early:?}");
    let second = taken(store.confirming(&scope, &id, at(30_000)).await);

    // Nothing is left to the first.
    let late = store.release_held(&scope, &first, at(30_000)).await;
    assert!(matches!(late, Err(StoreError::Moved)), "{late:?}");
    let late = store.end_confirming(&scope, &first).await;
    assert!(matches!(late, Err(StoreError::Moved)), "{late:?}");
    let late = store.keep_held(&scope, first, at(30_000)).await.unwrap();
    assert!(late.is_none(), "{late:?}");

    // Kept in the very millisecond in which it was taken, it has another end.
    assert!(second.covers_a_request(at(48_000)) && !second.covers_a_request(at(48_001)));
    let kept = store.keep_held(&scope, second, at(30_000)).await.unwrap();
    let kept = kept.unwrap();
    assert!(kept.covers_a_request(at(48_001)) && !kept.covers_a_request(at(48_002)));
    let released = store.release_held(&scope, &kept, at(30_001)).await.unwrap();
    assert!(matches!(released, Confirmation::Issued(_)), "{released:?}");
}

#[tokio::test(start_paused = true)]
async fn a_held_file_is_not_confirmed_over_a_newer_one() {
    let town = Town::start().await;
    let id = held(&town).await;
    let newer = people(1..21, true);
    let receipt = town.take_in(CHIYODA, "c.csv", bytes(&newer)).await;
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    let confirmed = decide(&town, &id, "confirm").await;
    assert_eq!(confirmed, (409, json!("UPLOAD_STALE")));
    town.stack.idle().await;
    assert_in_force(&town, 2, &newer).await;
    assert_eq!(decide(&town, &id, "discard").await, (200, Value::Null));
}
