//! What feeds functions from the streams of tables.

use anyhow::Result;
use serde_json::Value;

use super::{
    fields::Fields,
    queue::{partial_batches, small},
};

/// A table's stream that feeds a function.
#[derive(Debug, Clone)]
pub struct StreamMapping {
    /// Name of the table.
    pub table: String,
    /// Name of the function.
    pub function: String,
    /// Records in one invocation, at most.
    pub batch_size: u32,
    /// How often a batch that fails is tried again before it is given up.
    pub retries: u32,
    /// Whether a batch that fails is split in two.
    pub bisect: bool,
    /// ARN of the queue that is told of what was given up.
    pub dead_letters: String,
    /// The sort key of the items whose changes are handed over; all of them where none is named.
    pub sort_key: Option<String>,
}

pub(super) fn mapping(source: &str, mut fields: Fields) -> Result<StreamMapping> {
    fields.without_effect(&[
        (
            "ParallelizationFactor",
            "one process has few cores; order within a resident holds either way",
        ),
        (
            "MaximumRecordAgeInSeconds",
            "nothing grows old here; a record is given up by its tries",
        ),
    ]);
    fields.only("StartingPosition", "TRIM_HORIZON")?;
    let table = source
        .split_once(":table/")
        .and_then(|(_, rest)| rest.split('/').next());
    let Some(table) = table.map(str::to_owned) else {
        return Err(fields.refuse("EventSourceArn", "is not the stream of a table"));
    };
    let function = fields.text("FunctionName")?;
    let batch_size = small(&mut fields, "BatchSize", 100)?;
    let retries = small(&mut fields, "MaximumRetryAttempts", 20)?;
    let bisect = fields.flag("BisectBatchOnFunctionError", false)?;
    partial_batches(&mut fields)?;
    let mut config = fields.group("DestinationConfig")?;
    let mut on_failure = config.group("OnFailure")?;
    let dead_letters = on_failure.text("Destination")?;
    on_failure.finish()?;
    config.finish()?;
    let mut sort_key = None;
    if let Some(mut criteria) = fields.optional_group("FilterCriteria")? {
        for mut filter in criteria.groups("Filters")? {
            let pattern = filter.text("Pattern")?;
            let Some(key) = only_sort_key(&pattern) else {
                return Err(filter.refuse("Pattern", "is not a pattern of one sort key"));
            };
            sort_key = Some(key);
            filter.finish()?;
        }
        criteria.finish()?;
    }
    fields.finish()?;
    Ok(StreamMapping {
        table,
        function,
        batch_size,
        retries,
        bisect,
        dead_letters,
        sort_key,
    })
}

/// The one kind of pattern that is known: `{"dynamodb":{"Keys":{"sk":{"S":["P"]}}}}`.
fn only_sort_key(pattern: &str) -> Option<String> {
    let pattern: Value = serde_json::from_str(pattern).ok()?;
    let values = &pattern["dynamodb"]["Keys"]["sk"]["S"];
    let [key] = values.as_array()?.as_slice() else {
        return None;
    };
    let known = serde_json::json!({ "dynamodb": { "Keys": { "sk": { "S": [key] } } } });
    (pattern == known).then(|| key.as_str().map(str::to_owned))?
}
