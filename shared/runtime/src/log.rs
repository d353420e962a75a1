use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Clock;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Span, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

use crate::metric;

/// What a line may say. Everything a person is called or numbered stays out by staying off this list.
const FIELDS: [&str; 23] = [
    "attempt",
    "chunk",
    "chunks",
    "code",
    "count",
    "error",
    "file",
    "files",
    "function",
    "generation",
    "inquiry",
    "line",
    "message",
    "message_id",
    "method",
    "request_id",
    "resident",
    "route",
    "rows",
    "state",
    "status",
    "tenant",
    "upload",
];

/// Crates that are heard at the level that is asked for; every other one only when it fails.
const OURS: [&str; 31] = [
    "answer_inquiry",
    "api",
    "ask_inquiries",
    "asking",
    "chunks",
    "consents",
    "crypto",
    "domain",
    "doses",
    "export_ledger",
    "exports",
    "index_holders",
    "inquiries",
    "invocations",
    "layouts",
    "load_chunk",
    "load_doses",
    "local",
    "manifest",
    "objects",
    "queues",
    "receipts",
    "receive_upload",
    "recording",
    "reread",
    "residents",
    "runtime",
    "settings",
    "store",
    "uploads",
    "vrs",
];

/// The span in which an invocation runs: its lines carry the function and the request.
#[must_use]
pub fn invocation(function: &str, request_id: &str) -> Span {
    // At the highest level, so that no setting takes it away from the lines.
    tracing::error_span!("invocation", function, request_id)
}

/// Writes JSON lines of `level` and above to `out`, stamped by `clock`; metrics at every level but off, as
/// alarms live by them.
pub fn subscriber(
    level: LevelFilter,
    clock: Arc<dyn Clock>,
    out: impl Write + Send + 'static,
) -> impl Subscriber + Send + Sync {
    let metrics = if level == LevelFilter::OFF {
        LevelFilter::OFF
    } else {
        LevelFilter::INFO
    };
    let heard = Targets::new()
        .with_default(level.min(LevelFilter::ERROR))
        .with_targets(OURS.map(|name| (name, level)))
        .with_target(metric::TARGET, metrics);
    let lines = JsonLines {
        clock,
        out: Mutex::new(out),
    };
    Registry::default().with(heard).with(lines)
}

struct JsonLines<W> {
    clock: Arc<dyn Clock>,
    out: Mutex<W>,
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut said = Said::default();
        attributes.record(&mut said);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(said);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(said) = span.extensions_mut().get_mut::<Said>()
        {
            values.record(said);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut around = Map::new();
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(said) = span.extensions().get::<Said>() {
                // From the inside out: what is nearer counts.
                for (name, value) in &said.fields {
                    around.entry(name).or_insert_with(|| value.clone());
                }
            }
        }
        let now = self.clock.now();
        let line = if event.metadata().target() == metric::TARGET {
            metric::line(event, around.get("function"), now)
        } else {
            let mut said = Said::default();
            event.record(&mut said);
            let mut line = around;
            line.extend(said.fields);
            if !said.withheld.is_empty() {
                line.insert("withheld".to_owned(), json!(said.withheld));
            }
            line.insert("time".to_owned(), json!(now.to_string()));
            line.insert("level".to_owned(), json!(event.metadata().level().as_str()));
            line.insert("target".to_owned(), json!(event.metadata().target()));
            line
        };
        let mut bytes = Value::Object(line).to_string().into_bytes();
        bytes.push(b'\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // A line that cannot be written cannot be reported either.
        let _ = out.write_all(&bytes).and_then(|()| out.flush());
    }
}

/// What a span or an event says, and the names of what it must not say.
#[derive(Default)]
struct Said {
    fields: Map<String, Value>,
    withheld: Vec<&'static str>,
}

impl Said {
    fn note(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        if FIELDS.contains(&field.name()) {
            self.fields.insert(field.name().to_owned(), value());
        } else {
            self.withheld.push(field.name());
        }
    }
}

