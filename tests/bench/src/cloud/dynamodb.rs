//! `DynamoDB` that takes every write to residents and hints without looking, and keeps the rest.
//!
//! A load writes millions of residents and hints but reads none of them back; its few own items (uploads,
//! chunks, the generation in force, keys) decide what happens next and need conditions that hold. So the
//! first are counted and forgotten, and the second go to a real table.

use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use dynoxide::{Database, DynoxideError};
use http_body_util::Full;
use hyper::Response;
use memchr::memmem;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{HOLDERS, RECORDS, json, lock};

/// What a process wrote, counted as it passed by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Residents (`#R#`).
    pub residents: u64,
    /// Hints from coupon or birth date to residents (`#C#`, `#B#`).
    pub hints: u64,
    /// Writes of the load's own items.
    pub own: u64,
    /// Calls that carried residents or hints.
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
        if writes && !self.keeps && self.takes_without_looking(body) {
            let body = match operation {
                "BatchWriteItem" => r#"{"UnprocessedItems":{}}"#,
                _ => "{}",
            };
            return json(200, body);
        }
        lock(&self.written).own += u64::from(writes);
        let Ok(body) = std::str::from_utf8(body) else {
            return json(400, r#"{"__type":"SerializationException"}"#);
        };
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

    fn takes_without_looking(&self, body: &[u8]) -> bool {
        let count = |of: &str| memmem::find_iter(body, of).count() as u64;
        let (residents, hints) = (count("#R#"), count("#C#") + count("#B#"));
        let theirs = residents + hints > 0;
        if theirs {
            let mut written = lock(&self.written);
            written.residents += residents;
            written.hints += hints;
            written.calls += 1;
            written.bytes += body.len() as u64;
        }
        theirs
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
        self.residents + self.hints
    }

    /// Mean size of an item as it travelled, in bytes of JSON.
    pub fn bytes_per_item(&self) -> Result<u64> {
        self.bytes
            .checked_div(self.items())
            .context("nothing was written")
    }
}
