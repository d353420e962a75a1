//! The dose behind one that is taken back, or comes: what is doubtful about it for want of that one.

use serde_json::{Value, json};
use system::{
    file::Row,
    town::CHIYODA,
    venue::{Venue, dose, with},
};

use crate::{
    bad_input::town,
    history::{counts, id, person, second},
};

/// The states of a person's doses by number, and what is doubtful about the last one.
async fn stand(venue: &Venue<'_>, id: &str) -> (Vec<String>, Vec<String>) {
    let words = |all: &Value, name: &str| -> Vec<String> {
        let all = all.as_array().unwrap().iter();
        all.map(|it| it[name].as_str().unwrap().to_owned())
            .collect()
    };
    let doses = person(venue, id).await["doses"].clone();
    let last = doses.as_array().unwrap().last().unwrap();
    (words(&doses, "state"), words(&last["findings"], "code"))
}

#[tokio::test(start_paused = true)]
async fn a_dose_is_doubtful_when_the_one_before_is_taken_back_and_comes_back_with_another() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let first = id(&venue.record(&dose(&Row::of(1))).await);
    let later = id(&venue.record(&second(&Row::of(1))).await);
    let why = json!({ "reason": "別人" });
    assert_eq!(venue.change("DELETE", &first, 1, &why).await.status, 200);
    let (states, doubts) = stand(&venue, &first).await;
    assert_eq!(states, ["cancelled", "review"]);
    assert_eq!(doubts, ["previous-missing"]);
    assert_eq!(venue.list("review").await[0]["id"], later.as_str());
    assert_eq!(counts(&venue).await, [0, 1, 1, 0, 0, 0]);
    let shown = person(&venue, &first).await["doses"][1].clone();
    assert_eq!(
        (&shown["act"], &shown["by"]),
        (&json!("rechecked"), &json!("nurse"))
    );

    let right = with(dose(&Row::of(1)), "lot", &json!("EP9605"));
    assert_eq!(venue.record(&right).await.json()["outcome"], "recorded");
    let (states, doubts) = stand(&venue, &first).await;
    assert_eq!(states, ["recorded", "recorded"]);
    assert!(doubts.is_empty(), "{doubts:?}");
    assert!(venue.list("review").await.is_empty());
    assert_eq!(counts(&venue).await, [2, 0, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_dose_is_doubtful_for_what_is_found_when_the_one_before_is_there() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let later = id(&venue.record(&second(&Row::of(1))).await);
    assert_eq!(stand(&venue, &later).await.1, ["previous-missing"]);
    let soon = with(dose(&Row::of(1)), "given_on", &json!("2021-03-20"));
    let first = id(&venue.record(&soon).await);
    let (states, doubts) = stand(&venue, &first).await;
    assert_eq!(states, ["review", "review"]);
    assert_eq!(doubts, ["previous-missing"], "it is not in force yet");
    let accept = json!({ "decision": "accept", "reason": "確認" });
    let path = format!("/doses/{first}/resolve");
    assert_eq!(venue.post(&path, &accept).await.status, 200);
    let (states, doubts) = stand(&venue, &first).await;
    assert_eq!(states, ["recorded", "review"]);
    assert_eq!(doubts, ["interval-too-short"]);
    let listed = venue.list("review").await;
    assert_eq!(listed[0]["findings"][0]["code"], "interval-too-short");
    assert_eq!(counts(&venue).await, [1, 1, 0, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_dose_that_is_locked_or_was_accepted_without_the_one_before_stays_when_that_is_taken_back()
 {
    let town = town().await;
    let venue = Venue::of(&town, "chief");
    let why = json!({ "reason": "別人" });
    let first = id(&venue.record(&dose(&Row::of(1))).await);
    let later = id(&venue.record(&second(&Row::of(1))).await);
    venue
        .post(&format!("/doses/{later}/lock"), &Value::Null)
        .await;
    venue.change("DELETE", &first, 1, &why).await;
    let (states, _) = stand(&venue, &first).await;
    assert_eq!(states, ["cancelled", "recorded"]);

    let later = id(&venue.record(&second(&Row::of(2))).await);
    let accept = json!({ "decision": "accept", "reason": "接種済証で確認" });
    venue
        .post(&format!("/doses/{later}/resolve"), &accept)
        .await;
    let first = id(&venue.record(&dose(&Row::of(2))).await);
    venue.change("DELETE", &first, 1, &why).await;
    let (states, _) = stand(&venue, &first).await;
    assert_eq!(states, ["cancelled", "recorded"]);
}

#[tokio::test(start_paused = true)]
async fn a_dose_that_is_doubtful_for_something_else_says_that_the_one_before_is_missing_as_well() {
    let town = town().await;
    town.set(CHIYODA, |settings| {
        let lot = domain::LotNumber::parse("EP2163").unwrap();
        settings.lots.add("COMIRNATY".parse().unwrap(), lot);
    })
    .await;
    let venue = Venue::of(&town, "nurse");
    let first = id(&venue.record(&dose(&Row::of(1))).await);
    let misread = with(second(&Row::of(1)), "lot", &json!("EPO163"));
    let later = id(&venue.record(&misread).await);
    assert_eq!(stand(&venue, &first).await.1, ["lot-unknown"]);

    let why = json!({ "reason": "別人" });
    assert_eq!(venue.change("DELETE", &first, 1, &why).await.status, 200);
    let (states, doubts) = stand(&venue, &first).await;
    assert_eq!(states, ["cancelled", "review"]);
    assert_eq!(doubts, ["previous-missing", "lot-unknown"]);
    let listed = venue.list("review").await;
    assert_eq!((listed.len(), &listed[0]["id"]), (1, &json!(later)));
    assert_eq!(listed[0]["findings"][0]["code"], "previous-missing");
    let shown = person(&venue, &first).await["doses"][1].clone();
    assert_eq!(
        (&shown["act"], &shown["revision"]),
        (&json!("rechecked"), &json!(2))
    );
    assert_eq!(counts(&venue).await, [0, 1, 1, 0, 0, 0]);

    // With another one before, the one doubt goes and the other stays.
    let right = with(dose(&Row::of(1)), "given_on", &json!("2021-02-26"));
    assert_eq!(venue.record(&right).await.json()["outcome"], "recorded");
    let (states, doubts) = stand(&venue, &first).await;
    assert_eq!(states, ["recorded", "review"]);
    assert_eq!(doubts, ["lot-unknown"]);

    // Who accepts it when that one is gone as well has read both.
    assert_eq!(venue.change("DELETE", &first, 3, &why).await.status, 200);
    let accept = json!({ "decision": "accept", "reason": "接種済証で確認" });
    let path = format!("/doses/{later}/resolve");
    assert_eq!(venue.post(&path, &accept).await.status, 200);
    let (states, doubts) = stand(&venue, &first).await;
    assert_eq!(states, ["cancelled", "recorded"]);
    assert_eq!(doubts, ["previous-missing", "lot-unknown"]);
    assert_eq!(counts(&venue).await, [1, 0, 1, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_doubt_that_was_accepted_stays_so_when_something_else_is_corrected() {
    let town = town().await;
    let venue = Venue::of(&town, "chief");
    let later = id(&venue.record(&second(&Row::of(1))).await);
    let accept = json!({ "decision": "accept", "reason": "接種済証で確認" });
    let path = format!("/doses/{later}/resolve");
    assert_eq!(venue.post(&path, &accept).await.status, 200);
    let said = json!({
        "given_on": "2021-03-22", "product": "ファイザー", "lot": "EP2163", "reason": "読み違い",
    });
    let corrections = [
        (with(said.clone(), "lot", &json!("EP9605")), "recorded"),
        (with(said.clone(), "venue", &json!("第一会場")), "recorded"),
        // Of another day nobody has accepted it.
        (with(said, "given_on", &json!("2021-03-23")), "review"),
    ];
    for (revision, (to, state)) in (2..).zip(corrections) {
        let corrected = venue.change("PUT", &later, revision, &to).await;
        assert_eq!(corrected.json()["state"], state, "{}", corrected.json());
        let (states, doubts) = stand(&venue, &later).await;
        assert_eq!(states, [state]);
        assert_eq!(doubts, ["previous-missing"], "it stays readable");
        let listed = venue.list("review").await.len();
        assert_eq!(listed, usize::from(state == "review"));
    }
}
