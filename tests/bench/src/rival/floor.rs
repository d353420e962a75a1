//! The floor under every loader on the SDK: calls of `BatchWriteItem` whose body is there already, and
//! nothing else, one after the other. What a loader spends above it is its own.

use anyhow::Result;
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use bytes::Bytes;

use super::Outcome;
use crate::cloud::RECORDS;
use crate::process::Process;

/// Residents in a call of 25 items, three for each.
const RESIDENTS: u64 = 8;

/// Sends so many calls, with a body as large as those of load-chunk.
pub async fn send(calls: u64) -> Result<Outcome> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let client = Client::new(&config);
    let body = body();
    let process = Process::new(std::process::id());
    let begun = process.cpu()?;
    for _ in 0..calls {
        let body = body.clone();
        client
            .batch_write_item()
            .request_items(RECORDS, Vec::new())
            .customize()
            .mutate_request(move |request| {
                let length = body.len().to_string();
                request.headers_mut().insert("content-length", length);
                *request.body_mut() = body.clone().into();
            })
            .send()
            .await?;
    }
    let spent = process.cpu()?.saturating_sub(begun);
    let residents = calls * RESIDENTS;
    let cpu_ns = u64::try_from(spent.as_nanos())?;
    Ok(Outcome {
        residents,
        refused: 0,
        items: 3 * residents,
        cpu_ns,
    })
}

fn body() -> Bytes {
    let item = |kind: &str, size: usize| {
        let sealed = "A".repeat(size);
        format!(
            r#"{{"PutRequest":{{"Item":{{"pk":{{"S":"T#131041#{kind}#{sealed}"}},"sk":{{"S":"P"}}}}}}}}"#
        )
    };
    let residents = (0..RESIDENTS).map(|_| item("R", 400));
    let hints = (0..2 * RESIDENTS).map(|_| item("C", 60));
    let items: Vec<String> = residents.chain(hints).collect();
    format!(
        r#"{{"RequestItems":{{"{RECORDS}":[{}]}}}}"#,
        items.join(",")
    )
    .into()
}
