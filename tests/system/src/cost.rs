//! What work costs: calls and write units, counted on the wire. The arithmetic for the whole country in
//! `tests/bench` stands on these figures.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use data_encoding::BASE64;
use serde_json::Value;

use crate::gate::{Call, Gate, Step};

/// A write unit is for an item of up to so many bytes.
const UNIT: usize = 1024;
/// In a transaction each item costs two.
const IN_TRANSACTION: usize = 2;

/// Calls by function and operation, and what they write.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Cost {
    /// How often each function made each call: `doses Query`.
    pub calls: BTreeMap<String, u32>,
    /// Items written, by transactions: nothing else is written where cost is counted.
    pub items: usize,
    /// Write units of these.
    pub units: usize,
}

/// Counts, as the calls go by.
#[derive(Clone, Default)]
pub struct Counter(Arc<Mutex<Cost>>);

impl Counter {
    /// A gate that counts what these functions do and stops nothing.
    #[must_use]
    pub fn gate(&self, functions: &'static [&'static str]) -> Arc<Gate> {
        let counter = self.clone();
        Gate::new(move |call| {
            if functions.contains(&call.function) {
                counter.0.lock().unwrap().add(call);
            }
            Step::Go
        })
    }

    /// What was counted since the last time this was asked.
    #[must_use]
    pub fn take(&self) -> Cost {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Cost {
    /// These calls, and these writes.
    #[must_use]
    pub fn of<const N: usize>(calls: [(&str, u32); N], items: usize, units: usize) -> Self {
        Self {
            calls: calls.map(|(name, count)| (name.to_owned(), count)).into(),
            items,
            units,
        }
    }

    fn add(&mut self, call: &Call<'_>) {
        // Lambda names the operation in the path.
        let operation = match call.path.rsplit('/').next() {
            Some("invocations") => "Invoke",
            _ => call.operation,
        };
        let name = format!("{} {operation}", call.function);
        *self.calls.entry(name).or_default() += 1;
        if operation != "TransactWriteItems" {
            return;
        }
        let body: Value = serde_json::from_str(call.body).unwrap();
        for write in body["TransactItems"].as_array().unwrap() {
            // What is updated are counters and states, far below a unit.
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
