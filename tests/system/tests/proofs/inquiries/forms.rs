//! From when the days of a recorded basis are counted.

use serde_json::json;
use system::town::CHIYODA;

use super::world::{World, about, with, without};

async fn expires_at(world: &World, consent: &str) -> String {
    let shown = world.town.get(CHIYODA, &format!("/consents/{consent}"));
    shown.await.json()["expires_at"]
        .as_str()
        .unwrap()
        .to_owned()
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
