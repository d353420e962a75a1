//! What a dose costs: calls and write units, counted on the wire. The arithmetic for the whole country in
//! `tests/bench/README.md` stands on these figures.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use data_encoding::BASE64;
use local::{Options, TimerClock};
use serde_json::Value;
use system::{
    file::Row,
    gate::{Call, Gate, Step},
    town::{BEGINNING, Town},
    venue::{Venue, dose},
};

use crate::bad_input::register;

/// A write unit is for an item of up to so many bytes.
const UNIT: usize = 1024;
/// In a transaction each item costs two.
const IN_TRANSACTION: usize = 2;

/// Calls by operation, and what they write.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cost {
    calls: BTreeMap<String, u32>,
    items: usize,
    units: usize,
}

impl Cost {
    fn add(&mut self, call: &Call<'_>) {
        *self.calls.entry(call.operation.to_owned()).or_default() += 1;
        if call.operation != "TransactWriteItems" {
            return;
        }
        let body: Value = serde_json::from_str(call.body).unwrap();
        for write in body["TransactItems"].as_array().unwrap() {
            // What is updated are counters, far below a unit.
            let size = write.get("Put").map_or(0, |put| size_of_item(&put["Item"]));
            self.items += 1;
            self.units += IN_TRANSACTION * size.div_ceil(UNIT).max(1);
        }
    }
}

/// As DynamoDB counts: names and values of all attributes.
fn size_of_item(item: &Value) -> usize {
    let attributes = item.as_object().unwrap().iter();
    attributes
        .map(|(name, value)| name.len() + size(value))
        .sum()
}

fn size(value: &Value) -> usize {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "S" => value.as_str().unwrap().len(),
        "N" => value.as_str().unwrap().len() / 2 + 2,
        "B" => BASE64
            .decode(value.as_str().unwrap().as_bytes())
            .unwrap()
            .len(),
        "M" => 3 + size_of_item(value),
        "L" => {
            3 + value
                .as_array()
                .unwrap()
                .iter()
                .map(|it| size(it) + 1)
                .sum::<usize>()
        }
        "BOOL" | "NULL" => 1,
        other => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_dose_of_a_venue_costs_four_calls_and_eight_write_units() {
    let cost = Arc::new(Mutex::new(Cost::default()));
    let counted = Arc::clone(&cost);
    let gate = Gate::new(move |call| {
        if call.function == "doses" {
            counted.lock().unwrap().add(call);
        }
        Step::Go
    });
    let clock = TimerClock::starting_at(BEGINNING.parse().unwrap());
    let town = Town::with(Options {
        clock: Arc::new(clock),
        intercept: Some(gate.intercept()),
        ..Options::default()
    })
    .await;
    register(&town, (1..4).map(Row::of).collect()).await;
    let venue = Venue::of(&town, "nurse");
    // The first one of a minute also reads settings and keys.
    assert_eq!(venue.record(&dose(&Row::of(1))).await.status, 201);
    *cost.lock().unwrap() = Cost::default();
    assert_eq!(venue.record(&dose(&Row::of(2))).await.status, 201);
    let found = std::mem::take(&mut *cost.lock().unwrap());
    // What is remembered of the request and which register is in force; whom the coupon leads to; the
    // person with their doses; all that changes, in one transaction: the dose, what is remembered of the
    // request, the count, and that the person was touched today.
    let calls = [("BatchGetItem", 1), ("Query", 2), ("TransactWriteItems", 1)];
    let expected = Cost {
        calls: calls.map(|(name, count)| (name.to_owned(), count)).into(),
        items: 4,
        units: 8,
    };
    assert_eq!(found, expected);
}
