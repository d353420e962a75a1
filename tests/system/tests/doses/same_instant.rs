//! Two changes of one person's doses in the same instant: each is judged beside what the other made.

use serde_json::json;
use system::{
    file::Row,
    venue::{Venue, dose, line, with},
};

use crate::bad_input::{register, town};

/// Enough people for the two to meet before either is written.
const PEOPLE: u32 = 12;

fn second(row: &Row) -> serde_json::Value {
    let body = with(dose(row), "line", &json!(line(row, 2)));
    with(body, "given_on", &json!("2021-03-22"))
}

/// Number, state and doubts of what stands under a person's numbers.
async fn standing(venue: &Venue<'_>, id: &str) -> Vec<(u64, String, serde_json::Value)> {
    let (resident, _) = id.split_once('.').unwrap();
    let shown = venue.get(&format!("/residents/{resident}/doses")).await;
    let shown = shown.json();
    let doses = shown["doses"].as_array().unwrap().iter();
    let of = |it: &serde_json::Value| {
        let (number, state) = (it["number"].as_u64(), it["state"].as_str());
        let codes = it["findings"].as_array().unwrap().iter();
        let codes = codes.map(|it| it["code"].clone()).collect();
        (number.unwrap(), state.unwrap().to_owned(), codes)
    };
    doses.map(of).collect()
}

#[tokio::test(start_paused = true)]
async fn the_second_dose_sees_the_first_one_of_the_same_instant() {
    let town = town().await;
    register(&town, (1..=PEOPLE).map(Row::of).collect()).await;
    let venue = Venue::of(&town, "nurse");
    for person in 1..=PEOPLE {
        let row = Row::of(person);
        let (one, two) = (dose(&row), second(&row));
        let (first, later) = tokio::join!(venue.record(&one), venue.record(&two));
        assert_eq!((first.status, later.status), (201, 201));
        let id = first.json()["id"].as_str().unwrap().to_owned();
        let in_force = |number| (number, "recorded".to_owned(), json!([]));
        assert_eq!(
            standing(&venue, &id).await,
            [in_force(1), in_force(2)],
            "person {person}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_dose_is_doubtful_whose_predecessor_is_taken_back_in_the_same_instant() {
    let town = town().await;
    register(&town, (1..=PEOPLE).map(Row::of).collect()).await;
    let venue = Venue::of(&town, "nurse");
    for person in 1..=PEOPLE {
        let row = Row::of(person);
        let first = venue.record(&dose(&row)).await;
        let id = first.json()["id"].as_str().unwrap().to_owned();
        let (two, reason) = (second(&row), json!({ "reason": "別人の接種" }));
        let (taken, later) =
            tokio::join!(venue.change("DELETE", &id, 1, &reason), venue.record(&two));
        assert_eq!((taken.status, later.status), (200, 201));
        assert_eq!(
            standing(&venue, &id).await,
            [
                (1, "cancelled".to_owned(), json!([])),
                (2, "review".to_owned(), json!(["previous-missing"])),
            ],
            "person {person}"
        );
    }
}
