use api::chain;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::panics::catching;
use crate::{Error, Failure, handler::OnQueue};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawBatch {
    records: Vec<RawMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMessage {
    message_id: String,
    #[serde(default)]
    receipt_handle: String,
    body: String,
    #[serde(default)]
    attributes: RawAttributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct RawAttributes {
    approximate_receive_count: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    pub(crate) batch_item_failures: Vec<FailedItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FailedItem {
    pub(crate) item_identifier: String,
}

/// Deals with the messages one after the other. Each stands alone: one that fails is reported and
/// does not keep the next from being dealt with.
pub(crate) async fn dispatch(
    queue: &OnQueue,
    event: &[u8],
    deadline: Timestamp,
) -> Result<Vec<u8>, Error> {
    let batch: RawBatch = serde_json::from_slice(event).map_err(|_| Error::Event("a queue"))?;
    let mut failures = Vec::new();
    let mut later = 0_u64;
    for message in batch.records {
        let handled = catching(async { (queue.on_message)(message.body, deadline).await }).await;
        let failure: Failure = match handled {
            Ok(Ok(())) => continue,
            Ok(Err(failure)) => failure,
            Err(panicked) => panicked.into(),
        };
        let attempt = &message.attributes.approximate_receive_count;
        later += u64::from(queue.report(&*failure, &message.message_id, attempt));
        if let Some(retry) = &queue.retry {
            let attempt = attempt.parse().unwrap_or(1);
            // Only hastens the next try: when even this panics, the message comes again in its own time.
            let _ = catching(retry.soon(&message.receipt_handle, attempt)).await;
        }
        failures.push(FailedItem {
            item_identifier: message.message_id,
        });
    }
    if !failures.is_empty() {
        // The sum is what an alarm is on.
        let returned = failures.len() as u64;
        let failed = returned - later;
        tracing::info!(
            target: "metrics",
            messages_returned = returned,
            messages_failed = failed,
            messages_later = later
        );
    }
    let answer = Answer {
        batch_item_failures: failures,
    };
    serde_json::to_vec(&answer).map_err(|_| Error::Event("a queue"))
}

impl OnQueue {
    /// Logs a failure; says whether it passes by itself.
    fn report(
        &self,
        failure: &(dyn std::error::Error + 'static),
        message_id: &str,
        attempt: &str,
    ) -> bool {
        let error = chain(failure);
        let passing = self.is_passing.as_ref().is_some_and(|judge| judge(failure));
        if passing {
            let code = "MESSAGE_LATER";
            tracing::warn!(code, message_id, attempt, error, "a message comes again");
        } else {
            let code = "MESSAGE_FAILED";
            tracing::error!(code, message_id, attempt, error, "a message failed");
        }
        passing
    }
}
