//! SQS that keeps what is sent, in order, for the bench to hand on.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use serde_json::{Value, json};

use super::json as answered;

#[derive(Debug, Default)]
pub(super) struct Messages {
    /// By the name of the queue.
    waiting: HashMap<String, VecDeque<String>>,
    sent: u64,
}

impl Messages {
    pub(super) fn take(&mut self, queue: &str) -> Option<String> {
        self.waiting.get_mut(queue)?.pop_front()
    }

    pub(super) fn answer(&mut self, operation: &str, body: &Bytes) -> Response<Full<Bytes>> {
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let queue = asked["QueueUrl"].as_str().unwrap_or_default();
        let queue = queue.rsplit('/').next().unwrap_or_default();
        let answer = match operation {
            "SendMessage" => self.take_in(queue, &asked),
            "SendMessageBatch" => {
                let entries = asked["Entries"]
                    .as_array()
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                let taken: Vec<Value> = entries
                    .iter()
                    .map(|entry| self.take_in(queue, entry))
                    .collect();
                json!({"Successful": taken, "Failed": []})
            }
            "ChangeMessageVisibility" => json!({}),
            _ => return answered(400, r#"{"__type":"UnsupportedOperation"}"#),
        };
        answered(200, answer.to_string())
    }

    fn take_in(&mut self, queue: &str, message: &Value) -> Value {
        self.sent += 1;
        self.waiting.entry(queue.to_owned()).or_default().push_back(
            message["MessageBody"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        );
        json!({"Id": message["Id"], "MessageId": self.sent.to_string(), "MD5OfMessageBody": ""})
    }
}
