//! Feeds a function from a table's stream, as Lambda does: in order, what failed again until it passes
//! or is given up, and nothing past it meanwhile.
//!
//! How far it has come is kept in the folder; a stack that is started again goes on there. A record may
//! come twice around a death, never not at all.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    dynamodb::LocalDynamoDb,
    folder::write_private,
    host::{FunctionHost, failed_of},
    sqs::LocalSqs,
    template::StreamMapping,
};

/// Pauses before a batch comes again double up to this.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// One stream and the function behind it.
pub(crate) struct StreamFeed {
    pub(crate) mapping: StreamMapping,
    pub(crate) dynamodb: LocalDynamoDb,
    pub(crate) host: Arc<FunctionHost>,
    pub(crate) sqs: LocalSqs,
    pub(crate) time_scale: f64,
    /// Where the position is kept.
    pub(crate) folder: Option<PathBuf>,
    /// The count of writes up to which all records were handed over.
    pub(crate) seen: watch::Sender<u64>,
}

/// Records that are handed over together, and how often they were.
struct Batch {
    records: Vec<Value>,
    tries: u32,
}

fn sequence(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"]
        .as_str()
        .unwrap_or_default()
}

impl StreamFeed {
    /// Feeds until the task is dropped.
    pub(crate) async fn run(self) -> Result<()> {
        let position = self
            .folder
            .as_ref()
            .map(|folder| place(folder, &self.mapping));
        let mut after = position.as_ref().and_then(|it| fs::read_to_string(it).ok());
        let mut changes = self.dynamodb.changes();
        loop {
            let version = *changes.borrow_and_update();
            let table = &self.mapping.table;
            let records = self.dynamodb.stream(table, after.as_deref()).await?;
            let Some(last) = records.last() else {
                self.seen.send_replace(version);
                changes.changed().await?;
                continue;
            };
            after = Some(sequence(last).to_owned());
            let wanted = records.into_iter().filter(|record| self.wants(record));
            self.deliver(wanted.collect()).await?;
            if let (Some(position), Some(after)) = (&position, &after) {
                write_private(position, after.as_bytes())?;
            }
        }
    }

    fn wants(&self, record: &Value) -> bool {
        let sort_key = record["dynamodb"]["Keys"]["sk"]["S"].as_str();
        let wanted = self.mapping.sort_key.as_deref();
        wanted.is_none_or(|wanted| sort_key == Some(wanted))
    }

    async fn deliver(&self, records: Vec<Value>) -> Result<()> {
        let size = self.mapping.batch_size.max(1) as usize;
        let mut batches: VecDeque<Batch> = records
            .chunks(size)
            .map(|records| Batch {
                records: records.to_vec(),
                tries: 0,
            })
            .collect();
        while let Some(batch) = batches.pop_front() {
            let Some(failed) = self.hand_over(&batch.records).await else {
                continue;
            };
            let mut left = batch.records;
            left.drain(..failed);
            let tries = if failed > 0 { 1 } else { batch.tries + 1 };
            if tries > self.mapping.retries {
                self.give_up(&left)?;
                continue;
            }
            self.pause(tries).await;
            let half = left.len().div_ceil(2);
            if self.mapping.bisect && half < left.len() {
                let records = left.split_off(half);
                batches.push_front(Batch { records, tries: 0 });
            }
            batches.push_front(Batch {
                records: left,
                tries,
            });
        }
        Ok(())
    }

    /// The place of the first record that failed.
    async fn hand_over(&self, records: &[Value]) -> Option<usize> {
        let event = json!({ "Records": records }).to_string().into_bytes();
        let (host, function) = (Arc::clone(&self.host), self.mapping.function.clone());
        // Each invocation is a task of its own: what dies in one is dead in no other.
        let mut invocation = JoinSet::new();
        invocation.spawn(async move { host.invoke_named(&function, &event).await });
        let Some(Ok(Ok(answer))) = invocation.join_next().await else {
            return Some(0);
        };
        let Some(failed) = failed_of(&answer) else {
            return Some(0);
        };
        let places = failed.iter().map(|failed| {
            let mut records = records.iter();
            let named = records.position(|record| sequence(record) == failed);
            named.unwrap_or(0)
        });
        places.min()
    }

    /// Tells the dead letters which records these were, and nothing of them.
    fn give_up(&self, records: &[Value]) -> Result<()> {
        let letter = json!({
            "table": self.mapping.table,
            "function": self.mapping.function,
            "first": records.first().map(sequence),
            "last": records.last().map(sequence),
            "records": records.len(),
        });
        let queue = self.sqs.by_arn(&self.mapping.dead_letters)?;
        self.sqs.send(queue, &letter.to_string(), Duration::ZERO)?;
        tracing::error!(records = records.len(), "records of a stream were given up");
        Ok(())
    }

    async fn pause(&self, tries: u32) {
        let doubled = Duration::from_secs(1).saturating_mul(1 << tries.saturating_sub(1).min(16));
        tokio::time::sleep(doubled.min(LONGEST_PAUSE).mul_f64(self.time_scale)).await;
    }
}

fn place(folder: &Path, mapping: &StreamMapping) -> PathBuf {
    let name = format!("{}-{}", mapping.table, mapping.function);
    folder.join("streams").join(name)
}
