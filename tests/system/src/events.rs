//! Messages that come again, or that nobody asked for.

use serde_json::{Value, json};

use crate::town::{Dropped, Town};

impl Town {
    /// Puts a message into the queue `uploads` or `loads`, to be delivered after some seconds.
    pub async fn send(&self, queue: &str, body: &Value, delay: u64) {
        let queues = self.stack.template().queues.iter();
        let url = queues
            .map(|queue| &queue.url)
            .find(|url| url.ends_with(queue));
        let url = url.expect("a queue of the template");
        let request = json!({
            "QueueUrl": url, "MessageBody": body.to_string(), "DelaySeconds": delay,
        });
        let services = self.stack.services();
        let answer = services.call_json("AmazonSQS.SendMessage", request.to_string().into());
        assert_eq!(answer.await.status(), 200);
    }

    /// Puts the dead letters of a queue back, as the operator does.
    pub async fn redrive(&self, dead_letters: &str) {
        let queues = &self.stack.template().queues;
        let queue = queues.iter().find(|it| it.name == dead_letters);
        let request = json!({ "SourceArn": queue.expect("a queue of the template").arn });
        let services = self.stack.services();
        let moved =
            services.call_json("AmazonSQS.StartMessageMoveTask", request.to_string().into());
        assert_eq!(moved.await.status(), 200);
    }
}

/// What S3 tells of a dropped file.
#[must_use]
pub fn notification(dropped: &Dropped, size: usize, at: &str) -> Value {
    json!({ "Records": [{
        "eventName": "ObjectCreated:Put",
        "eventTime": at,
        "s3": {
            "bucket": { "name": "drop" },
            "object": { "key": dropped.key, "versionId": dropped.version, "size": size },
        },
    }] })
}
