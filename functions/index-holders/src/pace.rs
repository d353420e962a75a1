use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Lets a set number through in a second, one after the other, so that a first load does not take the key
/// service away from everybody else.
pub(crate) struct Pace {
    between: Option<Duration>,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// `per_second` in each process; 0 lets everybody through.
    pub(crate) fn new(per_second: u64) -> Self {
        let per_second = u32::try_from(per_second).unwrap_or(u32::MAX);
        Self {
            between: Duration::from_secs(1).checked_div(per_second),
            next: Mutex::new(None),
        }
    }

    /// Waits for one's turn.
    pub(crate) async fn turn(&self) {
        let Some(between) = self.between else {
            return;
        };
        let mine = {
            let mut next = self.next.lock().await;
            let now = Instant::now();
            let mine = next.map_or(now, |next| next.max(now));
            *next = Some(mine + between);
            mine
        };
        sleep_until(mine).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_go_through_in_a_second_and_no_more() {
        let (pace, start) = (Pace::new(10), Instant::now());
        for _ in 0..21 {
            pace.turn().await;
        }
        assert_eq!(start.elapsed(), Duration::from_secs(2));
        let free = Pace::new(0);
        free.turn().await;
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }
}
