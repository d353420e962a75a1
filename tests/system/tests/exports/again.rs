//! Exports that are asked for again while they are made.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{Encoding, ExportId, ExportOrigin, ExportScope};
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::Export;
use system::{
    gate::{Gate, Step},
    town::{CHIYODA, Town, scope},
};

use super::{now, town, town_through};

async fn ask(town: &Town, body: Value) -> Value {
    let asked = town.post(CHIYODA, "/exports", Some(&body)).await;
    assert_eq!(asked.status, 200, "{}", asked.json());
    asked.json()
}

async fn listed(town: &Town) -> Vec<Value> {
    let list = town.get(CHIYODA, "/exports").await.json();
    list["exports"].as_array().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_again_is_given_the_export_that_is_under_way() {
    let gate = Gate::new(|call| {
        let is_maker = call.function == "export-ledger";
        if is_maker { Step::Wait } else { Step::Go }
    });
    let town = town_through(&gate).await;
    let (one, same) = tokio::join!(ask(&town, json!({})), ask(&town, json!({})));
    let again = ask(&town, json!({})).await;
    assert_eq!((&one["id"], &one["id"]), (&same["id"], &again["id"]));
    assert_eq!(again["state"], "requested");
    // Others are apart from it, also those of the nights.
    let other = ask(&town, json!({ "encoding": "cp932" })).await;
    let changed = ask(&town, json!({ "scope": "changed" })).await;
    assert_eq!(listed(&town).await.len(), 3);
    assert_ne!(other["id"], changed["id"]);
    town.stack.fire("ExportNightly").unwrap();
    gate.open();
    town.stack.idle().await;
    let all = listed(&town).await;
    assert_eq!(all.len(), 4, "{all:#?}");
    assert!(all.iter().all(|it| it["state"] == "published"), "{all:#?}");

    let next = ask(&town, json!({})).await;
    assert_ne!(next["id"], one["id"], "that one is done");
    town.stack.idle().await;
    assert_eq!(listed(&town).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn an_export_that_did_not_end_within_an_hour_keeps_nobody_waiting() {
    let town = town().await;
    let (store, scope, begun) = (town.store(), scope(CHIYODA), now(&town));
    let asked = |nth: u8, minutes: i64| {
        let at = begun + SignedDuration::from_mins(minutes);
        let id = ExportId::derive(at, &[nth; 32]);
        let wanted = (ExportScope::Full, Encoding::Utf8 { bom: false });
        Export::requested(id, ExportOrigin::Asked, wanted, at)
    };
    let first = asked(1, 0);
    let mut given = Vec::new();
    for export in [&first, &asked(2, 59), &asked(3, 60), &asked(4, 62)] {
        let under_way = store.ask_for_export(&scope, export).await.unwrap();
        given.push(under_way.map(|it| it.id));
    }
    let expected = [None, Some(first.id), None, Some(asked(3, 60).id)];
    assert_eq!(given, expected);
    let failed = ("RECORDS_MOVING", "");
    let third = asked(3, 60);
    let ended = store.fail_export(&scope, &third.id, failed, third.requested_at);
    ended.await.unwrap();
    let last = store.ask_for_export(&scope, &asked(5, 63)).await.unwrap();
    assert_eq!(last, None, "that one failed");
}

#[tokio::test(start_paused = true)]
async fn an_export_whose_message_was_not_sent_is_not_taken_for_one_under_way() {
    let down = Arc::new(AtomicBool::new(true));
    let is_down = Arc::clone(&down);
    let gate = Gate::new(move |call| {
        let sends = call.function == "exports" && call.operation == "SendMessageBatch";
        if sends && is_down.load(Ordering::SeqCst) {
            Step::Throttle
        } else {
            Step::Go
        }
    });
    let town = town_through(&gate).await;
    let refused = town.post(CHIYODA, "/exports", Some(&json!({}))).await;
    assert_eq!(refused.status, 503);
    down.store(false, Ordering::SeqCst);
    let asked = ask(&town, json!({})).await;
    town.stack.idle().await;
    let all = listed(&town).await;
    assert_eq!(all.len(), 2);
    let made = all.iter().find(|it| it["id"] == asked["id"]);
    assert_eq!(made.unwrap()["state"], "published", "{all:#?}");
}
