//! What a dose costs: calls and write units.

use serde_json::json;
use system::{
    cost::{Cost, Counter},
    file::Row,
    town::{Town, behind},
    venue::{Venue, dose, line},
};

use crate::bad_input::register;

#[tokio::test(start_paused = true)]
async fn a_dose_of_a_venue_costs_four_calls_and_ten_write_units() {
    let counter = Counter::default();
    let gate = counter.gate(&["doses"]);
    let town = Town::with(behind(&gate, [])).await;
    register(&town, (1..4).map(Row::of).collect()).await;
    let venue = Venue::of(&town, "nurse");
    // The first one of a minute also reads settings and keys.
    assert_eq!(venue.record(&dose(&Row::of(1))).await.status, 201);
    let _ = counter.take();
    assert_eq!(venue.record(&dose(&Row::of(2))).await.status, 201);
    // What is remembered of the request, which register is in force and what waited for the coupon; whom the coupon leads to; the
    // person with their doses; all that changes, in one transaction: the dose, the edition of the
    // person's doses, what is remembered of the request, the count, and that the person was touched today.
    let calls = [
        ("doses BatchGetItem", 1),
        ("doses Query", 2),
        ("doses TransactWriteItems", 1),
    ];
    assert_eq!(counter.take(), Cost::of(calls, 5, 10));
}

#[tokio::test(start_paused = true)]
async fn a_lookup_costs_three_calls_and_two_more_where_no_doses_of_a_my_number_would_be_shown() {
    let counter = Counter::default();
    let gate = counter.gate(&["doses"]);
    let town = Town::with(behind(&gate, [])).await;
    let on_one_day = |number| Row::of(number).with("生年月日", "19500102");
    let numberless = Row::of(4).with("個人番号", "");
    let mut rows: Vec<_> = (1..4).map(on_one_day).collect();
    rows.push(numberless.clone());
    register(&town, rows).await;
    let venue = Venue::of(&town, "nurse");
    assert_eq!(venue.record(&dose(&on_one_day(1))).await.status, 201);
    let _ = counter.take();
    let three = [("doses GetItem", 1), ("doses Query", 2)];
    let and_two = [
        ("doses BatchGetItem", 1),
        ("doses GetItem", 1),
        ("doses Query", 3),
    ];
    for (row, calls) in [
        (on_one_day(1), Cost::of(three, 0, 0)),
        (numberless, Cost::of(three, 0, 0)),
        (on_one_day(2), Cost::of(and_two, 0, 0)),
    ] {
        let line = json!({ "line": line(&row, 1) });
        assert_eq!(venue.post("/doses/lookup", &line).await.status, 200);
        assert_eq!(counter.take(), calls);
    }
}
