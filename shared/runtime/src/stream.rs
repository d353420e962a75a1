use api::chain;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::panics::catching;
use crate::queue::{Answer, FailedItem};
use crate::{BoxFuture, Error, handler::FailedRecord};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawBatch<'a> {
    #[serde(borrow)]
    records: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawRecord {
    dynamodb: RawChange,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawChange {
    sequence_number: String,
}

const NO_EVENT: Error = Error::Event("a stream");

/// Hands the batch over as a whole, in its order. What failed first is named; Lambda brings it and
/// all behind it again, and nothing of the shard goes past it meanwhile.
pub(crate) async fn dispatch<F>(handle: &F, event: &[u8]) -> Result<Vec<u8>, Error>
where
    F: Fn(Vec<String>) -> BoxFuture<'static, Result<(), FailedRecord>> + ?Sized,
{
    let batch: RawBatch<'_> = serde_json::from_slice(event).map_err(|_| NO_EVENT)?;
    let records: Vec<String> = batch.records.iter().map(|it| it.get().to_owned()).collect();
    let handled = catching(async { handle(records).await }).await;
    let failed = match handled {
        Ok(Ok(())) => None,
        Ok(Err(failed)) => Some(failed),
        Err(panicked) => Some(FailedRecord {
            index: 0,
            failure: panicked.into(),
        }),
    };
    let mut failures = Vec::new();
    if let Some(failed) = failed {
        let raw = batch.records.get(failed.index).ok_or(NO_EVENT)?;
        let record: RawRecord = serde_json::from_str(raw.get()).map_err(|_| NO_EVENT)?;
        let error = chain(&*failed.failure);
        tracing::warn!(
            code = "RECORD_LATER",
            error,
            "a record of the stream comes again"
        );
        tracing::info!(target: "metrics", records_later = 1);
        failures.push(FailedItem {
            item_identifier: record.dynamodb.sequence_number,
        });
    }
    let answer = Answer {
        batch_item_failures: failures,
    };
    serde_json::to_vec(&answer).map_err(|_| NO_EVENT)
}
