use domain::Clock;
use jiff::Timestamp;
use tokio::time::Instant;

/// A clock that goes with Tokio's timers, so that it stands while a test pauses them and jumps
/// when they do.
#[derive(Debug, Clone, Copy)]
pub struct TimerClock {
    start: Timestamp,
    origin: Instant,
}

impl TimerClock {
    /// Shows `start` now.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self {
            start,
            origin: Instant::now(),
        }
    }
}

impl Clock for TimerClock {
    fn now(&self) -> Timestamp {
        self.start
            .saturating_add(self.origin.elapsed())
            .unwrap_or(Timestamp::MAX)
    }
}