impl Visit for Said {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.note(field, || format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.note(field, || value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.note(field, || value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.note(field, || value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.note(field, || value.into());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::log::tests::sink::Sink;

    pub(super) mod sink {
        use std::io::{self, Write};
        use std::sync::{Arc, Mutex};

        #[derive(Clone, Default)]
        pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

        impl Sink {
            pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
                let bytes = self.0.lock().unwrap().clone();
                let text = String::from_utf8(bytes).unwrap();
                text.lines()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect()
            }
        }

        impl Write for Sink {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().extend(bytes);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
    }

    pub(crate) fn lines(level: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
        let sink = Sink::default();
        let subscriber = subscriber(level, Arc::new(|| Timestamp::UNIX_EPOCH), sink.clone());
        tracing::subscriber::with_default(subscriber, work);
        sink.lines()
    }

    #[test]
    fn a_line_has_its_invocation_its_time_and_its_fields() {
        let lines = lines(LevelFilter::INFO, || {
            let _in = invocation("load-chunk", "r-1").entered();
            tracing::info!(upload = "u-1", chunk = 3_u32, "a chunk was loaded");
        });
        assert_eq!(
            lines,
            [json!({
                "time": "1970-01-01T00:00:00Z", "level": "INFO", "target": "runtime::log::tests",
                "message": "a chunk was loaded", "function": "load-chunk", "request_id": "r-1",
                "upload": "u-1", "chunk": 3,
            })]
        );
    }

    #[test]
    fn a_field_off_the_list_shows_its_name_only() {
        let lines = lines(LevelFilter::INFO, || {
            tracing::info!(name = "山田", my_number = 983_205_673_214_u64, row = ?"山田", "x");
        });
        assert_eq!(lines[0]["withheld"], json!(["name", "my_number", "row"]));
        let text = lines[0].to_string();
        assert!(
            !text.contains("山田") && !text.contains("983205673214"),
            "{text}"
        );
    }

    #[test]
    fn levels_hold_for_our_crates_and_libraries_are_heard_when_they_fail() {
        let lines = lines(LevelFilter::WARN, || {
            tracing::info!("quiet");
            tracing::warn!(count = 1, "heard");
            tracing::trace!(target: "lambda_runtime::layers", "the whole body");
            tracing::warn!(target: "aws_smithy_runtime", "quiet");
            tracing::error!(target: "lambda_runtime", "heard");
        });
        assert_eq!(lines.len(), 2);
        let off = super::tests::lines(LevelFilter::OFF, || tracing::error!("quiet"));
        assert!(off.is_empty());
        let all = super::tests::lines(LevelFilter::TRACE, || {
            tracing::trace!("heard");
            tracing::debug!(target: "hyper", "quiet");
        });
        assert_eq!(all.len(), 1);
    }

    #[test]
    fn the_invocation_stands_on_lines_of_every_level() {
        let lines = lines(LevelFilter::ERROR, || {
            let _in = invocation("uploads", "r-2").entered();
            tracing::error!(code = "X", "failed");
        });
        assert_eq!(
            (&lines[0]["function"], &lines[0]["request_id"]),
            (&json!("uploads"), &json!("r-2"))
        );
    }

    #[test]
    fn metrics_leave_in_the_embedded_metric_format() {
        let lines = lines(LevelFilter::INFO, || {
            let _in = invocation("load-chunk", "r-1").entered();
            tracing::info!(target: "metrics", rows = 7, load_ms = 1.5, part_bytes = 9_u64);
        });
        assert_eq!(
            lines,
            [json!({
                "_aws": {"Timestamp": 0, "CloudWatchMetrics": [{
                    "Namespace": "OpenVRS", "Dimensions": [["function"]], "Metrics": [
                        {"Name": "load_ms", "Unit": "Milliseconds"},
                        {"Name": "part_bytes", "Unit": "Bytes"},
                        {"Name": "rows", "Unit": "Count"},
                    ]}]},
                "function": "load-chunk", "rows": 7, "load_ms": 1.5, "part_bytes": 9,
            })]
        );
    }

    #[test]
    fn metrics_leave_at_every_level_but_off() {
        let metrics = |level| {
            let lines = lines(level, || tracing::info!(target: "metrics", rows = 7));
            let rows = lines.iter().map(|line| line["rows"].clone());
            rows.collect::<Vec<_>>()
        };
        let rows = metrics(LevelFilter::ERROR);
        assert_eq!(rows, [json!(7)]);
        assert_eq!(metrics(LevelFilter::WARN), rows);
        assert_eq!(metrics(LevelFilter::TRACE), rows);
        assert!(metrics(LevelFilter::OFF).is_empty());
    }

    #[test]
    fn a_metric_says_which_municipality_it_is_about_and_is_not_counted_by_it() {
        let lines = lines(LevelFilter::INFO, || {
            tracing::info!(target: "metrics", tenant = %"131016", rows = 1);
            tracing::info!(target: "metrics", tenant = %"山田", rows = 1);
        });
        assert_eq!(lines[0]["tenant"], "131016");
        let counted = &lines[0]["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(counted["Dimensions"], json!([[]]));
        assert_eq!(counted["Metrics"].as_array().unwrap().len(), 1);
        assert!(lines[1].get("tenant").is_none(), "{}", lines[1]);
    }

    #[test]
    fn texts_are_no_metrics() {
        let lines = lines(LevelFilter::INFO, || {
            tracing::info!(target: "metrics", name = "山田", rows = 1, "山田");
        });
        assert!(!lines[0].to_string().contains("山田"));
        assert_eq!(lines[0]["rows"], 1);
    }
}
