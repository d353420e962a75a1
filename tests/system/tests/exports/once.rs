//! Messages that come late, twice, or beside one that fails.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use domain::{DoseState, ExportId, ExportOrigin, ExportScope, TenantScope};
use jiff::{SignedDuration, Timestamp};
use queues::{ExportMessage, Message as _};
use runtime::{Adapters, Handler};
use serde_json::{Value, json};
use store::{Export, Published, StoreError};
use system::{
    gate::{Gate, Step},
    town::{CHIYODA, SAPPORO, Town, scope},
};

use super::{SPRING, attribute, dose, put, some_doses, town, town_through};

fn folder(code: &str) -> String {
    format!("outbox/{code}/exports/")
}

/// Asks for an export, without a message.
async fn asked(town: &Town, scope: &TenantScope) -> ExportId {
    let now = town.stack.adapters().clock().now();
    let id = ExportId::derive(now, &[7; 32]);
    let wanted = (ExportScope::Full, domain::Encoding::Cp932);
    let asked = Export::requested(id, ExportOrigin::Asked, wanted, now);
    town.store().request_export(scope, &asked).await.unwrap();
    id
}

/// Tells the function to make it, as the queue does; whether it did.
async fn tell(function: &Handler, scope: &TenantScope, export: ExportId, ends: Timestamp) -> bool {
    let tenant = scope.code();
    let message = ExportMessage::Export { tenant, export };
    let event = json!({ "Records": [{
        "messageId": "1", "receiptHandle": "1", "body": message.to_json(),
        "attributes": { "ApproximateReceiveCount": "1" }, "messageAttributes": {},
        "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:::exports",
        "awsRegion": "ap-northeast-1",
    }] });
    let event = event.to_string();
    let answer = runtime::dispatch(function, event.as_bytes(), ends).await;
    let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
    answer["batchItemFailures"] == json!([])
}

#[tokio::test(start_paused = true)]
async fn an_export_that_would_not_be_done_in_time_is_given_up_and_leaves_nothing() {
    let town = town().await;
    some_doses(&town).await;
    let (adapters, scope) = (town.stack.adapters(), scope(CHIYODA));
    let id = asked(&town, &scope).await;
    let function = local::functions::build("export-ledger", &adapters).unwrap();
    let ends = adapters.clock().now() + SignedDuration::from_secs(20);
    assert!(tell(&function, &scope, id, ends).await);
    let export = town.get(CHIYODA, &format!("/exports/{id}")).await.json();
    assert_eq!(export["state"], "failed", "{export:#}");
    assert_eq!(export["failure"]["code"], "OUT_OF_TIME");
    assert_eq!(export["failure"]["detail"], "0 persons read");
    assert_eq!(
        town.keys("drop", &folder(CHIYODA)).await,
        Vec::<String>::new()
    );
}

/// What calls through the gate, at a time that is so many seconds later.
fn late_adapters(town: &Town, gate: &Arc<Gate>, late: &Arc<AtomicI64>) -> Adapters {
    let (adapters, config) = (town.stack.adapters(), town.stack.sdk_config());
    let client = gate.before("export-ledger", config.http_client().unwrap());
    let config = config.into_builder().http_client(client).build();
    let (clock, late) = (adapters.clock(), Arc::clone(late));
    let clock = move || clock.now() + SignedDuration::from_secs(late.load(Ordering::SeqCst));
    Adapters::new(adapters.settings().clone(), config, Arc::new(clock))
}

