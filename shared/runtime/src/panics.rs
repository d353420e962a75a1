use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// The code panicked. What it said is not kept: it may hold anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the function panicked")]
pub(crate) struct Panicked;

/// Runs to the end or to the first panic.
///
/// What the future had in hand is dropped then. All that outlives an invocation is either not changed
/// (clients, settings) or holds only what can be had again (unwrapped keys).
pub(crate) async fn catching<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(
        |context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(_) => Poll::Ready(Err(Panicked)),
        },
    )
    .await
}

/// From now on a panic anywhere in the process leaves one log line with its place, and not its text.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let (file, line) = panic
            .location()
            .map_or(("", 0), |place| (place.file(), place.line()));
        tracing::error!(code = "PANIC", file, line, "the code panicked");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_only_its_own_future() {
        let calm = catching(async { 7 }).await;
        assert_eq!(calm, Ok(7));
        let panicking = catching(async {
            tokio::task::yield_now().await;
            assert!(calm.is_err(), "山田");
        });
        assert_eq!(panicking.await, Err(Panicked));
        assert!(!Panicked.to_string().contains("山田"));
    }
}
