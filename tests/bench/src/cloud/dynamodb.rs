//! `DynamoDB` that takes every write to residents and hints without looking, and keeps the rest.
//!
//! A load writes millions of residents and hints but reads none of them back; its few own items (uploads,
//! chunks, the generation in force, keys) decide what happens next and need conditions that hold. So the
//! first are counted and forgotten, and the second go to a real table. So do the markers of who is protected,
//! of whom there are few, also out of a batch that they share with residents.

use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use dynoxide::{Database, DynoxideError};
use http_body_util::Full;
use hyper::Response;
use memchr::memmem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{HOLDERS, RECORDS, json, lock};

/// How the partition key of a marker ends, as it travels.
const MARKER: &str = "#PROTECTED\"";

/// What a process wrote, counted as it passed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Residents (`#R#`).
    pub residents: u64,
    /// Hints from coupon or birth date to residents (`#C#`, `#B#`).
    pub hints: u64,
    /// Markers of who is protected (`#PROTECTED`).
    pub markers: u64,
    /// Writes of the load's own items.
    pub own: u64,
    /// Calls that carried residents, hints or markers.
    pub calls: u64,
    /// Bytes of those calls' bodies.
    pub bytes: u64,
}

pub(super) struct Tables {
    database: Database,
    keeps: bool,
    written: Mutex<Written>,
}

impl Tables {
    /// Residents and hints are kept too if it `keeps` everything.
    pub(super) fn new(keeps: bool) -> Result<Self> {
        let tables = Self {
            database: Database::memory()?,
            keeps,
            written: Mutex::default(),
        };
        for table in [RECORDS, HOLDERS] {
            tables.really(
                "CreateTable",
                &serde_json::json!({
                    "TableName": table,
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [
                        {"AttributeName": "pk", "AttributeType": "S"},
                        {"AttributeName": "sk", "AttributeType": "S"},
                    ],
                    "KeySchema": [
                        {"AttributeName": "pk", "KeyType": "HASH"},
                        {"AttributeName": "sk", "KeyType": "RANGE"},
                    ],
                })
                .to_string(),
            )?;
        }
        Ok(tables)
    }

    pub(super) fn take_written(&self) -> Written {
        std::mem::take(&mut *lock(&self.written))
    }

    pub(super) fn answer(&self, operation: &str, body: &Bytes) -> Response<Full<Bytes>> {
        let writes = matches!(
            operation,
            "BatchWriteItem" | "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems"
        );
        if writes && !self.keeps {
            match (self.count(body), operation) {
                // Without a marker nothing of it is looked at.
                (Some(0), "BatchWriteItem") => return json(200, r#"{"UnprocessedItems":{}}"#),
                (Some(_), "BatchWriteItem") => {
                    return match markers_of(body) {
                        Ok(markers) => self.respond(operation, &markers),
                        Err(_) => malformed(),
                    };
                }
                (Some(_), _) => return json(200, "{}"),
                (None, _) => {}
            }
        }
        lock(&self.written).own += u64::from(writes);
        match std::str::from_utf8(body) {
            Ok(body) => self.respond(operation, body),
            Err(_) => malformed(),
        }
    }

    fn respond(&self, operation: &str, body: &str) -> Response<Full<Bytes>> {
        match self.carry_out(operation, body) {
            Ok(body) => json(200, body),
            Err(error) => json(error.status_code(), error.to_json()),
        }
    }

    /// The call with its real meaning.
    pub(super) fn really(&self, operation: &str, body: &str) -> Result<String> {
        match self.carry_out(operation, body) {
            Ok(answer) => Ok(answer),
            Err(error) => bail!("{operation}: {}", error.to_json()),
        }
    }

    /// Counts what a call writes of the register; how many markers are in it, `None` where it writes nothing of it.
    fn count(&self, body: &[u8]) -> Option<u64> {
        let count = |of: &str| memmem::find_iter(body, of).count() as u64;
        let (residents, hints) = (count("#R#"), count("#C#") + count("#B#"));
        let markers = count(MARKER);
        if residents + hints + markers == 0 {
            return None;
        }
        let mut written = lock(&self.written);
        written.residents += residents;
        written.hints += hints;
        written.markers += markers;
        written.calls += 1;
        written.bytes += body.len() as u64;
        Some(markers)
    }

    fn carry_out(&self, operation: &str, body: &str) -> Result<String, DynoxideError> {
        let db = &self.database;
        match operation {
            "CreateTable" => call(body, |request| db.create_table(request)),
            "PutItem" => call(body, |request| db.put_item(request)),
            "GetItem" => call(body, |request| db.get_item(request)),
            "DeleteItem" => call(body, |request| db.delete_item(request)),
            "UpdateItem" => call(body, |request| db.update_item(request)),
            "Query" => call(body, |request| db.query(request)),
            "BatchGetItem" => call(body, |request| db.batch_get_item(request)),
            "BatchWriteItem" => call(body, |request| db.batch_write_item(request)),
            "TransactWriteItems" => call(body, |request| db.transact_write_items(request)),
            "TransactGetItems" => call(body, |request| db.transact_get_items(request)),
            other => Err(DynoxideError::ValidationException(format!(
                "{other} is not benched"
            ))),
        }
    }
}

/// What is kept of a batch: the markers alone, with their whole requests.
fn markers_of(batch: &[u8]) -> serde_json::Result<String> {
    let mut batch: Value = serde_json::from_slice(batch)?;
    let tables = batch.get_mut("RequestItems").and_then(Value::as_object_mut);
    for puts in tables.into_iter().flat_map(serde_json::Map::values_mut) {
        if let Some(puts) = puts.as_array_mut() {
            let of = "/PutRequest/Item/pk/S";
            let pk = |put: &Value| put.pointer(of).map(Value::to_string);
            puts.retain(|put| pk(put).is_some_and(|pk| pk.ends_with(MARKER)));
        }
    }
    Ok(batch.to_string())
}

fn malformed() -> Response<Full<Bytes>> {
    json(400, r#"{"__type":"SerializationException"}"#)
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &str,
    act: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> Result<String, DynoxideError> {
    let malformed =
        |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let answer = act(serde_json::from_str(body).map_err(malformed)?)?;
    serde_json::to_string(&answer).map_err(malformed)
}

impl Written {
    /// Items of all kinds but the load's own.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.residents + self.hints + self.markers
    }

    /// Mean size of an item as it travelled, in bytes of JSON.
    pub fn bytes_per_item(&self) -> Result<u64> {
        self.bytes
            .checked_div(self.items())
            .context("nothing was written")
    }
}
