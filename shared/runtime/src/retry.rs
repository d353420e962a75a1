use std::fmt;

use aws_sdk_sqs::Client;

/// The first failure is retried after this many seconds, each further one after twice as many.
const FIRST: u32 = 5;
const LONGEST: u32 = 300;

/// Brings a message that failed back soon. Left alone, it would stay hidden for the queue's whole
/// visibility time, which is several times as long as the function may run.
pub struct Retry {
    client: Client,
    queue_url: String,
}

impl Retry {
    pub(crate) fn new(client: Client, queue_url: String) -> Self {
        Self { client, queue_url }
    }

    /// Failing here does no harm: the message then comes back by itself, only later.
    pub(crate) async fn soon(&self, receipt: &str, attempt: u32) {
        let changed = self
            .client
            .change_message_visibility()
            .queue_url(&self.queue_url)
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(pause(attempt)).unwrap_or_default())
            .send()
            .await;
        if changed.is_err() {
            tracing::warn!(code = "RETRY_NOT_SET", "a failed message comes back late");
        }
    }
}

fn pause(attempt: u32) -> u32 {
    let doubled = FIRST.checked_shl(attempt.saturating_sub(1).min(16));
    doubled.unwrap_or(LONGEST).min(LONGEST)
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Retry")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_five_minutes() {
        let pauses: Vec<u32> = (1..=8).map(pause).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(pause(u32::MAX), 300);
    }
}
