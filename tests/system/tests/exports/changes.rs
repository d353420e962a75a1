//! Exports of what changed, put together: whoever keeps what they say has the doses that a full one says.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{DoseState, ExportScope};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use system::{
    gate::{Gate, Step},
    town::{CHIYODA, Town},
};

use super::{
    LATER, SPRING, dose, export, file, for_the_validator, lines, manifest, now, number_of, put,
    put_at, rows, town, town_through,
};

/// Lets time pass until then.
async fn wait_until(town: &Town, then: &str) {
    let then: Timestamp = then.parse().unwrap();
    let wait = Duration::try_from(then.duration_since(now(town))).unwrap();
    tokio::time::sleep(wait).await;
    town.stack.idle().await;
}

/// The newest export: of a night, if one was made.
async fn newest(town: &Town) -> Value {
    town.get(CHIYODA, "/exports").await.json()["exports"][0].clone()
}

#[tokio::test(start_paused = true)]
async fn a_change_that_was_under_way_at_midnight_is_in_the_next_export_of_changes() {
    let town = town().await;
    put(&town, 1, dose(1, SPRING), DoseState::Recorded).await;
    // One second after midnight in Japan.
    wait_until(&town, "2021-04-12T15:00:01Z").await;
    town.stack.fire("ExportNightly").unwrap();
    town.stack.idle().await;
    let first = newest(&town).await;
    assert_eq!(first["state"], "published", "{first:#}");
    // Begun before midnight, and there only after the export.
    let begun = now(&town) - SignedDuration::from_mins(2);
    put_at(&town, 2, dose(1, SPRING), DoseState::Recorded, begun).await;
    let second = export(&town, json!({ "scope": "changed" })).await;
    let ledger = rows(&town, &second, "ledger-COVID19.csv").await;
    assert!(ledger.contains_key(&number_of(2)), "{ledger:#?}");
    assert_eq!(manifest(&town, &second).await["since"], "2021-04-12");
}

#[tokio::test(start_paused = true)]
async fn an_export_over_midnight_holds_what_changed_on_both_days() {
    let days = format!("T#{CHIYODA}#TOUCHED");
    let gate = Gate::once(Step::Wait, move |call| {
        call.function == "export-ledger" && call.body.contains(&days)
    });
    let town = town_through(&gate).await;
    put(&town, 1, dose(1, SPRING), DoseState::Recorded).await;
    // Two seconds before midnight in Japan; a request that stands still for five is given up and made anew.
    wait_until(&town, "2021-04-12T14:59:58Z").await;
    town.stack.fire("ExportNightly").unwrap();
    gate.reached().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    put(&town, 2, dose(1, LATER), DoseState::Recorded).await;
    gate.open();
    town.stack.idle().await;
    let first = newest(&town).await;
    assert_eq!(
        (&first["state"], &first["doses"]),
        (&json!("published"), &json!(2))
    );
    let manifest_of_first = manifest(&town, &first).await;
    let begun = manifest_of_first["begun_at"].as_str().unwrap();
    assert!(begun < "2021-04-12T15", "{begun}");
    // The day on which it began, not that on which it ended.
    let second = export(&town, json!({ "scope": "changed" })).await;
    assert_eq!(manifest(&town, &second).await["since"], "2021-04-12");
}

#[tokio::test(start_paused = true)]
async fn an_export_that_is_asked_for_in_the_night_takes_nothing_from_the_one_of_that_night() {
    let town = town().await;
    town.set(CHIYODA, |settings| {
        settings.export_scope = ExportScope::Changed;
    })
    .await;
    put(&town, 1, dose(1, SPRING), DoseState::Recorded).await;
    // Before the first night, all has changed, however often it is asked.
    for _ in 0..2 {
        let asked = export(&town, json!({})).await;
        let ledger = rows(&town, &asked, "ledger-COVID19.csv").await;
        assert!(ledger.contains_key(&number_of(1)), "{ledger:#?}");
        let manifest = manifest(&town, &asked).await;
        assert_eq!(
            (&manifest["since"], &manifest["continues"]),
            (&Value::Null, &Value::Null)
        );
    }
    // Half past two at night in Japan.
    wait_until(&town, "2021-04-12T17:30:00Z").await;
    let first = newest(&town).await;
    assert_eq!(
        (&first["origin"], &first["state"]),
        (&json!("nightly"), &json!("published"))
    );
    assert_eq!(rows(&town, &first, "ledger-COVID19.csv").await.len(), 1);

    put(&town, 2, dose(1, SPRING), DoseState::Recorded).await;
    // Half past one in the next night.
    wait_until(&town, "2021-04-13T16:30:00Z").await;
    for body in [json!({ "scope": "full" }), json!({})] {
        let asked = export(&town, body).await;
        assert_eq!(asked["state"], "published", "{asked:#}");
        let last = town.get(CHIYODA, "/exports/last").await.json();
        assert_eq!(last["id"], asked["id"]);
        let ledger = rows(&town, &asked, "ledger-COVID19.csv").await;
        assert!(ledger.contains_key(&number_of(2)), "{ledger:#?}");
    }
    wait_until(&town, "2021-04-13T17:30:00Z").await;
    let second = newest(&town).await;
    assert_eq!(
        (&second["origin"], &second["state"]),
        (&json!("nightly"), &json!("published"))
    );
    let ledger = rows(&town, &second, "ledger-COVID19.csv").await;
    assert_eq!(ledger.into_keys().collect::<Vec<_>>(), [number_of(2)]);
    let manifest = manifest(&town, &second).await;
    assert_eq!(
        (&manifest["since"], &manifest["continues"]),
        (&json!("2021-04-13"), &first["id"])
    );
}

