//! Queues and what feeds functions from them.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::fields::Fields;

/// An SQS queue.
#[derive(Debug, Clone)]
pub struct Queue {
    /// The last part of its URL.
    pub name: String,
    /// What `!Ref` of it gives.
    pub url: String,
    /// What `!GetAtt` of its `Arn` gives.
    pub arn: String,
    /// How long a received message stays hidden.
    pub visibility: Duration,
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
}

/// When and whither a queue gives a message up.
#[derive(Debug, Clone)]
pub struct Redrive {
    /// ARN of the dead-letter queue.
    pub dead_letters: String,
    /// How often a message is handed out before it is given up.
    pub max_receive_count: u32,
}

/// A queue that feeds a function.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// ARN of the queue.
    pub queue: String,
    /// Name of the function.
    pub function: String,
    /// Messages in one invocation, at most.
    pub batch_size: u32,
    /// Invocations at the same time, at most.
    pub max_concurrency: u32,
}

const NOT_PERSONAL: &str = "messages hold nothing about persons";

pub(super) fn queue(name: String, url: String, arn: String, mut fields: Fields) -> Result<Queue> {
    fields.without_effect(&[
        ("QueueName", "taken already"),
        ("SqsManagedSseEnabled", NOT_PERSONAL),
        ("KmsMasterKeyId", NOT_PERSONAL),
        (
            "MessageRetentionPeriod",
            "nothing is kept as long as the fortnight that the template asks",
        ),
    ]);
    let visibility = Duration::from_secs(fields.number("VisibilityTimeout", 30)?);
    let redrive = match fields.optional_value("RedrivePolicy") {
        None => None,
        Some(policy) => {
            Some(redrive(&policy).map_err(|what| fields.refuse("RedrivePolicy", what))?)
        }
    };
    fields.finish()?;
    Ok(Queue {
        name,
        url,
        arn,
        visibility,
        redrive,
    })
}

fn redrive(policy: &Value) -> Result<Redrive> {
    let dead_letters = policy
        .get("deadLetterTargetArn")
        .and_then(Value::as_str)
        .context("has no deadLetterTargetArn")?;
    let count = policy
        .get("maxReceiveCount")
        .and_then(Value::as_u64)
        .context("has no maxReceiveCount")?;
    Ok(Redrive {
        dead_letters: dead_letters.to_owned(),
        max_receive_count: u32::try_from(count).context("has too large a maxReceiveCount")?,
    })
}

/// A mapping of a queue, or of a table's stream (see [`super::stream`]).
pub(super) fn mapping(source: String, mut fields: Fields) -> Result<Mapping> {
    let function = fields.text("FunctionName")?;
    let batch_size = small(&mut fields, "BatchSize", 10)?;
    // Without it one bad message would bring all of its batch back.
    partial_batches(&mut fields)?;
    let max_concurrency = match fields.optional_group("ScalingConfig")? {
        None => 1000,
        Some(mut scaling) => {
            let most = small(&mut scaling, "MaximumConcurrency", 1000)?;
            scaling.finish()?;
            most
        }
    };
    fields.finish()?;
    Ok(Mapping {
        queue: source,
        function,
        batch_size,
        max_concurrency,
    })
}

/// The function says which of a batch failed.
pub(super) fn partial_batches(fields: &mut Fields) -> Result<()> {
    if fields.texts("FunctionResponseTypes")? == ["ReportBatchItemFailures"] {
        return Ok(());
    }
    Err(fields.refuse(
        "FunctionResponseTypes",
        "should be [ReportBatchItemFailures]",
    ))
}

pub(super) fn small(fields: &mut Fields, property: &str, default: u64) -> Result<u32> {
    u32::try_from(fields.number(property, default)?)
        .map_err(|_| fields.refuse(property, "is too large"))
}
