//! DynamoDB on `SQLite`, by the crate `dynoxide`, in memory or in a file.
//!
//! What a caller may rely on: a write that was answered survives the death of the process (`SQLite`
//! in WAL mode has handed it to the operating system), and a dead machine never leaves a broken
//! file, though it may lose the last moments (`synchronous = NORMAL`). Writing each answer through
//! to the disk costs ten times the time; a pilot that needs it belongs on AWS.
//!
//! What differs from AWS: nothing is throttled, batches are never half done, items whose time is
//! up go at the next sweep, and a stream is one shard whose records are never trimmed.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use domain::Clock;
use dynoxide::{Database, DynoxideError, storage_backend};
use http::{Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    answer::{Refusal, answer, body},
    template::Table,
};

/// The service. Clones share the tables.
#[derive(Clone)]
pub struct LocalDynamoDb {
    database: Database,
    /// A file makes calls wait; they then wait on threads of their own. In memory they run where
    /// they are made, so that a test under one thread has one order of events.
    on_disk: bool,
    /// Stream and shard by table: asked for once, for it takes a look at every record.
    shards: Arc<Mutex<BTreeMap<String, (String, String)>>>,
    /// Counts the calls that may have written.
    writes: watch::Sender<u64>,
}

impl LocalDynamoDb {
    /// Opens the tables in `folder`, or in memory, and makes those that are missing.
    pub fn open(folder: Option<&Path>, tables: &[Table], clock: Arc<dyn Clock>) -> Result<Self> {
        let database = match folder {
            None => Database::memory_with_clock(Arc::new(Seconds(clock)))?,
            Some(folder) => {
                let path = folder.join(FILE);
                let database = Database::new(path.to_str().context("the folder is not UTF-8")?)?;
                // This pair of calls is the library's way to `synchronous = NORMAL`.
                database.enable_bulk_loading()?;
                database.disable_bulk_loading()?;
                database
            }
        };
        for table in tables {
            make(&database, table).with_context(|| format!("table {}", table.name))?;
        }
        match folder {
            None => index_in_memory(&database)?,
            Some(folder) => index(&folder.join(FILE))?,
        }
        Ok(Self {
            database,
            on_disk: folder.is_some(),
            shards: Arc::default(),
            // One ahead of whoever has followed nothing yet.
            writes: watch::Sender::new(1),
        })
    }

    /// Answers one call: `operation` as in `X-Amz-Target`, and its body.
    pub async fn call(&self, operation: &str, request: Bytes) -> Response<Bytes> {
        let response = self.answer_to(operation, request).await;
        if WRITES.contains(&operation) {
            self.writes.send_modify(|count| *count += 1);
        }
        response
    }

    async fn answer_to(&self, operation: &str, request: Bytes) -> Response<Bytes> {
        if !self.on_disk {
            return respond(&self.database, operation, &request);
        }
        let database = self.database.clone();
        let operation = operation.to_owned();
        tokio::task::spawn_blocking(move || respond(&database, &operation, &request))
            .await
            .unwrap_or_else(|_| answer(Err(Refusal::internal("the database gave up"))))
    }

    /// How many calls may have written, and a way to wait for the next.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.writes.subscribe()
    }

    /// Records of a table's stream behind a sequence number, or from the first on.
    pub(crate) async fn stream(&self, table: &str, after: Option<&str>) -> Result<Vec<Value>> {
        let Some((arn, shard)) = self.shard(table)? else {
            return Ok(Vec::new());
        };
        if !self.on_disk {
            return records(&self.database, &arn, &shard, after);
        }
        let (database, after) = (self.database.clone(), after.map(str::to_owned));
        let read = move || records(&database, &arn, &shard, after.as_deref());
        tokio::task::spawn_blocking(read).await?
    }

    /// `None` before the first record.
    fn shard(&self, table: &str) -> Result<Option<(String, String)>> {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shards.get(table) {
            return Ok(Some(known.clone()));
        }
        let found = shard_of(&self.database, table)?;
        if let Some(found) = &found {
            shards.insert(table.to_owned(), found.clone());
        }
        Ok(found)
    }

    /// Removes items whose time is up; says how many.
    pub async fn sweep(&self) -> Result<usize> {
        if !self.on_disk {
            return Ok(self.database.sweep_ttl()?);
        }
        let database = self.database.clone();
        Ok(tokio::task::spawn_blocking(move || database.sweep_ttl()).await??)
    }
}

fn make(database: &Database, table: &Table) -> Result<()> {
    let definition = serde_json::from_value(table.definition.clone())?;
    match database.create_table(definition) {
        // Left by an earlier start.
        Ok(_) | Err(DynoxideError::ResourceInUseException(_)) => {}
        Err(error) => return Err(error.into()),
    }
    if table.streams && stream_of(database, &table.name)?.is_none() {
        // The table is older than its stream.
        database.update_table(serde_json::from_value(json!({
            "TableName": table.name,
            "StreamSpecification": table.definition["StreamSpecification"],
        }))?)?;
    }
    if let Some(attribute) = &table.ttl {
        database.update_time_to_live(serde_json::from_value(json!({
            "TableName": table.name,
            "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": true },
        }))?)?;
    }
    Ok(())
}

