//! What a dose costs: calls and write units.

use system::{
    cost::{Cost, Counter},
    file::Row,
    town::{Town, behind},
    venue::{Venue, dose},
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
