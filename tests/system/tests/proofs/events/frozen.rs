//! A worker that stands still, as a virtual machine does, and goes on when its lease is over.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use runtime::{Adapters, Settings};
use serde_json::{Value, json};
use system::{
    events::notification,
    gate::{Gate, Step},
    town::{CHIYODA, Town},
};
use tokio::sync::watch;

use crate::register::{assert_in_force, bytes, counts, people, town};

/// Runs `work`, but not while it is frozen.
async fn freezable<T>(frozen: watch::Receiver<bool>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut thawed = frozen.clone();
    loop {
        let mut thawed = pin!(thawed.wait_for(|frozen| !frozen));
        let done = poll_fn(|context| {
            if *frozen.borrow() {
                // Woken by nothing but the thaw.
                return thawed.as_mut().poll(context).map(|_| None);
            }
            match work.as_mut().poll(context) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending if *frozen.borrow() => thawed.as_mut().poll(context).map(|_| None),
                Poll::Pending => Poll::Pending,
            }
        });
        if let Some(done) = done.await {
            return done;
        }
    }
}

/// A worker of a function outside the host, whose calls go through a gate.
fn worker(town: &Town, gate: &Arc<Gate>, package: &str) -> runtime::Handler {
    let config = town.stack.sdk_config();
    let client = gate.before(package, config.http_client().unwrap());
    let config = config.into_builder().http_client(client).build();
    let functions = &town.stack.template().functions;
    let function = functions.iter().find(|it| it.package == package);
    let settings = Settings::from_map(function.unwrap().environment.clone());
    let adapters = Adapters::new(settings, config, town.stack.adapters().clock());
    local::functions::build(package, &adapters).unwrap()
}

fn event(upload: &Value) -> String {
    in_queue(&json!({ "kind": "chunk", "tenant": CHIYODA, "upload": upload, "chunk": 0 }))
}

fn in_queue(body: &Value) -> String {
    let record = json!({
        "messageId": "m", "receiptHandle": "h", "body": body.to_string(),
        "attributes": { "ApproximateReceiveCount": "1" },
    });
    json!({ "Records": [record] }).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_wakes_after_its_lease_writes_nothing_over_what_another_loaded() {
    // The host's first worker of the second file dies before it has the chunk.
    let seen = Arc::new(Mutex::new(0));
    let claims = Arc::clone(&seen);
    let hosts = Gate::once(Step::Die, move |call| {
        let claim = call.function == "load-chunk"
            && call.operation == "UpdateItem"
            && call.body.contains("CHUNK#");
        *claims.lock().unwrap() += usize::from(claim);
        claim && *claims.lock().unwrap() == 2
    });
    let town = town(&hosts, 1 << 20).await;
    let (first, second) = (people(1..60, false), people(1..80, true));
    let one = town.take_in(CHIYODA, "1.csv", bytes(&first)).await;
    assert_eq!(counts(&one), [59, 59, 0, 0, 0, 0]);
    let dropped = town.drop_file(CHIYODA, "2.csv", bytes(&second)).await;
    hosts.reached().await;
    let upload = town.uploads(CHIYODA).await.remove(0)["id"].take();

    // A worker takes the chunk up, and freezes with some of its residents written.
    let (freeze, frozen) = watch::channel(false);
    let freeze = Arc::new(freeze);
    let mut shifts = 0;
    let freezer = Arc::clone(&freeze);
    let calls = Arc::new(Mutex::new(Vec::new()));
    let made = Arc::clone(&calls);
    let gate = Gate::new(move |call| {
        made.lock().unwrap().push(call.operation.to_owned());
        let shift = call.operation == "UpdateItem";
        shifts += usize::from(shift);
        if shift && shifts == 10 {
            freezer.send_replace(true);
        }
        if shifts < 10 { Step::Go } else { Step::Linger }
    });
    let handler = worker(&town, &gate, "load-chunk");
    let deadline = town.stack.adapters().clock().now() + Duration::from_mins(3);
    let event = event(&upload);
    let late = freezable(
        frozen,
        runtime::dispatch(&handler, event.as_bytes(), deadline),
    );
    let others = async {
        while !*freeze.borrow() {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_secs(61)).await;
        let message = json!({ "kind": "chunk", "tenant": CHIYODA, "upload": upload, "chunk": 0 });
        town.send("loads", &message, 0).await;
        town.reaches(CHIYODA, &dropped, "in_force").await;
        let before = (town.whole().await.items, calls.lock().unwrap().len());
        freeze.send_replace(false);
        before
    };
    let (answer, (items, calls_before)) = tokio::join!(late, others);
    let loaded_by_then = calls.lock().unwrap()[..calls_before].contains(&"PUT".to_owned());
    assert!(!loaded_by_then, "it froze in the middle");
    let writes = calls.lock().unwrap()[calls_before..]
        .iter()
        .filter(|it| matches!(it.as_str(), "BatchWriteItem" | "TransactWriteItems" | "PUT"))
        .count();
    assert_eq!(writes, 0, "{:?}", calls.lock().unwrap());
    assert_eq!(town.whole().await.items, items, "the late worker wrote");
    let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
    assert!(answer["batchItemFailures"].is_array());
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), [79, 20, 59, 0, 0, 0]);
    assert_in_force(&town, 2, &second).await;
}

