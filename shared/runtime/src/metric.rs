use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::Event;
use tracing::field::{Field, Visit};

/// Events to this target are metrics.
pub(crate) const TARGET: &str = "metrics";
const NAMESPACE: &str = "OpenVRS";

/// The event's numbers in CloudWatch's embedded metric format, counted by function. The municipality they
/// are about stands beside them: a query finds it, and no metric is kept for each of them.
pub(crate) fn line(
    event: &Event<'_>,
    function: Option<&Value>,
    now: Timestamp,
) -> Map<String, Value> {
    let mut numbers = Numbers::default();
    event.record(&mut numbers);
    let metrics: Vec<_> = numbers
        .metrics
        .keys()
        .map(|name| json!({"Name": name, "Unit": unit(name)}))
        .collect();
    let dimensions = if function.is_some() {
        json!([["function"]])
    } else {
        json!([[]])
    };
    let mut line = numbers.metrics;
    if let Some(tenant) = numbers.tenant {
        line.insert("tenant".to_owned(), tenant.into());
    }
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

/// The numbers among the fields, and a municipality's code; other texts are no metrics and are passed over.
#[derive(Default)]
struct Numbers {
    metrics: Map<String, Value>,
    tenant: Option<String>,
}

impl Visit for Numbers {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "tenant" {
            let code = format!("{value:?}");
            let is_code = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
            self.tenant = is_code.then_some(code);
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.metrics.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.metrics.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.metrics.insert(field.name().to_owned(), value.into());
    }
}
