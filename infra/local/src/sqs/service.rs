//! The calls of SQS over JSON.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    Delivery, LocalSqs,
    messages::{id, is_receipt},
};
use crate::answer::{Refusal, answer};

/// Largest message, in bytes.
const LARGEST: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Send {
    queue_url: String,
    message_body: String,
    #[serde(default)]
    delay_seconds: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendBatch {
    queue_url: String,
    entries: Vec<SendEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendEntry {
    id: String,
    message_body: String,
    #[serde(default)]
    delay_seconds: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Receive {
    queue_url: String,
    max_number_of_messages: Option<usize>,
    visibility_timeout: Option<u64>,
    wait_time_seconds: Option<u64>,
    /// Every attribute there is is given anyway.
    #[serde(
        default,
        rename = "AttributeNames",
        alias = "MessageSystemAttributeNames"
    )]
    _attributes: Vec<String>,
    #[serde(default, rename = "MessageAttributeNames")]
    _message_attributes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ReceiptCall {
    queue_url: String,
    receipt_handle: String,
    visibility_timeout: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OneQueue {
    queue_url: String,
    #[serde(default, rename = "AttributeNames")]
    _attributes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct NamedQueue {
    queue_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Move {
    source_arn: String,
}

impl LocalSqs {
    /// Answers one call: `operation` as in `X-Amz-Target`, and its body.
    pub async fn call(&self, operation: &str, request: Bytes) -> Response<Bytes> {
        answer(match operation {
            "ReceiveMessage" => self.receive_message(&request).await,
            "SendMessage" => self.send_message(&request),
            "SendMessageBatch" => self.send_batch(&request),
            "DeleteMessage" => self.delete_message(&request),
            "ChangeMessageVisibility" => self.change_visibility(&request),
            "GetQueueAttributes" => self.attributes(&request),
            "GetQueueUrl" => self.url(&request),
            "ListQueues" => Ok(self.list()),
            "PurgeQueue" => self.purge_queue(&request),
            "StartMessageMoveTask" => self.start_move(&request),
            _ => {
                let what = format!("{operation} is not known to the local stack");
                Err(Refusal::new("UnsupportedOperation", what))
            }
        })
    }

    fn send_message(&self, request: &[u8]) -> Result<Value, Refusal> {
        let Send {
            queue_url,
            message_body,
            delay_seconds,
        } = serde_json::from_slice(request)?;
        let queue = self.by_url(&queue_url)?;
        let number = self.take_in(queue, &message_body, delay_seconds)?;
        Ok(json!({ "MessageId": id(number) }))
    }

    fn send_batch(&self, request: &[u8]) -> Result<Value, Refusal> {
        let SendBatch { queue_url, entries } = serde_json::from_slice(request)?;
        let queue = self.by_url(&queue_url)?;
        if entries.is_empty() {
            return Err(Refusal::new("EmptyBatchRequest", "no entries"));
        }
        if entries.len() > 10 {
            return Err(Refusal::new(
                "TooManyEntriesInBatchRequest",
                "more than 10 entries",
            ));
        }
        let mut taken = Vec::new();
        for entry in entries {
            let number = self.take_in(queue, &entry.message_body, entry.delay_seconds)?;
            taken.push(json!({ "Id": entry.id, "MessageId": id(number) }));
        }
        Ok(json!({ "Successful": taken, "Failed": [] }))
    }

    fn take_in(&self, queue: usize, body: &str, delay: u64) -> Result<u64, Refusal> {
        if body.is_empty() || body.len() > LARGEST || delay > 900 {
            return Err(Refusal::new(
                "InvalidParameterValue",
                "length or delay out of bounds",
            ));
        }
        Ok(self.send(queue, body, Duration::from_secs(delay))?)
    }

    async fn receive_message(&self, request: &[u8]) -> Result<Value, Refusal> {
        let request: Receive = serde_json::from_slice(request)?;
        let queue = self.by_url(&request.queue_url)?;
        let most = request.max_number_of_messages.unwrap_or(1);
        if !(1..=10).contains(&most) {
            return Err(Refusal::new("InvalidParameterValue", "1 to 10 messages"));
        }
        let hidden_for = request.visibility_timeout.map(Duration::from_secs);
        let wait = Duration::from_secs(request.wait_time_seconds.unwrap_or_default());
        let until = Instant::now() + self.scaled(wait);
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            let deliveries = self.receive(queue, most, hidden_for)?;
            if !deliveries.is_empty() || Instant::now() >= until {
                let messages: Vec<Value> = deliveries.iter().map(message).collect();
                return Ok(json!({ "Messages": messages }));
            }
            let _ = tokio::time::timeout_at(until, self.something(queue, &mut changes)).await;
        }
    }

    fn delete_message(&self, request: &[u8]) -> Result<Value, Refusal> {
        let (queue, request) = self.receipt(request)?;
        // As on AWS, a receipt that is too old is no error and deletes nothing.
        self.delete(queue, &request.receipt_handle)?;
        Ok(json!({}))
    }

    fn change_visibility(&self, request: &[u8]) -> Result<Value, Refusal> {
        let (queue, request) = self.receipt(request)?;
        let hidden_for = request.visibility_timeout.unwrap_or_default();
        if self.hide(
            queue,
            &request.receipt_handle,
            Duration::from_secs(hidden_for),
        ) {
            Ok(json!({}))
        } else {
            Err(Refusal::new(
                "MessageNotInflight",
                "the message is not handed out",
            ))
        }
    }

    fn receipt(&self, request: &[u8]) -> Result<(usize, ReceiptCall), Refusal> {
        let request: ReceiptCall = serde_json::from_slice(request)?;
        if !is_receipt(&request.receipt_handle) {
            return Err(Refusal::new(
                "ReceiptHandleIsInvalid",
                "not a receipt of this queue",
            ));
        }
        Ok((self.by_url(&request.queue_url)?, request))
    }

    fn attributes(&self, request: &[u8]) -> Result<Value, Refusal> {
        let request: OneQueue = serde_json::from_slice(request)?;
        let queue = self.by_url(&request.queue_url)?;
        Ok(self.with(|state| {
            let depth = state.messages.depth(queue, Instant::now());
            let mut attributes = Map::new();
            let mut add =
                |name: &str, value: String| attributes.insert(name.to_owned(), value.into());
            add("ApproximateNumberOfMessages", depth.visible.to_string());
            add(
                "ApproximateNumberOfMessagesNotVisible",
                depth.hidden.to_string(),
            );
            if let Some(spec) = state.messages.spec(queue) {
                add("QueueArn", spec.arn.clone());
                add("VisibilityTimeout", spec.visibility.as_secs().to_string());
                if let Some(it) = &spec.redrive {
                    let policy = json!({
                        "deadLetterTargetArn": it.dead_letters,
                        "maxReceiveCount": it.max_receive_count,
                    });
                    add("RedrivePolicy", policy.to_string());
                }
            }
            json!({ "Attributes": attributes })
        }))
    }

    fn url(&self, request: &[u8]) -> Result<Value, Refusal> {
        let request: NamedQueue = serde_json::from_slice(request)?;
        let url = self.with(|state| {
            let queue = state
                .messages
                .queue(|queue| queue.name == request.queue_name)?;
            state.messages.spec(queue).map(|spec| spec.url.clone())
        });
        url.map(|url| json!({ "QueueUrl": url }))
            .ok_or_else(no_queue)
    }

    fn list(&self) -> Value {
        let urls: Vec<String> = self.with(|state| {
            (0..)
                .map_while(|queue| state.messages.spec(queue))
                .map(|it| it.url.clone())
                .collect()
        });
        json!({ "QueueUrls": urls })
    }

    fn purge_queue(&self, request: &[u8]) -> Result<Value, Refusal> {
        let request: OneQueue = serde_json::from_slice(request)?;
        self.purge(self.by_url(&request.queue_url)?)?;
        Ok(json!({}))
    }

    fn start_move(&self, request: &[u8]) -> Result<Value, Refusal> {
        let request: Move = serde_json::from_slice(request)?;
        let queue = self.by_arn(&request.source_arn).map_err(|_| no_queue())?;
        match self.redrive(queue)? {
            Some(moved) => Ok(json!({ "TaskHandle": format!("{moved} moved") })),
            None => Err(Refusal::new(
                "InvalidParameterValue",
                "not a dead-letter queue",
            )),
        }
    }

    /// A queue by its URL. Only the name counts, so that any endpoint serves.
    fn by_url(&self, url: &str) -> Result<usize, Refusal> {
        let name = url.rsplit('/').next().unwrap_or_default();
        self.with(|state| state.messages.queue(|queue| queue.name == name))
            .ok_or_else(no_queue)
    }
}

fn no_queue() -> Refusal {
    Refusal::new("QueueDoesNotExist", "the queue does not exist")
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::internal(format!("{error:#}"))
    }
}

fn message(delivery: &Delivery) -> Value {
    json!({
        "MessageId": delivery.id,
        "ReceiptHandle": delivery.receipt,
        "Body": &*delivery.body,
        "Attributes": {
            "ApproximateReceiveCount": delivery.received.to_string(),
            "SentTimestamp": delivery.sent.as_millisecond().to_string(),
        },
    })
}