#[tokio::test(start_paused = true)]
async fn a_check_that_wakes_after_its_lease_leaves_the_receipt_as_it_is() {
    let hosts = Gate::once(Step::Die, |call| call.function == "receive-upload");
    let town = town(&hosts, 1 << 20).await;
    let rows = people(1..30, false);
    let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    hosts.reached().await;

    // A worker checks the file, and freezes while it looks at the register to decide.
    let (freeze, frozen) = watch::channel(false);
    let freeze = Arc::new(freeze);
    let freezer = Arc::clone(&freeze);
    let mut planned = false;
    let mut froze = false;
    let gate = Gate::new(move |call| {
        planned |= call.body.contains("CHUNK#");
        let register = planned && !froze && call.body.contains("CURRENT");
        if !register {
            return Step::Go;
        }
        froze = true;
        freezer.send_replace(true);
        Step::Linger
    });
    let handler = worker(&town, &gate, "receive-upload");
    let deadline = town.stack.adapters().clock().now() + Duration::from_hours(2);
    let event = notification(&dropped, bytes(&rows).len(), "2021-04-12T00:00:00Z");
    let sent = in_queue(&event);
    let late = freezable(
        frozen,
        runtime::dispatch(&handler, sent.as_bytes(), deadline),
    );
    let others = async {
        while !*freeze.borrow() {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_secs(61)).await;
        town.send("uploads", &event, 0).await;
        town.reaches(CHIYODA, &dropped, "in_force").await;
        town.stack.idle().await;
        let receipt = town.receipt(CHIYODA, &dropped).await;
        freeze.send_replace(false);
        receipt
    };
    let (_, receipt) = tokio::join!(late, others);
    assert_eq!(receipt["state"], "in_force", "{receipt:#}");
    town.stack.idle().await;
    assert_eq!(town.receipt(CHIYODA, &dropped).await, receipt);
    assert_in_force(&town, 1, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn after_many_workers_one_more_that_loses_its_chunk_counts_as_failed() {
    // The host's worker dies before it has the chunk.
    let hosts = Gate::once(Step::Die, |call| {
        call.function == "load-chunk"
            && call.operation == "UpdateItem"
            && call.body.contains("CHUNK#")
    });
    let town = town(&hosts, 1 << 20).await;
    let rows = people(1..30, false);
    let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    hosts.reached().await;
    let upload = town.uploads(CHIYODA).await.remove(0)["id"].take();
    let event = event(&upload);
    let upload = upload.as_str().unwrap();
    // After the second the host goes on, for the message is sent anew.
    for (attempt, fails) in [(30, true), (29, false)] {
        town.free_chunk(upload, attempt).await;
        let gate = Gate::once(Step::Wait, |call| call.operation == "BatchWriteItem");
        let handler = worker(&town, &gate, "load-chunk");
        let deadline = town.stack.adapters().clock().now() + Duration::from_mins(3);
        let loses = runtime::dispatch(&handler, event.as_bytes(), deadline);
        let another = async {
            gate.reached().await;
            town.free_chunk(upload, attempt + 2).await;
            gate.open();
        };
        let (answer, ()) = tokio::join!(loses, another);
        let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
        let failures = answer["batchItemFailures"].as_array().unwrap().len();
        assert_eq!(failures, usize::from(fails), "after {attempt} workers");
    }
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), [29, 29, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
}