/// In the stack's folder.
const FILE: &str = "dynamodb.sqlite";

/// Calls that may write.
const WRITES: [&str; 5] = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
    "TransactWriteItems",
];

fn stream_of(database: &Database, table: &str) -> Result<Option<String>> {
    let asked = serde_json::from_value(json!({ "TableName": table }))?;
    let streams = serde_json::to_value(database.list_streams(asked)?)?;
    let arn = streams["Streams"][0]["StreamArn"].as_str();
    Ok(arn.map(str::to_owned))
}

/// A stream has one shard, which is there with the first record.
fn shard_of(database: &Database, table: &str) -> Result<Option<(String, String)>> {
    let arn = stream_of(database, table)?.context("the table has no stream")?;
    let asked = serde_json::from_value(json!({ "StreamArn": arn }))?;
    let stream = serde_json::to_value(database.describe_stream(asked)?)?;
    let shard = stream["StreamDescription"]["Shards"][0]["ShardId"].as_str();
    Ok(shard.map(|shard| (arn, shard.to_owned())))
}

/// The database numbers each record of a stream by looking for the highest number before it: without an
/// index at every record there is, with one at the last.
fn index(file: &Path) -> Result<()> {
    let database = rusqlite::Connection::open(file)?;
    database.execute_batch(
        "CREATE INDEX IF NOT EXISTS stream_records_by_number \
         ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
    )?;
    Ok(())
}

/// The same by way of a file, for a database in memory has one door only.
fn index_in_memory(database: &Database) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join(FILE);
    let path = file.to_str().context("the folder is not UTF-8")?;
    database.vacuum_into(path)?;
    index(&file)?;
    Ok(database.restore_from(path)?)
}

fn records(database: &Database, arn: &str, shard: &str, after: Option<&str>) -> Result<Vec<Value>> {
    let from = match after {
        Some(after) => json!({
            "StreamArn": arn, "ShardId": shard,
            "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after,
        }),
        None => json!({
            "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON",
        }),
    };
    let iterator = database.get_shard_iterator(serde_json::from_value(from)?)?;
    let iterator = serde_json::to_value(iterator)?;
    let asked = json!({ "ShardIterator": iterator["ShardIterator"], "Limit": 1000 });
    let mut page = serde_json::to_value(database.get_records(serde_json::from_value(asked)?)?)?;
    match page["Records"].take() {
        Value::Array(records) => Ok(records),
        _ => Ok(Vec::new()),
    }
}

fn respond(database: &Database, operation: &str, request: &[u8]) -> Response<Bytes> {
    let result = match operation {
        "GetItem" => run(request, |it| database.get_item(it)),
        "PutItem" => run(request, |it| database.put_item(it)),
        "UpdateItem" => run(request, |it| database.update_item(it)),
        "DeleteItem" => run(request, |it| database.delete_item(it)),
        "Query" => run(request, |it| database.query(it)),
        // For a person at the command line. No role of the template may do it.
        "Scan" => run(request, |it| database.scan(it)),
        "BatchGetItem" => run(request, |it| database.batch_get_item(it)),
        "BatchWriteItem" => run(request, |it| database.batch_write_item(it)),
        "TransactGetItems" => run(request, |it| database.transact_get_items(it)),
        "TransactWriteItems" => run(request, |it| database.transact_write_items(it)),
        "DescribeTable" => run(request, |it| database.describe_table(it)),
        "ListTables" => run(request, |it| database.list_tables(it)),
        _ => {
            let what = format!("{operation} is not known to the local stack");
            return answer(Err(Refusal::new("UnknownOperationException", what)));
        }
    };
    match result {
        Ok(text) => body(StatusCode::OK, text),
        Err(error) => {
            let status = StatusCode::from_u16(error.status_code());
            body(
                status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                error.to_json(),
            )
        }
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    request: &[u8],
    call: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<String> {
    let request = serde_json::from_slice(request).map_err(|error| unreadable(&error))?;
    let answer = call(request)?;
    serde_json::to_string(&answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

/// The library marks what is a matter of validation by a prefix of the reader's message, and the
/// reader appends a position.
fn unreadable(error: &serde_json::Error) -> DynoxideError {
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    match text.split_once(':') {
        Some((mark, rest)) if mark.starts_with("VALIDATION") => {
            DynoxideError::ValidationException(rest.to_owned())
        }
        Some((mark, rest)) if mark.starts_with("SERIALIZATION") => {
            DynoxideError::SerializationException(rest.to_owned())
        }
        _ if text.contains("missing field") || text.contains("Supplied AttributeValue") => {
            DynoxideError::ValidationException(text.to_owned())
        }
        _ => DynoxideError::SerializationException("the body cannot be read".to_owned()),
    }
}

/// Our clock as the library reads one.
struct Seconds(Arc<dyn Clock>);

impl storage_backend::Clock for Seconds {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.0.now().as_second()).unwrap_or_default()
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.0.now().as_duration().as_secs_f64()
    }
}
