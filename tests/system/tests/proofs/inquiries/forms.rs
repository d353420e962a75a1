//! From when the days of a recorded basis are counted, and what becomes of a form that is recorded anew.

use std::sync::atomic::Ordering;

use serde_json::json;
use system::town::{CHIYODA, SAPPORO};

use super::bulk::{HEADER, drop_file, line, rows};
use super::world::{World, about, person, with, without};

async fn expires_at(world: &World, consent: &str) -> String {
    let path = format!("/consents/{consent}");
    let shown = world.town.get(CHIYODA, &path).await;
    shown.json()["expires_at"].as_str().unwrap().to_owned()
}

/// Revoked, it may be recorded anew, and ends when it would have ended.
#[tokio::test(start_paused = true)]
async fn a_form_that_is_recorded_anew_has_no_more_days_than_it_had() {
    let world = World::new().await;
    let form = with(&world.form(5, "F-1"), "signed_on", "2021-03-31");
    let first = world.record(&form).await;
    assert_eq!(expires_at(&world, &first).await, "2021-04-14T15:00:00Z");
    assert_eq!(world.revoke(&first).await.status, 200);
    world.wait(24 * 3600);
    // Its day cannot be left out, or it would begin anew.
    let undated = world.post("/consents", &without(&form, "signed_on")).await;
    let undated = undated.json();
    assert_eq!(
        (&undated["code"], &undated["field"]),
        (&json!("FIELD_INVALID"), &json!("signed_on"))
    );
    let second = world.record(&form).await;
    assert_ne!(second, first);
    assert_eq!(expires_at(&world, &second).await, "2021-04-14T15:00:00Z");
    assert_eq!(world.revoke(&second).await.status, 200);
    world.wait(2 * 24 * 3600);
    let over = world.post("/consents", &form).await.json();
    assert_eq!(
        (&over["code"], &over["field"]),
        (&json!("FIELD_INVALID"), &json!("signed_on"))
    );
}

/// A decision without a day holds its days from when it was recorded.
#[tokio::test(start_paused = true)]
async fn a_decision_without_a_day_ends_by_the_day_of_its_recording() {
    let world = World::new().await;
    // The reading of the law that allows it begins in December.
    world.wait(250 * 24 * 3600);
    let decision = with(&world.form(5, "D-1"), "basis", "CONSENT_HARD_TO_OBTAIN");
    let decision = world.record(&without(&decision, "signed_on")).await;
    assert_eq!(world.approve(&decision, "bert").await.status, 200);
    world.wait(7 * 24 * 3600 - 3600);
    let path = format!("/consents/{decision}");
    let shown = world.town.get(CHIYODA, &path).await.json();
    assert_eq!(shown["state"], "granted", "{shown:#}");
    world.wait(3600);
    let late = world.ask(&about(5, &decision)).await;
    assert_eq!(late.json()["code"], "CONSENT_EXPIRED");
}

/// The row's own basis was withdrawn at the desk before anybody asked on it, and its form recorded anew there.
#[tokio::test(start_paused = true)]
async fn a_file_that_is_begun_anew_asks_on_no_form_that_the_desk_recorded_since() {
    let (world, is_broken) = World::where_these_die(|call| {
        let claims = call.operation == "TransactWriteItems" && call.body.contains(":claimed");
        call.function == "ask-inquiries" && claims
    })
    .await;
    let key = format!("inbox/{CHIYODA}/inquiries/stuck.csv");
    let file = HEADER.to_owned() + &line("A-1", &person(5), "F-1");
    let dropped = world.town.drop_at(&key, file).await;
    world.town.stack.idle().await;
    let letters = world.town.dead_letters();
    assert_eq!(letters.get("inquiries-dead-letters"), Some(&1));
    let listed = world.town.get(CHIYODA, "/consents").await.json();
    let [own] = &listed["consents"].as_array().unwrap()[..] else {
        panic!("the row's own: {listed:#}");
    };
    assert_eq!(own["state"], "granted");
    assert_eq!(world.revoke(own["id"].as_str().unwrap()).await.status, 200);
    // As the row says it.
    let form = with(&world.form(5, "F-1"), "signed_on", "2021-04-12");
    let desk = world.record(&form).await;

    is_broken.store(false, Ordering::SeqCst);
    world.town.redrive("inquiries-dead-letters").await;
    world.town.stack.idle().await;
    let receipt = world.town.receipt(CHIYODA, &dropped).await;
    assert_eq!(rows(&receipt), [1, 0, 1], "{receipt}");
    assert_eq!(receipt["refused_by"][0]["code"], "BASIS_ENDED");
    assert!(world.log(SAPPORO).await.is_empty());
    let answer = world.ask(&about(5, &desk)).await;
    assert_eq!(answer.status, 200, "the desk's own: {}", answer.json());
}

/// No row of these can be asked, so of as many as may be nothing is said but that.
#[tokio::test(start_paused = true)]
async fn more_rows_than_one_worker_asks_in_its_time_are_refused_whole() {
    let world = World::new().await;
    for (many, code) in [(20_000, "TOO_MANY_REFUSED"), (20_001, "TOO_MANY_INQUIRIES")] {
        let lines: Vec<_> = (0..many).map(|nth| format!("{nth},,,,,\n")).collect();
        let receipt = drop_file(&world, &many.to_string(), &lines).await;
        assert_eq!(receipt["refusal"]["code"], code, "{many}");
    }
    assert!(world.log(CHIYODA).await.is_empty());
}