/// Id, status and day of each immunization of an export, by id.
async fn immunizations(town: &Town, export: &Value) -> BTreeMap<String, (String, String)> {
    let lines = lines(&file(town, export, "Immunization.ndjson").await);
    let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
    let of = |it: &Value| {
        let said = (text(it, "status"), text(it, "occurrenceDateTime"));
        (text(it, "id"), said)
    };
    lines.iter().map(of).collect()
}

fn said(status: &str, day: &str) -> (String, String) {
    (status.to_owned(), day.to_owned())
}

#[tokio::test(start_paused = true)]
async fn doses_that_are_not_in_force_any_more_are_taken_back_in_fhir_under_their_ids() {
    let town = town().await;
    put(&town, 1, dose(1, SPRING), DoseState::Recorded).await;
    put(&town, 1, dose(2, LATER), DoseState::Recorded).await;
    put(&town, 2, dose(1, SPRING), DoseState::Recorded).await;
    // Never in force.
    put(&town, 3, dose(1, SPRING), DoseState::Review).await;
    let first = export(&town, json!({})).await;
    let before = immunizations(&town, &first).await;
    assert_eq!(before.len(), 3);
    assert_eq!(manifest(&town, &first).await["retracted"], 0);

    put(&town, 1, dose(1, SPRING), DoseState::Cancelled).await;
    // Corrected, and in doubt since.
    put(&town, 2, dose(1, LATER), DoseState::Review).await;
    put(&town, 3, dose(1, LATER), DoseState::Cancelled).await;
    let second = export(&town, json!({ "scope": "changed" })).await;
    let now = immunizations(&town, &second).await;
    assert!(now.keys().eq(before.keys()), "{now:#?}");
    let of = |status: &str| now.values().filter(|it| it.0 == status).count();
    assert_eq!(
        (of("completed"), of("entered-in-error")),
        (1, 2),
        "{now:#?}"
    );
    for (id, (status, day)) in &now {
        assert_eq!(day, &before[id].1, "what was in force last");
        assert_eq!(status == "completed", id.ends_with("-02"), "{id}");
    }
    assert_eq!(manifest(&town, &second).await["retracted"], 2);
    for_the_validator(
        "changed",
        &file(&town, &second, "Patient.ndjson").await,
        &file(&town, &second, "Immunization.ndjson").await,
    );
    let ledger = rows(&town, &second, "ledger-COVID19.csv").await;
    assert_eq!(ledger[&number_of(2)][1..], [""; 16]);
    // An export of everybody has what is in force, and nothing else.
    let full = export(&town, json!({})).await;
    assert_eq!(immunizations(&town, &full).await.len(), 1);

    put(&town, 1, dose(1, LATER), DoseState::Recorded).await;
    let third = export(&town, json!({ "scope": "changed" })).await;
    let now = immunizations(&town, &third).await;
    assert!(now.keys().eq(before.keys()), "{now:#?}");
    let anew = now
        .values()
        .filter(|it| **it == said("completed", "2021-03-22"));
    assert_eq!(anew.count(), 2, "{now:#?}");
    assert_eq!(manifest(&town, &third).await["retracted"], 1);
}

#[tokio::test(start_paused = true)]
async fn an_export_of_changes_keeps_the_columns_of_the_full_one_and_reads_everybody_once() {
    let passes = Arc::new(AtomicUsize::new(0));
    let begun = Arc::clone(&passes);
    // Each pass asks once who changed on it.
    let today = format!("T#{CHIYODA}#TOUCHED#2021-04-13");
    let gate = Gate::new(move |call| {
        let is_pass = call.function == "export-ledger" && call.body.contains(&today);
        begun.fetch_add(usize::from(is_pass), Ordering::SeqCst);
        Step::Go
    });
    let town = town_through(&gate).await;
    put(&town, 1, dose(1, SPRING), DoseState::Recorded).await;
    put(&town, 2, dose(4, LATER), DoseState::Recorded).await;
    // After one that has columns for as many as occur; nobody of a later day has so many.
    wait_until(&town, "2021-04-12T17:30:00Z").await;
    let columns = async |export: &Value| {
        let table = file(&town, export, "ledger-COVID19.csv").await;
        let text = String::from_utf8(table).unwrap();
        text.lines().next().unwrap().split(',').count()
    };
    assert_eq!(columns(&newest(&town).await).await, 33);
    put(&town, 2, dose(4, LATER), DoseState::Cancelled).await;
    for _ in 0..2 {
        passes.store(0, Ordering::SeqCst);
        let changed = export(&town, json!({ "scope": "changed" })).await;
        assert_eq!(changed["state"], "published", "{changed:#}");
        assert_eq!(columns(&changed).await, 33);
        assert_eq!(passes.load(Ordering::SeqCst), 1);
    }
    // A full one has as many as occur.
    let full = export(&town, json!({})).await;
    assert_eq!(columns(&full).await, 17);
}
