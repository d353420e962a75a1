use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::panics::catching;
use crate::{BoxFuture, Error, Failure, Retry};

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
struct Answer {
    batch_item_failures: Vec<FailedItem>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailedItem {
    item_identifier: String,
}

/// Deals with the messages one after the other. Each stands alone: one that fails is reported and
/// does not keep the next from being dealt with.
pub(crate) async fn dispatch<F>(
    handle: &F,
    retry: Option<&Retry>,
    event: &[u8],
    deadline: Timestamp,
) -> Result<Vec<u8>, Error>
where
    F: Fn(String, Timestamp) -> BoxFuture<Result<(), Failure>> + ?Sized,
{
    let batch: RawBatch = serde_json::from_slice(event).map_err(|_| Error::Event("a queue"))?;
    let mut failures = Vec::new();
    for message in batch.records {
        let handled = catching(async { handle(message.body, deadline).await }).await;
        let failure: Failure = match handled {
            Ok(Ok(())) => continue,
            Ok(Err(failure)) => failure,
            Err(panicked) => panicked.into(),
        };
        tracing::error!(
            code = "MESSAGE_FAILED",
            message_id = message.message_id,
            attempt = message.attributes.approximate_receive_count,
            error = chain(&*failure),
            "a message failed",
        );
        if let Some(retry) = retry {
            let attempt = message
                .attributes
                .approximate_receive_count
                .parse()
                .unwrap_or(1);
            retry.soon(&message.receipt_handle, attempt).await;
        }
        failures.push(FailedItem {
            item_identifier: message.message_id,
        });
    }
    if !failures.is_empty() {
        tracing::info!(target: "metrics", messages_failed = failures.len());
    }
    let answer = Answer {
        batch_item_failures: failures,
    };
    serde_json::to_vec(&answer).map_err(|_| Error::Event("a queue"))
}

/// An error and its sources on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        text.push_str(": ");
        text.push_str(&deeper.to_string());
        source = deeper.source();
    }
    text
}
