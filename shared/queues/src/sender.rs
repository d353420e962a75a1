use std::marker::PhantomData;

use aws_sdk_sqs::{Client, types::SendMessageBatchRequestEntry};
use jiff::SignedDuration;
use serde::Serialize;

use crate::{DoseMessage, ExportMessage, InquiryMessage, LoadMessage};

/// SQS takes at most ten messages in one call.
const BATCH: usize = 10;
/// SQS delays a message by at most 15 minutes.
const LONGEST_DELAY: i64 = 900;

/// A message could not be handed over; sending it again is safe.
#[derive(Debug, thiserror::Error)]
#[error("the queue did not take the messages ({code})")]
pub struct SendError {
    /// The service's own code, or the stage that failed.
    pub code: String,
}

/// What a queue takes.
pub trait Message {
    /// What of it travels: strings and numbers.
    fn wire(&self) -> impl Serialize;

    /// Its JSON form.
    fn to_json(&self) -> String {
        #[expect(clippy::expect_used, reason = "strings and numbers always serialise")]
        serde_json::to_string(&self.wire()).expect("the wire form has only strings and numbers")
    }
}

/// Sends into one queue.
#[derive(Debug, Clone)]
pub struct Sender<M> {
    client: Client,
    url: String,
    takes: PhantomData<fn(M)>,
}

/// Sends into the queue `loads`.
pub type LoadQueue = Sender<LoadMessage>;
/// Sends into the queue `doses`.
pub type DoseQueue = Sender<DoseMessage>;
/// Sends into the queue `exports`.
pub type ExportQueue = Sender<ExportMessage>;
/// Sends into the queue `inquiries`.
pub type InquiryQueue = Sender<InquiryMessage>;

impl<M: Message> Sender<M> {
    /// `url` is the queue's URL.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self {
            client,
            url,
            takes: PhantomData,
        }
    }

    /// Hands over all messages, ten to a call; an error may leave some of them sent.
    pub async fn send(&self, messages: &[M]) -> Result<(), SendError> {
        self.send_after(messages, SignedDuration::ZERO).await
    }

    /// Hands over all messages, to be delivered after `delay`: whole seconds, at most 15 minutes.
    pub async fn send_after(&self, messages: &[M], delay: SignedDuration) -> Result<(), SendError> {
        let seconds = i32::try_from(delay.as_secs().clamp(0, LONGEST_DELAY)).unwrap_or_default();
        for batch in messages.chunks(BATCH) {
            let mut call = self.client.send_message_batch().queue_url(&self.url);
            for (number, message) in batch.iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(number.to_string())
                    .message_body(message.to_json())
                    .delay_seconds(seconds)
                    .build()
                    .map_err(|_| SendError {
                        code: "EntryNotBuilt".to_owned(),
                    })?;
                call = call.entries(entry);
            }
            let answer = call.send().await.map_err(|error| SendError {
                code: code_of(&error),
            })?;
            if let Some(failed) = answer.failed.first() {
                return Err(SendError {
                    code: failed.code.clone(),
                });
            }
        }
        Ok(())
    }
}

fn code_of<E, R>(error: &aws_sdk_sqs::error::SdkError<E, R>) -> String
where
    E: aws_sdk_sqs::error::ProvideErrorMetadata,
{
    use aws_sdk_sqs::error::SdkError;
    match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("Unknown").to_owned(),
        SdkError::TimeoutError(_) => "Timeout".to_owned(),
        _ => "NotReached".to_owned(),
    }
}
