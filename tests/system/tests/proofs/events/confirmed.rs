//! What the receipt of a held file says while somebody decides about it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use system::{
    gate::{Call, Gate, Step},
    town::{CHIYODA, Town},
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
