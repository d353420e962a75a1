use jiff::{SignedDuration, Timestamp};

/// A table that throttles is left alone for this long: it divides what is asked for too much within minutes.
const THROTTLED_FOR: SignedDuration = SignedDuration::from_secs(30);

/// Why a worker did not come to the end of a chunk, where nothing failed. Its message is sent again, for otherwise this
/// would count as one of the message's attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfinished {
    /// Another worker has the chunk under lease until the given time.
    #[error("another worker has the chunk under lease")]
    Busy(Timestamp),
    /// The invocation's time is up; what is done is noted, and the next worker goes on.
    #[error("the invocation's time is up")]
    OutOfTime,
    /// The table takes no more for longer than one call may last; the next worker goes on, later.
    #[error("the table throttles")]
    Throttled,
}

impl Unfinished {
    /// How long the message waits before it comes again.
    #[must_use]
    pub fn wait(&self, now: Timestamp) -> SignedDuration {
        match self {
            Self::Busy(until) => until
                .duration_since(now)
                .saturating_add(SignedDuration::from_secs(1)),
            Self::OutOfTime => SignedDuration::ZERO,
            Self::Throttled => THROTTLED_FOR,
        }
    }

    /// What the log says when the message is sent again; `what` is what was worked on.
    #[must_use]
    pub fn said(&self, what: &str) -> String {
        match self {
            Self::Busy(_) => format!("another worker has the {what}; sent for later"),
            Self::OutOfTime => "out of time; the next invocation goes on".to_owned(),
            Self::Throttled => "the table throttles; sent for later".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_waits_until_it_may_find_something_to_do() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (unfinished, seconds) in [
            (Unfinished::Busy(at(60)), 51),
            (Unfinished::OutOfTime, 0),
            (Unfinished::Throttled, 30),
        ] {
            assert_eq!(unfinished.wait(at(10)).as_secs(), seconds);
        }
    }
}
