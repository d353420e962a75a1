//! Doses whose coupon nobody has yet.

use std::collections::BTreeMap;

use domain::CouponNumber;
use serde_json::{Value, json};
use system::{
    file::{Encoding, File, Row},
    gate::{Gate, Step},
    office::{Office, first_dose},
    town::CHIYODA,
    venue::{Venue, dose, with},
};

use super::{DoseLine, PEOPLE, counts, file, register, take_in, town, town_through};
use crate::recording::put_waiting;

#[tokio::test(start_paused = true)]
async fn waiting_doses_are_attached_by_themselves_when_a_residents_file_brings_their_people() {
    let town = town().await;
    let newcomers = PEOPLE.end..PEOPLE.end + 5;
    // The second dose came first; both are recorded, in order.
    let lines: Vec<_> = newcomers
        .clone()
        .flat_map(|person| [DoseLine::of(person, 2), DoseLine::of(person, 1)])
        .collect();
    let receipt = take_in(&town, "a.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [10, 0, 0, 0, 0, 10, 0], "{receipt:#}");
    let again = take_in(&town, "again.csv", file(&lines)).await;
    assert_eq!(counts(&again), [10, 0, 0, 0, 0, 10, 0], "they wait once");
    register(&town, PEOPLE.start..newcomers.end, "next.csv").await;
    let receipt = take_in(&town, "after.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [10, 0, 10, 0, 0, 0, 0], "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn a_dose_that_was_withdrawn_is_doubtful_when_a_file_says_it_of_somebody_who_has_the_coupon_now()
 {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let stranger = PEOPLE.end;
    let mut lines = vec![DoseLine::of(stranger, 1)];
    let receipt = take_in(&town, "a.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [1, 0, 0, 0, 0, 1, 0], "{receipt:#}");
    let waiting = venue.list("waiting").await.remove(0);
    let path = format!("/doses/{}/resolve", waiting["id"].as_str().unwrap());
    let withdraw = json!({ "decision": "withdraw", "reason": "誤読" });
    assert_eq!(venue.post(&path, &withdraw).await.status, 200);
    register(&town, PEOPLE.start..stranger + 1, "next.csv").await;
    lines.extend([DoseLine::of(1, 1), DoseLine::of(2, 1)]);
    let receipt = take_in(&town, "b.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [3, 2, 0, 1, 0, 0, 0], "{receipt:#}");
    let doubtful = venue.list("review").await.remove(0);
    assert_eq!(doubtful["findings"][0]["code"], "cancelled-before");
    let receipt = take_in(&town, "c.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [3, 0, 3, 0, 0, 0, 0], "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn a_spoilt_record_holds_up_no_dose_that_waits_for_somebody_else() {
    let town = town().await;
    let office = Office::of(&town, CHIYODA).await;
    for person in 1..=8 {
        put_waiting(&office, first_dose(&Row::of(person))).await;
    }
    town.spoil(CHIYODA, Row::of(1).cell("個別宛名番号")).await;
    // Nor does a dose that does not open itself.
    let coupon = CouponNumber::parse(Row::of(2).cell("券番号").as_bytes());
    let waits = format!("T#{CHIYODA}#W#{}", office.keys.coupon_tag(coupon.unwrap()));
    let items = town.items().await;
    let (_, dose) = items.iter().find(|((pk, _), _)| *pk == waits).unwrap();
    let mut spoilt: Value = serde_json::from_str(dose).unwrap();
    spoilt["dose"] = json!({ "B": "AAAA" });
    town.put(&spoilt).await;
    town.send("doses", &json!({ "kind": "attach", "tenant": CHIYODA }), 0)
        .await;
    town.stack.idle().await;
    let counted = office.counts().await;
    assert_eq!((counted.recorded, counted.waiting), (6, 2));
    let one = BTreeMap::from([("doses-dead-letters".to_owned(), 1)]);
    assert_eq!(town.dead_letters(), one, "the operator is called");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_dies_while_it_attaches_leaves_the_rest_to_the_next() {
    let mut calls = 0;
    let gate = Gate::new(move |call| {
        let attaches = call.function == "load-doses" && call.operation == "TransactWriteItems";
        calls += usize::from(attaches);
        // Five transactions put the doses on the waiting list, one ends the chunk.
        if attaches && calls == 9 {
            Step::DieAfter
        } else {
            Step::Go
        }
    });
    let town = town_through(&gate, 1 << 20).await;
    let newcomers = PEOPLE.end..PEOPLE.end + 5;
    let lines: Vec<_> = newcomers.clone().map(|it| DoseLine::of(it, 1)).collect();
    take_in(&town, "a.csv", file(&lines)).await;
    register(&town, PEOPLE.start..newcomers.end, "next.csv").await;
    assert_eq!(gate.stopped(), 1);
    town.send("doses", &json!({ "kind": "attach", "tenant": CHIYODA }), 0)
        .await;
    town.stack.idle().await;
    let receipt = take_in(&town, "after.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [5, 0, 5, 0, 0, 0, 0], "{receipt:#}");
}

#[tokio::test(start_paused = true)]
async fn a_number_that_comes_later_than_its_dose_is_compared_when_somebody_has_the_coupon() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let (stranger, other) = (Row::of(PEOPLE.end), PEOPLE.end + 1);
    let line = DoseLine::of(PEOPLE.end, 1);
    let numbered = line
        .clone()
        .with("個別宛名番号", stranger.cell("個別宛名番号"));
    for (name, line) in [("a.csv", line), ("b.csv", numbered)] {
        let receipt = take_in(&town, name, file(&[line])).await;
        assert_eq!(counts(&receipt), [1, 0, 0, 0, 0, 1, 0], "{receipt:#}");
    }
    let other = Row::of(other).with("券番号", stranger.cell("券番号"));
    let bytes = File::new([other]).bytes(Encoding::Utf8);
    town.take_in(CHIYODA, "next.csv", bytes).await;
    let waiting = venue.list("waiting").await;
    assert_eq!(waiting.len(), 1, "it is of somebody else");
    assert_eq!(waiting[0]["findings"][0]["code"], "second-attribute");
}

#[tokio::test(start_paused = true)]
async fn a_dose_that_a_file_records_does_not_go_on_waiting() {
    let town = town().await;
    let venue = Venue::of(&town, "nurse");
    let stranger = PEOPLE.end;
    let mistyped = with(dose(&Row::of(stranger)), "birth_date", &json!("1950-01-01"));
    let mistyped = with(mistyped, "venue", &json!("第一会場"));
    let mistyped = with(mistyped, "physician", &json!("佐藤"));
    assert_eq!(venue.record(&mistyped).await.status, 202);
    register(&town, PEOPLE.start..stranger + 1, "next.csv").await;
    assert_eq!(venue.list("waiting").await.len(), 1);
    let lines = [DoseLine::of(stranger, 1), DoseLine::of(1, 1)];
    let receipt = take_in(&town, "a.csv", file(&lines)).await;
    assert_eq!(counts(&receipt), [2, 2, 0, 0, 0, 0, 0], "{receipt:#}");
    assert_eq!(venue.list("waiting").await.len(), 0);
    let counted = venue.get("/doses/counts").await.json();
    assert_eq!(counted["waiting"], 0);
}
