//! Queues whose messages are handed out when and as often as the schedule says.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_types::body::SdkBody;
use http::Response;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

/// Which function a queue feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feeds {
    /// Dropped files.
    ReceiveUpload,
    /// Loads to be taken further.
    LoadChunk,
}

/// A message that was taken in and not deleted.
#[derive(Debug, Clone)]
pub struct Message {
    /// Which it is.
    pub number: u64,
    /// Whom it is for.
    pub feeds: Feeds,
    /// What it says.
    pub body: String,
    /// Not handed out before.
    pub visible_at: Instant,
    /// How often it was handed out.
    pub received: u32,
}

#[derive(Default)]
struct Held {
    next: u64,
    messages: Vec<Message>,
}

/// All messages. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Queues(Arc<Mutex<Held>>);

impl Queues {
    /// Takes a message in.
    pub(super) fn add(&self, feeds: Feeds, body: &str, delay: Duration) -> u64 {
        self.with(|held| {
            held.next += 1;
            let number = held.next;
            held.messages.push(Message {
                number,
                feeds,
                body: body.to_owned(),
                visible_at: Instant::now() + delay,
                received: 0,
            });
            number
        })
    }

    /// Messages in the order in which they came.
    #[must_use]
    pub(super) fn all(&self) -> Vec<Message> {
        self.with(|held| held.messages.clone())
    }

    /// Counts a handing-out.
    #[must_use]
    pub(super) fn hand_out(&self, number: u64) -> Option<Message> {
        self.with(|held| {
            let message = held
                .messages
                .iter_mut()
                .find(|message| message.number == number)?;
            message.received += 1;
            Some(message.clone())
        })
    }

    /// The message is done with. Deleting it again is nothing.
    pub(super) fn delete(&self, number: u64) {
        self.with(|held| held.messages.retain(|message| message.number != number));
    }

    /// Answers a call of the SDK. Functions send, and ask for a message to come back soon, which
    /// here is the schedule's affair.
    pub(super) fn call(&self, operation: &str, request: &[u8]) -> Response<SdkBody> {
        let request: Value = serde_json::from_slice(request).expect("the SDK speaks JSON");
        let answer = match operation {
            "SendMessageBatch" => self.send(&request),
            "ChangeMessageVisibility" => json!({}),
            other => panic!("{other} is not among what functions ask of queues"),
        };
        Response::new(SdkBody::from(answer.to_string()))
    }

    fn send(&self, request: &Value) -> Value {
        let entries = request["Entries"].as_array().expect("a batch has entries");
        // The schedules hold residents only: nobody waits for what is told to load-doses.
        let queue = request["QueueUrl"].as_str().expect("a queue has a URL");
        let feeds = queue.ends_with("/loads").then_some(Feeds::LoadChunk);
        let take_in = |entry: &Value| {
            let body = entry["MessageBody"].as_str().expect("a message has a body");
            let delay = Duration::from_secs(entry["DelaySeconds"].as_u64().unwrap_or(0));
            let number = feeds.map_or(0, |feeds| self.add(feeds, body, delay));
            json!({ "Id": entry["Id"], "MessageId": number.to_string(), "MD5OfMessageBody": "" })
        };
        let taken: Vec<Value> = entries.iter().map(take_in).collect();
        json!({ "Successful": taken, "Failed": [] })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Held) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
