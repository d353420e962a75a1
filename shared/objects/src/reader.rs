use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::Client;
use bytes::{Bytes, BytesMut};
use tokio::task::JoinSet;

use crate::{ObjectsError, absent::denied_or_gone};

const CALL: &str = "GetObject";
/// Bytes of one range. With the one being worked on and the one fetched ahead, a reader holds two.
const RANGE: u64 = 8 * 1024 * 1024;
/// How often an answer may break off before the read is given up. The SDK's own retries end once
/// an answer has begun.
const ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Where ranges are fetched from.
#[derive(Clone)]
pub(crate) struct Ranges {
    pub(crate) client: Client,
    pub(crate) bucket: Arc<str>,
    pub(crate) key: Arc<str>,
    pub(crate) version: Arc<str>,
}

impl Ranges {
    /// One range; what broke off is taken up where it broke.
    pub(crate) async fn fetch(&self, range: Range<u64>) -> Result<BytesMut, ObjectsError> {
        let length = usize::try_from(range.end.saturating_sub(range.start))
            .map_err(|_| ObjectsError::ours(CALL, "RangeTooLong"))?;
        let mut bytes = BytesMut::with_capacity(length);
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let from = range.start + bytes.len() as u64;
            if from >= range.end {
                break;
            }
            self.append(from..range.end, &mut bytes).await?;
            if bytes.len() < length {
                if attempt == ATTEMPTS {
                    return Err(ObjectsError::try_again(CALL, "AnswerCut"));
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
        Ok(bytes)
    }

    /// Appends what arrives of a range; less than all of it when the answer breaks off.
    async fn append(&self, range: Range<u64>, bytes: &mut BytesMut) -> Result<(), ObjectsError> {
        let asked = range.end - range.start;
        let sent = self
            .client
            .get_object()
            .bucket(&*self.bucket)
            .key(&*self.key)
            .version_id(&*self.version)
            // Both ends are part of it.
            .range(format!("bytes={}-{}", range.start, range.end - 1))
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                let error = ObjectsError::from_sdk(CALL, &error);
                let (client, bucket) = (&self.client, &self.bucket);
                return Err(denied_or_gone(client, bucket, &self.key, &self.version, error).await);
            }
        };
        if answer
            .content_length()
            .and_then(|length| u64::try_from(length).ok())
            != Some(asked)
        {
            return Err(ObjectsError::ours(CALL, "NotTheRange"));
        }
        let whole = bytes.len() as u64 + asked;
        let mut body = answer.body;
        while let Some(Ok(piece)) = body.next().await {
            if bytes.len() as u64 + piece.len() as u64 > whole {
                return Err(ObjectsError::ours(CALL, "NotTheRange"));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(())
    }
}

/// Reads a span of a pinned object in order.
///
/// Dropping it ends the fetching ahead.
pub struct RangedReader {
    ranges: Ranges,
    rest: Range<u64>,
    range_size: u64,
    /// The next range on its way; empty before the first and after the last.
    ahead: JoinSet<Result<BytesMut, ObjectsError>>,
}

impl RangedReader {
    pub(crate) fn new(ranges: Ranges, bytes: Range<u64>) -> Self {
        Self {
            ranges,
            rest: bytes,
            range_size: RANGE,
            ahead: JoinSet::new(),
        }
    }

    /// Fetches so many bytes at a time instead of 8 MiB. For many readers at once: each holds
    /// two ranges.
    #[must_use]
    pub fn with_range_size(mut self, bytes: u64) -> Self {
        self.range_size = bytes.max(1);
        self
    }

    /// The next bytes, as many as a range holds; none after the last.
    ///
    /// After an error the reader is of no more use.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ObjectsError> {
        if self.ahead.is_empty() {
            self.fetch_ahead();
        }
        let Some(fetched) = self.ahead.join_next().await else {
            return Ok(None);
        };
        let range = fetched.map_err(|_| ObjectsError::try_again(CALL, "BrokenOff"))??;
        self.fetch_ahead();
        Ok(Some(range.freeze()))
    }

    fn fetch_ahead(&mut self) {
        if self.rest.is_empty() {
            return;
        }
        let end = self.rest.end.min(self.rest.start + self.range_size);
        let range = self.rest.start..end;
        self.rest.start = end;
        let ranges = self.ranges.clone();
        self.ahead.spawn(async move { ranges.fetch(range).await });
    }
}
