//! What Lambda does: gives each invocation a deadline, and feeds functions from queues.

use std::{sync::Arc, time::Duration};

use anyhow::Result;
use domain::Clock;
use runtime::Handler;
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::watch, task::JoinSet};
use tracing::Instrument as _;

use crate::{
    sqs::{Delivery, LocalSqs},
    template::{Function, Mapping},
};

/// Invocations of one function at the same time, at most: one process has few cores.
const CONCURRENCY: u32 = 4;

/// The functions of the stack.
pub struct FunctionHost {
    functions: Vec<Hosted>,
    clock: Arc<dyn Clock>,
    time_scale: f64,
    /// How many invocations are under way.
    running: watch::Sender<u32>,
}

struct Hosted {
    name: String,
    arn: String,
    timeout: Duration,
    handler: Handler,
}

/// An invocation gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The stack has no such function.
    #[error("there is no such function")]
    Unknown,
    /// It was ended at its deadline.
    #[error("the invocation was ended at its deadline")]
    TimedOut,
    /// It failed; the text holds nothing of the event.
    #[error("the function failed: {text}")]
    Failed {
        /// What the caller learns of it.
        kind: &'static str,
        /// What the log tells.
        text: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BatchAnswer {
    #[serde(default)]
    batch_item_failures: Vec<FailedItem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailedItem {
    item_identifier: String,
}

/// Counts an invocation for as long as it lives, however it ends.
struct Running<'a>(&'a watch::Sender<u32>);

impl<'a> Running<'a> {
    fn new(running: &'a watch::Sender<u32>) -> Self {
        running.send_modify(|count| *count += 1);
        Self(running)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl FunctionHost {
    /// A host for the functions of a template; `build` makes the handler of one.
    pub fn new(
        functions: &[Function],
        clock: Arc<dyn Clock>,
        time_scale: f64,
        mut build: impl FnMut(&Function) -> Result<Handler>,
    ) -> Result<Self> {
        let host = |function: &Function| {
            Ok(Hosted {
                name: function.name.clone(),
                arn: function.arn.clone(),
                timeout: function.timeout,
                handler: build(function)?,
            })
        };
        let functions = functions.iter().map(host).collect::<Result<_>>()?;
        Ok(Self {
            functions,
            clock,
            time_scale,
            running: watch::Sender::new(0),
        })
    }

    /// Invokes a function by ARN with an event.
    pub async fn invoke_arn(&self, arn: &str, event: Vec<u8>) -> Result<Vec<u8>, InvokeError> {
        let function = self.functions.iter().find(|function| function.arn == arn);
        self.invoke(function.ok_or(InvokeError::Unknown)?, &event)
            .await
    }

    /// Invokes a function by name or ARN with an event.
    pub async fn invoke_named(&self, name: &str, event: &[u8]) -> Result<Vec<u8>, InvokeError> {
        let mut functions = self.functions.iter();
        let function = functions.find(|function| function.name == name || function.arn == name);
        self.invoke(function.ok_or(InvokeError::Unknown)?, event)
            .await
    }

    /// How many invocations are under way, and a way to wait for a change of it.
    #[must_use]
    pub fn running(&self) -> watch::Receiver<u32> {
        self.running.subscribe()
    }

    /// At its deadline an invocation is dropped where it stands, as Lambda freezes and ends one.
    async fn invoke(&self, function: &Hosted, event: &[u8]) -> Result<Vec<u8>, InvokeError> {
        let _running = Running::new(&self.running);
        let timeout = function.timeout.mul_f64(self.time_scale);
        let deadline = self.clock.now().saturating_add(timeout);
        let deadline = deadline.unwrap_or(jiff::Timestamp::MAX);
        let span = runtime::invocation(&function.name, &uuid::Uuid::new_v4().to_string());
        let work = runtime::dispatch(&function.handler, event, deadline).instrument(span);
        match tokio::time::timeout(timeout, work).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(InvokeError::Failed {
                kind: error.kind(),
                text: error.to_string(),
            }),
            Err(_) => {
                tracing::error!(
                    function = function.name,
                    "an invocation was ended at its deadline"
                );
                Err(InvokeError::TimedOut)
            }
        }
    }

    /// Feeds a function from its queue until the task is dropped.
    pub async fn feed(self: Arc<Self>, sqs: LocalSqs, mapping: Mapping) -> Result<()> {
        let queue = sqs.by_arn(&mapping.queue)?;
        let most = mapping.max_concurrency.clamp(1, CONCURRENCY) as usize;
        let batch = mapping.batch_size as usize;
        let mut under_way = JoinSet::new();
        loop {
            while under_way.len() >= most {
                under_way.join_next().await;
            }
            let deliveries = tokio::select! {
                deliveries = sqs.next(queue, batch) => deliveries?,
                Some(_) = under_way.join_next() => continue,
            };
            let (host, sqs, mapping) = (Arc::clone(&self), sqs.clone(), mapping.clone());
            under_way.spawn(async move { host.work_off(&sqs, queue, &mapping, deliveries).await });
        }
    }

    /// One batch: what the function does not name as failed is deleted; if it fails as a whole,
    /// nothing is. What is not deleted comes back after its visibility time.
    async fn work_off(
        &self,
        sqs: &LocalSqs,
        queue: usize,
        mapping: &Mapping,
        deliveries: Vec<Delivery>,
    ) {
        let Some(function) = self.functions.iter().find(|f| f.name == mapping.function) else {
            return;
        };
        let event = batch_event(&deliveries, &mapping.queue);
        let Ok(answer) = self.invoke(function, &event).await else {
            return;
        };
        let Some(failed) = failed_of(&answer) else {
            return;
        };
        let is_done = |delivery: &&Delivery| failed.iter().all(|id| *id != delivery.id);
        for delivery in deliveries.iter().filter(is_done) {
            if let Err(error) = sqs.delete(queue, &delivery.receipt) {
                tracing::error!(%error, "a message was not deleted");
            }
        }
    }
}

/// What failed of a batch, by the names in its event; `None` where the answer is none to a batch.
pub(crate) fn failed_of(answer: &[u8]) -> Option<Vec<String>> {
    let answer: BatchAnswer = serde_json::from_slice(answer).ok()?;
    let failed = answer.batch_item_failures.into_iter();
    Some(failed.map(|item| item.item_identifier).collect())
}

fn batch_event(deliveries: &[Delivery], queue_arn: &str) -> Vec<u8> {
    let record = |delivery: &Delivery| {
        json!({
            "messageId": delivery.id,
            "receiptHandle": delivery.receipt,
            "body": &*delivery.body,
            "attributes": {
                "ApproximateReceiveCount": delivery.received.to_string(),
                "SentTimestamp": delivery.sent.as_millisecond().to_string(),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
        })
    };
    let records: Vec<_> = deliveries.iter().map(record).collect();
    json!({ "Records": records }).to_string().into_bytes()
}
