//! The cloud as the benched processes see it: one address of loopback that answers for `DynamoDB`, S3,
//! SQS, KMS and STS, takes everything, and costs as little as it can.
//!
//! It lives in the bench's own process; what is measured always runs in another one, so its CPU time is
//! never part of a figure.

mod dynamodb;
mod keys;
mod objects;
mod queues;
mod sessions;

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response};

pub use dynamodb::Written;
pub use keys::BRANCH;
pub use objects::Requests;

use crate::server::{Server, ready, response};

/// Name of the table that the functions use.
pub const RECORDS: &str = "records";
/// Name of the index of holders.
pub const HOLDERS: &str = "holders";

/// A stand-in for the services of AWS, listening on loopback.
pub struct Cloud {
    server: Server,
    state: Arc<State>,
}

struct State {
    tables: dynamodb::Tables,
    objects: Mutex<objects::Objects>,
    messages: Mutex<queues::Messages>,
}

impl Cloud {
    /// Starts with an empty table and no objects. Residents and hints are taken, counted and forgotten.
    pub fn start() -> Result<Self> {
        Self::over(dynamodb::Tables::new(false)?)
    }

    /// The same, and every item is kept: slower for who waits, the same for who is measured.
    pub fn keeping() -> Result<Self> {
        Self::over(dynamodb::Tables::new(true)?)
    }

    fn over(tables: dynamodb::Tables) -> Result<Self> {
        let state = Arc::new(State {
            tables,
            objects: Mutex::default(),
            messages: Mutex::default(),
        });
        let serving = Arc::clone(&state);
        let server = Server::start(
            "cloud",
            Arc::new(move |request| ready(serving.answer(&request))),
        )?;
        Ok(Self { server, state })
    }

    /// The environment with which a process finds this cloud through the ordinary AWS SDKs.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let pairs = [
            ("AWS_ENDPOINT_URL", self.server.url()),
            ("AWS_REGION", "ap-northeast-1".into()),
            ("AWS_DEFAULT_REGION", "ap-northeast-1".into()),
            ("AWS_ACCESS_KEY_ID", "AKIDBENCH".into()),
            ("AWS_SECRET_ACCESS_KEY", "bench".into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ];
        pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// URL of the queue with this name.
    #[must_use]
    pub fn queue_url(&self, name: &str) -> String {
        format!("{}/000000000000/{name}", self.server.url())
    }

    /// Puts an object; returns its version.
    pub fn put_object(&self, bucket: &str, key: &str, content: Bytes) -> String {
        lock(&self.state.objects).put(&format!("{bucket}/{key}"), content)
    }

    /// What lies under this key now.
    #[must_use]
    pub fn object(&self, bucket: &str, key: &str) -> Option<Bytes> {
        lock(&self.state.objects).newest(&format!("{bucket}/{key}"))
    }

    /// Keys in the bucket, in order.
    #[must_use]
    pub fn object_keys(&self, bucket: &str) -> Vec<String> {
        lock(&self.state.objects).keys(&format!("{bucket}/"))
    }

    /// Takes the next message that was sent to this queue.
    #[must_use]
    pub fn next_message(&self, queue: &str) -> Option<String> {
        lock(&self.state.messages).take(queue)
    }

    /// Answers one call of `DynamoDB` with its real meaning, whatever the call is about.
    pub fn dynamodb(&self, operation: &str, body: &str) -> Result<String> {
        self.state.tables.really(operation, body)
    }

    /// Requests to S3 since the last time this was asked.
    #[must_use]
    pub fn take_requests(&self) -> Requests {
        lock(&self.state.objects).take_requests()
    }

    /// What was written since the last time this was asked.
    #[must_use]
    pub fn take_written(&self) -> Written {
        self.state.tables.take_written()
    }
}

impl State {
    fn answer(&self, request: &Request<Bytes>) -> Response<Full<Bytes>> {
        let target = request
            .headers()
            .get("x-amz-target")
            .and_then(|value| value.to_str().ok());
        match target.and_then(|target| target.split_once('.')) {
            Some(("DynamoDB_20120810", operation)) => self.tables.answer(operation, request.body()),
            Some(("AmazonSQS", operation)) => {
                lock(&self.messages).answer(operation, request.body())
            }
            Some(("TrentService", operation)) => keys::answer(operation, request.body()),
            Some(_) => response(
                400,
                "text/plain",
                "a service that the bench does not stand in for",
            ),
            None if sessions::is_asked(request) => sessions::answer(),
            None => lock(&self.objects).answer(request),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn json(status: u16, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    response(status, "application/x-amz-json-1.0", body)
}
