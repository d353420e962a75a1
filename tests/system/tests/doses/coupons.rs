//! Whose a coupon is: of two persons, and of one after the other.

use serde_json::json;
use system::{
    file::Row,
    town::{CHIYODA, Town},
    venue::{Venue, dose, line, with},
};

use super::bad_input::{register, said, town};

#[tokio::test(start_paused = true)]
async fn two_persons_of_one_coupon_are_nobodys() {
    let town = town().await;
    let twin = Row::of(9).with("券番号", Row::of(1).cell("券番号"));
    register(&town, vec![twin]).await;
    let venue = Venue::of(&town, "nurse");
    let looked = venue
        .post("/doses/lookup", &json!({ "line": line(&Row::of(1), 1) }))
        .await;
    let recorded = venue.record(&dose(&Row::of(1))).await;
    for answer in [looked, recorded] {
        assert_eq!(
            (answer.status, said(&answer).1),
            (409, "COUPON_OF_SEVERAL".to_owned())
        );
    }
}

/// One file that removes somebody, the cell of the coupon empty, and registers another with that coupon, as a
/// municipality does that numbers a person anew.
async fn hand_over(town: &Town, left: &Row, came: &Row) {
    town.set(CHIYODA, |settings| settings.max_removed_percent = 100)
        .await;
    let left = left
        .clone()
        .with("異動区分", "2")
        .with("異動日", "20210310");
    register(town, vec![left.with("券番号", ""), came.clone()]).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_left_does_not_keep_a_coupon_from_the_person_who_has_it_now() {
    let town = town().await;
    let came = Row::of(9).with("券番号", Row::of(1).cell("券番号"));
    hand_over(&town, &Row::of(1), &came).await;
    let venue = Venue::of(&town, "nurse");
    let recorded = venue.record(&dose(&came)).await;
    assert_eq!(
        (recorded.status, recorded.json()["outcome"].clone()),
        (201, json!("recorded"))
    );
    let look = json!({ "line": line(&came, 1) });
    let seen = venue.post("/doses/lookup", &look).await;
    assert_eq!(seen.status, 200, "{}", seen.json());
    let seen = seen.json();
    assert_eq!(
        (&seen["removed"], &seen["doses"][0]["number"]),
        (&json!(false), &json!(1))
    );
    // With the birth date of whoever left it is nobody's.
    let of_before = with(dose(&Row::of(1)), "given_on", &json!("2021-03-02"));
    let refused = venue.record(&of_before).await;
    assert_eq!(
        (refused.status, said(&refused).1),
        (422, "DOSE_REFUSED".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn staff_find_whoever_left_by_number_coupon_and_id_and_not_by_name() {
    let town = town().await;
    let left = Row::of(1);
    let came = Row::of(9).with("券番号", left.cell("券番号"));
    let named = json!({ "birth_date": left.cell("生年月日"), "name": left.cell("氏名") });
    let before = town.search(CHIYODA, &named).await;
    assert_eq!(before.len(), 1, "by name, while they live there");
    hand_over(&town, &left, &came).await;
    let (number, coupon) = (left.cell("個別宛名番号"), left.cell("券番号"));
    let found = town.search(CHIYODA, &json!({ "number": number })).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["name"], left.cell("氏名"));
    assert_eq!(found[0]["removed"], true);
    let id = found[0]["id"].as_str().unwrap();
    let read = town.get(CHIYODA, &format!("/residents/{id}")).await;
    assert_eq!((read.status, &read.json()), (200, &found[0]));

    let by_coupon = town.search(CHIYODA, &json!({ "coupon": coupon })).await;
    let removed = |number: &str| {
        let one = by_coupon.iter().find(|it| it["number"] == number);
        one.map(|it| it["removed"].clone())
    };
    assert_eq!(by_coupon.len(), 2);
    assert_eq!(removed(number), Some(json!(true)));
    assert_eq!(removed(came.cell("個別宛名番号")), Some(json!(false)));

    let found = town.search(CHIYODA, &named).await;
    assert_eq!(found.len(), 0, "a name is a guess");
}

#[tokio::test(start_paused = true)]
async fn a_dose_that_waits_is_attached_to_who_has_the_coupon_of_somebody_who_left() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let came = Row::of(9).with("券番号", Row::of(7).cell("券番号"));
    assert_eq!(venue.record(&dose(&came)).await.status, 202);
    register(&town, vec![Row::of(7)]).await;
    assert_eq!(venue.list("waiting").await.len(), 1, "it is not theirs");
    hand_over(&town, &Row::of(7), &came).await;
    assert_eq!(venue.list("waiting").await.len(), 0);
    let counts = venue.get("/doses/counts").await.json();
    assert_eq!(
        (&counts["recorded"], &counts["waiting"]),
        (&json!(1), &json!(0))
    );
}

/// Recorded and waiting doses, as counted; as many wait as are listed.
async fn recorded_and_waiting(venue: &Venue<'_>) -> (i64, i64) {
    let counts = venue.get("/doses/counts").await.json();
    let count = |name: &str| counts[name].as_i64().unwrap();
    let listed = i64::try_from(venue.list("waiting").await.len()).unwrap();
    assert_eq!(count("waiting"), listed);
    (count("recorded"), listed)
}

#[tokio::test(start_paused = true)]
async fn a_dose_that_waits_is_compared_by_the_birth_date_that_came_last() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let stranger = Row::of(7);
    let mistyped = with(dose(&stranger), "birth_date", &json!("1950-01-01"));
    assert_eq!(venue.record(&mistyped).await.status, 202);
    assert_eq!(venue.record(&dose(&stranger)).await.status, 202);
    assert_eq!(recorded_and_waiting(&venue).await, (0, 1), "it waits once");
    register(&town, vec![stranger]).await;
    assert_eq!(recorded_and_waiting(&venue).await, (1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_does_not_go_on_waiting_under_a_birth_date_that_was_mistyped() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let stranger = Row::of(7);
    let mistyped = with(dose(&stranger), "birth_date", &json!("1950-01-01"));
    assert_eq!(venue.record(&mistyped).await.status, 202);
    register(&town, vec![stranger.clone()]).await;
    assert_eq!(recorded_and_waiting(&venue).await, (0, 1));
    assert_eq!(venue.record(&dose(&stranger)).await.status, 201);
    assert_eq!(recorded_and_waiting(&venue).await, (1, 0));
}
