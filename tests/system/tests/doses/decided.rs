//! What somebody decided about a newcomer, and the newcomer comes again.

use serde_json::{Value, json};
use system::{
    file::Row,
    venue::{Venue, dose, with},
};

use super::bad_input::{register, town};

/// A first dose of the first person with this lot, and what became of it.
async fn brought(venue: &Venue<'_>, lot: &str) -> (u16, String) {
    let answer = venue
        .record(&with(dose(&Row::of(1)), "lot", &json!(lot)))
        .await;
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    (answer.status, id)
}

async fn decide(venue: &Venue<'_>, id: &str, decision: &str) {
    let body = json!({ "decision": decision, "reason": "台帳を確認" });
    let answer = venue.post(&format!("/doses/{id}/resolve"), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
}

async fn correct(venue: &Venue<'_>, id: &str, revision: u32, lot: &str) {
    let body = json!({
        "given_on": "2021-03-01", "product": "ファイザー", "lot": lot, "reason": "読み違い",
    });
    let answer = venue.change("PUT", id, revision, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
}

/// Ids of the queue; the count says how many.
async fn queue(venue: &Venue<'_>) -> Vec<Value> {
    let listed = venue.list("conflict").await;
    let counts = venue.get("/doses/counts").await.json();
    assert_eq!(counts["conflict"], json!(listed.len()));
    listed.iter().map(|it| it["id"].clone()).collect()
}

/// The newcomers of the person under whose number the dose of this id stands.
async fn newcomers(venue: &Venue<'_>, id: &str) -> Value {
    let resident = id.split('.').next().unwrap();
    let person = venue.get(&format!("/residents/{resident}/doses")).await;
    person.json()["newcomers"].clone()
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_was_corrected_away_stands_in_the_queue_when_it_comes_again() {
    let town = town().await;
    let (nurse, chief) = (Venue::of(&town, "nurse"), Venue::of(&town, "chief"));
    let (_, held) = brought(&nurse, "EP2163").await;
    assert_eq!(brought(&nurse, "EP9605").await.0, 409);
    let newcomer = queue(&nurse).await.remove(0);
    decide(&chief, newcomer.as_str().unwrap(), "replace").await;
    assert_eq!(queue(&nurse).await, Vec::<Value>::new());
    correct(&chief, &held, 2, "EP0001").await;
    assert_eq!(brought(&nurse, "EP9605").await.0, 409);
    assert_eq!(queue(&nurse).await, std::slice::from_ref(&newcomer));
    let shown = newcomers(&nurse, &held).await.as_array().unwrap().clone();
    assert_eq!((shown.len(), &shown[0]["settled"]), (1, &Value::Null));
    let earlier = &shown[0]["earlier"];
    assert_eq!(earlier.as_array().unwrap().len(), 1);
    assert_eq!(
        (&earlier[0]["how"], &earlier[0]["by"], &earlier[0]["reason"]),
        (&json!("replaced"), &json!("chief"), &json!("台帳を確認"))
    );
    // It stands there once, and is decided as any other.
    assert_eq!(brought(&nurse, "EP9605").await.0, 409);
    assert_eq!(queue(&nurse).await.len(), 1);
    decide(&chief, newcomer.as_str().unwrap(), "keep").await;
    assert_eq!(queue(&nurse).await, Vec::<Value>::new());
    let shown = newcomers(&nurse, &held).await;
    assert_eq!(shown[0]["settled"]["how"], "kept");
    assert_eq!(shown[0]["earlier"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_turned_down_stands_in_the_queue_again_only_beside_something_else() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let (_, held) = brought(&venue, "EP2163").await;
    assert_eq!(brought(&venue, "EP9605").await.0, 409);
    let newcomer = queue(&venue).await.remove(0);
    decide(&venue, newcomer.as_str().unwrap(), "keep").await;
    assert_eq!(brought(&venue, "EP9605").await.0, 409);
    assert_eq!(queue(&venue).await, Vec::<Value>::new(), "it was decided");
    correct(&venue, &held, 1, "EP0001").await;
    assert_eq!(brought(&venue, "EP9605").await.0, 409);
    assert_eq!(queue(&venue).await, [newcomer]);
}

#[tokio::test(start_paused = true)]
async fn what_waited_stands_in_the_queue_again_beside_something_else() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let (_, held) = brought(&venue, "EP2163").await;
    assert_eq!(brought(&venue, "EP9605").await.0, 409);
    let newcomer = queue(&venue).await.remove(0);
    decide(&venue, newcomer.as_str().unwrap(), "keep").await;
    correct(&venue, &held, 1, "EP0001").await;
    // For a while nobody has the coupon.
    let other = Row::of(1).with("券番号", Row::of(77).cell("券番号"));
    register(&town, vec![other]).await;
    assert_eq!(brought(&venue, "EP9605").await.0, 202);
    register(&town, vec![Row::of(1)]).await;
    assert_eq!(venue.list("waiting").await.len(), 0);
    assert_eq!(queue(&venue).await, [newcomer]);
}
