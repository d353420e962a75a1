//! What S3 tells of dropped files.

use serde_json::json;
use system::{
    events::notification,
    gate::{Gate, Step},
    log::Log,
    town::{CHIYODA, Town},
};
use tracing::level_filters::LevelFilter;

use crate::register::{assert_in_force, bytes, counts, people, town};

/// Stops the first invocation of receive-upload at its first call.
fn first_check() -> std::sync::Arc<Gate> {
    Gate::once(Step::Wait, |call| call.function == "receive-upload")
}

/// Stops every invocation of receive-upload at its first call, so that they go on side by side.
fn all_checks() -> std::sync::Arc<Gate> {
    Gate::new(|call| match call.function {
        "receive-upload" => Step::Wait,
        _ => Step::Go,
    })
}

#[tokio::test(start_paused = true)]
async fn the_same_event_twice_changes_nothing_the_second_time() {
    let town = Town::start().await;
    let rows = people(1..30, false);
    let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    let before = town.whole().await;
    let event = notification(&dropped, bytes(&rows).len(), "2021-04-12T00:00:00Z");
    town.send("uploads", &event, 0).await;
    town.stack.idle().await;
    assert_eq!(town.whole().await, before);
    assert_eq!(town.receipt(CHIYODA, &dropped).await, receipt);
    assert_eq!(counts(&receipt), [29, 29, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn ten_events_of_one_file_at_once_make_one_upload() {
    let gate = first_check();
    let town = town(&gate, 250).await;
    let rows = people(1..30, false);
    let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    let event = notification(&dropped, bytes(&rows).len(), "2021-04-12T00:00:00Z");
    for _ in 0..9 {
        town.send("uploads", &event, 0).await;
    }
    gate.reached().await;
    gate.open();
    town.stack.idle().await;
    assert_eq!(town.uploads(CHIYODA).await.len(), 1);
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(receipt["state"], "in_force");
    assert_eq!(counts(&receipt), [29, 29, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn an_older_file_whose_event_comes_after_a_newer_one_is_stale() {
    let gate = first_check();
    let town = town(&gate, 250).await;
    let (older, newer) = (people(1..30, false), people(1..40, true));
    let late = town.drop_file(CHIYODA, "older.csv", bytes(&older)).await;
    gate.reached().await;
    let prompt = town.drop_file(CHIYODA, "newer.csv", bytes(&newer)).await;
    town.reaches(CHIYODA, &prompt, "in_force").await;
    gate.open();
    town.stack.idle().await;
    let refused = town.receipt(CHIYODA, &late).await;
    assert_eq!(refused["refusal"]["code"], "STALE");
    assert_eq!(counts(&refused), [29, 0, 0, 0, 0, 29]);
    let accepted = town.receipt(CHIYODA, &prompt).await;
    assert_eq!(counts(&accepted), [39, 39, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &newer).await;
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_deleted_before_its_check_is_refused_and_nothing_is_lost() {
    let gate = first_check();
    let town = town(&gate, 250).await;
    let dropped = town
        .drop_file(CHIYODA, "a.csv", bytes(&people(1..30, false)))
        .await;
    gate.reached().await;
    let gone = town.s3().delete_object().bucket("drop").key(&dropped.key);
    gone.version_id(&dropped.version).send().await.unwrap();
    gate.open();
    town.stack.idle().await;
    let refused = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(refused["refusal"]["code"], "FILE_GONE");
    assert_eq!(counts(&refused), [0; 6]);
    let rows = people(1..20, false);
    let next = town.take_in(CHIYODA, "b.csv", bytes(&rows)).await;
    assert_eq!(counts(&next), [19, 19, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_marker_over_a_file_does_not_keep_its_version_from_being_loaded() {
    let gate = first_check();
    let town = town(&gate, 250).await;
    let rows = people(1..30, false);
    let dropped = town.drop_file(CHIYODA, "a.csv", bytes(&rows)).await;
    gate.reached().await;
    let hidden = town.s3().delete_object().bucket("drop").key(&dropped.key);
    hidden.send().await.unwrap();
    gate.open();
    town.stack.idle().await;
    let receipt = town.receipt(CHIYODA, &dropped).await;
    assert_eq!(counts(&receipt), [29, 29, 0, 0, 0, 0]);
    assert_in_force(&town, 1, &rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_replaced_before_its_check_is_read_as_it_was_dropped() {
    let gate = all_checks();
    let town = town(&gate, 250).await;
    let (first, second) = (people(1..30, false), people(1..30, true));
    let replaced = town.drop_file(CHIYODA, "same.csv", bytes(&first)).await;
    gate.reached().await;
    let newer = town.drop_file(CHIYODA, "same.csv", bytes(&second)).await;
    gate.open();
    town.stack.idle().await;
    let replaced = town.receipt(CHIYODA, &replaced).await;
    assert_eq!(replaced["state"], "in_force");
    assert_eq!(counts(&replaced), [29, 29, 0, 0, 0, 0]);
    let newer = town.receipt(CHIYODA, &newer).await;
    assert_eq!(newer["state"], "in_force");
    assert_eq!(counts(&newer), [29, 0, 29, 0, 0, 0]);
    assert_in_force(&town, 2, &second).await;
}

#[tokio::test(start_paused = true)]
async fn two_files_of_one_municipality_at_once_come_into_force_one_after_the_other() {
    let gate = all_checks();
    let town = town(&gate, 250).await;
    let first = people(1..30, false);
    let removed = people(20..30, true)
        .into_iter()
        .map(|row| row.with("異動区分", "2"));
    let mut second = people(1..15, true);
    second.extend(removed.take(2));
    let one = town.drop_file(CHIYODA, "1.csv", bytes(&first)).await;
    let two = town.drop_file(CHIYODA, "2.csv", bytes(&second)).await;
    gate.open();
    town.stack.idle().await;
    let (one, two) = (
        town.receipt(CHIYODA, &one).await,
        town.receipt(CHIYODA, &two).await,
    );
    assert_eq!(
        (&one["generation"], &two["generation"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(counts(&one), [29, 29, 0, 0, 0, 0]);
    assert_eq!(counts(&two), [16, 0, 14, 0, 2, 0]);
    let mut rows = people(1..15, true);
    rows.extend(people(15..20, false));
    rows.extend(people(22..30, false));
    assert_in_force(&town, 2, &rows).await;
    for number in ["A-000020", "A-000021"] {
        assert_eq!(town.resident(CHIYODA, number).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_of_another_bucket_is_refused_unread_and_ends_among_the_dead_letters() {
    let reads = Gate::once(Step::Die, |call| {
        call.function == "receive-upload" && call.operation != "ChangeMessageVisibility"
    });
    let town = town(&reads, 250).await;
    let (log, _caught) = Log::catch(LevelFilter::INFO);
    let before = town.whole().await;
    let dropped = system::town::Dropped {
        key: format!("inbox/{CHIYODA}/residents/a.csv"),
        version: "v".to_owned(),
    };
    let mut event = notification(&dropped, 10, "2021-04-12T00:00:00Z");
    event["Records"][0]["s3"]["bucket"]["name"] = json!("somebody-elses");
    town.send("uploads", &event, 0).await;
    town.stack.idle().await;
    assert_eq!(reads.stopped(), 0, "nothing is read, nothing is written");
    let after = town.whole().await;
    assert_eq!(
        (&after.items, &after.objects),
        (&before.items, &before.objects)
    );
    assert_eq!(town.dead_letters().into_values().sum::<usize>(), 1);
    let log = log.text();
    let lines = |what: &str| log.lines().filter(|line| line.contains(what)).count();
    assert_eq!(lines("the event is not of the drop bucket"), 10, "{log}");
    assert_eq!(lines("events_of_foreign_buckets"), 10, "{log}");
}
