use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::Event;
use tracing::field::{Field, Visit};

/// Events to this target are metrics.
pub(crate) const TARGET: &str = "metrics";
const NAMESPACE: &str = "OpenVRS";

/// The event's numbers in CloudWatch's embedded metric format, counted by function.
pub(crate) fn line(
    event: &Event<'_>,
    function: Option<&Value>,
    now: Timestamp,
) -> Map<String, Value> {
    let mut numbers = Numbers::default();
    event.record(&mut numbers);
    let metrics: Vec<_> = numbers
        .0
        .keys()
        .map(|name| json!({"Name": name, "Unit": unit(name)}))
        .collect();
    let dimensions = if function.is_some() {
        json!([["function"]])
    } else {
        json!([[]])
    };
    let mut line = numbers.0;
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics},
            ],
        }),
    );
    if let Some(function) = function {
        line.insert("function".to_owned(), function.clone());
    }
    line
}

fn unit(name: &str) -> &'static str {
    if name.ends_with("_ms") {
        "Milliseconds"
    } else if name.ends_with("_bytes") {
        "Bytes"
    } else {
        "Count"
    }
}

/// The numbers among the fields; texts are no metrics and are passed over.
#[derive(Default)]
struct Numbers(Map<String, Value>);

impl Visit for Numbers {
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}