#[tokio::test(start_paused = true)]
async fn an_export_whose_time_is_up_because_the_records_did_not_rest_is_made_later() {
    let town = town().await;
    some_doses(&town).await;
    let scope = scope(CHIYODA);
    let id = asked(&town, &scope).await;
    let (late, mut counted) = (Arc::new(AtomicI64::new(0)), 0);
    // Before the second counts of the first reading.
    let gate = Gate::once(Step::Wait, move |call| {
        counted += usize::from(call.operation == "Query" && call.body.contains("#COUNTS"));
        counted == 2
    });
    let adapters = late_adapters(&town, &gate, &late);
    let function = local::functions::build("export-ledger", &adapters).unwrap();
    let ends = adapters.clock().now() + SignedDuration::from_mins(15);
    let record = async {
        gate.reached().await;
        put(&town, 5, dose(1, SPRING), DoseState::Recorded).await;
        // Within the last half a minute of the invocation.
        late.store(15 * 60 - 15, Ordering::SeqCst);
        gate.open();
    };
    let (is_done, ()) = tokio::join!(tell(&function, &scope, id, ends), record);
    assert!(!is_done, "there is time for one reading");
    let export = town.get(CHIYODA, &format!("/exports/{id}")).await.json();
    assert_eq!(export["state"], "requested", "{export:#}");
    assert!(town.keys("drop", &folder(CHIYODA)).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_export_whose_time_is_up_at_the_waiting_list_is_given_up_as_well() {
    let town = town().await;
    some_doses(&town).await;
    let scope = scope(CHIYODA);
    let id = asked(&town, &scope).await;
    // All the time there is goes by while people are read.
    let late = Arc::new(AtomicI64::new(0));
    let seconds = Arc::clone(&late);
    let gate = Gate::new(move |call| {
        if call.operation == "Query" && call.body.contains("sk BETWEEN") {
            seconds.store(15 * 60, Ordering::SeqCst);
        }
        Step::Go
    });
    let adapters = late_adapters(&town, &gate, &late);
    let ends = adapters.clock().now() + SignedDuration::from_mins(15);
    let function = local::functions::build("export-ledger", &adapters).unwrap();
    assert!(tell(&function, &scope, id, ends).await);
    let export = town.get(CHIYODA, &format!("/exports/{id}")).await.json();
    assert_eq!(export["state"], "failed", "{export:#}");
    assert_eq!(export["failure"]["code"], "OUT_OF_TIME");
    assert_eq!(export["failure"]["detail"], "4 persons read");
}

#[tokio::test(start_paused = true)]
async fn an_export_is_made_by_one_invocation_at_a_time() {
    let town = town().await;
    some_doses(&town).await;
    let (adapters, scope) = (town.stack.adapters(), scope(CHIYODA));
    let id = asked(&town, &scope).await;
    let function = local::functions::build("export-ledger", &adapters).unwrap();
    let now = adapters.clock().now();
    let (other_ends, ends) = (
        now + SignedDuration::from_secs(60),
        now + SignedDuration::from_mins(15),
    );
    let store = town.store();
    store
        .claim_export(&scope, &id, other_ends, now)
        .await
        .unwrap();
    assert!(
        !tell(&function, &scope, id, ends).await,
        "another one has it"
    );
    assert_eq!(
        town.keys("drop", &folder(CHIYODA)).await,
        Vec::<String>::new()
    );
    // Its claim is not the other one's to give back.
    let given_back = store.release_export(&scope, &id, ends).await;
    assert!(matches!(given_back, Err(StoreError::Moved)));
    // The other one was killed, and would have been ended by then.
    tokio::time::sleep(std::time::Duration::from_secs(61)).await;
    assert!(tell(&function, &scope, id, ends).await);
    assert_eq!(town.keys("drop", &folder(CHIYODA)).await.len(), 5);
    let whole = town.whole().await;
    assert!(tell(&function, &scope, id, ends).await, "it is done");
    assert!(town.whole().await == whole);
}

#[tokio::test(start_paused = true)]
async fn an_export_is_anothers_once_its_time_is_up_and_ends_once() {
    let town = town().await;
    let (store, scope) = (town.store(), scope(CHIYODA));
    let id = asked(&town, &scope).await;
    let begun = super::now(&town);
    let at = |millis| begun + SignedDuration::from_millis(millis);
    let claim = async |until, now| {
        let claimed = store.claim_export(&scope, &id, at(until), at(now));
        claimed.await
    };
    let moved = |done: Result<(), StoreError>| matches!(done, Err(StoreError::Moved));
    claim(60_000, 0).await.unwrap();
    assert!(moved(claim(120_000, 59_999).await));
    claim(120_000, 60_000).await.unwrap();
    let release = async |until| store.release_export(&scope, &id, at(until)).await;
    assert!(moved(release(60_000).await), "it is another one's");
    release(120_000).await.unwrap();
    claim(180_000, 60_000).await.unwrap();

    let why = ("RECORDS_MOVING", "");
    let fail = async || store.fail_export(&scope, &id, why, at(60_000)).await;
    fail().await.unwrap();
    assert!(moved(fail().await));
    assert!(moved(release(180_000).await));
    assert!(moved(claim(240_000, 200_000).await));
    let published = Published {
        id,
        night: None,
        most: BTreeMap::new(),
        doses: 0,
    };
    assert!(moved(
        store.publish_export(&scope, &published, at(60_000)).await
    ));
    assert_eq!(store.last_export(&scope).await.unwrap(), None);
}

/// Makes it once, while a dose of this person is recorded between the two counts of every reading; whether the
/// message is done with.
async fn make_while_doses_are_recorded(town: &Town, id: ExportId, person: u32) -> bool {
    let (adapters, scope) = (town.stack.adapters(), scope(CHIYODA));
    // Three readings; before the second counts of each a gate of its own.
    let gates = [2, 4, 6].map(|meant| {
        let mut counted = 0;
        Gate::once(Step::Wait, move |call| {
            counted += usize::from(call.operation == "Query" && call.body.contains("#COUNTS"));
            counted == meant
        })
    });
    let config = town.stack.sdk_config();
    let client = config.http_client().unwrap();
    let client = gates
        .iter()
        .fold(client, |client, gate| gate.before("export-ledger", client));
    let config = config.into_builder().http_client(client).build();
    let adapters = Adapters::new(adapters.settings().clone(), config, adapters.clock());
    let function = local::functions::build("export-ledger", &adapters).unwrap();
    let ends = adapters.clock().now() + SignedDuration::from_mins(15);
    let record = async {
        for (gate, nth) in gates.iter().zip(1..) {
            gate.reached().await;
            put(town, person, dose(nth, SPRING), DoseState::Recorded).await;
            gate.open();
        }
    };
    tokio::join!(tell(&function, &scope, id, ends), record).0
}

#[tokio::test(start_paused = true)]
async fn records_that_do_not_rest_are_read_again_for_a_quarter_of_an_hour_from_the_first_attempt() {
    let town = town().await;
    let (adapters, scope) = (town.stack.adapters(), scope(CHIYODA));
    let shown = async |id: ExportId| town.get(CHIYODA, &format!("/exports/{id}")).await.json();
    let minutes = |minutes| tokio::time::sleep(std::time::Duration::from_mins(minutes));
    // As one among those of all municipalities, which waits for its turn.
    let id = asked(&town, &scope).await;
    minutes(20).await;
    assert!(!make_while_doses_are_recorded(&town, id, 1).await);
    assert_eq!(shown(id).await["state"], "requested");
    minutes(14).await;
    let function = local::functions::build("export-ledger", &adapters).unwrap();
    let ends = adapters.clock().now() + SignedDuration::from_mins(15);
    assert!(tell(&function, &scope, id, ends).await);
    let export = shown(id).await;
    assert_eq!(export["state"], "published", "{export:#}");
    assert_eq!(export["doses"], 3);

    let id = asked(&town, &scope).await;
    assert!(!make_while_doses_are_recorded(&town, id, 2).await);
    minutes(16).await;
    assert!(make_while_doses_are_recorded(&town, id, 3).await);
    let export = shown(id).await;
    assert_eq!(export["state"], "failed", "{export:#}");
    assert_eq!(export["failure"]["code"], "RECORDS_MOVING");
}

/// Lets the settings of Sapporo be what no release wrote, or what they should be.
async fn set_scope(town: &Town, word: &str) {
    let call = town.dynamodb().update_item().table_name("records");
    call.key("pk", attribute(&format!("T#{SAPPORO}#TENANT")))
        .key("sk", attribute("SETTINGS"))
        .update_expression("SET export_scope = :word")
        .expression_attribute_values(":word", attribute(word))
        .send()
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_municipality_that_cannot_be_asked_about_keeps_no_other_waiting() {
    let town = town().await;
    some_doses(&town).await;
    set_scope(&town, "of another release").await;
    town.stack.fire("ExportNightly").unwrap();
    tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    assert_eq!(town.keys("drop", &folder(CHIYODA)).await.len(), 5);
    assert_eq!(
        town.keys("drop", &folder(SAPPORO)).await,
        Vec::<String>::new()
    );
    // A message of its own comes again until then.
    set_scope(&town, "full").await;
    town.stack.idle().await;
    for code in [CHIYODA, SAPPORO] {
        assert_eq!(town.keys("drop", &folder(code)).await.len(), 5, "{code}");
    }
}

/// What a municipality costs that fails at every attempt: its own attempts, and nobody else's.
#[tokio::test(start_paused = true)]
async fn a_municipality_that_can_never_be_asked_about_is_one_dead_letter_and_repeats_no_part() {
    let parts = Arc::new(AtomicUsize::new(0));
    let sent = Arc::clone(&parts);
    let gate = Gate::new(move |call| {
        if call.function == "export-ledger" && call.operation == "SendMessageBatch" {
            let count = call.body.matches(r#"\"kind\":\"nightly\""#).count();
            sent.fetch_add(count, Ordering::SeqCst);
        }
        Step::Go
    });
    let town = town_through(&gate).await;
    set_scope(&town, "of another release").await;
    town.stack.fire("ExportNightly").unwrap();
    town.stack.idle().await;
    let one = BTreeMap::from([("exports-dead-letters".to_owned(), 1)]);
    assert_eq!(town.dead_letters(), one);
    assert_eq!(town.keys("drop", &folder(CHIYODA)).await.len(), 5);
    // 1,741 municipalities, 256 in a part; the first part is the schedule's.
    assert_eq!(parts.load(Ordering::SeqCst), 6);

    set_scope(&town, "full").await;
    town.redrive("exports-dead-letters").await;
    town.stack.idle().await;
    assert_eq!(town.keys("drop", &folder(SAPPORO)).await.len(), 5);
    assert_eq!(town.dead_letters(), BTreeMap::new());
}
