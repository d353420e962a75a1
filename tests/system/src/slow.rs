//! Workers that take long: by their clock every look at the time costs seconds.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use runtime::Adapters;
use serde_json::{Value, json};

use crate::town::Town;

/// What a look at the time costs.
const LOOK: SignedDuration = SignedDuration::from_secs(2);
/// Within so many seconds a worker gets to no row that it could note.
const SOONEST: i64 = 40;

impl Town {
    /// Has a function work off one message outside the host, as an invocation that is ended after so many seconds;
    /// whether the message counts as failed.
    pub async fn work_off_slowly(&self, function: &str, message: &Value, seconds: i64) -> bool {
        let event = json!({ "Records": [{
            "messageId": "m", "receiptHandle": "h", "body": message.to_string(),
            "attributes": { "ApproximateReceiveCount": "1" },
        }] });
        let adapters = self.stack.adapters();
        let (clock, looks) = (adapters.clock(), AtomicI64::new(0));
        let slow = move || {
            let looks = looks.fetch_add(1, Ordering::SeqCst);
            let cost = i32::try_from(looks).expect("a test");
            clock.now() + LOOK * cost
        };
        let ends = self.stack.adapters().clock().now() + SignedDuration::from_secs(seconds);
        let settings = adapters.settings().clone();
        let adapters = Adapters::new(settings, self.stack.sdk_config(), Arc::new(slow));
        let handler = local::functions::build(function, &adapters).expect("a function");
        let answer = runtime::dispatch(&handler, event.to_string().as_bytes(), ends).await;
        let answer: Value = serde_json::from_slice(&answer.expect("an answer")).expect("JSON");
        !answer["batchItemFailures"]
            .as_array()
            .expect("a list")
            .is_empty()
    }

    /// What whoever looks on sees of the rows of an upload that the host's worker gave up: none, then, by workers that get
    /// a little further each time, some. Ends with the first that are seen, and says how many; a worker that is
    /// ended sooner takes none of them back.
    pub async fn rows_seen_of(
        &self,
        tenant: &str,
        function: &str,
        upload: &str,
        message: &Value,
    ) -> u64 {
        assert_eq!(self.under_way(tenant, upload).await, 0);
        let work_off = async |seconds| {
            self.free_chunk(upload, 1).await;
            self.work_off_slowly(function, message, seconds).await;
            let seen = self.under_way(tenant, upload).await;
            seen.as_u64().expect("a number of rows")
        };
        let (mut seen, mut seconds) = (0, SOONEST);
        while seen == 0 {
            seconds += 10;
            seen = work_off(seconds).await;
        }
        assert_eq!(work_off(SOONEST).await, seen, "it does not go back");
        seen
    }

    /// How many rows of an upload are done with, as whoever looks on sees it; null once it has ended.
    pub async fn under_way(&self, tenant: &str, upload: &str) -> Value {
        let path = format!("/uploads/{upload}");
        self.get(tenant, &path).await.json()["under_way"].take()
    }

    /// Ends the lease on the one chunk of an upload, which so many workers have taken up.
    pub async fn free_chunk(&self, upload: &str, attempt: u32) {
        let number = |number: u32| AttributeValue::N(number.to_string());
        let items = self.items().await;
        let chunk = items
            .keys()
            .find(|(pk, sk)| pk.ends_with(upload) && sk.starts_with("CHUNK#"));
        let (pk, sk) = chunk.expect("an upload with a chunk").clone();
        let call = self.dynamodb().update_item().table_name("records");
        call.key("pk", AttributeValue::S(pk))
            .key("sk", AttributeValue::S(sk))
            .update_expression("SET attempt = :attempt, lease_until = :never")
            .expression_attribute_values(":attempt", number(attempt))
            .expression_attribute_values(":never", number(0))
            .send()
            .await
            .expect("a change of the chunk");
    }
}
