use std::time::Duration;

use store::StoreError;

/// Somebody else may be first this often before the caller is told to come back.
const TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// Counts how often something was begun anew because somebody else was first.
#[derive(Default)]
pub(crate) struct Retry(u32);

impl Retry {
    /// Returns if it may be begun anew, after a pause; else the error itself.
    pub(crate) async fn after(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.0 += 1;
        if !is_race(&error) || self.0 >= TRIES {
            // Whoever was always first is at work no longer than the caller waits.
            return Err(if matches!(error, StoreError::Moved) {
                moving()
            } else {
                error
            });
        }
        tokio::time::sleep(FIRST_PAUSE * self.0).await;
        Ok(())
    }
}

/// Whether somebody else was first, or is at the same items.
pub(crate) fn is_race(error: &StoreError) -> bool {
    matches!(error, StoreError::Moved) || is_conflict(error)
}

/// Whether somebody else is at the same items.
pub(crate) fn is_conflict(error: &StoreError) -> bool {
    matches!(error, StoreError::TryAgain { code } if code == "TransactionConflict")
}

fn moving() -> StoreError {
    StoreError::TryAgain {
        code: "Moving".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conflict() -> StoreError {
        StoreError::TryAgain {
            code: "TransactionConflict".to_owned(),
        }
    }

    fn code(ended: Result<(), StoreError>) -> Option<String> {
        match ended {
            Err(StoreError::TryAgain { code }) => Some(code),
            Ok(()) | Err(_) => None,
        }
    }

    #[tokio::test]
    async fn whoever_is_never_first_begins_seven_times_anew_and_is_told_to_come_back() {
        let ends: [(fn() -> StoreError, _); 2] = [
            (|| StoreError::Moved, "Moving"),
            (conflict, "TransactionConflict"),
        ];
        for (error, end) in ends {
            let mut retry = Retry::default();
            for nth in 1..=7 {
                assert!(retry.after(error()).await.is_ok(), "{nth}");
            }
            assert_eq!(code(retry.after(error()).await).as_deref(), Some(end));
        }
    }

    #[tokio::test]
    async fn what_is_no_race_is_not_begun_anew() {
        let late = StoreError::TryAgain {
            code: "Timeout".to_owned(),
        };
        let ended = Retry::default().after(late).await;
        assert_eq!(code(ended).as_deref(), Some("Timeout"));
        let damaged = StoreError::Damaged { what: "dose" };
        let ended = Retry::default().after(damaged).await;
        assert!(matches!(ended, Err(StoreError::Damaged { .. })));
    }
}
